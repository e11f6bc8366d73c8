/* diff_mapping.c: `guantong diff-mapping OLD NEW --capture FILE`: the captured rows through two
 * versions of a mapping, or of the standard, and what comes out otherwise. Nothing is published. */
#include "capture.h"
#include "cmd.h"
#include "gt_assert.h"
#include "json_write.h"
#include "preview.h"

#include <guantong/host.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#define OUT_MAX (64u << 20)
#define TEXT_MAX_ 65536u

struct side {
	struct gt_config *config;
	const struct gt_flow_conf *flow;
	struct gt_batch *batch;
	const struct gt_row *row;
	struct gt_norm norm;
	enum gt_ran ran;
};

struct count {
	struct gt_str element; /* of a plan */
	uint64_t n;
};

struct comparing {
	struct gt_capture *capture;
	struct side old, new;
	bool json;
	struct gt_buf out;
	uint64_t read, changed, accepted, rejected; /* the last two: newly */
	struct count *counts;
	size_t count_n;
};

/* ---- the two sides ---- */

static bool is_source_file(const char *path)
{
	const char *name = strrchr(path, '/');
	struct stat st;

	name = name ? name + 1 : path;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && strcmp(name, "guantong.yaml") != 0;
}

/* GT_EXIT_OK, or it was reported. */
static int open_side(struct comparing *c, struct side *side, const char *path, const char *folder)
{
	struct gt_str flow = gt_capture_flow(c->capture);
	const char *slash = memchr(flow.p, '/', flow.n);
	struct gt_str source = slash ? gt_str(flow.p, (size_t)(slash - flow.p)) : flow;

	side->config = is_source_file(path) ? gt_load_file(folder, path, source, GT_CONFIG_NO_KAFKA)
					    : gt_load(path, GT_CONFIG_NO_KAFKA);
	if (!side->config)
		return GT_EXIT_CONFIG;
	side->flow = gt_config_flow(side->config, flow, NULL);
	if (!side->flow) {
		gt_report_say(GT_E_CAPTURE_FLOW, GT_TEXT("%.*s", GT_STR_ARGS(flow)), path);
		return GT_EXIT_CONFIG;
	}
	side->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_norm_init(&side->norm);
	return GT_EXIT_OK;
}

static void close_side(struct side *side)
{
	gt_batch_free(side->batch);
	gt_norm_fini(&side->norm);
	gt_config_free(side->config);
}

static bool run_side(struct comparing *c, struct side *side, size_t i, size_t part, int64_t now,
	struct gt_err *err)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(side->flow->plan, &n);

	side->row = gt_capture_take(c->capture, i, side->batch, fields, n, err);
	if (!side->row)
		return false;
	if (side->row->bad)
		side->ran = GT_RAN_REJECTED;
	else if (part >= gt_plan_parts(side->flow->plan))
		side->ran = GT_RAN_NO_PART;
	else
		side->ran = gt_plan_run(gt_plan_part(side->flow->plan, part), side->batch,
			side->row, now, &side->norm);
	return side->ran != GT_RAN_FULL || gt_fail(err, GT_E_FLOW_ARENA_SMALL);
}

/* ---- what differs ---- */

static const char *outcome(enum gt_ran ran, bool words)
{
	if (ran == GT_RAN_ACCEPTED)
		return words ? gt_bi("accepted", "合格") : "accepted";
	if (ran == GT_RAN_REJECTED)
		return words ? gt_bi("rejected", "不合格") : "rejected";
	return words ? gt_bi("left out", "略去") : "filtered";
}

static size_t index_of(const struct side *side, struct gt_str name)
{
	uintptr_t at = (uintptr_t)gt_map_get(&side->norm.entity->by_name, name);

	return at ? at - 1 : SIZE_MAX;
}

