#include "json_lex.h"

#include "gt_assert.h"

void gt_lex_fail(struct gt_lex *lex)
{
	if (lex->broken)
		return;
	lex->broken = true;
	const char *at = GT_TEXT("%zu", (size_t)(lex->at - lex->start));
	if (lex->at >= lex->end)
		gt_fail(lex->err, GT_E_JSON_CUT_OFF, at);
	else
		gt_fail(lex->err, GT_E_JSON_UNEXPECTED, at);
}

void gt_lex_space(struct gt_lex *lex)
{
	while (lex->at < lex->end && gt_json_is_space(*lex->at))
		lex->at++;
}

bool gt_lex_take(struct gt_lex *lex, char c)
{
	gt_lex_space(lex);
	if (lex->broken || lex->at == lex->end || *lex->at != c)
		return false;
	lex->at++;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at p, or -1. */
static int hex4(const char *p, size_t n)
{
	int code = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = i < n ? hex_digit(p[i]) : -1;
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

/* Length of the escape at p (its backslash), 0 = none. A pair of surrogates is one escape. */
static size_t escape_length(const char *p, size_t n)
{
	if (n < 2)
		return 0;
	if (p[1] != 'u')
		return strchr("\"\\/bfnrt", p[1]) && p[1] ? 2 : 0;
	int code = hex4(p + 2, n - 2);
	if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF))
		return 0;
	if (code < 0xD800 || code > 0xDBFF)
		return 6;
	int low = n >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, n - 8) : -1;
	return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

struct gt_str gt_lex_string(struct gt_lex *lex)
{
	struct gt_str none = {0};
	if (lex->broken || lex->at == lex->end || *lex->at != '"') {
		gt_lex_fail(lex);
		return none;
	}
	const char *from = lex->at + 1, *p = from;
	for (;;) {
		while (p < lex->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
			p++;
		if (p < lex->end && *p == '"')
			break;
		size_t escape =
			p < lex->end && *p == '\\' ? escape_length(p, (size_t)(lex->end - p)) : 0;
		if (escape == 0) {
			lex->at = p;
			gt_lex_fail(lex);
			return none;
		}
		p += escape;
	}
	lex->at = p + 1;
	return gt_str(from, (size_t)(p - from));
}

static void digits(struct gt_lex *lex)
{
	const char *from = lex->at;
	while (lex->at < lex->end && *lex->at >= '0' && *lex->at <= '9')
		lex->at++;
	if (lex->at == from)
		gt_lex_fail(lex);
}

static bool next_is(const struct gt_lex *lex, const char *any)
{
	return lex->at < lex->end && *lex->at && strchr(any, *lex->at);
}

static void number(struct gt_lex *lex)
{
	if (next_is(lex, "-"))
		lex->at++;
	if (next_is(lex, "0"))
		lex->at++;
	else
		digits(lex);
	if (!lex->broken && next_is(lex, ".")) {
		lex->at++;
		digits(lex);
	}
	if (!lex->broken && next_is(lex, "eE")) {
		lex->at++;
		if (next_is(lex, "+-"))
			lex->at++;
		digits(lex);
	}
}

static void scalar(struct gt_lex *lex)
{
	static const char *const words[] = {"true", "false", "null"};
	if (next_is(lex, "\"")) {
		gt_lex_string(lex);
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(lex->end - lex->at) >= n && memcmp(lex->at, words[i], n) == 0) {
			lex->at += n;
			return;
		}
	}
	number(lex);
}

struct open {             /* the containers around the cursor */
	uint64_t objects; /* bit d: the one at depth d + 1 is an object */
	unsigned depth, max;
};

static bool in_object(const struct open *open)
{
	return open->objects >> (open->depth - 1) & 1;
}

/* The key of an object's next member, up to its colon. */
static void member_key(struct gt_lex *lex)
{
	gt_lex_space(lex);
	gt_lex_string(lex);
	if (!gt_lex_take(lex, ':'))
		gt_lex_fail(lex);
}

