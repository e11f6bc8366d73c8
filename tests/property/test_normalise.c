/* Properties of normalisation over random input: it is total, it is idempotent, numbers agree with
 * schoolbook arithmetic on digit strings, dates survive being written and read again.
 * GT_SEED=<number> repeats a run. */
#include "../unit/normalise/fixture.h"
#include "../unit/normalise/words_fixture.h"
#include "clean.h"
#include "date.h"
#include "number.h"

#include <guantong/charset.h>
#include <inttypes.h>

#define ROUNDS 20000

static uint64_t state;

static void seed(void)
{
	const char *given = getenv("GT_SEED");

	state = given ? strtoull(given, NULL, 10) : 20240327;
}

static uint32_t random_below(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

/* Pieces that values are made of, right and wrong. */
static const char *const pieces[] = {"0", "1", "2024", "-", ".", ",", "/", ":", " ", "  ", "年",
	"月", "日", "时", "分", "T", "Z", "+08:00", "E", "e5", "万", "亿", "千", "元", "整", "约",
	"(", ")", "￥", "¥", "度", "kWh", "㎡", "亩", "km", "三", "十", "零", "〇", "壹佰", "角",
	"上午", "下午", "'", "３", "．", "，", "（", "京", "A", "a", "·", "－", "\xe3\x80\x80",
	"\xc2\xa0", "\xe2\x80\x8b", "red", "朱", "无", "N/A", "45356", "1524817020000", "12", "31",
	"7", "99", "true", "PM", "\x01", "\t"};

static size_t random_text(char *out, size_t room)
{
	size_t n = 0;

	if (random_below(4) == 0) {
		for (n = random_below((uint32_t)room); n > 0 && random_below(2);)
			n /= 2;
		for (size_t i = 0; i < n; i++)
			out[i] = (char)random_below(256);
		return n;
	}
	for (uint32_t k = random_below(9); k > 0; k--) {
		const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
		size_t length = strlen(piece);
		if (n + length > room)
			break;
		memcpy(out + n, piece, length);
		n += length;
	}
	return n;
}

START_TEST(cleaning_is_idempotent)
{
	char in[200], once[200], twice[200];

	seed();
	for (int i = 0; i < ROUNDS * 5; i++) {
		struct gt_str text = {in, random_text(in, sizeof in)};
		enum gt_cleaning how = (enum gt_cleaning)random_below(3);
		uint64_t flags = 0, again = 0;
		size_t n = gt_clean(text, how, once, &flags);
		if (n == SIZE_MAX)
			continue;
		ck_assert_uint_le(n, text.n);
		ck_assert_uint_eq(gt_clean(gt_str(once, n), how, twice, &again), n);
		ck_assert(memcmp(once, twice, n) == 0);
		ck_assert_msg(again == 0, "“%.*s” changed again: %" PRIx64, (int)n, once, again);
		ck_assert(gt_clean_is(gt_str(once, n), how));
		if (gt_clean_is(text, how))
			ck_assert(gt_str_eq(text, gt_str(once, n)));
	}
}
END_TEST

/* digits × 10^exponent rounded half to even to an integer, all on decimal digits. False: too large.
 */
static bool oracle(const char *digits, int exponent, int64_t *value, bool *rounded)
{
	char kept[128] = "0";
	int n = (int)strlen(digits), whole = n + exponent, length = 1;
	int half = -1; /* dropped part against a half: -1 less, 0 equal, 1 more */
	uint64_t v = 0;
	bool any = false;

	for (int i = 0; i < whole; i++) {
		if (length == 1 && kept[0] == '0')
			length = 0;
		if (length >= 100)
			return false;
		kept[length++] = i < n ? digits[i] : '0';
	}
	for (int i = whole > 0 ? whole : 0; i < n; i++)
		any = any || digits[i] != '0';
	if (whole >= 0 && whole < n) {
		half = digits[whole] > '5' ? 1 : digits[whole] < '5' ? -1 : 0;
		for (int i = whole + 1; i < n && half == 0; i++)
			half = digits[i] != '0';
	}
	*rounded = any;
	for (int i = 0; i < length; i++) {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(kept[i] - '0');
	}
	v += half > 0 || (half == 0 && (v & 1));
	*value = (int64_t)v;
	return v <= INT64_MAX;
}

static bool all_zero(const char *digits)
{
	return strspn(digits, "0") == strlen(digits);
}

START_TEST(numbers_agree_with_digit_arithmetic)
{
	seed();
	for (int i = 0; i < ROUNDS * 10; i++) {
		char lexeme[128], digits[64] = "";
		int length = 1 + (int)random_below(random_below(8) ? 20 : 45),
		    point = (int)random_below(46);
		int exponent = random_below(3) ? 0 : (int)random_below(60) - 30, at = 0;
		unsigned scale = random_below(13);
		bool minus = random_below(2), rounded, expected_rounded, fits, expected_fits;
		int64_t value = 0, expected = 0;
		struct gt_number number;
		for (int k = 0; k < length; k++)
			digits[k] = (char)('0' + (random_below(3) ? random_below(10)
								  : random_below(2) * 5));
		point = point > length ? length : point;
		at = snprintf(lexeme, sizeof lexeme, "%s%.*s", minus ? "-" : "", point, digits);
		if (point < length)
			at += snprintf(lexeme + at, sizeof lexeme - (size_t)at, "%s.%s",
				point ? "" : "0", digits + point);
		if (exponent)
			snprintf(lexeme + at, sizeof lexeme - (size_t)at, "E%+d", exponent);
		ck_assert_msg(
			gt_number_parse(test_words(), gt_cstr(lexeme), &number), "%s", lexeme);
		ck_assert_uint_eq(number.rest.n, 0);
		fits = gt_number_scale(&number, 1, 1, scale, &value, &rounded);
		expected_fits = oracle(digits, point - length + exponent + (int)scale, &expected,
			&expected_rounded);
		expected_fits = expected_fits || all_zero(digits);
		ck_assert_msg(
			fits == expected_fits, "%s at scale %u: fits %d", lexeme, scale, fits);
		if (!fits)
			continue;
		expected = all_zero(digits) ? 0 : minus ? -expected : expected;
		ck_assert_msg(value == expected, "%s at scale %u: %" PRId64 ", not %" PRId64,
			lexeme, scale, value, expected);
		ck_assert_msg(rounded == expected_rounded, "%s at scale %u: rounded %d", lexeme,
			scale, rounded);
	}
}
END_TEST

static int write_form(int form, const struct gt_civil *c, char *out, size_t size)
{
#define PARTS c->year, c->month, c->day, c->hour, c->minute, c->second
	switch (form) {
	case 0:
		return snprintf(out, size, "%d年%d月%d日 %d时%d分%d秒", PARTS);
	case 1:
		return snprintf(out, size, "%d.%d.%d %d:%d:%d", PARTS);
	case 2:
		return snprintf(out, size, "%d/%02d/%02d %02d:%02d:%02d", PARTS);
	case 3:
		return snprintf(out, size, "%d-%d-%d %d:%02d:%02d", PARTS);
	default:
		return snprintf(out, size, "%04d%02d%02d%02d%02d%02d", PARTS);
	}
#undef PARTS
}

START_TEST(dates_survive_being_written)
{
	seed();
	for (int i = 0; i < ROUNDS * 5; i++) {
		int64_t day = (int64_t)random_below(73040) - 25566 + 2; /* 1900-01-03 to 2099-12 */
		int64_t us = day * INT64_C(86400000000) + (int64_t)random_below(86400) * 1000000;
		int zone = (int)random_below(53) * 30 - 720, year, month, date;
		enum gt_precision precision = GT_SECOND;
		char text[64];
		uint64_t flags = 0;
		struct gt_when when;
		struct gt_civil c;
		if (random_below(2)) {
			us += 1 + random_below(999999);
			precision = us % 1000 == 0 ? GT_MILLI : GT_MICRO;
		}
		size_t n = gt_time_write(text, us, zone, precision);
		ck_assert_msg(gt_date_parse(test_words(), gt_str(text, n), true, 480, &when,
				      &flags) == GT_DATED,
			"%.*s", (int)n, text);
		ck_assert_int_eq(when.value, us);
		ck_assert_int_eq(when.precision, precision);
		gt_civil_from_us(us, zone, &c);
		n = (size_t)write_form((int)random_below(5), &c, text, sizeof text);
		ck_assert_msg(gt_date_parse(test_words(), gt_str(text, n), true, zone, &when,
				      &flags) == GT_DATED,
			"%.*s", (int)n, text);
		c.micro = 0;
		ck_assert_int_eq(when.value, gt_civil_to_us(&c, zone));
		gt_civil_from_days(day, &year, &month, &date);
		n = (size_t)snprintf(text, sizeof text, "%d%02d%02d", year, month, date);
		ck_assert(gt_date_parse(test_words(), gt_str(text, n), false, zone, &when,
				  &flags) == GT_DATED);
		ck_assert_int_eq(when.value, day);
	}
}
END_TEST

static struct fixture f;

static const char map[] =
	"no: NO\nowner: OWNER\nphone: PHONE\nat: X\nday: X\ncolour: X\narea: X\nenergy: X\ncost: "
	"X\n"
	"ratio: X\npeople: X\nopen: X\nremark: X\nform: X\nplate: X\nuscc: X\nvin: X\nplace: X\n"
	"secret: X\nweight: X\n";

static struct gt_value *row_of(struct gt_value x)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(f.plan, &n);

	gt_batch_reset(f.batch, n, 1, GT_BATCH_RAW_MAX);
	struct gt_value *values = gt_batch_add(f.batch, GT_LIT("{}"), (struct gt_place){0, 1});
	ck_assert(n == 4 && gt_str_eq(fields[3], GT_LIT("X")));
	for (size_t i = 0; i < 3; i++)
		values[i] = gt_value_text(GT_LIT("13812345678"));
	values[3] = x;
	return values;
}

