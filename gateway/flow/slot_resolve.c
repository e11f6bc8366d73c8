/* slot_resolve.c: after any result but OK the outcome is unknown; only the slot's partition knows
 * it. */
#include "flow_internal.h"

struct look {
	struct gt_slot_record latest;
	bool found;
};

static bool look(void *arg, const struct gt_seen *seen)
{
	struct look *l = arg;
	struct gt_slot_record record;
	struct gt_err ignored;

	if (!gt_str_eq(seen->key, GT_LIT(GT_SLOT_KEY)) || !seen->value.p)
		return true;
	if (!gt_slot_record_parse(seen->value, &record, &ignored))
		return true; /* restoring will say so; here only ours and rivals' matter */
	if (!l->found || record.generation >= l->latest.generation)
		l->latest = record;
	l->found = true;
	return true;
}

static bool read_records(
	struct gt_slot *slot, bool committed, struct gt_slot_record *latest, struct gt_err *err)
{
	struct gt_runtime *rt = slot->runtime;
	struct look l = {.found = false};
	int64_t next;

	if (!rt->publisher->ops->read(rt->publisher, rt->topics.state, (int32_t)slot->number,
		    slot->applied, committed, look, &l, &next, GT_KAFKA_WAIT_MS, err))
		return false;
	*latest = l.found ? l.latest : slot->record;
	return true;
}

static bool is_rival(const struct gt_slot *slot, const struct gt_slot_record *latest)
{
	return latest->generation > slot->record.generation &&
	       strcmp(latest->owner, slot->runtime->owner) != 0;
}

bool gt_slot_foreign(struct gt_slot *slot, struct gt_slot_record *latest, struct gt_err *err)
{
	if (!read_records(slot, false, latest, err))
		return false;
	slot->superseded |= is_rival(slot, latest);
	return true;
}

static enum gt_resolved judge(const struct gt_slot *slot, const struct gt_commit *commit,
	const struct gt_slot_record *latest)
{
	if (latest->generation != slot->record.generation ||
		strcmp(latest->owner, slot->record.owner) != 0)
		return GT_RESOLVED_OTHER;
	if (latest->number == commit->next.number &&
		memcmp(latest->manifest_hash, commit->next.manifest_hash, 32) == 0)
		return GT_RESOLVED_DONE;
	if (latest->number + 1 == commit->next.number)
		return GT_RESOLVED_NOT_DONE;
	return GT_RESOLVED_OTHER;
}

/* One try: false = Kafka does not answer yet. */
static bool resolve_once(struct gt_slot *slot, const struct gt_commit *commit,
	enum gt_resolved *resolved, struct gt_err *err)
{
	struct gt_publisher *pub = slot->runtime->publisher;
	struct gt_slot_record latest;

	if (!gt_slot_foreign(slot, &latest, err))
		return false;
	if (!slot->superseded) {
		if (!slot->tx)
			slot->tx = pub->ops->open(pub, slot->number, GT_KAFKA_WAIT_MS, err);
		if (!slot->tx || !read_records(slot, true, &latest, err))
			return false;
		/* A rival may have taken the slot just before our producer was opened. */
		slot->superseded = is_rival(slot, &latest);
	}
	if (slot->superseded)
		slot->record = latest;
	*resolved = slot->superseded ? GT_RESOLVED_SUPERSEDED : judge(slot, commit, &latest);
	return true;
}

enum gt_resolved gt_slot_resolve(struct gt_slot *slot, const struct gt_commit *commit)
{
	struct gt_runtime *rt = slot->runtime;
	enum gt_resolved resolved;
	struct gt_err err, away;
	char reason[512];

	rt->publisher->ops->close(slot->tx);
	slot->tx = NULL;
	for (unsigned attempt = 0; !resolve_once(slot, commit, &resolved, &err); attempt++) {
		gt_err_sentence(&err, reason, sizeof(reason));
		gt_fail(&away, GT_E_SLOT_KAFKA_AWAY, GT_TEXT("%u", slot->number), reason);
		gt_log(GT_LOG_WARNING, (struct gt_str){0}, &away);
		pthread_mutex_lock(&rt->lock);
		slot->status.kafka_away = true;
		slot->status.reason = away;
		pthread_mutex_unlock(&rt->lock);
		if (!gt_slot_pause(slot, attempt))
			return GT_RESOLVED_STOPPED;
	}
	pthread_mutex_lock(&rt->lock);
	slot->status.kafka_away = false;
	slot->status.reason = (struct gt_err){.class = GT_OK};
	pthread_mutex_unlock(&rt->lock);
	return resolved;
}
