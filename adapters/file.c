/* file.c: takes the files of a drop folder, one after the other, oldest first.
 *
 * A file is taken when it is complete (see `complete`), hashed as a whole, then read through a
 * window of bounded size by the flow's format. The cursor names the file by digest and says how far
 * it was read; a batch never holds rows of two files, so that commit() knows which one to move.
 * Only commit changes the folder: it moves what is done to done/, what is no readable file to
 * failed/. Files that came back are recognised by an entry per digest. Not here: what rows mean
 * (formats), when to look again (the host). */
#include "lib/intake.h"
#include "lib/shelf.h"
#include "lib/survey.h"
#include <guantong/adapter.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PENDING_WAIT_US 200000
#define FILE_HOLDS ((size_t)256 * 1024) /* what a list of names may take beside the window */

enum phase { LOOKING, HASHING, READING, FINISHING };
enum text { FOLDER, PATTERN, TEMPORARY, MARKERS, DONE_TO, FAILED_TO, TEXTS };

struct state {
	/* options */
	struct gt_str folder, pattern, temporary, markers, done, failed;
	int complete;
	int64_t stable_ms, max_size;

	struct gt_host *host;
	char *text[TEXTS]; /* the options as C strings */
	atomic_bool interrupted;
	int dir; /* of the last look; -1 = none */
	struct gt_folder list;
	struct gt_taken at; /* what the last cursor says */
	bool resuming;      /* at is READING and its file was not looked for yet */
	struct gt_shelf shelf;

	/* the open file */
	enum phase phase;
	struct gt_intake in;
	struct gt_file_id id;
	struct gt_taken now; /* the same file as the next cursor will tell it */
	bool by_cursor;      /* opened because the cursor names it, complete or not */
	char shown[GT_NAME_SHOWN];
};

static const char *const complete_words[] = {"rename", "marker", "stable", NULL};

#define AT(field) offsetof(struct state, field)
/* clang-format off */
static const struct gt_option options[] = {
	{"folder", GT_OPT_PATH, AT(folder), .flags = GT_OPT_REQUIRED | GT_OPT_MUST_EXIST,
		.en = "the drop folder", .zh = "投放文件夹"},
	{"pattern", GT_OPT_TEXT, AT(pattern), 1, 512, .fallback = "*",
		.en = "names to take: *.csv *.txt; letters in either case",
		.zh = "要读取的文件名：*.csv *.txt；不分大小写"},
	{"complete", GT_OPT_CHOICE, AT(complete), .choices = complete_words, .fallback = "stable",
		.en = "what shows a file is whole: its final name, a marker, no change",
		.zh = "以何判断文件已完整：正式文件名、标记文件、不再变化"},
	{"stable_for", GT_OPT_DURATION, AT(stable_ms), 0, 86400000, .fallback = "10 s",
		.en = "how long size and times must stay the same (complete: stable)",
		.zh = "大小和时间须保持不变的时长（complete: stable）"},
	{"temporary", GT_OPT_TEXT, AT(temporary), 0, 512,
		.fallback = "*.tmp *.part *.partial *.filepart ~*",
		.en = "names that are never taken; a leading dot always means temporary",
		.zh = "不读取的临时文件名；以点开头的一律视为临时文件"},
	{"markers", GT_OPT_TEXT, AT(markers), 1, 512, .fallback = ".done .ok",
		.en = "what a marker adds to the file's whole name: readings.csv.done",
		.zh = "标记文件在完整文件名后加的后缀：readings.csv.done"},
	{"done", GT_OPT_TEXT, AT(done), 1, 1024, .fallback = "done",
		.en = "where files go once their rows are published; on the same file system",
		.zh = "数据发布后文件移入的文件夹；相对于投放文件夹，须在同一文件系统"},
	{"failed", GT_OPT_TEXT, AT(failed), 1, 1024, .fallback = "failed",
		.en = "where files go that cannot be split into rows", .zh = "无法拆分成行的文件移入的文件夹"},
	{"max_size", GT_OPT_BYTES, AT(max_size), 1, INT64_C(1) << 40, .fallback = "1 GiB",
		.en = "larger files are left where they are", .zh = "更大的文件不处理，留在原处"},
	{0},
};
/* clang-format on */

static bool interrupted(struct state *s)
{
	return atomic_exchange(&s->interrupted, false);
}

static bool declare_memory(struct state *s, size_t window)
{
	return gt_host_memory(s->host, window ? window + FILE_HOLDS : 0);
}

