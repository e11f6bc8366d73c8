/* isolate_parent.c: the gateway's side of an isolated adapter: starts the child, asks it, and
 * trusts it with nothing. A child that is late is killed; one that even SIGKILL cannot end (stuck
 * in the kernel) is abandoned and counted. */
#include "isolate_parent.h"

#include "catalogue.h"
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

#define CLOSE_US 2000000
#define KILL_WAIT_US 2000000
#define LOOK_US 500000 /* how soon an interrupt shortens a call that is under way */
#define NOTES_PER_CALL 1000u
#define FOUND_PER_CALL 10000u
#define SELECT_MAX 32u    /* options that select one thing found */
#define STUCK_MAX 64u     /* then no more children are started */
#define KEEP_BYTES 16384u /* of a buffer between calls: an idle flow is small */

static struct {
	pthread_mutex_t lock;
	pid_t v[STUCK_MAX];
	size_t n;
} stuck = {.lock = PTHREAD_MUTEX_INITIALIZER};

size_t gt_children_abandoned(void)
{
	size_t n = 0;

	pthread_mutex_lock(&stuck.lock);
	for (size_t i = 0; i < stuck.n; i++)
		if (waitpid(stuck.v[i], NULL, WNOHANG) == 0)
			stuck.v[n++] = stuck.v[i];
	stuck.n = n;
	pthread_mutex_unlock(&stuck.lock);
	return n;
}

static void abandon(pid_t pid)
{
	pthread_mutex_lock(&stuck.lock);
	if (stuck.n < STUCK_MAX)
		stuck.v[stuck.n++] = pid;
	pthread_mutex_unlock(&stuck.lock);
}

/* The interrupter never waits for a frame that is being sent: its sender passes the interrupt on.
 */
static void pass_interrupt(struct gt_child *child)
{
	while (atomic_load(&child->interrupt) && pthread_mutex_trylock(&child->sending) == 0) {
		bool sent = true;

		if (atomic_exchange(&child->interrupt, false))
			sent = gt_frame_send(child->fd, GT_FRAME_INTERRUPT, GT_LIT(""), 0);
		pthread_mutex_unlock(&child->sending);
		if (!sent)
			return; /* dead, or it does not read: its deadline will end it */
	}
}

bool gt_child_send(
	struct gt_child *child, enum gt_frame kind, struct gt_str payload, int64_t deadline_us)
{
	bool sent;

	pthread_mutex_lock(&child->sending);
	sent = gt_frame_send(child->fd, kind, payload, deadline_us);
	pthread_mutex_unlock(&child->sending);
	pass_interrupt(child);
	return sent;
}

/* What the child sees of our environment: where libraries are, how sanitizers behave; no secrets.
 */
static void environment(const char *env[], size_t room)
{
	static const char *const names[] = {
		"LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
	size_t n = 0;

	env[n++] = "LC_ALL=C.UTF-8";
	env[n++] = "PATH=/usr/bin:/bin";
	for (char **at = environ; *at; at++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && n + 1 < room; i++)
			if (strncmp(*at, names[i], strlen(names[i])) == 0)
				env[n++] = *at;
	env[n] = NULL;
}

/* The child has fd 3 and an empty stdin and stdout; everything else here is CLOEXEC, and the child
 * closes what is not. A process group of its own: a terminal's interrupt is for the gateway. */
static pid_t spawn(int child_fd)
{
	char name[] = "guantong", mode[] = "--isolated-adapter";
	char *const argv[] = {name, mode, NULL};
	const char *env[8];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid = -1;

	environment(env, sizeof(env) / sizeof(env[0]));
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, child_fd, 3);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	errno = posix_spawn(
		&pid, "/proc/self/exe", &actions, &attr, argv, (char *const *)(uintptr_t)env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return errno == 0 ? pid : -1;
}

static bool start(struct gt_child *child)
{
	int pair[2], high;

	if (gt_children_abandoned() == STUCK_MAX) {
		errno = EAGAIN;
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	child->fd = pair[0];
	/* Above 3, so that dup2 to 3 really makes a descriptor without CLOEXEC. */
	high = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
	if (high >= 0) {
		int error;

		child->pid = spawn(high);
		error = errno;
		close(high);
		errno = error;
	}
	close(pair[1]);
	return child->pid > 0;
}

static void put_hello(struct gt_child *child)
{
	const struct gt_flow_conf *flow = child->flow;
	struct gt_buf *out = &child->out, options;

	gt_buf_clear(out);
	gt_buf_init(&options, 1u << 20);
	gt_buf_u8(out, (uint8_t)gt_language());
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
	gt_buf_u8(out, child->host.range);
	gt_buf_blob(out, child->host.range_from);
	gt_buf_blob(out, child->host.range_until);
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
			abandon(child->pid);
			gt_log_say(GT_LOG_ERROR, child->flow->name, GT_E_CHILD_STUCK,
				GT_TEXT("%d", (int)child->pid));
			break;
		}
		nanosleep(&nap, NULL);
	}
	child->pid = -1;
}

