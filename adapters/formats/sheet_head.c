/* sheet_head.c: where the header of a sheet is and what its columns are called. The mapping knows
 * best: the row that has most of its fields is the header. Where it finds nothing (or there is
 * none, when somebody only looks), the layout decides: the first row that is about as wide as the
 * table and has texts only. */
#include "sheet.h"

#include <stdlib.h>

#define NAME_MAX_BYTES 512u
#define HEAD_BYTES (8u << 20) /* texts of the rows that are looked at */

struct head_row {
	uint32_t number;
	size_t own, count; /* cells with content of their own; with those of merged ranges */
	bool texts;        /* the own ones are all texts */
	struct sheet_cell *cells;
	char *text;
};

struct head {
	struct head_row rows[SHEET_HEAD_ROWS];
	size_t count, bytes;
	size_t width; /* columns in use */
	/* The wanted fields without spaces, sorted. */
	struct wanted {
		struct gt_str name;
		uint32_t field;
	} * wanted;
	char *wanted_text;
	size_t wanted_count;
};

/* ---- reading ---- */

static bool keep_row(
	struct head *head, uint32_t number, const struct sheet_cell *cells, size_t count)
{
	struct head_row *row = &head->rows[head->count];
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += cells[i].text.n;
	*row = (struct head_row){.number = number,
		.count = count,
		.texts = true,
		.cells = malloc(count * sizeof(*cells) + 1),
		.text = malloc(bytes + 1)};
	head->count++;
	if (!row->cells || !row->text)
		return false;
	char *at = row->text;
	for (size_t i = 0; i < count; i++) {
		row->cells[i] = cells[i];
		if (cells[i].text.n > 0)
			memcpy(at, cells[i].text.p, cells[i].text.n);
		row->cells[i].text.p = at;
		at += cells[i].text.n;
		row->own += !cells[i].lent && cells[i].text.n > 0;
		if (!cells[i].lent && cells[i].column >= head->width)
			head->width = cells[i].column + 1;
		row->texts = row->texts && (cells[i].lent || cells[i].kind == GT_TEXT);
	}
	head->bytes += bytes;
	return true;
}

static bool read_rows(struct sheet *sheet, struct head *head, struct gt_err *err)
{
	struct sheet_row row;
	while (head->count < SHEET_HEAD_ROWS && head->bytes < HEAD_BYTES) {
		size_t count;
		enum sheet_next next = sheet->source->next(sheet->source->arg, &row, err);
		if (next != SHEET_ROW)
			return next == SHEET_END;
		if (!sheet_merges_move(sheet, &row, err))
			return false;
		const struct sheet_cell *cells = sheet_fill(sheet, &row, &count);
		if (!keep_row(head, row.number, cells, count))
			return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", SHEET_ROW_MAX));
	}
	return true;
}

/* ---- names ---- */

/* Bytes of a character that is only space, BOM and no-break spaces included; 0 = none. */
static size_t space_at(struct gt_str s, size_t i)
{
	static const char *const wide[] = {
		"\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF", "\xE2\x80\x8B", NULL};
	if ((unsigned char)s.p[i] <= ' ')
		return 1;
	for (size_t k = 0; wide[k]; k++) {
		size_t n = strlen(wide[k]);
		if (s.n - i >= n && memcmp(s.p + i, wide[k], n) == 0)
			return n;
	}
	return 0;
}

/* Appends a name: runs of spaces and line breaks become `between` (one or no byte), none at its
 * ends. */
static size_t put_name(char *out, struct gt_str s, const char *between)
{
	size_t n = 0, gap = 0;
	for (size_t i = 0; i < s.n;) {
		size_t space = space_at(s, i);
		gap += space > 0;
		i += space;
		if (space > 0)
			continue;
		if (gap > 0 && n > 0 && *between)
			out[n++] = *between;
		gap = 0;
		out[n++] = s.p[i++];
	}
	return n;
}

/* At most NAME_MAX_BYTES, not in the middle of a character. */
static struct gt_str shortened(struct gt_str s)
{
	if (s.n <= NAME_MAX_BYTES)
		return s;
	s.n = NAME_MAX_BYTES;
	while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
		s.n--;
	return s;
}

