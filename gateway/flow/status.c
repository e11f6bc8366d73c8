/* status.c: pictures of the running gateway: for the admin socket, and for the status topic. */
#include "flow_internal.h"

#include "civil.h"
#include "json_write.h"

#include <inttypes.h>

const char *gt_flow_state_name(enum gt_flow_state state)
{
	static const char *const names[] = {"starting", "running", "waiting", "ended", "retrying",
		"quarantined", "superseded", "paused"};

	GT_ASSERT((size_t)state < sizeof(names) / sizeof(names[0]));
	return names[state];
}

static void add_time(struct gt_buf *out, const char *name, int64_t us)
{
	char text[GT_TIME_TEXT_MAX];

	if (us == 0)
		return;
	gt_buf_addf(out, ",\"%s\":\"", name);
	gt_buf_add(out, gt_str(text, gt_time_write(text, us, 0, GT_SECOND)));
	gt_buf_adds(out, "\"");
}

static void add_reason(struct gt_buf *out, const struct gt_err *reason)
{
	char text[1024];

	if (reason->class == GT_OK)
		return;
	gt_buf_addf(out, ",\"reason\":{\"code\":\"GT%d\",\"en\":", (int)reason->code);
	gt_json_add_text(out, gt_cstr(gt_err_sentence_in(reason, GT_EN, text, sizeof(text))));
	gt_buf_adds(out, ",\"zh\":");
	gt_json_add_text(out, gt_cstr(gt_err_sentence_in(reason, GT_ZH, text, sizeof(text))));
	gt_buf_adds(out, "}");
}

/* Since the gateway started, by kind; only what there is. */
static void add_drift(struct gt_buf *out, struct gt_drift *drift)
{
	uint64_t total[GT_DRIFT_KINDS];
	const char *before = ",\"drift\":{";

	gt_drift_totals(drift, total);
	for (int i = 0; i < GT_DRIFT_KINDS; i++) {
		if (total[i] == 0)
			continue;
		gt_buf_addf(out, "%s\"%s\":%" PRIu64, before, gt_drift_name((enum gt_drift_kind)i),
			total[i]);
		before = ",";
	}
	if (*before == ',' && before[1] == '\0')
		gt_buf_adds(out, "}");
}

#define NOTICE_US INT64_C(86400000000)

const struct gt_err *gt_flow_reason(const struct gt_flow *flow)
{
	static const struct gt_err none = {.class = GT_OK};
	bool recent = flow->notice && gt_now_us() - flow->notice_us < NOTICE_US;

	return flow->reason ? flow->reason : recent ? flow->notice : &none;
}

void gt_status_record(
	const struct gt_flow *flow, const struct gt_flow_record *c, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"status\":1,\"flow\":");
	gt_json_add_text(out, flow->name);
	gt_buf_adds(out, ",\"title\":");
	gt_json_add_text(out, flow->conf->title);
	gt_buf_addf(out, ",\"state\":\"%s\"", gt_flow_state_name(flow->state));
	add_reason(out, gt_flow_reason(flow));
	add_time(out, "time", gt_host_wall_us());
	add_time(out, "last_record", c->last_record_us);
	add_time(out, "last_event", flow->last_event_us);
	gt_buf_addf(out,
		",\"epoch\":%" PRIu64 ",\"rows\":{\"read\":%" PRIu64 ",\"accepted\":%" PRIu64
		",\"rejected\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"unchanged\":%" PRIu64
		"},\"messages\":{\"published\":%" PRIu64 "}",
		c->epoch, c->read, c->accepted, c->rejected, c->filtered, c->unchanged,
		c->published);
	add_drift(out, flow->drift);
	gt_buf_adds(out, "}");
}

/* Texts are copied: flow and configuration may be gone when the picture is looked at. */
static void copy_flow(const struct gt_flow *flow, struct gt_arena *memory, struct gt_flow_status *s)
{
	static const struct gt_flow_record none;
	const struct gt_counters *c = &flow->counters;
	const struct gt_flow_record *committed = flow->committed ? flow->committed : &none;
	int64_t to_wall = gt_host_wall_us() - gt_now_us();

	*s = (struct gt_flow_status){.name = gt_arena_copy(memory, flow->name),
		.title = gt_arena_copy(memory, flow->conf->title),
		.state = flow->state,
		.reason = *gt_flow_reason(flow),
		.read = c->read,
		.accepted = c->accepted,
		.rejected = c->rejected,
		.filtered = c->filtered,
		.unchanged = c->unchanged,
		.discarded = c->discarded,
		.in_flight = c->in_flight,
		.published = c->published,
		.fan_out = c->fan_out,
		.rejects = c->rejects,
		.total_read = committed->read,
		.total_published = committed->published,
		.total_rejected = committed->rejected,
		.last_record_us = flow->last_arrival_us,
		.last_event_us = flow->last_event_us,
		.epoch = committed->epoch,
		.next_seq = committed->next_seq,
		.slot = flow->slot->number};
	gt_drift_look(flow->drift, memory, &s->drift);
	if (flow->heap_at != 0)
		s->next_due_us = flow->due_us + to_wall;
	if (flow->back) {
		s->backfill = true;
		s->backfill_from = gt_arena_copy(memory, gt_cstr(flow->back->from));
		s->backfill_until = gt_arena_copy(memory, gt_cstr(flow->back->until));
		s->backfill_rows = flow->back->rows;
	}
}

static bool balanced(const struct gt_flow_status *s)
{
	return s->read == s->accepted + s->rejected + s->filtered + s->unchanged + s->discarded +
				  s->in_flight &&
	       s->published == s->fan_out + s->rejects;
}

void gt_runtime_status(
	struct gt_runtime *rt, struct gt_arena *memory, struct gt_runtime_status *status)
{
	struct gt_flow_status *flows;
	struct gt_slot_status *slots =
		gt_arena_zalloc(memory, (rt->slot_count + 1) * sizeof(*slots));

	*status = (struct gt_runtime_status){.site = rt->gateway->site,
		.slots = slots,
		.memory_total = rt->budget.total,
		.balanced = true};
	pthread_mutex_lock(&rt->lock);
	flows = gt_arena_zalloc(memory, (rt->flow_count + 1) * sizeof(*flows));
	status->flows = flows;
	status->flow_count = rt->flow_count;
	for (size_t i = 0; i < rt->flow_count; i++) {
		copy_flow(rt->flows[i], memory, &flows[i]);
		status->balanced = status->balanced && balanced(&flows[i]);
	}
	for (size_t i = 0; i < rt->slot_count; i++) {
		if (rt->slots[i].thread_started)
			slots[status->slot_count++] = rt->slots[i].status;
	}
	pthread_mutex_unlock(&rt->lock);
	status->memory_used = atomic_load(&rt->budget.used);
	status->memory_peak = atomic_load(&rt->budget.peak);
}
