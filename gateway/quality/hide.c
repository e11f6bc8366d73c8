/* hide.c: masks whole values, or the numbers in a text that belong to a person. */
#include "hide.h"

#include "mask.h"

bool gt_hide_column(enum gt_looks looks)
{
	return looks == GT_LOOKS_IDENTITY || looks == GT_LOOKS_PHONE || looks == GT_LOOKS_CARD;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool passes_luhn(const char *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(p[n - 1 - i] - '0') << (i % 2);
		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

/* A run of digits that is a mobile number or the number of a bank card. */
static bool is_personal(const char *p, size_t n)
{
	if (n == 11)
		return p[0] == '1' && p[1] >= '3';
	return n >= 16 && n <= 19 && p[0] != '0' && passes_luhn(p, n);
}

static size_t run(struct gt_str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

size_t gt_hide(const struct gt_words *words, int64_t today, bool whole, struct gt_str s, char *out)
{
	size_t at;

	if (whole)
		return gt_mask(GT_FORMAT_NONE, s, out);
	memcpy(out, s.p, s.n);
	for (at = 0; (at = gt_identity_find(words->adult_years, today, s, at)) != SIZE_MAX;
		at += GT_IDENTITY_LENGTH)
		(void)gt_mask(GT_FORMAT_IDENTITY, gt_str(s.p + at, GT_IDENTITY_LENGTH), out + at);
	for (at = 0; at < s.n;) {
		size_t n = run(s, at), behind = at + n + 1 < s.n ? run(s, at + n + 1) : 0;

		/* 0571-86547551 */
		if ((n == 3 || n == 4) && s.p[at] == '0' && s.p[at + n] == '-' &&
			(behind == 7 || behind == 8))
			n += 1 + behind;
		else if (n == 0 || !is_personal(s.p + at, n)) {
			at += n ? n : 1;
			continue;
		}
		(void)gt_mask(GT_FORMAT_NONE, gt_str(s.p + at, n), out + at);
		at += n;
	}
	return s.n;
}