/* Index of the first cell in this column or behind it. */
static size_t cell_from(const struct head_row *row, uint32_t column)
{
	size_t from = 0, to = row->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (row->cells[middle].column < column)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct gt_str text_at(const struct head_row *row, uint32_t column)
{
	size_t i = cell_from(row, column);
	bool there = i < row->count && row->cells[i].column == column;
	return there ? row->cells[i].text : gt_str(NULL, 0);
}

/* Where a format does not tell merged ranges, an upper heading stands for the blanks to its right,
 * as far as lower ones go. */
static struct gt_str upper_text(const struct sheet *sheet, const struct head_row *row,
	const struct head_row *below, uint32_t column)
{
	struct gt_str text = text_at(row, column);
	if (text.n > 0 || sheet->merge_count > 0 || text_at(below, column).n == 0)
		return text;
	for (uint32_t c = column; c > 0 && text.n == 0; c--)
		text = text_at(row, c - 1);
	return text;
}

/* The name of a column in a header of rows i to i + height − 1: "电.数量". */
static size_t column_name(const struct sheet *sheet, const struct head *head, size_t i,
	size_t height, uint32_t column, const char *between, char *out)
{
	struct gt_str before = {NULL, 0};
	size_t n = 0;
	for (size_t k = i; k < i + height && k < head->count; k++) {
		const struct head_row *row = &head->rows[k];
		bool lowest = k + 1 == i + height || k + 1 == head->count;
		struct gt_str text =
			shortened(lowest ? text_at(row, column)
					 : upper_text(sheet, row, &head->rows[k + 1], column));
		if (text.n == 0 || gt_str_eq(text, before))
			continue;
		before = text;
		size_t dot = n > 0;
		size_t more = put_name(out + n + dot, text, between);
		if (more > 0 && dot)
			out[n] = '.';
		n += more > 0 ? more + dot : 0;
	}
	return n;
}
#define FULL_NAME_MAX (SHEET_HEADER_ROWS * (NAME_MAX_BYTES + 1))

/* ---- what the mapping wants ---- */

static int by_name(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;
	return order ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static bool list_wanted(struct sheet *sheet, struct head *head)
{
	size_t count, bytes = 1;
	const struct gt_str *fields = gt_host_fields(sheet->host, &count);
	for (size_t i = 0; i < count; i++)
		bytes += fields[i].n;
	head->wanted = calloc(count + 1, sizeof(*head->wanted));
	char *at = head->wanted_text = malloc(bytes);
	if (!head->wanted || !at)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t n = put_name(at, fields[i], "");
		head->wanted[i] = (struct wanted){gt_str(at, n), (uint32_t)i};
		at += n;
	}
	head->wanted_count = count;
	qsort(head->wanted, count, sizeof(*head->wanted), by_name);
	return true;
}

static uint32_t field_of(const struct head *head, struct gt_str squeezed)
{
	struct wanted key = {squeezed, 0};
	const struct wanted *found =
		head->wanted_count == 0 || squeezed.n == 0
			? NULL
			: bsearch(&key, head->wanted, head->wanted_count, sizeof(key), by_name);
	return found ? found->field : SHEET_NO_FIELD;
}

/* Wanted fields in a header of rows i to i + height − 1. */
static size_t score(const struct sheet *sheet, const struct head *head, size_t i, size_t height)
{
	char name[FULL_NAME_MAX];
	bool seen[GT_FIELDS_MAX] = {false};
	size_t found = 0;
	if (i + height > head->count)
		return 0;
	for (uint32_t c = 0; c < head->width && head->wanted_count > 0; c++) {
		size_t n = column_name(sheet, head, i, height, c, "", name);
		uint32_t field = field_of(head, gt_str(name, n));
		if (field >= GT_FIELDS_MAX || seen[field])
			continue;
		seen[field] = true;
		found++;
	}
	return found;
}

/* ---- layout ---- */

/* Row i has a heading over several columns that have headings of their own in the next row. */
static bool goes_on_below(const struct sheet *sheet, const struct head *head, size_t i)
{
	const struct head_row *row = &head->rows[i], *next = row + 1;
	if (i + 1 >= head->count || row->own < 2 || !row->texts || !next->texts ||
		next->number != row->number + 1)
		return false;
	for (size_t m = 0; m < sheet->merge_count && sheet->merges[m].top <= row->number; m++) {
		const struct sheet_merge *merge = &sheet->merges[m];
		if (merge->top != row->number || merge->bottom != merge->top ||
			merge->right == merge->left || text_at(row, merge->left).n == 0)
			continue;
		for (size_t c = cell_from(next, merge->left);
			c < next->count && next->cells[c].column <= merge->right; c++)
			if (!next->cells[c].lent)
				return true;
	}
	return false;
}

static size_t height_at(const struct sheet *sheet, const struct head *head, size_t i)
{
	size_t height = 1;
	while (height < SHEET_HEADER_ROWS && goes_on_below(sheet, head, i + height - 1))
		height++;
	if (height == 1)
		return 1;
	for (size_t m = 0; m < sheet->merge_count; m++) {
		const struct sheet_merge *merge = &sheet->merges[m];
		size_t rows = merge->bottom - merge->top + 1;
		if (merge->top == head->rows[i].number && rows > height &&
			rows <= SHEET_HEADER_ROWS)
			height = rows;
	}
	return height;
}

static size_t width_at(const struct sheet *sheet, const struct head *head, size_t i)
{
	return goes_on_below(sheet, head, i) ? head->rows[i].count : head->rows[i].own;
}

static size_t by_layout(const struct sheet *sheet, const struct head *head)
{
	size_t widest = 0, any = SIZE_MAX;
	for (size_t i = 0; i < head->count; i++)
		if (width_at(sheet, head, i) > widest)
			widest = width_at(sheet, head, i);
	for (size_t i = 0; i < head->count; i++) {
		size_t width = width_at(sheet, head, i);
		if (width == 0 || 4 * width < 3 * widest)
			continue;
		if (head->rows[i].texts)
			return i;
		any = any == SIZE_MAX ? i : any;
	}
	return any;
}

struct choice {
	size_t row, height, score;
};

static void consider(const struct sheet *sheet, const struct head *head, size_t row, size_t height,
	struct choice *best)
{
	size_t found = score(sheet, head, row, height);
	if (found > best->score)
		*best = (struct choice){row, height, found};
}

static bool choose(
	const struct sheet *sheet, const struct head *head, struct choice *best, struct gt_err *err)
{
	const struct sheet_options *options = sheet->options;
	size_t rows = (size_t)options->header_rows;
	*best = (struct choice){SIZE_MAX, 1, 0};
	for (size_t i = 0; i < head->count; i++) {
		if (options->header > 0 && head->rows[i].number != options->header)
			continue;
		consider(sheet, head, i, rows ? rows : height_at(sheet, head, i), best);
		for (size_t h = 1; rows == 0 && h <= 2; h++)
			consider(sheet, head, i, h, best);
		if (options->header > 0 && best->row == SIZE_MAX)
			*best = (struct choice){i, rows ? rows : height_at(sheet, head, i), 0};
	}
	if (options->header > 0 && (best->row == SIZE_MAX || head->rows[best->row].own == 0))
		return gt_fail(
			err, GT_E_SHEET_NO_HEADER, GT_TEXT("%lld", (long long)options->header));
	if (best->row != SIZE_MAX)
		return true;
	best->row = by_layout(sheet, head);
	best->height = best->row == SIZE_MAX ? 1 : rows ? rows : height_at(sheet, head, best->row);
	return true;
}

/* ---- columns ---- */

/* Later columns of a name that has been there are called name#2, name#3 …; one without a name by
 * its letters. Returns the bytes. */
static size_t distinct(struct sheet *sheet, size_t column, char *name, size_t n)
{
	char letters[8];
	size_t same = 1;
	if (n == 0) {
		sheet_letters((uint32_t)column, letters);
		n = strlen(letters);
		memcpy(name, letters, n);
	}
	for (size_t i = 0; i < column; i++)
		same += gt_str_eq(
			gt_str(sheet->columns[i].name.p, sheet->columns[i].base), gt_str(name, n));
	for (size_t i = 0; i < sheet->constant_count; i++)
		same += gt_str_eq(sheet->constants[i].name, gt_str(name, n));
	sheet->columns[column].base = n;
	if (same > 1)
		n += strlen(gt_text(name + n, 8, "#%zu", same));
	return n;
}

static void bind(struct sheet *sheet, const struct head *head, struct sheet_column *column)
{
	char squeezed[FULL_NAME_MAX + 8];
	column->field = field_of(head, gt_str(squeezed, put_name(squeezed, column->name, "")));
	for (struct sheet_column *c = sheet->columns; c < column; c++)
		if (c->field == column->field)
			column->field = SHEET_NO_FIELD;
	for (size_t i = 0; i < sheet->constant_count; i++)
		if (sheet->constants[i].field == column->field)
			column->field = SHEET_NO_FIELD;
}

/* Names, keys and fields of all columns; the list of names as JSON. */
static bool name_columns(struct sheet *sheet, const struct head *head, const struct choice *choice,
	struct gt_err *err)
{
	const struct gt_texts *given = &sheet->options->columns;
	size_t count = given->n > 0 ? given->n : head->width, bytes = 8;
	char name[FULL_NAME_MAX + 16];
	if (count > SHEET_COLUMNS_MAX)
		count = SHEET_COLUMNS_MAX;
	for (uint32_t c = 0; c < count; c++)
		bytes += 16 + (given->n > 0 ? NAME_MAX_BYTES
					    : column_name(sheet, head, choice->row, choice->height,
						      c, " ", name));
	sheet->columns = calloc(count + 1, sizeof(*sheet->columns));
	sheet->text = malloc(8 * bytes);
	sheet->names = malloc(7 * bytes);
	if (!sheet->columns || !sheet->text || !sheet->names)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 15 * bytes));
	char *at = sheet->text, *json = sheet->names;
	for (size_t c = 0; c < count; c++) {
		struct sheet_column *column = &sheet->columns[c];
		size_t n = given->n > 0 ? put_name(at, shortened(given->v[c]), " ")
					: column_name(sheet, head, choice->row, choice->height,
						  (uint32_t)c, " ", at);
		n = distinct(sheet, c, at, n);
		column->name = gt_str(at, n);
		at += n;
		size_t key = sheet_json_text(at, column->name);
		*json++ = c ? ',' : '[';
		memcpy(json, at, key);
		json += key;
		at[key++] = ':';
		column->key = gt_str(at, key);
		at += key;
		bind(sheet, head, column);
	}
	sheet->column_count = count;
	memcpy(json, count ? "]" : "[]", count ? 2 : 3);
	return true;
}

