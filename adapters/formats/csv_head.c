#include "csv_names.h"

#include <guantong/charset.h>

#include <stdlib.h>
#include <strings.h>

#define TRIED_MAX 16u /* of them as headers, where no mapped name tells */

static const char candidates[] = {',', ';', '\t', '|', '^'};

struct guess {
	struct csv_dialect dialect;
	size_t at;       /* text offset of the header */
	uint32_t levels; /* rows of it */
	size_t matches;  /* mapped columns that it names */
	bool textual;    /* it looks like names, not like data */
	int64_t rows;    /* it and those below that agree with it, less those that cannot */
	int64_t score;   /* their cells, less odd quotes */
	bool found;
};

static bool no_memory(struct gt_err *err, size_t bytes)
{
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", bytes));
}

/* ---- rows ---- */

static bool is_comment(const struct csv_head *h, size_t at)
{
	struct gt_str mark = h->wish->comment;
	return mark.n && h->text.n - at >= mark.n && memcmp(h->text.p + at, mark.p, mark.n) == 0;
}

/* Behind the line at `at`. */
static size_t next_line(const struct csv_head *h, size_t at)
{
	const char *end =
		at < h->text.n ? memchr(h->text.p + at, h->line_end, h->text.n - at) : NULL;
	return end ? (size_t)(end - h->text.p) + 1 : h->text.n;
}

/* Fills rows with what has content from `at` on. Returns how many cells have a quote inside that
 * opens nothing: quotes that make no sense with this delimiter. */
static int64_t list_rows(struct csv_head *h, const struct csv_dialect *dialect, size_t at)
{
	struct csv_quoted quoted = {0};
	struct csv_row row;
	int64_t odd = 0;
	h->row_count = 0;
	while (h->row_count < CSV_ROWS_MAX && at < h->text.n) {
		if (is_comment(h, at)) {
			at = next_line(h, at);
			continue;
		}
		enum csv_outcome outcome = csv_head_split(h, dialect, at, &quoted, &row);
		if (outcome == CSV_MORE || outcome == CSV_LARGE)
			break;
		struct csv_seen *to = &h->rows[h->row_count];
		*to = (struct csv_seen){.at = at, .next = at + row.next};
		uint32_t values = 0,
			 cells = row.count < CSV_CELLS_MAX ? (uint32_t)row.count : CSV_CELLS_MAX;
		for (uint32_t i = 0; i < cells; i++) {
			struct gt_str cell = csv_cell_of(h, at, i), name = csv_trimmed(cell);
			bool in_quotes = h->cells[i].at && dialect->quote &&
					 h->text.p[at + h->cells[i].at - 1] == dialect->quote;
			odd += !in_quotes && cell.n && dialect->quote &&
			       memchr(cell.p, dialect->quote, cell.n);
			to->filled += name.n > 0;
			to->count = name.n > 0 ? i + 1 : to->count;
			values += csv_is_value(name);
		}
		to->textual = 2 * values < to->filled;
		h->row_count += to->filled > 0;
		at += row.next;
	}
	return odd;
}

/* ---- the header ---- */

/* How well the rows from index r on agree with a header of `count` columns. */
static void weigh(
	const struct csv_head *h, size_t r, size_t count, int64_t odd, struct guess *guess)
{
	guess->rows = count > 1;
	guess->score = -odd;
	for (; r < h->row_count; r++) {
		uint32_t cells = h->rows[r].count;
		guess->rows += cells > count ? -1 : cells > 1;
		guess->score += cells > count ? -1 : (int64_t)cells - 1;
	}
}

static bool is_better(const struct guess *a, const struct guess *than)
{
	if (!than->found || a->matches != than->matches)
		return !than->found || a->matches > than->matches;
	if (a->textual != than->textual)
		return a->textual;
	return a->rows != than->rows ? a->rows > than->rows : a->score > than->score;
}

/* The width that explains most cells of the rows. */
static uint32_t usual_width(const struct csv_head *h)
{
	uint32_t *times = calloc(h->cell_room + 1, sizeof(*times)), best = 1;
	uint64_t most = 0;
	for (size_t r = 0; times && r < h->row_count; r++) {
		uint32_t width = h->rows[r].count, n = ++times[width];
		uint64_t explained = (uint64_t)(n > 1 || h->row_count < 3 ? n : 0) * (width - 1);
		best = explained > most ? width : best;
		most = explained > most ? explained : most;
	}
	free(times);
	return best;
}

