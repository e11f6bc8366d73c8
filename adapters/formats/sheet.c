/* sheet.c: chooses the sheet, goes through its rows, resumes. Not here: where the header is
 * (sheet_head.c), what a row becomes (sheet_row.c). */
#include "sheet.h"

#include <stdlib.h>

void sheet_close(struct sheet *sheet)
{
	sheet_forget_columns(sheet);
	for (size_t i = 0; i < sheet->active_room; i++)
		free(sheet->active[i].text);
	free(sheet->active);
	free(sheet->filled);
	memset(sheet, 0, sizeof(*sheet));
}

static bool start(struct sheet *sheet, size_t i, struct gt_err *err)
{
	sheet->pending = false;
	sheet->at = sheet->data = 0;
	sheet->merge_count = 0;
	sheet_merges_reset(sheet);
	if (!sheet->source->start(sheet->source->arg, i, err))
		return false;
	sheet->merges = sheet->source->merges(sheet->source->arg, &sheet->merge_count);
	return true;
}

/* ---- which sheet ---- */

/* The names of the visible sheets, for people. */
static const char *list_names(const struct sheet_source *source, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < source->count; i++) {
		struct gt_str name = source->name(source->arg, i);
		if (source->hidden(source->arg, i))
			continue;
		if (n + name.n + 8 > size) {
			memcpy(out + n, "…", 4);
			break;
		}
		if (n > 0) {
			memcpy(out + n, ", ", 2);
			n += 2;
		}
		if (name.n > 0)
			memcpy(out + n, name.p, name.n);
		out[n += name.n] = '\0';
	}
	return out;
}

/* By name, hidden ones too; else a number counts the visible ones, as a person does. */
static bool find_named(const struct sheet *sheet, size_t *chosen)
{
	const struct sheet_source *source = sheet->source;
	struct gt_str wanted = sheet->options->sheet;
	size_t number = 0, seen = 0;
	for (size_t i = 0; i < source->count; i++)
		if (gt_str_eq(source->name(source->arg, i), wanted)) {
			*chosen = i;
			return true;
		}
	for (size_t i = 0; i < wanted.n; i++) {
		if (wanted.p[i] < '0' || wanted.p[i] > '9' || number > SHEET_COUNT_MAX)
			return false;
		number = number * 10 + (size_t)(wanted.p[i] - '0');
	}
	for (size_t i = 0; i < source->count; i++) {
		seen += !source->hidden(source->arg, i);
		if (seen == number && number > 0 && !source->hidden(source->arg, i)) {
			*chosen = i;
			return true;
		}
	}
	return false;
}

static void tell_choice(const struct sheet *sheet)
{
	struct gt_err note;
	char names[400];
	struct gt_str name = sheet->source->name(sheet->source->arg, sheet->chosen);
	gt_fail(&note, GT_E_SHEET_CHOSEN, list_names(sheet->source, names, sizeof(names)),
		GT_TEXT("%.*s", GT_STR_ARGS(name)));
	gt_host_note(sheet->host, &note);
}

/* The first visible sheet in which a wanted field is; where none is wanted, the first with rows. */
static bool choose(struct sheet *sheet, struct gt_err *err)
{
	const struct sheet_source *source = sheet->source;
	size_t fields, found, visible = 0, first = SIZE_MAX;
	bool empty;
	gt_host_fields(sheet->host, &fields);
	for (size_t i = 0; i < source->count; i++) {
		if (source->hidden(source->arg, i))
			continue;
		visible++;
		if (!start(sheet, i, err) || !sheet_find_header(sheet, &found, &empty, err))
			return false;
		if (empty)
			continue;
		first = first == SIZE_MAX ? i : first;
		sheet->chosen = i;
		if (fields == 0 || found > 0)
			break;
	}
	if (first == SIZE_MAX)
		return gt_fail(err, GT_E_SHEET_EMPTY);
	/* None has one: the first is shown. */
	if (fields > 0 && found == 0) {
		sheet->chosen = first;
		return start(sheet, first, err) && sheet_find_header(sheet, &found, &empty, err);
	}
	if (source->count > 1 && (visible > 1 || fields == 0))
		tell_choice(sheet);
	return true;
}

