/* isolate_child.c: the child's side: one adapter, driven by frames on fd 3. The main thread runs
 * the adapter; a reader thread takes frames, so that an interrupt reaches a blocked adapter and the
 * end of the socket ends the process at once. */
#include "isolate.h"

#include "gt_assert.h"
#include "options.h"
#include "runner.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct inner {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t came;
	int bell;   /* eventfd: rung with every frame, for a main thread that waits elsewhere */
	bool ready; /* said hello: there is somebody to interrupt */
	bool interrupt;
	pthread_cond_t interrupted;
	bool full; /* the mailbox: one frame, read by the main thread */
	enum gt_frame kind;
	struct gt_buf mail;

	struct gt_arena memory; /* options, fields, names */
	const struct gt_adapter *adapter;
	void *self;
	struct gt_reader reader;
	struct gt_host host;
	bool opened;
	bool waiting; /* the last poll said WAIT, and no other has come */
	struct gt_batch *batch;
	struct gt_buf out, entry;
};

static void deliver(struct inner *c, enum gt_frame kind, struct gt_str payload)
{
	uint64_t one = 1;

	pthread_mutex_lock(&c->lock);
	if (c->full)
		_exit(1); /* one request at a time: this is no gateway */
	gt_buf_clear(&c->mail);
	gt_buf_add(&c->mail, payload);
	c->kind = kind;
	c->full = true;
	pthread_cond_signal(&c->came);
	pthread_mutex_unlock(&c->lock);
	if (write(c->bell, &one, sizeof(one)) != (ssize_t)sizeof(one))
		_exit(1);
}

static void interrupt(struct inner *c)
{
	pthread_mutex_lock(&c->lock);
	c->interrupt = c->ready;
	pthread_cond_signal(&c->interrupted);
	pthread_mutex_unlock(&c->lock);
}

static void *read_frames(void *arg)
{
	struct inner *c = arg;
	struct gt_buf in;
	enum gt_frame kind;

	gt_buf_init(&in, GT_FRAME_MAX);
	for (;;) {
		if (gt_frame_receive(c->fd, INT64_MAX, &kind, &in) != GT_FRAME_GOT)
			_exit(0); /* the gateway closed or died */
		if (kind != GT_FRAME_INTERRUPT)
			deliver(c, kind, gt_buf_str(&in));
		else
			interrupt(c);
	}
	return NULL;
}

static void *interrupt_adapter(void *arg)
{
	struct inner *c = arg;

	for (;;) {
		pthread_mutex_lock(&c->lock);
		while (!c->interrupt)
			pthread_cond_wait(&c->interrupted, &c->lock);
		c->interrupt = false;
		pthread_mutex_unlock(&c->lock);
		if (c->adapter->interrupt)
			c->adapter->interrupt(c->self);
	}
	return NULL;
}

/* The next frame, into `into`. */
static enum gt_frame next_frame(struct inner *c, struct gt_buf *into)
{
	enum gt_frame kind;

	pthread_mutex_lock(&c->lock);
	while (!c->full)
		pthread_cond_wait(&c->came, &c->lock);
	gt_buf_clear(into);
	gt_buf_add(into, gt_buf_str(&c->mail));
	kind = c->kind;
	c->full = false;
	pthread_mutex_unlock(&c->lock);
	return kind;
}

static void answer(struct inner *c, enum gt_frame kind, struct gt_str payload)
{
	if (!gt_frame_send(c->fd, kind, payload, INT64_MAX))
		_exit(0);
}

static void fail(struct inner *c, const struct gt_err *err)
{
	gt_buf_clear(&c->out);
	gt_frame_put_error(&c->out, err);
	answer(c, GT_FRAME_FAILED, gt_buf_str(&c->out));
}

static void ok_or_fail(struct inner *c, bool ok, const struct gt_err *err)
{
	if (ok)
		answer(c, GT_FRAME_OK, GT_LIT(""));
	else
		fail(c, err);
}