bool gt_child_lose(struct gt_child *child, enum gt_frame_got got, struct gt_err *err)
{
	child->dead = true;
	bury(child);
	if (got == GT_FRAME_LATE)
		return gt_fail(err, GT_E_CHILD_LATE, child->flow->adapter->name);
	if (got == GT_FRAME_GONE)
		return gt_fail(err, GT_E_CHILD_GONE, child->flow->adapter->name);
	return gt_fail(err, GT_E_CHILD_BABBLES, child->flow->adapter->name);
}

static bool reply(const struct gt_talk *talk, bool yes, struct gt_str value)
{
	struct gt_buf out;
	bool sent;

	gt_buf_init(&out, 2 * GT_CURSOR_MAX);
	gt_buf_u8(&out, yes);
	gt_buf_blob(&out, value);
	sent = !out.full &&
	       gt_child_send(talk->child, GT_FRAME_REPLY, gt_buf_str(&out), talk->deadline_us);
	gt_buf_fini(&out);
	return sent;
}

static bool reply_entry(const struct gt_talk *talk, struct gt_wire *in)
{
	const struct gt_host *host = &talk->child->host;
	struct gt_str key = gt_wire_blob(in), value = {0};

	return !in->broken &&
	       reply(talk, host->entry && host->entry(host->arg, key, &value), value);
}

static bool reply_memory(const struct gt_talk *talk, struct gt_wire *in)
{
	const struct gt_host *host = &talk->child->host;
	uint64_t bytes = gt_wire_u64(in);

	return !in->broken && bytes <= SIZE_MAX &&
	       reply(talk, !host->memory || host->memory(host->arg, (size_t)bytes),
		       (struct gt_str){0});
}

/* Texts of a thing found, at most GT_FIELDS_MAX; NULL: it does not keep to the limits. */
static struct gt_str *take_texts(struct gt_wire *in, uint32_t n)
{
	struct gt_str *texts;

	if (in->broken || n > GT_FIELDS_MAX)
		return NULL;
	texts = gt_alloc((n + 1) * sizeof(*texts));
	for (uint32_t i = 0; i < n; i++)
		texts[i] = gt_wire_blob(in);
	return texts;
}

static bool take_select(struct gt_wire *in, struct gt_pair select[], size_t *count)
{
	uint32_t n = gt_wire_u32(in);

	if (in->broken || n > SELECT_MAX)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		select[i].key = gt_wire_blob(in);
		select[i].value = gt_wire_blob(in);
	}
	*count = n;
	return !in->broken && in->rest.n == 0;
}

static bool reply_permit(const struct gt_talk *talk)
{
	const struct gt_host *host = &talk->child->host;
	struct gt_buf wait;
	bool sent;

	gt_buf_init(&wait, 64);
	gt_buf_u64(&wait, host->permit ? (uint64_t)host->permit(host->arg) : 0);
	sent = reply(talk, true, gt_buf_str(&wait));
	gt_buf_fini(&wait);
	return sent;
}

static bool found(struct gt_talk *talk, struct gt_wire *in)
{
	struct gt_found f = {.kind = gt_wire_blob(in)};
	struct gt_str *fields, *types = NULL;
	struct gt_pair select[SELECT_MAX];
	bool sound, more = false;
	uint32_t n;

	if (!talk->sink || ++talk->found > FOUND_PER_CALL)
		return false;
	f.name = gt_wire_blob(in);
	f.sample = gt_wire_blob(in);
	n = gt_wire_u32(in);
	fields = take_texts(in, n);
	if (fields && gt_wire_u8(in))
		types = take_texts(in, n);
	sound = fields && take_select(in, select, &f.select_count);
	if (sound) {
		f.fields = fields;
		f.field_count = n;
		f.types = types;
		f.select = select;
		more = talk->sink(talk->arg, &f);
	}
	free(fields);
	free(types);
	return sound && reply(talk, more, (struct gt_str){0});
}

static bool note(struct gt_talk *talk, struct gt_wire *in)
{
	struct gt_host *host = &talk->child->host;
	struct gt_err err;

	if (++talk->notes > NOTES_PER_CALL || !gt_frame_get_error(in, &err))
		return false;
	host->flow = talk->child->flow->name;
	gt_host_note(host, &err);
	return true;
}

