/* orders.c: POST requests to orders of the runtime, and their outcome to an answer. */
#include "orders.h"

#include "catalogue.h"
#include "json_read.h"
#include "json_write.h"

#include <microhttpd.h>
#include <pwd.h>

#define FLOWS "/flows/"
#define RELOAD "/reload"

typedef bool order_fn(const struct gt_console_conf *conf, const struct gt_order *order,
	const json_t *body, struct gt_order_done *done, struct gt_err *err);

static bool do_pause(const struct gt_console_conf *conf, const struct gt_order *order,
	const json_t *body, struct gt_order_done *done, struct gt_err *err)
{
	(void)body;
	return gt_runtime_pause(conf->runtime, order, done, err);
}

static bool do_resume(const struct gt_console_conf *conf, const struct gt_order *order,
	const json_t *body, struct gt_order_done *done, struct gt_err *err)
{
	(void)body;
	return gt_runtime_resume(conf->runtime, order, done, err);
}

static bool do_backfill(const struct gt_console_conf *conf, const struct gt_order *order,
	const json_t *body, struct gt_order_done *done, struct gt_err *err)
{
	if (json_is_true(json_object_get(body, "cancel")))
		return gt_runtime_backfill_stop(conf->runtime, order, done, err);
	return gt_runtime_backfill(conf->runtime, order, gt_json_member(body, "from"),
		gt_json_member(body, "to"), done, err);
}

static const struct {
	const char *name;
	order_fn *act;
} orders[] = {{"/pause", do_pause}, {"/resume", do_resume}, {"/backfill", do_backfill}};
#define ORDERS (sizeof(orders) / sizeof(orders[0]))

/* "/flows/cars/trips/pause" → which, and which order; ORDERS = none. */
static size_t order_of(const char *url, struct gt_str *which)
{
	size_t n = strlen(url), head = strlen(FLOWS);

	for (size_t i = 0; i < ORDERS && strncmp(url, FLOWS, head) == 0; i++) {
		size_t tail = strlen(orders[i].name);

		if (n <= head + tail || strcmp(url + n - tail, orders[i].name) != 0)
			continue;
		*which = gt_str(url + head, n - head - tail);
		return i;
	}
	return ORDERS;
}

bool gt_orders_known(const struct gt_console_conf *conf, const char *url)
{
	struct gt_str which;

	return (conf->reload && strcmp(url, RELOAD) == 0) || order_of(url, &which) < ORDERS;
}

void gt_admin_error(struct gt_buf *out, const struct gt_err *err)
{
	char text[2048];

	gt_buf_addf(out, "\"error\":{\"code\":\"GT%04d\",\"class\":%d,\"en\":", (int)err->code,
		(int)err->class);
	gt_json_add_text(out, gt_cstr(gt_err_text_in(err, GT_EN, text, sizeof(text))));
	gt_buf_adds(out, ",\"zh\":");
	gt_json_add_text(out, gt_cstr(gt_err_text_in(err, GT_ZH, text, sizeof(text))));
	gt_buf_adds(out, "}");
}

/* "li (uid 1000)", as it is shown and logged. */
static const char *name_of(uid_t uid, char *out, size_t size)
{
	char memory[4096];
	struct passwd user, *found = NULL;

	if (getpwuid_r(uid, &user, memory, sizeof(memory), &found) != 0 || !found)
		return gt_text(out, size, "uid %u", (unsigned)uid);
	return gt_text(out, size, "%s (uid %u)", found->pw_name, (unsigned)uid);
}

static bool take_flows(const struct gt_console_conf *conf, const char *url, const char *who,
	const json_t *body, struct gt_buf *out)
{
	struct gt_order order = {.who = gt_cstr(who), .why = gt_json_member(body, "reason")};
	struct gt_order_done done = {.flows = 0};
	size_t i = order_of(url, &order.which);
	struct gt_err err;

	if (!orders[i].act(conf, &order, body, &done, &err)) {
		gt_admin_error(out, &err);
		return false;
	}
	gt_buf_addf(out, "\"flows\":%zu,\"committed\":%s", done.flows,
		done.committed ? "true" : "false");
	return true;
}

unsigned gt_orders_take(const struct gt_console_conf *conf, const char *url, uid_t uid,
	const struct gt_buf *body, struct gt_buf *out)
{
	struct gt_err err;
	json_t *root = body->n > 0 ? gt_json_load(gt_buf_str(body), &err) : json_object();
	char who[128];
	bool ok = false;

	gt_buf_adds(out, "{");
	(void)name_of(uid, who, sizeof(who));
	if (!json_is_object(root) || body->full) {
		gt_fail(&err, GT_E_ADMIN_BODY);
		gt_admin_error(out, &err);
	} else if (strcmp(url, RELOAD) == 0) {
		ok = conf->reload(conf->arg, who, out);
	} else {
		ok = take_flows(conf, url, who, root, out);
	}
	json_decref(root);
	gt_buf_adds(out, "}\n");
	return ok ? MHD_HTTP_OK : MHD_HTTP_CONFLICT;
}
