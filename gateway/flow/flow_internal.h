/* flow_internal.h: the structures that the files of this folder share. Nobody else includes it.
 *
 * One mutex (runtime.lock) guards scheduling, queues and counters; it is taken per batch, never per
 * record. What a flow's polling needs (runner, stamp, `after`) belongs to the worker that runs it:
 * `running` is set under the lock and only one worker can. A slot's transaction, state and journal
 * belong to its committer thread. */
#ifndef GT_FLOW_INTERNAL_H
#define GT_FLOW_INTERNAL_H

#include "budget.h"
#include "envelope.h"
#include "gt_assert.h"
#include "journal.h"
#include "log.h"
#include "manifest.h"
#include "runner.h"
#include "runtime.h"
#include "state.h"
#include "topics.h"

#include <pthread.h>

#define GT_IN_FLIGHT_MAX 4u /* batches of one flow between poll and outcome */
#define GT_TOPICS_PER_COMMIT 64u
#define GT_CONTROL_TOPICS 4u   /* manifest, state, entries, status */
#define GT_KAFKA_WAIT_MS 30000 /* for one answer of Kafka; then again, for as long as it takes */
#define GT_PARTS_MAX 512u      /* batches of one commit */
#define GT_STATUS_EVERY_US                                                                         \
	5000000 /* a flow's status record, at most this often while nothing changes */
#define GT_IDLE_CLOSE_MS 60000 /* a flow polled more rarely closes its connection meanwhile */
#define GT_OPEN_TIMEOUT_US 30000000

/* A polled and normalised batch on its way to a commit. */
struct gt_parcel {
	struct gt_parcel *next;
	struct gt_flow *flow;
	struct gt_batch *batch;
	struct gt_stamp *stamp;      /* reference: keeps plan and constant parts */
	struct gt_message *messages; /* in the batch's arena */
	size_t n, bytes;
	struct gt_manifest_counts counts;
	uint64_t first_seq;
	struct gt_flow_record after; /* the flow's record once this parcel is committed */
	uint64_t fan_out, rejects;
	size_t reserved; /* of the memory budget */
	int64_t last_event_us;
};

/* Polls of one source that run now; shared by its flows. */
struct gt_source_polls {
	struct gt_str name;
	unsigned running;
};

struct gt_parcels { /* FIFO */
	struct gt_parcel *first, **end;
	size_t n;
};
void gt_parcels_init(struct gt_parcels *list);
void gt_parcels_push(struct gt_parcels *list, struct gt_parcel *parcel);
struct gt_parcel *gt_parcels_pop(struct gt_parcels *list); /* NULL = empty */

struct gt_counters {
	uint64_t read, accepted, rejected, filtered, unchanged, discarded, in_flight;
	uint64_t published, fan_out, rejects;
};

struct gt_flow {
	const struct gt_flow_conf *conf;
	struct gt_runtime *runtime;
	struct gt_slot *slot;
	struct gt_source_polls *source;

	/* Under runtime->lock: */
	enum gt_flow_state state;
	struct gt_err reason;
	struct gt_err notice; /* last document that had to be set aside; shown for a day */
	int64_t notice_us;
	int64_t due_us; /* monotonic; when the scheduler queues it */
	size_t heap_at; /* position + 1 in the due-time heap; 0 = not in it */
	bool queued, running;
	struct gt_flow *next_queued;
	int wait_fd;  /* registered with epoll; -1 = none */
	int waits_fd; /* what the last poll said to wait for; -1 = only due_us */
	short waits_events;
	unsigned in_flight;      /* parcels handed to the slot and not resolved */
	struct gt_parcels acked; /* resolved, adapter.commit still to come */
	bool reopen;     /* start again from the committed state, when nothing is in flight */
	bool caught_up;  /* the last poll found nothing more */
	bool status_due; /* its status record is to be written */
	int64_t status_written_us;
	struct gt_counters counters;
	struct gt_flow_record committed; /* as of the last resolved commit */
	int64_t last_arrival_us, last_event_us;
	unsigned failures; /* in a row, for back-off */

