/* json.c: the elements of one array in a JSON document, of any size, in bounded memory.
 * Not here: what a row means (the mapping), several arrays of one document (one flow each). */
#include "large.h"
#include "members.h"
#include "recode.h"

#include <guantong/format.h>
#include <guantong/json.h>

#include <strings.h>
#define KEY_MAX 512u /* bytes of a member's name that is a field */

static const char *const shape_words[] = {"list", "object", "members", NULL};
static const char *const charset_words[] = {"auto", "UTF-8", "GB18030", NULL};
enum { AUTO, UTF8, GB18030 };

struct json {
	/* options */
	struct gt_str records, key, pair_key, pair_value;
	int shape, charset_option;
	/* of the document */
	struct recode recode;
	struct gt_json_scan scan;
	struct gt_json_reader *reader, *pair_reader;
	const struct gt_str *fields;
	size_t field_count, key_field;   /* key_field: field_count = not wanted */
	uint32_t guesses[GT_FIELDS_MAX]; /* the field of the n-th pair of the record before */
	struct large large;
	uint64_t start;   /* where the document was told to begin */
	uint64_t at;      /* document offset of the next byte to be fed */
	uint64_t text_at; /* the same place in the text, as the scan counts it */
	uint64_t resume;  /* behind the last row that is in a batch */
	uint64_t rows;
	bool single;     /* the document has one object: one row */
	bool numbered;   /* fed from the start, so row numbers are known */
	uint64_t before; /* rows of the document that earlier polls took */
};

/* ---- the head ---- */

/* GB18030 is no JSON by the standard, but is sent. It is believed when all of the head is GB18030
 * and nothing of it is UTF-8: a broken character must not change what the others mean. */
static bool is_gb(struct gt_str head, bool whole)
{
	size_t bom, high = 0;
	if (gt_charset_detect(head, whole, &bom) != GT_CHARSET_GB18030)
		return false;
	for (size_t i = 0; i < head.n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
		high += c >= 0x80;
		if (c >= 0xC2 && c <= 0xF4 && n <= head.n - i &&
			gt_utf8_bad(gt_str(head.p + i, n)) == SIZE_MAX && n > 2)
			return false;
	}
	return high >= 8;
}

static enum gt_charset choose_charset(
	const struct json *json, struct gt_str head, bool whole, size_t *bom)
{
	enum gt_charset found = gt_charset_detect(head, whole, bom);
	bool wide = found == GT_CHARSET_UTF16LE || found == GT_CHARSET_UTF16BE;
	bool gb = json->charset_option == GB18030 ||
		  (json->charset_option == AUTO && is_gb(head, whole));
	if (wide)
		return found;
	*bom = gb && found == GT_CHARSET_GB18030 ? *bom : 0; /* UTF-8's is the scan's matter */
	return gb ? GT_CHARSET_GB18030 : GT_CHARSET_UTF8;
}

static void go_to(struct json *json, uint64_t offset)
{
	json->at = json->resume = json->text_at = offset;
	json->large.open = false;
	json->numbered = offset == json->start;
	if (json->numbered) {
		json->text_at = 0;
		gt_json_scan_start(&json->scan, json->records);
	} else {
		gt_json_scan_resume(&json->scan, json->records, offset);
	}
	gt_json_scan_shape(&json->scan, (enum gt_json_shape)json->shape);
}

static void make_readers(struct json *json, const struct gt_host *host)
{
	const struct gt_str pair[] = {json->pair_key, json->pair_value};
	json->fields = gt_host_fields(host, &json->field_count);
	if (!json->reader)
		json->reader = gt_json_reader_new(json->fields, json->field_count);
	if (!json->pair_reader && json->pair_key.n)
		json->pair_reader = gt_json_reader_new(pair, 2);
	json->key_field = json->field_count;
	for (size_t f = 0; f < json->field_count && json->key.n; f++)
		if (gt_str_eq(json->fields[f], json->key))
			json->key_field = f;
}

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct json *json = self;
	size_t bom, at = 0;
	enum gt_charset charset = choose_charset(json, head, whole, &bom);
	if (!recode_start(&json->recode, charset, err))
		return false;
	if (!recode_run(&json->recode, gt_str(head.p + bom, head.n - bom), whole))
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 3 * head.n));
	struct gt_str text = json->recode.text;
	make_readers(json, host);
	if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
		at = 3;
	while (at < text.n && strchr(" \t\r\n", text.p[at]) && text.p[at])
		at++;
	json->single = json->shape == GT_JSON_ONE ||
		       (json->shape == GT_JSON_LIST && json->records.n == 0 && at < text.n &&
			       text.p[at] == '{');
	json->start = bom;
	json->rows = 0;
	json->before = document->rows_before;
	go_to(json, bom);
	document->format = GT_LIT("json");
	document->charset = gt_cstr(gt_charset_name(charset));
	*start = bom;
	return true;
}

