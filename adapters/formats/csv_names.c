#include "csv_names.h"

#include <guantong/charset.h>

struct gt_str csv_trimmed(struct gt_str name)
{
	static const struct gt_str nothing[] = {{" ", 1}, {"\t", 1}, {"\r", 1}, {"\n", 1},
		{"\0", 1}, {"\xE3\x80\x80", 3}, {"\xC2\xA0", 2}, {"\xEF\xBB\xBF", 3},
		{"\xE2\x80\x8B", 3}};
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		size_t n = nothing[i].n;
		if (name.n < n)
			continue;
		bool before = memcmp(name.p, nothing[i].p, n) == 0;
		if (!before && memcmp(name.p + name.n - n, nothing[i].p, n) != 0)
			continue;
		name = gt_str(name.p + (before ? n : 0), name.n - n);
		i = SIZE_MAX; /* from the first again */
	}
	return name;
}

size_t csv_undouble(char quote, struct gt_str in, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		out[n++] = in.p[i];
		i += in.p[i] == quote && i + 1 < in.n && in.p[i + 1] == quote;
	}
	return n;
}

static struct gt_str keep(struct csv_head *h, struct gt_str s)
{
	char *to = h->memory + h->used;
	if (s.n)
		memcpy(to, s.p, s.n);
	h->used += s.n;
	return gt_str(to, s.n);
}

/* Is `name` the field, apart from what surrounds it and the #2 of a repeated name? */
static bool names_field(struct gt_str name, struct gt_str field)
{
	field = csv_trimmed(field);
	if (gt_str_eq(name, field))
		return true;
	size_t n = field.n;
	while (n > 0 && field.p[n - 1] >= '0' && field.p[n - 1] <= '9')
		n--;
	return n > 1 && n < field.n && field.p[n - 1] == '#' &&
	       gt_str_eq(name, gt_str(field.p, n - 1));
}

size_t csv_count_matches(const struct csv_head *h, size_t count)
{
	size_t matches = 0;
	for (size_t f = 0; f < h->wish->field_count; f++)
		for (size_t i = 0; i < count; i++)
			if (names_field(h->names[i], h->wish->fields[f])) {
				matches++;
				break;
			}
	return matches;
}

enum csv_outcome csv_head_split(struct csv_head *h, const struct csv_dialect *dialect, size_t at,
	struct csv_quoted *quoted, struct csv_row *row)
{
	*row = (struct csv_row){.cells = h->cells, .room = h->cell_room};
	struct gt_str rest = gt_str(h->text.p + at, h->text.n - at);
	return csv_split(dialect, rest, at, h->whole, quoted, row);
}

struct gt_str csv_cell_of(const struct csv_head *h, size_t at, size_t i)
{
	return gt_str(h->text.p + at + h->cells[i].at, h->cells[i].size);
}

/* A number, a date, an amount: nothing that one calls a column. */
bool csv_is_value(struct gt_str cell)
{
	static const char parts[] = "0123456789+-.,:/ %eE\t";
	bool digit = false;
	for (size_t i = 0; i < cell.n; i++) {
		if (!cell.p[i] || !strchr(parts, cell.p[i]))
			return false;
		digit |= cell.p[i] >= '0' && cell.p[i] <= '9';
	}
	return digit;
}

/* Puts a part behind the name, with a dot. */
static struct gt_str joined(struct csv_head *h, struct gt_str name, struct gt_str part)
{
	if (name.n == 0 || part.n == 0 || name.n + part.n >= CSV_MERGED_MAX)
		return part.n ? part : name;
	struct gt_str first = keep(h, name);
	(void)keep(h, GT_LIT("."));
	(void)keep(h, part);
	return gt_str(first.p, name.n + 1 + part.n);
}

/* Makes one name of what the rows of a header say about each column. A heading also stands over the
 * empty cells to its right, as long as there is something below them. */
static void merge(struct csv_head *h, uint32_t levels, size_t count)
{
	struct gt_str heading[CSV_LEVELS_MAX] = {{0}};
	for (size_t i = 0; i < count; i++) {
		uint32_t last = 0; /* the lowest row that says something */
		for (uint32_t l = 0; l < levels; l++)
			last = h->names[l * h->cell_room + i].n ? l : last;
		struct gt_str name = {0};
		for (uint32_t l = 0; l < levels; l++) {
			struct gt_str part = h->names[l * h->cell_room + i];
			if (part.n || l >= last)
				for (uint32_t k = l; k < levels; k++)
					heading[k] = k == l ? part : (struct gt_str){0};
			name = joined(h, name, l <= last ? heading[l] : part);
		}
		h->names[i] = name;
		heading[last] = (struct gt_str){0}; /* it ended here */
	}
}

