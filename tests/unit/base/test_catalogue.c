#include "catalogue.h"
#include "unit.h"
#include <stdio.h>

/* Which numbers stand in which file; as guantong/messages/all.def says. */
static const struct {
	const char *file;
	int from, to;
} ranges[] = {{"base", 1000, 1009}, {"config", 1010, 1199}, {"standard", 1200, 1339},
	{"expr", 1340, 1399}, {"record", 2000, 2999}, {"source", 3000, 3239},
	{"http_access", 3240, 3289}, {"http_paging", 3290, 3399}, {"odbc", 3400, 3499},
	{"formats", 3500, 3539}, {"excel", 3540, 3599}, {"sftp", 3600, 3699}, {"kafka", 4000, 4999},
	{"evidence", 5000, 5999}, {"flow", 6000, 6999}, {"cmd", 9000, 9749}, {"tools", 9750, 9899}};

START_TEST(every_number_stands_in_its_file)
{
	char path[4096], line[8192], name[64];
	size_t rows = 0, count;
	const char *root = getenv("GT_SOURCE_ROOT");

	ck_assert_msg(root != NULL, "GT_SOURCE_ROOT is not set");
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		snprintf(path, sizeof path, "%s/gateway/sdk/guantong/messages/%s.def", root,
			ranges[i].file);
		FILE *file = fopen(path, "r");
		ck_assert_msg(file != NULL, "%s", path);
		while (fgets(line, sizeof line, file)) {
			int number;

			if (sscanf(line, "GT_MSG(%63[A-Z0-9_], %d,", name, &number) != 2)
				continue;
			rows++;
			ck_assert_msg(number >= ranges[i].from && number <= ranges[i].to,
				"%s.def: GT%04d %s belongs elsewhere", ranges[i].file, number,
				name);
			const struct gt_sentence *found = gt_message_find((enum gt_code)number);
			ck_assert_ptr_nonnull(found);
			ck_assert_str_eq(found->name, name);
		}
		fclose(file);
	}
	gt_messages(&count);
	ck_assert_uint_eq(rows, count); /* and the reading above misses none */
}
END_TEST

START_TEST(numbers_ascend_and_are_found)
{
	size_t count;
	const struct gt_sentence *rows = gt_messages(&count);

	ck_assert_uint_gt(count, 30);
	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(gt_message_find(rows[i].code), &rows[i]);
		ck_assert_msg(i == 0 || rows[i - 1].code < rows[i].code,
			"GT%04d %s stands behind a higher number", (int)rows[i].code, rows[i].name);
	}
	ck_assert_ptr_null(gt_message_find(GT_E_NONE));
	ck_assert_ptr_null(gt_message_find((enum gt_code)999999));
}
END_TEST

/* Bit n = %n occurs. Stray % fail. */
static unsigned placeholders(const char *text, const char *name)
{
	unsigned seen = 0;

	for (const char *p = text; (p = strchr(p, '%')) != NULL; p += 2) {
		ck_assert_msg((p[1] >= '1' && p[1] <= '6') || p[1] == '%', "%s: stray %% in “%s”",
			name, text);
		if (p[1] != '%')
			seen |= 1u << (p[1] - '0');
	}
	return seen;
}

static bool has_chinese(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0xE3 && (unsigned char)*s <= 0xE9)
			return true;
	return false;
}

START_TEST(both_languages_are_complete)
{
	size_t count;
	const struct gt_sentence *rows = gt_messages(&count);

	for (size_t i = 0; i < count; i++) {
		const struct gt_sentence *m = &rows[i];

		for (int l = 0; l < 2; l++)
			ck_assert_msg(*m->text[l] != '\0', "%s lacks a text", m->name);
		ck_assert_msg(!*m->remedy[GT_EN] == !*m->remedy[GT_ZH],
			"%s has a remedy in one language only", m->name);
		/* A rule's text comes from its package in both languages: %2 and %3. */
		ck_assert_msg(m->code == GT_E_RULE_BROKEN ||
				      placeholders(m->text[GT_EN], m->name) ==
					      placeholders(m->text[GT_ZH], m->name),
			"%s: the languages use different arguments", m->name);
		ck_assert_msg(placeholders(m->remedy[GT_EN], m->name) ==
				      placeholders(m->remedy[GT_ZH], m->name),
			"%s: the remedies use different arguments", m->name);
		ck_assert_msg(has_chinese(m->text[GT_ZH]) || placeholders(m->text[GT_ZH], m->name),
			"%s: the Chinese text has no Chinese", m->name);
		ck_assert_msg(!has_chinese(m->text[GT_EN]) && !has_chinese(m->remedy[GT_EN]),
			"%s: the English text has Chinese", m->name);
		ck_assert_msg(m->class > GT_OK && m->class <= GT_NOTE, "%s has no class", m->name);
	}
}
END_TEST

