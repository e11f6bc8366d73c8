/* Isolated adapters: the same as in the process when they behave; when they crash, hang, babble or
 * try to get out, the gateway's side says so, in time, and lives. */
#include "child.h"
#include "isolate.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECRET "hunter2-correct-horse"
#define NOTES 64

struct rig {
	struct gt_arena memory;
	struct gt_flow_conf flow;
	struct gt_str fields[2];
	struct gt_host host;
	struct gt_runner *runner;
	struct gt_batch *batch;
	struct gt_err notes[NOTES];
	size_t note_count;
};

static bool entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	*value = GT_LIT("as\0known");
	return gt_str_eq(key, GT_LIT("known"));
}

static bool memory(void *arg, size_t bytes)
{
	(void)arg;
	return bytes < 1u << 20;
}

static void take_note(void *arg, const struct gt_err *err)
{
	struct rig *rig = arg;

	if (rig->note_count < NOTES)
		rig->notes[rig->note_count++] = *err;
}

/* options: name, value, … NULL */
static void rig_init(
	struct rig *rig, const char *adapter, bool isolated, const char *const *options)
{
	void *self;
	struct gt_err err;

	memset(rig, 0, sizeof(*rig));
	gt_arena_init(&rig->memory, 0);
	rig->flow.name = GT_LIT("tests/flow");
	rig->flow.zone_minutes = -210;
	rig->flow.isolate = isolated ? GT_ISOLATE_PROCESS : GT_ISOLATE_AUTO;
	rig->flow.adapter = gt_registry_adapter(gt_cstr(adapter));
	ck_assert_ptr_nonnull(rig->flow.adapter);
	self = gt_arena_zalloc(&rig->memory, rig->flow.adapter->self_size);
	gt_options_defaults(rig->flow.adapter->options, self, &rig->memory);
	for (; *options; options += 2)
		ck_assert(gt_option_store(
			gt_option_find(rig->flow.adapter->options, gt_cstr(options[0])), self,
			gt_cstr(options[1]), NULL, &rig->memory, &err));
	rig->flow.adapter_options = self;
	rig->fields[0] = GT_LIT("n");
	rig->fields[1] = GT_LIT("text");
	rig->host = (struct gt_host){.fields = rig->fields,
		.field_count = 2,
		.arg = rig,
		.entry = entry,
		.memory = memory,
		.note = take_note};
	rig->runner = gt_runner_new(&rig->flow, &rig->host, &err);
	ck_assert_ptr_nonnull(rig->runner);
	rig->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
}

static void rig_fini(struct rig *rig)
{
	gt_runner_free(rig->runner);
	gt_batch_free(rig->batch);
	gt_arena_fini(&rig->memory);
}

#define RIG(rig, isolated, ...)                                                                    \
	rig_init((rig), "misbehave", (isolated), (const char *const[]){__VA_ARGS__, NULL})

static bool rig_open(struct rig *rig, const char *cursor, struct gt_err *err)
{
	return gt_runner_open(rig->runner, gt_cstr(cursor), err) &&
	       gt_runner_commit(rig->runner, gt_cstr(cursor), err);
}

static enum gt_poll rig_poll(struct rig *rig, size_t rows, int64_t ms, struct gt_err *err)
{
	struct gt_limits limits = {rows, GT_BATCH_RAW_MAX, gt_host_monotonic_us() + ms * 1000};

	gt_batch_reset(rig->batch, 2, limits.max_records, limits.max_bytes);
	return gt_runner_poll(rig->runner, rig->batch, &limits, err);
}

static void add_value(struct gt_buf *out, const struct gt_value *v)
{
	gt_buf_addf(out, " %d:", v->kind);
	if (v->kind == GT_BOOL)
		gt_buf_addf(out, "%d", (int)v->number);
	else if (v->kind == GT_TEXT || v->kind == GT_NUMBER || v->kind == GT_JSON)
		gt_buf_add(out, gt_value_str(v));
}

static void add_error(struct gt_buf *out, const struct gt_err *err)
{
	char text[2048];

	gt_buf_addf(out, " {%d %s}", (int)err->class, gt_err_text(err, text, sizeof(text)));
}

