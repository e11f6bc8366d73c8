/* csv.c: delimited text as spreadsheets and old systems write it. Rows are split on raw bytes and
 * only then converted, so that a broken character costs its row and a reject keeps the original
 * bytes. Not here: what a column means (the mapping), dates and numbers (the standard). */
#include "csv_split.h"
#include "large.h"

#include <guantong/charset.h>
#include <guantong/format.h>

#include <strings.h>

enum { AUTO = 0 };
static const char *const charset_words[] = {"auto", "UTF-8", "GB18030", NULL};
static const enum gt_charset charsets[] = {GT_CHARSET_NONE, GT_CHARSET_UTF8, GT_CHARSET_GB18030};
static const char *const delimiter_words[] = {"auto", ",", ";", "tab", "|", NULL};
static const char delimiters[] = {0, ',', ';', '\t', '|'};

struct wanted {
	uint32_t column, field;
};

struct csv {
	/* options */
	int charset_option, delimiter_option;
	struct gt_str quote;
	int64_t header;
	struct gt_texts columns;
	/* of the document */
	enum gt_charset charset;
	struct csv_dialect dialect;
	struct gt_converter *converter; /* GB18030 only */
	struct csv_row row;             /* cells: one per column */
	struct wanted *wanted;          /* in order of the columns */
	size_t wanted_count;
	char *names; /* the columns' names as a JSON array */
	/* of the rows */
	struct csv_quoted quoted;
	struct large large;
	char *scratch; /* converted cells of the row at hand */
	size_t scratch_size;
	uint64_t start, at, resume, rows; /* as in json.c */
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
	gt_converter_free(csv->converter);
	large_end(&csv->large);
	free(csv->scratch);
	csv->converter = NULL;
	csv->scratch = NULL;
	csv->scratch_size = 0;
}

static bool no_memory(struct gt_err *err, size_t bytes)
{
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", bytes));
}

/* ---- the head: charset, delimiter, header ---- */

