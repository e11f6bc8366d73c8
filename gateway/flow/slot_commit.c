/* slot_commit.c: what one transaction holds, and what follows from its outcome. */
#include "flow_internal.h"

#include "failpoint.h"

#include <stdio.h>
#include <stdlib.h>

struct build {
	struct gt_slot *slot;
	struct gt_commit *commit;
	struct gt_send *sends;
	size_t n, cap;
	struct gt_buf text;
};

static void add(struct build *b, struct gt_str topic, struct gt_str key, struct gt_str value)
{
	struct gt_arena *memory = &b->slot->memory;

	GT_ASSERT(b->n < b->cap);
	b->sends[b->n++] = (struct gt_send){.topic = topic,
		.key = gt_arena_copy(memory, key),
		.value = value.p ? gt_arena_copy(memory, value) : (struct gt_str){0},
		.partition = (int32_t)b->slot->number};
}

/* Entries' key on the topic: flow, NUL, key. */
static void add_entries(struct build *b, const struct gt_parcel *p)
{
	struct gt_str flow = p->flow->conf->name;

	for (size_t i = 0; i < p->batch->entry_count; i++) {
		const struct gt_entry *entry = &p->batch->entries[i];

		gt_buf_clear(&b->text);
		gt_buf_add(&b->text, flow);
		gt_buf_add(&b->text, gt_str("", 1));
		gt_buf_add(&b->text, entry->key);
		add(b, b->slot->runtime->topics.entries, gt_buf_str(&b->text), entry->value);
	}
}

/* The last parcel of a flow in this commit says where the flow stands. */
static bool is_last(const struct gt_parcel *parcel)
{
	for (const struct gt_parcel *p = parcel->next; p; p = p->next) {
		if (p->flow == parcel->flow)
			return false;
	}
	return true;
}

static void add_flow_record(
	struct build *b, struct gt_str flow, const struct gt_flow_record *record)
{
	gt_buf_clear(&b->text);
	gt_flow_record_write(record, &b->text);
	add(b, b->slot->runtime->topics.state, flow, gt_buf_str(&b->text));
}

bool gt_flow_renumber(struct gt_flow_record *record, uint64_t floor)
{
	if (record->epoch >= floor)
		return false;
	record->epoch = record->epoch + 1 > floor ? record->epoch + 1 : floor;
	record->next_seq = 1;
	return true;
}

static bool is_configured(const struct gt_runtime *rt, struct gt_str name)
{
	for (size_t i = 0; i < rt->flow_count; i++) {
		if (gt_str_eq(rt->flows[i].conf->name, name))
			return true;
	}
	return false;
}

/* Flows that are no longer configured keep their record, marked retired. When Kafka has lost data
 * every record says so at once: a flow may have nothing to send before the next start. */
static void add_changed(struct build *b)
{
	struct gt_slot *slot = b->slot;
	struct gt_flow_record record;
	struct gt_str *names;
	size_t n = gt_state_flows(slot->state, &slot->memory, &names);

	for (size_t i = 0; i < n && b->n + 2 < b->cap; i++) {
		bool configured = is_configured(slot->runtime, names[i]), changed;

		if (!gt_state_flow(slot->state, names[i], &record))
			continue;
		changed = gt_flow_renumber(&record, slot->epoch_floor);
		if (!configured && !record.retired) {
			record.retired = changed = true;
			gt_log_say(GT_LOG_INFO, names[i], GT_E_FLOW_RETIRED);
		}
		if (changed)
			add_flow_record(b, names[i], &record);
	}
}

/* Where the flow stands once this commit is done. */
static const struct gt_flow_record *record_after(const struct build *b, const struct gt_flow *flow)
{
	const struct gt_flow_record *record = &flow->committed;

	for (const struct gt_parcel *p = b->commit->parcels.first; p; p = p->next) {
		if (p->flow == flow)
			record = &p->after;
	}
	return record;
}

static void add_status(struct build *b)
{
	struct gt_runtime *rt = b->slot->runtime;
	int64_t now = gt_now_us();

	pthread_mutex_lock(&rt->lock);
	for (size_t i = 0; i < rt->flow_count; i++) {
		struct gt_flow *flow = &rt->flows[i];
		bool old = now - flow->status_written_us >= GT_STATUS_EVERY_US;

		if (flow->slot != b->slot || !(flow->status_due || (old && flow->in_flight > 0)))
			continue;
		flow->status_due = false;
		flow->status_written_us = now;
		gt_buf_clear(&b->text);
		gt_status_record(flow, record_after(b, flow), &b->text);
		add(b, rt->topics.status, flow->conf->name, gt_buf_str(&b->text));
		b->sends[b->n - 1].partition = GT_PARTITION_BY_KEY;
	}
	pthread_mutex_unlock(&rt->lock);
}

