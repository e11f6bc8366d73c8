#include "dropfolder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PENDING_WAIT_US 200000
#define HOLDS ((size_t)256 * 1024) /* what a list of names may take beside the window */

bool gt_drop_interrupted(struct gt_drop *d)
{
	return atomic_exchange(&d->interrupted, false);
}

void gt_drop_interrupt(struct gt_drop *d)
{
	atomic_store(&d->interrupted, true);
}

static bool declare(struct gt_drop *d, size_t intake)
{
	size_t all = intake + d->extra;
	return gt_host_memory(d->host, all ? all + HOLDS : 0);
}

bool gt_drop_memory(struct gt_drop *d)
{
	return declare(d, 0);
}

static void close_file(struct gt_drop *d)
{
	if (d->storage->abandon)
		d->storage->abandon(d);
	gt_intake_close(&d->in);
	d->phase = GT_DROP_LOOKING;
	if (!declare(d, 0))
		return; /* giving back is never refused */
}

static bool cursor_read(
	const struct gt_drop *d, struct gt_str cursor, struct gt_taken *taken, struct gt_err *err)
{
	return gt_taken_read(cursor, taken) ||
	       gt_fail(err, GT_E_CURSOR_FOREIGN, GT_TEXT("%.*s", GT_STR_ARGS(cursor)),
		       d->storage->adapter);
}

bool gt_drop_open(struct gt_drop *d, struct gt_str cursor, struct gt_err *err)
{
	d->in.host = d->host;
	d->in.window.fd = -1;
	d->in.reader = gt_host_reader(d->host);
	if (!d->in.reader)
		return gt_fail(err, GT_E_FORMAT_NEEDED, d->storage->adapter);
	if (!cursor_read(d, cursor, &d->at, err))
		return false;
	d->resuming = d->at.state == GT_TAKEN_READING;
	return true;
}

void gt_drop_close(struct gt_drop *d)
{
	if (d->in.reader)
		close_file(d);
	gt_folder_free(&d->list);
	gt_shelf_free(&d->shelf);
}

bool gt_drop_commit(struct gt_drop *d, struct gt_str cursor, struct gt_err *err)
{
	struct gt_taken taken;
	return cursor_read(d, cursor, &taken, err) &&
	       (!d->storage->movable || d->storage->movable(d, err)) &&
	       gt_shelf_commit(&d->shelf, &taken, d->storage->move, d, err);
}

void gt_drop_left(struct gt_drop *d, const char *name)
{
	struct gt_err told = {0};
	char shown[GT_NAME_SHOWN];
	(void)gt_fail(&told, GT_E_FILE_LEFT, gt_name_show(name, shown));
	gt_host_note(d->host, &told);
}

/* Choosing a file */

static void skip_note(struct gt_drop *d, const char *name, uint64_t size, int why)
{
	char shown[GT_NAME_SHOWN];
	struct gt_err err = {0};
	gt_name_show(name, shown);
	if (why)
		(void)gt_fail(&err, GT_E_FILE_SKIPPED, shown, strerror(why));
	else
		(void)gt_fail(&err, GT_E_FILE_OVERSIZE, shown, GT_TEXT("%" PRIu64, size));
	gt_host_note(d->host, &err);
}

/* The cursor's file is not there, or cannot be opened. */
static void gone_note(struct gt_drop *d)
{
	struct gt_err told = {0};
	(void)gt_fail(&told, GT_E_FILE_GONE, d->shown, GT_TEXT("%" PRIu64, d->at.row));
	gt_host_note(d->host, &told);
}

/* An open file is to be hashed. */
static enum gt_drop_got begin(struct gt_drop *d, int fd, struct gt_err *err)
{
	d->now.size = d->id.size;
	if (gt_intake_open(&d->in, fd, d->id.size) &&
		declare(d, gt_intake_holds(&d->in, d->id.size))) {
		d->phase = GT_DROP_HASHING;
		return GT_DROP_GOT;
	}
	close_file(d);
	(void)gt_fail(err, GT_E_MEMORY_BUDGET);
	return GT_DROP_FAILED;
}

