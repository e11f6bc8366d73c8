/* http.c: pulls lists of JSON rows, and documents that a format reads, from the HTTP back ends that
 * districts run: GET or POST, every way of paging, logins and signatures, errors inside HTTP 200.
 *
 * A pass reads the list from its first page to its last, between two bounds when the flow has a
 * cursor; then the flow idles until its schedule asks for the next pass. What earlier passes handed
 * on is known by digests and is not handed on again. Not here: what a row means (the flow's
 * mapping), retries (the host). */
#include "http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LOGIN_LOOK_US 200000 /* so often we look whether another flow has logged in */

static const char *const methods[] = {"GET", "POST", NULL};
static const char *const encodings[] = {"json", "form", NULL};
/* The same words as in the formats, which share this option; see http_answer.c. */
static const char *const charsets[] = {"auto", "UTF-8", "GB18030", "UTF-16LE", "UTF-16BE", NULL};

/* What the host makes for every flow, open or not: options, and little else. */
struct state {
	struct http_conf conf;
	pthread_mutex_t lock; /* run against interrupt(); zeroed memory is an open mutex */
	struct http *run;     /* NULL = not open */
};

#define AT(member) offsetof(struct state, conf.member)
static const struct gt_option options[] = {
	{"url", GT_OPT_TEXT, AT(url), .min = 1, .max = 2048, .flags = GT_OPT_REQUIRED,
		.en = "address of the system, up to what all its paths share",
		.zh = "系统地址，写到各路径的公共部分为止"},
	{"path", GT_OPT_TEXT, AT(path), .min = 0, .max = 2048,
		.en = "path of the list, behind url:; {parent.id} and the like are replaced",
		.zh = "列表的路径，接在 url: 之后；其中 {parent.id} 等会被替换"},
	{"method", GT_OPT_CHOICE, AT(method), .fallback = "GET", .choices = methods,
		.en = "request method", .zh = "请求方法"},
	{"query", GT_OPT_PAIRS, AT(query), .en = "parameters of every request",
		.zh = "每次请求的参数"},
	{"headers", GT_OPT_PAIRS, AT(headers), .en = "headers of every request",
		.zh = "每次请求的请求头"},
	{"body", GT_OPT_TEXT, AT(body), .min = 0, .max = 32768,
		.en = "body of a POST; {page} {offset} {cursor} {rows} {from} {until} {tie} "
		      "are replaced",
		.zh = "POST 的正文；其中 {page} {offset} {cursor} {rows} {from} {until} {tie} "
		      "会被替换"},
	{"body_as", GT_OPT_CHOICE, AT(body_as), .fallback = "json", .choices = encodings,
		.en = "how bodies are written: what is put into them is escaped like that",
		.zh = "正文的写法：填入的值按此转义"},
	{"records", GT_OPT_TEXT, AT(records),
		.en = "where the answer has its rows, such as data.list; empty: the answer is the "
		      "list",
		.zh = "应答中各行所在的位置，如 data.list；不填则应答本身就是列表"},
	{"total", GT_OPT_TEXT, AT(total),
		.en = "where the answer says how many rows there are in all",
		.zh = "应答中总行数的位置"},
	{"keyed", GT_OPT_TEXT, AT(keyed), .min = 0, .max = 128,
		.en = "rows are the members of an object: the field that takes their keys",
		.zh = "各行是一个对象的成员：用来存放成员名的字段"},
	{"token", GT_OPT_SECRET, AT(token), .en = "a bearer token that does not change",
		.zh = "固定令牌"},
	{"basic", GT_OPT_GROUP, AT(basic), .group = http_basic_options,
		.en = "name and password with every request", .zh = "每次请求都带账号和口令"},
	{"key", GT_OPT_GROUP, AT(key), .group = http_key_options,
		.en = "a key with every request, beside whatever else", .zh = "每次请求都带的密钥"},
	{"login", GT_OPT_GROUP, AT(login), .group = http_login_options, .en = "log in for a token",
		.zh = "登录以取得令牌"},
	{"oauth2", GT_OPT_GROUP, AT(oauth2), .group = http_oauth_options,
		.en = "tokens of an OAuth 2 token endpoint", .zh = "从 OAuth 2 令牌地址取得令牌"},
	{"sign", GT_OPT_GROUP, AT(sign), .group = http_sign_options,
		.en = "sign every request, beside whatever else", .zh = "为每次请求签名"},
	{"paging", GT_OPT_GROUP, AT(paging), .group = http_paging_options,
		.en = "how the list is paged", .zh = "列表如何分页"},
	{"success", GT_OPT_GROUP, AT(success), .group = http_success_options,
		.en = "how an answer says that it worked", .zh = "应答如何说明成败"},
	{"cursor", GT_OPT_GROUP, AT(cursor), .group = http_cursor_options,
		.en = "read only what changed; without it, every pass reads the whole list",
		.zh = "只读取有变动的行；不填则每轮都读整个列表"},
	{"parent", GT_OPT_GROUP, AT(parent), .group = http_parent_options,
		.en = "read one list for each row of another, or for each of some values",
		.zh = "对另一列表的每一行或给定的每个值各读一个列表"},
	{"job", GT_OPT_GROUP, AT(job), .group = http_job_options,
		.en = "an export that the source prepares first; its file is read by format:",
		.zh = "由对方先生成的导出文件；按 format: 读取"},
	{"tls", GT_OPT_GROUP, AT(tls), .group = http_tls_options, .en = "certificates",
		.zh = "证书"},
	{"loopback", GT_OPT_BOOL, AT(loopback), .fallback = "false",
		.en = "names may lead to this machine itself", .zh = "域名可以解析到本机"},
	{"conditional", GT_OPT_BOOL, AT(conditional), .fallback = "false",
		.en = "ask for a list of one page only if it changed (ETag, Last-Modified)",
		.zh = "不分页的列表有变化时才取回（ETag、Last-Modified）"},
	{"charset", GT_OPT_CHOICE, AT(charset), .fallback = "auto", .choices = charsets,
		.en = "charset of answers; auto: as they say, else as their bytes look",
		.zh = "应答的字符集；auto：按应答声明，未声明则按内容判断"},
	{"timeout", GT_OPT_DURATION, AT(timeout), .min = 100, .max = 3600000, .fallback = "60 s",
		.en = "time for one whole answer", .zh = "一次应答的时限"},
	{"connect_timeout", GT_OPT_DURATION, AT(connect_timeout), .min = 100, .max = 300000,
		.fallback = "10 s", .en = "time for connecting", .zh = "建立连接的时限"},
	{"max_body", GT_OPT_BYTES, AT(max_body), .min = 1024, .max = 268435456,
		.fallback = "16 MiB", .en = "a larger answer is refused",
		.zh = "应答超过这个大小即拒绝"},
	{"max_document", GT_OPT_BYTES, AT(max_document), .min = 1024, .max = INT64_C(1) << 36,
		.fallback = "256 MiB", .en = "a larger document (format:) is refused",
		.zh = "文件（format:）超过这个大小即拒绝"},
	{"remember", GT_OPT_INT, AT(remember), .min = 1000, .max = 1000000, .fallback = "1000000",
		.en = "rows of the list whose digests are kept", .zh = "最多记住多少行的摘要"},
	{NULL}};

