/* work.c: the rows of a polled batch become messages: normalise, envelope, leaf. Record path. */
#include "flow_internal.h"

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

static bool reject_large(struct work *w, const struct gt_row *row)
{
	struct gt_reason reason = {.code = GT_E_FLOW_RECORD_TOO_LARGE, .element = SIZE_MAX};

	gt_fail(&reason.err, GT_E_FLOW_RECORD_TOO_LARGE, GT_TEXT("> %u", GT_MESSAGE_MAX),
		GT_TEXT("%u", GT_MESSAGE_MAX));
	return reject(w, row, &reason, 1);
}

/* A row that could not be split into fields. */
static bool reject_bad(struct work *w, const struct gt_row *row)
{
	const struct gt_reason reason = {
		.code = row->bad->code, .element = SIZE_MAX, .err = *row->bad};

	return reject(w, row, &reason, 1);
}

static bool accept(struct work *w, const struct gt_row *row)
{
	struct gt_parcel *p = w->parcel;
	struct gt_message *m = &p->messages[p->n];
	bool too_large = false;
	size_t n = gt_stamp_accept(p->stamp, p->batch, w->norm, w->seq, m, &too_large);

	if (too_large)
		return reject_large(w, row);
	if (n == 0)
		return false;
	leaves(w, m, n);
	p->n += n;
	w->seq += n;
	p->counts.accepted++;
	p->fan_out += n;
	if (w->norm->event_us > p->last_event_us)
		p->last_event_us = w->norm->event_us;
	return true;
}

static bool one(struct work *w, const struct gt_row *row)
{
	struct gt_norm *norm = w->norm;

	if (row->bad)
		return reject_bad(w, row);
	switch (gt_plan_run(w->conf->plan, w->parcel->batch, row, w->now_us, norm)) {
	case GT_RAN_ACCEPTED:
		return accept(w, row);
	case GT_RAN_REJECTED:
		return reject(w, row, norm->reasons, norm->reason_count);
	case GT_RAN_FILTERED:
		w->parcel->counts.filtered++;
		return true;
	case GT_RAN_FULL:
		break;
	}
	return false;
}

bool gt_work_normalise(struct gt_parcel *parcel, const struct gt_flow_conf *conf,
	struct gt_norm *norm, struct gt_hasher *hasher, int64_t now_us)
{
	struct gt_batch *batch = parcel->batch;
	struct work w = {parcel, conf, norm, hasher, now_us, parcel->first_seq};
	size_t most = batch->row_count * GT_FAN_OUT_MAX + 1;

	parcel->messages = gt_arena_alloc(&batch->arena, most * sizeof(*parcel->messages));
	if (!parcel->messages)
		return false;
	for (size_t i = 0; i < batch->row_count; i++) {
		if (!one(&w, &batch->rows[i]))
			return false;
	}
	parcel->counts.read = batch->row_count + batch->skipped;
	parcel->counts.unchanged = batch->skipped;
	return true;
}
