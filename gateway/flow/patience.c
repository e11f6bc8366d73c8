/* patience.c: how long a poll may hold a worker, and how often requests go out. An adapter may
 * block up to its deadline: so deadlines begin short and grow with what the source has shown to
 * need. A child's poll holds no worker and gets the whole time at once. */
#include "flow_internal.h"

int64_t gt_flow_deadline(const struct gt_flow *flow, int64_t now_us)
{
	int64_t us = (int64_t)GT_POLL_FIRST_US << flow->patience;

	if (gt_runner_isolated(flow->conf) || us > GT_POLL_US)
		us = GT_POLL_US;
	return now_us + us;
}

void gt_flow_learn(struct gt_flow *flow, int64_t began_us, bool failed)
{
	int64_t lasted = gt_now_us() - began_us;
	int64_t allowed = (int64_t)GT_POLL_FIRST_US << flow->patience;

	if (failed && lasted >= allowed && allowed < GT_POLL_US)
		flow->patience++;
	while (!failed && flow->patience > 0 && lasted < allowed / 4) {
		flow->patience--;
		allowed /= 2;
	}
}

/* One request at a time, spread evenly: what a source allows in a minute it seldom allows in the
 * first second of it. */
int64_t gt_flow_permit(void *arg)
{
	struct gt_flow *flow = arg;
	struct gt_source *source = flow->source;
	int64_t now = gt_now_us(), wait;

	if (flow->conf->rate_us == 0)
		return 0;
	pthread_mutex_lock(&flow->runtime->lock);
	wait = source->permit_us - now;
	if (wait <= 0) {
		source->permit_us = now + flow->conf->rate_us;
		wait = 0;
	}
	pthread_mutex_unlock(&flow->runtime->lock);
	return wait;
}
