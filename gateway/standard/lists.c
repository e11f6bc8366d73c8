/* lists.c: units of a package, and what all parts of the loader use. */
#include "civil.h"
#include "load.h"

#include <inttypes.h>
#include <stdlib.h>

bool gt_table_read(struct gt_loader *loader, const struct gt_option *table, void *into,
	const struct gt_yaml *map, const char *const *also)
{
	gt_options_defaults(table, into, loader->conf.memory);
	return gt_conf_read(&loader->conf, table, into, map, also);
}

struct gt_pos gt_pos_of(const struct gt_yaml *map, const char *key)
{
	const struct gt_yaml *node = map->kind == GT_YAML_MAP ? gt_yaml_get(map, key) : NULL;

	return node ? node->pos : map->pos;
}

const struct gt_yaml *gt_rows_of(
	struct gt_loader *loader, const struct gt_yaml *root, const char *key)
{
	const struct gt_yaml *rows = gt_yaml_get(root, key);

	if (rows && rows->kind == GT_YAML_MAP && rows->n > 0)
		return rows;
	if (rows && rows->kind != GT_YAML_MAP && !gt_yaml_is_null(rows))
		gt_diags_add(loader->conf.diags, rows->pos, GT_E_OPTION_WANTS_MAPPING, key);
	else
		gt_diags_add(loader->conf.diags, gt_pos_of(root, key), GT_E_STD_EMPTY, key);
	return NULL;
}

bool gt_name_check(struct gt_loader *loader, struct gt_pos pos, struct gt_str name, char extra)
{
	bool ok = name.n > 0 && name.n <= 64 && name.p[0] >= 'a' && name.p[0] <= 'z';

	for (size_t i = 1; ok && i < name.n; i++)
		ok = (name.p[i] >= 'a' && name.p[i] <= 'z') ||
		     (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == extra;
	if (!ok)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_NAME, GT_WORD(name),
			GT_TEXT("[a-z][a-z0-9%c]*", extra));
	return ok;
}

const char *gt_place_text(struct gt_loader *loader, struct gt_pos pos)
{
	return gt_arena_printf(
		loader->conf.memory, "%s:%u:%u", pos.file ? pos.file : "", pos.line, pos.column)
		.p;
}

void gt_duplicate(
	struct gt_loader *loader, struct gt_pos pos, struct gt_str name, struct gt_pos first)
{
	gt_diags_add(loader->conf.diags, pos, GT_E_STD_DUPLICATE, GT_WORD(name),
		gt_place_text(loader, first));
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void gt_unknown(struct gt_loader *loader, struct gt_pos pos, enum gt_code code, struct gt_str word,
	const struct gt_map *known)
{
	const char *text = GT_WORD(word), *near;
	struct gt_list names = {0};
	struct gt_map_slot *slot;

	/* What was meant is not looked for among thousands, nor for mistakes that are only counted:
	 * a hostile file would keep us busy with it. */
	if (known->n > GT_NEAR_MAX || loader->conf.diags->n == GT_DIAGS_MAX) {
		gt_diags_add(loader->conf.diags, pos, code, text);
		return;
	}
	for (size_t i = 0; (slot = gt_map_next(known, &i)) != NULL;)
		gt_list_add(
			&names, (void *)(uintptr_t)gt_arena_copy(loader->conf.memory, slot->key).p);
	if (names.n > 1) /* the map's order changes from run to run */
		qsort(names.v, names.n, sizeof *names.v, by_text);
	near = gt_nearest(word, (const char *const *)names.v, names.n);
	/* The row with a suggestion follows the one without. */
	gt_diags_add(loader->conf.diags, pos, near ? (enum gt_code)(code + 1) : code, text, near);
	gt_list_fini(&names);
}

bool gt_day_parse(struct gt_str s, int64_t *days)
{
	int part[3] = {0};
	static const size_t from[3] = {0, 5, 8}, to[3] = {4, 7, 10};

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
		return false;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = from[k]; i < to[k]; i++) {
			if (s.p[i] < '0' || s.p[i] > '9')
				return false;
			part[k] = part[k] * 10 + (s.p[i] - '0');
		}
	}
	struct gt_civil civil = {.year = part[0], .month = part[1], .day = part[2]};
	if (!gt_civil_valid(&civil))
		return false;
	*days = gt_days_from_civil(part[0], part[1], part[2]);
	return true;
}

