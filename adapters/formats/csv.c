/* csv.c: delimited text as spreadsheets and old systems write it. Rows are split on raw bytes and
 * only then converted, so that a broken character costs its row and a reject keeps the original
 * bytes. Not here: what a column means (the mapping), dates and numbers (the standard). */
#include "csv_head.h"
#include "large.h"
#include "recode.h"

#include <guantong/charset.h>
#include <guantong/format.h>

#define PIECE_MIN 65536u

enum { AUTO = 0 };
static const char *const charset_words[] = {
	"auto", "UTF-8", "GB18030", "UTF-16LE", "UTF-16BE", NULL};
static const enum gt_charset charsets[] = {GT_CHARSET_NONE, GT_CHARSET_UTF8, GT_CHARSET_GB18030,
	GT_CHARSET_UTF16LE, GT_CHARSET_UTF16BE};

struct wanted {
	uint32_t column, field;
};

struct csv {
	/* options */
	int charset_option;
	struct gt_str delimiter, quote, comment;
	int64_t header, header_rows;
	struct gt_texts columns;
	/* of the document */
	enum gt_charset charset;
	struct csv_dialect dialect;
	struct recode recode;  /* the head; of UTF-16 also the rows */
	struct csv_row row;    /* cells: one per column */
	struct wanted *wanted; /* in order of the columns */
	size_t wanted_count;
	char *names;      /* the columns' names as a JSON array */
	char layout[512]; /* what was found, for people */
	/* of the rows */
	struct csv_quoted quoted;
	struct large large;
	char *scratch; /* converted cells of the row at hand */
	size_t scratch_size;
	uint64_t start, at, resume, rows; /* as in json.c */
	uint64_t text_at; /* UTF-16: the same place in the text, since the last jump */
	size_t piece;     /* UTF-16: bytes that are recoded at once */
	size_t row_at;    /* … and the row's place in them, as text */
	bool numbered;
	uint64_t before; /* rows of the document that earlier polls took */
};

static void forget_document(struct csv *csv)
{
	free(csv->row.cells);
	free(csv->wanted);
	free(csv->names);
	csv->row.cells = NULL;
	csv->wanted = NULL;
	csv->names = NULL;
	csv->wanted_count = 0;
}

static void end(void *self)
{
	struct csv *csv = self;
	forget_document(csv);
	recode_end(&csv->recode);
	large_end(&csv->large);
	free(csv->scratch);
	csv->scratch = NULL;
	csv->scratch_size = 0;
}

static bool no_memory(struct gt_err *err, size_t bytes)
{
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", bytes));
}

static bool is_wide(const struct csv *csv)
{
	return csv->charset == GT_CHARSET_UTF16LE || csv->charset == GT_CHARSET_UTF16BE;
}

/* ---- the head: charset, layout ---- */

static bool choose_charset(
	struct csv *csv, struct gt_str head, bool whole, size_t *bom, struct gt_err *err)
{
	enum gt_charset found = gt_charset_detect(head, whole, bom);
	bool wide = found == GT_CHARSET_UTF16LE || found == GT_CHARSET_UTF16BE;
	csv->charset = csv->charset_option == AUTO || wide ? found : charsets[csv->charset_option];
	size_t where;
	if (!is_wide(csv) && csv_looks_binary(head, &where))
		return gt_fail(err, GT_E_CSV_BINARY, GT_TEXT("%zu", where));
	if (csv->charset == GT_CHARSET_NONE)
		return gt_fail(err, GT_E_CSV_CHARSET);
	return recode_start(&csv->recode, csv->charset, err);
}

/* Room for n bytes more behind the first `used` of the scratch. */
static bool scratch_room(struct csv *csv, size_t used, size_t n)
{
	if (csv->scratch_size - used >= n)
		return true;
	size_t size = csv->scratch_size ? csv->scratch_size : 4096;
	while (size - used < n)
		size *= 2;
	char *grown = realloc(csv->scratch, size);
	if (!grown)
		return false;
	csv->scratch = grown;
	csv->scratch_size = size;
	return true;
}

/* A cell as UTF-8: a view of its raw bytes where they are that already, else at the end of the
 * scratch
 * (*used grows). sound: they are known to be. False: *bad = offset of a byte that is no character.
 */