/* ---- rows ---- */

static struct gt_place place(const struct json *json, uint64_t offset)
{
	bool known = json->numbered || json->before > 0;
	return (struct gt_place){offset, known ? json->before + json->rows + 1 : 0};
}

/* The document offset of a place in the text that feed() was given. */
static uint64_t original(struct json *json, uint64_t text)
{
	return json->at + recode_back(&json->recode, (size_t)(text - json->text_at));
}

/* Which wanted field is called so? The n-th pair of a row is mostly called like that of the row
 * before. field_count = none. */
static size_t field_named(struct json *json, size_t n, struct gt_str name)
{
	uint32_t *guess = n < GT_FIELDS_MAX ? &json->guesses[n] : NULL;
	if (guess && *guess < json->field_count && gt_str_eq(json->fields[*guess], name))
		return *guess;
	size_t f = 0;
	while (f < json->field_count && !gt_str_eq(json->fields[f], name))
		f++;
	if (guess)
		*guess = (uint32_t)f;
	return f;
}

static bool no_pairs(const struct json *json, struct gt_err *err)
{
	return gt_fail(err, GT_E_JSON_PAIRS, GT_TEXT("%.*s", GT_STR_ARGS(json->pair_key)),
		GT_TEXT("%.*s", GT_STR_ARGS(json->pair_value)));
}

/* A row that is a list of pairs: [{"key": "a", "value": 1}, …]. */
static bool read_pairs(struct json *json, struct gt_str record, struct gt_batch *batch,
	struct gt_value *values, struct gt_err *err)
{
	struct gt_json_scan scan;
	struct gt_str pair;
	size_t used;
	gt_json_scan_start(&scan, gt_str("", 0));
	for (size_t n = 0;; n++) {
		enum gt_json_step step = gt_json_scan_next(&scan, record, true, &used, &pair, err);
		record = gt_str(record.p + used, record.n - used);
		if (step == GT_JSON_END)
			return true;
		if (step != GT_JSON_RECORD)
			return false;
		if (gt_str_eq(pair, GT_LIT("null")))
			continue;
		struct gt_value read[2] = {{0}, {0}};
		if (!gt_json_reader_read(json->pair_reader, pair, batch, read, err))
			return false;
		if (read[0].kind != GT_TEXT)
			return !gt_batch_ok(batch) || no_pairs(json, err);
		size_t field = field_named(json, n, gt_value_str(&read[0]));
		if (field == json->field_count)
			continue;
		if (values[field].kind != GT_ABSENT)
			return gt_fail(err, GT_E_JSON_TWICE,
				GT_TEXT("%.*s", GT_STR_ARGS(json->fields[field])));
		values[field] = read[1];
	}
}

/* A row that is a member, "key": value: takes the key off the record. */
static void read_key(
	struct json *json, struct gt_str *record, struct gt_batch *batch, struct gt_value *values)
{
	char text[KEY_MAX];
	size_t i = 1;
	while (i < record->n && record->p[i] != '"')
		i += record->p[i] == '\\' ? 2 : 1;
	struct gt_str name = gt_str(record->p, i + 1 < record->n ? i + 1 : record->n);
	for (i = name.n; i < record->n && strchr(": \t\r\n", record->p[i]); i++)
		;
	*record = gt_str(record->p + i, record->n - i);
	if (json->key_field == json->field_count)
		return;
	struct gt_str key = gt_batch_copy(batch, gt_json_scalar(name, text, sizeof text));
	values[json->key_field] = gt_value_text(key);
}

