/* flow_internal.h: the structures that the files of this folder share. Nobody else includes it.
 *
 * One mutex (runtime.lock) guards scheduling, queues and counters; it is taken per batch, never per
 * record. What a flow's polling needs (runner, stamp, `after`) belongs to the worker that runs it:
 * `running` is set under the lock and only one worker can. A slot's transaction, state and journal
 * belong to its committer thread. Flows are added and taken away while the gateway runs
 * (gt_runtime_reload): whoever goes through them holds the lock. */
#ifndef GT_FLOW_INTERNAL_H
#define GT_FLOW_INTERNAL_H

#include "budget.h"
#include "drift.h"
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
#define GT_IDLE_CLOSE_MS 60000  /* a flow polled more rarely closes its connection meanwhile */
#define GT_POLL_US 30000000     /* a poll's deadline at most */
#define GT_POLL_FIRST_US 250000 /* and at first, of an adapter that blocks a worker: patience.c */
#define GT_CHILDREN_MAX 128u    /* isolated adapters at the same time */
#define GT_BOUND_MAX 47u        /* bytes of one end of a backfill */

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
	bool ranged;         /* of a backfill: its cursor is none of the flow's */
	bool range_over;     /* and the last of it */
	uint64_t range_rows; /* of the backfill, when this is committed */
	size_t reserved;     /* of the memory budget */
	int64_t last_event_us;
};

/* What the flows of one source share: how many run now, those that wait for a worker, its rate. */
struct gt_source {
	struct gt_str name;
	unsigned running;
	bool troubled; /* its last attempt failed, or got nowhere: few workers for its like */
	bool ready;    /* in a list of sources with work */
	struct gt_source *next_ready;
	struct gt_flow *first, **end; /* its queued flows */
	int64_t permit_us;            /* monotonic: when its next request is free */
};

struct gt_ready { /* FIFO of sources with work and room */
	struct gt_source *first, **end;
};

/* A backfill, as status shows it. */
struct gt_backfill {
	char from[GT_BOUND_MAX + 1], until[GT_BOUND_MAX + 1]; /* "" = open on that side */
	uint64_t rows;
};

/* Where an opened flow stands: of its worker. */
struct gt_position {
	struct gt_flow_record after; /* after the last parcel that was handed on */
	bool ranged;                 /* opened for the backfill below */
	struct gt_backfill back;
	size_t back_len;
	char back_cursor[GT_CURSOR_MAX];
};

/* What an operator asked for, on its way into a commit of the slot. */
enum gt_back_write { GT_BACK_NONE, GT_BACK_START, GT_BACK_STOP };
struct gt_control {
	struct gt_flow *flow;
	uint64_t asked;
	enum gt_back_write back;
	struct gt_backfill what;
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
	struct gt_str name; /* its own copy: it outlives configurations */
	struct gt_runtime *runtime;
	struct gt_slot *slot;
	struct gt_source *source;
	/* Written with the lock held, by the worker that runs it, or by a reload while nobody does
	 * and it is closed. */
	const struct gt_flow_conf *conf;
	const struct gt_gateway_conf *gateway; /* the configuration that conf is of; held */