static bool is_control(unsigned char c)
{
	return c < 0x20 && !(c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v');
}

/* Text may have a stray control character or NUL padding in a row, which is a matter of that row;
 * but not many, and none in its first line. */
static bool looks_binary(struct gt_str head, size_t *where)
{
	size_t count = 0, first = 0, lines = 0, in_first_line = 0;
	for (size_t i = 0; i < head.n; i++) {
		lines += head.p[i] == '\n';
		if (!is_control((unsigned char)head.p[i]))
			continue;
		first = count++ == 0 ? i : first;
		in_first_line += lines == 0;
	}
	*where = first;
	return in_first_line > 0 || (count > 8 && count > head.n / 100);
}

static bool choose_charset(
	struct csv *csv, struct gt_str head, bool whole, size_t *bom, struct gt_err *err)
{
	size_t where;
	enum gt_charset found = gt_charset_detect(head, whole, bom);
	if (found == GT_CHARSET_UTF16LE || found == GT_CHARSET_UTF16BE)
		return gt_fail(err, GT_E_CSV_UTF16);
	if (looks_binary(head, &where))
		return gt_fail(err, GT_E_CSV_BINARY, GT_TEXT("%zu", where));
	csv->charset = csv->charset_option == AUTO ? found : charsets[csv->charset_option];
	if (csv->charset == GT_CHARSET_NONE)
		return gt_fail(err, GT_E_CSV_CHARSET);
	if (csv->charset == GT_CHARSET_GB18030 && !csv->converter)
		csv->converter = gt_converter_new(GT_CHARSET_GB18030);
	if (csv->charset == GT_CHARSET_GB18030 && !csv->converter)
		return gt_fail(err, GT_E_CHARSET_MISSING, "GB18030");
	return true;
}

/* The candidate that stands most often in the line, outside quotes. */
static char guess_delimiter(struct gt_str line, char quote, bool lead_bytes)
{
	size_t counts[sizeof(delimiters)] = {0}, best = 1;
	bool inside = false;
	for (size_t i = 0; i < line.n; i++) {
		if (quote && line.p[i] == quote)
			inside = !inside;
		for (size_t d = 1; !inside && d < sizeof(delimiters); d++)
			counts[d] += line.p[i] == delimiters[d];
		i += lead_bytes && (unsigned char)line.p[i] > 0x80;
	}
	for (size_t d = 2; d < sizeof(delimiters); d++)
		if (counts[d] > counts[best])
			best = d;
	return delimiters[best];
}

static void choose_dialect(struct csv *csv, struct gt_str from_header)
{
	const char *newline = from_header.n ? memchr(from_header.p, '\n', from_header.n) : NULL;
	struct gt_str line =
		newline ? gt_str(from_header.p, (size_t)(newline - from_header.p)) : from_header;
	bool gb = csv->charset == GT_CHARSET_GB18030;
	csv->dialect.quote = csv->quote.n ? csv->quote.p[0] : 0;
	csv->dialect.delimiter = csv->delimiter_option != AUTO
					 ? delimiters[csv->delimiter_option]
					 : guess_delimiter(line, csv->dialect.quote, gb);
	csv->dialect.lead_bytes = gb && csv->dialect.delimiter == '|';
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

/* Un-doubles quotes; out may be in. */
static size_t undouble(char quote, struct gt_str in, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		out[n++] = in.p[i];
		i += in.p[i] == quote && i + 1 < in.n && in.p[i + 1] == quote;
	}
	return n;
}

/* A cell as UTF-8: a view of its raw bytes where they are that already, else at the end of the
 * scratch
 * (*used grows). False: *bad = offset of a byte that is no character. */
static bool cell_text(struct csv *csv, struct gt_str raw, bool doubled, size_t *used,
	struct gt_str *text, size_t *bad)
{
	bool ascii = gt_is_ascii(raw);
	*text = raw;
	if (!ascii && csv->charset == GT_CHARSET_UTF8 && (*bad = gt_utf8_bad(raw)) != SIZE_MAX)
		return false;
	bool convert = !ascii && csv->charset != GT_CHARSET_UTF8;
	if (!convert && !doubled)
		return true;
	char *out = csv->scratch + *used;
	size_t n = raw.n;
	if (convert) {
		size_t room = csv->scratch_size - *used;
		if (!gt_converter_run(csv->converter, raw, out, room, &n, bad))
			return false;
		raw = gt_str(out, n);
	}
	if (doubled)
		n = undouble(csv->dialect.quote, raw, out);
	*text = gt_str(out, n);
	*used += n;
	return true;
}

/* Spaces around a name mean nothing, U+3000 included. */
static struct gt_str trimmed(struct gt_str name)
{
	static const char wide[] = "\xE3\x80\x80";
	for (;;) {
		if (name.n && (name.p[0] == ' ' || name.p[0] == '\t'))
			name = gt_str(name.p + 1, name.n - 1);
		else if (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
			name.n--;
		else if (name.n >= 3 && memcmp(name.p, wide, 3) == 0)
			name = gt_str(name.p + 3, name.n - 3);
		else if (name.n >= 3 && memcmp(name.p + name.n - 3, wide, 3) == 0)
			name.n -= 3;
		else
			return name;
	}
}

/* Later columns of a name that has been there are called name#2, name#3 …; the text lives in
 * `room`. */
static struct gt_str distinct(const struct gt_str *names, size_t i, char *room, size_t size)
{
	unsigned same = 1;
	for (size_t k = 0; k < i; k++)
		same += gt_str_eq(trimmed(names[k]), trimmed(names[i]));
	struct gt_str name = trimmed(names[i]);
	if (same == 1 || name.n == 0 || name.n + 8 > size)
		return name;
	gt_text(room, size, "%.*s#%u", GT_STR_ARGS(name), same);
	return gt_cstr(room);
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
static bool bind_columns(struct csv *csv, struct gt_host *host, const struct gt_str *names,
	size_t count, struct gt_err *err)
{
	size_t fields, bytes = 3;
	const struct gt_str *field = gt_host_fields(host, &fields);
	for (size_t i = 0; i < count; i++)
		bytes += 6 * names[i].n + 16;
	csv->names = malloc(bytes);
	csv->row.cells = calloc(count, sizeof(*csv->row.cells));
	csv->wanted = calloc(fields ? fields : 1, sizeof(*csv->wanted));
	if (!csv->names || !csv->row.cells || !csv->wanted)
		return no_memory(err, bytes);
	csv->row.room = count;
	char *out = csv->names;
	for (size_t i = 0; i < count; i++) {
		char room[256];
		struct gt_str name = distinct(names, i, room, sizeof(room));
		*out++ = i ? ',' : '[';
		out = json_text(out, name);
		for (size_t f = 0; f < fields; f++)
			if (gt_str_eq(field[f], name))
				want_column(csv, i, f);
	}
	memcpy(out, "]", 2);
	if (fields > 0 && csv->wanted_count == 0)
		return gt_fail(err, GT_E_CSV_NO_FIELD, csv->names);
	return true;
}

/* Reads the row of names at the head's begin; *next = bytes of it. */
static bool read_header(struct csv *csv, struct gt_host *host, struct gt_str head, bool whole,
	size_t *next, struct gt_err *err)
{
	static const size_t cells_bytes = CSV_CELLS_MAX * sizeof(struct csv_cell);
	struct gt_str *names = calloc(CSV_CELLS_MAX, sizeof(*names));
	struct csv_row row = {.cells = malloc(cells_bytes), .room = CSV_CELLS_MAX};
	struct csv_quoted quoted = {0};
	size_t used = 0, bad = 0;
	bool ok = names && row.cells && scratch_room(csv, 0, 3 * head.n + 4);
	if (!ok) {
		no_memory(err, cells_bytes);
		goto out;
	}
	enum csv_outcome outcome = csv_split(&csv->dialect, head, 0, whole, &quoted, &row);
	ok = outcome == CSV_ROW && row.content && row.count <= CSV_CELLS_MAX;
	if (outcome == CSV_MORE)
		gt_fail(err, GT_E_CSV_HEADER_LONG, GT_TEXT("%zu", head.n));
	else if (outcome == CSV_JUNK)
		gt_fail(err, GT_E_CSV_QUOTE_INSIDE, GT_TEXT("%zu", row.bad));
	else if (outcome != CSV_ROW)
		gt_fail(err, GT_E_CSV_QUOTE_OPEN, GT_TEXT("%zu", row.bad));
	else if (!row.content)
		gt_fail(err, GT_E_CSV_EMPTY);
	else if (!ok)
		gt_fail(err, GT_E_CSV_COLUMNS_MANY, GT_TEXT("%u", CSV_CELLS_MAX));
	for (size_t i = 0; ok && i < row.count; i++) {
		const struct csv_cell *cell = &row.cells[i];
		ok = cell_text(csv, gt_str(head.p + cell->at, cell->size), cell->doubled, &used,
			&names[i], &bad);
		if (!ok)
			gt_fail(err, GT_E_ROW_CHARSET, gt_charset_name(csv->charset),
				GT_TEXT("%zu", cell->at + bad));
	}
	ok = ok && bind_columns(csv, host, names, row.count, err);
	*next = row.next;
out:
	free(names);
	free(row.cells);
	return ok;
}

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct csv *csv = self;
	size_t bom, next = 0;
	forget_document(csv);
	if (!choose_charset(csv, head, whole, &bom, err))
		return false;
	size_t at = bom;
	for (int64_t line = 1; line < csv->header; line++) {
		const char *newline = at < head.n ? memchr(head.p + at, '\n', head.n - at) : NULL;
		if (!newline)
			return gt_fail(err, GT_E_CSV_HEADER_LONG, GT_TEXT("%zu", head.n));
		at = (size_t)(newline - head.p) + 1;
	}
	struct gt_str rest = gt_str(head.p + at, head.n - at);
	choose_dialect(csv, rest);
	if (csv->header > 0 && !read_header(csv, host, rest, whole, &next, err))
		return false;
	if (csv->header == 0 && csv->columns.n == 0)
		return gt_fail(err, GT_E_CSV_COLUMNS);
	if (csv->header == 0 && !bind_columns(csv, host, csv->columns.v, csv->columns.n, err))
		return false;
	csv->start = csv->at = csv->resume = at + next;
	csv->rows = 0;
	csv->numbered = true;
	csv->before = document->rows_before;
	csv->large.open = false;
	csv->quoted = (struct csv_quoted){0};
	document->format = GT_LIT("csv");
	document->charset = gt_cstr(gt_charset_name(csv->charset));
	document->columns = gt_cstr(csv->names);
	*start = csv->start;
	return true;
}

/* ---- rows ---- */

static struct gt_place place(const struct csv *csv, uint64_t offset)
{
	bool known = csv->numbered || csv->before > 0;
	return (struct gt_place){offset, known ? csv->before + csv->rows + 1 : 0};
}

/* Why the row cannot be taken as it is; GT_E_NONE in err->code = it can. */
static void check_row(
	const struct csv *csv, enum csv_outcome outcome, struct gt_str raw, struct gt_err *err)
{
	const struct csv_row *row = &csv->row;
	const char *nul = memchr(raw.p, 0, raw.n);
	err->code = GT_E_NONE;
	if (outcome == CSV_UNCLOSED)
		gt_fail(err, GT_E_CSV_QUOTE_OPEN, GT_TEXT("%zu", row->bad));
	else if (outcome == CSV_JUNK)
		gt_fail(err, GT_E_CSV_QUOTE_INSIDE, GT_TEXT("%zu", row->bad));
	else if (nul)
		gt_fail(err, GT_E_ROW_NUL, GT_TEXT("%zu", (size_t)(nul - raw.p)));
	else if (row->spills)
		gt_fail(err, GT_E_CSV_CELLS, GT_TEXT("%zu", row->count), GT_TEXT("%zu", row->room));
}

/* Converts the wanted cells that need it into the scratch; texts[i] is the i-th wanted cell, p NULL
 * = the row does not have it. */
static bool convert_cells(
	struct csv *csv, struct gt_str raw, struct gt_str *texts, size_t *used, struct gt_err *err)
{
	size_t bad = 0;
	*used = 0;
	for (size_t i = 0; i < csv->wanted_count; i++) {
		const struct csv_cell *cell = &csv->row.cells[csv->wanted[i].column];
		texts[i] = (struct gt_str){0};
		if (csv->wanted[i].column >= csv->row.count)
			break;
		if (!cell_text(csv, gt_str(raw.p + cell->at, cell->size), cell->doubled, used,
			    &texts[i], &bad))
			return gt_fail(err, GT_E_ROW_CHARSET, gt_charset_name(csv->charset),
				GT_TEXT("%zu", cell->at + bad));
	}
	return true;
}

static bool add_bad(struct csv *csv, struct gt_batch *batch, struct gt_str raw, uint64_t offset,
	const struct gt_err *why)
{
	struct gt_str copy = gt_batch_copy(batch, raw);
	return copy.p && gt_batch_add_bad(batch, copy, place(csv, offset), 0, why);
}

/* One row with content. False: the batch has no room for it. */
static bool add_row(struct csv *csv, struct gt_batch *batch, enum csv_outcome outcome,
	struct gt_str raw, uint64_t offset)
{
	struct gt_str texts[GT_FIELDS_MAX];
	struct gt_err why;
	size_t used;
	check_row(csv, outcome, raw, &why);
	if (why.code != GT_E_NONE || !convert_cells(csv, raw, texts, &used, &why))
		return add_bad(csv, batch, raw, offset, &why);
	char *copy = gt_batch_alloc(batch, raw.n + used);
	if (!copy)
		return false;
	memcpy(copy, raw.p, raw.n);
	memcpy(copy + raw.n, csv->scratch, used);
	struct gt_value *values = gt_batch_add(batch, gt_str(copy, raw.n), place(csv, offset));
	if (!values)
		return false;
	for (size_t i = 0; i < csv->wanted_count && csv->wanted[i].column < csv->row.count; i++) {
		struct gt_str text = texts[i];
		uintptr_t in_scratch = (uintptr_t)text.p - (uintptr_t)csv->scratch;
		text.p = in_scratch < csv->scratch_size ? copy + raw.n + in_scratch
							: copy + (text.p - raw.p);
		values[csv->wanted[i].field] = gt_value_text(text);
	}
	return true;
}

/* Goes to the end of a line that is too long; as in jsonl.c. */
static bool skip_large(struct csv *csv, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, enum gt_feed *outcome)
{
	if (csv->large.whole == 0) {
		const char *from = bytes.p + *used;
		const char *newline = bytes.n > *used ? memchr(from, '\n', bytes.n - *used) : NULL;
		*used = newline ? (size_t)(newline - bytes.p) : bytes.n;
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

/* Takes the row at bytes + *used. GT_FEED_DONE = taken. */
static enum gt_feed one_row(struct csv *csv, struct gt_batch *batch, struct gt_str rest, bool last,
	uint64_t offset, size_t *taken, struct gt_err *err)
{
	enum csv_outcome outcome =
		csv_split(&csv->dialect, rest, offset, last, &csv->quoted, &csv->row);
	*taken = 0;
	if (outcome == CSV_MORE)
		return GT_FEED_MORE;
	if (outcome == CSV_LARGE) {
		*taken = csv->row.next;
		if (large_begin(&csv->large, rest, place(csv, offset)))
			return GT_FEED_DONE;
		no_memory(err, GT_REJECT_KEEP);
		return GT_FEED_ERROR;
	}
	struct gt_str raw = gt_str(rest.p, csv->row.size);
	if (!scratch_room(csv, 0, 3 * raw.n + 4)) {
		no_memory(err, 3 * raw.n);
		return GT_FEED_ERROR;
	}
	bool blank = outcome == CSV_ROW && !csv->row.content;
	if (!blank && !add_row(csv, batch, outcome, raw, offset))
		return GT_FEED_FULL;
	csv->rows += !blank;
	*taken = csv->row.next;
	csv->resume = offset + csv->row.next;
	return GT_FEED_DONE;
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
		size_t taken;
		outcome = one_row(csv, batch, gt_str(bytes.p + *used, bytes.n - *used), last,
			csv->at + *used, &taken, err);
		if (outcome != GT_FEED_DONE)
			return outcome;
		*used += taken;
	}
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct csv *csv = self;
	size_t used = 0;
	if (offset != csv->at) {
		csv->at = csv->resume = offset;
		csv->large.open = false;
		csv->quoted = (struct csv_quoted){0};
		csv->numbered = offset == csv->start;
	}
	enum gt_feed outcome = rows(csv, batch, bytes, last, &used, err);
	csv->at += used;
	*fed = (struct gt_fed){used, csv->resume, csv->rows};
	return outcome;
}

/* Text whose lines hold a delimiter. */
static int sniff(struct gt_str head, struct gt_str name)
{
	static const char *const ends[] = {".csv", ".tsv", ".txt"};
	size_t bom, where, lines = 0, delimited = 0;
	bool named = false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		named |= name.n > 4 && strncasecmp(name.p + name.n - 4, ends[i], 4) == 0;
	enum gt_charset charset = gt_charset_detect(head, head.n < GT_FORMAT_HEAD, &bom);
	if (head.n == 0 || charset == GT_CHARSET_NONE || charset > GT_CHARSET_GB18030 ||
		looks_binary(head, &where))
		return 0;
	if (strchr("{[<", head.p[bom < head.n ? bom : 0]))
		return named ? 30 : 10;
	while (head.n) {
		const char *newline = memchr(head.p, '\n', head.n);
		size_t n = newline ? (size_t)(newline - head.p) : head.n;
		lines++;
		delimited += memchr(head.p, ',', n) || memchr(head.p, '\t', n) ||
			     memchr(head.p, ';', n) || memchr(head.p, '|', n);
		head = gt_str(head.p + n + (newline != NULL), head.n - n - (newline != NULL));
	}
	return (delimited * 2 > lines ? 60 : 20) + (named ? 20 : 0);
}

static const struct gt_option options[] = {
	{"charset", GT_OPT_CHOICE, offsetof(struct csv, charset_option), 0, 0, NULL, "auto", 0,
		"auto finds UTF-8 or GB18030 (which includes GBK and GB2312)",
		"auto 自动识别 UTF-8 或 GB18030（兼容 GBK、GB2312）", charset_words, NULL},
	{"delimiter", GT_OPT_CHOICE, offsetof(struct csv, delimiter_option), 0, 0, NULL, "auto", 0,
		"what separates the cells; auto takes what is most frequent in the header",
		"单元格分隔符；auto 取表头中出现最多的", delimiter_words, NULL},
	{"quote", GT_OPT_TEXT, offsetof(struct csv, quote), 0, 1, NULL, "\"", 0,
		"the character that encloses cells; empty = none", "包围单元格的字符；留空 = 无",
		NULL, NULL},
	{"header", GT_OPT_INT, offsetof(struct csv, header), 0, 1000, NULL, "1", 0,
		"number of the line that holds the column names; 0 = none, then columns names them",
		"列名所在行的行号；0 = 没有表头，由 columns 指定列名", NULL, NULL},
	{"columns", GT_OPT_TEXTS, offsetof(struct csv, columns), 0, 0, NULL, NULL, 0,
		"the column names in order, for files without a header",
		"按顺序列出各列名称，用于没有表头的文件", NULL, NULL},
	{0},
};

GT_FORMAT(csv, .summary = "delimited text with a header row",
	.summary_zh = "带表头的分隔文本（CSV）", .self_size = sizeof(struct csv),
	.options = options, .begin = begin, .feed = feed, .end = end, .sniff = sniff);
