/* csv_names.h: the head of a CSV document while its layout is sought, and the names that rows of it
 * would make. Internal to csv_head.c. */
#ifndef GT_FORMATS_CSV_NAMES_H
#define GT_FORMATS_CSV_NAMES_H

#include "csv_head.h"

#define CSV_ROWS_MAX 512u /* that are looked at */
/* Bytes of a name made from several rows; a longer one is its last part. */
#define CSV_MERGED_MAX 256u

struct csv_seen {
	size_t at, next;
	uint32_t count, filled; /* cells; of them with content */
	bool textual;           /* fewer than half of its cells are numbers or dates */
};

struct csv_head {
	const struct csv_wish *wish;
	struct gt_str text;
	bool whole;
	bool dots;              /* a mapped name has one: it may be of merged cells */
	char line_end;          /* of lines that are counted: CR only where there is no LF */
	struct csv_cell *cells; /* as many as there can be: cell_room */
	struct csv_seen rows[CSV_ROWS_MAX];
	size_t row_count;
	struct gt_str *names; /* cell_room for each row of the header being tried */
	char *memory;
	size_t cell_room, used; /* used: of the names' memory */
};

/* The row at text offset `at`; its cells are in h->cells. */
enum csv_outcome csv_head_split(struct csv_head *h, const struct csv_dialect *dialect, size_t at,
	struct csv_quoted *quoted, struct csv_row *row);
struct gt_str csv_cell_of(const struct csv_head *h, size_t at, size_t i); /* of that row */
/* A number, a date, an amount: nothing that one calls a column. */
bool csv_is_value(struct gt_str cell);
/* The names in `levels` rows from `at` on, in h->names. False: they are broken or not complete;
 * *count names of what could be read are there nevertheless. */
bool csv_read_names(struct csv_head *h, const struct csv_dialect *dialect, size_t at,
	uint32_t levels, size_t *count, size_t *next, struct gt_err *err);
/* How many mapped columns the first `count` names name. */
size_t csv_count_matches(const struct csv_head *h, size_t count);
/* Are the rows of index r and r + 1 one header of merged cells? */
bool csv_looks_merged(struct csv_head *h, const struct csv_dialect *dialect, size_t r);

#endif
