#include "intake.h"

#include <errno.h>

#define WINDOW_MAX (GT_RECORD_MAX + 65536u) /* what a format must be offered at once */

static bool seeks(const struct gt_intake *intake)
{
	return (gt_reader_caps(intake->reader) & GT_FORMAT_SEEK) != 0;
}

size_t gt_intake_holds(const struct gt_intake *intake, uint64_t size)
{
	return seeks(intake) ? GT_WINDOW_STEP : gt_window_cap(size, WINDOW_MAX);
}

bool gt_intake_open(struct gt_intake *intake, int fd, uint64_t size)
{
	intake->why = 0;
	return gt_window_open(&intake->window, fd, size, gt_intake_holds(intake, size));
}

void gt_intake_close(struct gt_intake *intake)
{
	gt_window_close(&intake->window);
	if (intake->bytes.arg)
		gt_reader_end(intake->reader);
	intake->bytes.arg = NULL;
}

/* The format's reads: what fails is kept, because the format's own sentence would not tell it. */
static bool read_bytes(void *arg, uint64_t offset, void *to, size_t n)
{
	struct gt_intake *intake = arg;
	if (gt_window_read(&intake->window, offset, to, n))
		return true;
	intake->why = errno;
	return false;
}

struct gt_seekable gt_intake_bytes(struct gt_intake *intake)
{
	return (struct gt_seekable){intake, intake->window.size, read_bytes};
}

/* A failure of the format, unless it is that of a read below it. */
static enum gt_intake_step failed(
	const struct gt_intake *intake, const struct gt_err *why, struct gt_err *err)
{
	errno = intake->why;
	if (intake->why)
		return GT_INTAKE_UNREADABLE;
	*err = *why;
	return GT_INTAKE_BAD;
}

static enum gt_intake_step begin_in_order(struct gt_intake *intake, struct gt_err *err)
{
	uint64_t start = 0;
	gt_window_seek(&intake->window, 0);
	if (!gt_window_fill(&intake->window))
		return GT_INTAKE_UNREADABLE;
	struct gt_str head = gt_window_bytes(&intake->window);
	bool whole = head.n <= GT_FORMAT_HEAD && gt_window_last(&intake->window);
	if (!whole)
		head.n = GT_FORMAT_HEAD;
	if (!gt_reader_begin(
		    intake->reader, intake->host, head, whole, &intake->document, &start, err))
		return GT_INTAKE_BAD;
	if (intake->position < start)
		intake->position = start;
	gt_window_seek(&intake->window, intake->position);
	return GT_INTAKE_MORE;
}

enum gt_intake_step gt_intake_begin(struct gt_intake *intake, struct gt_str name,
	struct gt_str digest, uint64_t position, uint64_t rows, struct gt_err *err)
{
	struct gt_err why;
	intake->document =
		(struct gt_document){.name = name, .digest = digest, .rows_before = rows};
	intake->position = position;
	intake->base = intake->rows = rows;
	intake->hungry = false;
	if (!seeks(intake))
		return begin_in_order(intake, err);
	intake->bytes = gt_intake_bytes(intake);
	if (!gt_reader_open(intake->reader, intake->host, &intake->bytes, &intake->document, &why))
		return failed(intake, &why, err);
	return GT_INTAKE_MORE;
}

/* Full without a row will be full the next time, too. */
static enum gt_intake_step full(const struct gt_batch *batch, struct gt_err *err)
{
	if (gt_batch_rows(batch))
		return GT_INTAKE_FULL;
	(void)gt_fail(err, GT_E_MEMORY_BUDGET);
	return GT_INTAKE_BAD;
}

static void moved(struct gt_intake *intake, const struct gt_fed *fed)
{
	intake->position = fed->resume;
	intake->rows = intake->base + fed->rows;
}

static enum gt_intake_step feed(
	struct gt_intake *intake, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_fed fed = {0};
	struct gt_window *window = &intake->window;
	if ((intake->hungry || window->n == 0) && !gt_window_fill(window))
		return GT_INTAKE_UNREADABLE;
	struct gt_str bytes = gt_window_bytes(window);
	bool last = gt_window_last(window);
	enum gt_feed got =
		gt_reader_feed(intake->reader, batch, bytes, window->offset, last, &fed, err);
	if (got == GT_FEED_ERROR)
		return GT_INTAKE_BAD;
	gt_window_seek(window, window->offset + fed.used);
	moved(intake, &fed);
	intake->hungry = got == GT_FEED_MORE;
	if (got == GT_FEED_DONE)
		return GT_INTAKE_DONE;
	if (got == GT_FEED_FULL)
		return fed.used ? GT_INTAKE_FULL : full(batch, err);
	if (fed.used || (!last && !gt_window_full(window)))
		return GT_INTAKE_MORE;
	(void)gt_fail(
		err, GT_E_FORMAT_STUCK, gt_reader_format(intake->reader), GT_TEXT("%zu", bytes.n));
	return GT_INTAKE_BAD;
}

enum gt_intake_step gt_intake_rows(
	struct gt_intake *intake, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_fed fed = {0};
	struct gt_err why;
	if (!seeks(intake))
		return feed(intake, batch, err);
	uint64_t from = intake->position;
	enum gt_feed got = gt_reader_rows(intake->reader, batch, from, &fed, &why);
	if (got == GT_FEED_ERROR)
		return failed(intake, &why, err);
	moved(intake, &fed);
	if (got == GT_FEED_DONE)
		return GT_INTAKE_DONE;
	return intake->position != from ? GT_INTAKE_FULL : full(batch, err);
}