/* One row of a header: its cells, trimmed, as that level's names. */
static bool read_level(struct csv_head *h, const struct csv_dialect *dialect, size_t at,
	uint32_t level, struct csv_row *row, struct gt_err *err)
{
	struct csv_quoted quoted = {0};
	struct gt_str *names = h->names + level * h->cell_room;
	enum csv_outcome outcome = csv_head_split(h, dialect, at, &quoted, row);
	size_t cells = row->count < h->cell_room ? row->count : h->cell_room;
	memset(names, 0, h->cell_room * sizeof(*names));
	for (size_t i = 0; i < cells; i++)
		names[i] = csv_trimmed(csv_cell_of(h, at, i));
	if (outcome == CSV_MORE || outcome == CSV_LARGE)
		return gt_fail(err, GT_E_CSV_HEADER_LONG, GT_TEXT("%zu", h->text.n));
	if (outcome == CSV_JUNK)
		return gt_fail(err, GT_E_CSV_QUOTE_INSIDE, GT_TEXT("%zu", row->bad));
	if (outcome != CSV_ROW)
		return gt_fail(err, GT_E_CSV_QUOTE_OPEN, GT_TEXT("%zu", row->bad));
	if (row->count > CSV_CELLS_MAX)
		return gt_fail(err, GT_E_CSV_COLUMNS_MANY, GT_TEXT("%u", CSV_CELLS_MAX));
	for (size_t i = 0; i < cells; i++) {
		size_t bad = gt_utf8_bad(csv_cell_of(h, at, i));
		if (bad != SIZE_MAX)
			return gt_fail(err, GT_E_CSV_NAME_CHARSET,
				GT_TEXT("%zu", at + h->cells[i].at + bad));
	}
	return true;
}

/* The names in `levels` rows from `at` on. False: they are broken or not complete; *count names of
 * what could be read are there nevertheless. */
bool csv_read_names(struct csv_head *h, const struct csv_dialect *dialect, size_t at,
	uint32_t levels, size_t *count, size_t *next, struct gt_err *err)
{
	*count = 0;
	h->used = 0;
	for (uint32_t level = 0; level < levels; level++) {
		struct csv_row row;
		bool ok = read_level(h, dialect, at, level, &row, err);
		size_t cells = row.count < h->cell_room ? row.count : h->cell_room;
		*count = cells > *count ? cells : *count;
		if (!ok)
			return false;
		at += row.next;
	}
	*next = at;
	if (levels > 1)
		merge(h, levels, *count);
	return true;
}

/* Are the two rows one header of merged cells? As a spreadsheet exports them: every column is named
 * above or below, somewhere a heading spans several columns, somewhere a name spans both rows, and
 * the row below them has values where the second has names. */
bool csv_looks_merged(struct csv_head *h, const struct csv_dialect *dialect, size_t r)
{
	struct csv_quoted quoted = {0};
	struct csv_row row;
	enum { ABOVE = 1, BELOW = 2 };
	uint8_t *is = (uint8_t *)h->memory; /* not in use here; room for the cells of two rows */
	bool spans = false, tall = false, values = false;
	size_t width = h->rows[r].count;
	if (r + 2 >= h->row_count || !h->rows[r].textual || !h->rows[r + 1].textual)
		return false;
	width = h->rows[r + 1].count > width ? h->rows[r + 1].count : width;
	memset(is, 0, width);
	for (size_t level = 0; level < 2; level++) {
		csv_head_split(h, dialect, h->rows[r + level].at, &quoted, &row);
		for (size_t i = 0; i < row.count && i < width; i++) {
			struct gt_str name = csv_trimmed(csv_cell_of(h, h->rows[r + level].at, i));
			is[i] |= (uint8_t)(name.n ? ABOVE << level : 0);
			if (level == 1 && csv_is_value(name))
				return false;
		}
	}
	csv_head_split(h, dialect, h->rows[r + 2].at, &quoted, &row);
	for (size_t i = 0; i < width; i++) {
		if (is[i] == 0)
			return false;
		spans |= i > 0 && is[i] == BELOW && is[i - 1] & BELOW;
		tall |= is[i] == ABOVE;
		values |= is[i] & BELOW && i < row.count &&
			  csv_is_value(csv_trimmed(csv_cell_of(h, h->rows[r + 2].at, i)));
	}
	return spans && tall && values;
}
