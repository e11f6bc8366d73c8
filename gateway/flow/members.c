/* members.c: flows that come and go while the gateway runs. */
#include "flow_internal.h"

#include <stdlib.h>

static struct gt_str copy_text(struct gt_str s)
{
	return gt_str(gt_strdup(s), s.n);
}

static struct gt_source *source_of(struct gt_runtime *rt, struct gt_str name)
{
	struct gt_source *source = gt_map_get(&rt->sources, name);

	if (source)
		return source;
	source = gt_alloc(sizeof(*source));
	source->name = copy_text(name);
	source->end = &source->first;
	(void)gt_map_set(&rt->sources, source->name, source);
	return source;
}

/* The heap has room for every flow. */
static void make_room(struct gt_runtime *rt)
{
	if (rt->flow_count < rt->flow_cap)
		return;
	rt->flow_cap = rt->flow_cap ? 2 * rt->flow_cap : 64;
	rt->flows = gt_realloc(rt->flows, rt->flow_cap * sizeof(struct gt_flow *));
	rt->heap = gt_realloc(rt->heap, rt->flow_cap * sizeof(struct gt_flow *));
}

struct gt_flow *gt_flow_find(struct gt_runtime *rt, struct gt_str name)
{
	return gt_map_get(&rt->by_name, name);
}

struct gt_flow *gt_flow_add(struct gt_runtime *rt, const struct gt_flow_conf *conf,
	const struct gt_gateway_conf *gateway)
{
	struct gt_flow *flow = gt_alloc(sizeof(*flow));

	flow->name = copy_text(conf->name);
	flow->runtime = rt;
	flow->conf = conf;
	flow->gateway = gateway;
	gt_conf_hold(gateway->life);
	gt_flow_digest(conf, gateway, flow->digest);
	flow->wait_fd = flow->waits_fd = -1;
	flow->source = source_of(rt, conf->source);
	gt_parcels_init(&flow->acked);
	gt_buf_init(&flow->entry_value, GT_CURSOR_MAX);
	flow->slot = &rt->slots[gt_murmur2(flow->name) % rt->slot_count];
	flow->slot->flow_count++;
	gt_flow_status_due(flow);
	make_room(rt);
	flow->at = rt->flow_count;
	rt->flows[rt->flow_count++] = flow;
	(void)gt_map_set(&rt->by_name, flow->name, flow);
	return flow;
}

/* What the committed state says beside the position: unless an operator has said otherwise since.
 */
static void load_orders(struct gt_flow *flow, const struct gt_flow_record *record)
{
	struct gt_position *position;

	if (flow->asked != flow->written)
		return;
	if (record)
		flow->pause = record->pause;
	position = gt_alloc(sizeof(*position));
	free(flow->back);
	flow->back = NULL;
	flow->back_stop = flow->back_over = false;
	if (gt_backfill_load(flow, position)) {
		flow->back = gt_alloc(sizeof(*flow->back));
		*flow->back = position->back;
	}
	free(position);
}

void gt_flow_activate(struct gt_flow *flow)
{
	struct gt_flow_record record;
	bool known = gt_state_flow(flow->slot->state, flow->name, &record);

	flow->reopen = true;
	flow->ordinary_due_us = 0;
	if (known) {
		gt_flow_record_keep(&flow->committed, &record);
		if (flow->state == GT_FLOW_STARTING)
			flow->last_arrival_us = record.last_record_us;
	}
	load_orders(flow, known ? &record : NULL);
	if (flow->pause.since_us != 0)
		gt_flow_show_pause(flow);
	else if (flow->state != GT_FLOW_QUARANTINED)
		gt_flow_changed(flow, GT_FLOW_RUNNING, NULL);
	if (flow->due_us == INT64_MAX)
		flow->due_us = 0;
	gt_sched_now(flow);
}

struct gt_conf_life *gt_flow_take_conf(struct gt_flow *flow)
{
	struct gt_conf_life *old = flow->gateway->life;

	if (!flow->next_conf)
		return NULL;
	flow->conf = flow->next_conf;
	flow->gateway = flow->next_gateway;
	flow->next_conf = NULL;
	flow->next_gateway = NULL;
	return old;
}

void gt_flow_free(struct gt_flow *flow)
{
	for (struct gt_parcel *p; (p = gt_parcels_pop(&flow->acked)) != NULL;)
		gt_parcel_free(p);
	gt_flow_close(flow);
	gt_buf_fini(&flow->entry_value);
	if (flow->next_conf)
		gt_conf_let_go(flow->next_gateway->life);
	gt_conf_let_go(flow->gateway->life);
	free(flow->committed);
	gt_drift_free(flow->drift);
	free(flow->back);
	free(flow->reason);
	free(flow->notice);
	free((char *)(uintptr_t)flow->name.p);
	free(flow);
}

static void unlink_status(struct gt_flow *flow)
{
	struct gt_slot *slot = flow->slot;
	struct gt_flow **link = &slot->statuses;

	if (!flow->status_due)
		return;
	while (*link != flow)
		link = &(*link)->next_status;
	*link = flow->next_status;
	if (slot->statuses_end == &flow->next_status)
		slot->statuses_end = link;
}

/* The slot marks the record of a flow that it does not find configured. */
static void take_out(struct gt_runtime *rt, struct gt_flow *flow)
{
	struct gt_flow *last = rt->flows[--rt->flow_count];

	rt->flows[flow->at] = last;
	last->at = flow->at;
	rt->undone = 0;
	(void)gt_map_remove(&rt->by_name, flow->name);
	gt_sched_forget(flow);
	unlink_status(flow);
	rt->removed--;
	flow->slot->flow_count--;
	flow->slot->look = true;
	pthread_cond_signal(&flow->slot->wake);
}

/* Only here flows are freed: the scheduler may hold what epoll has told it of a flow in no other
 * place. Closing may take a while and is not done under the lock. */
void gt_flows_remove_done(struct gt_runtime *rt)
{
	for (size_t i = 0; rt->removed > 0 && i < rt->flow_count; i++) {
		struct gt_flow *flow = rt->flows[i];

		if (!flow->removed || !gt_flow_quiet(flow) || flow->in_control)
			continue;
		take_out(rt, flow);
		pthread_mutex_unlock(&rt->lock);
		gt_flow_free(flow);
		pthread_mutex_lock(&rt->lock);
		i = SIZE_MAX; /* from the start: others may have come and gone */
	}
}