static void put_flags(const struct side *side, size_t i, const char *quote, struct gt_buf *out)
{
	const char *comma = "";

	for (size_t f = 0; i != SIZE_MAX && f < GT_FLAG_COUNT; f++)
		if (side->norm.flags[i] >> f & 1) {
			gt_buf_addf(out, "%s%s%s%s", comma, quote, gt_flags[f].name, quote);
			comma = ",";
		}
}

static void put_reasons(const struct side *side, size_t i, const char *quote, struct gt_buf *out)
{
	const char *comma = "";

	for (size_t r = 0; r < side->norm.reason_count; r++)
		if (side->norm.reasons[r].element == i) {
			gt_buf_addf(out, "%s%sGT%04d%s", comma, quote,
				(int)side->norm.reasons[r].code, quote);
			comma = ",";
		}
}

/* Value, flags and reasons of an element, as a person compares them. */
static void put_state(const struct side *side, size_t i, struct gt_buf *out)
{
	size_t before = out->n;
	struct gt_buf more;

	if (i != SIZE_MAX)
		gt_show_value(&side->norm.values[i], out);
	if (out->n > before && side->norm.entity->elements[i].unit)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(side->norm.entity->elements[i].unit->name));
	if (out->n == before)
		gt_buf_adds(out, gt_bi("(none)", "（无）"));
	gt_buf_init(&more, TEXT_MAX_);
	put_flags(side, i, "", &more);
	if (more.n)
		gt_buf_addf(out, " [%s]", gt_buf_cstr(&more));
	gt_buf_clear(&more);
	if (i != SIZE_MAX)
		put_reasons(side, i, "", &more);
	if (more.n)
		gt_buf_addf(out, " ✗ %s", gt_buf_cstr(&more));
	gt_buf_fini(&more);
}

static void json_state(const struct side *side, size_t i, const char *name, struct gt_buf *out)
{
	struct gt_buf value;

	gt_buf_init(&value, TEXT_MAX_);
	if (i != SIZE_MAX)
		gt_show_value(&side->norm.values[i], &value);
	gt_buf_addf(out, ",\"%s\":{\"value\":", name);
	gt_json_add_text(out, gt_buf_str(&value));
	gt_buf_adds(out, ",\"flags\":[");
	put_flags(side, i, "\"", out);
	gt_buf_adds(out, "],\"reasons\":[");
	put_reasons(side, i, "\"", out);
	gt_buf_adds(out, "]}");
	gt_buf_fini(&value);
}

static void count(struct comparing *c, struct gt_str element)
{
	size_t i = 0;

	while (i < c->count_n && !gt_str_eq(c->counts[i].element, element))
		i++;
	if (i == c->count_n) {
		c->counts = gt_realloc(c->counts, (c->count_n + 1) * sizeof(*c->counts));
		c->counts[c->count_n++] = (struct count){element, 0};
	}
	c->counts[i].n++;
}

static void one_element(
	struct comparing *c, struct gt_str name, struct gt_buf *lines, struct gt_buf *json)
{
	size_t old = index_of(&c->old, name), new = index_of(&c->new, name);
	struct gt_buf was, is;

	gt_buf_init(&was, TEXT_MAX_);
	gt_buf_init(&is, TEXT_MAX_);
	put_state(&c->old, old, &was);
	put_state(&c->new, new, &is);
	if (!gt_str_eq(gt_buf_str(&was), gt_buf_str(&is))) {
		count(c, name);
		gt_buf_adds(lines, "  ");
		gt_put_cell(lines, name, 22, false);
		gt_buf_addf(lines, "%s → %s\n", gt_buf_cstr(&was), gt_buf_cstr(&is));
		gt_buf_adds(json, json->n ? ",{\"element\":" : "{\"element\":");
		gt_json_add_text(json, name);
		json_state(&c->old, old, "before", json);
		json_state(&c->new, new, "after", json);
		gt_buf_adds(json, "}");
	}
	gt_buf_fini(&was);
	gt_buf_fini(&is);
}

