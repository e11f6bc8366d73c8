/* lines.c: the simplest format: one line, one row; the field "line" is the whole of it. A line
 * "!stop" makes the document unreadable, for tests of what happens then. */
#include <guantong/format.h>

struct state {
	const struct gt_str *fields;
	size_t field_count;
	uint64_t before, rows;
	int64_t skip; /* option: bytes of a head without rows */
};

static const struct gt_option options[] = {
	{"skip", GT_OPT_INT, offsetof(struct state, skip), 0, 1000, .fallback = "0",
		.en = "bytes of a head", .zh = "开头跳过的字节数"},
	{0},
};

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct state *s = self;
	if (head.n >= 5 && memcmp(head.p, "!head", 5) == 0)
		return gt_fail_as(
			err, GT_DATA, (struct gt_failure){GT_E_FORMAT_STUCK, "lines", "0"});
	(void)whole;
	s->fields = gt_host_fields(host, &s->field_count);
	s->before = document->rows_before;
	s->rows = 0;
	document->format = GT_LIT("lines");
	document->charset = GT_LIT("UTF-8");
	document->columns = GT_LIT("[\"line\",\"\\u884c\"]");
	*start = (uint64_t)s->skip;
	return true;
}

static bool add(struct state *s, struct gt_batch *batch, struct gt_str line, uint64_t offset)
{
	struct gt_str raw = gt_batch_copy(batch, line);
	struct gt_place place = {offset, s->before + s->rows + 1};
	struct gt_value *values = gt_batch_add(batch, raw, place);
	for (size_t i = 0; values && i < s->field_count; i++)
		if (gt_str_eq(s->fields[i], GT_LIT("line")))
			values[i] = gt_value_text(raw);
	s->rows += values != NULL;
	return values != NULL;
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct state *s = self;
	size_t at = 0;
	enum gt_feed answer = GT_FEED_MORE;
	while (answer == GT_FEED_MORE) {
		const char *end = at < bytes.n ? memchr(bytes.p + at, '\n', bytes.n - at) : NULL;
		if (!end && (!last || at == bytes.n)) {
			answer = last ? GT_FEED_DONE : GT_FEED_MORE;
			break;
		}
		size_t n = end ? (size_t)(end - bytes.p) - at : bytes.n - at;
		struct gt_str line = gt_str(bytes.p + at, n);
		if (gt_str_eq(line, GT_LIT("!stop"))) {
			gt_fail_as(
				err, GT_DATA, (struct gt_failure){GT_E_FORMAT_STUCK, "lines", "5"});
			return GT_FEED_ERROR;
		}
		if (!add(s, batch, line, offset + at))
			answer = GT_FEED_FULL;
		else
			at += n + (end ? 1 : 0);
	}
	*fed = (struct gt_fed){at, offset + at, s->rows};
	return answer;
}

static void end(void *self)
{
	((struct state *)self)->rows = 0;
}

GT_FORMAT(lines, .summary = "one line, one row", .summary_zh = "一行一条",
	.self_size = sizeof(struct state), .options = options, .begin = begin, .feed = feed,
	.end = end);