static bool add_manifest(struct build *b, struct gt_err *err)
{
	struct gt_slot *slot = b->slot;
	struct gt_commit *commit = b->commit;
	struct gt_gateway_conf const *gateway = slot->runtime->gateway;
	struct gt_manifest_head head = {
		.log = gt_arena_printf(&slot->memory, "%.*s.%.*s.%u", GT_STR_ARGS(gateway->prefix),
			GT_STR_ARGS(gateway->site), slot->number),
		.owner = gt_cstr(slot->record.owner),
		.number = slot->record.number + 1,
		.generation = slot->record.generation,
		.previous = slot->record.number > 0 ? slot->record.manifest_hash : NULL,
		.time_us = gt_host_wall_us()};

	gt_manifest_start(slot->manifest);
	for (const struct gt_parcel *p = commit->parcels.first; p; p = p->next)
		gt_manifest_add(slot->manifest, gt_stamp_origin(p->stamp), gt_stamp_epoch(p->stamp),
			p->first_seq, p->messages, p->n, &p->counts, p->batch->totals,
			p->batch->total_count);
	if (!gt_manifest_finish(slot->manifest, &head, slot->runtime->conf.signer,
		    &commit->manifest_value, commit->next.manifest_hash, err))
		return false;
	commit->next.number = head.number;
	commit->set.manifest = (struct gt_send){.topic = slot->runtime->topics.manifest,
		.key = gt_arena_printf(&slot->memory, "%llu", (unsigned long long)head.number),
		.value = commit->manifest_value,
		.partition = (int32_t)slot->number};
	return true;
}

/* The evidence tree's leaf of a manifest: RFC 6962, H(0x00 ‖ value). */
static void grow_tree(struct build *b)
{
	struct gt_commit *commit = b->commit;
	struct gt_slot *slot = b->slot;
	unsigned char leaf[32];

	gt_buf_clear(&b->text);
	gt_buf_u8(&b->text, 0);
	gt_buf_add(&b->text, commit->manifest_value);
	gt_sha256(slot->hasher, gt_buf_str(&b->text), leaf);
	commit->tree = slot->tree;
	gt_merkle_add(slot->hasher, &commit->tree, leaf);
	gt_merkle_write(&commit->tree, commit->next.frontier);
}

static size_t sends_needed(const struct gt_slot *slot, const struct gt_commit *commit)
{
	size_t n = 2 + slot->runtime->flow_count; /* slot record, status */

	for (const struct gt_parcel *p = commit->parcels.first; p; p = p->next)
		n += 1 + p->batch->entry_count;
	return n + 4096; /* retired flows */
}

static void add_parts(struct build *b)
{
	struct gt_commit *commit = b->commit;
	size_t i = 0;

	free(commit->parts);
	commit->parts = gt_alloc((commit->parcels.n + 1) * sizeof(*commit->parts));
	for (struct gt_parcel *p = commit->parcels.first; p; p = p->next) {
		commit->parts[i++] = (struct gt_part){p->messages, p->n, p->flow};
		add_entries(b, p);
		if (is_last(p))
			add_flow_record(b, p->flow->conf->name, &p->after);
	}
	commit->set.parts = commit->parts;
	commit->set.part_count = i;
}

bool gt_commit_build(struct gt_slot *slot, struct gt_commit *commit, struct gt_err *err)
{
	struct build b = {.slot = slot, .commit = commit, .cap = sends_needed(slot, commit)};

	gt_buf_init(&b.text, 16u << 20);
	b.sends = gt_arena_zalloc(&slot->memory, b.cap * sizeof(*b.sends));
	commit->next = slot->record;
	if (!add_manifest(&b, err)) {
		gt_buf_fini(&b.text);
		return false;
	}
	grow_tree(&b);
	add_parts(&b);
	if (commit->parcels.n == 0)
		add_changed(&b);
	add_status(&b);
	gt_buf_clear(&b.text);
	gt_slot_record_write(&commit->next, &b.text);
	add(&b, slot->runtime->topics.state, GT_LIT(GT_SLOT_KEY), gt_buf_str(&b.text));
	GT_ASSERT(!b.text.full);
	gt_buf_fini(&b.text);
	commit->set.sends = b.sends;
	commit->set.send_count = b.n;
	return true;
}

/* What the state topic now says, in memory: exactly the records that were sent. */
static void apply(struct gt_slot *slot, const struct gt_commit *commit)
{
	struct gt_err err;

	for (size_t i = 0; i < commit->set.send_count; i++) {
		const struct gt_send *send = &commit->set.sends[i];

		if (gt_str_eq(send->topic, slot->runtime->topics.state))
			GT_ASSERT(gt_state_apply(slot->state, send->key, send->value, &err));
	}
	for (const struct gt_parcel *p = commit->parcels.first; p; p = p->next)
		gt_state_settle(
			slot->state, p->flow->conf->name, p->batch->entries, p->batch->entry_count);
}

