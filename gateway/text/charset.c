/* charset.c: detection, strict UTF-8, and conversion by iconv. Nothing here guesses by statistics:
 * they fail on cells and headers. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>

#include "gt_assert.h"
#include <guantong/charset.h>

#define HIGH_BITS 0x8080808080808080u

static uint64_t load8(const unsigned char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

/* Bytes of ASCII from p on. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
	size_t i = 0;
	while (n - i >= 8 && (load8(p + i) & HIGH_BITS) == 0)
		i += 8;
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

bool gt_is_ascii(struct gt_str s)
{
	return ascii_run((const unsigned char *)s.p, s.n) == s.n;
}

static bool trail(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

/* Length of the character at p (not ASCII): 0 = no UTF-8; more than n = cut off at the end. */
static size_t utf8_char(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	if (c < 0xC2 || c > 0xF4)
		return 0;
	if (n > 1) {
		unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
		unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
		if (p[1] < low || p[1] > high)
			return 0;
	}
	for (size_t i = 2; i < length && i < n; i++)
		if (!trail(p[i]))
			return 0;
	return length;
}

/* The same for GB18030: 81–FE then 40–7E, 80–FE; or 81–FE 30–39 81–FE 30–39 below E3329A36, without
 * the gap between the two planes' ranges. */
static size_t gb18030_char(const unsigned char *p, size_t n)
{
	if (p[0] < 0x81 || p[0] > 0xFE)
		return 0;
	if (n < 2)
		return 2;
	if (p[1] >= 0x40)
		return p[1] != 0x7F && p[1] != 0xFF ? 2 : 0;
	if (p[1] < 0x30 || p[1] > 0x39)
		return 0;
	if (n > 2 && (p[2] < 0x81 || p[2] > 0xFE))
		return 0;
	if (n > 3 && (p[3] < 0x30 || p[3] > 0x39))
		return 0;
	if ((p[0] > 0x84 && p[0] < 0x90) || p[0] > 0xE3)
		return 0;
	return 4;
}

/* SIZE_MAX: all of s is characters (a last one cut off counts as one unless whole). */
static size_t first_bad(
	struct gt_str s, bool whole, size_t (*character)(const unsigned char *p, size_t n))
{
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n;) {
		if (p[i] < 0x80) {
			i += ascii_run(p + i, s.n - i);
			continue;
		}
		size_t length = character(p + i, s.n - i);
		if (length == 0)
			return i;
		if (length > s.n - i)
			return whole ? i : SIZE_MAX;
		i += length;
	}
	return SIZE_MAX;
}

size_t gt_utf8_bad(struct gt_str s)
{
	return first_bad(s, true, utf8_char);
}

static bool starts(struct gt_str s, const char *bytes, size_t n)
{
	return s.n >= n && memcmp(s.p, bytes, n) == 0;
}

enum gt_charset gt_charset_detect(struct gt_str head, bool whole, size_t *bom)
{
	*bom = 0;
	if (starts(head, "\xFF\xFE", 2) || starts(head, "\xFE\xFF", 2)) {
		*bom = 2;
		return head.p[0] == '\xFF' ? GT_CHARSET_UTF16LE : GT_CHARSET_UTF16BE;
	}
	if (starts(head, "\xEF\xBB\xBF", 3))
		*bom = 3;
	if (first_bad(head, whole, utf8_char) == SIZE_MAX)
		return GT_CHARSET_UTF8;
	if (*bom == 0 && first_bad(head, whole, gb18030_char) == SIZE_MAX) {
		*bom = starts(head, "\x84\x31\x95\x33", 4) ? 4 : 0; /* U+FEFF */
		return GT_CHARSET_GB18030;
	}
	*bom = 0;
	return GT_CHARSET_NONE;
}

static const struct {
	const char *name;
	enum gt_charset charset;
} names[] = {
	{"UTF-8", GT_CHARSET_UTF8},
	{"GB18030", GT_CHARSET_GB18030},
	{"UTF-16LE", GT_CHARSET_UTF16LE},
	{"UTF-16BE", GT_CHARSET_UTF16BE},
	{"UTF8", GT_CHARSET_UTF8},
	{"GBK", GT_CHARSET_GB18030},
	{"GB2312", GT_CHARSET_GB18030},
	{"CP936", GT_CHARSET_GB18030},
};

const char *gt_charset_name(enum gt_charset charset)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].charset == charset)
			return names[i].name;
	return "";
}

enum gt_charset gt_charset_by_name(struct gt_str name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == name.n &&
			strncasecmp(names[i].name, name.p, name.n) == 0)
			return names[i].charset;
	return GT_CHARSET_NONE;
}

struct gt_converter {
	iconv_t iconv;
	bool identity; /* from UTF-8: check and copy */
};

struct gt_converter *gt_converter_new(enum gt_charset from)
{
	struct gt_converter *converter = gt_alloc(sizeof(*converter));
	converter->identity = from == GT_CHARSET_UTF8;
	if (converter->identity)
		return converter;
	converter->iconv = iconv_open("UTF-8", gt_charset_name(from));
	if (converter->iconv == (iconv_t)-1) { /* NOLINT: iconv's own error value */
		free(converter);
		return NULL;
	}
	return converter;
}

void gt_converter_free(struct gt_converter *converter)
{
	if (converter && !converter->identity)
		iconv_close(converter->iconv);
	free(converter);
}

bool gt_converter_run(struct gt_converter *converter, struct gt_str in, char *out, size_t size,
	size_t *written, size_t *bad)
{
	if (converter->identity) {
		size_t at = gt_utf8_bad(in);
		if (at != SIZE_MAX) {
			*bad = at;
			return false;
		}
		GT_ASSERT(in.n <= size);
		if (in.n)
			memcpy(out, in.p, in.n);
		*written = in.n;
		return true;
	}
	union { /* iconv's prototype lacks a const that its contract has */
		const char *in;
		char *passed;
	} from = {in.p};
	char *to = out;
	size_t left = in.n, room = size;
	iconv(converter->iconv, NULL, NULL, NULL, NULL);
	if (iconv(converter->iconv, &from.passed, &left, &to, &room) == (size_t)-1) {
		GT_ASSERT(errno != E2BIG);
		*bad = in.n - left;
		return false;
	}
	*written = size - room;
	return true;
}

bool gt_charset_selftest(struct gt_err *err)
{
	/* 2-byte, the euro sign, 4-byte outside the first plane, and two that converters disagree
	 * on. */
	static const struct {
		const char *gb, *utf8;
	} points[] = {
		{"\xD5\xC5", "张"},
		{"\xA2\xE3", "€"},
		{"\x95\x34\xB2\x35", "𠮷"},
		{"\xA6\xD9", "\xEF\xB8\x90"},
		{"\xFE\x59", "\xE9\xBE\xB4"},
	};
	struct gt_converter *converter = gt_converter_new(GT_CHARSET_GB18030);
	if (!converter)
		return gt_fail(err, GT_E_CHARSET_MISSING, "GB18030");
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof(points) / sizeof(points[0]); i++) {
		char out[16];
		size_t n, bad;
		ok = gt_converter_run(
			     converter, gt_cstr(points[i].gb), out, sizeof(out), &n, &bad) &&
		     gt_str_eq(gt_str(out, n), gt_cstr(points[i].utf8));
		if (!ok)
			gt_fail(err, GT_E_CHARSET_SELFTEST, points[i].utf8);
	}
	gt_converter_free(converter);
	return ok;
}