static bool cell_text(struct csv *csv, struct gt_str raw, bool doubled, bool sound, size_t *used,
	struct gt_str *text, size_t *bad)
{
	bool ascii = sound || gt_is_ascii(raw);
	bool convert = !ascii && csv->charset == GT_CHARSET_GB18030;
	*text = raw;
	if (!ascii && !convert && (*bad = gt_utf8_bad(raw)) != SIZE_MAX)
		return false;
	if (!convert && !doubled)
		return true;
	char *out = csv->scratch + *used;
	size_t n = raw.n;
	if (convert) {
		size_t room = csv->scratch_size - *used;
		if (!gt_converter_run(csv->recode.converter, raw, out, room, &n, bad))
			return false;
		raw = gt_str(out, n);
	}
	if (doubled)
		n = csv_undouble(csv->dialect.quote, raw, out);
	*text = gt_str(out, n);
	*used += n;
	return true;
}

static char *json_text(char *out, struct gt_str s)
{
	*out++ = '"';
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20) {
			memcpy(out, GT_TEXT("\\u%04x", c), 6);
			out += 6;
			continue;
		}
		if (c == '"' || c == '\\')
			*out++ = '\\';
		*out++ = (char)c;
	}
	*out++ = '"';
	return out;
}

/* The first column of a name is the one. */
static void want_column(struct csv *csv, size_t column, size_t field)
{
	for (size_t i = 0; i < csv->wanted_count; i++)
		if (csv->wanted[i].field == field)
			return;
	csv->wanted[csv->wanted_count++] = (struct wanted){(uint32_t)column, (uint32_t)field};
}

/* Finds the wanted columns and renders the names. */
static bool bind_columns(
	struct csv *csv, struct gt_host *host, const struct csv_layout *layout, struct gt_err *err)
{
	size_t fields, bytes = 3, count = layout->count;
	const struct gt_str *field = gt_host_fields(host, &fields);
	for (size_t i = 0; i < count; i++)
		bytes += 6 * layout->names[i].n + 16;
	csv->names = malloc(bytes);
	csv->row.cells = calloc(count, sizeof(*csv->row.cells));
	csv->wanted = calloc(fields ? fields : 1, sizeof(*csv->wanted));
	if (!csv->names || !csv->row.cells || !csv->wanted)
		return no_memory(err, bytes);
	csv->row.room = count;
	char *out = csv->names;
	for (size_t i = 0; i < count; i++) {
		*out++ = i ? ',' : '[';
		out = json_text(out, layout->names[i]);
		for (size_t f = 0; f < fields; f++)
			if (gt_str_eq(csv_trimmed(field[f]), layout->names[i]))
				want_column(csv, i, f);
	}
	memcpy(out, "]", 2);
	if (fields > 0 && csv->wanted_count == 0)
		return gt_fail(err, GT_E_CSV_NO_FIELD, csv->names);
	return true;
}

/* What was found, as a sentence. */
static void describe(struct csv *csv, const struct csv_layout *layout)
{
	const struct csv_dialect *d = &layout->dialect;
	struct gt_err note;
	const char *delimiter =
		d->delimiter == '\t' ? "tab"
				     : GT_TEXT("%c%.*s", d->delimiter, (int)d->rest_size, d->rest);
	const char *quote = GT_TEXT("%c", d->quote ? d->quote : '-');
	const char *line = layout->levels > 1 ? GT_TEXT("%u–%u", layout->line,
							layout->line + layout->levels - 1)
					      : GT_TEXT("%u", layout->line);
	if (layout->line)
		gt_fail(&note, GT_E_CSV_LAYOUT, delimiter, quote, line,
			GT_TEXT("%u", layout->line - 1));
	else
		gt_fail(&note, GT_E_CSV_LAYOUT_COLUMNS, delimiter, quote);
	gt_host_sentence(&note, csv->layout, sizeof csv->layout);
}

/* Can a byte of it be the second byte of a GB18030 character? */
static bool may_trail(const struct csv_dialect *d)
{
	return (unsigned char)d->delimiter >= 0x30 || (unsigned char)d->quote >= 0x30;
}

