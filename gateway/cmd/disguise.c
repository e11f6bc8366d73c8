/* disguise.c: see disguise.h. What replaces a character is drawn from HMAC-SHA-256(key, value
 * without spaces, separators and widths). */
#include "disguise.h"

#include "checks.h"
#include "clean.h"
#include "gt_assert.h"
#include "io.h"
#include "personal.h"

#include <guantong/host.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

/* 1,024 rare characters: nobody is called like that. */
#define HAN_FIRST 0x6a00u
#define HAN_COUNT 1024u
/* Holders of these are long dead, and no district has this number. */
#define NOBODY_AREA "110000"
#define NOBODY_YEAR 1850u
#define NOBODY_YEARS 50u

void gt_disguise_init(struct gt_disguise *disguise, const struct gt_standard *standard)
{
	gt_random(disguise->key, sizeof disguise->key);
	disguise->standard = standard;
	disguise->today = gt_host_wall_us() / INT64_C(86400000000);
}

void gt_disguise_fini(struct gt_disguise *disguise)
{
	explicit_bzero(disguise->key, sizeof disguise->key);
}

/* What one message that is made of the row needs; mapped: it is made of this field at all. */
static enum gt_worn for_part(const struct gt_plan *plan, size_t field, bool *mapped)
{
	const struct gt_entity *entity = gt_plan_entity(plan);
	enum gt_worn worn = GT_WORN_NUMBERS;

	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_element *element = &entity->elements[i];
		if (!gt_plan_uses(plan, i, field))
			continue;
		*mapped = true;
		if (element->protection != GT_OPEN)
			return GT_WORN_ALL;
		if (element->format == GT_FORMAT_PLATE)
			worn = GT_WORN_PLATE;
		if (element->type == GT_TYPE_TEXT && element->format == GT_FORMAT_NONE &&
			gt_numbers_in(entity, i) != GT_NUMBERS_OWN)
			return GT_WORN_ALL;
		if (element->format == GT_FORMAT_VIN)
			return GT_WORN_ALL;
	}
	return worn;
}

enum gt_worn gt_disguise_for(const struct gt_plan *plan, struct gt_str name)
{
	size_t n, field = 0;
	const struct gt_str *fields = gt_plan_fields(plan, &n);
	enum gt_worn worn = GT_WORN_NUMBERS;
	bool mapped = false;

	while (field < n && !gt_str_eq(fields[field], name))
		field++;
	for (size_t p = 0; field < n && p < gt_plan_parts(plan) && worn != GT_WORN_ALL; p++) {
		enum gt_worn own = for_part(gt_plan_part(plan, p), field, &mapped);
		worn = own == GT_WORN_NUMBERS ? worn : own;
	}
	return mapped ? worn : GT_WORN_ALL;
}

/* ---- what is drawn ---- */

struct draw {
	const struct gt_disguise *disguise;
	struct gt_str value; /* without spaces, separators, widths */
	unsigned char block[32];
	size_t at;
	unsigned char count;
};

static unsigned next(struct draw *draw, unsigned below)
{
	unsigned v;

	if (draw->at + 2 > sizeof draw->block) {
		unsigned length = sizeof draw->block;
		unsigned char *text = gt_alloc(draw->value.n + 1);
		memcpy(text, draw->value.p, draw->value.n);
		text[draw->value.n] = draw->count++;
		GT_ASSERT(HMAC(EVP_sha256(), draw->disguise->key, sizeof draw->disguise->key, text,
				  draw->value.n + 1, draw->block, &length) != NULL);
		free(text);
		draw->at = 0;
	}
	v = draw->block[draw->at] * 256u + draw->block[draw->at + 1];
	draw->at += 2;
	return v % below;
}

/* kept: heap, to be freed when the value is done. */
static struct draw begin(const struct gt_disguise *disguise, struct gt_str s, char **kept)
{
	uint64_t flags = 0;
	size_t n;

	*kept = gt_alloc(s.n + 1);
	n = gt_clean(s, GT_CLEAN_FORM, *kept, &flags);
	if (n == SIZE_MAX) {
		n = s.n;
		memcpy(*kept, s.p, n);
	}
	return (struct draw){
		.disguise = disguise, .value = {*kept, n}, .at = sizeof(((struct draw *)0)->block)};
}

/* ---- characters ---- */

static void put_utf8(unsigned c, struct gt_buf *out)
{
	char text[4] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
		(char)(0x80 | (c & 0x3f)), 0};

	gt_buf_add(out, gt_str(text, 3));
}

