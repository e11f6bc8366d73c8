/* misbehave.c: an adapter that behaves, or not, as its options say; only loaded, for tests of
 * isolation. Its rows are those of `counter`. What it has seen of its surroundings it tells in
 * notes. */
#include <guantong/adapter.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum place { IN_OPEN, IN_POLL, IN_COMMIT, IN_CLOSE };
enum deed {
	NOTHING,
	CRASH,
	HANG,
	DEAF,
	FLOOD_ROWS,
	FLOOD_NOTES,
	LONG_FRAME,
	GARBAGE,
	FATAL,
	PEEK,
	RICH,
	WAIT_FD,
	WAIT_TIME,
	TRICKLE,
	BUDGET,
	CRASH_THIRD,
	FLOOD_SELECT
};
static const char *const places[] = {"open", "poll", "commit", "close", NULL};
static const char *const deeds[] = {"nothing", "crash", "hang", "deaf", "flood-rows", "flood-notes",
	"long-frame", "garbage", "fatal", "peek", "rich", "wait-fd", "wait-time", "trickle",
	"budget", "crash-third", "flood-select", NULL};

struct state {
	int64_t rows, from; /* options: how many; the deed comes once so many are done */
	int where, deed;
	struct gt_str secret, trace;

	int64_t done, polls;
	struct gt_host *host;
	const struct gt_str *fields;
	size_t field_count;
	int pipe[2]; /* interrupt() and wait-fd */
	bool opened;
};

static const struct gt_option options[] = {
	{"rows", GT_OPT_INT, offsetof(struct state, rows), 0, INT64_C(1000000), .fallback = "10",
		.en = "rows", .zh = "行"},
	{"from", GT_OPT_INT, offsetof(struct state, from), 0, INT64_C(1000000), .fallback = "0",
		.en = "rows before the deed", .zh = "行"},
	{"where", GT_OPT_CHOICE, offsetof(struct state, where), .fallback = "poll", .en = "where",
		.zh = "处", .choices = places},
	{"deed", GT_OPT_CHOICE, offsetof(struct state, deed), .fallback = "nothing", .en = "what",
		.zh = "事", .choices = deeds},
	{"secret", GT_OPT_TEXT, offsetof(struct state, secret), .fallback = "", .en = "a secret",
		.zh = "密"},
	{"trace", GT_OPT_TEXT, offsetof(struct state, trace), .fallback = "",
		.en = "a file: one letter per call", .zh = "迹"},
	{0},
};

static void trace(const struct state *s, const char *letter)
{
	int fd = s->trace.n > 0 ? open(s->trace.p, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
				: -1;

	if (fd >= 0 && write(fd, letter, 1) != 1)
		abort();
	if (fd >= 0)
		close(fd);
}

static void tell(const struct state *s, const char *what, const char *value)
{
	struct gt_err note;

	gt_fail(&note, GT_E_CHILD_START, what, value);
	gt_host_note(s->host, &note);
}

static void tell_error(const struct state *s, const char *what, bool done)
{
	tell(s, what, done ? "done" : errno == EPERM ? "refused" : strerror(errno));
}

static void *count_to_one(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

/* What a driver may and may not do. */
static void peek(const struct state *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	char *const argv[] = {(char[]){"true"}, NULL}, *const env[] = {NULL};
	struct rlimit core;
	pthread_t thread;
	int n = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
	DIR *folder;
	pid_t pid;

	tell_error(s, "socket", fd >= 0);
	if (fd >= 0) {
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		tell_error(s, "connect", connect(fd, (void *)&address, sizeof address) == 0);
		close(fd);
	}
	execve("/bin/true", argv, env);
	tell_error(s, "exec", false);
	pid = fork();
	if (pid == 0)
		_exit(0);
	tell_error(s, "fork", pid > 0);
	tell_error(s, "kill", kill(getppid(), 0) == 0);
	tell_error(s, "thread",
		pthread_create(&thread, NULL, count_to_one, &n) == 0 &&
			pthread_join(thread, NULL) == 0 && n == 1);
	getrlimit(RLIMIT_CORE, &core);
	tell(s, "core", GT_TEXT("%d %d", (int)core.rlim_cur, prctl(PR_GET_DUMPABLE)));
	folder = opendir("/proc/self/fd");
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char path[64], to[256] = "";

		snprintf(path, sizeof path, "/proc/self/fd/%.20s", entry->d_name);
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder) &&
			readlink(path, to, sizeof to - 1) > 0)
			tell(s, "fd", GT_TEXT("%s %s", entry->d_name, to));
	}
	closedir(folder);
}

