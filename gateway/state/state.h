/* state.h: one slot's state in memory, as of the last applied commit, with the pending writes of
 * batches in flight on top. Filled by applying the records of the state and entries partitions in
 * order (restore), kept current by the slot's commits. The log behind it is publish/ (Kafka,
 * memory); an LMDB cache of entries can stand in front of `apply` later. Threads: one mutex inside;
 * any thread. */
#ifndef GT_STATE_STATE_H
#define GT_STATE_STATE_H

#include "flow_record.h"

struct gt_state;
struct gt_state *gt_state_new(void);
void gt_state_free(struct gt_state *state);
void gt_state_clear(struct gt_state *state); /* empty again, for a new restore */

/* Applies one record of the state partition. False (DATA): a value we cannot read; err names the
 * key. */
bool gt_state_apply(struct gt_state *state, struct gt_str key, struct gt_str value,
	struct gt_err *err) GT_MUST_CHECK;
/* Applies one record of the entries partition (key = flow NUL key; value none = delete). */
void gt_state_apply_entry(struct gt_state *state, struct gt_str key, struct gt_str value);

bool gt_state_slot(
	const struct gt_state *state, struct gt_slot_record *record); /* false: none yet */
bool gt_state_flow(const struct gt_state *state, struct gt_str flow, struct gt_flow_record *record);
/* Names of all flow records, for retiring flows that are no longer configured. Copied to memory. */
struct gt_arena;
size_t gt_state_flows(const struct gt_state *state, struct gt_arena *memory, struct gt_str **names);

/* An entry as a flow's next poll must see it: pending writes first. The value is copied to buf. */
bool gt_state_entry(
	const struct gt_state *state, struct gt_str flow, struct gt_str key, struct gt_buf *value);
/* Pending writes of a batch, in poll order; dropped together by discard (a flow's batches in flight
 * are discarded all at once), made permanent by settle when the oldest batch committed. */
struct gt_entry;
void gt_state_pend(
	struct gt_state *state, struct gt_str flow_name, const struct gt_entry *entries, size_t n);
void gt_state_settle(
	struct gt_state *state, struct gt_str flow_name, const struct gt_entry *entries, size_t n);
void gt_state_discard(struct gt_state *state, struct gt_str flow_name);
size_t gt_state_entry_bytes(const struct gt_state *state);

#endif
