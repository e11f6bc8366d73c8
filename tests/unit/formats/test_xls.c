#include "seek.h"
#include "workbook.h"

#include <fcntl.h>
#include <guantong/charset.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct gt_format guantong_format_xls;

static const struct gt_str fields[] = {{"ID", 2}, {"V", 1}};
static struct seeking s;

static void check(struct gt_str doc, const char *expected)
{
	seek_start(&s, &guantong_format_xls, fields, 2);
	seek_feed(&s, doc);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), expected);
	seek_splits(&s, doc, 16);
	seek_stop(&s);
}
#define check_text(text, expected) check(GT_LIT(text), expected)

/* ---- pages ---- */

START_TEST(reads_tables_of_pages)
{
	check_text("<html><head><meta charset=utf-8><style>td{x:\"<table>\"}</style></head><body>"
		   "<TABLE border=1><tr><td colspan=2>台账</td></tr>"
		   "<tr><th>ID</th><th>&nbsp;V </th></tr>"
		   "<tr><td> 公务\n 用车&nbsp;</td><td x:num>1,234.5</td></tr>"
		   "<tr><td>a&lt;b&amp;&#20013;&#x4E2D;&unknown;&#0;<td>x<br>y<br></tr>"
		   "<tr><td></td><td>=\"007\"</td><!-- <td>no</td> --></tr>"
		   "<tr><td>1 < 2<td>\"</table></body></html>",
		"3/1 {\"ID\":\"公务 用车\",\"V\":\"1,234.5\"} → t公务 用车 t1,234.5\n"
		"4/2 {\"ID\":\"a<b&中中&unknown;&#0;\",\"V\":\"x\\u000ay\"} → t"
		"a<b&中中&unknown;&#0; tx\ny\n"
		"5/3 {\"V\":\"007\"} → - t007\n"
		"6/4 {\"ID\":\"1 < 2\",\"V\":\"\\\"\"} → t1 < 2 t\"\nend\n");
}
END_TEST

START_TEST(spans_of_pages_are_merged_cells)
{
	check_text("<table><tr><td rowspan='2'>ID</td><td colspan=\"2\">W</td></tr>"
		   "<tr><td>甲</td><td>乙</td></tr>"
		   "<tr><td rowspan=2>1</td><td>2</td><td>3</td></tr>"
		   "<tr><td>4</td><td>5</td></tr>"
		   "<tr><td colspan=0>6</td><td colspan=99999999999>7</td></tr></table>",
		"3/1 {\"ID\":\"1\",\"W.甲\":\"2\",\"W.乙\":\"3\"} → t1 -\n"
		"4/2 {\"ID\":\"1\",\"W.甲\":\"4\",\"W.乙\":\"5\"} → t1 -\n"
		"5/3 {\"ID\":\"6\",\"W.甲\":\"7\",\"W.乙\":\"7\"} → t6 -\nend\n");
}
END_TEST