bool gt_scaled_parse(struct gt_str s, unsigned scale, int64_t *value)
{
	bool minus = s.n > 0 && s.p[0] == '-', point = false;
	unsigned behind = 0, digits = 0;
	int64_t sum = 0;

	for (size_t i = minus; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || ++digits > 18 || (point && ++behind > scale))
			return false;
		sum = sum * 10 + (s.p[i] - '0');
	}
	if (digits == 0 || digits - behind + scale > 18 || s.p[s.n - 1] == '.')
		return false;
	for (; behind < scale; behind++)
		sum *= 10;
	*value = minus ? -sum : sum;
	return true;
}

const char *gt_scaled_write(int64_t value, unsigned scale, char *out, size_t size)
{
	uint64_t power = 1, all = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	const char *sign = value < 0 ? "-" : "";

	for (unsigned i = 0; i < scale; i++)
		power *= 10;
	if (scale == 0)
		return gt_text(out, size, "%s%" PRIu64, sign, all);
	return gt_text(
		out, size, "%s%" PRIu64 ".%0*" PRIu64, sign, all / power, (int)scale, all % power);
}

/* "1000", "2000/3". */
static bool factor_parse(struct gt_str s, int64_t *num, int64_t *den)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	size_t n = slash ? (size_t)(slash - s.p) : s.n;
	int64_t a, b = 1;

	if (!gt_parse_int(gt_str(s.p, n), &a) ||
		(slash && !gt_parse_int(gt_str(slash + 1, s.n - n - 1), &b)))
		return false;
	if (a < 1 || b < 1 || a > INT64_C(1000000000000) || b > INT64_C(1000000000000))
		return false;
	*num = a;
	*den = b;
	return true;
}

static void unit_name(
	struct gt_loader *loader, struct gt_pos pos, struct gt_str name, struct gt_unit *unit)
{
	struct gt_map *map = &loader->standard->unit_by_name;
	struct gt_unit *other;
	char *clean = gt_arena_alloc(loader->conf.memory, name.n + 1);
	uint64_t flags = 0;

	/* As a source's unit is compared. The case counts: mW is not MW. */
	name = gt_str(clean, gt_clean(name, GT_CLEAN_WORD, clean, &flags));
	other = gt_map_get(map, name);

	if (other && gt_str_eq(other->name, unit->name))
		gt_duplicate(loader, pos, name, other->pos);
	else if (other)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_TWICE, GT_WORD(name),
			GT_WORD(other->name), GT_WORD(unit->name));
	else
		(void)gt_map_set(map, name, unit);
}

void gt_units_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"rows", NULL};
	struct gt_units_conf around = {0};
	const struct gt_yaml *rows = gt_rows_of(loader, root, "rows");

	if (!gt_table_read(loader, gt_units_table, &around, root, also) || !rows)
		return;
	gt_name_check(loader, gt_pos_of(root, "units"), around.quantity, '-');
	for (size_t i = 0; i < rows->n; i++) {
		struct gt_unit_conf conf = {0};
		struct gt_unit *unit = gt_arena_zalloc(loader->conf.memory, sizeof *unit);
		const struct gt_yaml *node = rows->v[i];
		if (!gt_table_read(loader, gt_unit_table, &conf, node, NULL))
			continue;
		*unit = (struct gt_unit){.name = rows->keys[i]->text,
			.quantity = around.quantity,
			.pos = rows->keys[i]->pos,
			.layer = loader->package->name,
			.source = conf.source.n ? conf.source : around.source,
			.status = (enum gt_status)(
				gt_yaml_get(node, "status") ? conf.status : around.status)};
		if (!factor_parse(conf.factor, &unit->num, &unit->den)) {
			gt_diags_add(loader->conf.diags, gt_pos_of(node, "factor"), GT_E_STD_FACTOR,
				GT_WORD(conf.factor));
			continue;
		}
		unit_name(loader, rows->keys[i]->pos, unit->name, unit);
		for (size_t k = 0; k < conf.synonyms.n; k++)
			unit_name(loader, gt_pos_of(node, "synonyms"), conf.synonyms.v[k], unit);
		gt_list_add(&loader->standard->units, unit);
	}
}
