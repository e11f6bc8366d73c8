/* one_file.h: an adapter of the command line's own: the rows of one file, wherever it lies,
 * changing nothing. Not in the registry of configurations; children know it by gt_registry_add().
 */
#ifndef GT_CMD_ONE_FILE_H
#define GT_CMD_ONE_FILE_H

#include <guantong/adapter.h>

extern const struct gt_adapter gt_one_file;
/* The value of its only option, in a structure of gt_one_file.self_size bytes. */
void gt_one_file_path(void *options, struct gt_str path);

#endif
