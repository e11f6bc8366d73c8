/* http_cursor.c: the resume position as a line of JSON: the bounds and the place of the pass under
 * way, and what the last complete pass reached. Rows of the page that were handed on before are
 * known by their digests (lib/seen.h), so a page number is all that is needed. */
#include "http.h"

#include <stdio.h>

#define REACHED_MAX (INT64_C(1) << 60) /* far beyond any calendar */

enum field {
	F_VERSION,
	F_PASS,
	F_OPEN,
	F_PAGE,
	F_PAGES,
	F_ROWS,
	F_TOTAL,
	F_SEEN,
	F_REPEATS,
	F_FROM_ORDER,
	F_UNTIL_ORDER,
	F_FROM,
	F_UNTIL,
	F_MAX,
	F_MAX_TIE,
	F_HIGH,
	F_TIE,
	F_NEXT,
	F_SKEW,
	F_TARGET,
	F_REACHED,
	F_PARENT,
	F_JOB,
	F_SINCE,
	F_DOCUMENT,
	F_AT,
	F_TAKEN,
	F_COUNT
};
static const char *const names[F_COUNT] = {"v", "pass", "open", "page", "pages", "rows", "total",
	"seen", "repeats", "from_order", "until_order", "from", "until", "max", "max_tie", "high",
	"tie", "next", "skew", "target", "reached", "parent", "job", "since", "document", "at",
	"taken"};

static void add_number(struct http_text *t, enum field f, int64_t v)
{
	char text[64];
	int n = snprintf(
		text, sizeof(text), "%s\"%s\":%lld", f ? "," : "{", names[f], (long long)v);
	http_text_add(t, gt_str(text, (size_t)n));
}

static void add_text(struct http_text *t, enum field f, const char *v)
{
	if (!v[0])
		return;
	http_text_add(t, GT_LIT(",\""));
	http_text_add(t, gt_cstr(names[f]));
	http_text_add(t, GT_LIT("\":\""));
	http_text_json(t, gt_cstr(v));
	http_text_add(t, GT_LIT("\""));
}

/* The pass under way. lost: without the link, which is too long to keep: then the list begins
 * again after a restart, and digests know its rows. */
static void add_pass(struct http *h, struct http_text *t, bool lost)
{
	const struct http_pass *p = &h->pass;
	const struct http_walk *w = &p->walk;
	char parent[HTTP_VALUE_MAX] = "";
	int64_t first = h->conf.paging.first < 0 ? 1 : h->conf.paging.first;
	add_number(t, F_PAGE, lost ? first : w->page);
	add_number(t, F_PAGES, lost ? 0 : (int64_t)w->pages);
	add_number(t, F_ROWS, lost ? 0 : (int64_t)w->rows);
	add_number(t, F_TOTAL, lost ? -1 : w->total);
	add_number(t, F_REPEATS, p->repeats);
	add_number(t, F_FROM_ORDER, p->from_order);
	add_number(t, F_UNTIL_ORDER, p->until_order);
	add_number(t, F_TARGET, p->target);
	add_text(t, F_FROM, p->from);
	add_text(t, F_UNTIL, p->until);
	add_text(t, F_MAX, p->max.given ? p->max.text : "");
	add_text(t, F_MAX_TIE, p->max_tie);
	add_text(t, F_NEXT, lost ? "" : w->next);
	http_parents_key(h, parent, sizeof(parent));
	add_text(t, F_PARENT, parent);
	add_text(t, F_JOB, h->job.id);
	if (h->job.id[0])
		add_number(t, F_SINCE, h->job.since_us);
}

static void write(struct http *h, struct http_text *t, bool lost)
{
	bool open = h->phase != HTTP_BETWEEN;
	add_number(t, F_VERSION, 1);
	add_number(t, F_PASS, (int64_t)h->pass.number);
	add_number(t, F_OPEN, open);
	add_number(t, F_SEEN, (int64_t)h->seen.n);
	if (open)
		add_pass(h, t, lost);
	add_text(t, F_HIGH, h->high.given ? h->high.text : "");
	add_text(t, F_TIE, h->high_tie);
	if (h->skew_known)
		add_number(t, F_SKEW, h->skew_us);
	if (h->reached != INT64_MIN)
		add_number(t, F_REACHED, h->reached);
	if (h->document.digest[0]) {
		add_text(t, F_DOCUMENT, h->document.digest);
		add_number(t, F_AT, h->document.partly ? (int64_t)h->document.at : -1);
		add_number(t, F_TAKEN, (int64_t)h->document.rows);
	}
	http_text_add(t, GT_LIT("}"));
}

void http_cursor_write(struct http *h, struct gt_batch *batch)
{
	char text[GT_CURSOR_MAX];
	struct http_text t = {text, 0, sizeof(text), false};
	write(h, &t, strlen(h->pass.walk.next) > HTTP_NEXT_MAX);
	if (t.cut) {
		t = (struct http_text){text, 0, sizeof(text), false};
		write(h, &t, true);
	}
	h->reached_told = h->reached;
	gt_batch_cursor(batch, gt_str(text, t.n));
}

