/* codes.c: code lists and what overlays add to them. An overlay brings codes and words for codes;
 * whatever an inherited code means stays as it is. */
#include "load.h"

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

/* Reads a row of a code that is new; its synonyms are left to the second pass. */
static void row_read(struct gt_loader *loader, const struct gt_yaml *key,
	const struct gt_yaml *node, struct gt_code_row *row, struct gt_texts *synonyms)
{
	struct gt_row_conf conf = {0};

	*row = (struct gt_code_row){
		.code = key->text, .layer = loader->package->name, .pos = key->pos};
	if (!gt_table_read(loader, gt_row_table, &conf, node, NULL))
		return;
	row->title = conf.title;
	row->successor = conf.successor;
	row->parent = conf.parent;
	row->value = conf.value;
	int64_t number;
	if (conf.value.n && !gt_scaled_parse(conf.value, GT_SCALE_MAX / 2, &number))
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "value"), GT_E_STD_LIMIT,
			GT_WORD(conf.value), "decimal", "12.5");
	row->valid_from = day_of(loader, gt_pos_of(node, "from"), conf.from, INT64_MIN);
	row->valid_to = day_of(loader, gt_pos_of(node, "to"), conf.to, INT64_MAX);
	if (row->valid_from > row->valid_to)
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "to"), GT_E_STD_VALIDITY,
			GT_WORD(row->code), GT_WORD(conf.from), GT_WORD(conf.to));
	*synonyms = conf.synonyms;
}

/* An overlay's words about an inherited code: synonyms, and nothing that says otherwise. */
static void row_keep(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_code_row *row, struct gt_texts *synonyms)
{
	struct gt_row_conf conf = {0};

	if (gt_yaml_is_null(node)) {
		gt_diags_add(loader->conf.diags, node->pos, GT_E_STD_OVERLAY_REMOVES,
			GT_WORD(row->code), gt_place_text(loader, row->pos));
		return;
	}
	if (!gt_table_read(loader, gt_inherited_row_table, &conf, node, NULL))
		return;
	int64_t from = day_of(loader, gt_pos_of(node, "from"), conf.from, INT64_MIN),
		to = day_of(loader, gt_pos_of(node, "to"), conf.to, INT64_MAX);
	const struct {
		const char *key;
		bool same;
	} keys[] = {
		{"en", gt_str_eq(conf.title.en, row->title.en)},
		{"zh", gt_str_eq(conf.title.zh, row->title.zh)},
		{"from", from == row->valid_from},
		{"to", to == row->valid_to},
		{"successor", gt_str_eq(conf.successor, row->successor)},
		{"parent", gt_str_eq(conf.parent, row->parent)},
		{"value", gt_str_eq(conf.value, row->value)},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (gt_yaml_get(node, keys[i].key) && !keys[i].same)
			gt_diags_add(loader->conf.diags, gt_pos_of(node, keys[i].key),
				GT_E_STD_OVERLAY_CODE, keys[i].key, GT_WORD(row->code),
				gt_place_text(loader, row->pos));
	*synonyms = conf.synonyms;
}

/* The row of a code itself, not of one of its words; none and a diagnostic if there is no such. */
static const struct gt_code_row *row_named(struct gt_loader *loader,
	const struct gt_code_list *list, struct gt_pos pos, struct gt_str code)
{
	const struct gt_code_row *row = gt_map_get(&list->by_code, code);

	if (row && gt_str_eq(row->code, code))
		return row;
	gt_unknown(loader, pos, GT_E_STD_CODE, code, &list->by_code);
	return NULL;
}

/* The way from a code to the top of its tree ends. */
static void parent_check(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_code_list *list, const struct gt_code_row *row)
{
	struct gt_pos pos = gt_pos_of(node, "parent");
	const struct gt_code_row *above = row_named(loader, list, pos, row->parent);
	size_t depth = 1;

	for (; above && above->parent.n && depth < GT_CODE_DEPTH; depth++)
		above = gt_map_get(&list->by_code, above->parent);
	if (depth == GT_CODE_DEPTH)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_CODE_CIRCLE, GT_WORD(row->code),
			GT_TEXT("%d", GT_CODE_DEPTH));
}

