/* civil.c: days and civil dates after Howard Hinnant's "chrono-compatible low-level date
 * algorithms". */
#include "civil.h"

#define DAY_US INT64_C(86400000000)
#define MINUTE_US INT64_C(60000000)

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t gt_days_from_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void gt_civil_from_days(int64_t days, int *year, int *month, int *day)
{
	days += 719468;

	int64_t era = floor_div(days, 146097), d = days - era * 146097;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool gt_civil_valid(const struct gt_civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= month_days(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
	       c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59 &&
	       c->micro >= 0 && c->micro <= 999999;
}

int64_t gt_civil_to_us(const struct gt_civil *c, int zone_minutes)
{
	int64_t minutes = (int64_t)c->hour * 60 + c->minute - zone_minutes;

	return gt_days_from_civil(c->year, c->month, c->day) * DAY_US + minutes * MINUTE_US +
	       (int64_t)c->second * 1000000 + c->micro;
}

void gt_civil_from_us(int64_t us, int zone_minutes, struct gt_civil *c)
{
	int64_t days = floor_div(us, DAY_US), rest = us % DAY_US;
	rest += (rest < 0 ? DAY_US : 0) + zone_minutes * MINUTE_US;

	int64_t shift = floor_div(rest, DAY_US); /* the zone may lead into a neighbouring day */

	rest -= shift * DAY_US;
	gt_civil_from_days(days + shift, &c->year, &c->month, &c->day);
	c->hour = (int)(rest / (60 * MINUTE_US));
	c->minute = (int)(rest / MINUTE_US % 60);
	c->second = (int)(rest / 1000000 % 60);
	c->micro = (int)(rest % 1000000);
}

static char *digits(char *out, unsigned v, unsigned n)
{
	for (unsigned i = n; i > 0; i--, v /= 10)
		out[i - 1] = (char)('0' + v % 10);
	return out + n;
}

/* Four digits for 0 … 9999, else ISO 8601's expanded form: a sign and six digits. */
static char *put_year(char *out, int year)
{
	if (year >= 0 && year <= 9999)
		return digits(out, (unsigned)year, 4);
	*out++ = year < 0 ? '-' : '+';
	return digits(out, year < 0 ? 0u - (unsigned)year : (unsigned)year, 6);
}

static char *put_pair(char *out, char before, int v)
{
	*out = before;
	return digits(out + 1, (unsigned)v, 2);
}

size_t gt_time_write(char *out, int64_t us, int zone_minutes, enum gt_precision precision)
{
	struct gt_civil c;
	char *p;

	gt_civil_from_us(us, zone_minutes, &c);
	p = put_year(out, c.year);
	p = put_pair(p, '-', c.month);
	p = put_pair(p, '-', c.day);
	p = put_pair(p, 'T', c.hour);
	p = put_pair(p, ':', c.minute);
	p = put_pair(p, ':', c.second);
	if (precision >= GT_MILLI) {
		*p++ = '.';
		p = precision == GT_MILLI ? digits(p, (unsigned)c.micro / 1000, 3)
					  : digits(p, (unsigned)c.micro, 6);
	}
	if (zone_minutes == 0) {
		*p++ = 'Z';
	} else {
		int east = zone_minutes < 0 ? -zone_minutes : zone_minutes;

		p = put_pair(p, zone_minutes < 0 ? '-' : '+', east / 60);
		p = put_pair(p, ':', east % 60);
	}
	return (size_t)(p - out);
}

size_t gt_date_write(char *out, int64_t days, enum gt_precision precision)
{
	int year, month, day;

	gt_civil_from_days(days, &year, &month, &day);

	char *p = put_year(out, year);

	if (precision == GT_HALF || precision == GT_QUARTER) {
		*p++ = '-';
		*p++ = precision == GT_HALF ? 'H' : 'Q';
		*p++ = (char)('1' + (month - 1) / (precision == GT_HALF ? 6 : 3));
		return (size_t)(p - out);
	}
	if (precision >= GT_MONTHS)
		p = put_pair(p, '-', month);
	if (precision >= GT_DAY)
		p = put_pair(p, '-', day);
	return (size_t)(p - out);
}

size_t gt_months_write(char *out, int64_t days, unsigned months)
{
	int year, month, day;
	size_t n = gt_date_write(out, days, GT_MONTH);

	gt_civil_from_days(days, &year, &month, &day);
	month += (int)months - 1;
	year += (month - 1) / 12;
	month = (month - 1) % 12 + 1;
	out[n++] = '/';
	return n + gt_date_write(out + n, gt_days_from_civil(year, month, 1), GT_MONTH);
}
