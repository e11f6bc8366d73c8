/* memory.c: Kafka's transaction rules in this process's memory. Offsets grow as in Kafka: aborted
 * records keep theirs and each end of a transaction takes one more in every partition it touched.
 */
#include "memory.h"
#include "arena.h"
#include "gt_assert.h"
#include "hash.h"
#include "io.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum fate { OPEN, COMMITTED, ABORTED };

struct touch { /* a partition that a transaction wrote to */
	struct touch *next;
	struct topic *topic;
	size_t partition;
};

struct transaction {
	struct transaction *next;
	enum fate fate;
	unsigned slot;
	struct touch *touched;
};

struct record {
	struct gt_seen seen;
	struct transaction *in;
};

struct partition {
	struct record *v;
	size_t n, cap;
	int64_t end;
};

struct topic {
	struct gt_str name;
	struct partition *v;
	size_t n;
	struct topic *next;
};

struct memory {
	struct gt_publisher base;
	pthread_mutex_t lock;
	pthread_cond_t decided;
	struct gt_arena arena;
	struct gt_map by_name;
	struct topic *topics;
	struct transaction *transactions;
	int state_partitions;
	char cluster[24];
	enum gt_memory_fault fault;
	size_t nth;
	const char *refused;  /* see gt_memory_refuse() */
	uint64_t *generation; /* per slot: of the newest gt_tx */
	size_t slots;
};

struct gt_tx {
	struct memory *memory;
	unsigned slot;
	uint64_t generation;
};

static struct memory *of(struct gt_publisher *publisher)
{
	return (struct memory *)publisher; /* base is the first member */
}

static struct topic *get_topic(struct memory *memory, struct gt_str name, size_t partitions)
{
	struct topic *topic = gt_map_get(&memory->by_name, name);

	if (topic == NULL) {
		topic = gt_arena_zalloc(&memory->arena, sizeof *topic);
		topic->name = gt_arena_copy(&memory->arena, name);
		topic->next = memory->topics;
		memory->topics = topic;
		gt_map_set(&memory->by_name, topic->name, topic);
	}
	if (partitions > topic->n) {
		topic->v = gt_realloc(topic->v, partitions * sizeof *topic->v);
		memset(topic->v + topic->n, 0, (partitions - topic->n) * sizeof *topic->v);
		topic->n = partitions;
	}
	return topic;
}

static struct gt_str keep(struct memory *memory, struct gt_str s)
{
	return s.p == NULL ? s : gt_arena_copy(&memory->arena, s);
}

static void touch(
	struct memory *memory, struct transaction *in, struct topic *topic, size_t partition)
{
	struct touch *touched = in->touched;

	while (touched != NULL && (touched->topic != topic || touched->partition != partition))
		touched = touched->next;
	if (touched != NULL)
		return;
	touched = gt_arena_alloc(&memory->arena, sizeof *touched);
	*touched = (struct touch){in->touched, topic, partition};
	in->touched = touched;
}

static void append(struct memory *memory, struct transaction *in, struct gt_str name,
	int32_t wanted, struct gt_str key, struct gt_str value)
{
	struct topic *topic =
		get_topic(memory, name, wanted == GT_PARTITION_BY_KEY ? 1 : (size_t)wanted + 1);
	size_t which = wanted == GT_PARTITION_BY_KEY ? gt_murmur2(key) % topic->n : (size_t)wanted;
	struct partition *at = &topic->v[which];

	if (at->n == at->cap) {
		at->cap = at->cap ? at->cap * 2 : 64;
		at->v = gt_realloc(at->v, at->cap * sizeof *at->v);
	}
	at->v[at->n++] = (struct record){{at->end++, keep(memory, key), keep(memory, value)}, in};
	touch(memory, in, topic, which);
}

/* Ends a transaction: its marker takes an offset in every partition it wrote to. */
static void decide(struct memory *memory, struct transaction *transaction, enum fate fate)
{
	transaction->fate = fate;
	for (struct touch *touched = transaction->touched; touched != NULL; touched = touched->next)
		touched->topic->v[touched->partition].end++;
	pthread_cond_broadcast(&memory->decided);
}

