#include "fixture.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct gt_adapter guantong_adapter_http;
extern const struct gt_format guantong_format_csv;

#define ROWS 24
#define TOKEN_USES 3 /* so that it dies in mid-pull */

struct source {
	struct server *server;
	unsigned uses;
};

static int put_rows(char *out, size_t size, int from, int to)
{
	int n = 0;
	for (int i = from; i < to; i++)
		n += snprintf(out + n, size - (size_t)n,
			"%s{\"id\":%d,\"name\":\"行\\n%d\",\"v\":%d.50}", i > from ? ", " : "", i,
			i * i, i);
	return n;
}

/* As RuoYi does it: HTTP 200 always, `reasonable` paging, a token that dies. */
static void ruoyi(void *arg, struct request *r)
{
	struct source *s = arg;
	char body[8192];
	if (strcmp(r->target, "/api/login") == 0) {
		s->uses = 0;
		send_json(r, strstr(r->body, "\"password\":\"secret\"")
				     ? "{\"code\":200,\"token\":\"t1\"}"
				     : "{\"code\":500,\"msg\":\"密码错误\"}");
		return;
	}
	if (!strstr(r->headers, "Authorization: Bearer t1") || s->uses++ == TOKEN_USES) {
		send_json(r, "{\"code\":401,\"msg\":\"认证失败\"}");
		return;
	}
	int page = (int)query_number(r, "pageNum", 1), size = (int)query_number(r, "pageSize", 10);
	int pages = (ROWS + size - 1) / size;
	page = page > pages ? pages : page;
	int from = (page - 1) * size, to = from + size < ROWS ? from + size : ROWS;
	int n = snprintf(body, sizeof body, "{\"total\":%d,\"rows\":[", ROWS);
	n += put_rows(body + n, sizeof body - (size_t)n, from, to);
	snprintf(body + n, sizeof body - (size_t)n, "],\"code\":200,\"msg\":\"查询成功\"}");
	send_json(r, body);
}

/* A list in pieces, each naming the next; no token. */
static void linked(void *arg, struct request *r)
{
	char body[8192], next[64] = "null";
	int from = (int)query_number(r, "from", 0), to = from + 5 < ROWS ? from + 5 : ROWS;
	(void)arg;
	if (to < ROWS)
		snprintf(next, sizeof next, "\"list?from=%d\"", to);
	int n = snprintf(body, sizeof body, "{\"links\":{\"next\":%s},\"data\":{\"list\":[", next);
	n += put_rows(body + n, sizeof body - (size_t)n, from, to);
	snprintf(body + n, sizeof body - (size_t)n, "]}}");
	send_json(r, body);
}

/* Pieces by cursor in a posted body; windows of a day each, whose rows lie on its days. */
static void windowed(void *arg, struct request *r)
{
	char body[8192], from[64] = "";
	int day = 1, start = 0;
	(void)arg;
	query_text(r, "from", from, sizeof from);
	(void)sscanf(from, "202401%2d", &day);
	(void)sscanf(r->body, "{\"after\":\"c%d\"}", &start);
	int first = day <= 6 ? (day - 1) * 4 : ROWS, last = day <= 6 ? day * 4 : ROWS;
	int n = snprintf(body, sizeof body, "{\"rows\":[");
	for (int i = first + start; i < last && i < first + start + 3; i++)
		n += snprintf(body + n, sizeof body - (size_t)n,
			"%s{\"id\":%d,\"v\":\"202401%02d0800%02d\"}", i > first + start ? "," : "",
			i, day, i % 60);
	snprintf(body + n, sizeof body - (size_t)n, "],\"next\":%s}",
		start == 0 && first < last ? "\"c3\"" : "null");
	send_answer(r, 200, "application/json", "Date: Wed, 10 Jan 2024 12:00:00 GMT\r\n",
		gt_cstr(body));
}

/* Four rooms with six rows each. */
static void rooms(void *arg, struct request *r)
{
	char body[8192];
	int room = 0, from = (int)query_number(r, "start", 0);
	(void)arg;
	if (sscanf(r->target, "/rooms/%d", &room) != 1) {
		send_json(r, "[{\"no\":1},{\"no\":2},{\"no\":3},{\"no\":4}]");
		return;
	}
	int to = from + 4 < 6 ? from + 4 : 6, n = snprintf(body, sizeof body, "{\"list\":[");
	n += put_rows(body + n, sizeof body - (size_t)n, from, to);
	snprintf(body + n, sizeof body - (size_t)n, "],\"count\":6}");
	send_json(r, body);
}

