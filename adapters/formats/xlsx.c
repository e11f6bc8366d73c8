/* xlsx.c: workbooks of Excel 2007 and later, and of whatever else writes OOXML. Zip and XML:
 * xlsx_zip.c; what stands around the sheets: xlsx_book.c; rows: xlsx_sheet.c; header and columns:
 * sheet.h. */
#include "xlsx.h"

#include <strings.h>

#define OLE_SECTOR 512u
#define OLE_DIRECTORY 4096u /* bytes of the directory that are looked at */

enum xlsx_kind xlsx_kind_of(const struct gt_seekable *bytes, char head[8])
{
	static const char ole[8] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	memset(head, 0, 8);
	size_t n = bytes->size < 8 ? (size_t)bytes->size : 8;
	if (n == 0 || !bytes->read(bytes->arg, 0, head, n))
		return XLSX_OTHER;
	if (memcmp(head, ole, 8) == 0)
		return XLSX_OLE;
	return memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0 ? XLSX_ZIP
										: XLSX_OTHER;
}

bool xlsx_ole_has(const struct gt_seekable *bytes, const char *name)
{
	unsigned char head[OLE_SECTOR];
	char directory[OLE_DIRECTORY], wide[64] = "";
	size_t n = strlen(name);
	if (bytes->size < OLE_SECTOR || !bytes->read(bytes->arg, 0, head, OLE_SECTOR))
		return false;
	uint64_t sector = (uint64_t)head[48] | (uint64_t)head[49] << 8 | (uint64_t)head[50] << 16 |
			  (uint64_t)head[51] << 24;
	uint64_t at = (sector + 1) << (head[30] == 12 ? 12 : 9);
	if (at >= bytes->size)
		return false;
	size_t size = bytes->size - at < OLE_DIRECTORY ? (size_t)(bytes->size - at) : OLE_DIRECTORY;
	if (!bytes->read(bytes->arg, at, directory, size))
		return false;
	for (size_t i = 0; i < n; i++)
		wide[2 * i] = name[i];
	/* Entries of 128 bytes begin with their names in UTF-16, a zero behind them. */
	for (size_t i = 0; i + 128 <= size; i += 128)
		if (memcmp(directory + i, wide, 2 * n + 2) == 0)
			return true;
	return false;
}

void xlsx_end(struct xlsx *x)
{
	sheet_close(&x->sheet);
	xlsx_sheet_end(x);
	xlsx_book_close(x);
	xlsx_zip_close(&x->zip);
}

bool xlsx_open_book(
	struct xlsx *x, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err)
{
	xlsx_end(x);
	x->host = host;
	if (!xlsx_memory(x, 0, err) || !xlsx_zip_open(&x->zip, bytes, err) ||
		!xlsx_book_open(x, err))
		return false;
	xlsx_sheet_source(x);
	return true;
}

/* False: it is none; err says what it is. */
static bool is_workbook(const struct gt_seekable *bytes, struct gt_err *err)
{
	char head[8];
	switch (xlsx_kind_of(bytes, head)) {
	case XLSX_ZIP:
		return true;
	case XLSX_OLE:
		return gt_fail(err, xlsx_ole_has(bytes, "EncryptedPackage") ? GT_E_XLS_PASSWORD
									    : GT_E_XLSX_IS_XLS);
	default:
		return gt_fail(err, GT_E_XLSX_IS_TEXT);
	}
}

static bool open(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	struct xlsx *x = self;
	return is_workbook(bytes, err) && xlsx_open_book(x, host, bytes, err) &&
	       sheet_open(&x->sheet, host, &x->options, &x->source, document, err);
}

static bool sheets(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	struct xlsx *x = self;
	if (!is_workbook(bytes, err) || !xlsx_open_book(x, host, bytes, err))
		return false;
	sheet_list(&x->sheet, host, &x->options, &x->source, sink, arg);
	return true;
}

static enum gt_feed rows(void *self, struct gt_batch *batch, uint64_t position, struct gt_fed *fed,
	struct gt_err *err)
{
	return sheet_rows(&((struct xlsx *)self)->sheet, batch, position, fed, err);
}

static void end(void *self)
{
	xlsx_end(self);
}

/* A zip whose parts are a workbook's. */
static int sniff(struct gt_str head, struct gt_str name)
{
	static const char *const parts[] = {
		"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets"};
	if (head.n < 4 || memcmp(head.p, "PK\3\4", 4) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (memmem(head.p, head.n, parts[i], strlen(parts[i])))
			return 95;
	return name.n > 5 && (strncasecmp(name.p + name.n - 5, ".xlsx", 5) == 0 ||
				     strncasecmp(name.p + name.n - 5, ".xlsm", 5) == 0)
		       ? 90
		       : 30;
}

GT_FORMAT(xlsx, .summary = "a workbook of Excel (.xlsx, .xlsm)",
	.summary_zh = "Excel 工作簿（.xlsx、.xlsm）", .self_size = sizeof(struct xlsx),
	.options = sheet_option_table, .end = end, .caps = GT_FORMAT_SEEK | GT_FORMAT_SHEETS,
	.open = open, .rows = rows, .sheets = sheets, .sniff = sniff);