	/* Under runtime->lock: */
	const struct gt_flow_conf *next_conf; /* taken over at the next opening; NULL = none */
	const struct gt_gateway_conf *next_gateway;
	bool removed;             /* no longer configured: drains, then goes */
	size_t at;                /* its place in runtime->flows */
	unsigned char digest[32]; /* of next_conf, else of conf */
	uint64_t seen;            /* the last reload that named it */
	enum gt_flow_state state;
	struct gt_err *reason; /* NULL = none */
	struct gt_err *notice; /* last document that had to be set aside; shown for a day */
	int64_t notice_us;
	int64_t due_us; /* monotonic; when the scheduler queues it */
	size_t heap_at; /* position + 1 in the due-time heap; 0 = not in it */
	bool queued, running;
	bool as_troubled; /* the turn that runs counts among those of troubled sources */
	struct gt_flow *next_queued;
	int wait_fd;  /* registered with epoll; -1 = none */
	int waits_fd; /* what the last poll said to wait for; -1 = only due_us */
	short waits_events;
	unsigned in_flight;      /* parcels handed to the slot and not resolved */
	struct gt_parcels acked; /* resolved, adapter.commit still to come */
	bool reopen;     /* start again from the committed state, when nothing is in flight */
	bool caught_up;  /* the last poll found nothing more */
	bool status_due; /* its status record is to be written: in the slot's list */
	struct gt_flow *next_status;
	int64_t status_written_us;
	struct gt_counters counters;
	struct gt_flow_record *committed; /* as of the last resolved commit; NULL = none */
	int64_t last_arrival_us, last_event_us;
	unsigned failures; /* in a row, for back-off */
	bool hurry;        /* an operator said: now; whatever the turn that runs finds */
	struct gt_pause pause;
	/* The backfill that goes on; NULL = none. */
	struct gt_backfill *back;
	bool back_stop; /* asked to end, or failed: no more polls of it */
	bool back_over; /* its last batch is on its way */
	bool ranged;    /* how it is opened, or is to be with `reopen` */
	unsigned back_failures, back_in_flight;
	int64_t back_due_us, ordinary_due_us, slice_until_us;
	/* What is to be committed of the two above: */
	uint64_t asked, written; /* counts of what was asked for, and of what is committed of it */
	enum gt_back_write back_write;
	struct gt_flow *next_control;
	bool in_control;

