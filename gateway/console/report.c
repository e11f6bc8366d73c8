/* report.c: the runtime's status as JSON, for `guantong status` and the console. */
#include "report.h"

#include "catalogue.h"
#include "civil.h"
#include "json_write.h"

#include <guantong/host.h>
#include <inttypes.h>

int64_t gt_report_unaccounted(const struct gt_flow_status *f)
{
	uint64_t known = f->accepted + f->rejected + f->filtered + f->unchanged + f->discarded +
			 f->in_flight;

	return (int64_t)(f->read - known);
}

static void add_time(struct gt_buf *out, const char *name, int64_t us)
{
	char text[GT_TIME_TEXT_MAX];

	if (us == 0)
		return;
	gt_buf_addf(out, ",\"%s\":\"%.*s\"", name, (int)gt_time_write(text, us, 0, GT_MILLI), text);
}

/* message: in the gateway's language; en, zh: for readers who have their own. */
static void add_reason(struct gt_buf *out, const struct gt_err *reason)
{
	char text[2048];

	if (reason->class == GT_OK)
		return;
	gt_buf_addf(out,
		",\"reason\":{\"code\":\"GT%d\",\"note\":%s,\"message\":", (int)reason->code,
		reason->class == GT_NOTE ? "true" : "false");
	gt_json_add_text(out, gt_cstr(gt_err_text(reason, text, sizeof(text))));
	gt_buf_adds(out, ",\"en\":");
	gt_json_add_text(out, gt_cstr(gt_err_text_in(reason, GT_EN, text, sizeof(text))));
	gt_buf_adds(out, ",\"zh\":");
	gt_json_add_text(out, gt_cstr(gt_err_text_in(reason, GT_ZH, text, sizeof(text))));
	gt_buf_adds(out, "}");
}

static void add_found(struct gt_buf *out, const struct gt_drift_found *found)
{
	gt_buf_addf(out, "{\"kind\":\"%s\",\"field\":", gt_drift_name(found->kind));
	gt_json_add_text(out, gt_cstr(found->field));
	if (found->detail[0]) {
		gt_buf_adds(out, ",\"detail\":");
		gt_json_add_text(out, gt_cstr(found->detail));
	}
	gt_buf_addf(out, ",\"count\":%" PRIu64, found->count);
	add_time(out, "first", found->first_us);
	add_time(out, "last", found->last_us);
	gt_buf_adds(out, "}");
}

static void add_drift(struct gt_buf *out, const struct gt_drift_picture *drift)
{
	gt_buf_addf(out, ",\"drift\":{\"unmapped\":%zu,\"found\":[", drift->unmapped);
	for (size_t i = 0; i < drift->n; i++) {
		gt_buf_adds(out, i ? "," : "");
		add_found(out, &drift->v[i]);
	}
	gt_buf_adds(out, "]}");
}

static void add_flow(struct gt_buf *out, const struct gt_flow_status *f)
{
	gt_buf_adds(out, "{\"flow\":");
	gt_json_add_text(out, f->name);
	gt_buf_adds(out, ",\"title\":");
	gt_json_add_text(out, f->title);
	gt_buf_addf(out, ",\"state\":\"%s\",\"slot\":%u", gt_flow_state_name(f->state), f->slot);
	add_reason(out, &f->reason);
	gt_buf_addf(out,
		",\"rows\":{\"read\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"rejected\":%" PRIu64
		",\"filtered\":%" PRIu64 ",\"unchanged\":%" PRIu64 ",\"discarded\":%" PRIu64
		",\"in_flight\":%" PRIu64 ",\"unaccounted\":%" PRId64 "}",
		f->read, f->accepted, f->rejected, f->filtered, f->unchanged, f->discarded,
		f->in_flight, gt_report_unaccounted(f));
	gt_buf_addf(out,
		",\"messages\":{\"published\":%" PRIu64 ",\"fan_out\":%" PRIu64
		",\"rejects\":%" PRIu64 "},\"total\":{\"read\":%" PRIu64 ",\"published\":%" PRIu64
		",\"rejected\":%" PRIu64 "},\"epoch\":%" PRIu64 ",\"next_seq\":%" PRIu64,
		f->published, f->fan_out, f->rejects, f->total_read, f->total_published,
		f->total_rejected, f->epoch, f->next_seq);
	add_time(out, "last_record", f->last_record_us);
	add_time(out, "last_event", f->last_event_us);
	add_time(out, "next_due", f->next_due_us);
	add_drift(out, &f->drift);
	if (f->backfill) {
		gt_buf_adds(out, ",\"backfill\":{\"from\":");
		gt_json_add_text(out, f->backfill_from);
		gt_buf_adds(out, ",\"to\":");
		gt_json_add_text(out, f->backfill_until);
		gt_buf_addf(out, ",\"rows\":%" PRIu64 "}", f->backfill_rows);
	}
	gt_buf_adds(out, "}");
}

static const char *yes(bool b)
{
	return b ? "true" : "false";
}

static void add_slot(struct gt_buf *out, const struct gt_slot_status *s)
{
	gt_buf_addf(out,
		"{\"slot\":%u,\"active\":%s,\"superseded\":%s,\"solo\":%s,\"kafka_away\":%s"
		",\"manifest\":%" PRIu64 ",\"generation\":%" PRIu64 ",\"commits\":%" PRIu64
		",\"resends\":%" PRIu64 ",\"recycles\":%" PRIu64 ",\"commit_us\":%" PRId64
		",\"limit_records\":%" PRId64 ",\"signed\":%s",
		s->slot, yes(s->active), yes(s->superseded), yes(s->solo), yes(s->kafka_away),
		s->number, s->generation, s->commits, s->resends, s->recycles, s->commit_us,
		s->limit_records, yes(s->signed_));
	add_reason(out, &s->reason);
	gt_buf_adds(out, "}");
}

void gt_report_json(const struct gt_runtime_status *status, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"status\":1,\"version\":\"" GT_VERSION "\",\"site\":");
	gt_json_add_text(out, status->site);
	add_time(out, "time", gt_host_wall_us());
	gt_buf_addf(out, ",\"balanced\":%s,\"memory\":{\"used\":%zu,\"total\":%zu,\"peak\":%zu}",
		yes(status->balanced), status->memory_used, status->memory_total,
		status->memory_peak);
	gt_buf_adds(out, ",\"flows\":[");
	for (size_t i = 0; i < status->flow_count; i++) {
		gt_buf_adds(out, i ? "," : "");
		add_flow(out, &status->flows[i]);
	}
	gt_buf_adds(out, "],\"slots\":[");
	for (size_t i = 0; i < status->slot_count; i++) {
		gt_buf_adds(out, i ? "," : "");
		add_slot(out, &status->slots[i]);
	}
	gt_buf_adds(out, "]}\n");
}