/* Tries the header in rows r …, by its names or by structure. */
static void try_header(struct csv_head *h, const struct csv_dialect *dialect, size_t r,
	uint32_t levels, bool by_names, int64_t odd, struct guess *best)
{
	size_t count, next;
	(void)csv_read_names(h, dialect, h->rows[r].at, levels, &count, &next, NULL);
	size_t matches = csv_count_matches(h, count);
	if (matches < best->matches || (by_names && matches == 0))
		return;
	struct guess guess = {.dialect = *dialect,
		.at = h->rows[r].at,
		.levels = levels,
		.matches = matches,
		.textual = h->rows[r].textual,
		.found = true};
	weigh(h, r + levels, count, odd, &guess);
	if (is_better(&guess, best))
		*best = guess;
}

/* The best header by structure: of the first rows that fill at least half of the usual width. */
static void try_structure(struct csv_head *h, const struct csv_dialect *dialect, size_t until,
	int64_t odd, struct guess *best)
{
	uint32_t width = usual_width(h), pinned = (uint32_t)h->wish->levels;
	size_t tried = 0;
	*best = (struct guess){0};
	for (size_t r = 0; r < until && tried < TRIED_MAX; r++) {
		uint32_t levels = pinned                            ? pinned
				  : csv_looks_merged(h, dialect, r) ? 2
								    : 1,
			 filled = 0;
		if (r + levels > h->row_count)
			break;
		for (uint32_t i = 0; i < levels; i++)
			if (h->rows[r + i].filled > filled)
				filled = h->rows[r + i].filled;
		if (2 * filled < width && until > 1)
			continue;
		try_header(h, dialect, r, levels, false, odd, best);
		tried++;
	}
}

/* The best header with this dialect, from text offset `at` on. */
static void try_dialect(
	struct csv_head *h, const struct csv_dialect *dialect, size_t at, struct guess *best)
{
	int64_t odd = list_rows(h, dialect, at), pinned = h->wish->levels;
	struct guess named = {0};
	if (h->row_count == 0)
		return;
	size_t until = h->wish->header > 0 ? 1 : h->row_count;
	uint32_t first = pinned ? (uint32_t)pinned : 1;
	uint32_t last = pinned ? (uint32_t)pinned : h->dots ? CSV_LEVELS_MAX : 1;
	for (uint32_t levels = first; levels <= last && h->wish->field_count; levels++)
		for (size_t r = 0; r < until && r + levels <= h->row_count; r++)
			try_header(h, dialect, r, levels, true, odd, &named);
	if (named.matches == 0)
		try_structure(h, dialect, until, odd, &named);
	if (named.found && is_better(&named, best))
		*best = named;
}

/* Without a header: how well the rows agree with the given columns. */
static void try_columns(
	struct csv_head *h, const struct csv_dialect *dialect, size_t at, struct guess *best)
{
	int64_t odd = list_rows(h, dialect, at);
	struct guess guess = {.dialect = *dialect, .at = at, .found = true};
	weigh(h, 0, h->wish->columns.n, odd, &guess);
	if (is_better(&guess, best))
		*best = guess;
}

/* ---- the dialect ---- */

static bool is_word(struct gt_str s, const char *word)
{
	return gt_str_eq(s, gt_cstr(word));
}

static void set_delimiter(struct csv_dialect *dialect, struct gt_str s)
{
	if (is_word(s, "tab") || is_word(s, "\\t"))
		s = GT_LIT("\t");
	dialect->delimiter = s.p[0];
	dialect->rest_size = (uint8_t)(s.n - 1);
	memcpy(dialect->rest, s.p + 1, s.n - 1);
}

static bool can_be(const struct csv_wish *wish, struct gt_err *err)
{
	struct gt_str d = wish->delimiter, q = wish->quote;
	bool good = d.n > 0 && d.n <= CSV_DELIMITER_MAX && gt_is_ascii(d) &&
		    !memchr(d.p, '\n', d.n) && !memchr(d.p, '\r', d.n);
	if (!good)
		return gt_fail(err, GT_E_CSV_OPTION, "delimiter", GT_TEXT("%.*s", GT_STR_ARGS(d)));
	if (!is_word(q, "auto") && q.n > 1)
		return gt_fail(err, GT_E_CSV_OPTION, "quote", GT_TEXT("%.*s", GT_STR_ARGS(q)));
	return true;
}