/* All of a batch as text. */
static void dump(const struct rig *rig, struct gt_buf *out)
{
	const struct gt_batch *b = rig->batch;

	for (size_t i = 0; i < b->row_count; i++) {
		const struct gt_row *row = &b->rows[i];
		const struct gt_document *d = &b->documents[row->document];

		gt_buf_addf(out, "%.*s/%.*s/%.*s/%.*s/%.*s %llu %llu %llu [", GT_STR_ARGS(d->name),
			GT_STR_ARGS(d->digest), GT_STR_ARGS(d->format), GT_STR_ARGS(d->charset),
			GT_STR_ARGS(d->columns), (unsigned long long)row->offset,
			(unsigned long long)row->row, (unsigned long long)row->whole_bytes);
		gt_buf_add(out, row->raw);
		gt_buf_adds(out, "]");
		for (size_t k = 0; row->values && k < b->fields; k++)
			add_value(out, &row->values[k]);
		if (row->bad)
			add_error(out, row->bad);
		gt_buf_adds(out, "\n");
	}
	for (size_t i = 0; i < b->total_count; i++)
		gt_buf_addf(out, "%s=%lld\n", b->totals[i].name, (long long)b->totals[i].value);
	for (size_t i = 0; i < b->entry_count; i++) {
		gt_buf_add(out, b->entries[i].key);
		gt_buf_adds(out, b->entries[i].value.p ? "=" : " goes");
		gt_buf_add(out, b->entries[i].value);
		gt_buf_adds(out, "\n");
	}
	gt_buf_addf(out, "%llu %d [%.*s]\n", (unsigned long long)b->skipped, b->cursor_set,
		(int)b->cursor_len, b->cursor);
}

/* A whole life as text. */
static void live(bool isolated, const char *deed, const char *rows, struct gt_buf *out)
{
	struct rig rig;
	struct gt_err err = {0};
	size_t n = 0;
	enum gt_poll result;

	RIG(&rig, isolated, "deed", deed, "rows", rows);
	ck_assert(rig_open(&rig, "5", &err));
	do {
		result = rig_poll(&rig, 7, 60000, &err);
		gt_buf_addf(out, "%d\n", (int)result);
		dump(&rig, out);
		ck_assert(gt_runner_commit(rig.runner, gt_batch_cursor_get(rig.batch), &err));
	} while (result == GT_POLL_MORE && ++n < 100);
	ck_assert_int_eq(err.code, GT_E_NONE); /* untouched */
	for (size_t i = 0; i < rig.note_count; i++)
		add_error(out, &rig.notes[i]);
	rig_fini(&rig);
	ck_assert(!out->full);
}

START_TEST(gives_the_same_in_a_child)
{
	static const char *const deeds[][2] = {{"nothing", "40"}, {"rich", "9"}};
	struct gt_buf here, there;

	gt_buf_init(&here, 1u << 20);
	gt_buf_init(&there, 1u << 20);
	live(false, deeds[_i][0], deeds[_i][1], &here);
	live(true, deeds[_i][0], deeds[_i][1], &there);
	ck_assert_uint_gt(here.n, 100);
	ck_assert_str_eq(gt_buf_cstr(&here), gt_buf_cstr(&there));
	ck_assert(gt_str_eq(gt_buf_str(&here), gt_buf_str(&there)));
	gt_buf_fini(&here);
	gt_buf_fini(&there);
	ck_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); /* no child is left behind */
}
END_TEST

static bool count_found(void *arg, const struct gt_found *found)
{
	size_t *n = arg;

	ck_str_is(found->kind, "table");
	ck_str_is(found->name, "rows");
	ck_assert_uint_eq(found->field_count, 2);
	ck_str_is(found->fields[1], "text");
	ck_str_is(found->sample, "{\"n\":1}\n");
	ck_assert_uint_eq(found->select_count, 1);
	ck_str_is(found->select[0].key, "rows");
	ck_str_is(found->select[0].value, "7");
	if (*n == 0) {
		ck_str_is(found->types[0], "int4");
		ck_assert_ptr_null(found->types[1].p);
	} else {
		ck_assert_ptr_null(found->types);
	}
	return ++*n < 3;
}

/* The child's process, as it says itself. */
static pid_t child_of(struct rig *rig)
{
	char found[128];
	struct gt_err err;
	int pid = 0;

	ck_assert(gt_runner_probe(rig->runner, found, sizeof(found), &err));
	ck_assert_int_eq(sscanf(found, "here I am, process %d", &pid), 1);
	ck_assert_int_ne(pid, getpid());
	return pid;
}

START_TEST(probes_and_discovers)
{
	struct rig rig;
	struct gt_err err;
	size_t n = 0;

	RIG(&rig, true, "rows", "1");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_gt(child_of(&rig), 1);
	ck_assert(gt_runner_discover(rig.runner, count_found, &n, &err));
	ck_assert_uint_eq(n, 3); /* stops when it is told to */
	ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_END);
	rig_fini(&rig);
}
END_TEST

