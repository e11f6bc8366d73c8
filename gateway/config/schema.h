/* schema.h: JSON Schemas (draft-07) of the configuration files, made from the option tables:
 * editors complete and check by them. Adapters and formats: those that are registered. */
#ifndef GT_CONFIG_SCHEMA_H
#define GT_CONFIG_SCHEMA_H

#include "buf.h"

void gt_schema_gateway(struct gt_buf *out); /* guantong.yaml */
void gt_schema_source(struct gt_buf *out);  /* sources/<name>.yaml */

#endif
