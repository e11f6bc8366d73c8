/* Paging styles, and the ways in which back ends page wrongly.
 *
 * Where the known traps of pull adapters are tested:
 *   the last page again past the end (`reasonable`)  ends_at_a_repeated_last_page (test_http.c)
 *   the first page for ever                          stops_at_the_first_page_for_ever
 *   a business code in HTTP 200                      leaves_the_cursor_and_recovers (test_http.c)
 *   no page size sent: everything, or ten rows       always_sends_the_page_size
 *   a page size that is cut down                     pages_by_offset (cap)
 *   a token that dies in mid-pull                    logs_in_again_in_mid_pull (test_http.c)
 *   19-digit ids, now number, now string             keeps_ids_as_they_came
 *   totals that drift                                notes_a_drifting_total (test_http.c)
 *   the same cursor for ever, cursors in a circle    stops_at_cursors_in_a_circle
 *   pages in a circle below growing cursors          stops_at_pages_in_a_circle
 *   duplicates at a page border, unstable order      gives_a_row_once_that_moves_between_pages
 *   an empty page although more follows              goes_on_behind_an_empty_page
 *   update_time NULL                                 takes_rows_without_update_time
 *                                                    (test_http_window.c)
 *   layouts of dates                                 reads_and_writes_times (test_http.c),
 *                                                    writes_bounds_as_told (test_http_window.c) */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

/* ---- one list, asked for in many ways */

struct list {
	int rows, cap; /* cap: rows a page at most, 0 = as asked for */
	_Atomic int unsized, shift;
	bool gap; /* the second page is empty */
};

static int put_rows(char *out, size_t size, int from, int to)
{
	int n = 0;
	for (int i = from; i < to; i++)
		n += snprintf(
			out + n, size - (size_t)n, "%s{\"id\":\"r%d\"}", i > from ? "," : "", i);
	return n;
}

/* Rows from the offset on, with all that an answer may say about the rest. */
static void answer_from(struct list *l, struct request *r, int from, int size)
{
	char body[8192], extra[128];
	if (size <= 0) {
		l->unsized++;
		size = 10;
	}
	size = l->cap && size > l->cap ? l->cap : size;
	int to = from + size < l->rows ? from + size : l->rows, page = from / size + 1;
	int n = snprintf(body, sizeof body,
		"{\"total\":%d,\"more\":%s,\"size\":%d,\"current\":%d,\"pages\":%d,\"next\":",
		l->rows, to < l->rows ? "true" : "false", size, page, (l->rows + size - 1) / size);
	if (to < l->rows)
		n += snprintf(body + n, sizeof body - (size_t)n, "\"c%d\"", to);
	else
		n += snprintf(body + n, sizeof body - (size_t)n, "%s", l->gap ? "false" : "null");
	n += snprintf(body + n, sizeof body - (size_t)n, ",\"rows\":[");
	if (from < to && !(l->gap && page == 2))
		n += put_rows(body + n, sizeof body - (size_t)n, from, to);
	snprintf(body + n, sizeof body - (size_t)n, "]}");
	snprintf(extra, sizeof extra, "X-Next: %s%.0d\r\n", to < l->rows ? "c" : "",
		to < l->rows ? to : 0);
	send_answer(r, 200, "application/json", extra, gt_cstr(body));
}

static void by_offset(void *arg, struct request *r)
{
	answer_from(arg, r, (int)query_number(r, "o", 0), (int)query_number(r, "s", 0));
}

static void by_page(void *arg, struct request *r)
{
	int size = (int)query_number(r, "s", 0), page = (int)query_number(r, "p", 1);
	answer_from(arg, r, (page - 1) * size, size);
}

static void by_page_from_0(void *arg, struct request *r)
{
	int size = (int)query_number(r, "s", 0), page = (int)query_number(r, "p", -9);
	answer_from(arg, r, page * size, size);
}

static void by_cursor(void *arg, struct request *r)
{
	char text[64] = "c0";
	query_text(r, "c", text, sizeof text);
	answer_from(arg, r, atoi(text + 1), (int)query_number(r, "s", 0));
}

static void by_header(void *arg, struct request *r)
{
	const char *cursor = strstr(r->headers, "X-Cursor: c");
	answer_from(arg, r, cursor ? atoi(cursor + 11) : 0, (int)query_number(r, "s", 0));
}

