/* date_scan.c: 2024-03-05T08:25:00+08:00, 2024.3.5 8:25, 2024年3月5日 8时25分, 二〇二四年三月五日,
 * 20240305, 20240305082500, 24.3.5, 1524817020000, 45356.75. Day-first and month-first forms are
 * refused: nobody can tell them apart. */
#include "date_scan.h"
#include "flags.h"

static void skip_space(struct gt_scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

static bool digit(const struct gt_scan *s, size_t i)
{
	return (size_t)(s->end - s->p) > i && s->p[i] >= '0' && s->p[i] <= '9';
}

static size_t digits(const struct gt_scan *s)
{
	size_t n = 0;

	while (digit(s, n))
		n++;
	return n;
}

static int take_digits(struct gt_scan *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (*s->p++ - '0');
	return v;
}

static int chinese_digit(const struct gt_scan *s)
{
	static const char words[12][4] = {
		"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "〇", "十"};

	for (int i = 0; i < 12 && s->end - s->p >= 3; i++)
		if (memcmp(s->p, words[i], 3) == 0)
			return i == 10 ? 0 : i == 11 ? 10 : i;
	return -1;
}

/* 二〇二四 by digits; 三, 十五, 二十, 三十一 by tens. Returns the number of characters, 0 = none.
 */
static size_t take_chinese(struct gt_scan *s, int *value, bool year)
{
	size_t n = 0;
	int v = 0, d, before = 10;

	for (; n < 4 && (d = chinese_digit(s)) >= 0; n++, s->p += 3) {
		if (d == 10 ? year || v > 9 : !year && before != 10 && before != 0)
			return 0;
		v = year ? v * 10 + d : d == 10 ? (v ? v : 1) * 10 : v + d;
		before = d;
	}
	*value = v;
	return n;
}

/* A number of 1 or 2 digits, in either script. */
static inline bool take_small(struct gt_scan *s, int *value, struct gt_dating *d)
{
	size_t n = digits(s);

	if (n == 1 || n == 2) {
		*value = take_digits(s, n);
		return true;
	}
	if (n != 0 || take_chinese(s, value, false) == 0)
		return false;
	d->flags |= GT_FLAG_DATE_FORM | GT_FLAG_CHINESE;
	return true;
}

static void two_digit_year(struct gt_dating *d)
{
	/* POSIX: 69–99 are 1969–1999, 00–68 are 2000–2068. */
	d->civil.year += d->civil.year < 69 ? 2000 : 1900;
	d->flags |= GT_FLAG_YEAR2 | GT_FLAG_DATE_FORM;
}

static inline bool take_year(struct gt_scan *s, struct gt_dating *d)
{
	size_t n = digits(s);

	if (n == 0) {
		n = take_chinese(s, &d->civil.year, true);
		d->flags |= GT_FLAG_DATE_FORM | GT_FLAG_CHINESE;
	} else if (n == 2 || n == 4) {
		d->civil.year = take_digits(s, n);
	}
	if (n != 2 && n != 4)
		return false;
	if (n == 2)
		two_digit_year(d);
	return true;
}

bool gt_scan_small(struct gt_scan *s, int *value, struct gt_dating *dating)
{
	return take_small(s, value, dating);
}

bool gt_scan_year(struct gt_scan *s, struct gt_dating *dating)
{
	return take_year(s, dating);
}

static bool fraction(struct gt_scan *s, struct gt_dating *d)
{
	int micro = 0;
	size_t n = 0, kept = 0;

	if (!digit(s, 0))
		return false;
	for (; digit(s, 0); n++, s->p++) {
		if (n < 6)
			micro = micro * 10 + (*s->p - '0');
		if (*s->p != '0')
			kept = n + 1;
	}
	for (; n < 6; n++)
		micro *= 10;
	if (kept > 6)
		d->flags |= GT_FLAG_ROUNDED;
	d->civil.micro = micro;
	/* Java's Timestamp writes ".0" behind whole seconds. */
	d->precision = micro == 0 ? GT_SECOND : micro % 1000 == 0 ? GT_MILLI : GT_MICRO;
	return true;
}

/* Z, +08:00, +0800, +08. */
static bool zone(struct gt_scan *s, struct gt_dating *d)
{
	bool minus;
	int hours, minutes = 0;

	skip_space(s);
	if (gt_scan_take(s, "Z") || gt_scan_take(s, "z")) {
		d->has_zone = true;
		return true;
	}
	if (s->p == s->end || (*s->p != '+' && *s->p != '-'))
		return true;
	minus = *s->p++ == '-';
	if (!digit(s, 0) || !digit(s, 1))
		return false;
	hours = take_digits(s, 2);
	if (gt_scan_take(s, ":") || digit(s, 0)) {
		if (!digit(s, 0) || !digit(s, 1))
			return false;
		minutes = take_digits(s, 2);
	}
	if (hours > 14 || minutes > 59)
		return false;
	d->has_zone = true;
	d->zone_minutes = (hours * 60 + minutes) * (minus ? -1 : 1);
	return true;
}

enum half { NO_HALF, MORNING, AFTERNOON };

static enum half half_day(struct gt_scan *s)
{
	struct gt_str left;
	enum half half = NO_HALF;

	skip_space(s);
	left = gt_str(s->p, (size_t)(s->end - s->p));
	if (gt_word_take(&s->words->morning, &left))
		half = MORNING;
	else if (gt_word_take(&s->words->afternoon, &left))
		half = AFTERNOON;
	s->p = left.p;
	return half;
}

static bool clock_parts(struct gt_scan *s, struct gt_dating *d)
{
	if (!take_small(s, &d->civil.hour, d))
		return false;
	d->precision = GT_HOUR;
	bool words = gt_scan_take(s, "时") || gt_scan_take(s, "点");
	if (words)
		d->flags |= GT_FLAG_DATE_FORM;
	else if (!gt_scan_take(s, ":"))
		return false;
	if (words && !digit(s, 0) && chinese_digit(s) < 0)
		return true;
	if (!take_small(s, &d->civil.minute, d))
		return false;
	d->precision = GT_MINUTE;
	if (words ? !gt_scan_take(s, "分") : !gt_scan_take(s, ":"))
		return true;
	if (words && !digit(s, 0) && chinese_digit(s) < 0)
		return true;
	if (!take_small(s, &d->civil.second, d))
		return false;
	d->precision = GT_SECOND;
	if (words)
		(void)gt_scan_take(s, "秒");
	if (gt_scan_take(s, ".") || gt_scan_take(s, ","))
		return fraction(s, d);
	return true;
}

static bool clock(struct gt_scan *s, struct gt_dating *d)
{
	enum half half = half_day(s);

	skip_space(s);
	if (!clock_parts(s, d))
		return false;
	if (half == NO_HALF)
		half = half_day(s);
	if (half != NO_HALF) {
		d->flags |= GT_FLAG_DATE_FORM;
		if (d->civil.hour > 23)
			return false;
		if (half == AFTERNOON && d->civil.hour < 12)
			d->civil.hour += 12;
		if (half == MORNING && d->civil.hour == 12)
			d->civil.hour = 0;
	}
	return zone(s, d);
}

static bool rest(struct gt_scan *s, struct gt_dating *d)
{
	if (s->p == s->end)
		return true;
	if (gt_scan_take(s, "T") || gt_scan_take(s, "t")) {
		if (!clock(s, d))
			return false;
	} else {
		skip_space(s);
		if (s->p < s->end && !clock(s, d))
			return false;
	}
	skip_space(s);
	return s->p == s->end;
}

/* Behind the year: "-3-5", ".3.5", "/3/5", "年3月5日", "年3月", "-03". */
static bool month_and_day(struct gt_scan *s, struct gt_dating *d, bool short_year)
{
	skip_space(s);
	bool words = gt_scan_take(s, "年");
	const char *separator = words                  ? "月"
				: gt_scan_take(s, "-") ? "-"
				: gt_scan_take(s, "/") ? "/"
				: gt_scan_take(s, ".") ? "."
						       : NULL;

	if (!separator)
		return false;
	if (separator[0] != '-')
		d->flags |= GT_FLAG_DATE_FORM;
	d->precision = GT_YEAR;
	if (words && s->p == s->end)
		return true;
	skip_space(s);
	if (!take_small(s, &d->civil.month, d))
		return false;
	d->precision = GT_MONTH;
	skip_space(s);
	if (!gt_scan_take(s, separator))
		return !words && !short_year && s->p == s->end;
	if (words && s->p == s->end)
		return true;
	skip_space(s);
	if (digits(s) > 2 || !take_small(s, &d->civil.day, d))
		return false;
	d->precision = GT_DAY;
	if (words) {
		skip_space(s);
		if (!gt_scan_take(s, "日") && !gt_scan_take(s, "号"))
			return s->p == s->end;
	}
	return rest(s, d);
}

static int64_t number(const struct gt_scan *s, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s->p[i] - '0');
	return v;
}

static bool plausible_year(int year)
{
	return year >= 1900 && year <= 2099;
}

static void compact(struct gt_scan s, size_t n, struct gt_dating *d)
{
	static const enum gt_precision by_length[] = {[4] = GT_YEAR,
		[6] = GT_MONTH,
		[8] = GT_DAY,
		[10] = GT_HOUR,
		[12] = GT_MINUTE,
		[14] = GT_SECOND};
	int *parts[] = {
		&d->civil.month, &d->civil.day, &d->civil.hour, &d->civil.minute, &d->civil.second};

	d->precision = by_length[n];
	d->civil.year = take_digits(&s, 4);
	for (size_t i = 0; i < (n - 4) / 2; i++)
		*parts[i] = take_digits(&s, 2);
	if (n != 8)
		d->flags |= GT_FLAG_DATE_FORM;
}

static void epoch(int64_t us, enum gt_precision precision, struct gt_dating *d)
{
	d->instant = true;
	d->us = us;
	d->precision = us % 1000000 == 0 ? GT_SECOND : precision;
	d->flags |= GT_FLAG_EPOCH;
}

/* Excel's day number (1900 system, base 1899-12-30), with the time of day as a fraction. Only where
 * it means 1950 to 2099: a smaller number is not a date that these offices write. */
static bool excel(struct gt_scan s, struct gt_dating *d)
{
	int64_t serial = number(&s, 5);
	int64_t part = 0, whole = 1;

	s.p += 5;
	if (serial < 18264 || serial > 73050)
		return false;
	if (s.p < s.end) {
		if (!gt_scan_take(&s, ".") || !digit(&s, 0))
			return false;
		for (; digit(&s, 0); s.p++)
			if (whole < 1000000000000) {
				part = part * 10 + (*s.p - '0');
				whole *= 10;
			}
		if (s.p != s.end)
			return false;
	}
	int64_t seconds = (part * 86400 + whole / 2) / whole;
	int64_t days = serial - 25569 + seconds / 86400;
	seconds %= 86400;
	gt_civil_from_days(days, &d->civil.year, &d->civil.month, &d->civil.day);
	d->civil.hour = (int)(seconds / 3600);
	d->civil.minute = (int)(seconds / 60 % 60);
	d->civil.second = (int)(seconds % 60);
	d->precision = part ? GT_SECOND : GT_DAY;
	d->flags |= GT_FLAG_DATE_FORM;
	return true;
}

static bool all_zero(const struct gt_scan *s)
{
	for (const char *p = s->p; p < s->end; p++)
		if (*p != '0' && !strchr("-/.: T", *p))
			return false;
	return true;
}

/* 210922163758: what terminals send in BCD. Years before 2000 had none. */
static bool short_compact(struct gt_scan s, struct gt_dating *d)
{
	struct gt_dating parts = *d;
	int *part[] = {&parts.civil.year, &parts.civil.month, &parts.civil.day, &parts.civil.hour,
		&parts.civil.minute, &parts.civil.second};

	for (size_t i = 0; i < 6; i++)
		*part[i] = take_digits(&s, 2);
	two_digit_year(&parts);
	parts.precision = GT_SECOND;
	if (parts.civil.year < 2000 || !gt_civil_valid(&parts.civil))
		return false;
	*d = parts;
	return true;
}

/* "21 09 22 16 37 58": the same, as a dump shows it. False: not six pairs of digits. */
static bool pairs(const struct gt_scan *s, char out[12])
{
	if (s->end - s->p != 17)
		return false;
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? s->p[i] != ' ' : !digit(s, i))
			return false;
	for (size_t i = 0; i < 12; i++)
		out[i] = s->p[i / 2 * 3 + i % 2];
	return true;
}

