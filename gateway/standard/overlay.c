/* overlay.c: effective variants: an entity as an overlay's divisions see it. An overlay adds
 * elements, codes and rules and narrows limits; whatever would change what an inherited element
 * means is refused, naming both places. */
#include "load.h"

static const char *const extension_also[] = {"elements", "rules", "sample", "examples", NULL};

struct narrowing {
	struct gt_loader *loader;
	const struct gt_yaml *node;
	const struct gt_element *base;
};

struct gt_pos gt_said_at(const struct gt_element *element, const char *key)
{
	for (; element->below; element = element->below)
		if (gt_yaml_get(element->said, key))
			return gt_pos_of(element->said, key);
	return gt_yaml_get(element->said, key) ? gt_pos_of(element->said, key) : element->pos;
}

static void refuse(const struct narrowing *at, enum gt_code code, const char *key, const char *was)
{
	gt_diags_add(at->loader->conf.diags, gt_pos_of(at->node, key), code, key,
		GT_WORD(at->base->name), was, gt_place_text(at->loader, gt_said_at(at->base, key)));
}

/* A key that the overlay wrote must say what the base says. */
static void same(const struct narrowing *at, const char *key, bool equal, const char *was)
{
	if (gt_yaml_get(at->node, key) && !equal)
		refuse(at, GT_E_STD_OVERLAY_CHANGES, key, was);
}

static bool title_eq(const struct gt_title *a, const struct gt_title *b)
{
	return gt_str_eq(a->en, b->en) && gt_str_eq(a->zh, b->zh);
}

static void meaning_kept(const struct narrowing *at, const struct gt_element_conf *conf)
{
	const struct gt_element *base = at->base;
	struct gt_str unit = base->unit ? base->unit->name : gt_str(NULL, 0);
	struct gt_str codes = base->codes ? base->codes->name : gt_str(NULL, 0);

	same(at, "type", conf->type == (int)base->type, gt_type_name(base->type));
	same(at, "title", title_eq(&conf->title, &base->title), GT_WORD(base->title.zh));
	same(at, "definition", title_eq(&conf->definition, &base->definition),
		GT_WORD(base->definition.zh));
	same(at, "unit", gt_str_eq(conf->unit, unit), GT_WORD(unit));
	same(at, "codes", gt_str_eq(conf->codes, codes), GT_WORD(codes));
	same(at, "scale", conf->scale == (int64_t)base->scale, GT_TEXT("%u", base->scale));
	same(at, "format", conf->format == (int)base->format, gt_format_name(base->format));
	same(at, "pattern", !base->pattern || gt_str_eq(conf->pattern, base->pattern_text),
		GT_WORD(base->pattern_text));
	same(at, "protection",
		conf->protection == (int)base->protection || base->protection == GT_OPEN,
		gt_protection_name(base->protection));
	same(at, "derive", gt_str_eq(conf->derive, base->derive_text), GT_WORD(base->derive_text));
	same(at, "substance",
		gt_str_eq(
			conf->substance, base->substance ? base->substance->name : gt_str(NULL, 0)),
		GT_WORD(base->substance ? base->substance->name : gt_str(NULL, 0)));
	same(at, "list", conf->list == base->list, base->list ? "true" : "false");
	same(at, "personal_numbers", conf->personal == (int)base->personal,
		gt_numbers_name(base->personal));
	same(at, "source", gt_str_eq(conf->source, base->source), GT_WORD(base->source));
	same(at, "status", conf->status == (int)base->status,
		base->status == GT_VERIFIED ? "verified" : "unconfirmed");
}

static void limits_narrowed(const struct narrowing *at, const struct gt_element *element)
{
	const struct gt_element *base = at->base;

	if (base->has_min && element->min < base->min)
		refuse(at, GT_E_STD_OVERLAY_WIDENS, "min",
			gt_limit_text(at->loader, base, base->min));
	if (base->has_max && element->max > base->max)
		refuse(at, GT_E_STD_OVERLAY_WIDENS, "max",
			gt_limit_text(at->loader, base, base->max));
	if (base->max_length && element->max_length > base->max_length)
		refuse(at, GT_E_STD_OVERLAY_WIDENS, "max_length", GT_TEXT("%zu", base->max_length));
}

