/* reload.c: a new configuration in a running gateway. All of it is judged before anything changes;
 * then each flow by its digest: the same ones do not notice, others drain and are opened again. */
#include "flow_internal.h"

#include "options.h"

#include <stdlib.h>

void gt_flow_digest(const struct gt_flow_conf *conf, const struct gt_gateway_conf *gateway,
	unsigned char digest[32])
{
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_buf all;

	gt_buf_init(&all, 4u << 20);
	gt_buf_blob(&all, gt_cstr(conf->adapter->name));
	gt_options_encode(gt_flow_options, conf, &all);
	gt_options_encode(conf->adapter->options, conf->adapter_options, &all);
	gt_buf_blob(&all, gt_cstr(conf->format ? conf->format->name : ""));
	if (conf->format)
		gt_options_encode(conf->format->options, conf->format_options, &all);
	gt_buf_blob(&all, gt_plan_digest(conf->plan));
	gt_buf_blob(&all, gt_standard_digest(gateway->standard));
	gt_sha256(hasher, gt_buf_str(&all), digest);
	gt_buf_fini(&all);
	gt_hasher_free(hasher);
}

static bool same_option(const struct gt_option *row, const struct gt_gateway_conf *old,
	const struct gt_gateway_conf *new)
{
	const struct gt_option table[2] = {*row, {.name = NULL}};
	struct gt_buf a, b;
	bool same;

	gt_buf_init(&a, 1u << 20);
	gt_buf_init(&b, 1u << 20);
	gt_options_encode(table, old, &a);
	gt_options_encode(table, new, &b);
	same = gt_str_eq(gt_buf_str(&a), gt_buf_str(&b));
	gt_buf_fini(&a);
	gt_buf_fini(&b);
	return same;
}