static void by_body(void *arg, struct request *r)
{
	int page = 0, size = 0;
	ck_assert_str_eq(r->target, "/list?fixed=1");
	if (strstr(r->headers, "application/x-www-form-urlencoded"))
		ck_assert_int_eq(sscanf(r->body, "q=a%%26b&no=%d&n=%d", &page, &size), 2);
	else
		ck_assert_int_eq(sscanf(r->body, "{\"q\":{\"o\":%d,\"n\":%d}}", &page, &size), 2);
	answer_from(arg, r, page, size);
}

static void by_cursor_in_body(void *arg, struct request *r)
{
	char text[64] = "c0";
	(void)sscanf(r->body, "{\"cursor\":\"%63[^\"]", text);
	answer_from(arg, r, atoi(text + 1), 4);
}

static void by_last_id(void *arg, struct request *r)
{
	char text[64] = "r-1";
	query_text(r, "after", text, sizeof text);
	answer_from(arg, r, atoi(text + 1) + 1, (int)query_number(r, "s", 0));
}

static void by_search(void *arg, struct request *r)
{
	char text[256] = "";
	query_text(r, "search", text, sizeof text);
	int page = 0;
	ck_assert_int_eq(
		sscanf(text, "%%7B%%22name%%22%%3A%%22%%22%%2C%%22page%%22%%3A%d%%7D", &page), 1);
	answer_from(arg, r, (page - 1) * 4, 4);
}

static const struct {
	answer_fn *answer;
	const char *options;
	unsigned requests; /* for 10 rows, 4 a page */
	int cap;
} styles[] = {
	{by_offset, "paging: {style: offset, offset: o, size: s, rows: 4}\ntotal: total\n", 3, 0},
	{by_offset, "paging: {style: offset, offset: o, size: s, rows: 4}\n", 4, 0},
	{by_offset, "paging: {style: offset, offset: o, size: s, rows: 4}\ntotal: total\n", 4, 3},
	{by_offset, "paging: {style: offset, offset: o, size: s, rows: 4, short_ends: true}\n", 3,
		0},
	{by_page, "paging: {style: page, page: p, size: s, rows: 4, pages: pages}\n", 3, 0},
	{by_page, "paging: {style: page, page: p, size: s, rows: 4, more: more}\n", 3, 0},
	{by_page_from_0,
		"paging: {style: page, page: p, size: s, rows: 4, first: 0}\ntotal: total\n", 3, 0},
	{by_cursor, "paging: {style: cursor, cursor: c, size: s, rows: 4, next: next}\n", 3, 0},
	{by_cursor, "paging: {style: cursor, cursor: c, size: s, rows: 4, next: next}\n", 4, 3},
	{by_cursor, "paging: {style: cursor, cursor: c, size: s, rows: 4, next_header: x-next}\n",
		3, 0},
	{by_header,
		"headers: {X-Cursor: '{cursor}'}\n"
		"paging: {style: cursor, size: s, rows: 4, next: next}\n",
		3, 0},
	{by_cursor_in_body,
		"method: POST\nbody: '{\"cursor\":\"{cursor}\"}'\n"
		"paging: {style: cursor, rows: 4, next: next}\n",
		3, 0},
	{by_body,
		"method: POST\nquery: {fixed: 1}\nbody: '{\"q\":{\"o\":{offset},\"n\":{rows}}}'\n"
		"paging: {style: offset, rows: 4, more: more}\n",
		3, 0},
	{by_body,
		"method: POST\nquery: {fixed: 1}\nbody_as: form\n"
		"body: 'q=a%26b&no={offset}&n={rows}'\n"
		"paging: {style: offset, rows: 4, more: more}\n",
		3, 0},
	{by_last_id, "paging: {style: cursor, cursor: after, size: s, rows: 4, last: id}\n", 4, 0},
	{by_search,
		"query: {search: '{\"name\":\"\",\"page\":{page}}'}\n"
		"paging: {style: page, page: ignored, rows: 4}\ntotal: total\n",
		3, 0},
};

START_TEST(reads_a_list_in_every_style)
{
	struct list l = {.rows = 10, .cap = styles[_i].cap};
	struct pull p;
	char options[1024];
	snprintf(options, sizeof options, "records: rows\n%s", styles[_i].options);
	pull_start(&p, styles[_i].answer, &l, options);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	ck_assert_uint_eq(server_requests(p.server), styles[_i].requests);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	pull_end(&p);
}
END_TEST

