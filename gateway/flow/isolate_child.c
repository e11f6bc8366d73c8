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
#include <unistd.h>

struct inner {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool full; /* the mailbox: one frame, read by the main thread */
	enum gt_frame kind;
	struct gt_buf mail;

	struct gt_arena memory; /* options, fields, names */
	const struct gt_adapter *adapter;
	void *self;
	struct gt_reader reader;
	struct gt_host host;
	bool opened;
	struct gt_batch *batch;
	struct gt_buf out, entry;
};

static void *read_frames(void *arg)
{
	struct inner *c = arg;
	struct gt_buf in;
	enum gt_frame kind;

	gt_buf_init(&in, GT_FRAME_MAX);
	for (;;) {
		if (gt_frame_receive(c->fd, INT64_MAX, &kind, &in) != GT_FRAME_GOT)
			_exit(0); /* the gateway closed or died */
		if (kind == GT_FRAME_INTERRUPT) {
			if (c->adapter && c->adapter->interrupt)
				c->adapter->interrupt(c->self);
			continue;
		}
		pthread_mutex_lock(&c->lock);
		while (c->full)
			pthread_cond_wait(&c->came, &c->lock);
		gt_buf_clear(&c->mail);
		gt_buf_add(&c->mail, gt_buf_str(&in));
		c->kind = kind;
		c->full = true;
		pthread_cond_broadcast(&c->came);
		pthread_mutex_unlock(&c->lock);
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
	pthread_cond_broadcast(&c->came);
	pthread_mutex_unlock(&c->lock);
	return kind;
}

static void answer(struct inner *c, enum gt_frame kind, struct gt_str payload)
{
	if (!gt_frame_send(c->fd, kind, payload))
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

	gt_buf_clear(&c->out);
	gt_buf_blob(&c->out, found->kind);
	gt_buf_blob(&c->out, found->name);
	gt_buf_blob(&c->out, found->sample);
	gt_buf_u32(&c->out, (uint32_t)found->field_count);
	for (size_t i = 0; i < found->field_count; i++)
		gt_buf_blob(&c->out, found->fields[i]);
	answer(c, GT_FRAME_FOUND, gt_buf_str(&c->out));
	return true;
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

static bool hello(struct inner *c, struct gt_str payload, struct gt_err *err)
{
	struct gt_wire in = {payload, false};
	struct gt_diags ignored = {0};
	struct gt_str folder = gt_arena_copy(&c->memory, gt_wire_blob(&in));
	struct gt_str name = gt_wire_blob(&in), options = gt_wire_blob(&in);
	struct gt_str format = gt_wire_blob(&in), format_options = gt_wire_blob(&in);

	c->host = (struct gt_host){
		.arg = c, .entry = ask_entry, .memory = ask_memory, .note = send_note};
	c->host.flow = gt_arena_copy(&c->memory, gt_wire_blob(&in));
	c->host.zone_minutes = (int)gt_wire_u32(&in) - 1440;
	if (folder.n > 0)
		gt_registry_load(folder.p, &ignored);
	gt_diags_fini(&ignored);
	c->adapter = gt_registry_adapter(name);
	if (!c->adapter || !read_fields(c, &in) || !make_reader(c, format, format_options))
		return gt_fail(err, GT_E_CHILD_HELLO, GT_TEXT("%.*s", GT_STR_ARGS(name)));
	c->self = gt_alloc(c->adapter->self_size);
	gt_options_defaults(c->adapter->options, c->self, &c->memory);
	if (!gt_options_decode(c->adapter->options, c->self, options, &c->memory))
		return gt_fail(err, GT_E_CHILD_HELLO, GT_TEXT("%.*s", GT_STR_ARGS(name)));
	return gt_sandbox_enter((c->adapter->caps & GT_CAP_OFFLINE) != 0, err);
}

/* The reader thread must not be blocked by a wait, so the wait is a thread of its own kind: poll
 * here, in the main thread, until the descriptor is ready, the time is over, or a frame has come.
 */
static void wait_for(struct inner *c, const struct gt_batch *batch)
{
	struct pollfd wait = {.fd = batch->wait_fd, .events = batch->wait_events};
	bool came = false;

	while (!came && gt_host_monotonic_us() < batch->wait_deadline_us) {
		if (poll(&wait, batch->wait_fd >= 0 ? 1 : 0, 50) > 0)
			break;
		pthread_mutex_lock(&c->lock);
		came = c->full;
		pthread_mutex_unlock(&c->lock);
	}
	if (!came)
		answer(c, GT_FRAME_WAKE, GT_LIT(""));
}

static void poll_once(struct inner *c, struct gt_str payload)
{
	struct gt_wire in = {payload, false};
	struct gt_limits limits = {.max_records = gt_wire_u64(&in), .max_bytes = gt_wire_u64(&in)};
	int64_t left;
	struct gt_err err;
	enum gt_poll result;

	limits.deadline_us = gt_host_monotonic_us() + (int64_t)gt_wire_u64(&in);
	gt_batch_reset(c->batch, c->host.field_count, limits.max_records, limits.max_bytes);
	result = c->adapter->poll(c->self, c->batch, &limits, &err);
	if (result == GT_POLL_ERROR) {
		fail(c, &err);
		return;
	}
	left = result == GT_POLL_WAIT ? c->batch->wait_deadline_us - gt_host_monotonic_us() : 0;
	gt_buf_clear(&c->out);
	gt_buf_u8(&c->out, (uint8_t)result);
	gt_buf_u64(&c->out, (uint64_t)(left > 0 ? left : 0));
	gt_frame_put_batch(&c->out, c->batch);
	if (c->out.full) {
		gt_fail(&err, GT_E_CHILD_BABBLES, c->adapter->name);
		fail(c, &err);
		return;
	}
	answer(c, GT_FRAME_BATCH, gt_buf_str(&c->out));
	if (result == GT_POLL_WAIT)
		wait_for(c, c->batch);
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

	switch (kind) {
	case GT_FRAME_HELLO:
		ok_or_fail(c, hello(c, payload, &err), &err);
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
	default:
		_exit(1);
	}
}

int gt_child_main(int fd)
{
	struct inner *c = gt_alloc(sizeof(*c));
	struct gt_buf frame;
	pthread_t reader;

	c->fd = fd;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->came, NULL);
	gt_buf_init(&c->mail, GT_FRAME_MAX);
	gt_buf_init(&c->out, GT_FRAME_MAX);
	gt_buf_init(&c->entry, GT_FRAME_MAX);
	gt_buf_init(&frame, GT_FRAME_MAX);
	gt_arena_init(&c->memory, 0);
	c->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	if (pthread_create(&reader, NULL, read_frames, c) != 0)
		return 1;
	for (;;) {
		enum gt_frame kind = next_frame(c, &frame);

		if (kind != GT_FRAME_HELLO && !c->self)
			return 1;
		serve(c, kind, gt_buf_str(&frame));
	}
}
