/* date.c: from a recognised form to a day or an instant; the forms are read in date_scan.c. */
#include "date.h"
#include "date_scan.h"
#include "flags.h"

#define DAY_US 86400000000

/* What systems store when nobody entered a date: SQL Server, Excel and .NET epochs, "for ever". */
static const struct {
	int year, month, day;
} placeholders[] = {{1900, 1, 1}, {1899, 12, 30}, {1753, 1, 1}, {1, 1, 1}, {9999, 12, 31}};

static bool is_placeholder(const struct gt_civil *c)
{
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
		if (c->year == placeholders[i].year && c->month == placeholders[i].month &&
			c->day == placeholders[i].day)
			return true;
	return false;
}

/* China kept summer time in 1986–1991 (April to September); clocks of that time are ambiguous by
 * one hour, and nobody recorded which they meant. */
static bool is_summer_time(const struct gt_civil *c, int zone_minutes)
{
	return zone_minutes == 480 && c->year >= 1986 && c->year <= 1991 && c->month >= 4 &&
	       c->month <= 9;
}

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

enum gt_dated gt_date_parse(
	struct gt_str word, bool time, int zone_minutes, struct gt_when *when, uint32_t *flags)
{
	struct gt_dating d = {.civil = {.month = 1, .day = 1}};

	if (!gt_date_scan(word, &d))
		return GT_DATED_NOT;
	if (d.zero) {
		*flags |= GT_FLAG_ZERO_DATE;
		return GT_DATED_EMPTY;
	}
	*flags |= d.flags;
	if (d.instant)
		return from_instant(d.us, d.precision, time, zone_minutes, when);
	if (is_placeholder(&d.civil)) {
		*flags = (*flags & ~(uint32_t)GT_FLAG_DATE_FORM) | GT_FLAG_DEFAULT_DATE;
		return GT_DATED_EMPTY;
	}
	bool midnight24 = d.civil.hour == 24 && d.civil.minute == 0 && d.civil.second == 0 &&
			  d.civil.micro == 0;
	if (midnight24)
		d.civil.hour = 0;
	if (d.civil.year < 1 || !gt_civil_valid(&d.civil))
		return GT_DATED_NO_DAY;
	if (time && d.precision < GT_DAY)
		return GT_DATED_NOT;
	if (!time && d.precision < GT_DAY) {
		when->precision = d.precision;
		when->value = gt_days_from_civil(d.civil.year, d.civil.month, 1);
		return GT_DATED;
	}
	if (time && d.precision == GT_DAY)
		*flags |= GT_FLAG_DATE_ONLY;
	if (time && !d.has_zone && is_summer_time(&d.civil, zone_minutes))
		*flags |= GT_FLAG_DST_1986;
	int64_t us = gt_civil_to_us(&d.civil, d.has_zone ? d.zone_minutes : zone_minutes);
	return from_instant(us + (midnight24 ? DAY_US : 0), d.precision, time, zone_minutes, when);
}