/* Elements of both versions, and the reasons and flags of the record as a whole. */
static void elements(struct comparing *c, struct gt_buf *lines, struct gt_buf *json)
{
	const struct gt_entity *old = c->old.norm.entity, *new = c->new.norm.entity;
	struct gt_buf was, is;

	for (size_t i = 0; i < old->n; i++)
		one_element(c, old->elements[i].name, lines, json);
	for (size_t i = 0; i < new->n; i++)
		if (!gt_map_get(&old->by_name, new->elements[i].name))
			one_element(c, new->elements[i].name, lines, json);
	gt_buf_init(&was, TEXT_MAX_);
	gt_buf_init(&is, TEXT_MAX_);
	put_reasons(&c->old, SIZE_MAX, "", &was);
	put_reasons(&c->new, SIZE_MAX, "", &is);
	if (!gt_str_eq(gt_buf_str(&was), gt_buf_str(&is)))
		gt_buf_addf(lines, "  ✗ %s → %s\n", was.n ? gt_buf_cstr(&was) : "–",
			is.n ? gt_buf_cstr(&is) : "–");
	gt_buf_fini(&was);
	gt_buf_fini(&is);
}

static void show(struct comparing *c, struct gt_buf *lines, struct gt_buf *json)
{
	const struct gt_row *row = c->old.row;

	if (c->json) {
		gt_buf_addf(&c->out,
			"%s{\"record\":%" PRIu64 ",\"row\":%" PRIu64
			",\"before\":\"%s\",\"after\":\"%s\",\"elements\":[%s]}",
			c->changed > 1 ? ",\n" : "", c->read, row->row, outcome(c->old.ran, false),
			outcome(c->new.ran, false), gt_buf_cstr(json));
		return;
	}
	gt_buf_addf(&c->out, "%s %" PRIu64, gt_bi("record", "记录"), c->read);
	if (row->row)
		gt_buf_addf(&c->out,
			gt_language() == GT_ZH ? "  （第 %" PRIu64 " 行）" : "  (row %" PRIu64 ")",
			row->row);
	gt_buf_addf(&c->out, "\n%s", gt_buf_cstr(lines));
	if (c->old.ran != c->new.ran)
		gt_buf_addf(&c->out, "  → %s → %s\n", outcome(c->old.ran, true),
			outcome(c->new.ran, true));
}

static bool is_left_out(const struct side *side)
{
	return side->ran == GT_RAN_FILTERED || side->ran == GT_RAN_NO_PART;
}

/* One message of a row that is split; a row that is not has one. */
static bool compare(struct comparing *c, size_t i, size_t part, int64_t now, struct gt_err *err)
{
	struct gt_buf lines, json;

	if (!run_side(c, &c->old, i, part, now, err) || !run_side(c, &c->new, i, part, now, err))
		return false;
	c->read += part == 0;
	if (c->old.row->bad || (is_left_out(&c->old) && is_left_out(&c->new)))
		return true;
	gt_buf_init(&lines, OUT_MAX);
	gt_buf_init(&json, OUT_MAX);
	if (c->old.ran != GT_RAN_NO_PART && c->new.ran != GT_RAN_NO_PART)
		elements(c, &lines, &json);
	if (lines.n || c->old.ran != c->new.ran) {
		c->changed++;
		c->accepted += c->old.ran != GT_RAN_ACCEPTED && c->new.ran == GT_RAN_ACCEPTED;
		c->rejected += c->old.ran != GT_RAN_REJECTED && c->new.ran == GT_RAN_REJECTED;
		show(c, &lines, &json);
	}
	gt_buf_fini(&lines);
	gt_buf_fini(&json);
	return true;
}

