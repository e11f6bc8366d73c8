/* failpoint.h: places where crash tests kill the process. They exist only in the test build
 * (-Dfailpoints=true); elsewhere the macro is nothing.
 * GT_FAILPOINT=name[:n[:stop]] kills with SIGKILL at the n-th passing of that place (1 = first).
 * With stop it is SIGSTOP: the process freezes there until the test lets it go on. */
#ifndef GT_BASE_FAILPOINT_H
#define GT_BASE_FAILPOINT_H

#ifdef GT_FAILPOINTS
void gt_failpoint(const char *name);
#define GT_FAILPOINT(name) gt_failpoint(name)
#else
#define GT_FAILPOINT(name) ((void)0)
#endif

#endif
