/* number.c: see number.h. */
#include "number.h"
#include "flags.h"

#define DIGITS_MAX 38     /* 10^38 < 2^127 */
#define EXPONENT_MAX 9999 /* far beyond what any scale can bring back */

static bool starts(struct gt_str s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static bool take(struct gt_str *s, const char *word)
{
	size_t n = strlen(word);

	if (!starts(*s, word))
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static void skip_space(struct gt_str *s)
{
	while (s->n && *s->p == ' ')
		s->p++, s->n--;
}

static bool is_digit(struct gt_str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

static void add_digit(struct gt_number *number, char c, int *digits)
{
	if (*digits < DIGITS_MAX) {
		number->mantissa = number->mantissa * 10 + (unsigned)(c - '0');
		*digits += number->mantissa != 0;
		return;
	}
	number->inexact = number->inexact || c != '0';
	if (number->exponent < EXPONENT_MAX)
		number->exponent++;
}

/* A separator counts only between a group of 1–3 digits and groups of exactly three. */
static bool thousands_at(struct gt_str s, size_t i, size_t group)
{
	return s.p[i] == ',' && group >= 1 && group <= 3 && is_digit(s, i + 1) &&
	       is_digit(s, i + 2) && is_digit(s, i + 3) && !is_digit(s, i + 4);
}

static size_t digits_at(struct gt_str s, struct gt_number *number)
{
	int digits = 0;
	size_t i = 0, group = 0;

	for (; i < s.n; i++) {
		if (is_digit(s, i)) {
			add_digit(number, s.p[i], &digits);
			group++;
		} else if (thousands_at(s, i, group)) {
			number->flags |= GT_FLAG_THOUSANDS;
			group = 0;
		} else {
			break;
		}
	}
	if (i < s.n && s.p[i] == '.' && (i > 0 || is_digit(s, 1))) {
		for (i++; is_digit(s, i); i++) {
			int before = number->exponent;
			add_digit(number, s.p[i], &digits);
			/* Behind the point a kept digit lowers the exponent; a dropped one changes
			 * nothing. */
			number->exponent = number->exponent == before ? before - 1 : before;
		}
	}
	return i;
}

/* "E+05" only where digits follow: 12E is a room number. */
static size_t exponent_at(struct gt_str s, struct gt_number *number)
{
	size_t i = 1;
	bool negative = false;
	int exponent = 0;

	if (!s.n || (s.p[0] != 'E' && s.p[0] != 'e'))
		return 0;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		negative = s.p[i++] == '-';
	if (!is_digit(s, i))
		return 0;
	for (; is_digit(s, i); i++)
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (s.p[i] - '0') : EXPONENT_MAX;
	number->exponent += negative ? -exponent : exponent;
	number->flags |= GT_FLAG_SCI;
	return i;
}

static void take_prefix(const struct gt_words *words, struct gt_str *s, struct gt_number *number)
{
	if (gt_word_take(&words->about_before, s))
		number->flags |= GT_FLAG_APPROX;
	skip_space(s);
	if (gt_word_take(&words->money_before, s))
		number->money = true;
	skip_space(s);
}

static void take_suffix(const struct gt_words *words, struct gt_str *s, struct gt_number *number)
{
	/* 1200平左右, 1200余平 */
	while (gt_word_take_end(&words->about_after, s) || gt_word_take(&words->about_after, s))
		number->flags |= GT_FLAG_APPROX;
	while (s->n && s->p[s->n - 1] == ' ')
		s->n--;
}

static bool sign(const struct gt_words *words, struct gt_str *s, struct gt_number *number)
{
	if (take(s, "-") || gt_word_take(&words->minus, s))
		number->negative = true;
	else if (gt_word_take(&words->unclear_sign, s))
		number->flags |= GT_FLAG_AMBIGUOUS;
	else if (!take(s, "+"))
		return false;
	skip_space(s);
	return true;
}

/* What stands behind signs and currency. */
static bool unsigned_number(
	const struct gt_words *words, struct gt_str s, struct gt_number n, struct gt_number *number)
{
	size_t used = digits_at(s, &n);

	if (used == 0) {
		if (!gt_number_chinese(&s, &n))
			return false;
	} else {
		s.p += used;
		s.n -= used;
		used = exponent_at(s, &n);
		s.p += used;
		s.n -= used;
	}
	if (s.n == 1 && *s.p == '-' && !n.negative) { /* 350.00- of SAP and COBOL */
		n.negative = true;
		s.n = 0;
	}
	if (s.n) {
		skip_space(&s);
		take_suffix(words, &s, &n);
	}
	n.rest = s;
	*number = n;
	return true;
}

bool gt_number_parse(const struct gt_words *words, struct gt_str word, struct gt_number *number)
{
	struct gt_str s = word;
	struct gt_number n = {0};
	bool bracket = false, signed_ = false;

	if (is_digit(s, 0)) /* the usual case */
		return unsigned_number(words, s, n, number);
	take_prefix(words, &s, &n);
	/* Book-keeping writes a loss in brackets. */
	if (s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')') {
		s.p++;
		s.n -= 2;
		bracket = true;
		n.negative = true;
	} else {
		signed_ = sign(words, &s, &n);
	}
	if (gt_word_take(&words->money_before, &s))
		n.money = true;
	skip_space(&s);
	if (!bracket && !signed_)
		(void)sign(words, &s, &n);
	return unsigned_number(words, s, n, number);
}

bool gt_number_multiplier(const struct gt_words *words, struct gt_number *number)
{
	const struct gt_word *word = gt_word_take(&words->multipliers, &number->rest);

	if (!word)
		return false;
	skip_space(&number->rest);
	number->exponent += (int)word->value;
	return true;
}

static const int64_t powers[19] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
	1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000};

static unsigned bits(gt_u128 v)
{
	uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;
	unsigned n = high ? 64 : 0;

	for (uint64_t part = high ? high : low; part; part >>= 1)
		n++;
	return n;
}

/* v × 10^e; false if that may need more than 126 bits (which no int64 result comes back from). */
static bool raise(gt_u128 *v, int e)
{
	while (e > 0) {
		int step = e > 18 ? 18 : e;
		if (bits(*v) + bits((gt_u128)powers[step]) > 126)
			return false;
		*v *= (gt_u128)powers[step];
		e -= step;
	}
	return true;
}

static bool divide(gt_u128 n, gt_u128 d, bool inexact, int64_t *value, bool *rounded)
{
	gt_u128 q = n / d, rest = n % d, half = d - rest;
	bool up = rest > half || (rest == half && (inexact || (q & 1)));

	*rounded = rest != 0 || inexact;
	q += up;
	if (q > (gt_u128)INT64_MAX)
		return false;
	*value = (int64_t)q;
	return true;
}

bool gt_number_scale(const struct gt_number *number, int64_t num, int64_t den, unsigned scale,
	int64_t *value, bool *rounded)
{
	int e = number->exponent + (int)scale;
	gt_u128 n = number->mantissa, d = (gt_u128)den;
	bool inexact = number->inexact, was_rounded = false;
	int64_t v = 0;

	if (n == 0) {
		*value = 0;
		*rounded = false;
		return true;
	}
	if (e == 0 && num == den && !inexact && n <= (gt_u128)INT64_MAX) {
		*value = number->negative ? -(int64_t)n : (int64_t)n;
		*rounded = false;
		return true;
	}
	/* Digits that make room are far behind the published ones: they can only break a tie. */
	while (e < 0 && bits(n) + bits((gt_u128)num) > 126) {
		inexact = inexact || n % 10 != 0;
		n /= 10;
		e++;
	}
	if (bits(n) + bits((gt_u128)num) > 127)
		return false;
	n *= (gt_u128)num;
	if (e >= 0) {
		if (!raise(&n, e) || !divide(n, d, inexact, &v, &was_rounded))
			return false;
	} else if (raise(&d, -e)) {
		if (!divide(n, d, inexact, &v, &was_rounded))
			return false;
	} else {
		was_rounded = true; /* smaller than any published digit */
	}
	*value = number->negative ? -v : v;
	*rounded = was_rounded;
	return true;
}
