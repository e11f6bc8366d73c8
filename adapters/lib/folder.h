/* folder.h: what lies in a drop folder, in the order in which it is to be taken, and whether it is
 * complete. Names are bytes; nothing here follows a symbolic link inside the folder. */
#ifndef ADAPTERS_LIB_FOLDER_H
#define ADAPTERS_LIB_FOLDER_H

#include "name.h"

#include <sys/stat.h>

/* The same file with the same content as far as the file system tells. */
struct gt_file_id {
	uint64_t dev, inode, size;
	int64_t mtime_ns, ctime_ns;
};
struct gt_file_id gt_file_id(const struct stat *st);
bool gt_file_id_eq(const struct gt_file_id *a, const struct gt_file_id *b);

enum gt_complete { GT_COMPLETE_RENAME, GT_COMPLETE_MARKER, GT_COMPLETE_STABLE };

struct gt_folder_file {
	char *name;
	struct gt_file_id id;
	int64_t since_us; /* monotonic: first seen exactly like this */
	bool complete;
};

#define GT_FOLDER_LIST 4096u /* files kept of one look; of more, the first ones in order */

/* Zero it, then fill in the rules. */
struct gt_folder {
	const char *pattern, *temporary, *markers; /* see gt_name_matches(), gt_name_ends() */
	enum gt_complete complete;
	int64_t stable_us; /* for GT_COMPLETE_STABLE */
	/* How long a file whose modification time is at least that must have looked the same in any
	 * case: where the time is told too coarsely to see a change within it. */
	int64_t settle_us, settle_from;

	struct gt_folder_file *v; /* by modification time, then name */
	size_t n, next;           /* next: for the user, set to 0 by a scan */
	int64_t ready_us; /* when the next file may become complete; INT64_MAX = none is waiting */
};

/* Looks again, remembering since when each file has looked as it does. False: errno says why. */
bool gt_folder_scan(struct gt_folder *folder, int dir, int64_t now_us) GT_MUST_CHECK;
void gt_folder_free(struct gt_folder *folder);

/* The same in steps, for names that do not come from a directory here: zero a look, add what is
 * wanted, then end it (or drop it). `id` is compared with that of the last look. */
struct gt_folder_look {
	struct gt_folder_file *v;
	size_t n, cap;
};
/* By its name alone; with GT_COMPLETE_MARKER its marker must be there, too. */
bool gt_folder_wants(const struct gt_folder *folder, const char *name);
/* False: no memory. */
bool gt_folder_add(
	struct gt_folder_look *look, const char *name, const struct gt_file_id *id) GT_MUST_CHECK;
void gt_folder_end(struct gt_folder *folder, struct gt_folder_look *look, int64_t now_us);
void gt_folder_drop(struct gt_folder_look *look);

/* Opens a regular file for reading, never a link, a pipe or a device. -1: errno says why (ELOOP for
 * all that is not a regular file). */
int gt_folder_open(int dir, const char *name, struct stat *st);

/* Moves dir/name into the folder `into`, keeping its name, or with the digest's first digits before
 * the extension where that name is taken; durable on return. False: errno says why. */
bool gt_folder_move(int dir, const char *name, int into, const char *digest) GT_MUST_CHECK;

/* One sentence for what the system said (errno) about a folder or a file, classed by who can mend
 * it. Returns false. */
bool gt_folder_fail(struct gt_err *err, const char *path, int why);

#endif
