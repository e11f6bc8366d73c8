/* preview.c: `guantong preview FLOW`: reads some records through the flow's adapter and plan and
 * shows raw beside normalised, with --steps also what every stage made of each value. Nothing is
 * published, nothing acknowledged to the source, no state kept. */
#include "cmd.h"

#include "capture.h"
#include "json_write.h"
#include "preview.h"
#include "rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define OUT_MAX (64u << 20)
#define REJECTS_SHOWN 3u
#define KINDS_MAX 64u

/* Reasons of the same code and element, counted. */
struct kind {
	enum gt_code code;
	char element[64];
	uint64_t n;
	struct gt_err first;
};

struct preview {
	struct gt_config *config;
	const struct gt_flow_conf *flow;
	int64_t most, wanted;          /* rows to read; the one to show, 0 = choose */
	int64_t wait_s;                /* for a source that has nothing yet */
	const char *element, *capture; /* NULL = all of them; the source */
	bool personal, json, colour, steps;
	struct gt_trace trace;
	struct gt_norm norm;
	uint64_t read, accepted, rejected, filtered;
	size_t accepted_shown, rejects_shown;
	struct kind kinds[KINDS_MAX];
	size_t kind_count;
	const void *document; /* whose heading stands last */
	struct gt_buf out;
};

/* True: it is the first of its kind. */
static bool count_reason(struct preview *p, const struct gt_err *err, struct gt_str element)
{
	struct kind *kind = p->kinds;
	char name[sizeof(kind->element)];

	gt_text(name, sizeof(name), "%.*s", GT_STR_ARGS(element));
	for (; kind < p->kinds + p->kind_count; kind++)
		if (kind->code == err->code && strcmp(kind->element, name) == 0) {
			kind->n++;
			return false;
		}
	if (p->kind_count == KINDS_MAX)
		return false;
	p->kind_count++;
	kind->code = err->code;
	memcpy(kind->element, name, sizeof(name));
	kind->n = 1;
	kind->first = *err;
	return true;
}

static bool count(struct preview *p, const struct gt_row *row, bool accepted)
{
	bool fresh = false;

	p->read++;
	p->accepted += accepted;
	p->rejected += !accepted;
	if (accepted)
		return false;
	if (row->bad)
		return count_reason(p, row->bad, GT_LIT(""));
	for (size_t i = 0; i < p->norm.reason_count; i++)
		fresh |= count_reason(p, &p->norm.reasons[i].err,
			p->norm.reasons[i].element == SIZE_MAX ? GT_LIT("")
							       : p->norm.reasons[i].element_name);
	return fresh;
}

static void heading(struct preview *p, const struct gt_batch *batch, const struct gt_row *row)
{
	const struct gt_document *document = &batch->documents[row->document];

	if (p->document == document->name.p || !document->name.n)
		return;
	p->document = document->name.p;
	gt_buf_addf(&p->out, "%.*s", GT_STR_ARGS(document->name));
	if (document->format.n)
		gt_buf_addf(&p->out, "  %.*s", GT_STR_ARGS(document->format));
	if (document->charset.n)
		gt_buf_addf(&p->out, "  %.*s", GT_STR_ARGS(document->charset));
	if (document->layout.n)
		gt_buf_addf(&p->out, "\n  %.*s", GT_STR_ARGS(document->layout));
	gt_buf_adds(&p->out, "\n");
}

/* The wanted one; else the first that was accepted and the first few of each way to fail. */
static bool worth_showing(struct preview *p, bool accepted, bool fresh)
{
	if (p->json)
		return p->wanted == 0 || p->read == (uint64_t)p->wanted;
	if (p->wanted)
		return p->read == (uint64_t)p->wanted;
	if (accepted)
		return p->accepted_shown++ == 0;
	return fresh && p->rejects_shown++ < REJECTS_SHOWN;
}

static enum gt_taken judged(void *arg, const struct gt_norm *norm)
{
	(void)arg;
	(void)norm;
	return GT_TAKEN;
}

