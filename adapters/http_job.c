/* http_job.c: an export that the source prepares: it is asked for, its state is asked for until it
 * is ready, then its file is fetched. The number of the export is in the cursor, so that a restart
 * waits for the same one. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

bool http_job_open(struct http *h, struct gt_err *err)
{
	const struct http_job_conf *j = &h->conf.job;
	if (!j->poll.n && !j->path.n)
		return true;
	if (!h->document.reader)
		return gt_fail(err, GT_E_FORMAT_NEEDED, "http");
	return (j->poll.n && j->path.n && (j->result.n || j->download.n)) ||
	       gt_fail(err, GT_E_HTTP_JOB, h->label);
}

static void place(struct http *h, const char *what)
{
	http_rows_anywhere(h);
	(void)snprintf(h->place, sizeof(h->place), "%s %s", h->label, what);
}

bool http_job_ask(struct http *h, struct gt_err *err)
{
	const struct http_job_conf *j = &h->conf.job;
	struct gt_str body = {NULL, 0};
	h->asking = HTTP_ASK_JOB;
	place(h, "(export)");
	if (!http_address_of(h, j->path))
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	if (j->method == HTTP_POST && !http_body_of(h, j->body, &body, err))
		return false;
	bool ok = http_request_start(h, body, http_body_type(h), err);
	free((char *)(uintptr_t)body.p);
	return ok;
}

static void come_back(struct http *h)
{
	h->to_ask = HTTP_ASK_STATE;
	h->phase = HTTP_ASK;
	h->pause_us = gt_host_monotonic_us() + h->conf.job.interval * 1000;
}

enum http_next http_job_give_up(struct http *h)
{
	h->job.id[0] = '\0';
	h->to_ask = HTTP_ASK_JOB;
	h->progress = true; /* the cursor must no longer name it */
	return HTTP_FAILED;
}

enum http_next http_job_take(struct http *h, struct gt_err *err)
{
	struct gt_str lexeme = {NULL, 0};
	char text[HTTP_JOB_MAX];
	http_take_date(h);
	enum http_verdict verdict = http_answer(h, &h->conf.job.id, 1, &lexeme, err);
	if (verdict != HTTP_GOOD)
		return http_refused(h, verdict, err);
	http_auth_worked(h);
	struct gt_str id = gt_json_scalar(lexeme, text, sizeof(text));
	bool good = id.n && id.n < sizeof(h->job.id);
	for (size_t i = 0; good && i < id.n; i++)
		good = (unsigned char)id.p[i] >= 0x20 && id.p[i] != 0x7f;
	if (!good) {
		(void)gt_fail(err, GT_E_HTTP_JOB_ID, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(h->conf.job.id)));
		return HTTP_FAILED;
	}
	http_copy(h->job.id, sizeof(h->job.id), id);
	h->job.since_us = gt_host_wall_us();
	h->progress = true;
	come_back(h);
	return HTTP_GO;
}

bool http_state_ask(struct http *h, struct gt_err *err)
{
	h->asking = HTTP_ASK_STATE;
	place(h, h->job.id);
	if (!http_address_of(h, h->conf.job.poll))
		return gt_fail(err, GT_E_HTTP_URL, h->label);
	return http_request_start(h, gt_str(NULL, 0), NULL, err);
}

static bool one_of(const struct gt_texts *words, struct gt_str s)
{
	for (size_t i = 0; i < words->n; i++)
		if (gt_str_eq(words->v[i], s))
			return true;
	return false;
}

static bool find_result(struct http *h, struct gt_str lexeme, struct gt_err *err)
{
	char text[HTTP_URL_MAX];
	struct gt_str link = gt_json_scalar(lexeme, text, sizeof(text));
	if (!h->conf.job.result.n) {
		if (!http_address_of(h, h->conf.job.download))
			return gt_fail(err, GT_E_HTTP_URL, h->label);
		http_copy(h->job.result, sizeof(h->job.result), gt_cstr(h->url));
		return true;
	}
	if (!link.n || link.n >= sizeof(text))
		return gt_fail(err, GT_E_HTTP_JOB_RESULT, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(h->conf.job.result)));
	return http_link_resolve(h, link, h->job.result, sizeof(h->job.result), err);
}

enum http_next http_state_take(struct http *h, struct gt_err *err)
{
	const struct http_job_conf *j = &h->conf.job;
	const struct gt_str paths[2] = {j->status, j->result};
	struct gt_str lexemes[2] = {{NULL, 0}};
	char text[128];
	enum http_verdict verdict = http_answer(h, paths, 2, lexemes, err);
	if (verdict == HTTP_BAD && h->status == 404) {
		(void)gt_fail(err, GT_E_HTTP_JOB_FAILED, h->label, h->job.id, "404");
		return http_job_give_up(h);
	}
	if (verdict != HTTP_GOOD)
		return http_refused(h, verdict, err);
	http_auth_worked(h);
	struct gt_str state = gt_json_scalar(lexemes[0], text, sizeof(text));
	if (one_of(&j->ready, state)) {
		if (!find_result(h, lexemes[1], err))
			return HTTP_FAILED;
		h->to_ask = HTTP_ASK_DOCUMENT;
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	if (one_of(&j->failed, state)) {
		(void)gt_fail(err, GT_E_HTTP_JOB_FAILED, h->label, h->job.id,
			GT_TEXT("%.*s", GT_STR_ARGS(state)));
		return http_job_give_up(h);
	}
	if (gt_host_wall_us() - h->job.since_us > j->deadline * 1000) {
		(void)gt_fail(err, GT_E_HTTP_JOB_LATE, h->label, h->job.id,
			GT_TEXT("%lld", (long long)(j->deadline / 1000)),
			GT_TEXT("%.*s", GT_STR_ARGS(state)));
		return http_job_give_up(h);
	}
	come_back(h);
	return HTTP_GO;
}