static bool find_layout(struct csv *csv, struct gt_host *host, struct gt_str head, bool whole,
	size_t *start, struct gt_err *err)
{
	struct csv_layout layout = {0};
	struct csv_wish wish = {csv->delimiter, csv->quote, csv->comment, csv->header,
		csv->header_rows, csv->columns, NULL, 0,
		is_wide(csv) ? GT_RECORD_MAX / 2 : GT_RECORD_MAX};
	wish.fields = gt_host_fields(host, &wish.field_count);
	if (!recode_run(&csv->recode, head, whole))
		return no_memory(err, 3 * head.n);
	bool ok = csv_layout_find(&wish, csv->recode.text, whole, &layout, err) &&
		  bind_columns(csv, host, &layout, err);
	if (ok) {
		csv->dialect = layout.dialect;
		csv->dialect.lead_bytes =
			csv->charset == GT_CHARSET_GB18030 && may_trail(&layout.dialect);
		*start = recode_back(&csv->recode, layout.start);
		describe(csv, &layout);
	}
	csv_layout_free(&layout);
	return ok;
}

/* Rows begin at this document offset. */
static void go_to(struct csv *csv, uint64_t offset)
{
	csv->at = csv->resume = csv->text_at = offset;
	csv->large.open = false;
	csv->quoted = (struct csv_quoted){0};
	csv->numbered = offset == csv->start;
}

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct csv *csv = self;
	size_t bom = 0, rows = 0;
	forget_document(csv);
	if (!choose_charset(csv, head, whole, &bom, err) ||
		!find_layout(csv, host, gt_str(head.p + bom, head.n - bom), whole, &rows, err))
		return false;
	csv->start = bom + rows;
	go_to(csv, csv->start);
	csv->rows = 0;
	csv->before = document->rows_before;
	csv->piece = PIECE_MIN;
	document->format = GT_LIT("csv");
	document->charset = gt_cstr(gt_charset_name(csv->charset));
	document->columns = gt_cstr(csv->names);
	document->layout = gt_cstr(csv->layout);
	*start = csv->start;
	return true;
}

/* ---- rows ---- */

static struct gt_place place(const struct csv *csv, uint64_t offset)
{
	bool known = csv->numbered || csv->before > 0;
	return (struct gt_place){offset, known ? csv->before + csv->rows + 1 : 0};
}

/* The document's bytes before text offset `at` of the piece. */
static size_t behind(struct csv *csv, size_t at)
{
	return is_wide(csv) ? recode_back(&csv->recode, at) : at;
}

/* The same of an offset in the row at hand, from the row's begin. */
static const char *shown_offset(char *text, size_t size, struct csv *csv, size_t offset)
{
	size_t at = behind(csv, csv->row_at + offset);
	return gt_text(text, size, "%zu", at - behind(csv, csv->row_at));
}
#define OFFSET(csv, offset) shown_offset((char[24]){0}, 24, (csv), (offset))

/* Takes NUL padding off the cells. False: there are NULs elsewhere. */
static bool drop_padding(const struct csv_row *row, struct gt_str text, size_t *nul)
{
	for (size_t i = 0; i < row->count && i < row->room; i++) {
		struct csv_cell *cell = &row->cells[i];
		while (cell->size && text.p[cell->at + cell->size - 1] == 0)
			cell->size--;
		const char *inside = memchr(text.p + cell->at, 0, cell->size);
		if (!inside)
			continue;
		*nul = (size_t)(inside - text.p);
		return false;
	}
	return true;
}

/* Why the row cannot be taken as it is; GT_E_NONE in err->code = it can. */
static void check_row(
	struct csv *csv, enum csv_outcome outcome, struct gt_str text, struct gt_err *err)
{
	const struct csv_row *row = &csv->row;
	size_t nul;
	err->code = GT_E_NONE;
	if (outcome == CSV_UNCLOSED)
		gt_fail(err, GT_E_CSV_QUOTE_OPEN, OFFSET(csv, row->bad));
	else if (outcome == CSV_JUNK)
		gt_fail(err, GT_E_CSV_QUOTE_INSIDE, OFFSET(csv, row->bad));
	else if (memchr(text.p, 0, text.n) && !drop_padding(row, text, &nul))
		gt_fail(err, GT_E_ROW_NUL, OFFSET(csv, nul));
	else if (row->spills)
		gt_fail(err, GT_E_CSV_CELLS, GT_TEXT("%zu", row->count), GT_TEXT("%zu", row->room));
}