/* A question to the gateway in the middle of a call, and its reply. */
static bool ask(struct inner *c, enum gt_frame kind, struct gt_str payload, struct gt_str *value)
{
	struct gt_wire in;
	bool yes;

	answer(c, kind, payload);
	if (next_frame(c, &c->entry) != GT_FRAME_REPLY)
		_exit(1);
	in = (struct gt_wire){gt_buf_str(&c->entry), false};
	yes = gt_wire_u8(&in) != 0;
	*value = gt_wire_blob(&in);
	return yes && !in.broken;
}

static bool ask_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	struct inner *c = arg;

	gt_buf_clear(&c->out);
	gt_buf_blob(&c->out, key);
	return ask(c, GT_FRAME_ASK_ENTRY, gt_buf_str(&c->out), value);
}

static bool ask_memory(void *arg, size_t bytes)
{
	struct inner *c = arg;
	struct gt_str none;

	gt_buf_clear(&c->out);
	gt_buf_u64(&c->out, bytes);
	return ask(c, GT_FRAME_ASK_MEMORY, gt_buf_str(&c->out), &none);
}

static int64_t ask_permit(void *arg)
{
	struct inner *c = arg;
	struct gt_str value;
	struct gt_wire in;
	uint64_t wait;

	if (!ask(c, GT_FRAME_ASK_PERMIT, GT_LIT(""), &value))
		return 0;
	in = (struct gt_wire){value, false};
	wait = gt_wire_u64(&in);
	return in.broken || wait > INT64_MAX ? 0 : (int64_t)wait;
}

static void send_note(void *arg, const struct gt_err *note)
{
	struct inner *c = arg;

	gt_buf_clear(&c->out);
	gt_frame_put_error(&c->out, note);
	answer(c, GT_FRAME_NOTE, gt_buf_str(&c->out));
}

static bool send_found(void *arg, const struct gt_found *found)
{
	struct inner *c = arg;
	struct gt_str none;

	gt_buf_clear(&c->out);
	gt_buf_blob(&c->out, found->kind);
	gt_buf_blob(&c->out, found->name);
	gt_buf_blob(&c->out, found->sample);
	gt_buf_u32(&c->out, (uint32_t)found->field_count);
	for (size_t i = 0; i < found->field_count; i++)
		gt_buf_blob(&c->out, found->fields[i]);
	gt_buf_u8(&c->out, found->types != NULL);
	for (size_t i = 0; found->types && i < found->field_count; i++)
		gt_buf_blob(&c->out, found->types[i]);
	gt_buf_u32(&c->out, (uint32_t)found->select_count);
	for (size_t i = 0; i < found->select_count; i++) {
		gt_buf_blob(&c->out, found->select[i].key);
		gt_buf_blob(&c->out, found->select[i].value);
	}
	return ask(c, GT_FRAME_FOUND, gt_buf_str(&c->out), &none);
}

static bool make_reader(struct inner *c, struct gt_str name, struct gt_str options)
{
	const struct gt_format *format = gt_registry_format(name);

	if (name.n == 0)
		return true;
	if (!format)
		return false;
	c->reader.format = format;
	c->reader.self = gt_alloc(format->self_size);
	gt_options_defaults(format->options, c->reader.self, &c->memory);
	c->host.reader = &c->reader;
	return gt_options_decode(format->options, c->reader.self, options, &c->memory);
}

static bool read_fields(struct inner *c, struct gt_wire *in)
{
	uint32_t n = gt_wire_u32(in);
	struct gt_str *fields;

	if (in->broken || n > GT_FIELDS_MAX)
		return false;
	fields = gt_arena_alloc(&c->memory, (n + 1) * sizeof(*fields));
	for (uint32_t i = 0; i < n; i++)
		fields[i] = gt_arena_copy(&c->memory, gt_wire_blob(in));
	c->host.fields = fields;
	c->host.field_count = n;
	return !in->broken;
}

