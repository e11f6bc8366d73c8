/* xlsx_sheet.c: the rows of one sheet, streamed. Merged ranges stand behind the rows in the part,
 * so it is unpacked once before: that also proves that it is whole before its first row is handed
 * on. */
#include "xlsx.h"

#include <stdlib.h>

/* ---- merged ranges ---- */

static void add_merge(void *arg, const char *name, const char **attributes)
{
	struct xlsx *x = arg;
	struct xlsx_reading *r = &x->reading;
	const char *ref = strcmp(name, "mergeCell") == 0 ? xlsx_attribute(attributes, "ref") : NULL;
	struct sheet_merge merge;
	struct gt_err err;
	if (!ref || !sheet_range(gt_cstr(ref), &merge) ||
		(merge.top == merge.bottom && merge.left == merge.right))
		return;
	if (r->merge_count == r->merge_room) {
		size_t room = r->merge_room ? r->merge_room * 2 : 64;
		if (room > SHEET_MERGES_MAX || !xlsx_memory(x, room * sizeof(merge), &err)) {
			xlsx_xml_fail(&r->xml, (struct gt_failure){GT_E_MEMORY_BUDGET,
						       GT_TEXT("%zu", room * sizeof(merge))});
			return;
		}
		struct sheet_merge *grown = realloc(r->merges, room * sizeof(merge));
		if (!grown)
			return;
		r->merges = grown;
		r->merge_room = room;
	}
	r->merges[r->merge_count++] = merge;
}

static void no_end(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

static int by_top(const void *a, const void *b)
{
	const struct sheet_merge *x = a, *y = b;
	return x->top != y->top ? (x->top > y->top) - (x->top < y->top)
				: (x->left > y->left) - (x->left < y->left);
}

/* Unpacks the part. *merged: it may have merged ranges. */
static bool look_through(
	struct xlsx *x, const struct xlsx_part *part, bool *merged, struct gt_err *err)
{
	static const char word[] = "mergeCell";
	const size_t keep = sizeof(word) - 2;
	char *chunk = malloc(keep + XLSX_CHUNK);
	size_t have = 0;
	int got = chunk ? 1 : -1;
	*merged = false;
	if (!chunk)
		gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", XLSX_CHUNK));
	else if (!xlsx_zip_start(&x->zip, part, err))
		got = -1;
	while (got > 0) {
		got = xlsx_zip_read(&x->zip, part, chunk + have, XLSX_CHUNK, err);
		size_t n = have + (got > 0 ? (size_t)got : 0);
		/* UTF-16 spells it otherwise. */
		bool wide = n > 1 && (chunk[0] == '\0' || chunk[1] == '\0' ||
					     (unsigned char)chunk[0] >= 0xFE);
		*merged = *merged || wide || memmem(chunk, n, word, sizeof(word) - 1) != NULL;
		have = n < keep ? n : keep;
		memmove(chunk, chunk + n - have, have);
	}
	free(chunk);
	return got == 0;
}

static bool read_merges(struct xlsx *x, const struct xlsx_part *part, struct gt_err *err)
{
	struct xlsx_reading *r = &x->reading;
	bool merged;
	r->merge_count = 0;
	if (!look_through(x, part, &merged, err))
		return false;
	if (!merged)
		return true;
	r->xml = (struct xlsx_xml){
		.zip = &x->zip, .part = part, .arg = x, .start = add_merge, .end = no_end};
	if (!xlsx_xml_whole(&r->xml, err))
		return false;
	if (r->merge_count > 1)
		qsort(r->merges, r->merge_count, sizeof(*r->merges), by_top);
	return true;
}

/* ---- rows ---- */

static bool room_for(struct xlsx_reading *r, size_t n)
{
	if (r->room - r->used >= n)
		return true;
	size_t room = r->room ? r->room : 4096;
	while (room - r->used < n)
		room *= 2;
	char *grown = realloc(r->text, room);
	if (!grown)
		return false;
	r->text = grown;
	r->room = room;
	return true;
}

static void bad_cell(struct xlsx_reading *r, struct gt_str what)
{
	char letters[8];
	if (r->row.broken)
		return;
	r->row.broken = true;
	gt_fail(&r->row.err, GT_E_SHEET_CELL_BAD,
		GT_TEXT("%s%u", sheet_letters(r->column, letters), r->row.number),
		GT_TEXT("%.*s", (int)(what.n < 100 ? what.n : 100), what.p ? what.p : ""));
}

static void begin_row(struct xlsx *x, const char **attributes)
{
	struct xlsx_reading *r = &x->reading;
	const char *ref = xlsx_attribute(attributes, "r");
	unsigned long number = ref ? strtoul(ref, NULL, 10) : r->last_row + 1u;
	if (number <= r->last_row || number > SHEET_ROWS_MAX) {
		xlsx_xml_fail(&r->xml, (struct gt_failure){GT_E_SHEET_ROW_ORDER,
					       GT_TEXT("%u", r->last_row), ref ? ref : "1048577"});
		return;
	}
	r->used = 0;
	if (!room_for(r, SHEET_NUMBER_MAX)) {
		xlsx_xml_fail(&r->xml, (struct gt_failure){GT_E_MEMORY_BUDGET, "4096"});
		return;
	}
	r->row.number = r->last_row = (uint32_t)number;
	r->row.count = 0;
	r->row.broken = false;
	r->in_row = true;
	r->unordered = false;
	r->column = UINT32_MAX; /* + 1 = 0 */
}

static char type_of(const char *t)
{
	static const struct {
		const char *word;
		char type;
	} types[] = {{"n", 'n'}, {"s", 's'}, {"str", 't'}, {"inlineStr", 'i'}, {"b", 'b'},
		{"e", 'e'}, {"d", 'd'}};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(t, types[i].word) == 0)
			return types[i].type;
	return '?';
}