/* The line "sep=;" that spreadsheets understand. Returns its bytes, 0 = there is none. */
static size_t separator_line(struct gt_str text, struct gt_str *separator)
{
	size_t at = text.n && text.p[0] == '"', end;
	if (text.n - at < 6 || strncasecmp(text.p + at, "sep=", 4) != 0)
		return 0;
	end = at + 5 + at; /* a closing quote, if there was one */
	end += end < text.n && text.p[end] == '\r';
	if (end >= text.n || text.p[end] != '\n')
		return 0;
	*separator = gt_str(text.p + at + 4, 1);
	return end + 1;
}

/* CR without LF: is there one, and is there an LF? */
static void line_ends(struct gt_str text, bool *carriage, bool *feed)
{
	*carriage = *feed = false;
	for (size_t i = 0; i < text.n; i++) {
		*feed |= text.p[i] == '\n';
		*carriage |= text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] != '\n';
	}
}

/* Tries every delimiter and line end that may be. */
static void try_all(struct csv_head *h, struct csv_dialect dialect, struct gt_str delimiter,
	size_t at, struct guess *best)
{
	bool carriage, feed;
	size_t n = is_word(delimiter, "auto") ? sizeof(candidates) : 1;
	line_ends(h->text, &carriage, &feed);
	for (int ends = feed ? 0 : 1; ends <= (carriage || !feed); ends++) {
		for (size_t i = 0; i < n; i++) {
			dialect.carriage = ends == 1 && carriage;
			if (n > 1)
				set_delimiter(&dialect, gt_str(&candidates[i], 1));
			else
				set_delimiter(&dialect, delimiter);
			if (h->wish->columns.n && h->wish->header == 0)
				try_columns(h, &dialect, at, best);
			else
				try_dialect(h, &dialect, at, best);
		}
	}
}

/* Is every name of the header enclosed in quotes? */
static bool all_quoted(struct csv_head *h, const struct guess *guess)
{
	size_t count, next, quoted = 0, filled = 0;
	if (!guess->levels ||
		!csv_read_names(h, &guess->dialect, guess->at, 1, &count, &next, NULL))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t at = guess->at + h->cells[i].at;
		filled += h->names[i].n > 0;
		quoted += h->names[i].n > 0 && at > 0 && h->text.p[at - 1] == guess->dialect.quote;
	}
	return filled > 0 && quoted == filled;
}

static uint32_t line_of(const struct csv_head *h, size_t at, bool carriage)
{
	uint32_t line = 1;
	for (size_t i = 0; i < at; i++)
		line += h->text.p[i] == '\n' ||
			(carriage && h->text.p[i] == '\r' && h->text.p[i + 1] != '\n');
	return line;
}

/* ---- the outcome ---- */

static bool set_names(
	struct csv_layout *layout, const struct gt_str *names, size_t count, char quote)
{
	size_t bytes = 1;
	for (size_t i = 0; i < count; i++)
		bytes += names[i].n + 8;
	layout->names = calloc(count ? count : 1, sizeof(*layout->names));
	char *to = layout->memory = malloc(bytes);
	if (!layout->names || !to)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t n = quote ? csv_undouble(quote, names[i], to) : names[i].n;
		if (!quote && n)
			memcpy(to, names[i].p, n);
		unsigned same = 1;
		for (size_t k = 0; k < i && n; k++)
			same += gt_str_eq(names[k], names[i]);
		if (same > 1)
			n += strlen(gt_text(to + n, 8, "#%u", same));
		layout->names[i] = gt_str(to, n);
		to += n;
	}
	layout->count = count;
	return true;
}

static bool take(struct csv_head *h, const struct guess *guess, struct csv_layout *layout,
	struct gt_err *err)
{
	const struct csv_wish *wish = h->wish;
	size_t count = 0, next = guess->at;
	if (guess->levels &&
		!csv_read_names(h, &guess->dialect, guess->at, guess->levels, &count, &next, err))
		return false;
	layout->dialect = guess->dialect;
	layout->start = next;
	layout->levels = guess->levels;
	layout->line = guess->levels ? line_of(h, guess->at, guess->dialect.carriage) : 0;
	bool given = wish->columns.n > 0;
	if (!set_names(layout, given ? wish->columns.v : h->names, given ? wish->columns.n : count,
		    given ? 0 : guess->dialect.quote))
		return no_memory(err, h->text.n);
	return true;
}

