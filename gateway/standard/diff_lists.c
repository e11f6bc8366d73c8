/* diff_lists.c: changes of code lists, units, divisions and words. */
#include "diff_parts.h"

#include <inttypes.h>
#include <stdlib.h>

/* The row of a code itself, not of one of its words. */
static const struct gt_code_row *code_row(const struct gt_code_list *list, struct gt_str code)
{
	const struct gt_code_row *row = list ? gt_map_get(&list->by_code, code) : NULL;

	return row && gt_str_eq(row->code, code) ? row : NULL;
}

static int by_key(const void *left, const void *right)
{
	const struct gt_map_slot *a = *(struct gt_map_slot *const *)left,
				 *b = *(struct gt_map_slot *const *)right;
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	int by = n ? memcmp(a->key.p, b->key.p, n) : 0;

	return by ? by : (a->key.n > b->key.n) - (a->key.n < b->key.n);
}

/* The slots of a map by key: its own order changes from run to run. */
static struct gt_list sorted(const struct gt_map *map)
{
	struct gt_list slots = {0};
	struct gt_map_slot *slot;

	for (size_t i = 0; (slot = gt_map_next(map, &i)) != NULL;)
		gt_list_add(&slots, slot);
	if (slots.n > 1)
		qsort(slots.v, slots.n, sizeof *slots.v, by_key);
	return slots;
}

static void code(struct diff *d, struct gt_change change, const struct gt_code_row *was,
	const struct gt_code_row *is)
{
	change.pos = is->pos;
	change.class = GT_CHANGE_WORDING;
	change.property = "code title";
	if (!gt_str_eq(was->title.zh, is->title.zh) || !gt_str_eq(was->title.en, is->title.en)) {
		change.was = was->title.zh;
		change.is = is->title.zh;
		gt_diff_tell(d, change);
	}
	/* A code that ends or begins is still the same code. */
	change.class = GT_CHANGE_COMPATIBLE;
	change.property = "code validity";
	gt_buf_clear(&d->was);
	gt_buf_clear(&d->is);
	gt_validity_put(was->valid_from, was->valid_to, &d->was);
	gt_validity_put(is->valid_from, is->valid_to, &d->is);
	gt_diff_texts(d, change);
	const struct {
		const char *property;
		enum gt_change_class class;
		struct gt_str was, is;
	} texts[] = {{"code successor", GT_CHANGE_COMPATIBLE, was->successor, is->successor},
		{"code parent", GT_CHANGE_BREAKING, was->parent, is->parent},
		{"code value", GT_CHANGE_BREAKING, was->value, is->value}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		change.class = texts[i].class;
		change.property = texts[i].property;
		change.was = texts[i].was;
		change.is = texts[i].is;
		if (!gt_str_eq(change.was, change.is))
			gt_diff_tell(d, change);
	}
}

static bool same_titles(const struct gt_code_row *a, const struct gt_code_row *b)
{
	return gt_str_eq(a->title.zh, b->title.zh) && gt_str_eq(a->title.en, b->title.en);
}

/* Words of one list that lead nowhere or elsewhere in the other. A word that went with its code or
 * its title is told there. */
static void code_words(struct diff *d, struct gt_change change, const struct gt_code_list *from,
	const struct gt_code_list *to, const struct gt_code_list *below, bool gone)
{
	struct gt_list slots = sorted(&from->by_code);

	for (size_t i = 0; i < slots.n; i++) {
		const struct gt_map_slot *slot = slots.v[i];
		const struct gt_code_row *row = slot->value,
					 *other = gt_map_get(&to->by_code, slot->key),
					 *same = code_row(to, row->code);
		if ((below && gt_map_get(&below->by_code, slot->key)) || (other && !gone) ||
			!same || !same_titles(row, same))
			continue;
		if (other && gt_str_eq(other->code, row->code))
			continue;
		/* What sources write would mean something else from now on. */
		change.class = other ? GT_CHANGE_BREAKING : GT_CHANGE_WORDING;
		change.property = other ? "word" : "synonym";
		change.pos = same->pos;
		change.was = other ? row->code : gone ? slot->key : gt_str(NULL, 0);
		change.is = other ? other->code : gone ? gt_str(NULL, 0) : slot->key;
		gt_diff_tell(d, change);
	}
	gt_list_fini(&slots);
}

