#include "csv_split.h"

#define ONES 0x0101010101010101u

static uint64_t zero_bytes(uint64_t word)
{
	return (word - ONES) & ~word & (ONES << 7);
}

/* From i on: the first delimiter or line feed, or n. */
static size_t cell_end(const struct csv_dialect *d, const char *p, size_t i, size_t n)
{
	if (d->lead_bytes) {
		while (i < n && p[i] != d->delimiter && p[i] != '\n')
			i += (unsigned char)p[i] > 0x80 && i + 1 < n && p[i + 1] >= 0x30 ? 2 : 1;
		return i;
	}
	for (; n - i >= 8; i += 8) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		uint64_t hit = zero_bytes(word ^ (ONES * (unsigned char)d->delimiter)) |
			       zero_bytes(word ^ (ONES * '\n'));
		if (hit)
			return i + (size_t)__builtin_ctzll(hit) / 8;
	}
	while (i < n && p[i] != d->delimiter && p[i] != '\n')
		i++;
	return i;
}

struct split {
	const struct csv_dialect *d;
	const char *p;
	size_t n;
	uint64_t offset;
	bool last;
	struct csv_quoted *quoted;
	struct csv_row *row;
	size_t line_end; /* first line feed inside quotes, SIZE_MAX = none */
	bool junk;
};

static void add_cell(struct csv_row *row, size_t at, size_t size, bool doubled)
{
	row->content |= size > 0;
	if (row->count < row->room)
		row->cells[row->count] = (struct csv_cell){(uint32_t)at, (uint32_t)size, doubled};
	else
		row->spills |= size > 0;
	row->count++;
}

/* Inside quotes at a line feed at i: where to look on. */
static size_t behind_line(struct split *s, size_t i)
{
	uint64_t at = s->offset + i;
	if (s->line_end == SIZE_MAX)
		s->line_end = i;
	if (at < s->quoted->from || at >= s->quoted->to)
		return i + 1;
	uint64_t jump = s->quoted->to - s->offset;
	return jump < s->n ? (size_t)jump : s->n;
}

/* The closing quote of the cell whose content begins at i, or n. */
static size_t closing_quote(struct split *s, size_t i, bool *doubled)
{
	*doubled = false;
	while (i < s->n) {
		char c = s->p[i];
		if (c == '\n') {
			i = behind_line(s, i);
		} else if (c != s->d->quote) {
			i++;
		} else if (i + 1 < s->n && s->p[i + 1] == c) {
			*doubled = true;
			i += 2;
		} else {
			return i;
		}
	}
	return s->n;
}

static bool row_end(const struct split *s, size_t i)
{
	return i == s->n ? s->last : s->p[i] == '\n';
}

/* A quoted cell, i on its quote. Returns where it ends (delimiter, line feed, n); n + 1: not
 * closed. */
static size_t quoted_cell(struct split *s, size_t i)
{
	bool doubled;
	size_t from = i + 1, close = closing_quote(s, from, &doubled);
	if (close == s->n) {
		s->row->bad = i;
		return s->n + 1;
	}
	size_t after = close + 1;
	size_t end = cell_end(s->d, s->p, after, s->n);
	bool carriage = end == after + 1 && s->p[after] == '\r' && row_end(s, end);
	if (end > after && !carriage && !s->junk) {
		s->junk = true;
		s->row->bad = after;
	}
	add_cell(s->row, from, close - from, doubled);
	return end;
}

static size_t plain_cell(struct split *s, size_t i)
{
	size_t end = cell_end(s->d, s->p, i, s->n);
	size_t size = end - i;
	if (size && s->p[end - 1] == '\r' && row_end(s, end))
		size--;
	add_cell(s->row, i, size, false);
	return end;
}

/* More than GT_RECORD_MAX bytes, and no end. */
static enum csv_outcome too_large(struct split *s)
{
	s->row->next = s->n;
	return CSV_LARGE;
}

/* The bytes end inside quotes. */
static enum csv_outcome unclosed(struct split *s, bool limited)
{
	if (!s->last && !limited)
		return CSV_MORE;
	if (s->line_end == SIZE_MAX && limited)
		return too_large(s);
	size_t line = s->line_end == SIZE_MAX ? s->n : s->line_end;
	uint64_t at = s->offset + line;
	if (at < s->quoted->from || at >= s->quoted->to)
		s->quoted->from = at;
	s->quoted->to = s->offset + s->n;
	s->row->next = line + (line < s->n);
	s->row->size = line - (line > 0 && s->p[line - 1] == '\r');
	return CSV_UNCLOSED;
}

enum csv_outcome csv_split(const struct csv_dialect *dialect, struct gt_str bytes, uint64_t offset,
	bool last, struct csv_quoted *quoted, struct csv_row *row)
{
	bool limited = bytes.n > GT_RECORD_MAX;
	struct split s = {dialect, bytes.p, limited ? GT_RECORD_MAX : bytes.n, offset,
		last && !limited, quoted, row, SIZE_MAX, false};
	size_t i = 0;
	row->count = 0;
	row->spills = row->content = false;
	for (;; i++) {
		bool is_quoted = dialect->quote && i < s.n && s.p[i] == dialect->quote;
		i = is_quoted ? quoted_cell(&s, i) : plain_cell(&s, i);
		if (i > s.n)
			return unclosed(&s, limited);
		if (i == s.n && !s.last)
			return limited ? too_large(&s) : CSV_MORE;
		if (i == s.n || s.p[i] == '\n')
			break;
	}
	row->next = i + (i < s.n);
	row->size = i - (i > 0 && s.p[i - 1] == '\r');
	return s.junk ? CSV_JUNK : CSV_ROW;
}
