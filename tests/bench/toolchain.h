/* toolchain.h: what instruction counts depend on: compiler, libc, machine. */
#ifndef BENCH_TOOLCHAIN_H
#define BENCH_TOOLCHAIN_H

#include "gt_assert.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <sys/utsname.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__SANITIZE_UNDEFINED__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INSTRUMENTED 1
#endif
#endif

/* "unoptimised": there is nothing to count. */
static inline void print_toolchain(void)
{
	struct utsname machine;

	GT_ASSERT(uname(&machine) == 0);
#if defined(INSTRUMENTED) || !defined(__OPTIMIZE__)
	printf("unoptimised\n");
#elif defined(__clang__)
	printf("clang-%d glibc-%s %s\n", __clang_major__, gnu_get_libc_version(), machine.machine);
#else
	printf("gcc-%d glibc-%s %s\n", __GNUC__, gnu_get_libc_version(), machine.machine);
#endif
}

#endif
