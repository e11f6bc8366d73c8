#include "seek.h"
#include "workbook.h"

extern const struct gt_format guantong_format_xlsx;

static const struct gt_str fields[] = {{"ID", 2}, {"V", 1}};
static struct workbook w;
static struct seeking s;

static void start(void)
{
	workbook_start(&w);
	seek_start(&s, &guantong_format_xlsx, fields, 2);
}

static void stop(void)
{
	seek_stop(&s);
	workbook_free(&w);
}

#define STRINGS(items) "<sst xmlns=\"" BOOK_MAIN "\">" items "</sst>"
/* Cells in the shortest form that is allowed. */
#define T(text) "<c t=\"inlineStr\"><is><t>" text "</t></is></c>"
#define N(number) "<c><v>" number "</v></c>"
#define ROW(cells) "<row>" cells "</row>"
#define HEAD ROW(T("ID") T("V"))
/* A date system and one style per number format; s="1" is the first. */
#define STYLES(formats, xfs)                                                                       \
	"<styleSheet xmlns=\"" BOOK_MAIN "\"><numFmts>" formats "</numFmts><cellStyleXfs>"         \
	"<xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>" xfs                    \
	"</cellXfs></styleSheet>"

static void gives(struct gt_str doc, const char *expected)
{
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), expected);
	seek_splits(&s, doc, 24);
}

static void check_book(const char *attributes, const char *strings, const char *styles,
	const char *sheet, const char *expected)
{
	start();
	gives(workbook_one(&w, attributes, strings, styles, sheet), expected);
	stop();
}

static void check(const char *sheet, const char *expected)
{
	check_book("", NULL, NULL, sheet, expected);
}

START_TEST(reads_every_kind_of_cell)
{
	check_book("",
		STRINGS("<si><t>ID</t></si><si><t>V</t></si>"
			"<si><r><rPr><b/></rPr><t>公务</t></r><r><t xml:space=\"preserve\"> "
			"用车</t></r>"
			"<rPh sb=\"0\" eb=\"2\"><t>gong wu</t></rPh></si><si><t/></si>"),
		NULL,
		SHEET("<row r=\"1\" spans=\"1:2\" x14ac:dyDescent=\"0.15\" "
		      "xmlns:x14ac=\"urn:x\"><c r=\"A1\" t=\"s\"><v>0</v></c>"
		      "<c r=\"B1\" t=\"s\"><v>1</v></c></row>"
		      "<row r=\"3\"><c r=\"B3\" t=\"s\"><v>2</v></c></row>"
		      "<row r=\"4\">" N(
			      "1") "<c t=\"str\"><f>A1&amp;\"x\"</f><v>IDx</v></c></row>"
				   "<row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c></row>"
				   "<row><c t=\"d\"><v>2024-03-05T18:00:00</v></c>"
				   "<c t=\"inlineStr\"><is><r><t>a&lt;</t></r><rPh><t>no</t></rPh>"
				   "<r><t>\"b</t></r></is></c></row>"
				   "<row><c s=\"0\"/><c t=\"s\"><v>3</v></c></row>"
				   "<row r=\"9\"><c r=\"A9\"><v>7</v></c><c r=\"D9\" "
				   "t=\"s\"><v>2</v></c></row>"),
		"3/1 {\"V\":\"公务 用车\"} → - t公务 用车\n"
		"4/2 {\"ID\":1,\"V\":\"IDx\"} → #1 tIDx\n"
		"5/3 {\"ID\":true,\"V\":false} → b1 b0\n"
		"6/4 {\"ID\":\"2024-03-05T18:00:00\",\"V\":\"a<\\\"b\"} → t2024-03-05T18:00:00 "
		"ta<\"b\n"
		"9/5 {\"ID\":7,\"D\":\"公务 用车\"} → #7 -\nend\n");
}
END_TEST

START_TEST(reads_escapes_of_ooxml)
{
	check(SHEET(HEAD ROW(T("a_x000D__x000A_b") T("_x005F_x0041_ _x0000_ _xD83D_ _x4"))),
		"2/1 {\"ID\":\"a\\u000d\\u000ab\",\"V\":\"_x0041_ _x0000_ _xD83D_ _x4\"} → ta\r\nb "
		"t_x0041_ _x0000_ _xD83D_ _x4\nend\n");
}
END_TEST

