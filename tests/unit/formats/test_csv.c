#include "feed.h"

#include "options.h"

#include <iconv.h>

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
	static const char *const far[] = {"header=9", NULL},
				 *const wide_one[] = {"delimiter=，", NULL},
				 *const two[] = {"quote=<>", NULL},
				 *const pinned[] = {"charset=UTF-8", NULL};
	static const struct {
		const char *const *options;
		struct gt_str doc;
		const char *expected;
	} cases[] = {
		{NULL, {"", 0}, "begin ✗ CSV_EMPTY()\n"},
		{NULL, {"\n \t \n", 5}, "begin ✗ CSV_EMPTY()\n"},
		{NULL, {"\n1,2\n", 5}, "begin ✗ CSV_NO_FIELD([\"1\",\"2\"])\n"},
		{wide_one, {"ID,1\n", 5}, "begin ✗ CSV_OPTION(delimiter)\n"},
		{two, {"ID,1\n", 5}, "begin ✗ CSV_OPTION(quote)\n"},
		{NULL, {"I\0D\0,\0x\0\n\0", 10}, "begin ✗ CSV_BINARY(1)\n"},
		{pinned, {"ID,\xFF\n", 5}, "begin ✗ CSV_NAME_CHARSET(3)\n"},
		{NULL, {"PK\x03\x04\x14\0\0\0", 8}, "begin ✗ CSV_BINARY(2)\n"},
		{NULL, {"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0", 24},
			"begin ✗ CSV_BINARY(6)\n"},
		{NULL, {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8}, "begin ✗ CSV_BINARY(2)\n"},
		{NULL, {"ID,\xFF\xFF\n", 6}, "begin ✗ CSV_CHARSET()\n"},
		{NULL, {"code,name\n1,2\n", 14}, "begin ✗ CSV_NO_FIELD([\"code\",\"name\"])\n"},
		{NULL, {"ID,\"名称\n1,2\n", 15}, "begin ✗ CSV_QUOTE_OPEN(3)\n"},
		{NULL, {"ID,\"x\"y\n", 8}, "begin ✗ CSV_QUOTE_INSIDE(6)\n"},
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

/* What begin() finds in a document that no mapping looks at: its columns, and the sentence. */
static void check_layout(
	const char *const *options, struct gt_str doc, const char *columns, const char *sentence)
{
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, options);
	f.host.field_count = 0;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.place), columns);
	ck_assert_str_eq(f.layout, sentence);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}

#define LAYOUT(delimiter, line, above)                                                             \
	"delimiter " delimiter ", quote \", column names in line " line                            \
	", lines above them left out: " above

START_TEST(finds_delimiters)
{
	check_layout(NULL, GT_LIT("a;b;c\n1,5;2,5;3,5\n2,5;3,5;4,5\n"),
		"csv UTF-8 [\"a\",\"b\",\"c\"]", LAYOUT(";", "1", "0"));
	check_layout(NULL, GT_LIT("a\tb\nx, y, z\t1\nu, v, w\t2\n"), "csv UTF-8 [\"a\",\"b\"]",
		LAYOUT("tab", "1", "0"));
	check_layout(NULL, GT_LIT("a^b\n1^2\n"), "csv UTF-8 [\"a\",\"b\"]",
		"delimiter ^, quote \", column names in line 1, lines above them left out: 0");
	check_layout(NULL, GT_LIT("sep=;\r\na,1;b\r\n3;4\r\n"), "csv UTF-8 [\"a,1\",\"b\"]",
		LAYOUT(";", "2", "1"));
	/* Padding by tabs and quotes behind commas do not make the tab a delimiter. */
	check_layout(NULL, GT_LIT("a,b,c\n1 \t,\"x \t\",\"y\t\"\n2 \t,\"x\t\",\"y\t\"\n"),
		"csv UTF-8 [\"a\",\"b\",\"c\"]", LAYOUT(",", "1", "0"));
	static const char *const several[] = {"delimiter=|@|", NULL}, *const tab[] = {
									      "delimiter=tab",
									      NULL};
	check_with(several, GT_LIT("ID|@|名称\n1|@|a|b@|\n\"2\"|@|\"|@|\"\n"), TWO,
		"12/1 1|@|a|b@| → t1 ta|b@| -\n22/2 \"2\"|@|\"|@|\" → t2 t|@| -\nend\n");
	check_with(tab, GT_LIT("ID\t名称\n1\ta,b\n"), TWO, "10/1 1\ta,b → t1 ta,b -\nend\n");
	/* 0x5E '^' is the second byte of 乛 81 5E, 0x40 '@' of 丂 81 40. */
	static const char *const at[] = {"delimiter=^@^", NULL};
	check_with(at, GT_LIT("ID^@^\xC3\xFB\xB3\xC6\n1^@^\x81\x5E@^\x81\x40\n"),
		"csv GB18030 [\"ID\",\"名称\"]",
		"10/1 1^@^\x81\x5E@^\x81\x40 → t1 t乛@^丂 -\nend\n");
}
END_TEST