void gt_diff_codes(struct diff *d, struct gt_str package, const struct gt_code_list *a,
	const struct gt_code_list *b, const struct gt_code_list *below_a,
	const struct gt_code_list *below_b)
{
	struct gt_change change = {.name = b->name, .package = package};

	change.class = GT_CHANGE_BREAKING;
	change.property = "unit";
	change.was = a->unit ? a->unit->name : gt_str(NULL, 0);
	change.is = b->unit ? b->unit->name : gt_str(NULL, 0);
	change.pos = b->pos;
	if (!below_a && !gt_str_eq(change.was, change.is))
		gt_diff_tell(d, change);
	for (size_t i = 0; i < a->n; i++) {
		const struct gt_code_row *was = &a->v[i], *is = code_row(b, was->code);
		if (code_row(below_a, was->code))
			continue;
		if (is)
			code(d, change, was, is);
		else
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_BREAKING, {0}, a->name, "code",
						was->code, {0}, was->pos, package});
	}
	for (size_t i = 0; i < b->n; i++)
		if (!code_row(a, b->v[i].code) && !code_row(below_b, b->v[i].code))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, b->name,
						"code", {0}, b->v[i].code, b->v[i].pos, package});
	code_words(d, change, a, b, below_a, true);
	code_words(d, change, b, a, below_b, false);
}

static void code_lists(struct diff *d)
{
	const struct gt_code_list *const *v;
	size_t n = gt_standard_code_lists(d->a, &v);

	for (size_t i = 0; i < n; i++) {
		const struct gt_code_list *is = gt_standard_codes(d->b, v[i]->name);
		if (is)
			gt_diff_codes(d, is->layer, v[i], is, NULL, NULL);
		else
			gt_diff_tell(
				d, (struct gt_change){GT_CHANGE_BREAKING, {0}, v[i]->name,
					   "code list", v[i]->name, {0}, v[i]->pos, v[i]->layer});
	}
	n = gt_standard_code_lists(d->b, &v);
	for (size_t i = 0; i < n; i++)
		if (!gt_standard_codes(d->a, v[i]->name))
			gt_diff_tell(
				d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, v[i]->name,
					   "code list", {0}, v[i]->name, v[i]->pos, v[i]->layer});
}

static const struct gt_unit *unit_of(const struct gt_standard *standard, struct gt_str name)
{
	const struct gt_unit *unit = gt_standard_unit(standard, name);

	return unit && gt_str_eq(unit->name, name) ? unit : NULL;
}

static void put_factor(const struct gt_unit *unit, struct gt_buf *out)
{
	gt_buf_clear(out);
	gt_buf_addf(out, "%.*s %" PRId64 "/%" PRId64, GT_STR_ARGS(unit->quantity), unit->num,
		unit->den);
}

static void units(struct diff *d)
{
	const struct gt_unit *const *v;
	size_t n = gt_standard_units(d->a, &v);

	for (size_t i = 0; i < n; i++) {
		const struct gt_unit *is = unit_of(d->b, v[i]->name);
		if (!is) {
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_BREAKING, {0}, v[i]->name,
						"unit", v[i]->name, {0}, v[i]->pos, v[i]->layer});
			continue;
		}
		put_factor(v[i], &d->was);
		put_factor(is, &d->is);
		gt_diff_texts(d, (struct gt_change){.class = GT_CHANGE_BREAKING,
					 .name = is->name,
					 .property = "factor",
					 .pos = is->pos,
					 .package = is->layer});
	}
	n = gt_standard_units(d->b, &v);
	for (size_t i = 0; i < n; i++)
		if (!unit_of(d->a, v[i]->name))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, v[i]->name,
						"unit", {0}, v[i]->name, v[i]->pos, v[i]->layer});
}

