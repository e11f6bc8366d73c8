#include "feed.h"

#include "options.h"

extern const struct gt_format guantong_format_csv;

static const struct gt_str fields[] = {{"ID", 2}, {"名称", 6}, {"ID#2", 4}};

/* options: "name=value" texts, NULL-terminated; columns=a,b as one. */
static void open_csv(struct feeding *f, struct gt_arena *memory, const char *const *options)
{
	static const struct gt_str columns[] = {{"ID", 2}, {"名称", 6}};
	const struct gt_option *table = guantong_format_csv.options;
	feeding_start(f, &guantong_format_csv, fields, 3);
	gt_arena_init(memory, 0);
	gt_options_defaults(table, f->self, memory);
	for (; options && *options; options++) {
		const char *equals = strchr(*options, '=');
		struct gt_str name = gt_str(*options, (size_t)(equals - *options));
		const struct gt_option *row = gt_option_find(table, name);
		if (row->type == GT_OPT_TEXTS)
			*(struct gt_texts *)(void *)((char *)f->self + row->offset) =
				(struct gt_texts){columns, 2};
		else
			ck_assert(gt_option_store(
				row, f->self, gt_cstr(equals + 1), NULL, memory, NULL));
	}
}

static void check_with(
	const char *const *options, struct gt_str doc, const char *place, const char *expected)
{
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, options);
	f.numbers = true;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	ck_assert_str_eq(gt_buf_cstr(&f.place), place);
	feed_splits(&f, doc, 60);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}

static void check(struct gt_str doc, const char *place, const char *expected)
{
	check_with(NULL, doc, place, expected);
}

#define TWO "csv UTF-8 [\"ID\",\"名称\"]"

START_TEST(reads_plain_rows)
{
	check(GT_LIT("ID,名称\n1,车\n2,\n"), TWO, "10/1 1,车 → t1 t车 -\n16/2 2, → t2 t -\nend\n");
	check(GT_LIT("\xEF\xBB\xBFID;名称\r\n1;车\r\n\r\n2;a,b"), TWO,
		"14/1 1;车 → t1 t车 -\n23/2 2;a,b → t2 ta,b -\nend\n");
	check(GT_LIT(" ID \t\xE3\x80\x80名称\n1\t 车 \n"), TWO, "15/1 1\t 车  → t1 t 车  -\nend\n");
	check(GT_LIT("ID|名称\n1|x\n"), TWO, "10/1 1|x → t1 tx -\nend\n");
	check(GT_LIT("ID,名称"), TWO, "end\n");
	check(GT_LIT("ID\n7\n"), "csv UTF-8 [\"ID\"]", "3/1 7 → t7 - -\nend\n");
}
END_TEST

START_TEST(reads_quotes)
{
	check(GT_LIT("\"ID\",\"名称\"\n\"1\",\"a,\"\"b\"\"\n第二行\"\r\n\"\",\"\"\"\"\n3,x\"y\"\n"),
		TWO,
		"14/1 \"1\",\"a,\"\"b\"\"\n第二行\" → t1 ta,\"b\"\n第二行 -\n"
		"39/2 \"\",\"\"\"\" → t t\" -\n47/3 3,x\"y\" → t3 tx\"y\" -\nend\n");
	static const char *const none[] = {"quote=", NULL};
	check_with(none, GT_LIT("ID,名称\n1,\"a\n2,b\"\n"), TWO,
		"10/1 1,\"a → t1 t\"a -\n15/2 2,b\" → t2 tb\" -\nend\n");
	static const char *const single[] = {"quote='", "delimiter=;", NULL};
	check_with(single, GT_LIT("ID;名称\n1;'a;b'\n"), TWO, "10/1 1;'a;b' → t1 ta;b -\nend\n");
}
END_TEST

START_TEST(a_broken_row_costs_only_itself)
{
	static const char *const pinned[] = {"charset=UTF-8", NULL};
	check_with(pinned,
		GT_LIT("ID,名称\n1,a\n2,b,c\n3,\"d\"e\n4\n5,f,,\n6,\xD5\xC5\n7,g\0h\n,,\n8,i\n"),
		TWO,
		"10/1 1,a → t1 ta -\n"
		"14/2 2,b,c ✗ CSV_CELLS(3,2)\n"
		"20/3 3,\"d\"e ✗ CSV_QUOTE_INSIDE(5,)\n"
		"27/4 4 → t4 - -\n"
		"29/5 5,f,, → t5 tf -\n"
		"35/6 6,\xD5\xC5 ✗ ROW_CHARSET(UTF-8,2)\n"
		"40/7 7,g␀h ✗ ROW_NUL(3,)\n"
		"49/8 8,i → t8 ti -\nend\n");
}
END_TEST

