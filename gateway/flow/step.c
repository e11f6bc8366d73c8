/* step.c: one turn of a flow on a worker: acknowledge what was committed, open if need be, poll
 * once, normalise, hand the parcel to the slot. Called without the lock; the flow is `running`, so
 * nobody else touches what belongs to its worker. */
#include "flow_internal.h"

#include "failpoint.h"

#include <stdlib.h>
#include <time.h>

#define ROWS_PER_POLL 5000u
#define NO_MEMORY_RETRY_US 50000

enum turn { TURN_MORE, TURN_LATER, TURN_ENDED, TURN_WAIT, TURN_FAILED, TURN_NO_MEMORY, TURN_NONE };

struct step {
	struct gt_flow *flow;
	struct gt_slot *slot;
	struct gt_norm *norm;
	struct gt_hasher *hasher;
	uint64_t incarnation;
	bool may_poll, progress; /* progress: rows or a position were handed on */
	enum turn turn;
	int wait_fd;
	short wait_events;
	int64_t wait_deadline_us;
	struct gt_err err;
};

static bool entry_read(void *arg, struct gt_str key, struct gt_str *value)
{
	struct gt_flow *flow = arg;

	if (!gt_state_entry(flow->slot->state, flow->conf->name, key, &flow->entry_value))
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
		flow->notice = *err;
		flow->notice_us = gt_now_us();
		flow->status_due = true;
		pthread_mutex_unlock(&flow->runtime->lock);
	}
	gt_log(err->class == GT_NOTE ? GT_LOG_INFO : GT_LOG_WARNING, flow->conf->name, err);
}

static void set_runner(struct gt_flow *flow, struct gt_runner *runner)
{
	pthread_mutex_lock(&flow->runtime->lock);
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
}

