/* http_address.c: addresses, bodies and header values, with what stands in their {braces} filled
 * in and escaped for where it stands, so that no value can become anything but a value. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX 65536u
#define WORD_MAX 96u

enum quote { QUOTE_PATH, QUOTE_JSON, QUOTE_FORM, QUOTE_NONE };
enum filled { FILLED, FILLED_NOT, FILLED_BAD };

bool http_has_word(struct gt_str text, struct gt_str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (memcmp(text.p + i, word.p, word.n) == 0)
			return true;
	return false;
}

static struct gt_str number(char *out, size_t size, int64_t v)
{
	int n = snprintf(out, size, "%lld", (long long)v);
	return gt_str(out, n > 0 ? (size_t)n : 0);
}

static struct gt_str given(const char *s)
{
	return s[0] ? gt_cstr(s) : gt_str(NULL, 0);
}

static int64_t offset_of(const struct http *h)
{
	int64_t first = h->list->paging->first;
	return (first < 0 ? 0 : first) + (int64_t)h->walk->rows;
}

/* The value of a word; none = it has none just now. False: it is no word of ours. */
static bool word_value(
	struct http *h, struct gt_str word, char *buf, size_t size, struct gt_str *value)
{
	const struct {
		struct gt_str name, value;
	} words[] = {
		{GT_LIT("from"), given(h->pass.from)},
		{GT_LIT("until"), given(h->pass.until)},
		{GT_LIT("tie"), given(h->high_tie)},
		{GT_LIT("cursor"), given(h->walk->next)},
		{GT_LIT("job"), given(h->job.id)},
	};
	if (gt_str_eq(word, GT_LIT("page")))
		*value = number(buf, size, h->walk->page);
	else if (gt_str_eq(word, GT_LIT("rows")))
		*value = number(buf, size, h->list->paging->rows);
	else if (gt_str_eq(word, GT_LIT("offset")))
		*value = number(buf, size, offset_of(h));
	else if (word.n > 7 && memcmp(word.p, "parent.", 7) == 0)
		return http_parents_field(h, gt_str(word.p + 7, word.n - 7), buf, size, value);
	else {
		size_t i = 0, n = sizeof(words) / sizeof(words[0]);
		while (i < n && !gt_str_eq(words[i].name, word))
			i++;
		if (i == n)
			return false;
		*value = words[i].value;
	}
	return true;
}

/* A path segment of dots would lead out of the path however it is escaped. */
static bool only_dots(struct gt_str s)
{
	size_t i = 0;
	while (i < s.n && s.p[i] == '.')
		i++;
	return i == s.n;
}

static bool add_quoted(struct http_text *out, struct gt_str value, enum quote quote)
{
	switch (quote) {
	case QUOTE_PATH:
		if (only_dots(value))
			return false;
		http_text_percent(out, value);
		return true;
	case QUOTE_FORM:
		http_text_percent(out, value);
		return true;
	case QUOTE_JSON:
		http_text_json(out, value);
		return true;
	case QUOTE_NONE:
		break;
	}
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return false;
	http_text_add(out, value);
	return true;
}

