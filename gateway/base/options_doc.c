/* options_doc.c: a table of options as reference documentation and as JSON Schema. */
#include "buf.h"
#include "options.h"

static const char *const type_names[][2] = {
	[GT_OPT_TEXT] = {"text", "文本"},
	[GT_OPT_BOOL] = {"true or false", "true 或 false"},
	[GT_OPT_INT] = {"whole number", "整数"},
	[GT_OPT_DURATION] = {"duration", "时长"},
	[GT_OPT_BYTES] = {"size", "大小"},
	[GT_OPT_CHOICE] = {"one of", "可选"},
	[GT_OPT_TEXTS] = {"list of texts", "文本列表"},
	[GT_OPT_PAIRS] = {"names with values", "名称与值"},
	[GT_OPT_SECRET] = {"secret", "密钥"},
	[GT_OPT_PATH] = {"path", "路径"},
	[GT_OPT_ZONE] = {"time zone", "时区"},
	[GT_OPT_GROUP] = {"group", "分组"},
};

/* A cell must not end early or open a line. */
static void add_cell(struct gt_buf *out, const char *s)
{
	for (; s && *s; s++)
		if (*s == '|')
			gt_buf_adds(out, "\\|");
		else
			gt_buf_add(out, gt_str(*s == '\n' ? " " : s, 1));
}

static void add_type(const struct gt_option *row, enum gt_language language, struct gt_buf *out)
{
	add_cell(out, type_names[row->type][language]);
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		gt_buf_addf(out, "%s`%s`", i ? ", " : " ", row->choices[i]);
	if (row->unit)
		gt_buf_addf(out, " (%s)", row->unit);
	if (row->flags & GT_OPT_REQUIRED)
		gt_buf_adds(out, language == GT_ZH ? "，必填" : ", required");
}

static void add_rows(const struct gt_option *table, const char *prefix, enum gt_language language,
	struct gt_buf *out)
{
	for (; table->name; table++) {
		if (table->type == GT_OPT_GROUP) {
			char path[256];

			add_rows(table->group,
				gt_text(path, sizeof path, "%s%s.", prefix, table->name), language,
				out);
			continue;
		}
		gt_buf_addf(out, "| `%s%s` | ", prefix, table->name);
		add_type(table, language, out);
		gt_buf_adds(out, " | ");
		if (table->fallback) {
			gt_buf_adds(out, "`");
			add_cell(out, table->fallback);
			gt_buf_adds(out, "`");
		}
		gt_buf_adds(out, " | ");
		add_cell(out, language == GT_ZH ? table->zh : table->en);
		gt_buf_adds(out, " |\n");
	}
}

void gt_options_markdown(
	const struct gt_option *table, enum gt_language language, struct gt_buf *out)
{
	gt_buf_adds(out, language == GT_ZH ? "| 选项 | 类型 | 默认值 | 说明 |\n"
					   : "| option | type | default | meaning |\n");
	gt_buf_adds(out, "| --- | --- | --- | --- |\n");
	add_rows(table, "", language, out);
}

#define SCALAR "{\"type\":[\"string\",\"number\",\"boolean\"]}"

