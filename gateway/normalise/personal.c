/* personal.c: see personal.h. From the beginning of every group of digits, up to 19 digits are
 * gathered with what may stand between them, and the longest end of a group that makes a personal
 * number wins. What looks like one but is not: order numbers with a division and a date in them,
 * unified social credit codes without letters, digits glued to letters, fractions. */
#include "personal.h"

#include "checks.h"
#include "civil.h"

#define DIGITS_MIN 10u
#define DIGITS_MAX 19u
#define GROUPS_MAX 8u

enum gt_numbers gt_numbers_in(const struct gt_entity *entity, size_t index)
{
	const struct gt_element *element = &entity->elements[index];
	bool own = element->pattern != NULL;

	for (size_t i = 0; i < entity->key_count; i++)
		own |= entity->key[i] == index;
	return own && element->personal == GT_NUMBERS_MASK ? GT_NUMBERS_OWN : element->personal;
}

/* Digits from the beginning of a group on. */
struct run {
	char digit[DIGITS_MAX + 1]; /* as ASCII; the last may be X */
	size_t end[DIGITS_MAX + 1]; /* byte behind each */
	bool ends[DIGITS_MAX + 1];  /* no digit follows at once */
	size_t group[GROUPS_MAX];   /* digits in front of each further group */
	size_t n, groups;           /* groups counts the further ones */
	bool dashed;                /* a dash stands behind the first group */
};

/* The digit at `at`, in half or full width, and its bytes; 0 = none. */
static char digit_at(struct gt_str s, size_t at, size_t *bytes)
{
	const unsigned char *p = (const unsigned char *)s.p + at;

	*bytes = 1;
	if (at < s.n && p[0] >= '0' && p[0] <= '9')
		return s.p[at];
	*bytes = 3;
	if (at + 3 <= s.n && p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x90 && p[2] <= 0x99)
		return (char)('0' + (p[2] - 0x90));
	return 0;
}

static bool digit_before(struct gt_str s, size_t at)
{
	size_t bytes;

	return (at >= 1 && digit_at(s, at - 1, &bytes) && bytes == 1) ||
	       (at >= 3 && digit_at(s, at - 3, &bytes) && bytes == 3);
}

