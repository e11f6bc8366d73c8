/* quality_fixture.h: the national standard, as installed. */
#ifndef GT_QUALITY_FIXTURE_H
#define GT_QUALITY_FIXTURE_H

#include "standard.h"
#include "unit.h"

#include <stdio.h>

static struct gt_standard *standard;

static inline void national(void)
{
	const struct gt_str spec = GT_LIT("national@1");
	struct gt_diags diags = {0};
	char path[1024];

	snprintf(path, sizeof path, "%s/standards", getenv("GT_SOURCE_ROOT"));
	standard = gt_standard_load(path, &spec, 1, GT_LIT("jgsw"), &diags);
	ck_assert_ptr_nonnull(standard);
}

static inline void drop_national(void)
{
	gt_standard_unref(standard);
	standard = NULL;
}

#endif
