/* intake.h: one open file on its way to rows: hashed as a whole, then read by the flow's format,
 * whichever way that wants its bytes: in order through a window, or by random access. The file is
 * read, never mapped: one that becomes shorter is an error, not a signal. Polling thread only. */
#ifndef ADAPTERS_LIB_INTAKE_H
#define ADAPTERS_LIB_INTAKE_H

#include "window.h"
#include <guantong/format.h>

struct gt_intake {
	struct gt_host *host; /* host and reader are the user's; the rest starts as zero */
	struct gt_reader *reader;

	struct gt_window window;
	struct gt_seekable bytes; /* for a format with GT_FORMAT_SEEK */
	int why;                  /* errno of the last read that failed; 0 = none did */
	bool hungry;              /* the format wants more bytes */
	struct gt_document document;
	uint64_t position; /* where to go on: behind the last row in a batch */
	uint64_t base;     /* rows that earlier instances took */
	uint64_t rows;     /* rows taken so far, those included */
};

/* What an intake of a file of this size holds in memory beside the format's own. */
size_t gt_intake_holds(const struct gt_intake *intake, uint64_t size);
/* Takes the descriptor over, also on failure (no memory). Then hash the window. */
bool gt_intake_open(struct gt_intake *intake, int fd, uint64_t size) GT_MUST_CHECK;
void gt_intake_close(struct gt_intake *intake);

enum gt_intake_step {
	GT_INTAKE_MORE, /* go on */
	GT_INTAKE_FULL, /* the batch is full */
	GT_INTAKE_DONE, /* no more rows */
	GT_INTAKE_BAD,  /* the format refuses: *err, class DATA = the file is no such document */
	GT_INTAKE_UNREADABLE /* the file cannot be read: errno, ENODATA = it became shorter;
			      *err is untouched */
};
/* Begins the document, with name and digest, at a position of an earlier intake of the same content
 * (0 = the start). MORE, BAD or UNREADABLE. */
enum gt_intake_step gt_intake_begin(struct gt_intake *intake, struct gt_str name,
	struct gt_str digest, uint64_t position, uint64_t rows, struct gt_err *err);
/* One step of the format into the batch. */
enum gt_intake_step gt_intake_rows(
	struct gt_intake *intake, struct gt_batch *batch, struct gt_err *err);

/* The bytes of the descriptor by random access; *why as in the structure. */
struct gt_seekable gt_intake_bytes(struct gt_intake *intake);

#endif