START_TEST(finds_the_header)
{
	/* A title, notes with commas in the text, an empty line; the mapped names decide. */
	static const char doc[] = "收支明细,,\n账号: 1234,\"户名: 张三, 李四\"\n\n序号,ID,名称,\n"
				  "1,7,车\t,\n2,8,船,\n";
	check(gt_cstr(doc), "csv UTF-8 [\"序号\",\"ID\",\"名称\",\"\"]",
		"72/1 1,7,车\t, → t7 t车\t -\n82/2 2,8,船, → t8 t船 -\nend\n");
	check_layout(NULL, gt_cstr(doc), "csv UTF-8 [\"序号\",\"ID\",\"名称\",\"\"]",
		LAYOUT(",", "4", "3"));
	/* Neither a wide footnote nor a row of few cells is a header. */
	check_layout(NULL,
		GT_LIT("报表,2024\n名称,数量,单价,金额\na,1,2,2\nb,2,3,6\n合计,3,,8\n注,1,2,3,4,5,"
		       "6\n"),
		"csv UTF-8 [\"名称\",\"数量\",\"单价\",\"金额\"]", LAYOUT(",", "2", "1"));
	static const char *const third[] = {"header=3", NULL};
	check_layout(third, GT_LIT("a,b\nc,d\ne,f\n1,2\n"), "csv UTF-8 [\"e\",\"f\"]",
		LAYOUT(",", "3", "2"));
	static const char *const both[] = {"header=1", "columns=", NULL};
	check_with(both, GT_LIT("编号,名\n1,车\n"), TWO, "11/1 1,车 → t1 t车 -\nend\n");
	static const char *const none[] = {"columns=", NULL};
	check_layout(none, GT_LIT("1;车\n2;船\n"), TWO,
		"delimiter ;, quote \", no header row: columns: names the columns");
}
END_TEST

