#include "feed.h"

#include "options.h"

#include <iconv.h>

extern const struct gt_format guantong_format_xml;

static const struct gt_str fields[] = {{"no", 2}, {"dept.name", 9}, {"@id", 3}, {"#text", 5}};

static void open_xml(struct feeding *f, struct gt_arena *memory, const char *records)
{
	feeding_start(f, &guantong_format_xml, fields, 4);
	gt_arena_init(memory, 0);
	gt_options_defaults(guantong_format_xml.options, f->self, memory);
	if (records)
		*(struct gt_str *)f->self = gt_cstr(records); /* the first member */
}

static void check_at(const char *records, struct gt_str doc, const char *expected)
{
	struct feeding f;
	struct gt_arena memory;
	open_xml(&f, &memory, records);
	f.numbers = true;
	feed(&f, doc);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	feed_splits(&f, doc, 60);
	feeding_stop(&f);
	gt_arena_fini(&memory);
}

static void check(struct gt_str doc, const char *expected)
{
	check_at("/root/row", doc, expected);
}

START_TEST(reads_elements)
{
	check(GT_LIT("<root><row id='7'><no>1</no><dept><name>车</name></dept></row>\n"
		     "<row><dept/><no>2</no></row><row/></root>\n"),
		"6/1 <row id='7'><no>1</no><dept><name>车</name></dept></row> → t1 t车 t7 -\n"
		"64/2 <row><dept/><no>2</no></row> → t2 - - -\n"
		"92/3 <row/> → - - - t\nend\n");
	check(GT_LIT("<?xml version='1.0'?><!-- x --><root><other><row>no</row></other>"
		     "<row>a<![CDATA[<b>&]]>&amp;&#x8F66;<i>x</i>c</row></root>"),
		"65/1 <row>a<![CDATA[<b>&]]>&amp;&#x8F66;<i>x</i>c</row> → - - - "
		"ta<b>&&车c\nend\n");
	check(GT_LIT("\xEF\xBB\xBF<root><row><no>1</no><no/><no>\"</no></row></root>"),
		"9/1 <row><no>1</no><no/><no>\"</no></row> → j[\"1\",\"\",\"\\\"\"] - - -\nend\n");
	check(GT_LIT("<root><row xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"
		     "<no xsi:nil='true'/></row></root>"),
		"6/1 <row xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"
		"<no xsi:nil='true'/></row> → 0 - - -\nend\n");
	check(GT_LIT("<root>\n</root>"), "end\n");
}
END_TEST

/* Prefixes mean nothing, several containers may have records, any element may be one. */
START_TEST(follows_the_path)
{
	check_at("/Envelope/Body/list/row",
		GT_LIT("<s:Envelope xmlns:s='u'><s:Header><row><no>0</no></row></s:Header><s:Body>"
		       "<a:list xmlns:a='v'><a:row><a:no>1</a:no></a:row></a:list>"
		       "<b:list xmlns:b='w'><row><b:no>2</b:no></row><b:row/></b:list>"
		       "</s:Body></s:Envelope>"),
		"94/1 <a:row><a:no>1</a:no></a:row> → t1 - - -\n"
		"152/2 <row><b:no>2</b:no></row> → t2 - - -\n"
		"177/3 <b:row/> → - - - t\nend\n");
	check_at(NULL, GT_LIT("<r><a><no>1</no></a><b id='2'/></r>"),
		"3/1 <a><no>1</no></a> → t1 - - -\n20/2 <b id='2'/> → - - t2 t\nend\n");
	check_at("x", GT_LIT("<x id='1'><no>2</no></x>\n"),
		"0/1 <x id='1'><no>2</no></x> → t2 - t1 -\nend\n");
	check_at("a/*/c", GT_LIT("<a><b><c><no>1</no></c></b><d><c/></d></a>"),
		"6/1 <c><no>1</no></c> → t1 - - -\n30/2 <c/> → - - - t\nend\n");
}
END_TEST