	/* Of the worker that runs it: */
	struct gt_runner *runner;
	struct gt_stamp *stamp;
	struct gt_position *position; /* NULL while closed */
	bool waited;                  /* the last poll said WAIT */
	unsigned patience;            /* its polls last up to GT_POLL_FIRST_US << patience */
	size_t row_limit;
	struct gt_buf entry_value;
	struct gt_drift *drift; /* from the first batch on; set with the lock held */
	size_t held;            /* memory that the adapter declared */
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
	size_t flow_count;    /* configured flows of this slot */
	struct gt_flow *controls, **controls_end; /* what operators asked for */
	struct gt_flow *statuses, **statuses_end; /* flows whose status record is due */
	bool look; /* the next commit without parcels looks for flows that are not configured */

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
	pthread_cond_t work;    /* the run queue has something */
	pthread_cond_t ended;   /* threads ended, state for wait() changed */
	struct gt_flow **flows; /* flow_count, room for flow_cap; in configuration order at first */
	size_t flow_count, flow_cap;
	struct gt_map by_name, sources;
	uint64_t reloads;
	size_t undone; /* gt_runtime_check_done(): where to look first */
	struct gt_slot *slots;
	size_t slot_count;
	struct gt_flow **heap;
	size_t heap_n;
	struct gt_ready healthy, troubled;
	bool last_troubled; /* the last turn that was given out was a troubled source's */
	size_t troubled_running, children, removed;
	pthread_mutex_t reloading; /* taken outside of lock */
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
void *gt_sched_main(void *arg);             /* the runtime */
void gt_sched_done(struct gt_flow *flow);   /* the turn is over: others of its source may run */
void gt_sched_forget(struct gt_flow *flow); /* out of heap, queue and epoll; not while running */
void gt_sched_wake(struct gt_runtime *runtime);
struct gt_flow *gt_sched_take(struct gt_runtime *rt); /* next eligible of the run queue, or NULL */
int64_t gt_now_us(void);                              /* monotonic */

/* flow.c — with the lock held. */
void gt_flow_changed(struct gt_flow *flow, enum gt_flow_state state, const struct gt_err *reason);
void gt_flow_failed(
	struct gt_flow *flow, const struct gt_err *err); /* classed; schedules the next try */
void gt_flow_set_aside(struct gt_flow *flow, const struct gt_err *why); /* quarantine */
bool gt_flow_quiet(const struct gt_flow *flow); /* nothing in flight, nothing to acknowledge */
void gt_flow_status_due(struct gt_flow *flow);
void gt_flow_notice(struct gt_flow *flow, const struct gt_err *err);
void gt_runtime_check_done(struct gt_runtime *rt); /* `once`, drained */
void gt_runtime_fail(struct gt_runtime *rt, const struct gt_err *err);

/* step.c: one turn of a flow on a worker; called without the lock. */
void gt_flow_step(struct gt_flow *flow, struct gt_norm *norm, struct gt_hasher *hasher);
void gt_flow_close(struct gt_flow *flow); /* runner and stamp; by whoever runs it */

/* patience.c: how long polls last, how often requests go out. The worker, without the lock. */
int64_t gt_flow_deadline(const struct gt_flow *flow, int64_t now_us); /* of its next poll */
/* After a poll that began at began_us: longer or shorter polls the next time. */
void gt_flow_learn(struct gt_flow *flow, int64_t began_us, bool failed);
int64_t gt_flow_permit(void *flow); /* struct gt_host.permit */

/* members.c: flows that come and go; with the lock held, but gt_flow_free(). */
struct gt_flow *gt_flow_add(struct gt_runtime *rt, const struct gt_flow_conf *conf,
	const struct gt_gateway_conf *gateway);
struct gt_flow *gt_flow_find(struct gt_runtime *rt, struct gt_str name); /* NULL = none */
void gt_flow_activate(struct gt_flow *flow);      /* its slot is active: from the committed state */
void gt_flows_remove_done(struct gt_runtime *rt); /* scheduler thread only */
void gt_flow_free(struct gt_flow *flow);
/* Takes next_conf over; the flow is closed and nobody else runs it. What is to be let go (outside
 * the lock), or NULL. */
struct gt_conf_life *gt_flow_take_conf(struct gt_flow *flow);
void gt_slot_start(struct gt_slot *slot);

/* reload.c: of all that decides what a flow does. */
void gt_flow_digest(const struct gt_flow_conf *conf, const struct gt_gateway_conf *gateway,
	unsigned char digest[32]);

/* control.c: with the lock held. */
void gt_control_ask(struct gt_flow *flow); /* its pause or backfill is to be committed */
void gt_flow_show_pause(struct gt_flow *flow);

/* backfill.c */
#define GT_BACK_KEY "\001backfill" /* entries of the flow: what, and where it stands */
#define GT_BACK_CURSOR_KEY "\001backfill-cursor"
void gt_backfill_write(const struct gt_backfill *back, struct gt_buf *out);
/* From the committed state; false: none. */
bool gt_backfill_load(const struct gt_flow *flow, struct gt_position *position);
/* The ends as an operator writes them. False: err. */
bool gt_backfill_bounds(struct gt_str from, struct gt_str until, int zone_minutes,
	struct gt_backfill *back, struct gt_err *err) GT_MUST_CHECK;
/* With the lock held: when the flow has something to do, whose next ordinary poll is due then. */
int64_t gt_backfill_due(const struct gt_flow *flow, int64_t ordinary_us);
/* With the lock held: one that was stopped is forgotten as soon as nothing of it is in flight. */
void gt_backfill_settle(struct gt_flow *flow);
/* With the lock held: what the next poll of the flow is for. Sets `reopen` when that changes. */
void gt_backfill_choose(struct gt_flow *flow, int64_t now_us);
/* Puts where the backfill stands after this batch into it. over: it was the last. */
void gt_backfill_advance(struct gt_flow *flow, struct gt_batch *batch, bool over);
/* With the lock held: a poll for the backfill failed. True: that is dealt with. */
bool gt_backfill_failed(struct gt_flow *flow, const struct gt_err *err);

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
	struct gt_control *controls; /* in the slot's memory */
	size_t control_count;
	bool looked; /* all flows that are not configured are in it */
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
