/* turn.c: what a flow's turn is for, and when the next one comes. With the lock held. */
#include "step.h"

#include "civil.h"

#define NO_MEMORY_RETRY_US 50000
#define NO_CHILD_RETRY_US 500000
#define QUIET_LOOK_US INT64_C(60000000) /* the wall clock may be set meanwhile */

/* A flow that failed is well again once it gets anywhere: asking the source once more, waiting for
 * its answer or reading again what is known already is no success yet, and must neither hide the
 * reason nor shorten the back-off. */
static void went_on(struct step *step, enum gt_flow_state state)
{
	struct gt_flow *flow = step->flow;

	if (step->progress || step->turn == TURN_LATER || step->turn == TURN_ENDED)
		flow->failures = 0;
	if (step->progress || step->turn == TURN_LATER || step->turn == TURN_ENDED)
		flow->source->troubled = false;
	else if (step->stalled)
		flow->source->troubled = true;
	if (flow->failures == 0)
		gt_flow_changed(flow, state, NULL);
}

static void at_or_never(struct gt_flow *flow, int64_t us)
{
	if (us != INT64_MAX)
		gt_sched_at(flow, us);
	else
		flow->due_us = INT64_MAX;
}

static void failed(struct step *step)
{
	struct gt_flow *flow = step->flow;

	if (step->err.class == GT_RETRY)
		flow->source->troubled = true;
	if (!gt_backfill_failed(flow, &step->err))
		gt_flow_failed(flow, &step->err);
	else
		at_or_never(flow, gt_backfill_due(flow, flow->ordinary_due_us));
}

/* Until when the source is to be left alone; said as the flow's reason. */
static void quiet(struct step *step, int64_t now)
{
	struct gt_flow *flow = step->flow;
	int64_t left = step->quiet_until_us - gt_host_wall_us();
	char until[GT_TIME_TEXT_MAX + 1];
	struct gt_err why;

	until[gt_time_write(until, step->quiet_until_us, flow->conf->zone_minutes, GT_MINUTE)] =
		'\0';
	gt_fail(&why, GT_E_FLOW_QUIET, until);
	if (flow->failures == 0)
		gt_flow_changed(flow, GT_FLOW_WAITING, &why);
	gt_sched_at(flow, now + (left < 0 ? 0 : left < QUIET_LOOK_US ? left : QUIET_LOOK_US));
}

/* The flow has nothing more for now; the next ordinary poll at `us`, INT64_MAX = none. */
static void rest(struct step *step, enum gt_flow_state state, int64_t us)
{
	struct gt_flow *flow = step->flow;

	if (flow->ranged) {
		flow->back_over = true;
		us = flow->ordinary_due_us;
		state = us == INT64_MAX ? GT_FLOW_ENDED : GT_FLOW_WAITING;
	}
	flow->caught_up = true;
	flow->ordinary_due_us = us;
	went_on(step, state);
	at_or_never(flow, gt_backfill_due(flow, us));
}

/* With something in flight, or without its slot, a later event queues the flow. */
static bool waits_on(const struct gt_flow *flow)
{
	return flow->due_us != INT64_MAX && flow->in_flight == 0 &&
	       flow->slot->phase == GT_SLOT_ACTIVE;
}

static void schedule(struct step *step, int64_t now, bool held)
{
	struct gt_flow *flow = step->flow;

	switch (step->turn) {
	case TURN_FAILED:
		failed(step);
		break;
	case TURN_NO_MEMORY:
		gt_sched_at(flow, now + NO_MEMORY_RETRY_US);
		break;
	case TURN_NO_CHILD:
		gt_sched_at(flow, now + NO_CHILD_RETRY_US);
		break;
	case TURN_QUIET:
		quiet(step, now);
		break;
	case TURN_WAIT:
		flow->caught_up = false;
		went_on(step, GT_FLOW_WAITING);
		flow->waits_fd = step->wait_fd;
		flow->waits_events = step->wait_events;
		gt_sched_wait_fd(flow, step->wait_fd, step->wait_events, step->wait_deadline_us);
		break;
	case TURN_LATER:
		rest(step, GT_FLOW_WAITING, now + flow->conf->every_ms * 1000);
		break;
	case TURN_ENDED:
		rest(step, GT_FLOW_ENDED, INT64_MAX);
		break;
	case TURN_MORE:
		flow->caught_up = false;
		went_on(step, GT_FLOW_RUNNING);
		flow->due_us = now;
		if (flow->in_flight < GT_IN_FLIGHT_MAX)
			gt_sched_now(flow);
		break; /* else the next resolved commit queues it */
	case TURN_NONE:
		if (!held && waits_on(flow)) /* still for what it waited for */
			gt_sched_wait_fd(flow, flow->waits_fd, flow->waits_events, flow->due_us);
		break;
	}
}

