/* http_time.c: values of the cursor field, as sources write them, made comparable and back again.
 */
#include "http.h"

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
	size_t i = 0;
	bool minus = s.n && s.p[0] == '-';
	int64_t v = 0;
	for (i = minus; i < s.n && digit(s.p[i]); i++) {
		if (v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	if (i != s.n || i == (size_t)minus)
		return false;
	*value = minus ? -v : v;
	return true;
}

/* The zone behind a time: Z, +08:00, +0800. False: something else stands there. */
static bool parse_zone(struct gt_str s, int *minutes)
{
	if (s.n == 1 && s.p[0] == 'Z') {
		*minutes = 0;
		return true;
	}
	if ((s.n != 6 && s.n != 5) || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	size_t m = s.n == 6 ? 4 : 3;
	if (!digit(s.p[1]) || !digit(s.p[2]) || !digit(s.p[m]) || !digit(s.p[m + 1]))
		return false;
	int v = ((s.p[1] - '0') * 10 + s.p[2] - '0') * 60 + (s.p[m] - '0') * 10 + s.p[m + 1] - '0';
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
	if (i < s.n && !parse_zone(gt_str(s.p + i, s.n - i), &zone))
		return false;
	if (n < 3 || part[0] < 1900 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 ||
		part[3] > 23 || part[4] > 59 || part[5] > 59)
		return false;
	int64_t seconds = days_from_civil(part[0], part[1], part[2]) * 86400 + part[3] * 3600 +
			  (part[4] - zone) * 60 + part[5];
	*order = seconds * 1000000 + us;
	return true;
}

/* 20240327082500, also without the seconds, or the day alone, or with milliseconds behind it. */
static bool parse_compact(struct gt_str s, int zone, int64_t *order)
{
	static const uint8_t digits[7] = {4, 2, 2, 2, 2, 2, 3};
	char text[32];
	size_t n = 0, i = 0;
	for (size_t k = 0; k < 7 && i < s.n; k++) {
		if (k)
			text[n++] = k == 6 ? '.' : '-';
		for (size_t d = 0; d < digits[k]; d++, i++) {
			if (i == s.n || !digit(s.p[i]))
				return false;
			text[n++] = s.p[i];
		}
		text[n] = '\0';
	}
	/* "2024-03-27-08-25-00": parse_civil takes '-' behind the hour for a zone. */
	for (size_t k = 0, dashes = 0; k < n; k++)
		if (text[k] == '-' && ++dashes > 2)
			text[k] = ':';
	return i == s.n && n >= 10 && parse_civil(gt_str(text, n), zone, order);
}

bool http_time_parse(struct gt_str s, int layout, int zone, int64_t *order)
{
	int64_t number = 0, scale = layout == HTTP_SECONDS  ? 1000000
				    : layout == HTTP_MILLIS ? 1000
							    : 1;
	switch ((enum http_layout)layout) {
	case HTTP_SECONDS:
	case HTTP_MILLIS:
	case HTTP_NUMBER:
		if (!parse_number(s, &number) || number > INT64_MAX / scale ||
			(scale > 1 && number < 0))
			return false;
		*order = number * scale;
		return true;
	case HTTP_COMPACT:
		return parse_compact(s, zone, order);
	case HTTP_UTC:
		return parse_civil(s, 0, order);
	case HTTP_DATETIME:
	case HTTP_ISO:
	case HTTP_DATE:
		break;
	}
	return parse_civil(s, zone, order);
}

static int64_t unit_of(int layout)
{
	switch (layout) {
	case HTTP_NUMBER:
		return 1;
	case HTTP_MILLIS:
		return 1000;
	default:
		return 1000000;
	}
}

int64_t http_time_floor(int64_t order, int layout, int zone)
{
	int64_t unit = unit_of(layout), shift = 0;
	if (layout == HTTP_DATE) {
		unit = INT64_C(86400000000);
		shift = (int64_t)zone * 60000000;
	}
	int64_t rest = (order + shift) % unit;
	return order - (rest < 0 ? rest + unit : rest);
}

struct civil {
	int year, month, day, in_day;
};

static struct civil civil_of(int64_t order, int zone)
{
	struct civil c = {0};
	int64_t seconds = order / 1000000 - (order % 1000000 < 0) + (int64_t)zone * 60;
	int64_t days = seconds / 86400 - (seconds % 86400 < 0);
	c.in_day = (int)(seconds - days * 86400);
	civil_from_days(days, &c.year, &c.month, &c.day);
	return c;
}

static void write_zone(struct http_text *t, int zone)
{
	char text[16];
	int off = zone < 0 ? -zone : zone;
	int n = snprintf(
		text, sizeof(text), "%c%02d:%02d", zone < 0 ? '-' : '+', off / 60, off % 60);
	http_text_add(t, gt_str(text, n > 0 ? (size_t)n : 0));
}

bool http_time_pattern(struct gt_str pattern)
{
	bool any = false;
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] != '%')
			continue;
		if (++i == pattern.n || !memchr("YmdHMSLsQz%", pattern.p[i], 11))
			return false;
		any = any || pattern.p[i] != '%';
	}
	return any;
}

void http_time_format(int64_t order, struct gt_str pattern, int zone, char *out, size_t size)
{
	struct http_text t = {out, 0, size, false};
	struct civil c = civil_of(order, zone);
	int64_t millis = order / 1000 - (order % 1000 < 0);
	int64_t seconds = millis / 1000 - (millis % 1000 < 0);
	out[0] = '\0';
	for (size_t i = 0; i < pattern.n; i++) {
		char text[24], kind = pattern.p[i] == '%' && i + 1 < pattern.n ? pattern.p[++i] : 0;
		const struct {
			char kind;
			int width;
			int64_t value;
		} parts[] = {{'Y', 4, c.year}, {'m', 2, c.month}, {'d', 2, c.day},
			{'H', 2, c.in_day / 3600}, {'M', 2, c.in_day / 60 % 60},
			{'S', 2, c.in_day % 60}, {'L', 3, millis - seconds * 1000},
			{'s', 1, seconds}, {'Q', 1, millis}};
		size_t k = 0, n = sizeof(parts) / sizeof(parts[0]);
		while (k < n && parts[k].kind != kind)
			k++;
		if (kind == 'z') {
			write_zone(&t, zone);
		} else if (k < n) {
			int w = snprintf(text, sizeof(text), "%0*lld", parts[k].width,
				(long long)parts[k].value);
			http_text_add(&t, gt_str(text, w > 0 ? (size_t)w : 0));
		} else {
			http_text_add(&t, gt_str(pattern.p + i, 1));
		}
	}
}

void http_time_write(int64_t order, int layout, int zone, char *out, size_t size)
{
	if (layout == HTTP_NUMBER || layout == HTTP_SECONDS || layout == HTTP_MILLIS) {
		int64_t scale = layout == HTTP_SECONDS ? 1000000 : layout == HTTP_MILLIS ? 1000 : 1;
		(void)snprintf(out, size, "%lld", (long long)(order / scale));
		return;
	}
	static const char *const patterns[] = {[HTTP_DATETIME] = "%Y-%m-%d %H:%M:%S",
		[HTTP_ISO] = "%Y-%m-%dT%H:%M:%S%z",
		[HTTP_DATE] = "%Y-%m-%d",
		[HTTP_COMPACT] = "%Y%m%d%H%M%S",
		[HTTP_UTC] = "%Y-%m-%dT%H:%M:%SZ"};
	http_time_format(
		order, gt_cstr(patterns[layout]), layout == HTTP_UTC ? 0 : zone, out, size);
}
