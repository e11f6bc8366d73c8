/* sched.c: which flow runs when: a heap by due time, one epoll set for flows that wait for a
 * descriptor, and the run queue that the workers take from. Everything with runtime->lock held. */
#include "flow_internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int64_t gt_now_us(void)
{
	return gt_host_monotonic_us();
}

void gt_sched_wake(struct gt_runtime *runtime)
{
	uint64_t one = 1;
	ssize_t n = write(runtime->wake_fd, &one, sizeof(one));

	(void)n; /* full counter: it is awake anyway */
}

static void heap_put(struct gt_runtime *rt, size_t at, struct gt_flow *flow)
{
	rt->heap[at] = flow;
	flow->heap_at = at + 1;
}

static void heap_up(struct gt_runtime *rt, size_t at)
{
	struct gt_flow *flow = rt->heap[at];

	for (size_t up; at > 0 && rt->heap[up = (at - 1) / 2]->due_us > flow->due_us; at = up)
		heap_put(rt, at, rt->heap[up]);
	heap_put(rt, at, flow);
}

static void heap_down(struct gt_runtime *rt, size_t at)
{
	struct gt_flow *flow = rt->heap[at];

	for (;;) {
		size_t down = 2 * at + 1;

		if (down >= rt->heap_n)
			break;
		if (down + 1 < rt->heap_n && rt->heap[down + 1]->due_us < rt->heap[down]->due_us)
			down++;
		if (rt->heap[down]->due_us >= flow->due_us)
			break;
		heap_put(rt, at, rt->heap[down]);
		at = down;
	}
	heap_put(rt, at, flow);
}

static void heap_remove(struct gt_flow *flow)
{
	struct gt_runtime *rt = flow->runtime;
	size_t at = flow->heap_at - 1;
	struct gt_flow *last;

	if (flow->heap_at == 0)
		return;
	flow->heap_at = 0;
	last = rt->heap[--rt->heap_n];
	if (last == flow)
		return;
	heap_put(rt, at, last);
	heap_up(rt, at);
	heap_down(rt, last->heap_at - 1);
}

static void wait_end(struct gt_flow *flow)
{
	if (flow->wait_fd < 0)
		return;
	epoll_ctl(flow->runtime->epoll, EPOLL_CTL_DEL, flow->wait_fd, NULL);
	flow->wait_fd = -1;
}

void gt_sched_at(struct gt_flow *flow, int64_t due_us)
{
	struct gt_runtime *rt = flow->runtime;

	GT_ASSERT(!flow->running);
	heap_remove(flow);
	flow->due_us = due_us;
	if (flow->queued)
		return; /* its turn comes before that; it looks at due_us itself */
	rt->heap[rt->heap_n] = flow;
	flow->heap_at = ++rt->heap_n;
	heap_up(rt, rt->heap_n - 1);
	if (rt->heap[0] == flow)
		gt_sched_wake(rt);
}

void gt_sched_now(struct gt_flow *flow)
{
	struct gt_runtime *rt = flow->runtime;

	if (flow->queued || flow->running)
		return;
	heap_remove(flow);
	wait_end(flow);
	flow->queued = true;
	flow->next_queued = NULL;
	*rt->queue_end = flow;
	rt->queue_end = &flow->next_queued;
	pthread_cond_signal(&rt->work);
}

void gt_sched_wait_fd(struct gt_flow *flow, int fd, short events, int64_t deadline_us)
{
	struct epoll_event event = {.data.ptr = flow};

	gt_sched_at(flow, deadline_us);
	if (fd < 0)
		return;
	event.events = EPOLLONESHOT | (events & POLLIN ? EPOLLIN : 0u) |
		       (events & POLLOUT ? EPOLLOUT : 0u);
	if (epoll_ctl(flow->runtime->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		flow->wait_fd = fd; /* else (a plain file, a closed one) the deadline serves */
}

struct gt_flow *gt_sched_take(struct gt_runtime *rt)
{
	struct gt_flow **link = &rt->queue_first;

	for (struct gt_flow *flow; (flow = *link) != NULL; link = &flow->next_queued) {
		if (flow->source->running >= (unsigned)rt->gateway->max_polls)
			continue;
		*link = flow->next_queued;
		if (rt->queue_end == &flow->next_queued)
			rt->queue_end = link;
		flow->queued = false;
		flow->running = true;
		flow->source->running++;
		rt->running++;
		return flow;
	}
	return NULL;
}

static void due(struct gt_runtime *rt)
{
	int64_t now = gt_now_us();

	while (rt->heap_n > 0 && rt->heap[0]->due_us <= now)
		gt_sched_now(rt->heap[0]);
}

static int timeout_ms(const struct gt_runtime *rt)
{
	int64_t us;

	if (rt->heap_n == 0)
		return 1000;
	us = rt->heap[0]->due_us - gt_now_us();
	if (us <= 0)
		return 0;
	return us > 1000000 ? 1000 : (int)(us / 1000 + 1);
}

/* The scheduler thread. */
void *gt_sched_main(void *arg)
{
	struct gt_runtime *rt = arg;
	struct epoll_event events[64];
	uint64_t drop;
	int n, wait;

	pthread_mutex_lock(&rt->lock);
	while (!rt->stop_workers) {
		due(rt);
		gt_runtime_check_done(rt);
		wait = timeout_ms(rt);
		pthread_mutex_unlock(&rt->lock);
		n = epoll_wait(rt->epoll, events, 64, wait);
		pthread_mutex_lock(&rt->lock);
		for (int i = 0; i < n; i++) {
			struct gt_flow *flow = events[i].data.ptr;

			if (flow) {
				gt_sched_now(flow);
				flow->due_us = 0; /* what it waited for came before the deadline */
			} else if (read(rt->wake_fd, &drop, sizeof(drop)) < 0) {
				GT_ASSERT(errno == EAGAIN);
			}
		}
	}
	pthread_mutex_unlock(&rt->lock);
	return NULL;
}