static void begin_cell(struct xlsx *x, const char **attributes)
{
	struct xlsx_reading *r = &x->reading;
	const char *ref = NULL, *style = NULL, *type = "n";
	uint32_t column = r->column + 1, number = r->row.number, before = r->column;
	for (; *attributes; attributes += 2) {
		if (strcmp(*attributes, "r") == 0)
			ref = attributes[1];
		else if (strcmp(*attributes, "s") == 0)
			style = attributes[1];
		else if (strcmp(*attributes, "t") == 0)
			type = attributes[1];
	}
	bool bad = ref && (sheet_reference(gt_cstr(ref), &column, &number) != strlen(ref) ||
				  number != r->row.number);
	r->in_cell = !bad && column < SHEET_COLUMNS_MAX;
	r->column = r->in_cell ? column : (before + 1) % SHEET_COLUMNS_MAX;
	if (!r->in_cell)
		bad_cell(r, gt_cstr(ref ? ref : "XFE"));
	r->unordered = r->unordered || (before != UINT32_MAX && r->column <= before);
	r->style = style ? (uint32_t)strtoul(style, NULL, 10) : 0;
	r->type = type_of(type);
	r->value_at = r->used;
	r->collect = r->in_inline = r->phonetic = r->formula = r->has_value = false;
}

static void element(void *arg, const char *name, const char **attributes)
{
	struct xlsx *x = arg;
	struct xlsx_reading *r = &x->reading;
	if (r->in_cell) {
		if (name[0] == 'v' && !name[1])
			r->collect = r->has_value = true;
		else if (name[0] == 'f' && !name[1])
			r->formula = true;
		else if (name[0] == 't' && !name[1])
			r->collect = r->in_inline && !r->phonetic;
		else if (strcmp(name, "is") == 0)
			r->in_inline = r->has_value = true;
		else if (strcmp(name, "rPh") == 0)
			r->phonetic = true;
	} else if (r->in_row) {
		if (name[0] == 'c' && !name[1])
			begin_cell(x, attributes);
	} else if (r->in_data) {
		if (strcmp(name, "row") == 0)
			begin_row(x, attributes);
	} else if (strcmp(name, "sheetData") == 0) {
		r->in_data = true;
	}
}

static void characters(void *arg, const char *s, int n)
{
	struct xlsx_reading *r = &((struct xlsx *)arg)->reading;
	if (!r->collect)
		return;
	/* What is longer is cut here and refused by its length. */
	if (r->used - r->value_at > SHEET_CELL_MAX)
		return;
	if (r->used > SHEET_ROW_MAX) {
		bad_cell(r, GT_LIT("…"));
		return;
	}
	if (!room_for(r, (size_t)n)) {
		xlsx_xml_fail(&r->xml,
			(struct gt_failure){GT_E_MEMORY_BUDGET, GT_TEXT("%zu", r->room * 2)});
		return;
	}
	memcpy(r->text + r->used, s, (size_t)n);
	r->used += (size_t)n;
}