START_TEST(an_unclosed_quote_costs_one_line)
{
	check(GT_LIT("ID,名称\n1,\"a\n2,b\n3,c\n"), TWO,
		"10/1 1,\"a ✗ CSV_QUOTE_OPEN(2,)\n15/2 2,b → t2 tb -\n19/3 3,c → t3 tc -\nend\n");
	check(GT_LIT("ID,名称\n1,\"a"), TWO, "10/1 1,\"a ✗ CSV_QUOTE_OPEN(2,)\nend\n");
}
END_TEST

/* In a document whose every line opens a quote that is never closed, time must not be quadratic:
 * this would take hours. */
START_TEST(unclosed_quotes_everywhere_take_linear_time)
{
	enum { LINES = 400000 };
	static char doc[16 + 11 * LINES];
	size_t n = (size_t)sprintf(doc, "ID,名称\n");
	for (int i = 0; i < LINES; i++) {
		memcpy(doc + n, "\",a\",\"b\n", 8);
		n += 8;
	}
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, NULL);
	feed(&f, gt_str(doc, n));
	ck_assert_uint_gt(f.out.n, 1000);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(reads_gb18030)
{
	/* 名称 = C3FB B3C6, 车 = B3B5, 𠮷 = 9534B235; 0x7C '|' is the second byte of 亅 81 7C */
	check(GT_LIT("ID,\xC3\xFB\xB3\xC6\n1,\xB3\xB5\n2,\"\x95\x34\xB2\x35\"\"\"\n3,"
		     "\xB3\x80\x20\n4,z\n"),
		"csv GB18030 [\"ID\",\"名称\"]",
		"8/1 1,\xB3\xB5 → t1 t车 -\n"
		"13/2 2,\"\x95\x34\xB2\x35\"\"\" → t2 t𠮷\" -\n"
		"24/3 3,\xB3\x80\x20 → t3 t硛  -\n"
		"30/4 4,z → t4 tz -\nend\n");
	check(GT_LIT("ID|\xC3\xFB\xB3\xC6\n1|\x81\x7C\n"), "csv GB18030 [\"ID\",\"名称\"]",
		"8/1 1|\x81\x7C → t1 t亅 -\nend\n");
	static const char *const pinned[] = {"charset=GB18030", NULL};
	check_with(pinned, GT_LIT("ID,x\n1,y\n\xFF,y\n"), "csv GB18030 [\"ID\",\"x\"]",
		"5/1 1,y → t1 - -\n9/2 \xFF,y ✗ ROW_CHARSET(GB18030,0)\nend\n");
}
END_TEST

START_TEST(names_columns)
{
	check(GT_LIT("ID,,ID,\"a\"\"b\"\n1,2,3,4\n"), "csv UTF-8 [\"ID\",\"\",\"ID#2\",\"a\\\"b\"]",
		"14/1 1,2,3,4 → t1 - t3\nend\n");
	static const char *const third[] = {"header=3", NULL};
	check_with(third, GT_LIT("二〇二四年,报表\n\nID,名称\n1,车\n"), TWO,
		"34/1 1,车 → t1 t车 -\nend\n");
	static const char *const none[] = {"header=0", "columns=", NULL};
	check_with(
		none, GT_LIT("1,车\n2,b\n"), TWO, "0/1 1,车 → t1 t车 -\n6/2 2,b → t2 tb -\nend\n");
}
END_TEST

