/* csv_head.h: what a CSV document looks like, found in its first bytes: delimiter, quote, where the
 * column names stand, what they are. Works on UTF-8. Internal to csv.c.
 *
 * The row that holds the names of mapped columns is the header; where nothing is mapped or matches,
 * structure decides: the row of words that most rows below agree with.
 * Everything follows from the given bytes alone, so that a resumed document is read alike. */
#ifndef GT_FORMATS_CSV_HEAD_H
#define GT_FORMATS_CSV_HEAD_H

#include "csv_split.h"

#include <guantong/option.h>

#define CSV_LEVELS_MAX 3u /* rows that a header may have */

struct csv_wish {
	struct gt_str delimiter, quote; /* "auto" = find it; delimiter "tab" = tab */
	struct gt_str comment;   /* rows that begin with it are no rows; none = there are none */
	int64_t header;          /* line of the column names; 0 = find it */
	int64_t levels;          /* rows of the header; 0 = find out */
	struct gt_texts columns; /* the names, where the document has none (or wrong ones) */
	const struct gt_str *fields; /* the mapped columns */
	size_t field_count;
	uint32_t limit; /* bytes that a row may have */
};

struct csv_layout {
	struct csv_dialect dialect; /* lead_bytes is left to the caller */
	size_t start;               /* text offset of the first row of data */
	uint32_t line, levels;      /* of the header; line 0 = the document has none */
	struct gt_str *names; /* trimmed, distinct; later ones of a name are name#2, name#3 … */
	size_t count;
	char *memory; /* of the names */
};

/* head: the document's first bytes as text, without byte order mark; whole: that is all of it.
 * layout: zeroed, or one that was freed. False: err (DATA: no header, or a broken one; CONFIG: an
 * option that cannot be). */
bool csv_layout_find(const struct csv_wish *wish, struct gt_str head, bool whole,
	struct csv_layout *layout, struct gt_err *err) GT_MUST_CHECK;
void csv_layout_free(struct csv_layout *layout);

/* Is this no text (not asked of UTF-16)? Then *where is the first byte that tells. */
bool csv_looks_binary(struct gt_str head, size_t *where);

/* csv_sniff.c: see sniff of struct gt_format. */
int csv_sniff(struct gt_str head, struct gt_str name);

/* Without what surrounds a name and means nothing: spaces (U+3000 and U+00A0 too), line ends, NUL
 * padding, byte order marks, zero-width spaces. */
struct gt_str csv_trimmed(struct gt_str name);
/* "a" or 'a|b' with doubled quotes undone; out may be in. Bytes written. */
size_t csv_undouble(char quote, struct gt_str in, char *out);

#endif
