/* survey.h: what discover() tells about one file of a folder. */
#ifndef ADAPTERS_LIB_SURVEY_H
#define ADAPTERS_LIB_SURVEY_H

#include <guantong/adapter.h>

/* Gives the sink one gt_found: the name as shown, the columns where the format names them in its head,
 * the first rows. *go_on = what the sink answered. False: *err (the format refuses the file, or no
 * memory); errno where *err is untouched (it cannot be opened or read). */
bool gt_survey_file(int dir, const char *name, struct gt_reader *reader, struct gt_host *host,
	gt_found_fn *sink, void *arg, bool *go_on, struct gt_err *err) GT_MUST_CHECK;

#endif
