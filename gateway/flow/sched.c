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

static void ready_push(struct gt_ready *list, struct gt_source *source)
{
	source->ready = true;
	source->next_ready = NULL;
	*list->end = source;
	list->end = &source->next_ready;
}

static struct gt_source *ready_pop(struct gt_ready *list)
{
	struct gt_source *source = list->first;

	list->first = source->next_ready;
	if (!list->first)
		list->end = &list->first;
	source->ready = false;
	return source;
}

/* A source with queued flows and room for one more poll takes its turn among the others. */
static void source_ready(struct gt_runtime *rt, struct gt_source *source)
{
	if (source->ready || !source->first || source->running >= (unsigned)rt->gateway->max_polls)
		return;
	ready_push(source->troubled ? &rt->troubled : &rt->healthy, source);
	pthread_cond_signal(&rt->work);
}

static void queue_remove(struct gt_flow *flow)
{
	struct gt_source *source = flow->source;
	struct gt_flow **link = &source->first;

	if (!flow->queued)
		return;
	while (*link != flow)
		link = &(*link)->next_queued;
	*link = flow->next_queued;
	if (source->end == &flow->next_queued)
		source->end = link;
	flow->queued = false;
}

void gt_sched_now(struct gt_flow *flow)
{
	struct gt_source *source = flow->source;

	if (flow->queued || flow->running)
		return;
	heap_remove(flow);
	wait_end(flow);
	flow->queued = true;
	flow->next_queued = NULL;
	*source->end = flow;
	source->end = &flow->next_queued;
	source_ready(flow->runtime, source);
}

void gt_sched_forget(struct gt_flow *flow)
{
	heap_remove(flow);
	wait_end(flow);
	queue_remove(flow);
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

/* Sources that failed last time get a quarter of the workers, one at least, and never two turns in
 * a row while others have work: dead systems, which hold a worker up to a poll's deadline, cannot
 * starve living ones, and are still asked. */
static struct gt_ready *next_list(struct gt_runtime *rt)
{
	size_t most = rt->worker_count / 4 > 0 ? rt->worker_count / 4 : 1;
	bool troubled = rt->troubled.first && rt->troubled_running < most;

	if (troubled && (!rt->healthy.first || !rt->last_troubled))
		return &rt->troubled;
	return rt->healthy.first ? &rt->healthy : troubled ? &rt->troubled : NULL;
}

struct gt_flow *gt_sched_take(struct gt_runtime *rt)
{
	struct gt_ready *list;

	while ((list = next_list(rt)) != NULL) {
		struct gt_source *source = ready_pop(list);
		struct gt_flow *flow = source->first;

		if (!flow)
			continue; /* it was taken out of the configuration meanwhile */
		if (source->troubled && list == &rt->healthy) {
			ready_push(&rt->troubled, source); /* since it was put there */
			continue;
		}
		queue_remove(flow);
		flow->running = true;
		flow->as_troubled = rt->last_troubled = list == &rt->troubled;
		rt->troubled_running += flow->as_troubled;
		source->running++;
		rt->running++;
		source_ready(rt, source);
		return flow;
	}
	return NULL;
}

void gt_sched_done(struct gt_flow *flow)
{
	struct gt_runtime *rt = flow->runtime;

	flow->running = false;
	flow->source->running--;
	rt->running--;
	rt->troubled_running -= flow->as_troubled;
	source_ready(rt, flow->source);
	if (rt->healthy.first || rt->troubled.first)
		pthread_cond_signal(&rt->work);
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
		gt_flows_remove_done(rt);
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
