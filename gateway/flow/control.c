/* control.c: what operators ask of running flows. It is in effect at once and committed by the
 * flow's slot in its next transaction, so that it stays over a restart. */
#include "flow_internal.h"

#include "civil.h"
#include "diag.h"

#include <stdlib.h>

#define COMMIT_WAIT_US 5000000

void gt_control_ask(struct gt_flow *flow)
{
	struct gt_slot *slot = flow->slot;

	flow->asked++;
	if (!flow->in_control) {
		flow->in_control = true;
		flow->next_control = NULL;
		*slot->controls_end = flow;
		slot->controls_end = &flow->next_control;
	}
	pthread_cond_signal(&slot->wake);
}

void gt_flow_show_pause(struct gt_flow *flow)
{
	char since[GT_TIME_TEXT_MAX + 1];
	struct gt_err why;

	since[gt_time_write(since, flow->pause.since_us, flow->conf->zone_minutes, GT_MINUTE)] =
		'\0';
	gt_fail(&why, GT_E_FLOW_PAUSED, flow->pause.who, since,
		flow->pause.why[0] ? flow->pause.why : "–");
	gt_flow_changed(flow, GT_FLOW_PAUSED, &why);
}

/* "cars/trips", "cars/…" with a star, a star. */
static bool matches(struct gt_str which, const struct gt_flow *flow)
{
	struct gt_str name = flow->name;

	if (flow->removed)
		return false;
	if (which.n == 0 || which.p[which.n - 1] != '*')
		return gt_str_eq(which, name);
	return which.n == 1 || (which.p[which.n - 2] == '/' && name.n >= which.n &&
				       memcmp(name.p, which.p, which.n - 1) == 0);
}

static bool unknown(struct gt_runtime *rt, struct gt_str which, struct gt_err *err)
{
	const char **names = gt_alloc((rt->flow_count + 1) * sizeof(const char *)), *near;
	struct gt_buf some;

	gt_buf_init(&some, 4096);
	for (size_t i = 0; i < rt->flow_count; i++) {
		names[i] = rt->flows[i]->name.p;
		if (some.n < 200)
			gt_buf_addf(&some, "%s%s", i ? " " : "", names[i]);
	}
	near = gt_nearest(which, names, rt->flow_count);
	gt_fail(err, near ? GT_E_FLOW_NEAR : GT_E_FLOW_UNKNOWN, GT_TEXT("%.*s", GT_STR_ARGS(which)),
		near ? near : gt_buf_cstr(&some));
	gt_buf_fini(&some);
	free(names);
	return false;
}

/* Lock held. Waits until all that was asked of these flows is committed; not for one whose slot is
 * not ours just now, and not for long. */
static bool wait_written(struct gt_runtime *rt, struct gt_str which)
{
	int64_t until = gt_now_us() + COMMIT_WAIT_US;
	struct timespec at = {until / 1000000, until % 1000000 * 1000};

	for (;;) {
		bool waiting = false, away = false;

		for (size_t i = 0; i < rt->flow_count; i++) {
			const struct gt_flow *flow = rt->flows[i];

			if (!matches(which, flow) ||
				(flow->asked == flow->written && !flow->back_stop))
				continue;
			waiting = true;
			away = away || flow->slot->phase != GT_SLOT_ACTIVE;
		}
		if (!waiting)
			return true;
		if (away || rt->done || rt->failed || gt_now_us() >= until)
			return false;
		pthread_cond_timedwait(&rt->ended, &rt->lock, &at);
	}
}

typedef void deed(struct gt_flow *flow, const struct gt_order *order);

static bool all(struct gt_runtime *rt, const struct gt_order *order, const char *what, deed *act,
	struct gt_order_done *done, struct gt_err *err)
{
	struct gt_order_done d = {.flows = 0};
	bool known;

	pthread_mutex_lock(&rt->lock);
	for (size_t i = 0; i < rt->flow_count; i++) {
		if (!matches(order->which, rt->flows[i]))
			continue;
		d.flows++;
		act(rt->flows[i], order);
	}
	known = d.flows > 0 || unknown(rt, order->which, err);
	if (known)
		d.committed = wait_written(rt, order->which);
	pthread_mutex_unlock(&rt->lock);
	if (!known)
		return false;
	gt_log_say(GT_LOG_INFO, (struct gt_str){0}, GT_E_FLOW_ORDER, what,
		GT_TEXT("%.*s", GT_STR_ARGS(order->which)),
		GT_TEXT("%.*s", GT_STR_ARGS(order->who)),
		order->why.n ? GT_TEXT("%.*s", GT_STR_ARGS(order->why)) : "–");
	*done = d;
	return true;
}

