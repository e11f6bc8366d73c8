/* runtime.h: the running gateway: flows off a due-time heap and one epoll set, a bounded pool of
 * workers that polls and normalises, one committer thread per slot. */
#ifndef GT_FLOW_RUNTIME_H
#define GT_FLOW_RUNTIME_H

#include "flow_conf.h"
#include "sign.h"

struct gt_runtime;
struct gt_runtime_conf {
	const struct gt_gateway_conf *gateway; /* outlives the runtime */
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
	GT_FLOW_SUPERSEDED   /* another gateway of this site owns its slot */
};
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

#endif