static struct gt_tx *memory_open(
	struct gt_publisher *publisher, unsigned slot, int timeout_ms, struct gt_err *err)
{
	struct memory *memory = of(publisher);
	struct gt_tx *tx = NULL;

	(void)timeout_ms;
	pthread_mutex_lock(&memory->lock);
	if (memory->fault == GT_FAULT_DOWN) {
		gt_fail(err, GT_E_KAFKA_AWAY, "memory");
	} else {
		if (slot >= memory->slots) {
			memory->generation = gt_realloc(
				memory->generation, (slot + 1u) * sizeof *memory->generation);
			memset(memory->generation + memory->slots, 0,
				(slot + 1u - memory->slots) * sizeof *memory->generation);
			memory->slots = slot + 1u;
		}
		for (struct transaction *t = memory->transactions; t != NULL; t = t->next)
			if (t->slot == slot && t->fate == OPEN)
				decide(memory, t, ABORTED);
		tx = gt_alloc(sizeof *tx);
		*tx = (struct gt_tx){memory, slot, ++memory->generation[slot]};
	}
	pthread_mutex_unlock(&memory->lock);
	return tx;
}

static void produce(struct memory *memory, struct transaction *in, const struct gt_commit_set *set)
{
	for (size_t i = 0; i < set->part_count; i++)
		for (size_t j = 0; j < set->parts[i].n; j++)
			append(memory, in, set->parts[i].messages[j].topic, GT_PARTITION_BY_KEY,
				set->parts[i].messages[j].key, set->parts[i].messages[j].value);
	if (set->manifest.topic.n > 0)
		append(memory, in, set->manifest.topic, set->manifest.partition, set->manifest.key,
			set->manifest.value);
	for (size_t i = 0; i < set->send_count; i++)
		append(memory, in, set->sends[i].topic, set->sends[i].partition, set->sends[i].key,
			set->sends[i].value);
}

static void *owner_of(const struct gt_commit_set *set, size_t nth)
{
	for (size_t i = 0; i < set->part_count; i++) {
		if (nth < set->parts[i].n)
			return set->parts[i].owner;
		nth -= set->parts[i].n;
	}
	return NULL;
}

static bool is_refused(const struct memory *memory, const struct gt_commit_set *set)
{
	for (size_t i = 0; memory->refused != NULL && i < set->part_count; i++)
		for (size_t j = 0; j < set->parts[i].n; j++) {
			struct gt_str value = set->parts[i].messages[j].value;

			if (value.p != NULL && memmem(value.p, value.n, memory->refused,
						       strlen(memory->refused)) != NULL)
				return true;
		}
	return false;
}

/* A commit that meets a fault, or none; the lock is held. */
static void commit_with(struct memory *memory, struct gt_tx *tx, enum gt_memory_fault fault,
	const struct gt_commit_set *set, struct gt_commit_result *result)
{
	struct transaction *in;

	if (fault == GT_FAULT_DOWN || fault == GT_FAULT_BEFORE_BEGIN) {
		gt_fail(&result->why, GT_E_KAFKA_AWAY, "memory");
		return;
	}
	in = gt_arena_zalloc(&memory->arena, sizeof *in);
	in->slot = tx->slot;
	in->next = memory->transactions;
	memory->transactions = in;
	produce(memory, in, set);
	if (fault == GT_FAULT_LOST) {
		gt_fail(&result->why, GT_E_KAFKA_TX_TIMEOUT, "0", "lost");
		return;
	}
	if (fault == GT_FAULT_REPORT) {
		result->culprit = owner_of(set, memory->nth);
		result->culprit_permanent = result->culprit != NULL;
		gt_fail(&result->why, GT_E_KAFKA_REFUSED, "memory", "refused");
		return;
	}
	if (is_refused(memory, set)) {
		gt_fail(&result->why, GT_E_KAFKA_REFUSED, "memory", "refused");
		return;
	}
	decide(memory, in, COMMITTED);
	result->slow = fault == GT_FAULT_SLOW;
	if (fault == GT_FAULT_UNKNOWN_DONE)
		gt_fail(&result->why, GT_E_KAFKA_TX_TIMEOUT, "0", "unknown");
	else
		result->ok = true;
}

