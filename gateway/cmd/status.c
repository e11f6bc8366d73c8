/* status.c: `guantong status`: who needs help, from the running gateway's admin socket. */
#include "order.h"

#include "civil.h"
#include "json_read.h"
#include "options.h"

#include <guantong/host.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20)

/* "2026-01-02T03:04:05.678Z" as the gateway writes it; 0 = not there. */
static int64_t time_of(const json_t *object, const char *name)
{
	struct gt_str text = gt_json_member(object, name);
	static const unsigned char at[] = {0, 5, 8, 11, 14, 17, 20},
				   digits[] = {4, 2, 2, 2, 2, 2, 3};
	struct gt_civil civil;
	int64_t part[7];

	for (size_t i = 0; i < 7; i++)
		if (text.n < (size_t)at[i] + digits[i] ||
			!gt_parse_int(gt_str(text.p + at[i], digits[i]), &part[i]))
			return 0;
	civil = (struct gt_civil){(int)part[0], (int)part[1], (int)part[2], (int)part[3],
		(int)part[4], (int)part[5], (int)part[6] * 1000};
	return gt_civil_to_us(&civil, 0);
}

static uint64_t count(const json_t *flow, const char *group, const char *name)
{
	const json_t *object = json_object_get(flow, group);

	return (uint64_t)(object ? gt_json_int(object, name, 0) : 0);
}

static void put_number(struct gt_buf *out, uint64_t n, size_t width)
{
	struct gt_buf digits;

	gt_buf_init(&digits, 64);
	gt_put_grouped(&digits, n);
	gt_put_cell(out, gt_buf_str(&digits), width, true);
	gt_buf_fini(&digits);
}

static void put_age(struct gt_buf *out, int64_t us, int64_t now, size_t width)
{
	struct gt_buf age;

	gt_buf_init(&age, 64);
	if (us == 0) {
		gt_buf_adds(&age, "–");
	} else {
		gt_put_age(&age, now - us);
		gt_buf_adds(&age, gt_bi(" ago", "前"));
	}
	gt_put_cell(out, gt_buf_str(&age), width, false);
	gt_buf_fini(&age);
}

static void put_heading(struct gt_buf *out, size_t name_width)
{
	gt_put_cell(out, gt_cstr(gt_bi("flow", "采集任务")), name_width + 2, false);
	gt_put_cell(out, gt_cstr(gt_bi("state", "状态")), 12, false);
	gt_put_cell(out, gt_cstr(gt_bi("last record", "最近记录")), 13, false);
	gt_put_cell(out, gt_cstr(gt_bi("read", "读取")), 13, true);
	gt_put_cell(out, gt_cstr(gt_bi("published", "发布")), 13, true);
	gt_put_cell(out, gt_cstr(gt_bi("rejected", "不合格")), 11, true);
	gt_buf_addf(out, "  %s\n", gt_bi("note", "说明"));
}

static void put_backfill(struct gt_buf *out, const json_t *backfill)
{
	if (!backfill)
		return;
	gt_buf_addf(out, "  %s %.*s … %.*s: ", gt_bi("backfill", "补采"),
		GT_STR_ARGS(gt_json_member(backfill, "from")),
		GT_STR_ARGS(gt_json_member(backfill, "to")));
	gt_put_grouped(out, (uint64_t)gt_json_int(backfill, "rows", 0));
	gt_buf_adds(out, gt_bi(" rows", " 行"));
}

#define DRIFT_SHOWN 3u