void gt_turn_end(struct step *step)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	int64_t now = gt_now_us();
	bool may_reopen, busy, held = flow->pause.since_us != 0 || flow->removed;

	gt_sched_done(flow);
	if (flow->state == GT_FLOW_QUARANTINED && flow->due_us > now && step->turn != TURN_FAILED)
		step->turn = TURN_NONE; /* set aside by its slot meanwhile */
	if (flow->slot->phase != GT_SLOT_ACTIVE && step->turn != TURN_FAILED)
		step->turn = TURN_NONE; /* its slot went meanwhile and has said why */
	schedule(step, now, held);
	gt_backfill_settle(flow);
	if (flow->hurry && !held)
		flow->due_us = 0;
	may_reopen = (flow->reopen || flow->hurry) && flow->in_flight == 0 && flow->due_us <= now &&
		     !rt->draining && !held &&
		     flow->slot->phase == GT_SLOT_ACTIVE; /* activation queues it otherwise */
	flow->hurry = false;
	busy = flow->runner && gt_runner_busy(flow->runner) && !held && !rt->draining;
	if ((flow->acked.n > 0 && !busy) || may_reopen ||
		(held && flow->runner && gt_flow_quiet(flow)))
		gt_sched_now(flow);
	gt_sched_wake(rt); /* `once` and draining are judged there */
}

/* Lock held: quiet hours, and room for one more child. A poll that is under way goes on. */
static void hold_back(struct step *step)
{
	struct gt_flow *flow = step->flow;
	size_t most = GT_CHILDREN_MAX / (flow->source->troubled ? 4 : 1);

	if (!flow->waited)
		step->quiet_until_us = gt_quiet_until(
			&flow->conf->quiet_hours, gt_host_wall_us(), flow->conf->zone_minutes);
	if (step->quiet_until_us != 0)
		step->turn = TURN_QUIET;
	else if (!flow->runner && gt_runner_isolated(flow->conf) && flow->runtime->children >= most)
		step->turn = TURN_NO_CHILD;
	step->may_poll = step->turn == TURN_NONE;
}

void gt_turn_begin(struct step *step, struct gt_parcels *acked)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	int64_t now = gt_now_us();
	bool due, busy;

	pthread_mutex_lock(&rt->lock);
	gt_parcels_init(acked);
	busy = flow->runner && gt_runner_busy(flow->runner);
	step->cut_short = busy && (rt->draining || flow->removed || flow->pause.since_us != 0);
	if (flow->acked.n > 0 && (!busy || step->cut_short)) {
		*acked = flow->acked;
		gt_parcels_init(&flow->acked);
	}
	due = flow->due_us <= now;
	step->nothing_came = flow->waited && flow->waits_fd >= 0 && flow->due_us != 0 &&
			     !gt_runner_isolated(flow->conf);
	if (due && !flow->waited)
		gt_backfill_choose(flow, now);
	step->incarnation = flow->slot->incarnation;
	step->may_poll = due && !rt->draining && flow->slot->phase == GT_SLOT_ACTIVE &&
			 flow->in_flight < GT_IN_FLIGHT_MAX && flow->pause.since_us == 0 &&
			 !flow->removed && !(flow->reopen && flow->in_flight > 0);
	if (step->may_poll)
		hold_back(step);
	if (step->may_poll)
		flow->waits_fd = -1;
	pthread_mutex_unlock(&rt->lock);
}