/* The cursor is on a bracket. False: the container is empty, so it is closed again. */
static bool enter(struct gt_lex *lex, struct open *open)
{
	bool object = *lex->at == '{';
	if (open->depth == open->max) {
		gt_fail(lex->err, GT_E_JSON_DEPTH, GT_TEXT("%u", GT_JSON_DEPTH_MAX));
		lex->broken = true;
		return false;
	}
	lex->at++;
	if (gt_lex_take(lex, object ? '}' : ']'))
		return false;
	uint64_t bit = UINT64_C(1) << open->depth++;
	open->objects = object ? open->objects | bit : open->objects & ~bit;
	if (object)
		member_key(lex);
	return true;
}

/* Behind a value: closes containers up to a comma. False: the outermost is closed. */
static bool next_value(struct gt_lex *lex, struct open *open)
{
	for (; open->depth > 0 && !lex->broken; open->depth--) {
		bool object = in_object(open);
		if (gt_lex_take(lex, ',')) {
			if (object)
				member_key(lex);
			return true;
		}
		if (!gt_lex_take(lex, object ? '}' : ']'))
			gt_lex_fail(lex);
	}
	return false;
}

struct gt_str gt_lex_value(struct gt_lex *lex, unsigned depth)
{
	struct open open = {.max = depth < GT_JSON_DEPTH_MAX ? depth : GT_JSON_DEPTH_MAX};
	gt_lex_space(lex);
	const char *from = lex->at;
	bool more = true;
	while (more && !lex->broken) {
		gt_lex_space(lex);
		if (next_is(lex, "{["))
			more = enter(lex, &open);
		else {
			scalar(lex);
			more = false;
		}
		if (!more)
			more = next_value(lex, &open);
	}
	return lex->broken ? (struct gt_str){0} : gt_str(from, (size_t)(lex->at - from));
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xC0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3F));
	} else if (code < 0x10000) {
		*out++ = (char)(0xE0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	} else {
		*out++ = (char)(0xF0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3F));
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	}
	return out;
}

/* The escape at p, of the length that escape_length() gave. */
static char *put_escape(char *out, const char *p, size_t length)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (length == 2) {
		*out++ = to[strchr(from, p[1]) - from];
		return out;
	}
	unsigned code = (unsigned)hex4(p + 2, 4);
	if (length == 12)
		code = 0x10000 + ((code - 0xD800) << 10) + ((unsigned)hex4(p + 8, 4) - 0xDC00);
	return put_utf8(out, code);
}

static bool is_trail(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

size_t gt_json_unescape(struct gt_str escaped, char *out, size_t size)
{
	const char *p = escaped.p, *end = p + escaped.n;
	char *to = out, *limit = out + size, plain[4];
	for (size_t length; p < end; p += length) {
		if (*p != '\\') {
			if (to == limit)
				break;
			*to++ = *p;
			length = 1;
			continue;
		}
		length = escape_length(p, (size_t)(end - p));
		GT_ASSERT(length != 0);
		size_t n = (size_t)(put_escape(plain, p, length) - plain);
		if (n > (size_t)(limit - to))
			return (size_t)(to - out);
		memcpy(to, plain, n);
		to += n;
	}
	if (p < end && is_trail(*p)) { /* not half a character */
		while (to > out && is_trail(to[-1]))
			to--;
		to -= to > out;
	}
	return (size_t)(to - out);
}

bool gt_json_key_is(struct gt_str escaped, struct gt_str word)
{
	if (!escaped.n || !memchr(escaped.p, '\\', escaped.n))
		return gt_str_eq(escaped, word);
	char plain[GT_JSON_KEY_MAX + 1];
	return word.n <= GT_JSON_KEY_MAX &&
	       gt_str_eq(gt_str(plain, gt_json_unescape(escaped, plain, sizeof(plain))), word);
}
