/* jsonl.c: one JSON object per line (NDJSON). A line that is broken is one bad row; the next line
 * is read as if nothing had happened. */
#include "large.h"
#include "members.h"

#include <guantong/format.h>
#include <guantong/json.h>

#include <strings.h>

struct jsonl {
	struct gt_json_reader *reader;
	struct large large;
	uint64_t start, at, resume, rows; /* as in json.c */
	bool numbered;
	uint64_t before; /* rows of the document that earlier polls took */
};

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct jsonl *jsonl = self;
	size_t fields;
	(void)whole;
	(void)err;
	const struct gt_str *names = gt_host_fields(host, &fields);
	if (!jsonl->reader)
		jsonl->reader = gt_json_reader_new(names, fields);
	jsonl->start = head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	jsonl->at = jsonl->resume = jsonl->start;
	jsonl->rows = 0;
	jsonl->numbered = true;
	jsonl->before = document->rows_before;
	jsonl->large.open = false;
	document->format = GT_LIT("jsonl");
	document->charset = GT_LIT("UTF-8");
	*start = jsonl->start;
	return true;
}

static struct gt_place place(const struct jsonl *jsonl, uint64_t offset)
{
	bool known = jsonl->numbered || jsonl->before > 0;
	return (struct gt_place){offset, known ? jsonl->before + jsonl->rows + 1 : 0};
}

static struct gt_str trimmed(struct gt_str line)
{
	while (line.n && strchr(" \t\r", line.p[line.n - 1]) && line.p[line.n - 1])
		line.n--;
	while (line.n && strchr(" \t\r", line.p[0]) && line.p[0])
		line = gt_str(line.p + 1, line.n - 1);
	return line;
}

/* False: the batch has no room. */
static bool add_row(
	struct jsonl *jsonl, struct gt_batch *batch, struct gt_str line, uint64_t offset)
{
	struct gt_err why;
	struct gt_mark mark;
	bool escapes = memchr(line.p, '\\', line.n) != NULL; /* then reading takes memory */
	if (escapes)
		mark = gt_batch_mark(batch);
	struct gt_str raw = gt_batch_copy(batch, line);
	struct gt_value *values = raw.p ? gt_batch_add(batch, raw, place(jsonl, offset)) : NULL;
	bool added = values != NULL;
	if (added && !gt_json_reader_read(jsonl->reader, raw, batch, values, &why))
		gt_batch_spoil(batch, &why);
	if (added && gt_batch_ok(batch)) {
		jsonl->rows++;
		return true;
	}
	if (escapes)
		gt_batch_rollback(batch, mark);
	return false;
}

/* Goes to the end of a line that is too long. False: no end here, or the batch is full. */
static bool skip_large(struct jsonl *jsonl, struct gt_batch *batch, struct gt_str bytes, bool last,
	size_t *used, enum gt_feed *outcome)
{
	if (jsonl->large.whole == 0) {
		const char *from = bytes.p + *used;
		const char *newline = bytes.n > *used ? memchr(from, '\n', bytes.n - *used) : NULL;
		*used = newline ? (size_t)(newline - bytes.p) : bytes.n;
		large_pass(&jsonl->large, bytes, jsonl->at, jsonl->at + *used);
		*outcome = GT_FEED_MORE;
		if (!newline && !last)
			return false;
		jsonl->large.whole = jsonl->at + *used - jsonl->large.place.offset;
	}
	*outcome = GT_FEED_FULL;
	if (!large_add(&jsonl->large, batch))
		return false;
	jsonl->rows++;
	jsonl->resume = jsonl->large.place.offset + jsonl->large.whole;
	return true;
}

static enum gt_feed rows(struct jsonl *jsonl, struct gt_batch *batch, struct gt_str bytes,
	bool last, size_t *used, struct gt_err *err)
{
	enum gt_feed outcome;
	for (;;) {
		if (jsonl->large.open && !skip_large(jsonl, batch, bytes, last, used, &outcome))
			return outcome;
		size_t left = bytes.n - *used;
		if (left == 0)
			return last ? GT_FEED_DONE : GT_FEED_MORE;
		const char *from = bytes.p + *used, *newline = memchr(from, '\n', left);
		size_t n = newline ? (size_t)(newline - from) : left;
		if (n > GT_RECORD_MAX) {
			if (!large_begin(&jsonl->large, gt_str(from, n),
				    place(jsonl, jsonl->at + *used))) {
				gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_REJECT_KEEP));
				return GT_FEED_ERROR;
			}
			continue;
		}
		if (!newline && !last)
			return GT_FEED_MORE;
		struct gt_str line = trimmed(gt_str(from, n));
		uint64_t offset = jsonl->at + (uint64_t)(line.p - bytes.p);
		if (line.n && !add_row(jsonl, batch, line, offset))
			return GT_FEED_FULL;
		*used += n + (newline != NULL);
		jsonl->resume = jsonl->at + *used;
	}
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct jsonl *jsonl = self;
	size_t used = 0;
	if (offset != jsonl->at) {
		jsonl->at = jsonl->resume = offset;
		jsonl->large.open = false;
		jsonl->numbered = offset == jsonl->start;
	}
	enum gt_feed outcome = rows(jsonl, batch, bytes, last, &used, err);
	jsonl->at += used;
	*fed = (struct gt_fed){used, jsonl->resume, jsonl->rows};
	return outcome;
}

static void fields(void *self, struct gt_str bytes, gt_field_fn *sink, void *arg)
{
	(void)self;
	for (const char *newline; bytes.n && (newline = memchr(bytes.p, '\n', bytes.n));) {
		size_t n = (size_t)(newline - bytes.p);
		members_of(trimmed(gt_str(bytes.p, n)), sink, arg);
		bytes = gt_str(newline + 1, bytes.n - n - 1);
	}
	members_of(trimmed(bytes), sink, arg);
}

static void end(void *self)
{
	struct jsonl *jsonl = self;
	gt_json_reader_free(jsonl->reader);
	large_end(&jsonl->large);
	jsonl->reader = NULL;
}

static const struct gt_option options[] = {{0}};

/* Most lines of the head are whole objects, the first one among them. */
static int sniff(struct gt_str head, struct gt_str name)
{
	bool named = (name.n > 6 && strncasecmp(name.p + name.n - 6, ".jsonl", 6) == 0) ||
		     (name.n > 7 && strncasecmp(name.p + name.n - 7, ".ndjson", 7) == 0);
	size_t lines = 0, whole = 0;
	if (head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0)
		head = gt_str(head.p + 3, head.n - 3);
	while (head.n) {
		const char *newline = memchr(head.p, '\n', head.n);
		size_t n = newline ? (size_t)(newline - head.p) : head.n;
		struct gt_str line = trimmed(gt_str(head.p, n));
		lines += line.n > 0;
		whole += line.n > 1 && line.p[0] == '{' && line.p[line.n - 1] == '}';
		if (lines == 1 && whole == 0)
			return 0;
		head = newline ? gt_str(newline + 1, head.n - n - 1) : gt_str("", 0);
	}
	if (lines == 0 || whole * 2 < lines)
		return 0;
	return named ? 95 : lines > 1 ? 80 : 40;
}

GT_FORMAT(jsonl, .summary = "one JSON object per line", .summary_zh = "每行一个 JSON 对象",
	.self_size = sizeof(struct jsonl), .options = options, .begin = begin, .feed = feed,
	.end = end, .fields = fields, .sniff = sniff);
