/* The traps that back ends set: each is a server that lies in one way. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAGED                                                                                      \
	"paging: {style: page, page: p, size: s, rows: 4}\nrecords: rows\ntotal: total\n"          \
	"success: {field: code, values: '200'}\n"

/* ---- a list that may be told to misbehave */

struct list {
	_Atomic int rows;
	_Atomic int bad_page; /* this page … */
	_Atomic int bad_way;  /* … misbehaves like that; 0 = none */
	int cap;              /* rows a page at most; 0 = what is asked for */
	bool no_total, reasonable;
	_Atomic int total_shift;
	_Atomic int logins, uses, uses_max, status;
};
enum {
	WELL,
	TRUNCATED,
	CUT_CLOSED,
	HTML,
	CODE_500,
	CODE_403,
	CODE_401,
	STATUS_401,
	STATUS_404,
	BUSY,
	BUSY_DATE,
	BROKEN,
	NO_LIST,
	REDIRECTED,
	STATUS_502
};

static int rows_text(char *out, size_t size, int from, int to)
{
	int n = 0;
	for (int i = from; i < to; i++)
		n += snprintf(
			out + n, size - (size_t)n, "%s{\"id\":\"r%d\"}", i > from ? "," : "", i);
	return n;
}

static void misbehave(struct list *l, struct request *r, int way, const char *body)
{
	char head[256], extra[128];
	time_t soon = time(NULL) + 120;
	struct tm tm;
	int n;
	switch (way) {
	case TRUNCATED:
		n = snprintf(head, sizeof head,
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\n\r\n",
			strlen(body));
		send_raw(r, head, (size_t)n);
		send_raw(r, body, strlen(body) - 9);
		r->hang_up = true;
		return;
	case CUT_CLOSED:
		n = snprintf(head, sizeof head,
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
		send_raw(r, head, (size_t)n);
		send_raw(r, body, strlen(body) - 40);
		r->hang_up = true;
		return;
	case HTML:
		send_answer(r, 200, "text/html", "", GT_LIT("<html><body>请登录</body></html>"));
		return;
	case CODE_500:
		send_json(r, "{\"code\":500,\"msg\":\"数据库连接超时\"}");
		return;
	case CODE_403:
		send_json(r, "{\"code\":403,\"msg\":\"没有权限\"}");
		return;
	case CODE_401:
		send_json(r, "{\"code\":401,\"msg\":\"令牌过期\"}");
		return;
	case STATUS_401:
		send_answer(r, 401, "application/json", "", GT_LIT("{}"));
		return;
	case STATUS_404:
		send_answer(r, 404, "text/plain", "", GT_LIT("no such thing"));
		return;
	case BUSY:
		send_answer(r, 429, "text/plain", "Retry-After: 7\r\n", GT_LIT(""));
		return;
	case BUSY_DATE:
		strftime(extra, sizeof extra, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
			gmtime_r(&soon, &tm));
		send_answer(r, 503, "text/plain", extra, GT_LIT(""));
		return;
	case BROKEN:
		send_json(r, "{\"code\":200,\"rows\":[{\"id\":\"x\"}],\"total\":}");
		return;
	case NO_LIST:
		send_json(r, "{\"code\":200,\"data\":[]}");
		return;
	case REDIRECTED:
		send_answer(
			r, 302, "text/html", "Location: http://127.0.0.1:1/login\r\n", GT_LIT(""));
		return;
	case STATUS_502:
		send_answer(r, 502, "text/html", "", GT_LIT("<h1>Bad Gateway</h1>"));
		return;
	}
	(void)l;
}

static void serve_list(void *arg, struct request *r)
{
	struct list *l = arg;
	char body[16384];
	if (strncmp(r->target, "/login", 6) == 0) {
		char token[64];
		l->uses = 0;
		snprintf(token, sizeof token, "{\"code\":200,\"token\":\"t%d\"}", ++l->logins);
		send_json(r, token);
		return;
	}
	if (l->uses_max && l->uses++ >= l->uses_max) {
		misbehave(l, r, CODE_401, "");
		return;
	}
	int page = (int)query_number(r, "p", 1), size = (int)query_number(r, "s", 4);
	size = l->cap && size > l->cap ? l->cap : size;
	int pages = (l->rows + size - 1) / size;
	if (l->reasonable && page > pages)
		page = pages;
	int from = (page - 1) * size, to = from + size < l->rows ? from + size : l->rows;
	int n = snprintf(body, sizeof body, "{\"rows\":[");
	if (from < to)
		n += rows_text(body + n, sizeof body - (size_t)n, from, to);
	if (l->no_total)
		snprintf(body + n, sizeof body - (size_t)n, "],\"code\":200}");
	else
		snprintf(body + n, sizeof body - (size_t)n, "],\"code\":200,\"total\":%d}",
			l->rows + l->total_shift * page);
	if (l->bad_way && page == l->bad_page)
		misbehave(l, r, l->bad_way, body);
	else
		send_json(r, body);
}

/* ---- answers that are no page */

static const struct {
	int way;
	enum gt_code code;
	enum gt_class class;
} bad_answers[] = {
	{TRUNCATED, GT_E_HTTP_TRUNCATED, GT_RETRY},
	{CUT_CLOSED, GT_E_HTTP_TRUNCATED, GT_RETRY},
	{HTML, GT_E_HTTP_NOT_JSON, GT_RETRY},
	{CODE_500, GT_E_HTTP_CODE, GT_RETRY},
	{CODE_403, GT_E_HTTP_CODE_REFUSED, GT_CONFIG},
	{CODE_401, GT_E_HTTP_UNAUTHORISED, GT_CONFIG},
	{STATUS_401, GT_E_HTTP_UNAUTHORISED, GT_CONFIG},
	{STATUS_404, GT_E_HTTP_REFUSED, GT_CONFIG},
	{BUSY, GT_E_HTTP_BUSY, GT_RETRY},
	{BUSY_DATE, GT_E_HTTP_BUSY, GT_RETRY},
	{BROKEN, GT_E_HTTP_BAD_JSON, GT_RETRY},
	{NO_LIST, GT_E_HTTP_NO_LIST, GT_RETRY},
	{REDIRECTED, GT_E_HTTP_REDIRECT, GT_CONFIG},
	{STATUS_502, GT_E_HTTP_STATUS, GT_RETRY},
};

/* The second page misbehaves: the first is handed on, the error named, and once the server behaves
 * the rest follows, each row once. */
START_TEST(leaves_the_cursor_and_recovers)
{
	struct list l = {.rows = 10, .bad_page = 2, .bad_way = bad_answers[_i].way};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_fails(&p, bad_answers[_i].code, bad_answers[_i].class);
	ck_assert_uint_eq(p.world.row_count, 4);
	pull_fails(&p, bad_answers[_i].code, bad_answers[_i].class);
	l.bad_way = WELL;
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	pull_end(&p);
}
END_TEST

START_TEST(tells_when_to_come_back)
{
	struct list l = {.rows = 3, .bad_page = 1, .bad_way = BUSY};
	struct pull p;
	struct gt_err err;
	pull_start(&p, serve_list, &l, PAGED);
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_uint_eq(err.retry_after_ms, 7000);
	l.bad_way = BUSY_DATE;
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert(err.retry_after_ms > 0 && err.retry_after_ms <= 120000);
	pull_end(&p);
}
END_TEST

START_TEST(says_what_the_server_said)
{
	struct list l = {.rows = 3, .bad_page = 1, .bad_way = CODE_500};
	struct pull p;
	struct gt_err err;
	char text[1024];
	pull_start(&p, serve_list, &l, PAGED);
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_ptr_nonnull(strstr(gt_err_text(&err, text, sizeof text), "数据库连接超时"));
	pull_end(&p);
}
END_TEST

START_TEST(finds_nothing_at_a_dead_address)
{
	struct list l = {.rows = 3};
	struct pull p;
	struct server *server;
	pull_start(&p, serve_list, &l, PAGED);
	server = server_start(serve_list, &l, 0);
	snprintf(p.options, sizeof p.options, "url: http://127.0.0.1:%u\n", server_port(server));
	server_stop(server);
	pull_fails(&p, GT_E_HTTP_CONNECT, GT_RETRY);
	snprintf(p.options, sizeof p.options, "url: http://no-such-host.invalid\n");
	pull_fails(&p, GT_E_HTTP_RESOLVE, GT_RETRY);
	pull_end(&p);
}
END_TEST

/* ---- paging */

#define LOGIN "login: {username: u, password: {env: HTTP_TEST_PASSWORD}}\n"

START_TEST(logs_in_again_in_mid_pull)
{
	struct list l = {.rows = 23, .uses_max = 2};
	struct pull p;
	setenv("HTTP_TEST_PASSWORD", "pw", 1);
	pull_start(&p, serve_list, &l, PAGED LOGIN);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 23);
	ck_assert_int_eq(l.logins, 3);
	pull_end(&p);
}
END_TEST

