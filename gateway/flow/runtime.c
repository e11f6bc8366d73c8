/* runtime.c: makes, starts, drains and ends the running gateway. */
#include "flow_internal.h"

#include "io.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DRAIN_US 45000000 /* after that, what is in flight goes back to the sources */

static void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static void *worker_main(void *arg)
{
	struct gt_runtime *rt = arg;
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_norm norm;
	struct gt_flow *flow;

	gt_norm_init(&norm);
	pthread_mutex_lock(&rt->lock);
	while (!rt->stop_workers) {
		flow = gt_sched_take(rt);
		if (!flow) {
			pthread_cond_wait(&rt->work, &rt->lock);
			continue;
		}
		pthread_mutex_unlock(&rt->lock);
		gt_flow_step(flow, &norm, hasher);
		pthread_mutex_lock(&rt->lock);
	}
	pthread_mutex_unlock(&rt->lock);
	gt_norm_fini(&norm);
	gt_hasher_free(hasher);
	return NULL;
}

static void make_flows(struct gt_runtime *rt)
{
	for (size_t i = 0; i < rt->gateway->flow_count; i++)
		(void)gt_flow_add(rt, &rt->gateway->flows[i], rt->gateway);
}

static void make_slots(struct gt_runtime *rt, size_t n)
{
	rt->slot_count = n;
	rt->slots = gt_alloc(n * sizeof(*rt->slots));
	for (size_t i = 0; i < n; i++) {
		struct gt_slot *slot = &rt->slots[i];

		slot->runtime = rt;
		slot->number = (unsigned)i;
		slot->status.slot = (unsigned)i;
		slot->status.signed_ = rt->conf.signer != NULL;
		slot->state = gt_state_new();
		slot->manifest = gt_manifest_new();
		slot->hasher = gt_hasher_new();
		gt_arena_init(&slot->memory, 0);
		gt_parcels_init(&slot->queue);
		slot->controls_end = &slot->controls;
		slot->statuses_end = &slot->statuses;
		cond_init(&slot->wake);
	}
}

static bool make_topics(struct gt_runtime *rt, int *partitions, struct gt_err *err)
{
	gt_gateway_topics(rt->gateway, &rt->memory, &rt->topics);
	return rt->publisher->ops->topics(rt->publisher, rt->topics.v, rt->topics.n,
		rt->conf.create_topics, GT_KAFKA_WAIT_MS, partitions, err);
}

struct gt_runtime *gt_runtime_new(const struct gt_runtime_conf *conf, struct gt_err *err)
{
	struct gt_runtime *rt = gt_alloc(sizeof(*rt));
	unsigned char owner[16];
	int partitions = 0;

	rt->conf = *conf;
	rt->gateway = conf->gateway;
	rt->publisher = conf->publisher;
	rt->epoll = rt->wake_fd = -1;
	rt->healthy.end = &rt->healthy.first;
	rt->troubled.end = &rt->troubled.first;
	gt_conf_hold(rt->gateway->life);
	gt_random(owner, sizeof(owner));
	gt_hex(rt->owner, owner, sizeof(owner));
	gt_arena_init(&rt->memory, 0);
	gt_budget_init(&rt->budget, (size_t)rt->gateway->memory_bytes);
	pthread_mutex_init(&rt->lock, NULL);
	pthread_mutex_init(&rt->reloading, NULL);
	cond_init(&rt->work);
	cond_init(&rt->ended);
	if (!make_topics(rt, &partitions, err)) {
		gt_runtime_free(rt);
		return NULL;
	}
	make_slots(rt, (size_t)(partitions > 0 ? partitions : (int)rt->gateway->kafka.slots));
	make_flows(rt);
	return rt;
}

static void start_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
	int error = pthread_create(thread, NULL, run, arg);

	GT_ASSERT(
		error == 0); /* at start only: a machine that cannot give a thread cannot run us */
}

static bool apply_seen(void *arg, const struct gt_seen *seen)
{
	struct gt_err ignored; /* taking the slot reads all of it again, and says so then */

	return gt_state_apply(arg, seen->key, seen->value, &ignored);
}

/* A flow record that is not retired, of a flow that was taken out of the configuration. A look that
 * fails is no reason not to start: the next start looks again. */
static bool has_leftover(struct gt_runtime *rt, struct gt_slot *slot)
{
	struct gt_flow_record record;
	struct gt_err ignored;
	struct gt_str *names;
	int64_t next;
	size_t n;

	if (!rt->publisher->ops->read(rt->publisher, rt->topics.state, (int32_t)slot->number, 0,
		    false, apply_seen, slot->state, &next, GT_KAFKA_WAIT_MS, &ignored))
		return false;
	n = gt_state_flows(slot->state, &slot->memory, &names);
	for (size_t i = 0; i < n; i++) {
		if (gt_state_flow(slot->state, names[i], &record) && !record.retired)
			return true;
	}
	return false;
}

/* Slots without a configured flow are taken only to retire what a removed flow has left there. */
static bool slot_used(struct gt_runtime *rt, struct gt_slot *slot)
{
	return slot->flow_count > 0 || has_leftover(rt, slot);
}

void gt_slot_start(struct gt_slot *slot)
{
	if (slot->thread_started)
		return;
	slot->phase = GT_SLOT_TAKING;
	slot->thread_started = true;
	slot->runtime->slots_running++;
	start_thread(&slot->thread, gt_slot_main, slot);
}

