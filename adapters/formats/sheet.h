/* sheet.h: tables as people lay them out in workbooks: titles above the header, headers of two
 * rows, merged cells, notes below. Shared by the formats that read workbooks (xlsx, xls): a source
 * gives the cells of one sheet after the other, this part finds the header and makes rows of a
 * batch. Positions (guantong/format.h) are row numbers of the sheet as a person sees them, from 1.
 */
#ifndef GT_FORMATS_SHEET_H
#define GT_FORMATS_SHEET_H

#include <guantong/format.h>

#define SHEET_COLUMNS_MAX 16384u
#define SHEET_ROWS_MAX 1048576u
#define SHEET_COUNT_MAX 1024u    /* sheets of a workbook */
#define SHEET_HEAD_ROWS 100u     /* rows in which a header is looked for */
#define SHEET_HEADER_ROWS 4u     /* rows that one header may have */
#define SHEET_MERGES_MAX 262144u /* merged ranges of a sheet */
#define SHEET_CELL_MAX 131072u   /* bytes of a cell's text: Excel allows 32,767 characters */
#define SHEET_ROW_MAX (4u << 20) /* bytes of a row's texts; what exceeds it makes a bad row */

struct sheet_cell {
	uint32_t column; /* 0 = A */
	uint8_t kind;    /* GT_TEXT, GT_NUMBER; GT_BOOL: text is "true" or "false" */
	uint8_t marks;   /* GT_VALUE_… */
	bool lent;       /* not its own: the head's of the merged range that it is in */
	struct gt_str text;
};

/* Cells that have content, in order of their columns. */
struct sheet_row {
	uint32_t number; /* rises from row to row */
	struct sheet_cell *cells;
	size_t count;
	bool broken; /* cannot be read; err says why */
	struct gt_err err;
};

struct sheet_merge { /* all inclusive; rows from 1, columns from 0 */
	uint32_t top, bottom, left, right;
};

enum sheet_next { SHEET_ROW, SHEET_END, SHEET_ERROR };

struct sheet_source {
	void *arg;
	const char *format;
	size_t count; /* sheets, in the workbook's order */
	struct gt_str (*name)(void *arg, size_t i);
	bool (*hidden)(void *arg, size_t i);
	/* Goes before the first row of sheet i; any number of times. Behind it `merges` tells the
	 * merged ranges, by top row; they live until the next start. */
	bool (*start)(void *arg, size_t i, struct gt_err *err);
	const struct sheet_merge *(*merges)(void *arg, size_t *count);
	/* The next row; it lives until the next call. */
	enum sheet_next (*next)(void *arg, struct sheet_row *row, struct gt_err *err);
};

/* What both formats can be told. */
struct sheet_options {
	struct gt_str sheet;
	int64_t header, header_rows;
	struct gt_texts columns;
	struct gt_pairs cells;
};
extern const struct gt_option sheet_option_table[]; /* for a struct that begins with it */

/* A value that is the same for all rows: a cell above the header. */
struct sheet_constant {
	struct gt_str name;
	uint32_t field; /* wanted field, or SHEET_NO_FIELD */
	struct sheet_cell cell;
};
#define SHEET_NO_FIELD UINT32_MAX

struct sheet_column {
	struct gt_str name;
	size_t base; /* bytes of the name without "#2" */
	uint32_t field;
	struct gt_str key; /* "name": as JSON */
};

/* A merged range that the row at hand is in. */
struct sheet_active {
	struct sheet_merge merge;
	struct sheet_cell head; /* its text is in `text` */
	char *text;
	size_t size;
};

struct sheet_head; /* the first rows of a sheet, kept */

