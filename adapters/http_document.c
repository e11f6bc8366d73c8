/* http_document.c: an answer that the flow's format reads: CSV, JSON lines, a workbook. It is
 * downloaded into a file without a name, then read through a window of bounded size, or at random
 * where the format wants that. The cursor names the document by its digest and says how far it was
 * read: a restart downloads it again and goes on there if it is the same. */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define ERROR_MAX 65536u /* bytes of an answer that may explain an error */

bool http_document_open(struct http *h, struct gt_err *err)
{
	struct http_document *d = &h->document;
	(void)err;
	d->fd = d->in.window.fd = -1;
	d->reader = d->in.reader = gt_host_reader(h->host);
	d->in.host = h->host;
	return true;
}

static void drop_file(struct http_document *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	gt_digest_drop(&d->sum);
}

static void done_reading(struct http *h)
{
	gt_intake_close(&h->document.in);
	bool granted = http_memory(h, 0, NULL);
	(void)granted; /* holding less is always granted */
}

void http_document_close(struct http *h)
{
	drop_file(&h->document);
	gt_intake_close(&h->document.in);
}

/* A file that no name leads to: nothing is left of it, whatever happens to us. */
static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	folder = folder && folder[0] ? folder : "/var/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	int n = snprintf(path, sizeof(path), "%s/guantong-XXXXXX", folder);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

bool http_document_ask(struct http *h, struct gt_err *err)
{
	struct http_document *d = &h->document;
	struct gt_str body = {NULL, 0};
	bool job = h->conf.job.poll.n > 0;
	h->asking = HTTP_ASK_DOCUMENT;
	if (job)
		http_copy(h->url, sizeof(h->url), gt_cstr(h->job.result));
	else if (!http_address(h))
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	http_copy(h->place, sizeof(h->place), gt_cstr(h->label));
	http_rows_anywhere(h);
	drop_file(d);
	d->size = 0;
	d->large = false;
	d->error = 0;
	d->fd = open_nameless();
	if (d->fd < 0 || !gt_digest_start(&d->sum))
		return gt_fail(err, GT_E_HTTP_SPOOL, strerror(d->fd < 0 ? errno : ENOMEM));
	if (!job && h->conf.method == HTTP_POST && !http_body_of(h, h->conf.body, &body, err))
		return false;
	bool ok = http_request_start(h, body, http_body_type(h), err);
	free((char *)(uintptr_t)body.p);
	return ok;
}

size_t http_document_write(struct http *h, const char *bytes, size_t n)
{
	struct http_document *d = &h->document;
	if (d->size + n > (uint64_t)h->conf.max_document) {
		d->large = true;
		return 0;
	}
	for (size_t at = 0; at < n;) {
		ssize_t put = write(d->fd, bytes + at, n - at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			d->error = put < 0 ? errno : EIO;
			return 0;
		}
		at += (size_t)put;
	}
	gt_digest_add(&d->sum, bytes, n);
	d->size += n;
	return n;
}

/* The beginning of the file as if it had been an ordinary answer, for what it says of an error. */
static bool recall(struct http *h, struct gt_err *err)
{
	struct http_document *d = &h->document;
	size_t n = d->size < ERROR_MAX ? (size_t)d->size : ERROR_MAX;
	http_request_drop_body(h);
	if (!n)
		return true;
	if (!http_memory(h, n, err))
		return false;
	h->body.p = malloc(n);
	if (!h->body.p)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	h->body.cap = n;
	ssize_t got = pread(d->fd, h->body.p, n, 0);
	h->body.n = got > 0 ? (size_t)got : 0;
	return true;
}

/* HTTP 200 with a business error instead of the file, as back ends do whose export failed. */
static bool json_instead(const struct http *h)
{
	return strcasestr(h->content_type, "json") &&
	       strncmp(gt_reader_format(h->document.reader), "json", 4) != 0 &&
	       h->document.size <= ERROR_MAX;
}

/* step: BAD or UNREADABLE, as of errno now. */
static enum http_next unreadable(
	struct http *h, enum gt_intake_step step, struct gt_err *why, struct gt_err *err)
{
	char sentence[512];
	if (step == GT_INTAKE_UNREADABLE)
		(void)gt_fail(why, GT_E_HTTP_SPOOL, strerror(errno));
	done_reading(h);
	if (why->class == GT_DATA)
		(void)gt_fail(err, GT_E_HTTP_DOCUMENT_BAD, h->place,
			gt_reader_format(h->document.reader),
			gt_host_sentence(why, sentence, sizeof(sentence)));
	else
		*err = *why;
	return h->job.id[0] && why->class == GT_DATA ? http_job_give_up(h) : HTTP_FAILED;
}