bool gt_runtime_start(struct gt_runtime *rt, struct gt_err *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	rt->epoll = epoll_create1(EPOLL_CLOEXEC);
	rt->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rt->epoll < 0 || rt->wake_fd < 0 ||
		epoll_ctl(rt->epoll, EPOLL_CTL_ADD, rt->wake_fd, &event) != 0)
		return gt_fail(err, GT_E_NO_DESCRIPTORS);
	if (!rt->conf.signer)
		gt_log_say(GT_LOG_WARNING, (struct gt_str){0}, GT_E_SLOT_UNSIGNED);
	rt->started = true;
	rt->worker_count = (size_t)rt->gateway->workers;
	rt->workers = gt_alloc(rt->worker_count * sizeof(pthread_t));
	for (size_t i = 0; i < rt->worker_count; i++)
		start_thread(&rt->workers[i], worker_main, rt);
	start_thread(&rt->scheduler, gt_sched_main, rt);
	for (size_t i = 0; i < rt->slot_count; i++) {
		struct gt_slot *slot = &rt->slots[i];
		bool used = slot_used(rt, slot);

		pthread_mutex_lock(&rt->lock);
		if (used)
			gt_slot_start(slot);
		else
			slot->phase = GT_SLOT_STOPPED;
		pthread_mutex_unlock(&rt->lock);
	}
	return true;
}

void gt_runtime_drain(struct gt_runtime *rt)
{
	pthread_mutex_lock(&rt->lock);
	if (!rt->draining) {
		rt->draining = true;
		rt->drain_until_us = gt_now_us() + DRAIN_US;
		for (size_t i = 0; i < rt->flow_count; i++) {
			if (rt->flows[i]->running && rt->flows[i]->runner)
				gt_runner_interrupt(rt->flows[i]->runner);
			else if (rt->flows[i]->acked.n > 0)
				gt_sched_now(rt->flows[i]);
		}
		for (size_t i = 0; i < rt->slot_count; i++)
			pthread_cond_signal(&rt->slots[i].wake);
		gt_sched_wake(rt);
	}
	pthread_mutex_unlock(&rt->lock);
}

bool gt_runtime_wait(struct gt_runtime *rt, int timeout_ms)
{
	int64_t until = gt_now_us() + (int64_t)timeout_ms * 1000;
	bool ended;

	pthread_mutex_lock(&rt->lock);
	while (!(ended = rt->slots_running == 0 && (rt->done || rt->failed)) &&
		(timeout_ms < 0 || gt_now_us() < until)) {
		int64_t at = timeout_ms < 0 ? gt_now_us() + 1000000 : until;
		struct timespec ts = {at / 1000000, at % 1000000 * 1000};

		pthread_cond_timedwait(&rt->ended, &rt->lock, &ts);
	}
	pthread_mutex_unlock(&rt->lock);
	return ended;
}

bool gt_runtime_failed(const struct gt_runtime *runtime, struct gt_err *err)
{
	struct gt_runtime *rt = (struct gt_runtime *)runtime;
	bool failed;

	pthread_mutex_lock(&rt->lock);
	failed = rt->failed;
	if (failed)
		*err = rt->failure;
	pthread_mutex_unlock(&rt->lock);
	return failed;
}

static void stop_threads(struct gt_runtime *rt)
{
	gt_runtime_drain(rt);
	while (!gt_runtime_wait(rt, 1000))
		continue;
	pthread_mutex_lock(&rt->lock);
	rt->stop_workers = true;
	pthread_cond_broadcast(&rt->work);
	gt_sched_wake(rt);
	pthread_mutex_unlock(&rt->lock);
	for (size_t i = 0; i < rt->worker_count; i++)
		pthread_join(rt->workers[i], NULL);
	pthread_join(rt->scheduler, NULL);
	for (size_t i = 0; i < rt->slot_count; i++) {
		if (rt->slots[i].thread_started)
			pthread_join(rt->slots[i].thread, NULL);
	}
}

static void free_slot(struct gt_slot *slot)
{
	gt_state_free(slot->state);
	gt_manifest_free(slot->manifest);
	gt_hasher_free(slot->hasher);
	gt_arena_fini(&slot->memory);
	pthread_cond_destroy(&slot->wake);
}

static void free_sources(struct gt_runtime *rt)
{
	struct gt_map_slot *at;

	for (size_t i = 0; (at = gt_map_next(&rt->sources, &i)) != NULL;) {
		struct gt_source *source = at->value;

		free((char *)(uintptr_t)source->name.p);
		free(source);
	}
	gt_map_fini(&rt->sources);
}

void gt_runtime_free(struct gt_runtime *rt)
{
	if (!rt)
		return;
	if (rt->started)
		stop_threads(rt);
	for (size_t i = 0; i < rt->flow_count; i++)
		gt_flow_free(rt->flows[i]);
	for (size_t i = 0; i < rt->slot_count; i++)
		free_slot(&rt->slots[i]);
	while (rt->spare_n > 0)
		gt_batch_free(rt->spare[--rt->spare_n]);
	if (rt->epoll >= 0)
		close(rt->epoll);
	if (rt->wake_fd >= 0)
		close(rt->wake_fd);
	free(rt->workers);
	free(rt->slots);
	free(rt->flows);
	free(rt->heap);
	pthread_cond_destroy(&rt->work);
	pthread_cond_destroy(&rt->ended);
	pthread_mutex_destroy(&rt->lock);
	pthread_mutex_destroy(&rt->reloading);
	free_sources(rt);
	gt_map_fini(&rt->by_name);
	gt_conf_let_go(rt->gateway->life);
	gt_arena_fini(&rt->memory);
	free(rt);
}
