/* order.h: what the verbs share that act on a running gateway. */
#ifndef GT_CMD_ORDER_H
#define GT_CMD_ORDER_H

#include "cmd.h"
#include "console.h"

#include <jansson.h>

/* The admin socket of the gateway whose configuration is in `folder`, else of the system service;
 * sets the language. NULL: reported, *code. */
struct gt_config *gt_order_config(const char *folder, int *code);
/* Asks the gateway that answers at either place; path: see gt_admin_get(). */
bool gt_order_get(const struct gt_config *config, const char *what, struct gt_buf *answer,
	struct gt_err *err) GT_MUST_CHECK;
/* POST `what` with `body`; prints the answer (json: as it is) or the refusal in the asker's
 * language. *root: the answer, if it was none (the caller's; NULL with json). Returns the exit
 * code. */
int gt_order_post(
	const char *folder, const char *what, struct gt_str body, bool json, json_t **root);
/* A verb "NAME FLOWS|--all [FOLDER]" that is an order for flows and prints what came of it. reason:
 * where an option --reason puts its text, which goes along; NULL = it has none. Returns the exit
 * code. */
int gt_order_flows(const struct gt_verb *verb, int argc, char **argv, const char **reason);
/* The words of `which` or --all into a URL "/flows/WHICH/<verb>"; false: reported. */
bool gt_order_url(struct gt_buf *url, const char *which, bool all, const char *verb) GT_MUST_CHECK;
/* "done for flows: 3", with what a restart would know. */
void gt_order_say(const json_t *root);

#endif
