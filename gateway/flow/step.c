/* step.c: one turn of a flow on a worker: acknowledge what was committed, open if need be, poll
 * once, normalise, hand the parcel to the slot. Called without the lock; the flow is `running`, so
 * nobody else touches what belongs to its worker. */
#include "step.h"

#include "failpoint.h"

#include <stdlib.h>
#include <time.h>

#define ROWS_PER_POLL 5000u

static bool entry_read(void *arg, struct gt_str key, struct gt_str *value)
{
	struct gt_flow *flow = arg;

	if (!gt_state_entry(flow->slot->state, flow->name, key, &flow->entry_value))
		return false;
	*value = gt_buf_str(&flow->entry_value);
	return true;
}

static bool memory_held(void *arg, size_t bytes)
{
	struct gt_flow *flow = arg;
	struct gt_budget *budget = &flow->runtime->budget;

	if (bytes > flow->held && !gt_budget_take(budget, bytes - flow->held))
		return false;
	if (bytes < flow->held)
		gt_budget_give(budget, flow->held - bytes);
	flow->held = bytes;
	return true;
}

static void note(void *arg, const struct gt_err *err)
{
	struct gt_flow *flow = arg;

	if (err->class == GT_DATA) {
		pthread_mutex_lock(&flow->runtime->lock);
		gt_flow_notice(flow, err);
		pthread_mutex_unlock(&flow->runtime->lock);
	}
	gt_log(err->class == GT_NOTE ? GT_LOG_INFO : GT_LOG_WARNING, flow->name, err);
}

static void set_runner(struct gt_flow *flow, struct gt_runner *runner)
{
	size_t *children = &flow->runtime->children;

	pthread_mutex_lock(&flow->runtime->lock);
	if (!flow->runner != !runner && gt_runner_isolated(flow->conf))
		*children = runner ? *children + 1 : *children - 1;
	flow->runner = runner;
	flow->waits_fd = -1;
	pthread_mutex_unlock(&flow->runtime->lock);
}

void gt_flow_close(struct gt_flow *flow)
{
	struct gt_runner *runner = flow->runner;

	set_runner(flow, NULL);
	gt_runner_free(runner);
	if (!memory_held(flow, 0))
		GT_ASSERT(!"giving memory back never fails");
	gt_stamp_unref(flow->stamp);
	flow->stamp = NULL;
	free(flow->position);
	flow->position = NULL;
	flow->waited = false;
}

/* A configuration that came while the flow was open. */
static void take_conf(struct gt_flow *flow)
{
	struct gt_conf_life *old;

	pthread_mutex_lock(&flow->runtime->lock);
	old = gt_flow_take_conf(flow);
	if (old)
		flow->patience = 0;
	pthread_mutex_unlock(&flow->runtime->lock);
	gt_conf_let_go(old);
}

/* The flow's record as committed, or a new numbering. */
static bool load_record(struct step *step)
{
	struct gt_flow *flow = step->flow;
	struct gt_flow_record *after = &flow->position->after;
	struct gt_str digest = gt_plan_digest(flow->conf->plan);
	uint64_t now = (uint64_t)time(NULL), floor;

	if (!gt_state_flow(step->slot->state, flow->name, after)) {
		*after = (struct gt_flow_record){.epoch = now, .next_seq = 1};
		memcpy(after->adapter, flow->conf->adapter->name,
			strlen(flow->conf->adapter->name));
	}
	if (strcmp(after->adapter, flow->conf->adapter->name) != 0)
		return gt_fail(&step->err, GT_E_FLOW_ADAPTER_CHANGED, after->adapter,
			flow->conf->adapter->name);
	pthread_mutex_lock(&flow->runtime->lock);
	floor = step->slot->epoch_floor;
	pthread_mutex_unlock(&flow->runtime->lock);
	(void)gt_flow_renumber(after, floor);
	after->retired = false;
	GT_ASSERT(digest.n < sizeof(after->plan_digest));
	memcpy(after->plan_digest, digest.p, digest.n);
	after->plan_digest[digest.n] = '\0';
	return true;
}

