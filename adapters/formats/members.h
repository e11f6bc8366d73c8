/* members.h: the fields that a JSON row names, for those who look at a document before they map it.
 * Not for the record path. */
#ifndef FORMATS_MEMBERS_H
#define FORMATS_MEMBERS_H

#include <guantong/format.h>

/* Gives the sink the path of every value in the object: "no", "meter.point". Arrays and empty
 * objects are values. record: balanced JSON text, as gt_json_scan_next() gives it; what is no
 * object names nothing. Paths longer than 256 bytes are left out, as is what is nested deeper
 * than 8. */
void members_of(struct gt_str record, gt_field_fn *sink, void *arg);

#endif
