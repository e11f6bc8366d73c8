/* state.c: flow records and entries of one slot. Entries are one map per flow; writes of batches in
 * flight stand in a second map in front of it, with a count of the batches that wait for each key.
 */
#include "state.h"

#include "arena.h"
#include "batch.h"
#include "gt_assert.h"
#include "hash.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
	struct gt_str key, value; /* one allocation behind this struct; value.p NULL = deleted */
	unsigned waiting;         /* pending map only: batches in flight that wrote it */
};

struct flow {
	struct gt_str name;
	struct gt_flow_record *record; /* gt_flow_record_keep(); NULL = none yet */
	struct gt_map entries, pending;
};

struct gt_state {
	pthread_mutex_t lock;
	struct gt_map flows;
	struct gt_slot_record slot;
	bool has_slot;
	size_t bytes;
};

struct gt_state *gt_state_new(void)
{
	struct gt_state *state = gt_alloc(sizeof(*state));

	pthread_mutex_init(&state->lock, NULL);
	return state;
}

static void entries_free(struct gt_map *map)
{
	struct gt_map_slot *slot;

	for (size_t i = 0; (slot = gt_map_next(map, &i)) != NULL;)
		free(slot->value);
	gt_map_fini(map);
}

static void flows_free(struct gt_state *state)
{
	struct gt_map_slot *slot;

	for (size_t i = 0; (slot = gt_map_next(&state->flows, &i)) != NULL;) {
		struct flow *flow = slot->value;

		entries_free(&flow->entries);
		entries_free(&flow->pending);
		free(flow->record);
		free((char *)flow->name.p);
		free(flow);
	}
	gt_map_fini(&state->flows);
}

void gt_state_free(struct gt_state *state)
{
	if (!state)
		return;
	flows_free(state);
	pthread_mutex_destroy(&state->lock);
	free(state);
}

void gt_state_clear(struct gt_state *state)
{
	pthread_mutex_lock(&state->lock);
	flows_free(state);
	state->flows = (struct gt_map){0};
	state->has_slot = false;
	state->bytes = 0;
	pthread_mutex_unlock(&state->lock);
}

static struct flow *flow_of(struct gt_state *state, struct gt_str name)
{
	struct flow *flow = gt_map_get(&state->flows, name);

	if (flow)
		return flow;
	flow = gt_alloc(sizeof(*flow));
	flow->name = gt_str(gt_strdup(name), name.n);
	gt_map_set(&state->flows, flow->name, flow);
	return flow;
}

static struct entry *entry_new(struct gt_str key, struct gt_str value)
{
	struct entry *entry = gt_alloc(sizeof(*entry) + key.n + value.n + 1);
	char *at = (char *)(entry + 1);

	memcpy(at, key.p, key.n);
	entry->key = gt_str(at, key.n);
	if (value.p) {
		memcpy(at + key.n, value.p, value.n);
		entry->value = gt_str(at + key.n, value.n);
	}
	return entry;
}

static size_t entry_size(const struct entry *entry)
{
	return entry->key.n + entry->value.n;
}

/* Removes first: the map's key is a view of the entry that goes. */
static void entry_drop(struct gt_map *map, struct gt_str key, size_t *bytes)
{
	struct entry *old = gt_map_remove(map, key);

	if (!old)
		return;
	if (bytes)
		*bytes -= entry_size(old);
	free(old);
}

static void entry_apply(
	struct gt_state *state, struct flow *flow, struct gt_str key, struct gt_str value)
{
	struct entry *entry;

	entry_drop(&flow->entries, key, &state->bytes);
	if (!value.p)
		return;
	entry = entry_new(key, value);
	state->bytes += entry_size(entry);
	gt_map_set(&flow->entries, entry->key, entry);
}

bool gt_state_apply(
	struct gt_state *state, struct gt_str key, struct gt_str value, struct gt_err *err)
{
	struct gt_flow_record record;
	struct gt_slot_record slot;
	bool is_slot = gt_str_eq(key, GT_LIT(GT_SLOT_KEY));

	if (!value.p)
		return gt_fail(err, GT_E_STATE_UNREADABLE, GT_TEXT("%.*s", GT_STR_ARGS(key)));
	if (is_slot ? !gt_slot_record_parse(value, &slot, err)
		    : !gt_flow_record_parse(value, &record, err))
		return false;
	pthread_mutex_lock(&state->lock);
	if (is_slot) {
		state->slot = slot;
		state->has_slot = true;
	} else {
		struct flow *flow = flow_of(state, key);

		gt_flow_record_keep(&flow->record, &record);
	}
	pthread_mutex_unlock(&state->lock);
	return true;
}