/* Converts the wanted cells that need it into the scratch; texts[i] is the i-th wanted cell, p NULL
 * = the row does not have it. */
static bool convert_cells(
	struct csv *csv, struct gt_str raw, struct gt_str *texts, size_t *used, struct gt_err *err)
{
	size_t bad = 0;
	/* One look at the whole row is cheaper than one at each cell. */
	bool sound = csv->charset == GT_CHARSET_UTF8 && gt_utf8_bad(raw) == SIZE_MAX;
	*used = 0;
	for (size_t i = 0; i < csv->wanted_count; i++) {
		const struct csv_cell *cell = &csv->row.cells[csv->wanted[i].column];
		texts[i] = (struct gt_str){0};
		if (csv->wanted[i].column >= csv->row.count)
			break;
		if (!cell_text(csv, gt_str(raw.p + cell->at, cell->size), cell->doubled, sound,
			    used, &texts[i], &bad))
			return gt_fail(err, GT_E_ROW_CHARSET, gt_charset_name(csv->charset),
				OFFSET(csv, cell->at + bad));
	}
	return true;
}

static bool add_bad(struct csv *csv, struct gt_batch *batch, struct gt_str raw, uint64_t offset,
	const struct gt_err *why)
{
	struct gt_str copy = gt_batch_copy(batch, raw);
	return copy.p && gt_batch_add_bad(batch, copy, place(csv, offset), 0, why);
}

/* One row with content; text: raw in UTF-16 documents recoded, else the same. False: the batch has
 * no room for it. */
static bool add_row(struct csv *csv, struct gt_batch *batch, enum csv_outcome outcome,
	struct gt_str raw, struct gt_str text, uint64_t offset)
{
	struct gt_str texts[GT_FIELDS_MAX];
	struct gt_err why;
	size_t used, own = text.p == raw.p ? 0 : text.n;
	check_row(csv, outcome, text, &why);
	if (why.code != GT_E_NONE || !convert_cells(csv, text, texts, &used, &why))
		return add_bad(csv, batch, raw, offset, &why);
	char *copy = gt_batch_alloc(batch, raw.n + own + used);
	if (!copy)
		return false;
	char *views = copy + (own ? raw.n : 0), *made = copy + raw.n + own;
	memcpy(copy, raw.p, raw.n);
	memcpy(views, text.p, own ? own : 0);
	memcpy(made, csv->scratch, used);
	struct gt_value *values = gt_batch_add(batch, gt_str(copy, raw.n), place(csv, offset));
	if (!values)
		return false;
	for (size_t i = 0; i < csv->wanted_count && csv->wanted[i].column < csv->row.count; i++) {
		struct gt_str cell = texts[i];
		uintptr_t in_scratch = (uintptr_t)cell.p - (uintptr_t)csv->scratch;
		cell.p = in_scratch < csv->scratch_size ? made + in_scratch
							: views + (cell.p - text.p);
		values[csv->wanted[i].field] = gt_value_text(cell);
	}
	return true;
}

/* The first line end from p on, NULL = none; in UTF-16 p begins with a character. */
static const char *find_line_end(const struct csv *csv, const char *p, size_t n)
{
	if (!is_wide(csv) && !csv->dialect.carriage)
		return n ? memchr(p, '\n', n) : NULL;
	size_t step = is_wide(csv) ? 2 : 1, low = csv->charset == GT_CHARSET_UTF16BE;
	for (size_t i = 0; n - i >= step; i += step) {
		bool ends = p[i + low] == '\n' || (csv->dialect.carriage && p[i + low] == '\r');
		if (ends && (step == 1 || p[i + 1 - low] == 0))
			return p + i;
	}
	return NULL;
}

