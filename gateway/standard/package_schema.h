/* package_schema.h: the JSON Schema of a file of a standard package, from the tables that the
 * loader reads by. */
#ifndef GT_STANDARD_PACKAGE_SCHEMA_H
#define GT_STANDARD_PACKAGE_SCHEMA_H

#include "buf.h"

/* Appends the schema (draft-07, one line); schemas/standard-package.schema.json is this, indented.
 */
void gt_standard_schema(struct gt_buf *out);

#endif