	/* Of the worker that runs it: */
	struct gt_runner *runner;
	struct gt_stamp *stamp;
	struct gt_flow_record after; /* after the last parcel that was handed on */
	size_t row_limit;
	struct gt_buf entry_value;
	size_t held; /* memory that the adapter declared */
};

enum gt_slot_phase { GT_SLOT_TAKING, GT_SLOT_ACTIVE, GT_SLOT_SUPERSEDED_PHASE, GT_SLOT_STOPPED };

struct gt_slot {
	struct gt_runtime *runtime;
	unsigned number;
	pthread_t thread;
	bool thread_started; /* slots without a configured flow are not taken */
	pthread_cond_t wake;

	/* Under runtime->lock: */
	enum gt_slot_phase phase;
	struct gt_parcels queue; /* handed over by workers, in order per flow */
	size_t queue_records, queue_bytes;
	int64_t first_queued_us; /* when the oldest of the queue came */
	struct gt_slot_status status;
	uint64_t incarnation; /* +1 at every taking: parcels of an earlier one are discarded */
	uint64_t epoch_floor; /* flows number from an epoch of at least this (Kafka lost data) */

	/* Of the committer thread: */
	struct gt_state *state; /* thread-safe by itself: workers read it */
	struct gt_tx *tx;
	struct gt_slot_record record; /* as of the last resolved commit */
	struct gt_merkle tree;
	struct gt_manifest *manifest;
	struct gt_hasher *hasher;
	struct gt_journal *journal;
	int64_t applied; /* offset up to which the state partition was read */
	int64_t last_commit_us;
	int64_t limit_records, limit_bytes;
	bool solo, recycle, superseded;
	struct gt_arena memory; /* of one commit's control records */
};

struct gt_runtime {
	struct gt_runtime_conf conf;
	const struct gt_gateway_conf *gateway;
	struct gt_publisher *publisher;
	char owner[33];
	struct gt_arena memory;
	struct gt_topic_plan topics;
	struct gt_budget budget;

	pthread_mutex_t lock;
	pthread_cond_t work;  /* the run queue has something */
	pthread_cond_t ended; /* threads ended, state for wait() changed */
	struct gt_flow *flows;
	size_t flow_count;
	struct gt_slot *slots;
	size_t slot_count;
	struct gt_flow **heap;
	size_t heap_n;
	struct gt_flow *queue_first, **queue_end;
	struct gt_batch *spare[16];
	size_t spare_n;
	size_t running; /* workers inside a step */
	bool draining, stop_workers, failed, done;
	int64_t drain_until_us;
	struct gt_err failure;

	int epoll, wake_fd;
	pthread_t scheduler, *workers;
	size_t worker_count, slots_running;
	bool started;
};

/* sched.c — all with the lock held. */
void gt_sched_at(struct gt_flow *flow, int64_t due_us); /* (re)schedules; not while running */
void gt_sched_now(struct gt_flow *flow);                /* to the run queue */
void gt_sched_wait_fd(struct gt_flow *flow, int fd, short events, int64_t deadline_us);
void *gt_sched_main(void *arg); /* the runtime */
void gt_sched_wake(struct gt_runtime *runtime);
struct gt_flow *gt_sched_take(struct gt_runtime *rt); /* next eligible of the run queue, or NULL */
int64_t gt_now_us(void);                              /* monotonic */

/* flow.c — with the lock held. */
void gt_flow_changed(struct gt_flow *flow, enum gt_flow_state state, const struct gt_err *reason);
void gt_flow_failed(
	struct gt_flow *flow, const struct gt_err *err); /* classed; schedules the next try */
