#include "feed.h"

#include "options.h"

extern const struct gt_format guantong_format_json;

static const struct gt_str fields[] = {{"ID", 2}, {"a.b", 3}};

static void open_json(struct feeding *f, const char *records, struct gt_arena *memory)
{
	feeding_start(f, &guantong_format_json, fields, 2);
	gt_arena_init(memory, 0);
	gt_options_defaults(guantong_format_json.options, f->self, memory);
	ck_assert(gt_option_store(
		&guantong_format_json.options[0], f->self, gt_cstr(records), NULL, memory, NULL));
}

static void check(const char *records, struct gt_str doc, const char *expected)
{
	struct feeding f;
	struct gt_arena memory;
	open_json(&f, records, &memory);
	f.numbers = true;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	ck_assert_str_eq(gt_buf_cstr(&f.place), "json UTF-8 ");
	feed_splits(&f, doc, 60);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}

START_TEST(reads_documents)
{
	check("", GT_LIT("[]"), "end\n");
	check("", GT_LIT("\xEF\xBB\xBF [ {\"ID\":1} ,\n{\"ID\":\"b\\u8f66\"}]"),
		"6/1 {\"ID\":1} → #1 -\n17/2 {\"ID\":\"b\\u8f66\"} → tb车 -\nend\n");
	check("", GT_LIT(" {\"a\":{\"b\":2}}\n"), "1/1 {\"a\":{\"b\":2}} → - #2\nend\n");
	check("data.rows",
		GT_LIT("{\"code\":200,\"data\":{\"rows\":[{\"ID\":1},{\"ID\":2}],\"n\":2}}"),
		"28/1 {\"ID\":1} → #1 -\n37/2 {\"ID\":2} → #2 -\nend\n");
}
END_TEST

START_TEST(a_broken_row_costs_only_itself)
{
	check("",
		GT_LIT("[{\"ID\":1},{\"ID\":tru},7,{\"ID\":\"\\ud800\"},{\"ID\":1,\"ID\":1},{"
		       "\"ID\":\"x\ny\"},{\"ID\":2}]"),
		"1/1 {\"ID\":1} → #1 -\n"
		"10/2 {\"ID\":tru} ✗ JSON_UNEXPECTED(6,)\n"
		"21/3 7 ✗ JSON_NOT_OBJECT(,)\n"
		"23/4 {\"ID\":\"\\ud800\"} ✗ JSON_STRING(13,)\n"
		"39/5 {\"ID\":1,\"ID\":1} ✗ JSON_TWICE(ID,)\n"
		"55/6 {\"ID\":\"x\ny\"} ✗ JSON_STRING(8,)\n"
		"68/7 {\"ID\":2} → #2 -\nend\n");
}
END_TEST

/* Rows before the break are given; then the document is refused. */
START_TEST(a_broken_document_is_refused)
{
	check("", GT_LIT("[{\"ID\":1}"), "1/1 {\"ID\":1} → #1 -\nbroken JSON_CUT_OFF(9)\n");
	check("", GT_LIT("[{\"ID\":1},"), "1/1 {\"ID\":1} → #1 -\nbroken JSON_CUT_OFF(10)\n");
	check("", GT_LIT("[{\"ID\":1}]]"), "1/1 {\"ID\":1} → #1 -\nbroken JSON_TRAILING(10)\n");
	check("", GT_LIT("[{\"ID\":1},}"), "1/1 {\"ID\":1} → #1 -\nbroken JSON_UNEXPECTED(10)\n");
	check("", GT_LIT(""), "broken JSON_CUT_OFF(0)\n");
	check("rows", GT_LIT("<html>no</html>"), "broken JSON_NO_ARRAY(rows)\n");
}
END_TEST

START_TEST(a_row_that_is_too_long_is_kept_in_part)
{
	size_t big = GT_RECORD_MAX, n = big + 100;
	char *doc = malloc(n), expected[512];
	struct feeding f;
	struct gt_arena memory;
	open_json(&f, "", &memory);
	size_t at = (size_t)sprintf(doc, "[{\"ID\":1},");
	memcpy(doc + at, "{\"ID\":\"", 7);
	memset(doc + at + 7, 'x', big);
	strcpy(doc + at + 7 + big, "\"},{\"ID\":2}]");
	f.numbers = true;
	feed(&f, gt_cstr(doc));
	snprintf(expected, sizeof expected,
		"1/1 {\"ID\":1} → #1 -\n10/2 %.100s …65536 of %zu ✗ ROW_LARGE(1048576,)\n"
		"%zu/3 {\"ID\":2} → #2 -\nend\n",
		doc + at, big + 9, at + big + 10);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	f.max_piece = 150000;
	feed_splits(&f, gt_cstr(doc), 8);
	feeding_stop(&f);
	gt_arena_fini(&memory);
	free(doc);
}
END_TEST

START_TEST(says_how_likely_a_document_is_json)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_json.sniff;
	ck_assert_int_eq(sniff(GT_LIT(" \n[{\"a\":1}]"), GT_LIT("")), 70);
	ck_assert_int_eq(sniff(GT_LIT("\xEF\xBB\xBF{}"), GT_LIT("x.JSON")), 90);
	ck_assert_int_eq(sniff(GT_LIT("a,b\n"), GT_LIT("x.json")), 0);
	ck_assert_int_eq(sniff(GT_LIT(""), GT_LIT("x.json")), 0);
}
END_TEST

UNIT_MAIN("formats/json", UNIT_TEST(reads_documents), UNIT_TEST(a_broken_row_costs_only_itself),
	UNIT_TEST(a_broken_document_is_refused), UNIT_TEST(a_row_that_is_too_long_is_kept_in_part),
	UNIT_TEST(says_how_likely_a_document_is_json))
