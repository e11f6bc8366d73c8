/* buf.c: growing bytes with a maximum, and their binary encoding. */
#include "buf.h"
#include "gt_assert.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void gt_buf_init(struct gt_buf *buf, size_t max_bytes)
{
	*buf = (struct gt_buf){.max = max_bytes};
}

void gt_buf_fini(struct gt_buf *buf)
{
	free(buf->p);
	*buf = (struct gt_buf){.max = buf->max};
}

void gt_buf_clear(struct gt_buf *buf)
{
	buf->n = 0;
	buf->full = false;
}

char *gt_buf_room(struct gt_buf *buf, size_t bytes)
{
	if (buf->full || bytes > buf->max - buf->n) {
		buf->full = true;
		return NULL;
	}
	/* One byte more than the content, for the NUL of gt_buf_cstr(). */
	if (buf->n + bytes + 1 > buf->cap) {
		size_t cap = buf->cap < 64 ? 64 : buf->cap * 2;

		if (cap < buf->n + bytes + 1)
			cap = buf->n + bytes + 1;
		if (cap > buf->max + 1)
			cap = buf->max + 1;
		buf->p = gt_realloc(buf->p, cap);
		buf->cap = cap;
	}
	return buf->p + buf->n;
}

void gt_buf_add(struct gt_buf *buf, struct gt_str s)
{
	char *room = gt_buf_room(buf, s.n);

	if (room && s.n > 0) {
		memcpy(room, s.p, s.n);
		buf->n += s.n;
	}
}

void gt_buf_adds(struct gt_buf *buf, const char *s)
{
	gt_buf_add(buf, gt_cstr(s));
}

void gt_buf_addf(struct gt_buf *buf, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);

	int n = vsnprintf(NULL, 0, format, args);
	char *room = n < 0 ? NULL : gt_buf_room(buf, (size_t)n);

	GT_ASSERT(n >= 0);
	if (room) {
		vsnprintf(room, (size_t)n + 1, format, again); /* the NUL has its own byte */
		buf->n += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

void gt_buf_drop(struct gt_buf *buf, size_t bytes)
{
	GT_ASSERT(bytes <= buf->n);
	if (bytes > 0)
		memmove(buf->p, buf->p + bytes, buf->n - bytes);
	buf->n -= bytes;
}

struct gt_str gt_buf_str(const struct gt_buf *buf)
{
	return gt_str(buf->p ? buf->p : "", buf->n);
}

const char *gt_buf_cstr(struct gt_buf *buf)
{
	if (!buf->p)
		return "";
	buf->p[buf->n] = '\0';
	return buf->p;
}

void gt_buf_json(struct gt_buf *buf, struct gt_str s)
{
	static const char short_form[] = "btn\0fr"; /* of 0x08 … 0x0D */

	gt_buf_adds(buf, "\"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			gt_buf_addf(buf, "\\%c", c);
		else if (c >= 0x08 && c <= 0x0D && c != 0x0B)
			gt_buf_addf(buf, "\\%c", short_form[c - 0x08]);
		else if (c < 0x20)
			gt_buf_addf(buf, "\\u%04x", c);
		else
			gt_buf_add(buf, gt_str(s.p + i, 1));
	}
	gt_buf_adds(buf, "\"");
}

static void put_be(struct gt_buf *buf, uint64_t v, unsigned bytes)
{
	char out[8];

	for (unsigned i = 0; i < bytes; i++)
		out[i] = (char)(v >> (8 * (bytes - 1 - i)));
	gt_buf_add(buf, gt_str(out, bytes));
}

void gt_buf_u8(struct gt_buf *buf, uint8_t v)
{
	put_be(buf, v, 1);
}

void gt_buf_u32(struct gt_buf *buf, uint32_t v)
{
	put_be(buf, v, 4);
}

void gt_buf_u64(struct gt_buf *buf, uint64_t v)
{
	put_be(buf, v, 8);
}

#define NONE UINT32_MAX

void gt_buf_blob(struct gt_buf *buf, struct gt_str s)
{
	if (!s.p) {
		gt_buf_u32(buf, NONE);
		return;
	}
	GT_ASSERT(s.n < NONE);
	gt_buf_u32(buf, (uint32_t)s.n);
	gt_buf_add(buf, s);
}

static const char *take(struct gt_wire *wire, size_t bytes)
{
	if (wire->broken || bytes > wire->rest.n) {
		wire->broken = true;
		return NULL;
	}

	const char *p = wire->rest.p;

	wire->rest.p += bytes;
	wire->rest.n -= bytes;
	return p;
}

static uint64_t get_be(struct gt_wire *wire, unsigned bytes)
{
	const unsigned char *p = (const unsigned char *)take(wire, bytes);
	uint64_t v = 0;

	for (unsigned i = 0; p && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t gt_wire_u8(struct gt_wire *wire)
{
	return (uint8_t)get_be(wire, 1);
}

uint32_t gt_wire_u32(struct gt_wire *wire)
{
	return (uint32_t)get_be(wire, 4);
}

uint64_t gt_wire_u64(struct gt_wire *wire)
{
	return get_be(wire, 8);
}

struct gt_str gt_wire_blob(struct gt_wire *wire)
{
	uint32_t n = gt_wire_u32(wire);

	if (wire->broken || n == NONE)
		return (struct gt_str){NULL, 0};

	const char *p = take(wire, n);

	return p ? gt_str(p, n) : (struct gt_str){NULL, 0};
}
