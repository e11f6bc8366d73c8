/* demo_rooms.h: a district's register of office rooms, a table that `guantong demo` makes in an
 * empty PostgreSQL database, fills, changes while it runs, and drops at the end. One thread. */
#ifndef GT_CMD_DEMO_ROOMS_H
#define GT_CMD_DEMO_ROOMS_H

#include <guantong/error.h>

#define GT_DEMO_ROOMS_TABLE "办公用房"

struct gt_demo_rooms;
/* connection: of ODBC, UTF-8; a password comes from PGPASSWORD. NULL: err. */
struct gt_demo_rooms *gt_demo_rooms_open(
	const char *connection, uint64_t seed, size_t rows, struct gt_err *err) GT_MUST_CHECK;
/* Inserts some rows and updates as many others, each of them once. A reader that has read all
 * gt_demo_rooms_versions() before sees every one of the new ones. */
bool gt_demo_rooms_change(struct gt_demo_rooms *rooms, struct gt_err *err) GT_MUST_CHECK;
/* Versions of rows since it was opened: rows inserted and rows updated. */
uint64_t gt_demo_rooms_versions(const struct gt_demo_rooms *rooms);
void gt_demo_rooms_close(struct gt_demo_rooms *rooms); /* accepts NULL */

#endif
