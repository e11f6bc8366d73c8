/* http_paging.c: the requests of one pass over a list, and where the list ends. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX 65536u

void http_pass_start(struct http *h)
{
	struct http_pass *p = &h->pass;
	const struct http_cursor_conf *c = &h->conf.cursor;
	int zone = gt_host_zone(h->host);
	*p = (struct http_pass){.number = p->number + 1,
		.page = h->conf.paging.first,
		.total = -1,
		.from_order = INT64_MIN,
		.until_order = INT64_MAX,
		.whole = true};
	h->last_digest_set = false;
	http_seen_begin(&h->seen);
	if (!c->field.n)
		return;
	int64_t lookback = c->layout == HTTP_NUMBER ? 0 : c->lookback * 1000;
	if (h->high.given) {
		p->from_order = h->high.order - lookback;
		http_time_write(p->from_order, c->layout, zone, p->from, sizeof(p->from));
	}
	if (c->layout == HTTP_NUMBER || !h->skew_known)
		return;
	/* The source's now, not ours; before its first answer there is none: then everything is
	 * taken. */
	p->until_order = gt_host_wall_us() + h->skew_us - c->delay * 1000;
	http_time_write(p->until_order, c->layout, zone, p->until, sizeof(p->until));
}

static bool body_pages(const struct http *h)
{
	static const char mark[] = "{page}";
	for (size_t i = 0; i + sizeof(mark) - 1 <= h->conf.body.n; i++)
		if (memcmp(h->conf.body.p + i, mark, sizeof(mark) - 1) == 0)
			return true;
	return false;
}

static void parameter(
	struct http_text *url, char *separator, struct gt_str name, struct gt_str value)
{
	if (!name.n || !value.p)
		return;
	http_text_add(url, gt_str(separator, 1));
	*separator = '&';
	http_text_percent(url, name);
	http_text_add(url, GT_LIT("="));
	http_text_percent(url, value);
}

static struct gt_str number(char *out, size_t size, int64_t v)
{
	int n = snprintf(out, size, "%lld", (long long)v);
	return gt_str(out, n > 0 ? (size_t)n : 0);
}

static struct gt_str bound(const char *s)
{
	return s[0] ? gt_cstr(s) : gt_str(NULL, 0);
}

static bool page_url(struct http *h)
{
	struct http_text url = {h->url, 0, sizeof(h->url), false};
	const struct http_paging *paging = &h->conf.paging;
	const struct http_cursor_conf *c = &h->conf.cursor;
	char text[24], separator = '?';
	http_text_add(&url, h->conf.url);
	http_text_add(&url, h->conf.path);
	if (memchr(h->url, '?', url.n))
		separator = '&';
	for (size_t i = 0; i < h->conf.query.n; i++)
		parameter(&url, &separator, h->conf.query.v[i].key, h->conf.query.v[i].value);
	if (!body_pages(h)) {
		if (paging->style == HTTP_PAGE)
			parameter(&url, &separator, paging->page,
				number(text, sizeof(text), h->pass.page));
		if (paging->style != HTTP_NONE)
			parameter(&url, &separator, paging->size,
				number(text, sizeof(text), paging->rows));
		parameter(&url, &separator, c->from, bound(h->pass.from));
		parameter(&url, &separator, c->until, bound(h->pass.until));
	}
	return !url.cut;
}

/* body: with {page}, {rows}, {from}, {until} and {tie} replaced; other braces stay. */
static bool page_body(struct http *h, struct http_text *out)
{
	char page[24], rows[24];
	const struct {
		struct gt_str name, value;
	} words[] = {
		{GT_LIT("{page}"), number(page, sizeof(page), h->pass.page)},
		{GT_LIT("{rows}"), number(rows, sizeof(rows), h->conf.paging.rows)},
		{GT_LIT("{from}"), gt_cstr(h->pass.from)},
		{GT_LIT("{until}"), gt_cstr(h->pass.until)},
		{GT_LIT("{tie}"), gt_cstr(h->high_tie)},
	};
	struct gt_str body = h->conf.body;
	for (size_t i = 0; i < body.n;) {
		size_t w = 0, count = sizeof(words) / sizeof(words[0]);
		while (w < count &&
			(words[w].name.n > body.n - i ||
				memcmp(body.p + i, words[w].name.p, words[w].name.n) != 0))
			w++;
		if (w < count)
			http_text_json(out, words[w].value);
		else
			http_text_add(out, gt_str(body.p + i, 1));
		i += w < count ? words[w].name.n : 1;
	}
	return !out->cut;
}

