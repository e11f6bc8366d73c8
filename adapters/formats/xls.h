/* xls.h: what bears the name .xls: workbooks of Excel 97–2003 (freexl), workbooks of today, and the
 * pages, XML documents and texts that systems export under that name. Its parts. */
#ifndef GT_FORMATS_XLS_H
#define GT_FORMATS_XLS_H

#include "xlsx.h"

#define XLS_BYTES_MAX (UINT64_C(64) << 20) /* of a document that is held as a whole */
#define XLS_CELLS_MAX (4u << 20)
#define XLS_GRID_BYTES_MAX (UINT64_C(96) << 20) /* texts of its cells */

/* A workbook in memory: what a page, an XML document or a text holds. Building is sticky: after a
 * failure nothing more is added; ask grid_done() once. */
struct grid_row {
	uint32_t number;
	size_t first, count; /* cells */
};
struct grid_sheet {
	char name[128];
	bool hidden;
	size_t first_row, rows, first_merge, merges;
};
struct grid {
	struct gt_host *host;
	struct grid_sheet *sheets;
	struct grid_row *rows;
	struct sheet_cell *cells;
	struct sheet_merge *merges;
	size_t sheet_count, row_count, cell_count, merge_count;
	size_t sheet_room, row_room, cell_room, merge_room;
	char *block, *block_end; /* texts: where the next goes */
	void *blocks;            /* all of them, linked */
	uint64_t text_bytes;
	bool failed;
	struct gt_err err;
	/* reading */
	size_t sheet, at;
};

void grid_free(struct grid *grid); /* accepts a zeroed one */
void grid_sheet(struct grid *grid, struct gt_str name);
void grid_row(struct grid *grid, uint32_t number);         /* rises within a sheet */
void grid_cell(struct grid *grid, struct sheet_cell cell); /* columns rise; the text is copied */
void grid_merge(struct grid *grid, struct sheet_merge merge);
bool grid_done(struct grid *grid, struct gt_err *err) GT_MUST_CHECK; /* sorts the merged ranges */
void grid_source(struct grid *grid, struct sheet_source *source);

/* xls_text.c: the whole document as UTF-8, owned by the caller. */
bool xls_load(struct gt_host *host, const struct gt_seekable *bytes, struct gt_str *text,
	struct gt_err *err) GT_MUST_CHECK;
/* Lines of cells, separated by tabs or commas. */
bool xls_read_text(struct gt_str text, struct grid *grid, struct gt_err *err) GT_MUST_CHECK;
/* xls_html.c: the tables of a page; each is a sheet called by its number. */
bool xls_read_html(struct gt_str text, struct grid *grid, struct gt_err *err) GT_MUST_CHECK;
/* xls_xml.c: an XML spreadsheet of Excel 2003. */
bool xls_is_xml(struct gt_str text);
bool xls_read_xml(struct gt_str text, struct grid *grid, struct gt_err *err) GT_MUST_CHECK;

/* xls_biff.c: Excel 97–2003, through freexl, which wants a path: the bytes are put into a sealed
 * file in memory. freexl may crash on damaged documents: only in a child process. */
struct biff {
	const void *book; /* freexl's */
	int fd;           /* + 1; 0 = none */
	size_t sheet_count;
	struct biff_sheet {
		char *name;
	} * sheets;
	uint32_t next_row, rows, columns;
	struct sheet_cell *cells;
	char *text; /* numbers of a row */
};
bool biff_open(
	struct biff *biff, const struct gt_seekable *bytes, struct gt_err *err) GT_MUST_CHECK;
void biff_close(struct biff *biff); /* accepts a zeroed one */
void biff_source(struct biff *biff, struct sheet_source *source);

#endif
