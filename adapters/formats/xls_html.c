/* xls_html.c: tables of pages, as report generators write them under the name of a workbook. A
 * small tolerant reader: tags need not be closed, unknown ones mean nothing. Each table is read by
 * itself from its place in the page, so that one within a cell of another is a table of its own. */
#include "xls.h"

#include <stdlib.h>
#include <strings.h>

#define DEPTH_MAX 16u /* tables within tables */
#define SPAN_MAX 1000u
#define ROWSPAN_MAX 65534u

struct page {
	struct gt_str text;
	size_t at;
	struct grid *grid;
	char *cell; /* text of the cell at hand */
	size_t used;
	bool in_cell, row_open, space; /* space: one is due before the next character */
	uint32_t row, column;          /* row 0 = none yet */
	uint32_t colspan, rowspan;
	uint32_t *taken; /* by column: last row that a cell above reaches down to */
};

/* ---- tags ---- */

struct tag {
	struct gt_str name, attributes;
	bool closing;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t find(struct gt_str text, size_t from, const char *what)
{
	size_t n = strlen(what);
	const char *p = from < text.n ? memmem(text.p + from, text.n - from, what, n) : NULL;
	return p ? (size_t)(p - text.p) + n : text.n;
}

/* The tag at *at, which is a '<'; *at goes behind it. False: no tag, the character is text. */
static bool take_tag(struct gt_str text, size_t *at, struct tag *tag)
{
	size_t i = *at + 1;
	char quote = 0;
	*tag = (struct tag){.name = {"", 0}};
	if (i + 2 < text.n && memcmp(text.p + i, "!--", 3) == 0) {
		*at = find(text, i + 3, "-->");
		return true;
	}
	tag->closing = i < text.n && text.p[i] == '/';
	i += tag->closing;
	if (i >= text.n || !(is_letter(text.p[i]) || text.p[i] == '!' || text.p[i] == '?'))
		return false;
	size_t from = i;
	while (i < text.n && text.p[i] > ' ' && text.p[i] != '>' && text.p[i] != '/')
		i++;
	tag->name = gt_str(text.p + from, i - from);
	for (from = i; i < text.n && (quote || text.p[i] != '>'); i++) {
		if (quote ? text.p[i] == quote : text.p[i] == '"' || text.p[i] == '\'')
			quote = quote ? 0 : text.p[i];
	}
	if (quote) { /* a quote that is never closed: the tag ends at the first '>' */
		i = find(text, from, ">");
		i -= i > from;
	}
	tag->attributes = gt_str(text.p + from, i - from);
	*at = i < text.n ? i + 1 : text.n;
	return true;
}

static bool is(const struct tag *tag, const char *name)
{
	return tag->name.n == strlen(name) && strncasecmp(tag->name.p, name, tag->name.n) == 0;
}

/* colspan="3", colspan=3; 1 where it is not there or is no such number. */
static uint32_t span(struct gt_str attributes, const char *name, uint32_t most)
{
	size_t n = strlen(name);
	for (size_t i = 0; i + n < attributes.n; i++) {
		if (strncasecmp(attributes.p + i, name, n) != 0)
			continue;
		uint32_t v = 0;
		for (i += n; i < attributes.n && strchr(" \t\r\n=\"'", attributes.p[i]); i++)
			;
		for (; i < attributes.n && attributes.p[i] >= '0' && attributes.p[i] <= '9' &&
			v <= most;
			i++)
			v = v * 10 + (uint32_t)(attributes.p[i] - '0');
		return v < 1 ? 1 : v > most ? most : v;
	}
	return 1;
}

/* ---- text ---- */

static void put(struct page *page, const char *s, size_t n)
{
	if (page->space && page->used > 0 && page->cell[page->used - 1] != '\n')
		page->cell[page->used++] = ' ';
	page->space = false;
	memcpy(page->cell + page->used, s, n);
	page->used += n;
}

static size_t put_code(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* &#8364; or &#x20AC;; 0 = none of them. */
static uint32_t numbered(struct gt_str entity)
{
	bool hex = entity.n > 1 && (entity.p[1] | 0x20) == 'x';
	uint32_t v = 0;
	for (size_t i = hex ? 2 : 1; i < entity.n; i++) {
		char c = (char)(entity.p[i] | (hex && entity.p[i] > '9' ? 0x20 : 0));
		uint32_t d = c >= '0' && c <= '9'          ? (uint32_t)(c - '0')
			     : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
							   : 99;
		if (d == 99 || v > 0x10FFFF)
			return 0;
		v = v * (hex ? 16 : 10) + d;
	}
	bool control = v < ' ' && v != '\t' && v != '\n' && v != '\r';
	return control || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000) ? 0 : v;
}

static uint32_t entity_code(struct gt_str entity)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''},
		{"nbsp", 0xA0}, {"ensp", ' '}, {"emsp", ' '}, {"yen", 0xA5}, {"middot", 0xB7},
		{"times", 0xD7}, {"divide", 0xF7}, {"deg", 0xB0}, {"plusmn", 0xB1}, {"sup2", 0xB2},
		{"sup3", 0xB3}, {"mdash", 0x2014}, {"ndash", 0x2013}, {"hellip", 0x2026},
		{"ldquo", 0x201C}, {"rdquo", 0x201D}, {"lsquo", 0x2018}, {"rsquo", 0x2019}};
	if (entity.n > 1 && entity.p[0] == '#')
		return numbered(entity);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == entity.n &&
			memcmp(names[i].name, entity.p, entity.n) == 0)
			return names[i].code;
	return 0;
}

