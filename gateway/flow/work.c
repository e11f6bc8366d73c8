/* work.c: the rows of a polled batch become messages: normalise, envelope, leaf. Record path. */
#include "flow_internal.h"

static void drift_log(void *arg, const struct gt_drift_found *found)
{
	static const enum gt_code codes[GT_DRIFT_KINDS] = {GT_E_DRIFT_NEW_FIELD,
		GT_E_DRIFT_GONE_FIELD, GT_E_DRIFT_KIND, GT_E_DRIFT_CODE, GT_E_DRIFT_UNIT};
	const struct gt_flow *flow = arg;

	gt_log_say(GT_LOG_WARNING, flow->name, codes[found->kind], found->field, found->detail);
}

struct work {
	struct gt_parcel *parcel;
	const struct gt_flow_conf *conf;
	struct gt_norm *norm;
	struct gt_hasher *hasher;
	int64_t now_us;
	uint64_t seq;
};

static void leaves(const struct work *w, struct gt_message *messages, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct gt_message *m = &messages[i];

		gt_leaf(w->hasher, m->key, m->value, m->headers, m->leaf);
		w->parcel->bytes += m->key.n + m->value.n;
	}
}

static bool reject(
	struct work *w, const struct gt_row *row, const struct gt_reason *reasons, size_t n)
{
	struct gt_parcel *p = w->parcel;
	struct gt_message *m = &p->messages[p->n];

	if (gt_stamp_reject(p->stamp, p->batch, row, reasons, n, w->seq, w->now_us, m) == 0)
		return false;
	leaves(w, m, 1);
	p->n++;
	w->seq++;
	p->counts.rejected++;
	p->rejects++;
	return true;
}

/* A row that could not be split into fields. */
static bool reject_bad(struct work *w, const struct gt_row *row)
{
	const struct gt_reason reason = {
		.code = row->bad->code, .element = SIZE_MAX, .err = *row->bad};

	return reject(w, row, &reason, 1);
}

/* An event that would be too large makes its row a reject. */
static void too_large(struct gt_norm *norm)
{
	struct gt_reason *reason = &norm->reasons[0];

	*reason = (struct gt_reason){.code = GT_E_FLOW_RECORD_TOO_LARGE, .element = SIZE_MAX};
	gt_fail(&reason->err, GT_E_FLOW_RECORD_TOO_LARGE, GT_TEXT("> %u", GT_MESSAGE_MAX),
		GT_TEXT("%u", GT_MESSAGE_MAX));
	norm->reason_count = 1;
}

static enum gt_taken take(void *arg, const struct gt_norm *norm)
{
	struct work *w = arg;
	struct gt_parcel *p = w->parcel;
	struct gt_message *m = &p->messages[p->n];
	bool large = false;
	size_t n = gt_stamp_accept(p->stamp, p->batch, norm, w->seq, m, &large);

	if (large) {
		too_large(w->norm);
		return GT_TAKEN_REFUSED;
	}
	if (n == 0)
		return GT_TAKEN_FULL;
	leaves(w, m, n);
	p->n += n;
	w->seq += n;
	return GT_TAKEN;
}

static void accept(struct work *w, size_t messages)
{
	struct gt_parcel *p = w->parcel;

	p->counts.accepted++;
	p->fan_out += messages;
	if (w->norm->event_us > p->last_event_us)
		p->last_event_us = w->norm->event_us;
}

static bool one(struct work *w, const struct gt_row *row)
{
	struct gt_norm *norm = w->norm;
	struct gt_parcel *p = w->parcel;
	size_t n = p->n, bytes = p->bytes;

	if (row->bad)
		return reject_bad(w, row);
	enum gt_ran ran = gt_plan_run_row(w->conf->plan, p->batch, row, w->now_us, norm, take, w);
	if (norm->noted_count > 0)
		gt_drift_record(p->flow->drift, norm, w->now_us, drift_log, p->flow);
	if (ran == GT_RAN_FULL)
		return false;
	if (ran == GT_RAN_ACCEPTED) {
		accept(w, p->n - n);
		return true;
	}
	/* What was made of its other parts is given up, numbers too. */
	w->seq -= p->n - n;
	p->n = n;
	p->bytes = bytes;
	if (ran == GT_RAN_REJECTED)
		return reject(w, row, norm->reasons, norm->reason_count);
	p->counts.filtered++;
	return true;
}

bool gt_work_normalise(struct gt_parcel *parcel, const struct gt_flow_conf *conf,
	struct gt_norm *norm, struct gt_hasher *hasher, int64_t now_us)
{
	struct gt_batch *batch = parcel->batch;
	struct work w = {parcel, conf, norm, hasher, now_us, parcel->first_seq};
	size_t most = batch->row_count * GT_FAN_OUT_MAX * gt_plan_parts(conf->plan) + 1;

	parcel->messages = gt_arena_alloc(&batch->arena, most * sizeof(*parcel->messages));
	if (!parcel->messages)
		return false;
	gt_drift_batch(parcel->flow->drift, conf->plan, batch, now_us, drift_log, parcel->flow);
	for (size_t i = 0; i < batch->row_count; i++) {
		if (!one(&w, &batch->rows[i]))
			return false;
	}
	parcel->counts.read = batch->row_count + batch->skipped;
	parcel->counts.unchanged = batch->skipped;
	return true;
}
