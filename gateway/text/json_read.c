/* json_read.c: control documents through jansson. */
#include "json_read.h"

json_t *gt_json_load(struct gt_str text, struct gt_err *err)
{
	json_error_t why;
	json_t *root = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		gt_fail(err, GT_E_JSON_CONTROL, GT_TEXT("%d", why.position < 0 ? 0 : why.position),
			why.text);
	return root;
}

struct gt_str gt_json_member(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);
	if (!json_is_string(member))
		return (struct gt_str){0};
	return gt_str(json_string_value(member), json_string_length(member));
}

int64_t gt_json_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *member = json_object_get(object, key);
	return json_is_integer(member) ? (int64_t)json_integer_value(member) : otherwise;
}