/* As Excel shows them with format General: 15 digits, no noise of binary floating point. */
START_TEST(shows_numbers_with_fifteen_digits)
{
	/* Both end in a five behind the 15th digit; the binary number decides. */
	check(SHEET(HEAD ROW(N("-0.4285714285714285") N("0.02968270214943705"))),
		"2/1 {\"ID\":-0.428571428571428,\"V\":0.0296827021494371} → #-0.428571428571428 "
		"#0.0296827021494371\nend\n");
	check(SHEET(HEAD ROW(N("341.699999999983") N("1.7000000000000002"))
			      ROW(N("0.10000000000000001") N("-341.69999999999999")) ROW(
				      N("1.0000000000000001E-5") N("9.9999999999999995E+22"))
				      ROW(N("12.50") N("0.125")) ROW(N("-0") N("999999999999999.9"))
					      ROW(N("1E+300") N("4.9E-324"))),
		"2/1 {\"ID\":341.699999999983,\"V\":1.7} → #341.699999999983 #1.7\n"
		"3/2 {\"ID\":0.1,\"V\":-341.7} → #0.1 #-341.7\n"
		"4/3 {\"ID\":0.00001,\"V\":99999999999999995000000} → #0.00001 "
		"!#99999999999999995000000\n"
		"5/4 {\"ID\":12.5,\"V\":0.125} → #12.5 #0.125\n"
		"6/5 {\"ID\":0,\"V\":1000000000000000} → #0 #1000000000000000\n"
		"7/6 {\"ID\":1E+300,\"V\":4.9E-324} → !#1E+300 #4.9E-324\nend\n");
}
END_TEST

/* Excel keeps 15 digits: a longer code is lost before it is stored. */
START_TEST(marks_numbers_that_excel_has_damaged)
{
	check(SHEET(HEAD ROW(N("3.201060000012346E+17") N("1234567890123450"))
			      ROW(N("1234567890123457") N("123456789012345"))
				      ROW(N("320106000001234567") N("9007199254740993"))),
		"2/1 {\"ID\":320106000001234600,\"V\":1234567890123450} → "
		"!#320106000001234600 !#1234567890123450\n"
		"3/2 {\"ID\":1234567890123457,\"V\":123456789012345} → #1234567890123457 "
		"#123456789012345\n"
		"4/3 {\"ID\":320106000001234570,\"V\":9007199254740993} → "
		"!#320106000001234570 !#9007199254740993\nend\n");
}
END_TEST

#define DATED(style, number) "<c s=\"" style "\"><v>" number "</v></c>"
static const char date_styles[] = STYLES(
	"<numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/>"
	"<numFmt numFmtId=\"165\" formatCode=\"[$-804]yyyy/m/d\\ h:mm;@\"/>"
	"<numFmt numFmtId=\"166\" formatCode=\"[h]:mm:ss\"/>"
	"<numFmt numFmtId=\"167\" formatCode=\"yyyy-mm-dd hh:mm:ss.000\"/>"
	"<numFmt numFmtId=\"168\" formatCode=\"#,##0.00_);[Red]\\(#,##0.00\\)\"/>"
	"<numFmt numFmtId=\"169\" formatCode=\"General&quot;d&quot;\"/>"
	"<numFmt numFmtId=\"170\" formatCode=\"0.00E+00\"/>"
	"<numFmt numFmtId=\"171\" formatCode=\"000000\"/>",
	"<xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/>"
	"<xf numFmtId=\"166\"/><xf numFmtId=\"167\"/><xf numFmtId=\"168\"/><xf numFmtId=\"169\"/>"
	"<xf numFmtId=\"170\"/><xf numFmtId=\"171\"/><xf numFmtId=\"20\"/><xf numFmtId=\"10\"/>"
	"<xf numFmtId=\"31\"/>");

START_TEST(reads_dates_by_their_format)
{
	check_book("", NULL, date_styles,
		SHEET(HEAD ROW(DATED("1", "45356") DATED("2", "45356.75")) ROW(
			DATED("3", "45356") DATED("4", "45356.7499999999")) ROW(DATED("5", "1.0625")
				DATED("6", "45356.750005787")) ROW(DATED("11", "0.786331018518519")
				DATED("13", "45356")) ROW(DATED("1", "45356.5") DATED("2", "45356"))
				ROW(DATED("1", "-1") DATED("1", "2958466"))
					ROW(DATED("1", "2958465") N("45356.75"))),
		"2/1 {\"ID\":\"2024-03-05\",\"V\":\"2024-03-05 18:00:00\"} → t2024-03-05 "
		"t2024-03-05 18:00:00\n"
		"3/2 {\"ID\":\"2024-03-05\",\"V\":\"2024-03-05 18:00:00\"} → t2024-03-05 "
		"t2024-03-05 18:00:00\n"
		"4/3 {\"ID\":\"25:30:00\",\"V\":\"2024-03-05 18:00:00.500\"} → t25:30:00 "
		"t2024-03-05 18:00:00.500\n"
		"5/4 {\"ID\":\"18:52:19\",\"V\":\"2024-03-05\"} → t18:52:19 t2024-03-05\n"
		"6/5 {\"ID\":\"2024-03-05 12:00:00\",\"V\":\"2024-03-05 00:00:00\"} → "
		"t2024-03-05 12:00:00 t2024-03-05 00:00:00\n"
		"7/6 {\"ID\":-1,\"V\":2958466} → #-1 #2958466\n"
		"8/7 {\"ID\":\"9999-12-31\",\"V\":45356.75} → t9999-12-31 #45356.75\nend\n");
}
END_TEST

