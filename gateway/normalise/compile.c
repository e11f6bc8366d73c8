/* compile.c: a mapping against the standard to a plan. Every mistake is reported, each once. */
#include "compile.h"
#include "gt_assert.h"

#include <stdlib.h>

static void unknown_entity(struct gt_compiler *c)
{
	const struct gt_entity *const *entities;
	size_t n = gt_standard_entities(c->plan->standard, &entities);
	const char **names = gt_alloc((n + 1) * sizeof *names), *near;
	struct gt_str wanted = gt_arena_printf(
		&c->plan->memory, "%.*s@%u", GT_STR_ARGS(c->mapping->entity), c->mapping->major);

	for (size_t i = 0; i < n; i++)
		names[i] = gt_arena_printf(&c->plan->memory, "%.*s@%u",
			GT_STR_ARGS(entities[i]->name), entities[i]->major)
				   .p;
	near = gt_nearest(wanted, names, n);
	gt_compile_error(c, c->mapping->entity_pos, near ? GT_E_MAP_ENTITY_NEAR : GT_E_MAP_ENTITY,
		wanted.p, near ? near : gt_joined(c, names, n));
	free(names);
}

static bool find_entity(struct gt_compiler *c)
{
	struct gt_plan *plan = c->plan;
	struct gt_str name = c->mapping->entity;
	unsigned major = c->mapping->major;

	plan->base = gt_standard_entity(plan->standard, name, major, gt_str(NULL, 0));
	if (!plan->base) {
		unknown_entity(c);
		return false;
	}
	plan->variant_count = gt_standard_variants(plan->standard, name, major);
	plan->variants =
		gt_arena_zalloc(&plan->memory, plan->variant_count * sizeof *plan->variants);
	for (size_t i = 0; i < plan->variant_count; i++)
		plan->variants[i].entity = gt_standard_variant(plan->standard, name, major, i);
	return true;
}

uint32_t gt_field_id(struct gt_compiler *c, struct gt_str name)
{
	uintptr_t at = (uintptr_t)gt_map_get(&c->fields, name);

	if (at)
		return (uint32_t)(at - 1);
	if (c->field_count == GT_FIELDS_MAX) {
		if (c->ok)
			gt_compile_error(
				c, c->mapping->pos, GT_E_MAP_FIELDS, GT_TEXT("%u", GT_FIELDS_MAX));
		return 0;
	}
	c->field_names[c->field_count] = gt_arena_copy(&c->whole->memory, name);
	(void)gt_map_set(&c->fields, c->field_names[c->field_count],
		(void *)(uintptr_t)(c->field_count + 1));
	return (uint32_t)c->field_count++;
}

/* All parts have the fields of the whole; each its own that feed required elements. */
static void keep_fields(struct gt_compiler *c, struct gt_plan *plan, const struct gt_line *lines,
	size_t n, const struct gt_str *fields)
{
	plan->fields = fields;
	plan->field_count = c->field_count;
	plan->field_required = gt_arena_zalloc(&plan->memory, c->field_count + 1);
	for (size_t i = 0; i < n; i++)
		if (lines[i].field != GT_NO_FIELD && lines[i].element && lines[i].element->required)
			plan->field_required[lines[i].field] = true;
}

static void set_division(struct gt_compiler *c)
{
	struct gt_plan *plan = c->plan;
	char form[12];
	size_t n;

	plan->division_field = GT_NO_FIELD;
	if (c->mapping->division_from.p)
		plan->division_field = gt_field_id(c, c->mapping->division_from);
	if (!c->mapping->division.p)
		return;
	if (gt_division_form(gt_clean_copy(c, c->mapping->division, GT_CLEAN_FORM), form, &n))
		plan->division = gt_arena_copy(&plan->memory, gt_str(form, n));
	else
		gt_compile_error(c, c->mapping->division_pos, GT_E_MAP_DIVISION,
			gt_word(c, c->mapping->division));
}

static void unknown_element(struct gt_compiler *c, const struct gt_map_line *map)
{
	const struct gt_entity *base = c->plan->base;
	const char **names = gt_alloc((base->n + 1) * sizeof *names), *near;
	struct gt_str id =
		gt_arena_printf(&c->plan->memory, "%.*s@%u", GT_STR_ARGS(base->name), base->major);

	for (size_t i = 0; i < base->n; i++)
		names[i] = gt_word(c, base->elements[i].name);
	near = gt_nearest(map->element, names, base->n);
	gt_compile_error(c, map->pos, near ? GT_E_MAP_ELEMENT_NEAR : GT_E_MAP_ELEMENT, id.p,
		gt_word(c, map->element), near ? near : gt_joined(c, names, base->n));
	free(names);
}

