/* clean.c: see clean.h. Back ends send CHAR(20) padding, NUL padding, U+3000, full-width digits and
 * Excel's leading apostrophe; GB 2312 input methods make no difference between １ and 1. */
#include "clean.h"
#include "flags.h"

enum { KEEP, STOP_SPACE, STOP, STOP_LOWER, STOP_SEPARATOR, STOP_LEAD };

/* What a byte means for the question "is there anything to do?". */
static const unsigned char classes[256] = {
	['\0'] = STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	STOP,
	[' '] = STOP_SPACE,
	[0x7f] = STOP,
	['-'] = STOP_SEPARATOR,
	['.'] = STOP_SEPARATOR,
	['_'] = STOP_SEPARATOR,
	['a'] = STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	STOP_LOWER,
	[0xc2] = STOP_LEAD,
	[0xe2] = STOP_LEAD,
	[0xe3] = STOP_LEAD,
	[0xef] = STOP_LEAD,
};

/* The character at p (p < end) and its length; SIZE_MAX = not UTF-8. Overlong forms, surrogates and
 * values above U+10FFFF are not UTF-8 either. */
static uint32_t decode(const unsigned char *p, const unsigned char *end, size_t *length)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	if (n == 1) {
		*length = 1;
		return p[0];
	}
	*length = SIZE_MAX;
	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	uint32_t c = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*length = n;
	return c;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x3000 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f;
}

#define REPLACED 0xfffdu /* what decoders put where they could not read */

/* Characters that nobody sees, or that say nothing: dropped. */
static bool is_nothing(uint32_t c)
{
	return c == REPLACED || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || c == 0x2060 ||
	       c == 0xfeff;
}

/* The half-width form, or c. Chinese sentences keep their punctuation in free text. */
static uint32_t half_width(uint32_t c, enum gt_cleaning how)
{
	if (c == 0xffe5) /* ￥ */
		return how == GT_CLEAN_TEXT ? c : 0xa5;
	if (c == 0x2212 && how != GT_CLEAN_TEXT) /* minus sign */
		return '-';
	if (c < 0xff01 || c > 0xff5e)
		return c;
	uint32_t half = c - 0xfee0;
	if (how == GT_CLEAN_TEXT && (half == ',' || half == ';' || half == ':' || half == '!' ||
					    half == '?' || half == '~'))
		return c;
	return half;
}

static bool is_separator(uint32_t c)
{
	return c == '-' || c == '.' || c == '_' || c == 0xb7 || c == 0x2022 || c == 0x2027 ||
	       c == 0x2010 || c == 0x2011 || c == 0x2013 || c == 0x2014 || c == 0x30fb ||
	       c == 0xff65;
}

static char *encode(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

struct gt_str gt_clean_trim(struct gt_str in, uint64_t *flags)
{
	size_t n = in.n;

	while (in.n > 0 && (in.p[in.n - 1] == ' ' || in.p[in.n - 1] == '\0'))
		in.n--;
	while (in.n > 0 && in.p[0] == ' ') {
		in.p++;
		in.n--;
	}
	if (in.n != n)
		*flags |= GT_FLAG_TRIMMED;
	return in;
}

/* Excel writes '00123 to keep the zeros of an identifier. */
static bool has_apostrophe(struct gt_str s)
{
	return s.n > 1 && s.p[0] == '\'' && s.p[1] >= '0' && s.p[1] <= '9';
}

/* Characters that the scan must look at closely; the rest of the non-ASCII ones are kept as they
 * are. */
static bool must_change(uint32_t c, enum gt_cleaning how)
{
	return is_space(c) || is_nothing(c) || half_width(c, how) != c ||
	       (how == GT_CLEAN_FORM && is_separator(c));
}

bool gt_clean_is(struct gt_str in, enum gt_cleaning how)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	size_t length;

	if (in.n && (*p == ' ' || end[-1] == ' ' || (how != GT_CLEAN_FORM && has_apostrophe(in))))
		return false;
	for (; p < end; p += length) {
		unsigned char class = classes[*p];
		length = 1;
		/* Most of Chinese: three bytes, nothing overlong, no surrogate, nothing to change.
		 */
		if (*p >= 0xe1 && *p <= 0xec && class == KEEP && end - p >= 3 &&
			(p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
			length = 3;
			continue;
		}
		if (*p >= 0x80) {
			uint32_t c = decode(p, end, &length);
			if (length == SIZE_MAX || (class == STOP_LEAD && must_change(c, how)))
				return false;
			continue;
		}
		if (class == KEEP)
			continue;
		/* One space between words is right, and so is the case of a free text. */
		if (class == STOP || how == GT_CLEAN_FORM || (class == STOP_SPACE && p[-1] == ' '))
			return false;
	}
	return true;
}

size_t gt_clean(struct gt_str in, enum gt_cleaning how, char *out, uint64_t *flags)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	char *at = out;
	bool space = false;
	size_t length;

	for (; p < end; p += length) {
		uint32_t c = decode(p, end, &length);
		if (length == SIZE_MAX)
			return SIZE_MAX;
		if (is_space(c)) {
			*flags |= (space || at == out || c != ' ') && how != GT_CLEAN_FORM
					  ? GT_FLAG_TRIMMED
					  : 0;
			space = true;
			continue;
		}
		if (is_nothing(c)) {
			*flags |= c == REPLACED ? GT_FLAG_DAMAGED : GT_FLAG_TRIMMED;
			continue;
		}
		uint32_t half = half_width(c, how);
		if (half != c)
			*flags |= GT_FLAG_HALF_WIDTH;
		if (how == GT_CLEAN_FORM && is_separator(half)) {
			*flags |= GT_FLAG_SEPARATOR;
			continue;
		}
		if (how == GT_CLEAN_FORM && half >= 'a' && half <= 'z')
			half -= 'a' - 'A';
		if (space && at != out && how == GT_CLEAN_FORM)
			*flags |= GT_FLAG_SEPARATOR;
		else if (space && at != out)
			*at++ = ' ';
		space = false;
		at = encode(at, half);
	}
	*flags |= space ? GT_FLAG_TRIMMED : 0;
	if (how == GT_CLEAN_FORM || !has_apostrophe(gt_str(out, (size_t)(at - out))))
		return (size_t)(at - out);
	*flags |= GT_FLAG_SEPARATOR;
	at--;
	memmove(out, out + 1, (size_t)(at - out));
	return (size_t)(at - out);
}
