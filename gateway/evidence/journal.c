/* journal.c: resolved manifests in a local file, one a line. */
#include "journal.h"
#include "arena.h"
#include "buf.h"
#include "civil.h"
#include "gt_assert.h"
#include "io.h"
#include "leaf.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 4096u
#define LINE_BYTES_MAX ((8u << 20) + 2u)

struct gt_journal {
	char *path;
	int fd;
	off_t size;
	bool any;
	uint64_t number;
	unsigned char hash[32];
	struct gt_hasher *hasher;
};

static bool fail_disk(struct gt_err *err, const char *path, int error)
{
	char reason[128];

	if (error == ENOSPC || error == EDQUOT)
		return gt_fail(err, GT_E_NO_SPACE, path);
	if (error == EACCES || error == EPERM)
		return gt_fail(err, GT_E_FILE_DENIED, path);
	if (error == ENOENT || error == ENOTDIR)
		return gt_fail(err, GT_E_FILE_MISSING, path);
	return gt_fail_as(err, GT_RETRY,
		(struct gt_failure){
			GT_E_FILE_WRITE, path, strerror_r(error, reason, sizeof reason)});
}

static int write_fully(int fd, struct gt_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			bytes = gt_str(bytes.p + n, bytes.n - (size_t)n);
	}
	return fsync(fd) == 0 ? 0 : errno;
}

static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return errno;
	error = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	return error;
}

/* A line read from the disk's end may hold anything: only a JSON object with a number counts. */
static bool line_number(struct gt_str line, uint64_t *number)
{
	json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *member = json_object_get(root, "number");
	bool ok = json_is_integer(member) && json_integer_value(member) >= 0;

	if (ok)
		*number = (uint64_t)json_integer_value(member);
	json_decref(root);
	return ok;
}

static int read_at(struct gt_journal *journal, off_t from, char *into, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(journal->fd, into + done, n - done, from + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : EIO;
		done += (size_t)got;
	}
	return 0;
}

/* *behind: offset behind the last newline in [floor, end), or floor if there is none. */
static int find_newline(struct gt_journal *journal, off_t floor, off_t end, off_t *behind)
{
	char window[65536];

	while (end > floor) {
		off_t n = end - floor < (off_t)sizeof window ? end - floor : (off_t)sizeof window;
		int error = read_at(journal, end - n, window, (size_t)n);

		if (error != 0)
			return error;
		for (off_t i = n; i-- > 0;) {
			if (window[i] == '\n') {
				*behind = end - n + i + 1;
				return 0;
			}
		}
		end -= n;
	}
	*behind = floor;
	return 0;
}

/* Takes over the last line that is a manifest; *end is behind it, or floor if there is none. */
static int find_last(struct gt_journal *journal, off_t floor, off_t *end)
{
	char *line = gt_alloc(LINE_BYTES_MAX);
	off_t start = floor;
	int error = find_newline(journal, floor, journal->size, end);

	while (error == 0 && *end > floor) {
		error = find_newline(journal, floor, *end - 1, &start);
		if (error == 0 && *end - start <= (off_t)LINE_BYTES_MAX) {
			size_t n = (size_t)(*end - start - 1);

			error = read_at(journal, start, line, n);
			if (error == 0 && line_number(gt_str(line, n), &journal->number)) {
				gt_sha256(journal->hasher, gt_str(line, n), journal->hash);
				journal->any = true;
				break;
			}
		}
		*end = start;
	}
	free(line);
	return error;
}

/* Finds the last manifest and cuts off what a crash left behind it. */
static int settle_tail(struct gt_journal *journal, off_t floor)
{
	off_t end = floor;
	int error = find_last(journal, floor, &end);

	if (error != 0 || end == journal->size)
		return error;
	gt_log_say(GT_LOG_WARNING, GT_LIT(""), GT_E_JOURNAL_TORN, journal->path,
		GT_TEXT("%lld", (long long)(journal->size - end)));
	if (ftruncate(journal->fd, end) != 0 || fsync(journal->fd) != 0)
		return errno;
	journal->size = end;
	return 0;
}

static void write_head(
	struct gt_buf *out, struct gt_str log, struct gt_str cluster, struct gt_str topic_id)
{
	gt_buf_adds(out, "{\"journal\":1,\"cluster\":");
	gt_buf_json(out, cluster);
	gt_buf_adds(out, ",\"topic\":");
	gt_buf_json(out, topic_id);
	gt_buf_adds(out, ",\"log\":");
	gt_buf_json(out, log);
	gt_buf_adds(out, "}\n");
	GT_ASSERT(!out->full);
}

/* The head line is written by us alone and never changes, so equal bytes = same cluster, topic,
 * log. A head that a crash left half written has nothing behind it: the journal counts as empty. */
