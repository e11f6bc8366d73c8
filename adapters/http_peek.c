/* http_peek.c: what is there, for flows whose format reads the answer: the document is fetched once
 * and thrown away. An export is not started for a look: then the server and the login are tried. */
#include "http.h"

#include "lib/survey.h"

#include <errno.h>
#include <stdio.h>

#define PEEK_US (30 * 1000000)

/* False: what came is no document. */
static bool fetch(struct http *h, struct gt_err *err)
{
	int64_t deadline = gt_host_monotonic_us() + PEEK_US;
	if (!http_log_in(h, deadline, err))
		return false;
	http_pass_start(h);
	if (!http_document_ask(h, err) || !http_await(h, deadline, err))
		return false;
	return http_document_right(h, err);
}

/* Any answer of the server's tells that it is there. */
static bool knock(struct http *h, struct gt_err *err)
{
	int64_t deadline = gt_host_monotonic_us() + PEEK_US;
	if (!http_log_in(h, deadline, err))
		return false;
	h->asking = HTTP_ASK_STATE;
	http_rows_anywhere(h);
	return (http_address_of(h, gt_str(NULL, 0)) || gt_fail(err, GT_E_HTTP_URL, h->label)) &&
	       http_request_start(h, gt_str(NULL, 0), NULL, err) && http_await(h, deadline, err);
}

bool http_peek_probe(struct http *h, char *found, size_t size, struct gt_err *err)
{
	double seconds = 0;
	if (h->conf.job.poll.n ? !knock(h, err) : !fetch(h, err))
		return false;
	(void)curl_easy_getinfo(h->easy, CURLINFO_TOTAL_TIME, &seconds);
	(void)snprintf(found, size, "%ld  %llu B  %d ms  %s", h->status,
		(unsigned long long)h->document.size, (int)(seconds * 1000),
		gt_reader_format(h->document.reader));
	return true;
}

struct retold {
	struct http *h;
	gt_found_fn *sink;
	void *arg;
};

/* What a survey of files says, for a document that has no name: nothing selects it but its sheet.
 */
static bool retell(void *arg, const struct gt_found *found)
{
	struct retold *r = arg;
	struct gt_found ours = *found;
	if (gt_str_eq(found->kind, GT_LIT("file"))) {
		ours.kind = GT_LIT("document");
		ours.name = gt_cstr(r->h->label);
	}
	if (ours.select_count && gt_str_eq(ours.select[0].key, GT_LIT("pattern"))) {
		ours.select++;
		ours.select_count--;
	}
	return r->sink(r->arg, &ours);
}

bool http_peek_discover(struct http *h, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct http_document *d = &h->document;
	struct retold retold = {h, sink, arg};
	struct gt_survey survey = {
		.host = h->host, .reader = d->reader, .sink = retell, .arg = &retold};
	struct gt_found found = {.kind = GT_LIT("export"), .name = gt_cstr(h->label)};
	struct gt_err why = {GT_OK};
	if (h->conf.job.poll.n) {
		(void)sink(arg, &found);
		return true;
	}
	if (!fetch(h, err))
		return false;
	int fd = d->fd;
	d->fd = -1;
	if (gt_survey_file(&survey, fd, d->size, "document", &why))
		return true;
	if (!why.code)
		return gt_fail(err, GT_E_HTTP_SPOOL, strerror(errno));
	*err = why;
	return false;
}