static void memory_commit(
	struct gt_tx *tx, const struct gt_commit_set *set, struct gt_commit_result *result)
{
	struct memory *memory = tx->memory;

	memset(result, 0, sizeof *result);
	pthread_mutex_lock(&memory->lock);

	enum gt_memory_fault fault = memory->fault;

	if (fault != GT_FAULT_DOWN)
		memory->fault = GT_FAULT_NONE;
	if (fault != GT_FAULT_DOWN && tx->generation != memory->generation[tx->slot])
		gt_fail(&result->why, GT_E_KAFKA_FENCED, GT_TEXT("%u", tx->slot));
	else
		commit_with(memory, tx, fault, set, result);
	pthread_mutex_unlock(&memory->lock);
}

static void memory_close(struct gt_tx *tx)
{
	free(tx);
}

/* The transaction that a committed reader of [from, end) has to wait for, or NULL. */
static const struct transaction *undecided(const struct partition *at, int64_t from, int64_t end)
{
	for (size_t i = 0; i < at->n; i++)
		if (at->v[i].seen.offset >= from && at->v[i].seen.offset < end &&
			at->v[i].in->fate == OPEN)
			return at->v[i].in;
	return NULL;
}

/* Records are handed out from a copy: the sink may call back into the publisher. */
static size_t collect(struct memory *memory, const struct partition *at, int64_t from, int64_t end,
	bool committed, struct gt_seen **out)
{
	size_t n = 0;

	*out = gt_alloc((at->n + 1) * sizeof **out);
	(void)memory;
	for (size_t i = 0; i < at->n; i++)
		if (at->v[i].seen.offset >= from && at->v[i].seen.offset < end &&
			(!committed || at->v[i].in->fate == COMMITTED))
			(*out)[n++] = at->v[i].seen;
	return n;
}

static bool memory_read(struct gt_publisher *publisher, struct gt_str name, int32_t partition,
	int64_t from, bool committed, gt_seen_fn *sink, void *arg, int64_t *next, int timeout_ms,
	struct gt_err *err)
{
	struct memory *memory = of(publisher);
	struct timespec until;
	struct gt_seen *seen;
	size_t n;
	int64_t end;
	bool late = false;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000 + 1;
	pthread_mutex_lock(&memory->lock);
	if (memory->fault == GT_FAULT_DOWN) {
		pthread_mutex_unlock(&memory->lock);
		return gt_fail(err, GT_E_KAFKA_AWAY, "memory");
	}

	struct topic *topic = get_topic(memory, name, (size_t)partition + 1);

	end = topic->v[partition].end;
	while (committed && !late && undecided(&topic->v[partition], from, end) != NULL)
		late = pthread_cond_timedwait(&memory->decided, &memory->lock, &until) != 0;
	n = late ? 0 : collect(memory, &topic->v[partition], from, end, committed, &seen);
	pthread_mutex_unlock(&memory->lock);
	if (late)
		return gt_fail(err, GT_E_KAFKA_READ_TIMEOUT, GT_TEXT("%.*s", GT_STR_ARGS(name)),
			GT_TEXT("%d", partition), GT_TEXT("%d", timeout_ms / 1000));
	for (size_t i = 0; i < n; i++) {
		if (!sink(arg, &seen[i])) {
			end = seen[i].offset + 1;
			break;
		}
	}
	free(seen);
	*next = end;
	return true;
}

static bool memory_topics(struct gt_publisher *publisher, const struct gt_topic_spec *specs,
	size_t n, bool create, int timeout_ms, int *state_partitions, struct gt_err *err)
{
	struct memory *memory = of(publisher);
	bool down;

	(void)create;
	(void)timeout_ms;
	pthread_mutex_lock(&memory->lock);
	down = memory->fault == GT_FAULT_DOWN;
	for (size_t i = 0; i < n && !down; i++)
		get_topic(memory, specs[i].name,
			specs[i].per_slot ? (size_t)memory->state_partitions
					  : (size_t)specs[i].partitions);
	pthread_mutex_unlock(&memory->lock);
	if (down)
		return gt_fail(err, GT_E_KAFKA_AWAY, "memory");
	*state_partitions = memory->state_partitions;
	return true;
}

