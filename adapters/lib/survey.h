/* survey.h: what discover() tells about the files of a folder. */
#ifndef ADAPTERS_LIB_SURVEY_H
#define ADAPTERS_LIB_SURVEY_H

#include "folder.h"
#include <guantong/adapter.h>

#define GT_SURVEY_MAX 50u /* files looked at */

/* Gives the sink one gt_found per file of the list: the name as shown, the columns where the format
 * names them in its head, the first rows. A file that cannot be opened or that the format refuses
 * is told (gt_host_note) and passed over. */
void gt_survey(const struct gt_folder *folder, int dir, struct gt_reader *reader,
	struct gt_host *host, gt_found_fn *sink, void *arg);

#endif