static const enum gt_kind kind_of[] = {[GT_TYPE_TEXT] = GT_TEXT,
	[GT_TYPE_CODE] = GT_TEXT,
	[GT_TYPE_INT] = GT_INT,
	[GT_TYPE_DECIMAL] = GT_DECIMAL,
	[GT_TYPE_DATE] = GT_DATE,
	[GT_TYPE_TIME] = GT_TIME,
	[GT_TYPE_BOOL] = GT_BOOL};

START_TEST(any_bytes_give_a_value_or_say_why_not)
{
	struct gt_pseudonym_key key = test_key();
	char in[300];

	seed();
	fixture_standard(&f);
	ck_assert(fixture_plan(&f, "lab.thing", map, &key) != NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct gt_value x = gt_value_text(gt_str(in, random_text(in, sizeof in)));
		x.kind = (uint8_t)(GT_NUMBER + random_below(3));
		row_of(x);
		ck_assert_int_ne(gt_plan_run(f.plan, f.batch, &f.batch->rows[0], NOW_US, &f.norm),
			GT_RAN_FULL);
		for (size_t e = 0; e < f.norm.entity->n; e++) {
			const struct gt_value *value = &f.norm.values[e], *clear = &f.norm.clear[e];
			const struct gt_element *element = &f.norm.entity->elements[e];
			if (value->kind == GT_ABSENT || value->kind == GT_NULL)
				continue;
			ck_assert_int_eq((clear->kind == GT_ABSENT ? value : clear)->kind,
				kind_of[element->type]);
			ck_assert((clear->kind != GT_ABSENT) == (element->protection != GT_OPEN));
			if (value->kind == GT_TEXT)
				ck_assert(gt_utf8_bad(gt_value_str(value)) == SIZE_MAX);
		}
	}
	fixture_end(&f);
}
END_TEST