START_TEST(believes_no_endless_selection)
{
	struct rig rig;
	struct gt_err err;
	size_t n = 0;

	RIG(&rig, true, "deed", "flood-select");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert(!gt_runner_discover(rig.runner, count_found, &n, &err));
	ck_assert_int_eq(err.code, GT_E_CHILD_BABBLES);
	ck_assert_uint_eq(n, 0);
	rig_fini(&rig);
}
END_TEST

START_TEST(passes_errors_on)
{
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "rows", "1");
	ck_assert(!rig_open(&rig, "三", &err));
	ck_assert_int_eq(err.code, GT_E_CURSOR_FOREIGN);
	ck_assert_str_eq(gt_err_arg(&err, 1), "三");
	rig_fini(&rig);
}
END_TEST

START_TEST(a_fatal_error_stops_the_flow_only)
{
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "deed", "fatal");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_STATE_UNREADABLE);
	ck_assert_int_eq(err.class, GT_CONFIG);
	rig_fini(&rig);
}
END_TEST

static void fails(const char *where, const char *deed, int64_t ms, enum gt_code code)
{
	struct rig rig;
	struct gt_err err = {0};
	bool failed;

	RIG(&rig, true, "where", where, "deed", deed);
	failed = !rig_open(&rig, "", &err) || rig_poll(&rig, 5, ms, &err) == GT_POLL_ERROR ||
		 !gt_runner_commit(rig.runner, gt_batch_cursor_get(rig.batch), &err);
	ck_assert(failed);
	ck_assert_msg(err.code == code, "%s in %s: GT%d", deed, where, (int)err.code);
	ck_assert_int_eq(err.class, GT_RETRY);
	ck_assert_str_eq(gt_err_arg(&err, 1), "misbehave");
	/* Whatever is asked now is refused at once. */
	ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_CHILD_GONE);
	gt_runner_interrupt(rig.runner);
	rig_fini(&rig);
	ck_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

START_TEST(notices_a_crash)
{
	static const char *const where[] = {"open", "poll", "commit"};

	fails(where[_i], "crash", 60000, GT_E_CHILD_GONE);
}
END_TEST

START_TEST(ends_what_floods_or_babbles)
{
	static const char *const deeds[] = {"flood-rows", "flood-notes", "long-frame", "garbage"};

	fails("poll", deeds[_i], 60000, GT_E_CHILD_BABBLES);
}
END_TEST

START_TEST(ends_what_is_late)
{
	static const char *const deeds[] = {"hang", "deaf", "trickle"};

	fails("poll", deeds[_i], 50, GT_E_CHILD_LATE);
}
END_TEST

static void *interrupt_soon(void *arg)
{
	struct rig *rig = arg;

	/* As soon as it polls: the first byte in the pipe ends the hang, whenever it comes. */
	gt_runner_interrupt(rig->runner);
	return NULL;
}

START_TEST(an_interrupt_reaches_the_adapter)
{
	struct rig rig;
	struct gt_err err = {0};
	pthread_t thread;

	RIG(&rig, true, "deed", "hang");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_soon, &rig), 0);
	ck_assert_int_eq(rig_poll(&rig, 5, 3600000, &err), GT_POLL_MORE);
	ck_assert_uint_eq(rig.batch->row_count, 5);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	rig_fini(&rig);
}
END_TEST

struct insisting {
	struct rig *rig;
	atomic_bool over;
};