START_TEST(reads_merged_headers)
{
	static const char doc[] = "单位,能耗,,\n,ID,名称,ID#2\n甲,1,2,3\n乙,4,5,6\n";
	check_layout(NULL, gt_cstr(doc),
		"csv UTF-8 [\"单位\",\"能耗.ID\",\"能耗.名称\",\"能耗.ID#2\"]",
		LAYOUT(",", "1–2", "0"));
	static const char *const one[] = {"header_rows=1", NULL}, *const levels[] = {
									  "header_rows=3", NULL};
	check_layout(one, gt_cstr(doc), "csv UTF-8 [\"单位\",\"能耗\",\"\",\"\"]",
		LAYOUT(",", "1", "0"));
	static const char three[] =
		"单位,能耗,,,,\n,电,,水,,\n,数量,费用,数量,费用,备注\n甲,1,2,3,4,x\n";
	check_layout(levels, gt_cstr(three),
		"csv UTF-8 "
		"[\"单位\",\"能耗.电.数量\",\"能耗.电.费用\",\"能耗.水.数量\",\"能耗.水.费用\","
		"\"能耗.水.备注\"]",
		LAYOUT(",", "1–3", "0"));
	/* An unnamed column, and a first row of words, are no merged header. */
	check_layout(NULL, GT_LIT("Name,,City\na,b,c\nx,1,z\n"),
		"csv UTF-8 [\"Name\",\"\",\"City\"]", LAYOUT(",", "1", "0"));
	/* Mapped names decide here, too. */
	static const struct gt_str merged[] = {{"电.数量", 10}, {"单位", 6}};
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, NULL);
	f.host.fields = merged;
	f.host.field_count = 2;
	feed(&f, GT_LIT("单位,电,,水\n,数量,费用,数量\n甲,一,二,三\n"));
	ck_assert_str_eq(gt_buf_cstr(&f.out), "38 甲,一,二,三 → t一 t甲\nend\n");
	feeding_stop(&f);
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(reads_every_line_end)
{
	check(GT_LIT("ID,名称\r1,a\r2,\"b\rc\"\r"), TWO,
		"10/1 1,a → t1 ta -\n14/2 2,\"b\rc\" → t2 tb\rc -\nend\n");
	check(GT_LIT("ID,名称\r\n1,a\r2,b\n3,c\r\n"), TWO,
		"11/1 1,a → t1 ta -\n15/2 2,b → t2 tb -\n19/3 3,c → t3 tc -\nend\n");
	/* A CR within cells is text. */
	check(GT_LIT("ID,名称\n1,a\rb\n2,c\rd\n"), TWO,
		"10/1 1,a\rb → t1 ta\rb -\n16/2 2,c\rd → t2 tc\rd -\nend\n");
}
END_TEST

START_TEST(leaves_padding_out)
{
	check(GT_LIT("ID,名称\0\0\n1,a\0\0\0\n2\0,b\n \t, \n\x1A\0\0\0\0\0\0\0\0\0\0\0\0\0"), TWO,
		"12/1 1,a␀␀␀ → t1 ta -\n19/2 2␀,b → t2 tb -\nend\n");
	check(GT_LIT("\xEF\xBB\xBF \xC2\xA0ID,\xEF\xBB\xBF名称\xE2\x80\x8B \n1,x, ,\t\n"), TWO,
		"23/1 1,x, ,\t → t1 tx -\nend\n");
	static const char *const hash[] = {"comment=#", NULL};
	check_with(hash, GT_LIT("# 导出,ID,名称\nID,名称\n#1,a\n2,b\n#"), TWO,
		"34/1 2,b → t2 tb -\nend\n");
}
END_TEST

START_TEST(leaves_numbers_as_they_are)
{
	check(GT_LIT("ID,名称\n\"3985734\"\t,\"x\" \r\n"), TWO,
		"10/1 \"3985734\"\t,\"x\"  → t3985734 tx -\nend\n");
	check(GT_LIT("ID,名称\n1.23457E+17,3.201060000012346E+17\n007,\"1,234.50\"\n"), TWO,
		"10/1 1.23457E+17,3.201060000012346E+17 → t1.23457E+17 t3.201060000012346E+17 -\n"
		"44/2 007,\"1,234.50\" → t007 t1,234.50 -\nend\n");
}
END_TEST

START_TEST(finds_single_quotes)
{
	check(GT_LIT("'ID','名称'\n'1','a,''b'''\n"), TWO,
		"14/1 '1','a,''b''' → t1 ta,'b' -\nend\n");
	check(GT_LIT("ID,名称\n'1,'2\n"), TWO, "10/1 '1,'2 → t'1 t'2 -\nend\n");
}
END_TEST