/* A cell that is the same for all rows. False: no memory. */
static bool keep_constant(struct sheet *sheet, const struct head *head, struct gt_str name,
	const struct sheet_cell *cell)
{
	char squeezed[NAME_MAX_BYTES];
	struct sheet_constant *constant = &sheet->constants[sheet->constant_count];
	uint32_t field = field_of(head, gt_str(squeezed, put_name(squeezed, name, "")));
	*constant = (struct sheet_constant){name, field, *cell};
	char *text = malloc(cell->text.n);
	if (!text)
		return false;
	memcpy(text, cell->text.p, cell->text.n);
	constant->cell.text.p = text;
	sheet->constant_count++;
	return true;
}

/* The cells that `cells:` names; one that is blank is left out. */
static bool take_constants(struct sheet *sheet, const struct head *head, struct gt_err *err)
{
	const struct gt_pairs *given = &sheet->options->cells;
	sheet->constants = calloc(given->n + 1, sizeof(*sheet->constants));
	bool ok = sheet->constants != NULL;
	for (size_t i = 0; ok && i < given->n; i++) {
		uint32_t column, number;
		struct gt_str where = given->v[i].value, name = shortened(given->v[i].key);
		if (where.n == 0 || sheet_reference(where, &column, &number) != where.n ||
			number > SHEET_HEAD_ROWS)
			return gt_fail(err, GT_E_SHEET_CELLS, GT_TEXT("%.*s", GT_STR_ARGS(where)),
				GT_TEXT("%u", SHEET_HEAD_ROWS));
		for (size_t r = 0; ok && r < head->count; r++) {
			const struct head_row *row = &head->rows[r];
			size_t k = row->number == number ? cell_from(row, column) : row->count;
			if (k < row->count && row->cells[k].column == column &&
				row->cells[k].text.n > 0)
				ok = keep_constant(sheet, head, name, &row->cells[k]);
		}
	}
	return ok || gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", SHEET_CELL_MAX));
}