/* A restart behind every single row goes on where it was. */
START_TEST(resumes_in_every_style)
{
	struct list l = {.rows = 10, .cap = styles[_i].cap};
	struct pull p;
	char options[1024];
	enum gt_poll result = GT_POLL_MORE;
	snprintf(options, sizeof options, "records: rows\n%s", styles[_i].options);
	pull_start(&p, styles[_i].answer, &l, options);
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
}
END_TEST

START_TEST(always_sends_the_page_size)
{
	struct list l = {.rows = 23};
	struct pull p;
	pull_start(&p, by_page, &l,
		"records: rows\npaging: {style: page, page: p, size: s}\ntotal: total\n");
	pull_ok(&p);
	pull_end(&p);
	pull_start(&p, by_cursor, &l,
		"records: rows\npaging: {style: cursor, cursor: c, size: s, next: next}\n");
	pull_ok(&p);
	pull_end(&p);
	ck_assert_int_eq(l.unsized, 0);
}
END_TEST

START_TEST(goes_on_behind_an_empty_page)
{
	struct list l = {.rows = 10, .gap = true};
	struct pull p;
	pull_start(&p, by_cursor, &l,
		"records: rows\npaging: {style: cursor, cursor: c, size: s, rows: 4, next: "
		"next}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 6);
	pull_end(&p);
	pull_start(&p, by_page, &l,
		"records: rows\npaging: {style: page, page: p, size: s, rows: 4, more: more}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 6);
	pull_end(&p);
}
END_TEST

/* ---- answers that don't end */

static void same_page(void *arg, struct request *r)
{
	send_json(r, arg);
}

START_TEST(stops_at_the_first_page_for_ever)
{
	struct pull p;
	static char total[] = "{\"total\":9,\"rows\":[{\"id\":1},{\"id\":2}]}";
	static char pages[] = "{\"pages\":5,\"rows\":[{\"id\":1},{\"id\":2}]}";
	static char more[] = "{\"more\":true,\"rows\":[{\"id\":1},{\"id\":2}]}";
	static char *const bodies[] = {total, pages, more};
	for (size_t i = 0; i < 3; i++) {
		pull_start(&p, same_page, bodies[i],
			"records: rows\ntotal: total\n"
			"paging: {style: page, page: p, size: s, rows: 2, pages: pages, more: "
			"more}\n");
		pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
		ck_assert_uint_eq(p.world.row_count, 2);
		pull_end(&p);
	}
	/* Nothing says that more follows: told, once, because the parameter may be misnamed. */
	static char bare[] = "[{\"id\":1},{\"id\":2}]";
	pull_start(&p, same_page, bare, "paging: {style: page, page: p, size: s, rows: 2}\n");
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_FIRST_AGAIN), 1);
	pull_end(&p);
}
END_TEST

/* Cursors a → b → c → b → c …; pages that differ each time. */
static void cursor_circle(void *arg, struct request *r)
{
	char text[64] = "", body[256];
	unsigned n = ++*(_Atomic unsigned *)arg;
	query_text(r, "c", text, sizeof text);
	const char *next = text[0] == 'b' ? "c" : "b";
	snprintf(body, sizeof body, "{\"next\":\"%s\",\"rows\":[{\"id\":%u}]}",
		text[0] ? next : "a", n);
	send_json(r, body);
}

START_TEST(stops_at_cursors_in_a_circle)
{
	_Atomic unsigned n = 0;
	struct pull p;
	pull_start(&p, cursor_circle, &n,
		"records: rows\npaging: {style: cursor, cursor: c, next: next}\n");
	pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
	ck_assert_uint_lt(server_requests(p.server), 12);
	pull_end(&p);
	static char same[] = "{\"next\":\"a\",\"rows\":[{\"id\":1}]}";
	pull_start(&p, same_page, same,
		"records: rows\npaging: {style: cursor, cursor: c, next: next}\n");
	pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
	ck_assert_uint_eq(server_requests(p.server), 2);
	pull_end(&p);
}
END_TEST

/* Two pages in turn, whatever is asked for. */
static void page_circle(void *arg, struct request *r)
{
	char body[256];
	unsigned n = ++*(_Atomic unsigned *)arg;
	snprintf(body, sizeof body, "{\"next\":\"%u\",\"rows\":[{\"id\":%u}]}", n, n % 2);
	send_json(r, body);
}