/* An entity at the page's place, which is a '&'; what is none is text. */
static void take_entity(struct page *page)
{
	struct gt_str text = page->text;
	size_t i = page->at + 1;
	char out[4];
	while (i < text.n && i - page->at < 12 &&
		(is_letter(text.p[i]) || text.p[i] == '#' ||
			(text.p[i] >= '0' && text.p[i] <= '9')))
		i++;
	uint32_t code = entity_code(gt_str(text.p + page->at + 1, i - page->at - 1));
	if (code == 0) {
		put(page, "&", 1);
		page->at++;
		return;
	}
	page->at = i + (i < text.n && text.p[i] == ';');
	if (code == 0xA0 || code == ' ')
		page->space = true;
	else
		put(page, out, put_code(code, out));
}

/* ---- cells ---- */

static void end_cell(struct page *page)
{
	if (!page->in_cell)
		return;
	page->in_cell = false;
	while (page->used > 0 && page->cell[page->used - 1] == '\n')
		page->used--;
	struct gt_str text = gt_str(page->cell, page->used);
	if (text.n >= 3 && text.p[0] == '=' && text.p[1] == '"' && text.p[text.n - 1] == '"')
		text = gt_str(text.p + 2, text.n - 3); /* ="00123" */
	if (text.n > 0 && page->column < SHEET_COLUMNS_MAX)
		grid_cell(page->grid,
			(struct sheet_cell){.column = page->column, .kind = GT_TEXT, .text = text});
	page->column += page->colspan;
}

static void begin_row(struct page *page)
{
	end_cell(page);
	page->row_open = page->row < SHEET_ROWS_MAX;
	page->column = 0;
	if (page->row_open)
		grid_row(page->grid, ++page->row);
}