static void tell_formula(struct xlsx *x)
{
	struct gt_err note;
	char letters[8];
	const struct xlsx_reading *r = &x->reading;
	if (x->told_formula)
		return;
	x->told_formula = true;
	gt_fail(&note, GT_E_SHEET_NO_RESULT,
		GT_TEXT("%s%u", sheet_letters(r->column, letters), r->row.number),
		x->sheets[r->sheet].name);
	gt_host_note(x->host, &note);
}

static bool shared(struct xlsx *x, struct gt_str index, struct sheet_cell *cell)
{
	const struct xlsx_strings *all = &x->strings;
	uint64_t i = 0;
	for (size_t k = 0; k < index.n; k++) {
		if (index.p[k] < '0' || index.p[k] > '9' || i > UINT32_MAX)
			return false;
		i = i * 10 + (uint64_t)(index.p[k] - '0');
	}
	if (index.n == 0 || i >= all->count)
		return false;
	uint32_t from = i ? all->ends[i - 1] : 0;
	cell->text = gt_str(all->bytes + from, all->ends[i] - from);
	return true;
}

/* #N/A says itself that there is no value; the others that there was one. */
static uint8_t error_marks(struct gt_str text)
{
	return gt_str_eq(text, GT_LIT("#N/A")) ? 0 : GT_VALUE_DAMAGED;
}

/* False: not a value of its type. */
static bool value_of(struct xlsx *x, struct gt_str text, struct sheet_cell *cell)
{
	struct xlsx_reading *r = &x->reading;
	uint8_t style = r->style < x->style_count ? x->styles[r->style] : SHEET_PLAIN;
	cell->kind = GT_TEXT;
	switch (r->type) {
	case 'n': {
		char seen[SHEET_NUMBER_MAX];
		sheet_number(text, style, x->from_1904, cell, seen);
		if (cell->text.p == seen) { /* in the row's memory instead */
			if (!room_for(r, SHEET_NUMBER_MAX))
				return false;
			memcpy(r->text + r->value_at, seen, cell->text.n);
			r->used = r->value_at + cell->text.n;
			cell->text.p = r->text + r->value_at;
		}
		return true;
	}
	case 's':
		return shared(x, text, cell);
	case 'b':
		cell->kind = GT_BOOL;
		cell->text = text.n == 1 && *text.p == '1' ? GT_LIT("true") : GT_LIT("false");
		return text.n == 1 && (*text.p == '0' || *text.p == '1');
	case 'e':
		cell->marks = error_marks(text);
		break;
	case 't':
	case 'i':
		r->used = r->value_at + xlsx_unescape(r->text + r->value_at, text.n);
		text.n = r->used - r->value_at;
		break;
	case 'd':
		break;
	default:
		return false;
	}
	cell->text = text;
	return true;
}

static struct sheet_cell *new_cell(struct xlsx_reading *r)
{
	if (r->row.count == r->cell_room) {
		size_t room = r->cell_room ? r->cell_room * 2 : 64;
		struct sheet_cell *grown = realloc(r->row.cells, room * sizeof(*grown));
		if (!grown)
			return NULL;
		r->row.cells = grown;
		r->cell_room = room;
	}
	return &r->row.cells[r->row.count++];
}

/* Texts in the row's memory are kept by their offsets until the row is complete: it may move. */
static void end_cell(struct xlsx *x)
{
	struct xlsx_reading *r = &x->reading;
	struct gt_str text = gt_str(r->text + r->value_at, r->used - r->value_at);
	r->in_cell = false;
	if (!r->has_value) {
		if (r->formula)
			tell_formula(x);
		return;
	}
	if (r->row.count >= SHEET_COLUMNS_MAX) {
		bad_cell(r, text);
		return;
	}
	struct sheet_cell cell = {.column = r->column}, *kept;
	if (!value_of(x, text, &cell)) {
		bad_cell(r, text);
		cell = (struct sheet_cell){.column = r->column, .kind = GT_TEXT, .text = text};
	}
	if (cell.text.n == 0 && r->type == 'n') { /* <v/> */
		if (r->formula)
			tell_formula(x);
		return;
	}
	kept = new_cell(r);
	if (!kept) {
		xlsx_xml_fail(&r->xml, (struct gt_failure){GT_E_MEMORY_BUDGET, "1048576"});
		return;
	}
	uintptr_t at = (uintptr_t)cell.text.p - (uintptr_t)r->text;
	if (at < r->room) {
		cell.lent = true;
		cell.text.p = (const char *)at;
	}
	*kept = cell;
}

