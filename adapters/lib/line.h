/* line.h: text of bounded size that is put together piece by piece: statements, cursors, names. */
#ifndef ADAPTERS_LIB_LINE_H
#define ADAPTERS_LIB_LINE_H

#include <guantong/str.h>

/* Always ends with a NUL; `cut` once something did not fit (that piece is left out whole). */
struct gt_line {
	char *p;
	size_t n, size;
	bool cut;
};

void gt_line_add(struct gt_line *line, struct gt_str s);
void gt_line_put(struct gt_line *line, const char *s);
void gt_line_number(struct gt_line *line, int64_t v);
void gt_line_json(struct gt_line *line, struct gt_str s); /* as the inside of a JSON string */

#endif
