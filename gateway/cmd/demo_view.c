/* demo_view.c: what the demo shows: a live table, totals with both identities, first messages. */
#include "cmd.h"
#include "demo.h"

#include "report.h"
#include "topics.h"

#include <guantong/host.h>
#include <inttypes.h>
#include <unistd.h>

#define OUT_MAX (1u << 20)
#define READ_MS 15000
#define SAMPLE_SHOWN 2000u

uint64_t gt_demo_lag(const struct gt_demo_made *made, const struct gt_flow_status *flow)
{
	uint64_t through = flow->accepted + flow->rejected + flow->filtered, there = made->readings;

	if (gt_str_eq(flow->name, GT_LIT("cars/trips")))
		there = gt_demo_service_rows(made->service);
	else if (gt_str_eq(flow->name, GT_LIT("energy/returns")))
		there = made->returns;
	else if (gt_str_eq(flow->name, GT_LIT("housing/rooms")))
		there = gt_demo_rooms_versions(made->rooms);
	return there > through ? there - through : 0;
}

static void put_number(struct gt_buf *out, uint64_t n, size_t width)
{
	struct gt_buf digits;

	gt_buf_init(&digits, 64);
	gt_put_grouped(&digits, n);
	gt_put_cell(out, gt_buf_str(&digits), width, true);
	gt_buf_fini(&digits);
}

static void put_row(
	struct gt_buf *out, const struct gt_demo_made *made, const struct gt_flow_status *f)
{
	gt_put_cell(out, f->name, 18, false);
	gt_put_cell(out, f->title, 12, false);
	gt_put_cell(out, gt_cstr(gt_state_word(gt_cstr(gt_flow_state_name(f->state)))), 11, false);
	put_number(out, f->read, 11);
	put_number(out, f->published, 11);
	put_number(out, f->rejected, 10);
	put_number(out, gt_demo_lag(made, f), 9);
	gt_buf_adds(out, "\n");
}