/* Cut where a character ends. */
static void put_text(char *to, size_t most, struct gt_str s)
{
	size_t n = s.n < most ? s.n : most;

	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xC0u) == 0x80u)
		n--;
	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

static void pause_one(struct gt_flow *flow, const struct gt_order *order)
{
	flow->pause.since_us = gt_host_wall_us();
	put_text(flow->pause.who, GT_WHO_MAX, order->who);
	put_text(flow->pause.why, GT_WHY_MAX, order->why);
	gt_control_ask(flow);
	if (flow->state != GT_FLOW_SUPERSEDED)
		gt_flow_show_pause(flow);
	gt_sched_now(flow); /* closes it, once all is committed */
}

bool gt_runtime_pause(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err)
{
	return all(rt, order, "pause", pause_one, done, err);
}

static void resume_one(struct gt_flow *flow, const struct gt_order *order)
{
	bool active = flow->slot->phase == GT_SLOT_ACTIVE, was_paused = flow->pause.since_us != 0;

	(void)order;
	if (was_paused) {
		flow->pause = (struct gt_pause){.since_us = 0};
		gt_control_ask(flow);
	}
	flow->failures = flow->back_failures = 0;
	flow->back_due_us = flow->ordinary_due_us = 0;
	flow->hurry = flow->running;
	if (!active) {
		if (was_paused && flow->state == GT_FLOW_PAUSED)
			gt_flow_changed(flow, GT_FLOW_STARTING, NULL);
		return; /* its slot says why, and starts it */
	}
	gt_flow_changed(flow, GT_FLOW_RUNNING, NULL);
	flow->due_us = 0;
	gt_sched_now(flow);
}

bool gt_runtime_resume(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err)
{
	return all(rt, order, "resume", resume_one, done, err);
}

/* The one flow of a backfill; NULL: err. */
static struct gt_flow *one(struct gt_runtime *rt, struct gt_str which, struct gt_err *err)
{
	struct gt_flow *flow = gt_flow_find(rt, which);

	if (flow && !flow->removed)
		return flow;
	(void)unknown(rt, which, err);
	return NULL;
}

static bool start(struct gt_flow *flow, struct gt_str from, struct gt_str until, struct gt_err *err)
{
	struct gt_backfill back = {.rows = 0};

	if (!(flow->conf->adapter->caps & GT_CAP_RANGE))
		return gt_fail(err, GT_E_BACKFILL_CANNOT, flow->conf->adapter->name);
	if (flow->back)
		return gt_fail(err, GT_E_BACKFILL_TWICE, flow->name.p, flow->back->from,
			flow->back->until);
	if (!gt_backfill_bounds(from, until, flow->conf->zone_minutes, &back, err))
		return false;
	flow->back = gt_alloc(sizeof(*flow->back));
	*flow->back = back;
	flow->back_stop = flow->back_over = false;
	flow->back_failures = 0;
	flow->back_due_us = 0;
	flow->back_write = GT_BACK_START;
	gt_control_ask(flow); /* polled for once that is committed */
	return true;
}

static bool stop(struct gt_flow *flow, struct gt_err *err)
{
	if (!flow->back)
		return gt_fail(err, GT_E_BACKFILL_NONE, flow->name.p);
	flow->back_stop = true;
	gt_backfill_settle(flow);
	gt_sched_now(flow);
	return true;
}

static bool backfill(struct gt_runtime *rt, const struct gt_order *order, struct gt_str from,
	struct gt_str until, bool cancel, struct gt_order_done *done, struct gt_err *err)
{
	struct gt_flow *flow;
	bool ok;

	pthread_mutex_lock(&rt->lock);
	flow = one(rt, order->which, err);
	ok = flow && (cancel ? stop(flow, err) : start(flow, from, until, err));
	if (ok)
		*done = (struct gt_order_done){1, wait_written(rt, order->which)};
	pthread_mutex_unlock(&rt->lock);
	if (ok)
		gt_log_say(GT_LOG_INFO, (struct gt_str){0}, GT_E_FLOW_ORDER,
			cancel ? "backfill --cancel" : "backfill",
			GT_TEXT("%.*s", GT_STR_ARGS(order->which)),
			GT_TEXT("%.*s", GT_STR_ARGS(order->who)),
			GT_TEXT("%.*s – %.*s", GT_STR_ARGS(from), GT_STR_ARGS(until)));
	return ok;
}

bool gt_runtime_backfill(struct gt_runtime *rt, const struct gt_order *order, struct gt_str from,
	struct gt_str until, struct gt_order_done *done, struct gt_err *err)
{
	return backfill(rt, order, from, until, false, done, err);
}

bool gt_runtime_backfill_stop(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err)
{
	return backfill(rt, order, GT_LIT(""), GT_LIT(""), true, done, err);
}