/* What was normalised once is its own normal form. */
START_TEST(normalising_is_idempotent)
{
	struct gt_pseudonym_key key = test_key();
	char in[300], first[32][512];
	size_t count = 0;

	seed();
	fixture_standard(&f);
	ck_assert(fixture_plan(&f, "lab.thing", map, &key) != NULL);
	for (int i = 0; i < ROUNDS; i++) {
		row_of(gt_value_text(gt_str(in, random_text(in, sizeof in))));
		ck_assert_int_ne(gt_plan_run(f.plan, f.batch, &f.batch->rows[0], NOW_US, &f.norm),
			GT_RAN_FULL);
		size_t n = f.norm.entity->n;
		for (size_t e = 0; e < n; e++) {
			const struct gt_value *value = &f.norm.values[e];
			first[e][0] = '\0';
			if (value->kind != GT_ABSENT && value->kind != GT_NULL &&
				f.norm.clear[e].kind == GT_ABSENT &&
				(value->kind != GT_TEXT || value->size < 80))
				*gt_json_put_value(first[e], value) = '\0';
		}
		for (size_t e = 0; e < n; e++) {
			char *text = first[e];
			char again[512];
			size_t length = strlen(text);
			if (length == 0 || (f.norm.entity->elements[e].type == GT_TYPE_TEXT &&
						   strchr(text, '\\')))
				continue;
			bool quoted = *text == '"';
			row_of(gt_value_text(gt_str(text + quoted, length - 2 * quoted)));
			ck_assert_int_ne(
				gt_plan_run(f.plan, f.batch, &f.batch->rows[0], NOW_US, &f.norm),
				GT_RAN_FULL);
			if (e < 3)
				continue;
			*again = '\0';
			if (f.norm.values[e].kind != GT_ABSENT && f.norm.values[e].kind != GT_NULL)
				*gt_json_put_value(again, &f.norm.values[e]) = '\0';
			ck_assert_msg(strcmp(text, again) == 0, "%.*s: %s became %s",
				GT_STR_ARGS(f.norm.entity->elements[e].name), text, again);
			count++;
		}
	}
	ck_assert_uint_gt(count, ROUNDS / 10); /* the generator makes enough that is right */
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("normalise", UNIT_TEST(cleaning_is_idempotent),
	UNIT_TEST(numbers_agree_with_digit_arithmetic), UNIT_TEST(dates_survive_being_written),
	UNIT_TEST(any_bytes_give_a_value_or_say_why_not), UNIT_TEST(normalising_is_idempotent))