/* The character at `at` and its bytes; UINT32_MAX: none. */
static uint32_t character(struct gt_str s, size_t at, size_t *bytes)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	uint32_t c = n == 1 ? p[0] : n ? p[0] & (0x7fu >> n) : 0;

	*bytes = 1;
	if (n == 0 || at + n > s.n)
		return UINT32_MAX;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | (p[i] & 0x3fu);
	}
	*bytes = n;
	return c;
}

/* Blanks, punctuation, signs. */
static bool stays(uint32_t c)
{
	return c < 0xc0 || (c >= 0x2000 && c < 0x3040 && c != 0x3005 && c != 0x3007) ||
	       (c >= 0xff00 && c < 0xfff0) || c == 0xd7 || c == 0xf7;
}

static uint32_t instead(struct draw *draw, uint32_t c, bool first)
{
	if (c >= '0' && c <= '9')
		return first && c == '0' ? c : first ? '1' + next(draw, 9) : '0' + next(draw, 10);
	if (c >= 'a' && c <= 'z')
		return 'a' + next(draw, 26);
	if (c >= 'A' && c <= 'Z')
		return 'A' + next(draw, 26);
	return stays(c) ? c : HAN_FIRST + next(draw, HAN_COUNT);
}

static bool is_letter(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool wide_digit(uint32_t c)
{
	return c >= 0xff10 && c <= 0xff19;
}

static void put_character(struct draw *draw, enum gt_worn worn, struct gt_str s, size_t at,
	bool first, struct gt_buf *out)
{
	size_t bytes;
	uint32_t c = character(s, at, &bytes), to;
	bool wide = c >= 0xff01 && c <= 0xff5e;

	/* Province, authority, what kind it is: 鄂A…, …D, …警. */
	if (worn == GT_WORN_PLATE && c != UINT32_MAX && !wide_digit(c) &&
		(is_letter(c) || c >= 0x4e00)) {
		gt_buf_add(out, gt_str(s.p + at, bytes));
		return;
	}
	if (c == UINT32_MAX) {
		gt_buf_adds(out, "\xff");
		return;
	}
	to = instead(draw, wide ? c - 0xfee0 : c, first);
	if (wide)
		put_utf8(to + 0xfee0, out);
	else if (to < 0x80)
		gt_buf_add(out, gt_str((char[]){(char)to}, 1));
	else if (to == c)
		gt_buf_add(out, gt_str(s.p + at, bytes));
	else
		put_utf8(to, out);
}

static void put_all(
	const struct gt_disguise *d, enum gt_worn worn, struct gt_str s, struct gt_buf *out)
{
	char *kept;
	struct draw draw = begin(d, s, &kept);
	bool in_number = false;
	size_t bytes;

	for (size_t at = 0; at < s.n; at += bytes) {
		uint32_t c = character(s, at, &bytes);
		bool digit = (c >= '0' && c <= '9') || wide_digit(c);
		put_character(&draw, worn, s, at, digit && !in_number, out);
		in_number = digit;
	}
	free(kept);
}

/* ---- personal numbers ---- */

static void put_digits(char *to, unsigned v, size_t n)
{
	while (n-- > 0) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

static void nobody(struct draw *draw, char *digits, size_t n)
{
	memcpy(digits, NOBODY_AREA, 6);
	if (n == 15) {
		put_digits(digits + 6, 30 + next(draw, 20), 2);
	} else {
		put_digits(digits + 6, NOBODY_YEAR + next(draw, NOBODY_YEARS), 4);
	}
	char *rest = digits + (n == 15 ? 8 : 10);
	put_digits(rest, 1 + next(draw, 12), 2);
	put_digits(rest + 2, 1 + next(draw, 28), 2);
	put_digits(rest + 4, next(draw, 1000), 3);
	for (size_t i = 0; n == 18 && i < 11; i++) {
		digits[17] = "0123456789X"[i];
		if (gt_check_identity(gt_str(digits, 18)) == GT_CHECK_OK)
			return;
	}
}

static void card(struct draw *draw, char *digits, size_t n)
{
	for (size_t i = 2; i < n; i++)
		digits[i] = (char)('0' + next(draw, 10));
	for (int i = 0; i < 10; i++) {
		digits[n - 1] = (char)('0' + i);
		if (gt_check_luhn(gt_str(digits, n)))
			return;
	}
}

static void telephone(struct draw *draw, char *digits, size_t n, enum gt_personal_kind kind)
{
	size_t keep = kind == GT_PERSONAL_LANDLINE ? 4 : n - 8;

	for (size_t i = keep; i < n; i++)
		digits[i] = (char)('0' + next(draw, 10));
}

/* Digits only, as ASCII. */
static size_t digits_of(struct gt_str s, char digits[32])
{
	uint64_t flags = 0;
	char text[128];
	size_t n = 0, length = s.n <= sizeof text ? gt_clean(s, GT_CLEAN_FORM, text, &flags) : 0;

	for (size_t i = 0; length != SIZE_MAX && i < length && n < 32; i++)
		if ((text[i] >= '0' && text[i] <= '9') || text[i] == 'X')
			digits[n++] = text[i];
	return n;
}

static void put_personal(const struct gt_disguise *d, const struct gt_personal *found,
	struct gt_str s, struct gt_buf *out)
{
	struct gt_str number = gt_str(s.p + found->at, found->n);
	char digits[32] = "", *kept;
	size_t n = digits_of(number, digits), used = 0, bytes;
	struct draw draw = begin(d, gt_str(digits, n), &kept);

	switch (found->kind) {
	case GT_PERSONAL_IDENTITY:
		nobody(&draw, digits, n);
		break;
	case GT_PERSONAL_CARD:
		card(&draw, digits, n);
		break;
	case GT_PERSONAL_PHONE:
	case GT_PERSONAL_LANDLINE:
		telephone(&draw, digits, n, found->kind);
		break;
	}
	for (size_t at = 0; at < number.n; at += bytes) {
		uint32_t c = character(number, at, &bytes);
		bool wide = c >= 0xff01 && c <= 0xff5e;
		uint32_t narrow = wide ? c - 0xfee0 : c;
		bool small = narrow == 'x';
		if (!(narrow >= '0' && narrow <= '9') && narrow != 'X' && !small) {
			gt_buf_add(out, gt_str(number.p + at, bytes));
			continue;
		}
		char to = used < n ? digits[used++] : '0';
		to = to == 'X' && small ? 'x' : to;
		if (wide)
			put_utf8((uint32_t)to + 0xfee0, out);
		else
			gt_buf_add(out, gt_str(&to, 1));
	}
	free(kept);
}

/* A word for "no value", or the word of a total alone. */
static bool tells_nothing(const struct gt_disguise *d, struct gt_str s)
{
	const struct gt_words *words = gt_standard_words(d->standard);
	uint64_t flags = 0;
	struct gt_str word = gt_clean_trim(s, &flags);

	for (size_t i = 0; i < words->total_row.n; i++)
		if (gt_str_eq(words->total_row.v[i].text, word))
			return true;
	return gt_word_set_get(&words->no_value, word) >= 0;
}

void gt_disguise_text(
	struct gt_disguise *disguise, enum gt_worn worn, struct gt_str s, struct gt_buf *out)
{
	const struct gt_words *words = gt_standard_words(disguise->standard);
	struct gt_personal found;
	size_t from = 0;

	if (s.n == 0 || tells_nothing(disguise, s)) {
		gt_buf_add(out, s);
		return;
	}
	while (from <= s.n) {
		bool more = gt_personal_find(words, disguise->today, true, s, from, &found);
		struct gt_str between = gt_str(s.p + from, (more ? found.at : s.n) - from);
		if (worn == GT_WORN_NUMBERS)
			gt_buf_add(out, between);
		else
			put_all(disguise, worn, between, out);
		if (!more)
			return;
		put_personal(disguise, &found, s, out);
		from = found.at + found.n;
	}
}

void gt_disguise_number(
	struct gt_disguise *disguise, enum gt_worn worn, struct gt_str s, struct gt_buf *out)
{
	struct gt_personal found;
	bool exponent = false, in_number = false;
	struct draw draw;
	char *kept;

	if (worn == GT_WORN_NUMBERS || gt_personal_find(gt_standard_words(disguise->standard),
					       disguise->today, true, s, 0, &found)) {
		gt_disguise_text(disguise, GT_WORN_NUMBERS, s, out);
		return;
	}
	draw = begin(disguise, s, &kept);
	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';
		char c = digit && !exponent
				 ? (char)instead(&draw, (unsigned char)s.p[i], !in_number)
				 : s.p[i];
		exponent |= s.p[i] == 'e' || s.p[i] == 'E';
		in_number |= digit;
		gt_buf_add(out, gt_str(&c, 1));
	}
	free(kept);
}
