/* file.c: a drop folder of this machine: see lib/dropfolder.h for how its files are taken, one
 * after the other, oldest first.
 *
 * Only commit changes the folder: it moves what is done to done/, what is no readable file to
 * failed/. Not here: what rows mean (formats), when to look again (the host). */
#include "lib/dropfolder.h"
#include "lib/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum text { FOLDER, PATTERN, TEMPORARY, MARKERS, DONE_TO, FAILED_TO, TEXTS };

struct state {
	/* options */
	struct gt_str folder, pattern, temporary, markers, done, failed;
	int complete;
	int64_t stable_ms;

	struct gt_drop drop;
	char *text[TEXTS]; /* the options as C strings */
	int dir;           /* of the last look; -1 = none */
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
	{"max_size", GT_OPT_BYTES, AT(drop.max_size), 1, INT64_C(1) << 40, .fallback = "1 GiB",
		.en = "larger files are left where they are", .zh = "更大的文件不处理，留在原处"},
	{0},
};
/* clang-format on */

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
	s->drop.failed = failed;
	s->drop.list = (struct gt_folder){.pattern = s->text[PATTERN],
		.temporary = s->text[TEMPORARY],
		.markers = s->text[MARKERS],
		.complete = (enum gt_complete)s->complete,
		.stable_us = s->stable_ms * 1000};
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

/* The storage */

static enum gt_drop_got look(
	struct gt_drop *drop, const struct gt_limits *limits, struct gt_err *err)
{
	struct state *s = drop->arg;
	(void)limits;
	if (!open_folder(s, err))
		return GT_DROP_FAILED;
	if (gt_folder_scan(&drop->list, s->dir, gt_host_monotonic_us()))
		return GT_DROP_GOT;
	(void)gt_folder_fail(err, s->text[FOLDER], errno);
	return GT_DROP_FAILED;
}

static enum gt_drop_got open_file(struct gt_drop *drop, const struct gt_file_id *listed,
	const struct gt_limits *limits, int *fd, struct gt_err *err)
{
	struct state *s = drop->arg;
	struct stat st;
	(void)limits;
	if (!listed && !open_folder(s, err))
		return GT_DROP_FAILED;
	int opened = gt_folder_open(s->dir, drop->now.name, &st);
	if (opened < 0)
		return GT_DROP_NONE;
	drop->id = gt_file_id(&st);
	if (listed && !gt_file_id_eq(&drop->id, listed)) {
		close(opened); /* touched since the look: judged anew at the next one */
		errno = ENOENT;
		return GT_DROP_NONE;
	}
	*fd = opened;
	return GT_DROP_GOT;
}

