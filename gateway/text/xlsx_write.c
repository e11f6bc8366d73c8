/* xlsx_write.c: see xlsx_write.h. The parts are made as text in memory, then zipped beside the
 * target and renamed over it. */
#include "xlsx_write.h"

#include "buf.h"
#include "gt_assert.h"
#include "io.h"

#include <errno.h>
#include <minizip/zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PART_MAX 65536u
#define ROWS_WITH_CHOICES 10000 /* rows that the lists of choices are offered in */

struct sheet {
	char name[128];
	struct gt_buf rows, merged, choices;
	size_t row_count, merged_count, choice_count;
};

struct gt_xlsx {
	struct sheet sheets[GT_XLSX_SHEETS_MAX];
	size_t n;
};

struct gt_xlsx *gt_xlsx_new(void)
{
	struct gt_xlsx *book = calloc(1, sizeof(*book));

	GT_ASSERT(book);
	return book;
}

void gt_xlsx_free(struct gt_xlsx *book)
{
	for (size_t i = 0; book && i < book->n; i++) {
		gt_buf_fini(&book->sheets[i].rows);
		gt_buf_fini(&book->sheets[i].merged);
		gt_buf_fini(&book->sheets[i].choices);
	}
	free(book);
}

/* Characters that XML 1.0 does not have are left out. */
static void put_xml(struct gt_buf *out, struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '&')
			gt_buf_adds(out, "&amp;");
		else if (c == '<')
			gt_buf_adds(out, "&lt;");
		else if (c == '>')
			gt_buf_adds(out, "&gt;");
		else if (c == '"')
			gt_buf_adds(out, "&quot;");
		else if ((unsigned char)c >= 0x20 || c == '\t' || c == '\n' || c == '\r')
			gt_buf_add(out, gt_str(&c, 1));
	}
}

void gt_xlsx_sheet(struct gt_xlsx *book, const char *name)
{
	struct sheet *sheet;

	GT_ASSERT(book->n < GT_XLSX_SHEETS_MAX);
	sheet = &book->sheets[book->n++];
	gt_text(sheet->name, sizeof(sheet->name), "%s", name);
	gt_buf_init(&sheet->rows, GT_XLSX_SHEET_BYTES);
	gt_buf_init(&sheet->merged, PART_MAX);
	gt_buf_init(&sheet->choices, GT_XLSX_SHEET_BYTES);
}

const char *gt_xlsx_column(size_t column, char out[8])
{
	char letters[8];
	size_t n = 0;

	for (column++; column > 0; column = (column - 1) / 26)
		letters[n++] = (char)('A' + (column - 1) % 26);
	for (size_t i = 0; i < n; i++)
		out[i] = letters[n - 1 - i];
	out[n] = '\0';
	return out;
}

void gt_xlsx_row(struct gt_xlsx *book, const struct gt_str *cells, size_t n,
	const enum gt_xlsx_style *styles)
{
	struct sheet *sheet = &book->sheets[book->n - 1];
	size_t row = ++sheet->row_count;
	char column[8];

	gt_buf_addf(&sheet->rows, "<row r=\"%zu\">", row);
	for (size_t i = 0; i < n; i++) {
		if (!cells[i].n)
			continue;
		gt_buf_addf(&sheet->rows,
			"<c r=\"%s%zu\" s=\"%d\" t=\"inlineStr\"><is><t xml:space=\"preserve\">",
			gt_xlsx_column(i, column), row, styles ? (int)styles[i] : 0);
		put_xml(&sheet->rows, cells[i]);
		gt_buf_adds(&sheet->rows, "</t></is></c>");
	}
	gt_buf_adds(&sheet->rows, "</row>");
}

void gt_xlsx_merge(struct gt_xlsx *book, const char *range)
{
	struct sheet *sheet = &book->sheets[book->n - 1];

	gt_buf_addf(&sheet->merged, "<mergeCell ref=\"%s\"/>", range);
	sheet->merged_count++;
}

