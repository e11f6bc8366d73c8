/* builtin.h: the adapters and formats that this build contains (adapters/meson.build). */
#ifndef ADAPTERS_BUILTIN_H
#define ADAPTERS_BUILTIN_H

#include <guantong/adapter.h>

extern const struct gt_adapter *const gt_builtin_adapters[]; /* both end with NULL */
extern const struct gt_format *const gt_builtin_formats[];

#endif