START_TEST(stops_at_pages_in_a_circle)
{
	static const char *const options[] = {"paging: {style: cursor, cursor: c, next: next}\n",
		"paging: {style: page, page: p}\n", "paging: {style: offset, offset: o}\n"};
	for (size_t i = 0; i < 3; i++) {
		_Atomic unsigned n = 0;
		struct pull p;
		char text[256];
		snprintf(text, sizeof text, "records: rows\n%s", options[i]);
		pull_start(&p, page_circle, &n, text);
		pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
		ck_assert_uint_eq(p.world.row_count, 2);
		ck_assert_uint_lt(server_requests(p.server), 12);
		pull_end(&p);
	}
}
END_TEST

static void long_cursor(void *arg, struct request *r)
{
	char body[16384];
	(void)arg;
	int n = snprintf(body, sizeof body, "{\"rows\":[{\"id\":1}],\"next\":\"");
	memset(body + n, 'x', 9000);
	snprintf(body + n + 9000, sizeof body - (size_t)n - 9000, "\"}");
	send_json(r, body);
}

START_TEST(refuses_a_cursor_beyond_measure)
{
	struct pull p;
	pull_start(&p, long_cursor, NULL,
		"records: rows\npaging: {style: cursor, cursor: c, next: next}\n");
	pull_fails(&p, GT_E_HTTP_CURSOR_LONG, GT_RETRY);
	pull_end(&p);
}
END_TEST

/* Cursors live as long as the server does. */
struct mortal {
	struct list list;
	_Atomic bool died;
};

static void mortal(void *arg, struct request *r)
{
	struct mortal *m = arg;
	char text[64] = "";
	query_text(r, "c", text, sizeof text);
	if (m->died && text[0])
		send_answer(r, 400, "application/json", "", GT_LIT("{\"msg\":\"expired\"}"));
	else
		by_cursor(&m->list, r);
}

START_TEST(begins_again_when_the_saved_cursor_died)
{
	struct mortal m = {.list = {.rows = 10}};
	struct pull p;
	struct gt_err err = {0};
	struct gt_limits limits = harness_limits;
	pull_start(&p, mortal, &m,
		"records: rows\npaging: {style: cursor, cursor: c, size: s, rows: 4, next: "
		"next}\n");
	limits.max_records = 5;
	ck_assert_int_eq(pull_once(&p, limits, &err), GT_POLL_MORE);
	ck_assert_uint_eq(p.world.row_count, 5);
	m.died = true;
	pull_reopen(&p);
	pull_fails(&p, GT_E_HTTP_REFUSED, GT_CONFIG); /* its own second cursor, too */
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_LINK_OLD), 1);
	m.died = false;
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	pull_end(&p);
}
END_TEST

/* ---- rows */

/* The first row moves to the second page while the list is read. */
static void moving(void *arg, struct request *r)
{
	(void)arg;
	send_json(r, query_number(r, "p", 1) == 1
			     ? "{\"total\":4,\"rows\":[{\"id\":1},{\"id\":2}]}"
			     : "{\"total\":4,\"rows\":[{\"id\":2},{\"id\":3}]}");
}