/* Bytes of the one blank or dash at `at`; 0 = something else. */
static size_t between(struct gt_str s, size_t at, bool *dash)
{
	static const char wide_blank[] = "\xe3\x80\x80", wide_dash[] = "\xef\xbc\x8d";

	*dash = at < s.n && s.p[at] == '-';
	if (*dash || (at < s.n && s.p[at] == ' '))
		return 1;
	if (at + 3 > s.n)
		return 0;
	*dash = memcmp(s.p + at, wide_dash, 3) == 0;
	return *dash || memcmp(s.p + at, wide_blank, 3) == 0 ? 3 : 0;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* "…1234X": the check character; no letter or digit may follow it. */
static void take_x(struct gt_str s, size_t at, struct run *run)
{
	size_t bytes;

	if (run->n != 17 || at >= s.n || (s.p[at] != 'X' && s.p[at] != 'x') ||
		(at + 1 < s.n && is_letter(s.p[at + 1])) || digit_at(s, at + 1, &bytes))
		return;
	run->digit[run->n] = 'X';
	run->end[run->n] = at + 1;
	run->ends[run->n++] = true;
}

static void gather(struct gt_str s, size_t at, struct run *run)
{
	size_t bytes, gap;
	bool dash;

	run->n = run->groups = 0;
	run->dashed = false;
	for (;;) {
		char digit = digit_at(s, at, &bytes);
		at += bytes;
		run->digit[run->n] = digit;
		run->end[run->n] = at;
		run->ends[run->n++] = false;
		if (digit_at(s, at, &bytes)) {
			if (run->n == DIGITS_MAX)
				return;
			continue;
		}
		run->ends[run->n - 1] = true;
		take_x(s, at, run);
		gap = between(s, at, &dash);
		if (run->n == DIGITS_MAX || run->groups == GROUPS_MAX || gap == 0 ||
			run->digit[run->n - 1] == 'X')
			return;
		if (!digit_at(s, at + gap, &bytes))
			return;
		run->dashed |= dash && run->groups == 0;
		run->group[run->groups++] = run->n;
		at += gap;
	}
}

static int number(const char *p, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

static int year_of(int64_t today)
{
	int year, month, day;

	gt_civil_from_days(today, &year, &month, &day);
	return year;
}

static bool in_list(const struct gt_word_list *list, struct gt_str digits)
{
	return list->n == 0 || gt_word_take(list, &digits) != NULL;
}

/* Only of adults, so that order numbers of division, date and a serial are left alone. */
static bool is_identity(const struct gt_words *words, int64_t today, const char *digits)
{
	return number(digits + 6, 4) + words->adult_years <= year_of(today) &&
	       gt_check_identity(gt_str(digits, 18)) == GT_CHECK_OK;
}

/* The form of before 1999: 6 of the place, YYMMDD of the 20th century, 3 of order. No check digit,
 * so the holder's age has to be likely, too: the date of an order would make them very old. */
static bool is_old_identity(const struct gt_words *words, int64_t today, const char *digits)
{
	struct gt_civil birth = {.year = 1900 + number(digits + 6, 2),
		.month = number(digits + 8, 2),
		.day = number(digits + 10, 2)};
	int age = year_of(today) - birth.year;

	return gt_civil_valid(&birth) && age >= words->adult_years &&
	       (words->oldest_years == 0 || age <= words->oldest_years) &&
	       gt_check_division(gt_str(digits, 6)) == GT_CHECK_OK &&
	       in_list(&words->identity_areas, gt_str(digits, 15));
}

/* "4201062024032700…": a division and a day behind it. */
static bool is_order(const struct gt_words *words, int64_t today, const char *digits)
{
	struct gt_civil day = {.year = number(digits + 6, 4),
		.month = number(digits + 10, 2),
		.day = number(digits + 12, 2)};

	return day.year >= 1990 && day.year <= year_of(today) + 1 && gt_civil_valid(&day) &&
	       in_list(&words->identity_areas, gt_str(digits, 14));
}

static bool is_card(const struct gt_words *words, int64_t today, const char *digits, size_t n)
{
	return digits[0] != '0' && in_list(&words->card_prefixes, gt_str(digits, n)) &&
	       gt_check_luhn(gt_str(digits, n)) && !is_order(words, today, digits) &&
	       !(n == 18 && gt_check_uscc(gt_str(digits, n)) == GT_CHECK_OK);
}

static size_t group_at(const struct run *run, size_t i, size_t n)
{
	return i < run->groups && run->group[i] < n ? run->group[i] : n;
}

/* Digits in the first group, and whether all others have `size`; the last may have fewer. */
static bool grouped(const struct run *run, size_t n, size_t first, size_t size)
{
	size_t at = group_at(run, 0, n);

	if (at != first)
		return at == n;
	for (size_t i = 1; at < n; i++) {
		size_t next = group_at(run, i, n);
		if (next - at != size && !(next == n && next - at < size))
			return false;
		at = next;
	}
	return true;
}

static bool is_mobile(const struct run *run, size_t n)
{
	size_t country = n == 13 ? 2 : n == 15 ? 4 : 0;
	const char *digits = run->digit + country;

	if (country && memcmp(run->digit, country == 2 ? "86" : "0086", country) != 0)
		return false;
	if (n - country != 11 || digits[0] != '1' || digits[1] < '3')
		return false;
	return country ? grouped(run, n, country, 11)
		       : grouped(run, n, 3, 4) || grouped(run, n, 3, 8) || grouped(run, n, 7, 4);
}

static bool is_landline(const struct run *run, size_t n)
{
	size_t area = group_at(run, 0, n);

	return run->dashed && run->digit[0] == '0' && (area == 3 || area == 4) &&
	       group_at(run, 1, n) == n && (n - area == 7 || n - area == 8) &&
	       run->digit[area] >= '2';
}

static bool judge(const struct gt_words *words, int64_t today, bool more, const struct run *run,
	size_t n, enum gt_personal_kind *kind)
{
	*kind = GT_PERSONAL_IDENTITY;
	if (n == 18 && is_identity(words, today, run->digit))
		return true;
	if (!more || run->digit[n - 1] == 'X')
		return false;
	if (n == 15 && grouped(run, n, 6, 6) && is_old_identity(words, today, run->digit))
		return true;
	*kind = GT_PERSONAL_PHONE;
	if (n >= 11 && is_mobile(run, n))
		return true;
	*kind = GT_PERSONAL_LANDLINE;
	if (is_landline(run, n))
		return true;
	*kind = GT_PERSONAL_CARD;
	return n >= 16 && (grouped(run, n, 4, 4) || grouped(run, n, 6, 13)) &&
	       is_card(words, today, run->digit, n);
}

/* Telephones and cards glued to letters or fractions are parts of something else. */
static bool alone(struct gt_str s, size_t from, size_t to)
{
	size_t bytes;

	if (from > 0 && is_letter(s.p[from - 1]))
		return false;
	if (from > 1 && s.p[from - 1] == '.' && digit_before(s, from - 1))
		return false;
	if (to < s.n && is_letter(s.p[to]))
		return false;
	return !(to + 1 < s.n && s.p[to] == '.' && digit_at(s, to + 1, &bytes));
}

static bool find_here(const struct gt_words *words, int64_t today, bool more, struct gt_str s,
	size_t at, struct gt_personal *found)
{
	struct run run;

	gather(s, at, &run);
	for (size_t n = run.n; n >= DIGITS_MIN; n--) {
		if (!run.ends[n - 1] || !judge(words, today, more, &run, n, &found->kind))
			continue;
		if (found->kind != GT_PERSONAL_IDENTITY && !alone(s, at, run.end[n - 1]))
			continue;
		found->at = at;
		found->n = run.end[n - 1] - at;
		return true;
	}
	return false;
}

/* Most texts hold no such number: are there as many digits at all, in half or full width? */
static bool has_digits(struct gt_str s, size_t from)
{
	static const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	size_t n = 0, at = from;

	/* Eight bytes at once: below '0' + 10 and not below '0'; the high bit of each says so. */
	for (; at + 8 <= s.n && n < DIGITS_MIN; at += 8) {
		uint64_t eight;
		memcpy(&eight, s.p + at, 8);
		uint64_t digit = eight ^ ones * '0', wide = eight ^ ones * 0xef;
		digit = ~(((digit & ~high) + ones * (128 - 10)) | digit) & high;
		wide = ~(((wide & ~high) + ~high) | wide) & high; /* zero bytes */
		n += (size_t)__builtin_popcountll(digit | wide);
	}
	for (; at < s.n; at++)
		n += (unsigned char)(s.p[at] - '0') < 10 || s.p[at] == '\xef';
	return n >= DIGITS_MIN;
}

bool gt_personal_find(const struct gt_words *words, int64_t today, bool kinds_more, struct gt_str s,
	size_t from, struct gt_personal *found)
{
	size_t bytes;

	if (s.n < from + DIGITS_MIN || !has_digits(s, from))
		return false;
	for (size_t at = from; at + DIGITS_MIN <= s.n;) {
		if (!digit_at(s, at, &bytes)) {
			at++;
			continue;
		}
		if (!digit_before(s, at) && find_here(words, today, kinds_more, s, at, found))
			return true;
		while (digit_at(s, at, &bytes))
			at += bytes;
	}
	return false;
}

/* Digits shown at both ends. */
static void shown(enum gt_personal_kind kind, struct gt_str number, size_t *head, size_t *tail)
{
	size_t bytes, digits = 0;

	*tail = 4;
	*head = kind == GT_PERSONAL_CARD ? 0 : 3;
	for (size_t at = 0; kind == GT_PERSONAL_LANDLINE && digit_at(number, at, &bytes);
		at += bytes)
		*head = ++digits;
}

/* One found number, digits as ASCII; what stands between them stays. */
static size_t hide(enum gt_personal_kind kind, struct gt_str number, char *out)
{
	size_t head, tail, bytes, all = 0, seen = 0, n = 0;

	shown(kind, number, &head, &tail);
	for (size_t at = 0; at < number.n; at++)
		all += digit_at(number, at, &bytes) || is_letter(number.p[at]);
	for (size_t at = 0; at < number.n;) {
		char digit = digit_at(number, at, &bytes);
		if (!digit && !is_letter(number.p[at])) {
			out[n++] = number.p[at++];
			continue;
		}
		bool show = seen < head || seen + tail >= all;
		out[n++] = !show ? '*' : digit ? digit : 'X'; /* the check character */
		at += digit ? bytes : 1;
		seen++;
	}
	return n;
}

size_t gt_personal_hide(const struct gt_words *words, int64_t today, bool kinds_more,
	struct gt_str s, char *out, size_t *hidden)
{
	struct gt_personal found;
	size_t from = 0, n = 0;

	*hidden = 0;
	while (gt_personal_find(words, today, kinds_more, s, from, &found)) {
		memcpy(out + n, s.p + from, found.at - from);
		n += found.at - from;
		n += hide(found.kind, gt_str(s.p + found.at, found.n), out + n);
		from = found.at + found.n;
		(*hidden)++;
	}
	if (s.n > from)
		memcpy(out + n, s.p + from, s.n - from);
	return n + (s.n - from);
}