/* Goes to the end of a line that is too long; as in jsonl.c. */
static bool skip_large(struct csv *csv, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, enum gt_feed *outcome)
{
	if (csv->large.whole == 0) {
		const char *newline = find_line_end(csv, bytes.p + *used, bytes.n - *used);
		size_t odd = is_wide(csv) && !last ? (bytes.n - *used) % 2 : 0;
		*used = newline ? (size_t)(newline - bytes.p) : bytes.n - odd;
		large_pass(&csv->large, bytes, csv->at, csv->at + *used);
		*outcome = GT_FEED_MORE;
		if (!newline && !last)
			return false;
		csv->large.whole = csv->at + *used - csv->large.place.offset;
	}
	*outcome = GT_FEED_FULL;
	if (!large_add(&csv->large, batch))
		return false;
	csv->rows++;
	csv->resume = csv->large.place.offset + csv->large.whole;
	return true;
}

/* Is there a comment at the begin of rest? DONE: there is, *taken = its bytes; MORE: that cannot be
 * said yet; ERROR: there is none. */
static enum gt_feed comment(const struct csv *csv, struct gt_str rest, bool last, size_t *taken)
{
	struct gt_str mark = csv->comment;
	size_t n = rest.n < mark.n ? rest.n : mark.n, i = 0;
	if (memcmp(rest.p, mark.p, n) != 0 || (n < mark.n && last))
		return GT_FEED_ERROR;
	while (i < rest.n && rest.p[i] != '\n' && !(csv->dialect.carriage && rest.p[i] == '\r'))
		i++;
	*taken = i + (i < rest.n);
	return i < rest.n || last ? GT_FEED_DONE : GT_FEED_MORE;
}

/* Rows of one piece: `bytes`, at document offset `offset`, and the text that they are. */
struct piece {
	struct gt_str bytes, text;
	uint64_t offset;
	bool last;
	size_t at; /* of the next row in text */
};

/* Takes the row at p->at. GT_FEED_DONE = taken. */
static enum gt_feed one_row(
	struct csv *csv, struct gt_batch *batch, struct piece *p, struct gt_err *err)
{
	struct gt_str rest = gt_str(p->text.p + p->at, p->text.n - p->at);
	size_t from = behind(csv, p->at), taken;
	csv->row_at = p->at;
	if (csv->comment.n) {
		enum gt_feed is = comment(csv, rest, p->last, &taken);
		p->at += is == GT_FEED_DONE ? taken : 0;
		if (is != GT_FEED_ERROR)
			return is;
	}
	enum csv_outcome outcome = csv_split(
		&csv->dialect, rest, csv->text_at + p->at, p->last, &csv->quoted, &csv->row);
	if (outcome == CSV_MORE)
		return GT_FEED_MORE;
	uint64_t offset = p->offset + from;
	if (outcome == CSV_LARGE) {
		struct gt_str first = gt_str(p->bytes.p + from, p->bytes.n - from);
		p->at += csv->row.next;
		if (large_begin(&csv->large, first, place(csv, offset)))
			return GT_FEED_DONE;
		no_memory(err, GT_REJECT_KEEP);
		return GT_FEED_ERROR;
	}
	struct gt_str text = gt_str(rest.p, csv->row.size);
	struct gt_str raw = gt_str(p->bytes.p + from, behind(csv, p->at + text.n) - from);
	if (!scratch_room(csv, 0, 3 * text.n + 4)) {
		no_memory(err, 3 * text.n);
		return GT_FEED_ERROR;
	}
	bool blank = outcome == CSV_ROW && !csv->row.content;
	if (!blank && !add_row(csv, batch, outcome, raw, text, offset))
		return GT_FEED_FULL;
	csv->rows += !blank;
	p->at += csv->row.next;
	csv->resume = p->offset + behind(csv, p->at);
	return GT_FEED_DONE;
}