START_TEST(other_formats_are_no_dates)
{
	check_book("", NULL, date_styles,
		SHEET(HEAD ROW(DATED("7", "1234.5") DATED("8", "3")) ROW(DATED("9", "45356") DATED(
			"12", "0.125")) ROW(DATED("10", "1234") DATED("10", "12345678"))
				ROW(DATED("10", "12.5") DATED("77", "45356"))),
		"2/1 {\"ID\":1234.5,\"V\":3} → #1234.5 #3\n"
		"3/2 {\"ID\":45356,\"V\":0.125} → #45356 #0.125\n"
		"4/3 {\"ID\":\"001234\",\"V\":12345678} → t001234 #12345678\n"
		"5/4 {\"ID\":12.5,\"V\":45356} → #12.5 #45356\nend\n");
}
END_TEST

START_TEST(days_before_march_1900_are_doubtful)
{
	check_book("", NULL, date_styles,
		SHEET(HEAD ROW(DATED("1", "60") DATED("1", "61"))
				ROW(DATED("1", "1") DATED("2", "0"))),
		"2/1 {\"ID\":\"1900-02-29\",\"V\":\"1900-03-01\"} → ~t1900-02-29 t1900-03-01\n"
		"3/2 {\"ID\":\"1900-01-01\",\"V\":\"1900-01-00 00:00:00\"} → ~t1900-01-01 "
		"~t1900-01-00 00:00:00\nend\n");
	check_book(" date1904=\"1\"", NULL, date_styles,
		SHEET(HEAD ROW(DATED("1", "43894") DATED("1", "1"))),
		"2/1 {\"ID\":\"2024-03-05\",\"V\":\"1904-01-02\"} → t2024-03-05 "
		"t1904-01-02\nend\n");
}
END_TEST

START_TEST(errors_of_excel_are_no_values)
{
	check(SHEET(HEAD ROW("<c t=\"e\"><v>#N/A</v></c><c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>")),
		"2/1 {\"ID\":\"#N/A\",\"V\":\"#DIV/0!\"} → t#N/A !t#DIV/0!\nend\n");
}
END_TEST

START_TEST(formulas_give_their_stored_results)
{
	start();
	struct gt_str doc = workbook_one(&w, "", NULL, NULL,
		SHEET(HEAD ROW("<c><f>1+1</f><v>2</v></c><c><f>B9</f></c>")
				ROW(N("3") "<c><f>A1</f><v></v></c>")));
	seek_feed(&s, doc);
	ck_assert_str_eq(
		gt_buf_cstr(&s.f.out), "2/1 {\"ID\":2} → #2 -\n3/2 {\"ID\":3} → #3 -\nend\n");
	ck_assert_str_eq(gt_buf_cstr(&s.notes), "SHEET_NO_RESULT(B2,表)\n");
	stop();
}
END_TEST

START_TEST(merged_cells_have_the_value_of_their_head)
{
	check(SHEET_AND("<row r=\"1\">" T("ID") T("V")
				T("W") "</row>"
				       "<row r=\"2\">" T("甲") N("1")
					       N("5") "</row>"
						      "<row r=\"3\"><c/>" N(
							      "2") "</row>"
								   "<row r=\"4\"><c "
								   "r=\"C4\"><v>9</v></c></row>"
								   "<row r=\"5\"><c "
								   "r=\"B5\"><v>4</v></c></row>"
								   "<row r=\"6\"><c s=\"1\"/></row>"
								   "<row r=\"7\">" T("乙") "</row>",
		      "<mergeCells count=\"3\"><mergeCell ref=\"A7:B7\"/><mergeCell ref=\"A2:A4\"/>"
		      "<mergeCell ref=\"A5:A6\"/></mergeCells>"),
		"2/1 {\"ID\":\"甲\",\"V\":1,\"W\":5} → t甲 #1\n"
		"3/2 {\"ID\":\"甲\",\"V\":2} → t甲 #2\n"
		"4/3 {\"ID\":\"甲\",\"W\":9} → t甲 -\n"
		"5/4 {\"V\":4} → - #4\n"
		"7/5 {\"ID\":\"乙\",\"V\":\"乙\"} → t乙 t乙\nend\n");
}
END_TEST

START_TEST(merged_ranges_must_not_overlap)
{
	struct gt_buf sheet;
	gt_buf_init(&sheet, 1u << 20);
	gt_buf_adds(&sheet, "<worksheet><sheetData>" HEAD ROW(N("1")) "</sheetData><mergeCells>");
	for (int i = 0; i < 3; i++)
		gt_buf_adds(&sheet, "<mergeCell ref=\"A1:XFD9\"/>");
	gt_buf_adds(&sheet, "</mergeCells></worksheet>");
	check(gt_buf_cstr(&sheet), "open ✗ SHEET_MERGES(1,)\n");
	gt_buf_fini(&sheet);
}
END_TEST