void gt_xlsx_choice(struct gt_xlsx *book, size_t column, const char *range)
{
	struct sheet *sheet = &book->sheets[book->n - 1];
	char letters[8];

	gt_xlsx_column(column, letters);
	gt_buf_addf(&sheet->choices,
		"<dataValidation type=\"list\" allowBlank=\"1\" showErrorMessage=\"1\" "
		"sqref=\"%s2:%s%d\"><formula1>",
		letters, letters, ROWS_WITH_CHOICES);
	put_xml(&sheet->choices, gt_cstr(range));
	gt_buf_adds(&sheet->choices, "</formula1></dataValidation>");
	sheet->choice_count++;
}

/* Parts */

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define CONTENT "application/vnd.openxmlformats-officedocument.spreadsheetml."

/* Plain, heading, required heading; all as text (format 49), so that codes keep their zeros. */
static const char styles_part[] = XML
	"<styleSheet xmlns=\"" MAIN "\"><fonts count=\"2\"><font><sz val=\"11\"/></font><font><b/>"
	"<sz val=\"11\"/></font></fonts><fills count=\"3\"><fill><patternFill "
	"patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill><fill>"
	"<patternFill patternType=\"solid\"><fgColor "
	"rgb=\"FFFFE699\"/></patternFill></fill></fills>"
	"<borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
	"<cellXfs count=\"3\"><xf numFmtId=\"49\" applyNumberFormat=\"1\"/><xf numFmtId=\"49\" "
	"fontId=\"1\" applyFont=\"1\" applyNumberFormat=\"1\"/><xf numFmtId=\"49\" fontId=\"1\" "
	"fillId=\"2\" applyFont=\"1\" applyFill=\"1\" "
	"applyNumberFormat=\"1\"/></cellXfs>"
	"<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
	"builtinId=\"0\"/></cellStyles>"
	"</styleSheet>";

static void put_types(const struct gt_xlsx *book, struct gt_buf *out)
{
	gt_buf_adds(out, XML "<Types xmlns=\"" PACKAGE
			     "content-types\"><Default Extension=\"rels\" ContentType=\""
			     "application/vnd.openxmlformats-package.relationships+xml\"/><Default "
			     "Extension=\"xml\" ContentType=\"application/xml\"/><Override "
			     "PartName=\"/xl/workbook.xml\" ContentType=\"" CONTENT
			     "sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" "
			     "ContentType=\"" CONTENT "styles+xml\"/>");
	for (size_t i = 1; i <= book->n; i++)
		gt_buf_addf(out,
			"<Override PartName=\"/xl/worksheets/sheet%zu.xml\" ContentType=\"" CONTENT
			"worksheet+xml\"/>",
			i);
	gt_buf_adds(out, "</Types>");
}

static void put_workbook(const struct gt_xlsx *book, struct gt_buf *out)
{
	gt_buf_adds(out, XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE "\"><sheets>");
	for (size_t i = 0; i < book->n; i++) {
		gt_buf_adds(out, "<sheet name=\"");
		put_xml(out, gt_cstr(book->sheets[i].name));
		gt_buf_addf(out, "\" sheetId=\"%zu\" r:id=\"rId%zu\"/>", i + 1, i + 1);
	}
	gt_buf_adds(out, "</sheets></workbook>");
}

static void put_workbook_links(const struct gt_xlsx *book, struct gt_buf *out)
{
	gt_buf_adds(out, XML "<Relationships xmlns=\"" PACKAGE "relationships\">");
	for (size_t i = 1; i <= book->n; i++)
		gt_buf_addf(out,
			"<Relationship Id=\"rId%zu\" Type=\"" OFFICE
			"/worksheet\" Target=\"worksheets/sheet%zu.xml\"/>",
			i, i);
	gt_buf_addf(out,
		"<Relationship Id=\"rId%zu\" Type=\"" OFFICE
		"/styles\" Target=\"styles.xml\"/></Relationships>",
		book->n + 1);
}

