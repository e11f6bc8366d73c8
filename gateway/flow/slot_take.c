/* slot_take.c: taking a slot: fence the older owner, restore state and entries, bring the journal
 * of manifests up to date, and write generation + 1 before any poll. */
#include "flow_internal.h"

#include "options.h"

#include <stdlib.h>
#include <time.h>

struct restore {
	struct gt_slot *slot;
	struct gt_err *err;
	bool broken;
};

static bool restore_state(void *arg, const struct gt_seen *seen)
{
	struct restore *r = arg;

	r->broken = !gt_state_apply(r->slot->state, seen->key, seen->value, r->err);
	return !r->broken;
}

static bool restore_entry(void *arg, const struct gt_seen *seen)
{
	struct restore *r = arg;

	gt_state_apply_entry(r->slot->state, seen->key, seen->value);
	return true;
}

static bool restore(struct gt_slot *slot, struct gt_err *err)
{
	struct gt_runtime *rt = slot->runtime;
	struct gt_publisher *pub = rt->publisher;
	struct restore r = {slot, err, false};
	int32_t partition = (int32_t)slot->number;
	int64_t next;

	gt_state_clear(slot->state);
	if (!pub->ops->read(pub, rt->topics.state, partition, 0, true, restore_state, &r,
		    &slot->applied, GT_KAFKA_WAIT_MS, err) ||
		r.broken)
		return false;
	return pub->ops->read(pub, rt->topics.entries, partition, 0, true, restore_entry, &r, &next,
		GT_KAFKA_WAIT_MS, err);
}

static bool check_record(struct gt_slot *slot, struct gt_err *err)
{
	unsigned partitions = (unsigned)slot->runtime->slot_count;

	if (!gt_state_slot(slot->state, &slot->record)) {
		slot->record = (struct gt_slot_record){.partitions = partitions};
		slot->tree = (struct gt_merkle){.n = 0};
		return true;
	}
	if (slot->record.partitions != partitions)
		return gt_fail(err, GT_E_STATE_PARTITIONS, GT_TEXT("%u", partitions),
			GT_TEXT("%u", slot->record.partitions));
	if (!gt_merkle_parse(&slot->tree, gt_cstr(slot->record.frontier)))
		return gt_fail(err, GT_E_STATE_UNREADABLE, "slot record");
	return true;
}

struct catch_up {
	struct gt_slot *slot;
	uint64_t have;
	struct gt_err *err;
	bool failed;
};

static bool catch_up_one(void *arg, const struct gt_seen *seen)
{
	struct catch_up *c = arg;
	int64_t number;

	if (!gt_parse_int(seen->key, &number) || (uint64_t)number <= c->have ||
		(uint64_t)number > c->slot->record.number)
		return true;
	c->failed = !gt_journal_append(c->slot->journal, (uint64_t)number, seen->value, c->err);
	return !c->failed;
}

/* The journal's manifests that are missing, from the manifest topic. */
static bool catch_up(struct gt_slot *slot, uint64_t have, struct gt_err *err)
{
	struct gt_runtime *rt = slot->runtime;
	struct catch_up c = {slot, have, err, false};
	int64_t next;

	return rt->publisher->ops->read(rt->publisher, rt->topics.manifest, (int32_t)slot->number,
		       0, true, catch_up_one, &c, &next, GT_KAFKA_WAIT_MS, err) &&
	       !c.failed;
}

/* Kafka is behind what was committed: it lost data. Numbering of manifests goes on from the
 * journal, the flows' numbering starts a new epoch. */
static void lost(struct gt_slot *slot, uint64_t number, const unsigned char hash[32])
{
	gt_log_say(GT_LOG_ERROR, (struct gt_str){0}, GT_E_STATE_LOST, GT_TEXT("%u", slot->number),
		GT_TEXT("%llu", (unsigned long long)slot->record.number),
		GT_TEXT("%llu", (unsigned long long)number));
	slot->record.number = number;
	memcpy(slot->record.manifest_hash, hash, 32);
	pthread_mutex_lock(&slot->runtime->lock);
	slot->epoch_floor = (uint64_t)time(NULL) + 1; /* above any that is lost */
	pthread_mutex_unlock(&slot->runtime->lock);
}