/* Opens the file at hand, or goes on doing it. */
static enum gt_drop_got fetch(struct gt_drop *d, const struct gt_limits *limits, struct gt_err *err)
{
	int fd = -1;
	struct gt_file_id listed = d->id;
	enum gt_drop_got got = d->storage->open(d, d->by_cursor ? NULL : &listed, limits, &fd, err);
	d->phase = got == GT_DROP_LATER ? GT_DROP_FETCHING : GT_DROP_LOOKING;
	if (got == GT_DROP_GOT)
		got = begin(d, fd, err);
	if (got == GT_DROP_FAILED) { /* the same file again, if this instance goes on */
		d->resuming = d->by_cursor;
		d->list.next -= !d->by_cursor;
	} else if (got == GT_DROP_NONE && d->by_cursor) {
		gone_note(d);
	} else if (got == GT_DROP_NONE && errno != ENOENT) {
		skip_note(d, d->now.name, 0, errno);
	}
	return got;
}

static enum gt_drop_got take(struct gt_drop *d, const char *name, bool by_cursor,
	const struct gt_limits *limits, struct gt_err *err)
{
	d->by_cursor = by_cursor;
	d->now = (struct gt_taken){.state = GT_TAKEN_READING, .number = d->at.number};
	snprintf(d->now.name, sizeof d->now.name, "%s", name);
	gt_name_show(name, d->shown);
	return fetch(d, limits, err);
}

static enum gt_drop_got choose_listed(
	struct gt_drop *d, const struct gt_limits *limits, struct gt_err *err)
{
	while (d->list.next < d->list.n) {
		const struct gt_folder_file *file = &d->list.v[d->list.next++];
		if (!file->complete || gt_shelf_has(&d->shelf, file->name, &file->id))
			continue;
		if (file->id.size > (uint64_t)d->max_size) {
			skip_note(d, file->name, file->id.size, 0);
			continue;
		}
		d->id = file->id;
		enum gt_drop_got got = take(d, file->name, false, limits, err);
		if (got != GT_DROP_NONE)
			return got;
	}
	return GT_DROP_NONE;
}

/* The file that the cursor is in the middle of goes first, whether it still looks complete or not:
 * its digest will tell whether it is the same. */
static enum gt_drop_got choose(
	struct gt_drop *d, const struct gt_limits *limits, struct gt_err *err)
{
	enum gt_drop_got got = GT_DROP_NONE;
	if (d->resuming) {
		d->resuming = false;
		got = take(d, d->at.name, true, limits, err);
	}
	if (got == GT_DROP_NONE && !d->looking)
		got = choose_listed(d, limits, err);
	if (got != GT_DROP_NONE)
		return got;
	got = d->storage->look(d, limits, err);
	d->looking = got == GT_DROP_LATER;
	return got == GT_DROP_GOT ? choose_listed(d, limits, err) : got;
}

/* Hashing and reading */

static enum gt_poll changed(struct gt_drop *d, struct gt_err *err)
{
	(void)gt_fail(err, GT_E_FILE_CHANGED, d->shown);
	close_file(d);
	return GT_POLL_ERROR;
}

/* A read of the open file failed, errno says how. */
static enum gt_poll unreadable(struct gt_drop *d, struct gt_err *err)
{
	if (errno == ENODATA)
		return changed(d, err);
	(void)gt_folder_fail(err, d->shown, errno);
	close_file(d);
	return GT_POLL_ERROR;
}

/* What was read so far is in batches. */
static void keep_place(struct gt_drop *d)
{
	d->now.offset = d->in.position;
	d->now.row = d->in.rows;
}

static void set_cursor(struct gt_drop *d, struct gt_batch *batch)
{
	char text[GT_TAKEN_TEXT];
	d->at = d->now;
	gt_batch_cursor(batch, gt_taken_write(&d->now, text));
}

/* Nothing more will be read of the open file; commit will move it. */
static enum gt_poll finish(
	struct gt_drop *d, struct gt_batch *batch, enum gt_taken_state how, struct gt_err *err)
{
	d->now.state = how;
	d->now.number++;
	if (!gt_shelf_add(&d->shelf, &d->now, &d->id)) {
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return GT_POLL_ERROR;
	}
	set_cursor(d, batch);
	close_file(d);
	return GT_POLL_MORE;
}

/* Entries of the storage's own where there is room; without them the file is recognised later. */
static void remember(struct gt_drop *d, struct gt_batch *batch)
{
	struct gt_mark mark = gt_batch_mark(batch);
	if (!d->storage->remember || !gt_batch_ok(batch))
		return;
	d->storage->remember(d, batch);
	if (!gt_batch_ok(batch))
		gt_batch_rollback(batch, mark);
}