static void show(struct preview *p, struct gt_batch *batch, const struct gt_row *row, bool accepted)
{
	struct gt_shown shown = {.config = p->config,
		.flow = p->flow,
		.batch = batch,
		.row = row,
		.norm = row->bad ? NULL : &p->norm,
		.number = p->read,
		.trace = p->steps && !row->bad ? &p->trace : NULL,
		.element = p->element,
		.accepted = accepted,
		.personal = p->personal,
		.colour = p->colour};

	if (p->json) {
		gt_buf_adds(&p->out, p->out.n > 1 && p->out.p[p->out.n - 1] == '}' ? ",\n" : "");
		gt_show_json(&shown, &p->out);
		return;
	}
	heading(p, batch, row);
	gt_show_record(&shown, &p->out);
}

/* Each part of a split for itself, and the way of its values; no part of a rejected row is
 * accepted. False: the arena is full.
 */
static bool show_parts(struct preview *p, struct gt_batch *batch, const struct gt_row *row,
	int64_t now_us, bool accepted)
{
	for (size_t i = 0; i < gt_plan_parts(p->flow->plan); i++) {
		enum gt_ran ran = gt_plan_trace(gt_plan_part(p->flow->plan, i), batch, row, now_us,
			&p->norm, p->steps ? &p->trace : NULL);
		p->norm.part = i;
		if (ran == GT_RAN_FULL)
			return false;
		if (ran != GT_RAN_NO_PART)
			show(p, batch, row, accepted && ran == GT_RAN_ACCEPTED);
	}
	return true;
}

/* False: the batch's arena is full. */
static bool one(struct preview *p, struct gt_batch *batch, const struct gt_row *row)
{
	int64_t now_us = gt_host_wall_us();
	enum gt_ran ran = row->bad ? GT_RAN_REJECTED
				   : gt_plan_run_row(p->flow->plan, batch, row, now_us, &p->norm,
					     judged, NULL);
	bool accepted = ran == GT_RAN_ACCEPTED;

	if (ran == GT_RAN_FULL)
		return false;
	if (ran == GT_RAN_FILTERED) {
		p->read++;
		p->filtered++;
		return true;
	}
	bool fresh = count(p, row, accepted);
	if (!worth_showing(p, accepted, fresh))
		return true;
	if (!row->bad && (gt_plan_parts(p->flow->plan) > 1 || p->steps))
		return show_parts(p, batch, row, now_us, accepted);
	show(p, batch, row, accepted);
	return true;
}

static bool each(void *arg, struct gt_batch *batch, const struct gt_row *row, struct gt_err *err)
{
	return one(arg, batch, row) || gt_fail(err, GT_E_FLOW_ARENA_SMALL);
}

static bool read_source(struct preview *p, struct gt_err *err)
{
	struct gt_rows_wanted wanted = {.most = (uint64_t)p->most, .wait_s = p->wait_s};
	struct gt_capture *capture;
	bool ok;

	if (!p->capture)
		return gt_rows_read(p->flow, &wanted, each, p, err);
	capture = gt_capture_load(p->capture, err);
	ok = capture && gt_capture_read(capture, p->flow->plan, wanted.most, each, p, err);
	gt_capture_free(capture);
	return ok;
}

static void summary(struct preview *p)
{
	char text[2048];

	for (size_t i = 0; i < p->kind_count; i++)
		gt_buf_addf(&p->out, "%5" PRIu64 " × GT%04d %s\n", p->kinds[i].n,
			(int)p->kinds[i].code,
			gt_err_sentence(&p->kinds[i].first, text, sizeof(text)));
	gt_buf_addf(&p->out,
		gt_language() == GT_ZH ? "读取 %" PRIu64 " · 合格 %" PRIu64 " · 不合格 %" PRIu64
				       : "%" PRIu64 " read · %" PRIu64 " accepted · %" PRIu64
					 " rejected",
		p->read, p->accepted, p->rejected);
	if (p->filtered)
		gt_buf_addf(&p->out,
			gt_language() == GT_ZH ? " · 略去合计行、注释行 %" PRIu64
					       : " · %" PRIu64 " totals and notes left out",
			p->filtered);
	gt_buf_adds(&p->out, gt_bi(" · nothing published\n", " · 未发布任何数据\n"));
}