static void put_links(const struct gt_xlsx *book, struct gt_buf *out)
{
	(void)book;
	gt_buf_adds(out, XML "<Relationships xmlns=\"" PACKAGE
			     "relationships\"><Relationship Id=\"rId1\" Type=\"" OFFICE
			     "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
}

static void put_styles(const struct gt_xlsx *book, struct gt_buf *out)
{
	(void)book;
	gt_buf_adds(out, styles_part);
}

static void put_sheet(const struct sheet *sheet, struct gt_buf *out)
{
	gt_buf_adds(out, XML "<worksheet xmlns=\"" MAIN "\"><sheetData>");
	gt_buf_add(out, gt_buf_str(&sheet->rows));
	gt_buf_adds(out, "</sheetData>");
	if (sheet->merged_count) {
		gt_buf_addf(out, "<mergeCells count=\"%zu\">", sheet->merged_count);
		gt_buf_add(out, gt_buf_str(&sheet->merged));
		gt_buf_adds(out, "</mergeCells>");
	}
	if (sheet->choice_count) {
		gt_buf_addf(out, "<dataValidations count=\"%zu\">", sheet->choice_count);
		gt_buf_add(out, gt_buf_str(&sheet->choices));
		gt_buf_adds(out, "</dataValidations>");
	}
	gt_buf_adds(out, "</worksheet>");
}

static bool add_part(zipFile zip, const char *name, const struct gt_buf *part)
{
	zip_fileinfo info = {.tmz_date = {.tm_year = 2000, .tm_mday = 1}};

	return !part->full &&
	       zipOpenNewFileInZip(zip, name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED,
		       Z_DEFAULT_COMPRESSION) == ZIP_OK &&
	       zipWriteInFileInZip(zip, part->p, (unsigned)part->n) == ZIP_OK &&
	       zipCloseFileInZip(zip) == ZIP_OK;
}

static bool add_all(zipFile zip, const struct gt_xlsx *book)
{
	static const struct {
		const char *name;
		void (*put)(const struct gt_xlsx *book, struct gt_buf *out);
	} parts[] = {{"[Content_Types].xml", put_types}, {"_rels/.rels", put_links},
		{"xl/workbook.xml", put_workbook},
		{"xl/_rels/workbook.xml.rels", put_workbook_links}, {"xl/styles.xml", put_styles}};
	struct gt_buf part;
	bool ok = true;

	gt_buf_init(&part, 2 * GT_XLSX_SHEET_BYTES + 2 * PART_MAX);
	for (size_t i = 0; ok && i < sizeof(parts) / sizeof(*parts); i++) {
		gt_buf_clear(&part);
		parts[i].put(book, &part);
		ok = add_part(zip, parts[i].name, &part);
	}
	for (size_t i = 0; ok && i < book->n; i++) {
		char name[64];
		gt_buf_clear(&part);
		put_sheet(&book->sheets[i], &part);
		ok = !book->sheets[i].rows.full && !book->sheets[i].merged.full &&
		     !book->sheets[i].choices.full &&
		     add_part(zip, gt_text(name, sizeof(name), "xl/worksheets/sheet%zu.xml", i + 1),
			     &part);
	}
	gt_buf_fini(&part);
	return ok;
}

bool gt_xlsx_save(const struct gt_xlsx *book, const char *path, struct gt_err *err)
{
	char beside[4200];

	gt_text(beside, sizeof(beside), "%s.part", path);
	errno = 0;
	zipFile zip = zipOpen64(beside, APPEND_STATUS_CREATE);
	bool ok = zip && add_all(zip, book);
	if (zip && zipClose(zip, NULL) != ZIP_OK)
		ok = false;
	if (ok && rename(beside, path) == 0)
		return true;
	int why = errno ? errno : EIO;
	(void)unlink(beside);
	return gt_fail(err, GT_E_FILE_WRITE, path, strerror(why));
}
