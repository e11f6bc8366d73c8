/* runtime.h: the running gateway: flows off a due-time heap and one epoll set, a bounded pool of
 * workers that polls and normalises, one committer thread per slot. */
#ifndef GT_FLOW_RUNTIME_H
#define GT_FLOW_RUNTIME_H

#include "drift.h"
#include "flow_conf.h"
#include "sign.h"

struct gt_runtime;
struct gt_runtime_conf {
	const struct gt_gateway_conf *gateway; /* held as long as the runtime lives */
	struct gt_publisher *publisher;        /* outlives the runtime */
	struct gt_signer *signer;              /* NULL = unsigned */
	bool create_topics;
	bool once; /* stop by itself when every flow has caught up (IDLE or END) and all is
		      committed */
};

/* Topics checked or created, slots not yet taken, nothing polled. NULL: err. */
struct gt_runtime *gt_runtime_new(const struct gt_runtime_conf *conf, struct gt_err *err);
bool gt_runtime_start(struct gt_runtime *runtime, struct gt_err *err) GT_MUST_CHECK;
/* SIGTERM: no new polls; batches in flight are committed, adapters told, then threads end. Returns
 * at once; gt_runtime_wait() returns when it is done. Async-signal-safe is not needed. */
void gt_runtime_drain(struct gt_runtime *rt);
/* Waits until the runtime has ended (drained, `once` reached, or a fatal error) or timeout_ms
 * passed
 * (-1 = for ever). True: it has ended. */
bool gt_runtime_wait(struct gt_runtime *runtime, int timeout_ms);
/* The fatal error that ended it; false: none. */
bool gt_runtime_failed(const struct gt_runtime *runtime, struct gt_err *err);
void gt_runtime_free(struct gt_runtime *rt); /* drains first; accepts NULL */

enum gt_flow_state {
	GT_FLOW_STARTING,    /* its slot is not taken or its state not loaded yet */
	GT_FLOW_RUNNING,     /* polling or with batches in flight */
	GT_FLOW_WAITING,     /* caught up, next poll at next_due */
	GT_FLOW_ENDED,       /* bounded source, done */
	GT_FLOW_RETRYING,    /* last attempt failed (reason); backs off until next_due */
	GT_FLOW_QUARANTINED, /* set aside with its reason; tried again at next_due */
	GT_FLOW_SUPERSEDED,  /* another gateway of this site owns its slot */
	GT_FLOW_PAUSED       /* by an operator (reason), until it is resumed */
};
#define GT_FLOW_STATES ((size_t)GT_FLOW_PAUSED + 1)
const char *gt_flow_state_name(enum gt_flow_state state); /* "running" … for JSON and metrics */

/* A consistent picture of one flow. Rows: read = accepted + rejected + filtered + unchanged +
 * discarded
 * + in_flight. Messages: published = fan_out (of accepted rows) + rejects + deletes + replays.
 * Counts since this process started, but those called total_* since the numbering epoch began. */
struct gt_flow_status {
	struct gt_str name, title;
	enum gt_flow_state state;
	struct gt_err reason; /* class GT_OK = none */
	uint64_t read, accepted, rejected, filtered, unchanged, discarded, in_flight;
	uint64_t published, fan_out, rejects;
	uint64_t total_read, total_published, total_rejected;
	int64_t last_record_us; /* wall time of the newest record's arrival; 0 = none */
	int64_t last_event_us;  /* its event time */
	int64_t next_due_us;    /* wall; 0 = now or never */
	uint64_t epoch, next_seq;
	unsigned slot;
	bool backfill; /* one goes on, or is about to end */
	struct gt_str backfill_from, backfill_until;
	uint64_t backfill_rows;        /* read and committed so far */
	struct gt_drift_picture drift; /* what changed in the source */
};
struct gt_slot_status {
	unsigned slot;
	bool active, superseded, solo, kafka_away;
	uint64_t number, generation, commits, recycles, resends;
	int64_t commit_us; /* duration of the last commit */
	int64_t limit_records;
	bool signed_; /* manifests carry a signature */
	struct gt_err reason;
};
struct gt_runtime_status {
	struct gt_str site;
	const struct gt_flow_status *flows; /* in configuration order */
	size_t flow_count;
	const struct gt_slot_status *slots;
	size_t slot_count;
	size_t memory_used, memory_total, memory_peak;
	bool balanced; /* both identities hold for every flow */
};
/* Fills *status; everything it points to is in `memory`. Any thread. */
struct gt_arena;
void gt_runtime_status(
	struct gt_runtime *rt, struct gt_arena *memory, struct gt_runtime_status *status);

/* What operators ask of running flows: any thread. `which` is a flow's name, "source/" and a star,
 * or a star for all; who and why are shown and logged. True: it is in effect; *done says for how
 * many flows and whether it is committed: if Kafka does not answer, it is as soon as it does.
 * False: err, nothing has changed. */
struct gt_order {
	struct gt_str which, who, why;
};
struct gt_order_done {
	size_t flows;
	bool committed;
};
/* No new polls; what is in flight is committed. Stays over restarts. */
bool gt_runtime_pause(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err) GT_MUST_CHECK;
/* Lifts a pause, a stop by configuration, a quarantine and any back-off: tried now. */
bool gt_runtime_resume(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err) GT_MUST_CHECK;
/* Reads [from, until) of one flow's source again (dates and times in the flow's zone, or numbers;
 * none = open) and publishes it as ordinary messages; the flow's own position does not move. Takes
 * turns with the flow's ordinary passes, goes on after a restart. */
bool gt_runtime_backfill(struct gt_runtime *rt, const struct gt_order *order, struct gt_str from,
	struct gt_str until, struct gt_order_done *done, struct gt_err *err) GT_MUST_CHECK;
bool gt_runtime_backfill_stop(struct gt_runtime *rt, const struct gt_order *order,
	struct gt_order_done *done, struct gt_err *err) GT_MUST_CHECK;

/* A newly loaded configuration without mistakes, which the runtime holds as long as it needs it.
 * Flows that are the same do not notice; others drain and are opened again from the committed
 * position, new ones start, those that are gone drain and are marked retired. False: err (an option
 * that cannot change, topics that Kafka refuses); nothing has changed. Any thread. */
struct gt_reloaded {
	size_t added, removed, changed, same;
};
bool gt_runtime_reload(struct gt_runtime *rt, const struct gt_gateway_conf *gateway,
	struct gt_reloaded *done, struct gt_err *err) GT_MUST_CHECK;

#endif
