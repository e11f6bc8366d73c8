/* cases.c: rows as a source would send them, through a flow's real plan. */
#include "cases.h"

#include "batch.h"
#include "capture.h"
#include "cmd.h"
#include "conf_read.h"
#include "gt_assert.h"
#include "preview.h"

#include <dirent.h>
#include <stdlib.h>

/* Codes without an event time are judged at this moment, so that cases do not age: 2024-06-01. */
#define NOW_US INT64_C(1717200000000000)

struct one_case;

struct cases {
	struct gt_config *config;
	struct gt_case_counts *counts;
	gt_case_fn *sink;
	void *arg;
	struct gt_norm norm;
	struct gt_batch *batch;
	bool failed; /* the case at hand */
	const struct one_case *one;
	const struct gt_yaml
		*out; /* a mapping; of a split a list of them, one a part that is published */
	size_t taken;
};

struct one_case {
	struct gt_str flow, name, capture;
	struct gt_texts reasons;
	int64_t record;
};

static const struct gt_option table[] = {{.name = "flow",
						 .type = GT_OPT_TEXT,
						 .offset = offsetof(struct one_case, flow),
						 .min = 1,
						 .max = 128,
						 .flags = GT_OPT_REQUIRED,
						 .en = "flow of this source",
						 .zh = "本来源的采集任务"},
	{.name = "name",
		.type = GT_OPT_TEXT,
		.offset = offsetof(struct one_case, name),
		.max = 200,
		.en = "what the case shows",
		.zh = "用例说明"},
	{.name = "capture",
		.type = GT_OPT_TEXT,
		.offset = offsetof(struct one_case, capture),
		.max = 200,
		.en = "instead of row: a file beside this one (guantong capture)",
		.zh = "代替 row：同目录中保存的采集样本（guantong capture 生成）"},
	{.name = "record",
		.type = GT_OPT_INT,
		.offset = offsetof(struct one_case, record),
		.min = 1,
		.max = 100000,
		.fallback = "1",
		.en = "which of its rows",
		.zh = "其中第几行"},
	{.name = "reasons",
		.type = GT_OPT_TEXTS,
		.offset = offsetof(struct one_case, reasons),
		.en = "all reject codes",
		.zh = "全部不合格原因编号"},
	{.name = NULL}};

static void tell(struct cases *c, struct gt_pos pos, struct gt_failure failure)
{
	struct gt_err err;

	gt_fail_with(&err, failure);
	c->sink(c->arg, pos, &err);
	c->failed = true;
}

static const char *word(struct cases *c, struct gt_str s)
{
	return gt_arena_copy(&c->config->memory, s).p;
}

static void unknown_element(struct cases *c, struct gt_pos pos, struct gt_str name)
{
	const struct gt_entity *entity = c->norm.entity;
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < entity->n; i++)
		gt_buf_addf(&list, "%s%.*s", i ? " " : "", GT_STR_ARGS(entity->elements[i].name));
	tell(c, pos,
		(struct gt_failure){GT_E_TEST_ELEMENT, word(c, entity->name), word(c, name),
			gt_buf_cstr(&list)});
	gt_buf_fini(&list);
}

static void unknown_field(
	struct cases *c, struct gt_pos pos, const struct gt_flow_conf *flow, struct gt_str name)
{
	size_t count;
	const struct gt_str *fields = gt_plan_fields(flow->plan, &count);
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < count; i++)
		gt_buf_addf(&list, "%s%.*s", i ? " " : "", GT_STR_ARGS(fields[i]));
	tell(c, pos,
		(struct gt_failure){
			GT_E_TEST_FIELD, word(c, flow->name), word(c, name), gt_buf_cstr(&list)});
	gt_buf_fini(&list);
}

/* The row of the case into the batch; NULL: a field that the mapping does not read. */
static const struct gt_row *add_row(
	struct cases *c, const struct gt_flow_conf *flow, const struct gt_yaml *row)
{
	size_t count;
	const struct gt_str *fields = gt_plan_fields(flow->plan, &count);
	struct gt_value *values;

	gt_batch_reset(c->batch, count, 1, GT_BATCH_RAW_MAX);
	values = gt_batch_add(
		c->batch, gt_batch_copy(c->batch, GT_LIT("{}")), (struct gt_place){0, 1});
	GT_ASSERT(values != NULL);
	for (size_t i = 0; i < row->n; i++) {
		size_t f = 0;
		while (f < count && !gt_str_eq(fields[f], row->keys[i]->text))
			f++;
		if (f == count || row->v[i]->kind != GT_YAML_SCALAR) {
			unknown_field(c, row->keys[i]->pos, flow, row->keys[i]->text);
			return NULL;
		}
		if (gt_yaml_is_null(row->v[i]))
			values[f].kind = GT_NULL;
		else
			values[f] = gt_value_text(gt_batch_copy(c->batch, row->v[i]->text));
	}
	return &c->batch->rows[0];
}

