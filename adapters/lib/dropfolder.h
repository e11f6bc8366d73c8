/* dropfolder.h: a drop folder, wherever it is: what is complete is taken, oldest first, one file
 * after the other, and set aside once its rows are committed.
 *
 * A file is hashed as a whole, then read by the flow's format. The cursor names the file by digest
 * and says how far it was read; a batch never holds rows of two files. Contents that came back are
 * recognised by an entry per digest. Where the files are, a table of functions knows (below): a
 * folder of this machine, a folder of a server. Threads and blocking as in guantong/adapter.h. */
#ifndef ADAPTERS_LIB_DROPFOLDER_H
#define ADAPTERS_LIB_DROPFOLDER_H

#include "intake.h"
#include "shelf.h"
#include <guantong/adapter.h>

#include <stdatomic.h>

enum gt_drop_got {
	GT_DROP_GOT,
	GT_DROP_LATER, /* not yet: call again with the next poll */
	GT_DROP_NONE,  /* there is nothing: errno says why, ENOENT = not worth a word */
	GT_DROP_KNOWN, /* taken before, as entries say: now has size, mtime and digest */
	GT_DROP_FAILED /* *err */
};

struct gt_drop;
struct gt_drop_storage {
	const char *adapter; /* its name, for messages */
	/* Looks at the folder anew, into drop->list. GOT, LATER or FAILED. */
	enum gt_drop_got (*look)(
		struct gt_drop *drop, const struct gt_limits *limits, struct gt_err *err);
	/* Opens the file drop->now.name for reading. listed: what it looked like in the list, else
	 * NONE; NULL = the cursor names it, whatever it looks like. GOT: *fd is the caller's,
	 * drop->id is its id, now.mtime is set where known. LATER: fetching it takes its time. */
	enum gt_drop_got (*open)(struct gt_drop *drop, const struct gt_file_id *listed,
		const struct gt_limits *limits, int *fd, struct gt_err *err);
	/* Gives up what open() has under way. NULL = it never has anything. */
	void (*abandon)(struct gt_drop *drop);
	/* False: the open file was written to, or its name belongs to another one by now. */
	bool (*unchanged)(const struct gt_drop *drop);
	/* The file was taken to its end: entries of the storage's own, sticky. NULL = none. */
	void (*remember)(struct gt_drop *drop, struct gt_batch *batch);
	/* What look or open wait for after LATER (gt_batch_wait). NULL = they never do. */
	void (*wait)(struct gt_drop *drop, struct gt_batch *batch);
	/* Before a commit moves anything: may it? NULL = find out. */
	bool (*movable)(struct gt_drop *drop, struct gt_err *err);
	gt_shelf_move_fn *move; /* arg: the drop */
};

enum gt_drop_phase {
	GT_DROP_LOOKING,
	GT_DROP_FETCHING,
	GT_DROP_HASHING,
	GT_DROP_READING,
	GT_DROP_FINISHING
};

struct gt_drop {
	/* the user's */
	const struct gt_drop_storage *storage;
	void *arg; /* the storage's */
	struct gt_host *host;
	struct gt_folder list; /* its rules */
	const char *failed;    /* where unreadable files go, for messages; NULL = they stay */
	int64_t max_size;
	size_t extra; /* bytes that the storage holds just now, declared with the rest */

	atomic_bool interrupted;
	struct gt_taken at; /* what the last cursor says */
	bool resuming;      /* at is READING and its file was not looked for yet */
	bool looking;       /* a look is under way */
	struct gt_shelf shelf;

	/* the file at hand */
	enum gt_drop_phase phase;
	struct gt_intake in;
	struct gt_file_id id;
	struct gt_taken now; /* as the next cursor will tell it */
	bool by_cursor;      /* opened because the cursor names it, complete or not */
	char shown[GT_NAME_SHOWN];
};

/* The callbacks of an adapter, with the user's fields filled in. open: the storage itself is opened
 * by the user, before or behind. */
bool gt_drop_open(struct gt_drop *drop, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
enum gt_poll gt_drop_poll(struct gt_drop *drop, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err);
bool gt_drop_commit(struct gt_drop *drop, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
void gt_drop_interrupt(struct gt_drop *drop);
void gt_drop_close(struct gt_drop *drop);

/* Was it interrupted since the last time? Asked once, it is forgotten. */
bool gt_drop_interrupted(struct gt_drop *drop);
/* Declares drop->extra. False: not now. */
bool gt_drop_memory(struct gt_drop *drop) GT_MUST_CHECK;
/* "The file was left because …", as a note. */
void gt_drop_left(struct gt_drop *drop, const char *name);

#endif