static void to_journal(struct gt_slot *slot, const struct gt_commit *commit)
{
	struct gt_err why;
	char reason[512];

	GT_FAILPOINT("before-journal");
	if (!slot->journal)
		return;
	if (gt_journal_append(slot->journal, commit->next.number, commit->manifest_value, &why))
		return;
	gt_err_sentence(&why, reason, sizeof(reason));
	gt_log_say(GT_LOG_ERROR, (struct gt_str){0}, GT_E_SLOT_JOURNAL, GT_TEXT("%u", slot->number),
		reason);
	gt_journal_close(slot->journal);
	slot->journal = NULL; /* completed from Kafka at the next taking */
}

static void count_done(struct gt_parcel *p)
{
	struct gt_flow *flow = p->flow;
	struct gt_counters *c = &flow->counters;

	c->in_flight -= p->counts.read;
	c->accepted += p->counts.accepted;
	c->rejected += p->counts.rejected;
	c->filtered += p->counts.filtered;
	c->unchanged += p->counts.unchanged;
	c->published += p->n;
	c->fan_out += p->fan_out;
	c->rejects += p->rejects;
	flow->committed = p->after;
	if (p->batch->row_count > 0)
		flow->last_arrival_us = p->after.last_record_us;
	if (p->last_event_us > flow->last_event_us)
		flow->last_event_us = p->last_event_us;
}

void gt_commit_done(
	struct gt_slot *slot, struct gt_commit *commit, const struct gt_commit_result *result)
{
	struct gt_runtime *rt = slot->runtime;

	apply(slot, commit);
	slot->record = commit->next;
	slot->tree = commit->tree;
	slot->last_commit_us = gt_now_us();
	to_journal(slot, commit);
	pthread_mutex_lock(&rt->lock);
	slot->status.number = slot->record.number;
	slot->status.generation = slot->record.generation;
	slot->status.commits++;
	slot->status.commit_us = result->flush_us + result->commit_us;
	for (struct gt_parcel *p; (p = gt_parcels_pop(&commit->parcels)) != NULL;) {
		struct gt_flow *flow = p->flow;

		count_done(p);
		flow->in_flight--;
		gt_parcels_push(&flow->acked, p);
		gt_sched_now(flow);
	}
	pthread_mutex_unlock(&rt->lock);
}

/* Lock held: takes the parcels of the flows that are discarded out of a list. */
static void pick(struct gt_parcels *from, struct gt_parcels *out, const struct gt_flow *only)
{
	struct gt_parcels rest;

	gt_parcels_init(&rest);
	for (struct gt_parcel *p; (p = gt_parcels_pop(from)) != NULL;)
		gt_parcels_push(!only || p->flow == only ? out : &rest, p);
	gt_parcels_init(from);
	for (struct gt_parcel *p; (p = gt_parcels_pop(&rest)) != NULL;)
		gt_parcels_push(from, p);
}

static void recount(struct gt_slot *slot)
{
	slot->queue_records = slot->queue_bytes = 0;
	for (const struct gt_parcel *p = slot->queue.first; p; p = p->next) {
		slot->queue_records += p->n;
		slot->queue_bytes += p->bytes;
	}
}

void gt_commit_discard(struct gt_slot *slot, struct gt_commit *commit, struct gt_flow *only)
{
	struct gt_runtime *rt = slot->runtime;
	struct gt_parcels gone;

	gt_parcels_init(&gone);
	pthread_mutex_lock(&rt->lock);
	pick(&commit->parcels, &gone, only);
	if (only || slot->phase != GT_SLOT_ACTIVE)
		pick(&slot->queue, &gone, only);
	recount(slot);
	for (struct gt_parcel *p = gone.first; p; p = p->next) {
		struct gt_flow *flow = p->flow;

		flow->counters.in_flight -= p->counts.read;
		flow->counters.discarded += p->counts.read;
		flow->in_flight--;
		flow->reopen = true;
		gt_state_discard(slot->state, flow->conf->name);
		gt_sched_now(flow);
	}
	pthread_mutex_unlock(&rt->lock);
	for (struct gt_parcel *p; (p = gt_parcels_pop(&gone)) != NULL;)
		gt_parcel_free(p);
}

void gt_commit_requeue(struct gt_slot *slot, struct gt_commit *commit)
{
	struct gt_runtime *rt = slot->runtime;

	pthread_mutex_lock(&rt->lock);
	for (struct gt_parcel *p; (p = gt_parcels_pop(&slot->queue)) != NULL;)
		gt_parcels_push(&commit->parcels, p);
	gt_parcels_init(&slot->queue);
	for (struct gt_parcel *p; (p = gt_parcels_pop(&commit->parcels)) != NULL;)
		gt_parcels_push(&slot->queue, p);
	recount(slot);
	pthread_mutex_unlock(&rt->lock);
}
