/* garbled.c: see garbled.h. A wrong decoding is undone by encoding again; that the bytes are then
 * strict UTF-8 with Chinese characters in it is no accident. */
#include "garbled.h"

#include "gt_assert.h"

#include <guantong/charset.h>
#include <iconv.h>
#include <stdlib.h>

#define FIRST_HAN 0x4E00u
#define LAST_HAN 0x9FFFu
#define ROUNDS 3 /* some systems do it twice */

struct gt_garbled {
	iconv_t to_gb; /* from UTF-8 */
	struct gt_converter *from_gb;
	/* Characters that the first two bytes of a Chinese character's UTF-8 are in GBK. */
	uint64_t first[(LAST_HAN - FIRST_HAN) / 64 + 1];
};

/* The character at p of valid UTF-8, and its length. */
static uint32_t decode(const unsigned char *p, size_t *length)
{
	*length = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	uint32_t c = *length == 1 ? p[0] : p[0] & (0xFFu >> (*length + 1));
	for (size_t i = 1; i < *length; i++)
		c = c << 6 | (p[i] & 0x3Fu);
	return c;
}

static bool is_han(uint32_t c)
{
	return c >= FIRST_HAN && c <= LAST_HAN;
}

struct gt_garbled *gt_garbled_new(void)
{
	struct gt_garbled *g = gt_alloc(sizeof *g);
	size_t n, bad;

	g->to_gb = iconv_open("GB18030", "UTF-8");
	g->from_gb = gt_converter_new(GT_CHARSET_GB18030);
	if (g->to_gb == (iconv_t)-1 || !g->from_gb) { /* NOLINT: iconv's own error value */
		if (g->to_gb != (iconv_t)-1)          /* NOLINT */
			iconv_close(g->to_gb);
		gt_converter_free(g->from_gb);
		free(g);
		return NULL;
	}
	for (unsigned lead = 0xE4; lead <= 0xE9; lead++) {
		for (unsigned trail = 0x80; trail <= 0xBF; trail++) {
			char pair[2] = {(char)lead, (char)trail}, out[16];
			uint32_t c;
			if (!gt_converter_run(
				    g->from_gb, gt_str(pair, 2), out, sizeof out, &n, &bad))
				continue;
			c = decode((const unsigned char *)out, &n);
			if (is_han(c))
				g->first[(c - FIRST_HAN) / 64] |= UINT64_C(1)
								  << (c - FIRST_HAN) % 64;
		}
	}
	return g;
}

void gt_garbled_free(struct gt_garbled *g)
{
	if (!g)
		return;
	iconv_close(g->to_gb);
	gt_converter_free(g->from_gb);
	free(g);
}

/* 锟斤拷 is U+FFFD twice, read as GBK. */
static bool has_ruin(struct gt_str s)
{
	const char *p = s.p, *end = s.p + s.n;

	for (; s.n && (p = memchr(p, 0xE9, (size_t)(end - p))) != NULL; p++)
		if (end - p >= 9 && memcmp(p, "锟斤拷", 9) == 0)
			return true;
	return false;
}

static bool is_marks(struct gt_str s)
{
	size_t marks = 0;

	while (marks < s.n && s.p[marks] == '?')
		marks++;
	return marks > 1 && marks == s.n;
}

bool gt_garbled_suspect(const struct gt_garbled *g, struct gt_str s)
{
	size_t i = 0, length;

	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	if (i == s.n)
		return s.n > 1 && s.p[0] == '?' && is_marks(s);
	uint32_t c = decode((const unsigned char *)s.p + i, &length);
	if (is_han(c) ? g->first[(c - FIRST_HAN) / 64] >> (c - FIRST_HAN) % 64 & 1
		      : c >= 0xA0 && c <= 0xFF)
		return true;
	return has_ruin(s);
}

/* The byte of Windows-1252 that is this character, or -1. */
static int latin(uint32_t c)
{
	static const uint16_t high[32] = {0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
		0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018,
		0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
		0x0153, 0x9D, 0x017E, 0x0178};

	if (c < 0x80 || (c >= 0xA0 && c <= 0xFF))
		return (int)c;
	for (int i = 0; i < 32; i++)
		if (high[i] == c)
			return 0x80 + i;
	return c < 0xA0 ? (int)c : -1;
}