START_TEST(refuses_what_is_no_csv)
{
	static const char *const none[] = {"header=0", NULL}, *const far[] = {"header=9", NULL};
	static const struct {
		const char *const *options;
		struct gt_str doc;
		const char *expected;
	} cases[] = {
		{NULL, {"", 0}, "begin ✗ CSV_EMPTY()\n"},
		{NULL, {"\n1,2\n", 5}, "begin ✗ CSV_EMPTY()\n"},
		{NULL, {"PK\x03\x04\x14\0\0\0", 8}, "begin ✗ CSV_BINARY(2)\n"},
		{NULL, {"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0", 24},
			"begin ✗ CSV_BINARY(6)\n"},
		{NULL, {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8}, "begin ✗ CSV_BINARY(2)\n"},
		{NULL, {"ID,\xFF\xFF\n", 6}, "begin ✗ CSV_CHARSET()\n"},
		{NULL, {"\xFF\xFEI\0D\0", 6}, "begin ✗ CSV_UTF16()\n"},
		{NULL, {"code,name\n1,2\n", 14}, "begin ✗ CSV_NO_FIELD([\"code\",\"name\"])\n"},
		{NULL, {"ID,\"名称\n1,2\n", 15}, "begin ✗ CSV_QUOTE_OPEN(3)\n"},
		{NULL, {"ID,\"x\"y\n", 8}, "begin ✗ CSV_QUOTE_INSIDE(6)\n"},
		{none, {"1,2\n", 4}, "begin ✗ CSV_COLUMNS()\n"},
		{far, {"ID\n1\n", 5}, "begin ✗ CSV_HEADER_LONG(5)\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct feeding f;
		struct gt_arena memory;
		open_csv(&f, &memory, cases[i].options);
		feed(&f, cases[i].doc);
		ck_assert_msg(strcmp(gt_buf_cstr(&f.out), cases[i].expected) == 0, "case %zu: %s",
			i, gt_buf_cstr(&f.out));
		feeding_stop(&f);
		gt_arena_fini(&memory);
	}
}
END_TEST

START_TEST(limits_columns_and_header)
{
	size_t n = 2 * 5000;
	char *doc = malloc(100000);
	struct feeding f;
	struct gt_arena memory;
	for (size_t i = 0; i < n; i += 2)
		memcpy(doc + i, "a,", 2);
	doc[n - 1] = '\n';
	open_csv(&f, &memory, NULL);
	feed(&f, gt_str(doc, n));
	ck_assert_str_eq(gt_buf_cstr(&f.out), "begin ✗ CSV_COLUMNS_MANY(4096)\n");
	gt_buf_clear(&f.out);
	memset(doc, 'a', 100000);
	feed(&f, gt_str(doc, 100000));
	ck_assert_str_eq(gt_buf_cstr(&f.out), "begin ✗ CSV_HEADER_LONG(65536)\n");
	feeding_stop(&f);
	gt_arena_fini(&memory);
	free(doc);
}
END_TEST

/* 0: a line of more than the limit; 1: a row of many lines, in and out of quotes. */
START_TEST(a_row_that_is_too_long_is_kept_in_part)
{
	size_t big = GT_RECORD_MAX + 500, n = big + 100;
	char *doc = malloc(n), expected[512];
	size_t at = (size_t)sprintf(doc, "ID,名称\n1,x\n");
	memset(doc + at, 'x', big);
	for (size_t i = 0; _i == 1 && i + 6 <= big; i += 6)
		memcpy(doc + at + i, "\"\n\",\"\"", 6);
	memset(doc + at + big - 10, 'z', 10);
	strcpy(doc + at + big, "\n2,y\n");
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, NULL);
	f.numbers = true;
	feed(&f, gt_cstr(doc));
	snprintf(expected, sizeof expected,
		"10/1 1,x → t1 tx -\n14/2 %.100s …65536 of %zu ✗ ROW_LARGE(1048576,)\n"
		"%zu/3 2,y → t2 ty -\nend\n",
		doc + at, big, at + big + 1);
	if (_i == 0)
		ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	else
		ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), "2,y → t2 ty -\nend\n"));
	f.max_piece = 150000;
	feed_splits(&f, gt_cstr(doc), 8);
	feeding_stop(&f);
	gt_arena_fini(&memory);
	free(doc);
}
END_TEST

START_TEST(says_how_likely_a_document_is_csv)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_csv.sniff;
	ck_assert_int_gt(sniff(GT_LIT("a,b\n1,2\n"), GT_LIT("")), 50);
	ck_assert_int_gt(sniff(GT_LIT("a,b\n1,2\n"), GT_LIT("x.CSV")),
		sniff(GT_LIT("a,b\n1,2\n"), GT_LIT("x.dat")));
	ck_assert_int_lt(sniff(GT_LIT("just one line of text\n"), GT_LIT("")), 50);
	ck_assert_int_lt(sniff(GT_LIT("{\"a\":1,\"b\":2}\n"), GT_LIT("")), 20);
	ck_assert_int_eq(sniff(GT_LIT("PK\3\4\0\0\0\0,,,,"), GT_LIT("x.csv")), 0);
	ck_assert_int_eq(sniff(GT_LIT(""), GT_LIT("x.csv")), 0);
}
END_TEST

UNIT_MAIN("formats/csv", UNIT_TEST(reads_plain_rows), UNIT_TEST(reads_quotes),
	UNIT_TEST(a_broken_row_costs_only_itself), UNIT_TEST(an_unclosed_quote_costs_one_line),
	UNIT_TEST(unclosed_quotes_everywhere_take_linear_time), UNIT_TEST(reads_gb18030),
	UNIT_TEST(names_columns), UNIT_TEST(refuses_what_is_no_csv),
	UNIT_TEST(limits_columns_and_header), UNIT_LOOP(a_row_that_is_too_long_is_kept_in_part, 2),
	UNIT_TEST(says_how_likely_a_document_is_csv))
