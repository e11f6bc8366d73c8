/* http_paging.c: the pages of a list, and where it ends. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

void http_walk_start(struct http_walk *walk, const struct http_paging *paging)
{
	*walk = (struct http_walk){
		.page = paging->first < 0 ? 1 : paging->first, .total = -1, .page_count = -1};
}

bool http_page_ask(struct http *h, struct gt_err *err)
{
	struct gt_str body = {NULL, 0};
	h->asking = HTTP_ASK_PAGE;
	http_rows_anywhere(h);
	if (!http_address(h))
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	if (h->list->method == HTTP_POST && !http_body_of(h, h->list->body, &body, err))
		return false;
	bool ok = http_request_start(h, body, http_body_type(h), err);
	free((char *)(uintptr_t)body.p);
	return ok;
}

void http_take_date(struct http *h)
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

/* A count of an answer; 0 with rows on the page means "not counted" in several back ends. */
static bool take_count(struct gt_str lexeme, int64_t *count)
{
	char text[32];
	struct gt_str s = gt_json_scalar(lexeme, text, sizeof(text));
	int64_t v = 0;
	if (!s.n || !http_time_parse(s, HTTP_NUMBER, 0, &v) || v <= 0)
		return false;
	*count = v;
	return true;
}

static void take_total(struct http *h, struct gt_batch *batch, struct gt_str lexeme)
{
	struct http_walk *w = h->walk;
	int64_t total = 0;
	if (!take_count(lexeme, &total))
		return;
	if (w->total < 0 && h->list == &h->own)
		gt_batch_total(batch, "source_rows", total);
	w->drift = w->drift || (w->total >= 0 && w->total != total);
	w->total = total;
}

static int more_of(struct gt_str lexeme)
{
	static const char *const no[] = {"false", "0", "N", "n", "no", "False", ""};
	char text[16];
	if (!lexeme.p || gt_str_eq(lexeme, GT_LIT("null")))
		return -1;
	struct gt_str s = gt_json_scalar(lexeme, text, sizeof(text));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (gt_str_eq(s, gt_cstr(no[i])))
			return 0;
	return 1;
}