static void check_columns(const char *sheet, const char *columns, const char *expected)
{
	start();
	seek_feed(&s, workbook_one(&w, "", NULL, NULL, sheet));
	ck_assert_str_eq(gt_buf_cstr(&s.f.place), columns);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), expected);
	stop();
}

START_TEST(finds_the_header_below_titles)
{
	check_columns(SHEET_AND(ROW(T("2024年公务用车台账")) ROW(T("单位：") T("某某局")) ROW("")
					ROW(T(" 序号") T("I D") T("V\n") T("V") "<c/>" T("x"))
						ROW(N("1") T("a") N("2") N("3") T("无名") N("4")),
			      "<mergeCells><mergeCell ref=\"A1:F1\"/></mergeCells>"),
		"xlsx UTF-8 [\"序号\",\"I D\",\"V\",\"V#2\",\"E\",\"x\"]",
		"5/1 {\"序号\":1,\"I D\":\"a\",\"V\":2,\"V#2\":3,\"E\":\"无名\",\"x\":4} → ta "
		"#2\nend\n");
}
END_TEST

static const struct gt_str energy[] = {
	{"单位", 6}, {"电.数量", 10}, {"电.费用", 10}, {"水.数量", 10}};
static const char two_rows[] =
	SHEET_AND(ROW(T("能耗月报")) ROW(T("单位") T("电") "<c/>" T("水") "<c/>")
			  ROW("<c/>" T("数量") T("费用") T("数量") T("费用"))
				  ROW(T("甲") N("1") N("2") N("3") N("4")) ROW("<c/>" N("5")),
		"<mergeCells><mergeCell ref=\"A1:E1\"/><mergeCell ref=\"A2:A3\"/>"
		"<mergeCell ref=\"B2:C2\"/><mergeCell ref=\"D2:E2\"/></mergeCells>");
static const char energy_rows[] =
	"4/1 {\"单位\":\"甲\",\"电.数量\":1,\"电.费用\":2,\"水.数量\":3,\"水.费用\":4} → t甲 #1 #2 "
	"#3\n5/2 {\"电.数量\":5} → - #5 - -\nend\n";

START_TEST(joins_a_header_of_two_rows)
{
	start();
	s.f.host.fields = energy;
	s.f.host.field_count = 4;
	struct gt_str doc = workbook_one(&w, "", NULL, NULL, two_rows);
	gives(doc, energy_rows);
	ck_assert_str_eq(gt_buf_cstr(&s.f.place),
		"xlsx UTF-8 [\"单位\",\"电.数量\",\"电.费用\",\"水.数量\",\"水.费用\"]");
	/* One field that stands in the first row alone does not make the second one data. */
	s.f.host.field_count = 1;
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out), "4/1 "));
	/* Nothing wanted: the layout says so, too. */
	s.f.host.field_count = 0;
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out), "4/1 {\"单位\":\"甲\",\"电.数量\":1"));
	/* Pinned to the lower row: its names alone. */
	s.f.host.field_count = 1;
	seek_option(&s, "header", "3");
	seek_option(&s, "header_rows", "1");
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.place),
		"xlsx UTF-8 [\"单位\",\"数量\",\"费用\",\"数量#2\",\"费用#2\"]");
	stop();
}
END_TEST

START_TEST(a_pinned_header_is_where_it_was_said)
{
	start();
	struct gt_str doc = workbook_one(&w, "", NULL, NULL,
		SHEET(ROW(T("ID") T("V")) "<row r=\"3\">" T("V")
				T("ID") "</row>" ROW(N("1") N("2"))));
	seek_option(&s, "header", "3");
	gives(doc, "4/1 {\"V\":1,\"ID\":2} → #2 #1\nend\n");
	seek_option(&s, "header", "2");
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ SHEET_NO_HEADER(2,)\n");
	stop();
}
END_TEST

START_TEST(columns_name_a_sheet_without_header)
{
	static const struct gt_str names[] = {{"V", 1}, {"ID", 2}};
	start();
	*(struct gt_texts *)seek_place(&s, "columns") = (struct gt_texts){names, 2};
	seek_option(&s, "header", "1");
	gives(workbook_one(&w, "", NULL, NULL, SHEET(ROW(T("x")) ROW(N("1") N("2") N("3")))),
		"2/1 {\"V\":1,\"ID\":2,\"C\":3} → #2 #1\nend\n");
	stop();
}
END_TEST

