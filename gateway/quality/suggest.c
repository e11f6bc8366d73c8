/* suggest.c: names of fields beside names, titles and synonyms of elements. */
#include "suggest.h"

#include "clean.h"

#define HEADING_MAX 256u /* bytes of a name that are compared */

/* Letters in lower case, no separators: plate_no, plateNo and "Plate No" are the same. */
static size_t fold(struct gt_str s, char out[HEADING_MAX])
{
	char room[HEADING_MAX];
	uint64_t flags = 0;
	size_t n = 0, cleaned;

	if (s.n > HEADING_MAX)
		return 0;
	cleaned = gt_clean(s, GT_CLEAN_WORD, room, &flags);
	for (size_t i = 0; cleaned != SIZE_MAX && i < cleaned; i++)
		if (!strchr(" _-*", room[i]) || room[i] == '\0')
			out[n++] = room[i] >= 'A' && room[i] <= 'Z' ? (char)(room[i] + ('a' - 'A'))
								    : room[i];
	return n;
}

static bool same(struct gt_str name, struct gt_str folded)
{
	char room[HEADING_MAX];
	size_t n = fold(name, room);

	return n > 0 && gt_str_eq(gt_str(room, n), folded);
}

static enum gt_alike any_name(const struct gt_element *element, struct gt_str field, bool exactly)
{
	const struct gt_str own[] = {element->name, element->title.zh, element->title.en};
	char room[HEADING_MAX];
	struct gt_str folded = gt_str(room, exactly ? 0 : fold(field, room));

	if (!exactly && folded.n == 0)
		return GT_ALIKE_NOT;
	for (size_t i = 0; i < 3 + element->synonym_count; i++) {
		struct gt_str name = i < 3 ? own[i] : element->synonyms[i - 3];

		if (name.n && (exactly ? gt_str_eq(name, field) : same(name, folded)))
			return exactly ? GT_ALIKE_EXACTLY : GT_ALIKE_LOOSELY;
	}
	return GT_ALIKE_NOT;
}

/* A pair of brackets at the end: *base without it, *inside its content. */
static bool split_brackets(struct gt_str s, struct gt_str *base, struct gt_str *inside)
{
	static const struct {
		const char *open, *close;
	} pairs[] = {{"(", ")"}, {"（", "）"}, {"[", "]"}, {"【", "】"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t a = strlen(pairs[i].open), b = strlen(pairs[i].close);
		const char *at = NULL, *next;

		if (s.n <= a + b || memcmp(s.p + s.n - b, pairs[i].close, b) != 0)
			continue;
		for (const char *from = s.p;
			(next = memmem(from, s.n - (size_t)(from - s.p), pairs[i].open, a)) != NULL;
			from = next + a)
			at = next;
		if (!at || at == s.p)
			continue;
		*base = gt_str(s.p, (size_t)(at - s.p));
		*inside = gt_str(at + a, (size_t)(s.p + s.n - b - at) - a);
		return true;
	}
	return false;
}

enum gt_alike gt_alike(const struct gt_element *element, struct gt_str field)
{
	struct gt_str base, inside;
	const char *dot = field.n ? memrchr(field.p, '.', field.n) : NULL;

	if (any_name(element, field, true))
		return GT_ALIKE_EXACTLY;
	if (any_name(element, field, false))
		return GT_ALIKE_LOOSELY;
	if (split_brackets(field, &base, &inside) && any_name(element, base, false))
		return GT_ALIKE_LOOSELY;
	if (dot && any_name(element, gt_str(dot + 1, field.n - (size_t)(dot + 1 - field.p)), false))
		return GT_ALIKE_LOOSELY;
	return GT_ALIKE_NOT;
}

void gt_suggest_entity(const struct gt_entity *entity, const struct gt_str *fields, size_t n,
	struct gt_suggestion *suggestion)
{
	suggestion->entity = entity;
	suggestion->known = 0;
	for (size_t f = 0; f < n; f++)
		suggestion->v[f] = (struct gt_suggested){SIZE_MAX, GT_ALIKE_NOT};
	for (size_t e = 0; e < entity->n; e++) {
		struct gt_suggested best = {SIZE_MAX, GT_ALIKE_NOT};

		for (size_t f = 0; f < n && best.alike < GT_ALIKE_EXACTLY; f++) {
			enum gt_alike alike = suggestion->v[f].element == SIZE_MAX
						      ? gt_alike(&entity->elements[e], fields[f])
						      : GT_ALIKE_NOT;
			if (alike > best.alike)
				best = (struct gt_suggested){f, alike};
		}
		if (best.alike == GT_ALIKE_NOT)
			continue;
		suggestion->v[best.element] = (struct gt_suggested){e, best.alike};
		suggestion->known++;
	}
}

bool gt_suggest(const struct gt_standard *standard, const struct gt_str *fields, size_t n,
	struct gt_suggestion *suggestion)
{
	const struct gt_entity *const *entities, *best = NULL;
	size_t count = gt_standard_entities(standard, &entities), known = 0;

	for (size_t i = 0; i < count; i++) {
		gt_suggest_entity(entities[i], fields, n, suggestion);
		if (suggestion->known > known) {
			known = suggestion->known;
			best = entities[i];
		}
	}
	if (known < 2 || known * 5 < n)
		return false;
	gt_suggest_entity(best, fields, n, suggestion);
	return true;
}

bool gt_suggest_marked(const struct gt_standard *standard, struct gt_str field)
{
	const struct gt_entity *const *entities;
	size_t count = gt_standard_entities(standard, &entities);

	for (size_t i = 0; i < count; i++)
		for (size_t e = 0; e < entities[i]->n; e++)
			if (entities[i]->elements[e].protection != GT_OPEN &&
				gt_alike(&entities[i]->elements[e], field))
				return true;
	return false;
}

const struct gt_unit *gt_heading_unit(const struct gt_standard *standard, struct gt_str field)
{
	struct gt_str base, inside;

	return split_brackets(field, &base, &inside) ? gt_standard_unit(standard, inside) : NULL;
}