/* The file is no document of its format: told, set aside by commit, the others go on. */
static enum gt_poll give_up(
	struct gt_drop *d, struct gt_batch *batch, const struct gt_err *why, struct gt_err *err)
{
	struct gt_err told = {0};
	char sentence[512];
	gt_host_sentence(why, sentence, sizeof sentence);
	if (d->failed)
		(void)gt_fail(&told, GT_E_FILE_UNREADABLE, d->shown, gt_reader_format(d->in.reader),
			d->failed, sentence);
	else
		(void)gt_fail(&told, GT_E_SFTP_UNREADABLE, d->shown, gt_reader_format(d->in.reader),
			sentence);
	gt_host_note(d->host, &told);
	if (!d->failed) /* it stays, and must not be looked at again */
		remember(d, batch);
	return finish(d, batch, GT_TAKEN_FAILED, err);
}

/* The intake did not go on. */
static enum gt_poll read_failed(struct gt_drop *d, struct gt_batch *batch, enum gt_intake_step how,
	const struct gt_err *why, struct gt_err *err)
{
	if (how == GT_INTAKE_UNREADABLE)
		return unreadable(d, err);
	if (why->class == GT_DATA)
		return d->storage->unchanged(d) ? give_up(d, batch, why, err) : changed(d, err);
	*err = *why;
	close_file(d);
	return GT_POLL_ERROR;
}

/* Where to go on: at the cursor's position when this is the cursor's file, else at the start. */
static enum gt_poll start_reading(struct gt_drop *d, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_err why = {0};
	bool same = d->at.state == GT_TAKEN_READING && d->at.size == d->id.size &&
		    strcmp(d->at.digest, d->now.digest) == 0;
	enum gt_intake_step step = gt_intake_begin(&d->in, gt_cstr(d->shown),
		gt_cstr(d->now.digest), same ? d->at.offset : 0, same ? d->at.row : 0, &why);
	if (step != GT_INTAKE_MORE)
		return read_failed(d, batch, step, &why, err);
	keep_place(d);
	d->phase = GT_DROP_READING;
	return GT_POLL_MORE;
}

/* Was this content published before? Then *told is the note about it. */
static bool known(struct gt_drop *d, struct gt_err *told)
{
	char key[GT_TAKEN_KEY], when[32] = "?", earlier[GT_NAME_MAX + 1], shown[GT_NAME_SHOWN];
	struct gt_str value = {0};
	uint64_t seconds = 0;
	bool by_cursor = d->at.state == GT_TAKEN_DONE && strcmp(d->at.digest, d->now.digest) == 0;
	if (!gt_host_entry(d->host, gt_taken_entry_key(&d->now, key), &value) && !by_cursor)
		return false;
	snprintf(earlier, sizeof earlier, "%s", d->at.name);
	if (gt_taken_entry_read(value, &seconds, earlier)) {
		struct tm tm;
		time_t local = (time_t)seconds + (time_t)gt_host_zone(d->host) * 60;
		if (gmtime_r(&local, &tm))
			strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	}
	return !gt_fail(told, GT_E_FILE_AGAIN, d->shown, gt_name_show(earlier, shown), when);
}

static enum gt_poll again(
	struct gt_drop *d, struct gt_batch *batch, const struct gt_err *told, struct gt_err *err)
{
	gt_host_note(d->host, told);
	remember(d, batch);
	return finish(d, batch, GT_TAKEN_DONE, err);
}

static bool late(const struct gt_limits *limits)
{
	return gt_host_monotonic_us() >= limits->deadline_us;
}

/* Hashes until the deadline. MORE: see d->phase for what comes next. */
static enum gt_poll hash(struct gt_drop *d, struct gt_batch *batch, const struct gt_limits *limits,
	struct gt_err *err)
{
	for (enum gt_window_step step = GT_WINDOW_MORE; step != GT_WINDOW_END;) {
		step = gt_window_hash(&d->in.window, d->now.digest);
		if (step == GT_WINDOW_FAILED)
			return unreadable(d, err);
		if (step == GT_WINDOW_MORE && (late(limits) || gt_drop_interrupted(d)))
			return GT_POLL_MORE;
	}
	if (!d->storage->unchanged(d))
		return changed(d, err);
	if (d->by_cursor && strcmp(d->at.digest, d->now.digest) != 0) {
		struct gt_err told = {0};
		(void)gt_fail(&told, GT_E_FILE_REPLACED, d->shown, GT_TEXT("%" PRIu64, d->at.row));
		gt_host_note(d->host, &told);
		d->at.state = GT_TAKEN_NOTHING;
		close_file(d); /* another file: taken in its turn, when it is complete */
		return GT_POLL_MORE;
	}
	struct gt_err told = {0};
	return known(d, &told) ? again(d, batch, &told, err) : start_reading(d, batch, err);
}

