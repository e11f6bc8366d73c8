/* http_look.c: one page, asked for once: is the source there, and what does it have? */
#include "http.h"

#include "lib/endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_US (30 * 1000000)
#define FIELDS_MAX 256u
#define SAMPLE_MAX 4096u

bool http_await(struct http *h, int64_t deadline_us, struct gt_err *err)
{
	enum http_io io = http_request_run(h, deadline_us, err);
	if (io == HTTP_IO_AGAIN)
		(void)gt_fail(
			err, h->interrupted ? GT_E_HTTP_INTERRUPTED : GT_E_HTTP_TIMEOUT, h->place);
	h->interrupted = false;
	return io == HTTP_IO_DONE;
}

bool http_log_in(struct http *h, int64_t deadline_us, struct gt_err *err)
{
	for (;;) {
		if (http_auth_elsewhere(h)) { /* it takes as long as an exchange */
			if (h->interrupted || gt_host_monotonic_us() > deadline_us)
				return http_await(h, deadline_us, err);
			(void)curl_multi_poll(h->multi, NULL, 0, 50, NULL);
			continue;
		}
		if (!http_auth_login_needed(h))
			return true;
		if (!http_auth_ask(h, err) || !http_await(h, deadline_us, err) ||
			!http_auth_take(h, err))
			return false;
	}
}

/* Login if needed, then the first page; lexemes: its total, and what success: {field} holds. */
static bool first_page(struct http *h, struct gt_str lexemes[3], struct gt_err *err)
{
	int64_t deadline = gt_host_monotonic_us() + LOOK_US;
	const struct gt_texts *fields = &h->conf.success.field;
	struct gt_str paths[3] = {h->conf.total, fields->n ? fields->v[0] : gt_str(NULL, 0)};
	enum http_verdict verdict = HTTP_EXPIRED;
	h->access.same[0] = '\0'; /* the list itself is wanted */
	do {
		if (!http_log_in(h, deadline, err))
			return false;
		http_pass_start(h);
		paths[2] = h->list->records;
		if (!http_page_ask(h, err) || !http_await(h, deadline, err))
			return false;
		verdict = http_answer(h, paths, 3, lexemes, err);
	} while (verdict == HTTP_EXPIRED && http_auth_again(h));
	if (verdict == HTTP_GOOD)
		http_auth_worked(h);
	if (verdict == HTTP_EXPIRED)
		(void)gt_fail(err, GT_E_HTTP_UNAUTHORISED, h->place, GT_TEXT("%ld", h->status));
	return verdict == HTTP_GOOD;
}

static bool list_of(struct http *h, struct gt_str records, struct gt_str *list, uint64_t *rows,
	struct gt_err *err)
{
	http_rows_find(h, records);
	if (http_rows_span(h, list, rows, NULL))
		return true;
	return gt_fail(
		err, GT_E_HTTP_NO_LIST, h->place, GT_TEXT("%.*s", GT_STR_ARGS(h->list->records)));
}

bool http_probe(struct http *h, char *found, size_t size, struct gt_err *err)
{
	struct gt_str lexemes[3] = {{NULL, 0}}, list = {NULL, 0};
	uint64_t rows = 0;
	double seconds = 0;
	int64_t rows_asked = h->conf.paging.rows;
	h->conf.paging.rows = 1; /* reads as little as possible */
	bool ok = first_page(h, lexemes, err) && list_of(h, lexemes[2], &list, &rows, err);
	h->conf.paging.rows = rows_asked;
	if (!ok)
		return false;
	(void)curl_easy_getinfo(h->easy, CURLINFO_TOTAL_TIME, &seconds);
	int n = snprintf(
		found, size, "%ld  %zu B  %d ms", h->status, h->body.n, (int)(seconds * 1000));
	if (n > 0 && (size_t)n < size && lexemes[1].p)
		n += snprintf(found + n, size - (size_t)n, "  %.*s=%.*s",
			GT_STR_ARGS(h->conf.success.field.v[0]), GT_STR_ARGS(lexemes[1]));
	if (n > 0 && (size_t)n < size && lexemes[0].p)
		(void)snprintf(
			found + n, size - (size_t)n, "  total=%.*s", GT_STR_ARGS(lexemes[0]));
	return true;
}

size_t http_member_names(struct gt_str s, struct gt_str *names, size_t max)
{
	size_t n = 0, depth = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '{' || s.p[i] == '[')
			depth++;
		else if (s.p[i] == '}' || s.p[i] == ']')
			depth--;
		if (s.p[i] != '"')
			continue;
		size_t from = ++i;
		while (i < s.n && s.p[i] != '"')
			i += s.p[i] == '\\' ? 2 : 1;
		size_t behind = i + 1;
		while (behind < s.n && strchr(" \t\r\n", s.p[behind]))
			behind++;
		if (depth == 1 && behind < s.n && s.p[behind] == ':' && n < max)
			names[n++] = gt_str(s.p + from, i - from);
	}
	return n;
}

bool http_discover(struct http *h, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct gt_str lexemes[3] = {{NULL, 0}}, list = {NULL, 0}, record = {NULL, 0};
	struct gt_str names[FIELDS_MAX];
	struct gt_json_scan scan;
	uint64_t rows = 0;
	size_t used = 0;
	if (!first_page(h, lexemes, err) || !list_of(h, lexemes[2], &list, &rows, err))
		return false;
	struct gt_found found = {
		.kind = GT_LIT("list"), .name = gt_cstr(h->label), .fields = names};
	gt_json_scan_start(&scan, h->scan_path);
	size_t at = 0;
	for (int i = 0; rows && i <= h->keyed; i++, at += used)
		if (gt_json_scan_next(&scan, http_rows_text(h, at), true, &used, &record, NULL) !=
			GT_JSON_RECORD)
			rows = 0;
	if (rows)
		found.field_count = http_member_names(record, names, FIELDS_MAX);
	found.sample = gt_str(list.p, list.n < SAMPLE_MAX ? list.n : SAMPLE_MAX);
	(void)sink(arg, &found);
	return true;
}

size_t http_endpoints(const struct http_conf *conf, struct gt_endpoint *endpoints)
{
	return gt_endpoint_of(conf->url, conf->tls.ca, endpoints);
}
