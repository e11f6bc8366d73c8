/* diff.c: compares two loaded standards, element by element and code by code. */
#include "diff.h"

#include "load.h"

#define TEXT_MAX 65536u

struct diff {
	gt_change_fn *sink;
	void *arg;
	struct gt_diff_counts counts;
	enum gt_change_class worst; /* of the entity under way */
	struct gt_buf was, is;
};

static void tell(struct diff *d, struct gt_change change)
{
	if (change.class == GT_CHANGE_BREAKING)
		d->counts.breaking++;
	else if (change.class == GT_CHANGE_COMPATIBLE)
		d->counts.compatible++;
	else
		d->counts.wording++;
	if (change.class > d->worst)
		d->worst = change.class;
	d->sink(d->arg, &change);
}

static void property(struct diff *d, const struct gt_entity *entity, const struct gt_property *p,
	const struct gt_element *a, const struct gt_element *b)
{
	gt_buf_clear(&d->was);
	gt_buf_clear(&d->is);
	p->put(a, &d->was);
	p->put(b, &d->is);
	if (gt_str_eq(gt_buf_str(&d->was), gt_buf_str(&d->is)))
		return;
	tell(d, (struct gt_change){.class = p->change(a, b),
			.entity = entity->name,
			.name = b->name,
			.property = p->name,
			.was = gt_buf_str(&d->was),
			.is = gt_buf_str(&d->is),
			.pos = b->pos});
}

static void elements(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct gt_element *was = &a->elements[i],
					*is = gt_entity_element(b, was->name);
		for (const struct gt_property *p = gt_properties; is && p->name; p++)
			property(d, b, p, was, is);
		if (!is)
			tell(d, (struct gt_change){GT_CHANGE_BREAKING, a->name, was->name,
					"element", was->name, {0}, was->pos});
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct gt_element *is = &b->elements[i];
		if (gt_entity_element(a, is->name))
			continue;
		/* Sources that were right until now would be rejected. */
		enum gt_change_class class =
			is->required ? GT_CHANGE_BREAKING : GT_CHANGE_COMPATIBLE;
		tell(d, (struct gt_change){
				class, b->name, is->name, "element", {0}, is->name, is->pos});
	}
}

static void put_key(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_clear(out);
	for (size_t i = 0; i < entity->key_count; i++)
		gt_buf_addf(out, "%s%.*s", i ? " " : "",
			GT_STR_ARGS(entity->elements[entity->key[i]].name));
}

static void put_event_time(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_clear(out);
	if (entity->event_time >= 0)
		gt_buf_add(out, entity->elements[entity->event_time].name);
}

static void head(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	static const struct {
		const char *name;
		void (*put)(const struct gt_entity *entity, struct gt_buf *out);
	} parts[] = {{"key", put_key}, {"event_time", put_event_time}};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		parts[i].put(a, &d->was);
		parts[i].put(b, &d->is);
		if (!gt_str_eq(gt_buf_str(&d->was), gt_buf_str(&d->is)))
			tell(d, (struct gt_change){GT_CHANGE_BREAKING, b->name, {0}, parts[i].name,
					gt_buf_str(&d->was), gt_buf_str(&d->is), b->pos});
	}
}

static const struct gt_rule *rule_of(const struct gt_entity *entity, struct gt_str name)
{
	for (size_t i = 0; i < entity->rule_count; i++)
		if (gt_str_eq(entity->rules[i].name, name))
			return &entity->rules[i];
	return NULL;
}

static bool rule_same(const struct gt_entity *a, const struct gt_rule *was,
	const struct gt_entity *b, const struct gt_rule *is)
{
	return was->kind == is->kind && was->reject == is->reject &&
	       gt_str_eq(a->elements[was->a].name, b->elements[is->a].name) &&
	       gt_str_eq(a->elements[was->b].name, b->elements[is->b].name);
}