static bool read_range(struct inner *c, struct gt_wire *in)
{
	c->host.range = gt_wire_u8(in) != 0;
	c->host.range_from = gt_arena_copy(&c->memory, gt_wire_blob(in));
	c->host.range_until = gt_arena_copy(&c->memory, gt_wire_blob(in));
	if (c->host.range_from.n == 0)
		c->host.range_from = (struct gt_str){0};
	if (c->host.range_until.n == 0)
		c->host.range_until = (struct gt_str){0};
	return !in->broken;
}

static bool hello(struct inner *c, struct gt_str payload, struct gt_err *err)
{
	struct gt_wire in = {payload, false};
	struct gt_diags ignored = {0};
	enum gt_language language = gt_wire_u8(&in) == GT_ZH ? GT_ZH : GT_EN;
	struct gt_str folder = gt_arena_copy(&c->memory, gt_wire_blob(&in));
	struct gt_str name = gt_wire_blob(&in), options = gt_wire_blob(&in);
	struct gt_str format = gt_wire_blob(&in), format_options = gt_wire_blob(&in);

	c->host = (struct gt_host){.arg = c,
		.entry = ask_entry,
		.memory = ask_memory,
		.note = send_note,
		.permit = ask_permit};
	c->host.flow = gt_arena_copy(&c->memory, gt_wire_blob(&in));
	c->host.zone_minutes = (int)gt_wire_u32(&in) - 1440;
	gt_language_set(language);
	if (folder.n > 0)
		gt_registry_load(folder.p, &ignored);
	gt_diags_fini(&ignored);
	c->adapter = gt_registry_adapter(name);
	if (!c->adapter || !read_range(c, &in) || !read_fields(c, &in) ||
		!make_reader(c, format, format_options))
		return gt_fail(err, GT_E_CHILD_HELLO, GT_TEXT("%.*s", GT_STR_ARGS(name)));
	c->self = gt_alloc(c->adapter->self_size);
	gt_options_defaults(c->adapter->options, c->self, &c->memory);
	if (!gt_options_decode(c->adapter->options, c->self, options, &c->memory))
		return gt_fail(err, GT_E_CHILD_HELLO, GT_TEXT("%.*s", GT_STR_ARGS(name)));
	return gt_sandbox_enter((c->adapter->caps & GT_CAP_OFFLINE) != 0, err);
}

/* A descriptor that can be waited for; others leave it to the deadline, as in the gateway. */
static int wait_fd(const struct gt_batch *batch)
{
	struct stat st;

	return batch->wait_fd >= 0 && fstat(batch->wait_fd, &st) == 0 && !S_ISREG(st.st_mode)
		       ? batch->wait_fd
		       : -1;
}

/* Until what the adapter waits for has come, or a frame has. Called again behind every other
 * request: what the gateway did not take up yet is said again. */
static void wait_for(struct inner *c)
{
	struct pollfd wait[2] = {{.fd = c->bell, .events = POLLIN},
		{.fd = wait_fd(c->batch), .events = c->batch->wait_events}};
	uint64_t rings;

	for (;;) {
		int64_t left = c->batch->wait_deadline_us - gt_host_monotonic_us();
		int ms = left <= 0                    ? 0
			 : left > INT64_C(3600000000) ? 3600000
						      : (int)(left / 1000 + 1);

		if (poll(wait, 2, ms) < 0)
			continue; /* interrupted by a signal */
		if (wait[0].revents && read(c->bell, &rings, sizeof(rings)) < 0)
			_exit(1);
		pthread_mutex_lock(&c->lock);
		bool came = c->full;
		pthread_mutex_unlock(&c->lock);
		if (came)
			return;
		if (wait[1].revents || gt_host_monotonic_us() >= c->batch->wait_deadline_us)
			break;
	}
	answer(c, GT_FRAME_WAKE, GT_LIT(""));
}