/* The fields of a row. */
static bool read_row(struct json *json, struct gt_str record, struct gt_batch *batch,
	struct gt_value *values, struct gt_err *err)
{
	bool member = json->shape == GT_JSON_MEMBERS;
	struct gt_value key = {0};
	if (member)
		read_key(json, &record, batch, values);
	if (member && json->key_field < json->field_count) {
		key = values[json->key_field];
		values[json->key_field] = (struct gt_value){0};
	}
	bool pairs = json->pair_reader && record.n && record.p[0] == '[';
	bool ok = pairs ? read_pairs(json, record, batch, values, err)
		  : json->pair_reader
			  ? no_pairs(json, err)
			  : gt_json_reader_read(json->reader, record, batch, values, err);
	if (key.kind)
		values[json->key_field] = key;
	return ok;
}

/* False: the batch has no room for this row; it is given again. */
static bool add_row(
	struct json *json, struct gt_batch *batch, struct gt_str bytes, struct gt_str record)
{
	struct gt_err why;
	struct gt_mark mark;
	uint64_t offset = gt_json_scan_offset(&json->scan) - record.n;
	uint64_t from = original(json, offset), to = original(json, offset + record.n);
	bool same = json->recode.charset == GT_CHARSET_UTF8;
	/* Then reading takes memory. */
	bool takes =
		!same || json->shape == GT_JSON_MEMBERS || memchr(record.p, '\\', record.n) != NULL;
	if (takes)
		mark = gt_batch_mark(batch);
	struct gt_str raw =
		gt_batch_copy(batch, gt_str(bytes.p + (from - json->at), (size_t)(to - from)));
	struct gt_str text = same ? raw : gt_batch_copy(batch, record);
	struct gt_value *values =
		raw.p && text.p ? gt_batch_add(batch, raw, place(json, from)) : NULL;
	bool added = values != NULL;
	if (added && !read_row(json, text, batch, values, &why))
		gt_batch_spoil(batch, &why);
	if (added && gt_batch_ok(batch)) {
		json->rows++;
		json->resume = to;
		return true;
	}
	if (takes)
		gt_batch_rollback(batch, mark);
	gt_json_scan_again(&json->scan, offset);
	return false;
}

static bool add_large(struct json *json, struct gt_batch *batch)
{
	if (!large_add(&json->large, batch))
		return false;
	json->rows++;
	json->resume = json->large.place.offset + json->large.whole;
	return true;
}

static bool begin_large(struct json *json, struct gt_str bytes, uint64_t text, struct gt_err *err)
{
	uint64_t from = original(json, text);
	size_t in = (size_t)(from - json->at);
	if (large_begin(&json->large, gt_str(bytes.p + in, bytes.n - in), place(json, from)))
		return true;
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_REJECT_KEEP));
}

/* Takes rows until the input or the batch ends; *used counts on, in the text. */
static enum gt_feed rows(struct json *json, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, struct gt_err *err)
{
	struct gt_str text = json->recode.text;
	for (;;) {
		size_t taken;
		struct gt_str record, rest = gt_str(text.p + *used, text.n - *used);
		enum gt_json_step step =
			gt_json_scan_next(&json->scan, rest, last, &taken, &record, err);
		uint64_t from = json->text_at + *used, at = gt_json_scan_offset(&json->scan);
		if (step == GT_JSON_RECORD && !add_row(json, batch, bytes, record)) {
			*used += (size_t)(gt_json_scan_offset(&json->scan) - from);
			return GT_FEED_FULL;
		}
		*used += taken;
		if (json->large.open)
			large_pass(&json->large, bytes, json->at,
				original(json,
					step == GT_JSON_SKIPPED ? at : json->text_at + *used));
		switch (step) {
		case GT_JSON_RECORD:
			break;
		case GT_JSON_MORE:
			return GT_FEED_MORE;
		case GT_JSON_LARGE:
			from += (uint64_t)(record.p - rest.p);
			if (!begin_large(json, bytes, from, err))
				return GT_FEED_ERROR;
			break;
		case GT_JSON_SKIPPED:
			json->large.whole = original(json, at) - json->large.place.offset;
			if (!add_large(json, batch))
				return GT_FEED_FULL;
			break;
		case GT_JSON_END:
			json->resume = original(json, at);
			return GT_FEED_DONE;
		case GT_JSON_BROKEN:
			return GT_FEED_ERROR;
		}
	}
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct json *json = self;
	enum gt_feed outcome = GT_FEED_FULL;
	size_t used = 0;
	if (offset != json->at)
		go_to(json, offset);
	if (json->single && !json->numbered) { /* resumed behind the only row */
		json->resume = json->at = offset + bytes.n;
		*fed = (struct gt_fed){bytes.n, json->resume, 0};
		return last ? GT_FEED_DONE : GT_FEED_MORE;
	}
	*fed = (struct gt_fed){0, json->resume, json->rows};
	if (!recode_run(&json->recode, bytes, last)) {
		gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 3 * bytes.n));
		return GT_FEED_ERROR;
	}
	bool waiting = json->large.open && json->large.whole > 0;
	if (!waiting || add_large(json, batch))
		outcome = rows(json, batch, bytes, last, &used, err);
	size_t taken = recode_back(&json->recode, used);
	json->at += taken;
	json->text_at += used;
	*fed = (struct gt_fed){taken, json->resume, json->rows};
	return outcome;
}

