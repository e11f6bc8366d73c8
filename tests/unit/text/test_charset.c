#include <errno.h>
#include <iconv.h>

#include <guantong/charset.h>

#include "unit.h"

/* The linker puts this in front of iconv_open: a system without a charset, or with a wrong one. */
static const char *planted; /* NULL = as it is, "" = unknown charset, else opened instead */
iconv_t __real_iconv_open(const char *to, const char *from);
iconv_t __wrap_iconv_open(const char *to, const char *from);
iconv_t __wrap_iconv_open(const char *to, const char *from)
{
	if (!planted)
		return __real_iconv_open(to, from);
	if (*planted)
		return __real_iconv_open(to, planted);
	errno = EINVAL;
	return (iconv_t)-1;
}

START_TEST(finds_the_first_bad_byte_of_utf8)
{
	static const struct {
		const char *text;
		size_t bad;
	} cases[] = {
		{"", SIZE_MAX},
		{"plain ascii of more than eight", SIZE_MAX},
		{"公务用车abc", SIZE_MAX},
		{"𠮷", SIZE_MAX},
		{"\xC3\xA9", SIZE_MAX},
		{"12345678\x80", 8},
		{"a\xC0\x80", 1},
		{"\xE0\x80\x80", 0},
		{"ab\xED\xA0\x80", 2},
		{"\xF4\x90\x80\x80", 0},
		{"\xF0\x80\x80\x80", 0},
		{"公\xE5\x8A", 3},
		{"\xE5\x8A"
		 "a",
			0},
		{"\xF5\x80\x80\x80", 0},
		{"\xFF", 0},
		{"\xC3", 0},
		{"\xF0\x9F\x98"
		 "a",
			0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(gt_utf8_bad(gt_cstr(cases[i].text)) == cases[i].bad, "case %zu", i);
}
END_TEST

START_TEST(detects_what_chinese_back_ends_send)
{
	static const struct {
		const char *head;
		size_t n;
		enum gt_charset charset;
		size_t bom;
	} cases[] = {
		{"ID,CPH", 6, GT_CHARSET_UTF8, 0},
		{"\xEF\xBB\xBFID", 5, GT_CHARSET_UTF8, 3},
		{"\xE8\x8B\x8F"
		 "A12345",
			9, GT_CHARSET_UTF8, 0},
		{"\xCB\xD5"
		 "A12345",
			8, GT_CHARSET_GB18030, 0},
		{"\xD5\xC5\xC8\xFD", 4, GT_CHARSET_GB18030, 0},
		{"\x95\x34\xB2\x35", 4, GT_CHARSET_GB18030, 0},
		{"\x84\x31\x95\x33"
		 "a",
			5, GT_CHARSET_GB18030, 4},
		{"\xFF\xFEI\0", 4, GT_CHARSET_UTF16LE, 2},
		{"\xFE\xFF\0I", 4, GT_CHARSET_UTF16BE, 2},
		{"\xFF\xFF\xFF", 3, GT_CHARSET_NONE, 0},
		{"\xEF\xBB\xBF\xD5\xC5", 5, GT_CHARSET_NONE, 0},
		{"\x80", 1, GT_CHARSET_NONE, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t bom = 99;
		enum gt_charset found =
			gt_charset_detect(gt_str(cases[i].head, cases[i].n), true, &bom);
		ck_assert_msg(found == cases[i].charset, "case %zu: %d", i, (int)found);
		ck_assert_msg(bom == cases[i].bom, "case %zu: %zu bytes", i, bom);
	}
}
END_TEST

/* A head may end in the middle of a character; a document may not. */
START_TEST(forgives_a_character_cut_off_at_the_end_of_a_head)
{
	static const char utf8[] = "表号,读数,备注𠮷", gb[] = "\xB1\xED\xBA\xC5\x95\x34\xB2\x35";
	size_t bom;
	for (size_t n = 1; n < sizeof utf8; n++)
		ck_assert_int_eq(gt_charset_detect(gt_str(utf8, n), false, &bom), GT_CHARSET_UTF8);
	for (size_t n = 1; n < sizeof gb; n++)
		ck_assert_int_ne(gt_charset_detect(gt_str(gb, n), false, &bom), GT_CHARSET_NONE);
	ck_assert_int_eq(gt_charset_detect(gt_str(gb, 3), true, &bom), GT_CHARSET_NONE);
	ck_assert_int_eq(gt_charset_detect(gt_str(gb, 3), false, &bom), GT_CHARSET_GB18030);
}
END_TEST

START_TEST(knows_names)
{
	ck_assert_int_eq(gt_charset_by_name(GT_LIT("utf-8")), GT_CHARSET_UTF8);
	ck_assert_int_eq(gt_charset_by_name(GT_LIT("GBK")), GT_CHARSET_GB18030);
	ck_assert_int_eq(gt_charset_by_name(GT_LIT("gb2312")), GT_CHARSET_GB18030);
	ck_assert_int_eq(gt_charset_by_name(GT_LIT("cp936")), GT_CHARSET_GB18030);
	ck_assert_int_eq(gt_charset_by_name(GT_LIT("KOI8-R")), GT_CHARSET_NONE);
	ck_assert_str_eq(gt_charset_name(GT_CHARSET_GB18030), "GB18030");
}
END_TEST

START_TEST(converts_and_says_where_it_cannot)
{
	struct gt_converter *converter = gt_converter_new(GT_CHARSET_GB18030);
	char out[64];
	size_t n, bad;
	ck_assert_ptr_nonnull(converter);
	/* from a district's database: CP936 fails on the last two bytes but one, GB18030 does not
	 */
	struct gt_str sample = GT_LIT("\xB9\xAB\xCE\xF1\xD3\xC3\xB3\xB5");
	ck_assert(gt_converter_run(converter, sample, out, sizeof out, &n, &bad));
	ck_str_is(gt_str(out, n), "公务用车");
	ck_assert(!gt_converter_run(converter,
		GT_LIT("ab\xD5\xC5\x80"
		       "c"),
		out, sizeof out, &n, &bad));
	ck_assert_uint_eq(bad, 4);
	ck_assert(!gt_converter_run(converter, GT_LIT("\xD5"), out, sizeof out, &n, &bad));
	ck_assert_uint_eq(bad, 0);
	ck_assert(gt_converter_run(converter, GT_LIT("\xA2\xE3"), out, sizeof out, &n, &bad));
	ck_str_is(gt_str(out, n), "€");
	gt_converter_free(converter);
	converter = gt_converter_new(GT_CHARSET_UTF8);
	ck_assert(gt_converter_run(converter, GT_LIT("车"), out, sizeof out, &n, &bad));
	ck_str_is(gt_str(out, n), "车");
	ck_assert(!gt_converter_run(converter, GT_LIT("a\xFF"), out, sizeof out, &n, &bad));
	ck_assert_uint_eq(bad, 1);
	gt_converter_free(converter);
	gt_converter_free(NULL);
}
END_TEST

START_TEST(this_system_converts_as_expected)
{
	struct gt_err err;
	ck_assert(gt_charset_selftest(&err));
}
END_TEST

START_TEST(a_system_that_converts_otherwise_is_found_out)
{
	struct gt_err err;
	planted = "BIG5";
	ck_assert(!gt_charset_selftest(&err));
	ck_assert_int_eq(err.code, GT_E_CHARSET_SELFTEST);
	planted = "";
	ck_assert(!gt_charset_selftest(&err));
	ck_assert_int_eq(err.code, GT_E_CHARSET_MISSING);
	ck_assert_ptr_null(gt_converter_new(GT_CHARSET_GB18030));
}
END_TEST

UNIT_MAIN("charset", UNIT_TEST(finds_the_first_bad_byte_of_utf8),
	UNIT_TEST(detects_what_chinese_back_ends_send),
	UNIT_TEST(forgives_a_character_cut_off_at_the_end_of_a_head), UNIT_TEST(knows_names),
	UNIT_TEST(converts_and_says_where_it_cannot), UNIT_TEST(this_system_converts_as_expected),
	UNIT_TEST(a_system_that_converts_otherwise_is_found_out))