/* NOT: a word has no value now. BAD: one cannot stand there, or the text is too long. */
static enum filled fill(struct http *h, struct gt_str text, enum quote quote, struct http_text *out)
{
	enum filled filled = FILLED;
	for (size_t i = 0; i < text.n;) {
		char buf[HTTP_URL_MAX];
		struct gt_str value = {NULL, 0};
		const char *end = text.p[i] == '{' ? memchr(text.p + i, '}', text.n - i) : NULL;
		size_t n = end ? (size_t)(end - text.p) - i - 1 : 0;
		if (!n || n > WORD_MAX ||
			!word_value(h, gt_str(text.p + i + 1, n), buf, sizeof(buf), &value)) {
			http_text_add(out, gt_str(text.p + i++, 1));
			continue;
		}
		if (!value.p)
			filled = FILLED_NOT;
		else if (!add_quoted(out, value, quote))
			return FILLED_BAD;
		i += n + 2;
	}
	return out->cut ? FILLED_BAD : filled;
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

/* query: one parameter. Values that are JSON themselves (search={"beginTime":"{from}"}) are filled
 * as JSON. One whose words have no value now is left out. */
static bool filled_parameter(
	struct http *h, struct http_text *url, char *separator, const struct gt_pair *pair)
{
	char value[HTTP_URL_MAX] = "";
	struct http_text text = {value, 0, sizeof(value), false};
	bool json = pair->value.n > 1 &&
		    (pair->value.p[0] == '[' || memcmp(pair->value.p, "{\"", 2) == 0);
	enum filled filled = fill(h, pair->value, json ? QUOTE_JSON : QUOTE_NONE, &text);
	if (filled == FILLED)
		parameter(url, separator, pair->key, gt_str(value, text.n));
	return filled != FILLED_BAD;
}

/* A body that says which page it is takes the place of parameters. */
static bool body_pages(const struct http *h)
{
	return http_has_word(h->list->body, GT_LIT("{page}")) ||
	       http_has_word(h->list->body, GT_LIT("{offset}")) ||
	       http_has_word(h->list->body, GT_LIT("{cursor}"));
}

static void page_parameters(struct http *h, struct http_text *url, char *separator)
{
	const struct http_paging *paging = h->list->paging;
	char text[24];
	if (paging->style == HTTP_PAGE)
		parameter(url, separator, paging->page, number(text, sizeof(text), h->walk->page));
	if (paging->style == HTTP_OFFSET)
		parameter(url, separator, paging->offset, number(text, sizeof(text), offset_of(h)));
	if (paging->style == HTTP_CURSOR)
		parameter(url, separator, paging->cursor, given(h->walk->next));
	if (paging->style != HTTP_NONE)
		parameter(url, separator, paging->size, number(text, sizeof(text), paging->rows));
}

static bool page_url(struct http *h)
{
	const struct http_cursor_conf *c = &h->conf.cursor;
	char separator = '?';
	if (!http_address_of(h, h->list->path))
		return false;
	struct http_text url = {h->url, strlen(h->url), sizeof(h->url), false};
	if (memchr(h->url, '?', url.n))
		separator = '&';
	for (size_t i = 0; i < h->list->query.n; i++)
		if (!filled_parameter(h, &url, &separator, &h->list->query.v[i]))
			return false;
	if (!body_pages(h)) {
		page_parameters(h, &url, &separator);
		if (h->list == &h->own) {
			parameter(&url, &separator, c->from, given(h->pass.from));
			parameter(&url, &separator, c->until, given(h->pass.until));
		}
	}
	return !url.cut;
}

bool http_address(struct http *h)
{
	char key[HTTP_VALUE_MAX] = "";
	bool ok = true;
	if (h->list->paging->style == HTTP_NEXT && h->walk->next[0])
		http_copy(h->url, sizeof(h->url), gt_cstr(h->walk->next));
	else
		ok = page_url(h);
	if (h->list == &h->own)
		http_parents_key(h, key, sizeof(key));
	(void)snprintf(h->place, sizeof(h->place), "%s%s%s%s #%lld", h->label, key[0] ? " [" : "",
		key, key[0] ? "]" : "", (long long)h->walk->page);
	return ok;
}

bool http_address_of(struct http *h, struct gt_str path)
{
	struct http_text url = {h->url, 0, sizeof(h->url), false};
	h->url[0] = '\0';
	http_text_add(&url, h->conf.url);
	return fill(h, path, QUOTE_PATH, &url) == FILLED;
}

const char *http_body_type(const struct http *h)
{
	return h->conf.body_as ? "application/x-www-form-urlencoded" : "application/json";
}

bool http_body_of(struct http *h, struct gt_str text, struct gt_str *body, struct gt_err *err)
{
	struct http_text out = {malloc(BODY_MAX), 0, BODY_MAX, false};
	if (!out.p)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	out.p[0] = '\0';
	if (fill(h, text, h->conf.body_as ? QUOTE_FORM : QUOTE_JSON, &out) == FILLED_BAD) {
		free(out.p);
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	}
	*body = gt_str(out.p, out.n);
	return true;
}

bool http_header_value(struct http *h, struct gt_str text, char *out, size_t size)
{
	struct http_text value = {out, 0, size, false};
	out[0] = '\0';
	return fill(h, text, QUOTE_NONE, &value) == FILLED;
}
