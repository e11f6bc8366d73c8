/* program_compile.c: what lines and the standard compute, checked and made ready. */
#include "compile.h"
#include "lookup.h"

/* Every name is a source field. */
static bool field(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	*id = gt_field_id(arg, name);
	*kind = (struct gt_expr_kind){GT_EXPR_TEXT_TYPE, NULL};
	return true;
}

static const struct gt_expr *row_expr(
	struct gt_compiler *c, struct gt_str text, struct gt_pos pos, int zone_minutes)
{
	const struct gt_expr_scope scope = {.name = field,
		.arg = c,
		.standard = c->plan->standard,
		.memory = &c->plan->memory,
		.diags = c->diags,
		.zone_minutes = zone_minutes};
	const struct gt_expr *expr =
		gt_expr_compile(&scope, gt_arena_copy(&c->plan->memory, text), pos);

	if (expr)
		c->plan->exprs[c->plan->expr_count++] = expr;
	c->ok = c->ok && expr;
	return expr;
}

const struct gt_expr *gt_row_condition(
	struct gt_compiler *compiler, struct gt_str text, struct gt_pos pos, int zone_minutes)
{
	const struct gt_expr *expr = row_expr(compiler, text, pos, zone_minutes);

	if (expr && !gt_expr_is_condition(expr, compiler->diags))
		compiler->ok = false;
	return expr;
}

/* From the unit of an expression to the element's. */
static void unit_of_result(struct gt_compiler *c, const struct gt_expr *expr,
	const struct gt_element *element, struct gt_ratio *ratio)
{
	const struct gt_unit *from = expr->kind.unit;

	if (from && !gt_ratio_between(from, element->unit, ratio))
		gt_compile_error(c, expr->pos, GT_E_MAP_UNIT_RANGE, gt_word(c, from->name),
			gt_word(c, element->unit->name));
}

static void expr_compile(struct gt_compiler *c, struct gt_line *line, int zone)
{
	const struct gt_map_line *map = line->map;
	const struct gt_expr *expr = row_expr(c, map->expr, map->expr_pos, zone);

	line->program->expr = expr;
	if (!expr)
		return;
	if (!gt_expr_fits(expr, line->element, c->diags)) {
		c->ok = false;
		return;
	}
	if (map->unit.p && expr->kind.unit)
		gt_compile_error(
			c, map->unit_pos, GT_E_MAP_UNIT_TWICE, gt_word(c, expr->kind.unit->name));
	unit_of_result(c, expr, line->element, &line->unit);
}

void gt_program_compile(struct gt_compiler *compiler, struct gt_line *line)
{
	const struct gt_map_line *map = line->map;
	struct gt_plan *plan = compiler->plan;
	int zone = map->has_zone ? map->zone_minutes : compiler->mapping->zone_minutes;

	if (!map->expr.p && !map->when.p && !map->lookup)
		return;
	line->program = gt_arena_zalloc(&plan->memory, sizeof *line->program);
	if (map->expr.p)
		expr_compile(compiler, line, zone);
	if (map->when.p)
		line->program->when = gt_row_condition(compiler, map->when, map->when_pos, zone);
	if (!map->lookup)
		return;
	struct gt_lookup *lookup = gt_lookup_new(map->lookup, compiler->diags);
	line->program->lookup = lookup;
	line->program->lookup_rejects = map->lookup->reject;
	compiler->ok = compiler->ok && lookup;
	if (lookup)
		plan->lookups[plan->lookup_count++] = lookup;
}

void gt_derived_compile(struct gt_compiler *compiler, struct gt_variant *variant)
{
	const struct gt_entity *entity = variant->entity;

	variant->derived = gt_arena_alloc(
		&compiler->plan->memory, (entity->derived_count + 1) * sizeof *variant->derived);
	for (size_t i = 0; i < entity->derived_count; i++) {
		const struct gt_element *element = &entity->elements[entity->derived[i]];
		struct gt_step *step = &variant->derived[variant->derived_count++];
		*step = (struct gt_step){.element = element,
			.index = entity->derived[i],
			.field = GT_NO_FIELD,
			.cleaning = gt_cleaning_of(element),
			.zone_minutes = element->derive->zone_minutes,
			.unit = {1, 1},
			.max_length = element->max_length ? element->max_length : 2000};
		unit_of_result(compiler, element->derive, element, &step->unit);
		variant->marked = variant->marked || element->protection != GT_OPEN;
	}
}