/* A return with year and month above its header. */
START_TEST(cells_above_the_header_become_fields)
{
	static const struct gt_pair pairs[] = {
		{{"year", 4}, {"A2", 2}}, {{"V", 1}, {"$B$2", 4}}, {{"blank", 5}, {"C2", 2}}};
	static const struct gt_pair wrong[] = {{{"year", 4}, {"A101", 4}}};
	static const struct gt_str wanted[] = {{"ID", 2}, {"year", 4}, {"V", 1}, {"blank", 5}};
	start();
	s.f.host.fields = wanted;
	s.f.host.field_count = 4;
	*(struct gt_pairs *)seek_place(&s, "cells") = (struct gt_pairs){pairs, 3};
	struct gt_str doc = workbook_one(&w, "", NULL, NULL,
		SHEET(ROW(T("年") T("月")) ROW(N("2023") T("\"3\"")) ROW(T("ID") T("1") T("V"))
				ROW(T("m1") N("9") N("8")) ROW(T("m2") N("7"))));
	gives(doc,
		"4/1 {\"year\":2023,\"V\":\"\\\"3\\\"\",\"ID\":\"m1\",\"1\":9,\"V#2\":8} → tm1 "
		"#2023 "
		"t\"3\" -\n"
		"5/2 {\"year\":2023,\"V\":\"\\\"3\\\"\",\"ID\":\"m2\",\"1\":7} → tm2 #2023 t\"3\" "
		"-\nend\n");
	*(struct gt_pairs *)seek_place(&s, "cells") = (struct gt_pairs){wrong, 1};
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ SHEET_CELLS(A101,100)\n");
	stop();
}
END_TEST

/* ---- sheets ---- */

static struct gt_str four_sheets(void)
{
	workbook_part(&w, "_rels/.rels",
		BOOK_RELS BOOK_RELATION(
			"rId1", "officeDocument", "/xl/workbook.xml") "</Relationships>");
	workbook_part(&w, "xl/workbook.xml",
		BOOK("", BOOK_SHEET("图", "5", "") BOOK_SHEET("空", "1", "")
				 BOOK_SHEET("隐", "2", "state=\"hidden\"")
					 BOOK_SHEET("说明", "3", "") BOOK_SHEET("数据", "4", "")));
	workbook_part(&w, "xl/_rels/workbook.xml.rels",
		BOOK_RELS BOOK_RELATION("rId5", "chartsheet", "chartsheets/sheet1.xml")
			BOOK_RELATION("rId1", "worksheet", "./worksheets/../worksheets/a.xml")
				BOOK_RELATION("rId2", "worksheet", "/xl/worksheets/b.xml")
					BOOK_RELATION("rId3", "worksheet", "worksheets/c.xml")
						BOOK_RELATION("rId4", "worksheet",
							"worksheets/D.xml") "</Relationships>");
	workbook_part(&w, "xl/worksheets/a.xml", SHEET(""));
	workbook_part(&w, "xl\\worksheets\\b.xml", SHEET(HEAD ROW(T("hidden"))));
	workbook_part(&w, "xl/worksheets/c.xml", SHEET(ROW(T("请勿修改")) ROW(T("第二行"))));
	workbook_part(&w, "xl/worksheets/d.xml", SHEET(HEAD ROW(T("data"))));
	return workbook_done(&w);
}

START_TEST(chooses_the_sheet)
{
	static const struct {
		const char *sheet, *expected;
	} cases[] = {{"", "2/1 {\"ID\":\"data\"} → tdata -\nend\n"},
		{"数据", "2/1 {\"ID\":\"data\"} → tdata -\nend\n"},
		{"3", "2/1 {\"ID\":\"data\"} → tdata -\nend\n"},
		{"隐", "2/1 {\"ID\":\"hidden\"} → thidden -\nend\n"},
		{"2", "open ✗ SHEET_NO_FIELD(说明,[\"请勿修改\"])\n"},
		{"1", "open ✗ SHEET_EMPTY(,)\n"}, {"4", "open ✗ SHEET_MISSING(4,空, 说明, 数据)\n"},
		{"图", "open ✗ SHEET_MISSING(图,空, 说明, 数据)\n"}};
	start();
	struct gt_str doc = four_sheets();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		gt_buf_clear(&s.f.out);
		seek_option(&s, "sheet", cases[i].sheet);
		seek_feed(&s, doc);
		ck_assert_str_eq(gt_buf_cstr(&s.f.out), cases[i].expected);
	}
	ck_assert_str_eq(gt_buf_cstr(&s.notes), "SHEET_CHOSEN(空, 说明, 数据,数据)\n");
	/* Nothing wanted: the first with rows. */
	seek_option(&s, "sheet", "");
	s.f.host.field_count = 0;
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.place), "xlsx UTF-8 [\"请勿修改\"]");
	stop();
}
END_TEST