START_TEST(stops_when_a_fresh_token_is_refused)
{
	struct list l = {.rows = 23, .bad_page = 1, .bad_way = STATUS_401};
	struct pull p;
	setenv("HTTP_TEST_PASSWORD", "pw", 1);
	pull_start(&p, serve_list, &l, PAGED LOGIN);
	pull_fails(&p, GT_E_HTTP_UNAUTHORISED, GT_CONFIG);
	ck_assert_int_eq(l.logins, 1);
	pull_end(&p);
}
END_TEST

START_TEST(ends_at_a_repeated_last_page)
{
	struct list l = {.rows = 10, .reasonable = true, .no_total = true};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	ck_assert_uint_eq(server_requests(p.server), 4);
	pull_end(&p);
}
END_TEST

START_TEST(goes_on_when_the_server_gives_fewer_rows_a_page)
{
	struct list l = {.rows = 10, .cap = 3};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	ck_assert_uint_eq(server_requests(p.server), 4);
	pull_end(&p);
}
END_TEST

START_TEST(notes_a_drifting_total)
{
	struct list l = {.rows = 10, .total_shift = 1, .reasonable = true};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_TOTAL_DRIFT), 1);
	pull_end(&p);
}
END_TEST

/* Every page full and new, for ever. */
static void endless(void *arg, struct request *r)
{
	char body[1024];
	int page = (int)query_number(r, "p", 1), n = snprintf(body, sizeof body, "{\"rows\":[");
	(void)arg;
	n += rows_text(body + n, sizeof body - (size_t)n, page * 4, page * 4 + 4);
	snprintf(body + n, sizeof body - (size_t)n, "],\"code\":200}");
	send_json(r, body);
}