/* The row of a capture beside the file of cases; NULL: told. */
static const struct gt_row *take_row(struct cases *c, const struct one_case *one, struct gt_pos pos,
	const struct gt_flow_conf *flow)
{
	const char *path = gt_arena_printf(
		&c->config->memory, "%s/tests/%.*s", c->config->folder, GT_STR_ARGS(one->capture))
				   .p;
	const struct gt_row *row = NULL;
	struct gt_err err;
	size_t count;
	const struct gt_str *fields = gt_plan_fields(flow->plan, &count);
	struct gt_capture *capture = gt_capture_load(path, &err);
	size_t there = capture ? gt_capture_count(capture) : 0;

	if (capture && (uint64_t)one->record > there)
		gt_fail(&err, GT_E_PREVIEW_RECORD, GT_TEXT("%lld", (long long)one->record),
			GT_TEXT("%zu", there));
	else if (capture)
		row = gt_capture_take(
			capture, (size_t)one->record - 1, c->batch, fields, count, &err);
	if (row && row->bad) {
		err = *row->bad;
		row = NULL;
	}
	gt_capture_free(capture);
	if (row)
		return row;
	c->sink(c->arg, pos, &err);
	c->failed = true;
	return NULL;
}

static void compare_value(struct cases *c, const struct one_case *one, const struct gt_yaml *key,
	const struct gt_yaml *expected)
{
	const struct gt_entity *entity = c->norm.entity;
	uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, key->text);
	struct gt_str wanted = gt_yaml_is_null(expected) ? GT_LIT("") : expected->text;
	const struct gt_value *value;
	struct gt_buf text;

	if (!at) {
		unknown_element(c, key->pos, key->text);
		return;
	}
	value = c->norm.clear[at - 1].kind == GT_ABSENT ? &c->norm.values[at - 1]
							: &c->norm.clear[at - 1];
	gt_buf_init(&text, 65536);
	gt_show_value(value, &text);
	if (!gt_str_eq(gt_buf_str(&text), wanted))
		tell(c, expected->pos,
			(struct gt_failure){GT_E_TEST_DIFFERS, word(c, one->name),
				word(c, key->text), gt_buf_cstr(&text), word(c, wanted)});
	gt_buf_fini(&text);
}

static void put_reasons(struct cases *c, struct gt_buf *out)
{
	for (size_t i = 0; i < c->norm.reason_count; i++)
		gt_buf_addf(out, "%sGT%04d", i ? " " : "", (int)c->norm.reasons[i].code);
}

/* Both as sets: the same codes, however often. */
static void compare_reasons(
	struct cases *c, const struct one_case *one, struct gt_pos pos, enum gt_ran ran)
{
	bool same = (ran == GT_RAN_REJECTED) == (one->reasons.n > 0);
	struct gt_buf found, wanted;
	char code[16];

	gt_buf_init(&found, 4096);
	gt_buf_init(&wanted, 4096);
	put_reasons(c, &found);
	for (size_t i = 0; i < one->reasons.n; i++) {
		gt_buf_addf(&wanted, "%s%.*s", i ? " " : "", GT_STR_ARGS(one->reasons.v[i]));
		same = same && found.n && one->reasons.v[i].n &&
		       memmem(found.p, found.n, one->reasons.v[i].p, one->reasons.v[i].n);
	}
	for (size_t i = 0; i < c->norm.reason_count; i++) {
		gt_text(code, sizeof(code), "GT%04d", (int)c->norm.reasons[i].code);
		same = same && wanted.n && memmem(wanted.p, wanted.n, code, strlen(code));
	}
	if (!same)
		tell(c, pos,
			(struct gt_failure){GT_E_TEST_DIFFERS, word(c, one->name), "reasons",
				gt_buf_cstr(&found), gt_buf_cstr(&wanted)});
	gt_buf_fini(&found);
	gt_buf_fini(&wanted);
}

static enum gt_taken compare_part(void *arg, const struct gt_norm *norm)
{
	struct cases *c = arg;
	const struct gt_yaml *out = c->out;

