/* json.c: the elements of one array in a JSON document, of any size, in bounded memory.
 * Not here: what a row means (the mapping), several arrays of one document (one flow each). */
#include "large.h"
#include "members.h"

#include <guantong/format.h>
#include <guantong/json.h>

#include <strings.h>

struct json {
	struct gt_str records; /* option */
	struct gt_json_scan scan;
	struct gt_json_reader *reader;
	struct large large;
	uint64_t start;  /* where the document was told to begin */
	uint64_t at;     /* document offset of the next byte to be fed */
	uint64_t resume; /* behind the last row that is in a batch */
	uint64_t rows;
	bool single;     /* the document is one object: one row */
	bool numbered;   /* fed from the start, so row numbers are known */
	uint64_t before; /* rows of the document that earlier polls took */
};

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct json *json = self;
	size_t fields, at = 0;
	(void)whole;
	(void)err;
	const struct gt_str *names = gt_host_fields(host, &fields);
	if (!json->reader)
		json->reader = gt_json_reader_new(names, fields);
	if (head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0)
		at = 3;
	while (at < head.n && strchr(" \t\r\n", head.p[at]) && head.p[at])
		at++;
	json->single = json->records.n == 0 && at < head.n && head.p[at] == '{';
	json->start = json->at = json->resume = 0;
	json->rows = 0;
	json->numbered = true;
	json->before = document->rows_before;
	json->large.open = false;
	gt_json_scan_start(&json->scan, json->records);
	document->format = GT_LIT("json");
	document->charset = GT_LIT("UTF-8");
	*start = 0;
	return true;
}

static void go_to(struct json *json, uint64_t offset)
{
	json->at = json->resume = offset;
	json->large.open = false;
	json->numbered = offset == json->start;
	if (json->numbered)
		gt_json_scan_start(&json->scan, json->records);
	else
		gt_json_scan_resume(&json->scan, json->records, offset);
}

static struct gt_place place(const struct json *json, uint64_t offset)
{
	bool known = json->numbered || json->before > 0;
	return (struct gt_place){offset, known ? json->before + json->rows + 1 : 0};
}

/* False: the batch has no room for this row; it is given again. */
static bool add_row(struct json *json, struct gt_batch *batch, struct gt_str record)
{
	struct gt_err why;
	struct gt_mark mark;
	uint64_t offset = gt_json_scan_offset(&json->scan) - record.n;
	bool escapes = memchr(record.p, '\\', record.n) != NULL; /* then reading takes memory */
	if (escapes)
		mark = gt_batch_mark(batch);
	struct gt_str raw = gt_batch_copy(batch, record);
	struct gt_value *values = raw.p ? gt_batch_add(batch, raw, place(json, offset)) : NULL;
	bool added = values != NULL;
	if (added && !gt_json_reader_read(json->reader, raw, batch, values, &why))
		gt_batch_spoil(batch, &why);
	if (added && gt_batch_ok(batch)) {
		json->rows++;
		json->resume = gt_json_scan_offset(&json->scan);
		return true;
	}
	if (escapes)
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

/* Takes rows until the input or the batch ends; *used counts on. */
static enum gt_feed rows(struct json *json, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, struct gt_err *err)
{
	for (;;) {
		size_t taken;
		struct gt_str record, rest = gt_str(bytes.p + *used, bytes.n - *used);
		enum gt_json_step step =
			gt_json_scan_next(&json->scan, rest, last, &taken, &record, err);
		uint64_t from = json->at + *used;
		if (step == GT_JSON_RECORD && !add_row(json, batch, record)) {
			*used += (size_t)(gt_json_scan_offset(&json->scan) - from);
			return GT_FEED_FULL;
		}
		*used += taken;
		if (json->large.open)
			large_pass(&json->large, bytes, json->at,
				step == GT_JSON_SKIPPED ? gt_json_scan_offset(&json->scan)
							: json->at + *used);
		switch (step) {
		case GT_JSON_RECORD:
			break;
		case GT_JSON_MORE:
			return GT_FEED_MORE;
		case GT_JSON_LARGE:
			from += (uint64_t)(record.p - rest.p);
			if (!large_begin(&json->large, record, place(json, from))) {
				gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_REJECT_KEEP));
				return GT_FEED_ERROR;
			}
			break;
		case GT_JSON_SKIPPED:
			json->large.whole =
				gt_json_scan_offset(&json->scan) - json->large.place.offset;
			if (!add_large(json, batch))
				return GT_FEED_FULL;
			break;
		case GT_JSON_END:
			json->resume = gt_json_scan_offset(&json->scan);
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
	bool waiting = json->large.open && json->large.whole > 0;
	if (!waiting || add_large(json, batch))
		outcome = rows(json, batch, bytes, last, &used, err);
	json->at += used;
	*fed = (struct gt_fed){used, json->resume, json->rows};
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
	large_end(&json->large);
	json->reader = NULL;
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
	{0},
};

GT_FORMAT(json, .summary = "a JSON document with a list of rows",
	.summary_zh = "含记录列表的 JSON 文档", .self_size = sizeof(struct json),
	.options = options, .begin = begin, .feed = feed, .end = end, .fields = fields,
	.sniff = sniff);