START_TEST(stops_at_an_endless_list)
{
	struct pull p;
	pull_start(&p, endless, NULL,
		"paging: {style: page, page: p, size: s, rows: 4, max_pages: 5}\nrecords: rows\n");
	pull_fails(&p, GT_E_HTTP_ENDLESS, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 20);
	pull_fails(&p, GT_E_HTTP_ENDLESS, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 20); /* known by now */
	pull_end(&p);
}
END_TEST

static void same_link(void *arg, struct request *r)
{
	send_json(r, arg);
}

START_TEST(stops_at_a_link_that_leads_nowhere_new)
{
	struct pull p;
	static char here[] = "{\"d\":[{\"id\":1}],\"next\":\"/list\"}";
	pull_start(&p, same_link, here, "paging: {style: next, next: next}\nrecords: d\n");
	pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
	pull_end(&p);
	static char other[] = "{\"d\":[{\"id\":1}],\"next\":\"/list?x=1\"}";
	pull_start(&p, same_link, other, "paging: {style: next, next: next}\nrecords: d\n");
	pull_fails(&p, GT_E_HTTP_NO_PROGRESS, GT_RETRY);
	pull_end(&p);
	static char away[] = "{\"d\":[{\"id\":1}],\"next\":\"http://10.0.0.1/list?x=1\"}";
	pull_start(&p, same_link, away, "paging: {style: next, next: next}\nrecords: d\n");
	pull_fails(&p, GT_E_HTTP_FOREIGN_LINK, GT_CONFIG);
	pull_end(&p);
}
END_TEST

static void link_header(void *arg, struct request *r)
{
	long from = query_number(r, "from", 0);
	char extra[128] = "", body[64];
	(void)arg;
	if (from < 3)
		snprintf(extra, sizeof extra,
			"Link: </first>; rel=\"first\", </list?from=%ld>; rel=\"next\"\r\n",
			from + 1);
	snprintf(body, sizeof body, "[{\"id\":%ld}]", from);
	send_answer(r, 200, "application/json", extra, gt_cstr(body));
}