	(void)norm;
	if (out && out->kind == GT_YAML_SEQ)
		out = c->taken < out->n && out->v[c->taken]->kind == GT_YAML_MAP ? out->v[c->taken]
										 : NULL;
	for (size_t i = 0; out && i < out->n; i++)
		compare_value(c, c->one, out->keys[i], out->v[i]);
	c->taken++;
	return GT_TAKEN;
}

/* A list has as many items as the row has messages; a row that is left out has none. */
static void compare_count(struct cases *c, struct gt_pos pos)
{
	size_t wanted = c->out->kind == GT_YAML_SEQ ? c->out->n : 1;

	if (wanted != c->taken)
		tell(c, pos,
			(struct gt_failure){GT_E_TEST_DIFFERS, word(c, c->one->name), "out",
				GT_TEXT("%zu", c->taken), GT_TEXT("%zu", wanted)});
}

static void run_case(struct cases *c, const struct gt_yaml *node, struct gt_str source)
{
	static const char *const also[] = {"row", "out", NULL};
	struct gt_diags diags = {0};
	struct gt_conf_ctx ctx = {.memory = &c->config->memory, .diags = &diags};
	struct one_case one = {{0}};
	const struct gt_flow_conf *flow = NULL;
	bool read = gt_conf_read(&ctx, table, &one, node, also);
	const struct gt_yaml *row = gt_yaml_get(node, "row"), *out = gt_yaml_get(node, "out");

	for (size_t i = 0; i < diags.n; i++)
		c->sink(c->arg, diags.v[i].pos, &diags.v[i].err);
	gt_diags_fini(&diags);
	c->failed = !read;
	if (read && ((!row) != (one.capture.n > 0) || (row && row->kind != GT_YAML_MAP) ||
			    (out && out->kind == GT_YAML_SCALAR) || (!out && !one.reasons.n)))
		tell(c, node->pos, (struct gt_failure){GT_E_TEST_FORM});
	if (c->failed)
		return;
	flow = gt_config_flow(c->config,
		gt_cstr(GT_TEXT("%.*s/%.*s", GT_STR_ARGS(source), GT_STR_ARGS(one.flow))), NULL);
	if (!flow) {
		tell(c, node->pos,
			(struct gt_failure){GT_E_FLOW_UNKNOWN, word(c, one.flow), word(c, source)});
		return;
	}
	const struct gt_row *added =
		row ? add_row(c, flow, row) : take_row(c, &one, node->pos, flow);
	if (!added)
		return;
	c->one = &one;
	c->out = out;
	c->taken = 0;
	enum gt_ran ran =
		gt_plan_run_row(flow->plan, c->batch, added, NOW_US, &c->norm, compare_part, c);
	compare_reasons(c, &one, node->pos, ran);
	if (out && ran == GT_RAN_REJECTED && out->kind == GT_YAML_MAP)
		(void)compare_part(c, &c->norm);
	else if (out && ran != GT_RAN_REJECTED)
		compare_count(c, node->pos);
}

static void run_file(struct cases *c, const char *path, struct gt_str source)
{
	struct gt_diags diags = {0};
	const struct gt_yaml *root = gt_yaml_load(path, &c->config->memory, &diags);

	if (root && root->kind != GT_YAML_SEQ)
		gt_diags_add(&diags, root->pos, GT_E_TEST_FORM);
	for (size_t i = 0; i < diags.n; i++)
		c->sink(c->arg, diags.v[i].pos, &diags.v[i].err);
	c->counts->run += diags.n > 0;
	c->counts->failed += diags.n > 0;
	for (size_t i = 0; root && diags.n == 0 && i < root->n; i++) {
		run_case(c, root->v[i], source);
		c->counts->run++;
		c->counts->failed += c->failed;
	}
	gt_diags_fini(&diags);
}

static int is_cases(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

void gt_cases_run(
	struct gt_config *config, struct gt_case_counts *counts, gt_case_fn *sink, void *arg)
{
	struct cases c = {.config = config, .counts = counts, .sink = sink, .arg = arg};
	const char *folder = gt_arena_printf(&config->memory, "%s/tests", config->folder).p;
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_cases, alphasort);

	gt_norm_init(&c.norm);
	c.batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		run_file(&c, gt_arena_printf(&config->memory, "%s/%s", folder, name).p,
			gt_arena_copy(&config->memory, gt_str(name, strlen(name) - 5)));
		free(names[i]);
	}
	free(names);
	gt_batch_free(c.batch);
	gt_norm_fini(&c.norm);
}