static int64_t number(const struct gt_str *lexemes, enum field f, int64_t none)
{
	int64_t v = none;
	if (lexemes[f].p && !http_time_parse(lexemes[f], HTTP_NUMBER, 0, &v))
		return none;
	return v;
}

static void text(const struct gt_str *lexemes, enum field f, char *out, size_t size)
{
	struct gt_str s = gt_json_scalar(lexemes[f], out, size - 1);
	out[s.n] = '\0';
}

static void value(
	struct http *h, const struct gt_str *lexemes, enum field f, struct http_value *out)
{
	text(lexemes, f, out->text, sizeof(out->text));
	out->given = out->text[0] && http_time_parse(gt_cstr(out->text), h->conf.cursor.layout,
					     gt_host_zone(h->host), &out->order);
}

static void read_pass(struct http *h, const struct gt_str *lexemes)
{
	struct http_pass *p = &h->pass;
	struct http_walk *w = &p->walk;
	int64_t first = h->conf.paging.first < 0 ? 1 : h->conf.paging.first;
	w->page = number(lexemes, F_PAGE, first);
	w->pages = (uint64_t)number(lexemes, F_PAGES, 0);
	w->rows = (uint64_t)number(lexemes, F_ROWS, 0);
	w->total = number(lexemes, F_TOTAL, -1);
	w->page_count = -1;
	p->repeats = (unsigned)number(lexemes, F_REPEATS, 0);
	p->from_order = number(lexemes, F_FROM_ORDER, INT64_MIN);
	p->until_order = number(lexemes, F_UNTIL_ORDER, INT64_MAX);
	p->target = number(lexemes, F_TARGET, h->backfill ? INT64_MAX : p->until_order);
	text(lexemes, F_FROM, p->from, sizeof(p->from));
	text(lexemes, F_UNTIL, p->until, sizeof(p->until));
	text(lexemes, F_NEXT, w->next, sizeof(w->next));
	value(h, lexemes, F_MAX, &p->max);
	text(lexemes, F_MAX_TIE, p->max_tie, sizeof(p->max_tie));
	text(lexemes, F_PARENT, h->parents.wanted, sizeof(h->parents.wanted));
	text(lexemes, F_JOB, h->job.id, sizeof(h->job.id));
	h->job.since_us = number(lexemes, F_SINCE, 0);
	p->ours = true; /* perhaps: the next window's end asks the source's clock */
	p->changed = true;
	h->resumed = true;
	h->phase = HTTP_ASK;
	http_pass_resume(h);
}

static bool load_seen(struct http *h, size_t count)
{
	/* Not behind what has been read. */
	int64_t order = h->pass.until_order;
	if (h->phase == HTTP_BETWEEN)
		order = h->high.given ? h->high.order : INT64_MAX;
	return gt_seen_load(&h->seen, h->host, count, order);
}

bool http_cursor_read(struct http *h, struct gt_str cursor, struct gt_err *err)
{
	struct gt_str paths[F_COUNT], lexemes[F_COUNT];
	struct http_pass *p = &h->pass;
	for (int i = 0; i < F_COUNT; i++)
		paths[i] = gt_cstr(names[i]);
	h->phase = HTTP_BETWEEN;
	h->seen.timed = true;
	/* A backfill has entries of its own, which go when it ends. */
	h->seen.entries = h->backfill ? "back" : "seen";
	if (!cursor.n)
		return true;
	if (!gt_json_find(cursor, paths, F_COUNT, lexemes, NULL) ||
		number(lexemes, F_VERSION, 0) != 1)
		return gt_fail(err, GT_E_HTTP_CURSOR);
	value(h, lexemes, F_HIGH, &h->high);
	text(lexemes, F_TIE, h->high_tie, sizeof(h->high_tie));
	p->number = (uint64_t)number(lexemes, F_PASS, 0);
	h->skew_known = lexemes[F_SKEW].p != NULL;
	h->skew_us = number(lexemes, F_SKEW, 0);
	h->reached = h->reached_told = number(lexemes, F_REACHED, INT64_MIN);
	if (h->reached < -REACHED_MAX || h->reached > REACHED_MAX)
		h->reached = INT64_MIN;
	text(lexemes, F_DOCUMENT, h->document.digest, sizeof(h->document.digest));
	int64_t at = number(lexemes, F_AT, -1);
	h->document.partly = at >= 0;
	h->document.at = at >= 0 ? (uint64_t)at : 0;
	h->document.rows = (uint64_t)number(lexemes, F_TAKEN, 0);
	if (number(lexemes, F_OPEN, 0))
		read_pass(h, lexemes);
	int64_t seen = number(lexemes, F_SEEN, 0);
	if (seen < 0 || !load_seen(h, (size_t)seen)) {
		struct gt_err note;
		(void)gt_fail(&note, GT_E_HTTP_SEEN_LOST);
		gt_host_note(h->host, &note);
	}
	return true;
}
