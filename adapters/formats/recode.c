#include "recode.h"

#include <stdlib.h>

static bool is_wide(enum gt_charset charset)
{
	return charset == GT_CHARSET_UTF16LE || charset == GT_CHARSET_UTF16BE;
}

bool recode_start(struct recode *r, enum gt_charset charset, struct gt_err *err)
{
	if (charset == GT_CHARSET_GB18030 && !r->converter)
		r->converter = gt_converter_new(charset);
	if (charset == GT_CHARSET_GB18030 && !r->converter)
		return gt_fail(err, GT_E_CHARSET_MISSING, "GB18030");
	r->charset = charset;
	r->text = r->bytes = (struct gt_str){0};
	r->text_at = r->byte_at = 0;
	return true;
}

void recode_end(struct recode *r)
{
	gt_converter_free(r->converter);
	free(r->buffer);
	r->converter = NULL;
	r->buffer = NULL;
	r->room = 0;
}

/* ---- UTF-16 ---- */

static unsigned unit(const struct recode *r, const char *p)
{
	unsigned a = (unsigned char)p[0], b = (unsigned char)p[1];
	return r->charset == GT_CHARSET_UTF16LE ? a | b << 8 : a << 8 | b;
}

static size_t put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	size_t n = c < 0x10000 ? 3 : 4;
	out[0] = (char)((n == 3 ? 0xE0 : 0xF0) | c >> 6 * (n - 1));
	for (size_t i = 1; i < n; i++)
		out[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
	return n;
}

static void from_wide(struct recode *r, struct gt_str in, bool last)
{
	size_t i = 0, n = 0;
	while (in.n - i >= 2) {
		uint32_t c = unit(r, in.p + i);
		bool high = c >= 0xD800 && c < 0xDC00;
		if (high && in.n - i < 4 && !last)
			break;
		unsigned low = high && in.n - i >= 4 ? unit(r, in.p + i + 2) : 0;
		bool pair = low >= 0xDC00 && low < 0xE000;
		if (pair)
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		n += put(r->buffer + n, c);
		i += pair ? 4 : 2;
	}
	for (; last && i < in.n; i++)
		r->buffer[n++] = '\xFF';
	r->text = gt_str(r->buffer, n);
	r->bytes = gt_str(in.p, i);
}

/* ---- GB18030 ---- */

/* Bytes of the character at p by its form, whether it is one or not. */
static size_t gb_size(const char *p, size_t n)
{
	const unsigned char *c = (const unsigned char *)p;
	if (c[0] < 0x81 || c[0] == 0xFF || n < 2)
		return 1;
	if (c[1] < 0x30 || c[1] > 0x39)
		return c[1] >= 0x40 && c[1] != 0x7F && c[1] != 0xFF ? 2 : 1;
	bool third = n < 3 || (c[2] >= 0x81 && c[2] != 0xFF);
	bool fourth = n < 4 || (c[3] >= 0x30 && c[3] <= 0x39);
	return third && fourth ? 4 : 1;
}

/* Bytes of s up to the end of its last whole character. */
static size_t whole_characters(struct gt_str s)
{
	size_t i = 0;
	while (i < s.n) {
		if ((unsigned char)s.p[i] < 0x81) {
			i++;
			continue;
		}
		if (s.n - i < 2)
			break;
		size_t size = gb_size(s.p + i, s.n - i);
		if (size > s.n - i)
			break;
		i += size;
	}
	return i;
}

static void from_gb(struct recode *r, struct gt_str in, bool last)
{
	size_t i = 0, n = 0, end = last ? in.n : whole_characters(in);
	while (i < end) {
		size_t written = 0, bad = 0;
		struct gt_str rest = gt_str(in.p + i, end - i);
		size_t room = r->room - n;
		if (gt_converter_run(r->converter, rest, r->buffer + n, room, &written, &bad)) {
			n += written;
			break;
		}
		/* What stands before the bad character converts: that was just seen. */
		if (bad && gt_converter_run(r->converter, gt_str(rest.p, bad), r->buffer + n, room,
				   &written, &(size_t){0}))
			n += written;
		size_t size = gb_size(rest.p + bad, rest.n - bad);
		if (size > rest.n - bad)
			size = rest.n - bad;
		memset(r->buffer + n, 0xFF, size);
		n += size;
		i += bad + size;
	}
	r->text = gt_str(r->buffer, n);
	r->bytes = gt_str(in.p, end);
}

/* ---- both ---- */

bool recode_run(struct recode *r, struct gt_str bytes, bool last)
{
	r->text_at = r->byte_at = 0;
	r->text = r->bytes = bytes;
	if (r->charset == GT_CHARSET_UTF8)
		return true;
	if (r->room < 3 * bytes.n + 4) {
		free(r->buffer);
		r->room = 3 * bytes.n + 4;
		r->buffer = malloc(r->room);
		if (!r->buffer) {
			r->room = 0;
			return false;
		}
	}
	if (is_wide(r->charset))
		from_wide(r, bytes, last);
	else
		from_gb(r, bytes, last);
	return true;
}

/* Bytes in the document of the character at `at` of the text, which takes `size` there. */
static size_t original_size(const struct recode *r, size_t at, size_t size)
{
	if ((unsigned char)r->text.p[at] == 0xFF)
		return 1;
	if (is_wide(r->charset))
		return size == 4 ? 4 : 2;
	return size == 1 ? 1 : gb_size(r->bytes.p + r->byte_at, r->bytes.n - r->byte_at);
}

size_t recode_back(struct recode *r, size_t text_offset)
{
	if (r->charset == GT_CHARSET_UTF8)
		return text_offset;
	if (text_offset < r->text_at)
		r->text_at = r->byte_at = 0;
	while (r->text_at < text_offset) {
		unsigned char c = (unsigned char)r->text.p[r->text_at];
		size_t size = c < 0x80 || c == 0xFF ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
		r->byte_at += original_size(r, r->text_at, size);
		r->text_at += size;
	}
	return r->byte_at;
}