/* Layout tables around the one that is meant. */
START_TEST(tables_within_tables_are_read_by_themselves)
{
	static const char page[] =
		"<table><tr><td>menu</td><td><table><tr><td>ID</td></tr><tr><td>1</td></tr>"
		"</table></td></tr></table><table><tr><td>foot</table>";
	check(gt_cstr(page), "2/1 {\"ID\":\"1\"} → t1 -\nend\n");
	seek_start(&s, &guantong_format_xls, fields, 2);
	seek_option(&s, "sheet", "3");
	seek_feed(&s, gt_cstr(page));
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ SHEET_NO_FIELD(3,[\"foot\"])\n");
	seek_stop(&s);
}
END_TEST

START_TEST(pages_of_other_charsets)
{
	static const char gb[] = "<meta charset=gb2312><table><tr><td>ID<td>\xC3\xFB</tr>"
				 "<tr><td>\xB9\xAB\xCE\xF1<td>1</table>";
	static const char utf16[] = "\xFF\xFEI\0D\0\t\0V\0\r\0\n\0-N\t\0001\0\n\0";
	check(gt_str(gb, sizeof gb - 1), "2/1 {\"ID\":\"公务\",\"名\":\"1\"} → t公务 -\nend\n");
	check(gt_str(utf16, sizeof utf16 - 1), "2/1 {\"ID\":\"中\",\"V\":\"1\"} → t中 t1\nend\n");
	check_text("<table><tr><td>\xFF\xFF</table>", "open ✗ CSV_CHARSET(,)\n");
}
END_TEST

START_TEST(reads_text)
{
	check_text("title\tx\nID\tV\r\n1\t\"a \"\"b\"\"\tc\nd\"\n\n2\n=\"003\"\t 4 \r\n",
		"3/1 {\"ID\":\"1\",\"V\":\"a \\\"b\\\"\\u0009c\\u000ad\"} → t1 ta \"b\"\tc\nd\n"
		"5/2 {\"ID\":\"2\"} → t2 -\n6/3 {\"ID\":\"003\",\"V\":\" 4\"} → t003 t 4\nend\n");
	check_text("ID,V\n1,2", "2/1 {\"ID\":\"1\",\"V\":\"2\"} → t1 t2\nend\n");
}
END_TEST

START_TEST(names_what_has_no_table)
{
	check_text("", "open ✗ XLS_UNKNOWN(,)\n");
	check_text("no table", "open ✗ XLS_UNKNOWN(,)\n");
	check_text("a\0b\tc", "open ✗ XLS_UNKNOWN(,)\n");
	check_text("<html>login</html>", "open ✗ XLS_NO_TABLE(,)\n");
	check_text("<table></table>", "open ✗ SHEET_EMPTY(,)\n");
	check_text("\x09\x08\x10\0\0\5", "open ✗ XLS_OLD(,)\n"); /* BIFF5 without a container */
}
END_TEST

static bool few(void *arg, size_t bytes)
{
	(void)arg;
	return bytes < 1000000;
}

START_TEST(what_is_held_in_memory_has_a_maximum)
{
	struct gt_buf page;
	gt_buf_init(&page, 128u << 20);
	gt_buf_adds(&page, "<table><tr><td>ID");
	for (int i = 0; i < 400000; i++)
		gt_buf_adds(&page, "<tr><td>x");
	seek_start(&s, &guantong_format_xls, fields, 2);
	s.f.host.memory = few;
	seek_feed(&s, gt_buf_str(&page));
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out), "open ✗ MEMORY_BUDGET("));
	s.f.host.memory = NULL;
	for (int i = 0; i < 1030; i++)
		gt_buf_adds(&page, "<table><tr><td>x</table>");
	gt_buf_clear(&s.f.out);
	seek_feed(&s, gt_buf_str(&page));
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&s.f.out), "400001/400000 {\"ID\":\"x\"}"));
	/* Too many cells; too many bytes. */
	while (page.n < 49u << 20)
		gt_buf_adds(&page, "<tr><td>a<td>a<td>a<td>a<td>a<td>a<td>a<td>a");
	gt_buf_clear(&s.f.out);
	seek_feed(&s, gt_buf_str(&page));
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ XLS_LARGE(4194304,)\n");
	while (page.n <= 64u << 20)
		gt_buf_adds(
			&page, "                                                              ");
	gt_buf_clear(&s.f.out);
	seek_feed(&s, gt_buf_str(&page));
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ XLS_LARGE(67108864,)\n");
	seek_stop(&s);
	gt_buf_fini(&page);
}
END_TEST

/* ---- XML of Excel 2003 ---- */

#define XML_BOOK(inside)                                                                           \
	"<?xml version=\"1.0\" encoding=\"GB2312\"?><?mso-application progid=\"Excel.Sheet\"?>"    \
	"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" "                        \
	"xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">" inside "</Workbook>"
#define DATA(type, text) "<Cell><Data ss:Type=\"" type "\">" text "</Data></Cell>"

START_TEST(reads_xml_spreadsheets)
{
	check_text(
		XML_BOOK("<Worksheet ss:Name=\"隐\"><Table><Row>" DATA("String",
			"ID") "</Row>"
			      "<Row>" DATA("String",
				      "no") "</Row></Table><WorksheetOptions><Visible>"
					    "SheetHidden</Visible></WorksheetOptions></Worksheet>"
					    "<Worksheet ss:Name=\"S\"><Table>"
					    "<Row><Cell ss:MergeAcross=\"1\"><Data "
					    "ss:Type=\"String\">台账</Data></Cell>"
					    "</Row><Row>" DATA("String", "ID") DATA("String",
						    "V") "</Row>"
							 "<Row ss:Index=\"5\"><Cell "
							 "ss:MergeDown=\"1\"><Data "
							 "ss:Type=\"Number\">"
							 "1.7000000000000002</Data></Cell>" DATA(
								 "Boolean",
								 "1") "</Row>"
								      "<Row><Cell "
								      "ss:Index=\"2\"><Data "
								      "ss:Type=\"DateTime\">"
								      "2024-03-05T18:00:00.000</"
								      "Data><Comment><ss:Data "
								      "ss:Type=\"String\">"
								      "note</ss:Data></Comment></"
								      "Cell></Row>"
								      "<Row>" DATA("DateTime",
									      "2024-03-05T00:00:00."
									      "000") DATA("DateTim"
											  "e",
									      "1899-12-31T18:53:19."
									      "000") "</Row>"
										     "<Row>" DATA(
											     "Erro"
											     "r",
											     "#REF"
											     "!") DATA("Error",
											     "#N/A") "</Row>"
												     "<Row>" DATA(
													     "Number",
													     "320106000001234567") "</Row>"
																   "</Table></Worksheet>"),
		"5/1 {\"ID\":1.7,\"V\":true} → #1.7 b1\n"
		"6/2 {\"ID\":1.7,\"V\":\"2024-03-05 18:00:00\"} → #1.7 t2024-03-05 18:00:00\n"
		"7/3 {\"ID\":\"2024-03-05\",\"V\":\"18:53:19\"} → t2024-03-05 t18:53:19\n"
		"8/4 {\"ID\":\"#REF!\",\"V\":\"#N/A\"} → !t#REF! t#N/A\n"
		"9/5 {\"ID\":320106000001234570} → !#320106000001234570 -\nend\n");
}
END_TEST

