/* diff_entities.c: changes of entities and of what overlays say of them, element by element, rule
 * by rule. */
#include "diff_parts.h"

/* An entity in both standards, and in both what it stands on (NULL = it is the base's). */
struct pair {
	const struct gt_entity *a, *b, *below_a, *below_b;
	struct gt_str package; /* the overlay's name; none = the base */
};

/* Said by the layers below in both: told when those were compared. */
static bool from_below(struct diff *d, const struct pair *pair, const struct gt_property *p,
	const struct gt_element *a, const struct gt_element *b)
{
	const struct gt_element *was = gt_entity_element(pair->below_a, a->name),
				*is = gt_entity_element(pair->below_b, b->name);
	struct gt_buf text;
	bool same = was && is;

	gt_buf_init(&text, d->was.max);
	if (same)
		p->put(was, &text);
	same = same && gt_str_eq(gt_buf_str(&text), gt_buf_str(&d->was));
	gt_buf_clear(&text);
	if (same)
		p->put(is, &text);
	same = same && gt_str_eq(gt_buf_str(&text), gt_buf_str(&d->is));
	gt_buf_fini(&text);
	return same;
}

static void property(struct diff *d, const struct pair *pair, const struct gt_property *p,
	const struct gt_element *a, const struct gt_element *b)
{
	gt_buf_clear(&d->was);
	gt_buf_clear(&d->is);
	p->put(a, &d->was);
	p->put(b, &d->is);
	if (gt_str_eq(gt_buf_str(&d->was), gt_buf_str(&d->is)) ||
		(pair->below_a && from_below(d, pair, p, a, b)))
		return;
	gt_diff_texts(d, (struct gt_change){.class = p->change(a, b),
				 .entity = pair->b->name,
				 .name = b->name,
				 .property = p->name,
				 .pos = b->pos,
				 .package = pair->package});
}

static bool is_below(const struct gt_entity *below, struct gt_str name)
{
	return below && gt_entity_element(below, name);
}

static void elements(struct diff *d, const struct pair *pair)
{
	const struct gt_entity *a = pair->a, *b = pair->b;

	for (size_t i = 0; i < a->n; i++) {
		const struct gt_element *was = &a->elements[i],
					*is = gt_entity_element(b, was->name);
		for (const struct gt_property *p = gt_properties; is && p->name; p++)
			property(d, pair, p, was, is);
		if (!is && !is_below(pair->below_a, was->name))
			gt_diff_tell(
				d, (struct gt_change){GT_CHANGE_BREAKING, a->name, was->name,
					   "element", was->name, {0}, was->pos, pair->package});
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct gt_element *is = &b->elements[i];
		if (gt_entity_element(a, is->name) || is_below(pair->below_b, is->name))
			continue;
		/* Sources that were right until now would be rejected. */
		enum gt_change_class class =
			is->required ? GT_CHANGE_BREAKING : GT_CHANGE_COMPATIBLE;
		gt_diff_tell(d, (struct gt_change){class, b->name, is->name, "element", {0},
					is->name, is->pos, pair->package});
	}
}

static void put_key(const struct gt_entity *entity, struct gt_buf *out)
{
	for (size_t i = 0; i < entity->key_count; i++)
		gt_buf_addf(out, "%s%.*s", i ? " " : "",
			GT_STR_ARGS(entity->elements[entity->key[i]].name));
}

static void put_event_time(const struct gt_entity *entity, struct gt_buf *out)
{
	if (entity->event_time >= 0)
		gt_buf_add(out, entity->elements[entity->event_time].name);
}

static void put_title(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_addf(
		out, "%.*s · %.*s", GT_STR_ARGS(entity->title.zh), GT_STR_ARGS(entity->title.en));
}

static void put_definition(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_addf(out, "%.*s · %.*s", GT_STR_ARGS(entity->definition.zh),
		GT_STR_ARGS(entity->definition.en));
}

/* What stands at the head of an entity: no overlay can change it. */
static void head(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	static const struct {
		const char *name;
		void (*put)(const struct gt_entity *entity, struct gt_buf *out);
		enum gt_change_class class;
	} parts[] = {{"title", put_title, GT_CHANGE_WORDING},
		{"definition", put_definition, GT_CHANGE_WORDING},
		{"key", put_key, GT_CHANGE_BREAKING},
		{"event_time", put_event_time, GT_CHANGE_BREAKING}};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		gt_buf_clear(&d->was);
		gt_buf_clear(&d->is);
		parts[i].put(a, &d->was);
		parts[i].put(b, &d->is);
		gt_diff_texts(d, (struct gt_change){.class = parts[i].class,
					 .entity = b->name,
					 .property = parts[i].name,
					 .pos = b->pos});
	}
}

