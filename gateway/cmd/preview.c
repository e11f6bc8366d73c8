/* preview.c: `guantong preview FLOW`: reads some records through the flow's adapter and plan and
 * shows raw beside normalised. Nothing is published, nothing acknowledged to the source, no state
 * kept. */
#include "cmd.h"

#include "json_write.h"
#include "preview.h"
#include "runner.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define POLL_US INT64_C(30000000)
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
	int64_t most, wanted; /* rows to read; the one to show, 0 = choose */
	int64_t wait_s;       /* for a source that has nothing yet */
	bool personal, json, colour;
	struct gt_norm norm;
	uint64_t read, accepted, rejected, filtered;
	size_t accepted_shown, rejects_shown;
	struct kind kinds[KINDS_MAX];
	size_t kind_count;
	const void *document; /* whose heading stands last */
	struct gt_buf out;
};

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

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

/* Each part of a split for itself; no part of a rejected row is accepted. False: the arena is full.
 */
static bool show_parts(struct preview *p, struct gt_batch *batch, const struct gt_row *row,
	int64_t now_us, bool accepted)
{
	for (size_t i = 0; i < gt_plan_parts(p->flow->plan); i++) {
		enum gt_ran ran =
			gt_plan_run(gt_plan_part(p->flow->plan, i), batch, row, now_us, &p->norm);
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
	if (!row->bad && gt_plan_parts(p->flow->plan) > 1)
		return show_parts(p, batch, row, now_us, accepted);
	show(p, batch, row, accepted);
	return true;
}

/* Sleeps until what the adapter waits for has come. */
static void wait_for(const struct gt_batch *batch, int64_t until_us)
{
	int64_t deadline = batch->wait_deadline_us < until_us ? batch->wait_deadline_us : until_us;
	int64_t left = deadline - gt_host_monotonic_us();
	struct pollfd fd = {.fd = batch->wait_fd, .events = batch->wait_events};

	if (left > 0)
		(void)poll(&fd, batch->wait_fd >= 0 ? 1 : 0, (int)(left / 1000) + 1);
}

static bool poll_rows(
	struct preview *p, struct gt_runner *runner, struct gt_batch *batch, struct gt_err *err)
{
	int64_t until = gt_host_monotonic_us() + p->wait_s * 1000000;
	enum gt_poll result = GT_POLL_MORE;
	size_t fields;

	gt_plan_fields(p->flow->plan, &fields);
	while (p->read < (uint64_t)p->most && result != GT_POLL_IDLE && result != GT_POLL_END) {
		size_t left = (size_t)p->most - (size_t)p->read;
		struct gt_limits limits = {left < 2000 ? left : 2000, GT_BATCH_RAW_MAX,
			gt_host_monotonic_us() + POLL_US};

		gt_batch_reset(batch, fields, limits.max_records, limits.max_bytes);
		result = gt_runner_poll(runner, batch, &limits, err);
		if (result == GT_POLL_ERROR)
			return false;
		for (size_t i = 0; i < batch->row_count && p->read < (uint64_t)p->most; i++)
			if (!one(p, batch, &batch->rows[i]))
				return gt_fail(err, GT_E_FLOW_ARENA_SMALL);
		if (result != GT_POLL_WAIT)
			continue;
		if (gt_host_monotonic_us() >= until)
			return p->read > 0 || gt_fail(err, GT_E_PREVIEW_WAIT,
						      GT_TEXT("%lld", (long long)p->wait_s));
		wait_for(batch, until);
	}
	return true;
}

static bool read_source(struct preview *p, struct gt_err *err)
{
	struct gt_host host = {.entry = no_entry};
	struct gt_batch *batch;
	struct gt_runner *runner = gt_runner_new(p->flow, &host, err);
	bool ok;

	if (!runner)
		return false;
	batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	ok = gt_runner_open(runner, (struct gt_str){0}, err) && poll_rows(p, runner, batch, err);
	gt_runner_free(runner);
	gt_batch_free(batch);
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

static int unknown_flow(const struct gt_config *config, const char *name, const char *near)
{
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < config->gateway.flow_count; i++)
		gt_buf_addf(&list, "%s%s", i ? " " : "", config->gateway.flows[i].name.p);
	if (near)
		gt_report_say(GT_E_FLOW_NEAR, name, near);
	else
		gt_report_say(GT_E_FLOW_UNKNOWN, name, gt_buf_cstr(&list));
	gt_buf_fini(&list);
	return GT_EXIT_USAGE;
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
		{"show-personal", 0, GT_ARG_FLAG, &p.personal, 0, 0, NULL,
			"show raw values of protected elements too", "同时显示受保护要素的原始值"},
		{"json", 0, GT_ARG_FLAG, &p.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	const char *near = NULL;
	struct gt_err err;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	p.config = gt_load(n > 1 ? operands[1] : ".", GT_CONFIG_NO_KAFKA);
	if (!p.config)
		return GT_EXIT_CONFIG;
	p.flow = gt_config_flow(p.config, gt_cstr(operands[0]), &near);
	if (!p.flow) {
		code = unknown_flow(p.config, operands[0], near);
	} else {
		if (p.wanted > p.most)
			p.most = p.wanted;
		p.colour = gt_colour(STDOUT_FILENO);
		gt_norm_init(&p.norm);
		gt_buf_init(&p.out, OUT_MAX);
		if (p.json) {
			gt_buf_adds(&p.out, "{\"flow\":");
			gt_json_add_text(&p.out, p.flow->name);
			gt_buf_adds(&p.out, ",\"records\":[");
		}
		bool ok = read_source(&p, &err);
		code = conclude(&p, ok, &err);
		gt_norm_fini(&p.norm);
		gt_buf_fini(&p.out);
	}
	gt_config_free(p.config);
	return code;
}
