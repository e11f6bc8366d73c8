/* backfill.c: reading a range of a source again. The backfill takes turns with the flow's ordinary
 * passes: it runs while the flow has caught up, and gives way when the next pass is due and it has
 * had its slice. One instance of the adapter at a time, opened anew at each change, when nothing is
 * in flight: so order and numbers stay those of one flow. Where it stands is two entries of the
 * flow, written with its batches: what was committed is never read again, whatever ends the
 * process. */
#include "flow_internal.h"

#include "civil.h"
#include "json_read.h"
#include "json_write.h"
#include "options.h"

#include <inttypes.h>
#include <stdlib.h>

#define SLICE_US 5000000
#define RETRY_FIRST_US INT64_C(1000000)
#define RETRY_MOST_US INT64_C(300000000)

static bool is_number(struct gt_str s)
{
	size_t at = s.n > 1 && s.p[0] == '-', digits = 0, points = 0;

	for (; at < s.n; at++) {
		digits += s.p[at] >= '0' && s.p[at] <= '9';
		points += s.p[at] == '.';
	}
	return digits > 0 && points <= 1 && digits + points + (s.p[0] == '-') == s.n;
}

/* The next number of exactly so many digits behind the separator; false: something else. */
static bool part(struct gt_str *rest, char separator, size_t digits, int *value)
{
	size_t skip = separator != '\0';
	int64_t v;

	if (rest->n < skip + digits || (skip && rest->p[0] != separator))
		return false;
	for (size_t i = 0; i < digits; i++)
		if (rest->p[skip + i] < '0' || rest->p[skip + i] > '9')
			return false;
	if (!gt_parse_int(gt_str(rest->p + skip, digits), &v))
		return false;
	*value = (int)v;
	*rest = gt_str(rest->p + skip + digits, rest->n - skip - digits);
	return true;
}

/* 2024-01, 2024-01-31, 2024-01-31 08:00, 2024-01-31T08:00:00, the latter with a zone, too. */
static bool read_time(struct gt_str s, int zone_minutes, int64_t *us)
{
	struct gt_civil c = {.day = 1};

	if (!part(&s, '\0', 4, &c.year) || !part(&s, '-', 2, &c.month))
		return false;
	if (s.n > 0 && !part(&s, '-', 2, &c.day))
		return false;
	if (s.n > 0 && (s.p[0] == ' ' || s.p[0] == 'T')) {
		if (!part(&s, s.p[0], 2, &c.hour) || !part(&s, ':', 2, &c.minute))
			return false;
		if (s.n > 0 && s.p[0] == ':' && !part(&s, ':', 2, &c.second))
			return false;
		if (s.n > 0 && !gt_parse_zone(s, &zone_minutes))
			return false;
		s.n = 0;
	}
	if (s.n > 0 || !gt_civil_valid(&c))
		return false;
	*us = gt_civil_to_us(&c, zone_minutes);
	return true;
}

struct bound {
	bool open, time;
	int64_t value;
};

static bool read_bound(struct gt_str s, int zone_minutes, char out[GT_BOUND_MAX + 1],
	struct bound *bound, struct gt_err *err)
{
	*bound = (struct bound){.open = s.n == 0};
	out[0] = '\0';
	if (s.n == 0)
		return true;
	bound->time = read_time(s, zone_minutes, &bound->value);
	if (!bound->time && (s.n > GT_BOUND_MAX || !is_number(s)))
		return gt_fail(err, GT_E_BACKFILL_BOUND, GT_TEXT("%.*s", GT_STR_ARGS(s)));
	if (bound->time) {
		out[gt_time_write(out, bound->value, zone_minutes, GT_SECOND)] = '\0';
		return true;
	}
	bound->open = !gt_parse_int(s, &bound->value); /* not to be compared here */
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

bool gt_backfill_bounds(struct gt_str from, struct gt_str until, int zone_minutes,
	struct gt_backfill *back, struct gt_err *err)
{
	struct bound a, b;

	if (!read_bound(from, zone_minutes, back->from, &a, err) ||
		!read_bound(until, zone_minutes, back->until, &b, err))
		return false;
	if (from.n == 0 && until.n == 0)
		return gt_fail(err, GT_E_BACKFILL_BOUND, "");
	if (a.open || b.open || (a.time == b.time && a.value < b.value))
		return true;
	return gt_fail(err, GT_E_BACKFILL_ORDER, back->from, back->until);
}

void gt_backfill_write(const struct gt_backfill *back, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"backfill\":1,\"from\":");
	gt_json_add_text(out, gt_cstr(back->from));
	gt_buf_adds(out, ",\"until\":");
	gt_json_add_text(out, gt_cstr(back->until));
	gt_buf_addf(out, ",\"rows\":%" PRIu64 "}", back->rows);
}

static bool parse(struct gt_str value, struct gt_backfill *back)
{
	struct gt_err ignored;
	json_t *root = gt_json_load(value, &ignored);
	struct gt_str from = gt_json_member(root, "from"), until = gt_json_member(root, "until");
	int64_t rows = gt_json_int(root, "rows", -1);
	bool good = root && gt_json_int(root, "backfill", 0) == 1 && from.n <= GT_BOUND_MAX &&
		    until.n <= GT_BOUND_MAX && rows >= 0;

	if (good) {
		*back = (struct gt_backfill){.rows = (uint64_t)rows};
		if (from.n > 0)
			memcpy(back->from, from.p, from.n);
		if (until.n > 0)
			memcpy(back->until, until.p, until.n);
	}
	json_decref(root);
	return good;
}

