/* isolate_parent.h: what the two files share that are the gateway's side of an isolated adapter:
 * isolate_parent.c waits for its answers, isolate_started.c does not. Nobody else includes it. */
#ifndef GT_FLOW_ISOLATE_PARENT_H
#define GT_FLOW_ISOLATE_PARENT_H

#include "isolate.h"
#include "runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#define CALL_US 35000000 /* open, commit, probe: their 30 s and some grace */
#define GRACE_US 5000000 /* behind a poll's deadline, and behind an interrupt */
#define WAIT_MOST_US INT64_C(86400000000)

struct gt_child {
	const struct gt_flow_conf *flow;
	struct gt_host host;
	struct gt_buf in, out;
	int fd;
	pthread_mutex_t sending;     /* interrupt() comes from other threads */
	atomic_bool interrupt;       /* one is to be sent by whoever has `sending` next */
	_Atomic int64_t interrupted; /* when first, during the call that is under way; 0 = not */
	pid_t pid;
	bool opened, dead;
	/* Started (gt_child_start): nobody waits for its answers. */
	bool started;
	enum gt_frame awaits; /* the request that it works on; 0 = none */
	int64_t awaits_until_us;
	enum gt_frame next; /* OPEN, COMMIT, then POLL for ever */
	char cursor[GT_CURSOR_MAX];
	size_t cursor_len;
};

/* One request under way. */
struct gt_talk {
	struct gt_child *child;
	int64_t deadline_us;
	unsigned notes, found;
	gt_found_fn *sink; /* DISCOVER */
	void *arg;
};

/* Started and greeted, the greeting not answered; it is in child->out. NULL: err. */
struct gt_child *gt_child_spawn(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err);
bool gt_child_send(
	struct gt_child *child, enum gt_frame kind, struct gt_str payload, int64_t deadline_us);
/* It is of no use any more: killed; err says why. Always false. */
bool gt_child_lose(struct gt_child *child, enum gt_frame_got got, struct gt_err *err);
/* What may come before the answer. False: it does not keep to the protocol. */
bool gt_child_meanwhile(struct gt_talk *talk, enum gt_frame kind);
bool gt_child_failed(struct gt_child *child, struct gt_err *err); /* the answer FAILED; false */
enum gt_poll gt_child_take_batch(
	struct gt_child *child, struct gt_batch *batch, enum gt_frame answer, struct gt_err *err);
void gt_child_slim(struct gt_buf *buf); /* a buffer between calls keeps little */
enum gt_poll gt_child_poll_started(struct gt_child *child, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err);

#endif
