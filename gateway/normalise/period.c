/* period.c: names of periods: quarters, halves, runs of months. A period is a date that is known
 * less exactly: its first day, and a precision. */
#include "date_scan.h"
#include "flags.h"

#define MONTHS_MAX 120 /* a longer run is rather a mistake */

static bool digit(const struct gt_scan *s, size_t i)
{
	return (size_t)(s->end - s->p) > i && s->p[i] >= '0' && s->p[i] <= '9';
}

static bool at_end(struct gt_scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
	return s->p == s->end;
}

/* A part that there is none of (第五季度) leaves a month that no calendar has. */
static bool part_of(struct gt_dating *d, enum gt_precision precision, int part, int parts)
{
	d->precision = precision;
	d->civil.month = part >= 1 && part <= parts ? (part - 1) * (12 / parts) + 1 : 13;
	return true;
}

/* 一季度, 第1季度, 1季, Q1. */
static bool quarter(struct gt_scan s, struct gt_dating *d)
{
	int part;

	if (gt_scan_take(&s, "Q") || gt_scan_take(&s, "q")) {
		if (!gt_scan_small(&s, &part, d))
			return false;
	} else {
		(void)gt_scan_take(&s, "第");
		if (!gt_scan_small(&s, &part, d) || !gt_scan_take(&s, "季"))
			return false;
		(void)gt_scan_take(&s, "度");
	}
	return at_end(&s) && part_of(d, GT_QUARTER, part, 4);
}

/* 上半年, 下半年, H1. */
static bool half(struct gt_scan s, struct gt_dating *d)
{
	int part = gt_scan_take(&s, "上半年") ? 1 : gt_scan_take(&s, "下半年") ? 2 : 0;

	if (!part &&
		(!(gt_scan_take(&s, "H") || gt_scan_take(&s, "h")) || !gt_scan_small(&s, &part, d)))
		return false;
	return at_end(&s) && part_of(d, GT_HALF, part, 2);
}

static bool whole_year(struct gt_scan s, struct gt_dating *d)
{
	d->precision = GT_YEAR;
	d->civil.month = 1;
	return (gt_scan_take(&s, "度") || gt_scan_take(&s, "全年") || gt_scan_take(&s, "年度")) &&
	       at_end(&s);
}

/* 2024年1, 2024-01, 2024.1, 202401, as far as the month; *named: with 年. */
static bool year_month(struct gt_scan *s, struct gt_dating *d, bool *named)
{
	struct gt_scan year = {s->p, s->p + 4, s->words};
	size_t n = 0;

	while (digit(s, n))
		n++;
	if (n == 6) {
		struct gt_scan month = {s->p + 4, s->p + 6, s->words};
		s->p += 6;
		return gt_scan_year(&year, d) && gt_scan_small(&month, &d->civil.month, d);
	}
	if (!gt_scan_year(s, d))
		return false;
	(void)at_end(s);
	*named = gt_scan_take(s, "年");
	if (!*named && !gt_scan_take(s, "-") && !gt_scan_take(s, ".") && !gt_scan_take(s, "/"))
		return false;
	(void)at_end(s);
	return gt_scan_small(s, &d->civil.month, d);
}

static bool separator(struct gt_scan *s)
{
	static const char *const words[] = {"至", "到", "~", "--", "-", "—", "–", "/"};

	(void)at_end(s);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (gt_scan_take(s, words[i])) {
			(void)at_end(s);
			return true;
		}
	return false;
}

/* 2024年3月份, 2024年1-3月, 2024年11月至2025年2月, 2024-01/2024-03. */
static bool months(struct gt_scan s, struct gt_dating *d)
{
	struct gt_dating last = *d;
	bool named = false, month_named;

	if (!year_month(&s, d, &named))
		return false;
	month_named = gt_scan_take(&s, "月");
	d->precision = GT_MONTH;
	if (month_named && gt_scan_take(&s, "份") && at_end(&s))
		return named;
	if (!separator(&s))
		return false;
	struct gt_scan behind = s;
	bool second_named = false;
	if (!year_month(&behind, &last, &second_named)) {
		/* Without a year only what says that it is a month. */
		behind = s;
		last.civil.year = d->civil.year;
		if (!named || !gt_scan_small(&behind, &last.civil.month, d))
			return false;
		second_named = true;
	}
	if (second_named && !gt_scan_take(&behind, "月"))
		return false;
	(void)gt_scan_take(&behind, "份");
	if (!at_end(&behind))
		return false;
	d->precision = GT_MONTHS;
	d->months = (last.civil.year - d->civil.year) * 12 + last.civil.month - d->civil.month + 1;
	if (d->months < 1 || d->months > MONTHS_MAX || last.civil.month < 1 ||
		last.civil.month > 12)
		d->civil.month = 13;
	return true;
}

bool gt_period_scan(const struct gt_words *words, struct gt_str word, struct gt_dating *dating)
{
	struct gt_scan s = {word.p, word.p + word.n, words};
	struct gt_dating d = *dating;

	d.flags |= GT_FLAG_DATE_FORM;
	*dating = d;
	if (months(s, dating))
		return true;
	if (!gt_scan_year(&s, &d))
		return false;
	(void)at_end(&s);
	if (!gt_scan_take(&s, "年"))
		(void)gt_scan_take(&s, "-");
	(void)at_end(&s);
	*dating = d;
	return quarter(s, dating) || half(s, dating) || whole_year(s, dating);
}
