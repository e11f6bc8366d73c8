/* pull.h: a drop folder, the file adapter on it, and what it published. */
#ifndef TESTS_PULL_H
#define TESTS_PULL_H

#include "drop.h"
#include "harness.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

extern const struct gt_adapter guantong_adapter_file;
extern const struct gt_format guantong_format_lines, guantong_format_blocks, guantong_format_csv,
	guantong_format_json, guantong_format_jsonl;
static const char *const pull_fields[] = {"line", NULL};

struct pull {
	struct drop *drop;
	const struct gt_adapter *adapter;
	const struct gt_format *format;
	const char *format_options; /* YAML; NULL = none */
	struct world world;
	struct harness h;
	char options[2048];
	bool open;
};

static inline void pull_init(struct pull *p, const char *options)
{
	*p = (struct pull){.drop = drop_new(),
		.adapter = &guantong_adapter_file,
		.format = &guantong_format_lines};
	snprintf(p->options, sizeof p->options, "folder: %s\n%s", p->drop->path, options);
}

static inline void pull_fini(struct pull *p)
{
	if (p->open)
		harness_close(&p->h);
	world_free(&p->world);
	drop_free(p->drop);
}

static inline void put(struct pull *p, const char *name, const char *text, int order)
{
	drop_put(p->drop, name, gt_cstr(text), order);
}

static inline void pull_good(bool ok, const struct gt_err *err)
{
	char text[1024];
	ck_assert_msg(ok, "%s", gt_err_text(err, text, sizeof text));
}

/* The gateway (re)starts with the cursor of a step; NULL = none, or the last one that was
 * committed. */
static inline void pull_start(struct pull *p, const struct step *step)
{
	struct gt_err err = {0};
	struct gt_str cursor = step ? step_cursor(step) : gt_str(NULL, 0);
	if (p->open)
		harness_close(&p->h);
	p->open = true;
	harness_init(&p->h, &p->world, p->adapter, p->format, p->options, p->format_options,
		pull_fields);
	pull_good(harness_open(&p->h, cursor, &err), &err);
	pull_good(harness_commit(&p->h, cursor, &err), &err);
}

static inline struct step pull_poll(struct pull *p, size_t records)
{
	struct gt_err err = {0};
	struct gt_limits limits = harness_limits;
	limits.max_records = records;
	struct step step = harness_poll(&p->h, limits, &err);
	pull_good(step.result != GT_POLL_ERROR, &err);
	return step;
}

static inline void pull_commit(struct pull *p, const struct step *step)
{
	struct gt_err err = {0};
	pull_good(harness_commit(&p->h, step_cursor(step), &err), &err);
}

/* Polls, waits and commits until nothing is left. */
static inline void pull_all(struct pull *p)
{
	struct step step;
	do {
		step = pull_poll(p, GT_BATCH_ROWS_MAX);
		if (step.cursor_set)
			pull_commit(p, &step);
		if (step.result == GT_POLL_WAIT)
			harness_wait(&p->h);
	} while (step.result != GT_POLL_IDLE);
}

/* All rows so far; ends with NULL. */
static inline void pull_rows(struct pull *p, ...)
{
	va_list rows;
	const char *row;
	size_t n = 0;
	va_start(rows, p);
	for (; (row = va_arg(rows, const char *)) != NULL; n++) {
		ck_assert_uint_lt(n, p->world.row_count);
		ck_assert_str_eq(p->world.rows[n], row);
	}
	va_end(rows);
	ck_assert_uint_eq(p->world.row_count, n);
}

#endif