static bool same_key(const struct gt_pseudonym_key *a, const struct gt_pseudonym_key *b)
{
	return a->set == b->set && strcmp(a->id, b->id) == 0 &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

static bool same_keys(const struct gt_gateway_conf *a, const struct gt_gateway_conf *b)
{
	bool same = a->pseudonyms.n == b->pseudonyms.n;

	for (size_t i = 0; same && i < a->pseudonyms.n; i++)
		same = same_key(&a->pseudonyms.v[i], &b->pseudonyms.v[i]);
	return same;
}

/* The gateway itself stays as it was started; what its flows are made of may change. */
static bool gateway_same(
	const struct gt_gateway_conf *old, const struct gt_gateway_conf *new, struct gt_err *err)
{
	static const char *const may_change[] = {"standards", "standards_path", NULL};

	for (const struct gt_option *row = gt_gateway_options; row->name; row++) {
		bool may = false;

		for (size_t i = 0; may_change[i]; i++)
			may = may || strcmp(row->name, may_change[i]) == 0;
		if (!may && !same_option(row, old, new))
			return gt_fail(err, GT_E_RELOAD_FIXED, row->name);
	}
	if (!same_key(&old->pseudonym, &new->pseudonym) || !same_keys(old, new))
		return gt_fail(err, GT_E_RELOAD_FIXED, "pseudonym_key");
	return true;
}

/* New entities need their topics before a flow has anything for them. */
static bool topics_there(
	struct gt_runtime *rt, const struct gt_gateway_conf *gateway, struct gt_err *err)
{
	struct gt_topic_plan topics;
	struct gt_arena memory;
	int partitions;
	bool ok;

	gt_arena_init(&memory, 0);
	gt_gateway_topics(gateway, &memory, &topics);
	ok = rt->publisher->ops->topics(rt->publisher, topics.v, topics.n, rt->conf.create_topics,
		GT_KAFKA_WAIT_MS, &partitions, err);
	gt_arena_fini(&memory);
	return ok;
}

struct reload {
	struct gt_runtime *rt;
	const struct gt_gateway_conf *gateway;
	unsigned char (*digests)[32];
	struct gt_conf_life **old; /* to be let go outside the lock */
	size_t old_count;
	struct gt_reloaded done;
};

static void add(struct reload *r, const struct gt_flow_conf *conf)
{
	struct gt_flow *flow = gt_flow_add(r->rt, conf, r->gateway);

	flow->seen = r->rt->reloads;
	r->done.added++;
	gt_slot_start(flow->slot);
	if (flow->slot->phase == GT_SLOT_ACTIVE)
		gt_flow_activate(flow);
}

/* Lock held. A flow that is closed and at rest takes the new configuration at once, one that is
 * open when it is opened next. */
static void hand_over(struct reload *r, struct gt_flow *flow, const struct gt_flow_conf *conf)
{
	if (flow->next_conf)
		r->old[r->old_count++] = flow->next_gateway->life;
	gt_conf_hold(r->gateway->life);
	flow->next_conf = conf;
	flow->next_gateway = r->gateway;
	if (!flow->runner && gt_flow_quiet(flow))
		r->old[r->old_count++] = gt_flow_take_conf(flow);
}

static void again(struct reload *r, struct gt_flow *flow)
{
	flow->reopen = true;
	flow->failures = 0;
	flow->ordinary_due_us = flow->due_us = 0;
	flow->hurry = flow->running;
	flow->caught_up = false;
	gt_flow_status_due(flow);
	if (flow->slot->phase == GT_SLOT_ACTIVE)
		gt_sched_now(flow);
	if (flow->removed)
		r->rt->removed--;
	flow->removed = false;
}

static void one(struct reload *r, size_t i)
{
	const struct gt_flow_conf *conf = &r->gateway->flows[i];
	struct gt_flow *flow = gt_flow_find(r->rt, conf->name);
	bool same;

	if (!flow) {
		add(r, conf);
		return;
	}
	same = memcmp(flow->digest, r->digests[i], 32) == 0 && !flow->removed;
	flow->seen = r->rt->reloads;
	memcpy(flow->digest, r->digests[i], 32);
	hand_over(r, flow, conf);
	r->done.same += same;
	r->done.changed += !same;
	if (!same)
		again(r, flow);
}

static void remove_others(struct reload *r)
{
	struct gt_runtime *rt = r->rt;

	for (size_t i = 0; i < rt->flow_count; i++) {
		struct gt_flow *flow = rt->flows[i];

		if (flow->seen == rt->reloads || flow->removed)
			continue;
		flow->removed = true;
		rt->removed++;
		r->done.removed++;
		if (flow->running && flow->runner)
			gt_runner_interrupt(flow->runner);
		gt_sched_now(flow);
	}
}

static bool apply(struct reload *r, struct gt_err *err)
{
	struct gt_runtime *rt = r->rt;
	bool going;

	pthread_mutex_lock(&rt->lock);
	going = !rt->draining && !rt->done && !rt->failed;
	if (going) {
		rt->reloads++;
		r->old = gt_alloc(2 * (rt->flow_count + 1) * sizeof(struct gt_conf_life *));
		for (size_t i = 0; i < r->gateway->flow_count; i++)
			one(r, i);
		remove_others(r);
		gt_sched_wake(rt);
	}
	pthread_mutex_unlock(&rt->lock);
	for (size_t i = 0; i < r->old_count; i++)
		gt_conf_let_go(r->old[i]);
	free(r->old);
	return going || gt_fail(err, GT_E_RELOAD_LATE);
}

bool gt_runtime_reload(struct gt_runtime *rt, const struct gt_gateway_conf *gateway,
	struct gt_reloaded *done, struct gt_err *err)
{
	struct reload r = {.rt = rt, .gateway = gateway};
	bool ok = gateway_same(rt->gateway, gateway, err);

	pthread_mutex_lock(&rt->reloading);
	ok = ok && topics_there(rt, gateway, err);
	if (ok) {
		r.digests = gt_alloc((gateway->flow_count + 1) * sizeof(*r.digests));
		for (size_t i = 0; i < gateway->flow_count; i++)
			gt_flow_digest(&gateway->flows[i], gateway, r.digests[i]);
		ok = apply(&r, err);
		free(r.digests);
	}
	pthread_mutex_unlock(&rt->reloading);
	if (ok) {
		*done = r.done;
		gt_log_say(GT_LOG_INFO, (struct gt_str){0}, GT_E_RELOAD_DONE,
			GT_TEXT("%zu", r.done.added), GT_TEXT("%zu", r.done.removed),
			GT_TEXT("%zu", r.done.changed), GT_TEXT("%zu", r.done.same));
	}
	return ok;
}
