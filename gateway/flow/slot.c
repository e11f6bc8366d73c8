/* slot.c: a slot's committer thread: take the slot, gather parcels, commit, resolve, again. */
#include "flow_internal.h"

#include "failpoint.h"

#include <stdlib.h>

#define SUPERSEDED_LOOK_MS 5000

bool gt_slot_push(struct gt_slot *slot, struct gt_parcel *parcel, uint64_t incarnation)
{
	if (slot->phase != GT_SLOT_ACTIVE || slot->incarnation != incarnation ||
		parcel->flow->reopen)
		return false;
	if (slot->queue.n == 0)
		slot->first_queued_us = gt_now_us();
	gt_parcels_push(&slot->queue, parcel);
	slot->queue_records += parcel->n;
	slot->queue_bytes += parcel->bytes;
	parcel->flow->in_flight++;
	parcel->flow->back_in_flight += parcel->ranged;
	if (parcel->flow->in_flight == 1 || slot->queue.n == 1 ||
		slot->queue_records >= (size_t)slot->limit_records ||
		slot->queue_bytes >= (size_t)slot->limit_bytes)
		pthread_cond_signal(&slot->wake);
	return true;
}

/* Lock held. Sleeps until signalled or the monotonic time is reached. */
static void sleep_until(struct gt_slot *slot, int64_t until_us)
{
	struct timespec at = {until_us / 1000000, until_us % 1000000 * 1000};

	pthread_cond_timedwait(&slot->wake, &slot->runtime->lock, &at);
}

bool gt_slot_pause(struct gt_slot *slot, unsigned attempt)
{
	struct gt_runtime *rt = slot->runtime;
	int64_t ms = 200 << (attempt < 7 ? attempt : 7);
	int64_t until = gt_now_us() + (ms > 15000 ? 15000 : ms) * 1000;
	bool go_on = true;

	pthread_mutex_lock(&rt->lock);
	while (go_on && gt_now_us() < until) {
		go_on = !rt->done && !(rt->draining && gt_now_us() >= rt->drain_until_us);
		if (!go_on)
			break;
		if (rt->draining && rt->drain_until_us < until)
			until = rt->drain_until_us;
		sleep_until(slot, until);
	}
	pthread_mutex_unlock(&rt->lock);
	return go_on;
}

/* What the queue is waiting for while it is smaller than a commit. A solo slot, or one that is
 * being drained, waits for nothing; neither does one whose flows cannot hand over more. */
static bool ready(const struct gt_slot *slot)
{
	const struct gt_gateway_conf *gateway = slot->runtime->gateway;
	int64_t age = gt_now_us() - slot->first_queued_us;

	if (slot->controls || slot->look)
		return true; /* an operator waits for it */
	if (slot->queue.n == 0)
		return false;
	if (slot->solo || slot->runtime->draining || slot->queue.n >= GT_PARTS_MAX)
		return true;
	if (slot->queue_records >= (size_t)slot->limit_records ||
		slot->queue_bytes >= (size_t)slot->limit_bytes || age >= gateway->commit_ms * 1000)
		return true;
	for (const struct gt_parcel *p = slot->queue.first; p; p = p->next) {
		if (p->flow->running || p->flow->queued || p->flow->in_flight < GT_IN_FLIGHT_MAX)
			return false;
	}
	return true;
}

/* Topics that a parcel adds to the commit: none if its flow is in it already. */
static size_t topics_of(const struct gt_commit *commit, const struct gt_parcel *parcel)
{
	const struct gt_str *names;

	for (const struct gt_parcel *p = commit->parcels.first; p; p = p->next) {
		if (p->flow == parcel->flow)
			return 0;
	}
	return gt_stamp_topics(parcel->stamp, &names);
}

/* Lock held: moves what fits from the queue into the commit. Always at least one parcel. */
static void gather(struct gt_slot *slot, struct gt_commit *commit)
{
	struct gt_parcels rest;
	struct gt_flow *only = slot->solo && slot->queue.first ? slot->queue.first->flow : NULL;
	size_t records = 0, bytes = 0, topics = GT_CONTROL_TOPICS;
	bool closed = false;

	gt_parcels_init(&rest);
	for (struct gt_parcel *p; (p = gt_parcels_pop(&slot->queue)) != NULL;) {
		bool fits = commit->parcels.n == 0 ||
			    (records + p->n <= (size_t)slot->limit_records &&
				    bytes + p->bytes <= (size_t)slot->limit_bytes &&
				    topics + topics_of(commit, p) <= GT_TOPICS_PER_COMMIT &&
				    commit->parcels.n < GT_PARTS_MAX);

		/* A parcel that stays keeps all later ones of its flow back: `closed` keeps the
		 * order without looking at flows. */
		if (closed || !fits || (only && p->flow != only)) {
			closed = closed || !fits;
			gt_parcels_push(&rest, p);
			continue;
		}
		topics += topics_of(commit, p);
		records += p->n;
		bytes += p->bytes;
		gt_parcels_push(&commit->parcels, p);
	}
	slot->queue = rest;
	if (rest.n == 0)
		gt_parcels_init(&slot->queue);
	slot->queue_records -= records;
	slot->queue_bytes -= bytes;
	if (slot->queue.n > 0)
		slot->first_queued_us = gt_now_us();
}

