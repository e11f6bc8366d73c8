/* isolate.h: what the gateway and an isolated adapter's child process say to each other: frames
 * over a socket pair. A frame is u32 length (of what follows), u8 kind, payload; big-endian
 * (base/buf.h). Each request of the parent gets exactly one answer; while the child works on one it
 * may send notes and asks (entry, memory), each ask gets one reply. The parent takes nothing on
 * trust: lengths, counts and limits are checked before use; the credit of a poll is its limits. */
#ifndef GT_FLOW_ISOLATE_H
#define GT_FLOW_ISOLATE_H

#include "batch.h"
#include "buf.h"

#define GT_FRAME_MAX                                                                               \
	(6u << 20) /* a batch of ≤ 1 MiB of rows with their values, with room to spare */

enum gt_frame {
	/* parent → child */
	GT_FRAME_HELLO = 1, /* language, adapter, options, format, flow, zone, range, fields */
	GT_FRAME_OPEN,      /* cursor */
	GT_FRAME_POLL,      /* max_records, max_bytes, µs until the deadline */
	GT_FRAME_COMMIT,    /* cursor */
	GT_FRAME_PROBE,
	GT_FRAME_DISCOVER,
	GT_FRAME_INTERRUPT, /* no answer */
	GT_FRAME_REPLY,     /* to an ask: u8 yes, blob value */
	GT_FRAME_CLOSE,     /* adapter.close, then the child ends */
	/* child → parent: answers */
	GT_FRAME_OK = 64, /* blob (what a probe found) */
	GT_FRAME_FAILED,  /* error */
	GT_FRAME_BATCH,   /* u8 result, wait, then the batch */
	/* child → parent: while it works */
	GT_FRAME_NOTE,       /* error */
	GT_FRAME_ASK_ENTRY,  /* blob key */
	GT_FRAME_ASK_MEMORY, /* u64 */
	GT_FRAME_ASK_PERMIT, /* reply: u64 µs to wait; the source's rate is the parent's to keep */
	GT_FRAME_FOUND,      /* a thing discovered, with its fields, their types and what
				selects it; an ask too: go on? */
	GT_FRAME_WAKE /* what a WAIT waited for has come; until the next poll it may come again */
};

/* Sends one frame by a monotonic deadline (INT64_MAX = none). False: the other side is gone, or
 * reads too slowly; the socket is of no use any more. An empty frame is sent whole or not at all.
 */
bool gt_frame_send(
	int fd, enum gt_frame kind, struct gt_str payload, int64_t deadline_us) GT_MUST_CHECK;
enum gt_frame_got {
	GT_FRAME_GOT,
	GT_FRAME_GONE /* closed or broken */,
	GT_FRAME_LATE,
	GT_FRAME_TOO_LONG
};
/* Receives one frame into `into` (emptied first) by a monotonic deadline (INT64_MAX = none). */
enum gt_frame_got gt_frame_receive(
	int fd, int64_t deadline_us, enum gt_frame *kind, struct gt_buf *into);

void gt_frame_put_error(struct gt_buf *out, const struct gt_err *err);
/* False: not an error of our catalogue. */
bool gt_frame_get_error(struct gt_wire *in, struct gt_err *err) GT_MUST_CHECK;

void gt_frame_put_batch(struct gt_buf *out, const struct gt_batch *batch);
/* Into a batch that was reset with the poll's limits. False: more than the limits allow, or broken.
 */
bool gt_frame_get_batch(struct gt_wire *in, struct gt_batch *batch) GT_MUST_CHECK;

/* First thing in a child, before any secret arrives: no core dumps, no debugging, no descriptors
 * but the standard ones and its socket. */
void gt_sandbox_begin(int fd);
/* Gives up rights before the adapter runs. offline: no network either. False: err. */
bool gt_sandbox_enter(bool offline, struct gt_err *err) GT_MUST_CHECK;

/* Children that could not be killed because the kernel holds them; they are reaped when it lets go.
 */
size_t gt_children_abandoned(void);

#endif