static void poll_once(struct inner *c, struct gt_str payload)
{
	struct gt_wire in = {payload, false};
	struct gt_limits limits = {.max_records = gt_wire_u64(&in)};
	int64_t left;
	struct gt_err err;
	enum gt_poll result;

	limits.max_bytes = gt_wire_u64(&in);
	limits.deadline_us = gt_host_monotonic_us() + (int64_t)gt_wire_u64(&in);
	gt_batch_reset(c->batch, c->host.field_count, limits.max_records, limits.max_bytes);
	c->waiting = false;
	result = c->adapter->poll(c->self, c->batch, &limits, &err);
	if (result == GT_POLL_ERROR) {
		fail(c, &err);
		return;
	}
	c->waiting = result == GT_POLL_WAIT;
	left = c->waiting ? c->batch->wait_deadline_us - gt_host_monotonic_us() : 0;
	gt_buf_clear(&c->out);
	gt_buf_u8(&c->out, (uint8_t)result);
	gt_buf_u64(&c->out, (uint64_t)(left > 0 ? left : 0));
	gt_frame_put_batch(&c->out, c->batch);
	if (c->out.full) { /* the gateway asks for fewer rows the next time */
		gt_fail(&err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_FRAME_MAX));
		fail(c, &err);
		return;
	}
	answer(c, GT_FRAME_BATCH, gt_buf_str(&c->out));
}

static void probe(struct inner *c)
{
	char found[1024] = "";
	struct gt_err err;

	if (c->adapter->probe(c->self, found, sizeof(found), &err))
		answer(c, GT_FRAME_OK, gt_cstr(found));
	else
		fail(c, &err);
}

static void serve(struct inner *c, enum gt_frame kind, struct gt_str payload)
{
	struct gt_err err;
	bool greeted;

	switch (kind) {
	case GT_FRAME_HELLO:
		greeted = hello(c, payload, &err);
		pthread_mutex_lock(&c->lock);
		c->ready = greeted;
		pthread_mutex_unlock(&c->lock);
		ok_or_fail(c, greeted, &err);
		break;
	case GT_FRAME_OPEN:
		c->opened = true;
		ok_or_fail(c, c->adapter->open(c->self, &c->host, payload, &err), &err);
		break;
	case GT_FRAME_COMMIT:
		ok_or_fail(c, c->adapter->commit(c->self, payload, &err), &err);
		break;
	case GT_FRAME_POLL:
		poll_once(c, payload);
		break;
	case GT_FRAME_PROBE:
		probe(c);
		break;
	case GT_FRAME_DISCOVER:
		ok_or_fail(c, c->adapter->discover(c->self, send_found, c, &err), &err);
		break;
	case GT_FRAME_CLOSE:
		if (c->opened)
			c->adapter->close(c->self);
		answer(c, GT_FRAME_OK, GT_LIT(""));
		_exit(0);
	default:
		_exit(1);
	}
}

int gt_child_main(int fd)
{
	struct inner *c = gt_alloc(sizeof(*c));
	struct gt_buf frame;
	pthread_t reader, interrupter;

	gt_sandbox_begin(fd);
	c->fd = fd;
	c->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->came, NULL);
	pthread_cond_init(&c->interrupted, NULL);
	gt_buf_init(&c->mail, GT_FRAME_MAX);
	gt_buf_init(&c->out, GT_FRAME_MAX);
	gt_buf_init(&c->entry, GT_FRAME_MAX);
	gt_buf_init(&frame, GT_FRAME_MAX);
	gt_arena_init(&c->memory, 0);
	c->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	if (c->bell < 0 || pthread_create(&reader, NULL, read_frames, c) != 0 ||
		pthread_create(&interrupter, NULL, interrupt_adapter, c) != 0)
		_exit(1);
	for (;;) {
		enum gt_frame kind;

		if (c->waiting)
			wait_for(c);
		kind = next_frame(c, &frame);
		if ((kind == GT_FRAME_HELLO) == c->ready)
			_exit(1);
		serve(c, kind, gt_buf_str(&frame));
	}
}