START_TEST(follows_the_link_header)
{
	struct pull p;
	pull_start(&p, link_header, NULL, "paging: {style: next}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 4);
	pull_end(&p);
}
END_TEST

static void posted(void *arg, struct request *r)
{
	struct list *l = arg;
	int page = 0, size = 0;
	char body[1024];
	ck_assert_str_eq(r->method, "POST");
	ck_assert_str_eq(r->target, "/list");
	ck_assert_int_eq(sscanf(r->body, "{\"q\":{\"no\":%d,\"n\":%d}}", &page, &size), 2);
	int from = (page - 1) * size, to = from + size < l->rows ? from + size : l->rows;
	int n = snprintf(body, sizeof body, "{\"total\":%d,\"rows\":[", l->rows);
	n += rows_text(body + n, sizeof body - (size_t)n, from, to);
	snprintf(body + n, sizeof body - (size_t)n, "]}");
	send_json(r, body);
}

START_TEST(pages_in_a_posted_body)
{
	struct list l = {.rows = 6};
	struct pull p;
	pull_start(&p, posted, &l,
		"method: POST\nbody: '{\"q\":{\"no\":{page},\"n\":{rows}}}'\nrecords: rows\ntotal: "
		"total\n"
		"paging: {style: page, rows: 4}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 6);
	pull_end(&p);
}
END_TEST

/* ---- limits */

static void huge(void *arg, struct request *r)
{
	size_t n = 17u << 20;
	char *body = malloc(n);
	(void)arg;
	ck_assert_ptr_nonnull(body);
	memset(body, ' ', n);
	body[0] = '[';
	body[n - 1] = ']';
	send_answer(r, 200, "application/json", "", gt_str(body, n));
	free(body);
}

START_TEST(refuses_a_body_above_the_limit)
{
	struct pull p;
	pull_start(&p, huge, NULL, "");
	pull_fails(&p, GT_E_HTTP_BODY_LIMIT, GT_RETRY);
	pull_end(&p);
}
END_TEST

START_TEST(asks_for_memory_as_a_body_grows)
{
	struct pull p;
	struct gt_err err = {0};
	pull_start(&p, huge, NULL, "max_body: 64 MiB\n");
	pull_reopen(&p);
	p.h.declared_max = 4u << 20;
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_MEMORY_BUDGET);
	pull_end(&p);
}
END_TEST

static void deep(void *arg, struct request *r)
{
	char body[25000];
	size_t n = (size_t)snprintf(body, sizeof body, "[{\"id\":1},{\"id\":");
	(void)arg;
	memset(body + n, '[', 10000);
	memset(body + n + 10000, ']', 10000);
	n += 20000;
	n += (size_t)snprintf(body + n, sizeof body - n, "},{\"id\":3}]");
	send_answer(r, 200, "application/json", "", gt_str(body, n));
}

START_TEST(rejects_only_the_deep_row)
{
	struct pull p;
	pull_start(&p, deep, NULL, "");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_ptr_nonnull(strstr(p.world.rows[1], "|GT2005"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[2], "{\"id\":3}|3"));
	pull_end(&p);
}
END_TEST

static void large_row(void *arg, struct request *r)
{
	size_t n = 2u << 20;
	char *body = malloc(n);
	(void)arg;
	ck_assert_ptr_nonnull(body);
	memset(body, 'x', n);
	memcpy(body, "{\"rows\":[{\"id\":\"", 16);
	memcpy(body + n - 25, "\"}, {\"id\":3}],\"code\":200}", 25);
	send_answer(r, 200, "application/json", "", gt_str(body, n));
	free(body);
}

START_TEST(rejects_only_the_large_row)
{
	struct pull p;
	pull_start(&p, large_row, NULL, "records: rows\nsuccess: {field: code}\n");
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|GT2010"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[1], "{\"id\":3}|3"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 2); /* not rejected again */
	pull_end(&p);
}
END_TEST

/* A byte now and then: the deadline of a poll ends the wait, the transfer goes on. */
static void drip(void *arg, struct request *r)
{
	static const char body[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				   "Content-Length: 20\r\n\r\n[{\"id\":1},{\"id\":22}]";
	(void)arg;
	for (size_t i = 0; i < sizeof body - 1 && !server_stopping(r->server); i++) {
		send_raw(r, body + i, 1);
		nanosleep(&(struct timespec){0, 4000000}, NULL);
	}
}

START_TEST(a_slow_answer_outlasts_polls)
{
	struct pull p;
	struct gt_err err = {0};
	enum gt_poll result = GT_POLL_MORE;
	size_t waits = 0;
	pull_start(&p, drip, NULL, "");
	while (result != GT_POLL_IDLE) {
		struct gt_limits limits = harness_limits;
		limits.deadline_us = gt_host_monotonic_us() + 30000;
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
		waits += result == GT_POLL_WAIT;
	}
	ck_assert_uint_ge(waits, 1);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_uint_eq(server_requests(p.server), 1);
	pull_end(&p);
}
END_TEST

START_TEST(a_slow_answer_meets_its_time_limit)
{
	struct list l = {.rows = 3};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED "timeout: 200 ms\n");
	server_stall(p.server);
	pull_fails(&p, GT_E_HTTP_TIMEOUT, GT_RETRY);
	pull_end(&p);
}
END_TEST

/* ---- what was published before */

START_TEST(hands_on_only_what_is_new)
{
	struct list l = {.rows = 10};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10);
	l.rows = 12;
	pull_reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 12);
	pull_end(&p);
}
END_TEST

