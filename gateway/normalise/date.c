/* date.c: from a recognised form to a day or an instant; the forms are read in date_scan.c. */
#include "date.h"
#include "date_scan.h"
#include "flags.h"

#define DAY_US 86400000000

static enum gt_dated from_instant(
	int64_t us, enum gt_precision precision, bool time, int zone_minutes, struct gt_when *when)
{
	struct gt_civil local;

	gt_civil_from_us(us, zone_minutes, &local);
	if (local.year < 1 || local.year > 9999)
		return GT_DATED_NO_DAY;
	when->precision = time || precision < GT_DAY ? precision : GT_DAY;
	when->value = time ? us : gt_days_from_civil(local.year, local.month, local.day);
	return GT_DATED;
}

enum gt_dated gt_date_parse(const struct gt_words *words, struct gt_str word, bool time,
	int zone_minutes, struct gt_when *when, uint64_t *flags)
{
	struct gt_dating d = {.civil = {.month = 1, .day = 1}};

	if (!gt_date_scan(words, word, &d)) {
		d = (struct gt_dating){.civil = {.month = 1, .day = 1}};
		if (!gt_period_scan(words, word, &d))
			return GT_DATED_NOT;
	}
	if (d.zero) {
		*flags |= GT_FLAG_ZERO_DATE;
		return GT_DATED_EMPTY;
	}
	*flags |= d.flags;
	if (d.instant)
		return from_instant(d.us, d.precision, time, zone_minutes, when);
	bool midnight24 = d.civil.hour == 24 && d.civil.minute == 0 && d.civil.second == 0 &&
			  d.civil.micro == 0;
	if (midnight24)
		d.civil.hour = 0;
	if (d.civil.year < 1 || !gt_civil_valid(&d.civil))
		return GT_DATED_NO_DAY;
	int64_t day = gt_days_from_civil(d.civil.year, d.civil.month, d.civil.day);
	if (gt_words_no_date(words, day)) {
		*flags = (*flags & ~(uint64_t)GT_FLAG_DATE_FORM) | GT_FLAG_DEFAULT_DATE;
		return GT_DATED_EMPTY;
	}
	if (time && d.precision < GT_DAY)
		return GT_DATED_NOT;
	if (!time && d.precision < GT_DAY) {
		when->precision = d.precision;
		when->months = (unsigned)d.months;
		when->value = day;
		return GT_DATED;
	}
	if (time && d.precision == GT_DAY)
		*flags |= GT_FLAG_DATE_ONLY;
	/* Nobody recorded whether a clock of those days showed summer time. */
	if (time && !d.has_zone && gt_words_summer_time(words, day, zone_minutes))
		*flags |= GT_FLAG_DST_1986;
	int64_t us = gt_civil_to_us(&d.civil, d.has_zone ? d.zone_minutes : zone_minutes);
	return from_instant(us + (midnight24 ? DAY_US : 0), d.precision, time, zone_minutes, when);
}
