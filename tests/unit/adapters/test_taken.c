#include "taken.h"
#include "unit.h"

#include <stdio.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(reads_what_it_wrote)
{
	struct gt_taken a = {.state = GT_TAKEN_READING,
				.number = 7,
				.size = 1000,
				.offset = 999999999999999999, /* the largest position of a format */
				.row = 12},
			b;
	char text[GT_TAKEN_TEXT];
	snprintf(a.digest, sizeof a.digest, "%s", HEX);
	memset(a.name, 0xb6, GT_NAME_MAX); /* the longest text there is */
	struct gt_str s = gt_taken_write(&a, text);
	ck_assert_uint_lt(s.n, GT_TAKEN_TEXT);
	ck_assert(gt_taken_read(s, &b));
	ck_assert(b.state == a.state && b.number == a.number && b.size == a.size &&
		  b.offset == a.offset && b.row == a.row);
	ck_assert_str_eq(b.digest, a.digest);
	ck_assert_str_eq(b.name, a.name);
}
END_TEST

START_TEST(nothing_was_taken_at_first)
{
	struct gt_taken t = {.state = GT_TAKEN_DONE};
	ck_assert(gt_taken_read(gt_str(NULL, 0), &t));
	ck_assert_int_eq(t.state, GT_TAKEN_NOTHING);
}
END_TEST

START_TEST(refuses_other_texts)
{
	static const char *const bad[] = {"x", "2 1 r 5 5 5 " HEX " a", "1 1 x 5 5 5 " HEX " a",
		"1 1 r 5 5 5 " HEX " ", "1 1 r 5 5 5 " HEX, "1 1 r 5 5 5 ABC a",
		"1 1 r 5 5 5 " HEX " a/b", "1 -1 r 5 5 5 " HEX " a",
		"1 99999999999999999999 r 5 5 5 " HEX " a", " ", "1 1 r 5 5 5 " HEX " a b"};
	struct gt_taken t;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!gt_taken_read(gt_cstr(bad[i]), &t), "%s", bad[i]);
}
END_TEST

UNIT_MAIN("taken", UNIT_TEST(reads_what_it_wrote), UNIT_TEST(nothing_was_taken_at_first),
	UNIT_TEST(refuses_other_texts))