/* Strict OOXML, prefixes, a workbook elsewhere, no styles or strings though they are related. */
START_TEST(reads_other_spellings_of_ooxml)
{
	start();
	workbook_part(&w, "_rels/.rels",
		BOOK_RELS "<Relationship Id=\"a\" "
			  "Type=\"http://purl.oclc.org/ooxml/officeDocument/relationships/"
			  "officeDocument\" Target=\"book.xml\"/></Relationships>");
	workbook_part(&w, "book.xml",
		"<x:workbook xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\" "
		"xmlns:rel=\"http://purl.oclc.org/ooxml/officeDocument/relationships\">"
		"<x:sheets><x:sheet name=\"S\" sheetId=\"1\" "
		"rel:id=\"r1\"/></x:sheets></x:workbook>");
	workbook_part(&w, "_rels/book.xml.rels",
		BOOK_RELS
		"<Relationship Id=\"r1\" Type=\"http://purl.oclc.org/ooxml/officeDocument/"
		"relationships/worksheet\" Target=\"s.xml\"/>" BOOK_RELATION(
			"r2", "styles", "gone.xml")
			BOOK_RELATION("r3", "sharedStrings", "gone.xml") "</Relationships>");
	workbook_part(&w, "s.xml",
		"<x:worksheet xmlns:x=\"u\"><x:sheetData><x:row><x:c t=\"inlineStr\"><x:is>"
		"<x:t>ID</x:t></x:is></x:c></x:row><x:row><x:c s=\"3\"><x:v>5</x:v></x:c></x:row>"
		"<x:row/></x:sheetData><x:mergeCells><x:mergeCell ref=\"A2:A3\"/></x:mergeCells>"
		"</x:worksheet>");
	gives(workbook_done(&w), "2/1 {\"ID\":5} → #5 -\nend\n");
	stop();
}
END_TEST

/* ---- what is refused ---- */

static void refuses(struct gt_str doc, const char *expected)
{
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), expected);
}

static void refuses_part(const char *name, const char *expected)
{
	start();
	workbook_part(&w, name, "x");
	refuses(workbook_done(&w), expected);
	stop();
}

START_TEST(names_what_is_no_workbook)
{
	static const char ole[1024] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	char locked[2048] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	for (size_t i = 0; i < 16; i++)
		locked[512 + 128 + 2 * i] = "EncryptedPackage"[i];
	start();
	refuses(gt_str(ole, sizeof ole), "open ✗ XLSX_IS_XLS(,)\n");
	refuses(gt_str(locked, sizeof locked), "open ✗ XLS_PASSWORD(,)\n");
	refuses(GT_LIT("<html><table></table></html>"), "open ✗ XLSX_IS_TEXT(,)\n");
	refuses(GT_LIT(""), "open ✗ XLSX_IS_TEXT(,)\n");
	refuses(GT_LIT("PK\3\4 and nothing more"), "open ✗ XLSX_DAMAGED(zip,)\n");
	zipClose(w.zip, NULL);
	stop();
	refuses_part("content.xml", "open ✗ XLSX_OTHER(ODS/ODF,)\n");
	refuses_part("word/document.xml", "open ✗ XLSX_OTHER(DOCX,)\n");
	refuses_part("xl/workbook.bin", "open ✗ XLSX_OTHER(XLSB,)\n");
	refuses_part("readme.txt", "open ✗ XLSX_OTHER(ZIP,)\n");
	refuses_part("xl/workbook.xml", "open ✗ XLSX_XML(xl/workbook.xml,1)\n");
}
END_TEST

START_TEST(refuses_damaged_archives)
{
	start();
	w.level = 0;
	struct gt_str doc = workbook_one(&w, "", NULL, NULL, SHEET(HEAD ROW(T("changed"))));
	refuses(gt_str(doc.p, doc.n - 30), "open ✗ XLSX_DAMAGED(zip,)\n");
	char *at = memmem(doc.p, doc.n, "changed", 7);
	*at = 'C';
	refuses(doc, "open ✗ XLSX_DAMAGED(xl/worksheets/sheet1.xml,)\n");
	stop();
	start();
	workbook_part(&w, "xl/workbook.xml", BOOK("", BOOK_SHEET("x", "1", "")));
	refuses(workbook_done(&w), "open ✗ XLSX_PART(worksheet,)\n");
	stop();
}
END_TEST

START_TEST(refuses_hostile_xml)
{
	struct gt_buf sheet;
	gt_buf_init(&sheet, 8u << 20);
	check("<!DOCTYPE w [<!ENTITY a \"aaaa\">]><worksheet>&a;</worksheet>",
		"open ✗ XLSX_DOCTYPE(xl/worksheets/sheet1.xml,)\n");
	check("<worksheet><sheetData>" HEAD "<row>",
		"open ✗ XLSX_XML(xl/worksheets/sheet1.xml,1)\n");
	for (int i = 0; i < 65; i++)
		gt_buf_adds(&sheet, "<a>");
	check(gt_buf_cstr(&sheet), "open ✗ XLSX_DEPTH(xl/worksheets/sheet1.xml,64)\n");
	gt_buf_clear(&sheet);
	gt_buf_adds(&sheet, "<worksheet a=\"");
	for (int i = 0; i < 300000; i++)
		gt_buf_addf(&sheet, "%d,", i);
	gt_buf_adds(&sheet, "\"/>");
	start();
	seek_feed(&s, workbook_one(&w, "", NULL, NULL, gt_buf_cstr(&sheet)));
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&s.f.out), "open ✗ XLSX_LARGE(xl/worksheets/sheet1.xml,"));
	stop();
	gt_buf_fini(&sheet);
}
END_TEST