/* An export: ready at the second question. */
static void exported(void *arg, struct request *r)
{
	struct source *s = arg;
	char body[8192];
	int n = snprintf(body, sizeof body, "id,name,v\r\n");
	if (strcmp(r->method, "POST") == 0) {
		s->uses = 0;
		send_json(r, "{\"id\":7}");
	} else if (strcmp(r->target, "/export/7") == 0) {
		send_json(r, s->uses++ ? "{\"status\":\"done\",\"file\":\"/files/7\"}"
				       : "{\"status\":\"running\"}");
	} else {
		for (int i = 0; i < ROWS; i++)
			n += snprintf(body + n, sizeof body - (size_t)n, "%d,\"行\n%d\",%d.5\r\n",
				i * i, i, i);
		send_answer(r, 200, "text/csv", "", gt_cstr(body));
	}
}

static struct source *up(answer_fn *answer)
{
	static unsigned port; /* the same for every source of a test: rows name their address */
	struct source *s = calloc(1, sizeof *s);
	s->server = server_start(answer, s, port);
	port = server_port(s->server);
	return s;
}

static void *up_pages(char *options, size_t size)
{
	struct source *s = up(ruoyi);
	setenv("HTTP_FIXTURE_PASSWORD", "secret", 1);
	snprintf(options, size,
		"url: http://127.0.0.1:%u/api\npath: /list\nrecords: rows\ntotal: total\n"
		"paging: {style: page, page: pageNum, size: pageSize, rows: 7}\n"
		"success: {field: code, values: '200'}\n"
		"login: {username: u, password: {env: HTTP_FIXTURE_PASSWORD}}\n",
		server_port(s->server));
	return s;
}

static void *up_links(char *options, size_t size)
{
	struct source *s = up(linked);
	snprintf(options, size,
		"url: http://127.0.0.1:%u/\npath: /v1/list\nrecords: data.list\n"
		"paging: {style: next, next: links.next}\n",
		server_port(s->server));
	return s;
}

static void *up_windows(char *options, size_t size)
{
	struct source *s = up(windowed);
	snprintf(options, size,
		"url: http://127.0.0.1:%u\nrecords: rows\nmethod: POST\n"
		"body: '{\"after\":\"{cursor}\"}'\nquery: {from: '{from}'}\n"
		"paging: {style: cursor, next: next, rows: 3}\n"
		"cursor: {field: v, tie: id, layout: compact, start: '20240101', step: 1 d}\n",
		server_port(s->server));
	return s;
}

static void *up_rooms(char *options, size_t size)
{
	struct source *s = up(rooms);
	snprintf(options, size,
		"url: http://127.0.0.1:%u\npath: /rooms/{parent.no}\nrecords: list\ntotal: count\n"
		"parent: {path: /rooms, fields: [no]}\n"
		"paging: {style: offset, offset: start, size: limit, rows: 4}\n",
		server_port(s->server));
	return s;
}

static void *up_export(char *options, size_t size)
{
	struct source *s = up(exported);
	snprintf(options, size,
		"url: http://127.0.0.1:%u\n"
		"job: {path: /export, poll: '/export/{job}', result: file, interval: 10 ms}\n",
		server_port(s->server));
	return s;
}

static void down(void *source)
{
	struct source *s = source;
	server_stop(s->server);
	free(s);
}

/* A port where nothing listens: it was free a moment ago. */
static void absent(char *options, size_t size)
{
	void *gone = up_links(options, size);
	down(gone);
}

static void stall(void *source)
{
	server_stall(((struct source *)source)->server);
}

static const char *const fields[] = {"id", "name", "v", "parent.no", NULL};
extern const struct fixture fixture_http_pages, fixture_http_links;
const struct fixture fixture_http_pages = {.title = "http, pages",
	.adapter = &guantong_adapter_http,
	.fields = fields,
	.rows = ROWS,
	.up = up_pages,
	.down = down,
	.absent = absent,
	.stall = stall};
#define FIXTURE(id, title_, format_)                                                               \
	extern const struct fixture fixture_http_##id;                                             \
	const struct fixture fixture_http_##id = {.title = "http, " title_,                        \
		.adapter = &guantong_adapter_http,                                                 \
		.format = format_,                                                                 \
		.fields = fields,                                                                  \
		.rows = ROWS,                                                                      \
		.up = up_##id,                                                                     \
		.down = down,                                                                      \
		.absent = absent,                                                                  \
		.stall = stall}
FIXTURE(windows, "windows", NULL);
FIXTURE(rooms, "parents", NULL);
FIXTURE(export, "exports", &guantong_format_csv);
const struct fixture fixture_http_links = {.title = "http, links",
	.adapter = &guantong_adapter_http,
	.fields = fields,
	.rows = ROWS,
	.up = up_links,
	.down = down,
	.absent = absent,
	.stall = stall};