/* For a backfill: the range, and where in it. */
static bool load_range(struct step *step, struct gt_host *host)
{
	struct gt_flow *flow = step->flow;
	struct gt_position *position = flow->position;

	pthread_mutex_lock(&flow->runtime->lock);
	position->ranged = flow->ranged;
	pthread_mutex_unlock(&flow->runtime->lock);
	if (!position->ranged)
		return true;
	if (!gt_backfill_load(flow, position)) /* it was ended meanwhile */
		return gt_fail_as(&step->err, GT_RETRY,
			(struct gt_failure){GT_E_BACKFILL_NONE, flow->name.p});
	host->entry = NULL; /* what ordinary passes have noted is no reason to leave a row out */
	host->range = true;
	if (position->back.from[0])
		host->range_from = gt_cstr(position->back.from);
	if (position->back.until[0])
		host->range_until = gt_cstr(position->back.until);
	return true;
}

static bool open_flow(struct step *step)
{
	struct gt_flow *flow = step->flow;
	const struct gt_gateway_conf *gateway;
	struct gt_host host = {.arg = flow,
		.entry = entry_read,
		.memory = memory_held,
		.note = note,
		.permit = gt_flow_permit};
	struct gt_position *position;
	struct gt_str cursor;
	struct gt_runner *runner;

	take_conf(flow);
	gateway = flow->gateway;
	position = flow->position = gt_alloc(sizeof(*position));
	if (!load_record(step) || !load_range(step, &host))
		return false;
	flow->stamp = gt_stamp_new(&(struct gt_stamp_conf){.prefix = gateway->prefix,
		.site = gateway->site,
		.source = flow->conf->source,
		.flow = flow->conf->flow,
		.basis = flow->conf->basis,
		.epoch = position->after.epoch,
		.plan = flow->conf->plan,
		.standard = gt_standard_digest(gateway->standard)});
	cursor = position->ranged ? gt_str(position->back_cursor, position->back_len)
				  : gt_str(position->after.cursor, position->after.cursor_len);
	runner = gt_runner_start(flow->conf, &host, cursor, &step->err);
	if (!runner)
		return false;
	set_runner(flow, runner);
	return true;
}

/* adapter.commit for every resolved parcel, in order. Without a runner there is nothing to do:
 * opening acknowledges the committed cursor. */
static bool acknowledge(struct step *step, struct gt_parcels *acked)
{
	struct gt_flow *flow = step->flow;
	bool ok = true;

	for (struct gt_parcel *p; (p = gt_parcels_pop(acked)) != NULL;) {
		GT_FAILPOINT("before-adapter-commit");
		if (ok && flow->runner && p->batch->cursor_set && !p->ranged &&
			!flow->position->ranged)
			ok = gt_runner_commit(
				flow->runner, gt_batch_cursor_get(p->batch), &step->err);
		gt_parcel_free(p);
	}
	return ok;
}

static bool has_news(const struct gt_flow *flow, const struct gt_batch *batch)
{
	const struct gt_flow_record *after = &flow->position->after;
	struct gt_str cursor = gt_batch_cursor_get(batch);
	struct gt_str before = gt_str(after->cursor, after->cursor_len);

	if (flow->position->ranged)
		return batch->entry_count > 0;
	return batch->row_count > 0 || batch->entry_count > 0 ||
	       (batch->cursor_set && !gt_str_eq(cursor, before));
}

/* Rows that were all published before make no commit; the next one carries their count. */
static void count_unchanged(struct gt_flow *flow, uint64_t rows)
{
	flow->position->after.read += rows;
	flow->position->after.unchanged += rows;
	pthread_mutex_lock(&flow->runtime->lock);
	flow->counters.read += rows;
	flow->counters.unchanged += rows;
	pthread_mutex_unlock(&flow->runtime->lock);
}