static void journal_failed(struct gt_slot *slot, const struct gt_err *why)
{
	char reason[512];

	gt_err_sentence(why, reason, sizeof(reason));
	gt_log_say(GT_LOG_ERROR, (struct gt_str){0}, GT_E_SLOT_JOURNAL, GT_TEXT("%u", slot->number),
		reason);
	gt_journal_close(slot->journal);
	slot->journal = NULL; /* evidence never stops exchange: completed at the next start */
}

static void journal_forget(struct gt_slot *slot)
{
	gt_log_say(GT_LOG_WARNING, (struct gt_str){0}, GT_E_SLOT_JOURNAL_FOREIGN,
		GT_TEXT("%u", slot->number));
}

static struct gt_str log_name(struct gt_slot *slot)
{
	const struct gt_gateway_conf *gateway = slot->runtime->gateway;

	return gt_arena_printf(&slot->memory, "%.*s.%.*s.%u", GT_STR_ARGS(gateway->prefix),
		GT_STR_ARGS(gateway->site), slot->number);
}

static bool open_journal(struct gt_slot *slot, struct gt_err *err)
{
	struct gt_runtime *rt = slot->runtime;
	char cluster[64] = "", topic[64] = "";
	unsigned char hash[32];
	uint64_t have = 0;
	bool foreign = false;
	struct gt_err why;

	if (rt->gateway->data.n == 0)
		return true;
	if (!rt->publisher->ops->identity(
		    rt->publisher, rt->topics.state, cluster, topic, GT_KAFKA_WAIT_MS, err))
		return false;
	slot->journal = gt_journal_open(rt->gateway->data.p, log_name(slot), gt_cstr(cluster),
		gt_cstr(topic), &foreign, &why);
	if (!slot->journal) {
		journal_failed(slot, &why);
		return true;
	}
	if (foreign)
		journal_forget(slot);
	if (gt_journal_last(slot->journal, &have, hash) && have > slot->record.number)
		lost(slot, have, hash);
	if (have < slot->record.number && !catch_up(slot, have, &why))
		journal_failed(slot, &why);
	return true;
}

static bool first_commit(struct gt_slot *slot, struct gt_err *err)
{
	struct gt_commit commit;
	struct gt_commit_result result = {.ok = false};
	struct gt_slot_record latest;
	struct gt_err ignored;

	commit = (struct gt_commit){.parts = NULL};
	gt_parcels_init(&commit.parcels);
	slot->record.generation++;
	memcpy(slot->record.owner, slot->runtime->owner, sizeof(slot->record.owner));
	if (!gt_commit_build(slot, &commit, err))
		return false;
	slot->runtime->publisher->ops->commit(slot->tx, &commit.set, &result);
	free(commit.parts);
	if (!result.ok) {
		*err = result.why;
		err->class = GT_RETRY; /* the next taking asks Kafka what happened */
		slot->record.generation--;
		if (gt_slot_foreign(slot, &latest, &ignored) && slot->superseded)
			slot->record = latest;
		return false;
	}
	gt_commit_done(slot, &commit, &result);
	slot->recycle = result.recycle;
	return true;
}

bool gt_slot_take(struct gt_slot *slot, struct gt_err *err)
{
	struct gt_publisher *pub = slot->runtime->publisher;

	slot->recycle = slot->solo = slot->superseded = false;
	pthread_mutex_lock(&slot->runtime->lock);
	slot->look = true;
	pthread_mutex_unlock(&slot->runtime->lock);
	slot->limit_records = slot->runtime->gateway->commit_records;
	slot->limit_bytes = slot->runtime->gateway->commit_bytes;
	slot->tx = pub->ops->open(pub, slot->number, GT_KAFKA_WAIT_MS, err);
	if (!slot->tx || !restore(slot, err) || !check_record(slot, err) ||
		!open_journal(slot, err) || !first_commit(slot, err))
		return false;
	gt_arena_reset(&slot->memory, 1u << 20);
	gt_log_say(GT_LOG_INFO, (struct gt_str){0}, GT_E_SLOT_TAKEN, GT_TEXT("%u", slot->number),
		GT_TEXT("%llu", (unsigned long long)slot->record.generation),
		GT_TEXT("%llu", (unsigned long long)slot->record.number));
	return true;
}

void gt_slot_release(struct gt_slot *slot)
{
	if (slot->tx)
		slot->runtime->publisher->ops->close(slot->tx);
	slot->tx = NULL;
	gt_journal_close(slot->journal);
	slot->journal = NULL;
}
