/* demo_service.h: a district's vehicle-dispatch back end inside the process, for `guantong demo`
 * and tests: RuoYi dialect (POST /login, GET /dispatch/list), HTTP 200 for most failures, tokens
 * that die in mid-pull, `reasonable` paging, rows as dirty as real ones. Loopback only, no other
 * use. */
#ifndef GT_CMD_DEMO_SERVICE_H
#define GT_CMD_DEMO_SERVICE_H

#include <guantong/error.h>

struct gt_demo_service_conf {
	uint64_t seed;            /* the same seed gives the same rows; 0 = 20240327 */
	size_t rows;              /* there at the start */
	unsigned rows_per_second; /* that appear while it runs; 0 = the list stays as it is */
	unsigned token_uses; /* requests that a token is good for; 0 = 29: the 30th gets code 401 */
	unsigned outage_after; /* list requests before it is away for outage_ms, once; 0 = never */
	unsigned outage_ms;
	const char *username, *password; /* live as long as the service */
};

struct gt_demo_service;
/* NULL: err. Listens on 127.0.0.1, a free port. */
struct gt_demo_service *gt_demo_service_start(
	const struct gt_demo_service_conf *conf, struct gt_err *err) GT_MUST_CHECK;
unsigned gt_demo_service_port(const struct gt_demo_service *service);
/* Rows that the list has just now. Any thread. */
size_t gt_demo_service_rows(const struct gt_demo_service *service);
/* Where the outage of the configuration stands. Any thread. */
enum gt_demo_outage { GT_DEMO_NOT_YET, GT_DEMO_AWAY, GT_DEMO_BACK };
enum gt_demo_outage gt_demo_service_outage(const struct gt_demo_service *service);
void gt_demo_service_stop(struct gt_demo_service *service); /* accepts NULL; waits for its thread */

/* Row number `index` (from 0) as JSON text, without a NUL; returns its bytes, ≤ GT_DEMO_ROW_MAX.
 * update_s: the row's updateTime, seconds since 1970. Pure. */
#define GT_DEMO_ROW_MAX 1024u
size_t gt_demo_service_row(uint64_t seed, size_t index, int64_t update_s, char *out);

#endif
