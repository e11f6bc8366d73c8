/* adapter.h: adapter ABI 1, the whole contract between the gateway and one way of reaching a
 * system.
 *
 * Life:  [host zeroes self_size bytes and stores the options through the table]
 *        open(cursor) → commit(cursor) → poll … poll → commit(cursor) … → close
 *   - open(cursor) is followed by commit(cursor) before the first poll (what was committed but not
 * yet acknowledged to the source before a crash is acknowledged then).
 *   - commit is idempotent, may come on an instance that never polled, and never runs while poll
 * does.
 *   - close is called exactly once after open was called, also when open failed.
 * Threads: all callbacks of one instance run one at a time, on changing threads of the host's pool;
 *   only interrupt() may come at any moment from any thread.
 * Blocking: open, poll, commit and probe may block on I/O up to limits->deadline_us (open, commit,
 *   probe: 30 s) provided that interrupt() makes them return soon. Adapters that cannot promise
 * that, or whose drivers may crash, set GT_CAP_ISOLATE and run in a child process with this same
 * ABI. Ownership: self and everything the adapter allocates are the adapter's; cursors and texts
 * passed in are the host's and valid during the call only. Errors: on false or GT_POLL_ERROR the
 * callee has filled *err; on success it has not touched it. The class says what the host does:
 * RETRY backs off with jitter, honouring retry_after_ms, and reopens from the committed cursor;
 * CONFIG pauses the flow and tells the operator; DATA is for documents that cannot be read at all
 * (the adapter has set them aside); FATAL stops the process.
 *
 * Change log: 1 first version. Fields are only ever appended; a change of meaning bumps the number.
 */
#ifndef GUANTONG_ADAPTER_H
#define GUANTONG_ADAPTER_H

#include <guantong/format.h>
#include <guantong/host.h>
#include <guantong/option.h>

#define GT_ADAPTER_ABI 1u

enum {
	GT_CAP_RESUME =
		1u
		<< 0, /* resumes from a cursor; without it every open starts from the beginning */
	GT_CAP_ACK = 1u << 1,   /* commit has effects on the source (moves a file, acknowledges) */
	GT_CAP_BYTES = 1u << 2, /* carries bytes: needs a format */
	GT_CAP_DELETES = 1u << 3, /* can say that a row was deleted */
	GT_CAP_ISOLATE = 1u << 4, /* must run in a child process */
	GT_CAP_OFFLINE = 1u << 5, /* needs no network: the `parser` sandbox will do */
	GT_CAP_RANGE = 1u << 6,   /* reads a given range of its cursor field (gt_host_range) */
	GT_CAP_FORMAT = 1u << 7   /* takes a format where the flow has one, else does without; an
				     option that both have, by name, is one option: both get it */
};

enum gt_poll {
	GT_POLL_MORE, /* call again at once */
	GT_POLL_IDLE, /* caught up: call again when the schedule says */
	GT_POLL_END,  /* a bounded source is done for good */
	GT_POLL_WAIT, /* call again when gt_batch_wait()'s condition holds; costs no thread
			 meanwhile */
	GT_POLL_ERROR /* *err says why; rows of this batch are dropped by the host */
};

struct gt_limits {
	size_t max_records;
	size_t max_bytes;    /* of raw rows */
	int64_t deadline_us; /* monotonic */
};

typedef bool gt_open_fn(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err);
typedef enum gt_poll gt_poll_fn(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err);
typedef bool gt_commit_fn(void *self, struct gt_str cursor, struct gt_err *err);
typedef void gt_interrupt_fn(void *self);
typedef void gt_close_fn(void *self);

/* Is the source reachable and are the credentials right? Called between open and close instead of a
 * poll; reads as little as possible, changes nothing. found: one line of what answered. */
typedef bool gt_probe_fn(void *self, char *found, size_t size, struct gt_err *err);

/* What is there: tables, endpoints, files, with fields and a sample of rows. Calls the sink once
 * per thing found; stops when the sink returns false. */
struct gt_found {
	struct gt_str kind, name;    /* "file" "readings.csv" */
	const struct gt_str *fields; /* names in order */
	size_t field_count;
	struct gt_str sample;       /* first rows as they are, ≤ 4 KiB */
	const struct gt_str *types; /* as the source declares them, one per field ("varchar(20)");
				       NULL = it declares none */
	/* The options of a flow that reads just this: "table" = "fleet.trip", "sheet" = "电". */
	const struct gt_pair *select;
	size_t select_count;
};
typedef bool gt_found_fn(void *arg, const struct gt_found *found);
typedef bool gt_discover_fn(void *self, gt_found_fn *sink, void *arg, struct gt_err *err);

/* Where an adapter connects: for checks of name, port and certificate (`doctor`). */
struct gt_endpoint {
	char host[256];
	uint16_t port;
	bool tls;
	char ca[1024]; /* file of the authorities it trusts; "" = the system's */
};
#define GT_ENDPOINTS_MAX 8u
/* By the options alone: also before open. Fills at most GT_ENDPOINTS_MAX, returns how many (0: the
 * options lead nowhere). Pure, never blocks. */
typedef size_t gt_endpoints_fn(const void *self, struct gt_endpoint *endpoints);

struct gt_adapter {
	uint32_t abi,
		struct_size; /* set by GT_ADAPTER(); the loader checks both before anything else */
	const char *name;    /* [a-z][a-z0-9_]* */
	const char *summary, *summary_zh;
	uint32_t caps;
	size_t self_size;                /* the host allocates, zeroed */
	const struct gt_option *options; /* offsets into self */
	gt_open_fn *open;
	gt_poll_fn *poll;
	gt_commit_fn *commit;       /* NULL allowed without GT_CAP_ACK */
	gt_interrupt_fn *interrupt; /* NULL = never blocks */
	gt_close_fn *close;
	gt_probe_fn *probe;         /* optional */
	gt_discover_fn *discover;   /* optional */
	gt_endpoints_fn *endpoints; /* optional */
};

/* Last line of every adapter. The same source is built in (the list in adapters/meson.build) or
 * loaded as guantong_adapter_<name>.so; only the symbol's visibility differs. */
#define GT_ADAPTER(id, ...)                                                                        \
	__attribute__((                                                                            \
		visibility("default"))) extern const struct gt_adapter guantong_adapter_##id;      \
	const struct gt_adapter guantong_adapter_##id = {.abi = GT_ADAPTER_ABI,                    \
		.struct_size = sizeof(struct gt_adapter),                                          \
		.name = #id,                                                                       \
		__VA_ARGS__}

#endif
