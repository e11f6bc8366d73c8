/* pace.h: when a source is left alone: quiet hours and the rate of requests. Pure; any thread. */
#ifndef GT_FLOW_PACE_H
#define GT_FLOW_PACE_H

#include <guantong/option.h>

#define GT_QUIET_MAX 8u

/* A daily window [from, until) in minutes since midnight; until ≤ from: over midnight. It belongs
 * to the day on which it begins. */
struct gt_window {
	uint16_t from, until;
	uint8_t days; /* bits, Monday = 1 */
};

struct gt_quiet {
	struct gt_window v[GT_QUIET_MAX];
	size_t n;
};

/* ["08:00-11:30", "mon-fri 22:00-02:00", "sat 00:00-24:00"]. False: err names the entry. */
bool gt_quiet_read(
	const struct gt_texts *texts, struct gt_quiet *quiet, struct gt_err *err) GT_MUST_CHECK;
/* Wall time (µs UTC) at which the quiet that rules at `wall_us` ends; 0 = none rules. Windows that
 * touch are one. zone: minutes east of UTC. */
int64_t gt_quiet_until(const struct gt_quiet *quiet, int64_t wall_us, int zone_minutes);

/* "60/min" → µs between two requests. False: err. */
bool gt_rate_read(struct gt_str text, int64_t *us, struct gt_err *err) GT_MUST_CHECK;

#endif