static void *interrupt_often(void *arg)
{
	struct insisting *i = arg;

	while (!atomic_load(&i->over)) {
		struct timespec nap = {0, 1000000};

		gt_runner_interrupt(i->rig->runner);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

/* Deaf to it: its time is over soon behind the interrupt, not an hour later. */
START_TEST(an_interrupt_ends_one_who_does_not_listen)
{
	struct rig rig;
	struct insisting i = {.rig = &rig};
	struct gt_err err = {0};
	pthread_t thread;

	RIG(&rig, true, "deed", "deaf");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_often, &i), 0);
	ck_assert_int_eq(rig_poll(&rig, 5, 3600000, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_CHILD_LATE);
	atomic_store(&i.over, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	rig_fini(&rig);
}
END_TEST

/* The note's second argument, by its first; "" = none. */
static const char *told(const struct rig *rig, const char *what)
{
	for (size_t i = 0; i < rig->note_count; i++)
		if (strcmp(gt_err_arg(&rig->notes[i], 1), what) == 0)
			return gt_err_arg(&rig->notes[i], 2);
	return "";
}

static void only_its_own_descriptors(const struct rig *rig)
{
	for (size_t i = 0; i < rig->note_count; i++) {
		const char *arg = gt_err_arg(&rig->notes[i], 2);
		int fd = -1;
		char to[256] = "";

		if (strcmp(gt_err_arg(&rig->notes[i], 1), "fd") != 0)
			continue;
		ck_assert_int_eq(sscanf(arg, "%d %255s", &fd, to), 2);
		if (fd < 2)
			ck_assert_str_eq(to, "/dev/null");
		else if (fd == 3)
			ck_assert_msg(strncmp(to, "socket:", 7) == 0, "%s", arg);
		else if (fd > 3) /* its bell, the adapter's pipe */
			ck_assert_msg(strcmp(to, "anon_inode:[eventfd]") == 0 ||
					      strncmp(to, "pipe:", 5) == 0,
				"%s", arg);
	}
}

START_TEST(a_sandbox_is_around_it)
{
	static const char *const names[] = {"misbehave", "misbehave_net"};
	int leaked = open("/etc/passwd", O_RDONLY); /* as a library does who forgets CLOEXEC */
	struct rig rig;
	struct gt_err err;

	ck_assert_int_ge(leaked, 0);
	rig_init(&rig, names[_i], true, (const char *const[]){"deed", "peek", NULL});
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(rig_poll(&rig, 20, 60000, &err), GT_POLL_END);
	ck_assert_str_eq(told(&rig, "socket"), _i == 0 ? "refused" : "done");
	ck_assert_str_eq(told(&rig, "exec"), "refused");
	ck_assert_str_eq(told(&rig, "fork"), "refused");
	ck_assert_str_eq(told(&rig, "kill"), "refused");
	ck_assert_str_eq(told(&rig, "thread"), "done");
	ck_assert_str_eq(told(&rig, "core"), "0 0");
	ck_assert_str_ne(told(&rig, "fd"), "");
	only_its_own_descriptors(&rig);
	rig_fini(&rig);
	close(leaked);
}
END_TEST

static void holds_no_secret(pid_t pid, const char *name, const char *must)
{
	char path[64], text[65536];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	n = read(fd, text, sizeof(text));
	ck_assert_int_gt(n, 0);
	close(fd);
	ck_assert_ptr_nonnull(memmem(text, (size_t)n, must, strlen(must)));
	ck_assert_ptr_null(memmem(text, (size_t)n, SECRET, strlen(SECRET)));
}

START_TEST(secrets_stand_in_no_argument_and_no_environment)
{
	struct rig rig;
	struct gt_err err;
	pid_t pid;

	setenv("DATABASE_PASSWORD", SECRET, 1);
	RIG(&rig, true, "secret", SECRET);
	ck_assert(rig_open(&rig, "", &err));
	pid = child_of(&rig);
	holds_no_secret(pid, "cmdline", "--isolated-adapter");
	holds_no_secret(pid, "environ", "LC_ALL=C.UTF-8");
	rig_fini(&rig);
}
END_TEST

/* The gateway is killed: its children end with it, also one that hangs. */
START_TEST(a_child_does_not_outlive_the_gateway)
{
	int channel[2];
	pid_t gateway, child = 0;
	struct gt_err err;
	struct rig rig;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(channel), 0);
	gateway = fork();
	if (gateway == 0) {
		RIG(&rig, true, "deed", "deaf");
		ck_assert(rig_open(&rig, "", &err));
		child = child_of(&rig);
		gt_runner_interrupt(rig.runner); /* not even this returns */
		if (write(channel[1], &child, sizeof(child)) != (ssize_t)sizeof(child))
			_exit(1);
		(void)!rig_poll(&rig, 5, 3600000, &err);
		_exit(2);
	}
	close(channel[1]);
	ck_assert_int_eq(read(channel[0], &child, sizeof(child)), sizeof(child));
	ck_assert_int_eq(kill(gateway, SIGKILL), 0);
	ck_assert_int_eq(waitpid(gateway, NULL, 0), gateway);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* One letter per call of the adapter: o p c x. */
static void traced(const char *path, const char *expected)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	unlink(path);
	ck_assert_str_eq(text, expected);
}

START_TEST(the_adapter_gets_its_close)
{
	char path[] = "/tmp/guantong-trace-XXXXXX";
	struct rig rig;
	struct gt_err err;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	RIG(&rig, true, "trace", path);
	ck_assert(rig_open(&rig, "3", &err));
	ck_assert_int_eq(rig_poll(&rig, 20, 60000, &err), GT_POLL_END);
	rig_fini(&rig);
	traced(path, "ocpx");
	RIG(&rig, true, "trace", path);
	ck_assert(!rig_open(&rig, "never", &err));
	rig_fini(&rig);
	traced(path, "ox"); /* also behind a failed open */
	RIG(&rig, true, "trace", path, "where", "close", "deed", "deaf");
	ck_assert(rig_open(&rig, "", &err));
	rig_fini(&rig); /* returns although close does not */
	traced(path, "oc");
}
END_TEST

static void wait_readable(const struct gt_batch *batch)
{
	struct pollfd wait = {.fd = batch->wait_fd, .events = batch->wait_events};

	ck_assert_int_ge(batch->wait_fd, 0);
	ck_assert_int_eq(poll(&wait, 1, UNIT_GUARD_SECONDS * 1000), 1);
}

START_TEST(a_wait_ends_when_its_condition_holds)
{
	static const char *const deeds[] = {"wait-fd", "wait-time"};
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "deed", deeds[_i]);
	ck_assert(rig_open(&rig, "", &err));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_WAIT);
		wait_readable(rig.batch);
		/* A commit in between takes nothing away. */
		ck_assert(gt_runner_commit(rig.runner, GT_LIT("1"), &err));
		wait_readable(rig.batch);
		ck_assert_int_eq(
			rig_poll(&rig, 5, 60000, &err), i == 0 ? GT_POLL_MORE : GT_POLL_END);
	}
	rig_fini(&rig);
}
END_TEST

