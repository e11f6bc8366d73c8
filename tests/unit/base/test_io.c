#include "catalogue.h"
#include "io.h"
#include "unit.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/guantong-io-XXXXXX";

static const char *in_folder(char out[128], const char *name)
{
	snprintf(out, 128, "%s/%s", folder, name);
	return out;
}
#define PATH(name) in_folder((char[128]){0}, name)

static size_t files(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

START_TEST(replaces_and_reads)
{
	struct gt_buf buf;
	struct gt_err err;
	struct stat st;
	char big[200000];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(big, 'x', sizeof big);
	gt_buf_init(&buf, sizeof big);
	ck_assert(gt_file_replace(PATH("a"), GT_LIT("old"), 0600, &err));
	ck_assert(gt_file_read(PATH("a"), &buf, &err));
	ck_str_is(gt_buf_str(&buf), "old");
	ck_assert(gt_file_replace(PATH("a"), gt_str(big, sizeof big), 0640, &err));
	ck_assert(gt_file_read(PATH("a"), &buf, &err)); /* exactly the maximum */
	ck_assert_uint_eq(buf.n, sizeof big);
	ck_assert_int_eq(stat(PATH("a"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_uint_eq(files(), 1);
	gt_buf_fini(&buf);

	gt_buf_init(&buf, sizeof big - 1);
	ck_assert(!gt_file_read(PATH("a"), &buf, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_TOO_LARGE);
	ck_assert_str_eq(gt_err_arg(&err, 2), "199999");
	ck_assert_uint_eq(buf.n, 0);

	ck_assert(gt_file_replace(PATH("a"), GT_LIT(""), 0600, &err));
	ck_assert(gt_file_read(PATH("a"), &buf, &err));
	ck_assert_uint_eq(buf.n, 0);
	gt_buf_fini(&buf);
	unlink(PATH("a"));
	rmdir(folder);
}
END_TEST

START_TEST(says_what_is_wrong)
{
	struct gt_buf buf;
	struct gt_err err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	gt_buf_init(&buf, 100);
	ck_assert(!gt_file_read(PATH("none"), &buf, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
	ck_assert_str_eq(gt_err_arg(&err, 1), PATH("none"));
	ck_assert(!gt_file_read(folder, &buf, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_NOT_REGULAR);
	ck_assert_int_eq(mkfifo(PATH("fifo"), 0600), 0);
	ck_assert(!gt_file_read(PATH("fifo"), &buf, &err)); /* and does not hang */
	ck_assert_int_eq(err.code, GT_E_FILE_NOT_REGULAR);
	unlink(PATH("fifo"));
	ck_assert(!gt_file_replace(PATH("no/where"), GT_LIT("x"), 0600, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
	ck_assert_int_eq(mkdir(PATH("folder"), 0700), 0);
	ck_assert(!gt_file_replace(PATH("folder"), GT_LIT("x"), 0600, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_WRITE);
	ck_assert_str_ne(gt_err_arg(&err, 2), "");
	ck_assert_uint_eq(files(), 1); /* no temporary file is left */
	ck_assert_int_eq(symlink("loop", PATH("loop")), 0);
	ck_assert(!gt_file_read(PATH("loop"), &buf, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_READ);
	unlink(PATH("loop"));
	ck_assert(gt_file_replace(PATH("locked"), GT_LIT("x"), 0, &err));
	if (geteuid() != 0) { /* root reads everything */
		ck_assert(!gt_file_read(PATH("locked"), &buf, &err));
		ck_assert_int_eq(err.code, GT_E_FILE_DENIED);
	}
	unlink(PATH("locked"));
	rmdir(PATH("folder"));
	rmdir(folder);
	ck_assert(!gt_file_replace("/dev/full/x", GT_LIT("x"), 0600, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
	gt_buf_fini(&buf);
}
END_TEST

static int fsync_fails_with;
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	if (fsync_fails_with == 0)
		return __real_fsync(fd);
	errno = fsync_fails_with;
	return -1;
}

START_TEST(a_full_disk_leaves_the_file_as_it_was)
{
	const int full[] = {ENOSPC, EDQUOT};
	struct gt_buf buf;
	struct gt_err err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	gt_buf_init(&buf, 100);
	ck_assert(gt_file_replace(PATH("a"), GT_LIT("old"), 0600, &err));
	for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
		fsync_fails_with = full[i];
		ck_assert(!gt_file_replace(PATH("a"), GT_LIT("new"), 0600, &err));
		ck_assert_int_eq(err.code, GT_E_NO_SPACE);
		ck_assert_int_eq(err.class, GT_RETRY);
		ck_assert_str_eq(gt_err_arg(&err, 1), PATH("a"));
		ck_assert(gt_file_read(PATH("a"), &buf, &err));
		ck_str_is(gt_buf_str(&buf), "old");
		ck_assert_uint_eq(files(), 1);
	}
	gt_buf_fini(&buf);
	unlink(PATH("a"));
	rmdir(folder);
}
END_TEST

START_TEST(hexadecimal)
{
	unsigned char bytes[300], back[300];
	char text[601];

	gt_random(bytes, sizeof bytes);
	gt_hex(text, bytes, sizeof bytes);
	ck_assert_uint_eq(strlen(text), 600);
	ck_assert(gt_unhex(back, sizeof back, gt_cstr(text)));
	ck_assert_mem_eq(bytes, back, sizeof bytes);
	ck_assert(gt_unhex(back, 2, GT_LIT("aFfA")));
	ck_assert_mem_eq(back, "\xaf\xfa", 2);
	ck_assert(!gt_unhex(back, 2, GT_LIT("00f")));
	ck_assert(!gt_unhex(back, 2, GT_LIT("0011f")));
	ck_assert(!gt_unhex(back, 2, GT_LIT("00g0")));
	ck_assert_mem_eq(back, "\xaf\xfa", 2); /* untouched by failures */

	unsigned char other[300];
	gt_random(other, sizeof other);
	ck_assert_mem_ne(bytes, other, sizeof bytes);
}
END_TEST

UNIT_MAIN("io", UNIT_TEST(replaces_and_reads), UNIT_TEST(says_what_is_wrong),
	UNIT_TEST(a_full_disk_leaves_the_file_as_it_was), UNIT_TEST(hexadecimal))
