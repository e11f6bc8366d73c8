/* pace.c: quiet hours and rates, as people write them, and what they mean at a moment. */
#include "pace.h"

#include "options.h"

#define MINUTE_US INT64_C(60000000)
#define DAY_MINUTES 1440
#define ALL_DAYS 127u
#define WORD_MAX 63

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* "08:30" → 510; "24:00" too. */
static bool read_clock(struct gt_str s, unsigned *minutes)
{
	int64_t hour, minute;

	if (s.n != 5 || s.p[2] != ':' || !gt_parse_int(gt_str(s.p, 2), &hour) ||
		!gt_parse_int(gt_str(s.p + 3, 2), &minute) || hour < 0 || minute < 0 ||
		minute > 59 || hour * 60 + minute > DAY_MINUTES)
		return false;
	*minutes = (unsigned)(hour * 60 + minute);
	return true;
}

static bool read_day(struct gt_str s, unsigned *day)
{
	for (unsigned i = 0; i < 7; i++) {
		if (gt_str_eq(s, gt_cstr(days[i]))) {
			*day = i;
			return true;
		}
	}
	return false;
}

/* "sat" or "mon-fri", also over the week's end. */
static bool read_days(struct gt_str s, uint8_t *bits)
{
	const char *dash = memchr(s.p, '-', s.n);
	size_t n = dash ? (size_t)(dash - s.p) : s.n;
	unsigned first, last;

	if (!read_day(gt_str(s.p, n), &first))
		return false;
	last = first;
	if (dash && !read_day(gt_str(dash + 1, s.n - n - 1), &last))
		return false;
	*bits = (uint8_t)(1u << last);
	for (unsigned i = first; i != last; i = (i + 1) % 7)
		*bits |= (uint8_t)(1u << i);
	return true;
}

static bool read_window(struct gt_str s, struct gt_window *window)
{
	const char *blank = s.n ? memchr(s.p, ' ', s.n) : NULL;
	unsigned from, until;

	window->days = ALL_DAYS;
	if (blank) {
		size_t n = (size_t)(blank - s.p);

		if (!read_days(gt_str(s.p, n), &window->days))
			return false;
		s = gt_str(blank + 1, s.n - n - 1);
	}
	if (s.n != 11 || s.p[5] != '-' || !read_clock(gt_str(s.p, 5), &from) ||
		!read_clock(gt_str(s.p + 6, 5), &until) || from == until || from == DAY_MINUTES)
		return false;
	window->from = (uint16_t)from;
	window->until = (uint16_t)until;
	return true;
}

bool gt_quiet_read(const struct gt_texts *texts, struct gt_quiet *quiet, struct gt_err *err)
{
	struct gt_quiet q = {.n = 0};

	for (size_t i = 0; i < texts->n; i++) {
		if (i == GT_QUIET_MAX || !read_window(texts->v[i], &q.v[q.n]))
			return gt_fail(err, GT_E_QUIET_FORM,
				GT_TEXT("%.*s",
					(int)(texts->v[i].n < WORD_MAX ? texts->v[i].n : WORD_MAX),
					texts->v[i].p),
				GT_TEXT("%u", GT_QUIET_MAX));
		q.n++;
	}
	*quiet = q;
	return true;
}

/* Minutes that the window still lasts at this minute of the week's day, 0 = it does not rule. */
static int64_t left(const struct gt_window *w, int day, int64_t minute)
{
	int64_t length = w->until > w->from ? w->until - w->from : w->until + DAY_MINUTES - w->from;
	int64_t since = minute - w->from;

	if (since >= 0 && since < length && (w->days >> day & 1u))
		return length - since;
	since += DAY_MINUTES; /* it began yesterday */
	if (since < length && (w->days >> (day + 6) % 7 & 1u))
		return length - since;
	return 0;
}

int64_t gt_quiet_until(const struct gt_quiet *quiet, int64_t wall_us, int zone_minutes)
{
	int64_t now = wall_us / MINUTE_US + zone_minutes, at = now;
	bool longer = quiet->n > 0;

	/* At most a week: windows that leave no gap would be quiet for ever. */
	while (longer && at - now < 7 * DAY_MINUTES) {
		int64_t day = at / DAY_MINUTES, most = 0;

		for (size_t i = 0; i < quiet->n; i++) { /* 1970-01-01 was a Thursday */
			int64_t more = left(&quiet->v[i], (int)((day + 3) % 7), at % DAY_MINUTES);

			most = more > most ? more : most;
		}
		at += most;
		longer = most > 0;
	}
	return at == now ? 0 : (at - zone_minutes) * MINUTE_US;
}

bool gt_rate_read(struct gt_str text, int64_t *us, struct gt_err *err)
{
	static const struct {
		const char *name;
		int64_t us;
	} units[] = {{"s", 1000000}, {"min", MINUTE_US}, {"h", 60 * MINUTE_US}};
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	size_t n = slash ? (size_t)(slash - text.p) : 0;
	int64_t count;

	for (size_t i = 0; slash && i < sizeof(units) / sizeof(units[0]); i++) {
		if (!gt_str_eq(gt_str(slash + 1, text.n - n - 1), gt_cstr(units[i].name)) ||
			!gt_parse_int(gt_str(text.p, n), &count) || count < 1 || count > 1000000)
			continue;
		*us = units[i].us / count > 0 ? units[i].us / count : 1;
		return true;
	}
	return gt_fail(err, GT_E_RATE_FORM, GT_TEXT("%.*s", GT_STR_ARGS(text)));
}