static struct gt_str wide(const char *charset, struct gt_str text, char *out, size_t size)
{
	iconv_t to = iconv_open(charset, "UTF-8");
	char *in = (char *)(uintptr_t)text.p, *at = out;
	size_t left = text.n, room = size;
	ck_assert(to != (iconv_t)-1); /* NOLINT: iconv's own error value */
	ck_assert_uint_eq(iconv(to, &in, &left, &at, &room), 0);
	iconv_close(to);
	return gt_str(out, size - room);
}

/* Little and big endian; the last but one cell is a lone surrogate. */
START_TEST(reads_utf16)
{
	char doc[512];
	const char *name = _i ? "UTF-16BE" : "UTF-16LE";
	struct gt_str text = wide(name,
		GT_LIT("\xEF\xBB\xBFID\t名称\r\n1\t车𠮷\r\n2\t\"a\n\"\"b\"\r\n3\t?\r\n4\tx"), doc,
		sizeof doc);
	char *mark = memmem(doc, text.n, "?", 1);
	mark[0] = _i ? 0 : '\x01';
	mark[_i ? -1 : 1] = '\xD8';
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, NULL);
	f.numbers = true;
	feed(&f, text);
	ck_assert_str_eq(gt_buf_cstr(&f.place), GT_TEXT("csv %s [\"ID\",\"名称\"]", name));
	const char *out = gt_buf_cstr(&f.out);
	ck_assert(strncmp(out, "16/1 ", 5) == 0);
	ck_assert_ptr_nonnull(strstr(out, " → t1 t车𠮷 -\n30/2 "));
	ck_assert_ptr_nonnull(strstr(out, " → t2 ta\n\"b -\n52/3 "));
	ck_assert_ptr_nonnull(strstr(out, GT_TEXT(" ✗ ROW_CHARSET(%s,4)\n62/4 ", name)));
	ck_assert_ptr_nonnull(strstr(out, " → t4 tx -\nend\n"));
	feed_splits(&f, text, 60);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}
END_TEST

/* More than one piece of 64 KiB, a row longer than one, and one longer than the limit. */
START_TEST(reads_long_utf16)
{
	enum { SMALL = 3000, BIG = 200000, HUGE_ROW = 700000 };
	static char doc[64 * SMALL + BIG + HUGE_ROW + 1000], out[2 * sizeof doc];
	size_t n = (size_t)sprintf(doc, "\xEF\xBB\xBFID,名称\n");
	for (int i = 0; i < SMALL; i++)
		n += (size_t)sprintf(doc + n, "%d,车辆车辆车辆车辆车辆车辆%d\n", i, i);
	n += (size_t)sprintf(doc + n, "b,%0*d\n", BIG, 7);
	n += (size_t)sprintf(doc + n, "h,%0*d\nz,end\n", HUGE_ROW, 7);
	struct feeding f;
	struct gt_arena memory;
	open_csv(&f, &memory, NULL);
	f.max_piece = 100000;
	feed_splits(&f, wide("UTF-16LE", gt_str(doc, n), out, sizeof out), 4);
	const char *rows = gt_buf_cstr(&f.out);
	ck_assert_ptr_nonnull(strstr(rows, " → t2999 t车辆车辆车辆车辆车辆车辆2999 -\n"));
	ck_assert_ptr_nonnull(strstr(rows, " ✗ ROW_LARGE(1048576,)\n"));
	ck_assert_ptr_nonnull(strstr(rows, " → tz tend -\nend\n"));
	feeding_stop(&f);
	gt_arena_fini(&memory);
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
	UNIT_TEST(finds_delimiters), UNIT_TEST(finds_the_header), UNIT_TEST(reads_merged_headers),
	UNIT_TEST(reads_every_line_end), UNIT_TEST(leaves_padding_out),
	UNIT_TEST(leaves_numbers_as_they_are), UNIT_TEST(finds_single_quotes),
	UNIT_LOOP(reads_utf16, 2), UNIT_TEST(reads_long_utf16),
	UNIT_TEST(says_how_likely_a_document_is_csv))