enum http_next http_refused(struct http *h, enum http_verdict verdict, struct gt_err *err)
{
	if (verdict == HTTP_EXPIRED && http_auth_again(h)) {
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	if (verdict == HTTP_EXPIRED)
		(void)gt_fail(err, GT_E_HTTP_UNAUTHORISED, h->place, GT_TEXT("%ld", h->status));
	return HTTP_FAILED;
}

static bool not_there(const struct http *h, const struct gt_err *err)
{
	return h->status == 404 || (err->code == GT_E_HTTP_CODE_REFUSED && err->arg[1] &&
					   strcmp(err->text + err->arg[1] - 1, "404") == 0);
}

/* An answer that is no page. One list of many that is not there is passed over; a link or cursor
 * that an earlier instance was given may have expired: then the list is read from its beginning. */
static enum http_next no_page(
	struct http *h, struct gt_batch *batch, enum http_verdict verdict, struct gt_err *err)
{
	if (verdict == HTTP_SAME) {
		h->phase = HTTP_BETWEEN;
		return HTTP_CAUGHT;
	}
	bool by_link = h->resumed && h->walk->next[0];
	if (verdict == HTTP_BAD && h->list == &h->own && http_parents_given(h) &&
		h->walk->pages == 0 && not_there(h, err)) {
		http_parents_gone(h);
		http_auth_worked(h);
		return http_list_end(h, batch, err);
	}
	if (verdict == HTTP_BAD && by_link &&
		(err->code == GT_E_HTTP_REFUSED || err->code == GT_E_HTTP_CODE_REFUSED)) {
		struct gt_err note;
		(void)gt_fail(&note, GT_E_HTTP_LINK_OLD, h->label);
		gt_host_note(h->host, &note);
		h->resumed = false;
		http_walk_start(h->walk, h->list->paging);
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	return http_refused(h, verdict, err);
}

static bool take_list(struct http *h, struct gt_str records, struct gt_str *list, uint64_t *rows)
{
	*rows = 0;
	if (h->list->records.n && gt_str_eq(records, GT_LIT("null")))
		return true;
	http_rows_find(h, records);
	return http_rows_span(h, list, rows, NULL);
}

/* The page is, byte for byte, the one before it. */
static bool repeated(const struct http *h)
{
	return h->page_rows && h->walk->last_digest_set &&
	       memcmp(h->page_digest, h->walk->last_digest, HTTP_DIGEST) == 0;
}

/* A page's answer: an error, a token that died, or rows. */
enum http_next http_page_take(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	const struct http_paging *paging = h->list->paging;
	const struct gt_str paths[5] = {
		h->list->total, paging->next, h->list->records, paging->more, paging->pages};
	struct gt_str lexemes[5] = {{NULL, 0}}, list = {NULL, 0};
	struct gt_err why = {GT_OK};
	uint64_t rows = 0;
	http_take_date(h);
	enum http_verdict verdict = http_answer(h, paths, 5, lexemes, &why);
	if (verdict != HTTP_GOOD) {
		enum http_next next = no_page(h, batch, verdict, &why);
		if (next == HTTP_FAILED)
			*err = why;
		return next;
	}
	h->resumed = false;
	http_auth_worked(h);
	if (!http_link_take(h, lexemes[1], err))
		return HTTP_FAILED;
	take_total(h, batch, lexemes[0]);
	h->page_more = more_of(lexemes[3]);
	(void)take_count(lexemes[4], &h->walk->page_count);
	if (!take_list(h, lexemes[2], &list, &rows)) {
		(void)gt_fail(err, GT_E_HTTP_NO_LIST, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(h->list->records)));
		return HTTP_FAILED;
	}
	http_digest(h, list, h->page_digest);
	h->page_rows = 0;
	if (rows && h->list == &h->own) {
		http_rows_start(h, batch);
		h->phase = HTTP_ROWS;
		return HTTP_GO;
	}
	h->page_rows = rows;
	if (rows && !repeated(h) && !http_parents_take(h, err))
		return HTTP_FAILED;
	return http_page_end(h, batch, err);
}

enum ending { GOES_ON, ENDS, CIRCLES };

/* By number or offset: what past the end comes again (`reasonable` paging) is the end, but not
 * where the answer itself says that more follows. */
static enum ending numbered_end(const struct http *h, bool again)
{
	const struct http_walk *w = h->walk;
	const struct http_paging *paging = h->list->paging;
	bool all = w->total >= 0 && w->rows >= (uint64_t)w->total;
	bool counted = w->page_count >= 0 && w->pages >= (uint64_t)w->page_count;
	if (again && w->pages == 2 &&
		((w->total >= 0 && !all) || (w->page_count >= 0 && w->page_count > 1)))
		return CIRCLES; /* the first page for ever */
	if (again && h->page_more == 1)
		return CIRCLES;
	if (again || all || counted || h->page_more == 0)
		return ENDS;
	if (h->page_rows == 0)
		return h->page_more == 1 ? GOES_ON : ENDS;
	return paging->short_ends && h->page_rows < (uint64_t)paging->rows ? ENDS : GOES_ON;
}

static enum ending linked_end(const struct http *h, bool again)
{
	const struct http_paging *paging = h->list->paging;
	if (!h->page_next[0] || h->page_more == 0 || (paging->last.n && h->page_rows == 0) ||
		(paging->short_ends && h->page_rows < (uint64_t)paging->rows))
		return ENDS;
	return again ? CIRCLES : GOES_ON;
}

static enum ending ending(struct http *h)
{
	struct http_walk *w = h->walk;
	const struct http_paging *paging = h->list->paging;
	bool again = repeated(h);
	bool circle = h->page_rows && !again && http_circle(&w->bodies, h->page_digest);
	memcpy(w->last_digest, h->page_digest, HTTP_DIGEST);
	w->last_digest_set = true;
	w->pages++;
	if (!again)
		w->rows += h->page_rows;
	if (paging->style == HTTP_NONE)
		return ENDS;
	if (paging->last.n && h->page_rows) {
		unsigned char digest[HTTP_DIGEST];
		http_copy(h->page_next, sizeof(h->page_next), gt_cstr(h->last_text));
		http_digest(h, gt_cstr(h->page_next), digest);
		if (!h->page_next[0] || http_circle(&w->links, digest))
			return CIRCLES;
	}
	enum ending end = paging->style == HTTP_PAGE || paging->style == HTTP_OFFSET
				  ? numbered_end(h, again)
				  : linked_end(h, again);
	return end == GOES_ON && circle ? CIRCLES : end;
}

/* A whole list that is exactly one page long looks like this in back ends with `reasonable` paging,
 * and so does one whose page parameter has another name. */
static void tell_first_again(struct http *h)
{
	struct gt_err note;
	if (h->first_said || h->walk->pages != 2 || h->walk->total >= 0 ||
		h->page_rows < (uint64_t)h->list->paging->rows)
		return;
	h->first_said = true;
	(void)gt_fail(&note, GT_E_HTTP_FIRST_AGAIN, h->label);
	gt_host_note(h->host, &note);
}

/* All rows of a page are in batches. */
enum http_next http_page_end(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	struct http_walk *w = h->walk;
	const struct http_paging *paging = h->list->paging;
	enum ending end = ending(h);
	h->progress = h->progress || h->pass.changed;
	if (end == CIRCLES) {
		(void)gt_fail(err, GT_E_HTTP_NO_PROGRESS, h->place);
		return HTTP_FAILED;
	}
	if (end == GOES_ON && h->conf.cursor.newest_first && h->list == &h->own && h->page_rows &&
		!h->page_reaches) {
		w->total = -1; /* the rest of the list was not read */
		end = ENDS;
	}
	if (http_window_full(h))
		return http_window_halve(h, err);
	if (end == ENDS) {
		if (paging->style == HTTP_PAGE)
			tell_first_again(h);
		return http_list_end(h, batch, err);
	}
	if (w->pages >= (uint64_t)paging->max_pages && h->conf.cursor.step && h->list == &h->own)
		return http_window_halve(h, err);
	if (w->pages >= (uint64_t)paging->max_pages) {
		(void)gt_fail(err, GT_E_HTTP_ENDLESS, h->label,
			GT_TEXT("%llu", (unsigned long long)w->pages));
		http_walk_start(w, paging); /* the next attempt reads from the beginning */
		h->pass.whole = false;
		return HTTP_FAILED;
	}
	http_window_spare(h);
	w->page++;
	memcpy(w->next, h->page_next, sizeof(w->next));
	h->phase = HTTP_ASK;
	return HTTP_GO;
}