static void synonyms_added(
	struct gt_loader *loader, struct gt_texts more, struct gt_element *element)
{
	size_t old = element->synonym_count;
	struct gt_str *all = gt_arena_zalloc(loader->conf.memory, (old + more.n + 1) * sizeof *all);

	for (size_t i = 0; i < old; i++)
		all[i] = element->synonyms[i];
	for (size_t i = 0; i < more.n; i++)
		all[old + i] = more.v[i];
	element->synonyms = all;
	element->synonym_count = old + more.n;
}

/* An overlay's words about an inherited element, applied to `element`, a copy of it. */
static void narrow(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_element *base, struct gt_element *element)
{
	struct narrowing at = {loader, node, base};
	struct gt_element_conf conf = {0};

	if (gt_yaml_is_null(node)) {
		gt_diags_add(loader->conf.diags, node->pos, GT_E_STD_OVERLAY_REMOVES,
			GT_WORD(base->name), gt_place_text(loader, base->pos));
		return;
	}
	if (!gt_table_read(loader, gt_narrow_table, &conf, node, NULL))
		return;
	meaning_kept(&at, &conf);
	if (!gt_keys_fit(loader, node, base->type))
		return;
	if (gt_yaml_get(node, "required")) {
		if (base->required && !conf.required)
			gt_diags_add(loader->conf.diags, gt_pos_of(node, "required"),
				GT_E_STD_OVERLAY_DROPS, GT_WORD(base->name),
				gt_place_text(loader, gt_said_at(base, "required")));
		element->required = conf.required;
	}
	if (gt_yaml_get(node, "protection"))
		element->protection = (enum gt_protection)conf.protection;
	if (gt_yaml_get(node, "max_length"))
		element->max_length = (size_t)conf.max_length;
	if (conf.pattern.n && !base->pattern)
		gt_pattern_read(loader, node, conf.pattern, element);
	if (gt_limits_read(loader, node, &conf, element))
		limits_narrowed(&at, element);
	if (conf.synonyms.n)
		synonyms_added(loader, conf.synonyms, element);
	element->layer = loader->package->name;
	element->said = node;
	element->below = base;
}

static void extend(struct gt_loader *loader, const struct gt_yaml *root,
	const struct gt_entity *from, struct gt_entity *entity)
{
	const struct gt_yaml *rows = gt_yaml_get(root, "elements"),
			     *rules = gt_yaml_get(root, "rules");
	struct gt_entity_conf around = {0};
	size_t more = rows && rows->kind == GT_YAML_MAP ? rows->n : 0, added = 0;
	struct gt_element *all = (struct gt_element *)(uintptr_t)entity->elements;

	if (!gt_table_read(loader, gt_extend_entity_table, &around, root, extension_also))
		return; /* told when the file was kept */
	for (size_t i = 0; i < more; i++)
		added += gt_map_get(&from->by_name, rows->keys[i]->text) == NULL;
	if (from->n + added > GT_ELEMENTS_MAX) {
		gt_diags_add(loader->conf.diags, rows->pos, GT_E_STD_TOO_MANY,
			GT_WORD(entity->name), GT_TEXT("%d", GT_ELEMENTS_MAX), "elements");
		return;
	}
	if (rows && rows->kind != GT_YAML_MAP)
		gt_diags_add(loader->conf.diags, rows->pos, GT_E_OPTION_WANTS_MAPPING, "elements");
	for (size_t i = 0; i < more; i++) {
		uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, rows->keys[i]->text);
		if (at)
			narrow(loader, rows->v[i], &from->elements[at - 1], &all[at - 1]);
		else if (gt_element_read(
				 loader, rows->keys[i], rows->v[i], &around, &all[entity->n]))
			entity->n++;
	}
	gt_entity_index(entity);
	gt_derive_read(loader, entity);
	if (rules)
		gt_rules_read(loader, rules, entity);
}

/* A copy of an entity with room for `more` elements. */
static struct gt_entity *copy(struct gt_loader *loader, const struct gt_entity *from, size_t more)
{
	struct gt_entity *entity = gt_arena_zalloc(loader->conf.memory, sizeof *entity);
	struct gt_element *elements =
		gt_arena_zalloc(loader->conf.memory, (from->n + more + 1) * sizeof *elements);