static bool find_layout(struct csv_head *h, struct csv_layout *layout, struct gt_err *err)
{
	const struct csv_wish *wish = h->wish;
	struct gt_str delimiter = wish->delimiter, said = {0};
	struct csv_dialect dialect = {.limit = wish->limit};
	struct guess best = {0};
	bool find_quote = is_word(wish->quote, "auto");
	size_t at = separator_line(h->text, &said);
	if (said.n && is_word(delimiter, "auto"))
		delimiter = said;
	if (wish->header > 0)
		at = 0;
	for (int64_t line = 1; line < wish->header; line++) {
		size_t next = next_line(h, at);
		if (next == h->text.n && (at == next || h->text.p[next - 1] != h->line_end))
			return gt_fail(err, GT_E_CSV_HEADER_LONG, GT_TEXT("%zu", h->text.n));
		at = next;
	}
	dialect.quote = find_quote ? '"' : wish->quote.n ? wish->quote.p[0] : 0;
	try_all(h, dialect, delimiter, at, &best);
	if (find_quote && h->text.n && memchr(h->text.p, '\'', h->text.n)) {
		struct guess single = {0};
		dialect.quote = '\'';
		try_all(h, dialect, delimiter, at, &single);
		if (single.found && all_quoted(h, &single))
			best = single;
	}
	if (!best.found && !h->whole)
		return gt_fail(err, GT_E_CSV_HEADER_LONG, GT_TEXT("%zu", h->text.n));
	if (!best.found)
		return gt_fail(err, GT_E_CSV_EMPTY);
	return take(h, &best, layout, err);
}

bool csv_layout_find(const struct csv_wish *wish, struct gt_str text, bool whole,
	struct csv_layout *layout, struct gt_err *err)
{
	if (!can_be(wish, err))
		return false;
	struct csv_head *h = calloc(1, sizeof(*h));
	if (!h)
		return no_memory(err, sizeof(*h));
	h->wish = wish;
	h->text = text;
	h->whole = whole;
	h->line_end = text.n && !memchr(text.p, '\n', text.n) ? '\r' : '\n';
	for (size_t f = 0; f < wish->field_count; f++)
		h->dots |= wish->fields[f].n && memchr(wish->fields[f].p, '.', wish->fields[f].n);
	h->cell_room = text.n < CSV_CELLS_MAX ? text.n + 1 : CSV_CELLS_MAX;
	/* Merged names: each has a part of its own and a copy of what stands above it. */
	size_t room = 4 * text.n + CSV_LEVELS_MAX * h->cell_room * (CSV_MERGED_MAX + 1);
	h->cells = malloc(h->cell_room * sizeof(*h->cells));
	h->names = calloc(CSV_LEVELS_MAX * h->cell_room, sizeof(*h->names));
	h->memory = malloc(room);
	bool ok = h->cells && h->names && h->memory;
	if (!ok)
		no_memory(err, room);
	ok = ok && find_layout(h, layout, err);
	free(h->cells);
	free(h->names);
	free(h->memory);
	free(h);
	return ok;
}

void csv_layout_free(struct csv_layout *layout)
{
	free(layout->names);
	free(layout->memory);
	layout->names = NULL;
	layout->memory = NULL;
}

static bool is_control(unsigned char c)
{
	return c < 0x20 && !(c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v');
}

/* NULs that fill a cell of fixed width, or the rest of the file, are padding; 0x1A and what follows
 * it may end files of old systems. *i goes to the last of them. */
static bool is_padding(struct gt_str head, size_t *i)
{
	size_t to = *i;
	bool nul = head.p[to] == 0;
	while (to < head.n && (head.p[to] == 0 || head.p[to] == 0x1A || head.p[to] == ' '))
		to++;
	if (to < head.n && (!nul || !strchr(",;|^\t\r\n\"'", head.p[to])))
		return false;
	*i = to - 1;
	return true;
}

/* Text may have a stray control character or NUL padding in a row, which is a matter of that row;
 * but not many, and none in its first line. */
bool csv_looks_binary(struct gt_str head, size_t *where)
{
	size_t count = 0, first = 0, lines = 0, in_first_line = 0;
	for (size_t i = 0; i < head.n; i++) {
		lines += head.p[i] == '\n';
		if (!is_control((unsigned char)head.p[i]))
			continue;
		if ((head.p[i] == 0 || head.p[i] == 0x1A) && is_padding(head, &i))
			continue;
		first = count++ == 0 ? i : first;
		in_first_line += lines == 0;
	}
	*where = first;
	return in_first_line > 0 || (count > 4 && count > head.n / 100);
}
