/* reload.c: `guantong reload`: the running gateway reads its configuration again. */
#include "order.h"

#include "json_read.h"

#include <stdio.h>

static const char *count(const json_t *root, const char *name, char *out, size_t size)
{
	return gt_text(out, size, "%lld", (long long)gt_json_int(root, name, 0));
}
#define COUNT(root, name) count((root), (name), (char[24]){0}, 24)

int gt_cmd_reload(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	json_t *root;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	code = gt_order_post(n ? operands[0] : ".", "/reload", GT_LIT("{}"), json, &root);
	if (root)
		printf("%s\n",
			GT_SAY(GT_E_RELOAD_DONE, COUNT(root, "added"), COUNT(root, "removed"),
				COUNT(root, "changed"), COUNT(root, "same")));
	json_decref(root);
	return code;
}
