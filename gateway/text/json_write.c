#include "json_write.h"

#include "civil.h"
#include "gt_assert.h"
#include "json_lex.h"

/* What follows the backslash; 'u' = \u00XX. */
static const char escapes[256] = {
	[0] = 'u',
	[1] = 'u',
	[2] = 'u',
	[3] = 'u',
	[4] = 'u',
	[5] = 'u',
	[6] = 'u',
	[7] = 'u',
	[8] = 'b',
	[9] = 't',
	[10] = 'n',
	[11] = 'u',
	[12] = 'f',
	[13] = 'r',
	[14] = 'u',
	[15] = 'u',
	[16] = 'u',
	[17] = 'u',
	[18] = 'u',
	[19] = 'u',
	[20] = 'u',
	[21] = 'u',
	[22] = 'u',
	[23] = 'u',
	[24] = 'u',
	[25] = 'u',
	[26] = 'u',
	[27] = 'u',
	[28] = 'u',
	[29] = 'u',
	[30] = 'u',
	[31] = 'u',
	['"'] = '"',
	['\\'] = '\\',
};

/* High bit of the first byte that needs an escape; above it anything. */
static uint64_t must_escape(uint64_t word)
{
	return gt_zero_bytes(word ^ (GT_ONES * '"')) | gt_zero_bytes(word ^ (GT_ONES * '\\')) |
	       ((word - GT_ONES * 0x20) & ~word & (GT_ONES << 7));
}

static char *put_escape(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	*out++ = '\\';
	*out++ = escapes[c];
	if (escapes[c] == 'u') {
		memcpy(out, "00", 2);
		out[2] = hex[c >> 4];
		out[3] = hex[c & 15];
		out += 4;
	}
	return out;
}

char *gt_json_put_escaped(char *out, struct gt_str s)
{
	const char *p = s.p;
	size_t n = s.n;
	while (n >= 8) {
		uint64_t word = gt_load8(p), hit = must_escape(word);
		memcpy(out, &word, 8); /* room: at least as many bytes follow as are left to read */
		size_t plain = hit ? (size_t)__builtin_ctzll(hit) / 8 : 8;
		out += plain;
		p += plain;
		n -= plain;
		if (hit) {
			out = put_escape(out, (unsigned char)*p++);
			n--;
		}
	}
	for (; n > 0; n--, p++) {
		if (escapes[(unsigned char)*p])
			out = put_escape(out, (unsigned char)*p);
		else
			*out++ = *p;
	}
	return out;
}

char *gt_json_put_text(char *out, struct gt_str s)
{
	*out++ = '"';
	out = gt_json_put_escaped(out, s);
	*out++ = '"';
	return out;
}

/* Decimal digits of v, right-aligned before `end`; returns the first. */
static char *digits_before(char *end, uint64_t v)
{
	do
		*--end = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	return end;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

char *gt_json_put_int(char *out, int64_t v)
{
	char digits[20], *end = digits + sizeof(digits), *from = digits_before(end, magnitude(v));
	if (v < 0)
		*out++ = '-';
	memcpy(out, from, (size_t)(end - from));
	return out + (end - from);
}

char *gt_json_put_decimal(char *out, int64_t v, unsigned scale)
{
	GT_ASSERT(scale <= 18);
	if (scale == 0)
		return gt_json_put_int(out, v);
	char digits[20], *end = digits + sizeof(digits), *from = digits_before(end, magnitude(v));
	while ((size_t)(end - from) <= scale)
		*--from = '0';
	size_t whole = (size_t)(end - from) - scale;
	if (v < 0)
		*out++ = '-';
	memcpy(out, from, whole);
	out += whole;
	*out++ = '.';
	memcpy(out, from + whole, scale);
	return out + scale;
}

static char *put_word(char *out, const char *word, size_t n)
{
	memcpy(out, word, n);
	return out + n;
}

char *gt_json_put_value(char *out, const struct gt_value *value)
{
	switch ((enum gt_kind)value->kind) {
	case GT_NULL:
		return put_word(out, "null", 4);
	case GT_BOOL:
		return value->number ? put_word(out, "true", 4) : put_word(out, "false", 5);
	case GT_TEXT:
		return gt_json_put_text(out, gt_value_str(value));
	case GT_INT:
		return gt_json_put_int(out, value->number);
	case GT_DECIMAL:
		return gt_json_put_decimal(out, value->number, value->scale);
	case GT_DATE:
	case GT_TIME:
		*out++ = '"';
		out += value->kind == GT_DATE && value->scale == GT_MONTHS
			       ? gt_months_write(out, value->number, value->size)
		       : value->kind == GT_DATE
			       ? gt_date_write(out, value->number, (enum gt_precision)value->scale)
			       : gt_time_write(out, value->number, (int)value->size - 1440,
					 (enum gt_precision)value->scale);
		*out++ = '"';
		return out;
	case GT_JSON:
		return put_word(out, value->text, value->size);
	case GT_ABSENT:
	case GT_NUMBER:
		break;
	}
	GT_ASSERT(!"a value behind normalisation");
	return out;
}

void gt_json_add_text(struct gt_buf *buf, struct gt_str s)
{
	char *room = gt_buf_room(buf, GT_JSON_TEXT_ROOM(s.n));
	if (room)
		buf->n += (size_t)(gt_json_put_text(room, s) - room);
}