START_TEST(an_error_becomes_a_sentence)
{
	struct gt_err err;
	char out[512];

	ck_assert(!gt_fail(&err, GT_E_OPTION_UNKNOWN_NEAR, "zome", "zone"));
	ck_assert_int_eq(err.class, GT_CONFIG);
	gt_language_set(GT_ZH);
	ck_assert_str_eq(
		gt_err_text(&err, out, sizeof out), "GT1012 不认识的选项“zome”，是不是“zone”？");
	ck_assert_str_eq(gt_err_sentence_in(&err, GT_EN, out, sizeof out),
		"unknown option “zome”: did you mean “zone”?");
	gt_fail(&err, GT_E_FILE_MISSING, "a.yaml");
	ck_assert_str_eq(gt_err_text(&err, out, sizeof out),
		"GT1001 没有文件“a.yaml”（请检查路径，或创建该文件）");
	gt_language_set(GT_EN);
	ck_assert_str_eq(gt_err_text(&err, out, sizeof out),
		"GT1001 there is no file “a.yaml” (check the path, or create the file)");
	ck_assert_str_eq(gt_err_sentence(&err, out, sizeof out), "there is no file “a.yaml”");
	ck_assert_str_eq(GT_SAY(GT_E_FILE_MISSING, "x"), "there is no file “x”");
	ck_assert_str_eq(gt_bi("en", "zh"), "en");

	struct gt_buf buf;
	gt_buf_init(&buf, 1000);
	gt_err_write(&err, &buf);
	ck_str_is(gt_buf_str(&buf),
		"GT1001 there is no file “a.yaml” (check the path, or create the file)");
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(arguments_are_shown_harmless)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"贯通 ñ 😀", "贯通 ñ 😀"},
		{"a\nb\tc\rd", "a\\nb\\tc\\rd"},
		{"\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f"},
		{"\xC2\x9b", "\\x9b"}, /* C1: CSI */
		{"\xE2\x80\xAE"
		 "x",
			"\\u202ex"}, /* right-to-left override */
		{"\xEF\xBB\xBF", "\\ufeff"},
		{"\xff\xC0\x80\xED\xA0\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80"},
		{"\xE8\xB4", "\\xe8\\xb4"}, /* cut off */
		{"\xF5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
		{"100%1", "100%1"}, /* arguments are not filled again */
		{"\\n", "\\n"},
	};
	struct gt_err err, again;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		gt_fail(&err, GT_E_FILE_READ, rows[i].in, "why");
		ck_assert_str_eq(gt_err_arg(&err, 1), rows[i].out);
		ck_assert_str_eq(gt_err_arg(&err, 2), "why");
		ck_assert_str_eq(gt_err_arg(&err, 3), "");
		gt_fail(&again, GT_E_FILE_READ, gt_err_arg(&err, 1));
		ck_assert_str_eq(gt_err_arg(&again, 1), rows[i].out);
	}
}
END_TEST

START_TEST(long_arguments_share_the_room)
{
	char big[3000], out[4096], small[100];
	struct gt_err err;

	for (size_t i = 0; i + 3 <= sizeof big; i += 3)
		memcpy(big + i, "贯", 3);
	big[sizeof big - 1] = '\0';
	big[sizeof big - 3] = '\0';
	gt_fail(&err, GT_E_OPTION_RANGE, big, "two", big, big);
	ck_assert_uint_le(err.used, GT_ERR_TEXT_MAX);
	ck_assert_str_eq(gt_err_arg(&err, 2), "two");
	for (unsigned i = 1; i <= 4; i++) {
		const char *arg = gt_err_arg(&err, i);
		size_t n = strlen(arg);

		if (i == 2)
			continue;
		ck_assert_uint_gt(n, 200);
		ck_assert_str_eq(arg + n - 3, "…");
		ck_assert_uint_eq(n % 3, 0); /* no character is cut */
	}
	gt_fail(&err, GT_E_FILE_MISSING, big);
	ck_assert_uint_gt(strlen(gt_err_arg(&err, 1)), 950);
	ck_assert_uint_lt(strlen(gt_err_text(&err, out, sizeof out)), 2048);

	/* A short array cuts between characters. */
	for (size_t size = 1; size < sizeof small; size++) {
		size_t n = strlen(gt_err_sentence(&err, small, size));

		ck_assert_uint_lt(n, size);
		if (n > 25)
			ck_assert_uint_eq((n - strlen("there is no file “")) % 3, 0);
	}
}
END_TEST

START_TEST(the_class_can_be_overridden_and_err_left_out)
{
	struct gt_err err;

	ck_assert(!gt_fail_as(&err, GT_FATAL, (struct gt_failure){GT_E_FILE_MISSING, "x"}));
	ck_assert_int_eq(err.class, GT_FATAL);
	ck_assert(!gt_fail(NULL, GT_E_FILE_MISSING, "x"));
	ck_assert_str_eq(GT_TEXT("%d", 5), "5");
}
END_TEST

START_TEST(an_unknown_code_aborts)
{
	gt_fail_with(NULL, (struct gt_failure){(enum gt_code)999999});
}
END_TEST

START_TEST(the_environment_chooses_the_language)
{
	static const struct {
		const char *all, *messages, *lang;
		enum gt_language is;
	} rows[] = {{NULL, NULL, NULL, GT_EN}, {NULL, NULL, "zh_CN.UTF-8", GT_ZH},
		{NULL, "en_GB.UTF-8", "zh_CN.UTF-8", GT_EN}, {"zh_CN", "en", "en", GT_ZH},
		{"", "", "zh", GT_ZH}, {"C", NULL, "zh_CN.UTF-8", GT_EN}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
		const char *values[] = {rows[i].all, rows[i].messages, rows[i].lang};

		for (int k = 0; k < 3; k++)
			if (values[k])
				setenv(names[k], values[k], 1);
			else
				unsetenv(names[k]);
		ck_assert_int_eq(gt_language_from_environment(), rows[i].is);
	}
}
END_TEST

UNIT_MAIN("catalogue", UNIT_TEST(every_number_stands_in_its_file),
	UNIT_TEST(numbers_ascend_and_are_found), UNIT_TEST(both_languages_are_complete),
	UNIT_TEST(an_error_becomes_a_sentence), UNIT_TEST(arguments_are_shown_harmless),
	UNIT_TEST(long_arguments_share_the_room),
	UNIT_TEST(the_class_can_be_overridden_and_err_left_out), UNIT_ABORT(an_unknown_code_aborts),
	UNIT_TEST(the_environment_chooses_the_language))
