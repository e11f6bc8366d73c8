/* orders.h: what may be asked of the gateway over the admin socket. */
#ifndef GT_CONSOLE_ORDERS_H
#define GT_CONSOLE_ORDERS_H

#include "console.h"

#include <sys/types.h>

bool gt_orders_known(const struct gt_console_conf *conf, const char *url);
/* Does it, for a peer who may; *out: the answer. Returns the HTTP status. */
unsigned gt_orders_take(const struct gt_console_conf *conf, const char *url, uid_t uid,
	const struct gt_buf *body, struct gt_buf *out);

#endif
