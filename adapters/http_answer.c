/* http_answer.c: what an answer means. HTTP status first, then the content type, then the business
 * code that most back ends of this field put into an HTTP 200. */
#include "http.h"

#include <guantong/charset.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define SAID_MAX 200u
#define RETRY_AFTER_MAX_MS (3600u * 1000u)
#define PATHS_MAX 8u

static uint32_t retry_after_ms(struct http *h)
{
	curl_off_t seconds = 0; /* libcurl reads both forms: seconds and a date */
	if (curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
		return 0;
	return seconds > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : (uint32_t)seconds * 1000;
}

static struct gt_str body_of(const struct http *h)
{
	return gt_str(h->body.p, h->body.n);
}

/* The error text of an answer: what stands at success: {message: …}, else its first line. */
static const char *said(const struct http *h, char *out, size_t size)
{
	struct gt_str lexeme = {NULL, 0}, body = body_of(h);
	char text[SAID_MAX];
	if (h->conf.success.message.n && body.n &&
		gt_json_find(body, &h->conf.success.message, 1, &lexeme, NULL) && lexeme.p) {
		struct gt_str s = gt_json_scalar(lexeme, text, sizeof(text));
		http_copy(out, size, s);
		return out;
	}
	size_t n = 0;
	while (n < body.n && n < size - 1 && n < 120 && body.p[n] != '\n' && body.p[n] != '\r')
		n++;
	size_t bad = gt_utf8_bad(gt_str(body.p, n));
	http_copy(out, size, gt_str(body.p, bad == SIZE_MAX ? n : bad));
	return out;
}

static bool one_of(const struct gt_texts *words, struct gt_str s)
{
	for (size_t i = 0; i < words->n; i++)
		if (gt_str_eq(words->v[i], s))
			return true;
	return false;
}

static enum http_verdict bad_status(struct http *h, struct gt_err *err)
{
	char text[SAID_MAX];
	const char *status = GT_TEXT("%ld", h->status), *what = said(h, text, sizeof(text));
	if (h->status == 401)
		return HTTP_EXPIRED;
	if (h->status == 429 || h->status == 503) {
		(void)gt_fail(err, GT_E_HTTP_BUSY, h->place, status);
		err->retry_after_ms = retry_after_ms(h);
	} else if (h->status >= 300 && h->status < 400) {
		char *to = NULL;
		(void)curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
		(void)gt_fail(err, GT_E_HTTP_REDIRECT, h->place, to ? to : "");
	} else if (h->status >= 400 && h->status < 500 && h->status != 408) {
		(void)gt_fail(err, GT_E_HTTP_REFUSED, h->place, status, what);
	} else {
		(void)gt_fail(err, GT_E_HTTP_STATUS, h->place, status, what);
	}
	return HTTP_BAD;
}

/* JSON by its type, or, as old back ends label it anything, by how it begins. */
static bool like_json(const struct http *h)
{
	if (strcasestr(h->content_type, "json"))
		return true;
	size_t i = h->body.n >= 3 && memcmp(h->body.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (i < h->body.n && strchr(" \t\r\n", h->body.p[i]))
		i++;
	return i < h->body.n && (h->body.p[i] == '{' || h->body.p[i] == '[');
}

/* A code of success: {field} that is none of success: {values}. */
static enum http_verdict bad_code(struct http *h, struct gt_str code, struct gt_err *err)
{
	char text[SAID_MAX], word[64];
	http_copy(word, sizeof(word), code.p ? code : GT_LIT("-"));
	if (one_of(&h->conf.success.expired, code))
		return HTTP_EXPIRED;
	long number = strtol(word, NULL, 10);
	bool refused = number >= 400 && number < 500 && number != 408 && number != 429;
	(void)gt_fail(err, refused ? GT_E_HTTP_CODE_REFUSED : GT_E_HTTP_CODE, h->place, word,
		said(h, text, sizeof(text)));
	err->retry_after_ms = refused ? 0 : retry_after_ms(h);
	return HTTP_BAD;
}

static enum http_verdict bad_json(struct http *h, const struct gt_err *why, struct gt_err *err)
{
	if (why->code == GT_E_JSON_CUT_OFF) {
		(void)gt_fail(err, GT_E_HTTP_TRUNCATED, h->place, GT_TEXT("%zu", h->body.n));
		return HTTP_BAD;
	}
	char sentence[256];
	(void)gt_fail(err, GT_E_HTTP_BAD_JSON, h->place,
		gt_host_sentence(why, sentence, sizeof(sentence)));
	return HTTP_BAD;
}

/* The body around its rows: what a list says about itself, without the rows, which are read one by
 * one later, so that a broken one does not stop its neighbours. */
static struct gt_str around(struct http *h, char **made)
{
	struct gt_str list = {NULL, 0}, body = body_of(h);
	uint64_t rows = 0;
	*made = NULL;
	if (h->asking == HTTP_ASK_LOGIN || !http_rows_span(h, &list, &rows, NULL) || !list.p ||
		list.n == body.n)
		return body;
	size_t head = (size_t)(list.p - body.p), tail = body.n - head - list.n;
	if (!memchr(body.p, '[', head))
		return body; /* one object is the only row: nothing is around it */
	*made = malloc(head + tail + 1);
	if (!*made)
		return body;
	memcpy(*made, body.p, head);
	memcpy(*made + head, list.p + list.n, tail);
	return gt_str(*made, head + tail);
}

/* Lexemes of the answer's own fields, copied to where they outlive `around`: the tail of the body.
 */
static bool find_all(struct http *h, const struct gt_str *paths, size_t count,
	struct gt_str *lexemes, struct gt_err *err)
{
	char *made = NULL;
	struct gt_str text = around(h, &made);
	bool ok = gt_json_find(text, paths, count, lexemes, err);
	for (size_t i = 0; ok && made && i < count; i++) {
		if (!lexemes[i].p)
			continue;
		/* The same bytes stand in the body: before the rows, or as far from its end. */
		size_t at = (size_t)(lexemes[i].p - text.p), cut = h->body.n - text.n;
		bool before = memcmp(h->body.p, text.p, at + lexemes[i].n) == 0;
		lexemes[i].p = h->body.p + at + (before ? 0 : cut);
	}
	free(made);
	return ok;
}

enum http_verdict http_answer(struct http *h, const struct gt_str *wanted, size_t count,
	struct gt_str *lexemes, struct gt_err *err)
{
	struct gt_str paths[PATHS_MAX], found[PATHS_MAX];
	struct gt_err why;
	char word[64];
	if (h->status < 200 || h->status > 299)
		return bad_status(h, err);
	if (!like_json(h)) {
		(void)gt_fail(err, GT_E_HTTP_NOT_JSON, h->place,
			h->content_type[0] ? h->content_type : "-");
		return HTTP_BAD;
	}
	size_t n = 0;
	for (; n < count && n < PATHS_MAX - 1; n++)
		paths[n] = wanted[n];
	paths[n++] = h->conf.success.field.n ? h->conf.success.field : GT_LIT("code");
	why = (struct gt_err){GT_OK};
	if (!find_all(h, paths, n, found, &why))
		return bad_json(h, &why, err);
	for (size_t i = 0; i < count; i++)
		lexemes[i] = wanted[i].n ? found[i] : gt_str(NULL, 0);
	if (!h->conf.success.field.n)
		return HTTP_GOOD;
	struct gt_str code = gt_json_scalar(found[n - 1], word, sizeof(word));
	return one_of(&h->conf.success.values, code) ? HTTP_GOOD : bad_code(h, code, err);
}
