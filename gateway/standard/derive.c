/* derive.c: the expressions of an entity: its rules, and values that are computed from others. */
#include "gt_assert.h"
#include "load.h"

#include <stdlib.h>

static bool element_name(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	const struct gt_entity *entity = arg;
	uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, name);

	if (!at)
		return false;
	*id = (uint32_t)(at - 1);
	*kind = gt_expr_kind_of(&entity->elements[at - 1]);
	return true;
}

static size_t element_names(void *arg, const char **names, size_t room)
{
	const struct gt_entity *entity = arg;
	size_t n = 0;

	for (; n < entity->n && n < room; n++)
		names[n] = entity->elements[n].name.p;
	return n;
}

const struct gt_expr *gt_entity_expr(
	struct gt_loader *loader, struct gt_entity *entity, struct gt_str text, struct gt_pos pos)
{
	const struct gt_expr_scope scope = {.name = element_name,
		.names = element_names,
		.arg = entity,
		.standard = loader->standard,
		.memory = loader->conf.memory,
		.diags = loader->conf.diags,
		.zone_minutes = GT_STANDARD_ZONE};
	struct gt_expr *expr = gt_expr_compile(&scope, text, pos);

	if (expr)
		gt_list_add(&loader->standard->exprs, expr);
	return expr;
}

/* What is computed from a personal value may tell it. */
static void protection_kept(
	struct gt_loader *loader, const struct gt_entity *entity, const struct gt_element *element)
{
	const struct gt_expr *expr = element->derive;

	for (size_t i = 0; element->protection == GT_OPEN && i < expr->name_count; i++) {
		const struct gt_element *from = &entity->elements[expr->names[i]];
		if (from->protection == GT_OPEN)
			continue;
		gt_diags_add(loader->conf.diags, element->derive_pos, GT_E_STD_DERIVE_PROTECTED,
			GT_WORD(element->name), GT_WORD(from->name));
		return;
	}
}

/* The order of computation: an element comes behind those that it is computed from. */
struct ordering {
	struct gt_loader *loader;
	struct gt_entity *entity;
	uint32_t *order;
	size_t n;
	unsigned char *state; /* of each element: 0 new, 1 being visited, 2 done */
};

static void visit(struct ordering *o, uint32_t index)
{
	const struct gt_element *element = &o->entity->elements[index];

	if (!element->derive || o->state[index] == 2)
		return;
	if (o->state[index] == 1) {
		gt_diags_add(o->loader->conf.diags, element->derive_pos, GT_E_STD_DERIVE_CYCLE,
			GT_WORD(element->name));
		o->state[index] = 2;
		return;
	}
	o->state[index] = 1;
	for (size_t i = 0; i < element->derive->name_count; i++)
		visit(o, element->derive->names[i]);
	if (o->state[index] == 1)
		o->order[o->n++] = index;
	o->state[index] = 2;
}

void gt_derive_read(struct gt_loader *loader, struct gt_entity *entity)
{
	struct ordering o = {.loader = loader,
		.entity = entity,
		.order = gt_arena_zalloc(loader->conf.memory, (entity->n + 1) * sizeof *o.order),
		.state = gt_alloc(entity->n + 1)};
	struct gt_element *elements = (struct gt_element *)(uintptr_t)entity->elements;

	for (size_t i = 0; i < entity->n; i++) {
		struct gt_element *e = &elements[i];
		if (!e->derive_text.n || e->derive)
			continue;
		e->derive = gt_entity_expr(loader, entity, e->derive_text, e->derive_pos);
		if (e->derive && gt_expr_fits(e->derive, e, loader->conf.diags))
			protection_kept(loader, entity, e);
	}
	for (uint32_t i = 0; i < entity->n; i++)
		visit(&o, i);
	entity->derived = o.order;
	entity->derived_count = o.n;
	free(o.state);
}
