/* date_scan.c: 2024-03-05T08:25:00+08:00, 2024.3.5 8:25, 2024年3月5日 8时25分, 二〇二四年三月五日,
 * 20240305, 20240305082500, 24.3.5, 1524817020000, 45356.75. Day-first and month-first forms are
 * refused: nobody can tell them apart. */
#include "date_scan.h"
#include "flags.h"

struct scan {
	const char *p, *end;
	const struct gt_words *words;
};

static bool take(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

static bool digit(const struct scan *s, size_t i)
{
	return (size_t)(s->end - s->p) > i && s->p[i] >= '0' && s->p[i] <= '9';
}

static size_t digits(const struct scan *s)
{
	size_t n = 0;

	while (digit(s, n))
		n++;
	return n;
}

static int take_digits(struct scan *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (*s->p++ - '0');
	return v;
}

static int chinese_digit(const struct scan *s)
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
static size_t take_chinese(struct scan *s, int *value, bool year)
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
static bool take_small(struct scan *s, int *value, struct gt_dating *d)
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

static bool fraction(struct scan *s, struct gt_dating *d)
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
static bool zone(struct scan *s, struct gt_dating *d)
{
	bool minus;
	int hours, minutes = 0;

	skip_space(s);
	if (take(s, "Z") || take(s, "z")) {
		d->has_zone = true;
		return true;
	}
	if (s->p == s->end || (*s->p != '+' && *s->p != '-'))
		return true;
	minus = *s->p++ == '-';
	if (!digit(s, 0) || !digit(s, 1))
		return false;
	hours = take_digits(s, 2);
	if (take(s, ":") || digit(s, 0)) {
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

static enum half half_day(struct scan *s)
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

static bool clock_parts(struct scan *s, struct gt_dating *d)
{
	if (!take_small(s, &d->civil.hour, d))
		return false;
	d->precision = GT_HOUR;
	bool words = take(s, "时") || take(s, "点");
	if (words)
		d->flags |= GT_FLAG_DATE_FORM;
	else if (!take(s, ":"))
		return false;
	if (words && !digit(s, 0) && chinese_digit(s) < 0)
		return true;
	if (!take_small(s, &d->civil.minute, d))
		return false;
	d->precision = GT_MINUTE;
	if (words ? !take(s, "分") : !take(s, ":"))
		return true;
	if (words && !digit(s, 0) && chinese_digit(s) < 0)
		return true;
	if (!take_small(s, &d->civil.second, d))
		return false;
	d->precision = GT_SECOND;
	if (words)
		(void)take(s, "秒");
	if (take(s, ".") || take(s, ","))
		return fraction(s, d);
	return true;
}

static bool clock(struct scan *s, struct gt_dating *d)
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

static bool rest(struct scan *s, struct gt_dating *d)
{
	if (s->p == s->end)
		return true;
	if (take(s, "T") || take(s, "t")) {
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
static bool month_and_day(struct scan *s, struct gt_dating *d, bool short_year)
{
	bool words = take(s, "年");
	const char *separator = words          ? "月"
				: take(s, "-") ? "-"
				: take(s, "/") ? "/"
				: take(s, ".") ? "."
					       : NULL;

	if (!separator)
		return false;
	if (separator[0] != '-')
		d->flags |= GT_FLAG_DATE_FORM;
	d->precision = GT_YEAR;
	if (words && s->p == s->end)
		return true;
	if (!take_small(s, &d->civil.month, d))
		return false;
	d->precision = GT_MONTH;
	if (!take(s, separator))
		return !words && !short_year && s->p == s->end;
	if (words && s->p == s->end)
		return true;
	if (digits(s) > 2 || !take_small(s, &d->civil.day, d))
		return false;
	d->precision = GT_DAY;
	if (words && !take(s, "日") && !take(s, "号"))
		return s->p == s->end;
	return rest(s, d);
}

static int64_t number(const struct scan *s, size_t n)
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

static void compact(struct scan s, size_t n, struct gt_dating *d)
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
static bool excel(struct scan s, struct gt_dating *d)
{
	int64_t serial = number(&s, 5);
	int64_t part = 0, whole = 1;

	s.p += 5;
	if (serial < 18264 || serial > 73050)
		return false;
	if (s.p < s.end) {
		if (!take(&s, ".") || !digit(&s, 0))
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

static bool all_zero(const struct scan *s)
{
	for (const char *p = s->p; p < s->end; p++)
		if (*p != '0' && !strchr("-/.: T", *p))
			return false;
	return true;
}

/* Nothing but digits: which number of them decides. */
static bool bare(struct scan s, size_t n, struct gt_dating *d)
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
		else
			epoch(v * 1000, GT_MILLI, d);
		return true;
	case 13:
		epoch(v * 1000, GT_MILLI, d);
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
	struct scan s = {word.p, word.p + word.n, words};
	size_t n = digits(&s);

	if (word.n == 0)
		return false;
	if (all_zero(&s) && n > 0) {
		d->zero = true;
		return true;
	}
	if (n == word.n)
		return bare(s, n, d);
	if (n == 5)
		return excel(s, d);
	if (n == 8) {
		compact(s, 8, d);
		s.p += 8;
		d->flags |= GT_FLAG_DATE_FORM;
		return rest(&s, d);
	}
	if (n == 0) {
		n = take_chinese(&s, &d->civil.year, true);
		d->flags |= GT_FLAG_DATE_FORM | GT_FLAG_CHINESE;
	} else if (n == 2 || n == 4) {
		d->civil.year = take_digits(&s, n);
	}
	if (n != 2 && n != 4)
		return false;
	if (n == 2)
		two_digit_year(d);
	return month_and_day(&s, d, n == 2);
}
