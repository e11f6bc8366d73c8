/* checks.c: see checks.h. */
#include "checks.h"
#include "civil.h"

#define DIGITS "0123456789"

/* Index of c in an alphabet, or -1. */
static int index_in(const char *alphabet, char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool all_digits(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* GB 32100-2015: alphabet without I O S V Z; weight i = 3^i mod 31. */
enum gt_check gt_check_uscc(struct gt_str s)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const int weights[17] = {
		1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	int sum = 0, last = 0;

	if (s.n != 18)
		return GT_CHECK_SHAPE;
	for (size_t i = 0; i < 18; i++) {
		int value = index_in(alphabet, s.p[i]);
		if (value < 0 || (i >= 2 && i < 8 && !is_digit(s.p[i])))
			return GT_CHECK_SHAPE;
		if (i < 17)
			sum += value * weights[i];
		else
			last = value;
	}
	return (31 - sum % 31) % 31 == last ? GT_CHECK_OK : GT_CHECK_DIGIT;
}

/* GB 11714: A = 10 … Z = 35, mod 11. */
enum gt_check gt_check_orgcode(struct gt_str s)
{
	static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	if (s.n != 9 || !(is_digit(s.p[8]) || s.p[8] == 'X'))
		return GT_CHECK_SHAPE;
	for (size_t i = 0; i < 8; i++) {
		if (is_digit(s.p[i]))
			sum += (s.p[i] - '0') * weights[i];
		else if (is_upper(s.p[i]))
			sum += (s.p[i] - 'A' + 10) * weights[i];
		else
			return GT_CHECK_SHAPE;
	}
	return "0X987654321"[sum % 11] == s.p[8] ? GT_CHECK_OK : GT_CHECK_DIGIT;
}

/* GB 16735: letters I O Q never occur; position 9 is the check digit. */
enum gt_check gt_check_vin(struct gt_str s)
{
	static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
	static const char values[] = "12345678123457923456789";
	static const int weights[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
	int sum = 0;

	if (s.n != 17)
		return GT_CHECK_SHAPE;
	for (size_t i = 0; i < 17; i++) {
		int letter = index_in(letters, s.p[i]);
		if (is_digit(s.p[i]))
			sum += (s.p[i] - '0') * weights[i];
		else if (letter >= 0)
			sum += (values[letter] - '0') * weights[i];
		else
			return GT_CHECK_SHAPE;
	}
	if (!is_digit(s.p[8]) && s.p[8] != 'X')
		return GT_CHECK_SHAPE;
	return (DIGITS "X")[sum % 11] == s.p[8] ? GT_CHECK_OK : GT_CHECK_DIGIT;
}

static int number(const char *p, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

/* GB 11643-1999: 6 division, 8 birth date, 3 sequence, 1 check character. */
enum gt_check gt_check_identity(struct gt_str s)
{
	static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	if (s.n != 18 || !all_digits(gt_str(s.p, 17)) || !(is_digit(s.p[17]) || s.p[17] == 'X'))
		return GT_CHECK_SHAPE;
	struct gt_civil birth = {.year = number(s.p + 6, 4),
		.month = number(s.p + 10, 2),
		.day = number(s.p + 12, 2)};
	if (birth.year < 1850 || !gt_civil_valid(&birth) ||
		gt_check_division(gt_str(s.p, 6)) != GT_CHECK_OK)
		return GT_CHECK_SHAPE;
	for (size_t i = 0; i < 17; i++)
		sum += (s.p[i] - '0') * weights[i];
	return "10X98765432"[sum % 11] == s.p[17] ? GT_CHECK_OK : GT_CHECK_DIGIT;
}

bool gt_check_luhn(struct gt_str digits)
{
	unsigned sum = 0;

	for (size_t i = 0; i < digits.n; i++) {
		unsigned digit = (unsigned)(digits.p[digits.n - 1 - i] - '0') << (i % 2);
		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

/* GB/T 2260 has 6 digits; the statistical form 12 (township and village behind them). The first
 * digit is one of the regions 1–8 (8: special administrative regions, Taiwan 71). */
enum gt_check gt_check_division(struct gt_str s)
{
	if ((s.n != 6 && s.n != 12) || !all_digits(s) || s.p[0] < '1' || s.p[0] > '8')
		return GT_CHECK_SHAPE;
	return s.p[1] == '0' && s.p[0] != '5' ? GT_CHECK_SHAPE : GT_CHECK_OK; /* 50 = Chongqing */
}

/* True and cut off when s starts with one of the 3-byte characters of `set`. */
static bool take_char(struct gt_str *s, const char *set)
{
	for (const char *at = set; s->n >= 3 && *at; at += 3) {
		if (memcmp(at, s->p, 3) == 0) {
			*s = gt_str(s->p + 3, s->n - 3);
			return true;
		}
	}
	return false;
}

/* A serial character: digits and letters without I and O. */
static bool is_serial(char c)
{
	return is_digit(c) || (is_upper(c) && c != 'I' && c != 'O');
}

static bool all_serial(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_serial(p[i]))
			return false;
	return true;
}

/* Behind the province character: authority letter and serial. */
static bool civil_plate(struct gt_str s)
{
	if (s.n < 6 || !is_upper(s.p[0]))
		return false;
	s = gt_str(s.p + 1, s.n - 1);
	if (s.n == 5 && all_serial(s.p, 5))
		return true;
	if (s.n == 6) { /* new energy: small A–K in front (no I), large D or F behind */
		bool small = s.p[0] >= 'A' && s.p[0] <= 'K' && is_serial(s.p[0]) &&
			     is_serial(s.p[1]) && all_digits(gt_str(s.p + 2, 4));
		return small || (all_digits(gt_str(s.p, 5)) && (s.p[5] == 'D' || s.p[5] == 'F'));
	}
	if (s.n == 7 && all_serial(s.p, 4)) { /* a suffix character instead of the last one */
		struct gt_str rest = gt_str(s.p + 4, 3);
		return take_char(&rest, "警学挂港澳领试超");
	}
	return false;
}

/* WJ (armed police, an optional province letter or character behind it) and two letters (army). */
static bool armed_plate(struct gt_str s)
{
	if (s.n >= 2 && s.p[0] == 'W' && s.p[1] == 'J') {
		struct gt_str rest = gt_str(s.p + 2, s.n - 2);
		(void)take_char(
			&rest, "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新");
		if (rest.n == 5 && all_digits(gt_str(rest.p, 4)) && is_serial(rest.p[4]))
			return true;
	}
	return s.n == 7 && is_upper(s.p[0]) && is_upper(s.p[1]) && all_digits(gt_str(s.p + 2, 5));
}

static bool embassy_plate(struct gt_str s)
{
	struct gt_str head = s, tail = s.n == 9 ? gt_str(s.p + 6, 3) : gt_str(NULL, 0);

	if (take_char(&head, "使"))
		return head.n == 6 && all_digits(head);
	return tail.n && take_char(&tail, "使") && all_digits(gt_str(s.p, 6));
}

/* GA 36-2018, separators removed. Embassy, armed police and army forms are unconfirmed. */
enum gt_check gt_check_plate(struct gt_str s)
{
	struct gt_str rest = s;

	if (s.n == 0)
		return GT_CHECK_SHAPE;
	if (take_char(&rest, "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"))
		return civil_plate(rest) ? GT_CHECK_OK : GT_CHECK_SHAPE;
	return embassy_plate(s) || armed_plate(s) ? GT_CHECK_OK : GT_CHECK_SHAPE;
}

enum gt_check gt_check_format(enum gt_format_kind kind, struct gt_str s)
{
	switch (kind) {
	case GT_FORMAT_PLATE:
		return gt_check_plate(s);
	case GT_FORMAT_USCC:
		return gt_check_uscc(s);
	case GT_FORMAT_VIN:
		return gt_check_vin(s);
	case GT_FORMAT_DIVISION:
		return gt_check_division(s);
	case GT_FORMAT_IDENTITY:
		return gt_check_identity(s);
	case GT_FORMAT_ORGCODE:
		return gt_check_orgcode(s);
	case GT_FORMAT_NONE:
		break;
	}
	return GT_CHECK_OK;
}
