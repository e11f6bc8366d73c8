/* registry.h: adapters and formats by name: those built in (the lists of adapters/meson.build) and
 * those loaded from a folder as guantong_adapter_<name>.so. Filled at start, then read-only. */
#ifndef GT_FLOW_REGISTRY_H
#define GT_FLOW_REGISTRY_H

#include "diag.h"
#include <guantong/adapter.h>

/* The built-in ones: NULL-terminated arrays, made by the build. */
void gt_registry_builtin(
	const struct gt_adapter *const *adapters, const struct gt_format *const *formats);
/* Registers one; asserts that the callbacks agree with the capability bits, that the table is
 * sound. False: a duplicate name or a foreign ABI (err says which). */
bool gt_registry_add(const struct gt_adapter *adapter, struct gt_err *err) GT_MUST_CHECK;
/* Loads every guantong_adapter_*.so of a folder; each problem is one diagnostic, the others load.
 */
void gt_registry_load(const char *folder, struct gt_diags *diags);

/* The folder that was loaded last, for isolated children; "" = none. */
const char *gt_registry_folder(void);

const struct gt_adapter *gt_registry_adapter(struct gt_str name); /* NULL = no such */
const struct gt_format *gt_registry_format(struct gt_str name);
/* n-th by name; NULL behind the last. */
const struct gt_adapter *gt_registry_adapter_at(size_t n);
const struct gt_format *gt_registry_format_at(size_t n);

#endif
