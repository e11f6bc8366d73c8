/* counter.c: the reference adapter: numbered rows {"n":1,"text":"row 1"}, as many as `rows` says.
 * It shows all that an adapter must have: state, options, open at a cursor, poll with limits,
 * close; and how a backfill reads a range of them. Not here: I/O, so nothing can block and
 * `interrupt` is left out; effects on a source, so no `commit`. */
#include <guantong/adapter.h>

#include <inttypes.h>
#include <stdio.h>

struct state {
	int64_t rows; /* option */
	int64_t done; /* rows given so far = the cursor */
	int64_t last; /* the row to end at */
	const struct gt_str *fields;
	size_t field_count;
};

static const struct gt_option options[] = {
	{"rows", GT_OPT_INT, offsetof(struct state, rows), 0, INT64_C(1000000000), .fallback = "10",
		.en = "how many rows there are", .zh = "总行数"},
	{0},
};

static bool number(struct gt_str text, int64_t *value, struct gt_err *err)
{
	int64_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.n > 10 || text.p[i] < '0' || text.p[i] > '9')
			return gt_fail(err, GT_E_CURSOR_FOREIGN, GT_TEXT("%.*s", GT_STR_ARGS(text)),
				"counter");
		n = n * 10 + (text.p[i] - '0');
	}
	*value = n;
	return true;
}

/* Rows [from, until) of those that there are. */
static bool range(struct state *s, struct gt_str from, struct gt_str until, struct gt_err *err)
{
	int64_t first = 1, end = s->rows + 1;
	if ((from.n && !number(from, &first, err)) || (until.n && !number(until, &end, err)))
		return gt_fail_as(err, GT_CONFIG,
			(struct gt_failure){GT_E_CURSOR_FOREIGN,
				GT_TEXT("%.*s – %.*s", GT_STR_ARGS(from), GT_STR_ARGS(until)),
				"counter"});
	if (s->done < first - 1)
		s->done = first - 1;
	if (s->last > end - 1)
		s->last = end - 1;
	return true;
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *s = self;
	struct gt_str from, until;
	s->fields = gt_host_fields(host, &s->field_count);
	s->last = s->rows;
	if (!number(cursor, &s->done, err))
		return false;
	return !gt_host_range(host, &from, &until) || range(s, from, until, err);
}

/* False: the batch is full and the row was not added. */
static bool add_row(struct state *s, struct gt_batch *batch)
{
	char row[80];
	int64_t n = s->done + 1;
	int size =
		snprintf(row, sizeof row, "{\"n\":%" PRId64 ",\"text\":\"row %" PRId64 "\"}", n, n);
	struct gt_str raw = gt_batch_copy(batch, gt_str(row, (size_t)size));
	struct gt_value *values = gt_batch_add(batch, raw, (struct gt_place){.row = (uint64_t)n});
	if (!values)
		return false;
	const char *number = raw.p + 5, *comma = memchr(number, ',', raw.n - 5);
	for (size_t i = 0; i < s->field_count; i++) {
		if (gt_str_eq(s->fields[i], GT_LIT("n")))
			values[i] = (struct gt_value){.kind = GT_NUMBER,
				.size = (uint32_t)(comma - number),
				.text = number};
		else if (gt_str_eq(s->fields[i], GT_LIT("text")))
			values[i] = gt_value_text(
				gt_str(comma + 9, (size_t)(raw.p + raw.n - 2 - (comma + 9))));
	}
	s->done = n;
	return true;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct state *s = self;
	(void)err; /* nothing can fail */
	while (s->done < s->last && add_row(s, batch) &&
		gt_host_monotonic_us() < limits->deadline_us)
		;
	gt_batch_cursor(batch, gt_cstr(GT_TEXT("%" PRId64, s->done)));
	return s->done < s->last ? GT_POLL_MORE : GT_POLL_END;
}

static void close_(void *self)
{
	(void)self; /* nothing was opened */
}

GT_ADAPTER(counter, .summary = "numbered rows, for trying things out",
	.summary_zh = "编号的行，用于试验", .caps = GT_CAP_RESUME | GT_CAP_OFFLINE | GT_CAP_RANGE,
	.self_size = sizeof(struct state), .options = options, .open = open_, .poll = poll_,
	.close = close_);
