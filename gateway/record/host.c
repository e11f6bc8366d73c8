/* host.c: what adapters and formats see of the gateway; everything behind it is the caller's. */
#include "batch.h"
#include "failpoint.h"
#include "gt_assert.h"
#include "log.h"
#include <time.h>

const struct gt_str *gt_host_fields(const struct gt_host *host, size_t *count)
{
	*count = host->field_count;
	return host->fields;
}

struct gt_str gt_host_flow(const struct gt_host *host)
{
	return host->flow;
}

int gt_host_zone(const struct gt_host *host)
{
	return host->zone_minutes;
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	GT_ASSERT(clock_gettime(clock, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t gt_host_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t gt_host_wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

bool gt_host_entry(struct gt_host *host, struct gt_str key, struct gt_str *value)
{
	return host->entry && host->entry(host->arg, key, value);
}

bool gt_host_memory(struct gt_host *host, size_t bytes)
{
	return !host->memory || host->memory(host->arg, bytes);
}

bool gt_host_range(const struct gt_host *host, struct gt_str *from, struct gt_str *until)
{
	if (!host->range)
		return false;
	*from = host->range_from;
	*until = host->range_until;
	return true;
}

int64_t gt_host_permit(struct gt_host *host)
{
	return host->permit ? host->permit(host->arg) : 0;
}

void gt_host_note(struct gt_host *host, const struct gt_err *note)
{
	if (host->note)
		host->note(host->arg, note);
	else
		gt_log(note->class == GT_NOTE ? GT_LOG_INFO : GT_LOG_WARNING, host->flow, note);
}

const char *gt_host_sentence(const struct gt_err *err, char *out, size_t size)
{
	return gt_err_sentence(err, out, size);
}

void gt_host_failpoint(const char *name)
{
	(void)name; /* unused without failpoints */
	GT_FAILPOINT(name);
}

struct gt_reader *gt_host_reader(struct gt_host *host)
{
	return host->reader;
}

bool gt_reader_begin(struct gt_reader *reader, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	if (reader->format->caps & GT_FORMAT_SEEK)
		return gt_fail(err, GT_E_FORMAT_NEEDS_SEEK, reader->format->name);
	return reader->format->begin(reader->self, host, head, whole, document, start, err);
}

enum gt_feed gt_reader_feed(struct gt_reader *reader, struct gt_batch *batch, struct gt_str bytes,
	uint64_t offset, bool last, struct gt_fed *fed, struct gt_err *err)
{
	return reader->format->feed(reader->self, batch, bytes, offset, last, fed, err);
}

uint32_t gt_reader_caps(const struct gt_reader *reader)
{
	return reader->format->caps;
}

bool gt_reader_open(struct gt_reader *reader, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	return reader->format->open(reader->self, host, bytes, document, err);
}

enum gt_feed gt_reader_rows(struct gt_reader *reader, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err)
{
	return reader->format->rows(reader->self, batch, position, fed, err);
}

void gt_reader_end(struct gt_reader *reader)
{
	reader->format->end(reader->self);
}

bool gt_reader_sheets(struct gt_reader *reader, struct gt_host *host,
	const struct gt_seekable *bytes, gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	return reader->format->sheets(reader->self, host, bytes, sink, arg, err);
}

void gt_reader_fields(struct gt_reader *reader, struct gt_str bytes, gt_field_fn *sink, void *arg)
{
	if (reader->format->fields)
		reader->format->fields(reader->self, bytes, sink, arg);
}

const char *gt_reader_format(const struct gt_reader *reader)
{
	return reader->format->name;
}