static bool open_named(struct sheet *sheet, struct gt_err *err)
{
	size_t found;
	bool empty;
	char names[400];
	struct gt_str wanted = sheet->options->sheet;
	if (!find_named(sheet, &sheet->chosen))
		return gt_fail(err, GT_E_SHEET_MISSING, GT_TEXT("%.*s", GT_STR_ARGS(wanted)),
			list_names(sheet->source, names, sizeof(names)));
	if (!start(sheet, sheet->chosen, err) || !sheet_find_header(sheet, &found, &empty, err))
		return false;
	return !empty || gt_fail(err, GT_E_SHEET_EMPTY);
}

static bool has_wanted(const struct sheet *sheet, struct gt_err *err)
{
	size_t fields;
	gt_host_fields(sheet->host, &fields);
	for (size_t c = 0; c < sheet->column_count; c++)
		if (sheet->columns[c].field != SHEET_NO_FIELD)
			return true;
	struct gt_str name = sheet->source->name(sheet->source->arg, sheet->chosen);
	return fields == 0 ||
	       gt_fail(err, GT_E_SHEET_NO_FIELD, GT_TEXT("%.*s", GT_STR_ARGS(name)), sheet->names);
}

bool sheet_open(struct sheet *sheet, struct gt_host *host, const struct sheet_options *options,
	const struct sheet_source *source, struct gt_document *document, struct gt_err *err)
{
	sheet_close(sheet);
	sheet->host = host;
	sheet->options = options;
	sheet->source = source;
	sheet->filled = malloc(2 * SHEET_COLUMNS_MAX * sizeof(*sheet->filled));
	if (!sheet->filled)
		return gt_fail(err, GT_E_MEMORY_BUDGET,
			GT_TEXT("%zu", 2 * SHEET_COLUMNS_MAX * sizeof(*sheet->filled)));
	if (!(options->sheet.n > 0 ? open_named(sheet, err) : choose(sheet, err)) ||
		!has_wanted(sheet, err) || !start(sheet, sheet->chosen, err))
		return false;
	document->format = gt_cstr(source->format);
	document->charset = GT_LIT("UTF-8");
	document->columns = gt_cstr(sheet->names);
	return true;
}

/* ---- all sheets, for those who look ---- */

#define SAMPLE_MAX 4096u

/* A row as a line, its cells separated by tabs. False: it does not fit. */
static bool put_line(const struct sheet_row *row, char *out, size_t *used)
{
	size_t n = *used;
	for (size_t i = 0; i < row->count; i++) {
		struct gt_str text = row->cells[i].text;
		if (text.n + 2 > SAMPLE_MAX - n)
			return false;
		for (size_t k = 0; k < text.n; k++)
			out[n++] = (unsigned char)text.p[k] < ' ' ? ' ' : text.p[k];
		out[n++] = i + 1 < row->count ? '\t' : '\n';
	}
	*used = n;
	return true;
}

static struct gt_str take_sample(const struct sheet_source *source, char *out)
{
	struct sheet_row row;
	struct gt_err ignored;
	size_t used = 0;
	for (int rows = 0; rows < 20 && source->next(source->arg, &row, &ignored) == SHEET_ROW;
		rows++)
		if (!put_line(&row, out, &used))
			break;
	return gt_str(out, used);
}

static bool tell_sheet(struct sheet *sheet, size_t i, struct gt_str *names, char *sample,
	gt_sheet_fn *sink, void *arg)
{
	const struct sheet_source *source = sheet->source;
	struct gt_str name = source->name(source->arg, i);
	struct gt_pair select = {GT_LIT("sheet"), name};
	struct gt_sheet told = {
		.name = name, .sample = gt_str("", 0), .select = &select, .select_count = 1};
	struct gt_err ignored;
	size_t found;
	bool empty;
	if (start(sheet, i, &ignored) && sheet_find_header(sheet, &found, &empty, &ignored)) {
		size_t n = sheet->column_count;
		told.column_count = n < GT_FIELDS_MAX ? n : GT_FIELDS_MAX;
		for (size_t c = 0; c < told.column_count; c++)
			names[c] = sheet->columns[c].name;
		told.columns = names;
		if (start(sheet, i, &ignored))
			told.sample = take_sample(source, sample);
	}
	return sink(arg, &told);
}

