/* package_schema.c: see package_schema.h. One schema for all kinds of files: the first key says
 * which one a file is. */
#include "package_schema.h"
#include "load.h"

/* A part of a file that a table does not describe: a mapping of rows or a sequence of them. */
struct part {
	const char *key;
	const struct gt_option *rows; /* NULL = a mapping of words */
	const struct gt_option *more; /* rows may be of either table (overlays); NULL = no */
	bool sequence, required;
	const struct part *inside; /* of each row */
};

static const struct part example_parts[] = {{.key = "in"}, {.key = "out"}, {NULL}};
static const struct part row_parts[] = {
	{.key = "rows", .rows = gt_row_table, .required = true}, {NULL}};
static const struct part extended_row_parts[] = {
	{.key = "rows", .rows = gt_row_table, .more = gt_inherited_row_table, .required = true},
	{NULL}};
static const struct part unit_parts[] = {
	{.key = "rows", .rows = gt_unit_table, .required = true}, {NULL}};
static const struct part coefficient_parts[] = {
	{.key = "rows", .rows = gt_coefficient_table, .required = true}, {NULL}};
static const struct part substance_parts[] = {
	{.key = "rows", .rows = gt_substance_table, .required = true}, {NULL}};
static const struct part entity_parts[] = {
	{.key = "elements", .rows = gt_element_table, .required = true},
	{.key = "rules", .rows = gt_rule_table},
	{.key = "sample"},
	{.key = "examples", .rows = gt_example_table, .sequence = true, .inside = example_parts},
	{NULL},
};
static const struct part extension_parts[] = {
	{.key = "elements", .rows = gt_element_table, .more = gt_narrow_table},
	{.key = "rules", .rows = gt_rule_table},
	{.key = "sample"},
	{.key = "examples", .rows = gt_example_table, .sequence = true, .inside = example_parts},
	{NULL},
};

static const struct file {
	const char *key;
	const struct gt_option *table;
	const struct part *parts;
} files[] = {
	{"package", gt_package_table, NULL},
	{"entity", gt_entity_table, entity_parts},
	{"extend_entity", gt_extend_entity_table, extension_parts},
	{"codes", gt_list_table, row_parts},
	{"extend_codes", gt_extend_list_table, extended_row_parts},
	{"units", gt_units_table, unit_parts},
	{"coefficients", gt_coefficients_table, coefficient_parts},
	{"substances", gt_substances_table, substance_parts},
	{"words", gt_words_table, NULL},
	{"divisions", gt_divisions_table, NULL},
};

static void add_part(const struct part *part, struct gt_buf *out);

/* {…} of one table and the parts beside its keys. */
static void add_object(const struct gt_option *table, const struct part *parts, struct gt_buf *out)
{
	struct gt_buf names;

	gt_buf_adds(out, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":");
	gt_buf_init(&names, 65536);
	gt_options_required(table, &names);
	struct gt_str list = gt_buf_str(&names);
	gt_buf_add(out, gt_str(list.p, list.n - 1)); /* without its "]" */
	const char *comma = list.n > 2 ? "," : "";
	for (const struct part *part = parts; part && part->key; part++) {
		if (part->required) {
			gt_buf_addf(out, "%s\"%s\"", comma, part->key);
			comma = ",";
		}
	}
	gt_buf_clear(&names);
	gt_buf_adds(out, "],\"properties\":");
	gt_options_schema(table, &names);
	list = gt_buf_str(&names);
	gt_buf_add(out, gt_str(list.p, list.n - 1)); /* without its "}" */
	gt_buf_fini(&names);
	for (const struct part *part = parts; part && part->key; part++)
		add_part(part, out);
	gt_buf_adds(out, "}}");
}

#define WORDS "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}"

static void add_part(const struct part *part, struct gt_buf *out)
{
	gt_buf_addf(out, ",\"%s\":{", part->key);
	if (!part->rows) {
		gt_buf_adds(out, "\"type\":\"object\",\"additionalProperties\":" WORDS "}");
		return;
	}
	gt_buf_adds(out, part->sequence ? "\"type\":\"array\",\"items\":"
					: "\"type\":\"object\",\"additionalProperties\":");
	if (part->more) {
		gt_buf_adds(out, "{\"anyOf\":[");
		add_object(part->rows, part->inside, out);
		gt_buf_adds(out, ",");
		add_object(part->more, part->inside, out);
		gt_buf_adds(out, "]}");
	} else {
		add_object(part->rows, part->inside, out);
	}
	gt_buf_adds(out, "}");
}

void gt_standard_schema(struct gt_buf *out)
{
	size_t n = sizeof files / sizeof *files;

	gt_buf_adds(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
			 "\"title\":\"A file of a Guantong standard "
			 "package\",\"type\":\"object\",\"allOf\":[");
	/* By first key, so that an editor shows the mistakes of the kind that was meant. */
	for (size_t i = 0; i < n; i++) {
		gt_buf_addf(out, "%s{\"if\":{\"required\":[\"%s\"]%s},\"then\":", i ? "," : "",
			files[i].key,
			i && gt_option_find(gt_package_table, gt_cstr(files[i].key)) /* divisions */
				? ",\"not\":{\"required\":[\"package\"]}"
				: "");
		add_object(files[i].table, files[i].parts, out);
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "],\"anyOf\":[");
	for (size_t i = 0; i < n; i++)
		gt_buf_addf(out, "%s{\"required\":[\"%s\"]}", i ? "," : "", files[i].key);
	gt_buf_adds(out, "]}");
}
