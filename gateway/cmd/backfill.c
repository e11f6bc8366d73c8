/* backfill.c: `guantong backfill`: a range of one flow's source is read and published again. */
#include "order.h"

#include "json_write.h"

#include <stdio.h>

static void put(struct gt_buf *body, const char *name, const char *value)
{
	if (!*value)
		return;
	gt_buf_addf(body, "%s\"%s\":", body->n > 1 ? "," : "", name);
	gt_json_add_text(body, gt_cstr(value));
}

static int ask(const char *which, const char *folder, struct gt_str body, bool json, bool cancel)
{
	struct gt_buf url;
	json_t *root = NULL;
	int code = GT_EXIT_USAGE;

	gt_buf_init(&url, 1024);
	if (gt_order_url(&url, which, false, "backfill"))
		code = gt_order_post(folder, gt_buf_cstr(&url), body, json, &root);
	if (root && !cancel && json_is_true(json_object_get(root, "committed")))
		printf("%s\n", GT_SAY(GT_E_BACKFILL_ASKED, which));
	else if (root)
		gt_order_say(root);
	json_decref(root);
	gt_buf_fini(&url);
	return code;
}

int gt_cmd_backfill(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, cancel = false;
	const char *from = "", *to = "";
	const struct gt_arg args[] = {
		{"from", 0, GT_ARG_TEXT, &from, 0, 0, "WHEN",
			"begin here: 2024-01-31, 2024-01-31T08:00:00 (the flow's zone) or a number",
			"起点（含）：2024-01-31、2024-01-31T08:00:00（按任务时区）或数字"},
		{"to", 0, GT_ARG_TEXT, &to, 0, 0, "WHEN", "end before this", "终点（不含）"},
		{"cancel", 0, GT_ARG_FLAG, &cancel, 0, 0, NULL, "end the one that is going on",
			"取消正在进行的补采"},
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_buf body;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	gt_buf_init(&body, 4096);
	gt_buf_adds(&body, "{");
	if (cancel)
		gt_buf_adds(&body, "\"cancel\":true");
	put(&body, "from", from);
	put(&body, "to", to);
	gt_buf_adds(&body, "}");
	code = ask(operands[0], n > 1 ? operands[1] : ".", gt_buf_str(&body), json, cancel);
	gt_buf_fini(&body);
	return code;
}