struct one_row {
	_Atomic int value;
};

static void serve_one(void *arg, struct request *r)
{
	char body[64];
	snprintf(body, sizeof body, "[{\"id\":%d}]", ((struct one_row *)arg)->value);
	send_json(r, body);
}

/* A row that goes back to what it was is a change like any other, restarts or not. */
START_TEST(sees_a_row_change_back)
{
	struct one_row row = {1};
	struct pull p;
	pull_start(&p, serve_one, &row, "");
	for (int i = 0; i < 4; i++) {
		row.value = 1 + i % 2;
		pull_ok(&p);
		pull_ok(&p);
		ck_assert_uint_eq(p.world.row_count, (size_t)i + 1);
		pull_reopen(&p);
	}
	pull_end(&p);
}
END_TEST

START_TEST(says_when_its_memory_is_gone)
{
	struct list l = {.rows = 10};
	struct pull p;
	pull_start(&p, serve_list, &l, PAGED);
	pull_ok(&p);
	p.world.visible = 0;
	pull_reopen(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_SEEN_LOST), 1);
	pull_end(&p);
}
END_TEST

START_TEST(refuses_lists_longer_than_it_remembers)
{
	struct list l = {.rows = 1001, .cap = 300};
	struct pull p;
	pull_start(&p, serve_list, &l,
		"paging: {style: page, page: p, size: s, rows: 300}\nrecords: rows\ntotal: "
		"total\nremember: 1000\n");
	pull_fails(&p, GT_E_HTTP_REMEMBER, GT_CONFIG);
	ck_assert_uint_eq(p.world.row_count, 900);
	pull_end(&p);
}
END_TEST

/* ---- incremental */

#define NOW_S INT64_C(1711497600) /* the source's clock: 2024-03-27 08:00:00 +08:00 */

struct timed {
	_Atomic int64_t now_s;
	_Atomic int rows; /* row i was changed at now - at[i] when it began */
	int64_t at[16];
	bool filters;             /* honours the bounds */
	char from[64], until[64]; /* of the last request */
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

static void serve_timed(void *arg, struct request *r)
{
	struct timed *s = arg;
	char body[4096], extra[128], at[64];
	time_t now = (time_t)s->now_s;
	struct tm tm;
	int n = snprintf(body, sizeof body, "["), k = 0;
	s->from[0] = s->until[0] = '\0';
	query_text(r, "a", s->from, sizeof s->from);
	query_text(r, "b", s->until, sizeof s->until);
	decode(s->from);
	decode(s->until);
	for (int i = 0; i < s->rows; i++) {
		clock_text(at, sizeof at, s->at[i]);
		if (s->filters &&
			(strcmp(at, s->from) < 0 || (s->until[0] && strcmp(at, s->until) > 0)))
			continue;
		n += snprintf(body + n, sizeof body - (size_t)n, "%s{\"id\":%d,\"t\":\"%s\"}",
			k++ ? "," : "", i, at);
	}
	snprintf(body + n, sizeof body - (size_t)n, "]");
	strftime(extra, sizeof extra, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &tm));
	send_answer(r, 200, "application/json", extra, gt_cstr(body));
}

#define CURSOR "cursor: {field: [t], tie: id, from: a, until: b, delay: 30 s, lookback: 10 min}\n"

