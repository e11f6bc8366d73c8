/* lists.c: code lists and units of a package. */
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
	uint32_t flags = 0;

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

/* A word that leads to a row: its code, titles, synonyms. The same word may lead to the same row
 * twice (title = synonym), never to two, unless one of them is the code itself in another case. */
static void row_word(struct gt_loader *loader, struct gt_pos pos, struct gt_code_list *list,
	struct gt_str word, struct gt_code_row *row)
{
	struct gt_str folded = gt_fold(loader, word, GT_CLEAN_WORD);
	struct gt_code_row *other = gt_map_get(&list->by_code, folded);
	bool of_code = gt_str_eq(word, row->code);

	if (!other)
		(void)gt_map_set(&list->by_code, folded, row);
	else if (other != row && !(of_code && gt_str_eq(other->code, folded)))
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_TWICE, GT_WORD(word),
			GT_WORD(other->code), GT_WORD(row->code));
}

/* The code as it stands. */
static void row_code(struct gt_loader *loader, struct gt_pos pos, struct gt_code_list *list,
	struct gt_code_row *row)
{
	struct gt_code_row *other = gt_map_get(&list->by_code, row->code);

	if (other && other != row)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_TWICE, GT_WORD(row->code),
			GT_WORD(other->code), GT_WORD(row->code));
	else
		(void)gt_map_set(&list->by_code, row->code, row);
}

static int64_t day_of(struct gt_loader *loader, struct gt_pos pos, struct gt_str text, int64_t none)
{
	int64_t days = none;

	if (text.n && !gt_day_parse(text, &days))
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_DAY, GT_WORD(text));
	return days;
}

/* Reads one row at rows->v[i]; its synonyms are left to the second pass. */
static void row_read(struct gt_loader *loader, const struct gt_yaml *rows, size_t i,
	struct gt_code_row *row, struct gt_texts *synonyms)
{
	const struct gt_yaml *node = rows->v[i];
	struct gt_row_conf conf = {0};

	*row = (struct gt_code_row){.code = rows->keys[i]->text};
	if (!gt_table_read(loader, gt_row_table, &conf, node, NULL))
		return;
	row->title = conf.title;
	row->successor = conf.successor;
	row->valid_from = day_of(loader, gt_pos_of(node, "from"), conf.from, INT64_MIN);
	row->valid_to = day_of(loader, gt_pos_of(node, "to"), conf.to, INT64_MAX);
	if (row->valid_from > row->valid_to)
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "to"), GT_E_STD_VALIDITY,
			GT_WORD(row->code), GT_WORD(conf.from), GT_WORD(conf.to));
	*synonyms = conf.synonyms;
}

/* The rows of `rows` behind those that `list` has. */
static void rows_read(
	struct gt_loader *loader, const struct gt_yaml *rows, struct gt_code_list *list)
{
	struct gt_arena *memory = loader->conf.memory;
	struct gt_code_row *all = gt_arena_zalloc(memory, (list->n + rows->n) * sizeof *all);
	struct gt_texts *synonyms = gt_arena_zalloc(memory, rows->n * sizeof *synonyms);
	size_t old = list->n;
	struct gt_map before = list->by_code;
	struct gt_map_slot *slot;

	/* An extended list has its own rows, so that the words lead to them and not to the base's.
	 */
	list->by_code = (struct gt_map){0};
	for (size_t i = 0; i < old; i++)
		all[i] = list->v[i];
	for (size_t i = 0; (slot = gt_map_next(&before, &i)) != NULL;)
		(void)gt_map_set(&list->by_code, slot->key,
			&all[(const struct gt_code_row *)slot->value - list->v]);
	for (size_t i = 0; i < rows->n; i++)
		row_read(loader, rows, i, &all[old + i], &synonyms[i]);
	list->v = all;
	list->n = old + rows->n;
	for (size_t i = 0; i < rows->n; i++)
		row_code(loader, rows->keys[i]->pos, list, &all[old + i]);
	for (size_t i = 0; i < rows->n; i++) {
		struct gt_code_row *row = &all[old + i];
		const struct gt_yaml *node = rows->v[i];
		row_word(loader, rows->keys[i]->pos, list, row->code, row);
		if (row->title.zh.n)
			row_word(loader, gt_pos_of(node, "zh"), list, row->title.zh, row);
		if (row->title.en.n)
			row_word(loader, gt_pos_of(node, "en"), list, row->title.en, row);
		for (size_t k = 0; k < synonyms[i].n; k++)
			row_word(loader, gt_pos_of(node, "synonyms"), list, synonyms[i].v[k], row);
		if (row->successor.n && !gt_map_get(&list->by_code, row->successor))
			gt_unknown(loader, gt_pos_of(node, "successor"), GT_E_STD_CODE,
				row->successor, &list->by_code);
	}
}

void gt_list_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"rows", NULL};
	struct gt_standard *standard = loader->standard;
	struct gt_list_conf conf = {0};
	const struct gt_yaml *rows = gt_rows_of(loader, root, "rows");

	if (!gt_table_read(loader, gt_list_table, &conf, root, also) || !rows)
		return;
	gt_name_check(loader, gt_pos_of(root, "codes"), conf.name, '-');
	struct gt_code_list *list = gt_arena_zalloc(loader->conf.memory, sizeof *list);
	*list = (struct gt_code_list){.name = conf.name,
		.title = conf.title,
		.source = conf.source,
		.status = (enum gt_status)conf.status,
		.pos = root->pos};
	rows_read(loader, rows, list);
	gt_list_add(&standard->all_lists, list);
	struct gt_code_list *other = gt_map_get(&standard->list_by_name, conf.name);
	if (other) {
		gt_duplicate(loader, gt_pos_of(root, "codes"), conf.name, other->pos);
		return;
	}
	(void)gt_map_set(&standard->list_by_name, conf.name, list);
	gt_list_add(&standard->lists, list);
}

const struct gt_code_list *gt_list_of(
	const struct gt_loader *loader, const struct gt_package *package, struct gt_str name)
{
	for (; package; package = package->parent) {
		const struct gt_code_list *list = gt_map_get(&package->lists, name);
		if (list)
			return list;
	}
	return gt_map_get(&loader->standard->list_by_name, name);
}

void gt_list_extend(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"rows", NULL};
	struct gt_list_conf conf = {0};
	struct gt_package *package = loader->package;
	const struct gt_yaml *rows = gt_rows_of(loader, root, "rows");
	const struct gt_code_list *base;

	if (!gt_table_read(loader, gt_extend_list_table, &conf, root, also) || !rows)
		return;
	base = gt_list_of(loader, package, conf.name);
	if (!base) {
		gt_unknown(loader, gt_pos_of(root, "extend_codes"), GT_E_STD_LIST, conf.name,
			&loader->standard->list_by_name);
		return;
	}
	if (gt_map_get(&package->lists, conf.name)) {
		gt_duplicate(loader, gt_pos_of(root, "extend_codes"), conf.name, base->pos);
		return;
	}
	struct gt_code_list *list = gt_arena_zalloc(loader->conf.memory, sizeof *list);
	*list = *base;
	list->pos = root->pos;
	rows_read(loader, rows, list);
	gt_list_add(&loader->standard->all_lists, list);
	(void)gt_map_set(&package->lists, conf.name, list);
}