/* A rule that rejects is something that subscribers rely on: it may come, not go. */
static void rules(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	for (size_t i = 0; i < a->rule_count; i++) {
		const struct gt_rule *was = &a->rules[i], *is = rule_of(b, was->name);
		if (is && rule_same(a, was, b, is))
			continue;
		enum gt_change_class class =
			was->reject ? GT_CHANGE_BREAKING : GT_CHANGE_COMPATIBLE;
		tell(d, (struct gt_change){class, b->name, was->name, "rule", was->name,
				is ? is->name : gt_str(NULL, 0), is ? b->pos : a->pos});
	}
	for (size_t i = 0; i < b->rule_count; i++)
		if (!rule_of(a, b->rules[i].name))
			tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, b->name, b->rules[i].name,
					"rule", {0}, b->rules[i].name, b->pos});
}

static void entity(struct diff *d, const struct gt_entity *a, const struct gt_entity *b)
{
	d->worst = GT_CHANGE_WORDING;
	head(d, a, b);
	elements(d, a, b);
	rules(d, a, b);
	if (a->major == b->major &&
		(d->worst == GT_CHANGE_BREAKING ||
			(d->worst == GT_CHANGE_COMPATIBLE && b->minor <= a->minor)))
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

/* The row of a code itself, not of one of its words. */
static const struct gt_code_row *code_row(const struct gt_code_list *list, struct gt_str code)
{
	const struct gt_code_row *row = gt_map_get(&list->by_code, code);

	return row && gt_str_eq(row->code, code) ? row : NULL;
}

static void code_rows(struct diff *d, const struct gt_code_list *a, const struct gt_code_list *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct gt_code_row *was = &a->v[i], *is = code_row(b, was->code);
		if (!is)
			tell(d, (struct gt_change){GT_CHANGE_BREAKING, {0}, a->name, "code",
					was->code, {0}, a->pos});
		else if (!gt_str_eq(was->title.zh, is->title.zh) ||
			 !gt_str_eq(was->title.en, is->title.en))
			tell(d, (struct gt_change){GT_CHANGE_WORDING, {0}, b->name, "code title",
					was->title.zh, is->title.zh, b->pos});
		else if (was->valid_from != is->valid_from || was->valid_to != is->valid_to)
			tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, b->name,
					"code validity", was->code, is->code, b->pos});
	}
	for (size_t i = 0; i < b->n; i++)
		if (!code_row(a, b->v[i].code))
			tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, b->name, "code", {0},
					b->v[i].code, b->pos});
}

static void code_lists(struct diff *d, const struct gt_standard *a, const struct gt_standard *b)
{
	const struct gt_code_list *const *v;
	size_t n = gt_standard_code_lists(a, &v);

	for (size_t i = 0; i < n; i++) {
		const struct gt_code_list *is = gt_standard_codes(b, v[i]->name);
		if (is)
			code_rows(d, v[i], is);
		else
			tell(d, (struct gt_change){GT_CHANGE_BREAKING, {0}, v[i]->name, "code list",
					v[i]->name, {0}, v[i]->pos});
	}
	n = gt_standard_code_lists(b, &v);
	for (size_t i = 0; i < n; i++)
		if (!gt_standard_codes(a, v[i]->name))
			tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, v[i]->name,
					"code list", {0}, v[i]->name, v[i]->pos});
}

struct gt_diff_counts gt_standard_diff(
	const struct gt_standard *a, const struct gt_standard *b, gt_change_fn *sink, void *arg)
{
	struct diff d = {.sink = sink, .arg = arg};
	const struct gt_entity *const *v;
	size_t n = gt_standard_entities(a, &v);

	gt_buf_init(&d.was, TEXT_MAX);
	gt_buf_init(&d.is, TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct gt_entity *is = partner(b, v[i]->name, v[i]->major);
		if (is)
			entity(&d, v[i], is);
		else
			tell(&d, (struct gt_change){GT_CHANGE_BREAKING, v[i]->name, {0}, "entity",
					 v[i]->name, {0}, v[i]->pos});
	}
	n = gt_standard_entities(b, &v);
	for (size_t i = 0; i < n; i++)
		if (!partner(a, v[i]->name, v[i]->major))
			tell(&d, (struct gt_change){GT_CHANGE_COMPATIBLE, v[i]->name, {0}, "entity",
					 {0}, v[i]->name, v[i]->pos});
	code_lists(&d, a, b);
	gt_buf_fini(&d.was);
	gt_buf_fini(&d.is);
	return d.counts;
}
