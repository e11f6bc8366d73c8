/* coefficients.c: tables that turn a quantity into another one, with their basis. */
#include "load.h"

/* "0.1229" → 1229, 4. Positive. */
static bool factor_parse(struct gt_str text, int64_t *factor, unsigned *scale)
{
	const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;

	*scale = point ? (unsigned)(text.n - (size_t)(point - text.p) - 1) : 0;
	return *scale <= GT_SCALE_MAX && gt_scaled_parse(text, *scale, factor) && *factor > 0;
}

static const struct gt_unit *unit_of(
	struct gt_loader *loader, struct gt_pos pos, struct gt_str name)
{
	const struct gt_unit *unit = gt_map_get(&loader->standard->unit_by_name, name);

	if (!unit)
		gt_unknown(loader, pos, GT_E_STD_UNIT, name, &loader->standard->unit_by_name);
	return unit;
}

static void row_read(struct gt_loader *loader, const struct gt_yaml *key,
	const struct gt_yaml *node, struct gt_coefficients *table)
{
	struct gt_coefficient_conf conf = {0};
	struct gt_coefficient *row = gt_arena_zalloc(loader->conf.memory, sizeof *row);

	if (!gt_name_check(loader, key->pos, key->text, '-') ||
		!gt_table_read(loader, gt_coefficient_table, &conf, node, NULL))
		return;
	row->key = key->text;
	row->per = unit_of(loader, gt_pos_of(node, "per"), conf.per);
	row->source = conf.source.n ? conf.source : table->source;
	row->status =
		(enum gt_status)(gt_yaml_get(node, "status") ? conf.status : (int)table->status);
	if (!factor_parse(conf.factor, &row->factor, &row->scale))
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "factor"), GT_E_STD_COEFFICIENT,
			GT_WORD(conf.factor));
	(void)gt_map_set(&table->by_key, row->key, row);
}

void gt_coefficients_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"rows", NULL};
	struct gt_map *by_name = &loader->standard->coefficients_by_name;
	struct gt_coefficients_conf conf = {0};
	const struct gt_yaml *rows = gt_rows_of(loader, root, "rows");
	const struct gt_coefficients *other;

	if (!gt_table_read(loader, gt_coefficients_table, &conf, root, also) || !rows ||
		!gt_name_check(loader, gt_pos_of(root, "coefficients"), conf.name, '-'))
		return;
	struct gt_coefficients *table = gt_arena_zalloc(loader->conf.memory, sizeof *table);
	*table = (struct gt_coefficients){.name = conf.name,
		.title = conf.title,
		.to = unit_of(loader, gt_pos_of(root, "to"), conf.to),
		.source = conf.source,
		.status = (enum gt_status)conf.status,
		.layer = loader->package->name,
		.pos = gt_pos_of(root, "coefficients")};
	gt_list_add(&loader->standard->coefficients, table);
	for (size_t i = 0; i < rows->n; i++)
		row_read(loader, rows->keys[i], rows->v[i], table);
	other = gt_map_get(by_name, conf.name);
	if (other)
		gt_duplicate(loader, table->pos, conf.name, other->pos);
	else
		(void)gt_map_set(by_name, conf.name, table);
}
