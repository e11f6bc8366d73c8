/* flow.c: the state machine of a flow: what a result means for its next turn. With the lock held.
 */
#include "flow_internal.h"

#include "io.h"

#include <stdlib.h>

#define BACK_OFF_MIN_MS 1000
#define BACK_OFF_MAX_MS 300000
#define SET_ASIDE_MIN_MS 30000
#define SET_ASIDE_MAX_MS 600000

void gt_flow_status_due(struct gt_flow *flow)
{
	struct gt_slot *slot = flow->slot;

	if (flow->status_due)
		return;
	flow->status_due = true;
	flow->next_status = NULL;
	*slot->statuses_end = flow;
	slot->statuses_end = &flow->next_status;
}

static void set_err(struct gt_err **kept, const struct gt_err *err)
{
	if (!*kept)
		*kept = gt_alloc(sizeof(**kept));
	**kept = *err;
}

void gt_flow_notice(struct gt_flow *flow, const struct gt_err *err)
{
	set_err(&flow->notice, err);
	flow->notice_us = gt_now_us();
	gt_flow_status_due(flow);
}

void gt_flow_changed(struct gt_flow *flow, enum gt_flow_state state, const struct gt_err *reason)
{
	bool ok = state == GT_FLOW_RUNNING || state == GT_FLOW_WAITING;
	bool was_ok = flow->state == GT_FLOW_RUNNING || flow->state == GT_FLOW_WAITING;

	if (flow->pause.since_us != 0 && state != GT_FLOW_PAUSED && state != GT_FLOW_STARTING &&
		state != GT_FLOW_SUPERSEDED)
		return;
	/* Running and waiting alternate at every poll: only other changes are news to the province.
	 */
	if (state != flow->state && !(ok && was_ok))
		gt_flow_status_due(flow);
	flow->state = state;
	if (reason) {
		set_err(&flow->reason, reason);
	} else if (ok || state == GT_FLOW_ENDED) {
		free(flow->reason);
		flow->reason = NULL;
	}
}

/* Exponential with jitter of ± half, so that many flows of one dead system do not return together.
 */
static int64_t back_off_ms(unsigned failures, int64_t least, int64_t most)
{
	int64_t ms = least;
	uint32_t r;

	for (unsigned i = 1; i < failures && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	gt_random(&r, sizeof(r));
	return ms / 2 + (int64_t)(r % (uint64_t)(ms + 1));
}

void gt_flow_failed(struct gt_flow *flow, const struct gt_err *err)
{
	int64_t ms;

	flow->failures++;
	flow->ordinary_due_us = 0;
	flow->reopen = true;
	flow->caught_up = false;
	if (err->class == GT_FATAL) {
		gt_runtime_fail(flow->runtime, err);
		return;
	}
	if (err->class == GT_CONFIG) {
		gt_flow_set_aside(flow, err);
		return;
	}
	ms = back_off_ms(flow->failures, BACK_OFF_MIN_MS, BACK_OFF_MAX_MS);
	if (err->retry_after_ms > ms)
		ms = err->retry_after_ms;
	gt_log(GT_LOG_WARNING, flow->name, err);
	gt_flow_changed(flow, GT_FLOW_RETRYING, err);
	gt_sched_at(flow, gt_now_us() + ms * 1000);
}

void gt_flow_set_aside(struct gt_flow *flow, const struct gt_err *why)
{
	int64_t ms;

	if (flow->failures == 0)
		flow->failures = 1;
	ms = back_off_ms(flow->failures, SET_ASIDE_MIN_MS, SET_ASIDE_MAX_MS);
	flow->ordinary_due_us = 0;
	flow->reopen = true;
	flow->caught_up = false;
	gt_log(GT_LOG_ERROR, flow->name, why);
	gt_flow_changed(flow, GT_FLOW_QUARANTINED, why);
	if (!flow->running)
		gt_sched_at(flow, gt_now_us() + ms * 1000);
	else
		flow->due_us =
			gt_now_us() + ms * 1000; /* the step that runs sees the state and ends */
}

bool gt_flow_quiet(const struct gt_flow *flow)
{
	return !flow->running && flow->in_flight == 0 && flow->acked.n == 0;
}

static bool flow_done(const struct gt_flow *flow)
{
	if (flow->runtime->draining)
		return gt_flow_quiet(flow) && !flow->queued;
	return gt_flow_quiet(flow) &&
	       (flow->pause.since_us != 0 ||
		       (!flow->back && (flow->caught_up || flow->state == GT_FLOW_ENDED)));
}

/* Looks first where it last found one that is not done: it is asked at every turn of the scheduler.
 */
static bool all_done(struct gt_runtime *rt)
{
	for (size_t i = 0; i < rt->flow_count; i++) {
		size_t at = (rt->undone + i) % rt->flow_count;

		if (!flow_done(rt->flows[at])) {
			rt->undone = at;
			return false;
		}
	}
	return true;
}

/* `once`: every flow has caught up and everything is committed and acknowledged. */
void gt_runtime_check_done(struct gt_runtime *rt)
{
	bool all;

	if (rt->done || (!rt->draining && !rt->conf.once))
		return;
	all = all_done(rt);
	if (rt->draining && gt_now_us() > rt->drain_until_us)
		all = rt->running == 0;
	if (!all)
		return;
	rt->draining = true;
	rt->done = true;
	for (size_t i = 0; i < rt->slot_count; i++)
		pthread_cond_signal(&rt->slots[i].wake);
	pthread_cond_broadcast(&rt->ended);
}

void gt_runtime_fail(struct gt_runtime *rt, const struct gt_err *err)
{
	if (rt->failed)
		return;
	rt->failed = true;
	rt->failure = *err;
	gt_log(GT_LOG_ERROR, (struct gt_str){0}, err);
	rt->draining = true;
	rt->drain_until_us = gt_now_us();
	pthread_cond_broadcast(&rt->work);
	pthread_cond_broadcast(&rt->ended);
	for (size_t i = 0; i < rt->slot_count; i++)
		pthread_cond_signal(&rt->slots[i].wake);
}
