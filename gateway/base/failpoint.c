/* failpoint.c: dies or stops where GT_FAILPOINT says. Nothing outside the test build. */
#include "failpoint.h"

#ifdef GT_FAILPOINTS
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static char wanted[64];
static atomic_long left; /* passings until death */
static int how = SIGKILL;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_wish(void)
{
	const char *wish = getenv("GT_FAILPOINT");
	size_t n = wish ? strcspn(wish, ":") : 0;

	if (n == 0 || n >= sizeof wanted)
		return;
	memcpy(wanted, wish, n);
	char *end = NULL;
	atomic_store(&left, wish[n] == ':' ? strtol(wish + n + 1, &end, 10) : 1);
	if (end != NULL && strcmp(end, ":stop") == 0)
		how = SIGSTOP;
}

void gt_failpoint(const char *name)
{
	pthread_once(&once, read_wish);
	if (strcmp(name, wanted) == 0 && atomic_fetch_sub(&left, 1) == 1)
		raise(how);
}
#else
typedef int gt_failpoint_unused; /* ISO C wants a declaration in every unit */
#endif
