/* pattern.c: regular expressions of the standard and of mappings, compiled once. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "load.h"

#include <pcre2.h>

/* Carried by the pattern itself, so that they hold whoever matches: a match that would exceed them
 * fails. */
#define LIMITS "(*LIMIT_MATCH=20000)(*LIMIT_DEPTH=500)(*LIMIT_HEAP=256)"

static size_t characters(const char *p, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)p[i] & 0xC0) != 0x80;
	return n;
}

void *gt_pattern_make(struct gt_str text, bool whole, struct gt_arena *memory,
	char message[GT_PATTERN_MESSAGE], size_t *column)
{
	struct gt_str all = gt_arena_printf(memory, LIMITS "%.*s", GT_STR_ARGS(text));
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
			   (whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0);
	int code;
	size_t at, head = strlen(LIMITS);
	pcre2_code *made = pcre2_compile((PCRE2_SPTR)all.p, all.n, options, &code, &at, NULL);

	if (made)
		return made;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)message, GT_PATTERN_MESSAGE);
	*column = characters(text.p, at > head ? at - head : 0) + 1;
	return NULL;
}

void gt_pattern_free(void *pattern)
{
	pcre2_code_free(pattern);
}
