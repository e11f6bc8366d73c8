/* seen.h: which rows a flow has published already, so that a lookback, a page read twice and a list
 * that is read as a whole every time hand on only what is new.
 *
 * A row is known by 16 bytes of the SHA-256 of its bytes. The digests are a sequence; chunk i of it
 * is the entry "seen/<i>" of the flow's keyed state and commits with the rows themselves. In a
 * timed set each digest has a place in time, in memory only: what is old can be forgotten. Not
 * thread-safe; all memory is the set's own until gt_seen_free(). */
#ifndef ADAPTERS_LIB_SEEN_H
#define ADAPTERS_LIB_SEEN_H

#include <guantong/host.h>

#define GT_SEEN_DIGEST 16u
#define GT_SEEN_MOST                                                                               \
	1000000u /* a batch takes 4096 entries of 252 digests: all of them can be written anew */

/* Zeroed = empty. */
struct gt_seen {
	const char *entries; /* their name, NULL = "seen"; borrowed; set before use, as is timed */
	bool timed;
	unsigned char (*digest)[GT_SEEN_DIGEST];
	unsigned char *mark; /* seen in this pass */
	int64_t *order;      /* timed: the row's place in time; INT64_MAX = it has none */
	uint32_t *slot;      /* open addressing: index + 1 */
	size_t n, cap, slots;
	size_t chunks, saved; /* entries that exist, digests in them */
	size_t dirty_from;    /* first digest that the entries do not say yet; n = none */
};

/* Is it known? Marks it as seen in this pass. */
bool gt_seen_has(struct gt_seen *seen, const unsigned char *digest);
/* Adds one, marked. order: its place in time, where the set is timed. False: no memory. */
bool gt_seen_add(struct gt_seen *seen, const unsigned char *digest, int64_t order) GT_MUST_CHECK;
void gt_seen_begin(struct gt_seen *seen); /* a pass begins: no marks */
/* A pass that showed all there is has ended: forgets what it did not show. exact: always; else only
 * when that is worth rewriting entries. */
void gt_seen_end(struct gt_seen *seen, bool exact);
/* Of a timed set: forgets what is older than `before` and came before the `keep`-th, where that is
 * worth rewriting entries. */
void gt_seen_forget(struct gt_seen *seen, int64_t before, size_t keep);
void gt_seen_cut(struct gt_seen *seen, size_t n); /* undoes the latest ones: n remain */
bool gt_seen_unsaved(const struct gt_seen *seen);
void gt_seen_save(struct gt_seen *seen, struct gt_batch *batch); /* what entries do not say yet */
/* Reads `count` digests back from the flow's entries, which don't say when a row was: in a timed
 * set all of them are of `order`. False: some were missing. */
bool gt_seen_load(struct gt_seen *seen, struct gt_host *host, size_t count, int64_t order);
size_t gt_seen_bytes(const struct gt_seen *seen);      /* of memory, just now */
size_t gt_seen_bytes_next(const struct gt_seen *seen); /* with one digest more */
void gt_seen_free(struct gt_seen *seen);

#endif