/* The flow's record as committed, or a new numbering. */
static bool load_record(struct step *step)
{
	struct gt_flow *flow = step->flow;
	struct gt_flow_record *after = &flow->after;
	struct gt_str digest = gt_plan_digest(flow->conf->plan);
	uint64_t now = (uint64_t)time(NULL), floor;

	if (!gt_state_flow(step->slot->state, flow->conf->name, after)) {
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

static bool open_flow(struct step *step)
{
	struct gt_flow *flow = step->flow;
	const struct gt_gateway_conf *gateway = flow->runtime->gateway;
	struct gt_host host = {
		.arg = flow, .entry = entry_read, .memory = memory_held, .note = note};
	struct gt_str cursor;
	struct gt_runner *runner;

	if (!load_record(step))
		return false;
	flow->stamp = gt_stamp_new(&(struct gt_stamp_conf){.prefix = gateway->prefix,
		.site = gateway->site,
		.source = flow->conf->source,
		.flow = flow->conf->flow,
		.basis = flow->conf->basis,
		.epoch = flow->after.epoch,
		.plan = flow->conf->plan,
		.standard = gt_standard_digest(gateway->standard)});
	runner = gt_runner_new(flow->conf, &host, &step->err);
	if (!runner)
		return false;
	set_runner(flow, runner);
	cursor = gt_str(flow->after.cursor, flow->after.cursor_len);
	return gt_runner_open(runner, cursor, &step->err) &&
	       (cursor.n == 0 || gt_runner_commit(runner, cursor, &step->err));
}

/* adapter.commit for every resolved parcel, in order. Without a runner there is nothing to do:
 * opening acknowledges the committed cursor. */
static bool acknowledge(struct step *step, struct gt_parcels *acked)
{
	struct gt_flow *flow = step->flow;
	bool ok = true;

	for (struct gt_parcel *p; (p = gt_parcels_pop(acked)) != NULL;) {
		GT_FAILPOINT("before-adapter-commit");
		if (ok && flow->runner && p->batch->cursor_set)
			ok = gt_runner_commit(
				flow->runner, gt_batch_cursor_get(p->batch), &step->err);
		gt_parcel_free(p);
	}
	return ok;
}

static bool has_news(const struct gt_flow *flow, const struct gt_batch *batch)
{
	struct gt_str cursor = gt_batch_cursor_get(batch);
	struct gt_str before = gt_str(flow->after.cursor, flow->after.cursor_len);

	return batch->row_count > 0 || batch->entry_count > 0 ||
	       (batch->cursor_set && !gt_str_eq(cursor, before));
}

/* Rows that were all published before make no commit; the next one carries their count. */
static void count_unchanged(struct gt_flow *flow, uint64_t rows)
{
	flow->after.read += rows;
	flow->after.unchanged += rows;
	pthread_mutex_lock(&flow->runtime->lock);
	flow->counters.read += rows;
	flow->counters.unchanged += rows;
	pthread_mutex_unlock(&flow->runtime->lock);
}

/* The flow's record behind this parcel. */
static void advance(struct gt_parcel *p, struct gt_flow_record *after, int64_t now_us)
{
	struct gt_str cursor = gt_batch_cursor_get(p->batch);

	if (p->batch->cursor_set) {
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
	p->after = *after;
}

static struct gt_parcel *parcel_new(struct gt_flow *flow, struct gt_batch *batch, size_t reserved)
{
	struct gt_parcel *p = gt_alloc(sizeof(*p));

	p->flow = flow;
	p->batch = batch;
	p->reserved = reserved;
	p->stamp = gt_stamp_ref(flow->stamp);
	p->first_seq = flow->after.next_seq;
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

static void hand_on(struct step *step, struct gt_batch *batch, size_t reserved)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	struct gt_parcel *p = parcel_new(flow, batch, reserved);
	int64_t now_us = gt_host_wall_us();
	bool taken;

	if (!gt_work_normalise(p, flow->conf, step->norm, step->hasher, now_us)) {
		shrink(step, p);
		return;
	}
	if (flow->row_limit < ROWS_PER_POLL)
		flow->row_limit += flow->row_limit / 8 + 1;
	advance(p, &flow->after, now_us);
	if (p->reserved > batch->arena.held) {
		gt_budget_give(&rt->budget, p->reserved - batch->arena.held);
		p->reserved = batch->arena.held;
	}
	gt_state_pend(step->slot->state, flow->conf->name, batch->entries, batch->entry_count);
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
	struct gt_limits limits = {
		flow->row_limit, GT_BATCH_RAW_MAX, gt_now_us() + GT_OPEN_TIMEOUT_US};
	struct gt_batch *batch;
	size_t reserved, fields;

	batch = gt_batch_take(flow->runtime, &reserved);
	if (!batch) {
		step->turn = TURN_NO_MEMORY;
		return;
	}
	gt_plan_fields(flow->conf->plan, &fields);
	gt_batch_reset(batch, fields, limits.max_records, limits.max_bytes);
	step->turn = turn_of(step, gt_runner_poll(flow->runner, batch, &limits, &step->err), batch);
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

/* A flow that failed is well again once it gets anywhere: asking the source once more, waiting for
 * its answer or reading again what is known already is no success yet, and must neither hide the
 * reason nor shorten the back-off. */
static void went_on(struct step *step, enum gt_flow_state state)
{
	struct gt_flow *flow = step->flow;

	if (step->progress || step->turn == TURN_LATER || step->turn == TURN_ENDED)
		flow->failures = 0;
	if (flow->failures == 0)
		gt_flow_changed(flow, state, NULL);
}

/* With the lock held: the worker is done with the flow. */
static void finish(struct step *step)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	int64_t now = gt_now_us();
	bool may_reopen;

	flow->running = false;
	flow->source->running--;
	rt->running--;
	if (rt->queue_first)
		pthread_cond_signal(&rt->work); /* its source has room again */
	if (flow->state == GT_FLOW_QUARANTINED && flow->due_us > now && step->turn != TURN_FAILED)
		step->turn = TURN_NONE; /* set aside by its slot meanwhile */
	if (flow->slot->phase != GT_SLOT_ACTIVE && step->turn != TURN_FAILED)
		step->turn = TURN_NONE; /* its slot went meanwhile and has said why */
	switch (step->turn) {
	case TURN_FAILED:
		gt_flow_failed(flow, &step->err);
		break;
	case TURN_NO_MEMORY:
		gt_sched_at(flow, now + NO_MEMORY_RETRY_US);
		break;
	case TURN_WAIT:
		flow->caught_up = false;
		went_on(step, GT_FLOW_WAITING);
		flow->waits_fd = step->wait_fd;
		flow->waits_events = step->wait_events;
		gt_sched_wait_fd(flow, step->wait_fd, step->wait_events, step->wait_deadline_us);
		break;
	case TURN_LATER:
		flow->caught_up = true;
		went_on(step, GT_FLOW_WAITING);
		gt_sched_at(flow, now + flow->conf->every_ms * 1000);
		break;
	case TURN_ENDED:
		flow->caught_up = true;
		went_on(step, GT_FLOW_ENDED);
		flow->due_us = INT64_MAX;
		break;
	case TURN_MORE:
		flow->caught_up = false;
		went_on(step, GT_FLOW_RUNNING);
		flow->due_us = now;
		if (flow->in_flight < GT_IN_FLIGHT_MAX)
			gt_sched_now(flow);
		break; /* else the next resolved commit queues it */
	case TURN_NONE:
		/* With something in flight, or without its slot, a later event queues it. */
		if (flow->due_us != INT64_MAX && flow->in_flight == 0 &&
			flow->slot->phase ==
				GT_SLOT_ACTIVE) /* still waiting for what it waited for */
			gt_sched_wait_fd(flow, flow->waits_fd, flow->waits_events, flow->due_us);
		break;
	}
	may_reopen = flow->reopen && flow->in_flight == 0 && flow->due_us <= now && !rt->draining &&
		     flow->slot->phase == GT_SLOT_ACTIVE; /* activation queues it otherwise */
	if (flow->acked.n > 0 || may_reopen)
		gt_sched_now(flow);
	gt_sched_wake(rt); /* `once` and draining are judged there */
}

static void begin(struct step *step, struct gt_parcels *acked)
{
	struct gt_flow *flow = step->flow;
	struct gt_runtime *rt = flow->runtime;
	bool due;

	pthread_mutex_lock(&rt->lock);
	*acked = flow->acked;
	if (acked->n == 0)
		gt_parcels_init(acked);
	gt_parcels_init(&flow->acked);
	due = flow->due_us <= gt_now_us();
	step->incarnation = flow->slot->incarnation;
	step->may_poll = due && !rt->draining && flow->slot->phase == GT_SLOT_ACTIVE &&
			 flow->in_flight < GT_IN_FLIGHT_MAX &&
			 !(flow->reopen && flow->in_flight > 0);
	if (step->may_poll)
		flow->waits_fd = -1;
	pthread_mutex_unlock(&rt->lock);
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

static void close_if_idle(struct gt_flow *flow)
{
	bool idle;

	if (!flow->runner || flow->conf->every_ms < GT_IDLE_CLOSE_MS)
		return;
	pthread_mutex_lock(&flow->runtime->lock);
	idle = flow->in_flight == 0 && flow->acked.n == 0 && flow->caught_up;
	pthread_mutex_unlock(&flow->runtime->lock);
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

	begin(&step, &acked);
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
	} else if (step.turn == TURN_NONE) {
		close_if_idle(flow);
	}
	pthread_mutex_lock(&flow->runtime->lock);
	finish(&step);
	pthread_mutex_unlock(&flow->runtime->lock);
}
