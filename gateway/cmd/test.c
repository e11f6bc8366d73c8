/* test.c: `guantong test`: the examples of the data standard, then those of the mappings. */
#include "cmd.h"

#include "cases.h"
#include "examples.h"
#include "json_write.h"

struct telling {
	const struct gt_config *config;
	bool json, any;
	struct gt_buf out;
};

static void tell(struct telling *t, struct gt_pos pos, const struct gt_err *err)
{
	char text[2048];
	const char *file = pos.file ? gt_shown_path(t->config, pos.file) : "";

	gt_err_text(err, text, sizeof(text));
	if (!t->json) {
		gt_buf_addf(&t->out, "%s:%u:%u %s\n", file, (unsigned)pos.line,
			(unsigned)pos.column, text);
		return;
	}
	gt_buf_adds(&t->out, t->any ? ",{\"file\":" : "{\"file\":");
	gt_json_add_text(&t->out, gt_cstr(file));
	gt_buf_addf(&t->out,
		",\"line\":%u,\"column\":%u,\"code\":\"GT%04d\",\"message\":", (unsigned)pos.line,
		(unsigned)pos.column, (int)err->code);
	gt_json_add_text(&t->out, gt_cstr(text));
	gt_buf_adds(&t->out, "}");
	t->any = true;
}

static void of_example(void *arg, const struct gt_example *example, const struct gt_err *err)
{
	tell(arg, example->pos, err);
}

static void of_case(void *arg, struct gt_pos pos, const struct gt_err *err)
{
	tell(arg, pos, err);
}

int gt_cmd_test(const struct gt_verb *verb, int argc, char **argv)
{
	struct telling t = {0};
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &t.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	const struct gt_example *examples;
	struct gt_case_counts cases = {0};
	struct gt_config *config;
	char **operands;
	size_t n, total, failed;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	config = gt_load(n ? operands[0] : ".", GT_CONFIG_NO_KAFKA);
	if (!config)
		return GT_EXIT_CONFIG;
	t.config = config;
	gt_buf_init(&t.out, 16u << 20);
	gt_buf_adds(&t.out, t.json ? "{\"mismatches\":[" : "");
	total = gt_standard_examples(config->gateway.standard, &examples);
	failed = gt_examples_run(config->gateway.standard, of_example, &t);
	gt_cases_run(config, &cases, of_case, &t);
	total += cases.run;
	failed += cases.failed;
	if (t.json)
		gt_buf_addf(&t.out, "],\"examples\":%zu,\"failed\":%zu}\n", total, failed);
	else
		gt_buf_addf(&t.out, "%s\n",
			GT_SAY(GT_E_TEST_DONE, GT_TEXT("%zu", total), GT_TEXT("%zu", failed)));
	gt_put_out(&t.out);
	gt_buf_fini(&t.out);
	gt_config_free(config);
	return failed ? GT_EXIT_FAILED : GT_EXIT_OK;
}
