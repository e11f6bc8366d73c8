#include "options_fixture.h"
#include "unit.h"

START_TEST(durations)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1 = no duration */
	} rows[] = {{"500 ms", 500}, {"30 s", 30000}, {"30s", 30000}, {"10 min", 600000},
		{"1 h", 3600000}, {"2 d", 172800000}, {"0", 0}, {"0 s", 0}, {"30", -1}, {"", -1},
		{"s", -1}, {"-1 s", -1}, {"+1 s", -1}, {"1.5 h", -1}, {"1 m", -1}, {"1 S", -1},
		{"1 s ", -1}, {"106751991167 d", INT64_C(9223372036828800000)},
		{"106751991168 d", -1}, {"99999999999999999999 ms", -1}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t ms = -1;
		bool ok = gt_parse_duration(gt_cstr(rows[i].text), &ms);

		ck_assert_msg(ok == (rows[i].ms >= 0) && ms == rows[i].ms, "“%s”", rows[i].text);
	}
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} rows[] = {{"512", 512}, {"512 B", 512}, {"8 KiB", 8192}, {"8KiB", 8192},
		{"256 MiB", 268435456}, {"2 GiB", INT64_C(2147483648)},
		{"1 TiB", INT64_C(1099511627776)}, {"1 MB", -1}, {"1 kib", -1}, {"", -1}, {"B", -1},
		{"8388608 TiB", -1}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t bytes = -1;
		bool ok = gt_parse_bytes(gt_cstr(rows[i].text), &bytes);

		ck_assert_msg(
			ok == (rows[i].bytes >= 0) && bytes == rows[i].bytes, "“%s”", rows[i].text);
	}
}
END_TEST

START_TEST(zones)
{
	static const struct {
		const char *text;
		int minutes; /* 9999 = no zone */
	} rows[] = {{"+08:00", 480}, {"-03:30", -210}, {"Z", 0}, {"+00:00", 0}, {"+14:00", 840},
		{"-14:00", -840}, {"+14:01", 9999}, {"+08:60", 9999}, {"08:00", 9999},
		{"+8:00", 9999}, {"+0800", 9999}, {"+08:0a", 9999}, {"", 9999}, {"z", 9999},
		{"Asia/Shanghai", 9999}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int minutes = 9999;
		bool ok = gt_parse_zone(gt_cstr(rows[i].text), &minutes);

		ck_assert_msg(ok == (rows[i].minutes != 9999) && minutes == rows[i].minutes, "“%s”",
			rows[i].text);
	}
}
END_TEST

START_TEST(whole_numbers)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {{"0", true, 0}, {"-0", true, 0}, {"+12", true, 12}, {"007", true, 7},
		{"9223372036854775807", true, INT64_MAX}, {"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0}, {"-9223372036854775809", false, 0},
		{"", false, 0}, {"-", false, 0}, {"1e3", false, 0}, {"1 ", false, 0},
		{"１", false, 0}, {"99999999999999999999999", false, 0}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t value = 0;

		ck_assert_msg(gt_parse_int(gt_cstr(rows[i].text), &value) == rows[i].ok &&
				      value == rows[i].value,
			"“%s”", rows[i].text);
	}
}
END_TEST

