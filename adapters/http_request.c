/* http_request.c: one exchange at a time over libcurl's multi interface, so that a deadline or an
 * interrupt ends the wait, not the transfer: it goes on with the next poll. */
#include "http.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BODY_STEP (64u << 10)
#define LOW_SPEED 64L      /* bytes a second … */
#define LOW_SPEED_TIME 30L /* … over this many seconds: the source drips, the exchange fails */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_memory(struct http *h, size_t more, struct gt_err *err)
{
	if (gt_host_memory(h->host, h->body.cap + h->document.in.window.cap +
					    gt_seen_bytes(&h->seen) +
					    http_parents_bytes(&h->parents) + more))
		return true;
	return gt_fail(err, GT_E_MEMORY_BUDGET);
}

/* Room for n more bytes of body; steps double, so that a 16 MiB body is moved a few times only. */
static bool body_room(struct http *h, size_t n)
{
	struct http_body *body = &h->body;
	if (body->n + n <= body->cap)
		return true;
	size_t cap = body->cap ? body->cap : BODY_STEP;
	while (cap < body->n + n)
		cap *= 2;
	if (!http_memory(h, cap - body->cap, NULL))
		return false;
	char *p = realloc(body->p, cap);
	if (!p)
		return false;
	body->p = p;
	body->cap = cap;
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	n *= size;
	if (h->asking == HTTP_ASK_DOCUMENT)
		return http_document_write(h, bytes, n);
	if (h->body.n + n > (size_t)h->conf.max_body) {
		h->body_large = true;
		return 0;
	}
	if (!body_room(h, n)) {
		h->body_denied = true;
		return 0;
	}
	memcpy(h->body.p + h->body.n, bytes, n);
	h->body.n += n;
	return n;
}

/* The header that has the token, where a login's answer has it there. */
static void take_wanted(struct http *h, struct gt_str line)
{
	struct http_access *a = &h->access;
	size_t n = strlen(a->wanted);
	if (!n || line.n <= n || line.p[n] != ':' || strncasecmp(line.p, a->wanted, n) != 0)
		return;
	for (n++; n < line.n && line.p[n] == ' ';)
		n++;
	http_copy(a->given, sizeof(a->given),
		line.n - n < sizeof(a->given) ? gt_str(line.p + n, line.n - n) : gt_str(NULL, 0));
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	n *= size;
	struct gt_str s = {line, n};
	while (s.n && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
		s.n--;
	if (s.n > 5 && strncasecmp(s.p, "date:", 5) == 0) {
		char date[64];
		http_copy(date, sizeof(date), gt_str(s.p + 5, s.n - 5));
		time_t at = curl_getdate(date, NULL);
		h->date_s = at > 0 ? (int64_t)at : 0;
	} else {
		http_link_header(h, s);
		take_wanted(h, s);
		http_same_line(h, s);
	}
	return n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http *h = arg;
	(void)purpose;
	if (!http_guard(h, &to->addr))
		return CURL_SOCKET_BAD;
	h->fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	return h->fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct http *h = arg;
	if (h->fd == fd)
		h->fd = -1;
	return close(fd);
}

static bool set_options(struct http *h)
{
	CURL *e = h->easy;
	bool ok = true;
#define SET(option, value) ok = ok && curl_easy_setopt(e, option, value) == CURLE_OK
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, h->curl_error);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, h);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, h);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_COOKIEFILE, ""); /* cookies live as long as this instance */
	SET(CURLOPT_PROXY,
		""); /* district systems are near; the environment's proxy is for browsers */
	SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_USERAGENT, "guantong/" GT_VERSION);
	SET(CURLOPT_TIMEOUT_MS, (long)h->conf.timeout);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)h->conf.connect_timeout);
	SET(CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED);
	SET(CURLOPT_LOW_SPEED_TIME, LOW_SPEED_TIME);
#undef SET
	return ok;
}

bool http_request_open(struct http *h, struct gt_err *err)
{
	(void)pthread_once(&curl_once, curl_start);
	h->fd = -1;
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	return (set_options(h) || gt_fail(err, GT_E_HTTP_TLS_FILE, "libcurl")) &&
	       http_tls_set(h, err);
}

static void finish(struct http *h)
{
	if (h->in_multi)
		(void)curl_multi_remove_handle(h->multi, h->easy);
	h->in_multi = false;
	curl_slist_free_all(h->headers);
	h->headers = NULL;
	free(h->post);
	h->post = NULL;
}

void http_request_drop_body(struct http *h)
{
	free(h->body.p);
	h->body = (struct http_body){NULL, 0, 0};
	bool granted = http_memory(h, 0, NULL);
	(void)granted; /* holding less is always granted */
}

void http_request_close(struct http *h)
{
	finish(h);
	if (h->easy)
		curl_easy_cleanup(h->easy);
	h->easy = NULL;
	if (h->multi)
		(void)curl_multi_cleanup(h->multi);
	h->multi = NULL;
	free(h->body.p);
	h->body = (struct http_body){NULL, 0, 0};
}

static bool add_headers(struct http *h, const char *type, struct http_out *out, struct gt_err *err)
{
	struct gt_str none = {NULL, 0};
	struct gt_str accept =
		h->asking == HTTP_ASK_DOCUMENT ? GT_LIT("*/*") : GT_LIT("application/json");
	return http_add_header(h, "Accept", accept, none, err) &&
	       (!type || http_add_header(h, "Content-Type", gt_cstr(type), none, err)) &&
	       http_add_credentials(h, out, err) && http_sign_add(h, out, err) &&
	       http_same_add(h, err);
}

