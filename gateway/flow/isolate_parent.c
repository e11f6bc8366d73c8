/* isolate_parent.c: the gateway's side of an isolated adapter: starts the child, asks it, and
 * trusts it with nothing. A child that is late is killed; one that even SIGKILL cannot end (stuck
 * in the kernel) is abandoned and counted. */
#include "isolate.h"

#include "gt_assert.h"
#include "log.h"
#include "options.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALL_US 35000000 /* open, commit, probe: their 30 s and some grace */
#define POLL_GRACE_US 5000000
#define KILL_WAIT_US 2000000

struct gt_child {
	const struct gt_flow_conf *flow;
	struct gt_host host;
	struct gt_buf in, out;
	int fd;
	pthread_mutex_t sending; /* interrupt() comes from other threads */
	pid_t pid;
	bool dead;
};

static _Atomic size_t abandoned;

size_t gt_children_abandoned(void)
{
	return atomic_load(&abandoned);
}

static bool send_frame(struct gt_child *child, enum gt_frame kind, struct gt_str payload)
{
	bool sent;

	pthread_mutex_lock(&child->sending);
	sent = gt_frame_send(child->fd, kind, payload);
	pthread_mutex_unlock(&child->sending);
	return sent;
}

/* The child inherits nothing but fd 3: everything else here is CLOEXEC. */
static pid_t spawn(int child_fd)
{
	char name[] = "guantong", mode[] = "--isolated-adapter";
	char locale[] = "LC_ALL=C.UTF-8", path[] = "PATH=/usr/bin:/bin";
	char *const argv[] = {name, mode, NULL};
	char *const env[] = {locale, path, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, child_fd, 3);
	if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, env) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static bool start(struct gt_child *child)
{
	int pair[2], high;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	/* Above 3, so that dup2 to 3 really makes a descriptor without CLOEXEC. */
	high = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
	close(pair[1]);
	child->fd = pair[0];
	child->pid = high >= 0 ? spawn(high) : -1;
	if (high >= 0)
		close(high);
	return child->pid > 0;
}

static void put_hello(struct gt_child *child)
{
	const struct gt_flow_conf *flow = child->flow;
	struct gt_buf *out = &child->out, options;

	gt_buf_clear(out);
	gt_buf_init(&options, 1u << 20);
	gt_buf_blob(out, gt_cstr(gt_registry_folder()));
	gt_buf_blob(out, gt_cstr(flow->adapter->name));
	gt_options_encode(flow->adapter->options, flow->adapter_options, &options);
	gt_buf_blob(out, gt_buf_str(&options));
	gt_buf_blob(out, gt_cstr(flow->format ? flow->format->name : ""));
	gt_buf_clear(&options);
	if (flow->format)
		gt_options_encode(flow->format->options, flow->format_options, &options);
	gt_buf_blob(out, gt_buf_str(&options));
	gt_buf_blob(out, flow->name);
	gt_buf_u32(out, (uint32_t)(flow->zone_minutes + 1440));
	gt_buf_u32(out, (uint32_t)child->host.field_count);
	for (size_t i = 0; i < child->host.field_count; i++)
		gt_buf_blob(out, child->host.fields[i]);
	gt_buf_fini(&options);
}

static void bury(struct gt_child *child)
{
	struct timespec nap = {0, 10000000};
	int64_t until = gt_host_monotonic_us() + KILL_WAIT_US;

	if (child->pid <= 0)
		return;
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, WNOHANG) == 0) {
		if (gt_host_monotonic_us() > until) {
			atomic_fetch_add(&abandoned, 1);
			gt_log_say(GT_LOG_ERROR, child->flow->name, GT_E_CHILD_STUCK,
				GT_TEXT("%d", (int)child->pid));
			break;
		}
		nanosleep(&nap, NULL);
	}
	child->pid = -1;
}

static bool lose(struct gt_child *child, enum gt_frame_got got, struct gt_err *err)
{
	child->dead = true;
	bury(child);
	if (got == GT_FRAME_LATE)
		return gt_fail(err, GT_E_CHILD_LATE, child->flow->adapter->name);
	if (got == GT_FRAME_GONE)
		return gt_fail(err, GT_E_CHILD_GONE, child->flow->adapter->name);
	return gt_fail(err, GT_E_CHILD_BABBLES, child->flow->adapter->name);
}

