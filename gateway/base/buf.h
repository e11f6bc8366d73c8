/* buf.h: a growing byte buffer that states its maximum when it is born. Sticky: after the first
 * append that does not fit, `full` stays set and appends do nothing. Not thread-safe. */
#ifndef GT_BASE_BUF_H
#define GT_BASE_BUF_H

#include <guantong/str.h>

struct gt_buf {
	char *p;
	size_t n, cap, max;
	bool full;
};

void gt_buf_init(struct gt_buf *buf, size_t max_bytes);
void gt_buf_fini(struct gt_buf *buf); /* accepts a zeroed one */
void gt_buf_clear(struct gt_buf *buf);
void gt_buf_add(struct gt_buf *buf, struct gt_str s);
void gt_buf_adds(struct gt_buf *buf, const char *s);
void gt_buf_addf(struct gt_buf *buf, const char *format, ...) GT_PRINTF(2, 3);
void gt_buf_json(struct gt_buf *buf, struct gt_str s); /* as a JSON string, with quotes */
char *gt_buf_room(
	struct gt_buf *buf, size_t bytes);          /* writable tail; then advance n; NULL = full */
void gt_buf_drop(struct gt_buf *buf, size_t bytes); /* removes from the front */
struct gt_str gt_buf_str(const struct gt_buf *buf);
const char *gt_buf_cstr(struct gt_buf *buf); /* with a NUL behind; "" when empty */

/* Sticky binary encoding, big-endian; the reading side is `struct gt_wire`. */
void gt_buf_u8(struct gt_buf *buf, uint8_t v);
void gt_buf_u32(struct gt_buf *buf, uint32_t v);
void gt_buf_u64(struct gt_buf *buf, uint64_t v);
void gt_buf_blob(struct gt_buf *buf, struct gt_str s); /* u32 length (0xFFFFFFFF = none) + bytes */

/* Reads nothing more after the first read beyond the end; check `broken` once. */
struct gt_wire {
	struct gt_str rest;
	bool broken;
};
uint8_t gt_wire_u8(struct gt_wire *wire);
uint32_t gt_wire_u32(struct gt_wire *wire);
uint64_t gt_wire_u64(struct gt_wire *wire);
struct gt_str gt_wire_blob(struct gt_wire *wire); /* a view */

#endif
