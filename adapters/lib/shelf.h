/* shelf.h: files that were taken to their end and wait for their commit, in order. What a commit
 * does to them is the storage's business; that each gets its turn once, is the shelf's. */
#ifndef ADAPTERS_LIB_SHELF_H
#define ADAPTERS_LIB_SHELF_H

#include "folder.h"
#include "taken.h"

#define GT_SHELF_MAX                                                                               \
	1024u /* fewer than GT_FOLDER_LIST, so that they never hide what comes next                \
	       */

struct gt_shelf_file {
	struct gt_taken taken;
	struct gt_file_id id;
};

/* Starts as zero. */
struct gt_shelf {
	struct gt_shelf_file *v; /* in the order of their numbers */
	size_t n, cap;
};

/* A file was taken to its end. The caller keeps n below GT_SHELF_MAX. False: no memory. */
bool gt_shelf_add(struct gt_shelf *shelf, const struct gt_taken *taken,
	const struct gt_file_id *id) GT_MUST_CHECK;
bool gt_shelf_has(const struct gt_shelf *shelf, const char *name, const struct gt_file_id *id);

/* Moves a file whose rows are committed to where it belongs, or finds that this was done before, or
 * that the name is another file by now: true. id: NULL = not known, it was taken by an earlier
 * instance. False: err; it will be asked again. */
typedef bool gt_shelf_move_fn(
	void *arg, const struct gt_taken *taken, const struct gt_file_id *id, struct gt_err *err);
/* The cursor is committed: moves the file that it names and all with lower numbers. */
bool gt_shelf_commit(struct gt_shelf *shelf, const struct gt_taken *cursor, gt_shelf_move_fn *move,
	void *arg, struct gt_err *err) GT_MUST_CHECK;
void gt_shelf_free(struct gt_shelf *shelf);

#endif