static bool check_url(struct http *h, struct gt_err *err)
{
	char text[HTTP_URL_MAX];
	struct http_text label = {h->label, 0, sizeof(h->label), false};
	if (h->conf.url.n && h->conf.url.p[h->conf.url.n - 1] == '/')
		h->conf.url.n--; /* paths bring their own */
	http_copy(text, sizeof(text), h->conf.url);
	const char *fault = http_url_fault(text);
	h->access.loopback = h->conf.loopback || http_names_loopback(text);
	http_text_add(&label, h->conf.url);
	http_text_add(&label, h->conf.path);
	char *query = strchr(h->label, '?');
	if (query)
		*query = '\0'; /* may hold what is nobody's business */
	http_copy(h->place, sizeof(h->place), gt_cstr(h->label));
	return !fault || gt_fail(err, GT_E_HTTP_URL, fault);
}

static bool make_readers(struct http *h, struct gt_err *err)
{
	size_t count = 0;
	const struct gt_str *fields = gt_host_fields(h->host, &count);
	struct gt_str position[HTTP_CURSOR_FIELDS + 2];
	struct http_cursor_conf *c = &h->conf.cursor;
	h->reader = gt_json_reader_new(fields, count);
	c->field.n = c->field.n < HTTP_CURSOR_FIELDS ? c->field.n : HTTP_CURSOR_FIELDS;
	for (size_t i = 0; i < c->field.n; i++)
		position[i] = c->field.v[i];
	size_t n = c->field.n;
	if (c->tie.n)
		position[n++] = c->tie;
	if (h->conf.paging.last.n)
		position[n++] = h->conf.paging.last;
	if (n)
		h->cursor_reader = gt_json_reader_new(position, n);
	h->md = EVP_MD_CTX_new();
	return (h->reader && h->md && (h->cursor_reader || !n)) || gt_fail(err, GT_E_MEMORY_BUDGET);
}