/* Other spellings of units: told with the unit that they stand for. */
static void unit_words(struct diff *d)
{
	struct gt_list was = sorted(&d->a->unit_by_name), is = sorted(&d->b->unit_by_name);

	for (size_t i = 0; i < was.n; i++) {
		const struct gt_map_slot *slot = was.v[i];
		const struct gt_unit *a = slot->value, *b = gt_standard_unit(d->b, slot->key),
				     *same = unit_of(d->b, a->name);
		if (!same || (b && gt_str_eq(b->name, a->name)))
			continue;
		gt_diff_tell(d, (struct gt_change){b ? GT_CHANGE_BREAKING : GT_CHANGE_WORDING, {0},
					a->name, b ? "word" : "synonym", b ? a->name : slot->key,
					b ? b->name : gt_str(NULL, 0), same->pos, same->layer});
	}
	for (size_t i = 0; i < is.n; i++) {
		const struct gt_map_slot *slot = is.v[i];
		const struct gt_unit *b = slot->value;
		if (!gt_standard_unit(d->a, slot->key) && unit_of(d->a, b->name))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_WORDING, {0}, b->name,
						"synonym", {0}, slot->key, b->pos, b->layer});
	}
	gt_list_fini(&was);
	gt_list_fini(&is);
}

static void put_division(const struct gt_division *division, struct gt_buf *out)
{
	gt_buf_clear(out);
	gt_buf_addf(
		out, "%.*s %.*s ", GT_STR_ARGS(division->kind), GT_STR_ARGS(division->successors));
	gt_validity_put(division->valid_from, division->valid_to, out);
}

static void divisions(struct diff *d)
{
	struct gt_list was = sorted(&d->a->divisions), is = sorted(&d->b->divisions);

	for (size_t i = 0; i < was.n; i++) {
		const struct gt_map_slot *slot = was.v[i];
		const struct gt_division *a = slot->value,
					 *b = gt_standard_division(d->b, slot->key);
		struct gt_change change = {.class = GT_CHANGE_WORDING,
			.name = a->code,
			.property = "division name",
			.was = a->name,
			.is = b ? b->name : gt_str(NULL, 0),
			.package = d->b->divisions_of};
		if (!b) {
			change.class = GT_CHANGE_BREAKING;
			change.property = "division";
			gt_diff_tell(d, change);
			continue;
		}
		if (!gt_str_eq(a->name, b->name))
			gt_diff_tell(d, change);
		change.class = GT_CHANGE_COMPATIBLE;
		change.property = "division";
		put_division(a, &d->was);
		put_division(b, &d->is);
		gt_diff_texts(d, change);
	}
	for (size_t i = 0; i < is.n; i++) {
		const struct gt_division *b = ((const struct gt_map_slot *)is.v[i])->value;
		if (!gt_standard_division(d->a, b->code))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, b->code,
						"division", {0}, b->name, {0}, d->b->divisions_of});
	}
	gt_list_fini(&was);
	gt_list_fini(&is);
}

static void put_coefficients(const struct gt_coefficients *table, struct gt_buf *out)
{
	struct gt_list slots = sorted(&table->by_key);

	gt_buf_clear(out);
	gt_buf_addf(out, "%.*s:", GT_STR_ARGS(table->to ? table->to->name : gt_str(NULL, 0)));
	for (size_t i = 0; i < slots.n; i++) {
		const struct gt_coefficient *row = ((const struct gt_map_slot *)slots.v[i])->value;
		char text[48];
		gt_buf_addf(out, " %.*s %s/%.*s", GT_STR_ARGS(row->key),
			gt_scaled_write(row->factor, row->scale, text, sizeof text),
			GT_STR_ARGS(row->per ? row->per->name : gt_str(NULL, 0)));
	}
	gt_list_fini(&slots);
}