void sheet_list(struct sheet *sheet, struct gt_host *host, const struct sheet_options *options,
	const struct sheet_source *source, gt_sheet_fn *sink, void *arg)
{
	struct gt_str *names = calloc(GT_FIELDS_MAX, sizeof(*names));
	char *sample = malloc(SAMPLE_MAX);
	sheet_close(sheet);
	sheet->host = host;
	sheet->options = options;
	sheet->source = source;
	sheet->filled = malloc(2 * SHEET_COLUMNS_MAX * sizeof(*sheet->filled));
	for (size_t i = 0; names && sample && sheet->filled && i < source->count; i++)
		if (!tell_sheet(sheet, i, names, sample, sink, arg))
			break;
	free(names);
	free(sample);
}

/* ---- rows ---- */

static bool is_data(const struct sheet *sheet, const struct sheet_row *row)
{
	if (row->number < sheet->first_row)
		return false;
	for (size_t i = 0; i < row->count; i++)
		if (row->cells[i].text.n > 0)
			return true;
	return row->broken;
}

/* To the next row with data from `position` on; those before it are only gone through. */
static enum sheet_next go_on(struct sheet *sheet, uint64_t position, struct gt_err *err)
{
	while (!sheet->pending) {
		enum sheet_next next = sheet->source->next(sheet->source->arg, &sheet->row, err);
		if (next != SHEET_ROW)
			return next;
		if (!sheet_merges_move(sheet, &sheet->row, err))
			return SHEET_ERROR;
		if (!is_data(sheet, &sheet->row))
			continue;
		sheet->pending = sheet->row.number >= position;
		sheet->data += !sheet->pending;
	}
	return SHEET_ROW;
}

enum gt_feed sheet_rows(struct sheet *sheet, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err)
{
	enum sheet_next next;
	if (position != sheet->at && !start(sheet, sheet->chosen, err))
		return GT_FEED_ERROR;
	sheet->at = position;
	while ((next = go_on(sheet, position, err)) == SHEET_ROW) {
		if (!sheet_add(sheet, batch, &sheet->row, sheet->data + 1))
			break;
		sheet->pending = false;
		sheet->at = sheet->row.number + 1u;
		sheet->data++;
		sheet->told++;
	}
	*fed = (struct gt_fed){0, sheet->at, sheet->told};
	return next == SHEET_ROW ? GT_FEED_FULL : next == SHEET_END ? GT_FEED_DONE : GT_FEED_ERROR;
}

const struct gt_option sheet_option_table[] = {
	{"sheet", GT_OPT_TEXT, offsetof(struct sheet_options, sheet), 0, 256, NULL, "", 0,
		"name of the sheet, or its number among the visible ones; empty = the first in "
		"which "
		"a mapped column is",
		"工作表名称，或其在可见工作表中的序号；留空 = 第一个含有所映射列的工作表", NULL,
		NULL},
	{"header", GT_OPT_INT, offsetof(struct sheet_options, header), 0, SHEET_HEAD_ROWS, NULL,
		"0", 0, "number of the row that holds the column names; 0 = it is found",
		"列名所在行的行号；0 = 自动识别", NULL, NULL},
	{"header_rows", GT_OPT_INT, offsetof(struct sheet_options, header_rows), 0,
		SHEET_HEADER_ROWS, NULL, "0", 0,
		"rows of the header; the names of two are joined by a point, 电.数量; 0 = it is "
		"found",
		"表头行数；多行表头的名称以点连接，如 电.数量；0 = 自动识别", NULL, NULL},
	{"columns", GT_OPT_TEXTS, offsetof(struct sheet_options, columns), 0, 0, NULL, NULL, 0,
		"the column names in order, for sheets without a header; header: then is the "
		"number "
		"of rows to skip",
		"按顺序列出各列名称，用于没有表头的工作表；此时 header: 为要跳过的行数", NULL,
		NULL},
	{"cells", GT_OPT_PAIRS, offsetof(struct sheet_options, cells), 0, 0, NULL, NULL, 0,
		"cells above the header that become a field of every row: {year: A2, month: B2}",
		"表头上方的单元格，作为每一行的字段：{year: A2, month: B2}", NULL, NULL},
	{0},
};