START_TEST(a_broken_record_costs_only_itself)
{
	check(GT_LIT("<root><row><no>AT&T</no></row><row><no>2</no></row><row><no>3</row >"
		     "<row a=1/></row><row>&nbsp;</row><row><no>4</no></row></root>"),
		"6/1 <row><no>AT&T</no></row> ✗ XML_ROW(13,not well-formed (invalid token))\n"
		"30/2 <row><no>2</no></row> → t2 - - -\n"
		"51/3 <row><no>3</row > ✗ XML_ROW(12,mismatched tag)\n"
		"68/4 <row a=1/></row> ✗ XML_ROW(7,not well-formed (invalid token))\n"
		"84/5 <row>&nbsp;</row> ✗ XML_ROW(5,undefined entity)\n"
		"101/6 <row><no>4</no></row> → t4 - - -\nend\n");
	check(GT_LIT("<root><row>\xFF</row><row><no>1</no></row></root>"),
		"6/1 <row>\xFF</row> ✗ XML_ROW(5,not well-formed (invalid token))\n"
		"18/2 <row><no>1</no></row> → t1 - - -\nend\n");
}
END_TEST

START_TEST(reads_other_charsets)
{
	/* 车 = B3B5, 乗 = 815C (its second byte is a backslash), 亅 = 817C, 𠮷 = 9534B235 */
	check(GT_LIT("<?xml version=\"1.0\" encoding=\"GB2312\"?><root><row><no>\xB3\xB5\x81\x7C"
		     "\x95\x34\xB2\x35</no></row><row><no>\xFF</no></row><row "
		     "id='\xB3\xB5'/></root>"),
		"45/1 <row><no>\xB3\xB5\x81\x7C\x95\x34\xB2\x35</no></row> → t车亅𠮷 - - -\n"
		"73/2 <row><no>\xFF</no></row> ✗ XML_ROW(9,not well-formed (invalid token))\n"
		"94/3 <row id='\xB3\xB5'/> → - - t车 t\nend\n");
	char doc[512];
	for (int big = 0; big < 4; big++) {
		static const char text[] = "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-16'?>"
					   "<root><row><no>车𠮷</no></row><row/></root>";
		char *in = (char *)(uintptr_t)text + (big < 2 ? 0 : 3), *out = doc;
		size_t left = strlen(in), room = sizeof doc;
		iconv_t to = iconv_open(big % 2 ? "UTF-16BE" : "UTF-16LE", "UTF-8");
		ck_assert_uint_eq(iconv(to, &in, &left, &out, &room), 0);
		iconv_close(to);
		struct feeding f;
		struct gt_arena memory;
		open_xml(&f, &memory, "/root/row");
		feed(&f, gt_str(doc, sizeof doc - room));
		ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), " → t车𠮷 - - -\n"));
		ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), " → - - - t\nend\n"));
		ck_assert_str_eq(
			gt_buf_cstr(&f.place), big % 2 ? "xml UTF-16BE " : "xml UTF-16LE ");
		feed_splits(&f, gt_str(doc, sizeof doc - room), 30);
		feeding_stop(&f);
		gt_arena_fini(&memory);
	}
}
END_TEST

START_TEST(refuses_what_it_must)
{
	static const struct {
		const char *records;
		const char *doc, *expected;
	} cases[] = {
		{"/root/row", "", "broken XML_BROKEN(0)\n"},
		{"/root/row", "{\"a\":1}", "broken XML_BROKEN(0)\n"},
		{"/root/row", "<root><row/>", "6 <row/> → - - - t\nbroken XML_BROKEN(12)\n"},
		{"/root/row", "<root></toor>", "broken XML_BROKEN(8)\n"},
		{"/root/list/row", "<root><row/></root>",
			"broken XML_NO_RECORDS(/root/list/row)\n"},
		{"/root/row", "<!DOCTYPE r [<!ENTITY a 'x'>]><root><row>&a;</row></root>",
			"broken XML_DOCTYPE()\n"},
		{"/root/row", "<?xml version='1.0' encoding='Big5'?><root/>",
			"begin ✗ XML_CHARSET(Big5)\n"},
		{"//row", "<root/>", "begin ✗ XML_PATH(//row)\n"},
		{"", "<root/>", "begin ✗ XML_PATH()\n"},
		{"/Envelope/Body/row",
			"<e:Envelope xmlns:e='u'><e:Body><e:Fault><faultcode>Server</faultcode>"
			"<faultstring>超时 &amp; "
			"失败</faultstring></e:Fault></e:Body></e:Envelope>",
			"broken XML_FAULT(超时 & 失败)\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct feeding f;
		struct gt_arena memory;
		open_xml(&f, &memory, cases[i].records);
		feed(&f, gt_cstr(cases[i].doc));
		ck_assert_msg(strcmp(gt_buf_cstr(&f.out), cases[i].expected) == 0, "case %zu: %s",
			i, gt_buf_cstr(&f.out));
		feeding_stop(&f);
		gt_arena_fini(&memory);
	}
}
END_TEST

START_TEST(limits_depth)
{
	char doc[4096] = "<root><row>";
	for (int i = 0; i < 63; i++)
		strcat(doc, "<a>");
	for (int i = 0; i < 63; i++)
		strcat(doc, "</a>");
	strcat(doc, "</row><row><no>1</no></row></root>");
	struct feeding f;
	struct gt_arena memory;
	open_xml(&f, &memory, "/root/row");
	feed(&f, gt_cstr(doc));
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), " ✗ XML_DEPTH(64,)\n"));
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&f.out), "<row><no>1</no></row> → t1 - - -\nend\n"));
	feeding_stop(&f);
	gt_arena_fini(&memory);
}
END_TEST

