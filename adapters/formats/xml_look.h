/* xml_look.h: where the records of an XML document probably are, for those who look. Internal to
 * xml.c. */
#ifndef GT_FORMATS_XML_LOOK_H
#define GT_FORMATS_XML_LOOK_H

#include <guantong/format.h>

/* Gives the sink one "sheet": the elements that `records` names or, where that is left to us (any
 * child of the root), those that are repeated most; with the option that selects them and the
 * fields that they have in the first GT_FORMAT_HEAD bytes of the document. False: err (no XML). */
bool xml_look(struct gt_str records, const struct gt_seekable *bytes, gt_sheet_fn *sink, void *arg,
	struct gt_err *err) GT_MUST_CHECK;

#define XML_ANY_RECORDS "/*/*" /* default of the option */

#endif
