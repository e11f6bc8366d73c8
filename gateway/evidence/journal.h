/* journal.h: resolved manifests, appended to a local file per slot: evidence must survive the loss
 * of Kafka. First line: {"journal":1,"cluster":"…","topic":"…","log":"…"}; then one manifest value
 * a line. Append + fsync after the outcome is resolved; caught up from the manifest topic at start.
 * A torn last line (crash) is cut off on opening. One owner: the slot's committer thread. */
#ifndef GT_EVIDENCE_JOURNAL_H
#define GT_EVIDENCE_JOURNAL_H

#include <guantong/error.h>

struct gt_journal;
/* Opens or makes `folder`/<log>.jsonl. A journal of another cluster or topic id is set aside
 * (renamed with the time) and *foreign is set. NULL: err (RETRY: disk; CONFIG: folder). */
struct gt_journal *gt_journal_open(const char *folder, struct gt_str log, struct gt_str cluster,
	struct gt_str topic_id, bool *foreign, struct gt_err *err);
void gt_journal_close(struct gt_journal *journal);
/* Number and hash of the last manifest in it; false: it is empty. */
bool gt_journal_last(const struct gt_journal *journal, uint64_t *number, unsigned char hash[32]);
/* value must be one line, and the successor of the last. */
bool gt_journal_append(struct gt_journal *journal, uint64_t number, struct gt_str value,
	struct gt_err *err) GT_MUST_CHECK;

#endif
