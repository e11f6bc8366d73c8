/* http_window.c: passes and their bounds. A pass reads from where the last one ended, less the
 * lookback, to the source's own now, less the delay; with step: in windows, each read to its end
 * before the next. A backfill reads one given range, once. */
#include "http.h"

#define SECOND INT64_C(1000000)

static bool reads_bounds(const struct http *h)
{
	static const char *const words[] = {"{from}", "{until}"};
	const struct http_cursor_conf *c = &h->conf.cursor;
	bool found = c->from.n || c->until.n;
	for (size_t i = 0; i < 2; i++) {
		struct gt_str word = gt_cstr(words[i]);
		found = found || http_has_word(h->conf.body, word) ||
			http_has_word(h->conf.path, word) ||
			http_has_word(h->conf.job.body, word) ||
			http_has_word(h->conf.job.path, word);
		for (size_t k = 0; k < h->conf.query.n; k++)
			found = found || http_has_word(h->conf.query.v[k].value, word);
	}
	return found;
}

static bool parse_edge(const struct http *h, struct gt_str text, int64_t *order)
{
	int layout = h->conf.cursor.layout, zone = gt_host_zone(h->host);
	if (layout == HTTP_NUMBER)
		return http_time_parse(text, layout, zone, order);
	return http_time_parse(text, HTTP_ISO, zone, order) ||
	       http_time_parse(text, layout, zone, order);
}

static bool open_backfill(
	struct http *h, struct gt_str from, struct gt_str until, struct gt_err *err)
{
	h->backfill = true;
	h->start = INT64_MIN;
	h->backfill_until = INT64_MAX;
	if (!h->conf.cursor.field.n || h->document.reader)
		return gt_fail(err, GT_E_HTTP_RANGE, h->label);
	if (from.n && !parse_edge(h, from, &h->start))
		return gt_fail(err, GT_E_HTTP_START, GT_TEXT("%.*s", GT_STR_ARGS(from)));
	if (until.n && !parse_edge(h, until, &h->backfill_until))
		return gt_fail(err, GT_E_HTTP_START, GT_TEXT("%.*s", GT_STR_ARGS(until)));
	return true;
}

bool http_window_open(struct http *h, struct gt_err *err)
{
	const struct http_cursor_conf *c = &h->conf.cursor;
	struct gt_str from = {NULL, 0}, until = {NULL, 0};
	bool filters = reads_bounds(h);
	h->start = h->reached = h->reached_told = INT64_MIN;
	h->bounded = c->field.n || (h->document.reader && filters);
	if (c->bounds.n && !http_time_pattern(c->bounds))
		return gt_fail(err, GT_E_HTTP_PATTERN, GT_TEXT("%.*s", GT_STR_ARGS(c->bounds)));
	if (c->start.n && !parse_edge(h, c->start, &h->start))
		return gt_fail(err, GT_E_HTTP_START, GT_TEXT("%.*s", GT_STR_ARGS(c->start)));
	if (c->step && (!c->start.n || !filters || !h->bounded || c->layout == HTTP_NUMBER))
		return gt_fail(err, GT_E_HTTP_STEP, h->label);
	return !gt_host_range(h->host, &from, &until) || open_backfill(h, from, until, err);
}

static int64_t lookback(const struct http *h)
{
	const struct http_cursor_conf *c = &h->conf.cursor;
	return c->layout == HTTP_NUMBER || h->backfill ? 0 : c->lookback * 1000;
}

static void write_edge(const struct http *h, int64_t order, char *out, size_t size)
{
	const struct http_cursor_conf *c = &h->conf.cursor;
	int zone = gt_host_zone(h->host);
	if (c->bounds.n)
		http_time_format(order, c->bounds, zone, out, size);
	else
		http_time_write(order, c->layout, zone, out, size);
}

static int64_t source_now(const struct http *h)
{
	return gt_host_wall_us() + (h->skew_known ? h->skew_us : 0);
}

static void set_target(struct http *h)
{
	struct http_pass *p = &h->pass;
	const struct http_cursor_conf *c = &h->conf.cursor;
	p->target = INT64_MAX;
	if (h->backfill)
		p->target = h->backfill_until;
	else if (c->layout != HTTP_NUMBER && (h->skew_known || c->step))
		/* The source's now, not ours; before its first answer there is none: then
		 * everything is taken, or, in windows, what is past by our clock. */
		p->target = source_now(h) - c->delay * 1000;
	p->ours = !h->skew_known;
}