struct sheet {
	const struct sheet_options *options;
	const struct sheet_source *source;
	struct gt_host *host;
	size_t chosen; /* sheet */
	struct sheet_column *columns;
	size_t column_count;
	char *names;        /* the columns' names as a JSON array */
	char *text;         /* what the names and constants are views of */
	uint32_t first_row; /* of the data */
	struct sheet_constant *constants;
	size_t constant_count;
	/* of the rows */
	const struct sheet_merge *merges;
	size_t merge_count, merge_at;
	struct sheet_active *active;
	size_t active_count, active_room;
	struct sheet_cell *filled; /* room for a row with its blanks filled, twice */
	struct sheet_row row;
	bool pending;  /* row was read, but the last batch had no room for it */
	uint64_t at;   /* position: rows before it are done with */
	uint64_t data; /* data rows of the sheet before `at` */
	uint64_t told; /* of them, rows that this instance has added */
};

/* Chooses the sheet and finds its header; completes format, charset, columns of the document, which
 * live until sheet_close(). source and options live as long. */
bool sheet_open(struct sheet *sheet, struct gt_host *host, const struct sheet_options *options,
	const struct sheet_source *source, struct gt_document *document,
	struct gt_err *err) GT_MUST_CHECK;
enum gt_feed sheet_rows(struct sheet *sheet, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err) GT_MUST_CHECK;
void sheet_close(struct sheet *sheet); /* accepts a zeroed one */
/* Gives the sink all sheets, hidden ones too, with columns and first rows (guantong/format.h). */
void sheet_list(struct sheet *sheet, struct gt_host *host, const struct sheet_options *options,
	const struct sheet_source *source, gt_sheet_fn *sink, void *arg);

/* sheet_head.c: finds the header of the sheet that the source stands at; sets columns, constants,
 * first_row and *score (wanted fields found; 0 where none is wanted). *empty: no row has content.
 */
bool sheet_find_header(struct sheet *sheet, size_t *score, bool *empty, struct gt_err *err);
void sheet_forget_columns(struct sheet *sheet);

/* sheet_row.c: one data row. False: the batch has no room for it. */
bool sheet_add(struct sheet *sheet, struct gt_batch *batch, const struct sheet_row *row,
	uint64_t number) GT_MUST_CHECK;
/* The row's cells with the heads of the merged ranges that it is in (sheet_merges_move()) in the
 * ranges' blanks; they live until the next call. */
const struct sheet_cell *sheet_fill(
	struct sheet *sheet, const struct sheet_row *row, size_t *count);
/* "text" as JSON; out NULL = only counts. Returns the bytes. */
size_t sheet_json_text(char *out, struct gt_str s);

/* sheet_merge.c: moves on to a row: which ranges it is in, and what their heads hold. */
bool sheet_merges_move(struct sheet *sheet, const struct sheet_row *row, struct gt_err *err);
void sheet_merges_reset(struct sheet *sheet);

/* "AB" and back. out: room for 8. */
const char *sheet_letters(uint32_t column, char out[8]);
/* "AB12" → column 27, row 12; $ allowed. Returns the bytes read; 0: no reference. */
size_t sheet_reference(struct gt_str s, uint32_t *column, uint32_t *row);
bool sheet_range(struct gt_str s, struct sheet_merge *merge); /* "A1:B2" */

/* sheet_number.c: how a number is to be read, from its number format. */
enum sheet_style {
	SHEET_PLAIN = 0,
	SHEET_DATE = 1,
	SHEET_TIME = 2, /* of the day */
	SHEET_DATE_TIME = 3,
	SHEET_ELAPSED = 4,   /* hours that go on beyond 24 */
	SHEET_MILLI_BIT = 8, /* with one of the above: fractions of seconds are shown */
	SHEET_ZEROS = 16     /* + digits: "0000", codes with leading zeros */
};
uint8_t sheet_style_builtin(uint32_t id);   /* of a built-in number format */
uint8_t sheet_style_of(struct gt_str code); /* of a custom one */
#define SHEET_NUMBER_MAX 64u
/* The value that a person sees for a stored number: 15 significant digits, dates and times as text.
 * lexeme: as stored. Sets kind, marks and text (in out) of the cell. */
void sheet_number(struct gt_str lexeme, uint8_t style, bool from_1904, struct sheet_cell *cell,
	char out[SHEET_NUMBER_MAX]);

#endif