static void close_file(struct state *s)
{
	gt_intake_close(&s->in);
	s->phase = LOOKING;
	if (!declare_memory(s, 0))
		return; /* giving back is never refused */
}

static bool prepare(struct state *s, struct gt_err *err)
{
	const struct gt_str given[TEXTS] = {
		s->folder, s->pattern, s->temporary, s->markers, s->done, s->failed};
	for (size_t i = 0; i < TEXTS; i++)
		if (!(s->text[i] = strndup(given[i].p ? given[i].p : "", given[i].n)))
			return gt_fail(err, GT_E_MEMORY_BUDGET);
	const char *done = s->text[DONE_TO], *failed = s->text[FAILED_TO], *path = s->text[FOLDER];
	if (strcmp(done, failed) == 0 || strcmp(done, ".") == 0 || strcmp(failed, ".") == 0 ||
		strcmp(done, path) == 0 || strcmp(failed, path) == 0)
		return gt_fail(err, GT_E_FOLDER_NAMES, done, failed);
	s->list = (struct gt_folder){.pattern = s->text[PATTERN],
		.temporary = s->text[TEMPORARY],
		.markers = s->text[MARKERS],
		.complete = (enum gt_complete)s->complete,
		.stable_us = s->stable_ms * 1000};
	s->shelf = (struct gt_shelf){.host = s->host,
		.path = path,
		.done = done,
		.failed = failed,
		.markers = s->complete == GT_COMPLETE_MARKER ? s->text[MARKERS] : NULL,
		.interrupted = &s->interrupted};
	return true;
}