START_TEST(pulls_by_time_with_lookback)
{
	struct timed s = {.now_s = NOW_S,
		.rows = 3,
		.filters = _i == 0,
		.at = {NOW_S - 7200, NOW_S - 3600, NOW_S - 1200}};
	struct pull p;
	pull_start(&p, serve_timed, &s, CURSOR);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_str_eq(s.from, "");
	/* A row that comes late, within the lookback; one that is too young; the rest is known. */
	s.at[3] = NOW_S - 1500;
	s.at[4] = NOW_S - 10;
	s.rows = 5;
	pull_reopen(&p);
	pull_ok(&p);
	ck_assert_str_eq(s.from, "2024-03-27 07:30:00");
	ck_assert_int_eq(strncmp(s.until, "2024-03-27 07:59:", 17), 0);
	ck_assert_uint_eq(p.world.row_count, 4);
	s.now_s = NOW_S + 300;
	pull_ok(&p); /* measures the clock, still with the old bound */
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 5);
	ck_assert_str_eq(s.from, "2024-03-27 07:30:00");
	pull_ok(&p);
	ck_assert_str_eq(s.from, "2024-03-27 07:49:50");
	ck_assert_uint_eq(p.world.row_count, 5);
	pull_end(&p);
}
END_TEST

START_TEST(keeps_the_young_for_later)
{
	struct timed s = {.now_s = NOW_S, .rows = 1, .filters = _i == 0, .at = {NOW_S - 7200}};
	struct pull p;
	pull_start(&p, serve_timed, &s, CURSOR);
	pull_ok(&p);
	s.at[1] = NOW_S - 5;
	s.rows = 2;
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	s.now_s = NOW_S + 60;
	pull_ok(&p); /* measures the clock, still with the old bound */
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_end(&p);
}
END_TEST

START_TEST(tells_a_clock_that_is_wrong)
{
	struct timed s = {.now_s = NOW_S, .rows = 1, .at = {NOW_S - 7200}};
	struct pull p;
	pull_start(&p, serve_timed, &s, CURSOR);
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_SKEW), 1);
	pull_end(&p);
}
END_TEST

START_TEST(reads_and_writes_times)
{
	static const struct {
		const char *text;
		int layout;
		int64_t order;
		const char *back;
	} times[] = {
		{"2024-03-27 08:25:00", HTTP_DATETIME, INT64_C(1711499100000000), NULL},
		{"2024-3-27 8:25", HTTP_DATETIME, INT64_C(1711499100000000), "2024-03-27 08:25:00"},
		{"2024.3.27", HTTP_DATE, INT64_C(1711468800000000), "2024-03-27"},
		{"2024-03-27T00:25:00Z", HTTP_ISO, INT64_C(1711499100000000),
			"2024-03-27T08:25:00+08:00"},
		{"2024-03-27T08:25:00.125+08:00", HTTP_ISO, INT64_C(1711499100125000),
			"2024-03-27T08:25:00+08:00"},
		{"2024-03-26T19:25:00-0500", HTTP_ISO, INT64_C(1711499100000000),
			"2024-03-27T08:25:00+08:00"},
		{"1711499100", HTTP_SECONDS, INT64_C(1711499100000000), NULL},
		{"1711499100123", HTTP_MILLIS, INT64_C(1711499100123000), NULL},
		{"1234567890123456789", HTTP_NUMBER, INT64_C(1234567890123456789), NULL},
	};
	static const char *const wrong[] = {"", "无", "2024-13-01", "2024-03-27 25:00",
		"2024-03-27T08:25:00 x", "24-03-27", "2024", "2024-03-27 08:25:00+8"};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t order = 0;
		char text[64];
		ck_assert_msg(http_time_parse(gt_cstr(times[i].text), times[i].layout, 480, &order),
			"%s", times[i].text);
		ck_assert_msg(order == times[i].order, "%s: %lld", times[i].text, (long long)order);
		http_time_write(order, times[i].layout, 480, text, sizeof text);
		ck_assert_str_eq(text, times[i].back ? times[i].back : times[i].text);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int64_t order = 0;
		ck_assert_msg(!http_time_parse(gt_cstr(wrong[i]), HTTP_DATETIME, 480, &order), "%s",
			wrong[i]);
	}
}
END_TEST

/* ---- looking */