START_TEST(refuses_hostile_xml)
{
	check_text(XML_BOOK("<Worksheet><Table><Row ss:Index=\"2\"/><Row ss:Index=\"1\"/>"
			    "</Table></Worksheet>"),
		"open ✗ SHEET_ROW_ORDER(2,1)\n");
	check_text(XML_BOOK("<Worksheet><Table><Row><Cell ss:Index=\"2\"/><Cell ss:Index=\"1\"/>"
			    "</Row></Table></Worksheet>"),
		"open ✗ SHEET_CELL_BAD(C1,1)\n");
	check_text(XML_BOOK("<Worksheet>"), "open ✗ XLSX_XML(XML,1)\n");
	check_text(XML_BOOK(""), "open ✗ SHEET_EMPTY(,)\n");
	check_text("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><Workbook "
		   "xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>",
		"open ✗ XLSX_DOCTYPE(XML,)\n");
}
END_TEST

/* ---- workbooks ---- */

START_TEST(reads_workbooks_of_today)
{
	struct workbook w;
	workbook_start(&w);
	check(workbook_one(&w, "", NULL, NULL,
		      SHEET("<row><c t=\"str\"><v>ID</v></c></row><row><c><v>5</v></c></row>")),
		"2/1 {\"ID\":5} → #5 -\nend\n");
	workbook_free(&w);
}
END_TEST

START_TEST(names_workbooks_that_it_does_not_read)
{
	char ole[2048] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	check(gt_str(ole, sizeof ole), "open ✗ XLS_DAMAGED(-11,)\n");
	memcpy(ole + 640, "B\0o\0o\0k", 8);
	check(gt_str(ole, sizeof ole), "open ✗ XLS_OLD(,)\n");
	for (size_t i = 0; i < 16; i++)
		ole[640 + 2 * i] = "EncryptedPackage"[i];
	check(gt_str(ole, sizeof ole), "open ✗ XLS_PASSWORD(,)\n");
}
END_TEST

/* Without descriptors there is no file in memory: a matter of this moment, not of the document. */
START_TEST(needs_a_file_in_memory)
{
	static const char ole[1024] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	struct rlimit was, none;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){1, was.rlim_max};
	seek_start(&s, &guantong_format_xls, fields, 2);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	seek_feed(&s, gt_str(ole, sizeof ole));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	ck_assert_str_eq(gt_buf_cstr(&s.f.out), "open ✗ XLS_MEMORY_FILE(Too many open files,)\n");
	seek_stop(&s);
}
END_TEST

static struct gt_str read_file(const char *name)
{
	char path[1024];
	const char *root = getenv("GT_SOURCE_ROOT");
	snprintf(path, sizeof path, "%s/tests/unit/formats/data/%s", root ? root : ".", name);
	FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	char *bytes = malloc(1u << 20);
	size_t n = fread(bytes, 1, 1u << 20, file);
	fclose(file);
	return gt_str(bytes, n);
}

/* Written by another library: text, numbers, dates by format, merged cells that freexl hides. */
START_TEST(reads_excel_97)
{
	struct gt_str doc = read_file("biff8.xls");
	check(doc, "3/1 {\"ID\":\"甲\",\"V\":341.7,\"日期\":\"2024-03-05\"} → t甲 #341.7\n"
		   "4/2 {\"ID\":320106000001234620,\"V\":5,\"日期\":\"2024-03-05 18:00:00\"} → "
		   "!#320106000001234620 #5\nend\n");
	free((char *)(uintptr_t)doc.p);
}
END_TEST

/* freexl reads beyond its memory on damaged workbooks, which is why it runs in a child process:
 * here too. A mutation may kill the child; it must never hang it. */
