/* http_answer.c: what an answer means. HTTP status first, then the content type, then the business
 * code that most back ends of this field put into an HTTP 200. */
#include "http.h"

#include <guantong/charset.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define SAID_MAX 200u
#define RETRY_AFTER_MAX_MS (3600u * 1000u)
#define PATHS_MAX 16u

#define IN(member) offsetof(struct http_success, member)
const struct gt_option http_success_options[] = {
	{"field", GT_OPT_TEXTS, IN(field),
		.en = "where an answer says whether it worked, such as code; several: all that "
		      "it has must say so",
		.zh = "应答中说明成败的字段，如 code；可写多个，应答中有的都须为成功"},
	{"values", GT_OPT_TEXTS, IN(values), .fallback = "200, 0, true",
		.en = "what stands there on success", .zh = "成功时的取值"},
	{"expired", GT_OPT_TEXTS, IN(expired), .fallback = "401",
		.en = "what stands there, in the message or as the whole answer, when the token is "
		      "no longer good; /login.html: where a redirect leads then",
		.zh = "令牌失效时的取值：在该字段、错误说明中，或为整个应答；"
		      "/login.html：此时重定向的去向"},
	{"message", GT_OPT_TEXTS, IN(message), .fallback = "msg",
		.en = "where the text of an error stands; several: the first that an answer has",
		.zh = "错误说明所在的字段；可写多个，取应答中第一个有的"},
	{NULL}};

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

const char *http_message(const struct http *h, char *out, size_t size)
{
	const struct gt_texts *places = &h->conf.success.message;
	size_t n = places->n < HTTP_SUCCESS_FIELDS ? places->n : HTTP_SUCCESS_FIELDS;
	struct gt_str lexemes[HTTP_SUCCESS_FIELDS] = {{NULL, 0}}, body = body_of(h);
	char text[SAID_MAX];
	out[0] = '\0';
	if (!n || !body.n || !gt_json_find(body, places->v, n, lexemes, NULL))
		return out;
	for (size_t i = 0; i < n && !out[0]; i++)
		if (lexemes[i].p && lexemes[i].p[0] != '{' && lexemes[i].p[0] != '[')
			http_copy(out, size, gt_json_scalar(lexemes[i], text, sizeof(text)));
	http_mask(h, out);
	return out;
}

const char *http_said(const struct http *h, char *out, size_t size)
{
	struct gt_str body = body_of(h);
	size_t n = 0;
	if (http_message(h, out, size)[0])
		return out;
	while (n < body.n && n < size - 1 && n < 120 && body.p[n] != '\n' && body.p[n] != '\r')
		n++;
	size_t bad = gt_utf8_bad(gt_str(body.p, n));
	http_copy(out, size, gt_str(body.p, bad == SIZE_MAX ? n : bad));
	http_mask(h, out);
	return out;
}

static bool one_of(const struct gt_texts *words, struct gt_str s)
{
	for (size_t i = 0; i < words->n; i++)
		if (gt_str_eq(words->v[i], s))
			return true;
	return false;
}

/* A redirect to a path of success: {expired}. */
static bool leads_to_login(struct http *h)
{
	const struct gt_texts *words = &h->conf.success.expired;
	char *to = NULL;
	(void)curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
	size_t n = to ? strcspn(to, "?#") : 0;
	for (size_t i = 0; n && i < words->n; i++) {
		struct gt_str w = words->v[i];
		if (w.n && w.p[0] == '/' && w.n <= n && memcmp(to + n - w.n, w.p, w.n) == 0)
			return true;
	}
	return false;
}

/* An answer that is no success: does it say that the token is no longer good? By a code that is
 * no HTTP status, in its message, or with a bare word and nothing else. */
