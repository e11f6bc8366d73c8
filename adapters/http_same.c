/* http_same.c: conditional GET. Of a list that is one answer and was read whole, the source's ETag
 * and Last-Modified are kept with the flow's entries and sent the next time; 304 then means that
 * nothing changed and nothing is read. Lists of several pages are not asked for in this way: that
 * one page is what it was says nothing about the others. */
#include "http.h"

#include <stdio.h>
#include <strings.h>

#define KEY GT_LIT("http/same")

static bool applies(const struct http *h)
{
	const struct http_conf *c = &h->conf;
	bool one_answer = c->method == HTTP_GET && c->paging.style == HTTP_NONE &&
			  !http_parents_given(h) && !c->job.path.n && !h->document.reader;
	return c->conditional && one_answer && !c->cursor.field.n && !h->backfill;
}

/* What the validators belong to: another address, another list. */
static void digest_hex(struct http *h, char out[2 * HTTP_DIGEST + 1])
{
	unsigned char digest[HTTP_DIGEST];
	http_digest(h, gt_cstr(h->url), digest);
	for (size_t i = 0; i < HTTP_DIGEST; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void http_same_open(struct http *h, struct gt_str cursor)
{
	struct gt_str value = {NULL, 0};
	if (applies(h) && cursor.n && gt_host_entry(h->host, KEY, &value))
		http_copy(h->access.same, sizeof(h->access.same), value);
}

void http_same_pass(struct http *h, struct gt_batch *batch)
{
	struct http_access *a = &h->access;
	char hex[2 * HTTP_DIGEST + 1], text[sizeof(a->same)];
	if (!applies(h) || !h->pass.whole || h->status == 304)
		return;
	digest_hex(h, hex);
	(void)snprintf(text, sizeof(text), "%s\n%s\n%s", hex, a->etag, a->modified);
	if (strcmp(text, a->same) == 0)
		return;
	memcpy(a->same, text, sizeof(text));
	gt_batch_entry(batch, KEY, gt_cstr(text));
	h->progress = true;
}

bool http_same_add(struct http *h, struct gt_err *err)
{
	struct http_access *a = &h->access;
	char hex[2 * HTTP_DIGEST + 1], text[sizeof(a->same)];
	a->etag[0] = a->modified[0] = '\0';
	a->asked_same = false;
	if (!applies(h) || h->asking != HTTP_ASK_PAGE || !a->same[0] || !h->pass.whole)
		return true;
	memcpy(text, a->same, sizeof(text));
	char *etag = strchr(text, '\n'), *modified = etag ? strchr(etag + 1, '\n') : NULL;
	digest_hex(h, hex);
	if (!modified || (size_t)(etag - text) != strlen(hex) ||
		memcmp(text, hex, strlen(hex)) != 0)
		return true;
	*modified++ = '\0';
	etag++;
	a->asked_same = etag[0] || modified[0];
	return (!etag[0] ||
		       http_add_header(h, "If-None-Match", gt_str(NULL, 0), gt_cstr(etag), err)) &&
	       (!modified[0] || http_add_header(h, "If-Modified-Since", gt_str(NULL, 0),
					gt_cstr(modified), err));
}

static void take(struct gt_str line, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	if (line.n <= n || strncasecmp(line.p, name, n) != 0)
		return;
	while (n < line.n && line.p[n] == ' ')
		n++;
	bool fits = line.n - n < size && !memchr(line.p + n, '\0', line.n - n);
	http_copy(out, size, fits ? gt_str(line.p + n, line.n - n) : gt_str(NULL, 0));
}

void http_same_line(struct http *h, struct gt_str line)
{
	take(line, "etag:", h->access.etag, sizeof(h->access.etag));
	take(line, "last-modified:", h->access.modified, sizeof(h->access.modified));
}
