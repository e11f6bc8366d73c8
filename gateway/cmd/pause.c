/* pause.c: `guantong pause`: flows stop polling until they are resumed. */
#include "order.h"

#include "json_write.h"

int gt_cmd_pause(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, all = false;
	const char *reason = "";
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{"all", 0, GT_ARG_FLAG, &all, 0, 0, NULL, "every flow", "全部采集任务"},
		{"reason", 0, GT_ARG_TEXT, &reason, 0, 0, "TEXT",
			"why, for whoever looks at status", "暂停原因，显示在 status 中"},
		{.name = NULL}};
	char **operands;
	struct gt_buf url, body;
	json_t *root = NULL;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 2, &operands, &n, &code))
		return code;
	/* With --all the only operand is the folder. */
	const char *which = all || n == 0 ? NULL : operands[0];
	const char *folder = n > (size_t)!all ? operands[!all] : ".";
	gt_buf_init(&url, 1024);
	gt_buf_init(&body, 4096);
	gt_buf_adds(&body, "{");
	if (*reason) {
		gt_buf_adds(&body, "\"reason\":");
		gt_json_add_text(&body, gt_cstr(reason));
	}
	gt_buf_adds(&body, "}");
	code = GT_EXIT_USAGE;
	if (gt_order_url(&url, which, all, "pause"))
		code = gt_order_post(folder, gt_buf_cstr(&url), gt_buf_str(&body), json, &root);
	if (root)
		gt_order_say(root);
	json_decref(root);
	gt_buf_fini(&url);
	gt_buf_fini(&body);
	return code;
}
