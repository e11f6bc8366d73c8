#include <limits.h>

#include "civil.h"
#include "json_read.h"
#include "json_write.h"

#include "unit.h"

static const char *value(struct gt_value v)
{
	static char out[256];
	*gt_json_put_value(out, &v) = 0;
	return out;
}

START_TEST(writes_values)
{
	ck_assert_str_eq(value((struct gt_value){.kind = GT_NULL}), "null");
	ck_assert_str_eq(value((struct gt_value){.kind = GT_BOOL, .number = 1}), "true");
	ck_assert_str_eq(value((struct gt_value){.kind = GT_BOOL}), "false");
	ck_assert_str_eq(value((struct gt_value){.kind = GT_INT, .number = INT64_MIN}),
		"-9223372036854775808");
	ck_assert_str_eq(value((struct gt_value){.kind = GT_INT}), "0");
	ck_assert_str_eq(
		value((struct gt_value){.kind = GT_DATE, .number = 19808, .scale = GT_DAY}),
		"\"2024-03-26\"");
	ck_assert_str_eq(value((struct gt_value){.kind = GT_TIME,
				 .number = 1711499100000000,
				 .scale = GT_SECOND,
				 .size = 1440 + 480}),
		"\"2024-03-27T08:25:00+08:00\"");
	ck_assert_str_eq(value(gt_value_text(GT_LIT("公务\n"))), "\"公务\\n\"");
}
END_TEST

START_TEST(writes_decimals)
{
	static const struct {
		int64_t v;
		unsigned scale;
		const char *text;
	} cases[] = {
		{291, 1, "29.1"},
		{290, 1, "29.0"},
		{5, 2, "0.05"},
		{-5, 2, "-0.05"},
		{0, 3, "0.000"},
		{7, 0, "7"},
		{1, 18, "0.000000000000000001"},
		{INT64_MIN, 18, "-9.223372036854775808"},
		{INT64_MAX, 1, "922337203685477580.7"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[64];
		*gt_json_put_decimal(out, cases[i].v, cases[i].scale) = 0;
		ck_assert_str_eq(out, cases[i].text);
		ck_assert_uint_le(strlen(out), 22);
	}
}
END_TEST

/* Whatever is written is read back as the same bytes by a reader that is not ours, and never needs
 * more room than promised. */
START_TEST(what_is_written_reads_back)
{
	unsigned seed = 20240327;
	for (int round = 0; round < 3000; round++) {
		char text[64], out[GT_JSON_TEXT_ROOM(sizeof text) + 3];
		size_t n = 0, want = (size_t)rand_r(&seed) % 60;
		while (n < want) {
			static const char *const odd[] = {
				"\"", "\\", "\n", "\x01", "\x1f", "车", "𠮷", "é"};
			unsigned r = (unsigned)rand_r(&seed);
			const char *piece = r % 3 ? "a" : odd[r / 3 % 8];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		out[0] = '[';
		memset(out + GT_JSON_TEXT_ROOM(n) + 1, 0x7E, 2);
		char *end = gt_json_put_text(out + 1, gt_str(text, n));
		ck_assert_int_eq(out[GT_JSON_TEXT_ROOM(n) + 2], 0x7E);
		*end++ = ']';
		json_t *root = gt_json_load(gt_str(out, (size_t)(end - out)), NULL);
		ck_assert_ptr_nonnull(root);
		const json_t *read = json_array_get(root, 0);
		ck_assert(gt_str_eq(gt_str(json_string_value(read), json_string_length(read)),
			gt_str(text, n)));
		json_decref(root);
	}
}
END_TEST

START_TEST(adds_to_a_buffer)
{
	struct gt_buf buf;
	gt_buf_init(&buf, 64);
	gt_json_add_text(&buf, GT_LIT("a\"b"));
	ck_str_is(gt_buf_str(&buf), "\"a\\\"b\"");
	gt_json_add_text(&buf, GT_LIT("0123456789"));
	ck_assert(buf.full);
	ck_str_is(gt_buf_str(&buf), "\"a\\\"b\"");
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(refuses_values_that_are_not_normalised)
{
	value((struct gt_value){.kind = GT_NUMBER});
}
END_TEST

UNIT_MAIN("json_write", UNIT_TEST(writes_values), UNIT_TEST(writes_decimals),
	UNIT_TEST(what_is_written_reads_back), UNIT_TEST(adds_to_a_buffer),
	UNIT_ABORT(refuses_values_that_are_not_normalised))
