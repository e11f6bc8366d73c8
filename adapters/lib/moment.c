#include "moment.h"

#include <stdio.h>

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int *year, int *month, int *day)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool parse_number(struct gt_str s, int64_t *value)
{
	bool minus = s.n && s.p[0] == '-';
	size_t i = minus;
	int64_t v = 0;

	for (; i < s.n && digit(s.p[i]); i++) {
		if (v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	if (i != s.n || i == (size_t)minus)
		return false;
	*value = minus ? -v : v;
	return true;
}

/* The zone behind a time: Z, +08:00, +0800, +08. False: something else stands there. */
static bool parse_zone(struct gt_str s, int *minutes)
{
	if (s.n == 1 && s.p[0] == 'Z') {
		*minutes = 0;
		return true;
	}
	if ((s.n != 6 && s.n != 5 && s.n != 3) || (s.p[0] != '+' && s.p[0] != '-') ||
		!digit(s.p[1]) || !digit(s.p[2]))
		return false;
	int v = ((s.p[1] - '0') * 10 + s.p[2] - '0') * 60;
	size_t m = s.n == 6 ? 4 : 3;
	if (s.n > 3) {
		if (!digit(s.p[m]) || !digit(s.p[m + 1]))
			return false;
		v += (s.p[m] - '0') * 10 + s.p[m + 1] - '0';
	}
	*minutes = s.p[0] == '-' ? -v : v;
	return true;
}

static int64_t fraction_us(struct gt_str s, size_t *i)
{
	int64_t us = 0, unit = 100000;

	for (; *i < s.n && digit(s.p[*i]); ++*i, unit /= 10)
		us += (s.p[*i] - '0') * unit;
	return us;
}

/* part: year, month, day, hour, minute, second. */
static bool join(const int64_t part[6], int64_t us, int zone, int64_t *order)
{
	if (part[0] < 1900 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 ||
		part[3] > 23 || part[4] > 59 || part[5] > 59)
		return false;
	int64_t seconds = days_from_civil(part[0], part[1], part[2]) * 86400 + part[3] * 3600 +
			  (part[4] - zone) * 60 + part[5];
	*order = seconds * 1000000 + us;
	return true;
}

/* Up to six groups of digits, year first, any of "-/.: T" between them, then fraction and zone. */
static bool parse_civil(struct gt_str s, int zone, int64_t *order)
{
	int64_t part[6] = {0, 1, 1, 0, 0, 0}, us = 0;
	size_t i = 0, n = 0;

	while (n < 6 && i < s.n && digit(s.p[i])) {
		int64_t v = 0;

		for (size_t from = i; i < s.n && digit(s.p[i]) && i - from < 4; i++)
			v = v * 10 + (s.p[i] - '0');
		part[n++] = v;
		if (n == 6 || i == s.n || !memchr("-/.: T", s.p[i], 6))
			break;
		if (n >= 4 && s.p[i] == '-')
			break;
		i++;
	}
	if (n == 6 && i + 1 < s.n && s.p[i] == '.') {
		i++;
		us = fraction_us(s, &i);
	}
	if (i < s.n && s.p[i] == ' ')
		i++;
	if (i < s.n && !parse_zone(gt_str(s.p + i, s.n - i), &zone))
		return false;
	return n >= 3 && join(part, us, zone, order);
}

/* Eight digits of a date, six of a time. */
static bool parse_compact(struct gt_str s, int zone, int64_t *order)
{
	static const unsigned char width[6] = {4, 2, 2, 2, 2, 2};
	int64_t part[6] = {0};
	size_t at = 0;

	if (s.n != 14)
		return false;
	for (size_t k = 0; k < 6; k++)
		for (size_t i = 0; i < width[k]; i++, at++) {
			if (!digit(s.p[at]))
				return false;
			part[k] = part[k] * 10 + (s.p[at] - '0');
		}
	return join(part, 0, zone, order);
}

static int64_t scale_of(enum gt_layout layout)
{
	return layout == GT_LAYOUT_SECONDS ? 1000000 : layout == GT_LAYOUT_MILLIS ? 1000 : 1;
}

bool gt_moment_parse(struct gt_str s, enum gt_layout layout, int zone, int64_t *order)
{
	int64_t number = 0, scale = scale_of(layout);

	switch (layout) {
	case GT_LAYOUT_SECONDS:
	case GT_LAYOUT_MILLIS:
	case GT_LAYOUT_NUMBER:
		if (!parse_number(s, &number) || number > INT64_MAX / scale ||
			(scale > 1 && number < 0))
			return false;
		*order = number * scale;
		return true;
	case GT_LAYOUT_COMPACT:
		return parse_compact(s, zone, order);
	case GT_LAYOUT_DATETIME:
	case GT_LAYOUT_ISO:
	case GT_LAYOUT_DATE:
		break;
	}
	return parse_civil(s, zone, order);
}

struct gt_civil gt_moment_civil(int64_t order, int zone)
{
	struct gt_civil c = {0};
	int64_t seconds = order / 1000000 - (order % 1000000 < 0) + (int64_t)zone * 60;
	int64_t days = seconds / 86400 - (seconds % 86400 < 0);

	c.in_day = (int)(seconds - days * 86400);
	civil_from_days(days, &c.year, &c.month, &c.day);
	return c;
}

void gt_moment_write(int64_t order, enum gt_layout layout, int zone, char out[GT_MOMENT_TEXT])
{
	if (layout >= GT_LAYOUT_SECONDS) {
		(void)snprintf(out, GT_MOMENT_TEXT, "%lld", (long long)(order / scale_of(layout)));
		return;
	}
	struct gt_civil c = gt_moment_civil(order, zone);
	int h = c.in_day / 3600, m = c.in_day / 60 % 60, s = c.in_day % 60;
	switch (layout) {
	case GT_LAYOUT_DATE:
		(void)snprintf(out, GT_MOMENT_TEXT, "%04d-%02d-%02d", c.year, c.month, c.day);
		break;
	case GT_LAYOUT_COMPACT:
		(void)snprintf(out, GT_MOMENT_TEXT, "%04d%02d%02d%02d%02d%02d", c.year, c.month,
			c.day, h, m, s);
		break;
	case GT_LAYOUT_ISO: {
		int off = zone < 0 ? -zone : zone;
		(void)snprintf(out, GT_MOMENT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
			c.year, c.month, c.day, h, m, s, zone < 0 ? '-' : '+', off / 60, off % 60);
		break;
	}
	default:
		(void)snprintf(out, GT_MOMENT_TEXT, "%04d-%02d-%02d %02d:%02d:%02d", c.year,
			c.month, c.day, h, m, s);
	}
}
