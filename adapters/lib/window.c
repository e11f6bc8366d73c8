#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

size_t gt_window_cap(uint64_t size, size_t most)
{
	size_t cap = size < most ? (size_t)size : most;
	return cap < GT_WINDOW_STEP ? GT_WINDOW_STEP : cap;
}

bool gt_window_open(struct gt_window *window, int fd, uint64_t size, size_t cap)
{
	*window = (struct gt_window){.fd = fd, .size = size, .p = malloc(cap), .cap = cap};
	if (window->p && gt_digest_start(&window->digest))
		return true;
	gt_window_close(window);
	return false;
}

void gt_window_close(struct gt_window *window)
{
	if (window->fd >= 0)
		close(window->fd);
	gt_digest_drop(&window->digest);
	free(window->p);
	*window = (struct gt_window){.fd = -1};
}

static ssize_t read_at(const struct gt_window *window, char *into, size_t n, uint64_t offset)
{
	ssize_t got;
	do
		got = pread(window->fd, into, n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got != 0)
		return got;
	errno = ENODATA;
	return -1;
}

enum gt_window_step gt_window_hash(struct gt_window *window, char hex[GT_DIGEST_HEX])
{
	uint64_t left = window->size - window->offset;
	if (left > 0) {
		size_t n = left < window->cap ? (size_t)left : window->cap;
		ssize_t got = read_at(window, window->p, n, window->offset);
		if (got < 0)
			return GT_WINDOW_FAILED;
		gt_digest_add(&window->digest, window->p, (size_t)got);
		window->offset += (uint64_t)got;
	}
	if (window->offset < window->size)
		return GT_WINDOW_MORE;
	gt_digest_finish(&window->digest, hex);
	return GT_WINDOW_END;
}

void gt_window_seek(struct gt_window *window, uint64_t offset)
{
	uint64_t ahead = offset - window->offset;
	if (offset >= window->offset && ahead < window->n) {
		window->at += (size_t)ahead;
		window->n -= (size_t)ahead;
	} else {
		window->at = window->n = 0;
	}
	window->offset = offset;
}

bool gt_window_fill(struct gt_window *window)
{
	if (window->at) {
		memmove(window->p, window->p + window->at, window->n);
		window->at = 0;
	}
	while (window->n < window->cap && !gt_window_last(window)) {
		ssize_t got = read_at(window, window->p + window->n, window->cap - window->n,
			window->offset + window->n);
		if (got < 0)
			return false;
		window->n += (size_t)got;
	}
	return true;
}

bool gt_window_read(const struct gt_window *window, uint64_t offset, void *to, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got = read_at(window, (char *)to + have, n - have, offset + have);
		if (got < 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

struct gt_str gt_window_bytes(const struct gt_window *window)
{
	return gt_str(window->p + window->at, window->n);
}

bool gt_window_last(const struct gt_window *window)
{
	return window->offset + window->n >= window->size;
}

bool gt_window_full(const struct gt_window *window)
{
	return window->n == window->cap;
}
