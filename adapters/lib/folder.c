#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct gt_file_id gt_file_id(const struct stat *st)
{
	return (struct gt_file_id){(uint64_t)st->st_dev, (uint64_t)st->st_ino,
		(uint64_t)st->st_size,
		(int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		(int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec};
}

bool gt_file_id_eq(const struct gt_file_id *a, const struct gt_file_id *b)
{
	return a->dev == b->dev && a->inode == b->inode && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static int by_order(const void *a, const void *b)
{
	const struct gt_folder_file *x = a, *y = b;
	if (x->id.mtime_ns != y->id.mtime_ns)
		return x->id.mtime_ns < y->id.mtime_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void drop(struct gt_folder_file *v, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		free(v[i].name);
}

bool gt_folder_wants(const struct gt_folder *folder, const char *name)
{
	if (name[0] == '.' || strlen(name) > GT_NAME_MAX ||
		gt_name_matches(name, folder->temporary))
		return false;
	if (folder->complete == GT_COMPLETE_MARKER && gt_name_ends(name, folder->markers))
		return false;
	return gt_name_matches(name, folder->pattern);
}

static bool marked(const struct gt_folder *folder, int dir, const char *name)
{
	const char *suffixes = folder->markers;
	char suffix[GT_NAME_MAX + 1], marker[2 * GT_NAME_MAX + 2];
	struct stat st;
	while (gt_name_word(&suffixes, suffix)) {
		snprintf(marker, sizeof marker, "%s%s", name, suffix);
		if (fstatat(dir, marker, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

/* How long a file must have looked the same. */
static int64_t patience(const struct gt_folder *folder, const struct gt_folder_file *file)
{
	int64_t stable = folder->complete == GT_COMPLETE_STABLE ? folder->stable_us : 0;
	int64_t settle = file->id.mtime_ns >= folder->settle_from ? folder->settle_us : 0;
	return stable > settle ? stable : settle;
}

/* Judges the new look at a file by the last one. */
static void judge(const struct gt_folder *folder, struct gt_folder_file *file, int64_t now_us)
{
	const struct gt_folder_file *before =
		folder->n ? bsearch(file, folder->v, folder->n, sizeof *file, by_order) : NULL;
	bool same = before && gt_file_id_eq(&before->id, &file->id);
	file->since_us = same ? before->since_us : now_us;
	file->complete = now_us - file->since_us >= patience(folder, file);
}

/* Keeps the first GT_FOLDER_LIST files in order, however many there are. */
bool gt_folder_add(struct gt_folder_look *look, const char *name, const struct gt_file_id *id)
{
	if (look->n == (size_t)2 * GT_FOLDER_LIST) {
		qsort(look->v, look->n, sizeof *look->v, by_order);
		drop(look->v, GT_FOLDER_LIST, look->n);
		look->n = GT_FOLDER_LIST;
	}
	if (look->n == look->cap) {
		size_t cap = look->cap ? 2 * look->cap : 16;
		struct gt_folder_file *v = realloc(look->v, cap * sizeof *v);
		if (!v)
			return false;
		look->v = v;
		look->cap = cap;
	}
	struct gt_folder_file file = {.name = strdup(name), .id = *id};
	if (file.name)
		look->v[look->n++] = file;
	return file.name != NULL;
}

void gt_folder_drop(struct gt_folder_look *look)
{
	drop(look->v, 0, look->n);
	free(look->v);
	*look = (struct gt_folder_look){0};
}

void gt_folder_end(struct gt_folder *folder, struct gt_folder_look *look, int64_t now_us)
{
	if (look->n)
		qsort(look->v, look->n, sizeof *look->v, by_order);
	if (look->n > GT_FOLDER_LIST) {
		drop(look->v, GT_FOLDER_LIST, look->n);
		look->n = GT_FOLDER_LIST;
	}
	int64_t ready = INT64_MAX;
	for (size_t i = 0; i < look->n; i++) {
		judge(folder, &look->v[i], now_us);
		int64_t then = look->v[i].since_us + patience(folder, &look->v[i]);
		if (!look->v[i].complete && then < ready)
			ready = then;
	}
	gt_folder_free(folder);
	folder->v = look->v;
	folder->n = look->n;
	folder->ready_us = ready;
	*look = (struct gt_folder_look){0};
}

static bool read_names(struct gt_folder *folder, int dir, DIR *stream, struct gt_folder_look *look)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry)
			return errno == 0;
		struct stat st;
		char name[NAME_MAX + 1];
		snprintf(name, sizeof name, "%s", entry->d_name);
		if (!gt_folder_wants(folder, name) ||
			fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		/* Left out at once, so that forgotten files without a marker never fill the list.
		 */
		if (folder->complete == GT_COMPLETE_MARKER && !marked(folder, dir, name))
			continue;
		struct gt_file_id id = gt_file_id(&st);
		if (!gt_folder_add(look, name, &id))
			return false;
	}
}

bool gt_folder_scan(struct gt_folder *folder, int dir, int64_t now_us)
{
	struct gt_folder_look look = {0};
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	bool ok = stream && read_names(folder, dir, stream, &look);
	int why = errno;
	if (stream)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
	if (ok)
		gt_folder_end(folder, &look, now_us);
	else
		gt_folder_drop(&look);
	errno = why;
	return ok;
}

void gt_folder_free(struct gt_folder *folder)
{
	drop(folder->v, 0, folder->n);
	free(folder->v);
	folder->v = NULL;
	folder->n = folder->next = 0;
}

int gt_folder_open(int dir, const char *name, struct stat *st)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int why = fstat(fd, st) != 0 ? errno : S_ISREG(st->st_mode) ? 0 : ELOOP;
	if (why == 0)
		return fd;
	close(fd);
	errno = why;
	return -1;
}

/* Renames unless the target exists; file systems without that flag get a look before the rename. */
static int rename_free(int dir, const char *name, int into, const char *as)
{
	struct stat st;
	if (renameat2(dir, name, into, as, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(into, as, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(dir, name, into, as);
}

static bool sync_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some network file systems cannot sync a folder: then the rename is as durable as they
	 * make it. */
	bool ok = fd >= 0 &&
		  (fsync(fd) == 0 || errno == EINVAL || errno == EBADF || errno == ENOTSUP);
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok;
}

bool gt_folder_move(int dir, const char *name, int into, const char *digest)
{
	int done = rename_free(dir, name, into, name);
	if (done != 0 && errno == EEXIST) {
		/* The name says the content, so whatever stands there already is the same content.
		 */
		char as[GT_NAME_MAX + 1];
		const char *dot = strrchr(name, '.');
		int stem = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
		if (strlen(name) + 17 > GT_NAME_MAX)
			snprintf(as, sizeof as, "%s", digest);
		else
			snprintf(as, sizeof as, "%.*s.%.16s%s", stem, name, digest, name + stem);
		done = renameat(dir, name, into, as);
	}
	return done == 0 && sync_folder(into) && sync_folder(dir);
}

bool gt_folder_fail(struct gt_err *err, const char *path, int why)
{
	enum gt_code code = GT_E_FOLDER_FAILED;
	if (why == ENOENT || why == ENOTDIR)
		code = GT_E_FOLDER_GONE;
	else if (why == EACCES || why == EPERM || why == EROFS)
		code = GT_E_FOLDER_DENIED;
	return gt_fail(err, code, path, strerror(why));
}
