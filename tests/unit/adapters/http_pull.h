/* http_pull.h: an HTTP server that a test writes, the http adapter on it, and what it published;
 * and a server that answers by a list of rules and keeps what it was asked. */
#ifndef TESTS_HTTP_PULL_H
#define TESTS_HTTP_PULL_H

#include "harness.h"
#include "server.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>

extern const struct gt_adapter guantong_adapter_http;
static const char *const pull_fields[] = {"id", "t", NULL};

/* A pull from one server. */
struct pull {
	struct server *server;
	struct world world;
	struct harness h;
	char options[4096];
	struct step last;
	bool open;
};

static inline void pull_start(struct pull *p, answer_fn *answer, void *arg, const char *options)
{
	*p = (struct pull){.server = server_start(answer, arg, 0)};
	snprintf(p->options, sizeof p->options, "url: http://127.0.0.1:%u\npath: /list\n%s",
		server_port(p->server), options);
}

static inline void pull_close(struct pull *p)
{
	if (p->open)
		harness_close(&p->h);
	p->open = false;
}

static inline void pull_end(struct pull *p)
{
	pull_close(p);
	server_stop(p->server);
	world_free(&p->world);
}

/* As after a restart or an error: from the last cursor. */
static inline void pull_reopen(struct pull *p)
{
	struct gt_err err = {0};
	char text[1024];
	struct step last = p->last;
	pull_close(p);
	harness_init(&p->h, &p->world, &guantong_adapter_http, NULL, p->options, NULL, pull_fields);
	p->open = true;
	ck_assert_msg(harness_open(&p->h, gt_str(last.cursor, last.cursor_len), &err), "%s",
		gt_err_text(&err, text, sizeof text));
}

static inline enum gt_poll pull_once(struct pull *p, struct gt_limits limits, struct gt_err *err)
{
	if (!p->open)
		pull_reopen(p);
	struct step step = harness_poll(&p->h, limits, err);
	if (step.cursor_set)
		p->last = step;
	if (step.result == GT_POLL_WAIT)
		harness_wait(&p->h);
	return step.result;
}

/* Polls to the end of a pass or to an error. */
static inline enum gt_poll pull_pass(struct pull *p, struct gt_err *err)
{
	enum gt_poll result = GT_POLL_MORE;
	*err = (struct gt_err){GT_OK};
	while (result == GT_POLL_MORE || result == GT_POLL_WAIT)
		result = pull_once(p, harness_limits, err);
	if (result == GT_POLL_ERROR)
		pull_close(p);
	return result;
}

static inline void pull_ok(struct pull *p)
{
	struct gt_err err;
	char text[1024];
	ck_assert_msg(
		pull_pass(p, &err) == GT_POLL_IDLE, "%s", gt_err_text(&err, text, sizeof text));
}

static inline void pull_fails(struct pull *p, enum gt_code code, enum gt_class class)
{
	struct gt_err err;
	char text[1024];
	ck_assert_int_eq(pull_pass(p, &err), GT_POLL_ERROR);
	ck_assert_msg(err.code == code, "%s", gt_err_text(&err, text, sizeof text));
	ck_assert_int_eq(err.class, class);
}

/* ---- a server by rules */

struct rule {
	const char *path; /* what the target begins with; NULL ends the list */
	int status;       /* 0 = 200 */
	const char *extra, *body, *type;
	int times; /* it holds for so many requests, then the next rule of this path; 0 = for ever
		    */
};

struct play {
	const struct rule *rules;
	int used[16];
	struct {
		char method[8], target[1024], headers[2048], body[1024];
	} log[64];
	_Atomic unsigned n;
};

#define PLAY_LIST "{\"code\":200,\"total\":1,\"rows\":[{\"id\":\"a\"}]}"

static inline void play_rules(void *arg, struct request *r)
{
	struct play *p = arg;
	ck_assert_uint_lt(p->n, 64);
	snprintf(p->log[p->n].method, 8, "%s", r->method);
	snprintf(p->log[p->n].target, 1024, "%.1023s", r->target);
	snprintf(p->log[p->n].headers, 2048, "%.2047s", r->headers);
	snprintf(p->log[p->n].body, 1024, "%.1023s", r->body);
	p->n++;
	r->hang_up = true; /* the server has one connection, and some tests several clients */
	for (int i = 0; p->rules[i].path; i++) {
		const struct rule *rule = &p->rules[i];
		if (strncmp(r->target, rule->path, strlen(rule->path)) != 0 ||
			(rule->times && p->used[i] >= rule->times))
			continue;
		char extra[1024];
		snprintf(extra, sizeof extra, "Connection: close\r\n%s",
			rule->extra ? rule->extra : "");
		p->used[i]++;
		send_answer(r, rule->status ? rule->status : 200,
			rule->type ? rule->type : "application/json", extra,
			gt_cstr(rule->body ? rule->body : ""));
		return;
	}
	send_answer(r, 200, "application/json", "Connection: close\r\n", GT_LIT(PLAY_LIST));
}

/* Requests whose target begins so. */
static inline unsigned play_count(const struct play *p, const char *path)
{
	unsigned n = 0;
	for (unsigned i = 0; i < p->n; i++)
		n += strncmp(p->log[i].target, path, strlen(path)) == 0;
	return n;
}

#endif
