/* console.h: the admin API of a running gateway: HTTP over a unix socket of mode 0600, for root and
 * the gateway's own user only (checked at every request by the peer's credentials, which are logged
 * with every action). GET /status (JSON), GET /metrics (Prometheus text), GET /health.
 * POST /flows/WHICH/pause {"reason"}, /flows/WHICH/resume, /flows/NAME/backfill {"from","to"} or
 * {"cancel":true}, /reload; WHICH: a flow, "source/" and a star, or a star. They answer 200 and
 * what was done, or 409 and {"error":{"code","exit","en","zh"}}: no one is asked twice for a
 * language. */
#ifndef GT_CONSOLE_CONSOLE_H
#define GT_CONSOLE_CONSOLE_H

#include "buf.h"
#include "runtime.h"

struct gt_console;
/* Reads the configuration again, hands it to the runtime, and writes the answer (the members of a
 * JSON object). False: as above, with "error". On the console's thread. */
typedef bool gt_console_reload(void *arg, const char *who, struct gt_buf *out);
struct gt_console_conf {
	const char *path;
	struct gt_runtime *runtime;
	gt_console_reload *reload; /* NULL: there is no /reload */
	void *arg;
};
/* A socket that nobody listens on is replaced. NULL: err (CONFIG). */
struct gt_console *gt_console_start(const struct gt_console_conf *conf, struct gt_err *err);
/* Ends its thread and removes the socket; accepts NULL. Before the runtime is freed. */
void gt_console_stop(struct gt_console *console);

/* The other end: GET `what` ("/status"), the body appended to *out. Waits at most 10 s. False: err
 * (RETRY: nobody there, or an answer that is not 200). */
bool gt_admin_get(
	const char *path, const char *what, struct gt_buf *out, struct gt_err *err) GT_MUST_CHECK;
/* POST with a JSON body; waits a minute. *refused: the answer is a refusal (409), in *out. */
bool gt_admin_post(const char *path, const char *what, struct gt_str body, bool *refused,
	struct gt_buf *out, struct gt_err *err) GT_MUST_CHECK;
/* "error":{…}: an error as a member of an answer, in both languages. */
void gt_admin_error(struct gt_buf *out, const struct gt_err *err);

#endif
