/* survey.h: what discover() tells about the files of a drop folder. */
#ifndef ADAPTERS_LIB_SURVEY_H
#define ADAPTERS_LIB_SURVEY_H

#include "folder.h"
#include <guantong/adapter.h>

#define GT_SURVEY_MAX 50u /* files looked at */

struct gt_survey {
	struct gt_host *host;
	struct gt_reader *reader;
	gt_found_fn *sink;
	void *arg;
	bool enough; /* the sink wants no more */
};

/* Gives the sink what one open file holds: a "file" with the columns that the format finds in its
 * head, or the fields that its first rows name, and with its first rows; for a workbook a "sheet"
 * for each of its sheets, for XML one for its records. What selects it is a pattern that matches
 * its name, and the sheet's options. Takes the descriptor over. False: *err, or errno where *err is
 * untouched. */
bool gt_survey_file(struct gt_survey *survey, int fd, uint64_t size, const char *name,
	struct gt_err *err) GT_MUST_CHECK;
/* A file of this name was passed over: told as a note. */
void gt_survey_skip(
	const struct gt_survey *survey, const char *name, int error, struct gt_err *why);

#endif
