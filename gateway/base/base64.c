/* base64.c: see base64.h. */
#include "base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(char *out, const unsigned char *in, size_t n, const char *alphabet)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)in[i] << 16;

		v |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		v |= left > 2 ? (uint32_t)in[i + 2] : 0;
		out[w++] = alphabet[v >> 18];
		out[w++] = alphabet[v >> 12 & 63];
		if (left > 1)
			out[w++] = alphabet[v >> 6 & 63];
		if (left > 2)
			out[w++] = alphabet[v & 63];
	}
	return w;
}

void gt_base64_add(struct gt_buf *out, struct gt_str bytes)
{
	size_t size = (bytes.n + 2) / 3 * 4;
	char *room = gt_buf_room(out, size);
	size_t n;

	if (!room)
		return;
	n = encode(room, (const unsigned char *)bytes.p, bytes.n, standard);
	memset(room + n, '=', size - n);
	out->n += size;
}

size_t gt_base64url_write(char *out, const void *bytes, size_t n)
{
	return encode(out, bytes, n, url);
}

bool gt_base64_decode(struct gt_str text, void *out, size_t size, size_t *n)
{
	unsigned char *to = out;
	uint32_t v = 0;
	size_t bits = 0, w = 0, end = text.n;

	if (text.n % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && end > 0 && text.p[end - 1] == '='; pad++)
		end--;
	for (size_t i = 0; i < end; i++) {
		const char *at = text.p[i] ? strchr(standard, text.p[i]) : NULL;

		if (!at)
			return false;
		v = v << 6 | (uint32_t)(at - standard);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (w == size)
			return false;
		to[w++] = (unsigned char)(v >> bits);
	}
	*n = w;
	return true;
}
