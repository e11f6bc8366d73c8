/* quantity.c: numbers with their units, to the element's unit and precision. */
#include "steps.h"

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

bool gt_ratio_between(const struct gt_unit *from, const struct gt_unit *to, struct gt_ratio *ratio)
{
	/* Cross-wise reduction first: the products are then the smallest that there are. */
	uint64_t a = (uint64_t)from->num, b = (uint64_t)from->den, c = (uint64_t)to->num,
		 d = (uint64_t)to->den, g = gcd(a, c);

	a /= g;
	c /= g;
	g = gcd(d, b);
	d /= g;
	b /= g;
	gt_u128 num = (gt_u128)a * d, den = (gt_u128)b * c;
	if (num > (gt_u128)INT64_MAX || den > (gt_u128)INT64_MAX)
		return false;
	*ratio = (struct gt_ratio){(int64_t)num, (int64_t)den};
	return true;
}

bool gt_ratio_of_element(const struct gt_unit *from, const struct gt_element *element,
	struct gt_ratio *ratio, uint64_t *flags)
{
	const struct gt_substance *s = element->substance;
	const struct gt_unit *to = element->unit;
	struct gt_unit base = *from, wanted = *to;

	if (gt_str_eq(from->quantity, to->quantity))
		return gt_ratio_between(from, to, ratio);
	if (!s)
		return false;
	/* Base units of the other quantity, first. The factors are at most 10^12 each. */
	if (gt_str_eq(from->quantity, s->from) && gt_str_eq(to->quantity, s->to)) {
		if (!gt_ratio_between(&(struct gt_unit){.num = s->num, .den = s->den},
			    &(struct gt_unit){.num = from->den, .den = from->num}, ratio))
			return false;
	} else if (gt_str_eq(from->quantity, s->to) && gt_str_eq(to->quantity, s->from)) {
		if (!gt_ratio_between(&(struct gt_unit){.num = s->den, .den = s->num},
			    &(struct gt_unit){.num = from->den, .den = from->num}, ratio))
			return false;
	} else {
		return false;
	}
	base.num = ratio->num;
	base.den = ratio->den;
	*flags |= s->assumed ? GT_FLAG_DENSITY : 0;
	return gt_ratio_between(&base, &wanted, ratio);
}

static bool same_quantity(const struct gt_unit *a, const struct gt_unit *b)
{
	return a && b && gt_str_eq(a->quantity, b->quantity);
}

enum united { UNITED, UNIT_UNKNOWN, NO_NUMBER };

/* No unit begins like that: it is a date, a fraction, a list. */
static bool goes_on(char c)
{
	return (c >= '+' && c <= ':') || c == ';';
}

/* The unit behind the number, multipliers before it ("12.5万度"), or the line's own. */
static enum united find_unit(struct gt_run *run, const struct gt_step *step,
	struct gt_number *number, struct gt_ratio *ratio)
{
	const struct gt_unit *to = step->element->unit, *unit = NULL;
	const struct gt_words *words = run->plan->words;
	bool behind = false;

	if (number->rest.n && goes_on(number->rest.p[0]))
		return NO_NUMBER;
	/* 350元整; a unit that has such a word of its own is left whole. */
	if (number->rest.n && !gt_standard_unit(run->plan->standard, number->rest))
		(void)gt_word_take_end(&words->money_after, &number->rest);
	if (number->rest.n && !to && gt_word_take_end(&words->counters, &number->rest))
		number->flags |= GT_FLAG_UNIT_IN_VALUE;
	for (int i = 0; number->rest.n; i++) {
		unit = gt_standard_unit(run->plan->standard, number->rest);
		behind = true;
		/* 万 alone may be a unit of another quantity (万元). */
		if (same_quantity(unit, to) || i == 3 || !gt_number_multiplier(words, number))
			break;
	}
	if (number->rest.n == 0) {
		*ratio = step->unit;
		number->flags |= number->money ? 0 : step->unit_flags;
		if (!number->money)
			return UNITED;
		unit = words->money_unit;
		behind = false;
	}
	if (!unit || !to || !gt_ratio_of_element(unit, step->element, ratio, &number->flags))
		return UNIT_UNKNOWN;
	if (behind) {
		run->norm->flags[step->index] |= GT_FLAG_UNIT_IN_VALUE;
		gt_run_note(run, GT_NOTED_UNIT, step, unit->name);
	}
	return UNITED;
}

static enum gt_got no_number(struct gt_run *run, const struct gt_step *step, struct gt_str word)
{
	if (gt_step_is_null_word(run, word))
		return GT_GOT_NULL;
	return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_NUMBER, word, NULL);
}

static void trace_ratio(struct gt_run *run, const struct gt_step *step, struct gt_str word,
	const struct gt_ratio *ratio)
{
	struct gt_value value = gt_value_text(gt_arena_copy(run->arena, word));
	char text[48];

	gt_trace_add(run, step, GT_STAGE_CONVERTED, &value,
		gt_cstr(ratio->den == 1
				? gt_text(text, sizeof text, "× %lld", (long long)ratio->num)
				: gt_text(text, sizeof text, "× %lld/%lld", (long long)ratio->num,
					  (long long)ratio->den)));
}

enum gt_got gt_step_number(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	const struct gt_element *element = step->element;
	uint64_t *flags = &run->norm->flags[step->index];
	bool decimal = element->type == GT_TYPE_DECIMAL, rounded;
	unsigned scale = decimal ? element->scale : 0;
	struct gt_ratio ratio;
	struct gt_number number;
	char quantity[GT_SHOWN_MAX];
	int64_t v;

	if (word.n > GT_WORD_MAX || !gt_number_parse(run->plan->words, word, &number))
		return no_number(run, step, word);
	if (number.flags & GT_FLAG_AMBIGUOUS)
		return gt_step_broken(
			run, step, GT_FLAG_AMBIGUOUS, GT_E_VALUE_AMBIGUOUS, word, NULL);
	switch (find_unit(run, step, &number, &ratio)) {
	case NO_NUMBER:
		return no_number(run, step, word);
	case UNIT_UNKNOWN:
		if (!element->unit)
			return no_number(run, step, word);
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_UNIT, word,
			gt_shown(element->unit->quantity, quantity));
	case UNITED:
		break;
	}
	if (run->trace && ratio.num != ratio.den)
		trace_ratio(run, step, word, &ratio);
	if (!gt_number_scale(&number, ratio.num, ratio.den, scale, &v, &rounded))
		return gt_step_broken(
			run, step, GT_FLAG_OUT_OF_RANGE, GT_E_VALUE_LARGE, word, NULL);
	if (rounded && !decimal)
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_NUMBER, word, NULL);
	*flags |= number.flags | (rounded ? GT_FLAG_ROUNDED : 0) |
		  (ratio.num != ratio.den ? GT_FLAG_CONVERTED : 0);
	if ((element->has_min && v < element->min) || (element->has_max && v > element->max))
		return gt_step_broken(
			run, step, GT_FLAG_OUT_OF_RANGE, GT_E_VALUE_RANGE, word, NULL);
	*value = (struct gt_value){
		.kind = decimal ? GT_DECIMAL : GT_INT, .scale = (uint8_t)scale, .number = v};
	return GT_GOT_VALUE;
}