/* The folder is opened anew for each look: it may be a share that was unmounted meanwhile. */
static bool open_folder(struct state *s, struct gt_err *err)
{
	int dir = open(s->text[FOLDER], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return gt_folder_fail(err, s->text[FOLDER], errno);
	if (s->dir >= 0)
		close(s->dir);
	s->dir = dir;
	return true;
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *s = self;
	s->host = host;
	s->dir = s->in.window.fd = -1;
	s->in.host = host;
	s->in.reader = gt_host_reader(host);
	if (!s->in.reader)
		return gt_fail(err, GT_E_FORMAT_NEEDED, "file");
	if (!gt_taken_read(cursor, &s->at))
		return gt_fail(
			err, GT_E_CURSOR_FOREIGN, GT_TEXT("%.*s", GT_STR_ARGS(cursor)), "file");
	s->resuming = s->at.state == GT_TAKEN_READING;
	return prepare(s, err) && open_folder(s, err);
}

static void close_(void *self)
{
	struct state *s = self;
	close_file(s);
	if (s->dir >= 0)
		close(s->dir);
	gt_folder_free(&s->list);
	for (size_t i = 0; i < TEXTS; i++)
		free(s->text[i]);
	gt_shelf_free(&s->shelf);
}

static void interrupt_(void *self)
{
	atomic_store(&((struct state *)self)->interrupted, true);
}

/* Choosing a file */

/* Opens a file and begins to hash it. False: *err says why (RETRY: no memory now), or errno does
 * and *err is untouched. */
static bool begin_file(struct state *s, const char *name, struct gt_err *err)
{
	struct stat st;
	int fd = gt_folder_open(s->dir, name, &st);
	if (fd < 0)
		return false;
	s->id = gt_file_id(&st);
	if (!gt_intake_open(&s->in, fd, s->id.size) ||
		!declare_memory(s, gt_intake_holds(&s->in, s->id.size))) {
		close_file(s);
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	}
	s->now = (struct gt_taken){
		.state = GT_TAKEN_READING, .number = s->at.number, .size = s->id.size};
	snprintf(s->now.name, sizeof s->now.name, "%s", name);
	gt_name_show(name, s->shown);
	s->phase = HASHING;
	return true;
}

static void skip_note(struct state *s, const struct gt_folder_file *file, int why)
{
	char shown[GT_NAME_SHOWN];
	struct gt_err err = {0};
	gt_name_show(file->name, shown);
	if (why)
		(void)gt_fail(&err, GT_E_FILE_SKIPPED, shown, strerror(why));
	else
		(void)gt_fail(&err, GT_E_FILE_OVERSIZE, shown, GT_TEXT("%" PRIu64, file->id.size));
	gt_host_note(s->host, &err);
}

enum chosen { CHOSEN, NOTHING, FAILED };

/* The file that the cursor is in the middle of goes first, whether it still looks complete or not:
 * its digest will tell whether it is the same. */
static enum chosen choose_by_cursor(struct state *s, struct gt_err *err)
{
	s->resuming = false;
	struct gt_err why = {0};
	if (begin_file(s, s->at.name, &why)) {
		s->by_cursor = true;
		return CHOSEN;
	}
	if (why.code) {
		s->resuming = true;
		*err = why;
		return FAILED;
	}
	char shown[GT_NAME_SHOWN];
	(void)gt_fail(&why, GT_E_FILE_GONE, gt_name_show(s->at.name, shown),
		GT_TEXT("%" PRIu64, s->at.row));
	gt_host_note(s->host, &why);
	return NOTHING;
}

static enum chosen choose_listed(struct state *s, struct gt_err *err)
{
	while (s->list.next < s->list.n) {
		const struct gt_folder_file *file = &s->list.v[s->list.next++];
		if (!file->complete || gt_shelf_has(&s->shelf, file->name, &file->id))
			continue;
		if (file->id.size > (uint64_t)s->max_size) {
			skip_note(s, file, 0);
			continue;
		}
		struct gt_err why = {0};
		s->by_cursor = false;
		if (begin_file(s, file->name, &why)) {
			if (gt_file_id_eq(&s->id, &file->id))
				return CHOSEN;
			close_file(s); /* touched since the look: judged anew at the next one */
		} else if (why.code) {
			s->list.next--;
			*err = why;
			return FAILED;
		} else if (errno != ENOENT) {
			skip_note(s, file, errno);
		}
	}
	return NOTHING;
}

static enum chosen choose(struct state *s, struct gt_err *err)
{
	enum chosen chosen = NOTHING;
	if (s->resuming && !open_folder(s, err))
		return FAILED;
	if (s->resuming)
		chosen = choose_by_cursor(s, err);
	if (chosen == NOTHING)
		chosen = choose_listed(s, err);
	if (chosen != NOTHING)
		return chosen;
	if (!open_folder(s, err))
		return FAILED;
	if (!gt_folder_scan(&s->list, s->dir, gt_host_monotonic_us())) {
		gt_folder_fail(err, s->text[FOLDER], errno);
		return FAILED;
	}
	return choose_listed(s, err);
}

/* Hashing and reading */

/* True unless the file was written to or its name now belongs to another one. */
static bool unchanged(const struct state *s)
{
	struct stat st, named;
	if (fstat(s->in.window.fd, &st) != 0 ||
		fstatat(s->dir, s->now.name, &named, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	struct gt_file_id open_id = gt_file_id(&st), named_id = gt_file_id(&named);
	return gt_file_id_eq(&open_id, &s->id) && gt_file_id_eq(&named_id, &s->id);
}

static enum gt_poll changed(struct state *s, struct gt_err *err)
{
	(void)gt_fail(err, GT_E_FILE_CHANGED, s->shown);
	close_file(s);
	return GT_POLL_ERROR;
}

/* A read of the open file failed, errno says how. */
static enum gt_poll unreadable(struct state *s, struct gt_err *err)
{
	if (errno == ENODATA)
		return changed(s, err);
	(void)gt_folder_fail(err, s->shown, errno);
	close_file(s);
	return GT_POLL_ERROR;
}

/* What was read so far is in batches. */
static void keep_place(struct state *s)
{
	s->now.offset = s->in.position;
	s->now.row = s->in.rows;
}

static void set_cursor(struct state *s, struct gt_batch *batch)
{
	char text[GT_TAKEN_TEXT];
	s->at = s->now;
	gt_batch_cursor(batch, gt_taken_write(&s->now, text));
}

/* Nothing more will be read of the open file; commit will move it. */
static enum gt_poll finish(
	struct state *s, struct gt_batch *batch, enum gt_taken_state how, struct gt_err *err)
{
	s->now.state = how;
	s->now.number++;
	if (!gt_shelf_add(&s->shelf, &s->now, &s->id)) {
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return GT_POLL_ERROR;
	}
	set_cursor(s, batch);
	close_file(s);
	return GT_POLL_MORE;
}

/* The file is no document of its format: told, set aside by commit, the others go on. */
static enum gt_poll give_up(
	struct state *s, struct gt_batch *batch, const struct gt_err *why, struct gt_err *err)
{
	struct gt_err told = {0};
	char sentence[512];
	(void)gt_fail(&told, GT_E_FILE_UNREADABLE, s->shown, gt_reader_format(s->in.reader),
		s->text[FAILED_TO], gt_host_sentence(why, sentence, sizeof sentence));
	gt_host_note(s->host, &told);
	return finish(s, batch, GT_TAKEN_FAILED, err);
}

/* The intake did not go on. */
static enum gt_poll read_failed(struct state *s, struct gt_batch *batch, enum gt_intake_step how,
	const struct gt_err *why, struct gt_err *err)
{
	if (how == GT_INTAKE_UNREADABLE)
		return unreadable(s, err);
	if (why->class == GT_DATA)
		return unchanged(s) ? give_up(s, batch, why, err) : changed(s, err);
	*err = *why;
	close_file(s);
	return GT_POLL_ERROR;
}

/* Where to go on: at the cursor's position when this is the cursor's file, else at the start. */
static enum gt_poll start_reading(struct state *s, struct gt_batch *batch, struct gt_err *err)
{
	struct gt_err why = {0};
	bool same = s->at.state == GT_TAKEN_READING && s->at.size == s->id.size &&
		    strcmp(s->at.digest, s->now.digest) == 0;
	enum gt_intake_step step = gt_intake_begin(&s->in, gt_cstr(s->shown),
		gt_cstr(s->now.digest), same ? s->at.offset : 0, same ? s->at.row : 0, &why);
	if (step != GT_INTAKE_MORE)
		return read_failed(s, batch, step, &why, err);
	keep_place(s);
	s->phase = READING;
	return GT_POLL_MORE;
}

/* Was this content published before? Then *told is the note about it. */
static bool known(struct state *s, struct gt_err *told)
{
	char key[GT_TAKEN_KEY], when[32] = "?", earlier[GT_NAME_MAX + 1], shown[GT_NAME_SHOWN];
	struct gt_str value = {0};
	uint64_t seconds = 0;
	bool by_cursor = s->at.state == GT_TAKEN_DONE && strcmp(s->at.digest, s->now.digest) == 0;
	if (!gt_host_entry(s->host, gt_taken_entry_key(&s->now, key), &value) && !by_cursor)
		return false;
	snprintf(earlier, sizeof earlier, "%s", s->at.name);
	if (gt_taken_entry_read(value, &seconds, earlier)) {
		struct tm tm;
		time_t local = (time_t)seconds + (time_t)gt_host_zone(s->host) * 60;
		if (gmtime_r(&local, &tm))
			strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	}
	return !gt_fail(told, GT_E_FILE_AGAIN, s->shown, gt_name_show(earlier, shown), when);
}

static bool late(const struct gt_limits *limits)
{
	return gt_host_monotonic_us() >= limits->deadline_us;
}

/* Hashes until the deadline. MORE: see s->phase for what comes next. */
static enum gt_poll hash(
	struct state *s, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	for (enum gt_window_step step = GT_WINDOW_MORE; step != GT_WINDOW_END;) {
		step = gt_window_hash(&s->in.window, s->now.digest);
		if (step == GT_WINDOW_FAILED)
			return unreadable(s, err);
		if (step == GT_WINDOW_MORE && (late(limits) || interrupted(s)))
			return GT_POLL_MORE;
	}
	if (!unchanged(s))
		return changed(s, err);
	if (s->by_cursor && strcmp(s->at.digest, s->now.digest) != 0) {
		struct gt_err told = {0};
		(void)gt_fail(&told, GT_E_FILE_REPLACED, s->shown, GT_TEXT("%" PRIu64, s->at.row));
		gt_host_note(s->host, &told);
		s->at.state = GT_TAKEN_NOTHING;
		close_file(s); /* another file: taken in its turn, when it is complete */
		return GT_POLL_MORE;
	}
	struct gt_err told = {0};
	if (known(s, &told)) {
		gt_host_note(s->host, &told);
		return finish(s, batch, GT_TAKEN_DONE, err);
	}
	return start_reading(s, batch, err);
}

/* The last batch of a file carries its entry and its control totals. */
static enum gt_poll finish_read(struct state *s, struct gt_batch *batch, struct gt_err *err)
{
	if (!unchanged(s))
		return changed(s, err);
	char key[GT_TAKEN_KEY], value[GT_TAKEN_VALUE];
	struct gt_mark mark = gt_batch_mark(batch);
	gt_batch_entry(batch, gt_taken_entry_key(&s->now, key),
		gt_taken_entry(&s->now, gt_host_wall_us() / 1000000, value));
	gt_batch_total(batch, "files", 1);
	gt_batch_total(batch, "bytes", (int64_t)s->id.size);
	if (gt_batch_ok(batch))
		return finish(s, batch, GT_TAKEN_DONE, err);
	gt_batch_rollback(batch, mark);
	if (s->phase == FINISHING) { /* not even an empty batch had room */
		close_file(s);
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return GT_POLL_ERROR;
	}
	s->phase = FINISHING;
	set_cursor(s, batch);
	return GT_POLL_MORE;
}

static enum gt_poll read_rows(
	struct state *s, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	if (!unchanged(s))
		return changed(s, err);
	gt_batch_document(batch, &s->in.document);
	if (s->phase == FINISHING)
		return finish_read(s, batch, err);
	enum gt_intake_step step;
	do {
		struct gt_err why = {0};
		step = gt_intake_rows(&s->in, batch, &why);
		if (step == GT_INTAKE_BAD || step == GT_INTAKE_UNREADABLE)
			return read_failed(s, batch, step, &why, err);
		keep_place(s);
		if (step == GT_INTAKE_DONE)
			return finish_read(s, batch, err);
	} while (step == GT_INTAKE_MORE && !late(limits) && !interrupted(s));
	if (!unchanged(s))
		return changed(s, err);
	set_cursor(s, batch);
	return GT_POLL_MORE;
}

static enum gt_poll nothing_to_do(struct state *s, struct gt_batch *batch)
{
	if (s->list.ready_us == INT64_MAX)
		return GT_POLL_IDLE;
	gt_batch_wait(batch, -1, 0, s->list.ready_us);
	return GT_POLL_WAIT;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct state *s = self;
	if (interrupted(s))
		return GT_POLL_MORE;
	if (s->phase == LOOKING && s->shelf.n >= GT_SHELF_MAX) {
		gt_batch_wait(batch, -1, 0, gt_host_monotonic_us() + PENDING_WAIT_US);
		return GT_POLL_WAIT;
	}
	if (s->phase == LOOKING) {
		enum chosen chosen = choose(s, err);
		if (chosen == FAILED)
			return GT_POLL_ERROR;
		if (chosen == NOTHING)
			return nothing_to_do(s, batch);
	}
	if (s->phase == HASHING) {
		enum gt_poll answer = hash(s, batch, limits, err);
		if (answer == GT_POLL_ERROR || s->phase != READING)
			return answer;
	}
	return read_rows(s, batch, limits, err);
}

static bool commit_(void *self, struct gt_str cursor, struct gt_err *err)
{
	struct state *s = self;
	struct gt_taken taken;
	if (!gt_taken_read(cursor, &taken))
		return gt_fail(
			err, GT_E_CURSOR_FOREIGN, GT_TEXT("%.*s", GT_STR_ARGS(cursor)), "file");
	return gt_shelf_commit(&s->shelf, &taken, err);
}

/* Looking without taking */

static bool probe_(void *self, char *found, size_t size, struct gt_err *err)
{
	struct state *s = self;
	if (!open_folder(s, err))
		return false;
	if (faccessat(s->dir, ".", W_OK, AT_EACCESS) != 0 ||
		!gt_folder_scan(&s->list, s->dir, gt_host_monotonic_us()))
		return gt_folder_fail(err, s->text[FOLDER], errno);
	snprintf(found, size, "%s: %zu × %s", s->text[FOLDER], s->list.n, s->text[PATTERN]);
	return true;
}

static bool discover_(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct state *s = self;
	if (!open_folder(s, err))
		return false;
	if (!gt_folder_scan(&s->list, s->dir, gt_host_monotonic_us()))
		return gt_folder_fail(err, s->text[FOLDER], errno);
	struct gt_survey survey = {
		.host = s->host, .reader = s->in.reader, .sink = sink, .arg = arg};
	for (size_t i = 0; i < s->list.n && i < GT_SURVEY_MAX && !survey.enough; i++) {
		const char *name = s->list.v[i].name;
		struct gt_err why = {0};
		struct stat st;
		int fd = gt_folder_open(s->dir, name, &st);
		if (fd < 0 || !gt_survey_file(&survey, fd, (uint64_t)st.st_size, name, &why))
			gt_survey_skip(&survey, name, errno, &why);
	}
	return true;
}

GT_ADAPTER(file, .summary = "files of a drop folder", .summary_zh = "投放文件夹中的文件",
	.caps = GT_CAP_RESUME | GT_CAP_ACK | GT_CAP_BYTES | GT_CAP_OFFLINE,
	.self_size = sizeof(struct state), .options = options, .open = open_, .poll = poll_,
	.commit = commit_, .interrupt = interrupt_, .close = close_, .probe = probe_,
	.discover = discover_);
