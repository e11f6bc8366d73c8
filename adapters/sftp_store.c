/* sftp_store.c: a server's folder as the storage of a drop folder.
 *
 * A file is asked about, fetched into a file without a name of this machine, and asked about once
 * more: what changed meanwhile is not taken. From then on its content is fixed. A file that an
 * entry knows by name, size and time is not fetched again to be recognised. */
#include "sftp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SPARE (UINT64_C(16) << 20) /* bytes of the spool's disk that are never used */
#define COARSE_US 61000000         /* with times to the minute, a change within it is not seen */
#define FINE_US 2000000
#define RECENT_S 108000 /* what is older is older in any zone: written to, it gets a new time */
#define UNKNOWN_TIME INT64_MIN

int sftp_spool_open(struct sftp *s, uint64_t room, struct gt_err *err)
{
	const char *folder = s->text[SFTP_SPOOL];
	char path[4096];
	struct statvfs disk;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) &&
		(size_t)snprintf(path, sizeof path, "%s/guantong-XXXXXX", folder) < sizeof path) {
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(path);
	}
	if (fd < 0) {
		(void)gt_fail(err, GT_E_SFTP_SPOOL, folder, strerror(errno));
		return -1;
	}
	if (fstatvfs(fd, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize >= room + SPARE)
		return fd;
	close(fd);
	(void)gt_fail(err, GT_E_SFTP_SPOOL_FULL, folder, s->drop.shown);
	return -1;
}

/* The listing */

static int by_bytes(const void *a, const void *b)
{
	const struct gt_str *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int order = memcmp(x->p, y->p, n);
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The names of a listing, in order, to find markers among them. */
struct names {
	struct gt_str *v;
	size_t n;
};

/* One pass over the lines. */
struct pass {
	struct sftp *s;
	struct gt_folder_look look;
	struct names names;
	bool (*each)(struct pass *pass, const struct sftp_entry *entry);
	size_t strange;
	struct gt_str first_strange;
	bool coarse;
};

static bool run_pass(struct pass *pass)
{
	struct sftp *s = pass->s;
	struct gt_str rest = gt_str(s->listing.p, s->listing.n);
	int64_t now = gt_host_wall_us() / 1000000;
	pass->strange = 0;
	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		struct gt_str line = gt_str(rest.p, end ? (size_t)(end - rest.p) : rest.n);
		size_t used = line.n + (end ? 1 : 0);
		struct sftp_entry entry = {0};
		rest = gt_str(rest.p + used, rest.n - used);
		enum sftp_line what = sftp_list_line(line, s->ftp && s->facts, now, &entry);
		if (what == SFTP_LINE_STRANGE && pass->strange++ == 0)
			pass->first_strange = line;
		if (what == SFTP_LINE_FILE && !pass->each(pass, &entry))
			return false;
	}
	return true;
}

static bool count_name(struct pass *pass, const struct sftp_entry *entry)
{
	(void)entry;
	pass->names.n++;
	return true;
}

static bool keep_name(struct pass *pass, const struct sftp_entry *entry)
{
	pass->names.v[pass->names.n++] = entry->name;
	return true;
}

static bool marked(const struct pass *pass, const char *name)
{
	const char *suffixes = pass->s->text[SFTP_MARKERS];
	char suffix[GT_NAME_MAX + 1], marker[2 * GT_NAME_MAX + 2];
	while (gt_name_word(&suffixes, suffix)) {
		snprintf(marker, sizeof marker, "%s%s", name, suffix);
		struct gt_str key = gt_cstr(marker);
		if (pass->names.n &&
			bsearch(&key, pass->names.v, pass->names.n, sizeof key, by_bytes))
			return true;
	}
	return false;
}

/* Taken to its end before, as far as name, size and time tell. */
static bool seen(
	struct sftp *s, const char *name, uint64_t size, int64_t listed, struct gt_taken *taken)
{
	char key[GT_TAKEN_KEY];
	struct gt_str value;
	return listed != UNKNOWN_TIME && gt_taken_seen_key(name, size, listed, key) &&
	       gt_host_entry(s->drop.host, gt_cstr(key), &value) &&
	       gt_taken_seen_read(value, taken);
}

static bool add_file(struct pass *pass, const struct sftp_entry *entry)
{
	struct sftp *s = pass->s;
	char name[GT_NAME_MAX + 1];
	struct gt_taken taken = {0};
	memcpy(name, entry->name.p, entry->name.n);
	name[entry->name.n] = '\0';
	pass->coarse = pass->coarse || entry->coarse;
	if (!gt_folder_wants(&s->drop.list, name))
		return true;
	if (s->drop.list.complete == GT_COMPLETE_MARKER && !marked(pass, name))
		return true;
	/* Left out at once, so that files that stay for ever never fill the list. */
	if (s->after == SFTP_KEEP && seen(s, name, entry->size, entry->mtime, &taken))
		return true;
	struct gt_file_id id = {.size = entry->size, .mtime_ns = entry->mtime};
	return gt_folder_add(&pass->look, name, &id);
}

