/* fixture.h: what the conformance suite needs to know about an adapter. To have an adapter tested:
 * write fixture_<name>.c, add it to meson.build and its fixtures to the list in fixtures.c. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "harness.h"

struct fixture {
	const char *title; /* "file, csv" */
	const struct gt_adapter *adapter;
	const struct gt_format *format; /* NULL = it carries no bytes */
	const char *format_options;     /* YAML; NULL = none */
	const char *const *fields;      /* source fields that the mapping wants; NULL-terminated */
	size_t rows;                    /* that a whole pull of the source gives; some dozens */

	/* Before the first test and behind the last: what is too slow to start for each. NULL =
	 * there is no such thing. */
	void (*begin)(void);
	void (*end)(void);
	/* Makes the source as it is before the first pull, the same each time, and writes the
	 * adapter's options (YAML) for it. Returns what down() takes. */
	void *(*up)(char *options, size_t size);
	void (*down)(void *source);
	/* Options with which open, or else the first poll, fails: nothing is there. */
	void (*absent)(char *options, size_t size);
	/* The source does not answer from here on, until down(): a poll then blocks until it is
	 * interrupted. NULL = the adapter never blocks for long. */
	void (*stall)(void *source);
};

extern const struct fixture *const fixtures[];
extern const size_t fixture_count;

#endif
