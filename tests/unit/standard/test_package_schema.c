#include "package_schema.h"
#include "unit.h"

#include <jansson.h>
#include <stdio.h>

static json_t *generated(void)
{
	struct gt_buf out;
	json_error_t error;

	gt_buf_init(&out, 1u << 20);
	gt_standard_schema(&out);
	ck_assert(!out.full);
	json_t *schema = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(schema != NULL, "%s at %d", error.text, error.position);
	gt_buf_fini(&out);
	return schema;
}

/* The file that editors use says what the tables say. After a change of the tables, write it anew:
 * GT_WRITE_SCHEMA=1 with this test. */
START_TEST(the_file_follows_the_tables)
{
	char path[4096];
	json_t *schema = generated();

	snprintf(path, sizeof path, "%s/schemas/standard-package.schema.json",
		getenv("GT_SOURCE_ROOT"));
	if (getenv("GT_WRITE_SCHEMA"))
		ck_assert_int_eq(json_dump_file(schema, path, JSON_INDENT(2)), 0);
	json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(file && json_equal(file, schema), "%s does not follow the tables", path);
	json_decref(file);
	json_decref(schema);
}
END_TEST

/* One branch per kind of file, closed against unknown keys. */
START_TEST(every_kind_of_file_has_its_branch)
{
	json_t *schema = generated(), *branches = json_object_get(schema, "allOf"), *branch;
	size_t i;

	ck_assert_uint_eq(json_array_size(branches), 10);
	json_array_foreach(branches, i, branch)
	{
		json_t *then = json_object_get(branch, "then");
		const char *key = json_string_value(json_array_get(
			json_object_get(json_object_get(branch, "if"), "required"), 0));
		ck_assert_ptr_nonnull(json_object_get(json_object_get(then, "properties"), key));
		ck_assert(json_is_false(json_object_get(then, "additionalProperties")));
		ck_assert_str_eq(
			json_string_value(json_array_get(json_object_get(then, "required"), 0)),
			key);
	}
	json_decref(schema);
}
END_TEST

UNIT_MAIN("package_schema", UNIT_TEST(the_file_follows_the_tables),
	UNIT_TEST(every_kind_of_file_has_its_branch))