static bool unchanged(const struct gt_drop *drop)
{
	const struct state *s = drop->arg;
	struct stat st, named;
	if (fstat(drop->in.window.fd, &st) != 0 ||
		fstatat(s->dir, drop->now.name, &named, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	struct gt_file_id open_id = gt_file_id(&st), named_id = gt_file_id(&named);
	return gt_file_id_eq(&open_id, &drop->id) && gt_file_id_eq(&named_id, &drop->id);
}

static bool movable(struct gt_drop *drop, struct gt_err *err)
{
	struct state *s = drop->arg;
	return open_folder(s, err) && (faccessat(s->dir, ".", W_OK, AT_EACCESS) == 0 ||
					      gt_folder_fail(err, s->text[FOLDER], errno));
}

static int open_target(int dir, const char *path)
{
	if (mkdirat(dir, path, 0770) != 0 && errno != EEXIST)
		return -1;
	return openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Is this file, open as fd, the content that was taken? Hashes it unless it is known to be
 * untouched. */
static bool same_content(struct gt_drop *drop, int fd, const struct stat *st,
	const struct gt_taken *taken, const struct gt_file_id *id, bool *same, struct gt_err *err)
{
	struct gt_file_id now = gt_file_id(st);
	struct gt_window window = {0};
	char hex[GT_DIGEST_HEX] = "";
	*same = id && gt_file_id_eq(id, &now);
	if (*same || now.size != taken->size) {
		close(fd);
		return true;
	}
	if (!gt_window_open(&window, fd, now.size, GT_WINDOW_STEP))
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	enum gt_window_step step;
	do
		step = gt_window_hash(&window, hex);
	while (step == GT_WINDOW_MORE && !gt_drop_interrupted(drop));
	int why = errno;
	gt_window_close(&window);
	if (step == GT_WINDOW_MORE)
		return gt_fail(err, GT_E_INTERRUPTED);
	if (step == GT_WINDOW_FAILED && why != ENODATA)
		return gt_folder_fail(err, taken->name, why);
	*same = step == GT_WINDOW_END && strcmp(hex, taken->digest) == 0;
	return true;
}

static bool move_fail(struct gt_err *err, const char *name, const char *target, int why)
{
	char shown[GT_NAME_SHOWN];
	gt_name_show(name, shown);
	if (why == ENOSPC || why == EDQUOT)
		return gt_fail(err, GT_E_FOLDER_FULL, shown, target);
	if (why == EXDEV)
		return gt_fail(err, GT_E_FOLDER_OTHER_DISK, shown, target);
	return gt_folder_fail(err, target, why);
}

/* The markers go first: a marker left alone would vouch for the next file of that name. */
static bool move_markers(const struct state *s, int into, const char *name)
{
	const char *suffixes =
		s->drop.list.complete == GT_COMPLETE_MARKER ? s->text[MARKERS] : NULL;
	char suffix[GT_NAME_MAX + 1], marker[2 * GT_NAME_MAX + 2];
	while (suffixes && gt_name_word(&suffixes, suffix)) {
		snprintf(marker, sizeof marker, "%s%s", name, suffix);
		if (renameat(s->dir, marker, into, marker) != 0 && errno != ENOENT)
			return false;
		gt_host_failpoint("file-commit");
	}
	return true;
}

/* Idempotent: what was moved before, or is another file by now, stays as it is. */
static bool move_taken(
	void *arg, const struct gt_taken *taken, const struct gt_file_id *id, struct gt_err *err)
{
	struct gt_drop *drop = arg;
	struct state *s = drop->arg;
	struct stat st;
	bool same = false;
	int fd = gt_folder_open(s->dir, taken->name, &st);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || gt_folder_fail(err, taken->name, errno);
	if (!same_content(drop, fd, &st, taken, id, &same, err))
		return false;
	if (!same) {
		gt_drop_left(drop, taken->name);
		return true;
	}
	const char *target = s->text[taken->state == GT_TAKEN_FAILED ? FAILED_TO : DONE_TO];
	int into = open_target(s->dir, target);
	bool ok = into >= 0 && move_markers(s, into, taken->name) &&
		  gt_folder_move(s->dir, taken->name, into, taken->digest);
	int why = errno;
	if (into >= 0)
		close(into);
	gt_host_failpoint("file-commit");
	return ok || move_fail(err, taken->name, target, why);
}

static const struct gt_drop_storage storage = {.adapter = "file",
	.look = look,
	.open = open_file,
	.unchanged = unchanged,
	.movable = movable,
	.move = move_taken};

/* The callbacks */

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *s = self;
	s->dir = -1;
	s->drop.arg = s;
	s->drop.storage = &storage;
	s->drop.host = host;
	return gt_drop_open(&s->drop, cursor, err) && prepare(s, err) && open_folder(s, err);
}

static void close_(void *self)
{
	struct state *s = self;
	gt_drop_close(&s->drop);
	if (s->dir >= 0)
		close(s->dir);
	for (size_t i = 0; i < TEXTS; i++)
		free(s->text[i]);
}

static void interrupt_(void *self)
{
	gt_drop_interrupt(&((struct state *)self)->drop);
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	return gt_drop_poll(&((struct state *)self)->drop, batch, limits, err);
}

static bool commit_(void *self, struct gt_str cursor, struct gt_err *err)
{
	return gt_drop_commit(&((struct state *)self)->drop, cursor, err);
}

/* Looking without taking */

static bool probe_(void *self, char *found, size_t size, struct gt_err *err)
{
	struct state *s = self;
	const struct gt_folder *list = &s->drop.list;
	if (!movable(&s->drop, err) || look(&s->drop, NULL, err) != GT_DROP_GOT)
		return false;
	snprintf(found, size, "%s: %zu × %s", s->text[FOLDER], list->n, s->text[PATTERN]);
	return true;
}

static bool discover_(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct state *s = self;
	const struct gt_folder *list = &s->drop.list;
	struct gt_survey survey = {
		.host = s->drop.host, .reader = s->drop.in.reader, .sink = sink, .arg = arg};
	if (look(&s->drop, NULL, err) != GT_DROP_GOT)
		return false;
	for (size_t i = 0; i < list->n && i < GT_SURVEY_MAX && !survey.enough; i++) {
		const char *name = list->v[i].name;
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