void gt_state_apply_entry(struct gt_state *state, struct gt_str key, struct gt_str value)
{
	const char *cut = memchr(key.p, '\0', key.n);
	size_t n = cut ? (size_t)(cut - key.p) : 0;

	if (!cut)
		return; /* not an entry's key: nothing of ours */
	pthread_mutex_lock(&state->lock);
	entry_apply(state, flow_of(state, gt_str(key.p, n)), gt_str(cut + 1, key.n - n - 1), value);
	pthread_mutex_unlock(&state->lock);
}

bool gt_state_slot(const struct gt_state *state, struct gt_slot_record *record)
{
	struct gt_state *s = (struct gt_state *)state;
	bool has;

	pthread_mutex_lock(&s->lock);
	has = state->has_slot;
	if (has)
		*record = state->slot;
	pthread_mutex_unlock(&s->lock);
	return has;
}

bool gt_state_flow(const struct gt_state *state, struct gt_str flow, struct gt_flow_record *record)
{
	struct gt_state *s = (struct gt_state *)state;
	const struct flow *found;
	bool has;

	pthread_mutex_lock(&s->lock);
	found = gt_map_get(&state->flows, flow);
	has = found && found->record;
	if (has)
		gt_flow_record_copy(record, found->record);
	pthread_mutex_unlock(&s->lock);
	return has;
}

size_t gt_state_flows(const struct gt_state *state, struct gt_arena *memory, struct gt_str **names)
{
	struct gt_state *s = (struct gt_state *)state;
	struct gt_map_slot *slot;
	struct gt_str *v;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	v = gt_arena_alloc(memory, (state->flows.n + 1) * sizeof(*v));
	for (size_t i = 0; (slot = gt_map_next(&state->flows, &i)) != NULL;) {
		if (((struct flow *)slot->value)->record)
			v[n++] = gt_arena_copy(memory, slot->key);
	}
	pthread_mutex_unlock(&s->lock);
	*names = v;
	return n;
}

bool gt_state_entry(
	const struct gt_state *state, struct gt_str name, struct gt_str key, struct gt_buf *value)
{
	struct gt_state *s = (struct gt_state *)state;
	const struct entry *entry = NULL;
	const struct flow *flow;
	bool has;

	pthread_mutex_lock(&s->lock);
	flow = gt_map_get(&state->flows, name);
	if (flow) {
		entry = gt_map_get(&flow->pending, key);
		if (!entry)
			entry = gt_map_get(&flow->entries, key);
	}
	has = entry && entry->value.p;
	if (has) {
		gt_buf_clear(value);
		gt_buf_add(value, entry->value);
	}
	pthread_mutex_unlock(&s->lock);
	return has;
}

static void pend_one(struct flow *flow, const struct gt_entry *write)
{
	struct entry *old = gt_map_get(&flow->pending, write->key);
	struct entry *entry = entry_new(write->key, write->value);

	entry->waiting = 1 + (old ? old->waiting : 0);
	entry_drop(&flow->pending, write->key, NULL);
	gt_map_set(&flow->pending, entry->key, entry);
}

void gt_state_pend(
	struct gt_state *state, struct gt_str flow_name, const struct gt_entry *entries, size_t n)
{
	struct flow *flow;

	if (n == 0)
		return;
	pthread_mutex_lock(&state->lock);
	flow = flow_of(state, flow_name);
	for (size_t i = 0; i < n; i++)
		pend_one(flow, &entries[i]);
	pthread_mutex_unlock(&state->lock);
}

void gt_state_settle(
	struct gt_state *state, struct gt_str flow_name, const struct gt_entry *entries, size_t n)
{
	struct flow *flow;

	if (n == 0)
		return;
	pthread_mutex_lock(&state->lock);
	flow = flow_of(state, flow_name);
	for (size_t i = 0; i < n; i++) {
		struct entry *pending = gt_map_get(&flow->pending, entries[i].key);

		entry_apply(state, flow, entries[i].key, entries[i].value);
		if (pending && --pending->waiting == 0)
			entry_drop(&flow->pending, entries[i].key, NULL);
	}
	pthread_mutex_unlock(&state->lock);
}

void gt_state_discard(struct gt_state *state, struct gt_str flow_name)
{
	struct flow *flow;

	pthread_mutex_lock(&state->lock);
	flow = gt_map_get(&state->flows, flow_name);
	if (flow) {
		entries_free(&flow->pending);
		flow->pending = (struct gt_map){0};
	}
	pthread_mutex_unlock(&state->lock);
}

size_t gt_state_entry_bytes(const struct gt_state *state)
{
	struct gt_state *s = (struct gt_state *)state;
	size_t bytes;

	pthread_mutex_lock(&s->lock);
	bytes = state->bytes;
	pthread_mutex_unlock(&s->lock);
	return bytes;
}