static void conclude(struct comparing *c)
{
	if (c->json) {
		gt_buf_addf(&c->out,
			"],\"read\":%" PRIu64 ",\"changed\":%" PRIu64 ",\"now_accepted\":%" PRIu64
			",\"now_rejected\":%" PRIu64 ",\"by_element\":{",
			c->read, c->changed, c->accepted, c->rejected);
		for (size_t i = 0; i < c->count_n; i++) {
			gt_buf_adds(&c->out, i ? "," : "");
			gt_json_add_text(&c->out, c->counts[i].element);
			gt_buf_addf(&c->out, ":%" PRIu64, c->counts[i].n);
		}
		gt_buf_adds(&c->out, "}}\n");
		return;
	}
	for (size_t i = 0; i < c->count_n; i++)
		gt_buf_addf(&c->out, "%5" PRIu64 " × %.*s\n", c->counts[i].n,
			GT_STR_ARGS(c->counts[i].element));
	gt_buf_addf(&c->out,
		gt_language() == GT_ZH ? "%" PRIu64 " 条 · 不变 %" PRIu64 " · 变化 %" PRIu64
					 " · 转为合格 %" PRIu64 " · 转为不合格 %" PRIu64
					 " · 未发布任何数据\n"
				       : "%" PRIu64 " records · %" PRIu64 " the same · %" PRIu64
					 " changed · %" PRIu64 " now accepted · %" PRIu64
					 " now rejected · nothing published\n",
		c->read, c->read - c->changed, c->changed, c->accepted, c->rejected);
}

static int run(struct comparing *c, char **paths, const char *folder)
{
	int64_t now = gt_host_wall_us();
	struct gt_err err;
	int code = open_side(c, &c->old, paths[0], folder);

	if (code == GT_EXIT_OK)
		code = open_side(c, &c->new, paths[1], folder);
	if (code != GT_EXIT_OK)
		return code;
	size_t parts = gt_plan_parts(c->old.flow->plan), more = gt_plan_parts(c->new.flow->plan);

	parts = more > parts ? more : parts;
	gt_buf_init(&c->out, OUT_MAX);
	if (c->json) {
		gt_buf_adds(&c->out, "{\"flow\":");
		gt_json_add_text(&c->out, gt_capture_flow(c->capture));
		gt_buf_adds(&c->out, ",\"records\":[");
	}
	for (size_t i = 0; i < gt_capture_count(c->capture); i++)
		for (size_t part = 0; part < parts; part++)
			if (!compare(c, i, part, now, &err)) {
				gt_report(&err);
				return GT_EXIT_CONFIG;
			}
	conclude(c);
	gt_put_out(&c->out);
	return c->changed ? GT_EXIT_FAILED : GT_EXIT_OK;
}

int gt_cmd_diff_mapping(const struct gt_verb *verb, int argc, char **argv)
{
	struct comparing c = {.json = false};
	const char *path = NULL, *folder = ".";
	const struct gt_arg args[] = {{"capture", 0, GT_ARG_TEXT, &path, 0, 0, "FILE",
					      "rows to compare on (guantong capture)",
					      "用来比较的行（guantong capture 生成）"},
		{"config", 0, GT_ARG_TEXT, &folder, 0, 0, "FOLDER",
			"configuration that source files belong to (.); OLD and NEW may be "
			"folders, too",
			"来源文件所属的配置（默认 .）；OLD、NEW 也可以是配置文件夹"},
		{"json", 0, GT_ARG_FLAG, &c.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_err err;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 2, 2, &operands, &n, &code))
		return code;
	if (!path) {
		gt_report_say(GT_E_ARG_MISSING, "--capture FILE", "diff-mapping");
		return GT_EXIT_USAGE;
	}
	c.capture = gt_capture_load(path, &err);
	if (!c.capture) {
		gt_report(&err);
		return GT_EXIT_CONFIG;
	}
	code = run(&c, operands, folder);
	close_side(&c.old);
	close_side(&c.new);
	gt_capture_free(c.capture);
	gt_buf_fini(&c.out);
	free(c.counts);
	return code;
}
