/* order.c: asking the running gateway to do something, and telling what it said. */
#include "order.h"

#include "json_read.h"
#include "json_write.h"

#include <stdio.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20)
#define SERVICE_SOCKET "/run/guantong/guantong.sock" /* where the system service has it */

struct gt_config *gt_order_config(const char *folder, int *code)
{
	/* Mistakes made since the start are not the running gateway's. */
	struct gt_config *config =
		gt_config_load(folder, GT_CONFIG_NO_SECRETS | GT_CONFIG_NO_KAFKA);

	if (gt_language_asked < 0 && config->gateway.language > 0)
		gt_language_set(config->gateway.language == 2 ? GT_ZH : GT_EN);
	if (config->gateway.admin.n)
		return config;
	gt_report(&config->diags.v[0].err);
	gt_config_free(config);
	*code = GT_EXIT_CONFIG;
	return NULL;
}

bool gt_order_get(
	const struct gt_config *config, const char *what, struct gt_buf *answer, struct gt_err *err)
{
	struct gt_err second;

	if (gt_admin_get(config->gateway.admin.p, what, answer, err))
		return true;
	return access(SERVICE_SOCKET, F_OK) == 0 &&
	       gt_admin_get(SERVICE_SOCKET, what, answer, &second);
}

static bool post(const struct gt_config *config, const char *what, struct gt_str body,
	bool *refused, struct gt_buf *answer, struct gt_err *err)
{
	struct gt_err second;

	if (gt_admin_post(config->gateway.admin.p, what, body, refused, answer, err))
		return true;
	return access(SERVICE_SOCKET, F_OK) == 0 &&
	       gt_admin_post(SERVICE_SOCKET, what, body, refused, answer, &second);
}

/* A refusal, each mistake with its place. */
static int refusal(const json_t *root)
{
	const json_t *error = json_object_get(root, "error");
	const json_t *mistakes = json_object_get(root, "mistakes");
	const char *language = gt_bi("en", "zh");

	for (size_t i = 0; i < json_array_size(mistakes); i++) {
		const json_t *m = json_array_get(mistakes, i);

		fprintf(stderr, "%.*s:%lld:%lld %.*s\n", GT_STR_ARGS(gt_json_member(m, "file")),
			(long long)gt_json_int(m, "line", 0),
			(long long)gt_json_int(m, "column", 0),
			GT_STR_ARGS(gt_json_member(m, language)));
	}
	fprintf(stderr, "guantong: %.*s\n", GT_STR_ARGS(gt_json_member(error, language)));
	return gt_json_int(error, "class", 0) == GT_CONFIG ? GT_EXIT_CONFIG : GT_EXIT_FAILED;
}

static int told(struct gt_buf *answer, bool refused, bool json, json_t **root)
{
	struct gt_err err;
	json_t *said = gt_json_load(gt_buf_str(answer), &err);
	int code = GT_EXIT_OK;

	if (!said) {
		gt_report(&err);
		return GT_EXIT_UNREACHABLE;
	}
	if (json)
		gt_put_out(answer);
	if (refused && json)
		code = gt_json_int(json_object_get(said, "error"), "class", 0) == GT_CONFIG
			       ? GT_EXIT_CONFIG
			       : GT_EXIT_FAILED;
	else if (refused)
		code = refusal(said);
	if (code == GT_EXIT_OK && !json) {
		*root = said;
		return code;
	}
	json_decref(said);
	return code;
}

int gt_order_post(
	const char *folder, const char *what, struct gt_str body, bool json, json_t **root)
{
	int code = GT_EXIT_OK;
	struct gt_config *config = gt_order_config(folder, &code);
	bool refused = false;
	struct gt_buf answer;
	struct gt_err err;

	*root = NULL;
	if (!config)
		return code;
	gt_buf_init(&answer, ANSWER_MAX);
	if (!post(config, what, body, &refused, &answer, &err)) {
		gt_report(&err);
		code = GT_EXIT_UNREACHABLE;
	} else {
		code = told(&answer, refused, json, root);
	}
	gt_buf_fini(&answer);
	gt_config_free(config);
	return code;
}

bool gt_order_url(struct gt_buf *url, const char *which, bool all, const char *verb)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_/*";

	if ((which != NULL) == all || (which && (!*which || which[strspn(which, letters)]))) {
		gt_report_say(GT_E_ORDER_WHICH);
		return false;
	}
	gt_buf_addf(url, "/flows/%s/%s", all ? "*" : which, verb);
	return true;
}

void gt_order_say(const json_t *root)
{
	bool committed = json_is_true(json_object_get(root, "committed"));

	printf("%s\n", GT_SAY(committed ? GT_E_ORDER_DONE : GT_E_ORDER_LATER,
			       GT_TEXT("%lld", (long long)gt_json_int(root, "flows", 0))));
}

static void body_of(const char *reason, struct gt_buf *body)
{
	gt_buf_adds(body, "{");
	if (reason && *reason) {
		gt_buf_adds(body, "\"reason\":");
		gt_json_add_text(body, gt_cstr(reason));
	}
	gt_buf_adds(body, "}");
}

int gt_order_flows(const struct gt_verb *verb, int argc, char **argv, const char **reason)
{
	bool json = false, all = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{"all", 0, GT_ARG_FLAG, &all, 0, 0, NULL, "every flow", "全部采集任务"},
		{reason ? "reason" : NULL, 0, GT_ARG_TEXT, reason, 0, 0, "TEXT",
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
	body_of(reason ? *reason : NULL, &body);
	code = GT_EXIT_USAGE;
	if (gt_order_url(&url, which, all, verb->name))
		code = gt_order_post(folder, gt_buf_cstr(&url), gt_buf_str(&body), json, &root);
	if (root)
		gt_order_say(root);
	json_decref(root);
	gt_buf_fini(&url);
	gt_buf_fini(&body);
	return code;
}