static bool says_expired(struct http *h)
{
	const struct gt_texts *words = &h->conf.success.expired, *fields = &h->conf.success.field;
	size_t n = fields->n < HTTP_SUCCESS_FIELDS ? fields->n : HTTP_SUCCESS_FIELDS;
	struct gt_str lexemes[HTTP_SUCCESS_FIELDS] = {{NULL, 0}}, body = body_of(h);
	char text[SAID_MAX];
	if (h->asking == HTTP_ASK_LOGIN)
		return false;
	if (n && body.n && gt_json_find(body, fields->v, n, lexemes, NULL))
		for (size_t i = 0; i < n; i++)
			if (one_of(words, gt_json_scalar(lexemes[i], text, sizeof(text))))
				return true;
	while (body.n && strchr(" \t\r\n\"", body.p[body.n - 1]))
		body.n--;
	while (body.n && strchr(" \t\r\n\"", body.p[0]))
		body = gt_str(body.p + 1, body.n - 1);
	return (body.n && one_of(words, body)) ||
	       one_of(words, gt_cstr(http_message(h, text, sizeof(text))));
}

/* A session that died: the source sends its login page, or sends us there. */
static bool login_page(const struct http *h)
{
	return h->conf.login.username.n && h->conf.login.token_in == 2 &&
	       h->asking != HTTP_ASK_LOGIN;
}