static void write_all(const char *p, size_t n)
{
	for (ssize_t done; n > 0; p += done, n -= (size_t)done)
		if ((done = write(3, p, n)) <= 0)
			_exit(9);
}

static void flood_notes(void)
{
	static char note[64] = {0, 0, 0, 34, 67, 5, 0, 0, 0x18, (char)0x9c};

	for (;;) /* GT6300, empty arguments */
		write_all(note, 5 + 33);
}

/* Also where a sanitizer would have its say. */
static void crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void hang(const struct state *s, bool deaf)
{
	char byte;

	if (deaf)
		for (;;)
			pause();
	if (read(s->pipe[0], &byte, 1) < 0)
		abort();
}

static void do_deed(const struct state *s)
{
	static const char longer[5] = {0x7f, 0, 0, 0, 66};
	static const char slow[5] = {0, 1, 0, 0, 66};

	switch (s->deed) {
	case CRASH:
		crash();
		break;
	case HANG:
	case DEAF:
		hang(s, s->deed == DEAF);
		break;
	case FLOOD_NOTES:
		flood_notes();
		break;
	case LONG_FRAME:
		write_all(longer, sizeof longer);
		break;
	case GARBAGE:
		write_all("GET / HTTP/1.1\r\n\r\n", 18);
		break;
	case TRICKLE: /* a frame that never ends */
		write_all(slow, sizeof slow);
		for (;;) {
			write_all("x", 1);
			usleep(1000);
		}
	case PEEK:
		peek(s);
		break;
	default:
		break;
	}
}

static void perhaps(const struct state *s, enum place where)
{
	if ((int)where == s->where && s->done >= s->from)
		do_deed(s);
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *s = self;

	s->host = host;
	s->fields = gt_host_fields(host, &s->field_count);
	if (pipe2(s->pipe, O_CLOEXEC) != 0)
		return gt_fail(err, GT_E_CHILD_START, "pipe", strerror(errno));
	s->opened = true;
	trace(s, "o");
	for (size_t i = 0; i < cursor.n; i++) {
		if (cursor.n > 10 || cursor.p[i] < '0' || cursor.p[i] > '9')
			return gt_fail(err, GT_E_CURSOR_FOREIGN,
				GT_TEXT("%.*s", GT_STR_ARGS(cursor)), "misbehave");
		s->done = s->done * 10 + (cursor.p[i] - '0');
	}
	perhaps(s, IN_OPEN);
	return true;
}

static bool add_row(struct state *s, struct gt_batch *batch)
{
	int64_t n = s->done + 1;
	struct gt_str raw = gt_batch_copy(
		batch, gt_cstr(GT_TEXT("{\"n\":%" PRId64 ",\"text\":\"row %" PRId64 "\"}", n, n)));
	struct gt_value *values = gt_batch_add(batch, raw, (struct gt_place){.row = (uint64_t)n});
	const char *comma;

	if (!values)
		return false;
	comma = memchr(raw.p + 5, ',', raw.n - 5);
	for (size_t i = 0; i < s->field_count; i++) {
		if (gt_str_eq(s->fields[i], GT_LIT("n")))
			values[i] = (struct gt_value){.kind = GT_NUMBER,
				.size = (uint32_t)(comma - raw.p - 5),
				.text = raw.p + 5};
		else if (gt_str_eq(s->fields[i], GT_LIT("text")))
			values[i] = gt_value_text(
				gt_str(comma + 9, (size_t)(raw.p + raw.n - 2 - (comma + 9))));
	}
	s->done = n;
	return true;
}

