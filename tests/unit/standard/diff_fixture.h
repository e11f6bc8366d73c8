/* diff_fixture.h: two standards, each a sound base package with files written over it, and what the
 * comparison tells of them. */
#ifndef DIFF_FIXTURE_H
#define DIFF_FIXTURE_H

#include "diff.h"
#include "standard_fixture.h"

#include "buf.h"

struct file {
	const char *name, *text; /* name NULL = none */
};

/* One line a change: "class entity.name property was>is (package)". */
static inline void diff_told(void *arg, const struct gt_change *change)
{
	static const char *const classes[] = {"wording", "compatible", "breaking"};

	gt_buf_addf(arg, "%s %.*s.%.*s %s %.*s>%.*s", classes[change->class],
		GT_STR_ARGS(change->entity), GT_STR_ARGS(change->name), change->property,
		GT_STR_ARGS(change->was), GT_STR_ARGS(change->is));
	if (change->package.n)
		gt_buf_addf(arg, " (%.*s)", GT_STR_ARGS(change->package));
	gt_buf_adds(arg, "\n");
}

/* Compares base@1 and, where it is named, `overlay`; checks what is told, and how many versions do
 * not say it. */
static inline void diff_expect(int number, const char *overlay, const struct file *was,
	const struct file *is, const char *expected, size_t unversioned)
{
	struct fixture before, after;
	struct gt_buf out;

	fixture_start(&before);
	fixture_base(&before);
	fixture_start(&after);
	fixture_base(&after);
	for (; was && was->name; was++)
		fixture_put(&before, was->name, was->text);
	for (; is && is->name; is++)
		fixture_put(&after, is->name, is->text);
	ck_assert_msg(fixture_load(&before, "base@1", overlay) != NULL, "%d: older", number);
	if (!fixture_load(&after, "base@1", overlay))
		fixture_expect(&after, GT_E_STD_FILE_KIND, "-", "the newer standard loads");
	gt_buf_init(&out, 65536);
	struct gt_diff_counts counts =
		gt_standard_diff(before.standard, after.standard, diff_told, &out);
	ck_assert_msg(strcmp(gt_buf_cstr(&out), expected) == 0, "%d: told\n%s, not\n%s", number,
		gt_buf_cstr(&out), expected);
	ck_assert_msg(counts.unversioned == unversioned, "%d: %zu versions, not %zu", number,
		counts.unversioned, unversioned);
	gt_buf_fini(&out);
	fixture_end(&before);
	fixture_end(&after);
}

#endif