static int64_t pass_from(const struct http *h)
{
	int64_t from = INT64_MIN, back = lookback(h);
	if (h->high.given)
		from = h->high.order - back;
	if (h->reached != INT64_MIN && h->reached - back > from)
		from = h->reached - back;
	return from > h->start ? from : h->start;
}

/* Bounds from `from` on, at most `width` wide where there are windows. */
static void set_window(struct http *h, int64_t from, int64_t width)
{
	struct http_pass *p = &h->pass;
	const struct http_cursor_conf *c = &h->conf.cursor;
	int64_t end = p->target;
	if (c->step && from != INT64_MIN && end > from && end - from > width)
		end = http_time_floor(from + width, c->layout, gt_host_zone(h->host));
	if (end <= from && from != INT64_MIN)
		end = p->target;
	p->from[0] = p->until[0] = '\0';
	p->from_order = from;
	p->until_order = end;
	if (from != INT64_MIN)
		write_edge(h, from, p->from, sizeof(p->from));
	if (end != INT64_MAX)
		write_edge(h, end, p->until, sizeof(p->until));
	if (h->backfill && end == p->target && end != INT64_MAX)
		p->until_order = end - 1; /* its end is outside */
}

static void ask_first(struct http *h)
{
	h->phase = HTTP_ASK;
	h->to_ask = HTTP_ASK_PAGE;
	if (h->document.reader)
		h->to_ask = !h->conf.job.poll.n ? HTTP_ASK_DOCUMENT
			    : h->job.id[0]      ? HTTP_ASK_STATE
						: HTTP_ASK_JOB;
}

static void start_list(struct http *h)
{
	h->pass.repeats = 0;
	http_walk_start(&h->pass.walk, &h->conf.paging);
	ask_first(h);
}

void http_pass_resume(struct http *h)
{
	ask_first(h);
	http_parents_start(h);
}

void http_pass_start(struct http *h)
{
	struct http_pass *p = &h->pass;
	*p = (struct http_pass){.number = p->number + 1,
		.from_order = INT64_MIN,
		.until_order = INT64_MAX,
		.target = INT64_MAX,
		.whole = true};
	gt_seen_begin(&h->seen);
	start_list(h);
	http_parents_start(h);
	if (!h->bounded)
		return;
	set_target(h);
	set_window(h, pass_from(h), h->conf.cursor.step * 1000);
}

/* ---- results that a source cuts off */

bool http_window_full(const struct http *h)
{
	int64_t max = h->conf.cursor.max_rows;
	return max && h->list == &h->own &&
	       (h->walk->total >= max || h->walk->rows >= (uint64_t)max);
}

enum http_next http_window_halve(struct http *h, struct gt_err *err)
{
	struct http_pass *p = &h->pass;
	struct gt_err note;
	int64_t least = h->conf.cursor.layout == HTTP_DATE ? 86400 * SECOND : SECOND;
	int64_t width = p->from_order == INT64_MIN || p->until_order == INT64_MAX
				? 0
				: (p->until_order - p->from_order) / 2;
	if (!h->conf.cursor.step || width < least) {
		(void)gt_fail(err, GT_E_HTTP_WINDOW_FULL, h->label, p->from, p->until,
			GT_TEXT("%lld", (long long)h->conf.cursor.max_rows));
		return HTTP_FAILED;
	}
	(void)gt_fail(&note, GT_E_HTTP_WINDOW_HALVED, h->label, p->from, p->until);
	gt_host_note(h->host, &note);
	set_window(h, p->from_order, width);
	http_parents_first(h);
	start_list(h);
	return HTTP_GO;
}

void http_window_spare(struct http *h)
{
	if (!h->bounded || !h->pass.max.given || h->seen.n < (size_t)h->conf.remember / 2)
		return;
	gt_seen_forget(&h->seen, h->pass.max.order - lookback(h), h->page_seen);
	h->page_seen = h->seen.n;
}

/* ---- the end of a list, of a window, of a pass */

