/* http_time.c: values of the cursor field, beyond what lib/moment.h reads and writes: compact times
 * of any length, UTC, patterns, steps. */
#include "http.h"

#include <stdio.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
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
	/* "2024-03-27-08-25-00": there '-' behind the hour would lead a zone. */
	for (size_t k = 0, dashes = 0; k < n; k++)
		if (text[k] == '-' && ++dashes > 2)
			text[k] = ':';
	return i == s.n && n >= 10 &&
	       gt_moment_parse(gt_str(text, n), GT_LAYOUT_DATETIME, zone, order);
}

/* What lib/moment.h calls it. */
static enum gt_layout shared(int layout)
{
	static const enum gt_layout as[] = {[HTTP_DATETIME] = GT_LAYOUT_DATETIME,
		[HTTP_ISO] = GT_LAYOUT_ISO,
		[HTTP_DATE] = GT_LAYOUT_DATE,
		[HTTP_SECONDS] = GT_LAYOUT_SECONDS,
		[HTTP_MILLIS] = GT_LAYOUT_MILLIS,
		[HTTP_NUMBER] = GT_LAYOUT_NUMBER,
		[HTTP_COMPACT] = GT_LAYOUT_COMPACT,
		[HTTP_UTC] = GT_LAYOUT_ISO};
	return as[layout];
}

bool http_time_parse(struct gt_str s, int layout, int zone, int64_t *order)
{
	if (layout == HTTP_COMPACT)
		return parse_compact(s, zone, order);
	return gt_moment_parse(s, shared(layout), layout == HTTP_UTC ? 0 : zone, order);
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
	struct gt_civil c = gt_moment_civil(order, zone);
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
	char text[GT_MOMENT_TEXT];
	if (layout == HTTP_UTC) {
		http_time_format(order, GT_LIT("%Y-%m-%dT%H:%M:%SZ"), 0, out, size);
		return;
	}
	gt_moment_write(order, shared(layout), zone, text);
	http_copy(out, size, gt_cstr(text));
}
