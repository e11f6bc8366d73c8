/* Passes between bounds: windows, backfills, sources that cut results off, what is remembered. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#include <time.h>

#define DAY INT64_C(86400)
#define NOW_S INT64_C(1711497600) /* the source's clock: 2024-03-27 08:00:00 +08:00 */
#define LOG_MAX 256u

/* A source of events that honours bounds [a, b] in seconds. */
struct events {
	_Atomic int64_t now_s;
	_Atomic int rows;
	int64_t at[4096];        /* 0 = NULL */
	int cap;                 /* rows of one query at most, 0 = any */
	bool newest_first, deaf; /* deaf: ignores bounds */
	struct {
		char from[64], until[64];
		long page;
	} log[LOG_MAX];
	_Atomic unsigned n;
};

static void decode(char *s)
{
	char *out = s;
	for (; *s; s++) {
		unsigned c = 0;
		if (*s == '%' && sscanf(s + 1, "%2x", &c) == 1) {
			*out++ = (char)c;
			s += 2;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static void clock_text(char *out, size_t size, int64_t seconds)
{
	time_t t = (time_t)seconds + 8 * 3600;
	struct tm tm;
	strftime(out, size, "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &tm));
}

static int put_row(char *out, size_t size, const struct events *e, int i, bool first)
{
	char at[64];
	if (!e->at[i])
		return snprintf(out, size, "%s{\"id\":%d,\"t\":null}", first ? "" : ",", i);
	clock_text(at, sizeof at, e->at[i]);
	return snprintf(out, size, "%s{\"id\":%d,\"t\":\"%s\"}", first ? "" : ",", i, at);
}

static bool within(const struct events *e, int i, const char *from, const char *until)
{
	char at[64];
	clock_text(at, sizeof at, e->at[i]);
	return e->deaf || !e->at[i] ||
	       (strcmp(at, from) >= 0 && (!until[0] || strcmp(at, until) <= 0));
}

static void serve(void *arg, struct request *r)
{
	struct events *e = arg;
	static char body[65536];
	char extra[128], from[64] = "", until[64] = "";
	time_t now = (time_t)e->now_s;
	long page = query_number(r, "p", 1), size = query_number(r, "s", 4096);
	struct tm tm;
	int total = 0, n = snprintf(body, sizeof body, "{\"rows\":["), k = 0;
	query_text(r, "a", from, sizeof from);
	query_text(r, "b", until, sizeof until);
	decode(from);
	decode(until);
	if (e->n < LOG_MAX) {
		snprintf(e->log[e->n].from, 64, "%s", from);
		snprintf(e->log[e->n].until, 64, "%s", until);
		e->log[e->n++].page = page;
	}
	for (int i = 0; i < e->rows; i++) {
		int row = e->newest_first ? e->rows - 1 - i : i;
		if (!within(e, row, from, until) || (e->cap && total == e->cap))
			continue;
		if (total >= (page - 1) * size && total < page * size)
			n += put_row(body + n, sizeof body - (size_t)n, e, row, k++ == 0);
		total++;
	}
	snprintf(body + n, sizeof body - (size_t)n, "],\"total\":%d}", total);
	strftime(extra, sizeof extra, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &tm));
	send_answer(r, 200, "application/json", extra, gt_cstr(body));
}

#define LIST "records: rows\ntotal: total\npaging: {style: page, page: p, size: s, rows: 50}\n"
#define CURSOR(more)                                                                               \
	"cursor: {field: t, tie: id, from: a, until: b, delay: 30 s, lookback: 10 min, " more "}"  \
	"\n"

static struct events *events(int rows, int64_t first, int64_t step)
{
	struct events *e = calloc(1, sizeof *e);
	ck_assert_ptr_nonnull(e);
	e->now_s = NOW_S;
	e->rows = rows;
	for (int i = 0; i < rows; i++)
		e->at[i] = first + i * step;
	return e;
}

/* One row every 6 hours over 10 days, read day by day. */
START_TEST(reads_window_after_window)
{
	struct events *e = events(40, NOW_S - 10 * DAY, DAY / 4);
	struct pull p;
	pull_start(&p, serve, e, LIST CURSOR("start: '2024-03-17 08:00:00', step: 1 d"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 40);
	ck_assert_uint_eq(e->n, 10);
	ck_assert_str_eq(e->log[0].from, "2024-03-17 08:00:00");
	ck_assert_str_eq(e->log[0].until, "2024-03-18 08:00:00");
	ck_assert_str_eq(e->log[1].from, "2024-03-18 08:00:00");
	ck_assert_int_eq(strncmp(e->log[9].until, "2024-03-27 07:59:", 17), 0);
	/* The next pass begins where this one ended, not at the last row. */
	pull_reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(e->n, 11);
	ck_assert_str_gt(e->log[10].from, "2024-03-27 07:48:00");
	ck_assert_uint_eq(p.world.row_count, 40);
	pull_end(&p);
	free(e);
}
END_TEST

/* Restarts behind every row; empty windows are kept, too. */
START_TEST(resumes_in_the_middle_of_windows)
{
	struct events *e = events(10, NOW_S - 10 * DAY, DAY);
	struct pull p;
	enum gt_poll result = GT_POLL_MORE;
	e->at[3] = e->at[4] = e->at[5] = e->at[2]; /* days without a row */
	pull_start(&p, serve, e, LIST CURSOR("start: '2024-03-17 00:00:00', step: 12 h"));
	while (result != GT_POLL_IDLE) {
		struct gt_limits limits = harness_limits;
		struct gt_err err = {0};
		limits.max_records = 1;
		pull_reopen(&p);
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
	}
	ck_assert_uint_eq(p.world.row_count, 10);
	pull_end(&p);
	free(e);
}
END_TEST

/* The source gives 20 rows of a query and no more. */
START_TEST(halves_a_window_that_is_cut_off)
{
	struct events *e = events(200, NOW_S - 2 * DAY, 600);
	struct pull p;
	e->cap = 20;
	pull_start(
		&p, serve, e, LIST CURSOR("start: '2024-03-25 08:00:00', step: 1 d, max_rows: 20"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 200);
	ck_assert_uint_ge(world_notes(&p.world, GT_E_HTTP_WINDOW_HALVED), 1);
	pull_end(&p);
	free(e);
}
END_TEST

/* The source refuses to page deeper than three pages. */
START_TEST(halves_a_window_with_too_many_pages)
{
	struct events *e = events(200, NOW_S - 2 * DAY, 600);
	struct pull p;
	pull_start(&p, serve, e,
		"records: rows\ntotal: total\n"
		"paging: {style: page, page: p, size: s, rows: 10, max_pages: 3}\n" CURSOR(
			"start: '2024-03-25 08:00:00', step: 1 d"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 200);
	ck_assert_uint_ge(world_notes(&p.world, GT_E_HTTP_WINDOW_HALVED), 1);
	pull_end(&p);
	free(e);
}
END_TEST

START_TEST(says_when_a_window_cannot_be_halved)
{
	struct events *e = events(30, NOW_S - DAY, 0);
	struct pull p;
	e->cap = 20;
	pull_start(
		&p, serve, e, LIST CURSOR("start: '2024-03-25 08:00:00', step: 1 d, max_rows: 20"));
	pull_fails(&p, GT_E_HTTP_WINDOW_FULL, GT_CONFIG);
	pull_end(&p);
	pull_start(&p, serve, e, LIST CURSOR("max_rows: 20"));
	pull_fails(&p, GT_E_HTTP_WINDOW_FULL, GT_CONFIG);
	pull_end(&p);
	free(e);
}
END_TEST

START_TEST(begins_where_it_is_told)
{
	struct events *e = events(40, NOW_S - 10 * DAY, DAY / 4);
	struct pull p;
	pull_start(&p, serve, e, LIST CURSOR("start: '2024-03-25T00:00:00Z'"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 8);
	ck_assert_uint_eq(e->n, 1);
	pull_end(&p);
	free(e);
}
END_TEST

/* A feed that nobody filters: what is old ends it. */
START_TEST(stops_early_in_a_feed)
{
	struct events *e = events(60, NOW_S - 60 * 3600, 3600);
	struct pull p;
	e->newest_first = e->deaf = true;
	pull_start(&p, serve, e,
		"records: rows\ntotal: total\npaging: {style: page, page: p, size: s, rows: 10}\n"
		"cursor: {field: t, tie: id, newest_first: true}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 60);
	ck_assert_uint_eq(e->n, 6);
	e->at[60] = NOW_S - 1800;
	e->rows = 61;
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 61);
	ck_assert_uint_eq(e->n, 8);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_TOTAL_DRIFT), 0);
	pull_end(&p);
	free(e);
}
END_TEST

/* Rows that were never edited have no update_time: the next field stands in, or none. */
static void serve_nulls(void *arg, struct request *r)
{
	(void)arg;
	send_answer(r, 200, "application/json", "Date: Wed, 27 Mar 2024 00:00:00 GMT\r\n",
		GT_LIT("[{\"id\":1,\"t\":null,\"c\":\"2024-03-26 10:00:00\"},{\"id\":2},"
		       "{\"id\":3,\"t\":\"2024-03-26 11:00:00\"}]"));
}

START_TEST(takes_rows_without_update_time)
{
	struct pull p;
	pull_start(&p, serve_nulls, NULL, "cursor: {field: [t, c], tie: id, from: a}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	pull_reopen(&p);
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_ptr_nonnull(strstr(p.last.cursor, "\"high\":\"2024-03-26 11:00:00\""));
	ck_assert_ptr_nonnull(strstr(p.last.cursor, "\"tie\":\"3\""));
	pull_end(&p);
}
END_TEST

static size_t live_entries(const struct world *world)
{
	size_t n = 0;
	for (size_t i = 0; i < world->entry_count; i++) {
		bool last = true;
		for (size_t k = i + 1; k < world->entry_count && last; k++)
			last = strcmp(world->entries[i].key, world->entries[k].key) != 0;
		n += last && world->entries[i].value.p;
	}
	return n;
}

/* 4,000 rows, of which no more than a window and a lookback are remembered. */
START_TEST(remembers_no_more_than_the_lookback_needs)
{
	struct events *e = events(4000, NOW_S - 40 * DAY, 864);
	struct pull p;
	pull_start(&p, serve, e,
		LIST CURSOR("start: '2024-02-16 08:00:00', step: 2 d") "remember: 1000\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 4000);
	ck_assert_uint_le(live_entries(&p.world), 3);
	pull_end(&p);
	/* In one pass without windows, too. */
	pull_start(&p, serve, e,
		"records: rows\ntotal: total\npaging: {style: page, page: p, size: s, rows: "
		"100}\n" CURSOR("") "remember: 1000\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 4000);
	ck_assert_uint_le(live_entries(&p.world), 4);
	pull_end(&p);
	free(e);
}
END_TEST

/* ---- backfill */

static void same_answer(void *arg, struct request *r)
{
	send_json(r, arg);
}

static void reopen_range(struct pull *p, const char *from, const char *until, struct gt_err *err)
{
	struct step last = p->last;
	pull_close(p);
	harness_init(&p->h, &p->world, &guantong_adapter_http, NULL, p->options, NULL, pull_fields);
	p->open = true;
	p->h.host.range = true;
	p->h.host.range_from = gt_cstr(from);
	p->h.host.range_until = gt_cstr(until);
	if (!harness_open(&p->h, gt_str(last.cursor, last.cursor_len), err))
		ck_assert_int_ne(err->code, GT_E_NONE);
}

/* What the flow has published long ago is published again, within [from, until) and only there. */
START_TEST(backfills_a_range)
{
	struct events *e = events(40, NOW_S - 10 * DAY, DAY / 4);
	struct gt_err err = {0};
	struct pull p;
	enum gt_poll result = GT_POLL_MORE;
	e->deaf = _i == 1;
	pull_start(&p, serve, e,
		_i == 2 ? LIST CURSOR("start: '2024-01-01', step: 12 h") : LIST CURSOR(""));
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, _i == 2 ? 40 : 40);
	size_t entries = live_entries(&p.world), before = p.world.row_count;
	p.last = (struct step){0};
	unsigned asked = e->n;
	while (result != GT_POLL_END) {
		struct gt_limits limits = harness_limits;
		limits.max_records = 3;
		reopen_range(&p, "2024-03-20T00:00:00Z", "2024-03-22T08:00:00+08:00", &err);
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
	}
	ck_assert_uint_eq(p.world.row_count - before, 8);
	ck_assert_str_eq(e->log[asked].from, "2024-03-20 08:00:00");
	ck_assert_uint_eq(live_entries(&p.world), entries);
	ck_assert_ptr_nonnull(strstr(p.world.rows[before], "2024-03-20 08:00:00"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[before + 7], "2024-03-22 02:00:00"));
	pull_end(&p);
	free(e);
}
END_TEST

START_TEST(backfills_numbers)
{
	static char rows[] =
		"[{\"id\":1,\"t\":5},{\"id\":2,\"t\":\"6\"},{\"id\":3,\"t\":7},{\"id\":4}]";
	struct gt_err err = {0};
	struct pull p;
	pull_start(&p, same_answer, rows, "cursor: {field: t, layout: number}\n");
	reopen_range(&p, "6", "7", &err);
	ck_assert_int_eq(pull_once(&p, harness_limits, &err), GT_POLL_END);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|2|6"));
	pull_end(&p);
}
END_TEST

START_TEST(refuses_what_cannot_be_backfilled)
{
	struct gt_err err = {0};
	struct pull p;
	pull_start(&p, serve, NULL, "");
	reopen_range(&p, "6", "7", &err);
	ck_assert_int_eq(err.code, GT_E_HTTP_RANGE);
	pull_end(&p);
	pull_start(&p, serve, NULL, "cursor: {field: t}\n");
	err = (struct gt_err){GT_OK};
	reopen_range(&p, "some day", "", &err);
	ck_assert_int_eq(err.code, GT_E_HTTP_START);
	err = (struct gt_err){GT_OK};
	reopen_range(&p, "", "some day", &err);
	ck_assert_int_eq(err.code, GT_E_HTTP_START);
	pull_end(&p);
}
END_TEST

/* ---- how bounds are written */

START_TEST(writes_bounds_as_told)
{
	static const struct {
		const char *options, *from;
	} bounds[] = {
		{"layout: compact", "20240325080000"},
		{"layout: utc", "2024-03-25T00:00:00Z"},
		{"bounds: '%Y%m%d%H%M%S'", "20240325080000"},
		{"bounds: '%Y-%m-%dT%H:%M:%S'", "2024-03-25T08:00:00"},
		{"bounds: '%Y-%m-%dT%H:%M:%S.%L%z'", "2024-03-25T08:00:00.000+08:00"},
		{"layout: millis, bounds: '%Y-%m-%d %H:%M:%S'", "2024-03-25 08:00:00"},
		{"bounds: '%Q'", "1711324800000"},
		{"bounds: '%s00%%'", "171132480000%"},
	};
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		struct events *e = events(0, 0, 0);
		struct pull p;
		char options[512];
		snprintf(options, sizeof options,
			"records: rows\ncursor: {field: t, from: a, start: "
			"'2024-03-25T08:00:00+08:00', "
			"%s}\n",
			bounds[i].options);
		pull_start(&p, serve, e, options);
		pull_ok(&p);
		ck_assert_str_eq(e->log[0].from, bounds[i].from);
		pull_end(&p);
		free(e);
	}
}
END_TEST

START_TEST(reads_compact_times)
{
	static const struct {
		const char *text;
		int layout;
		int64_t order;
	} good[] = {{"20240327082500", HTTP_COMPACT, INT64_C(1711499100000000)},
		{"202403270825", HTTP_COMPACT, INT64_C(1711499100000000)},
		{"20240327", HTTP_COMPACT, INT64_C(1711468800000000)},
		{"20240327082500125", HTTP_COMPACT, INT64_C(1711499100125000)},
		{"2024-03-27T00:25:00", HTTP_UTC, INT64_C(1711499100000000)},
		{"2024-03-27T08:25:00+08:00", HTTP_UTC, INT64_C(1711499100000000)}};
	static const char *const bad[] = {"", "2024", "202403", "2024032", "2024-03-27", "20241327",
		"2024032708250", "202403270825001", "20240327082500125x"};
	int64_t order = 0;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		ck_assert_msg(http_time_parse(gt_cstr(good[i].text), good[i].layout, 480, &order),
			"%s", good[i].text);
		ck_assert_int_eq(order, good[i].order);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(
			!http_time_parse(gt_cstr(bad[i]), HTTP_COMPACT, 480, &order), "%s", bad[i]);
	ck_assert_int_eq(http_time_floor(1711499100125001, HTTP_COMPACT, 480), 1711499100000000);
	ck_assert_int_eq(http_time_floor(1711499100125001, HTTP_MILLIS, 480), 1711499100125000);
	ck_assert_int_eq(http_time_floor(1711499100125001, HTTP_DATE, 480), 1711468800000000);
	ck_assert_int_eq(http_time_floor(-1, HTTP_SECONDS, 0), -1000000);
}
END_TEST

START_TEST(refuses_bounds_that_make_no_sense)
{
	static const struct {
		const char *options;
		enum gt_code code;
	} wrong[] = {{"cursor: {field: t, bounds: '%Y-%q'}\n", GT_E_HTTP_PATTERN},
		{"cursor: {field: t, bounds: 'today'}\n", GT_E_HTTP_PATTERN},
		{"cursor: {field: t, start: yesterday}\n", GT_E_HTTP_START},
		{"cursor: {field: t, step: 1 d}\n", GT_E_HTTP_STEP},
		{"cursor: {field: t, step: 1 d, start: '2024-01-01'}\n", GT_E_HTTP_STEP},
		{"cursor: {field: t, step: 1 d, start: '7', from: a, layout: number}\n",
			GT_E_HTTP_STEP}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		char options[256];
		snprintf(options, sizeof options, "url: http://127.0.0.1:1\n%s", wrong[i].options);
		harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, pull_fields);
		ck_assert(!harness_open(&h, gt_str(NULL, 0), &err));
		ck_assert_int_eq(err.code, wrong[i].code);
		harness_close(&h);
	}
}
END_TEST

UNIT_MAIN("http_window", UNIT_TEST(reads_window_after_window),
	UNIT_TEST(resumes_in_the_middle_of_windows), UNIT_TEST(halves_a_window_that_is_cut_off),
	UNIT_TEST(halves_a_window_with_too_many_pages),
	UNIT_TEST(says_when_a_window_cannot_be_halved), UNIT_TEST(begins_where_it_is_told),
	UNIT_TEST(stops_early_in_a_feed), UNIT_TEST(takes_rows_without_update_time),
	UNIT_TEST(remembers_no_more_than_the_lookback_needs), UNIT_LOOP(backfills_a_range, 3),
	UNIT_TEST(backfills_numbers), UNIT_TEST(refuses_what_cannot_be_backfilled),
	UNIT_TEST(writes_bounds_as_told), UNIT_TEST(reads_compact_times),
	UNIT_TEST(refuses_bounds_that_make_no_sense))
