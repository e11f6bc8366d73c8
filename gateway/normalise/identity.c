/* identity.c: identity numbers that people write into free text ("张三 11010519491231002X 已领").
 * They are masked whatever the element is marked, since nobody marks a remark. To leave order
 * numbers alone (division, date and a serial have 18 digits too), only a number with a right check
 * digit and the birth date of an adult counts (adult_years of the words). */
#include "checks.h"
#include "civil.h"
#include "steps.h"

#define LENGTH GT_IDENTITY_LENGTH

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identity(const char *p, int64_t today, int64_t adult_years)
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
	return year + adult_years <= this_year &&
	       gt_check_identity(gt_str(upper, LENGTH)) == GT_CHECK_OK;
}

size_t gt_identity_find(int64_t adult_years, int64_t today, struct gt_str s, size_t from)
{
	for (size_t i = from; i + LENGTH <= s.n; i++) {
		if (!is_digit(s.p[i]) || (i > 0 && is_digit(s.p[i - 1])))
			continue;
		if ((i + LENGTH == s.n || !is_digit(s.p[i + LENGTH])) &&
			is_identity(s.p + i, today, adult_years))
			return i;
	}
	return SIZE_MAX;
}

static size_t find(const struct gt_run *run, struct gt_str s, size_t from)
{
	return gt_identity_find(run->plan->words->adult_years, run->event_day, s, from);
}

bool gt_step_hide_identity(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	size_t at = find(run, *text, 0);
	struct gt_str copy;

	if (at == SIZE_MAX)
		return true;
	copy = gt_arena_copy(run->arena, *text);
	if (!copy.p)
		return false;
	for (; at != SIZE_MAX; at = find(run, copy, at + LENGTH)) {
		char *masked = (char *)(uintptr_t)copy.p + at;
		gt_mask(GT_FORMAT_IDENTITY, gt_str(text->p + at, LENGTH), masked);
		if (masked[LENGTH - 1] == 'x')
			masked[LENGTH - 1] = 'X';
	}
	run->norm->flags[step->index] |= GT_FLAG_IDENTITY;
	*text = copy;
	return true;
}
