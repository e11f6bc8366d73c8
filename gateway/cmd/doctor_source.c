/* doctor_source.c: where a source is, whether it answers and lets us in, and whether the first rows
 * can be read. */
#include "doctor.h"

#include "runner.h"
#include <guantong/charset.h>

#include <poll.h>

#define FLOWS_ASKED 20u
#define ROWS 50u
#define POLL_US INT64_C(30000000)
#define WAIT_US INT64_C(15000000)

struct visit {
	struct gt_doctor *doctor;
	const struct gt_flow_conf *flow;
};

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

/* What the adapter itself finds worth saying, such as a clock that is wrong. */
static void note(void *arg, const struct gt_err *err)
{
	struct visit *v = arg;

	gt_doctor_add(v->doctor, GT_NOTICE, v->flow->name, err);
}

static void report_rows(struct visit *v, const struct gt_batch *batch)
{
	const struct gt_err *first = NULL;
	struct gt_str charset = {0};
	size_t bad = 0;
	char text[1024];

	for (size_t i = 0; i < batch->row_count; i++) {
		charset = batch->documents[batch->rows[i].document].charset;
		first = first ? first : batch->rows[i].bad;
		bad += batch->rows[i].bad != NULL;
	}
	if (batch->row_count == 0 && batch->skipped == 0)
		gt_doctor_say(v->doctor, GT_WELL, v->flow->name, GT_E_DOCTOR_NO_ROWS);
	else if (bad > 0)
		gt_doctor_say(v->doctor, GT_TO_DO, v->flow->name, GT_E_DOCTOR_BAD_ROWS,
			GT_TEXT("%zu", bad), GT_TEXT("%zu", batch->row_count),
			gt_err_sentence(first, text, sizeof(text)));
	else
		gt_doctor_say(v->doctor, GT_WELL, v->flow->name, GT_E_DOCTOR_ROWS,
			GT_TEXT("%zu", batch->row_count),
			charset.n ? GT_TEXT(" (%.*s)", GT_STR_ARGS(charset)) : "");
}

/* One batch, waiting a little for sources that want to see that a file is whole. */
static bool read_some(
	struct visit *v, struct gt_runner *runner, struct gt_batch *batch, struct gt_err *err)
{
	int64_t until = gt_host_monotonic_us() + WAIT_US;
	enum gt_poll result;
	size_t fields;

	gt_plan_fields(v->flow->plan, &fields);
	do {
		struct gt_limits limits = {
			ROWS, GT_BATCH_RAW_MAX, gt_host_monotonic_us() + POLL_US};

		gt_batch_reset(batch, fields, limits.max_records, limits.max_bytes);
		result = gt_runner_poll(runner, batch, &limits, err);
		if (result == GT_POLL_ERROR)
			return false;
		if (result == GT_POLL_WAIT) {
			struct pollfd fd = {.fd = batch->wait_fd, .events = batch->wait_events};
			int64_t left = batch->wait_deadline_us - gt_host_monotonic_us();

			left = left < 0 ? 0 : left > WAIT_US ? WAIT_US : left;
			(void)poll(&fd, batch->wait_fd >= 0 ? 1 : 0, (int)(left / 1000) + 1);
		}
	} while (batch->row_count == 0 && result != GT_POLL_IDLE && result != GT_POLL_END &&
		 gt_host_monotonic_us() < until);
	report_rows(v, batch);
	return true;
}

static bool ask(struct visit *v, struct gt_runner *runner, struct gt_err *err)
{
	char found[1024] = "";
	struct gt_batch *batch;
	bool ok;

	if (!gt_runner_open(runner, (struct gt_str){0}, err))
		return false;
	if (v->flow->adapter->probe) {
		if (!gt_runner_probe(runner, found, sizeof(found), err))
			return false;
		gt_doctor_say(v->doctor, GT_WELL, v->flow->name, GT_E_DOCTOR_ANSWERED, found);
	}
	batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	ok = read_some(v, runner, batch, err);
	gt_batch_free(batch);
	return ok;
}

static void check_flow(struct visit *v)
{
	struct gt_host host = {.arg = v, .entry = no_entry, .note = note};
	struct gt_err err;
	struct gt_runner *runner = gt_runner_new(v->flow, &host, &err);
	bool ok = runner && ask(v, runner, &err);

	gt_runner_free(runner);
	if (!ok)
		gt_doctor_add(v->doctor, GT_TO_DO, v->flow->name, &err);
}

static bool seen(const struct gt_endpoint *v, size_t n, const struct gt_endpoint *e)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].host, e->host) == 0 && v[i].port == e->port && v[i].tls == e->tls)
			return true;
	return false;
}

/* False: one of them cannot be reached. */
static bool check_endpoints(struct visit *v, struct gt_endpoint *known, size_t *n)
{
	struct gt_endpoint found[GT_ENDPOINTS_MAX];
	const struct gt_adapter *adapter = v->flow->adapter;
	size_t count = adapter->endpoints ? adapter->endpoints(v->flow->adapter_options, found) : 0;
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		if (seen(known, *n, &found[i]))
			continue;
		if (*n < FLOWS_ASKED)
			known[(*n)++] = found[i];
		ok &= gt_doctor_endpoint(v->doctor, v->flow->source, &found[i]);
	}
	return ok;
}

void gt_doctor_source(struct gt_doctor *d, struct gt_str source)
{
	const struct gt_gateway_conf *gateway = &d->config->gateway;
	struct gt_endpoint known[FLOWS_ASKED];
	size_t flows = 0, n = 0;

	for (size_t i = 0; i < gateway->flow_count; i++) {
		struct visit v = {d, &gateway->flows[i]};

		if (!gt_str_eq(v.flow->source, source) || !v.flow->plan || !v.flow->adapter)
			continue;
		if (flows++ == FLOWS_ASKED) {
			gt_doctor_say(d, GT_NOTICE, source, GT_E_DOCTOR_FLOWS_MORE,
				GT_TEXT("%u", FLOWS_ASKED));
			return;
		}
		if (!check_endpoints(&v, known, &n))
			return;
		check_flow(&v);
	}
}