/* More than the 64 KiB of the head before the first record, so that a resumed instance has not seen
 * how its ancestors are written. */
START_TEST(resumes_behind_a_long_head)
{
	static char doc[400000];
	size_t n = (size_t)sprintf(doc, "<p:root xmlns:p='u'><!--%0*d--><p:group>", 70000, 0);
	for (int i = 0; i < 1500; i++)
		n += (size_t)sprintf(doc + n, "%s<p:row><no>%d</no></p:row>\n",
			i == 900 ? "</p:group><q:group xmlns:q='u'>" : "", i);
	n += (size_t)sprintf(doc + n, "</q:group></p:root>");
	struct feeding f;
	struct gt_arena memory;
	open_xml(&f, &memory, "root/group/row");
	f.max_piece = 20000;
	feed_splits(&f, gt_str(doc, n), 4);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&f.out), "→ t1499 - - -\nend\n"));
	feeding_stop(&f);
	gt_arena_fini(&memory);
}
END_TEST

/* 0: in one text, 1: in many elements. */
START_TEST(a_record_that_is_too_long_is_kept_in_part)
{
	size_t big = GT_RECORD_MAX + 500, n = big + 200;
	char *doc = malloc(n), expected[512];
	size_t at = (size_t)sprintf(doc, "<root><row/><row>");
	memset(doc + at, 'x', big);
	for (size_t i = 0; _i == 1 && i + 12 <= big; i += 12)
		memcpy(doc + at + i, "<no>12</no>\n", 12);
	strcpy(doc + at + big, "</row><row><no>1</no></row></root>");
	struct feeding f;
	struct gt_arena memory;
	open_xml(&f, &memory, "/root/row");
	f.numbers = true;
	feed(&f, gt_cstr(doc));
	snprintf(expected, sizeof expected,
		"6/1 <row/> → - - - t\n12/2 %.100s …65536 of %zu ✗ ROW_LARGE(1048576,)\n"
		"%zu/3 <row><no>1</no></row> → t1 - - -\nend\n",
		doc + 12, big + 11, at + big + 6);
	ck_assert_str_eq(gt_buf_cstr(&f.out), expected);
	f.max_piece = 150000;
	feed_splits(&f, gt_cstr(doc), 8);
	feeding_stop(&f);
	gt_arena_fini(&memory);
	free(doc);
}
END_TEST

START_TEST(says_how_likely_a_document_is_xml)
{
	int (*sniff)(struct gt_str, struct gt_str) = guantong_format_xml.sniff;
	ck_assert_int_eq(sniff(GT_LIT("\xEF\xBB\xBF <?xml version='1.0'?>"), GT_LIT("")), 70);
	ck_assert_int_eq(sniff(GT_LIT("<rows><row/></rows>"), GT_LIT("a.XML")), 90);
	ck_assert_int_eq(sniff(GT_LIT("< 5"), GT_LIT("a.xml")), 0);
	ck_assert_int_eq(sniff(GT_LIT("a,b"), GT_LIT("a.xml")), 0);
	ck_assert_int_eq(sniff(GT_LIT("<"), GT_LIT("a.xml")), 0);
}
END_TEST

UNIT_MAIN("formats/xml", UNIT_TEST(reads_elements), UNIT_TEST(follows_the_path),
	UNIT_TEST(a_broken_record_costs_only_itself), UNIT_TEST(reads_other_charsets),
	UNIT_TEST(refuses_what_it_must), UNIT_TEST(limits_depth),
	UNIT_TEST(resumes_behind_a_long_head),
	UNIT_LOOP(a_record_that_is_too_long_is_kept_in_part, 2),
	UNIT_TEST(says_how_likely_a_document_is_xml))