START_TEST(defaults_fill_every_row)
{
	struct gt_arena memory;
	struct all all = {0};

	gt_arena_init(&memory, 0);
	gt_options_defaults(all_table, &all, &memory);
	ck_str_is(all.text, "a b");
	ck_str_is(all.path, "x/y");
	ck_str_is(all.folder, "/never/there");
	ck_assert(all.flag);
	ck_assert_int_eq(all.count, 7);
	ck_assert_int_eq(all.wait, 30000);
	ck_assert_int_eq(all.memory, 256 << 20);
	ck_assert_int_eq(all.colour, 1);
	ck_assert_int_eq(all.zone, 480);
	ck_assert_uint_eq(all.words.n, 2);
	ck_str_is(all.words.v[0], "one");
	ck_str_is(all.words.v[1], "two");
	ck_assert_ptr_null(all.login.user.p);
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(a_bad_default_aborts)
{
	static const struct gt_option bad[] = {
		{.name = "count", .type = GT_OPT_INT, .min = 1, .max = 2, .fallback = "3"},
		{.name = NULL}};
	struct gt_arena memory;
	int64_t count;

	gt_arena_init(&memory, 0);
	gt_options_defaults(bad, &count, &memory);
}
END_TEST

START_TEST(good_words_are_stored)
{
	struct gt_arena memory;
	struct all all = {0};
	struct gt_err err;
	static const struct {
		const char *name, *word;
	} rows[] = {{"text", ""}, {"bounded", "123456"}, {"path", "/a"}, {"folder", "tmp"},
		{"flag", "yes"}, {"count", "100"}, {"least", "9000"}, {"wait", "1 h"},
		{"memory", "1 MiB"}, {"colour", "bluish"}, {"zone", "Z"}};

	gt_arena_init(&memory, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(gt_option_store(gt_option_find(all_table, gt_cstr(rows[i].name)),
				      &all, gt_cstr(rows[i].word), "/", &memory, &err),
			"%s", rows[i].name);
	ck_str_is(all.text, "");
	ck_str_is(all.bounded, "123456");
	ck_str_is(all.path, "/a");
	ck_str_is(all.folder, "//tmp");
	ck_assert_int_eq(all.folder.p[all.folder.n], 0);
	ck_assert(all.flag && all.count == 100 && all.least == 9000 && all.wait == 3600000);
	ck_assert(all.memory == 1 << 20 && all.colour == 2 && all.zone == 0);
	ck_assert_ptr_null(gt_option_find(all_table, GT_LIT("nothing")));
	ck_assert_str_eq(gt_option_nearest(all_table, GT_LIT("zome")), "zone");
	ck_assert_ptr_null(gt_option_nearest(all_table, GT_LIT("qqqqqq")));
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(bad_words_are_explained)
{
	static const struct {
		const char *name, *word;
		enum gt_code code;
		const char *english;
	} rows[] = {
		{"bounded", "1", GT_E_OPTION_SHORT, "“bounded” has 1 bytes, fewer than 2"},
		{"bounded", "1234567", GT_E_OPTION_LONG, "“bounded” has 7 bytes, more than 6"},
		{"bounded", "", GT_E_OPTION_EMPTY, "“bounded” is empty"},
		{"path", "", GT_E_OPTION_EMPTY, "“path” is empty"},
		{"folder", "nope", GT_E_OPTION_PATH_MISSING,
			"“folder”: there is nothing at “/conf/nope”"},
		{"flag", "maybe", GT_E_OPTION_BOOL,
			"“flag” is “maybe”, which is neither true nor false"},
		{"count", "many", GT_E_OPTION_INT,
			"“count” is “many”, which is not a whole number"},
		{"count", "0", GT_E_OPTION_RANGE, "“count” is 0 rows, outside 1 rows to 100 rows"},
		{"least", "4", GT_E_OPTION_LEAST, "“least” is 4, less than 5"},
		{"wait", "30", GT_E_OPTION_DURATION, "“wait” is “30”, which is not a duration"},
		{"wait", "90 min", GT_E_OPTION_RANGE, "“wait” is 90 min, outside 100 ms to 1 h"},
		{"memory", "lots", GT_E_OPTION_BYTES, "“memory” is “lots”, which is not a size"},
		{"memory", "1", GT_E_OPTION_RANGE, "“memory” is 1 B, outside 1 MiB to 1 GiB"},
		{"zone", "8", GT_E_OPTION_ZONE, "“zone” is “8”, which is not a time zone"},
		{"colour", "mauve", GT_E_OPTION_CHOICE,
			"“colour” cannot be “mauve”: choose one of red green bluish"},
		{"colour", "gren", GT_E_OPTION_CHOICE_NEAR,
			"“colour” cannot be “gren”: did you mean “green”? There are red green "
			"bluish"},
	};
	struct gt_arena memory;
	struct all all, before;
	struct gt_err err;
	char out[512], nul[] = {'a', 0, 'b'}, big[5000];

	gt_arena_init(&memory, 0);
	memset(&all, 0x5A, sizeof all);
	before = all;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert(!gt_option_store(gt_option_find(all_table, gt_cstr(rows[i].name)), &all,
			gt_cstr(rows[i].word), "/conf", &memory, &err));
		ck_assert_int_eq(err.code, rows[i].code);
		ck_assert_str_eq(gt_err_sentence_in(&err, GT_EN, out, sizeof out), rows[i].english);
	}
	ck_assert(!gt_option_store(&all_table[0], &all, gt_str(nul, 3), NULL, &memory, &err));
	ck_assert_int_eq(err.code, GT_E_OPTION_NUL);
	memset(big, 'b', sizeof big);
	ck_assert(!gt_option_store(&all_table[0], &all, gt_str(big, 4097), NULL, &memory, &err));
	ck_assert_int_eq(err.code, GT_E_OPTION_LONG);
	ck_assert(!gt_option_store(gt_option_find(all_table, GT_LIT("flag")), &all,
		gt_str(big, 5000), NULL, &memory, &err)); /* long values are cut, not lost */
	ck_assert_uint_lt(strlen(gt_err_arg(&err, 2)), 256);
	ck_assert_mem_eq(&all, &before, sizeof all); /* failures write nothing */
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(a_secret_never_comes_as_a_word)
{
	struct gt_arena memory;
	struct all all;
	struct gt_err err;

	gt_arena_init(&memory, 0);
	bool stored = gt_option_store(gt_option_find(all_table, GT_LIT("secret")), &all,
		GT_LIT("hunter2"), NULL, &memory, &err);
	ck_assert(!stored);
}
END_TEST

UNIT_MAIN("options", UNIT_TEST(durations), UNIT_TEST(sizes), UNIT_TEST(zones),
	UNIT_TEST(whole_numbers), UNIT_TEST(defaults_fill_every_row),
	UNIT_ABORT(a_bad_default_aborts), UNIT_TEST(good_words_are_stored),
	UNIT_TEST(bad_words_are_explained), UNIT_ABORT(a_secret_never_comes_as_a_word))