static int by_column(const void *a, const void *b)
{
	const struct sheet_cell *x = a, *y = b;
	return (x->column > y->column) - (x->column < y->column);
}

static void end_row(struct xlsx *x)
{
	struct xlsx_reading *r = &x->reading;
	for (size_t i = 0; i < r->row.count; i++) {
		struct sheet_cell *cell = &r->row.cells[i];
		if (cell->lent)
			cell->text.p = r->text + (uintptr_t)cell->text.p;
		cell->lent = false;
	}
	r->in_row = false;
	if (r->unordered) {
		size_t n = 0;
		qsort(r->row.cells, r->row.count, sizeof(*r->row.cells), by_column);
		for (size_t i = 0; i < r->row.count; i++) {
			if (n > 0 && r->row.cells[n - 1].column == r->row.cells[i].column) {
				r->column = r->row.cells[i].column;
				bad_cell(r, r->row.cells[i].text);
				continue;
			}
			r->row.cells[n++] = r->row.cells[i];
		}
		r->row.count = n;
	}
	xlsx_xml_pause(&r->xml);
}

static void element_end(void *arg, const char *name)
{
	struct xlsx *x = arg;
	struct xlsx_reading *r = &x->reading;
	if (r->in_cell) {
		r->collect = false;
		if (name[0] == 'c' && !name[1])
			end_cell(x);
		else if (strcmp(name, "rPh") == 0)
			r->phonetic = false;
	} else if (r->in_row) {
		if (strcmp(name, "row") == 0)
			end_row(x);
	} else if (r->in_data && strcmp(name, "sheetData") == 0) {
		r->in_data = false;
	}
}

/* ---- the source ---- */

static struct gt_str sheet_name(void *arg, size_t i)
{
	return gt_cstr(((struct xlsx *)arg)->sheets[i].name);
}

static bool sheet_hidden(void *arg, size_t i)
{
	return ((struct xlsx *)arg)->sheets[i].hidden;
}

static bool start_sheet(void *arg, size_t i, struct gt_err *err)
{
	struct xlsx *x = arg;
	struct xlsx_reading *r = &x->reading;
	const struct xlsx_part *part = x->sheets[i].part;
	xlsx_xml_end(&r->xml);
	if (!read_merges(x, part, err))
		return false;
	r->sheet = i;
	r->in_data = r->in_row = r->in_cell = r->collect = false;
	r->last_row = 0;
	r->used = 0;
	r->xml = (struct xlsx_xml){.zip = &x->zip,
		.part = part,
		.arg = x,
		.start = element,
		.end = element_end,
		.text = characters};
	return xlsx_xml_begin(&r->xml, err);
}

static const struct sheet_merge *merges(void *arg, size_t *count)
{
	const struct xlsx *x = arg;
	*count = x->reading.merge_count;
	return x->reading.merges;
}

static enum sheet_next next_row(void *arg, struct sheet_row *row, struct gt_err *err)
{
	struct xlsx *x = arg;
	enum sheet_next next = xlsx_xml_run(&x->reading.xml, err);
	if (next == SHEET_ROW)
		*row = x->reading.row;
	return next;
}

void xlsx_sheet_source(struct xlsx *x)
{
	x->source = (struct sheet_source){.arg = x,
		.format = "xlsx",
		.count = x->sheet_count,
		.name = sheet_name,
		.hidden = sheet_hidden,
		.start = start_sheet,
		.merges = merges,
		.next = next_row};
}

void xlsx_sheet_end(struct xlsx *x)
{
	struct xlsx_reading *r = &x->reading;
	xlsx_xml_end(&r->xml);
	free(r->merges);
	free(r->row.cells);
	free(r->text);
	memset(r, 0, sizeof(*r));
}