static void begin_cell(struct page *page, struct gt_str attributes)
{
	if (!page->row_open)
		begin_row(page);
	end_cell(page);
	while (page->column < SHEET_COLUMNS_MAX && page->taken[page->column] >= page->row)
		page->column++;
	if (page->column >= SHEET_COLUMNS_MAX || !page->row_open)
		return;
	page->in_cell = true;
	page->space = false;
	page->used = 0;
	page->colspan = span(attributes, "colspan", SPAN_MAX);
	page->rowspan = span(attributes, "rowspan", ROWSPAN_MAX);
	uint32_t right = page->column;
	while (right + 1 < page->column + page->colspan && right + 1 < SHEET_COLUMNS_MAX &&
		page->taken[right + 1] < page->row)
		right++;
	page->colspan = right - page->column + 1;
	uint32_t bottom = page->row + page->rowspan - 1;
	for (uint32_t c = page->column; c <= right; c++)
		page->taken[c] = bottom;
	if (page->colspan > 1 || page->rowspan > 1)
		grid_merge(
			page->grid, (struct sheet_merge){page->row, bottom, page->column, right});
}

/* Tags that matter within a table. *depth: tables that are open. */
static void use_tag(struct page *page, const struct tag *tag, unsigned *depth)
{
	if (is(tag, "table")) {
		*depth += tag->closing ? -1u : 1u;
		if (*depth == 0)
			end_cell(page);
		return;
	}
	if (!tag->closing && (is(tag, "script") || is(tag, "style"))) {
		page->at = find(page->text, page->at, tag->name.n == 5 ? "</style" : "</script");
		page->at = find(page->text, page->at, ">");
	}
	if (*depth != 1)
		return;
	if (is(tag, "tr")) {
		if (tag->closing)
			end_cell(page);
		else
			begin_row(page);
		page->row_open = page->row_open && !tag->closing;
	} else if (is(tag, "td") || is(tag, "th")) {
		if (tag->closing)
			end_cell(page);
		else
			begin_cell(page, tag->attributes);
	} else if (is(tag, "br") && page->in_cell && page->used > 0) {
		page->space = false;
		page->cell[page->used++] = '\n';
	}
}

/* The table whose first tag ends at page->at, to its end. */
static void read_table(struct page *page)
{
	unsigned depth = 1;
	memset(page->taken, 0, SHEET_COLUMNS_MAX * sizeof(*page->taken));
	page->row = 0;
	page->in_cell = page->row_open = false;
	while (page->at < page->text.n && depth > 0 && !page->grid->failed) {
		char c = page->text.p[page->at];
		struct tag tag;
		if (c == '<' && take_tag(page->text, &page->at, &tag)) {
			use_tag(page, &tag, &depth);
			continue;
		}
		bool wanted = page->in_cell && depth == 1;
		if (wanted && c == '&') {
			take_entity(page);
			continue;
		}
		page->at++;
		if (wanted && (unsigned char)c <= ' ')
			page->space = true;
		else if (wanted)
			put(page, &c, 1);
	}
	end_cell(page);
}

bool xls_read_html(struct gt_str text, struct grid *grid, struct gt_err *err)
{
	struct page page = {.text = text,
		.grid = grid,
		.cell = malloc(2 * text.n + 16),
		.taken = malloc(SHEET_COLUMNS_MAX * sizeof(uint32_t))};
	struct tag tag;
	unsigned depth = 0, number = 0;
	bool room = page.cell && page.taken;
	for (size_t at = 0; room && at < text.n && !grid->failed && number < SHEET_COUNT_MAX;) {
		if (text.p[at] != '<' || !take_tag(text, &at, &tag)) {
			const char *next = memchr(text.p + at + 1, '<', text.n - at - 1);
			at = next ? (size_t)(next - text.p) : text.n;
			continue;
		}
		if (!is(&tag, "table"))
			continue;
		depth = tag.closing ? depth - (depth > 0) : depth + 1;
		if (tag.closing || depth > DEPTH_MAX)
			continue;
		grid_sheet(grid, gt_cstr(GT_TEXT("%u", ++number)));
		page.at = at;
		if (!grid->failed)
			read_table(&page);
	}
	free(page.cell);
	free(page.taken);
	if (!room)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 2 * text.n));
	if (number == 0)
		return gt_fail(err, GT_E_XLS_NO_TABLE);
	return grid_done(grid, err);
}
