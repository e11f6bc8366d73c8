/* slot_commit.c: what one transaction holds, and what follows from its outcome. */
#include "flow_internal.h"

#include "failpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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
static void add_entry(struct build *b, struct gt_str flow, struct gt_str key, struct gt_str value)
{
	gt_buf_clear(&b->text);
	gt_buf_add(&b->text, flow);
	gt_buf_add(&b->text, gt_str("", 1));
	gt_buf_add(&b->text, key);
	add(b, b->slot->runtime->topics.entries, gt_buf_str(&b->text), value);
}

static void add_entries(struct build *b, const struct gt_parcel *p)
{
	struct gt_str flow = p->flow->name;

	for (size_t i = 0; i < p->batch->entry_count; i++) {
		const struct gt_entry *entry = &p->batch->entries[i];

		add_entry(b, flow, entry->key, entry->value);
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

/* Lock held. Flows that are no longer configured keep their record, marked retired. When Kafka has
 * lost data every record says so at once: a flow may have nothing to send before the next start. */
static void add_changed(struct build *b)
{
	struct gt_slot *slot = b->slot;
	struct gt_flow_record record;
	struct gt_str *names;
	size_t n = gt_state_flows(slot->state, &slot->memory, &names), i;

	for (i = 0; i < n && b->n + b->slot->flow_count + 2 < b->cap; i++) {
		bool configured = gt_flow_find(slot->runtime, names[i]) != NULL, changed;

		if ((configured && b->commit->parcels.n > 0) ||
			!gt_state_flow(slot->state, names[i], &record))
			continue; /* with parcels: they say it, later and better */
		changed = gt_flow_renumber(&record, slot->epoch_floor);
		if (!configured && !record.retired) {
			record.retired = changed = true;
			gt_log_say(GT_LOG_INFO, names[i], GT_E_FLOW_RETIRED);
		}
		if (changed)
			add_flow_record(b, names[i], &record);
	}
	b->commit->looked = i == n;
}

/* Lock held: the flow's record as of this commit's parcels or, without any, as committed. */
static void add_control_record(struct build *b, struct gt_flow *flow)
{
	struct gt_flow_record record;

	for (const struct gt_parcel *p = b->commit->parcels.first; p; p = p->next)
		if (p->flow == flow)
			return; /* add_parts has written it, pause and all */
	if (!gt_state_flow(b->slot->state, flow->name, &record)) {
		record = (struct gt_flow_record){.epoch = (uint64_t)time(NULL), .next_seq = 1};
		memcpy(record.adapter, flow->conf->adapter->name,
			strlen(flow->conf->adapter->name));
	}
	(void)gt_flow_renumber(&record, b->slot->epoch_floor);
	record.pause = flow->pause;
	add_flow_record(b, flow->name, &record);
}

/* Lock held: what operators asked for. */
static void add_controls(struct build *b)
{
	struct gt_slot *slot = b->slot;
	struct gt_commit *commit = b->commit;

	commit->controls =
		gt_arena_alloc(&slot->memory, (slot->flow_count + 1) * sizeof(*commit->controls));
	commit->control_count = 0;
	for (struct gt_flow *flow = slot->controls; flow; flow = flow->next_control) {
		commit->controls[commit->control_count++] =
			(struct gt_control){flow, flow->asked, flow->back_write, {"", "", 0}};
		if (flow->back)
			commit->controls[commit->control_count - 1].what = *flow->back;
		add_control_record(b, flow);
		if (flow->back_write == GT_BACK_NONE)
			continue;
		if (flow->back_write == GT_BACK_STOP) {
			add_entry(b, flow->name, GT_LIT(GT_BACK_KEY), (struct gt_str){0});
			add_entry(b, flow->name, GT_LIT(GT_BACK_CURSOR_KEY), (struct gt_str){0});
			continue;
		}
		struct gt_buf value;

		gt_buf_init(&value, 1024);
		gt_backfill_write(flow->back, &value);
		add_entry(b, flow->name, GT_LIT(GT_BACK_KEY), gt_buf_str(&value));
		gt_buf_fini(&value);
	}
}

/* Where the flow stands once this commit is done. */
static const struct gt_flow_record *record_after(const struct build *b, const struct gt_flow *flow)
{
	static const struct gt_flow_record none;
	const struct gt_flow_record *record = flow->committed ? flow->committed : &none;

	for (const struct gt_parcel *p = b->commit->parcels.first; p; p = p->next) {
		if (p->flow == flow)
			record = &p->after;
	}
	return record;
}

/* Lock held. */
static void add_status(struct build *b)
{
	struct gt_slot *slot = b->slot;
	int64_t now = gt_now_us();

	for (const struct gt_parcel *p = b->commit->parcels.first; p; p = p->next)
		if (now - p->flow->status_written_us >= GT_STATUS_EVERY_US)
			gt_flow_status_due(p->flow);
	while (slot->statuses && b->n + 2 < b->cap) {
		struct gt_flow *flow = slot->statuses;

		slot->statuses = flow->next_status;
		if (!slot->statuses)
			slot->statuses_end = &slot->statuses;
		flow->status_due = false;
		flow->status_written_us = now;
		gt_buf_clear(&b->text);
		gt_status_record(flow, record_after(b, flow), &b->text);
		add(b, slot->runtime->topics.status, flow->name, gt_buf_str(&b->text));
		b->sends[b->n - 1].partition = GT_PARTITION_BY_KEY;
	}
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

/* Lock held. */
static size_t sends_needed(const struct gt_slot *slot, const struct gt_commit *commit)
{
	size_t n = 4 + slot->flow_count; /* slot record, status */

	for (const struct gt_flow *flow = slot->controls; flow; flow = flow->next_control)
		n += 3;

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
		if (is_last(p)) {
			p->after.pause = p->flow->pause;
			add_flow_record(b, p->flow->name, &p->after);
		}
	}
	commit->set.parts = commit->parts;
	commit->set.part_count = i;
}

bool gt_commit_build(struct gt_slot *slot, struct gt_commit *commit, struct gt_err *err)
{
	struct build b = {.slot = slot, .commit = commit};

	gt_buf_init(&b.text, 16u << 20);
	commit->next = slot->record;
	if (!add_manifest(&b, err)) {
		gt_buf_fini(&b.text);
		return false;
	}
	grow_tree(&b);
	pthread_mutex_lock(&slot->runtime->lock);
	b.cap = sends_needed(slot, commit);
	b.sends = gt_arena_zalloc(&slot->memory, b.cap * sizeof(*b.sends));
	add_parts(&b);
	add_controls(&b);
	commit->looked = false;
	if (slot->look)
		add_changed(&b);
	add_status(&b);
	pthread_mutex_unlock(&slot->runtime->lock);
	gt_buf_clear(&b.text);
	gt_slot_record_write(&commit->next, &b.text);
	add(&b, slot->runtime->topics.state, GT_LIT(GT_SLOT_KEY), gt_buf_str(&b.text));
	GT_ASSERT(!b.text.full);
	gt_buf_fini(&b.text);
	commit->set.sends = b.sends;
	commit->set.send_count = b.n;
	return true;
}

/* As add_controls() wrote it: the range does not change once it is asked for. */
static void apply_backfill(struct gt_slot *slot, const struct gt_control *control)
{
	struct gt_flow *flow = control->flow;
	struct gt_buf key, value;

	if (control->back == GT_BACK_NONE)
		return;
	gt_buf_init(&key, 1024);
	gt_buf_init(&value, 1024);
	gt_buf_add(&key, flow->name);
	gt_buf_add(&key, gt_str("", 1));
	gt_buf_adds(&key, GT_BACK_KEY);
	if (control->back == GT_BACK_START)
		gt_backfill_write(&control->what, &value);
	gt_state_apply_entry(slot->state, gt_buf_str(&key),
		control->back == GT_BACK_START ? gt_buf_str(&value) : (struct gt_str){0});
	gt_buf_adds(&key, "-cursor");
	gt_state_apply_entry(slot->state, gt_buf_str(&key), (struct gt_str){0});
	gt_buf_fini(&key);
	gt_buf_fini(&value);
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
			slot->state, p->flow->name, p->batch->entries, p->batch->entry_count);
	for (size_t i = 0; i < commit->control_count; i++)
		apply_backfill(slot, &commit->controls[i]);
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
	gt_flow_record_keep(&flow->committed, &p->after);
	if (p->batch->row_count > 0)
		flow->last_arrival_us = p->after.last_record_us;
	if (p->last_event_us > flow->last_event_us)
		flow->last_event_us = p->last_event_us;
}

static void forget_backfill(struct gt_flow *flow)
{
	free(flow->back);
	flow->back = NULL;
	flow->back_stop = flow->back_over = false;
}

/* Lock held. */
static void range_done(struct gt_parcel *p)
{
	struct gt_flow *flow = p->flow;

	if (!p->ranged)
		return;
	flow->back_in_flight--;
	if (flow->back)
		flow->back->rows = p->range_rows;
	if (!p->range_over || !flow->back)
		return;
	gt_log_say(GT_LOG_INFO, flow->name, GT_E_BACKFILL_DONE, flow->name.p, flow->back->from,
		flow->back->until, GT_TEXT("%llu", (unsigned long long)p->range_rows));
	forget_backfill(flow);
	gt_flow_status_due(flow);
}

/* Lock held: what was asked for meanwhile stays in the list. */
static void controls_done(struct gt_slot *slot, const struct gt_commit *commit)
{
	struct gt_flow *flow = slot->controls, *next;

	for (size_t i = 0; i < commit->control_count; i++) {
		const struct gt_control *c = &commit->controls[i];

		c->flow->written = c->asked;
		if (c->back == GT_BACK_STOP)
			forget_backfill(c->flow);
		else if (c->back == GT_BACK_START && c->flow->failures == 0)
			c->flow->due_us = 0; /* not to wait for the next ordinary poll */
		if (c->flow->asked == c->asked)
			c->flow->back_write = GT_BACK_NONE;
		gt_sched_now(c->flow);
	}
	slot->controls = NULL;
	slot->controls_end = &slot->controls;
	for (; flow; flow = next) {
		next = flow->next_control;
		flow->in_control = flow->asked != flow->written;
		if (!flow->in_control)
			continue;
		flow->next_control = NULL;
		*slot->controls_end = flow;
		slot->controls_end = &flow->next_control;
	}
	if (commit->control_count > 0)
		pthread_cond_broadcast(&slot->runtime->ended);
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
		range_done(p);
		flow->in_flight--;
		gt_parcels_push(&flow->acked, p);
		gt_sched_now(flow);
	}
	if (commit->looked)
		slot->look = false;
	controls_done(slot, commit);
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
		flow->back_in_flight -= p->ranged;
		flow->back_over = false;
		flow->reopen = true;
		gt_state_discard(slot->state, flow->name);
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
