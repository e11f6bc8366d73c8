/* xls.c: goes by what the bytes are, not by what the name says. */
#include "xls.h"

#include <stdlib.h>

#include <strings.h>

#define HOLDS 8u /* freexl keeps a workbook as about so many times its bytes */

struct xls {
	struct sheet_options options;
	struct xlsx *inner; /* a workbook of today */
	struct grid grid;
	struct biff biff;
	struct sheet_source source;
	struct sheet sheet;
};

static void end(void *self)
{
	struct xls *xls = self;
	sheet_close(&xls->sheet);
	if (xls->inner)
		xlsx_end(xls->inner);
	free(xls->inner);
	xls->inner = NULL;
	grid_free(&xls->grid);
	biff_close(&xls->biff);
}

static bool open_inner(
	struct xls *xls, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err)
{
	xls->inner = calloc(1, sizeof(*xls->inner));
	if (!xls->inner)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*xls->inner)));
	if (!xlsx_open_book(xls->inner, host, bytes, err))
		return false;
	xls->source = xls->inner->source;
	return true;
}

static bool open_biff(
	struct xls *xls, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err)
{
	if (xlsx_ole_has(bytes, "EncryptedPackage"))
		return gt_fail(err, GT_E_XLS_PASSWORD);
	if (xlsx_ole_has(bytes, "Book") && !xlsx_ole_has(bytes, "Workbook"))
		return gt_fail(err, GT_E_XLS_OLD);
	if (bytes->size > XLS_BYTES_MAX)
		return gt_fail(
			err, GT_E_XLS_LARGE, GT_TEXT("%llu", (unsigned long long)XLS_BYTES_MAX));
	if (!gt_host_memory(host, (size_t)bytes->size * HOLDS))
		return gt_fail(err, GT_E_MEMORY_BUDGET,
			GT_TEXT("%llu", (unsigned long long)bytes->size * HOLDS));
	if (!biff_open(&xls->biff, bytes, err))
		return false;
	biff_source(&xls->biff, &xls->source);
	return true;
}

static bool open_text(
	struct xls *xls, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err)
{
	struct gt_str text, rest;
	bool ok;
	if (!xls_load(host, bytes, &text, err))
		return false;
	for (rest = text; rest.n > 0 && (unsigned char)*rest.p <= ' '; rest.n--)
		rest.p++;
	xls->grid.host = host;
	if (xls_is_xml(rest))
		ok = xls_read_xml(rest, &xls->grid, err);
	else if (rest.n > 0 && *rest.p == '<')
		ok = xls_read_html(rest, &xls->grid, err);
	else
		ok = xls_read_text(rest, &xls->grid, err);
	free((char *)(uintptr_t)text.p);
	grid_source(&xls->grid, &xls->source);
	return ok;
}

/* Sets the source. */
static bool open_source(
	struct xls *xls, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err)
{
	char head[8];
	end(xls);
	switch (xlsx_kind_of(bytes, head)) {
	case XLSX_ZIP:
		return open_inner(xls, host, bytes, err);
	case XLSX_OLE:
		return open_biff(xls, host, bytes, err);
	case XLSX_OTHER:
		break;
	}
	/* A workbook of Excel 2 to 5 without the container of later ones. */
	if (head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8))
		return gt_fail(err, GT_E_XLS_OLD);
	return open_text(xls, host, bytes, err);
}

static bool open(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	struct xls *xls = self;
	return open_source(xls, host, bytes, err) &&
	       sheet_open(&xls->sheet, host, &xls->options, &xls->source, document, err);
}

static enum gt_feed rows(void *self, struct gt_batch *batch, uint64_t position, struct gt_fed *fed,
	struct gt_err *err)
{
	return sheet_rows(&((struct xls *)self)->sheet, batch, position, fed, err);
}

static bool sheets(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	struct xls *xls = self;
	if (!open_source(xls, host, bytes, err))
		return false;
	sheet_list(&xls->sheet, host, &xls->options, &xls->source, sink, arg);
	return true;
}

/* An old workbook by its bytes; a page or a text by its name too. */
static int sniff(struct gt_str head, struct gt_str name)
{
	static const char book[] = "\xD0\xCF\x11\xE0";
	static const char *const pages[] = {
		"urn:schemas-microsoft-com:office:", "<table", "<TABLE", "<html", "<HTML"};
	bool named = name.n > 4 && strncasecmp(name.p + name.n - 4, ".xls", 4) == 0;
	if (head.n >= 4 && memcmp(head.p, book, 4) == 0)
		return named ? 97 : 60;
	if (head.n >= 4 && memcmp(head.p, "PK\3\4", 4) == 0)
		return named ? 50 : 0;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (memmem(head.p, head.n, pages[i], strlen(pages[i])))
			return named ? 96 : 80;
	return named ? 85 : 0;
}

GT_FORMAT(xls, .summary = "a workbook of Excel 97-2003, and what else is named .xls",
	.summary_zh = "Excel 97–2003 工作簿，以及其他以 .xls 命名的表格",
	.self_size = sizeof(struct xls), .options = sheet_option_table, .end = end,
	.caps = GT_FORMAT_SEEK | GT_FORMAT_ISOLATE | GT_FORMAT_SHEETS, .open = open, .rows = rows,
	.sheets = sheets, .sniff = sniff);