static bool read_names(struct pass *pass)
{
	pass->each = count_name;
	(void)run_pass(pass);
	pass->names.v = calloc(pass->names.n + 1, sizeof *pass->names.v);
	if (!pass->names.v)
		return false;
	pass->names.n = 0;
	pass->each = keep_name;
	(void)run_pass(pass);
	qsort(pass->names.v, pass->names.n, sizeof *pass->names.v, by_bytes);
	return true;
}

static void tell_strange(const struct pass *pass)
{
	struct gt_err told = {0};
	char line[GT_NAME_MAX + 1], shown[GT_NAME_SHOWN];
	snprintf(line, sizeof line, "%.*s", GT_STR_ARGS(pass->first_strange));
	(void)gt_fail(&told, GT_E_SFTP_LISTING, pass->s->place, GT_TEXT("%zu", pass->strange),
		gt_name_show(line, shown));
	gt_host_note(pass->s->drop.host, &told);
}

bool sftp_list_take(struct sftp *s, struct gt_err *err)
{
	struct pass pass = {.s = s};
	bool ok = s->drop.list.complete != GT_COMPLETE_MARKER || read_names(&pass);
	pass.each = add_file;
	ok = ok && run_pass(&pass);
	if (s->after == SFTP_KEEP) {
		s->drop.list.settle_us = pass.coarse ? COARSE_US : FINE_US;
		s->drop.list.settle_from = gt_host_wall_us() / 1000000 - RECENT_S;
	}
	if (ok)
		gt_folder_end(&s->drop.list, &pass.look, gt_host_monotonic_us());
	else
		gt_folder_drop(&pass.look);
	if (ok && pass.strange)
		tell_strange(&pass);
	free(pass.names.v);
	free(s->listing.p);
	s->listing.p = NULL;
	s->listing.n = s->listing.cap = s->drop.extra = 0;
	if (!gt_drop_memory(&s->drop))
		ok = false; /* giving back is never refused */
	return ok || gt_fail(err, GT_E_MEMORY_BUDGET);
}

/* Does the server not know MLSD? */
static bool wants_list(struct sftp *s, const struct gt_err *why)
{
	bool unknown = s->ftp && s->facts && why->code == GT_E_SFTP_TRANSPORT &&
		       strncmp(s->reply, "50", 2) == 0;
	if (unknown)
		s->facts = false;
	return unknown;
}

static enum gt_drop_got look(
	struct gt_drop *drop, const struct gt_limits *limits, struct gt_err *err)
{
	struct sftp *s = drop->arg;
	struct sftp_ask ask = {.sink = SFTP_TO_LIST};
	struct gt_err why = {0};
	enum sftp_io io;
	do {
		if (s->step != SFTP_LOOK && !sftp_start(s, &ask, err))
			return GT_DROP_FAILED;
		s->step = SFTP_LOOK;
		io = sftp_run(s, limits->deadline_us, &why);
		if (io == SFTP_AGAIN)
			return GT_DROP_LATER;
		s->step = SFTP_IDLE;
	} while (io == SFTP_FAILED && wants_list(s, &why));
	if (io == SFTP_OK)
		return sftp_list_take(s, err) ? GT_DROP_GOT : GT_DROP_FAILED;
	if (io == SFTP_FAILED)
		*err = why;
	else
		(void)gt_fail(err, GT_E_SFTP_GONE, s->place);
	return GT_DROP_FAILED;
}

/* A file */

static void abandon(struct gt_drop *drop)
{
	struct sftp *s = drop->arg;
	sftp_stop(s);
	if (s->spool >= 0)
		close(s->spool);
	s->spool = -1;
	s->step = SFTP_IDLE;
}

static enum gt_drop_got give_up(struct gt_drop *drop, enum gt_drop_got got)
{
	abandon(drop);
	errno = ENOENT;
	return got;
}

static bool start_get(struct sftp *s, const struct gt_file_id *listed, struct gt_err *err)
{
	struct sftp_ask ask = {.name = s->drop.now.name, .sink = SFTP_TO_SPOOL};
	s->spool = sftp_spool_open(s, listed ? listed->size : 0, err);
	s->step = SFTP_GET;
	return s->spool >= 0 && sftp_start(s, &ask, err);
}

static uint64_t time_of(const struct sftp *s)
{
	return s->mtime > 0 ? (uint64_t)s->mtime : 0;
}

bool sftp_same(const struct sftp *s, uint64_t size, uint64_t mtime)
{
	return (s->length < 0 || (uint64_t)s->length == size) && time_of(s) == mtime;
}