static void resolve_line(struct gt_compiler *c, size_t i)
{
	struct gt_line *line = &c->lines[i];
	const struct gt_map_line *map = &c->mapping->v[i];

	line->map = map;
	line->field = map->from.p ? gt_field_id(c, map->from) : GT_NO_FIELD;
	for (size_t k = 0; k < i; k++)
		if (gt_str_eq(c->mapping->v[k].element, map->element)) {
			gt_compile_error(
				c, map->pos, GT_E_MAP_ELEMENT_TWICE, gt_word(c, map->element));
			return;
		}
	for (size_t v = 0; v < c->plan->variant_count && !line->element; v++) {
		const struct gt_entity *entity = c->plan->variants[v].entity;
		uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, map->element);
		line->element = at ? &entity->elements[at - 1] : NULL;
		line->variant = v;
	}
	if (!line->element) {
		if (!map->shared)
			unknown_element(c, map);
		return;
	}
	gt_line_compile(c, line);
}

static bool is_key(const struct gt_entity *entity, uint32_t index)
{
	for (size_t i = 0; i < entity->key_count; i++)
		if (entity->key[i] == index)
			return true;
	return false;
}

static struct gt_step step_of(struct gt_compiler *c, const struct gt_entity *entity, uint32_t index,
	const struct gt_line *line)
{
	struct gt_arena *memory = &c->plan->memory;
	const struct gt_element *element = &entity->elements[index];
	const struct gt_map_line *map = line->map;

	return (struct gt_step){
		.element = element,
		.index = index,
		.field = line->field,
		.cleaning = gt_cleaning_of(element),
		.zone_minutes = map->has_zone ? map->zone_minutes : c->mapping->zone_minutes,
		.constant = map->value.p ? gt_arena_copy(memory, map->value) : gt_str(NULL, 0),
		.otherwise =
			map->otherwise.p ? gt_arena_copy(memory, map->otherwise) : gt_str(NULL, 0),
		.nulls = line->nulls,
		.null_count = map->null_count,
		.codes = line->codes,
		.unit = line->unit,
		.program = line->program,
		.unit_flags = line->unit_flags,
		.max_length = element->max_length ? element->max_length : 2000,
		.key = is_key(entity, index),
		.numbers = gt_numbers_in(entity, index),
	};
}

/* A required element without a line; once, though several variants may need it. */
static void check_required(struct gt_compiler *c, size_t v, const bool *mapped)
{
	const struct gt_entity *entity = c->plan->variants[v].entity;

	for (uint32_t i = 0; i < entity->n; i++) {
		const struct gt_element *element = &entity->elements[i];
		uintptr_t base = (uintptr_t)gt_map_get(&c->plan->base->by_name, element->name);
		if (mapped[i] || !element->required || element->derive)
			continue;
		if (v > 0 && base && c->plan->base->elements[base - 1].required)
			continue;
		gt_compile_error(c, c->mapping->pos, GT_E_MAP_REQUIRED, gt_word(c, element->name),
			gt_arena_printf(&c->plan->memory, "%.*s@%u", GT_STR_ARGS(entity->name),
				entity->major)
				.p);
	}
}

static void make_variant(struct gt_compiler *c, size_t v)
{
	struct gt_variant *variant = &c->plan->variants[v];
	const struct gt_entity *entity = variant->entity;
	bool *mapped = gt_alloc(entity->n + 1);

	variant->steps =
		gt_arena_alloc(&c->plan->memory, (c->mapping->n + 1) * sizeof *variant->steps);
	for (size_t i = 0; i < c->mapping->n; i++) {
		uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, c->mapping->v[i].element);
		if (!at || !c->lines[i].element || mapped[at - 1])
			continue;
		mapped[at - 1] = true;
		struct gt_step step = step_of(c, entity, (uint32_t)(at - 1), &c->lines[i]);
		variant->steps[variant->n++] = step;
		variant->marked = variant->marked || step.element->protection != GT_OPEN;
		if ((int)step.index != entity->event_time)
			continue;
		/* Codes are judged at the event's time: it comes first. */
		variant->steps[variant->n - 1] = variant->steps[0];
		variant->steps[0] = step;
	}
	check_required(c, v, mapped);
	free(mapped);
	gt_derived_compile(c, variant);
}

