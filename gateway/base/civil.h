/* civil.h: proleptic Gregorian days and RFC 3339 text. Pure, any thread, no locale, no TZ. */
#ifndef GT_BASE_CIVIL_H
#define GT_BASE_CIVIL_H

#include <guantong/str.h>

/* GB/T 7408.1-2023 (ISO 8601-1): what of a time is known. Halves, quarters and runs of months are
 * our extension: what reports are about. Their first day stands for them. */
enum gt_precision {
	GT_YEAR,
	GT_HALF,
	GT_QUARTER,
	GT_MONTHS,
	GT_MONTH,
	GT_DAY,
	GT_HOUR,
	GT_MINUTE,
	GT_SECOND,
	GT_MILLI,
	GT_MICRO
};

struct gt_civil {
	int year, month, day, hour, minute, second, micro;
};

int64_t gt_days_from_civil(int year, int month, int day); /* days since 1970-01-01 */
void gt_civil_from_days(int64_t days, int *year, int *month, int *day);
bool gt_civil_valid(const struct gt_civil *civil); /* real day, 00:00:00–23:59:59.999999 */
int64_t gt_civil_to_us(const struct gt_civil *civil, int zone_minutes);
void gt_civil_from_us(int64_t us, int zone_minutes, struct gt_civil *civil);

#define GT_TIME_TEXT_MAX 40u
/* RFC 3339: "2024-03-27T08:25:00+08:00", "…Z" for zone 0; fraction only as far as the precision
 * asks (MILLI, MICRO). Returns bytes written, no NUL. */
size_t gt_time_write(char *out, int64_t us, int zone_minutes, enum gt_precision precision);
/* "2024-03", "2024-03-05", "2024-Q1", "2024-H1"; of MONTHS the first one. */
size_t gt_date_write(char *out, int64_t days, enum gt_precision precision);
/* MONTHS: "2024-01/2024-03". */
size_t gt_months_write(char *out, int64_t days, unsigned months);

#endif