bool gt_backfill_load(const struct gt_flow *flow, struct gt_position *position)
{
	const struct gt_state *state = flow->slot->state;
	struct gt_buf value;
	bool there;

	gt_buf_init(&value, 2 * GT_CURSOR_MAX);
	there = gt_state_entry(state, flow->name, GT_LIT(GT_BACK_KEY), &value) &&
		parse(gt_buf_str(&value), &position->back);
	position->back_len = 0;
	if (there && gt_state_entry(state, flow->name, GT_LIT(GT_BACK_CURSOR_KEY), &value) &&
		value.n <= GT_CURSOR_MAX) {
		memcpy(position->back_cursor, value.p, value.n);
		position->back_len = value.n;
	}
	gt_buf_fini(&value);
	return there;
}

static bool wanted(const struct gt_flow *flow, int64_t now_us)
{
	bool goes_on = flow->back && !flow->back_stop && !flow->back_over &&
		       flow->back_write != GT_BACK_START;
	bool slice = flow->ranged && now_us < flow->slice_until_us;

	return goes_on && flow->failures == 0 && now_us >= flow->back_due_us &&
	       (now_us < flow->ordinary_due_us || slice);
}

void gt_backfill_choose(struct gt_flow *flow, int64_t now_us)
{
	bool want = wanted(flow, now_us);

	if (want == flow->ranged)
		return;
	flow->ranged = want;
	flow->reopen = true;
	flow->slice_until_us = now_us + SLICE_US;
}

int64_t gt_backfill_due(const struct gt_flow *flow, int64_t ordinary_us)
{
	bool goes_on = flow->back && !flow->back_stop && !flow->back_over &&
		       flow->back_write != GT_BACK_START;

	return goes_on && flow->back_due_us < ordinary_us ? flow->back_due_us : ordinary_us;
}

void gt_backfill_advance(struct gt_flow *flow, struct gt_batch *batch, bool over)
{
	struct gt_position *p = flow->position;
	struct gt_str cursor = gt_batch_cursor_get(batch);
	bool moved = batch->cursor_set && !gt_str_eq(cursor, gt_str(p->back_cursor, p->back_len));
	struct gt_buf text;

	/* A batch that takes no more rows takes these: rows leave most of the arena to the host. */
	batch->full = false;
	batch->entry_count =
		0; /* what the adapter notes here would not be true of ordinary passes */
	p->back.rows += batch->row_count;
	if (moved) {
		if (cursor.n > 0)
			memcpy(p->back_cursor, cursor.p, cursor.n);
		p->back_len = cursor.n;
	}
	if (over) {
		gt_batch_entry(batch, GT_LIT(GT_BACK_KEY), (struct gt_str){0});
		gt_batch_entry(batch, GT_LIT(GT_BACK_CURSOR_KEY), (struct gt_str){0});
		GT_ASSERT(batch->entry_count == 2);
		return;
	}
	if (!moved && batch->row_count == 0)
		return;
	gt_buf_init(&text, 1024);
	gt_backfill_write(&p->back, &text);
	gt_batch_entry(batch, GT_LIT(GT_BACK_KEY), gt_buf_str(&text));
	gt_batch_entry(batch, GT_LIT(GT_BACK_CURSOR_KEY), gt_str(p->back_cursor, p->back_len));
	GT_ASSERT(batch->entry_count == 2);
	gt_buf_fini(&text);
}

void gt_backfill_settle(struct gt_flow *flow)
{
	bool polling = flow->running && flow->ranged;

	if (!flow->back || !flow->back_stop || polling || flow->back_in_flight > 0 ||
		flow->back_write == GT_BACK_STOP)
		return;
	flow->back_write = GT_BACK_STOP;
	gt_control_ask(flow);
}

bool gt_backfill_failed(struct gt_flow *flow, const struct gt_err *err)
{
	struct gt_err why;
	char reason[512];
	int64_t wait = RETRY_FIRST_US;

	if (!flow->ranged || err->class == GT_FATAL)
		return false;
	flow->ranged = false;
	flow->reopen = true;
	if (err->class == GT_RETRY) {
		why = *err;
		for (unsigned i = 0; i < flow->back_failures && wait < RETRY_MOST_US; i++)
			wait *= 2;
		if ((int64_t)err->retry_after_ms * 1000 > wait)
			wait = (int64_t)err->retry_after_ms * 1000;
		flow->back_failures++;
		flow->back_due_us = gt_now_us() + wait;
	} else if (flow->back) {
		gt_err_sentence(err, reason, sizeof(reason));
		gt_fail(&why, GT_E_BACKFILL_FAILED, flow->name.p, flow->back->from,
			flow->back->until, reason);
		flow->back_stop = true;
	} else {
		why = *err;
	}
	gt_log(GT_LOG_WARNING, flow->name, &why);
	gt_flow_notice(flow, &why);
	return true;
}
