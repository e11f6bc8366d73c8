/* gt_assert.c: the end of the process, in one sentence. */
#include "gt_assert.h"
#include <stdio.h>
#include <stdlib.h>

_Noreturn void gt_assert_failed(const char *expression, const char *file, int line)
{
	/* Not from the catalogue: this is for whoever repairs the program, and nothing that could
	 * itself be broken may run now. */
	fprintf(stderr, "guantong: broken invariant: %s (%s:%d)\n", expression, file, line);
	abort();
}

void *gt_alloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	GT_ASSERT(p != NULL && "out of memory");
	return p;
}

void *gt_realloc(void *p, size_t bytes)
{
	void *q = realloc(p, bytes ? bytes : 1);

	GT_ASSERT(q != NULL && "out of memory");
	return q;
}

char *gt_strdup(struct gt_str s)
{
	char *copy = gt_alloc(s.n + 1);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}
