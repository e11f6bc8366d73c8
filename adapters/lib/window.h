/* window.h: a regular file seen through a buffer of bounded size: hashed as a whole in steps, then
 * read from any offset. Not thread-safe. */
#ifndef ADAPTERS_LIB_WINDOW_H
#define ADAPTERS_LIB_WINDOW_H

#include "digest.h"

struct gt_window {
	int fd;        /* -1 = none */
	uint64_t size; /* of the file when it was opened */
	char *p;
	size_t cap, at, n; /* unread bytes are p[at] … p[at + n - 1] */
	uint64_t offset;   /* document offset of p[at] */
	struct gt_digest digest;
};

#define GT_WINDOW_STEP 65536u

/* What a window over a file of this size holds in memory, at most `most`. */
size_t gt_window_cap(uint64_t size, size_t most);
/* Takes the descriptor over, also on failure (no memory). */
bool gt_window_open(struct gt_window *window, int fd, uint64_t size, size_t cap) GT_MUST_CHECK;
void gt_window_close(struct gt_window *window);

enum gt_window_step { GT_WINDOW_MORE, GT_WINDOW_END, GT_WINDOW_FAILED };
/* Hashes the next piece; END: hex is the digest of the whole file. FAILED: errno, ENODATA = the
 * file became shorter. */
enum gt_window_step gt_window_hash(struct gt_window *window, char hex[GT_DIGEST_HEX]);

/* Unread bytes begin at `offset`; keeps what it has of them. */
void gt_window_seek(struct gt_window *window, uint64_t offset);
/* Reads on behind the unread bytes until the window is full or the file ends. False: errno as
 * above. */
bool gt_window_fill(struct gt_window *window) GT_MUST_CHECK;
/* Exactly n bytes from `offset` on, past the buffer. False: errno as above. */
bool gt_window_read(
	const struct gt_window *window, uint64_t offset, void *to, size_t n) GT_MUST_CHECK;
struct gt_str gt_window_bytes(const struct gt_window *window);
bool gt_window_last(const struct gt_window *window); /* nothing follows the unread bytes */
bool gt_window_full(const struct gt_window *window);

#endif