/* Everything that a batch can carry. */
static void rich(struct state *s, struct gt_batch *batch)
{
	struct gt_document a = {.name = GT_LIT("甲.csv"),
		.digest = GT_LIT("00ff"),
		.format = GT_LIT("csv"),
		.charset = GT_LIT("GB18030"),
		.columns = GT_LIT("[\"n\"]")};
	struct gt_document b = {.name = GT_LIT("b")};
	struct gt_str raw, seen = {0};
	struct gt_value *values;
	struct gt_err bad;

	add_row(s, batch);
	gt_batch_document(batch, &a);
	raw = gt_batch_copy(batch, gt_str("x\0y\xff", 4));
	values = gt_batch_add(batch, raw, (struct gt_place){.offset = 77, .row = 2});
	if (values && s->field_count >= 2) {
		values[0] = (struct gt_value){.kind = GT_BOOL, .number = 1};
		values[1] = (struct gt_value){.kind = GT_NULL};
	}
	values = gt_batch_add(batch, raw, (struct gt_place){.offset = 78, .row = 3});
	if (values && s->field_count >= 2) {
		struct gt_str json = gt_batch_copy(batch, GT_LIT("{\"a\":[1,\"二\"]}"));

		values[0] = (struct gt_value){
			.kind = GT_JSON, .size = (uint32_t)json.n, .text = json.p};
		values[1] = gt_value_text(gt_batch_copy(batch, GT_LIT("")));
	}
	gt_batch_document(batch, &b);
	gt_fail(&bad, GT_E_CURSOR_FOREIGN, "一二三", "b");
	if (!gt_batch_add_bad(batch, raw, (struct gt_place){.offset = 9, .row = 4}, 123456, &bad))
		abort();
	gt_batch_skip(batch, 7);
	gt_batch_total(batch, "rows", 4);
	gt_batch_total(batch, "sum", -5);
	gt_batch_entry(batch, GT_LIT("key"), GT_LIT("value"));
	gt_batch_entry(batch, GT_LIT("gone"), (struct gt_str){0});
	if (gt_host_entry(s->host, GT_LIT("known"), &seen))
		gt_batch_entry(batch, GT_LIT("echo"), seen);
	tell(s, "unknown", gt_host_entry(s->host, GT_LIT("unknown"), &seen) ? "found" : "none");
	tell(s, "memory", gt_host_memory(s->host, 1000) ? "granted" : "refused");
	tell(s, "more memory", gt_host_memory(s->host, SIZE_MAX / 2) ? "granted" : "refused");
	tell(s, "flow",
		GT_TEXT("%.*s %d", GT_STR_ARGS(gt_host_flow(s->host)), gt_host_zone(s->host)));
	s->done = s->rows;
}