/* Waits for work. False: the slot's life is over (drained). The commit may come back empty: the
 * timed manifest, or status records only. */
static bool wait_for_work(struct gt_slot *slot, struct gt_commit *commit)
{
	struct gt_runtime *rt = slot->runtime;
	int64_t timed = slot->last_commit_us + rt->gateway->manifest_every_ms * 1000;
	bool alive = true;

	*commit = (struct gt_commit){.parts = NULL};
	gt_parcels_init(&commit->parcels);
	pthread_mutex_lock(&rt->lock);
	while (!ready(slot)) {
		int64_t until = timed;

		if (rt->done || (rt->draining && slot->queue.n == 0 && rt->running == 0) ||
			(rt->draining && gt_now_us() >= rt->drain_until_us)) {
			alive = false;
			break;
		}
		if (gt_now_us() >= timed)
			break;
		if (slot->queue.n > 0 &&
			slot->first_queued_us + rt->gateway->commit_ms * 1000 < until)
			until = slot->first_queued_us + rt->gateway->commit_ms * 1000;
		if (rt->draining && until > gt_now_us() + 100000)
			until = gt_now_us() + 100000;
		sleep_until(slot, until);
	}
	if (alive)
		gather(slot, commit);
	pthread_mutex_unlock(&rt->lock);
	return alive;
}

/* The limits follow the line: halved when it is slow, growing back by an eighth per good commit. */
static void adapt(struct gt_slot *slot, const struct gt_commit_result *result)
{
	const struct gt_gateway_conf *gateway = slot->runtime->gateway;

	pthread_mutex_lock(&slot->runtime->lock);
	if (result->slow) {
		slot->limit_records = slot->limit_records > 1 ? slot->limit_records / 2 : 1;
		slot->limit_bytes = slot->limit_bytes > 4096 ? slot->limit_bytes / 2 : 4096;
	} else if (result->ok) {
		slot->limit_records += slot->limit_records / 8 + 1;
		slot->limit_bytes += slot->limit_bytes / 8 + 1;
	}
	if (slot->limit_records > gateway->commit_records)
		slot->limit_records = gateway->commit_records;
	if (slot->limit_bytes > gateway->commit_bytes)
		slot->limit_bytes = gateway->commit_bytes;
	slot->status.limit_records = slot->limit_records;
	pthread_mutex_unlock(&slot->runtime->lock);
	if (result->slow)
		gt_log_say(GT_LOG_WARNING, (struct gt_str){0}, GT_E_SLOT_SLOW,
			GT_TEXT("%u", slot->number),
			GT_TEXT("%lld", (long long)(result->flush_us + result->commit_us) / 1000),
			GT_TEXT("%lld", (long long)slot->limit_records));
}

/* After a commit that is known not to have happened: who is to blame? */
static void blame(
	struct gt_slot *slot, struct gt_commit *commit, const struct gt_commit_result *result)
{
	struct gt_err why;
	char reason[512];
	struct gt_flow *culprit = result->culprit_permanent ? result->culprit : NULL;

	if (!culprit && result->why.class == GT_RETRY)
		return; /* transport and time-outs never quarantine */
	if (!culprit && slot->solo && commit->parcels.first)
		culprit = commit->parcels.first->flow;
	gt_err_sentence(&result->why, reason, sizeof(reason));
	if (!culprit) {
		slot->solo = true;
		gt_log_say(GT_LOG_WARNING, (struct gt_str){0}, GT_E_SLOT_SOLO,
			GT_TEXT("%u", slot->number), reason);
		return;
	}
	gt_fail(&why, GT_E_FLOW_QUARANTINED, reason);
	gt_commit_discard(slot, commit, culprit);
	pthread_mutex_lock(&slot->runtime->lock);
	culprit->failures++;
	gt_flow_set_aside(culprit, &why);
	pthread_mutex_unlock(&slot->runtime->lock);
}

static void say_number(const struct gt_slot *slot, enum gt_code code, uint64_t number)
{
	gt_log_say(GT_LOG_INFO, (struct gt_str){0}, code, GT_TEXT("%u", slot->number),
		GT_TEXT("%llu", (unsigned long long)number));
}

static void count(struct gt_slot *slot, uint64_t *counter)
{
	pthread_mutex_lock(&slot->runtime->lock);
	++*counter;
	pthread_mutex_unlock(&slot->runtime->lock);
}