static bool reply_entry(struct gt_child *child, struct gt_wire *in)
{
	struct gt_str key = gt_wire_blob(in), value = {0};
	struct gt_buf reply;
	bool found, sent;

	gt_buf_init(&reply, 2 * GT_CURSOR_MAX);
	found = !in->broken && child->host.entry && child->host.entry(child->host.arg, key, &value);
	gt_buf_u8(&reply, found);
	gt_buf_blob(&reply, value);
	sent = send_frame(child, GT_FRAME_REPLY, gt_buf_str(&reply));
	gt_buf_fini(&reply);
	return sent;
}

static bool reply_memory(struct gt_child *child, struct gt_wire *in)
{
	uint64_t bytes = gt_wire_u64(in);
	char granted =
		(char)(!in->broken && (!child->host.memory ||
					      child->host.memory(child->host.arg, (size_t)bytes)));
	char reply[5] = {granted, (char)0xff, (char)0xff, (char)0xff, (char)0xff};

	return send_frame(child, GT_FRAME_REPLY, gt_str(reply, sizeof(reply)));
}

struct ask {
	gt_found_fn *sink; /* DISCOVER */
	void *arg;
};

static bool found(struct gt_wire *in, const struct ask *ask)
{
	struct gt_found f = {.kind = gt_wire_blob(in)};
	struct gt_str *fields;
	uint32_t n;

	f.name = gt_wire_blob(in);
	f.sample = gt_wire_blob(in);
	n = gt_wire_u32(in);
	if (in->broken || n > 65536 || !ask || !ask->sink)
		return false;
	fields = gt_alloc((n + 1) * sizeof(*fields));
	for (uint32_t i = 0; i < n; i++)
		fields[i] = gt_wire_blob(in);
	f.fields = fields;
	f.field_count = n;
	if (!in->broken)
		ask->sink(ask->arg, &f);
	free(fields);
	return !in->broken;
}

/* What may come before the answer. False: it does not keep to the protocol. */
static bool meanwhile(struct gt_child *child, enum gt_frame kind, const struct ask *ask)
{
	struct gt_wire in = {gt_buf_str(&child->in), false};
	struct gt_err note;

	switch (kind) {
	case GT_FRAME_NOTE:
		if (!gt_frame_get_error(&in, &note))
			return false;
		if (child->host.note)
			child->host.note(child->host.arg, &note);
		return true;
	case GT_FRAME_ASK_ENTRY:
		return reply_entry(child, &in);
	case GT_FRAME_ASK_MEMORY:
		return reply_memory(child, &in);
	case GT_FRAME_FOUND:
		return found(&in, ask);
	case GT_FRAME_WAKE:
		return true;
	default:
		return false;
	}
}

/* One request and its answer, which is then in child->in behind its kind. */
static bool call(struct gt_child *child, enum gt_frame request, struct gt_str payload,
	int64_t deadline_us, const struct ask *ask, enum gt_frame *answer, struct gt_err *err)
{
	struct gt_wire in;

	if (child->dead || !send_frame(child, request, payload))
		return lose(child, GT_FRAME_GONE, err);
	for (;;) {
		enum gt_frame_got got =
			gt_frame_receive(child->fd, deadline_us, answer, &child->in);

		if (got != GT_FRAME_GOT)
			return lose(child, got, err);
		if (*answer == GT_FRAME_OK || *answer == GT_FRAME_BATCH)
			return true;
		if (*answer == GT_FRAME_FAILED) {
			in = (struct gt_wire){gt_buf_str(&child->in), false};
			return gt_frame_get_error(&in, err) ? false
							    : lose(child, GT_FRAME_TOO_LONG, err);
		}
		if (!meanwhile(child, *answer, ask))
			return lose(child, GT_FRAME_TOO_LONG, err);
	}
}

