/* flow_record.h: what the state topic keeps of a flow (key = flow name; DESIGN section 6); JSON. */
#ifndef GT_STATE_FLOW_RECORD_H
#define GT_STATE_FLOW_RECORD_H

#include "buf.h"
#include <guantong/record.h>

#define GT_FLOW_NAME_MAX 128u
#define GT_WHO_MAX 64u  /* who paused a flow, cut */
#define GT_WHY_MAX 256u /* and why */

/* Set by an operator; stays until it is lifted, over restarts too. */
struct gt_pause {
	int64_t since_us; /* wall time; 0 = not paused */
	char who[GT_WHO_MAX + 1], why[GT_WHY_MAX + 1];
};

struct gt_flow_record {
	char adapter[32];
	uint64_t epoch;    /* numbering epoch: UNIX seconds */
	uint64_t next_seq; /* from 1 */
	char plan_digest[65];
	bool retired;
	/* Running totals since the epoch, so that both identities of DESIGN section 3 can be
	 * checked over restarts: rows … */
	uint64_t read, accepted, rejected, filtered, unchanged;
	/* … and messages. */
	uint64_t published, fan_out;
	int64_t last_record_us; /* event or poll time of the newest record; 0 = none */
	struct gt_pause pause;
	size_t cursor_len;          /* 0 = from the start */
	char cursor[GT_CURSOR_MAX]; /* last: see gt_flow_record_keep() */
};

/* A copy on the heap that holds no more of the cursor than there is: most cursors are short, and
 * there may be many flows. It replaces *kept (which may be NULL, and is freed); never copy it as a
 * struct, but with gt_flow_record_copy(). */
void gt_flow_record_keep(struct gt_flow_record **kept, const struct gt_flow_record *record);
void gt_flow_record_copy(struct gt_flow_record *to, const struct gt_flow_record *kept);

void gt_flow_record_write(const struct gt_flow_record *record, struct gt_buf *out);
bool gt_flow_record_parse(
	struct gt_str value, struct gt_flow_record *record, struct gt_err *err) GT_MUST_CHECK;

/* The slot's own record, key "\x01slot" (no flow can have that name), written in every transaction.
 */
struct gt_slot_record {
	char owner[33];      /* random id of the owning process, hex */
	uint64_t generation; /* of the owner: +1 at every taking */
	uint64_t number;     /* commit number = manifest number */
	unsigned char manifest_hash[32];
	char frontier[64 * 65 + 32]; /* evidence tree of manifests (gt_merkle_write) */
	unsigned partitions;         /* of the state topic, fixed at creation */
};
#define GT_SLOT_KEY "\x01slot"
void gt_slot_record_write(const struct gt_slot_record *record, struct gt_buf *out);
bool gt_slot_record_parse(
	struct gt_str value, struct gt_slot_record *record, struct gt_err *err) GT_MUST_CHECK;

#endif