static const struct gt_rule *rule_of(const struct gt_entity *entity, struct gt_str name)
{
	for (size_t i = 0; entity && i < entity->rule_count; i++)
		if (gt_str_eq(entity->rules[i].name, name))
			return &entity->rules[i];
	return NULL;
}

/* What a rule says, without its title. */
static void put_rule(const struct gt_rule *rule, struct gt_buf *out)
{
	gt_buf_clear(out);
	if (rule)
		gt_buf_addf(out, "%.*s%s", GT_STR_ARGS(rule->text),
			rule->reject ? "; else reject" : "");
}

/* A rule that rejects is something that subscribers rely on: it may come, not go. */
static void rules(struct diff *d, const struct pair *pair)
{
	const struct gt_entity *a = pair->a, *b = pair->b;

	for (size_t i = 0; i < a->rule_count; i++) {
		const struct gt_rule *was = &a->rules[i], *is = rule_of(b, was->name);
		struct gt_change change = {
			.class = was->reject ? GT_CHANGE_BREAKING : GT_CHANGE_COMPATIBLE,
			.entity = b->name,
			.name = was->name,
			.property = "rule",
			.pos = is ? is->pos : was->pos,
			.package = pair->package};
		if (rule_of(pair->below_a, was->name))
			continue;
		put_rule(was, &d->was);
		put_rule(is, &d->is);
		gt_diff_texts(d, change);
		if (is && !gt_str_eq(was->title.zh, is->title.zh))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_WORDING, b->name, was->name,
						"rule title", was->title.zh, is->title.zh, is->pos,
						pair->package});
	}
	for (size_t i = 0; i < b->rule_count; i++) {
		const struct gt_rule *is = &b->rules[i];
		if (rule_of(a, is->name) || rule_of(pair->below_b, is->name))
			continue;
		gt_buf_clear(&d->was);
		put_rule(is, &d->is);
		gt_diff_texts(d, (struct gt_change){.class = GT_CHANGE_COMPATIBLE,
					 .entity = b->name,
					 .name = is->name,
					 .property = "rule",
					 .pos = is->pos,
					 .package = pair->package});
	}
}

static void entity(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	struct pair pair = {.a = a, .b = b};

	d->worst = GT_CHANGE_WORDING;
	head(d, a, b);
	elements(d, &pair);
	rules(d, &pair);
	if (gt_diff_unsaid(d->worst, a->major, a->minor, b->major, b->minor))
		d->counts.unversioned++;
}

/* The entity of that name: of the same major, else the highest. */
static const struct gt_entity *partner(
	const struct gt_standard *standard, struct gt_str name, unsigned major)
{
	const struct gt_entity *const *v, *best = NULL;
	size_t n = gt_standard_entities(standard, &v);

	for (size_t i = 0; i < n; i++) {
		if (!gt_str_eq(v[i]->name, name))
			continue;
		if (v[i]->major == major)
			return v[i];
		if (!best || v[i]->major > best->major)
			best = v[i];
	}
	return best;
}

/* The partner is another major, and that one has a partner of its own: this one came or went. */
static bool is_alone(const struct gt_standard *own, const struct gt_entity *entity,
	const struct gt_entity *found)
{
	return found->major != entity->major &&
	       gt_family_of(own, found->name, found->major) != NULL;
}

void gt_diff_entities(struct diff *d)
{
	const struct gt_entity *const *v;
	size_t n = gt_standard_entities(d->a, &v);

	for (size_t i = 0; i < n; i++) {
		const struct gt_entity *is = partner(d->b, v[i]->name, v[i]->major);
		if (is && !is_alone(d->a, v[i], is))
			entity(d, v[i], is);
		else
			gt_diff_tell(d,
				(struct gt_change){GT_CHANGE_BREAKING, v[i]->name, {0},
					is ? "major" : "entity", v[i]->name, {0}, v[i]->pos, {0}});
	}
	n = gt_standard_entities(d->b, &v);
	for (size_t i = 0; i < n; i++) {
		const struct gt_entity *was = partner(d->a, v[i]->name, v[i]->major);
		if (!was || is_alone(d->b, v[i], was))
			gt_diff_tell(d,
				(struct gt_change){GT_CHANGE_COMPATIBLE, v[i]->name, {0},
					was ? "major" : "entity", {0}, v[i]->name, v[i]->pos, {0}});
	}
}