static bool start(struct http *h, struct gt_str cursor, struct gt_err *err)
{
	if (!check_url(h, err))
		return false;
	if (h->conf.paging.style == HTTP_PAGE && !h->conf.paging.page.n && !h->conf.body.n)
		return gt_fail(err, GT_E_HTTP_PAGING);
	if (!http_document_open(h, err) || !http_parents_open(h, err) || !http_job_open(h, err) ||
		!http_window_open(h, err) || !make_readers(h, err) || !http_auth_open(h, err) ||
		!http_cursor_read(h, cursor, err))
		return false;
	http_same_open(h, cursor);
	return true;
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *state = self;
	struct http *h = calloc(1, sizeof(*h));
	if (!h)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	h->conf = state->conf;
	h->host = host;
	bool ok = http_request_open(h, err);
	pthread_mutex_lock(&state->lock);
	state->run = h;
	pthread_mutex_unlock(&state->lock);
	return ok && start(h, cursor, err);
}

/* The next request, unless it is too early for one. */
static enum http_next ask(struct http *h, struct gt_err *err)
{
	bool ok = false;
	int64_t now = gt_host_monotonic_us();
	if (h->pause_us > now)
		return HTTP_PAUSE;
	if (http_auth_elsewhere(h)) {
		h->pause_us = now + LOGIN_LOOK_US;
		return HTTP_PAUSE;
	}
	int64_t wait = gt_host_permit(h->host);
	h->pause_us = wait ? now + wait : 0;
	if (wait)
		return HTTP_PAUSE;
	if (http_auth_login_needed(h))
		ok = http_auth_ask(h, err);
	else if (h->to_ask == HTTP_ASK_JOB)
		ok = http_job_ask(h, err);
	else if (h->to_ask == HTTP_ASK_STATE)
		ok = http_state_ask(h, err);
	else if (h->to_ask == HTTP_ASK_DOCUMENT)
		ok = http_document_ask(h, err);
	else
		ok = http_page_ask(h, err);
	h->phase = HTTP_FLIGHT;
	return ok ? HTTP_GO : HTTP_FAILED;
}

static enum http_next answered(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	switch (h->asking) {
	case HTTP_ASK_PAGE:
		return http_page_take(h, batch, err);
	case HTTP_ASK_JOB:
		return http_job_take(h, err);
	case HTTP_ASK_STATE:
		return http_state_take(h, err);
	case HTTP_ASK_DOCUMENT:
		return http_document_take(h, batch, err);
	case HTTP_ASK_LOGIN:
		break;
	}
	h->phase = HTTP_ASK;
	return http_auth_take(h, err) ? HTTP_GO : HTTP_FAILED;
}

/* One step of a poll; HTTP_GO asks for the next. */
static enum http_next step(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	switch (h->phase) {
	case HTTP_BETWEEN:
		http_pass_start(h);
		return HTTP_GO;
	case HTTP_ASK:
		return ask(h, err);
	case HTTP_FLIGHT:
		break;
	case HTTP_ROWS:
		return http_rows_take(h, batch, limits, err);
	case HTTP_FEED:
		return http_document_feed(h, batch, limits, err);
	}
	enum http_io io = http_request_run(h, limits->deadline_us, err);
	if (io == HTTP_IO_DONE)
		return answered(h, batch, err);
	return io == HTTP_IO_AGAIN ? HTTP_LATER : HTTP_FAILED;
}

/* Hands over what this poll read, with the position behind it. */
static void hand_over(struct http *h, struct gt_batch *batch)
{
	if (h->skipped)
		gt_batch_skip(batch, h->skipped);
	h->skipped = 0;
	if (!h->progress)
		return;
	h->progress = false;
	gt_seen_save(&h->seen, batch);
	http_cursor_write(h, batch);
}

static enum gt_poll wait_for_answer(struct http *h, struct gt_batch *batch)
{
	short events = 0;
	int fd = h->interrupted || gt_batch_rows(batch) ? -1 : http_request_fd(h, &events);
	if (fd < 0)
		return GT_POLL_MORE;
	/* libcurl has timers of its own, and TLS may hold bytes that the descriptor no longer
	 * shows. */
	gt_batch_wait(batch, fd, events, gt_host_monotonic_us() + 200000);
	return GT_POLL_WAIT;
}

