/* schema.c: `guantong schema`: the JSON Schemas of schemas/, for their build and their test. */
#include "cmd.h"

#include "schema.h"

#define SCHEMA_MAX (8u << 20)

int gt_cmd_schema(const struct gt_verb *verb, int argc, char **argv)
{
	char **operands;
	struct gt_buf out;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, NULL, 1, 1, &operands, &n, &code))
		return code;
	gt_buf_init(&out, SCHEMA_MAX);
	if (strcmp(operands[0], "guantong") == 0) {
		gt_schema_gateway(&out);
	} else if (strcmp(operands[0], "source") == 0) {
		gt_schema_source(&out);
	} else {
		gt_report_say(GT_E_SCHEMA_UNKNOWN, operands[0]);
		return GT_EXIT_USAGE;
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}
