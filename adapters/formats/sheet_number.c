/* sheet_number.c: numbers of workbooks as a person sees them. A workbook stores binary floating
 * point, printed with 17 digits; Excel keeps and shows 15. Everything here works on decimal digits:
 * no binary arithmetic, no locale. */
#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DIGITS 15
#define PLAIN_MAX 24       /* digits of a number written without exponent */
#define SERIAL_MAX 2958465 /* 9999-12-31 */

/* 0.d1d2d3… × 10^exponent, without leading or trailing zeros; count 0 = zero. */
struct digits {
	char d[400];
	int count, exponent;
	bool negative, plain; /* plain: written as digits alone */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_digits(struct gt_str *s, struct digits *n, bool behind_point)
{
	size_t from = s->n;
	for (; s->n > 0 && is_digit(*s->p); s->p++, s->n--) {
		if (n->count == 0 && *s->p == '0') {
			n->exponent -= behind_point;
			continue;
		}
		if (n->count < (int)sizeof(n->d))
			n->d[n->count++] = *s->p;
		n->exponent += !behind_point;
	}
	return s->n < from;
}

static bool take_exponent(struct gt_str *s, struct digits *n)
{
	bool negative = false;
	int e = 0;
	s->p++, s->n--;
	if (s->n > 0 && (*s->p == '+' || *s->p == '-')) {
		negative = *s->p == '-';
		s->p++, s->n--;
	}
	if (s->n == 0)
		return false;
	for (; s->n > 0 && is_digit(*s->p); s->p++, s->n--)
		e = e < 10000 ? e * 10 + (*s->p - '0') : e;
	n->exponent += negative ? -e : e;
	return true;
}

static bool parse(struct gt_str s, struct digits *n)
{
	n->count = n->exponent = 0;
	n->negative = s.n > 0 && *s.p == '-';
	if (s.n > 0 && (*s.p == '-' || *s.p == '+'))
		s.p++, s.n--;
	bool some = take_digits(&s, n, false);
	n->plain = s.n == 0;
	if (s.n > 0 && *s.p == '.') {
		s.p++, s.n--;
		some = take_digits(&s, n, true) || some;
	}
	if (!some || (s.n > 0 && (*s.p == 'e' || *s.p == 'E') && !take_exponent(&s, n)))
		return false;
	while (n->count > 0 && n->d[n->count - 1] == '0')
		n->count--;
	return s.n == 0;
}

/* A five alone behind the kept digits: the stored digits are rounded themselves, from a binary
 * number that lies above or below them. Rare, so that it may cost a conversion; the program never
 * sets another locale than C. */
static bool is_above(const struct digits *n, int keep)
{
	char lexeme[DIGITS + 16], exact[64];
	snprintf(lexeme, sizeof(lexeme), "0.%.*se%d", keep + 1, n->d, n->exponent);
	snprintf(exact, sizeof(exact), "%.*e", keep + 15, strtod(lexeme, NULL));
	return exact[0] == n->d[0] && exact[keep + 1] >= '5';
}

/* To `keep` significant digits. */
static void round_to(struct digits *n, int keep)
{
	if (n->count <= keep)
		return;
	bool up = n->d[keep] >= '5';
	if (n->d[keep] == '5' && n->count == keep + 1 && keep == DIGITS)
		up = is_above(n, keep);
	n->count = keep;
	for (int i = keep - 1; up && i >= 0; i--) {
		up = n->d[i] == '9';
		n->d[i] = up ? '0' : (char)(n->d[i] + 1);
	}
	if (up) { /* 999…: one more digit in front */
		n->d[0] = '1';
		n->count = 1;
		n->exponent++;
	}
	while (n->count > 0 && n->d[n->count - 1] == '0')
		n->count--;
}

static size_t put_exponent(int e, char *out)
{
	size_t n = 0;
	out[n++] = 'E';
	out[n++] = e < 0 ? '-' : '+';
	e = e < 0 ? -e : e;
	for (int unit = e >= 1000 ? 1000 : e >= 100 ? 100 : 10; unit > 0; unit /= 10)
		out[n++] = (char)('0' + e / unit % 10);
	return n;
}

/* Without exponent where that is not too long. */
static size_t put(const struct digits *n, char *out)
{
	size_t at = 0;
	int point = n->exponent;
	if (n->count == 0) {
		out[0] = '0';
		return 1;
	}
	if (n->negative)
		out[at++] = '-';
	if (point > PLAIN_MAX || point < -PLAIN_MAX + DIGITS) {
		out[at++] = n->d[0];
		if (n->count > 1)
			out[at++] = '.';
		for (int i = 1; i < n->count; i++)
			out[at++] = n->d[i];
		return at + put_exponent(point - 1, out + at);
	}
	if (point <= 0) {
		out[at++] = '0';
		out[at++] = '.';
		for (int i = point; i < 0; i++)
			out[at++] = '0';
	}
	for (int i = 0; i < n->count || i < point; i++) {
		if (i == point && i > 0)
			out[at++] = '.';
		out[at++] = i < n->count ? n->d[i] : '0';
	}
	return at;
}

/* More than 15 digits before the point: Excel had lost the last ones before it stored them. Only a
 * number that stands there in full, is exact in binary and has one of those digits is what someone
 * wrote. */
static bool is_damaged(const struct digits *n)
{
	static const char exact[] = "9007199254740992"; /* 2^53 */
	if (n->count == 0 || n->exponent <= DIGITS)
		return false;
	return !(n->plain && n->exponent == (int)sizeof(exact) - 1 && n->count > DIGITS &&
		 memcmp(n->d, exact, sizeof(exact) - 1) <= 0);
}

static size_t put_padded(char *out, int64_t v, int width)
{
	for (int i = width - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
	return (size_t)width;
}

static void civil(int64_t days, int *year, int *month, int *day)
{
	/* Days since 0000-03-01, in eras of 400 years. */
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static size_t put_date(int64_t serial, bool from_1904, char *out)
{
	int year, month, day;
	/* Excel believes in 1900-02-29; before it every day is one later than the serial number
	 * says, and day 0 is no day at all. Written as Excel shows it. */
	int64_t days = serial - 25569 + (from_1904 ? 1462 : serial < 60);
	if (!from_1904 && (serial == 60 || serial == 0))
		return (size_t)(stpcpy(out, serial ? "1900-02-29" : "1900-01-00") - out);
	civil(days, &year, &month, &day);
	size_t n = put_padded(out, year, 4);
	out[n++] = '-';
	n += put_padded(out + n, month, 2);
	out[n++] = '-';
	return n + put_padded(out + n, day, 2);
}

/* Hours may be more than a day has: elapsed time. */
static size_t put_time(int64_t ms, bool milli, char *out)
{
	int64_t hours = ms / 3600000;
	size_t n = put_padded(out, hours, hours < 100 ? 2 : hours < 10000 ? 4 : 8);
	out[n++] = ':';
	n += put_padded(out + n, ms / 60000 % 60, 2);
	out[n++] = ':';
	n += put_padded(out + n, ms / 1000 % 60, 2);
	if (!milli || ms % 1000 == 0)
		return n;
	out[n++] = '.';
	return n + put_padded(out + n, ms % 1000, 3);
}

/* Day and milliseconds of the day, rounded to seconds unless the format shows less. */
static bool split_serial(const struct digits *n, bool milli, int64_t *day, int64_t *ms)
{
	int64_t part = 0, whole = 1;
	*day = 0;
	if (n->negative || n->exponent > 7)
		return false;
	for (int i = 0; i < n->exponent; i++)
		*day = *day * 10 + (i < n->count ? n->d[i] - '0' : 0);
	for (int i = n->exponent; i < n->exponent + 12 && i < n->count; i++) {
		part = part * 10 + (i >= 0 ? n->d[i] - '0' : 0);
		whole *= 10;
		if (whole >= INT64_C(100000000000))
			break;
	}
	int64_t units = milli ? 86400000 : 86400;
	*ms = (part * units + whole / 2) / whole * (86400000 / units);
	*day += *ms / 86400000;
	*ms %= 86400000;
	return *day <= SERIAL_MAX;
}

static bool put_dated(const struct digits *n, uint8_t style, bool from_1904,
	struct sheet_cell *cell, char *out, size_t *size)
{
	int64_t day, ms;
	bool milli = style & SHEET_MILLI_BIT;
	uint8_t kind = style & (uint8_t)~SHEET_MILLI_BIT;
	if (!split_serial(n, milli, &day, &ms))
		return false;
	*size = 0;
	/* A time of day, or of some days where the format counts hours on. */
	if (kind == SHEET_ELAPSED || (kind == SHEET_TIME && day == 0)) {
		*size = put_time(day * 86400000 + ms, milli, out);
		return true;
	}
	*size = put_date(day, from_1904, out);
	if (!from_1904 && day <= 60)
		cell->marks |= GT_VALUE_LEAP;
	if (kind != SHEET_DATE || ms > 0) {
		out[(*size)++] = ' ';
		*size += put_time(ms, milli, out + *size);
	}
	return true;
}

static bool is_whole(const struct digits *n)
{
	return n->count <= n->exponent || n->count == 0;
}

void sheet_number(struct gt_str lexeme, uint8_t style, bool from_1904, struct sheet_cell *cell,
	char out[SHEET_NUMBER_MAX])
{
	struct digits n;
	size_t size;
	cell->kind = GT_TEXT;
	cell->marks = 0;
	cell->text = lexeme;
	if (lexeme.n > sizeof(n.d) || !parse(lexeme, &n))
		return; /* not a number, whatever the cell says: normalisation judges the text */
	if (style != SHEET_PLAIN && style < SHEET_ZEROS &&
		put_dated(&n, style, from_1904, cell, out, &size)) {
		cell->text = gt_str(out, size);
		return;
	}
	cell->kind = GT_NUMBER;
	if (is_damaged(&n)) {
		cell->marks = GT_VALUE_DAMAGED;
		round_to(&n, 17);
	} else if (n.exponent <= DIGITS) {
		round_to(&n, DIGITS);
	}
	int width = style - SHEET_ZEROS;
	if (style > SHEET_ZEROS && is_whole(&n) && !n.negative && n.exponent < width) {
		cell->kind = GT_TEXT;
		memset(out, '0', (size_t)width);
		for (int i = 0; i < n.count; i++)
			out[width - n.exponent + i] = n.d[i];
		cell->text = gt_str(out, (size_t)width);
		return;
	}
	cell->text = gt_str(out, put(&n, out));
}

/* ---- number formats ---- */

uint8_t sheet_style_builtin(uint32_t id)
{
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 ||
		(id >= 50 && id <= 54) || id == 57 || id == 58)
		return SHEET_DATE;
	if (id == 22)
		return SHEET_DATE_TIME;
	if (id == 46)
		return SHEET_ELAPSED;
	if (id == 47)
		return SHEET_TIME | SHEET_MILLI_BIT;
	/* 32–35 and 55, 56: times and dates of East Asian Excel */
	if ((id >= 18 && id <= 21) || id == 45 || (id >= 32 && id <= 35))
		return SHEET_TIME;
	return id == 55 || id == 56 ? SHEET_DATE : SHEET_PLAIN;
}

/* "0000" and nothing else: codes with leading zeros. */
static uint8_t zeros(struct gt_str code)
{
	for (size_t i = 0; i < code.n; i++)
		if (code.p[i] != '0')
			return SHEET_PLAIN;
	return code.n >= 2 && code.n <= 20 ? (uint8_t)(SHEET_ZEROS + code.n) : SHEET_PLAIN;
}

/* Which letters of a code stand outside quotes, escapes and brackets; of its first section. */
struct letters {
	bool year, day, hour, second, month, elapsed, fraction;
};

static void look_at_bracket(struct gt_str inside, struct letters *seen)
{
	char c = inside.n > 0 ? (char)(inside.p[0] | 0x20) : 0;
	bool same = c == 'h' || c == 'm' || c == 's';
	for (size_t i = 1; i < inside.n; i++)
		same = same && (inside.p[i] | 0x20) == c;
	seen->elapsed = seen->elapsed || same;
}

static void look_at_letter(char c, char before, struct letters *seen)
{
	seen->year = seen->year || c == 'y' || c == 'e' || c == 'b';
	seen->day = seen->day || c == 'd';
	seen->hour = seen->hour || c == 'h';
	seen->second = seen->second || c == 's';
	seen->month = seen->month || c == 'm';
	seen->fraction = seen->fraction || (c == '0' && before == '.' && seen->second);
}

static struct letters letters_of(struct gt_str code)
{
	struct letters seen = {0};
	char before = 0;
	for (size_t i = 0; i < code.n && code.p[i] != ';'; i++) {
		char c = code.p[i];
		if (c == '"' || c == '[') {
			size_t from = ++i;
			while (i < code.n && code.p[i] != (c == '"' ? '"' : ']'))
				i++;
			if (c == '[')
				look_at_bracket(gt_str(code.p + from, i - from), &seen);
			continue;
		}
		if (c == '\\' || c == '_' || c == '*') {
			i++;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		/* E+00 is an exponent, E alone the year of an era. */
		if (c == 'e' && i + 1 < code.n && (code.p[i + 1] == '+' || code.p[i + 1] == '-'))
			c = 0;
		look_at_letter(c, before, &seen);
		before = c;
	}
	return seen;
}

uint8_t sheet_style_of(struct gt_str code)
{
	if (code.n >= 7 && strncasecmp(code.p, "general", 7) == 0)
		return SHEET_PLAIN;
	struct letters seen = letters_of(code);
	uint8_t milli = seen.fraction ? SHEET_MILLI_BIT : 0;
	if (seen.elapsed)
		return SHEET_ELAPSED | milli;
	bool time = seen.hour || seen.second, date = seen.year || seen.day;
	if (date && time)
		return SHEET_DATE_TIME | milli;
	if (date || (seen.month && !time))
		return SHEET_DATE;
	return time ? SHEET_TIME | milli : zeros(code);
}
