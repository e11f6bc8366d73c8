/* json_lex.h: strict walking over JSON text that is whole in memory, and the word-wise search
 * inside strings. For text/, and for whoever looks at a row of a batch. */
#ifndef GT_TEXT_JSON_LEX_H
#define GT_TEXT_JSON_LEX_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <guantong/json.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "first match = lowest byte");

#define GT_ONES 0x0101010101010101u

static inline uint64_t gt_load8(const char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

/* High bit of each zero byte; bytes above the first match may be wrong. */
static inline uint64_t gt_zero_bytes(uint64_t word)
{
	return (word - GT_ONES) & ~word & (GT_ONES << 7);
}

/* Bytes before the first quote or backslash, n if there is none. */
static inline size_t gt_json_run(const char *p, size_t n)
{
	size_t i = 0;
#ifdef __SSE2__
	const __m128i quotes = _mm_set1_epi8('"'), slashes = _mm_set1_epi8('\\');
	for (; n - i >= 16; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i hits =
			_mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, slashes));
		unsigned mask = (unsigned)_mm_movemask_epi8(hits);
		if (mask)
			return i + (size_t)__builtin_ctz(mask);
	}
#endif
	for (; n - i >= 8; i += 8) {
		uint64_t word = gt_load8(p + i);
		uint64_t hit = gt_zero_bytes(word ^ (GT_ONES * '"')) |
			       gt_zero_bytes(word ^ (GT_ONES * '\\'));
		if (hit)
			return i + (size_t)__builtin_ctzll(hit) / 8;
	}
	while (i < n && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

static inline bool gt_json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A cursor over whole text; sticky: after the first error `at` stays and nothing moves. */
struct gt_lex {
	const char *start, *at, *end;
	struct gt_err *err;
	bool broken;
};

void gt_lex_fail(struct gt_lex *lex); /* "unexpected character" or "cut off" at `at` */
void gt_lex_space(struct gt_lex *lex);
bool gt_lex_take(
	struct gt_lex *lex, char c); /* space, then c; false (no error) if another follows */
/* A string, `at` on its quote; returns what stands between the quotes, still escaped. */
struct gt_str gt_lex_string(struct gt_lex *lex);
/* A value of any kind, at most `depth` containers deep; returns its lexeme. */
struct gt_str gt_lex_value(struct gt_lex *lex, unsigned depth);

/* Unescapes what stands between the quotes of a string that has been through gt_lex_string(): as
 * many whole characters as fit into size. Returns the bytes written; escaped.n bytes always
 * suffice. */
size_t gt_json_unescape(struct gt_str escaped, char *out, size_t size);
/* Is the escaped key `word`? */
#define GT_JSON_KEY_MAX 256u /* bytes of a key that can be found though it is escaped */
bool gt_json_key_is(struct gt_str escaped, struct gt_str word);

#endif
