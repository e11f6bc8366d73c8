/* rows.c: see rows.h. */
#include "rows.h"

#include "cmd.h"
#include "runner.h"

#include <poll.h>

#define POLL_US INT64_C(30000000)

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

/* Sleeps until what the adapter waits for has come. */
static void wait_for(const struct gt_batch *batch, int64_t until_us)
{
	int64_t deadline = batch->wait_deadline_us < until_us ? batch->wait_deadline_us : until_us;
	int64_t left = deadline - gt_host_monotonic_us();
	struct pollfd fd = {.fd = batch->wait_fd, .events = batch->wait_events};

	if (left > 0)
		(void)poll(&fd, batch->wait_fd >= 0 ? 1 : 0, (int)(left / 1000) + 1);
}

struct reading {
	const struct gt_rows_wanted *wanted;
	struct gt_runner *runner;
	struct gt_batch *batch;
	size_t fields;
	gt_row_fn *each;
	void *arg;
};

static bool poll_rows(struct reading *r, struct gt_err *err)
{
	int64_t until = gt_host_monotonic_us() + r->wanted->wait_s * 1000000;
	enum gt_poll result = GT_POLL_MORE;
	uint64_t read = 0, most = r->wanted->most;

	while (read < most && result != GT_POLL_IDLE && result != GT_POLL_END) {
		uint64_t left = most - read;
		struct gt_limits limits = {left < 2000 ? (size_t)left : 2000, GT_BATCH_RAW_MAX,
			gt_host_monotonic_us() + POLL_US};

		gt_batch_reset(r->batch, r->fields, limits.max_records, limits.max_bytes);
		result = gt_runner_poll(r->runner, r->batch, &limits, err);
		if (result == GT_POLL_ERROR)
			return false;
		for (size_t i = 0; i < r->batch->row_count && read < most; i++, read++)
			if (!r->each(r->arg, r->batch, &r->batch->rows[i], err))
				return false;
		if (result != GT_POLL_WAIT)
			continue;
		if (gt_host_monotonic_us() >= until)
			return read > 0 || gt_fail(err, GT_E_PREVIEW_WAIT,
						   GT_TEXT("%lld", (long long)r->wanted->wait_s));
		wait_for(r->batch, until);
	}
	return true;
}

bool gt_rows_read(const struct gt_flow_conf *flow, const struct gt_rows_wanted *wanted,
	gt_row_fn *each, void *arg, struct gt_err *err)
{
	struct gt_host host = {
		.entry = no_entry, .fields = wanted->fields, .field_count = wanted->field_count};
	struct gt_flow_conf any =
		*flow; /* a runner asks the plan for its fields, if there is one */

	if (wanted->fields)
		any.plan = NULL;
	struct reading r = {.wanted = wanted,
		.fields = wanted->field_count,
		.each = each,
		.arg = arg,
		.runner = gt_runner_new(&any, &host, err)};
	bool ok;

	if (!r.runner)
		return false;
	if (!wanted->fields)
		gt_plan_fields(flow->plan, &r.fields);
	r.batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	ok = gt_runner_open(r.runner, (struct gt_str){0}, err) && poll_rows(&r, err);
	gt_runner_free(r.runner);
	gt_batch_free(r.batch);
	return ok;
}

int gt_report_unknown_flow(const struct gt_config *config, const char *name, const char *near)
{
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < config->gateway.flow_count; i++)
		gt_buf_addf(&list, "%s%s", i ? " " : "", config->gateway.flows[i].name.p);
	if (near)
		gt_report_say(GT_E_FLOW_NEAR, name, near);
	else
		gt_report_say(GT_E_FLOW_UNKNOWN, name, gt_buf_cstr(&list));
	gt_buf_fini(&list);
	return GT_EXIT_USAGE;
}
