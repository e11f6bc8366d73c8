/* assert.h: broken invariants abort at once, also in release builds. */
#ifndef GT_BASE_ASSERT_H
#define GT_BASE_ASSERT_H

#include <guantong/str.h>

_Noreturn void gt_assert_failed(const char *expression, const char *file, int line);
#define GT_ASSERT(e) ((e) ? (void)0 : gt_assert_failed(#e, __FILE__, __LINE__))

/* Control-path allocation: out of memory there is not a state anyone can act on, so it aborts (with
 * a sentence). The record path allocates from arenas that know their maximum. Freed with free(). */
void *gt_alloc(size_t bytes) GT_MUST_CHECK; /* zeroed */
void *gt_realloc(void *p, size_t bytes) GT_MUST_CHECK;
char *gt_strdup(struct gt_str s) GT_MUST_CHECK; /* NUL-terminated copy */

#endif