/* True: the commit is over, one way or the other, and the slot is still ours. */
static bool settle(struct gt_slot *slot, struct gt_commit *commit, struct gt_commit_result *result)
{
	enum gt_resolved resolved = gt_slot_resolve(slot, commit);

	switch (resolved) {
	case GT_RESOLVED_DONE:
		say_number(slot, GT_E_SLOT_WAS_DONE, commit->next.number);
		gt_commit_done(slot, commit, result);
		return true;
	case GT_RESOLVED_NOT_DONE:
		blame(slot, commit, result);
		return true;
	case GT_RESOLVED_SUPERSEDED:
	case GT_RESOLVED_OTHER:
	case GT_RESOLVED_STOPPED:
		break;
	}
	gt_commit_discard(slot, commit, NULL);
	return false;
}

/* One commit until it is done. Content that did not change is sent again byte for byte. */
static bool commit_all(struct gt_slot *slot, struct gt_commit *commit)
{
	struct gt_commit_result result;
	struct gt_err err;
	size_t built = 0;
	bool fresh = true;

	for (unsigned attempt = 0;; attempt++) {
		if (fresh || commit->parcels.n != built) {
			if (!gt_commit_build(slot, commit, &err)) {
				gt_commit_discard(slot, commit, NULL);
				return false;
			}
			built = commit->parcels.n;
			fresh = false;
		}
		result = (struct gt_commit_result){.ok = false};
		slot->runtime->publisher->ops->commit(slot->tx, &commit->set, &result);
		adapt(slot, &result);
		slot->recycle = result.recycle;
		if (result.ok) {
			gt_commit_done(slot, commit, &result);
			return true;
		}
		gt_log(GT_LOG_WARNING, (struct gt_str){0}, &result.why);
		if (!settle(slot, commit, &result))
			return false;
		if (commit->next.number == slot->record.number)
			return true; /* it was done after all */
		if (built > 0 && commit->parcels.n == 0)
			return true; /* only the culprit was in it */
		if (slot->solo && commit->parcels.n > 1) {
			gt_commit_requeue(slot, commit);
			return true;
		}
		if (!gt_slot_pause(slot, attempt)) {
			gt_commit_discard(slot, commit, NULL);
			return false;
		}
		say_number(slot, GT_E_SLOT_RESENT, commit->next.number);
		count(slot, &slot->status.resends);
	}
}

static bool recycle(struct gt_slot *slot)
{
	struct gt_publisher *pub = slot->runtime->publisher;
	struct gt_slot_record latest;
	struct gt_err err;

	if (!slot->recycle)
		return true;
	slot->recycle = false;
	count(slot, &slot->status.recycles);
	pub->ops->close(slot->tx);
	slot->tx = NULL;
	/* Check before opening, which would fence a gateway that rightfully took over, and after
	 * it, because one may have done so in between. */
	for (unsigned attempt = 0;; attempt++) {
		bool known = gt_slot_foreign(slot, &latest, &err);

		if (known && !slot->superseded) {
			slot->tx = pub->ops->open(pub, slot->number, GT_KAFKA_WAIT_MS, &err);
			known = slot->tx && gt_slot_foreign(slot, &latest, &err);
		}
		if (known && slot->superseded) {
			slot->record = latest;
			return false;
		}
		if (known)
			return true;
		if (slot->tx)
			pub->ops->close(slot->tx);
		slot->tx = NULL;
		if (!gt_slot_pause(slot, attempt))
			return false;
	}
}

/* Alone until every flow that had something has committed once. */
static void solo_end(struct gt_slot *slot)
{
	pthread_mutex_lock(&slot->runtime->lock);
	if (slot->solo && slot->queue.n == 0)
		slot->solo = false;
	slot->status.solo = slot->solo;
	pthread_mutex_unlock(&slot->runtime->lock);
}

static void serve(struct gt_slot *slot)
{
	struct gt_commit commit;

	while (recycle(slot) && wait_for_work(slot, &commit)) {
		bool ours = commit_all(slot, &commit);

		free(commit.parts);
		gt_arena_reset(&slot->memory, 1u << 20);
		if (!ours)
			return;
		solo_end(slot);
	}
}

/* Lock held: the slot is no longer active; what it holds goes back to the sources. */
static void let_go(struct gt_slot *slot, enum gt_slot_phase phase)
{
	struct gt_commit commit;

	pthread_mutex_lock(&slot->runtime->lock);
	slot->phase = phase;
	slot->status.active = false;
	slot->status.superseded = phase == GT_SLOT_SUPERSEDED_PHASE;
	commit.parcels = slot->queue;
	if (commit.parcels.n == 0)
		gt_parcels_init(&commit.parcels);
	gt_parcels_init(&slot->queue);
	slot->queue_records = slot->queue_bytes = 0;
	pthread_mutex_unlock(&slot->runtime->lock);
	gt_commit_discard(slot, &commit, NULL);
}

