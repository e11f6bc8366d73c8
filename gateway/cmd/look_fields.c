/* look_fields.c: names of fields that nobody has declared. */
#include "look.h"

#include "json_read.h"

#define PATH_DEPTH 4
#define PATH_MAX_BYTES 200u

void gt_field_names_init(struct gt_field_names *names, struct gt_arena *memory)
{
	*names = (struct gt_field_names){.memory = memory,
		.v = gt_arena_alloc(memory, GT_FIELDS_MAX * sizeof(struct gt_str))};
}

static void add(struct gt_field_names *names, struct gt_str name)
{
	if (name.n == 0 || names->n == GT_FIELDS_MAX)
		return;
	for (size_t i = 0; i < names->n; i++)
		if (gt_str_eq(names->v[i], name))
			return;
	names->v[names->n++] = gt_arena_copy(names->memory, name);
}

static void add_members(
	struct gt_field_names *names, const json_t *object, struct gt_str path, int depth)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)object, key, member)
	{
		char room[PATH_MAX_BYTES];
		struct gt_str name = gt_cstr(gt_text(
			room, sizeof(room), "%.*s%s%s", GT_STR_ARGS(path), path.n ? "." : "", key));

		if (path.n + strlen(key) + 1 >= sizeof(room))
			continue;
		if (json_is_object(member) && json_object_size(member) > 0 && depth < PATH_DEPTH)
			add_members(names, member, name, depth + 1);
		else
			add(names, name);
	}
}

static void add_columns(struct gt_field_names *names, struct gt_str columns)
{
	struct gt_err ignored;
	json_t *list = gt_json_load(columns, &ignored);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *name = json_array_get(list, i);

		if (json_is_string(name))
			add(names, gt_str(json_string_value(name), json_string_length(name)));
	}
	json_decref(list);
}

void gt_field_names_take(
	struct gt_field_names *names, const struct gt_document *document, struct gt_str raw)
{
	struct gt_err ignored;
	json_t *row;

	if (document->columns.n) {
		if (!raw.p)
			add_columns(names, document->columns);
		return;
	}
	if (raw.n == 0 || raw.p[0] != '{')
		return;
	row = gt_json_load(raw, &ignored);
	add_members(names, row, GT_LIT(""), 1);
	json_decref(row);
}