void sheet_forget_columns(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->constant_count; i++)
		free((char *)(uintptr_t)sheet->constants[i].cell.text.p);
	free(sheet->constants);
	free(sheet->columns);
	free(sheet->text);
	free(sheet->names);
	sheet->constants = NULL;
	sheet->columns = NULL;
	sheet->text = sheet->names = NULL;
	sheet->constant_count = sheet->column_count = 0;
}

static void forget_head(struct head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		free(head->rows[i].cells);
		free(head->rows[i].text);
	}
	free(head->wanted);
	free(head->wanted_text);
	free(head);
}

static bool has_content(const struct head *head)
{
	for (size_t i = 0; i < head->count; i++)
		if (head->rows[i].own > 0)
			return true;
	return false;
}

bool sheet_find_header(struct sheet *sheet, size_t *found, bool *empty, struct gt_err *err)
{
	struct choice choice = {0, 1, 0};
	struct head *head = calloc(1, sizeof(*head));
	sheet_forget_columns(sheet);
	sheet_merges_reset(sheet);
	if (!head || !list_wanted(sheet, head)) {
		free(head);
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*head)));
	}
	bool given = sheet->options->columns.n > 0, ok = read_rows(sheet, head, err);
	*empty = ok && !has_content(head);
	*found = 0;
	if (ok && !*empty)
		ok = (given || choose(sheet, head, &choice, err)) &&
		     take_constants(sheet, head, err) && name_columns(sheet, head, &choice, err);
	if (ok && !*empty)
		sheet->first_row = given ? (uint32_t)sheet->options->header + 1
					 : head->rows[choice.row].number + (uint32_t)choice.height;
	for (size_t c = 0; ok && c < sheet->column_count; c++)
		*found += sheet->columns[c].field != SHEET_NO_FIELD;
	forget_head(head);
	return ok;
}
