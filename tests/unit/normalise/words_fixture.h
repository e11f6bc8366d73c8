/* words_fixture.h: the words of the national standard, for tests of what reads single values. */
#ifndef GT_NORMALISE_WORDS_FIXTURE_H
#define GT_NORMALISE_WORDS_FIXTURE_H

#include "standard.h"
#include "unit.h"

#include <stdio.h>

/* Loaded once per process. */
static inline const struct gt_words *test_words(void)
{
	static struct gt_standard *standard;
	struct gt_str specs[] = {GT_LIT("national@1")};
	struct gt_diags diags = {0};
	const char *root = getenv("GT_SOURCE_ROOT");
	char path[1024], text[2048];

	if (standard)
		return gt_standard_words(standard);
	snprintf(path, sizeof path, "%s/standards", root ? root : ".");
	standard = gt_standard_load(path, specs, 1, GT_LIT("jgsw"), &diags);
	if (!standard)
		ck_abort_msg("%s", gt_err_text(&diags.v[0].err, text, sizeof text));
	gt_diags_fini(&diags);
	return gt_standard_words(standard);
}

#endif