/* Takes rows from bytes + *used until these, the batch or (in UTF-16) the piece end. */
static enum gt_feed some_rows(struct csv *csv, struct gt_batch *batch, struct gt_str bytes,
	bool last, size_t *used, struct gt_err *err)
{
	struct piece p = {.bytes = gt_str(bytes.p + *used, bytes.n - *used),
		.offset = csv->at + *used,
		.last = last};
	if (is_wide(csv) && p.bytes.n > csv->piece) {
		p.bytes.n = csv->piece;
		p.last = false;
	}
	if (is_wide(csv) && !recode_run(&csv->recode, p.bytes, p.last)) {
		no_memory(err, 3 * p.bytes.n);
		return GT_FEED_ERROR;
	}
	p.text = is_wide(csv) ? csv->recode.text : p.bytes;
	enum gt_feed outcome = p.text.n ? GT_FEED_DONE : GT_FEED_MORE; /* half a character */
	while (outcome == GT_FEED_DONE && p.at < p.text.n && !csv->large.open)
		outcome = one_row(csv, batch, &p, err);
	*used += behind(csv, p.at);
	csv->text_at += p.at;
	if (outcome == GT_FEED_MORE && p.at == 0 && p.bytes.n == csv->piece && is_wide(csv)) {
		csv->piece *= 2;
		return p.bytes.n < bytes.n - *used ? GT_FEED_DONE : GT_FEED_MORE;
	}
	bool cut = is_wide(csv) && p.at > 0 && !p.last && *used < bytes.n;
	return outcome == GT_FEED_MORE && cut ? GT_FEED_DONE : outcome;
}

static enum gt_feed rows(struct csv *csv, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, struct gt_err *err)
{
	enum gt_feed outcome;
	for (;;) {
		if (csv->large.open && !skip_large(csv, batch, bytes, last, used, &outcome))
			return outcome;
		if (*used == bytes.n)
			return last ? GT_FEED_DONE : GT_FEED_MORE;
		outcome = some_rows(csv, batch, bytes, last, used, err);
		if (outcome != GT_FEED_DONE)
			return outcome;
	}
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct csv *csv = self;
	size_t used = 0;
	if (offset != csv->at)
		go_to(csv, offset);
	enum gt_feed outcome = rows(csv, batch, bytes, last, &used, err);
	csv->at += used;
	*fed = (struct gt_fed){used, csv->resume, csv->rows};
	return outcome;
}

static const struct gt_option options[] = {
	{"charset", GT_OPT_CHOICE, offsetof(struct csv, charset_option), 0, 0, NULL, "auto", 0,
		"auto finds UTF-8, GB18030 (which includes GBK and GB2312), and UTF-16 by its byte "
		"order mark",
		"auto 自动识别 UTF-8、GB18030（兼容 GBK、GB2312），以及带 BOM 的 UTF-16",
		charset_words, NULL},
	{"delimiter", GT_OPT_TEXT, offsetof(struct csv, delimiter), 1, 8, NULL, "auto", 0,
		"what separates the cells: one or more characters, or tab; auto finds , ; tab | ^",
		"单元格分隔符：一个或多个字符，或 tab；auto 自动识别 , ; tab | ^", NULL, NULL},
	{"quote", GT_OPT_TEXT, offsetof(struct csv, quote), 0, 4, NULL, "auto", 0,
		"the character that encloses cells; auto finds \" and '; empty = none",
		"包围单元格的字符；auto 自动识别 \" 和 '；留空 = 无", NULL, NULL},
	{"header", GT_OPT_INT, offsetof(struct csv, header), 0, 1000, NULL, "0", 0,
		"number of the line that holds the column names; 0 = find it",
		"列名所在行的行号；0 = 自动查找", NULL, NULL},
	{"header_rows", GT_OPT_INT, offsetof(struct csv, header_rows), 0, CSV_LEVELS_MAX, NULL, "0",
		0,
		"rows of a header with merged cells, whose names become upper.lower; 0 = find out",
		"合并表头的行数，列名写作“上级.下级”；0 = 自动判断", NULL, NULL},
	{"columns", GT_OPT_TEXTS, offsetof(struct csv, columns), 0, 0, NULL, NULL, 0,
		"the column names in order, for files without a header",
		"按顺序列出各列名称，用于没有表头的文件", NULL, NULL},
	{"comment", GT_OPT_TEXT, offsetof(struct csv, comment), 0, 8, NULL, "", 0,
		"lines that begin with this are left out; empty = none are",
		"以此开头的行略去；留空 = 无", NULL, NULL},
	{0},
};

GT_FORMAT(csv, .summary = "delimited text with a header row",
	.summary_zh = "带表头的分隔文本（CSV）", .self_size = sizeof(struct csv),
	.options = options, .begin = begin, .feed = feed, .end = end, .sniff = csv_sniff);
