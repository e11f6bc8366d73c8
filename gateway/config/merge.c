/* merge.c: profile < source file < flow, as one mapping whose nodes keep their positions. */
#include "loading.h"

static bool listed(const char *const *names, struct gt_str name)
{
	for (; names && *names; names++)
		if (gt_str_eq(gt_cstr(*names), name))
			return true;
	return false;
}

static size_t index_of(const struct gt_yaml *map, struct gt_str key)
{
	for (size_t i = 0; i < map->n; i++)
		if (gt_str_eq(map->keys[i]->text, key))
			return i;
	return SIZE_MAX;
}

static struct gt_yaml *merge_value(struct gt_arena *memory, const struct gt_table *parts, size_t n,
	struct gt_yaml *low, struct gt_yaml *high, struct gt_str key)
{
	size_t which = 0;
	const struct gt_option *row = gt_parts_find(parts, n, key, &which);
	bool lines = !row && gt_str_eq(key, GT_LIT("map"));

	if (low->kind != GT_YAML_MAP || high->kind != GT_YAML_MAP)
		return high;
	if (row && row->type == GT_OPT_GROUP)
		return gt_merge(memory, &(struct gt_table){row->group, NULL}, 1, low, high, NULL);
	if (lines || (row && row->type == GT_OPT_PAIRS))
		return gt_merge(memory, NULL, 0, low, high, NULL);
	return high;
}

struct gt_yaml *gt_merge(struct gt_arena *memory, const struct gt_table *parts, size_t n,
	const struct gt_yaml *low, const struct gt_yaml *high, const char *const *without)
{
	struct gt_yaml *map = gt_arena_zalloc(memory, sizeof(*map));
	size_t most = (low ? low->n : 0) + (high ? high->n : 0) + 1;

	map->kind = GT_YAML_MAP;
	map->pos = high ? high->pos : low ? low->pos : (struct gt_pos){0};
	map->keys = gt_arena_alloc(memory, most * sizeof(struct gt_yaml *));
	map->v = gt_arena_alloc(memory, most * sizeof(struct gt_yaml *));
	for (size_t i = 0; low && i < low->n; i++) {
		map->keys[map->n] = low->keys[i];
		map->v[map->n++] = low->v[i];
	}
	for (size_t i = 0; high && i < high->n; i++) {
		struct gt_yaml *key = high->keys[i];
		size_t at = index_of(map, key->text);

		if (listed(without, key->text))
			continue;
		if (at == SIZE_MAX) {
			at = map->n++;
			map->v[at] = high->v[i];
		} else {
			map->v[at] =
				merge_value(memory, parts, n, map->v[at], high->v[i], key->text);
		}
		map->keys[at] = key;
	}
	return map;
}
