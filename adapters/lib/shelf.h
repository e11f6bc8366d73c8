/* shelf.h: the effects that taking files has on a drop folder: files whose rows are committed move
 * to done/ (or failed/), nothing else does. Idempotent in every state: what was moved before, or is
 * another file by now, stays as it is. */
#ifndef ADAPTERS_LIB_SHELF_H
#define ADAPTERS_LIB_SHELF_H

#include "folder.h"
#include "taken.h"
#include <guantong/host.h>

#include <stdatomic.h>

#define GT_SHELF_MAX                                                                               \
	1024u /* fewer than GT_FOLDER_LIST, so that they never hide what comes next                \
	       */

struct gt_shelf_file {
	struct gt_taken taken;
	struct gt_file_id id;
};

/* The first five fields are the user's; the rest starts as zero. */
struct gt_shelf {
	struct gt_host *host;
	const char *path, *done, *failed; /* the latter two relative to path, or absolute */
	const char *markers;      /* suffixes of marker files that move along; NULL = none */
	atomic_bool *interrupted; /* set = return soon */

	struct gt_shelf_file
		*v; /* taken by this instance, not yet moved; in the order of their numbers */
	size_t n, cap;
};

/* A file was taken to its end. The caller keeps n below GT_SHELF_MAX. False: no memory. */
bool gt_shelf_add(struct gt_shelf *shelf, const struct gt_taken *taken,
	const struct gt_file_id *id) GT_MUST_CHECK;
bool gt_shelf_has(const struct gt_shelf *shelf, const char *name, const struct gt_file_id *id);
/* The cursor is committed: moves the file that it names and all with lower numbers. */
bool gt_shelf_commit(
	struct gt_shelf *shelf, const struct gt_taken *cursor, struct gt_err *err) GT_MUST_CHECK;
void gt_shelf_free(struct gt_shelf *shelf);

#endif