/* The bytes that were read as Latin-1; SIZE_MAX = they cannot have been. */
static size_t latin_bytes(struct gt_str s, char *out)
{
	size_t n = 0, length;

	for (size_t i = 0; i < s.n; i += length) {
		int byte = latin(decode((const unsigned char *)s.p + i, &length));
		if (byte < 0)
			return SIZE_MAX;
		out[n++] = (char)byte;
	}
	return n;
}

static size_t gb_bytes(struct gt_garbled *g, struct gt_str s, char *out, size_t size)
{
	union { /* iconv's prototype lacks a const that its contract has */
		const char *in;
		char *passed;
	} from = {s.p};
	size_t left = s.n, room = size;

	iconv(g->to_gb, NULL, NULL, NULL, NULL);
	if (iconv(g->to_gb, &from.passed, &left, &out, &room) == (size_t)-1)
		return SIZE_MAX;
	return size - room;
}

static bool has_han(struct gt_str s)
{
	bool han = false;
	size_t length;

	for (size_t i = 0; i < s.n && !han; i += length)
		han = is_han(decode((const unsigned char *)s.p + i, &length));
	return han;
}

/* All of it UTF-8, or all but a last character of which a part is gone. */
static enum gt_garbled_is judge(struct gt_str bytes)
{
	size_t bad = gt_utf8_bad(bytes);
	size_t whole = bad == SIZE_MAX ? bytes.n : bad;

	if (bad == SIZE_MAX)
		return GT_GARBLED_REGAINED;
	if (!has_han(gt_str(bytes.p, whole)))
		return GT_GARBLED_NOT;
	/* The cut character is an E4–E9 with what the decoder made of its odd byte: "?". */
	return whole >= 6 && bytes.n - whole <= 3 ? GT_GARBLED_LOST : GT_GARBLED_NOT;
}

/* GB 2312's first level only, at least two characters: Western words with two accents in a row are
 * rare, four are none. */
static bool is_gb2312(struct gt_str s)
{
	size_t han = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x80)
			continue;
		if (i + 1 == s.n || c < 0xA1 || c > 0xF7 || (unsigned char)s.p[i + 1] < 0xA1)
			return false;
		han += c >= 0xB0;
		i++;
	}
	return han >= 2;
}

static enum gt_garbled_is one_round(
	struct gt_garbled *g, struct gt_str s, char *bytes, size_t size, char *out, size_t *n)
{
	size_t bad, count = latin_bytes(s, bytes);
	enum gt_garbled_is is = GT_GARBLED_NOT;

	if (count != SIZE_MAX) {
		is = judge(gt_str(bytes, count));
		if (is == GT_GARBLED_NOT && is_gb2312(gt_str(bytes, count)))
			return gt_converter_run(
				       g->from_gb, gt_str(bytes, count), out, 3 * size, n, &bad)
				       ? GT_GARBLED_REGAINED
				       : GT_GARBLED_NOT;
	} else {
		count = gb_bytes(g, s, bytes, size);
		is = count == SIZE_MAX ? GT_GARBLED_NOT : judge(gt_str(bytes, count));
	}
	if (is == GT_GARBLED_REGAINED) {
		memcpy(out, bytes, count);
		*n = count;
	}
	return is;
}

enum gt_garbled_is gt_garbled_read(struct gt_garbled *g, struct gt_str s, char *out, size_t *n)
{
	char bytes[2 * GT_GARBLED_MAX], was[6 * GT_GARBLED_MAX];
	enum gt_garbled_is all = GT_GARBLED_NOT;
	struct gt_str now = s;

	if (has_ruin(s) || is_marks(s))
		return GT_GARBLED_LOST;
	if (s.n > GT_GARBLED_MAX || !gt_garbled_suspect(g, s))
		return GT_GARBLED_NOT;
	for (int i = 0; i < ROUNDS; i++) {
		size_t count;
		enum gt_garbled_is is = one_round(g, now, bytes, sizeof bytes, was, &count);
		if (is == GT_GARBLED_NOT || (is == GT_GARBLED_REGAINED && count > s.n))
			break;
		if (is == GT_GARBLED_LOST)
			return is;
		memcpy(out, was, count);
		*n = count;
		now = gt_str(out, count);
		/* Only Chinese characters prove it; done twice, they come in the second round. */
		if (has_han(now))
			all = is;
		if (!gt_garbled_suspect(g, now))
			break;
	}
	return all;
}
