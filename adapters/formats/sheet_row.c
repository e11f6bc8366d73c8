/* sheet_row.c: from the cells of a row to a row of the batch. A workbook has no bytes for a row, so
 * the row as a JSON object stands for them, with all its columns, wanted or not; texts of wanted
 * fields are views of it where JSON writes them as they are. */
#include "sheet.h"

#include <stdlib.h>

#include <guantong/charset.h>

size_t sheet_json_text(char *out, struct gt_str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
#define PUT(c)                                                                                     \
	do {                                                                                       \
		if (out)                                                                           \
			out[n] = (c);                                                              \
		n++;                                                                               \
	} while (0)
	PUT('"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20) {
			PUT('\\');
			PUT('u');
			PUT('0');
			PUT('0');
			PUT(hex[c >> 4]);
			PUT(hex[c & 15]);
			continue;
		}
		if (c == '"' || c == '\\')
			PUT('\\');
		PUT((char)c);
	}
	PUT('"');
#undef PUT
	return n;
}

static bool escapes(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == '"' || s.p[i] == '\\')
			return true;
	return false;
}

/* A column beyond the header is called by its letters. */
static struct gt_str key_of(const struct sheet *sheet, uint32_t column, char room[16])
{
	char letters[8];
	if (column < sheet->column_count)
		return sheet->columns[column].key;
	return gt_cstr(gt_text(room, 16, "\"%s\":", sheet_letters(column, letters)));
}

static size_t value_size(const struct sheet_cell *cell)
{
	return cell->kind == GT_TEXT ? sheet_json_text(NULL, cell->text) : cell->text.n;
}

/* Bytes that the row takes in the batch: its JSON, and wanted texts that JSON escapes. */
static size_t measure(
	const struct sheet *sheet, const struct sheet_cell *cells, size_t count, size_t *extra)
{
	char room[16];
	size_t n = 1; /* a brace at each end, and one comma less than there are members */
	*extra = 0;
	for (size_t i = 0; i < sheet->constant_count; i++) {
		const struct sheet_constant *c = &sheet->constants[i];
		size_t value = value_size(&c->cell);
		n += sheet_json_text(NULL, c->name) + value + 2;
		*extra += value != c->cell.text.n + 2 ? c->cell.text.n : 0;
	}
	for (size_t i = 0; i < count; i++) {
		size_t value = value_size(&cells[i]);
		n += key_of(sheet, cells[i].column, room).n + value + 1;
		*extra += value != cells[i].text.n + 2 ? cells[i].text.n : 0;
	}
	return n > 1 ? n : 2;
}

struct writing {
	char *json, *extra;
	struct gt_value *values; /* NULL: only the JSON */
};

static void put_cell(
	struct writing *w, struct gt_str key, const struct sheet_cell *cell, uint32_t field)
{
	memcpy(w->json, key.p, key.n);
	w->json += key.n;
	char *at = w->json;
	if (cell->kind == GT_TEXT) {
		w->json += sheet_json_text(at, cell->text);
		at++;
	} else {
		memcpy(at, cell->text.p, cell->text.n);
		w->json += cell->text.n;
	}
	*w->json++ = ',';
	if (!w->values || field == SHEET_NO_FIELD)
		return;
	struct gt_value *value = &w->values[field];
	if (cell->kind == GT_BOOL) {
		*value = (struct gt_value){.kind = GT_BOOL, .number = cell->text.p[0] == 't'};
		return;
	}
	if (cell->kind == GT_TEXT && escapes(cell->text)) {
		memcpy(w->extra, cell->text.p, cell->text.n);
		at = w->extra;
		w->extra += cell->text.n;
	}
	*value = (struct gt_value){.kind = cell->kind,
		.marks = cell->marks,
		.size = (uint32_t)cell->text.n,
		.text = at};
}

static void write_row(const struct sheet *sheet, const struct sheet_cell *cells, size_t count,
	char *out, size_t json_size, struct gt_value *values)
{
	struct writing w = {out + 1, out + json_size, values};
	out[0] = '{';
	for (size_t i = 0; i < sheet->constant_count; i++) {
		const struct sheet_constant *c = &sheet->constants[i];
		w.json += sheet_json_text(w.json, c->name);
		put_cell(&w, GT_LIT(":"), &c->cell, c->field);
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t column = cells[i].column;
		char room[16];
		put_cell(&w, key_of(sheet, column, room), &cells[i],
			column < sheet->column_count ? sheet->columns[column].field
						     : SHEET_NO_FIELD);
	}
	out[json_size - 1] = '}'; /* in place of the last comma */
}