size_t gt_demo_table(struct gt_runtime *runtime, const struct gt_demo_made *made, size_t lines)
{
	struct gt_runtime_status status;
	struct gt_arena memory;
	struct gt_buf out;
	size_t n;

	gt_arena_init(&memory, 0);
	gt_buf_init(&out, OUT_MAX);
	gt_runtime_status(runtime, &memory, &status);
	if (lines > 0)
		gt_buf_addf(&out, "\033[%zuA\033[J", lines);
	gt_put_cell(&out, gt_cstr(gt_bi("flow", "采集任务")), 30, false);
	gt_put_cell(&out, gt_cstr(gt_bi("state", "状态")), 11, false);
	gt_put_cell(&out, gt_cstr(gt_bi("read", "读取")), 11, true);
	gt_put_cell(&out, gt_cstr(gt_bi("published", "发布")), 11, true);
	gt_put_cell(&out, gt_cstr(gt_bi("rejected", "不合格")), 10, true);
	gt_put_cell(&out, gt_cstr(gt_bi("lag", "待读")), 9, true);
	gt_buf_adds(&out, "\n");
	n = 1 + status.flow_count;
	for (size_t i = 0; i < status.flow_count; i++)
		put_row(&out, made, &status.flows[i]);
	for (size_t i = 0; i < status.flow_count; i++) {
		char text[1024];
		if (status.flows[i].reason.class == GT_OK)
			continue;
		gt_buf_adds(&out, "  ✗ ");
		gt_put_cell(&out, gt_cstr(gt_err_text(&status.flows[i].reason, text, sizeof(text))),
			76, false);
		gt_buf_adds(&out, "\n");
		n++;
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
	return n;
}

/* Both identities of one flow, with their numbers. */
static bool put_identities(struct gt_buf *out, const struct gt_flow_status *f)
{
	bool rows = gt_report_unaccounted(f) == 0,
	     messages = f->published == f->fan_out + f->rejects;

	gt_buf_addf(out, "%.*s\n", GT_STR_ARGS(f->name));
	gt_buf_addf(out,
		"  %s %s %" PRIu64 " = %s %" PRIu64 " + %s %" PRIu64 " + %s %" PRIu64
		" + %s %" PRIu64 " + %s %" PRIu64 " + %s %" PRIu64 "\n",
		rows ? "✓" : "✗", gt_bi("rows: read", "行：读取"), f->read,
		gt_bi("accepted", "合格"), f->accepted, gt_bi("rejected", "不合格"), f->rejected,
		gt_bi("filtered", "过滤"), f->filtered, gt_bi("unchanged", "未变"), f->unchanged,
		gt_bi("discarded", "退回"), f->discarded, gt_bi("in flight", "处理中"),
		f->in_flight);
	gt_buf_addf(out, "  %s %s %" PRIu64 " = %s %" PRIu64 " + %s %" PRIu64 "\n",
		messages ? "✓" : "✗", gt_bi("messages: published", "消息：发布"), f->published,
		gt_bi("of accepted rows", "来自合格行"), f->fan_out, gt_bi("rejects", "不合格记录"),
		f->rejects);
	return rows && messages && f->in_flight == 0;
}

bool gt_demo_totals(struct gt_runtime *runtime)
{
	struct gt_runtime_status status;
	struct gt_arena memory;
	struct gt_buf out;
	bool good;

	gt_arena_init(&memory, 0);
	gt_buf_init(&out, OUT_MAX);
	gt_runtime_status(runtime, &memory, &status);
	good = status.balanced;
	gt_buf_adds(&out, "\n");
	for (size_t i = 0; i < status.flow_count; i++)
		good = put_identities(&out, &status.flows[i]) && good;
	gt_put_out(&out);
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
	return good;
}

static bool first_message(void *arg, const struct gt_seen *seen)
{
	struct gt_buf *out = arg;

	if (!seen->value.p)
		return true;
	gt_buf_addf(out, "  %.*s  ", GT_STR_ARGS(seen->key));
	gt_buf_add(out,
		gt_str(seen->value.p, seen->value.n < SAMPLE_SHOWN ? seen->value.n : SAMPLE_SHOWN));
	gt_buf_adds(out, "\n");
	return false;
}

void gt_demo_samples(struct gt_publisher *publisher, const struct gt_gateway_conf *gateway)
{
	struct gt_arena memory;
	struct gt_buf out;

	gt_arena_init(&memory, 0);
	gt_buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < gateway->flow_count; i++) {
		struct gt_str topic = gt_topic_name(&memory, gateway->prefix, gateway->site,
			gt_plan_entity(gateway->flows[i].plan), false);
		struct gt_err err;
		int64_t next;

		gt_buf_addf(&out, "\n%.*s\n", GT_STR_ARGS(topic));
		if (!publisher->ops->read(publisher, topic, 0, 0, true, first_message, &out, &next,
			    READ_MS, &err))
			gt_report(&err);
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
}

void gt_demo_where(const struct gt_gateway_conf *gateway, const char *folder, const char *brokers,
	bool development)
{
	struct gt_arena memory;
	struct gt_buf out;

	gt_arena_init(&memory, 0);
	gt_buf_init(&out, OUT_MAX);
	gt_buf_addf(&out, "\n%s\n",
		development ? gt_bi("Where to look, while the demo runs (without --once it runs "
				    "until Ctrl-C):",
				      "演示运行期间可以查看（不加 --once 则一直运行，按 Ctrl-C "
				      "结束）：")
			    : gt_bi("Where to look next:", "接下来可以查看："));
	for (size_t i = 0; i < gateway->flow_count; i++)
		gt_buf_addf(&out, "  kcat -b %s -C -e -o beginning -t %.*s\n", brokers,
			GT_STR_ARGS(gt_topic_name(&memory, gateway->prefix, gateway->site,
				gt_plan_entity(gateway->flows[i].plan), false)));
	gt_buf_addf(&out, "  kcat -b %s -C -e -o beginning -t %.*s.%.*s.rejected\n", brokers,
		GT_STR_ARGS(gateway->prefix), GT_STR_ARGS(gateway->site));
	gt_buf_addf(&out, "  guantong status %s\n  guantong topics plan %s\n", folder, folder);
	gt_put_out(&out);
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
}
