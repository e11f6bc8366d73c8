/* drop.h: a drop folder for tests, removed with all that is in it. */
#ifndef TESTS_DROP_H
#define TESTS_DROP_H

#include <guantong/str.h>

struct drop {
	char path[64];
};
struct drop *drop_new(void);
void drop_free(struct drop *drop);
/* Writes a file; its modification time is `order` seconds after a fixed day. name may hold a '/'.
 */
void drop_put(const struct drop *drop, const char *name, struct gt_str content, int order);
bool drop_has(const struct drop *drop, const char *name);
size_t drop_count(
	const struct drop *drop, const char *folder); /* regular files; "" = the folder itself */

#endif
