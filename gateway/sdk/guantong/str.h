/* str.h: text as a view. Never owns, never NUL-terminated by promise; the owner is said wherever
 * one is handed over. */
#ifndef GUANTONG_STR_H
#define GUANTONG_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GT_MUST_CHECK __attribute__((warn_unused_result))
#define GT_PRINTF(f, a) __attribute__((format(printf, f, a)))

struct gt_str {
	const char *p; /* NULL means "none", which differs from empty only where said */
	size_t n;
};

/* For printf("%.*s", GT_STR_ARGS(s)). */
#define GT_STR_ARGS(s) (int)(s).n, (s).p ? (s).p : ""
#define GT_LIT(literal) ((struct gt_str){"" literal, sizeof(literal) - 1})

static inline struct gt_str gt_str(const char *p, size_t n)
{
	return (struct gt_str){p, n};
}

/* A view of a C string; NULL gives none. */
static inline struct gt_str gt_cstr(const char *p)
{
	return (struct gt_str){p, p ? strlen(p) : 0};
}

static inline bool gt_str_eq(struct gt_str a, struct gt_str b)
{
	return a.n == b.n && (a.n == 0 || (a.p && b.p && memcmp(a.p, b.p, a.n) == 0));
}

#endif
