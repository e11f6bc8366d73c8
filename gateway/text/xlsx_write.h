/* xlsx_write.h: writes small workbooks (ECMA-376) of text cells: templates that people fill in, the
 * demo's return. Not for reading, not on the record path. One thread. */
#ifndef GT_TEXT_XLSX_WRITE_H
#define GT_TEXT_XLSX_WRITE_H

#include <guantong/error.h>

#define GT_XLSX_SHEETS_MAX 8u
#define GT_XLSX_SHEET_BYTES (16u << 20) /* XML of one sheet */

enum gt_xlsx_style {
	GT_XLSX_PLAIN,
	GT_XLSX_HEADING,
	GT_XLSX_REQUIRED /* a heading that must be filled */
};

struct gt_xlsx;
struct gt_xlsx *gt_xlsx_new(void);
void gt_xlsx_free(struct gt_xlsx *book); /* accepts NULL */
/* Rows and choices added from here on belong to this sheet. Names as Excel allows them (≤ 31
 * characters). */
void gt_xlsx_sheet(struct gt_xlsx *book, const char *name);
/* A row; a cell without text stays empty. */
void gt_xlsx_row(struct gt_xlsx *book, const struct gt_str *cells, size_t n,
	const enum gt_xlsx_style *styles); /* styles NULL = plain */
/* The cells of `range` ("A1:F1") of this sheet are one, with the text of the first. */
void gt_xlsx_merge(struct gt_xlsx *book, const char *range);
/* Cells of `column` (0 = A) below the first row of this sheet take one of the texts in a column of
 * another sheet: "代码!$A$2:$A$9". */
void gt_xlsx_choice(struct gt_xlsx *book, size_t column, const char *range);
/* "A", "AB" …; out has 8 bytes. */
const char *gt_xlsx_column(size_t column, char out[8]);
/* Writes the file whole or not at all. False: err. */
bool gt_xlsx_save(const struct gt_xlsx *book, const char *path, struct gt_err *err) GT_MUST_CHECK;

#endif