/* The members that say what a value may be, without braces. */
static const char *const shapes[] = {
	[GT_OPT_TEXT] = "\"type\":[\"string\",\"number\",\"boolean\"]",
	[GT_OPT_BOOL] = "\"type\":\"boolean\"",
	[GT_OPT_INT] = "\"type\":\"integer\"",
	[GT_OPT_DURATION] =
		"\"type\":[\"string\",\"integer\"],\"pattern\":\"^[0-9]+ *(ms|s|min|h|d)$\","
		"\"maximum\":0,\"minimum\":0",
	[GT_OPT_BYTES] = "\"type\":[\"string\",\"integer\"],\"minimum\":0,"
			 "\"pattern\":\"^[0-9]+ *(B|KiB|MiB|GiB|TiB)?$\"",
	[GT_OPT_CHOICE] = "",
	[GT_OPT_TEXTS] = "\"anyOf\":[" SCALAR ",{\"type\":\"array\",\"items\":" SCALAR "}]",
	[GT_OPT_PAIRS] = "\"type\":\"object\",\"additionalProperties\":" SCALAR,
	[GT_OPT_SECRET] = "\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,"
			  "\"additionalProperties\":false,\"properties\":{"
			  "\"secret\":{\"type\":\"string\"},\"env\":{\"type\":\"string\"},"
			  "\"file\":{\"type\":\"string\"}}",
	[GT_OPT_PATH] = "\"type\":\"string\",\"minLength\":1",
	[GT_OPT_ZONE] = "\"type\":\"string\",\"pattern\":\"^(Z|[+-][0-9]{2}:[0-9]{2})$\"",
	[GT_OPT_GROUP] = "\"type\":\"object\",\"additionalProperties\":false",
};

static void add_limits(const struct gt_option *row, struct gt_buf *out)
{
	if (row->type == GT_OPT_INT && (row->min != 0 || row->max != 0)) {
		gt_buf_addf(out, ",\"minimum\":%lld", (long long)row->min);
		if (row->max >= row->min)
			gt_buf_addf(out, ",\"maximum\":%lld", (long long)row->max);
	}
	if (row->type == GT_OPT_TEXT && row->min > 0)
		gt_buf_adds(out, ",\"minLength\":1");
	if (row->type == GT_OPT_TEXT && row->max > 0)
		gt_buf_addf(out, ",\"maxLength\":%lld", (long long)row->max);
	if (row->type == GT_OPT_CHOICE) {
		gt_buf_adds(out, "\"enum\":[");
		for (size_t i = 0; row->choices[i]; i++) {
			gt_buf_adds(out, i ? "," : "");
			gt_buf_json(out, gt_cstr(row->choices[i]));
		}
		gt_buf_adds(out, "]");
	}
}

static void add_default(const struct gt_option *row, struct gt_buf *out)
{
	bool bare = row->type == GT_OPT_INT || row->type == GT_OPT_BOOL;

	if (!row->fallback || row->type == GT_OPT_TEXTS)
		return;
	gt_buf_adds(out, ",\"default\":");
	if (bare)
		gt_buf_adds(out, row->fallback);
	else
		gt_buf_json(out, gt_cstr(row->fallback));
}

static void add_help(const struct gt_option *row, struct gt_buf *out)
{
	char both[1024];

	if (row->en && row->zh)
		gt_buf_adds(out, ",\"description\":");
	if (row->en && row->zh)
		gt_buf_json(out, gt_cstr(gt_text(both, sizeof both, "%s\n%s", row->zh, row->en)));
}

void gt_options_required(const struct gt_option *table, struct gt_buf *out)
{
	const char *comma = "";

	gt_buf_adds(out, "[");
	for (; table->name; table++)
		if (table->flags & GT_OPT_REQUIRED) {
			gt_buf_adds(out, comma);
			gt_buf_json(out, gt_cstr(table->name));
			comma = ",";
		}
	gt_buf_adds(out, "]");
}

void gt_options_schema(const struct gt_option *table, struct gt_buf *out)
{
	gt_buf_adds(out, "{");
	for (const struct gt_option *row = table; row->name; row++) {
		gt_buf_adds(out, row == table ? "" : ",");
		gt_buf_json(out, gt_cstr(row->name));
		gt_buf_addf(out, ":{%s", shapes[row->type]);
		add_limits(row, out);
		if (row->type == GT_OPT_GROUP) {
			gt_buf_adds(out, ",\"required\":");
			gt_options_required(row->group, out);
			gt_buf_adds(out, ",\"properties\":");
			gt_options_schema(row->group, out);
		}
		add_default(row, out);
		add_help(row, out);
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "}");
}