START_TEST(an_interrupt_leaves_a_wait_alone)
{
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "deed", "wait-time");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_WAIT);
	gt_runner_interrupt(rig.runner);
	wait_readable(rig.batch);
	ck_assert_int_eq(rig_poll(&rig, 20, 60000, &err), GT_POLL_END);
	rig_fini(&rig);
}
END_TEST

START_TEST(a_child_that_ends_wakes_who_waits)
{
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "deed", "wait-fd", "from", "0");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(rig_poll(&rig, 5, 60000, &err), GT_POLL_WAIT);
	ck_assert_int_eq(kill(child_of(&rig), SIGKILL), 0);
	wait_readable(rig.batch);
	while (gt_runner_commit(rig.runner, GT_LIT("1"), &err))
		continue;
	ck_assert_int_eq(err.code, GT_E_CHILD_GONE);
	rig_fini(&rig);
}
END_TEST

/* Wide rows weigh more on the wire than in the child's memory; all that the child took arrives. */
START_TEST(takes_as_many_rows_as_the_child_gives)
{
	struct rig rig;
	struct gt_err err;

	RIG(&rig, true, "rows", "40000");
	ck_assert(rig_open(&rig, "", &err));
	ck_assert_int_eq(rig_poll(&rig, GT_BATCH_ROWS_MAX, 60000, &err), GT_POLL_MORE);
	ck_assert_uint_eq(rig.batch->row_count, GT_BATCH_ROWS_MAX);
	rig_fini(&rig);
}
END_TEST

CHILD_MAIN("isolate", UNIT_LOOP(gives_the_same_in_a_child, 2), UNIT_TEST(probes_and_discovers),
	UNIT_TEST(believes_no_endless_selection), UNIT_TEST(passes_errors_on),
	UNIT_TEST(a_fatal_error_stops_the_flow_only), UNIT_LOOP(notices_a_crash, 3),
	UNIT_LOOP(ends_what_floods_or_babbles, 4), UNIT_LOOP(ends_what_is_late, 3),
	UNIT_TEST(an_interrupt_reaches_the_adapter),
	UNIT_TEST(an_interrupt_ends_one_who_does_not_listen), UNIT_LOOP(a_sandbox_is_around_it, 2),
	UNIT_TEST(secrets_stand_in_no_argument_and_no_environment),
	UNIT_TEST(a_child_does_not_outlive_the_gateway), UNIT_TEST(the_adapter_gets_its_close),
	UNIT_LOOP(a_wait_ends_when_its_condition_holds, 2),
	UNIT_TEST(an_interrupt_leaves_a_wait_alone), UNIT_TEST(a_child_that_ends_wakes_who_waits),
	UNIT_TEST(takes_as_many_rows_as_the_child_gives))
