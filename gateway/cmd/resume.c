/* resume.c: `guantong resume`: paused, stopped or waiting flows are tried now. */
#include "order.h"

int gt_cmd_resume(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, all = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{"all", 0, GT_ARG_FLAG, &all, 0, 0, NULL, "every flow", "全部采集任务"},
		{.name = NULL}};
	char **operands;
	struct gt_buf url;
	json_t *root = NULL;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 2, &operands, &n, &code))
		return code;
	/* With --all the only operand is the folder. */
	const char *which = all || n == 0 ? NULL : operands[0];
	const char *folder = n > (size_t)!all ? operands[!all] : ".";
	gt_buf_init(&url, 1024);
	code = GT_EXIT_USAGE;
	if (gt_order_url(&url, which, all, "resume"))
		code = gt_order_post(folder, gt_buf_cstr(&url), GT_LIT("{}"), json, &root);
	if (root)
		gt_order_say(root);
	json_decref(root);
	gt_buf_fini(&url);
	return code;
}