	*entity = *from;
	memcpy(elements, from->elements, from->n * sizeof *elements);
	entity->elements = elements;
	entity->by_name = (struct gt_map){0};
	gt_entity_index(entity);
	gt_list_add(&loader->standard->all_entities, entity);
	return entity;
}

static bool lists_changed(struct gt_loader *loader, const struct gt_entity *entity)
{
	for (size_t i = 0; i < entity->n; i++)
		if (entity->elements[i].codes &&
			gt_map_get(&loader->package->lists, entity->elements[i].codes->name))
			return true;
	return false;
}

/* The variant of one entity for the package that is being read. */
static size_t variant(struct gt_loader *loader, struct gt_family *family)
{
	struct gt_package *package = loader->package;
	size_t below = package->parent ? family->of_package[package->parent->index] : 0;
	const struct gt_entity *from = family->variants.v[below];
	const struct gt_yaml *root = gt_map_get(&package->extensions, family->id);
	const struct gt_yaml *rows = root ? gt_yaml_get(root, "elements") : NULL;

	if (!root && !lists_changed(loader, from))
		return below;
	struct gt_entity *entity = copy(loader, from, rows ? rows->n : 0);
	struct gt_element *elements = (struct gt_element *)(uintptr_t)entity->elements;
	for (size_t i = 0; i < entity->n; i++)
		if (elements[i].codes)
			elements[i].codes = gt_list_of(loader, package, elements[i].codes->name);
	if (root)
		extend(loader, root, from, entity);
	entity->overlay = gt_arena_printf(
		loader->conf.memory, "%.*s.%u", GT_STR_ARGS(package->name), package->major);
	entity->schema = gt_arena_printf(loader->conf.memory, "%.*s+%.*s",
		GT_STR_ARGS(((const struct gt_entity *)family->variants.v[0])->schema),
		GT_STR_ARGS(entity->overlay));
	gt_list_add(&family->variants, entity);
	return family->variants.n - 1;
}

/* Keeps an extend_entity file until every entity is known. */
static void extension_add(struct gt_loader *loader, const struct gt_yaml *root)
{
	struct gt_entity_conf conf = {0};
	struct gt_package *package = loader->package;
	struct gt_pos pos = gt_pos_of(root, "extend_entity");

	if (!gt_table_read(loader, gt_extend_entity_table, &conf, root, extension_also))
		return;
	if (!gt_map_get(&loader->standard->family_by_id, conf.name)) {
		gt_unknown(
			loader, pos, GT_E_STD_ENTITY, conf.name, &loader->standard->family_by_id);
		return;
	}
	const struct gt_yaml *other =
		gt_map_set(&package->extensions, conf.name, (void *)(uintptr_t)root);
	if (other)
		gt_duplicate(loader, pos, conf.name, other->pos);
}

void gt_overlays_build(struct gt_loader *loader, struct gt_package *package)
{
	for (size_t i = 0; i < loader->overlay_files.n; i++)
		extension_add(loader, loader->overlay_files.v[i]);
	for (size_t i = 0; i < loader->standard->families.n; i++) {
		struct gt_family *family = loader->standard->families.v[i];
		family->of_package[package->index] = variant(loader, family);
	}
}

const struct gt_package *gt_package_for(const struct gt_standard *standard, struct gt_str division)
{
	const struct gt_package *chosen = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < standard->packages.n; i++) {
		const struct gt_package *package = standard->packages.v[i];
		for (size_t k = 0; k < package->divisions.n; k++) {
			struct gt_str prefix = package->divisions.v[k];
			if (prefix.n <= longest || prefix.n > division.n ||
				memcmp(prefix.p, division.p, prefix.n) != 0)
				continue;
			longest = prefix.n;
			chosen = package;
		}
	}
	return chosen;
}

size_t gt_family_for(
	const struct gt_standard *standard, const struct gt_family *family, struct gt_str division)
{
	const struct gt_package *package = gt_package_for(standard, division);

	return package ? family->of_package[package->index] : 0;
}