START_TEST(refuses_bombs)
{
	size_t n = 16u << 20;
	char *zeros = calloc(1, n);
	start();
	w.level = 9;
	workbook_bytes(&w, "xl/workbook.xml", zeros, n);
	struct gt_str doc = workbook_done(&w);
	seek_feed(&s, doc);
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&s.f.out), "open ✗ XLSX_LARGE(xl/workbook.xml,16777216)"));
	stop();
	free(zeros);
	start();
	for (int i = 0; i <= 10000; i++)
		workbook_bytes(&w, "a", "", 0);
	refuses(workbook_done(&w), "open ✗ XLSX_PARTS(10000,)\n");
	stop();
}
END_TEST

static bool no_memory(void *arg, size_t bytes)
{
	(void)arg;
	return bytes < (2u << 20);
}

START_TEST(shared_strings_have_a_maximum)
{
	size_t n = 97u << 20;
	char *strings = malloc(n + 64);
	strcpy(strings, "<sst><si><t>");
	memset(strings + 12, 'a', n);
	strcpy(strings + 12 + n, "</t></si></sst>");
	start();
	w.level = 0;
	struct gt_str doc = workbook_one(&w, "", strings, NULL, SHEET(HEAD));
	refuses(doc, "open ✗ XLSX_STRINGS(100663296,)\n");
	s.f.host.memory = no_memory;
	gt_buf_clear(&s.f.out);
	seek_feed(&s, doc);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out), "open ✗ MEMORY_BUDGET("));
	stop();
	free(strings);
}
END_TEST

/* ---- rows that cannot be read ---- */

START_TEST(a_broken_row_costs_only_itself)
{
	check_book("", STRINGS("<si><t>x</t></si>"), NULL,
		SHEET(HEAD "<row r=\"2\"><c t=\"s\"><v>1</v></c></row>"
			   "<row r=\"3\"><c r=\"XFE3\"><v>1</v></c><c r=\"A3\"><v>2</v></c></row>"
			   "<row r=\"4\"><c r=\"A5\"><v>1</v></c></row>"
			   "<row r=\"5\"><c r=\"B5\"><v>2</v></c><c r=\"A5\"><v>1</v></c></row>"
			   "<row r=\"6\"><c r=\"A6\"><v>1</v></c><c r=\"A6\"><v>2</v></c></row>"
			   "<row r=\"7\"><c t=\"b\"><v>2</v></c></row>"
			   "<row r=\"8\"><c t=\"what\"><v>2</v></c></row>"
			   "<row r=\"9\">" N("x&lt;") N(".") "</row>"),
		"2/1 {\"ID\":\"1\"} ✗ SHEET_CELL_BAD(A2,1)\n"
		"3/2 {\"ID\":2} ✗ SHEET_CELL_BAD(A3,XFE3)\n"
		"4/3 {} ✗ SHEET_CELL_BAD(A4,A5)\n"
		"5/4 {\"ID\":1,\"V\":2} → #1 #2\n"
		"6/5 {\"ID\":1} ✗ SHEET_CELL_BAD(A6,2)\n"
		"7/6 {\"ID\":\"2\"} ✗ SHEET_CELL_BAD(A7,2)\n"
		"8/7 {\"ID\":\"2\"} ✗ SHEET_CELL_BAD(A8,2)\n"
		"9/8 {\"ID\":\"x<\",\"V\":\".\"} → tx< t.\nend\n");
}
END_TEST

/* Within the rows where the header is looked for, and behind them. */
START_TEST(rows_must_rise)
{
	struct gt_buf sheet;
	check(SHEET(HEAD ROW(N("1")) "<row r=\"2\">" N("3") "</row>"),
		"open ✗ SHEET_ROW_ORDER(2,2)\n");
	check(SHEET(HEAD "<row r=\"1048577\">" N("3") "</row>"),
		"open ✗ SHEET_ROW_ORDER(1,1048577)\n");
	gt_buf_init(&sheet, 1u << 20);
	gt_buf_adds(&sheet, "<worksheet><sheetData>" HEAD);
	for (int i = 0; i < 150; i++)
		gt_buf_adds(&sheet, ROW(N("5")));
	gt_buf_adds(&sheet, "<row r=\"7\"/></sheetData></worksheet>");
	start();
	seek_feed(&s, workbook_one(&w, "", NULL, NULL, gt_buf_cstr(&sheet)));
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out),
		"\n151/150 {\"ID\":5} → #5 -\nbroken SHEET_ROW_ORDER(151,7)\n"));
	stop();
	gt_buf_fini(&sheet);
}
END_TEST