/* The last batch of a file carries its entry and its control totals. */
static enum gt_poll finish_read(struct gt_drop *d, struct gt_batch *batch, struct gt_err *err)
{
	if (!d->storage->unchanged(d))
		return changed(d, err);
	char key[GT_TAKEN_KEY], value[GT_TAKEN_VALUE];
	struct gt_mark mark = gt_batch_mark(batch);
	gt_batch_entry(batch, gt_taken_entry_key(&d->now, key),
		gt_taken_entry(&d->now, gt_host_wall_us() / 1000000, value));
	gt_batch_total(batch, "files", 1);
	gt_batch_total(batch, "bytes", (int64_t)d->id.size);
	if (d->storage->remember)
		d->storage->remember(d, batch);
	if (gt_batch_ok(batch))
		return finish(d, batch, GT_TAKEN_DONE, err);
	gt_batch_rollback(batch, mark);
	if (d->phase == GT_DROP_FINISHING) { /* not even an empty batch had room */
		close_file(d);
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return GT_POLL_ERROR;
	}
	d->phase = GT_DROP_FINISHING;
	set_cursor(d, batch);
	return GT_POLL_MORE;
}

static enum gt_poll read_rows(struct gt_drop *d, struct gt_batch *batch,
	const struct gt_limits *limits, struct gt_err *err)
{
	if (!d->storage->unchanged(d))
		return changed(d, err);
	gt_batch_document(batch, &d->in.document);
	if (d->phase == GT_DROP_FINISHING)
		return finish_read(d, batch, err);
	enum gt_intake_step step;
	do {
		struct gt_err why = {0};
		step = gt_intake_rows(&d->in, batch, &why);
		if (step == GT_INTAKE_BAD || step == GT_INTAKE_UNREADABLE)
			return read_failed(d, batch, step, &why, err);
		keep_place(d);
		if (step == GT_INTAKE_DONE)
			return finish_read(d, batch, err);
	} while (step == GT_INTAKE_MORE && !late(limits) && !gt_drop_interrupted(d));
	if (!d->storage->unchanged(d))
		return changed(d, err);
	set_cursor(d, batch);
	return GT_POLL_MORE;
}

static enum gt_poll nothing_to_do(struct gt_drop *d, struct gt_batch *batch)
{
	if (d->list.ready_us == INT64_MAX)
		return GT_POLL_IDLE;
	gt_batch_wait(batch, -1, 0, d->list.ready_us);
	return GT_POLL_WAIT;
}

/* Behind a choice. HASHING and READING go on by themselves. */
static enum gt_poll chosen(
	struct gt_drop *d, enum gt_drop_got got, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_err told = {0};
	switch (got) {
	case GT_DROP_FAILED:
		return GT_POLL_ERROR;
	case GT_DROP_NONE:
		return nothing_to_do(d, batch);
	case GT_DROP_LATER:
		d->storage->wait(d, batch);
		return GT_POLL_WAIT;
	case GT_DROP_KNOWN:
		if (known(d, &told))
			return again(d, batch, &told, err);
		return finish(d, batch, GT_TAKEN_DONE, err);
	case GT_DROP_GOT:
		break;
	}
	return GT_POLL_MORE;
}

enum gt_poll gt_drop_poll(struct gt_drop *d, struct gt_batch *batch, const struct gt_limits *limits,
	struct gt_err *err)
{
	if (gt_drop_interrupted(d))
		return GT_POLL_MORE;
	if (d->phase == GT_DROP_LOOKING && d->shelf.n >= GT_SHELF_MAX) {
		gt_batch_wait(batch, -1, 0, gt_host_monotonic_us() + PENDING_WAIT_US);
		return GT_POLL_WAIT;
	}
	if (d->phase == GT_DROP_LOOKING || d->phase == GT_DROP_FETCHING) {
		enum gt_drop_got got = GT_DROP_NONE;
		if (d->phase == GT_DROP_FETCHING)
			got = fetch(d, limits, err);
		if (got == GT_DROP_NONE)
			got = choose(d, limits, err);
		if (got != GT_DROP_GOT)
			return chosen(d, got, batch, err);
	}
	if (d->phase == GT_DROP_HASHING) {
		enum gt_poll answer = hash(d, batch, limits, err);
		if (answer == GT_POLL_ERROR || d->phase != GT_DROP_READING)
			return answer;
	}
	return read_rows(d, batch, limits, err);
}