/* What may come before the answer. False: it does not keep to the protocol. */
bool gt_child_meanwhile(struct gt_talk *talk, enum gt_frame kind)
{
	struct gt_wire in = {gt_buf_str(&talk->child->in), false};

	switch (kind) {
	case GT_FRAME_NOTE:
		return note(talk, &in);
	case GT_FRAME_ASK_ENTRY:
		return reply_entry(talk, &in);
	case GT_FRAME_ASK_MEMORY:
		return reply_memory(talk, &in);
	case GT_FRAME_ASK_PERMIT:
		return reply_permit(talk);
	case GT_FRAME_FOUND:
		return found(talk, &in);
	case GT_FRAME_WAKE:
		return true;
	default:
		return false;
	}
}

/* The next frame by the call's deadline, which an interrupt brings closer. */
static enum gt_frame_got receive(const struct gt_talk *talk, enum gt_frame *kind)
{
	struct gt_child *child = talk->child;

	for (;;) {
		struct pollfd wait = {.fd = child->fd, .events = POLLIN};
		int64_t now = gt_host_monotonic_us(), until = talk->deadline_us;
		int64_t interrupted = atomic_load(&child->interrupted);
		int ms;

		if (interrupted != 0 && interrupted + GRACE_US < until)
			until = interrupted + GRACE_US;
		if (now >= until)
			return GT_FRAME_LATE; /* also one who talks without end */
		ms = (int)((until - now < LOOK_US ? until - now : LOOK_US) / 1000 + 1);
		if (poll(&wait, 1, ms) > 0)
			return gt_frame_receive(child->fd, until, kind, &child->in);
	}
}

bool gt_child_failed(struct gt_child *child, struct gt_err *err)
{
	struct gt_wire in = {gt_buf_str(&child->in), false};

	if (!gt_frame_get_error(&in, err) || err->class == GT_NOTE)
		return gt_child_lose(child, GT_FRAME_TOO_LONG, err);
	if (err->class == GT_FATAL)
		err->class = GT_CONFIG; /* what is isolated stops its flow, not the gateway */
	return false;
}

/* One request and its answer, which is then in child->in behind its kind. */
static bool call(struct gt_talk *talk, enum gt_frame request, struct gt_str payload,
	enum gt_frame *answer, struct gt_err *err)
{
	struct gt_child *child = talk->child;

	atomic_store(&child->interrupted, 0);
	if (child->dead)
		return gt_child_lose(child, GT_FRAME_GONE, err);
	if (!gt_child_send(child, request, payload, talk->deadline_us))
		return gt_child_lose(child,
			gt_host_monotonic_us() < talk->deadline_us ? GT_FRAME_GONE : GT_FRAME_LATE,
			err);
	for (;;) {
		enum gt_frame_got got = receive(talk, answer);

		if (got != GT_FRAME_GOT)
			return gt_child_lose(child, got, err);
		if (*answer == GT_FRAME_OK || *answer == GT_FRAME_BATCH)
			return true;
		if (*answer == GT_FRAME_FAILED)
			return gt_child_failed(child, err);
		if (!gt_child_meanwhile(talk, *answer))
			return gt_child_lose(child, GT_FRAME_TOO_LONG, err);
	}
}

static bool simple_call(
	struct gt_child *child, enum gt_frame request, struct gt_str payload, struct gt_err *err)
{
	struct gt_talk talk = {.child = child, .deadline_us = gt_host_monotonic_us() + CALL_US};
	enum gt_frame answer;

	return call(&talk, request, payload, &answer, err) &&
	       (answer == GT_FRAME_OK || gt_child_lose(child, GT_FRAME_TOO_LONG, err));
}

void gt_child_slim(struct gt_buf *buf)
{
	if (buf->cap > KEEP_BYTES) {
		gt_buf_fini(buf);
		gt_buf_init(buf, GT_FRAME_MAX);
	}
}

struct gt_child *gt_child_spawn(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err)
{
	struct gt_child *child = gt_alloc(sizeof(*child));

	child->flow = flow;
	child->host = *callbacks;
	if (flow->plan)
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
	return child;
}

struct gt_child *gt_child_new(
	const struct gt_flow_conf *flow, const struct gt_host *callbacks, struct gt_err *err)
{
	struct gt_child *child = gt_child_spawn(flow, callbacks, err);

	if (!child)
		return NULL;
	if (!simple_call(child, GT_FRAME_HELLO, gt_buf_str(&child->out), err)) {
		gt_child_free(child);
		return NULL;
	}
	gt_child_slim(&child->out);
	return child;
}

