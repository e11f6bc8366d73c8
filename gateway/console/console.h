/* console.h: the admin API of a running gateway: HTTP over a unix socket of mode 0600, for root and
 * the gateway's own user only. GET /status (JSON), GET /metrics (Prometheus text), GET /health. */
#ifndef GT_CONSOLE_CONSOLE_H
#define GT_CONSOLE_CONSOLE_H

#include "buf.h"
#include "runtime.h"

struct gt_console;
/* A socket that nobody listens on is replaced. NULL: err (CONFIG). */
struct gt_console *gt_console_start(
	const char *path, struct gt_runtime *runtime, struct gt_err *err);
/* Ends its thread and removes the socket; accepts NULL. Before the runtime is freed. */
void gt_console_stop(struct gt_console *console);

/* The other end: GET `what` ("/status"), the body appended to *out. Waits at most 10 s. False: err
 * (RETRY: nobody there, or an answer that is not 200). */
bool gt_admin_get(
	const char *path, const char *what, struct gt_buf *out, struct gt_err *err) GT_MUST_CHECK;

#endif
