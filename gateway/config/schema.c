/* schema.c: tables → JSON Schema. Which options a source may have follows from its adapter. */
#include "schema.h"

#include "gt_assert.h"
#include "loading.h"
#include "options.h"

#include <jansson.h>
#include <stdlib.h>

#define SCHEMA_MAX (4u << 20)

/* An object that is set up by name, so that nothing can be forgotten silently. */
static json_t *with(json_t *object, const char *name, json_t *value)
{
	int failed = json_object_set_new(object, name, value);

	GT_ASSERT(failed == 0);
	return object;
}

static json_t *of(const char *name, json_t *value)
{
	return with(json_object(), name, value);
}

static json_t *text(const char *s)
{
	return json_string(s);
}

/* The properties of a table are added to those that are there; the first of a name counts. */
static void add_table(json_t *properties, const struct gt_option *rows)
{
	struct gt_buf buf;
	json_t *table;

	gt_buf_init(&buf, SCHEMA_MAX);
	gt_options_schema(rows, &buf);
	table = json_loadb(buf.p, buf.n, 0, NULL);
	GT_ASSERT(table != NULL);
	GT_ASSERT(json_object_update_missing(properties, table) == 0);
	json_decref(table);
	gt_buf_fini(&buf);
}

static void add_formats(json_t *properties)
{
	const struct gt_format *format;

	for (size_t i = 0; (format = gt_registry_format_at(i)) != NULL; i++)
		add_table(properties, format->options);
}

static json_t *word(void)
{
	return of("type", json_pack("[sss]", "string", "number", "boolean"));
}

static json_t *lookup_schema(void)
{
	json_t *missing = of("enum", json_pack("[ss]", "null", "reject"));

	return json_pack("{sss[sss]s{sosososo}sb}", "type", "object", "required", "file", "key",
		"value", "properties", "file", word(), "key", word(), "value", word(), "missing",
		missing, "additionalProperties", 0);
}

/* `map:`: element → field, or a line with more to say. */
static json_t *map_schema(void)
{
	static const char *const words[] = {
		"from", "value", "expr", "when", "unit", "default", "zone"};
	json_t *properties = json_object(), *line, *either;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		with(properties, words[i], word());
	with(properties, "null",
		of("anyOf", json_pack("[oo]", word(),
				    json_pack("{ssso}", "type", "array", "items", word()))));
	with(properties, "codes",
		json_pack("{ssso}", "type", "object", "additionalProperties", word()));
	with(properties, "lookup", lookup_schema());
	line = json_pack("{sssoso}", "type", "object", "properties", properties,
		"additionalProperties", json_false());
	either = of("anyOf", json_pack("[oo]", word(), line));
	return json_pack("{sssoss}", "type", "object", "additionalProperties", either,
		"description", "数据标准的要素: 来源字段\nelement of the standard: source field");
}

/* `split:`: the parts of a row. */
static json_t *split_schema(void)
{
	json_t *columns = json_pack("{sssosiss}", "type", "array", "items", word(), "minItems", 1,
		"description",
		"该部分对每一列各执行一次：{column} 列名，{number} 序号\nthe part, once for each "
		"of these "
		"columns: {column} is its name, {number} its place");
	json_t *part = json_pack("{sss{sosososo}sb}", "type", "object", "properties", "each",
		columns, "entity", word(), "when", word(), "map", map_schema(),
		"additionalProperties", 0);

	return json_pack("{sssosisiss}", "type", "array", "items", part, "minItems", 1, "maxItems",
		GT_SPLIT_MAX, "description",
		"一行拆分成的各部分\nwhat one row becomes: a message each");
}