bool http_page_ask(struct http *h, struct gt_err *err)
{
	struct http_text body = {NULL, 0, BODY_MAX, false};
	bool ok = true;
	h->asking = HTTP_ASK_PAGE;
	if (h->conf.paging.style == HTTP_NEXT && h->pass.next[0])
		http_copy(h->url, sizeof(h->url), gt_cstr(h->pass.next));
	else
		ok = page_url(h);
	(void)snprintf(h->place, sizeof(h->place), "%s #%lld", h->label, (long long)h->pass.page);
	if (h->conf.method == HTTP_POST) {
		body.p = malloc(BODY_MAX);
		if (!body.p)
			return gt_fail(err, GT_E_MEMORY_BUDGET);
		body.p[0] = '\0';
		ok = ok && page_body(h, &body);
	}
	ok = ok ? http_request_start(h, gt_str(body.p, body.n), "application/json", err)
		: gt_fail(err, GT_E_HTTP_URL, h->label);
	free(body.p);
	return ok;
}

static void take_date(struct http *h)
{
	if (!h->date_s)
		return;
	h->skew_us = h->date_s * 1000000 - gt_host_wall_us();
	h->skew_known = true;
	int64_t seconds = h->skew_us / 1000000;
	if (!h->skew_said && (seconds > 60 || seconds < -60)) {
		struct gt_err note;
		h->skew_said = true;
		(void)gt_fail(&note, GT_E_HTTP_SKEW, h->label, GT_TEXT("%lld", (long long)seconds));
		gt_host_note(h->host, &note);
	}
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		    curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK && strcmp(x, y) == 0;
	curl_free(x);
	curl_free(y);
	return same;
}

/* The next page's address from this one's and the link; credentials go to our own server only. */
static bool resolve_next(struct http *h, struct gt_str link, struct gt_err *err)
{
	char text[HTTP_URL_MAX], *whole = NULL;
	CURLU *here = curl_url(), *there = curl_url();
	http_copy(text, sizeof(text), link);
	http_strip(h, text);
	bool ok = here && there && curl_url_set(here, CURLUPART_URL, h->url, 0) == CURLUE_OK &&
		  curl_url_set(there, CURLUPART_URL, h->url, 0) == CURLUE_OK &&
		  curl_url_set(there, CURLUPART_URL, text, 0) == CURLUE_OK &&
		  curl_url_get(there, CURLUPART_URL, &whole, 0) == CURLUE_OK &&
		  strlen(whole) < sizeof(h->page_next);
	bool near = ok && same_part(here, there, CURLUPART_SCHEME) &&
		    same_part(here, there, CURLUPART_HOST) &&
		    same_part(here, there, CURLUPART_PORT);
	if (near && strcmp(whole, h->url) == 0)
		ok = gt_fail(err, GT_E_HTTP_NO_PROGRESS, h->place);
	else if (near)
		http_copy(h->page_next, sizeof(h->page_next), gt_cstr(whole));
	else
		ok = gt_fail(err, GT_E_HTTP_FOREIGN_LINK, h->place, http_shown(h, text));
	curl_free(whole);
	curl_url_cleanup(here);
	curl_url_cleanup(there);
	return ok;
}

static bool take_next(struct http *h, struct gt_str lexeme, struct gt_err *err)
{
	char text[HTTP_URL_MAX];
	h->page_next[0] = '\0';
	if (h->conf.paging.style != HTTP_NEXT)
		return true;
	struct gt_str link = h->conf.paging.next.n ? gt_json_scalar(lexeme, text, sizeof(text))
						   : gt_cstr(h->link);
	return !link.n || resolve_next(h, link, err);
}

static void take_total(struct http *h, struct gt_batch *batch, struct gt_str lexeme)
{
	char text[32];
	struct gt_str s = gt_json_scalar(lexeme, text, sizeof(text));
	int64_t total = 0;
	if (!s.n || !http_time_parse(s, HTTP_NUMBER, 0, &total) || total <= 0)
		return; /* 0 with rows on the page means "not counted" in several back ends */
	if (h->pass.total < 0)
		gt_batch_total(batch, "source_rows", total);
	h->pass.drift = h->pass.drift || (h->pass.total >= 0 && h->pass.total != total);
	h->pass.total = total;
}

