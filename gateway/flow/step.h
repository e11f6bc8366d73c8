/* step.h: one turn of a flow on a worker: what it is for and how it ended (turn.c, under the lock),
 * and what is done in it (step.c, without). */
#ifndef GT_FLOW_STEP_H
#define GT_FLOW_STEP_H

#include "flow_internal.h"

enum turn {
	TURN_MORE,
	TURN_LATER,
	TURN_ENDED,
	TURN_WAIT,
	TURN_FAILED,
	TURN_NO_MEMORY,
	TURN_NO_CHILD,
	TURN_QUIET,
	TURN_NONE
};

struct step {
	struct gt_flow *flow;
	struct gt_slot *slot;
	struct gt_norm *norm;
	struct gt_hasher *hasher;
	uint64_t incarnation;
	bool may_poll, progress; /* progress: rows or a position were handed on */
	bool cut_short;          /* what the child is at is given up: the flow must not run */
	bool nothing_came;       /* it waited for a descriptor, in vain */
	bool stalled;            /* took all of its time and got nowhere */
	int64_t quiet_until_us;  /* wall */
	enum turn turn;
	int wait_fd;
	short wait_events;
	int64_t wait_deadline_us;
	struct gt_err err;
};

/* Takes the lock: what this turn is for. *acked: what is to be acknowledged. */
void gt_turn_begin(struct step *step, struct gt_parcels *acked);
/* With the lock held: the worker is done with the flow; when it comes next. */
void gt_turn_end(struct step *step);

#endif
