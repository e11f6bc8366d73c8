#include "feed.h"

extern const struct gt_format guantong_format_jsonl;

static const struct gt_str fields[] = {{"ID", 2}, {"a.b", 3}};

static void check(struct gt_str doc, const char *expected)
{
	struct feeding f;
	feeding_start(&f, &guantong_format_jsonl, fields, 2);
	f.numbers = true;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	ck_assert_str_eq(gt_buf_cstr(&f.place), "jsonl UTF-8 ");
	feed_splits(&f, doc, 60);
	feeding_stop(&f);
}

START_TEST(reads_lines)
{
	check(GT_LIT(""), "end\n");
	check(GT_LIT("{\"ID\":1}"), "0/1 {\"ID\":1} → #1 -\nend\n");
	check(GT_LIT("\xEF\xBB\xBF{\"ID\":\"车\"}\r\n\r\n \n{\"a\":{\"b\":\"x\\ty\"}}\n"),
		"3/1 {\"ID\":\"车\"} → t车 -\n21/2 {\"a\":{\"b\":\"x\\ty\"}} → - tx\ty\nend\n");
}
END_TEST

START_TEST(a_broken_line_costs_only_itself)
{
	check(GT_LIT("{\"ID\":1}\n{\"ID\":\n[1]\n{\"ID\":2,\"ID\":2}\n\xFF\xFE\n{\"ID\":\"a\0b\"}"
		     "\n{\"ID\":3}"),
		"0/1 {\"ID\":1} → #1 -\n"
		"9/2 {\"ID\": ✗ JSON_CUT_OFF(6,)\n"
		"16/3 [1] ✗ JSON_NOT_OBJECT(,)\n"
		"20/4 {\"ID\":2,\"ID\":2} ✗ JSON_TWICE(ID,)\n"
		"36/5 \xFF\xFE ✗ JSON_UNEXPECTED(0,)\n"
		"39/6 {\"ID\":\"a␀b\"} ✗ JSON_STRING(8,)\n"
		"52/7 {\"ID\":3} → #3 -\nend\n");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_kept_in_part)
{
	size_t big = GT_RECORD_MAX + 1, n = big + 100;
	char *doc = malloc(n), expected[512];
	size_t at = (size_t)sprintf(doc, "{\"ID\":1}\n");
	memset(doc + at, 'x', big);
	strcpy(doc + at + big, "\n{\"ID\":2}\n");
	struct feeding f;
	feeding_start(&f, &guantong_format_jsonl, fields, 2);
	f.numbers = true;
	feed(&f, gt_cstr(doc));
	snprintf(expected, sizeof expected,
		"0/1 {\"ID\":1} → #1 -\n9/2 %.100s …65536 of %zu ✗ ROW_LARGE(1048576,)\n"
		"%zu/3 {\"ID\":2} → #2 -\nend\n",
		doc + at, big, at + big + 1);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	f.max_piece = 150000;
	feed_splits(&f, gt_cstr(doc), 8);
	feeding_stop(&f);
	free(doc);
}
END_TEST

START_TEST(says_how_likely_a_document_is_jsonl)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_jsonl.sniff;
	ck_assert_int_eq(sniff(GT_LIT("{\"a\":1}\n{\"a\":2}\n{\"a"), GT_LIT("")), 80);
	ck_assert_int_eq(sniff(GT_LIT("{\"a\":1}\n"), GT_LIT("x.jsonl")), 95);
	ck_assert_int_lt(sniff(GT_LIT("{\"a\":1}\n"), GT_LIT("x.json")), 70);
	ck_assert_int_eq(sniff(GT_LIT("{\n\"a\":1\n}\n"), GT_LIT("")), 0);
	ck_assert_int_eq(sniff(GT_LIT("[1]\n"), GT_LIT("")), 0);
	ck_assert_int_eq(sniff(GT_LIT("\n"), GT_LIT("x.jsonl")), 0);
}
END_TEST

UNIT_MAIN("formats/jsonl", UNIT_TEST(reads_lines), UNIT_TEST(a_broken_line_costs_only_itself),
	UNIT_TEST(a_line_that_is_too_long_is_kept_in_part),
	UNIT_TEST(says_how_likely_a_document_is_jsonl))
