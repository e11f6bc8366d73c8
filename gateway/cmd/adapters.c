/* adapters.c: `guantong adapters`: what can be connected, with every option, from the tables. */
#include "cmd.h"

#include "diag.h"
#include "json_write.h"
#include "options.h"

#define OUT_MAX (8u << 20)
#define NAMES_MAX 256u

/* An adapter or a format. */
struct part {
	const char *kind, *name, *summary;
	const struct gt_option *options;
	bool wants_format;
};

static bool part_at(size_t i, struct part *part)
{
	const struct gt_adapter *adapter = gt_registry_adapter_at(i);
	size_t adapters = i;
	const struct gt_format *format;

	if (adapter) {
		*part = (struct part){"adapter", adapter->name,
			gt_bi(adapter->summary, adapter->summary_zh), adapter->options,
			(adapter->caps & GT_CAP_BYTES) != 0};
		return true;
	}
	while (adapters > 0 && !gt_registry_adapter_at(adapters - 1))
		adapters--;
	format = gt_registry_format_at(i - adapters);
	if (format)
		*part = (struct part){"format", format->name,
			gt_bi(format->summary, format->summary_zh), format->options, false};
	return format != NULL;
}

static void put_rows(struct gt_buf *out, const struct gt_option *rows, const char *prefix)
{
	char name[128];

	for (; rows->name; rows++) {
		gt_text(name, sizeof(name), "%s%s", prefix, rows->name);
		if (rows->type == GT_OPT_GROUP) {
			char inner[128];
			put_rows(out, rows->group, gt_text(inner, sizeof(inner), "%s.", name));
			continue;
		}
		gt_buf_adds(out, "  ");
		gt_put_cell(out, gt_cstr(name), 24, false);
		gt_buf_addf(out, " %s", gt_bi(rows->en, rows->zh));
		if (rows->flags & GT_OPT_REQUIRED)
			gt_buf_adds(out, gt_bi(" (required)", "（必填）"));
		if (rows->fallback)
			gt_buf_addf(out, "%s%s%s", gt_bi(" (default: ", "（默认："), rows->fallback,
				gt_bi(")", "）"));
		for (size_t i = 0; rows->choices && rows->choices[i]; i++)
			gt_buf_addf(out, "%s%s", i ? " | " : gt_bi(" — one of: ", " — 可选："),
				rows->choices[i]);
		gt_buf_adds(out, "\n");
	}
}

static void put_part(struct gt_buf *out, const struct part *part, bool markdown, bool json)
{
	if (json) {
		gt_buf_addf(out, "{\"kind\":\"%s\",\"name\":\"%s\",\"summary\":", part->kind,
			part->name);
		gt_json_add_text(out, gt_cstr(part->summary));
		gt_buf_addf(out,
			",\"needs_format\":%s,\"options\":", part->wants_format ? "true" : "false");
		gt_options_schema(part->options, out);
		gt_buf_adds(out, "}");
	} else if (markdown) {
		gt_buf_addf(out, "## %s\n\n%s\n\n", part->name, part->summary);
		gt_options_markdown(part->options, gt_language(), out);
		gt_buf_adds(out, "\n");
	} else {
		gt_buf_addf(out, "%s  %s%s\n", part->name, part->summary,
			part->wants_format ? gt_bi(" (needs format:)", "（需要 format:）") : "");
		put_rows(out, part->options, "");
	}
}

static void put_list(struct gt_buf *out, bool markdown, bool json)
{
	const char *kind = "";
	struct part part;

	gt_buf_adds(out, json ? "[" : "");
	for (size_t i = 0; part_at(i, &part); i++) {
		if (json || markdown) {
			gt_buf_adds(out, json && i ? "," : "");
			put_part(out, &part, markdown, json);
			continue;
		}
		if (strcmp(kind, part.kind) != 0)
			gt_buf_addf(out, "%s%s\n", i ? "\n" : "",
				strcmp(part.kind, "adapter") == 0 ? gt_bi("Adapters:", "适配器：")
								  : gt_bi("Formats:", "格式："));
		kind = part.kind;
		gt_buf_adds(out, "  ");
		gt_put_cell(out, gt_cstr(part.name), 12, false);
		gt_buf_addf(out, " %s\n", part.summary);
	}
	gt_buf_adds(out, json ? "]\n" : "");
}

static int unknown(const char *word)
{
	const char *names[NAMES_MAX], *near;
	struct part part;
	size_t n = 0;

	for (; n < NAMES_MAX && part_at(n, &part); n++)
		names[n] = part.name;
	near = gt_nearest(gt_cstr(word), names, n);
	if (near)
		gt_report_say(GT_E_ADAPTER_NEAR, word, near);
	else
		gt_report_say(GT_E_ADAPTER_UNKNOWN, word);
	return GT_EXIT_USAGE;
}

static bool find(const char *name, struct part *part)
{
	for (size_t i = 0; part_at(i, part); i++)
		if (strcmp(part->name, name) == 0)
			return true;
	return false;
}

int gt_cmd_adapters(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false, markdown = false;
	const struct gt_arg args[] = {{"markdown", 0, GT_ARG_FLAG, &markdown, 0, 0, NULL,
					      "print Markdown tables", "输出 Markdown 表格"},
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_buf out;
	struct part part;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	if (n > 0 && !find(operands[0], &part))
		return unknown(operands[0]);
	gt_buf_init(&out, OUT_MAX);
	if (n > 0) {
		put_part(&out, &part, markdown, json);
		gt_buf_adds(&out, json ? "\n" : "");
	} else {
		put_list(&out, markdown, json);
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}