static bool memory_identity(struct gt_publisher *publisher, struct gt_str topic, char cluster[64],
	char topic_id[64], int timeout_ms, struct gt_err *err)
{
	struct memory *memory = of(publisher);

	(void)timeout_ms;
	(void)err;
	memcpy(cluster, memory->cluster, sizeof memory->cluster);
	if (topic.n > 63)
		topic.n = 63;
	memcpy(topic_id, topic.p, topic.n);
	topic_id[topic.n] = '\0';
	return true;
}

static void memory_free(struct gt_publisher *publisher)
{
	struct memory *memory = of(publisher);

	for (struct topic *topic = memory->topics; topic != NULL; topic = topic->next) {
		for (size_t i = 0; i < topic->n; i++)
			free(topic->v[i].v);
		free(topic->v);
	}
	gt_map_fini(&memory->by_name);
	gt_arena_fini(&memory->arena);
	free(memory->generation);
	pthread_cond_destroy(&memory->decided);
	pthread_mutex_destroy(&memory->lock);
	free(memory);
}

static const struct gt_publisher_ops ops = {"memory", memory_open, memory_commit, memory_close,
	memory_read, memory_topics, memory_identity, memory_free};

struct gt_publisher *gt_publisher_memory(int state_partitions)
{
	struct memory *memory = gt_alloc(sizeof *memory);
	unsigned char random[8];

	memory->base.ops = &ops;
	memory->state_partitions = state_partitions;
	pthread_mutex_init(&memory->lock, NULL);
	pthread_cond_init(&memory->decided, NULL);
	gt_arena_init(&memory->arena, 0);
	gt_random(random, sizeof random);
	memcpy(memory->cluster, "memory-", 7);
	gt_hex(memory->cluster + 7, random, sizeof random);
	return &memory->base;
}

void gt_memory_fault(struct gt_publisher *publisher, enum gt_memory_fault fault, size_t nth)
{
	struct memory *memory = of(publisher);

	pthread_mutex_lock(&memory->lock);
	memory->fault = fault;
	memory->nth = nth;
	pthread_mutex_unlock(&memory->lock);
}

size_t gt_memory_records(
	struct gt_publisher *publisher, struct gt_str topic_name, const struct gt_seen **records)
{
	struct memory *memory = of(publisher);
	struct topic *topic;
	struct gt_seen *out = NULL;
	size_t n = 0, all = 0;

	pthread_mutex_lock(&memory->lock);
	topic = gt_map_get(&memory->by_name, topic_name);
	for (size_t i = 0; topic != NULL && i < topic->n; i++)
		all += topic->v[i].n;
	if (all > 0)
		out = gt_arena_alloc(&memory->arena, all * sizeof *out);
	for (size_t i = 0; out != NULL && i < topic->n; i++)
		for (size_t j = 0; j < topic->v[i].n; j++)
			if (topic->v[i].v[j].in->fate == COMMITTED)
				out[n++] = topic->v[i].v[j].seen;
	pthread_mutex_unlock(&memory->lock);
	*records = out;
	return n;
}

void gt_memory_refuse(struct gt_publisher *publisher, const char *text)
{
	struct memory *memory = of(publisher);

	pthread_mutex_lock(&memory->lock);
	memory->refused = text;
	pthread_mutex_unlock(&memory->lock);
}

void gt_memory_forget(struct gt_publisher *publisher)
{
	struct memory *memory = of(publisher);

	pthread_mutex_lock(&memory->lock);
	for (struct topic *topic = memory->topics; topic != NULL; topic = topic->next)
		for (size_t i = 0; i < topic->n; i++) {
			topic->v[i].n = 0;
			topic->v[i].end = 0;
		}
	for (struct transaction *t = memory->transactions; t != NULL; t = t->next)
		t->touched = NULL;
	pthread_mutex_unlock(&memory->lock);
}
