/* date_scan.h: the forms in which dates are written, to their parts. Pure, any thread. */
#ifndef GT_NORMALISE_DATE_SCAN_H
#define GT_NORMALISE_DATE_SCAN_H

#include "civil.h"
#include "words.h"

struct gt_dating {
	struct gt_civil civil; /* not yet checked: there may be no such day */
	enum gt_precision precision;
	int months; /* GT_MONTHS: how many */
	bool has_zone;
	int zone_minutes;
	bool instant; /* us is set instead of civil: an epoch number */
	bool zero;    /* nothing but zeros */
	int64_t us;
	uint64_t flags;
};

/* False: no form of a date. civil.month and .day must be 1 on entry. */
bool gt_date_scan(
	const struct gt_words *words, struct gt_str word, struct gt_dating *dating) GT_MUST_CHECK;

/* period.c: 2024年一季度, 2024Q1, 2024年上半年, 2024H2, 2024年度, 2024年3月份, 2024年1-3月,
 * 2024-01/2024-03: civil is the first day. False: no form of a period. */
bool gt_period_scan(
	const struct gt_words *words, struct gt_str word, struct gt_dating *dating) GT_MUST_CHECK;

/* What both read with: words are taken off the front. */
struct gt_scan {
	const char *p, *end;
	const struct gt_words *words;
};
static inline bool gt_scan_take(struct gt_scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}
/* A number of 1 or 2 digits, in either script. */
bool gt_scan_small(struct gt_scan *s, int *value, struct gt_dating *dating);
/* 2024, 24 (flag year2), 二〇二四; without 年. */
bool gt_scan_year(struct gt_scan *s, struct gt_dating *dating);

#endif