const struct gt_package *gt_diff_package(
	const struct gt_standard *standard, const struct gt_package *like)
{
	const struct gt_package *best = NULL;

	for (size_t i = 0; i < standard->packages.n; i++) {
		const struct gt_package *package = standard->packages.v[i];
		if (!gt_str_eq(package->name, like->name))
			continue;
		if (package->major == like->major)
			return package;
		if (!best || package->major > best->major)
			best = package;
	}
	return best;
}

static size_t variant_of(const struct gt_family *family, const struct gt_package *package)
{
	return package ? family->of_package[package->index] : 0;
}

static void put_divisions(const struct gt_package *package, struct gt_buf *out)
{
	gt_buf_clear(out);
	for (size_t i = 0; i < package->divisions.n; i++)
		gt_buf_addf(out, "%s%.*s", i ? " " : "", GT_STR_ARGS(package->divisions.v[i]));
}

static bool has_division(const struct gt_package *package, struct gt_str division)
{
	for (size_t i = 0; i < package->divisions.n; i++)
		if (gt_str_eq(package->divisions.v[i], division))
			return true;
	return false;
}

/* Whom an overlay is for and what it stands on: it may be for more, and stand on more. */
static void overlay_head(struct diff *d, const struct gt_package *was, const struct gt_package *is)
{
	struct gt_change change = {.class = GT_CHANGE_COMPATIBLE,
		.name = is->name,
		.property = "divisions",
		.pos = gt_pos_of(is->root, "divisions"),
		.package = is->name};
	const struct gt_package *on = is->parent;

	for (size_t i = 0; i < was->divisions.n; i++)
		if (!has_division(is, was->divisions.v[i]))
			change.class = GT_CHANGE_BREAKING;
	put_divisions(was, &d->was);
	put_divisions(is, &d->is);
	gt_diff_texts(d, change);
	while (on && !gt_str_eq(on->name, was->parent->name))
		on = on->parent;
	if (!gt_str_eq(was->extends, is->extends))
		gt_diff_tell(d, (struct gt_change){on ? GT_CHANGE_COMPATIBLE : GT_CHANGE_BREAKING,
					{0}, is->name, "extends", was->extends, is->extends,
					gt_pos_of(is->root, "extends"), is->name});
}

static const struct gt_code_list *parents_list(
	const struct gt_standard *standard, const struct gt_package *package, struct gt_str name)
{
	const struct gt_loader loader = {.standard = (struct gt_standard *)(uintptr_t)standard};

	return gt_list_of(&loader, package->parent, name);
}

/* The lists that either of the two extends. */
static void overlay_lists(struct diff *d, const struct gt_package *was, const struct gt_package *is)
{
	for (size_t i = 0; i < d->b->lists.n; i++) {
		struct gt_str name = ((const struct gt_code_list *)d->b->lists.v[i])->name;
		const struct gt_code_list *a = gt_map_get(&was->lists, name),
					  *b = gt_map_get(&is->lists, name),
					  *below_a = parents_list(d->a, was, name),
					  *below_b = parents_list(d->b, is, name);
		if ((a || b) && below_a && below_b)
			gt_diff_codes(
				d, is->name, a ? a : below_a, b ? b : below_b, below_a, below_b);
	}
}

static void overlay(struct diff *d, const struct gt_package *was, const struct gt_package *is)
{
	overlay_head(d, was, is);
	for (size_t i = 0; i < d->b->families.n; i++) {
		const struct gt_family *b = d->b->families.v[i],
				       *a = gt_map_get(&d->a->family_by_id, b->id);
		if (!a)
			continue;
		struct pair pair = {a->variants.v[variant_of(a, was)],
			b->variants.v[variant_of(b, is)], a->variants.v[variant_of(a, was->parent)],
			b->variants.v[variant_of(b, is->parent)], is->name};
		if (pair.a == pair.below_a && pair.b == pair.below_b)
			continue;
		elements(d, &pair);
		rules(d, &pair);
	}
	overlay_lists(d, was, is);
}

void gt_diff_overlays(struct diff *d)
{
	for (size_t i = 0; i < d->a->packages.n; i++) {
		const struct gt_package *was = d->a->packages.v[i],
					*is = was->parent ? gt_diff_package(d->b, was) : NULL;
		if (is && is->parent)
			overlay(d, was, is);
		else if (was->parent)
			gt_diff_tell(
				d, (struct gt_change){GT_CHANGE_BREAKING, {0}, was->name, "overlay",
					   was->name, {0}, was->root->pos, was->name});
	}
	for (size_t i = 0; i < d->b->packages.n; i++) {
		const struct gt_package *is = d->b->packages.v[i];
		if (is->parent && !gt_diff_package(d->a, is))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, is->name,
						"overlay", {0}, is->name, is->root->pos, is->name});
	}
}