START_TEST(long_cells_and_rows_are_bad_rows)
{
	struct gt_buf sheet;
	char expected[1024];
	gt_buf_init(&sheet, 8u << 20);
	gt_buf_adds(&sheet, "<worksheet><sheetData>" HEAD "<row>" N("1") "<c t=\"str\"><v>");
	for (int i = 0; i < 140000; i++)
		gt_buf_u8(&sheet, 'x');
	gt_buf_adds(&sheet, "</v></c></row><row>");
	for (int k = 0; k < 12; k++) {
		gt_buf_adds(&sheet, "<c t=\"str\"><v>");
		for (int i = 0; i < 100000; i++)
			gt_buf_u8(&sheet, 'y');
		gt_buf_adds(&sheet, "</v></c>");
	}
	gt_buf_adds(&sheet, "</row>" ROW(N("2")) "</sheetData></worksheet>");
	start();
	seek_feed(&s, workbook_one(&w, "", NULL, NULL, gt_buf_cstr(&sheet)));
	snprintf(expected, sizeof expected,
		"2/1 {\"ID\":1,\"V\":\"%.87s ✗ SHEET_CELL_LONG(B2,131072)\n"
		"3/2 {\"ID\":\"%.93s …65536 of 1200",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxx",
		"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
		"yyyyyyyyyyyyyy");
	ck_assert_int_eq(strncmp(gt_buf_cstr(&s.f.out), expected, strlen(expected)), 0);
	ck_assert_ptr_nonnull(strstr(
		gt_buf_cstr(&s.f.out), " ✗ ROW_LARGE(1048576,)\n4/3 {\"ID\":2} → #2 -\nend\n"));
	stop();
	gt_buf_fini(&sheet);
}
END_TEST

START_TEST(declares_its_memory)
{
	start();
	seek_feed(&s, workbook_one(&w, "", NULL, NULL, SHEET(HEAD ROW(N("1")))));
	ck_assert_uint_gt(s.held, 100000);
	ck_assert_uint_lt(s.held, 10u << 20);
	stop();
}
END_TEST

START_TEST(says_how_likely_a_document_is_xlsx)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_xlsx.sniff;
	ck_assert_int_eq(sniff(GT_LIT("PK\3\4….[Content_Types].xml"), GT_LIT("")), 95);
	ck_assert_int_eq(sniff(GT_LIT("PK\3\4"), GT_LIT("a.XLSM")), 90);
	ck_assert_int_lt(sniff(GT_LIT("PK\3\4word/document.xml"), GT_LIT("a.docx")), 50);
	ck_assert_int_eq(sniff(GT_LIT("a,b"), GT_LIT("a.xlsx")), 0);
	ck_assert_int_eq(sniff(GT_LIT(""), GT_LIT("a.xlsx")), 0);
}
END_TEST

UNIT_MAIN("formats/xlsx", UNIT_TEST(reads_every_kind_of_cell), UNIT_TEST(reads_escapes_of_ooxml),
	UNIT_TEST(shows_numbers_with_fifteen_digits),
	UNIT_TEST(marks_numbers_that_excel_has_damaged), UNIT_TEST(reads_dates_by_their_format),
	UNIT_TEST(other_formats_are_no_dates), UNIT_TEST(days_before_march_1900_are_doubtful),
	UNIT_TEST(errors_of_excel_are_no_values), UNIT_TEST(formulas_give_their_stored_results),
	UNIT_TEST(merged_cells_have_the_value_of_their_head),
	UNIT_TEST(merged_ranges_must_not_overlap), UNIT_TEST(finds_the_header_below_titles),
	UNIT_TEST(joins_a_header_of_two_rows), UNIT_TEST(a_pinned_header_is_where_it_was_said),
	UNIT_TEST(columns_name_a_sheet_without_header),
	UNIT_TEST(cells_above_the_header_become_fields), UNIT_TEST(chooses_the_sheet),
	UNIT_TEST(reads_other_spellings_of_ooxml), UNIT_TEST(names_what_is_no_workbook),
	UNIT_TEST(refuses_damaged_archives), UNIT_TEST(refuses_hostile_xml),
	UNIT_TEST(refuses_bombs), UNIT_TEST(shared_strings_have_a_maximum),
	UNIT_TEST(a_broken_row_costs_only_itself), UNIT_TEST(rows_must_rise),
	UNIT_TEST(long_cells_and_rows_are_bad_rows), UNIT_TEST(declares_its_memory),
	UNIT_TEST(says_how_likely_a_document_is_xlsx))