static bool take_found(void *arg, const struct gt_found *found)
{
	char *out = arg;
	snprintf(out, 256, "%.*s:", GT_STR_ARGS(found->kind));
	for (size_t i = 0; i < found->field_count; i++)
		snprintf(out + strlen(out), 256 - strlen(out), " %.*s",
			GT_STR_ARGS(found->fields[i]));
	return true;
}

static void serve_nested(void *arg, struct request *r)
{
	(void)arg;
	send_json(r, "{\"code\":200,\"total\":7,\"rows\":[{\"id\":1,\"车\\\"牌\":\"a:b\",\"o\":{"
		     "\"x\":[1]},\"t\" : null},{}]}");
}

START_TEST(looks_at_a_source)
{
	struct pull p;
	struct gt_err err = {0};
	char found[256] = "";
	pull_start(&p, serve_nested, NULL, PAGED);
	pull_reopen(&p);
	ck_assert(guantong_adapter_http.probe(p.h.self, found, sizeof found, &err));
	ck_assert_ptr_nonnull(strstr(found, "code=200  total=7"));
	ck_assert(guantong_adapter_http.discover(p.h.self, take_found, found, &err));
	ck_assert_str_eq(found, "list: id 车\\\"牌 o t");
	pull_end(&p);
}
END_TEST

START_TEST(refuses_addresses_and_options)
{
	static const struct {
		const char *options;
		enum gt_code code;
	} wrong[] = {{"url: ftp://a/b\n", GT_E_HTTP_URL},
		{"url: file:///etc/passwd\n", GT_E_HTTP_URL},
		{"url: http://u:p@h/\n", GT_E_HTTP_URL},
		{"url: http://h\npaging: {style: page}\n", GT_E_HTTP_PAGING},
		{"url: http://h\ntoken: {env: HTTP_TEST_PASSWORD}\n" LOGIN, GT_E_HTTP_TWO_LOGINS}};
	setenv("HTTP_TEST_PASSWORD", "pw", 1);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		harness_init(&h, &world, &guantong_adapter_http, NULL, wrong[i].options, NULL,
			pull_fields);
		ck_assert(!harness_open(&h, gt_str(NULL, 0), &err));
		ck_assert_int_eq(err.code, wrong[i].code);
		harness_close(&h);
	}
}
END_TEST

/* ---- what is left to go wrong */

static void greet(void *arg, struct request *r)
{
	const char *bytes = arg;
	send_raw(r, bytes, strlen(bytes));
	r->hang_up = true;
}

START_TEST(meets_something_that_is_no_http)
{
	struct pull p;
	static char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";
	pull_start(&p, greet, ssh, "");
	pull_fails(&p, GT_E_HTTP_TRANSPORT, GT_RETRY);
	pull_end(&p);
}
END_TEST

static void *answer_in_clear(void *arg)
{
	int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(send(fd, text, sizeof text - 1, MSG_NOSIGNAL), 0);
	close(fd);
	return NULL;
}

START_TEST(meets_a_server_without_tls)
{
	struct pull p;
	struct list l = {.rows = 1};
	pthread_t thread;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, answer_in_clear, &listener), 0);
	pull_start(&p, serve_list, &l, "");
	snprintf(p.options, sizeof p.options, "url: https://127.0.0.1:%u\n", ntohs(at.sin_port));
	pull_fails(&p, GT_E_HTTP_TLS, GT_RETRY);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	snprintf(p.options, sizeof p.options,
		"url: https://127.0.0.1:%u\ntls: {ca: /etc/hostname}\n", ntohs(at.sin_port));
	pull_fails(&p, GT_E_HTTP_TLS_FILE, GT_CONFIG);
	close(listener);
	pull_end(&p);
}
END_TEST

START_TEST(needs_a_token_in_the_answer)
{
	struct list l = {.rows = 3};
	struct pull p;
	setenv("HTTP_TEST_PASSWORD", "pw", 1);
	pull_start(&p, serve_list, &l,
		PAGED
		"login: {username: u, password: {env: HTTP_TEST_PASSWORD}, token: data.access}\n");
	pull_fails(&p, GT_E_HTTP_NO_TOKEN, GT_CONFIG);
	pull_end(&p);
}
END_TEST