static void note_drift(struct http *h)
{
	struct gt_err note;
	(void)gt_fail(&note, GT_E_HTTP_TOTAL_DRIFT, h->label,
		GT_TEXT("%lld", (long long)h->walk->total),
		GT_TEXT("%llu", (unsigned long long)h->walk->rows));
	gt_host_note(h->host, &note);
}

/* Rows that moved between pages while the list was read may have been missed: an incremental flow,
 * which would go past them, reads the same window again. */
static bool read_again(struct http *h)
{
	struct http_pass *p = &h->pass;
	const struct http_walk *w = h->walk;
	bool drift = w->total >= 0 && (w->drift || w->rows != (uint64_t)w->total);
	if (drift)
		note_drift(h);
	if (!drift || !h->conf.cursor.field.n || p->repeats >= HTTP_REPEATS_MAX)
		return false;
	p->repeats++;
	http_walk_start(h->walk, h->list->paging);
	h->phase = HTTP_ASK;
	return true;
}

static bool next_window(struct http *h)
{
	struct http_pass *p = &h->pass;
	const struct http_cursor_conf *c = &h->conf.cursor;
	int64_t from = p->until_order, step = c->step * 1000;
	if (!step || from == INT64_MAX || p->from_order == INT64_MIN ||
		from >= p->target - h->backfill)
		return false;
	int64_t width = 2 * (from - p->from_order);
	if (p->ours && h->skew_known)
		set_target(h);
	if (from >= p->target)
		return false;
	gt_seen_forget(&h->seen, from - lookback(h), h->seen.n);
	set_window(h, from, width < step ? width : step);
	http_parents_first(h);
	start_list(h);
	p->changed = h->progress = true;
	return true;
}

/* How far everything was read, where rows alone don't tell it. */
static void reach(struct http *h)
{
	struct http_pass *p = &h->pass;
	const struct http_cursor_conf *c = &h->conf.cursor;
	if ((!c->step && !h->document.reader) || p->until_order == INT64_MAX || !h->bounded)
		return;
	/* Never beyond the source's own now: ours may be ahead of it. */
	int64_t now = source_now(h) - c->delay * 1000;
	h->reached = p->until_order < now ? p->until_order : now;
	/* A position that moves with the clock alone is not worth a cursor each time. */
	if (h->reached_told == INT64_MIN || h->reached - h->reached_told >= c->step * 1000)
		p->changed = true;
}

static enum http_next pass_end(struct http *h)
{
	struct http_pass *p = &h->pass;
	http_parents_told(h);
	if (p->max.given && (!h->high.given || p->max.order >= h->high.order)) {
		p->changed = p->changed || strcmp(h->high.text, p->max.text) != 0 ||
			     strcmp(h->high_tie, p->max_tie) != 0;
		h->high = p->max;
		memcpy(h->high_tie, p->max_tie, sizeof(h->high_tie));
	}
	reach(h);
	/* With bounds the pass shows all that can come again; a stale digest is harmless then. */
	if (p->whole)
		gt_seen_end(&h->seen, h->conf.cursor.field.n == 0);
	if (h->bounded)
		gt_seen_forget(&h->seen, pass_from(h), h->seen.n);
	if (h->backfill)
		gt_seen_cut(&h->seen, 0);
	p->changed = p->changed || gt_seen_unsaved(&h->seen);
	h->progress = h->progress || p->changed;
	http_walk_start(&p->walk, &h->conf.paging);
	h->phase = HTTP_BETWEEN;
	return h->backfill ? HTTP_OVER : HTTP_CAUGHT;
}

enum http_next http_list_end(struct http *h, struct gt_batch *batch, struct gt_err *err)
{
	(void)batch;
	(void)err;
	if (h->list == &h->parent_list) {
		if (read_again(h)) {
			http_parents_empty(&h->parents);
			return HTTP_GO;
		}
		if (!http_parents_ready(h))
			return pass_end(h);
		h->phase = HTTP_ASK;
		return HTTP_GO;
	}
	if (read_again(h))
		return HTTP_GO;
	if (http_parents_next(h)) {
		start_list(h);
		return HTTP_GO;
	}
	return next_window(h) ? HTTP_GO : pass_end(h);
}
