/* runner.c: an opened adapter in this process, or a child's stand-in for it. */
#include "runner.h"

#include "gt_assert.h"

#include <stdatomic.h>
#include <stdlib.h>

struct gt_runner {
	const struct gt_flow_conf *flow;
	struct gt_child *child; /* NULL = in this process */
	void *self;
	struct gt_reader reader;
	struct gt_host host;
	bool opened; /* open was called: close must be */
};

bool gt_runner_isolated(const struct gt_flow_conf *flow)
{
	return flow->isolate == GT_ISOLATE_PROCESS || (flow->adapter->caps & GT_CAP_ISOLATE) ||
	       (flow->format && (flow->format->caps & GT_FORMAT_ISOLATE));
}

static void *copy_of(const void *from, size_t size)
{
	void *copy = gt_alloc(size ? size : 1);

	memcpy(copy, from, size);
	return copy;
}

struct gt_runner *gt_runner_new(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err)
{
	struct gt_runner *runner = gt_alloc(sizeof(*runner));

	runner->flow = flow;
	if (gt_runner_isolated(flow)) {
		runner->child = gt_child_new(flow, callbacks, err);
		if (runner->child)
			return runner;
		free(runner);
		return NULL;
	}
	runner->host = *callbacks;
	runner->host.flow = flow->name;
	runner->host.zone_minutes = flow->zone_minutes;
	if (flow->plan)
		runner->host.fields = gt_plan_fields(flow->plan, &runner->host.field_count);
	if (flow->format) {
		runner->reader.format = flow->format;
		runner->reader.self = copy_of(flow->format_options, flow->format->self_size);
		runner->host.reader = &runner->reader;
	}
	runner->self = copy_of(flow->adapter_options, flow->adapter->self_size);
	return runner;
}

struct gt_runner *gt_runner_start(const struct gt_flow_conf *flow, const struct gt_host *callbacks,
	struct gt_str cursor, struct gt_err *err)
{
	struct gt_runner *runner;

	if (gt_runner_isolated(flow)) {
		struct gt_child *child = gt_child_start(flow, callbacks, cursor, err);

		if (!child)
			return NULL;
		runner = gt_alloc(sizeof(*runner));
		runner->flow = flow;
		runner->child = child;
		return runner;
	}
	runner = gt_runner_new(flow, callbacks, err);
	if (runner && gt_runner_open(runner, cursor, err) &&
		(cursor.n == 0 || callbacks->range || gt_runner_commit(runner, cursor, err)))
		return runner;
	gt_runner_free(runner);
	return NULL;
}

bool gt_runner_open(struct gt_runner *runner, struct gt_str cursor, struct gt_err *err)
{
	if (runner->child)
		return gt_child_open(runner->child, cursor, err);
	runner->opened = true;
	return runner->flow->adapter->open(runner->self, &runner->host, cursor, err);
}

enum gt_poll gt_runner_poll(struct gt_runner *runner, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err)
{
	if (runner->child)
		return gt_child_poll(runner->child, batch, limits, err);
	return runner->flow->adapter->poll(runner->self, batch, limits, err);
}

bool gt_runner_commit(struct gt_runner *runner, struct gt_str cursor, struct gt_err *err)
{
	if (!runner->flow->adapter->commit)
		return true;
	if (runner->child)
		return gt_child_commit(runner->child, cursor, err);
	return runner->flow->adapter->commit(runner->self, cursor, err);
}

bool gt_runner_probe(struct gt_runner *runner, char *found, size_t size, struct gt_err *err)
{
	if (runner->child)
		return gt_child_probe(runner->child, found, size, err);
	return runner->flow->adapter->probe(runner->self, found, size, err);
}

bool gt_runner_discover(struct gt_runner *runner, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	if (runner->child)
		return gt_child_discover(runner->child, sink, arg, err);
	return runner->flow->adapter->discover(runner->self, sink, arg, err);
}

bool gt_runner_busy(const struct gt_runner *runner)
{
	return runner->child && gt_child_busy(runner->child);
}

void gt_runner_interrupt(struct gt_runner *runner)
{
	if (runner->child)
		gt_child_interrupt(runner->child);
	else if (runner->flow->adapter->interrupt)
		runner->flow->adapter->interrupt(runner->self);
}

void gt_runner_free(struct gt_runner *runner)
{
	if (!runner)
		return;
	gt_child_free(runner->child);
	if (runner->opened)
		runner->flow->adapter->close(runner->self);
	if (runner->reader.format)
		runner->reader.format->end(runner->reader.self);
	free(runner->reader.self);
	free(runner->self);
	free(runner);
}
