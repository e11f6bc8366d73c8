/* isolate_started.c: a child that nobody waits for: each request is sent when the one before it was
 * answered, and a poll that finds no answer says WAIT for the child's socket. */
#include "isolate_parent.h"

#include <poll.h>

#define GLANCE_MS 20 /* how long a worker looks whether a started child has answered */

/* Sends a request whose answer a later poll will look for. */
static bool request(struct gt_child *child, enum gt_frame kind, struct gt_str payload,
	int64_t until_us, struct gt_err *err)
{
	atomic_store(&child->interrupted, 0);
	child->awaits = kind;
	child->awaits_until_us = until_us;
	return gt_child_send(child, kind, payload, gt_host_monotonic_us() + GRACE_US) ||
	       gt_child_lose(child, GT_FRAME_GONE, err);
}

struct gt_child *gt_child_start(const struct gt_flow_conf *flow, const struct gt_host *callbacks,
	struct gt_str cursor, struct gt_err *err)
{
	struct gt_child *child = gt_child_spawn(flow, callbacks, err);

	if (!child)
		return NULL;
	child->started = true;
	child->next = GT_FRAME_OPEN;
	child->cursor_len = cursor.n;
	if (cursor.n > 0)
		memcpy(child->cursor, cursor.p, cursor.n);
	if (!request(child, GT_FRAME_HELLO, gt_buf_str(&child->out),
		    gt_host_monotonic_us() + CALL_US, err)) {
		gt_child_free(child);
		return NULL;
	}
	gt_child_slim(&child->out);
	return child;
}

static bool request_poll(struct gt_child *child, const struct gt_limits *limits, struct gt_err *err)
{
	int64_t now = gt_host_monotonic_us(), left = limits->deadline_us - now;

	left = left < 0 ? 0 : left > WAIT_MOST_US ? WAIT_MOST_US : left;
	gt_buf_clear(&child->out);
	gt_buf_u64(&child->out, limits->max_records);
	gt_buf_u64(&child->out, limits->max_bytes);
	gt_buf_u64(&child->out, (uint64_t)left);
	return request(child, GT_FRAME_POLL, gt_buf_str(&child->out), now + left + GRACE_US, err);
}

/* The next request, when the last one was answered. */
static bool request_next(struct gt_child *child, const struct gt_limits *limits, struct gt_err *err)
{
	struct gt_str cursor = gt_str(child->cursor, child->cursor_len);
	int64_t until = gt_host_monotonic_us() + CALL_US;

	if (child->next == GT_FRAME_OPEN) {
		bool commits = cursor.n > 0 && child->flow->adapter->commit && !child->host.range;

		child->opened = true;
		child->next = commits ? GT_FRAME_COMMIT : GT_FRAME_POLL;
		return request(child, GT_FRAME_OPEN, cursor, until, err);
	}
	if (child->next == GT_FRAME_COMMIT) {
		child->next = GT_FRAME_POLL;
		return request(child, GT_FRAME_COMMIT, cursor, until, err);
	}
	return request_poll(child, limits, err);
}

enum heard { HEARD_ANSWER, HEARD_NOTHING, HEARD_FAILED };

/* What the child has to say just now: its answer, or nothing yet. A short look only: whoever comes
 * here waits with epoll. */
static enum heard listen_to(struct gt_child *child, enum gt_frame *answer, struct gt_err *err)
{
	struct gt_talk talk = {.child = child, .deadline_us = child->awaits_until_us};

	for (;;) {
		struct pollfd look = {.fd = child->fd, .events = POLLIN};
		int64_t now = gt_host_monotonic_us();
		int64_t soon =
			now + GRACE_US < talk.deadline_us ? now + GRACE_US : talk.deadline_us;
		enum gt_frame_got got = GT_FRAME_LATE;

		if (poll(&look, 1, GLANCE_MS) <= 0 && now < talk.deadline_us)
			return HEARD_NOTHING;
		if (now < talk.deadline_us)
			got = gt_frame_receive(child->fd, soon, answer, &child->in);
		if (got != GT_FRAME_GOT) {
			gt_child_lose(child, got, err);
			return HEARD_FAILED;
		}
		if (*answer == GT_FRAME_OK || *answer == GT_FRAME_BATCH)
			return HEARD_ANSWER;
		if (*answer == GT_FRAME_FAILED) {
			child->awaits = 0;
			(void)gt_child_failed(child, err);
			return HEARD_FAILED;
		}
		if (!gt_child_meanwhile(&talk, *answer)) {
			gt_child_lose(child, GT_FRAME_TOO_LONG, err);
			return HEARD_FAILED;
		}
	}
}

enum gt_poll gt_child_poll_started(struct gt_child *child, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err)
{
	for (;;) {
		enum gt_frame answer = GT_FRAME_POLL, asked;
		enum heard heard;
		enum gt_poll result;

		if (!child->awaits && !request_next(child, limits, err))
			return GT_POLL_ERROR;
		heard = listen_to(child, &answer, err);
		if (heard == HEARD_FAILED)
			return GT_POLL_ERROR;
		if (heard == HEARD_NOTHING) {
			gt_batch_wait(batch, child->fd, POLLIN, child->awaits_until_us);
			return GT_POLL_WAIT;
		}
		asked = child->awaits;
		child->awaits = 0;
		if (asked != GT_FRAME_POLL && answer == GT_FRAME_OK)
			continue;
		result = gt_child_take_batch(
			child, batch, asked == GT_FRAME_POLL ? answer : GT_FRAME_OK, err);
		gt_child_slim(&child->in);
		return result;
	}
}