/* The words of one row, once all codes are known. */
static void row_words(struct gt_loader *loader, const struct gt_yaml *key,
	const struct gt_yaml *node, struct gt_code_list *list, struct gt_code_row *row,
	struct gt_texts synonyms)
{
	row_word(loader, key->pos, list, row->code, row);
	if (row->title.zh.n)
		row_word(loader, gt_pos_of(node, "zh"), list, row->title.zh, row);
	if (row->title.en.n)
		row_word(loader, gt_pos_of(node, "en"), list, row->title.en, row);
	for (size_t k = 0; k < synonyms.n; k++)
		row_word(loader, gt_pos_of(node, "synonyms"), list, synonyms.v[k], row);
	if (row->successor.n)
		(void)row_named(loader, list, gt_pos_of(node, "successor"), row->successor);
	if (row->parent.n)
		parent_check(loader, node, list, row);
}

/* An extended list has its own rows, so that the words lead to them and not to the base's. */
static void rows_copy(const struct gt_code_list *from, struct gt_code_row *all, struct gt_map *to)
{
	struct gt_map_slot *slot;

	for (size_t i = 0; i < from->n; i++)
		all[i] = from->v[i];
	for (size_t i = 0; (slot = gt_map_next(&from->by_code, &i)) != NULL;)
		(void)gt_map_set(
			to, slot->key, &all[(const struct gt_code_row *)slot->value - from->v]);
}

/* The rows of `rows` behind those that `list` has. */
static void rows_read(
	struct gt_loader *loader, const struct gt_yaml *rows, struct gt_code_list *list)
{
	struct gt_arena *memory = loader->conf.memory;
	struct gt_code_row *all = gt_arena_zalloc(memory, (list->n + rows->n) * sizeof *all);
	struct gt_code_row **of = gt_arena_zalloc(memory, rows->n * sizeof *of);
	struct gt_texts *synonyms = gt_arena_zalloc(memory, rows->n * sizeof *synonyms);
	struct gt_map by_code = {0};
	size_t old = list->n, n = old;

	rows_copy(list, all, &by_code);
	list->by_code = by_code;
	for (size_t i = 0; i < rows->n; i++) {
		struct gt_code_row *known = gt_map_get(&list->by_code, rows->keys[i]->text);
		bool inherited =
			known && known < all + old && gt_str_eq(known->code, rows->keys[i]->text);
		of[i] = inherited ? known : &all[n++];
		if (inherited)
			row_keep(loader, rows->v[i], of[i], &synonyms[i]);
		else
			row_read(loader, rows->keys[i], rows->v[i], of[i], &synonyms[i]);
	}
	list->v = all;
	list->n = n;
	for (size_t i = 0; i < rows->n; i++)
		row_code(loader, rows->keys[i]->pos, list, of[i]);
	for (size_t i = 0; i < rows->n; i++)
		row_words(loader, rows->keys[i], rows->v[i], list, of[i], synonyms[i]);
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
		.layer = loader->package->name,
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
	if (conf.unit.n)
		gt_list_add(&loader->list_files, (void *)(uintptr_t)root);
}

void gt_lists_resolve(struct gt_loader *loader)
{
	const struct gt_map *units = &loader->standard->unit_by_name;

	for (size_t i = 0; i < loader->list_files.n; i++) {
		const struct gt_yaml *root = loader->list_files.v[i];
		struct gt_code_list *list = gt_map_get(
			&loader->standard->list_by_name, gt_yaml_get(root, "codes")->text);
		struct gt_str name = gt_yaml_get(root, "unit")->text;
		list->unit = gt_map_get(units, name);
		if (!list->unit)
			gt_unknown(loader, gt_pos_of(root, "unit"), GT_E_STD_UNIT, name, units);
	}
	gt_list_fini(&loader->list_files);
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
	const struct gt_code_list *other = gt_map_get(&package->lists, conf.name);
	if (other) {
		gt_duplicate(loader, gt_pos_of(root, "extend_codes"), conf.name, other->pos);
		return;
	}
	struct gt_code_list *list = gt_arena_zalloc(loader->conf.memory, sizeof *list);
	*list = *base;
	list->pos = root->pos;
	list->layer = package->name;
	/* What an overlay adds is no better confirmed because the rest is. */
	if (conf.status == GT_UNCONFIRMED)
		list->status = GT_UNCONFIRMED;
	if (conf.source.n)
		list->source = gt_arena_printf(loader->conf.memory, "%.*s%s%.*s",
			GT_STR_ARGS(base->source), base->source.n ? "; " : "",
			GT_STR_ARGS(conf.source));
	rows_read(loader, rows, list);
	gt_list_add(&loader->standard->all_lists, list);
	(void)gt_map_set(&package->lists, conf.name, list);
}