/* The flow's record behind this parcel. */
static void advance(struct gt_parcel *p, struct gt_flow_record *after, int64_t now_us)
{
	struct gt_str cursor = gt_batch_cursor_get(p->batch);

	if (p->batch->cursor_set && !p->ranged) {
		memcpy(after->cursor, cursor.p, cursor.n);
		after->cursor_len = cursor.n;
	}
	after->next_seq += p->n;
	after->read += p->counts.read;
	after->accepted += p->counts.accepted;
	after->rejected += p->counts.rejected;
	after->filtered += p->counts.filtered;
	after->unchanged += p->counts.unchanged;
	after->published += p->n;
	after->fan_out += p->fan_out;
	if (p->batch->row_count > 0)
		after->last_record_us = now_us;
	gt_flow_record_copy(&p->after, after);
}

static struct gt_parcel *parcel_new(struct gt_flow *flow, struct gt_batch *batch, size_t reserved)
{
	struct gt_parcel *p = gt_alloc(sizeof(*p));

	p->flow = flow;
	p->batch = batch;
	p->reserved = reserved;
	p->stamp = gt_stamp_ref(flow->stamp);
	p->first_seq = flow->position->after.next_seq;
	p->ranged = flow->position->ranged;
	p->range_rows = flow->position->back.rows;
	return p;
}

/* The arena was too small for what these rows became: fewer rows the next time. */
static void shrink(struct step *step, struct gt_parcel *p)
{
	struct gt_flow *flow = step->flow;
	size_t rows = p->batch->row_count;

	gt_parcel_free(p);
	step->turn = TURN_FAILED;
	if (rows <= 1) {
		gt_fail_as(&step->err, GT_CONFIG, (struct gt_failure){GT_E_FLOW_ARENA_SMALL});
		return;
	}
	flow->row_limit = rows / 2;
	gt_fail(&step->err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_BATCH_ARENA_MAX));
}

static void watch_drift(struct gt_flow *flow)
{
	if (flow->drift)
		return;
	pthread_mutex_lock(&flow->runtime->lock);
	flow->drift = gt_drift_new();
	pthread_mutex_unlock(&flow->runtime->lock);
}

static void hand_on(struct step *step, struct gt_batch *batch, size_t reserved)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	struct gt_parcel *p = parcel_new(flow, batch, reserved);
	enum turn turn = step->turn;
	int64_t now_us = gt_host_wall_us();
	bool taken;

	watch_drift(flow);
	if (!gt_work_normalise(p, flow->conf, step->norm, step->hasher, now_us)) {
		shrink(step, p);
		return;
	}
	if (flow->row_limit < ROWS_PER_POLL)
		flow->row_limit += flow->row_limit / 8 + 1;
	p->range_over = p->ranged && (turn == TURN_LATER || turn == TURN_ENDED);
	advance(p, &flow->position->after, now_us);
	if (p->reserved > batch->arena.held) {
		gt_budget_give(&rt->budget, p->reserved - batch->arena.held);
		p->reserved = batch->arena.held;
	}
	gt_state_pend(step->slot->state, flow->name, batch->entries, batch->entry_count);
	pthread_mutex_lock(&rt->lock);
	flow->counters.read += p->counts.read;
	flow->counters.in_flight += p->counts.read;
	taken = gt_slot_push(step->slot, p, step->incarnation);
	step->progress = taken;
	if (!taken) {
		flow->counters.in_flight -= p->counts.read;
		flow->counters.discarded += p->counts.read;
		flow->reopen = true;
	}
	pthread_mutex_unlock(&rt->lock);
	if (!taken)
		gt_parcel_free(p);
}

static enum turn turn_of(struct step *step, enum gt_poll result, const struct gt_batch *batch)
{
	switch (result) {
	case GT_POLL_MORE:
		return TURN_MORE;
	case GT_POLL_IDLE:
		return TURN_LATER;
	case GT_POLL_END:
		return TURN_ENDED;
	case GT_POLL_WAIT:
		step->wait_fd = batch->wait_fd;
		step->wait_events = batch->wait_events;
		step->wait_deadline_us = batch->wait_deadline_us;
		return TURN_WAIT;
	case GT_POLL_ERROR:
		break;
	}
	return TURN_FAILED;
}