static int conclude(struct preview *p, bool ok, const struct gt_err *err)
{
	if (p->json)
		gt_buf_addf(&p->out,
			"],\"read\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"rejected\":%" PRIu64
			",\"filtered\":%" PRIu64 "}\n",
			p->read, p->accepted, p->rejected, p->filtered);
	else if (p->read > 0)
		summary(p);
	gt_put_out(&p->out);
	if (!ok) {
		gt_report(err);
		return gt_exit_of(err);
	}
	if (p->read == 0)
		gt_report_say(GT_E_PREVIEW_EMPTY);
	if (p->wanted && (uint64_t)p->wanted > p->read) {
		gt_report_say(GT_E_PREVIEW_RECORD, GT_TEXT("%lld", (long long)p->wanted),
			GT_TEXT("%llu", (unsigned long long)p->read));
		return GT_EXIT_FAILED;
	}
	return p->rejected > 0 ? GT_EXIT_REJECTS : GT_EXIT_OK;
}

/* The element that alone is to be shown. False: there is none of that name. */
static bool find_element(struct preview *p)
{
	const struct gt_entity *entity = NULL;
	struct gt_buf list;

	for (size_t i = 0; i < gt_plan_parts(p->flow->plan); i++) {
		entity = gt_plan_entity(gt_plan_part(p->flow->plan, i));
		if (!p->element || gt_map_get(&entity->by_name, gt_cstr(p->element)))
			return true;
	}
	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < entity->n; i++)
		gt_buf_addf(&list, "%s%.*s", i ? " " : "", GT_STR_ARGS(entity->elements[i].name));
	gt_report_say(GT_E_PREVIEW_ELEMENT, p->element, gt_buf_cstr(&list));
	gt_buf_fini(&list);
	return false;
}

static int run(struct preview *p)
{
	struct gt_err err;
	bool ok;
	int code;

	if (!find_element(p))
		return GT_EXIT_USAGE;
	if (p->wanted > p->most)
		p->most = p->wanted;
	p->colour = gt_colour(STDOUT_FILENO);
	gt_norm_init(&p->norm);
	gt_buf_init(&p->out, OUT_MAX);
	if (p->json) {
		gt_buf_adds(&p->out, "{\"flow\":");
		gt_json_add_text(&p->out, p->flow->name);
		gt_buf_adds(&p->out, ",\"records\":[");
	}
	ok = read_source(p, &err);
	code = conclude(p, ok, &err);
	gt_norm_fini(&p->norm);
	gt_trace_fini(&p->trace);
	gt_buf_fini(&p->out);
	return code;
}

int gt_cmd_preview(const struct gt_verb *verb, int argc, char **argv)
{
	struct preview p = {.most = 200, .wait_s = 60};
	const struct gt_arg args[] = {{"number", 'n', GT_ARG_NUMBER, &p.most, 1, 100000, "N",
					      "records to read (200)", "读取的记录数（默认 200）"},
		{"record", 0, GT_ARG_NUMBER, &p.wanted, 1, 100000, "K", "show this one",
			"显示第 K 条"},
		{"wait", 0, GT_ARG_NUMBER, &p.wait_s, 1, 86400, "SECONDS",
			"how long to wait for a source that has nothing yet (60)",
			"来源暂无数据时最多等待的秒数（默认 60）"},
		{"steps", 0, GT_ARG_FLAG, &p.steps, 0, 0, NULL,
			"show each value's way, step by step", "逐步显示每个值的处理过程"},
		{"element", 0, GT_ARG_TEXT, &p.element, 0, 0, "NAME",
			"with --steps: of this element alone", "与 --steps 合用：只显示这一要素"},
		{"capture", 0, GT_ARG_TEXT, &p.capture, 0, 0, "FILE",
			"rows of this file (guantong capture) instead of the source's",
			"读取此文件中保存的行（guantong capture 生成），不访问来源"},
		{"show-personal", 0, GT_ARG_FLAG, &p.personal, 0, 0, NULL,
			"show raw values of protected elements too", "同时显示受保护要素的原始值"},
		{"json", 0, GT_ARG_FLAG, &p.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	const char *near = NULL;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	p.config = gt_load(n > 1 ? operands[1] : ".", GT_CONFIG_NO_KAFKA);
	if (!p.config)
		return GT_EXIT_CONFIG;
	p.flow = gt_config_flow(p.config, gt_cstr(operands[0]), &near);
	code = p.flow ? run(&p) : gt_report_unknown_flow(p.config, operands[0], near);
	gt_config_free(p.config);
	return code;
}