static bool simple_call(struct gt_child *child, enum gt_frame request, struct gt_str payload,
	const struct ask *ask, struct gt_err *err)
{
	enum gt_frame answer;

	return call(child, request, payload, gt_host_monotonic_us() + CALL_US, ask, &answer, err) &&
	       (answer == GT_FRAME_OK || lose(child, GT_FRAME_TOO_LONG, err));
}

struct gt_child *gt_child_new(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err)
{
	struct gt_child *child = gt_alloc(sizeof(*child));

	child->flow = flow;
	child->host = *callbacks;
	child->host.fields = gt_plan_fields(flow->plan, &child->host.field_count);
	child->fd = -1;
	pthread_mutex_init(&child->sending, NULL);
	gt_buf_init(&child->in, GT_FRAME_MAX);
	gt_buf_init(&child->out, GT_FRAME_MAX);
	if (!start(child)) {
		gt_fail(err, GT_E_CHILD_START, flow->adapter->name, strerror(errno));
		gt_child_free(child);
		return NULL;
	}
	put_hello(child);
	if (!simple_call(child, GT_FRAME_HELLO, gt_buf_str(&child->out), NULL, err)) {
		gt_child_free(child);
		return NULL;
	}
	return child;
}

bool gt_child_open(struct gt_child *child, struct gt_str cursor, struct gt_err *err)
{
	return simple_call(child, GT_FRAME_OPEN, cursor, NULL, err);
}

bool gt_child_commit(struct gt_child *child, struct gt_str cursor, struct gt_err *err)
{
	return simple_call(child, GT_FRAME_COMMIT, cursor, NULL, err);
}

bool gt_child_probe(struct gt_child *child, char *text, size_t size, struct gt_err *err)
{
	size_t n;

	if (!simple_call(child, GT_FRAME_PROBE, GT_LIT(""), NULL, err))
		return false;
	n = child->in.n < size ? child->in.n : size - 1;
	memcpy(text, child->in.p, n);
	text[n] = '\0';
	return true;
}

bool gt_child_discover(struct gt_child *child, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct ask ask = {sink, arg};

	return simple_call(child, GT_FRAME_DISCOVER, GT_LIT(""), &ask, err);
}

enum gt_poll gt_child_poll(struct gt_child *child, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err)
{
	int64_t left = limits->deadline_us - gt_host_monotonic_us();
	struct gt_wire in;
	enum gt_frame answer;
	unsigned result;

	gt_buf_clear(&child->out);
	gt_buf_u64(&child->out, limits->max_records);
	gt_buf_u64(&child->out, limits->max_bytes);
	gt_buf_u64(&child->out, (uint64_t)(left > 0 ? left : 0));
	if (!call(child, GT_FRAME_POLL, gt_buf_str(&child->out),
		    limits->deadline_us + POLL_GRACE_US, NULL, &answer, err))
		return GT_POLL_ERROR;
	in = (struct gt_wire){gt_buf_str(&child->in), false};
	result = gt_wire_u8(&in);
	left = (int64_t)gt_wire_u64(&in);
	if (answer != GT_FRAME_BATCH || result >= GT_POLL_ERROR || left < 0 ||
		!gt_frame_get_batch(&in, batch)) {
		lose(child, GT_FRAME_TOO_LONG, err);
		return GT_POLL_ERROR;
	}
	if (result == GT_POLL_WAIT) /* the child waits; its socket wakes us */
		gt_batch_wait(batch, child->fd, POLLIN, gt_host_monotonic_us() + left);
	return (enum gt_poll)result;
}

void gt_child_interrupt(struct gt_child *child)
{
	/* A frame of five bytes is sent at once or not at all; a dead child needs no interrupt. */
	if (!send_frame(child, GT_FRAME_INTERRUPT, GT_LIT("")))
		return;
}

void gt_child_free(struct gt_child *child)
{
	if (!child)
		return;
	if (child->fd >= 0)
		close(child->fd); /* a child lives as long as its socket */
	bury(child);
	gt_buf_fini(&child->in);
	gt_buf_fini(&child->out);
	pthread_mutex_destroy(&child->sending);
	free(child);
}
