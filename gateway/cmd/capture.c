/* capture.c: `guantong capture FLOW --out FILE`: rows of a flow as they came, for preview,
 * diff-mapping and cases of test; pseudonymised, for whoever is to find a mistake but may not see
 * the data. */
#include "capture.h"

#include "cmd.h"
#include "hash.h"
#include "io.h"
#include "look.h"

#include <inttypes.h>
#include <stdlib.h>

struct capturing {
	struct gt_field_names names;
	uint64_t document; /* hash of the last one's name */
	struct gt_capture_writing w;
};

/* First the names of all fields, mapped or not: another mapping may want them. */
static bool take_names(
	void *arg, struct gt_batch *batch, const struct gt_row *row, struct gt_err *err)
{
	struct capturing *c = arg;
	const struct gt_document *document = &batch->documents[row->document];

	uint64_t name = gt_hash(document->name);

	(void)err;
	if (c->document != name)
		gt_field_names_take(&c->names, document, (struct gt_str){0});
	c->document = name;
	gt_field_names_take(&c->names, document, row->raw);
	return true;
}

static bool take_row(
	void *arg, struct gt_batch *batch, const struct gt_row *row, struct gt_err *err)
{
	struct capturing *c = arg;

	gt_capture_row(&c->w, batch, row);
	return !c->w.out.full || gt_fail(err, GT_E_CAPTURE_LARGE, GT_TEXT("%" PRIu64, c->w.rows),
					 GT_TEXT("%u", GT_CAPTURE_MAX >> 20));
}

static void add_planned(struct capturing *c, const struct gt_plan *plan)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(plan, &n);

	for (size_t i = 0; i < n && c->names.n < GT_FIELDS_MAX; i++) {
		bool there = false;
		for (size_t k = 0; k < c->names.n && !there; k++)
			there = gt_str_eq(c->names.v[k], fields[i]);
		if (!there)
			c->names.v[c->names.n++] = fields[i];
	}
}

static bool capture(struct capturing *c, const struct gt_flow_conf *flow,
	struct gt_rows_wanted *wanted, const char *path, struct gt_err *err)
{
	if (!gt_rows_read(flow, wanted, take_names, c, err))
		return false;
	add_planned(c, flow->plan);
	wanted->fields = c->w.fields = c->names.v;
	wanted->field_count = c->w.field_count = c->names.n;
	c->w.plan = flow->plan;
	gt_capture_begin(&c->w, flow);
	return gt_rows_read(flow, wanted, take_row, c, err) &&
	       gt_file_replace(path, gt_buf_str(&c->w.out), 0600, err);
}

static int run(const struct gt_config *config, const struct gt_flow_conf *flow,
	struct gt_rows_wanted *wanted, const char *path, bool pseudonymise)
{
	struct gt_disguise disguise;
	struct gt_arena memory;
	struct capturing c = {.document = 0};
	struct gt_err err;
	bool ok;

	gt_arena_init(&memory, 0);
	gt_field_names_init(&c.names, &memory);
	gt_disguise_init(&disguise, config->gateway.standard);
	c.w.disguise = pseudonymise ? &disguise : NULL;
	ok = capture(&c, flow, wanted, path, &err);
	if (ok)
		gt_report_say(pseudonymise ? GT_E_CAPTURE_DISGUISED : GT_E_CAPTURE_DONE, path,
			GT_TEXT("%" PRIu64, c.w.rows));
	else
		gt_report(&err);
	gt_disguise_fini(&disguise);
	gt_buf_fini(&c.w.out);
	gt_arena_fini(&memory);
	return ok ? GT_EXIT_OK : gt_exit_of(&err);
}

int gt_cmd_capture(const struct gt_verb *verb, int argc, char **argv)
{
	int64_t rows = 200, wait_s = 60;
	bool pseudonymise = false;
	const char *path = NULL, *near = NULL;
	const struct gt_arg args[] = {
		{"out", 'o', GT_ARG_TEXT, &path, 0, 0, "FILE", "the file to write", "要写入的文件"},
		{"records", 'n', GT_ARG_NUMBER, &rows, 1, 100000, "N", "records to read (200)",
			"读取的记录数（默认 200）"},
		{"pseudonymise", 0, GT_ARG_FLAG, &pseudonymise, 0, 0, NULL,
			"change personal values, free texts and unmapped fields so that they tell "
			"nothing about anybody",
			"把个人信息、自由文本和未映射字段改写得不涉及任何人"},
		{"wait", 0, GT_ARG_NUMBER, &wait_s, 1, 86400, "SECONDS",
			"how long to wait for a source that has nothing yet (60)",
			"来源暂无数据时最多等待的秒数（默认 60）"},
		{.name = NULL}};
	char **operands;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	if (!path) {
		gt_report_say(GT_E_ARG_MISSING, "--out FILE", "capture");
		return GT_EXIT_USAGE;
	}
	struct gt_config *config = gt_load(n > 1 ? operands[1] : ".", GT_CONFIG_NO_KAFKA);
	if (!config)
		return GT_EXIT_CONFIG;
	const struct gt_flow_conf *flow = gt_config_flow(config, gt_cstr(operands[0]), &near);
	struct gt_rows_wanted wanted = {.most = (uint64_t)rows, .wait_s = wait_s};
	code = flow ? run(config, flow, &wanted, path, pseudonymise)
		    : gt_report_unknown_flow(config, operands[0], near);
	gt_config_free(config);
	return code;
}