void gt_flow_set_aside(struct gt_flow *flow, const struct gt_err *why); /* quarantine */
bool gt_flow_quiet(const struct gt_flow *flow);    /* nothing in flight, nothing to acknowledge */
void gt_runtime_check_done(struct gt_runtime *rt); /* `once`, drained */
void gt_runtime_fail(struct gt_runtime *rt, const struct gt_err *err);

/* step.c: one turn of a flow on a worker; called without the lock. */
void gt_flow_step(struct gt_flow *flow, struct gt_norm *norm, struct gt_hasher *hasher);
void gt_flow_close(struct gt_flow *flow); /* runner and stamp; by whoever runs it */

/* work.c: rows → messages. False: the arena is full; *rows_done were done. */
bool gt_work_normalise(struct gt_parcel *parcel, const struct gt_flow_conf *conf,
	struct gt_norm *norm, struct gt_hasher *hasher, int64_t now_us);

/* parcel.c */
struct gt_batch *gt_batch_take(
	struct gt_runtime *runtime, size_t *reserved); /* NULL: no memory now */
void gt_batch_give(struct gt_runtime *runtime, struct gt_batch *batch, size_t reserved);
void gt_parcel_free(struct gt_parcel *parcel); /* lock not held */

/* slot.c, slot_take.c, slot_commit.c, slot_resolve.c: committer thread only, unless said. */
void *gt_slot_main(void *arg); /* the slot */
/* Lock held; any worker. False: the slot is not the one that the parcel was made for. */
bool gt_slot_push(
	struct gt_slot *slot, struct gt_parcel *parcel, uint64_t incarnation) GT_MUST_CHECK;
bool gt_slot_take(
	struct gt_slot *slot, struct gt_err *err); /* new tx, restore, first transaction */
void gt_slot_release(struct gt_slot *slot);        /* tx, state, journal */

/* One commit's content; lives until its outcome is resolved. */
struct gt_commit {
	struct gt_parcels parcels;
	struct gt_part *parts;
	struct gt_commit_set set;
	struct gt_slot_record next; /* what the slot record says after it */
	struct gt_merkle tree;
	struct gt_str manifest_value;
};
bool gt_commit_build(struct gt_slot *slot, struct gt_commit *commit, struct gt_err *err);
void gt_commit_done(
	struct gt_slot *slot, struct gt_commit *commit, const struct gt_commit_result *result);
/* Back to the sources: all parcels of `only`, or all. Later parcels of these flows in the queue
 * too. */
void gt_commit_discard(struct gt_slot *slot, struct gt_commit *commit, struct gt_flow *only);
void gt_commit_requeue(struct gt_slot *slot, struct gt_commit *commit); /* to the queue's front */

/* A new numbering if the record's began before `floor`: Kafka has lost some of it. True: changed.
 */
bool gt_flow_renumber(struct gt_flow_record *record, uint64_t floor);

enum gt_resolved {
	GT_RESOLVED_DONE,
	GT_RESOLVED_NOT_DONE,
	GT_RESOLVED_SUPERSEDED,
	GT_RESOLVED_OTHER,
	GT_RESOLVED_STOPPED
};
enum gt_resolved gt_slot_resolve(struct gt_slot *slot, const struct gt_commit *commit);
/* Reads the slot's records of the state partition, uncommitted, from `applied` on: latest is the
 * newest of any owner; sets slot->superseded when another owner's generation is higher. False:
 * Kafka away. */
bool gt_slot_foreign(struct gt_slot *slot, struct gt_slot_record *latest, struct gt_err *err);
/* Sleeps on the slot's condition with back-off; false: draining and out of time. */
bool gt_slot_pause(struct gt_slot *slot, unsigned attempt);

/* status.c */
/* Value for the status topic, with the counts `c`; lock held. */
void gt_status_record(
	const struct gt_flow *flow, const struct gt_flow_record *c, struct gt_buf *out);
/* What a person should know of the flow: why it does not run, or its notice. Lock held. */
const struct gt_err *gt_flow_reason(const struct gt_flow *flow);

#endif
