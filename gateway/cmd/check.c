/* check.c: `guantong check`: every mistake of a configuration at once; nothing is run, no network.
 */
#include "cmd.h"

#include "json_write.h"

#include <stdio.h>

static size_t sources(const struct gt_gateway_conf *gateway)
{
	size_t n = 0;

	for (size_t i = 0; i < gateway->flow_count; i++)
		n += i == 0 || !gt_str_eq(gateway->flows[i].source, gateway->flows[i - 1].source);
	return n;
}

static void as_json(const struct gt_config *config, struct gt_buf *out)
{
	char text[2048];

	gt_buf_addf(out,
		"{\"valid\":%s,\"sources\":%zu,\"flows\":%zu,\"not_shown\":%zu,\"mistakes\":[",
		config->diags.n ? "false" : "true", sources(&config->gateway),
		config->gateway.flow_count, config->diags.dropped);
	for (size_t i = 0; i < config->diags.n; i++) {
		const struct gt_diag *diag = &config->diags.v[i];

		gt_buf_adds(out, i ? ",{\"file\":" : "{\"file\":");
		if (diag->pos.file)
			gt_json_add_text(out, gt_cstr(gt_shown_path(config, diag->pos.file)));
		else
			gt_buf_adds(out, "null");
		gt_buf_addf(out, ",\"line\":%u,\"column\":%u,\"code\":\"GT%04d\",\"message\":",
			(unsigned)diag->pos.line, (unsigned)diag->pos.column, (int)diag->err.code);
		gt_json_add_text(out, gt_cstr(gt_err_text(&diag->err, text, sizeof(text))));
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "]}\n");
}

int gt_cmd_check(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, no_secrets = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{"no-secrets", 0, GT_ARG_FLAG, &no_secrets, 0, 0, NULL,
			"do not read keys and secrets (on another machine)",
			"不读取密钥和口令（在其他机器上检查时）"},
		{.name = NULL}};
	char **operands;
	struct gt_config *config;
	struct gt_buf out;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	config = gt_config_load(n ? operands[0] : ".", no_secrets ? GT_CONFIG_NO_SECRETS : 0);
	if (gt_language_asked < 0 && config->gateway.language > 0)
		gt_language_set(config->gateway.language == 2 ? GT_ZH : GT_EN);
	gt_buf_init(&out, 4u << 20);
	if (json)
		as_json(config, &out);
	else if (config->diags.n)
		gt_print_mistakes(config, &out);
	else
		gt_buf_addf(&out, "%s\n",
			GT_SAY(GT_E_CHECK_GOOD, GT_TEXT("%zu", sources(&config->gateway)),
				GT_TEXT("%zu", config->gateway.flow_count)));
	gt_put_out(&out);
	gt_buf_fini(&out);
	code = config->diags.n ? GT_EXIT_CONFIG : GT_EXIT_OK;
	gt_config_free(config);
	return code;
}
