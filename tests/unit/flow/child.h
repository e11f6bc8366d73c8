/* child.h: main() of a test program whose isolated adapters run in children of itself. */
#ifndef GT_TEST_CHILD_H
#define GT_TEST_CHILD_H

#include "gt_assert.h"
#include "runner.h"
#include "unit.h"

#include <stdio.h>

extern const struct gt_adapter guantong_adapter_counter;

static inline bool child_open_document(void *self, struct gt_host *host,
	const struct gt_seekable *bytes, struct gt_document *document, struct gt_err *err)
{
	(void)self;
	(void)host;
	(void)bytes;
	(void)document;
	return gt_fail(err, GT_E_INTERRUPTED);
}

static inline enum gt_feed child_rows(void *self, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err)
{
	(void)self;
	(void)batch;
	(void)position;
	(void)fed;
	(void)err;
	return GT_FEED_DONE;
}

static inline void child_end(void *self)
{
	(void)self;
}

static const struct gt_option child_no_options[] = {{0}};
/* A format whose library may crash. */
static const struct gt_format child_format = {.abi = GT_FORMAT_ABI,
	.struct_size = sizeof(struct gt_format),
	.name = "crashing",
	.summary = "-",
	.summary_zh = "-",
	.options = child_no_options,
	.caps = GT_FORMAT_SEEK | GT_FORMAT_ISOLATE,
	.open = child_open_document,
	.rows = child_rows,
	.end = child_end};

static inline void child_registry(void)
{
	static const struct gt_adapter *const adapters[] = {&guantong_adapter_counter, NULL};
	static const struct gt_format *const formats[] = {&child_format, NULL};

	gt_registry_builtin(adapters, formats);
}

/* Modules too, as a gateway's configuration does; the child does it when it is told the folder. */
static inline void child_modules(void)
{
	struct gt_diags diags = {0};
	char text[2048];

	gt_registry_load(getenv("GT_TEST_MODULES"), &diags);
	for (size_t i = 0; i < diags.n; i++)
		fprintf(stderr, "%s\n", gt_err_text(&diags.v[i].err, text, sizeof text));
	if (diags.n > 0)
		exit(EXIT_FAILURE);
	gt_diags_fini(&diags);
}

#define CHILD_MAIN(name, ...)                                                                      \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		const struct unit_test tests[] = {__VA_ARGS__};                                    \
		child_registry();                                                                  \
		if (argc > 1 && strcmp(argv[1], "--isolated-adapter") == 0)                        \
			return gt_child_main(3);                                                   \
		child_modules();                                                                   \
		return unit_run(name, tests, sizeof tests / sizeof *tests);                        \
	}

#endif
