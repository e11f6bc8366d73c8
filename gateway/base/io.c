/* io.c: whole files, randomness, hexadecimal. */
#include "io.h"
#include "gt_assert.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_errno(struct gt_err *err, enum gt_code otherwise, const char *path, int error)
{
	char reason[128];

	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return gt_fail(err, GT_E_FILE_MISSING, path);
	case EACCES:
	case EPERM:
		return gt_fail(err, GT_E_FILE_DENIED, path);
	case ENOSPC:
	case EDQUOT:
		return gt_fail(err, GT_E_NO_SPACE, path);
	default:
		return gt_fail(err, otherwise, path, strerror_r(error, reason, sizeof reason));
	}
}

/* Fills the buffer; 0 or errno; EFBIG = there is more than its maximum. */
static int read_all(int fd, struct gt_buf *into)
{
	for (;;) {
		size_t left = into->max - into->n, ask = left < 65536 ? left : 65536;
		char beyond, *room = left > 0 ? gt_buf_room(into, ask) : &beyond;
		ssize_t n = read(fd, room, left > 0 ? ask : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : 0;
		if (left == 0)
			return EFBIG;
		into->n += (size_t)n;
	}
}

bool gt_file_read(const char *path, struct gt_buf *into, struct gt_err *err)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	gt_buf_clear(into);
	if (fd < 0)
		return fail_errno(err, GT_E_FILE_READ, path, errno);

	int error = fstat(fd, &st) != 0 ? errno : 0;
	bool regular = error == 0 && S_ISREG(st.st_mode);

	if (regular)
		error = read_all(fd, into);
	close(fd);
	if (regular && error == 0)
		return true;
	gt_buf_clear(into);
	if (error == EFBIG)
		return gt_fail(err, GT_E_FILE_TOO_LARGE, path, GT_TEXT("%zu", into->max));
	if (error != 0)
		return fail_errno(err, GT_E_FILE_READ, path, error);
	return gt_fail(err, GT_E_FILE_NOT_REGULAR, path);
}

static int write_all(int fd, struct gt_str content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			content.p += n;
			content.n -= (size_t)n;
		}
	}
	return fsync(fd) != 0 ? errno : 0;
}

static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? gt_strdup(gt_str(path, slash == path ? 1 : (size_t)(slash - path)))
			     : gt_strdup(gt_cstr("."));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	if (fd < 0 || fsync(fd) != 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	free(folder);
	return error;
}

bool gt_file_replace(const char *path, struct gt_str content, unsigned mode, struct gt_err *err)
{
	static const char suffix[] = ".new-XXXXXX";
	size_t n = strlen(path);
	char *temporary = gt_alloc(n + sizeof suffix);

	memcpy(temporary, path, n);
	memcpy(temporary + n, suffix, sizeof suffix);

	int fd = mkostemp(temporary, O_CLOEXEC), error = fd < 0 ? errno : 0;

	if (fd >= 0) {
		if (fchmod(fd, (mode_t)mode) != 0)
			error = errno;
		if (error == 0)
			error = write_all(fd, content);
		if (close(fd) != 0 && error == 0)
			error = errno;
		if (error == 0 && rename(temporary, path) != 0)
			error = errno;
		if (error != 0)
			unlink(temporary);
	}
	free(temporary);
	if (error == 0)
		error = sync_folder(path);
	return error == 0 || fail_errno(err, GT_E_FILE_WRITE, path, error);
}

void gt_random(void *into, size_t bytes)
{
	char *p = into;

	while (bytes > 0) {
		ssize_t n = getrandom(p, bytes, 0);

		GT_ASSERT(n > 0 || errno == EINTR);
		if (n > 0) {
			p += n;
			bytes -= (size_t)n;
		}
	}
}

void gt_hex(char *out, const void *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = '\0';
}

static int nibble(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

bool gt_unhex(void *out, size_t n, struct gt_str hex)
{
	unsigned char *p = out;

	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < hex.n; i++)
		if (nibble(hex.p[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(nibble(hex.p[2 * i]) * 16 + nibble(hex.p[2 * i + 1]));
	return true;
}