static enum http_verdict bad_status(struct http *h, struct gt_err *err)
{
	char text[SAID_MAX];
	const char *status = GT_TEXT("%ld", h->status), *what = http_said(h, text, sizeof(text));
	bool redirect = h->status >= 300 && h->status < 400;
	if (h->status == 401 || (redirect && (login_page(h) || leads_to_login(h))) ||
		says_expired(h))
		return HTTP_EXPIRED;
	if (h->status == 429 || h->status == 503) {
		(void)gt_fail(err, GT_E_HTTP_BUSY, h->place, status);
		err->retry_after_ms = retry_after_ms(h);
	} else if (redirect && h->status != 304) {
		char *to = NULL, shown[HTTP_URL_MAX];
		(void)curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
		http_copy(shown, sizeof(shown), gt_cstr(to));
		(void)gt_fail(err, GT_E_HTTP_REDIRECT, h->place, http_shown(h, shown));
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
	long number = strtol(word, NULL, 10);
	bool refused = number >= 400 && number < 500 && number != 408 && number != 429;
	(void)gt_fail(err, refused ? GT_E_HTTP_CODE_REFUSED : GT_E_HTTP_CODE, h->place, word,
		http_said(h, text, sizeof(text)));
	err->retry_after_ms = refused ? 0 : retry_after_ms(h);
	return HTTP_BAD;
}

/* success: all its fields that the answer has must say so, and it must have one. A code tells more
 * than false does: of several that speak of failure the last is reported. */
static enum http_verdict success(struct http *h, const struct gt_str *lexemes, struct gt_err *err)
{
	const struct http_success *rule = &h->conf.success;
	char words[HTTP_SUCCESS_FIELDS][64];
	struct gt_str bad = {NULL, 0};
	size_t there = 0;
	bool failed = false;
	for (size_t i = 0; i < rule->field.n && i < HTTP_SUCCESS_FIELDS; i++) {
		struct gt_str code = gt_json_scalar(lexemes[i], words[i], sizeof(words[i]));
		if (!code.p)
			continue;
		there++;
		if (one_of(&rule->expired, code))
			return HTTP_EXPIRED;
		if (one_of(&rule->values, code))
			continue;
		failed = true;
		bad = code;
	}
	if (!failed && (there || !rule->field.n))
		return HTTP_GOOD;
	return says_expired(h) ? HTTP_EXPIRED : bad_code(h, bad, err);
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

/* What is no JSON: a page for people, perhaps the login. */
static enum http_verdict no_json(struct http *h, struct gt_err *err)
{
	if (login_page(h) || says_expired(h))
		return HTTP_EXPIRED;
	(void)gt_fail(
		err, GT_E_HTTP_NOT_JSON, h->place, h->content_type[0] ? h->content_type : "-");
	return HTTP_BAD;
}

enum http_verdict http_answer(struct http *h, const struct gt_str *wanted, size_t count,
	struct gt_str *lexemes, struct gt_err *err)
{
	struct gt_str paths[PATHS_MAX], found[PATHS_MAX];
	const struct gt_texts *fields = &h->conf.success.field;
	struct gt_err why = {GT_OK};
	size_t n = 0;
	if (h->status == 304 && h->access.asked_same)
		return HTTP_SAME;
	if (h->status < 200 || h->status > 299)
		return bad_status(h, err);
	if (!like_json(h))
		return no_json(h, err);
	for (; n < count && n < PATHS_MAX - HTTP_SUCCESS_FIELDS; n++)
		paths[n] = wanted[n];
	for (size_t i = 0; i < fields->n && i < HTTP_SUCCESS_FIELDS; i++)
		paths[n + i] = fields->v[i];
	size_t all = n + (fields->n < HTTP_SUCCESS_FIELDS ? fields->n : HTTP_SUCCESS_FIELDS);
	if (!find_all(h, paths, all, found, &why))
		return bad_json(h, &why, err);
	for (size_t i = 0; i < count; i++)
		lexemes[i] = i < n && wanted[i].n ? found[i] : gt_str(NULL, 0);
	return success(h, found + n, err);
}

/* ---- charsets */

/* Does the text look like GB18030 and not like UTF-8 with a broken place? Characters of three bytes
 * that are right in UTF-8 are rare in GB18030. */
static bool looks_gb18030(struct gt_str s)
{
	size_t bom = 0, right = 0, wrong = 0;
	if (gt_charset_detect(s, true, &bom) != GT_CHARSET_GB18030)
		return false;
	for (size_t i = 0; i < s.n;) {
		if ((unsigned char)s.p[i] < 0x80) {
			i++;
			continue;
		}
		size_t n = s.n - i < 3 ? s.n - i : 3;
		bool good = n == 3 && ((unsigned char)s.p[i] & 0xf0) == 0xe0 &&
			    gt_utf8_bad(gt_str(s.p + i, 3)) == SIZE_MAX;
		right += good;
		wrong += !good;
		i += good ? 3 : 1;
	}
	return right * 4 < wrong;
}

/* In the order of the words of charset:. */
static const enum gt_charset charsets[] = {GT_CHARSET_NONE, GT_CHARSET_UTF8, GT_CHARSET_GB18030,
	GT_CHARSET_UTF16LE, GT_CHARSET_UTF16BE};

static enum gt_charset charset_of(const struct http *h)
{
	char name[32] = "";
	const char *p = strcasestr(h->content_type, "charset=");
	struct gt_str body = body_of(h);
	size_t bom = 0;
	enum gt_charset marked = gt_charset_detect(body, true, &bom);
	if (bom)
		return marked;
	if (h->conf.charset)
		return charsets[h->conf.charset];
	if (p) {
		p += strlen("charset=") + (p[8] == '"');
		http_copy(name, sizeof(name), gt_str(p, strcspn(p, "\"; ")));
		enum gt_charset said = gt_charset_by_name(gt_cstr(name));
		if (said != GT_CHARSET_NONE)
			return said;
	}
	return looks_gb18030(body) ? GT_CHARSET_GB18030 : GT_CHARSET_UTF8;
}

bool http_answer_text(struct http *h, struct gt_err *err)
{
	if (!h->body.n || gt_is_ascii(body_of(h)))
		return true;
	enum gt_charset charset = charset_of(h);
	/* Broken UTF-8 costs single rows, later; see http_rows.c. */
	if (charset == GT_CHARSET_UTF8)
		return true;
	size_t size = 3 * h->body.n + 4, written = 0, bad = 0;
	if (!http_memory(h, size, err))
		return false;
	char *out = malloc(size);
	struct gt_converter *converter = gt_converter_new(charset);
	bool ok = out && converter;
	if (!ok)
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
	else if (!gt_converter_run(converter, body_of(h), out, size, &written, &bad))
		ok = gt_fail(err, GT_E_HTTP_CHARSET, h->place, gt_charset_name(charset),
			GT_TEXT("%zu", bad));
	gt_converter_free(converter);
	if (!ok) {
		free(out);
		return false;
	}
	char *fits = realloc(out, written + 1);
	free(h->body.p);
	h->body = (struct http_body){fits ? fits : out, written, fits ? written + 1 : size};
	return http_memory(h, 0, err);
}
