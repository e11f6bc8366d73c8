#include "shelf.h"

#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool gt_shelf_add(struct gt_shelf *shelf, const struct gt_taken *taken, const struct gt_file_id *id)
{
	if (shelf->n == shelf->cap) {
		size_t cap = shelf->cap ? 2 * shelf->cap : 4;
		struct gt_shelf_file *v = realloc(shelf->v, cap * sizeof *v);
		if (!v)
			return false;
		shelf->v = v;
		shelf->cap = cap;
	}
	shelf->v[shelf->n++] = (struct gt_shelf_file){*taken, *id};
	return true;
}

bool gt_shelf_has(const struct gt_shelf *shelf, const char *name, const struct gt_file_id *id)
{
	for (size_t i = 0; i < shelf->n; i++)
		if (gt_file_id_eq(&shelf->v[i].id, id) && strcmp(shelf->v[i].taken.name, name) == 0)
			return true;
	return false;
}

void gt_shelf_free(struct gt_shelf *shelf)
{
	free(shelf->v);
	shelf->v = NULL;
	shelf->n = shelf->cap = 0;
}

static int open_target(int dir, const char *path)
{
	if (mkdirat(dir, path, 0770) != 0 && errno != EEXIST)
		return -1;
	return openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Is this file, open as fd, the content that was taken? Hashes it unless it is known to be
 * untouched. */
static bool same_content(struct gt_shelf *shelf, int fd, const struct stat *st,
	const struct gt_taken *taken, const struct gt_file_id *id, bool *same, struct gt_err *err)
{
	struct gt_file_id now = gt_file_id(st);
	struct gt_window window = {0};
	char hex[GT_DIGEST_HEX] = "";
	*same = id && gt_file_id_eq(id, &now);
	if (*same || now.size != taken->size) {
		close(fd);
		return true;
	}
	if (!gt_window_open(&window, fd, now.size, GT_WINDOW_STEP))
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	enum gt_window_step step;
	do
		step = gt_window_hash(&window, hex);
	while (step == GT_WINDOW_MORE && !atomic_exchange(shelf->interrupted, false));
	int why = errno;
	gt_window_close(&window);
	if (step == GT_WINDOW_MORE)
		return gt_fail(err, GT_E_INTERRUPTED);
	if (step == GT_WINDOW_FAILED && why != ENODATA)
		return gt_folder_fail(err, taken->name, why);
	*same = step == GT_WINDOW_END && strcmp(hex, taken->digest) == 0;
	return true;
}

static bool move_fail(struct gt_err *err, const char *name, const char *target, int why)
{
	char shown[GT_NAME_SHOWN];
	gt_name_show(name, shown);
	if (why == ENOSPC || why == EDQUOT)
		return gt_fail(err, GT_E_FOLDER_FULL, shown, target);
	if (why == EXDEV)
		return gt_fail(err, GT_E_FOLDER_OTHER_DISK, shown, target);
	return gt_folder_fail(err, target, why);
}

/* The markers go first: a marker left alone would vouch for the next file of that name. */
static bool move_markers(struct gt_shelf *shelf, int dir, int into, const char *name)
{
	const char *suffixes = shelf->markers;
	char suffix[GT_NAME_MAX + 1], marker[2 * GT_NAME_MAX + 2];
	while (suffixes && gt_name_word(&suffixes, suffix)) {
		snprintf(marker, sizeof marker, "%s%s", name, suffix);
		if (renameat(dir, marker, into, marker) != 0 && errno != ENOENT)
			return false;
		gt_host_failpoint("file-commit");
	}
	return true;
}

/* Idempotent: what was moved before, or is another file by now, stays as it is. */
static bool move_taken(struct gt_shelf *shelf, int dir, const struct gt_taken *taken,
	const struct gt_file_id *id, struct gt_err *err)
{
	struct stat st;
	bool same = false;
	int fd = gt_folder_open(dir, taken->name, &st);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || gt_folder_fail(err, taken->name, errno);
	if (!same_content(shelf, fd, &st, taken, id, &same, err))
		return false;
	if (!same) {
		struct gt_err told = {0};
		char shown[GT_NAME_SHOWN];
		(void)gt_fail(&told, GT_E_FILE_LEFT, gt_name_show(taken->name, shown));
		gt_host_note(shelf->host, &told);
		return true;
	}
	const char *target = taken->state == GT_TAKEN_FAILED ? shelf->failed : shelf->done;
	int into = open_target(dir, target);
	bool ok = into >= 0 && move_markers(shelf, dir, into, taken->name) &&
		  gt_folder_move(dir, taken->name, into, taken->digest);
	int why = errno;
	if (into >= 0)
		close(into);
	gt_host_failpoint("file-commit");
	return ok || move_fail(err, taken->name, target, why);
}

/* Everything that was finished up to the cursor's number is committed, and moved here. */
static bool move_pending(struct gt_shelf *shelf, int dir, const struct gt_taken *cursor,
	bool *named, struct gt_err *err)
{
	size_t moved = 0;
	bool ok = true;
	while (ok && moved < shelf->n && shelf->v[moved].taken.number <= cursor->number) {
		const struct gt_shelf_file *p = &shelf->v[moved];
		*named = *named || p->taken.number == cursor->number;
		ok = move_taken(shelf, dir, &p->taken, &p->id, err);
		moved += ok;
	}
	shelf->n -= moved;
	if (shelf->n == 0)
		gt_shelf_free(shelf);
	else if (moved)
		memmove(shelf->v, shelf->v + moved, shelf->n * sizeof *shelf->v);
	return ok;
}

bool gt_shelf_commit(struct gt_shelf *shelf, const struct gt_taken *cursor, struct gt_err *err)
{
	int dir = open(shelf->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return gt_folder_fail(err, shelf->path, errno);
	bool named = false;
	bool ok = faccessat(dir, ".", W_OK, AT_EACCESS) == 0 ||
		  gt_folder_fail(err, shelf->path, errno);
	ok = ok && move_pending(shelf, dir, cursor, &named, err);
	if (ok && !named && (cursor->state == GT_TAKEN_DONE || cursor->state == GT_TAKEN_FAILED))
		ok = move_taken(shelf, dir, cursor, NULL, err);
	close(dir);
	return ok;
}