/* Options that a flow may have, with this adapter (NULL = none). */
static json_t *flow_properties(const struct gt_adapter *adapter)
{
	json_t *properties = json_object();

	add_table(properties, gt_flow_options);
	with(properties, "map", map_schema());
	with(properties, "split", split_schema());
	if (adapter)
		add_table(properties, adapter->options);
	if (!adapter || (adapter->caps & (GT_CAP_BYTES | GT_CAP_FORMAT))) {
		json_t *format = json_object();
		add_table(format, gt_source_options);
		GT_ASSERT(json_object_set(
				  properties, "format", json_object_get(format, "format")) == 0);
		json_decref(format);
		add_formats(properties);
	}
	return properties;
}

static json_t *names_of(json_t *properties)
{
	json_t *names = json_array(), *value;
	const char *name;

	json_object_foreach(properties, name, value)
		GT_ASSERT(json_array_append_new(names, text(name)) == 0);
	return names;
}

/* if adapter is this one, then exactly these keys, here and in every flow. */
static json_t *adapter_rule(const struct gt_adapter *adapter)
{
	json_t *flow = flow_properties(adapter), *all = json_object(), *flows, *then;

	add_table(all, gt_source_options);
	with(all, "flows", json_object());
	GT_ASSERT(json_object_update_missing(all, flow) == 0);
	flows = of("additionalProperties",
		json_pack("{sososo}", "type", json_pack("[ss]", "object", "null"),
			"additionalProperties", json_false(), "properties", json_copy(flow)));
	with(flow, "flows", flows);
	then = json_pack("{s{so}so}", "propertyNames", "enum", names_of(all), "properties", flow);
	json_decref(all);
	return json_pack("{soso}", "if",
		json_pack("{s[s]s{s{ss}}}", "required", "adapter", "properties", "adapter", "const",
			adapter->name),
		"then", then);
}

static json_t *head(const char *title, json_t *properties)
{
	return json_pack("{sssssssoso}", "$schema", "http://json-schema.org/draft-07/schema#",
		"title", title, "type", "object", "required", json_array(), "properties",
		properties);
}

static void add_required(json_t *schema, const struct gt_option *rows)
{
	for (; rows->name; rows++)
		if (rows->flags & GT_OPT_REQUIRED)
			GT_ASSERT(json_array_append_new(json_object_get(schema, "required"),
					  text(rows->name)) == 0);
}

static void put(json_t *schema, struct gt_buf *out)
{
	char *dumped;

	GT_ASSERT(schema != NULL);
	dumped = json_dumps(schema, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	GT_ASSERT(dumped != NULL);
	gt_buf_adds(out, dumped);
	gt_buf_adds(out, "\n");
	free(dumped);
	json_decref(schema);
}

void gt_schema_gateway(struct gt_buf *out)
{
	json_t *properties = json_object(), *schema;

	add_table(properties, gt_gateway_options);
	add_table(properties, gt_folder_options);
	schema = head("guantong.yaml", properties);
	add_required(schema, gt_gateway_options);
	with(schema, "additionalProperties", json_false());
	put(schema, out);
}

void gt_schema_source(struct gt_buf *out)
{
	json_t *properties = json_object(), *schema, *rules = json_array(), *names = json_array();
	const struct gt_adapter *adapter;

	add_table(properties, gt_source_options);
	add_table(properties, gt_flow_options);
	with(properties, "map", map_schema());
	with(properties, "split", split_schema());
	with(properties, "flows",
		json_pack("{sssis{so}}", "type", "object", "minProperties", 1,
			"additionalProperties", "type", json_pack("[ss]", "object", "null")));
	for (size_t i = 0; (adapter = gt_registry_adapter_at(i)) != NULL; i++) {
		GT_ASSERT(json_array_append_new(rules, adapter_rule(adapter)) == 0);
		GT_ASSERT(json_array_append_new(names, text(adapter->name)) == 0);
	}
	with(json_object_get(properties, "adapter"), "enum", names);
	schema = head("sources/<name>.yaml", properties);
	GT_ASSERT(json_array_append_new(json_object_get(schema, "required"), text("source")) == 0);
	GT_ASSERT(json_array_append_new(json_object_get(schema, "required"), text("flows")) == 0);
	with(schema, "allOf", rules);
	put(schema, out);
}
