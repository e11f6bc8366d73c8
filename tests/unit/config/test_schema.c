#include "config_fixture.h"
#include "loading.h"
#include "schema.h"

#include <jansson.h>

static json_t *made(void (*make)(struct gt_buf *out))
{
	struct gt_buf out;

	register_fixtures();
	gt_buf_init(&out, 8u << 20);
	make(&out);
	ck_assert(!out.full);
	json_t *schema = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(schema);
	gt_buf_fini(&out);
	return schema;
}

static json_t *walk(json_t *from, const char *const *path)
{
	for (; *path; path++)
		from = json_object_get(from, *path);
	return from;
}
#define WALK(from, ...) walk((from), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(every_option_of_the_gateway_is_there)
{
	json_t *schema = made(gt_schema_gateway),
	       *properties = json_object_get(schema, "properties");

	for (const struct gt_option *row = gt_gateway_options; row->name; row++)
		ck_assert_msg(json_object_get(properties, row->name) != NULL, "%s", row->name);
	ck_assert_ptr_nonnull(json_object_get(properties, "secrets"));
	ck_assert(json_is_false(json_object_get(schema, "additionalProperties")));
	ck_assert_str_eq(
		json_string_value(json_array_get(json_object_get(schema, "required"), 0)), "site");
	json_decref(schema);
}
END_TEST

static json_t *rule_of(json_t *schema, const char *adapter)
{
	json_t *rules = json_object_get(schema, "allOf"), *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		json_t *name = WALK(rule, "if", "properties", "adapter", "const");
		if (strcmp(json_string_value(name), adapter) == 0)
			return json_object_get(rule, "then");
	}
	ck_abort_msg("no rule for %s", adapter);
	return NULL;
}

static bool has(json_t *names, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach(
		names, i, item) if (strcmp(json_string_value(item), name) == 0) return true;
	return false;
}

/* Keys are those of the adapter; a flow of an adapter without bytes has no options of formats. */
START_TEST(options_of_a_source_follow_from_its_adapter)
{
	json_t *schema = made(gt_schema_source);
	json_t *pump = rule_of(schema, "pump"), *pipe = rule_of(schema, "pipe");
	json_t *pump_keys = WALK(pump, "propertyNames", "enum");
	json_t *pipe_keys = WALK(pipe, "propertyNames", "enum");
	json_t *flow = WALK(pipe, "properties", "flows", "additionalProperties");

	ck_assert(has(pump_keys, "login") && has(pump_keys, "flows") && has(pump_keys, "basis"));
	ck_assert(!has(pump_keys, "skip") && has(pipe_keys, "skip"));
	ck_assert_ptr_nonnull(WALK(flow, "properties", "skip"));
	ck_assert_ptr_nonnull(WALK(flow, "properties", "map", "additionalProperties"));
	ck_assert_ptr_null(WALK(flow, "properties", "flows"));
	ck_assert_ptr_null(WALK(flow, "properties", "profile"));
	ck_assert(json_is_false(json_object_get(flow, "additionalProperties")));
	ck_assert(has(WALK(schema, "properties", "adapter", "enum"), "pump"));
	json_decref(schema);
}
END_TEST

UNIT_MAIN("schema", UNIT_TEST(every_option_of_the_gateway_is_there),
	UNIT_TEST(options_of_a_source_follow_from_its_adapter))