static const char *drift_word(struct gt_str kind)
{
	static const struct {
		const char *kind, *en, *zh;
	} words[] = {
		{"new-field", "new field", "新字段"},
		{"gone-field", "field gone", "字段消失"},
		{"kind", "other kind of values", "值类型变化"},
		{"code", "unknown code", "未知代码"},
		{"unit", "other unit", "单位变化"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (gt_str_eq(kind, gt_cstr(words[i].kind)))
			return gt_bi(words[i].en, words[i].zh);
	return "";
}

/* What changed in the source, the newest last. */
static void put_drift(struct gt_buf *out, const json_t *found)
{
	size_t n = json_array_size(found), from = n > DRIFT_SHOWN ? n - DRIFT_SHOWN : 0;

	if (n == 0)
		return;
	gt_buf_addf(out, "  %s: ", gt_bi("changed in the source", "来源有变化"));
	for (size_t i = from; i < n; i++) {
		const json_t *one = json_array_get(found, i);
		struct gt_str detail = gt_json_member(one, "detail");
		gt_buf_addf(out, "%s%s %.*s", i > from ? gt_bi(", ", "，") : "",
			drift_word(gt_json_member(one, "kind")),
			GT_STR_ARGS(gt_json_member(one, "field")));
		if (detail.n)
			gt_buf_addf(out, " (%.*s)", GT_STR_ARGS(detail));
	}
	if (from > 0)
		gt_buf_addf(out, "%s%zu%s", gt_bi(" and ", " 等另外 "), from,
			gt_bi(" more (--json)", " 项（--json）"));
}

static void put_flow(
	struct gt_buf *out, const json_t *flow, size_t name_width, int64_t now, bool colour)
{
	const json_t *reason = json_object_get(flow, "reason");
	struct gt_str state = gt_json_member(flow, "state"), note = {0};

	gt_put_cell(out, gt_json_member(flow, "flow"), name_width + 2, false);
	gt_put_cell(out, gt_cstr(gt_state_word(state)), 12, false);
	put_age(out, time_of(flow, "last_record"), now, 13);
	put_number(out, count(flow, "total", "read"), 13);
	put_number(out, count(flow, "total", "published"), 13);
	put_number(out, count(flow, "total", "rejected"), 11);
	if (reason)
		note = gt_json_member(reason, gt_bi("en", "zh"));
	if (note.n && json_is_true(json_object_get(reason, "note")))
		gt_buf_addf(out, "  %.*s", GT_STR_ARGS(note));
	else if (note.n)
		gt_buf_addf(out, "  %s✗%s %.*s", colour ? "\033[31m" : "", colour ? "\033[0m" : "",
			GT_STR_ARGS(note));
	put_backfill(out, json_object_get(flow, "backfill"));
	put_drift(out, json_object_get(json_object_get(flow, "drift"), "found"));
	gt_buf_adds(out, "\n");
}

static void put_head(struct gt_buf *out, const json_t *root)
{
	const json_t *memory = json_object_get(root, "memory"),
		     *slots = json_object_get(root, "slots");
	size_t away = 0, unsigned_ = 0;
	int64_t slowest = 0, manifests = 0;

	for (size_t i = 0; i < json_array_size(slots); i++) {
		const json_t *slot = json_array_get(slots, i);
		int64_t us = gt_json_int(slot, "commit_us", 0);

		away += json_is_true(json_object_get(slot, "kafka_away"));
		unsigned_ += !json_is_true(json_object_get(slot, "signed"));
		slowest = us > slowest ? us : slowest;
		manifests += gt_json_int(slot, "manifest", 0);
	}
	gt_buf_addf(out, "%s %.*s · %s: %zu · Kafka %s", gt_bi("site", "接入节点"),
		GT_STR_ARGS(gt_json_member(root, "site")), gt_bi("flows", "采集任务"),
		json_array_size(json_object_get(root, "flows")),
		away ? gt_bi("does not answer", "无应答") : gt_bi("ok", "正常"));
	gt_buf_addf(out, " (%s %lld ms) · %s %lld / %lld MiB · %s %lld%s%s\n",
		gt_bi("commit", "提交"), (long long)(slowest / 1000), gt_bi("memory", "内存"),
		(long long)(gt_json_int(memory, "used", 0) >> 20),
		(long long)(gt_json_int(memory, "total", 0) >> 20), gt_bi("manifests", "提交清单"),
		(long long)manifests, unsigned_ ? gt_bi(", unsigned", "，未签名") : "",
		json_is_true(json_object_get(root, "balanced"))
			? ""
			: gt_bi(" · ✗ counts do not add up", " · ✗ 计数不平衡"));
}

static bool shown(const json_t *flow, bool failing)
{
	return !failing || json_object_get(flow, "reason") || json_object_get(flow, "backfill") ||
	       json_array_size(json_object_get(json_object_get(flow, "drift"), "found")) > 0;
}

static void print(const json_t *root, bool failing)
{
	const json_t *flows = json_object_get(root, "flows");
	int64_t now = time_of(root, "time");
	size_t width = gt_width(gt_cstr(gt_bi("flow", "采集任务")));
	struct gt_buf out;

	gt_buf_init(&out, ANSWER_MAX);
	put_head(&out, root);
	for (size_t i = 0; i < json_array_size(flows); i++) {
		size_t n = gt_json_member(json_array_get(flows, i), "flow").n;
		width = n > width ? n : width;
	}
	put_heading(&out, width);
	for (size_t i = 0; i < json_array_size(flows); i++)
		if (shown(json_array_get(flows, i), failing))
			put_flow(&out, json_array_get(flows, i), width, now,
				gt_colour(STDOUT_FILENO));
	gt_put_out(&out);
	gt_buf_fini(&out);
}

int gt_cmd_status(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, failing = false;
	const struct gt_arg args[] = {{"failing", 0, GT_ARG_FLAG, &failing, 0, 0, NULL,
					      "only flows that need somebody or have a note",
					      "只列出需要处理或有说明的采集任务"},
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_buf answer;
	struct gt_err err;
	json_t *root = NULL;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	code = GT_EXIT_OK;
	struct gt_config *config = gt_order_config(n ? operands[0] : ".", &code);
	if (!config)
		return code;
	gt_buf_init(&answer, ANSWER_MAX);
	if (!gt_order_get(config, "/status", &answer, &err) ||
		(!json && (root = gt_json_load(gt_buf_str(&answer), &err)) == NULL)) {
		gt_report(&err);
		code = GT_EXIT_UNREACHABLE;
	} else if (json) {
		gt_put_out(&answer);
	} else {
		print(root, failing);
	}
	json_decref(root);
	gt_buf_fini(&answer);
	gt_config_free(config);
	return code;
}
