/* runner.h: one opened adapter, in this process or in a child: same calls, same contract
 * (guantong/adapter.h). The runner owns self, the format's instance and the host structure. */
#ifndef GT_FLOW_RUNNER_H
#define GT_FLOW_RUNNER_H

#include "batch.h"
#include "flow_conf.h"

struct gt_runner;
/* Callbacks: see struct gt_host; reader, zone and the plan's fields are filled in from the flow's
 * configuration (without a plan the fields stay those of `callbacks`, which then outlive the
 * runner). Chooses the child process by option, or by a capability of adapter or format. NULL only
 * if the child cannot be started (err). */
struct gt_runner *gt_runner_new(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err);
/* New, opened at the cursor and, if it has one, that cursor acknowledged. A child does all this
 * while nobody waits: what goes wrong there is the answer of a later poll, which says WAIT as long
 * as the child is at work and so costs no thread. Without a plan: see gt_runner_new(). NULL: err.
 */
struct gt_runner *gt_runner_start(const struct gt_flow_conf *flow, const struct gt_host *callbacks,
	struct gt_str cursor, struct gt_err *err);
bool gt_runner_isolated(const struct gt_flow_conf *flow);
bool gt_runner_open(
	struct gt_runner *runner, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
enum gt_poll gt_runner_poll(struct gt_runner *runner, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err) GT_MUST_CHECK;
bool gt_runner_commit(
	struct gt_runner *runner, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
bool gt_runner_probe(
	struct gt_runner *runner, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool gt_runner_discover(
	struct gt_runner *runner, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;
/* A started child that has not answered yet: it cannot be told of a commit just now. */
bool gt_runner_busy(const struct gt_runner *runner);
void gt_runner_interrupt(struct gt_runner *runner); /* any thread */
void gt_runner_free(struct gt_runner *runner);      /* closes; accepts NULL */

/* Implemented by isolate_parent.c: the same over a socket pair to a child of this binary. */
struct gt_child;
struct gt_child *gt_child_start(const struct gt_flow_conf *flow, const struct gt_host *callbacks,
	struct gt_str cursor, struct gt_err *err);
struct gt_child *gt_child_new(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err);
bool gt_child_open(struct gt_child *child, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
enum gt_poll gt_child_poll(struct gt_child *child, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err) GT_MUST_CHECK;
bool gt_child_commit(
	struct gt_child *child, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
bool gt_child_probe(
	struct gt_child *child, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool gt_child_discover(
	struct gt_child *child, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;
bool gt_child_busy(const struct gt_child *child);
void gt_child_interrupt(struct gt_child *child);
void gt_child_free(struct gt_child *child);

/* main() calls this when started as `guantong --isolated-adapter` (fd 3 = the socket); never
 * returns to normal operation: the value is the exit status. */
int gt_child_main(int fd);

#endif
