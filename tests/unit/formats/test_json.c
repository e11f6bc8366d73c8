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

/* With options: "name=value" texts, NULL-terminated. */
static void check_with(
	const char *const *options, struct gt_str doc, const char *place, const char *expected)
{
	static const struct gt_str wanted[] = {{"ID", 2}, {"车", 3}, {"code", 4}};
	struct feeding f;
	struct gt_arena memory;
	open_json(&f, "", &memory);
	f.host.fields = wanted;
	f.host.field_count = 3;
	for (; options && *options; options++) {
		const char *equals = strchr(*options, '=');
		struct gt_str name = gt_str(*options, (size_t)(equals - *options));
		ck_assert(gt_option_store(gt_option_find(guantong_format_json.options, name),
			f.self, gt_cstr(equals + 1), NULL, &memory, NULL));
	}
	f.numbers = true;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	ck_assert_str_eq(gt_buf_cstr(&f.place), place);
	feed_splits(&f, doc, 60);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}

START_TEST(reads_members)
{
	static const char *const members[] = {"shape=members", "member=code", NULL},
				 *const below[] = {"shape=members", "records=data.all", NULL};
	check_with(members,
		GT_LIT("{\"a\":{\"ID\":1}, \"b\\u8f66\" : "
		       "{\"ID\":\"x\",\"code\":9},\"c\":7,\"d\":{}}"),
		"json UTF-8 ",
		"1/1 \"a\":{\"ID\":1} → #1 - ta\n"
		"15/2 \"b\\u8f66\" : {\"ID\":\"x\",\"code\":9} → tx - tb车\n"
		"47/3 \"c\":7 ✗ JSON_NOT_OBJECT(,)\n53/4 \"d\":{} → - - td\nend\n");
	check_with(below,
		GT_LIT("{\"data\":{\"n\":1,\"all\":{\"a\":{\"ID\":1},\"b\":{\"ID\":2}}}}"),
		"json UTF-8 ",
		"22/1 \"a\":{\"ID\":1} → #1 - -\n35/2 \"b\":{\"ID\":2} → #2 - -\nend\n");
	check_with(members, GT_LIT("{}"), "json UTF-8 ", "end\n");
	check_with(members, GT_LIT("{\"a\" 1}"), "json UTF-8 ", "broken JSON_EXPECTED(5)\n");
	check_with(members, GT_LIT("[1]"), "json UTF-8 ", "broken JSON_EXPECTED(0)\n");
}
END_TEST

START_TEST(reads_one_object)
{
	static const char *const one[] = {"shape=object", "records=data", NULL};
	check_with(one, GT_LIT("{\"data\":{\"ID\":1},\"code\":200}"), "json UTF-8 ",
		"8/1 {\"ID\":1} → #1 - -\nend\n");
	check_with(
		one, GT_LIT("{\"data\":[{\"ID\":1}]}"), "json UTF-8 ", "broken JSON_EXPECTED(8)\n");
}
END_TEST

START_TEST(reads_pairs)
{
	static const char *const pairs[] = {"pair_key=k", NULL}, *const named[] = {"pair_key=k",
									 "pair_value=v", NULL};
	check_with(pairs,
		GT_LIT("[[{\"k\":\"ID\",\"value\":1,\"type\":\"n\"},null,{\"k\":\"\\u8f66\","
		       "\"value\":"
		       "\"a\\n\"},{\"k\":\"x\",\"value\":[1]}],[],{\"ID\":1},[{\"k\":1}],"
		       "[{\"k\":\"ID\"},{\"k\":\"ID\",\"value\":1},{\"k\":\"ID\"}],[7]]"),
		"json UTF-8 ",
		"1/1 "
		"[{\"k\":\"ID\",\"value\":1,\"type\":\"n\"},null,{\"k\":\"\\u8f66\",\"value\":"
		"\"a\\n\"},"
		"{\"k\":\"x\",\"value\":[1]}] → #1 ta\n -\n"
		"91/2 [] → - - -\n"
		"94/3 {\"ID\":1} ✗ JSON_PAIRS(k,value)\n"
		"103/4 [{\"k\":1}] ✗ JSON_PAIRS(k,value)\n"
		"113/5 [{\"k\":\"ID\"},{\"k\":\"ID\",\"value\":1},{\"k\":\"ID\"}] ✗ "
		"JSON_TWICE(ID,)\n"
		"158/6 [7] ✗ JSON_NOT_OBJECT(,)\nend\n");
	check_with(named, GT_LIT("[[{\"k\":\"code\",\"v\":null}]]"), "json UTF-8 ",
		"1/1 [{\"k\":\"code\",\"v\":null}] → - - 0\nend\n");
}
END_TEST

/* 车 = B3B5, 乗 = 815C with a backslash, 亅 = 817C, 亄 = 817B with a brace. */
START_TEST(reads_other_charsets)
{
	static const char *const gb[] = {"charset=GB18030", NULL};
	check_with(NULL,
		GT_LIT("[{\"ID\":\"\xB3\xB5\x81\x5C\x81\x7B\"},{\"\xB3\xB5\":1},{\"ID\":"
		       "\"\xB3\xB5\\n\"}]"),
		"json GB18030 ",
		"1/1 {\"ID\":\"\xB3\xB5\x81\x5C\x81\x7B\"} → t车乗亄 - -\n"
		"17/2 {\"\xB3\xB5\":1} → - #1 -\n26/3 {\"ID\":\"\xB3\xB5\\n\"} → t车\n - -\nend\n");
	check_with(gb, GT_LIT("[{\"ID\":\"\xB3\xB5\"},{\"ID\":\"\xFF\"},{\"ID\":2}]"),
		"json GB18030 ",
		"1/1 {\"ID\":\"\xB3\xB5\"} → t车 - -\n13/2 {\"ID\":\"\xFF\"} ✗ JSON_STRING(7,)\n"
		"24/3 {\"ID\":2} → #2 - -\nend\n");
	/* A broken character in a document of UTF-8 does not make it GB18030. */
	check_with(NULL, GT_LIT("[{\"ID\":\"车车车车\"},{\"ID\":\"\xE8\xBD\"}]"), "json UTF-8 ",
		"1/1 {\"ID\":\"车车车车\"} → t车车车车 - -\n23/2 {\"ID\":\"\xE8\xBD\"} ✗ "
		"JSON_STRING(7,)\nend\n");
	struct feeding f;
	struct gt_arena memory;
	struct gt_str wide = GT_LIT("\xFF\xFE[\0{\0\"\0I\0D\0\"\0:\0\"\0f\x8F\"\0}\0]\0");
	open_json(&f, "", &memory);
	feed(&f, wide);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), " → t车 -\nend\n"));
	feed_splits(&f, wide, 30);
	feeding_stop(&f);
	gt_arena_fini(&memory);
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
	UNIT_TEST(reads_members), UNIT_TEST(reads_one_object), UNIT_TEST(reads_pairs),
	UNIT_TEST(reads_other_charsets), UNIT_TEST(says_how_likely_a_document_is_json))
