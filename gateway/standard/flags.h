/* flags.h: what happened to a value on its way. Rows: standard/flags.def:
 * GT_FLAG(NAME, "published-name", published, "English note", "中文说明"). Published flags appear in
 * the event's `quality` as "<element>.<published-name>"; the others only in preview. */
#ifndef GT_NORMALISE_FLAGS_H
#define GT_NORMALISE_FLAGS_H

#include <guantong/str.h>

enum gt_flag_index {
#define GT_FLAG(name, text, published, en, zh) GT_FLAG_INDEX_##name,
#include "flags.def"
#undef GT_FLAG
	GT_FLAG_COUNT
};
_Static_assert(GT_FLAG_COUNT <= 64, "flags are bits of a uint64_t");

/* Standard C has no enumerators above INT_MAX before C23; every compiler that we build with has. */
__extension__ enum {
#define GT_FLAG(name, text, published, en, zh) GT_FLAG_##name = UINT64_C(1) << GT_FLAG_INDEX_##name,
#include "flags.def"
#undef GT_FLAG
};

/* Those that a message carries. */
#define GT_FLAG(name, text, published, en, zh) | ((published) ? GT_FLAG_##name : 0)
static const uint64_t gt_flags_published = UINT64_C(0)
#include "flags.def"
	;
#undef GT_FLAG

struct gt_flag {
	const char *name, *en, *zh;
	bool published;
};
extern const struct gt_flag gt_flags[GT_FLAG_COUNT];

#endif
