#include "clean.h"
#include "flags.h"
#include "unit.h"

#include <inttypes.h>

/* GT_LIT is no constant initialiser. */
#define L(literal)                                                                                 \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

#define T GT_CLEAN_TEXT
#define W GT_CLEAN_WORD
#define F GT_CLEAN_FORM

struct row {
	enum gt_cleaning how;
	struct gt_str in;
	const char *out;
	uint64_t flags;
};

static const struct row rows[] = {
	{T, L("市直机关"), "市直机关", 0},
	{T, L("a b"), "a b", 0},
	{T, L("  a   b  "), "a b", GT_FLAG_TRIMMED},
	{T,
		L("\xe3\x80\x80"
		  "甲\xc2\xa0"
		  "乙\xe3\x80\x80"),
		"甲 乙", GT_FLAG_TRIMMED},
	{T,
		L("\xe2\x80\x8b"
		  "甲\xef\xbb\xbf"),
		"甲", GT_FLAG_TRIMMED},
	{T, L("赣B63265\0\0\0\0\0\0"), "赣B63265", GT_FLAG_TRIMMED},
	{T, L("line\r\nbreak\t."), "line break .", GT_FLAG_TRIMMED},
	{T, L("ＸＸ市教育局（本级）"), "XX市教育局(本级)", GT_FLAG_HALF_WIDTH},
	{T, L("你好，世界：再见"), "你好，世界：再见", 0},
	{T, L("'00123"), "00123", GT_FLAG_SEPARATOR},
	{T, L("'tis"), "'tis", 0},
	{W, L("１２，３４５．６"), "12,345.6", GT_FLAG_HALF_WIDTH},
	{W, L("￥1"), "¥1", GT_FLAG_HALF_WIDTH},
	{W,
		L("\xe2\x88\x92"
		  "5"),
		"-5", GT_FLAG_HALF_WIDTH},
	{W, L("—"), "—", 0},
	{F, L("京Ａ·１２３４５"), "京A12345", GT_FLAG_HALF_WIDTH | GT_FLAG_SEPARATOR},
	{F, L("京a 12345"), "京A12345", GT_FLAG_SEPARATOR},
	{F, L("京A-12345"), "京A12345", GT_FLAG_SEPARATOR},
	{F, L("鄂A12345"), "鄂A12345", 0},
	{F, L("91350100m000100y43 "), "91350100M000100Y43", GT_FLAG_TRIMMED},
	{F, L("9135０１００M000100Y43"), "91350100M000100Y43", GT_FLAG_HALF_WIDTH},
	{F, L("71093123-X"), "71093123X", GT_FLAG_SEPARATOR},
	{W, L(""), "", 0},
	{W, L(" \t\xe3\x80\x80"), "", GT_FLAG_TRIMMED},
};

START_TEST(cleans)
{
	const struct row *row = &rows[_i];
	char out[128];
	uint64_t flags = 0;
	size_t n = gt_clean(row->in, row->how, out, &flags);

	ck_str_is(gt_str(out, n), row->out);
	ck_assert_msg(flags == row->flags, "%s: flags %" PRIx64 " instead of %" PRIx64, row->out,
		flags, row->flags);
	/* "Nothing to do" is said exactly where nothing is done. */
	ck_assert_int_eq(gt_clean_is(row->in, row->how), gt_str_eq(row->in, gt_cstr(row->out)));
	ck_assert(gt_clean_is(gt_cstr(row->out), row->how));
}
END_TEST

START_TEST(trims_without_writing)
{
	uint64_t flags = 0;
	struct gt_str in = GT_LIT("  ab \0\0");

	ck_str_is(gt_clean_trim(in, &flags), "ab");
	ck_assert_uint_eq(flags, GT_FLAG_TRIMMED);
	flags = 0;
	ck_str_is(gt_clean_trim(GT_LIT("a b"), &flags), "a b");
	ck_assert_uint_eq(flags, 0);
}
END_TEST

static const struct gt_str broken[] = {L("\xff"), L("a\xe4\xb8"), L("\xc0\x80"), L("\xed\xa0\x80"),
	L("\xf4\x90\x80\x80"), L("\xb9\xab\xce\xf1")};

START_TEST(refuses_what_is_not_utf8)
{
	char out[16];
	uint64_t flags = 0;

	for (int how = T; how <= F; how++) {
		ck_assert_uint_eq(
			gt_clean(broken[_i], (enum gt_cleaning)how, out, &flags), SIZE_MAX);
		ck_assert(!gt_clean_is(broken[_i], (enum gt_cleaning)how));
	}
}
END_TEST

UNIT_MAIN("clean", UNIT_LOOP(cleans, sizeof rows / sizeof *rows), UNIT_TEST(trims_without_writing),
	UNIT_LOOP(refuses_what_is_not_utf8, sizeof broken / sizeof *broken))