START_TEST(gives_a_row_once_that_moves_between_pages)
{
	struct pull p;
	pull_start(&p, moving, NULL,
		"records: rows\ntotal: total\npaging: {style: page, page: p, size: s, rows: 2}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	pull_end(&p);
}
END_TEST

START_TEST(keeps_ids_as_they_came)
{
	struct pull p;
	static char ids[] = "[{\"id\":9007199254740993},{\"id\":\"1234567890123456789\"},"
			    "{\"id\":1234567890123456789}]";
	pull_start(&p, same_page, ids, "");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|9007199254740993|"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[1], "|1234567890123456789|"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[2], "|1234567890123456789|"));
	pull_end(&p);
}
END_TEST

/* MicroCommunity calls the page size `rows` and the number of pages `records`. */
START_TEST(reads_an_answer_with_misleading_names)
{
	struct pull p;
	static char answer[] = "{\"page\":1,\"rows\":2,\"records\":1,\"total\":2,\"code\":0,"
			       "\"data\":[{\"id\":1},{\"id\":2}]}";
	pull_start(&p, same_page, answer,
		"records: data\npaging: {style: page, page: page, size: row, rows: 2, pages: "
		"records}\nsuccess: {field: code, values: '0'}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_uint_eq(server_requests(p.server), 1);
	pull_end(&p);
}
END_TEST

START_TEST(reads_the_members_of_an_object)
{
	static char nested[] =
		"{\"code\":0,\"data\":{\"M-1\" : {\"t\":[1,{\"a\":2}]},\"M\\\"2\":{}, "
		"\"M-3\":{\"t\":\"x:}y\"}}}";
	static char root[] = "\xEF\xBB\xBF {\"M-1\":{\"t\":[1,{\"a\":2}]},\"M\\\"2\":{},"
			     "\"M-3\":{\"t\":\"x:}y\"}}\n";
	for (int i = 0; i < 2; i++) {
		struct pull p;
		pull_start(&p, same_page, i ? root : nested,
			i ? "keyed: id\n" : "keyed: id\nrecords: data\n");
		pull_ok(&p);
		ck_assert_uint_eq(p.world.row_count, 3);
		ck_assert_ptr_nonnull(strstr(p.world.rows[0], "{\"id\":\"M-1\",\"t\":"));
		ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|M-1|[1,{\"a\":2}]"));
		ck_assert_ptr_nonnull(strstr(p.world.rows[1], "{\"id\":\"M\\\"2\"}|M\"2|"));
		ck_assert_ptr_nonnull(strstr(p.world.rows[2], "|M-3|x:}y"));
		pull_ok(&p);
		ck_assert_uint_eq(p.world.row_count, 3);
		pull_end(&p);
	}
}
END_TEST

/* Two members with the same bytes are two rows. */
START_TEST(tells_members_apart_by_their_keys)
{
	static char twins[] = "{\"a\":{\"t\":1},\"b\":{\"t\":1}}";
	struct pull p;
	struct gt_limits limits = harness_limits;
	struct gt_err err = {0};
	limits.max_records = 1;
	pull_start(&p, same_page, twins, "keyed: id\n");
	while (pull_once(&p, limits, &err) != GT_POLL_IDLE)
		;
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_ptr_nonnull(strstr(p.world.rows[1], "|b|1"));
	pull_end(&p);
}
END_TEST

START_TEST(reads_one_object_as_one_row)
{
	static char detail[] = "{\"code\":200,\"data\":{\"id\":7,\"t\":\"x\"}}";
	struct pull p;
	pull_start(&p, same_page, detail, "records: data\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|1|19|{\"id\":7,\"t\":\"x\"}|7|x"));
	pull_end(&p);
}
END_TEST

/* ---- pacing */

static int refusals;

static int64_t not_yet(void *arg)
{
	(void)arg;
	return refusals-- > 0 ? 20000 : 0;
}

START_TEST(asks_for_a_permit_before_every_request)
{
	struct list l = {.rows = 10};
	struct pull p;
	struct gt_err err = {0};
	int waits = 0;
	enum gt_poll result = GT_POLL_MORE;
	pull_start(&p, by_page, &l,
		"records: rows\ntotal: total\npaging: {style: page, page: p, size: s, rows: 10}\n");
	pull_reopen(&p);
	p.h.host.permit = not_yet;
	refusals = 3;
	while (result != GT_POLL_IDLE) {
		unsigned before = server_requests(p.server);
		bool refused = refusals > 0;
		result = pull_once(&p, harness_limits, &err);
		waits += result == GT_POLL_WAIT && refused;
		ck_assert(!refused || server_requests(p.server) == before);
	}
	ck_assert_int_eq(waits, 3);
	ck_assert_uint_eq(p.world.row_count, 10);
	pull_end(&p);
}
END_TEST

UNIT_MAIN("http_paging", UNIT_LOOP(reads_a_list_in_every_style, sizeof styles / sizeof *styles),
	UNIT_LOOP(resumes_in_every_style, sizeof styles / sizeof *styles),
	UNIT_TEST(always_sends_the_page_size), UNIT_TEST(goes_on_behind_an_empty_page),
	UNIT_TEST(stops_at_the_first_page_for_ever), UNIT_TEST(stops_at_cursors_in_a_circle),
	UNIT_TEST(stops_at_pages_in_a_circle), UNIT_TEST(refuses_a_cursor_beyond_measure),
	UNIT_TEST(begins_again_when_the_saved_cursor_died),
	UNIT_TEST(gives_a_row_once_that_moves_between_pages), UNIT_TEST(keeps_ids_as_they_came),
	UNIT_TEST(reads_an_answer_with_misleading_names), UNIT_TEST(reads_the_members_of_an_object),
	UNIT_TEST(tells_members_apart_by_their_keys), UNIT_TEST(reads_one_object_as_one_row),
	UNIT_TEST(asks_for_a_permit_before_every_request))