/* "/Date(1524817020000)/", "/Date(1524817020000+0800)/" of .NET; "1524817020.25" of Python. */
static bool epoch_text(struct gt_scan s, struct gt_dating *d)
{
	bool net = gt_scan_take(&s, "/Date(");
	size_t n = digits(&s);
	int64_t v = n == 10 || n == 13 ? number(&s, n) : 0;

	if (n != (net ? 13u : 10u))
		return false;
	s.p += n;
	if (net) {
		struct gt_dating ignored = {0}; /* an instant needs no zone */
		epoch(v * 1000, GT_MILLI, d);
		return zone(&s, &ignored) && gt_scan_take(&s, ")/") && s.p == s.end;
	}
	if (!gt_scan_take(&s, ".") || !fraction(&s, d) || s.p != s.end)
		return false;
	epoch(v * 1000000 + d->civil.micro, d->precision, d);
	return true;
}

/* Nothing but digits: which number of them decides. */
static bool bare(struct gt_scan s, size_t n, struct gt_dating *d)
{
	int64_t v = n <= 17 ? number(&s, n) : 0;
	struct gt_dating parts = *d;

	switch (n) {
	case 4:
		compact(s, 4, d);
		return plausible_year(d->civil.year);
	case 5:
		return excel(s, d);
	case 6:
		compact(s, 6, d);
		if (plausible_year(d->civil.year) && d->civil.month >= 1 && d->civil.month <= 12)
			return true;
		d->civil.year = take_digits(&s, 2);
		d->civil.month = take_digits(&s, 2);
		d->civil.day = take_digits(&s, 2);
		d->precision = GT_DAY;
		two_digit_year(d);
		return gt_civil_valid(&d->civil);
	case 10: /* 2024030508 is an hour before it is a second of the year 2034 */
		compact(s, 10, &parts);
		if (plausible_year(parts.civil.year) && gt_civil_valid(&parts.civil))
			*d = parts;
		else
			epoch(v * 1000000, GT_SECOND, d);
		return true;
	case 12: /* milliseconds before September 2001 have twelve digits as well */
		compact(s, 12, &parts);
		if (plausible_year(parts.civil.year))
			*d = parts;
		else if (!short_compact(s, d))
			epoch(v * 1000, GT_MILLI, d);
		return true;
	case 13:
		epoch(v * 1000, GT_MILLI, d);
		return true;
	case 16:
		epoch(v, GT_MICRO, d);
		return true;
	case 17:
		d->civil.micro = (int)(v % 1000) * 1000;
		compact(s, 14, d);
		d->precision = d->civil.micro ? GT_MILLI : GT_SECOND;
		return plausible_year(d->civil.year);
	case 8:
	case 14:
		compact(s, n, d);
		return plausible_year(d->civil.year) || d->civil.year == 9999;
	default:
		return false;
	}
}

bool gt_date_scan(const struct gt_words *words, struct gt_str word, struct gt_dating *d)
{
	struct gt_scan s = {word.p, word.p + word.n, words};
	size_t n = digits(&s);
	char compact12[12];

	if (word.n == 0)
		return false;
	if (all_zero(&s) && n > 0) {
		d->zero = true;
		return true;
	}
	if (n == word.n)
		return bare(s, n, d);
	if (n == 2 && pairs(&s, compact12))
		return bare((struct gt_scan){compact12, compact12 + 12, words}, 12, d);
	if (n == 10 || *s.p == '/')
		return epoch_text(s, d);
	if (n == 5)
		return excel(s, d);
	if (n == 8) {
		compact(s, 8, d);
		s.p += 8;
		d->flags |= GT_FLAG_DATE_FORM;
		return rest(&s, d);
	}
	return take_year(&s, d) && month_and_day(&s, d, (d->flags & GT_FLAG_YEAR2) != 0);
}
