/* http_link.c: what an answer says about the next page: a link, or a cursor. */
#include "http.h"

#include <strings.h>

bool http_circle(struct http_circle *circle, const unsigned char digest[HTTP_DIGEST])
{
	if (circle->lap && memcmp(circle->mark, digest, HTTP_DIGEST) == 0)
		return true;
	/* The mark moves on after 1, 2, 4, 8 … steps: any circle is met within two rounds of it. */
	if (circle->steps == circle->lap) {
		memcpy(circle->mark, digest, HTTP_DIGEST);
		circle->lap = circle->lap ? circle->lap * 2 : 1;
		circle->steps = 0;
	}
	circle->steps++;
	return false;
}

/* Link: <…?page=3>; rel="next", <…>; rel="last" */
static void take_link(struct http *h, struct gt_str value)
{
	const char *p = value.p, *end = value.p + value.n;
	while (p < end) {
		const char *open = memchr(p, '<', (size_t)(end - p));
		const char *close = open ? memchr(open, '>', (size_t)(end - open)) : NULL;
		if (!close)
			return;
		const char *stop = memchr(close, '<', (size_t)(end - close));
		stop = stop ? stop : end;
		char rel[256];
		http_copy(rel, sizeof(rel), gt_str(close, (size_t)(stop - close)));
		if (strcasestr(rel, "rel=\"next\"") || strcasestr(rel, "rel=next")) {
			http_copy(h->link, sizeof(h->link),
				gt_str(open + 1, (size_t)(close - open - 1)));
			return;
		}
		p = stop;
	}
}

void http_link_header(struct http *h, struct gt_str line)
{
	struct gt_str name = h->list ? h->list->paging->next_header : gt_str(NULL, 0);
	bool own = name.n > 0;
	if (!own)
		name = GT_LIT("link");
	if (line.n <= name.n || line.p[name.n] != ':' || strncasecmp(line.p, name.p, name.n) != 0)
		return;
	struct gt_str value = gt_str(line.p + name.n + 1, line.n - name.n - 1);
	if (!own) {
		take_link(h, value);
		return;
	}
	while (value.n && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = gt_str(value.p + 1, value.n - 1);
	http_copy(h->link, sizeof(h->link), value);
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

/* Credentials go to our own server only. */
bool http_link_resolve(
	struct http *h, struct gt_str link, char *out, size_t size, struct gt_err *err)
{
	char text[HTTP_URL_MAX], *whole = NULL;
	CURLU *here = curl_url(), *there = curl_url();
	http_copy(text, sizeof(text), link);
	http_strip(h, text);
	bool ok = here && there && curl_url_set(here, CURLUPART_URL, h->url, 0) == CURLUE_OK &&
		  curl_url_set(there, CURLUPART_URL, h->url, 0) == CURLUE_OK &&
		  curl_url_set(there, CURLUPART_URL, text, 0) == CURLUE_OK &&
		  curl_url_get(there, CURLUPART_URL, &whole, 0) == CURLUE_OK &&
		  strlen(whole) < size;
	bool near = ok && same_part(here, there, CURLUPART_SCHEME) &&
		    same_part(here, there, CURLUPART_HOST) &&
		    same_part(here, there, CURLUPART_PORT);
	if (near)
		http_copy(out, size, gt_cstr(whole));
	else
		(void)gt_fail(err, GT_E_HTTP_FOREIGN_LINK, h->place, http_shown(h, text));
	curl_free(whole);
	curl_url_cleanup(here);
	curl_url_cleanup(there);
	return near;
}

/* What stands for "there is no next page" in answers: nothing, null, "", false, 0. */
static bool no_cursor(struct gt_str s)
{
	return !s.n || gt_str_eq(s, GT_LIT("false")) || gt_str_eq(s, GT_LIT("0"));
}

bool http_link_take(struct http *h, struct gt_str lexeme, struct gt_err *err)
{
	char text[HTTP_URL_MAX];
	unsigned char digest[HTTP_DIGEST];
	const struct http_paging *paging = h->list->paging;
	h->page_next[0] = '\0';
	if ((paging->style != HTTP_NEXT && paging->style != HTTP_CURSOR) || paging->last.n)
		return true;
	struct gt_str link =
		paging->next.n ? gt_json_scalar(lexeme, text, sizeof(text)) : gt_cstr(h->link);
	if (paging->style == HTTP_CURSOR ? no_cursor(link) : !link.n)
		return true;
	if (link.n >= sizeof(h->page_next) - 1)
		return gt_fail(err, GT_E_HTTP_CURSOR_LONG, h->place,
			GT_TEXT("%zu", sizeof(h->page_next) - 2));
	if (paging->style == HTTP_CURSOR)
		http_copy(h->page_next, sizeof(h->page_next), link);
	else if (!http_link_resolve(h, link, h->page_next, sizeof(h->page_next), err))
		return false;
	const char *here = paging->style == HTTP_NEXT ? h->url : h->walk->next;
	http_digest(h, gt_cstr(h->page_next), digest);
	if (strcmp(h->page_next, here) == 0 || http_circle(&h->walk->links, digest)) {
		h->page_next[0] = '\0';
		return gt_fail(err, GT_E_HTTP_NO_PROGRESS, h->place);
	}
	return true;
}
