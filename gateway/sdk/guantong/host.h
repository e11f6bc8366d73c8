/* host.h: what the host offers an adapter or a format. */
#ifndef GUANTONG_HOST_H
#define GUANTONG_HOST_H

#include <guantong/record.h>

struct gt_host; /* one per opened adapter; valid from open to the end of close */

/* The source fields that the flow's mapping wants; index = the dense id used in gt_batch_add()'s
 * values. "a.b" is a path for formats with nested rows, unless a field has exactly that name. */
const struct gt_str *gt_host_fields(const struct gt_host *host, size_t *count);

struct gt_str gt_host_flow(const struct gt_host *host); /* "cars/trips", for messages */
int gt_host_zone(const struct gt_host *host);           /* minutes east of UTC, as declared */

/* Monotonic and wall clock, microseconds. Any thread. */
int64_t gt_host_monotonic_us(void);
int64_t gt_host_wall_us(void);

/* This flow's keyed state as of its last poll, pending writes included. True: *value (valid until
 * the next call on this host) is set. Polling thread or open. */
bool gt_host_entry(struct gt_host *host, struct gt_str key, struct gt_str *value);

/* Declares how much memory the adapter itself holds just now (bodies, windows), replacing the last
 * figure; the host counts it against the budget. False: not available now; hold less or return
 * GT_RETRY (GT_E_MEMORY_BUDGET). */
bool gt_host_memory(struct gt_host *host, size_t bytes) GT_MUST_CHECK;

/* A backfill: this instance reads only rows whose cursor field lies within [from, until), begins
 * without a cursor (later with the one it set last; a backfill is opened many times) and answers
 * END when it has them all. What it writes as entries is dropped, none are there to read, and it
 * gets no commit. Both as text: an RFC 3339 instant
 * ("2024-01-01T00:00:00+08:00") or a number, as the cursor field is; none = open on that side.
 * False: an ordinary instance. Only with GT_CAP_RANGE. */
bool gt_host_range(const struct gt_host *host, struct gt_str *from, struct gt_str *until);

/* One request to the source within its rate limit (option `rate`). 0: send it now, it is counted;
 * else microseconds until the next one is free (then ask again). Any thread. */
int64_t gt_host_permit(struct gt_host *host) GT_MUST_CHECK;

/* Logs a sentence of the catalogue with the flow's name, rate-limited by the host. */
void gt_host_note(struct gt_host *host, const struct gt_err *note);

/* The error's sentence in the process's language, without its code, for use as an argument of
 * another error. Returns out. Any thread. */
const char *gt_host_sentence(const struct gt_err *err, char *out, size_t size);

/* A place between two effects on the source where crash tests may kill the process; elsewhere
 * nothing. */
void gt_host_failpoint(const char *name);

/* The flow's format (option `format`), for adapters that carry bytes; NULL if none was configured.
 */
struct gt_reader *gt_host_reader(struct gt_host *host);

#endif
