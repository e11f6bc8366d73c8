/* check.c: what a text must satisfy: length, pattern, format with check digits. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "checks.h"
#include "steps.h"

#include <pcre2.h>

static size_t characters(struct gt_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static const char *format_name(enum gt_format_kind format)
{
	switch (format) {
	case GT_FORMAT_PLATE:
		return gt_bi("number plate (GA 36)", "机动车号牌（GA 36）");
	case GT_FORMAT_USCC:
		return gt_bi(
			"unified social credit code (GB 32100)", "统一社会信用代码（GB 32100）");
	case GT_FORMAT_VIN:
		return gt_bi(
			"vehicle identification number (GB 16735)", "车辆识别代号（GB 16735）");
	case GT_FORMAT_DIVISION:
		return gt_bi("division code (GB/T 2260)", "行政区划代码（GB/T 2260）");
	case GT_FORMAT_IDENTITY:
		return gt_bi("citizen identity number (GB 11643)", "公民身份号码（GB 11643）");
	case GT_FORMAT_ORGCODE:
		return gt_bi("organisation code (GB 11714)", "组织机构代码（GB 11714）");
	case GT_FORMAT_NONE:
		break;
	}
	return "";
}

bool gt_division_form(struct gt_str s, char out[12], size_t *n)
{
	if (s.n != 2 && s.n != 4 && s.n != 6 && s.n != 9 && s.n != 12)
		return false;
	size_t full = s.n <= 6 ? 6 : 12;
	memset(out, '0', 12);
	memcpy(out, s.p, s.n);
	/* Twelve digits (NBS) of a place that six already name. */
	if (full == 12 && memcmp(out + 6, "000000", 6) == 0)
		full = 6;
	if (gt_check_division(gt_str(out, full)) != GT_CHECK_OK)
		return false;
	*n = full;
	return true;
}

/* A place that the table does not have, or not at that time: kept, but told. */
static void judge_division(struct gt_run *run, const struct gt_step *step, const char *form)
{
	const struct gt_standard *standard = run->plan->standard;
	const struct gt_division *found = gt_standard_division(standard, gt_str(form, 6));
	uint64_t *flags = &run->norm->flags[step->index];

	if (!gt_standard_has_divisions(standard))
		return;
	if (!found)
		*flags |= GT_FLAG_UNKNOWN_DIVISION;
	else if (run->event_day < found->valid_from || run->event_day > found->valid_to)
		*flags |= GT_FLAG_EXPIRED_CODE;
	/* The same code, but it covered other ground. */
	if (found && run->event_day < found->boundary)
		*flags |= GT_FLAG_BOUNDARY;
}

enum gt_placed gt_division_named(
	const struct gt_run *run, struct gt_str text, struct gt_place_of *place)
{
	size_t digits = 0;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (digits == 0)
		return gt_standard_place(run->plan->standard, text, run->event_day, place);
	/* "330110余杭区", "330110(余杭区)": both must say the same. */
	struct gt_str name = gt_str(text.p + digits, text.n - digits);
	if (digits != 6 || name.n == 0)
		return GT_PLACED_NOT;
	const struct gt_division *coded =
		gt_standard_division(run->plan->standard, gt_str(text.p, digits));
	if (*name.p == '(' && name.n > 2 && name.p[name.n - 1] == ')')
		name = gt_str(name.p + 1, name.n - 2);
	enum gt_placed placed = gt_standard_place(run->plan->standard, name, run->event_day, place);
	if (!coded || placed == GT_PLACED_NOT)
		return GT_PLACED_NOT;
	if (placed == GT_PLACED && !gt_str_eq(place->division->code, coded->code))
		return GT_PLACED_AMBIGUOUS;
	place->division = coded;
	return gt_str_eq(coded->name, name) || placed == GT_PLACED ? GT_PLACED
								   : GT_PLACED_AMBIGUOUS;
}

/* Not a code: the name of a place, or an address. */
static enum gt_got named(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	uint64_t *flags = &run->norm->flags[step->index];
	struct gt_place_of place;

	switch (gt_division_named(run, *text, &place)) {
	case GT_PLACED:
		break;
	case GT_PLACED_AMBIGUOUS:
		return gt_step_broken(
			run, step, GT_FLAG_AMBIGUOUS, GT_E_VALUE_AMBIGUOUS, *text, NULL);
	case GT_PLACED_NOT:
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_FORMAT, *text,
			format_name(GT_FORMAT_DIVISION));
	}
	*flags |= GT_FLAG_CODE_MAPPED;
	if (place.former && place.division->boundary != INT64_MIN)
		*flags |= GT_FLAG_BOUNDARY;
	*text = place.division->code;
	judge_division(run, step, text->p);
	return GT_GOT_VALUE;
}

static enum gt_got division(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	char form[12];
	size_t n;

	if (!gt_division_form(*text, form, &n))
		return named(run, step, text);
	judge_division(run, step, form);
	if (n == text->n)
		return GT_GOT_VALUE;
	*text = gt_arena_copy(run->arena, gt_str(form, n));
	return text->p ? GT_GOT_VALUE : GT_GOT_FULL;
}

static enum gt_got format(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	enum gt_format_kind kind = step->element->format;

	if (kind == GT_FORMAT_DIVISION)
		return division(run, step, text);
	switch (gt_check_format(kind, *text)) {
	case GT_CHECK_OK:
		return GT_GOT_VALUE;
	case GT_CHECK_SHAPE:
		return gt_step_broken(
			run, step, GT_FLAG_INVALID, GT_E_VALUE_FORMAT, *text, format_name(kind));
	case GT_CHECK_DIGIT:
		break;
	}
	run->norm->flags[step->index] |= GT_FLAG_CHECK_DIGIT;
	/* GB 16735 binds road vehicles of today: old, imported and off-road ones fail it rightly.
	 */
	if (kind == GT_FORMAT_VIN)
		return GT_GOT_VALUE;
	return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_CHECK_DIGIT, *text, NULL);
}

enum gt_got gt_step_check_text(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	const struct gt_element *element = step->element;
	char limit[24], shown[GT_SHOWN_MAX];

	/* A place's name is longer than the code that it becomes. */
	if (text->n > step->max_length && element->format != GT_FORMAT_DIVISION &&
		characters(*text) > step->max_length)
		return gt_step_broken(run, step, GT_FLAG_TOO_LONG, GT_E_VALUE_LONG, GT_LIT(""),
			gt_text(limit, sizeof limit, "%zu", step->max_length));
	/* The pattern carries its limits of time and memory; a match that exceeds them is none. */
	if (element->pattern && pcre2_match(element->pattern, (PCRE2_SPTR)text->p, text->n, 0,
					PCRE2_NO_UTF_CHECK, run->norm->tools->match, NULL) < 0)
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_PATTERN, *text,
			gt_shown(element->pattern_text, shown));
	return element->format == GT_FORMAT_NONE ? GT_GOT_VALUE : format(run, step, text);
}