static void poll_once(struct step *step)
{
	struct gt_flow *flow = step->flow;
	int64_t now = gt_now_us();
	struct gt_limits limits = {flow->row_limit, GT_BATCH_RAW_MAX,
		step->nothing_came ? now : gt_flow_deadline(flow, now)};
	struct gt_batch *batch;
	bool over;
	size_t reserved, fields;

	batch = gt_batch_take(flow->runtime, &reserved);
	if (!batch) {
		step->turn = TURN_NO_MEMORY;
		return;
	}
	gt_plan_fields(flow->conf->plan, &fields);
	gt_batch_reset(batch, fields, limits.max_records, limits.max_bytes);
	step->turn = turn_of(step, gt_runner_poll(flow->runner, batch, &limits, &step->err), batch);
	flow->waited = step->turn == TURN_WAIT;
	step->stalled = step->turn == TURN_MORE && gt_now_us() >= limits.deadline_us;
	if (!flow->waited && !gt_runner_isolated(flow->conf))
		gt_flow_learn(flow, now, step->turn == TURN_FAILED);
	over = step->turn == TURN_LATER || step->turn == TURN_ENDED;
	if (flow->position->ranged && step->turn != TURN_FAILED)
		gt_backfill_advance(flow, batch, over);
	if (step->turn == TURN_FAILED && step->err.code == GT_E_MEMORY_BUDGET &&
		flow->row_limit > 1)
		flow->row_limit /= 2; /* too much at once: fewer rows the next time */
	if (step->turn != TURN_FAILED && has_news(flow, batch)) {
		hand_on(step, batch, reserved);
		return;
	}
	if (step->turn != TURN_FAILED)
		count_unchanged(flow, batch->skipped);
	gt_batch_give(flow->runtime, batch, reserved);
}

static bool reopen_wanted(struct step *step)
{
	struct gt_runtime *rt = step->flow->runtime;
	bool wanted;

	pthread_mutex_lock(&rt->lock);
	wanted = step->flow->reopen;
	if (step->may_poll)
		step->flow->reopen = false;
	pthread_mutex_unlock(&rt->lock);
	return wanted;
}

/* A flow that does nothing for a while keeps no connection; neither does a child that others are
 * waiting for, nor a flow that must not run. */
static void close_if_idle(struct gt_flow *flow, bool caught_up)
{
	struct gt_runtime *rt = flow->runtime;
	bool idle, wanted;

	if (!flow->runner)
		return;
	pthread_mutex_lock(&rt->lock);
	wanted = gt_runner_isolated(flow->conf) && rt->children >= GT_CHILDREN_MAX / 2;
	caught_up = caught_up || flow->caught_up;
	idle = caught_up && (wanted || flow->conf->every_ms >= GT_IDLE_CLOSE_MS);
	idle = (idle || flow->pause.since_us != 0 || flow->removed) && flow->in_flight == 0 &&
	       flow->acked.n == 0;
	pthread_mutex_unlock(&rt->lock);
	if (idle)
		gt_flow_close(flow);
}

void gt_flow_step(struct gt_flow *flow, struct gt_norm *norm, struct gt_hasher *hasher)
{
	struct step step = {.flow = flow,
		.slot = flow->slot,
		.norm = norm,
		.hasher = hasher,
		.turn = TURN_NONE};
	struct gt_parcels acked;

	gt_turn_begin(&step, &acked);
	if (step.cut_short)
		gt_flow_close(flow);
	if (!acknowledge(&step, &acked))
		step.turn = TURN_FAILED;
	if (reopen_wanted(&step) && flow->runner)
		gt_flow_close(flow);
	if (step.turn == TURN_NONE && step.may_poll) {
		if (flow->row_limit == 0)
			flow->row_limit = ROWS_PER_POLL;
		if (!flow->runner && !open_flow(&step)) {
			step.turn = TURN_FAILED;
			gt_flow_close(flow);
		} else {
			poll_once(&step);
		}
	} else if (step.turn == TURN_NONE || step.turn == TURN_QUIET) {
		close_if_idle(flow, false);
	}
	if ((step.turn == TURN_LATER || step.turn == TURN_ENDED) && !step.progress)
		close_if_idle(flow, true);
	pthread_mutex_lock(&flow->runtime->lock);
	gt_turn_end(&step);
	pthread_mutex_unlock(&flow->runtime->lock);
}