static void check_marked(struct gt_compiler *c, const struct gt_pseudonym_key *key)
{
	for (size_t i = 0; i < c->mapping->n; i++) {
		const struct gt_line *line = &c->lines[i];
		if (line->element && line->element->protection != GT_OPEN && !(key && key->set))
			gt_compile_error(
				c, line->map->pos, GT_E_MAP_KEY, gt_word(c, line->map->element));
	}
	for (size_t v = 0; v < c->plan->variant_count; v++)
		for (size_t i = 0; i < c->plan->variants[v].derived_count; i++) {
			const struct gt_element *e = c->plan->variants[v].derived[i].element;
			if (e->protection != GT_OPEN && !(key && key->set))
				gt_compile_error(
					c, c->mapping->pos, GT_E_MAP_KEY, gt_word(c, e->name));
		}
}

/* Constants and defaults go through the same steps as a source's values, once, here. */
static void check_constant(struct gt_compiler *c, struct gt_run *run, const struct gt_step *step,
	struct gt_str word, struct gt_pos pos)
{
	struct gt_element element = *step->element;
	struct gt_step strict = *step;
	struct gt_value raw = gt_value_text(word), value;
	char sentence[512];

	element.required = true;
	strict.element = &element;
	run->norm->reason_count = 0;
	run->norm->flags[step->index] = 0;
	if (!word.p || gt_step_convert(run, &strict, &raw, &value) == GT_GOT_VALUE)
		return;
	if (run->norm->reason_count == 0)
		(void)gt_step_broken(run, &strict, 0, GT_E_VALUE_MISSING, GT_LIT(""), NULL);
	gt_compile_error(c, pos, GT_E_MAP_CONSTANT,
		step->element->protection == GT_OPEN ? gt_word(c, word) : "***",
		gt_word(c, step->element->name),
		gt_err_sentence(&run->norm->reasons[0].err, sentence, sizeof sentence));
}

static void check_constants(struct gt_compiler *c)
{
	struct gt_norm norm;

	gt_norm_init(&norm);
	for (size_t i = 0; i < c->mapping->n; i++) {
		const struct gt_line *line = &c->lines[i];
		if (!line->element || (!line->map->value.p && !line->map->otherwise.p))
			continue;
		const struct gt_variant *variant = &c->plan->variants[line->variant];
		struct gt_run run = {.plan = c->plan,
			.variant = variant,
			.arena = &c->plan->memory,
			.norm = &norm};
		gt_norm_widen(&norm, variant->entity->n);
		for (size_t k = 0; k < variant->n; k++) {
			if (variant->steps[k].element != line->element)
				continue;
			check_constant(c, &run, &variant->steps[k], variant->steps[k].constant,
				line->map->value_pos);
			check_constant(c, &run, &variant->steps[k], variant->steps[k].otherwise,
				line->map->default_pos);
		}
	}
	gt_norm_fini(&norm);
}

static void compile(struct gt_compiler *c, const struct gt_pseudonym_key *key)
{
	struct gt_plan *plan = c->plan;
	size_t n = c->mapping->n;

	if (!find_entity(c))
		return;
	plan->code_maps = gt_arena_zalloc(&plan->memory, (n + 1) * sizeof *plan->code_maps);
	if (n > GT_FIELDS_MAX - 1) {
		gt_compile_error(
			c, c->mapping->pos, GT_E_MAP_FIELDS, GT_TEXT("%u", GT_FIELDS_MAX - 1));
		return;
	}
	plan->exprs = gt_arena_zalloc(&plan->memory, (2 * n + 3) * sizeof *plan->exprs);
	plan->lookups = gt_arena_zalloc(&plan->memory, (n + 1) * sizeof *plan->lookups);
	c->lines = gt_arena_zalloc(&plan->memory, (n + 1) * sizeof *c->lines);
	plan->zone_minutes = c->mapping->zone_minutes;
	plan->words = gt_standard_words(plan->standard);
	set_division(c);
	for (size_t i = 0; i < n; i++)
		resolve_line(c, i);
	if (c->mapping->skip.p)
		plan->skip = gt_row_condition(
			c, c->mapping->skip, c->mapping->skip_pos, c->mapping->zone_minutes);
	if (c->mapping->when.p)
		plan->when = gt_row_condition(
			c, c->mapping->when, c->mapping->when_pos, c->mapping->zone_minutes);
	for (size_t v = 0; v < plan->variant_count; v++)
		make_variant(c, v);
	check_marked(c, key);
	if (c->ok)
		check_constants(c);
}