/* A page's answer: an error, a token that died, or rows. */
enum http_next http_page_take(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	const struct gt_str paths[3] = {h->conf.total, h->conf.paging.next, h->conf.records};
	struct gt_str lexemes[3] = {{NULL, 0}}, list = {NULL, 0};
	uint64_t rows = 0;
	take_date(h);
	enum http_verdict verdict = http_answer(h, paths, 3, lexemes, err);
	if (verdict == HTTP_SAME) {
		h->phase = HTTP_BETWEEN;
		return HTTP_CAUGHT;
	}
	if (verdict == HTTP_EXPIRED && http_auth_again(h)) {
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	if (verdict == HTTP_EXPIRED)
		(void)gt_fail(err, GT_E_HTTP_UNAUTHORISED, h->place, GT_TEXT("%ld", h->status));
	if (verdict != HTTP_GOOD)
		return HTTP_FAILED;
	http_auth_worked(h);
	bool none = h->conf.records.n && gt_str_eq(lexemes[2], GT_LIT("null"));
	if (!none && !http_rows_span(h, &list, &rows, NULL)) {
		(void)gt_fail(err, GT_E_HTTP_NO_LIST, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(h->conf.records)));
		return HTTP_FAILED;
	}
	if (!take_next(h, lexemes[1], err))
		return HTTP_FAILED;
	take_total(h, batch, lexemes[0]);
	http_digest(h, list, h->page_digest);
	if (rows) {
		http_rows_start(h, batch);
		h->phase = HTTP_ROWS;
		return HTTP_GO;
	}
	h->page_rows = 0;
	return http_page_end(h, batch, err);
}

static void note_drift(struct http *h)
{
	struct gt_err note;
	(void)gt_fail(&note, GT_E_HTTP_TOTAL_DRIFT, h->label,
		GT_TEXT("%lld", (long long)h->pass.total),
		GT_TEXT("%llu", (unsigned long long)h->pass.rows));
	gt_host_note(h->host, &note);
}

/* The list was read to its end. Rows that moved between pages while it was read may have been
 * missed: an incremental flow, which would go past them, reads the same window again. */
static enum http_next pass_end(struct http *h)
{
	struct http_pass *p = &h->pass;
	bool drift = p->total >= 0 && (p->drift || p->rows != (uint64_t)p->total);
	if (drift)
		note_drift(h);
	if (drift && h->conf.cursor.field.n && p->repeats < HTTP_REPEATS_MAX) {
		p->repeats++;
		p->page = h->conf.paging.first;
		p->pages = p->rows = 0;
		p->total = -1;
		p->drift = false;
		p->next[0] = '\0';
		h->last_digest_set = false;
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	/* With bounds the pass shows all that can come again; a stale digest is harmless then. */
	if (p->whole)
		http_seen_end(&h->seen, h->conf.cursor.field.n == 0);
	if (p->max.given && (!h->high.given || p->max.order >= h->high.order)) {
		p->changed = p->changed || strcmp(h->high.text, p->max.text) != 0 ||
			     strcmp(h->high_tie, p->max_tie) != 0;
		h->high = p->max;
		memcpy(h->high_tie, p->max_tie, sizeof(h->high_tie));
	}
	p->changed = p->changed || http_seen_unsaved(&h->seen);
	h->progress = h->progress || p->changed;
	p->page = h->conf.paging.first;
	p->next[0] = '\0';
	p->pages = p->rows = 0;
	p->total = -1;
	h->phase = HTTP_BETWEEN;
	return HTTP_CAUGHT;
}

/* All rows of a page are in batches. */
enum http_next http_page_end(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	struct http_pass *p = &h->pass;
	const struct http_paging *paging = &h->conf.paging;
	(void)batch;
	bool repeated = h->page_rows && h->last_digest_set &&
			memcmp(h->page_digest, h->last_digest, HTTP_DIGEST) == 0;
	memcpy(h->last_digest, h->page_digest, HTTP_DIGEST);
	h->last_digest_set = true;
	h->progress = h->progress || p->changed;
	p->pages++;
	if (repeated && paging->style == HTTP_NEXT) {
		(void)gt_fail(err, GT_E_HTTP_NO_PROGRESS, h->place);
		return HTTP_FAILED;
	}
	if (!repeated)
		p->rows += h->page_rows;
	bool all = p->total >= 0 && p->rows >= (uint64_t)p->total;
	if (paging->style == HTTP_NONE || (paging->style == HTTP_NEXT && !h->page_next[0]) ||
		(paging->style == HTTP_PAGE && (h->page_rows == 0 || repeated || all)))
		return pass_end(h);
	if (p->pages >= (uint64_t)paging->max_pages) {
		(void)gt_fail(err, GT_E_HTTP_ENDLESS, h->label,
			GT_TEXT("%llu", (unsigned long long)p->pages));
		p->page = paging->first; /* the next attempt reads from the beginning */
		p->next[0] = '\0';
		p->pages = p->rows = 0;
		p->total = -1;
		p->whole = false;
		return HTTP_FAILED;
	}
	p->page++;
	memcpy(p->next, h->page_next, sizeof(p->next));
	h->phase = HTTP_ASK;
	return HTTP_GO;
}