static bool over(struct gt_slot *slot)
{
	struct gt_runtime *rt = slot->runtime;
	bool end;

	pthread_mutex_lock(&rt->lock);
	end = rt->done || rt->failed || rt->draining;
	pthread_mutex_unlock(&rt->lock);
	return end;
}

/* Down while the other gateway's timed manifests arrive; true: it went silent, take the slot back.
 */
static bool wait_for_silence(struct gt_slot *slot)
{
	struct gt_slot_record seen = slot->record, now = seen;
	int64_t since = gt_now_us();
	int64_t patience = 3 * slot->runtime->gateway->manifest_every_ms * 1000;
	struct gt_err err;

	while (gt_now_us() - since < patience) {
		if (!gt_slot_pause(slot, 5) || over(slot))
			return false;
		if (!gt_slot_foreign(slot, &now, &err))
			since = gt_now_us(); /* Kafka away: no sign of silence */
		else if (now.number != seen.number || now.generation != seen.generation) {
			seen = now;
			since = gt_now_us();
		}
	}
	return true;
}

static void mark_flows(struct gt_slot *slot, enum gt_flow_state state, const struct gt_err *why)
{
	struct gt_runtime *rt = slot->runtime;

	pthread_mutex_lock(&rt->lock);
	slot->status.reason = *why;
	slot->status.kafka_away = state == GT_FLOW_STARTING;
	for (size_t i = 0; i < rt->flow_count; i++) {
		struct gt_flow *flow = rt->flows[i];

		if (flow->slot == slot && flow->state != GT_FLOW_QUARANTINED)
			gt_flow_changed(flow, state, why);
	}
	pthread_mutex_unlock(&rt->lock);
}

static void activate(struct gt_slot *slot)
{
	struct gt_runtime *rt = slot->runtime;

	pthread_mutex_lock(&rt->lock);
	slot->phase = GT_SLOT_ACTIVE;
	slot->incarnation++;
	slot->status.active = true;
	slot->status.superseded = slot->status.kafka_away = false;
	slot->status.reason = (struct gt_err){.class = GT_OK};
	for (size_t i = 0; i < rt->flow_count; i++) {
		if (rt->flows[i]->slot == slot)
			gt_flow_activate(rt->flows[i]);
	}
	pthread_mutex_unlock(&rt->lock);
}

static bool take(struct gt_slot *slot)
{
	struct gt_err err, away;
	char reason[512];

	for (unsigned attempt = 0;; attempt++) {
		if (gt_slot_take(slot, &err))
			return true;
		gt_slot_release(slot);
		if (slot->superseded)
			return false;
		if (err.class != GT_RETRY) {
			pthread_mutex_lock(&slot->runtime->lock);
			gt_runtime_fail(slot->runtime, &err);
			pthread_mutex_unlock(&slot->runtime->lock);
			return false;
		}
		gt_err_sentence(&err, reason, sizeof(reason));
		gt_fail(&away, GT_E_SLOT_KAFKA_AWAY, GT_TEXT("%u", slot->number), reason);
		gt_log(GT_LOG_WARNING, (struct gt_str){0}, &away);
		mark_flows(slot, GT_FLOW_STARTING, &away);
		if (!gt_slot_pause(slot, attempt) || over(slot))
			return false;
	}
}

void *gt_slot_main(void *arg)
{
	struct gt_slot *slot = arg;
	struct gt_runtime *rt = slot->runtime;
	struct gt_err why;

	while (!over(slot)) {
		if (take(slot)) {
			activate(slot);
			serve(slot);
		}
		if (!slot->superseded) {
			let_go(slot, GT_SLOT_TAKING);
			gt_slot_release(slot);
			continue;
		}
		let_go(slot, GT_SLOT_SUPERSEDED_PHASE);
		gt_fail(&why, GT_E_SLOT_SUPERSEDED, GT_TEXT("%u", slot->number), slot->record.owner,
			GT_TEXT("%llu", (unsigned long long)slot->record.generation));
		gt_log(GT_LOG_ERROR, (struct gt_str){0}, &why);
		mark_flows(slot, GT_FLOW_SUPERSEDED, &why);
		gt_slot_release(slot);
		if (!wait_for_silence(slot))
			break;
		slot->superseded = false;
	}
	let_go(slot, GT_SLOT_STOPPED);
	gt_slot_release(slot);
	pthread_mutex_lock(&rt->lock);
	rt->slots_running--;
	pthread_cond_broadcast(&rt->ended);
	pthread_mutex_unlock(&rt->lock);
	gt_sched_wake(rt);
	return NULL;
}