static void set_key(struct gt_keyed *keyed, const struct gt_pseudonym_key *key)
{
	if (!key || !key->set)
		return;
	memcpy(keyed->id, key->id, sizeof keyed->id);
	keyed->id[sizeof keyed->id - 1] = '\0';
	gt_hmac_init(&keyed->hmac, key->key);
}

static struct gt_plan *plan_alloc(struct gt_standard *standard, const struct gt_mapping *mapping,
	const struct gt_pseudonym_key *key)
{
	static atomic_ulong last_id;
	struct gt_plan *plan = gt_alloc(sizeof *plan);

	atomic_init(&plan->references, 1);
	plan->id = atomic_fetch_add(&last_id, 1) + 1;
	plan->standard = gt_standard_ref(standard);
	gt_arena_init(&plan->memory, 0);
	set_key(&plan->keyed, key);
	set_key(&plan->subject, mapping->subject_key ? mapping->subject_key : key);
	return plan;
}

/* A line of all parts is a mistake only if it is for none of them. */
static void check_shared(struct gt_compiler *c, const struct gt_line *const *lines)
{
	const struct gt_mapping *whole = c->mapping;

	for (size_t i = 0; i < whole->parts[0].n; i++) {
		const struct gt_map_line *map = &whole->parts[0].v[i];
		bool used = !map->shared;
		for (size_t p = 0; p < whole->part_count; p++)
			for (size_t k = 0; k < whole->parts[p].n && !used; k++)
				used = lines[p] && lines[p][k].element &&
				       gt_str_eq(whole->parts[p].v[k].element, map->element);
		if (used || !lines[0])
			continue;
		c->plan = c->whole->parts[0];
		unknown_element(c, map);
	}
}

static void compile_parts(struct gt_compiler *c, const struct gt_pseudonym_key *key)
{
	const struct gt_mapping *whole = c->mapping;
	const struct gt_line *lines[GT_SPLIT_MAX] = {NULL};
	size_t n = whole->part_count ? whole->part_count : 1;
	struct gt_str *fields;

	GT_ASSERT(n <= GT_SPLIT_MAX);
	c->whole->parts = gt_arena_zalloc(&c->whole->memory, n * sizeof *c->whole->parts);
	for (size_t i = 0; i < n; i++) {
		if (whole->part_count) {
			c->mapping = &whole->parts[i];
			c->plan = plan_alloc(c->whole->standard, c->mapping, key);
			c->whole->parts[c->whole->part_count++] = c->plan;
		}
		c->lines = NULL;
		compile(c, key);
		lines[i] = c->lines;
	}
	c->mapping = whole;
	if (whole->part_count)
		check_shared(c, lines);
	if (!c->ok)
		return;
	fields = gt_arena_alloc(&c->whole->memory, (c->field_count + 1) * sizeof *fields);
	memcpy(fields, c->field_names, c->field_count * sizeof *fields);
	for (size_t i = 0; i < whole->part_count; i++) {
		keep_fields(c, c->whole->parts[i], lines[i], whole->parts[i].n, fields);
		gt_plan_set_digest(c->whole->parts[i], &whole->parts[i]);
		c->whole->base = c->whole->parts[0]->base;
	}
	keep_fields(c, c->whole, lines[0], whole->part_count ? 0 : whole->n, fields);
	gt_plan_set_digest(c->whole, whole);
}

struct gt_plan *gt_plan_new(struct gt_standard *standard, const struct gt_mapping *mapping,
	const struct gt_pseudonym_key *key, struct gt_diags *diags)
{
	struct gt_plan *plan = plan_alloc(standard, mapping, key);
	struct gt_compiler c = {
		.plan = plan, .whole = plan, .mapping = mapping, .diags = diags, .ok = true};

	compile_parts(&c, key);
	gt_map_fini(&c.fields);
	if (c.ok)
		return plan;
	gt_plan_unref(plan);
	return NULL;
}
