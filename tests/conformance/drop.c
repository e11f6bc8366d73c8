#include "drop.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct drop *drop_new(void)
{
	struct drop *drop = calloc(1, sizeof *drop);
	ck_assert_ptr_nonnull(drop);
	snprintf(drop->path, sizeof drop->path, "/tmp/guantong-drop-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(drop->path));
	return drop;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void drop_free(struct drop *drop)
{
	(void)nftw(drop->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(drop);
}

void drop_put(const struct drop *drop, const char *name, struct gt_str content, int order)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", drop->path, name);
	FILE *f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(content.p, 1, content.n, f), content.n);
	ck_assert_int_eq(fclose(f), 0);
	struct timespec times[2] = {{1700000000 + order, 0}, {1700000000 + order, 0}};
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

bool drop_has(const struct drop *drop, const char *name)
{
	char path[512];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", drop->path, name);
	return lstat(path, &st) == 0;
}

size_t drop_count(const struct drop *drop, const char *folder)
{
	char path[512];
	size_t n = 0;
	snprintf(path, sizeof path, "%s/%s", drop->path, folder);
	DIR *dir = opendir(path);
	for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;)
		n += e->d_type == DT_REG;
	if (dir)
		closedir(dir);
	return n;
}