/* The file is here as it was when it was asked about first. */
static enum gt_drop_got arrived(struct sftp *s, const struct gt_file_id *listed, int *fd)
{
	struct gt_drop *drop = &s->drop;
	int64_t mtime = (int64_t)drop->now.mtime;
	drop->id = listed ? *listed : (struct gt_file_id){.size = s->size, .mtime_ns = mtime};
	*fd = s->spool;
	s->spool = -1;
	s->step = SFTP_IDLE;
	return GT_DROP_GOT;
}

static enum gt_drop_got changed(struct sftp *s, struct gt_err *err)
{
	(void)gt_fail(err, GT_E_FILE_CHANGED, s->drop.shown);
	return give_up(&s->drop, GT_DROP_FAILED);
}

/* Size and time are known: is it the file of the list, and is it known by an entry? */
static enum gt_drop_got asked(
	struct sftp *s, const struct gt_file_id *listed, int *fd, struct gt_err *err)
{
	struct gt_drop *drop = &s->drop;
	struct gt_taken *now = &drop->now, known = *now;
	if (listed && s->length >= 0 && (uint64_t)s->length != listed->size)
		return give_up(drop, GT_DROP_NONE); /* touched since the look: judged anew */
	now->mtime = time_of(s);
	s->listed_mtime = listed ? listed->mtime_ns : UNKNOWN_TIME;
	if (listed && seen(s, now->name, listed->size, s->listed_mtime, &known) &&
		sftp_same(s, known.size, known.mtime)) {
		*now = known;
		s->step = SFTP_IDLE;
		return GT_DROP_KNOWN;
	}
	s->size = 0;
	s->expected = s->length;
	if (s->length == 0) {
		s->spool = sftp_spool_open(s, 0, err);
		return s->spool < 0 ? give_up(drop, GT_DROP_FAILED) : arrived(s, listed, fd);
	}
	return start_get(s, listed, err) ? GT_DROP_LATER : give_up(drop, GT_DROP_FAILED);
}

/* An exchange came to its end. LATER: the next one was started. */
static enum gt_drop_got next_step(struct sftp *s, enum sftp_io io, const struct gt_file_id *listed,
	int *fd, struct gt_err *err)
{
	struct gt_drop *drop = &s->drop;
	if (io == SFTP_FAILED)
		return give_up(drop, GT_DROP_FAILED);
	if (s->step == SFTP_STAT)
		return io == SFTP_OK ? asked(s, listed, fd, err) : give_up(drop, GT_DROP_NONE);
	if (io == SFTP_MISSING)
		return changed(s, err);
	if (s->step == SFTP_CHECK)
		return sftp_same(s, s->size, drop->now.mtime) ? arrived(s, listed, fd)
							      : changed(s, err);
	if (s->expected >= 0 && s->got != (uint64_t)s->expected)
		return changed(s, err);
	s->size = s->got;
	s->step = SFTP_CHECK;
	return sftp_ask_size(s, NULL, drop->now.name, err) ? GT_DROP_LATER
							   : give_up(drop, GT_DROP_FAILED);
}

static enum gt_drop_got open_file(struct gt_drop *drop, const struct gt_file_id *listed,
	const struct gt_limits *limits, int *fd, struct gt_err *err)
{
	struct sftp *s = drop->arg;
	if (s->step == SFTP_LOOK)
		abandon(drop);
	if (s->step == SFTP_IDLE) {
		s->step = SFTP_STAT;
		if (!sftp_ask_size(s, NULL, drop->now.name, err))
			return give_up(drop, GT_DROP_FAILED);
	}
	for (;;) {
		enum sftp_io io = sftp_run(s, limits->deadline_us, err);
		enum gt_drop_got got = GT_DROP_LATER;
		if (io != SFTP_AGAIN)
			got = next_step(s, io, listed, fd, err);
		if (io == SFTP_AGAIN || got != GT_DROP_LATER)
			return got;
	}
}

/* What was fetched is ours alone. */
static bool unchanged(const struct gt_drop *drop)
{
	(void)drop;
	return true;
}

static void remember(struct gt_drop *drop, struct gt_batch *batch)
{
	struct sftp *s = drop->arg;
	char key[GT_TAKEN_KEY], value[GT_TAKEN_VALUE];
	if (s->listed_mtime != UNKNOWN_TIME &&
		gt_taken_seen_key(drop->now.name, drop->now.size, s->listed_mtime, key))
		gt_batch_entry(batch, gt_cstr(key), gt_taken_seen(&drop->now, value));
}

/* libcurl has timers of its own, and more than one connection at times. */
static void wait_(struct gt_drop *drop, struct gt_batch *batch)
{
	struct sftp *s = drop->arg;
	bool one = s->sockets == 1 && s->fd >= 0;
	gt_batch_wait(
		batch, one ? s->fd : -1, POLLIN, gt_host_monotonic_us() + (one ? 200000 : 20000));
}

const struct gt_drop_storage sftp_storage = {.adapter = "sftp",
	.look = look,
	.open = open_file,
	.abandon = abandon,
	.unchanged = unchanged,
	.remember = remember,
	.wait = wait_,
	.move = sftp_move};
