/* flags.c: the rows of flags.def. */
#include "flags.h"

const struct gt_flag gt_flags[GT_FLAG_COUNT] = {
#define GT_FLAG(name, text, published, en, zh) {text, en, zh, published},
#include "flags.def"
#undef GT_FLAG
};
