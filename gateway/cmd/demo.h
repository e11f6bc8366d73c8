/* demo.h: what the demo's parts share: a whole sample configuration, and the picture of its run. */
#ifndef GT_CMD_DEMO_H
#define GT_CMD_DEMO_H

#include "demo_rooms.h"
#include "demo_service.h"
#include "publisher.h"
#include "runtime.h"

#define GT_DEMO_SEED 20240327u
#define GT_DEMO_USER "exchange"
#define GT_DEMO_PASSWORD "demo-only-no-secret"

struct gt_demo_conf {
	const char *folder; /* empty: the configuration is written into it */
	const char *site, *brokers;
	unsigned port;       /* of the sample dispatch system */
	const char *housing; /* ODBC connection of the housing system; NULL = there is none */
};
/* guantong.yaml, sources/, secrets/, keys and the drop folder in/energy. A password of the housing
 * system stays in PGPASSWORD. */
bool gt_demo_write(const struct gt_demo_conf *conf, struct gt_err *err) GT_MUST_CHECK;

/* What the sample systems hold, for the lag. */
struct gt_demo_made {
	const struct gt_demo_service *service;
	const struct gt_demo_rooms *rooms; /* NULL = no housing system */
	uint64_t readings, returns;        /* rows of files */
};
/* Rows of a flow that the source has and the gateway has not committed yet. */
uint64_t gt_demo_lag(const struct gt_demo_made *made, const struct gt_flow_status *flow);
/* The table of flows. lines: how many were written by the last call, to be overwritten on a
 * terminal; 0 at first, or for plain lines. Returns how many now. */
size_t gt_demo_table(struct gt_runtime *runtime, const struct gt_demo_made *made, size_t lines);
/* Both identities with their numbers; false: one does not hold. */
bool gt_demo_totals(struct gt_runtime *runtime);
/* For each topic of an entity, its first message. */
void gt_demo_samples(struct gt_publisher *publisher, const struct gt_gateway_conf *gateway);
void gt_demo_where(const struct gt_gateway_conf *gateway, const char *folder, const char *brokers,
	bool development);

#endif
