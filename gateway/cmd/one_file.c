/* one_file.c: reads one file through the flow's format: a window of bounded size, or random access
 * for formats that want it. */
#include "one_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_BYTES ((size_t)GT_RECORD_MAX + 2u * GT_FORMAT_HEAD)

struct one_file {
	struct gt_str path; /* option */
	struct gt_host *host;
	struct gt_reader *reader;
	int fd;       /* + 1; 0 = not open */
	char *window; /* bytes [offset, offset + n) of the file */
	size_t n;
	uint64_t offset;
	bool last, done; /* nothing behind the window; all rows were given */
	struct gt_document document;
	struct gt_seekable bytes;
	uint64_t position; /* of a format with random access */
};

static const struct gt_option options[] = {
	{"path", GT_OPT_TEXT, offsetof(struct one_file, path), 1, 4095, .flags = GT_OPT_REQUIRED,
		.en = "the file", .zh = "文件"},
	{0},
};

void gt_one_file_path(void *self, struct gt_str path)
{
	((struct one_file *)self)->path = path;
}

static bool unreadable(const struct one_file *f, struct gt_err *err)
{
	return gt_fail_as(err, GT_CONFIG,
		(struct gt_failure){GT_E_DISCOVER_NO_FILE, GT_TEXT("%.*s", GT_STR_ARGS(f->path)),
			strerror(errno)});
}

static bool fill(struct one_file *f)
{
	while (!f->last && f->n < WINDOW_BYTES) {
		ssize_t got = pread(f->fd - 1, f->window + f->n, WINDOW_BYTES - f->n,
			(off_t)(f->offset + f->n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		f->last = got == 0;
		f->n += (size_t)got;
	}
	return true;
}

static void take(struct one_file *f, size_t used)
{
	f->n -= used;
	f->offset += used;
	memmove(f->window, f->window + used, f->n);
}

static bool read_at(void *arg, uint64_t offset, void *to, size_t n)
{
	struct one_file *f = arg;
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(f->fd - 1, (char *)to + done, n - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = ENODATA;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static bool begin(struct one_file *f, struct gt_err *err)
{
	struct gt_str head;
	uint64_t start = 0;
	bool whole;

	f->window = malloc(WINDOW_BYTES);
	if (!f->window)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", WINDOW_BYTES));
	if (!fill(f))
		return unreadable(f, err);
	whole = f->last && f->n <= GT_FORMAT_HEAD;
	head = gt_str(f->window, f->n < GT_FORMAT_HEAD ? f->n : GT_FORMAT_HEAD);
	if (!gt_reader_begin(f->reader, f->host, head, whole, &f->document, &start, err))
		return false;
	take(f, (size_t)start);
	return true;
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct one_file *f = self;
	struct stat st;
	char path[4096];
	int fd;

	(void)cursor;
	f->host = host;
	f->reader = gt_host_reader(host);
	gt_text(path, sizeof(path), "%.*s", GT_STR_ARGS(f->path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		unreadable(f, err);
		if (fd >= 0)
			close(fd);
		return false;
	}
	f->fd = fd + 1;
	f->document.name = f->path;
	if (!(gt_reader_caps(f->reader) & GT_FORMAT_SEEK))
		return begin(f, err);
	f->bytes = (struct gt_seekable){f, (uint64_t)st.st_size, read_at};
	return gt_reader_open(f->reader, host, &f->bytes, &f->document, err);
}

static enum gt_poll full(const struct gt_batch *batch, struct gt_err *err)
{
	if (gt_batch_rows(batch) > 0)
		return GT_POLL_MORE;
	gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_RECORD_MAX));
	return GT_POLL_ERROR;
}

static enum gt_poll feed(struct one_file *f, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_fed fed = {0};
	bool last;
	enum gt_feed got;

	if (!fill(f)) {
		unreadable(f, err);
		return GT_POLL_ERROR;
	}
	last = f->last;
	got = gt_reader_feed(f->reader, batch, gt_str(f->window, f->n), f->offset, last, &fed, err);
	if (got == GT_FEED_ERROR)
		return GT_POLL_ERROR;
	take(f, fed.used);
	if (got == GT_FEED_FULL)
		return full(batch, err);
	f->done = got == GT_FEED_DONE || last;
	if (!f->done && fed.used == 0) {
		gt_fail(err, GT_E_FORMAT_STUCK, gt_reader_format(f->reader), GT_TEXT("%zu", f->n));
		return GT_POLL_ERROR;
	}
	return f->done ? GT_POLL_END : GT_POLL_MORE;
}

static enum gt_poll rows(struct one_file *f, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_fed fed = {0};
	enum gt_feed got = gt_reader_rows(f->reader, batch, f->position, &fed, err);

	if (got == GT_FEED_ERROR)
		return GT_POLL_ERROR;
	f->position = fed.resume;
	if (got == GT_FEED_FULL)
		return full(batch, err);
	f->done = true;
	return GT_POLL_END;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct one_file *f = self;

	(void)limits; /* the batch keeps its own, and a window is read in no time */
	if (f->done)
		return GT_POLL_END;
	gt_batch_document(batch, &f->document);
	return gt_reader_caps(f->reader) & GT_FORMAT_SEEK ? rows(f, batch, err)
							  : feed(f, batch, err);
}

static void close_(void *self)
{
	struct one_file *f = self;

	if (f->fd)
		close(f->fd - 1);
	free(f->window);
}

const struct gt_adapter gt_one_file = {.abi = GT_ADAPTER_ABI,
	.struct_size = sizeof(struct gt_adapter),
	.name = "one_file",
	.summary = "one file, to look at",
	.summary_zh = "单个文件，仅供查看",
	.caps = GT_CAP_BYTES | GT_CAP_OFFLINE,
	.self_size = sizeof(struct one_file),
	.options = options,
	.open = open_,
	.poll = poll_,
	.close = close_};