static bool set_exchange(
	struct http *h, const char *method, const char *url, const struct http_text *body)
{
	CURL *e = h->easy;
	bool ok = curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
		  curl_easy_setopt(e, CURLOPT_HTTPHEADER, h->headers) == CURLE_OK &&
		  curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
	if (!body)
		return ok && curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	return ok && curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)body->n) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_POSTFIELDS, body->p) == CURLE_OK;
}

/* The answer before this one is forgotten. */
static void clear_answer(struct http *h)
{
	h->body.n = 0;
	h->body_large = h->body_denied = false;
	h->status = 0;
	h->content_type[0] = h->link[0] = h->curl_error[0] = '\0';
	h->date_s = 0;
	h->access.refused[0] = '\0';
}

bool http_request_send(struct http *h, const char *method, struct gt_str body, const char *type,
	struct gt_err *err)
{
	char whole[HTTP_URL_MAX + HTTP_ADD_MAX];
	struct http_text url = {whole, 0, sizeof(whole), false}, post = {NULL, 0, 0, false};
	struct http_out out = {&url, NULL, type && strstr(type, "form"), method};
	finish(h);
	clear_answer(h);
	whole[0] = '\0';
	http_text_add(&url, gt_cstr(h->url)); /* without what we add: links are relative to it */
	if (body.p) {
		post.size = body.n + HTTP_ADD_MAX;
		post.p = h->post = malloc(post.size);
		if (!h->post)
			return gt_fail(err, GT_E_MEMORY_BUDGET);
		post.p[0] = '\0';
		http_text_add(&post, body);
		out.body = &post;
	}
	if (!method)
		out.method = body.p ? "POST" : "GET";
	if (!add_headers(h, body.p ? type : NULL, &out, err))
		return false;
	if (url.cut || post.cut)
		return gt_fail(err, GT_E_HTTP_LONG, h->label);
	bool ok = set_exchange(h, method, whole, out.body);
	OPENSSL_cleanse(whole, sizeof(whole));
	if (!ok)
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	h->in_multi = curl_multi_add_handle(h->multi, h->easy) == CURLM_OK;
	return h->in_multi || gt_fail(err, GT_E_MEMORY_BUDGET);
}

bool http_request_start(struct http *h, struct gt_str body, const char *type, struct gt_err *err)
{
	return http_request_send(h, NULL, body, type, err);
}

static bool transport_error(struct http *h, CURLcode code, struct gt_err *err)
{
	const char *detail = h->curl_error[0] ? h->curl_error : curl_easy_strerror(code);
	if (h->document.large)
		return gt_fail(err, GT_E_HTTP_DOCUMENT_LIMIT, h->place,
			GT_TEXT("%lld", (long long)h->conf.max_document));
	if (h->document.error)
		return gt_fail(err, GT_E_HTTP_SPOOL, strerror(h->document.error));
	if (h->body_large)
		return gt_fail(err, GT_E_HTTP_BODY_LIMIT, h->place,
			GT_TEXT("%lld", (long long)h->conf.max_body));
	if (h->body_denied)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	if (http_guard_error(h, code, detail, err))
		return false;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return gt_fail(err, GT_E_HTTP_RESOLVE, http_where(h));
	case CURLE_COULDNT_CONNECT:
		return gt_fail(err, GT_E_HTTP_CONNECT, http_where(h), detail);
	case CURLE_OPERATION_TIMEDOUT:
		return gt_fail(err, GT_E_HTTP_TIMEOUT, h->place);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		return gt_fail(err, GT_E_HTTP_TLS, http_where(h), detail);
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return gt_fail(err, GT_E_HTTP_TLS_FILE, detail);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_BAD_CONTENT_ENCODING:
		return gt_fail(err, GT_E_HTTP_TRUNCATED, h->place, GT_TEXT("%zu", h->body.n));
	case CURLE_URL_MALFORMAT:
		return gt_fail(err, GT_E_HTTP_URL, http_where(h));
	default:
		return gt_fail(err, GT_E_HTTP_TRANSPORT, h->place, detail);
	}
}

static enum http_io completed(struct http *h, CURLcode code, struct gt_err *err)
{
	char *type = NULL;
	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &h->status);
	(void)curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &type);
	http_copy(h->content_type, sizeof(h->content_type), gt_cstr(type));
	if (h->date_s)
		h->access.skew_us = h->date_s * 1000000 - gt_host_wall_us();
	bool ok = code == CURLE_OK || transport_error(h, code, err);
	finish(h);
	return ok && http_answer_text(h, err) ? HTTP_IO_DONE : HTTP_IO_FAILED;
}

enum http_io http_request_run(struct http *h, int64_t deadline_us, struct gt_err *err)
{
	for (;;) {
		int running = 0, left = 0;
		if (curl_multi_perform(h->multi, &running) != CURLM_OK) {
			(void)gt_fail(err, GT_E_HTTP_TRANSPORT, h->place, "curl_multi_perform");
			finish(h);
			return HTTP_IO_FAILED;
		}
		for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left)) != NULL;)
			if (m->msg == CURLMSG_DONE)
				return completed(h, m->data.result, err);
		int64_t wait = deadline_us - gt_host_monotonic_us();
		if (wait <= 0 || h->interrupted)
			return HTTP_IO_AGAIN;
		int ms = wait / 1000 < 1000 ? (int)(wait / 1000) + 1 : 1000;
		(void)curl_multi_poll(h->multi, NULL, 0, ms, NULL);
	}
}

int http_request_fd(const struct http *h, short *events)
{
	*events = POLLIN; /* an answer is awaited; a connection that is being made wakes by time */
	return h->in_multi ? h->fd : -1;
}
