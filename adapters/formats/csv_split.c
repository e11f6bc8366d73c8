#include "csv_split.h"

#define ONES 0x0101010101010101u

static uint64_t zero_bytes(uint64_t word)
{
	return (word - ONES) & ~word & (ONES << 7);
}

/* From i on: the first byte that is `c` or a line feed, or n. */
static size_t find(const char *p, size_t i, size_t n, char c)
{
	for (; n - i >= 8; i += 8) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		uint64_t hit = zero_bytes(word ^ (ONES * (unsigned char)c)) |
			       zero_bytes(word ^ (ONES * '\n'));
		if (hit)
			return i + (size_t)__builtin_ctzll(hit) / 8;
	}
	while (i < n && p[i] != c && p[i] != '\n')
		i++;
	return i;
}

static bool is_plain(const struct csv_dialect *d)
{
	return !d->lead_bytes && !d->carriage && d->rest_size == 0;
}

static bool line_end(const struct csv_dialect *d, char c)
{
	return c == '\n' || (c == '\r' && d->carriage);
}

/* Where the character behind the one at i begins. */
static size_t behind(const struct csv_dialect *d, const char *p, size_t i, size_t n)
{
	bool two = d->lead_bytes && (unsigned char)p[i] > 0x80 && i + 1 < n &&
		   (unsigned char)p[i + 1] >= 0x30;
	return i + (two ? 2 : 1);
}

/* What cell_end() does, for dialects that are not plain. */
static size_t cell_end_slowly(const struct csv_dialect *d, const char *p, size_t i, size_t n)
{
	for (; i < n && !line_end(d, p[i]); i = behind(d, p, i, n))
		if (p[i] == d->delimiter && n - i > d->rest_size &&
			memcmp(p + i + 1, d->rest, d->rest_size) == 0)
			break;
	return i < n ? i : n;
}

struct split {
	const struct csv_dialect *d;
	const char *p;
	size_t n;
	uint64_t offset;
	bool last;
	struct csv_quoted *quoted;
	struct csv_row *row;
	size_t first_end; /* first line end inside quotes, SIZE_MAX = none */
	bool junk;
	bool plain; /* asked once a row, not once a cell */
};

/* From i on: the first delimiter or line end, or n. */
static inline size_t cell_end(const struct split *s, size_t i)
{
	return s->plain ? find(s->p, i, s->n, s->d->delimiter)
			: cell_end_slowly(s->d, s->p, i, s->n);
}

static bool has_content(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (unsigned char)p[i] <= ' ')
		i++;
	return i < n;
}

static void add_cell(const struct split *s, size_t at, size_t size, bool doubled)
{
	struct csv_row *row = s->row;
	if (!row->content)
		row->content = has_content(s->p + at, size);
	if (row->count < row->room)
		row->cells[row->count] = (struct csv_cell){(uint32_t)at, (uint32_t)size, doubled};
	else if (!row->spills)
		row->spills = has_content(s->p + at, size);
	row->count++;
}

/* Inside quotes at a line end at i: where to look on. */
static size_t behind_line(struct split *s, size_t i)
{
	uint64_t at = s->offset + i;
	if (s->first_end == SIZE_MAX)
		s->first_end = i;
	if (at < s->quoted->from || at >= s->quoted->to)
		return i + 1;
	uint64_t jump = s->quoted->to - s->offset;
	return jump < s->n ? (size_t)jump : s->n;
}

/* The closing quote of the cell whose content begins at i, or n. */
static size_t closing_quote(struct split *s, size_t i, bool *doubled)
{
	bool plain = s->plain;
	*doubled = false;
	for (;;) {
		i = plain ? find(s->p, i, s->n, s->d->quote) : i;
		if (i >= s->n)
			return s->n;
		char c = s->p[i];
		if (line_end(s->d, c)) {
			i = behind_line(s, i);
		} else if (c != s->d->quote) {
			i = behind(s->d, s->p, i, s->n);
		} else if (i + 1 < s->n && s->p[i + 1] == c) {
			*doubled = true;
			i += 2;
		} else {
			return i;
		}
	}
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
	size_t end = cell_end(s, after);
	/* Blanks behind the quote are padding; a CR belongs to the line end. */
	size_t rest = after;
	while (rest < end && (s->p[rest] == ' ' || s->p[rest] == '\t'))
		rest++;
	rest += end == rest + 1 && s->p[rest] == '\r' && row_end(s, end);
	if (rest < end && !s->junk) {
		s->junk = true;
		s->row->bad = rest;
	}
	add_cell(s, from, close - from, doubled);
	return end;
}

static size_t plain_cell(struct split *s, size_t i)
{
	size_t end = cell_end(s, i);
	size_t size = end - i;
	if (size && s->p[end - 1] == '\r' && row_end(s, end))
		size--;
	add_cell(s, i, size, false);
	return end;
}

/* More bytes than the limit, and no end. */
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
	if (s->first_end == SIZE_MAX && limited)
		return too_large(s);
	size_t line = s->first_end == SIZE_MAX ? s->n : s->first_end;
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
	bool limited = bytes.n > dialect->limit;
	struct split s = {dialect, bytes.p, limited ? dialect->limit : bytes.n, offset,
		last && !limited, quoted, row, SIZE_MAX, false, is_plain(dialect)};
	size_t i = 0;
	row->count = 0;
	row->spills = row->content = false;
	for (;; i += 1 + dialect->rest_size) {
		bool is_quoted = dialect->quote && i < s.n && s.p[i] == dialect->quote;
		i = is_quoted ? quoted_cell(&s, i) : plain_cell(&s, i);
		if (i > s.n)
			return unclosed(&s, limited);
		if (i == s.n && !s.last)
			return limited ? too_large(&s) : CSV_MORE;
		if (i == s.n || line_end(dialect, s.p[i]))
			break;
	}
	row->next = i + (i < s.n);
	row->size = i - (i > 0 && s.p[i - 1] == '\r');
	return s.junk ? CSV_JUNK : CSV_ROW;
}
