/* identity.c: identity numbers that people write into free text ("张三 11010519491231002X 已领").
 * They are masked whatever the element is marked, since nobody marks a remark. To leave order
 * numbers alone (division, date and a serial have 18 digits too), only a number with a right check
 * digit and the birth date of an adult counts. */
#include "checks.h"
#include "civil.h"
#include "steps.h"

#define LENGTH 18u
#define ADULT_YEARS 16

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identity(const char *p, int64_t today)
{
	char upper[LENGTH];
	int year = 0, this_year, month, day;

	for (size_t i = 0; i < LENGTH - 1; i++)
		if (!is_digit(p[i]))
			return false;
	memcpy(upper, p, LENGTH);
	if (upper[LENGTH - 1] == 'x')
		upper[LENGTH - 1] = 'X';
	for (size_t i = 6; i < 10; i++)
		year = year * 10 + (p[i] - '0');
	gt_civil_from_days(today, &this_year, &month, &day);
	return year + ADULT_YEARS <= this_year &&
	       gt_check_identity(gt_str(upper, LENGTH)) == GT_CHECK_OK;
}

/* The first one at or behind `from`, standing alone; SIZE_MAX = none. */
static size_t find(struct gt_str s, size_t from, int64_t today)
{
	for (size_t i = from; i + LENGTH <= s.n; i++) {
		if (!is_digit(s.p[i]) || (i > 0 && is_digit(s.p[i - 1])))
			continue;
		if ((i + LENGTH == s.n || !is_digit(s.p[i + LENGTH])) &&
			is_identity(s.p + i, today))
			return i;
	}
	return SIZE_MAX;
}

bool gt_step_hide_identity(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	size_t at = find(*text, 0, run->event_day);
	struct gt_str copy;

	if (at == SIZE_MAX)
		return true;
	copy = gt_arena_copy(run->arena, *text);
	if (!copy.p)
		return false;
	for (; at != SIZE_MAX; at = find(copy, at + LENGTH, run->event_day))
		gt_mask(GT_FORMAT_IDENTITY, gt_str(text->p + at, LENGTH),
			(char *)(uintptr_t)copy.p + at);
	run->norm->flags[step->index] |= GT_FLAG_IDENTITY;
	*text = copy;
	return true;
}
