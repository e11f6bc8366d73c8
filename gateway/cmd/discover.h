/* discover.h: how things that were looked at are shown. */
#ifndef GT_CMD_DISCOVER_H
#define GT_CMD_DISCOVER_H

#include "buf.h"
#include "look.h"
#include "suggest.h"

struct gt_showing {
	const struct gt_standard *standard;
	bool personal; /* show personal values too */
	bool colour;
};
void gt_show_thing(
	const struct gt_showing *showing, const struct gt_thing *thing, struct gt_buf *out);
void gt_show_thing_json(
	const struct gt_showing *showing, const struct gt_thing *thing, struct gt_buf *out);

#endif