/* Other factors give other figures under the same name. */
static void coefficients(struct diff *d)
{
	for (size_t i = 0; i < d->a->coefficients.n; i++) {
		const struct gt_coefficients *was = d->a->coefficients.v[i],
					     *is = gt_standard_coefficients(d->b, was->name);
		struct gt_change change = {.class = GT_CHANGE_BREAKING,
			.name = was->name,
			.property = "coefficients",
			.pos = is ? is->pos : was->pos,
			.package = is ? is->layer : was->layer};
		put_coefficients(was, &d->was);
		gt_buf_clear(&d->is);
		if (is)
			put_coefficients(is, &d->is);
		gt_diff_texts(d, change);
	}
	for (size_t i = 0; i < d->b->coefficients.n; i++) {
		const struct gt_coefficients *is = d->b->coefficients.v[i];
		if (!gt_standard_coefficients(d->a, is->name))
			gt_diff_tell(d, (struct gt_change){GT_CHANGE_COMPATIBLE, {0}, is->name,
						"coefficients", {0}, is->name, is->pos, is->layer});
	}
}

static void put_set(const struct gt_word_set *set, struct gt_buf *out)
{
	struct gt_list slots = sorted(&set->by_word);

	gt_buf_adds(out, set->empty_too ? "\"\" " : "");
	for (size_t i = 0; i < slots.n; i++) {
		const struct gt_map_slot *slot = slots.v[i];
		gt_buf_addf(
			out, "%.*s=%d ", GT_STR_ARGS(slot->key), (int)((uintptr_t)slot->value - 1));
	}
	gt_list_fini(&slots);
}

static void put_words(const struct gt_word_list *list, struct gt_buf *out)
{
	for (size_t i = 0; i < list->n; i++)
		gt_buf_addf(
			out, "%.*s%s", GT_STR_ARGS(list->v[i].text), i + 1 < list->n ? " " : "");
}

/* Words change how sources are read, never what is published under a name; but the unit of money.
 */
static void words(struct diff *d)
{
	const struct gt_words *a = &d->a->words, *b = &d->b->words;
	const struct {
		const char *name;
		const struct gt_word_set *a, *b;
	} sets[] = {
		{"no_value", &a->no_value, &b->no_value}, {"means_yes", &a->boolean, &b->boolean}};
	const struct {
		const char *name;
		const struct gt_word_list *a, *b;
	} lists[] = {{"total_row", &a->total_row, &b->total_row},
		{"about", &a->about_before, &b->about_before},
		{"about", &a->about_after, &b->about_after},
		{"money", &a->money_before, &b->money_before},
		{"money", &a->money_after, &b->money_after},
		{"multipliers", &a->multipliers, &b->multipliers},
		{"counters", &a->counters, &b->counters}, {"signs", &a->minus, &b->minus},
		{"signs", &a->unclear_sign, &b->unclear_sign},
		{"half_days", &a->morning, &b->morning},
		{"half_days", &a->afternoon, &b->afternoon}};
	struct gt_change change = {
		.class = GT_CHANGE_COMPATIBLE, .name = GT_LIT("words"), .package = d->b->words_of};

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		gt_buf_clear(&d->was);
		gt_buf_clear(&d->is);
		put_set(sets[i].a, &d->was);
		put_set(sets[i].b, &d->is);
		change.property = sets[i].name;
		gt_diff_texts(d, change);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		gt_buf_clear(&d->was);
		gt_buf_clear(&d->is);
		put_words(lists[i].a, &d->was);
		put_words(lists[i].b, &d->is);
		change.property = lists[i].name;
		gt_diff_texts(d, change);
	}
	change.class = GT_CHANGE_BREAKING;
	change.property = "money.unit";
	change.was = a->money_unit_name;
	change.is = b->money_unit_name;
	if (!gt_str_eq(change.was, change.is))
		gt_diff_tell(d, change);
}

void gt_diff_lists(struct diff *d)
{
	code_lists(d);
	units(d);
	unit_words(d);
	coefficients(d);
	divisions(d);
	words(d);
}
