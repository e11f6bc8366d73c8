/* fuzz_xlsx.c: workbooks. The input is either an archive, or (first byte even) the XML of one
 * sheet, shared strings behind a zero byte, which an archive is made around: so the fuzzer need not
 * guess checksums. Whatever comes out is UTF-8, and the same in one batch as in many with resuming.
 */
#include "fuzz_seek.h"

#include "formats/workbook.h"

extern const struct gt_format guantong_format_xlsx;

static struct gt_str archive(struct workbook *w, struct gt_str in)
{
	const char *cut = in.n > 0 ? memchr(in.p, 0, in.n) : NULL;
	size_t sheet = cut ? (size_t)(cut - in.p) : in.n, behind = cut ? sheet + 1 : in.n;
	workbook_start(w);
	w->level = 0;
	workbook_part(w, "_rels/.rels",
		BOOK_RELS BOOK_RELATION("r1", "officeDocument", "xl/b.xml") "</Relationships>");
	workbook_part(w, "xl/b.xml", BOOK("", BOOK_SHEET("s", "1", "")));
	workbook_part(w, "xl/_rels/b.xml.rels",
		BOOK_RELS BOOK_RELATION("rId1", "worksheet", "s.xml") BOOK_RELATION("r2", "styles",
			"t.xml") BOOK_RELATION("r3", "sharedStrings", "u.xml") "</Relationships>");
	workbook_part(w, "xl/t.xml",
		"<styleSheet><numFmts><numFmt numFmtId=\"200\" "
		"formatCode=\"[h]:mm:ss.0\"/></numFmts>"
		"<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/>"
		"<xf numFmtId=\"200\"/></cellXfs></styleSheet>");
	workbook_bytes(w, "xl/s.xml", in.p, sheet);
	if (behind < in.n)
		workbook_bytes(w, "xl/u.xml", in.p + behind, in.n - behind);
	return workbook_done(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workbook w = {0};
	if (size < 1)
		return 0;
	struct gt_str in = gt_str((const char *)data + 1, size - 1);
	fuzz_seek(&guantong_format_xlsx, data[0] & 1 ? in : archive(&w, in));
	if (!(data[0] & 1))
		workbook_free(&w);
	return 0;
}