/* All of the document was handed on, now or earlier. */
static enum http_next finish(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	done_reading(h);
	h->document.partly = false;
	h->document.at = h->document.rows = 0;
	h->job.id[0] = '\0';
	return http_list_end(h, batch, err);
}

/* The format's view of the file, from the row on where the cursor left it. */
static enum http_next begin(struct http *h, struct gt_err *err)
{
	struct http_document *d = &h->document;
	struct gt_err why = {GT_OK};
	int fd = d->fd;
	d->fd = -1;
	if (!http_memory(h, gt_intake_holds(&d->in, d->size), err)) {
		close(fd);
		return HTTP_FAILED;
	}
	if (!gt_intake_open(&d->in, fd, d->size)) {
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return HTTP_FAILED;
	}
	enum gt_intake_step step = gt_intake_begin(
		&d->in, gt_cstr(h->place), gt_cstr(d->digest), d->at, d->rows, &why);
	if (step != GT_INTAKE_MORE)
		return unreadable(h, step, &why, err);
	d->partly = true;
	h->phase = HTTP_FEED;
	return HTTP_GO;
}

/* The file is complete: what is new in it? */
static enum http_next read_it(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	struct http_document *d = &h->document;
	char digest[GT_DIGEST_HEX];
	gt_digest_finish(&d->sum, digest);
	bool same = strcmp(digest, d->digest) == 0;
	if (same && !d->partly) {
		drop_file(d);
		return finish(h, batch, err);
	}
	if (d->partly && !same) {
		struct gt_err note;
		(void)gt_fail(&note, GT_E_HTTP_DOCUMENT_OTHER, h->place,
			GT_TEXT("%llu", (unsigned long long)d->rows));
		gt_host_note(h->host, &note);
	}
	if (!same)
		d->at = d->rows = 0;
	memcpy(d->digest, digest, sizeof(d->digest));
	return begin(h, err);
}

/* What is in the file, unless it is a document. */
static enum http_verdict judge(struct http *h, struct gt_err *err)
{
	if (h->status >= 200 && h->status <= 299 && !json_instead(h))
		return HTTP_GOOD;
	if (!recall(h, err))
		return HTTP_BAD;
	enum http_verdict verdict = http_answer(h, NULL, 0, NULL, err);
	if (verdict != HTTP_GOOD)
		return verdict;
	(void)gt_fail(err, GT_E_HTTP_DOCUMENT_BAD, h->place, gt_reader_format(h->document.reader),
		h->content_type);
	return HTTP_BAD;
}

bool http_document_right(struct http *h, struct gt_err *err)
{
	enum http_verdict verdict = judge(h, err);
	if (verdict == HTTP_EXPIRED)
		(void)gt_fail(err, GT_E_HTTP_UNAUTHORISED, h->place, GT_TEXT("%ld", h->status));
	return verdict == HTTP_GOOD;
}

enum http_next http_document_take(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	http_take_date(h);
	enum http_verdict verdict = judge(h, err);
	if (verdict == HTTP_GOOD) {
		http_auth_worked(h);
		gt_batch_total(batch, "bytes", (int64_t)h->document.size);
		return read_it(h, batch, err);
	}
	drop_file(&h->document);
	if (verdict == HTTP_BAD && h->job.id[0] && h->status >= 400 && h->status < 500) {
		(void)gt_fail(
			err, GT_E_HTTP_JOB_FAILED, h->label, h->job.id, GT_TEXT("%ld", h->status));
		return http_job_give_up(h);
	}
	return http_refused(h, verdict, err);
}

enum http_next http_document_feed(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct http_document *d = &h->document;
	gt_batch_document(batch, &d->in.document);
	for (;;) {
		struct gt_err why = {GT_OK};
		enum gt_intake_step step = gt_intake_rows(&d->in, batch, &why);
		if (step == GT_INTAKE_BAD || step == GT_INTAKE_UNREADABLE)
			return unreadable(h, step, &why, err);
		d->at = d->in.position;
		d->rows = d->in.rows;
		h->pass.changed = h->progress = true;
		if (step == GT_INTAKE_DONE)
			return finish(h, batch, err);
		if (step == GT_INTAKE_FULL || h->interrupted ||
			gt_host_monotonic_us() > limits->deadline_us)
			return HTTP_FULL;
	}
}
