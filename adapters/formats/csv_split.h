/* csv_split.h: one CSV row from raw bytes, before any conversion of charset. Internal to csv.c. */
#ifndef GT_FORMATS_CSV_SPLIT_H
#define GT_FORMATS_CSV_SPLIT_H

#include <guantong/record.h>

#define CSV_CELLS_MAX 4096u

struct csv_cell {
	uint32_t at, size; /* content, from the row's first byte; without enclosing quotes */
	bool doubled;      /* contains doubled quotes */
};

#define CSV_DELIMITER_MAX 8u

struct csv_dialect {
	char delimiter;                   /* its first byte */
	char rest[CSV_DELIMITER_MAX - 1]; /* the bytes behind it */
	uint8_t rest_size;
	char quote;      /* 0 = no quoting */
	bool lead_bytes; /* delimiter or quote may be the second byte of a character: skip behind
			    lead bytes */
	bool carriage;   /* a CR without LF ends a row, too */
	uint32_t limit;  /* bytes that a row may have */
};

enum csv_outcome {
	CSV_ROW,      /* complete; `size` bytes, `next` begins the next row */
	CSV_MORE,     /* the row does not end in these bytes */
	CSV_JUNK,     /* as ROW, but something follows a closing quote at `bad` */
	CSV_UNCLOSED, /* as ROW, but the first line only: its quote at `bad` is never closed, or not
			 within the limit, so that one stray quote costs one line */
	CSV_LARGE     /* the row does not end within the limit, where `next` is */
};

/* A file with an unclosed quote in every line must not cost a scan up to the limit for every line:
 * who is inside quotes at a line end between `from` and `to` is still inside at `to`. Document
 * offsets. */
struct csv_quoted {
	uint64_t from, to;
};

struct csv_row {
	struct csv_cell *cells; /* room for `room`; further cells are only counted */
	size_t room, count;
	bool spills;  /* a cell beyond `room` has content */
	bool content; /* any cell has a byte that is neither space nor control character */
	size_t size;  /* bytes of the row, without its line end */
	size_t next;
	size_t bad;
};

/* bytes begin with the row, at `offset` in the document; last = nothing follows them. */
enum csv_outcome csv_split(const struct csv_dialect *dialect, struct gt_str bytes, uint64_t offset,
	bool last, struct csv_quoted *quoted, struct csv_row *row);

#endif