START_TEST(mutated_workbooks_cost_only_their_process)
{
	struct gt_str doc = read_file("biff8.xls");
	char *bytes = (char *)(uintptr_t)doc.p;
	unsigned seed = 20240327;
	int read = 0;
	for (int round = 0; round < 60; round++) {
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			int null = open("/dev/null", O_WRONLY);
			dup2(null, STDERR_FILENO);
			alarm(60);
			seed += (unsigned)round;
			for (int i = 0; i < 1 + round / 4; i++)
				bytes[rand_r(&seed) % doc.n] = (char)rand_r(&seed);
			seek_start(&s, &guantong_format_xls, fields, 2);
			seek_feed(&s, doc);
			_exit(0);
		}
		int status;
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(!WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM);
		read += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	ck_assert_int_gt(read, 0); /* most go well: that is the format's own part */
	free(bytes);
}
END_TEST

/* ---- all sheets ---- */

static bool tell(void *arg, const struct gt_sheet *sheet)
{
	struct gt_buf *out = arg;
	gt_buf_addf(out, "%.*s:", GT_STR_ARGS(sheet->name));
	for (size_t i = 0; i < sheet->column_count; i++)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(sheet->columns[i]));
	gt_buf_addf(out, " | %.*s", GT_STR_ARGS(sheet->sample));
	ck_assert_uint_eq(sheet->select_count, 1);
	ck_assert(gt_str_eq(sheet->select[0].key, GT_LIT("sheet")));
	ck_assert(gt_str_eq(sheet->select[0].value, sheet->name));
	return out->n < 60;
}

START_TEST(lists_its_sheets)
{
	struct gt_buf out;
	struct gt_err err;
	gt_buf_init(&out, 65536);
	seek_start(&s, &guantong_format_xls, fields, 2);
	s.doc = GT_LIT("<table><tr><td>t<tr><td>A<td>B<tr><td>1<td>2</table><table></table>"
		       "<table><tr><td>C<tr><td>3</table><table><tr><td>too many</table>");
	s.bytes = (struct gt_seekable){&s, s.doc.n, seek_read};
	seek_option(&s, "sheet", "9"); /* means nothing here */
	ck_assert(guantong_format_xls.sheets(s.f.self, &s.f.host, &s.bytes, tell, &out, &err));
	ck_assert_str_eq(gt_buf_cstr(&out), "1: A B | t\nA\tB\n1\t2\n2: | 3: C | C\n3\n4: too "
					    "many | too many\n");
	s.doc = GT_LIT("nothing");
	s.bytes.size = s.doc.n;
	ck_assert(!guantong_format_xls.sheets(s.f.self, &s.f.host, &s.bytes, tell, &out, &err));
	ck_assert_int_eq(err.code, GT_E_XLS_UNKNOWN);
	seek_stop(&s);
	gt_buf_fini(&out);
}
END_TEST

START_TEST(says_how_likely_a_document_is_xls)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_xls.sniff;
	ck_assert_int_eq(sniff(GT_LIT("\xD0\xCF\x11\xE0"), GT_LIT("a.xls")), 97);
	ck_assert_int_lt(sniff(GT_LIT("\xD0\xCF\x11\xE0"), GT_LIT("a.doc")), 70);
	ck_assert_int_eq(sniff(GT_LIT("<html><table><tr>"), GT_LIT("a.xls")), 96);
	ck_assert_int_eq(sniff(GT_LIT("<a><table/></a>"), GT_LIT("")), 80);
	ck_assert_int_eq(sniff(GT_LIT("a\tb\n"), GT_LIT("a.XLS")), 85);
	ck_assert_int_eq(sniff(GT_LIT("a\tb\n"), GT_LIT("a.csv")), 0);
	ck_assert_int_eq(sniff(GT_LIT("PK\3\4"), GT_LIT("a.zip")), 0);
}
END_TEST

UNIT_MAIN("formats/xls", UNIT_TEST(reads_tables_of_pages),
	UNIT_TEST(spans_of_pages_are_merged_cells),
	UNIT_TEST(tables_within_tables_are_read_by_themselves), UNIT_TEST(pages_of_other_charsets),
	UNIT_TEST(reads_text), UNIT_TEST(names_what_has_no_table),
	UNIT_TEST(what_is_held_in_memory_has_a_maximum), UNIT_TEST(reads_xml_spreadsheets),
	UNIT_TEST(refuses_hostile_xml), UNIT_TEST(reads_workbooks_of_today),
	UNIT_TEST(names_workbooks_that_it_does_not_read), UNIT_TEST(needs_a_file_in_memory),
	UNIT_TEST(reads_excel_97), UNIT_TEST(mutated_workbooks_cost_only_their_process),
	UNIT_TEST(lists_its_sheets), UNIT_TEST(says_how_likely_a_document_is_xls))
