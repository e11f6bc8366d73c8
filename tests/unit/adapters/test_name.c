#include "name.h"
#include "unit.h"

/* 读数.csv in GB18030 */
static const char gb_name[] = "\xb6\xc1\xca\xfd.csv";

START_TEST(shows_names_of_any_charset)
{
	char out[GT_NAME_SHOWN];
	ck_assert_str_eq(gt_name_show("plain.csv", out), "plain.csv");
	ck_assert_str_eq(gt_name_show("读数.csv", out), "读数.csv");
	ck_assert_str_eq(gt_name_show(gb_name, out), "读数.csv");
	ck_assert_str_eq(gt_name_show("a\xff", out), "a\\xFF");
}
END_TEST

START_TEST(shows_the_longest_names)
{
	char out[GT_NAME_SHOWN], name[GT_NAME_MAX + 1];
	for (size_t i = 0; i + 1 < GT_NAME_MAX; i += 2)
		memcpy(name + i, "\xb6\xc1", 2);
	name[GT_NAME_MAX - 1] = 'x';
	name[GT_NAME_MAX] = '\0';
	ck_assert_uint_eq(strlen(gt_name_show(name, out)), 127 * 3 + 1);
	memset(name, 0xff, GT_NAME_MAX);
	ck_assert_uint_lt(strlen(gt_name_show(name, out)), GT_NAME_SHOWN);
}
END_TEST

START_TEST(matches_patterns)
{
	ck_assert(gt_name_matches("a.csv", "*.csv"));
	ck_assert(gt_name_matches("A.CSV", "*.csv"));
	ck_assert(gt_name_matches("b.txt", "*.csv *.txt"));
	ck_assert(!gt_name_matches("a.csv.bak", "*.csv"));
	ck_assert(!gt_name_matches(".hidden.csv", "*.csv"));
	ck_assert(gt_name_matches("读数-1.csv", "读数*.csv"));
	ck_assert(gt_name_matches(gb_name, "读数*.csv"));
	ck_assert(gt_name_matches(gb_name, "*.csv"));
	ck_assert(!gt_name_matches("a", ""));
}
END_TEST

START_TEST(knows_suffixes)
{
	ck_assert(gt_name_ends("a.csv.done", ".done .ok"));
	ck_assert(gt_name_ends("a.csv.OK", ".done .ok"));
	ck_assert(!gt_name_ends(".done", ".done"));
	ck_assert(!gt_name_ends("a.csv", ".done .ok"));
}
END_TEST

START_TEST(encodes_and_decodes)
{
	static const char *const names[] = {
		"a.csv", "a b%c.csv", "\xb6\xc1\xca\xfd.csv", "line\nend", "-_.x"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[GT_NAME_ENCODED], name[GT_NAME_MAX + 1];
		gt_name_encode(names[i], text);
		ck_assert_ptr_null(strpbrk(text, " \n"));
		ck_assert(gt_name_decode(gt_cstr(text), name));
		ck_assert_str_eq(name, names[i]);
	}
}
END_TEST

START_TEST(refuses_what_is_no_file_name)
{
	static const char *const bad[] = {
		"", ".", "..", "a/b", "%2F", "%00", "a%", "a%4", "%zz", "a b", "%2E%2E"};
	char name[GT_NAME_MAX + 1] = "kept", longest[GT_NAME_MAX + 2];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!gt_name_decode(gt_cstr(bad[i]), name), "%s", bad[i]);
	memset(longest, 'a', sizeof longest);
	ck_assert(!gt_name_decode(gt_str(longest, GT_NAME_MAX + 1), name));
	ck_assert_str_eq(name, "kept");
	ck_assert(gt_name_decode(gt_str(longest, GT_NAME_MAX), name));
}
END_TEST

UNIT_MAIN("name", UNIT_TEST(shows_names_of_any_charset), UNIT_TEST(shows_the_longest_names),
	UNIT_TEST(matches_patterns), UNIT_TEST(knows_suffixes), UNIT_TEST(encodes_and_decodes),
	UNIT_TEST(refuses_what_is_no_file_name))