/* Rows that the bytes hold whole; a document that is broken names what came before. */
static void fields(void *self, struct gt_str bytes, gt_field_fn *sink, void *arg)
{
	struct json *json = self;
	struct gt_str record;
	size_t at = 0, used = 0;
	enum gt_json_step step;
	gt_json_scan_start(&json->scan, json->records);
	do {
		step = gt_json_scan_next(&json->scan, gt_str(bytes.p + at, bytes.n - at), false,
			&used, &record, NULL);
		at += used;
		if (step == GT_JSON_RECORD)
			members_of(record, sink, arg);
	} while (step == GT_JSON_RECORD);
}

static void end(void *self)
{
	struct json *json = self;
	gt_json_reader_free(json->reader);
	gt_json_reader_free(json->pair_reader);
	recode_end(&json->recode);
	large_end(&json->large);
	json->reader = json->pair_reader = NULL;
}

static int sniff(struct gt_str head, struct gt_str name)
{
	size_t at = head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (at < head.n && strchr(" \t\r\n", head.p[at]) && head.p[at])
		at++;
	if (at == head.n || (head.p[at] != '[' && head.p[at] != '{'))
		return 0;
	return name.n > 5 && strncasecmp(name.p + name.n - 5, ".json", 5) == 0 ? 90 : 70;
}

static const struct gt_option options[] = {
	{"records", GT_OPT_TEXT, offsetof(struct json, records), 0, 256, NULL, "", 0,
		"path of the list of rows in the document, for example data.rows; empty = the "
		"document itself",
		"记录列表在文档中的路径，例如 data.rows；留空 = 文档本身", NULL, NULL},
	{"shape", GT_OPT_CHOICE, offsetof(struct json, shape), 0, 0, NULL, "list", 0,
		"what stands there: list = a list of rows; object = one object, which is a row; "
		"members = an object whose members are the rows",
		"该处的内容：list = 记录列表；object = 单个对象，即一条记录；members = "
		"对象，其每个成员是一条记录",
		shape_words, NULL},
	{"member", GT_OPT_TEXT, offsetof(struct json, key), 0, 256, NULL, "", 0,
		"with shape: members, the field that holds a member's name",
		"shape: members 时，存放成员名的字段", NULL, NULL},
	{"pair_key", GT_OPT_TEXT, offsetof(struct json, pair_key), 0, 256, NULL, "", 0,
		"rows are lists of pairs: the member of a pair that holds the field's name, for "
		"example key",
		"每条记录是一组键值对：键值对中存放字段名的成员，例如 key", NULL, NULL},
	{"pair_value", GT_OPT_TEXT, offsetof(struct json, pair_value), 0, 256, NULL, "value", 0,
		"the member of a pair that holds the field's value", "键值对中存放字段值的成员",
		NULL, NULL},
	{"charset", GT_OPT_CHOICE, offsetof(struct json, charset_option), 0, 0, NULL, "auto", 0,
		"auto takes GB18030 only where nothing is UTF-8; UTF-16 is known by its byte order "
		"mark",
		"auto 仅在没有任何 UTF-8 字符时按 GB18030 读取；UTF-16 由 BOM 识别", charset_words,
		NULL},
	{0},
};

GT_FORMAT(json, .summary = "a JSON document with a list of rows",
	.summary_zh = "含记录列表的 JSON 文档", .self_size = sizeof(struct json),
	.options = options, .begin = begin, .feed = feed, .end = end, .fields = fields,
	.sniff = sniff);
