/* substances.c: how much of one quantity is how much of another, for one substance: a litre of
 * diesel in kilograms, a cubic metre of water. Coefficients, so data; an assumed one is flagged
 * wherever it is used. */
#include "load.h"

static void row_read(struct gt_loader *loader, const struct gt_substances_conf *around,
	const struct gt_yaml *name, const struct gt_yaml *node)
{
	struct gt_map *map = &loader->standard->substance_by_name;
	struct gt_substance *substance = gt_arena_zalloc(loader->conf.memory, sizeof *substance);
	struct gt_substance_conf conf = {0};
	int64_t micro;

	if (!gt_name_check(loader, name->pos, name->text, '-') ||
		!gt_table_read(loader, gt_substance_table, &conf, node, NULL))
		return;
	*substance = (struct gt_substance){.name = name->text,
		.title = conf.title,
		.from = around->from,
		.to = around->to,
		.assumed = conf.assumed,
		.source = conf.source.n ? conf.source : around->source,
		.pos = name->pos};
	if (!gt_scaled_parse(conf.factor, 6, &micro) || micro < 1 ||
		micro > INT64_C(1000000000000)) {
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "factor"), GT_E_STD_DENSITY,
			GT_WORD(conf.factor));
		return;
	}
	substance->num = micro;
	substance->den = 1000000;
	for (; substance->num % 10 == 0 && substance->den > 1; substance->num /= 10)
		substance->den /= 10;
	const struct gt_substance *other = gt_map_set(map, name->text, substance);
	if (other)
		gt_duplicate(loader, name->pos, name->text, other->pos);
}

void gt_substances_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"rows", NULL};
	struct gt_substances_conf around = {0};
	const struct gt_yaml *rows = gt_rows_of(loader, root, "rows");

	if (!gt_table_read(loader, gt_substances_table, &around, root, also) || !rows)
		return;
	for (size_t i = 0; i < rows->n; i++)
		row_read(loader, &around, rows->keys[i], rows->v[i]);
}
