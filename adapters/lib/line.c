#include "line.h"

#include <stdio.h>

void gt_line_add(struct gt_line *line, struct gt_str s)
{
	if (line->cut || s.n >= line->size - line->n) {
		line->cut = true;
		return;
	}
	if (s.n)
		memcpy(line->p + line->n, s.p, s.n);
	line->n += s.n;
	line->p[line->n] = '\0';
}

void gt_line_put(struct gt_line *line, const char *s)
{
	gt_line_add(line, gt_cstr(s));
}

void gt_line_number(struct gt_line *line, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	gt_line_add(line, gt_str(text, (size_t)n));
}

void gt_line_json(struct gt_line *line, struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char coded[8] = {'\\', (char)c};

		if (c == '"' || c == '\\') {
			gt_line_add(line, gt_str(coded, 2));
		} else if (c < 0x20) {
			int n = snprintf(coded, sizeof(coded), "\\u%04x", c);
			gt_line_add(line, gt_str(coded, (size_t)n));
		} else {
			gt_line_add(line, gt_str(s.p + i, 1));
		}
	}
}