bool gt_child_open(struct gt_child *child, struct gt_str cursor, struct gt_err *err)
{
	child->opened = true;
	return simple_call(child, GT_FRAME_OPEN, cursor, err);
}

bool gt_child_commit(struct gt_child *child, struct gt_str cursor, struct gt_err *err)
{
	return simple_call(child, GT_FRAME_COMMIT, cursor, err);
}

bool gt_child_probe(struct gt_child *child, char *text, size_t size, struct gt_err *err)
{
	size_t n;

	if (!simple_call(child, GT_FRAME_PROBE, GT_LIT(""), err))
		return false;
	n = child->in.n < size ? child->in.n : size - 1;
	if (n > 0)
		memcpy(text, child->in.p, n);
	text[n] = '\0';
	return true;
}

bool gt_child_discover(struct gt_child *child, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct gt_talk talk = {.child = child,
		.deadline_us = gt_host_monotonic_us() + CALL_US,
		.sink = sink,
		.arg = arg};
	enum gt_frame answer = GT_FRAME_DISCOVER;

	return call(&talk, GT_FRAME_DISCOVER, GT_LIT(""), &answer, err) &&
	       (answer == GT_FRAME_OK || gt_child_lose(child, GT_FRAME_TOO_LONG, err));
}

enum gt_poll gt_child_take_batch(
	struct gt_child *child, struct gt_batch *batch, enum gt_frame answer, struct gt_err *err)
{
	struct gt_wire in = {gt_buf_str(&child->in), false};
	unsigned result = gt_wire_u8(&in);
	uint64_t left = gt_wire_u64(&in);

	if (answer != GT_FRAME_BATCH || result >= GT_POLL_ERROR || left > WAIT_MOST_US ||
		!gt_frame_get_batch(&in, batch)) {
		gt_child_lose(child, GT_FRAME_TOO_LONG, err);
		return GT_POLL_ERROR;
	}
	if (result == GT_POLL_WAIT) /* the child waits; its socket wakes us */
		gt_batch_wait(batch, child->fd, POLLIN, gt_host_monotonic_us() + (int64_t)left);
	return (enum gt_poll)result;
}

enum gt_poll gt_child_poll(struct gt_child *child, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err)
{
	if (child->dead) {
		gt_child_lose(child, GT_FRAME_GONE, err);
		return GT_POLL_ERROR;
	}
	if (child->started)
		return gt_child_poll_started(child, batch, limits, err);
	int64_t now = gt_host_monotonic_us(), left = limits->deadline_us - now;
	struct gt_talk talk = {.child = child};
	enum gt_frame answer = GT_FRAME_POLL;
	enum gt_poll result;

	left = left < 0 ? 0 : left > WAIT_MOST_US ? WAIT_MOST_US : left;
	talk.deadline_us = now + left + GRACE_US;
	gt_buf_clear(&child->out);
	gt_buf_u64(&child->out, limits->max_records);
	gt_buf_u64(&child->out, limits->max_bytes);
	gt_buf_u64(&child->out, (uint64_t)left);
	if (!call(&talk, GT_FRAME_POLL, gt_buf_str(&child->out), &answer, err))
		return GT_POLL_ERROR;
	result = gt_child_take_batch(child, batch, answer, err);
	gt_child_slim(&child->in);
	return result;
}

bool gt_child_busy(const struct gt_child *child)
{
	return child->awaits != 0 && !child->dead;
}

void gt_child_interrupt(struct gt_child *child)
{
	int64_t not_yet = 0;

	(void)atomic_compare_exchange_strong(&child->interrupted, &not_yet, gt_host_monotonic_us());
	atomic_store(&child->interrupt, true);
	pass_interrupt(child);
}

/* A driver gets its close, but may not hold anybody up with it. */
static void say_close(struct gt_child *child)
{
	struct gt_talk talk = {.child = child, .deadline_us = gt_host_monotonic_us() + CLOSE_US};
	enum gt_frame answer;
	struct gt_err ignored;

	if (child->opened && !child->dead && !child->awaits) /* else it would not hear it */
		(void)call(&talk, GT_FRAME_CLOSE, GT_LIT(""), &answer, &ignored);
}

void gt_child_free(struct gt_child *child)
{
	if (!child)
		return;
	say_close(child);
	if (child->fd >= 0)
		close(child->fd); /* a child lives as long as its socket */
	bury(child);
	gt_buf_fini(&child->in);
	gt_buf_fini(&child->out);
	pthread_mutex_destroy(&child->sending);
	free(child);
}