static enum gt_poll pause_for(struct http *h, struct gt_batch *batch)
{
	if (gt_batch_rows(batch))
		return GT_POLL_MORE;
	gt_batch_wait(batch, -1, 0, h->pause_us);
	return GT_POLL_WAIT;
}

/* An error does not take rows along that were read whole before it: it waits for the next poll. */
static enum gt_poll failed(
	struct http *h, struct gt_batch *batch, const struct gt_err *why, struct gt_err *err)
{
	h->phase = HTTP_ASK;
	if (!gt_batch_rows(batch) && !h->progress) {
		*err = *why;
		return GT_POLL_ERROR;
	}
	h->later = *why;
	h->failed_later = true;
	hand_over(h, batch);
	return GT_POLL_MORE;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct http *h = ((struct state *)self)->run;
	struct gt_err why = {GT_OK};
	enum http_next next = HTTP_GO;
	if (h->failed_later) {
		h->failed_later = false;
		*err = h->later;
		return GT_POLL_ERROR;
	}
	h->page_mark_valid = false;
	h->page_seen = h->seen.n;
	if (h->phase == HTTP_ROWS) {
		struct gt_document document = {.name = gt_cstr(h->place),
			.format = GT_LIT("json"),
			.charset = GT_LIT("UTF-8")};
		gt_batch_document(batch, &document);
	}
	while (next == HTTP_GO) {
		next = step(h, batch, limits, &why);
		if (next == HTTP_GO &&
			(h->interrupted || gt_host_monotonic_us() > limits->deadline_us))
			next = HTTP_FULL;
	}
	enum gt_poll result = GT_POLL_MORE;
	if (next == HTTP_FAILED) {
		result = failed(h, batch, &why, err);
	} else {
		if (next == HTTP_CAUGHT)
			http_same_pass(h, batch);
		hand_over(h, batch);
		if (next == HTTP_LATER)
			result = wait_for_answer(h, batch);
		if (next == HTTP_PAUSE)
			result = pause_for(h, batch);
		if (next == HTTP_CAUGHT || next == HTTP_OVER) {
			http_request_drop_body(h);
			result = next == HTTP_OVER ? GT_POLL_END : GT_POLL_IDLE;
		}
	}
	h->interrupted = false;
	return result;
}

static void interrupt_(void *self)
{
	struct state *state = self;
	pthread_mutex_lock(&state->lock);
	if (state->run) {
		state->run->interrupted = true;
		(void)curl_multi_wakeup(state->run->multi);
	}
	pthread_mutex_unlock(&state->lock);
}

static void close_(void *self)
{
	struct state *state = self;
	pthread_mutex_lock(&state->lock);
	struct http *h = state->run;
	state->run = NULL;
	pthread_mutex_unlock(&state->lock);
	if (!h)
		return;
	http_request_close(h);
	http_document_close(h);
	http_parents_free(&h->parents);
	gt_seen_free(&h->seen);
	gt_json_reader_free(h->reader);
	gt_json_reader_free(h->cursor_reader);
	EVP_MD_CTX_free(h->md);
	http_auth_close(h);
	free(h);
}

static bool probe_(void *self, char *found, size_t size, struct gt_err *err)
{
	struct http *h = ((struct state *)self)->run;
	return h->document.reader ? http_peek_probe(h, found, size, err)
				  : http_probe(h, found, size, err);
}

static bool discover_(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct http *h = ((struct state *)self)->run;
	return h->document.reader ? http_peek_discover(h, sink, arg, err)
				  : http_discover(h, sink, arg, err);
}

static size_t endpoints_(const void *self, struct gt_endpoint *endpoints)
{
	return http_endpoints(&((const struct state *)self)->conf, endpoints);
}

GT_ADAPTER(http, .summary = "lists of JSON rows from HTTP back ends",
	.summary_zh = "从 HTTP 接口读取 JSON 列表",
	.caps = GT_CAP_RESUME | GT_CAP_RANGE | GT_CAP_FORMAT, .self_size = sizeof(struct state),
	.options = options, .open = open_, .poll = poll_, .interrupt = interrupt_, .close = close_,
	.probe = probe_, .discover = discover_, .endpoints = endpoints_);