START_TEST(a_look_can_be_interrupted)
{
	struct list l = {.rows = 3};
	struct pull p;
	struct gt_err err = {0};
	char found[256];
	pull_start(&p, serve_list, &l, PAGED);
	server_stall(p.server);
	pull_reopen(&p);
	guantong_adapter_http.interrupt(p.h.self);
	ck_assert(!guantong_adapter_http.probe(p.h.self, found, sizeof found, &err));
	ck_assert_int_eq(err.code, GT_E_HTTP_INTERRUPTED);
	pull_end(&p);
}
END_TEST

START_TEST(refuses_a_cursor_of_something_else)
{
	struct list l = {.rows = 3};
	struct pull p;
	struct gt_err err = {0};
	pull_start(&p, serve_list, &l, PAGED);
	harness_init(&p.h, &p.world, &guantong_adapter_http, NULL, p.options, NULL, pull_fields);
	p.open = true;
	ck_assert(!harness_open(&p.h, GT_LIT("{\"v\":2}"), &err));
	ck_assert_int_eq(err.code, GT_E_HTTP_CURSOR);
	pull_end(&p);
}
END_TEST

START_TEST(says_where_it_connects)
{
	static const struct {
		const char *url, *host;
		unsigned port;
		bool tls;
	} cases[] = {{"http://cars.example/api", "cars.example", 80, false},
		{"https://10.1.8.20:8443", "10.1.8.20", 8443, true},
		{"http://[::1]:8080/", "::1", 8080, false}};
	struct gt_endpoint e[GT_ENDPOINTS_MAX];
	struct http_conf conf = {.tls.ca = GT_LIT("/ca.pem")};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		conf.url = gt_cstr(cases[i].url);
		ck_assert_uint_eq(http_endpoints(&conf, e), 1);
		ck_assert_str_eq(e[0].host, cases[i].host);
		ck_assert_uint_eq(e[0].port, cases[i].port);
		ck_assert(e[0].tls == cases[i].tls);
		ck_assert_str_eq(e[0].ca, "/ca.pem");
	}
	conf.url = GT_LIT("no address");
	ck_assert_uint_eq(http_endpoints(&conf, e), 0);
}
END_TEST

UNIT_MAIN("http",
	UNIT_LOOP(leaves_the_cursor_and_recovers, sizeof bad_answers / sizeof *bad_answers),
	UNIT_TEST(tells_when_to_come_back), UNIT_TEST(says_what_the_server_said),
	UNIT_TEST(finds_nothing_at_a_dead_address), UNIT_TEST(logs_in_again_in_mid_pull),
	UNIT_TEST(stops_when_a_fresh_token_is_refused), UNIT_TEST(ends_at_a_repeated_last_page),
	UNIT_TEST(goes_on_when_the_server_gives_fewer_rows_a_page),
	UNIT_TEST(notes_a_drifting_total), UNIT_TEST(stops_at_an_endless_list),
	UNIT_TEST(stops_at_a_link_that_leads_nowhere_new), UNIT_TEST(follows_the_link_header),
	UNIT_TEST(pages_in_a_posted_body), UNIT_TEST(refuses_a_body_above_the_limit),
	UNIT_TEST(asks_for_memory_as_a_body_grows), UNIT_TEST(rejects_only_the_deep_row),
	UNIT_TEST(rejects_only_the_large_row), UNIT_TEST(a_slow_answer_outlasts_polls),
	UNIT_TEST(a_slow_answer_meets_its_time_limit), UNIT_TEST(hands_on_only_what_is_new),
	UNIT_TEST(sees_a_row_change_back), UNIT_TEST(says_when_its_memory_is_gone),
	UNIT_TEST(refuses_lists_longer_than_it_remembers),
	UNIT_LOOP(pulls_by_time_with_lookback, 2), UNIT_LOOP(keeps_the_young_for_later, 2),
	UNIT_TEST(tells_a_clock_that_is_wrong), UNIT_TEST(reads_and_writes_times),
	UNIT_TEST(meets_something_that_is_no_http), UNIT_TEST(meets_a_server_without_tls),
	UNIT_TEST(needs_a_token_in_the_answer), UNIT_TEST(a_look_can_be_interrupted),
	UNIT_TEST(refuses_a_cursor_of_something_else), UNIT_TEST(looks_at_a_source),
	UNIT_TEST(refuses_addresses_and_options), UNIT_TEST(says_where_it_connects))