/* Columns that are looked at: those of the header, or of everything there while there is none. */
static size_t width(const struct sheet *sheet, const struct sheet_row *row)
{
	size_t n = sheet->column_count;
	if (row->count > 0 && row->cells[row->count - 1].column >= n)
		n = row->cells[row->count - 1].column + 1;
	for (size_t i = 0; sheet->column_count == 0 && i < sheet->active_count; i++)
		if (sheet->active[i].merge.right >= n)
			n = sheet->active[i].merge.right + 1;
	return n;
}

const struct sheet_cell *sheet_fill(struct sheet *sheet, const struct sheet_row *row, size_t *count)
{
	*count = row->count;
	if (sheet->active_count == 0)
		return row->cells;
	struct sheet_cell *of_column = sheet->filled + SHEET_COLUMNS_MAX;
	size_t used = width(sheet, row), n = 0;
	memset(of_column, 0, used * sizeof(*of_column));
	for (size_t i = 0; i < row->count; i++)
		of_column[row->cells[i].column] = row->cells[i];
	for (size_t i = 0; i < sheet->active_count; i++) {
		const struct sheet_active *a = &sheet->active[i];
		if (a->head.kind == GT_ABSENT)
			continue;
		for (uint32_t c = a->merge.left; c <= a->merge.right && c < used; c++) {
			if (of_column[c].kind != GT_ABSENT)
				continue;
			of_column[c] = a->head;
			of_column[c].column = c;
			of_column[c].text.p = a->text;
			of_column[c].lent = true;
		}
	}
	for (size_t c = 0; c < used; c++)
		if (of_column[c].kind != GT_ABSENT)
			sheet->filled[n++] = of_column[c];
	*count = n;
	return sheet->filled;
}

/* Too long to be published: its first bytes are kept, and not more of it is even written. */
static bool add_large(struct gt_batch *batch, const struct sheet *sheet,
	const struct sheet_cell *cells, size_t count, size_t whole, struct gt_place place)
{
	struct gt_err why;
	size_t some = 0, size = 0, extra;
	while (some < count && size <= GT_REJECT_KEEP)
		size = measure(sheet, cells, ++some, &extra);
	char *json = malloc(size);
	if (!json)
		return false;
	write_row(sheet, cells, some, json, size, NULL);
	struct gt_str kept =
		gt_batch_copy(batch, gt_str(json, size < GT_REJECT_KEEP ? size : GT_REJECT_KEEP));
	free(json);
	gt_fail(&why, GT_E_ROW_LARGE, GT_TEXT("%u", GT_RECORD_MAX));
	return kept.p && gt_batch_add_bad(batch, kept, place, whole, &why);
}

/* The first thing that makes the row bad. */
static bool is_bad(const struct sheet_row *row, struct gt_err *why)
{
	if (row->broken) {
		*why = row->err;
		return true;
	}
	for (size_t i = 0; i < row->count; i++) {
		char letters[8];
		const struct sheet_cell *cell = &row->cells[i];
		if (cell->text.n > SHEET_CELL_MAX) {
			gt_fail(why, GT_E_SHEET_CELL_LONG,
				GT_TEXT("%s%u", sheet_letters(cell->column, letters), row->number),
				GT_TEXT("%u", SHEET_CELL_MAX));
			return true;
		}
	}
	return false;
}

bool sheet_add(
	struct sheet *sheet, struct gt_batch *batch, const struct sheet_row *row, uint64_t number)
{
	struct gt_place place = {row->number, number};
	struct gt_err why;
	size_t count, extra;
	const struct sheet_cell *cells = sheet_fill(sheet, row, &count);
	size_t size = measure(sheet, cells, count, &extra);
	if (size > GT_RECORD_MAX)
		return add_large(batch, sheet, cells, count, size, place);
	char *out = gt_batch_alloc(batch, size + extra);
	if (!out)
		return false;
	if (is_bad(row, &why)) {
		write_row(sheet, cells, count, out, size, NULL);
		return gt_batch_add_bad(batch, gt_str(out, size), place, 0, &why);
	}
	struct gt_value *values = gt_batch_add(batch, gt_str(out, size), place);
	if (values)
		write_row(sheet, cells, count, out, size, values);
	return values != NULL;
}