enum head { HEAD_OURS, HEAD_EMPTY, HEAD_FOREIGN };
static int check_head(struct gt_journal *journal, struct gt_str head, enum head *found)
{
	char bytes[HEAD_MAX];
	size_t n = journal->size < (off_t)head.n ? (size_t)journal->size : head.n;
	int error = read_at(journal, 0, bytes, n);

	if (error != 0)
		return error;
	if (memcmp(bytes, head.p, n) == 0)
		*found = n == head.n ? HEAD_OURS : HEAD_EMPTY;
	else
		*found = HEAD_FOREIGN;
	return 0;
}

static int open_file(struct gt_journal *journal)
{
	struct stat st;

	journal->fd =
		open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (journal->fd < 0)
		return errno;
	if (fstat(journal->fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	journal->size = st.st_size;
	return 0;
}

/* Renames a journal of another Kafka to <log>.<UTC time>.jsonl and begins a new one. */
static int set_aside(struct gt_journal *journal, const char *folder, struct gt_str log)
{
	struct gt_arena memory;
	struct gt_str aside;
	struct timespec now;
	struct gt_civil civil;
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	gt_civil_from_us((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, 0, &civil);
	gt_arena_init(&memory, 0);
	aside = gt_arena_printf(&memory, "%s/%.*s.%04d%02d%02dT%02d%02d%02d.%06dZ.jsonl", folder,
		GT_STR_ARGS(log), civil.year, civil.month, civil.day, civil.hour, civil.minute,
		civil.second, civil.micro);
	if (rename(journal->path, aside.p) != 0)
		error = errno;
	gt_arena_fini(&memory);
	if (error != 0)
		return error;
	close(journal->fd);
	return open_file(journal);
}

static int prepare(struct gt_journal *journal, const char *folder, struct gt_str log,
	struct gt_str head, bool *foreign)
{
	enum head found = HEAD_EMPTY;
	int error = open_file(journal);

	if (error == 0)
		error = check_head(journal, head, &found);
	if (error == 0 && found == HEAD_FOREIGN) {
		error = set_aside(journal, folder, log);
		*foreign = true;
	}
	if (error != 0)
		return error;
	if (found == HEAD_OURS)
		return settle_tail(journal, (off_t)head.n);
	if (ftruncate(journal->fd, 0) != 0)
		return errno;
	error = write_fully(journal->fd, head);
	journal->size = (off_t)head.n;
	return error != 0 ? error : sync_folder(folder);
}

struct gt_journal *gt_journal_open(const char *folder, struct gt_str log, struct gt_str cluster,
	struct gt_str topic_id, bool *foreign, struct gt_err *err)
{
	struct gt_journal *journal = gt_alloc(sizeof *journal);
	struct gt_buf head;
	bool other = false;
	int error;

	GT_ASSERT(log.n > 0 && memchr(log.p, '/', log.n) == NULL && log.n < 250);
	journal->hasher = gt_hasher_new();
	journal->fd = -1;
	journal->path = gt_alloc(strlen(folder) + log.n + 8);
	sprintf(journal->path, "%s/%.*s.jsonl", folder, GT_STR_ARGS(log));
	gt_buf_init(&head, HEAD_MAX);
	write_head(&head, log, cluster, topic_id);
	error = prepare(journal, folder, log, gt_buf_str(&head), &other);
	gt_buf_fini(&head);
	if (error != 0) {
		fail_disk(err, journal->path, error);
		gt_journal_close(journal);
		return NULL;
	}
	*foreign = other;
	return journal;
}

void gt_journal_close(struct gt_journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	gt_hasher_free(journal->hasher);
	free(journal->path);
	free(journal);
}

bool gt_journal_last(const struct gt_journal *journal, uint64_t *number, unsigned char hash[32])
{
	if (!journal->any)
		return false;
	*number = journal->number;
	memcpy(hash, journal->hash, 32);
	return true;
}

bool gt_journal_append(
	struct gt_journal *journal, uint64_t number, struct gt_str value, struct gt_err *err)
{
	struct gt_buf line;
	int error;

	GT_ASSERT(
		value.n > 0 && value.n < LINE_BYTES_MAX && memchr(value.p, '\n', value.n) == NULL);
	if (journal->any && number != journal->number + 1)
		return gt_fail(err, GT_E_JOURNAL_GAP, journal->path,
			GT_TEXT("%llu", (unsigned long long)journal->number),
			GT_TEXT("%llu", (unsigned long long)number));
	gt_buf_init(&line, LINE_BYTES_MAX);
	gt_buf_add(&line, value);
	gt_buf_adds(&line, "\n");
	error = write_fully(journal->fd, gt_buf_str(&line));
	gt_buf_fini(&line);
	if (error != 0) {
		if (ftruncate(journal->fd, journal->size) != 0)
			gt_log_say(GT_LOG_ERROR, GT_LIT(""), GT_E_FILE_WRITE, journal->path);
		return fail_disk(err, journal->path, error);
	}
	journal->size += (off_t)value.n + 1;
	journal->number = number;
	journal->any = true;
	gt_sha256(journal->hasher, value, journal->hash);
	return true;
}
