/* said.h: what the log says while a test runs; stderr goes into a file meanwhile.
 *	said_start(); … ck_assert(said(GT_E_SLOT_TAKEN)); said_stop();
 * Check runs every test in a process of its own, so nothing of it outlives the test. */
#ifndef GT_SAID_H
#define GT_SAID_H

#include "gt_assert.h"
#include <guantong/error.h>

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#define SAID_MAX (1u << 20)

static int said_file = -1, said_stderr = -1;

static inline void said_start(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	said_file = dup(fileno(file));
	fclose(file);
	said_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(said_file, STDERR_FILENO), 0);
}

/* A line of that code has been written. */
static inline bool said(enum gt_code code)
{
	char *text = gt_alloc(SAID_MAX), number[16];
	ssize_t n = pread(said_file, text, SAID_MAX - 1, 0);
	bool found;

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	snprintf(number, sizeof number, " GT%04d ", (int)code);
	found = strstr(text, number) != NULL;
	free(text);
	return found;
}

static inline void said_stop(void)
{
	dup2(said_stderr, STDERR_FILENO);
	close(said_stderr);
	close(said_file);
}

#endif
