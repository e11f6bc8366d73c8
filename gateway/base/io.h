/* io.h: files and clocks. */
#ifndef GT_BASE_IO_H
#define GT_BASE_IO_H

#include "buf.h"
#include <guantong/error.h>

/* Reads a whole file of at most max bytes. False: err (CONFIG) names the path and the reason. */
bool gt_file_read(const char *path, struct gt_buf *into, struct gt_err *err) GT_MUST_CHECK;
/* Write + fsync + rename + fsync of the folder: either the old content or the new, never a part. */
bool gt_file_replace(
	const char *path, struct gt_str content, unsigned mode, struct gt_err *err) GT_MUST_CHECK;
/* Random bytes from the kernel. */
void gt_random(void *into, size_t bytes);
void gt_hex(char *out, const void *bytes, size_t n); /* 2n characters and a NUL */
bool gt_unhex(void *out, size_t n, struct gt_str hex) GT_MUST_CHECK;

#endif