/* More than the host asked for: the adapter lies to its own side about the limits. */
static void flood_rows(struct state *s, struct gt_batch *batch, const struct gt_limits *limits)
{
	char row[38 + 9] = {0, 0, 0, 0, 66};
	size_t n = limits->max_records + 1;
	uint32_t size = (uint32_t)(1 + 1 + 8 + 4 + 4 + n * 33);

	(void)s;
	(void)batch;
	for (int i = 0; i < 4; i++)
		row[i] = (char)(size >> (24 - 8 * i));
	write_all(row, 5);
	memset(row, 0, sizeof row);
	write_all(row, 13); /* MORE, no wait, no documents */
	row[0] = row[1] = 0;
	row[2] = (char)(n >> 8);
	row[3] = (char)n;
	write_all(row, 4);
	memset(row, 0, sizeof row);
	for (size_t i = 0; i < n; i++)
		write_all(row, 33);
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct state *s = self;
	bool deed = s->where == IN_POLL && s->done >= s->from;

	trace(s, "p");
	s->polls++;
	if (deed && s->deed == FATAL) {
		gt_fail(err, GT_E_STATE_UNREADABLE, "everything");
		return GT_POLL_ERROR;
	}
	if (deed && s->deed == BUDGET && limits->max_records > 2000) {
		gt_fail(err, GT_E_MEMORY_BUDGET, "1");
		return GT_POLL_ERROR;
	}
	if (s->deed == CRASH_THIRD && s->polls == 3)
		crash();
	if (deed && s->deed == FLOOD_ROWS)
		flood_rows(s, batch, limits);
	if (deed && s->deed == RICH) {
		rich(s, batch);
	} else if (deed && (s->deed == WAIT_FD || s->deed == WAIT_TIME) && s->polls % 2) {
		if (s->deed == WAIT_FD && write(s->pipe[1], "x", 1) != 1)
			abort();
		gt_batch_wait(batch, s->deed == WAIT_FD ? s->pipe[0] : -1, 1 /* POLLIN */,
			gt_host_monotonic_us() + (s->deed == WAIT_FD ? 3600000000 : 20000));
		return GT_POLL_WAIT;
	}
	perhaps(s, IN_POLL);
	while (s->done < s->rows && add_row(s, batch) &&
		gt_host_monotonic_us() < limits->deadline_us)
		;
	gt_batch_cursor(batch, gt_cstr(GT_TEXT("%" PRId64, s->done)));
	return s->done < s->rows ? GT_POLL_MORE : GT_POLL_END;
}

static bool commit(void *self, struct gt_str cursor, struct gt_err *err)
{
	(void)cursor;
	(void)err;
	trace(self, "c");
	perhaps(self, IN_COMMIT);
	return true;
}

static void interrupt(void *self)
{
	struct state *s = self;

	if (s->deed == DEAF)
		hang(s, true);
	if (s->opened && write(s->pipe[1], "i", 1) != 1)
		abort();
}

static void close_(void *self)
{
	struct state *s = self;

	perhaps(s, IN_CLOSE);
	trace(s, "x");
	if (s->opened) {
		close(s->pipe[0]);
		close(s->pipe[1]);
	}
}

static bool probe(void *self, char *found, size_t size, struct gt_err *err)
{
	(void)self;
	(void)err;
	snprintf(found, size, "here I am, process %d", (int)getpid());
	return true;
}

static bool discover(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	const struct gt_str fields[] = {GT_LIT("n"), GT_LIT("text")};
	const struct gt_str types[] = {GT_LIT("int4"), {0}};
	const struct gt_pair select[] = {{GT_LIT("rows"), GT_LIT("7")}};
	struct gt_found found = {GT_LIT("table"), GT_LIT("rows"), fields, 2, GT_LIT("{\"n\":1}\n"),
		types, select, 1};
	static struct gt_pair many[100];
	const struct state *s = self;

	(void)err;
	if (s->deed == FLOOD_SELECT) {
		found.select = many;
		found.select_count = 100;
	}
	for (int i = 0; i < 100; i++) {
		if (!sink(arg, &found))
			return true;
		found.types = NULL;
	}
	return true;
}

#ifndef MISBEHAVE_CAPS
#define MISBEHAVE_CAPS GT_CAP_OFFLINE
#endif
#ifndef MISBEHAVE_NAME
#define MISBEHAVE_NAME misbehave
#endif
#define ADAPTER(id, ...) GT_ADAPTER(id, __VA_ARGS__)

ADAPTER(MISBEHAVE_NAME, .summary = "behaves or not", .summary_zh = "测试用",
	.caps = GT_CAP_RESUME | GT_CAP_ACK | MISBEHAVE_CAPS, .self_size = sizeof(struct state),
	.options = options, .open = open_, .poll = poll_, .commit = commit, .interrupt = interrupt,
	.close = close_, .probe = probe, .discover = discover);
