/* sftp.c: a drop folder of a server, by SFTP or by FTP over TLS: see lib/dropfolder.h for how its
 * files are taken, one after the other, oldest first.
 *
 * Only commit changes the folder: it renames what is done into done/, what is no readable file into
 * failed/; with `after: keep` nothing is changed, and entries remember what was taken. */
#include "sftp.h"

#include "lib/endpoint.h"
#include "lib/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define SURVEY_MAX 20u
#define SURVEY_WHOLE (INT64_C(64) << 20) /* bytes of a workbook that is fetched to look into it */

static const char *const complete_words[] = {"rename", "marker", "stable", NULL};
static const char *const after_words[] = {"move", "keep", NULL};

#define AT(field) offsetof(struct sftp, field)
#define GIVEN(which) offsetof(struct sftp, given[which])
/* clang-format off */
static const struct gt_option options[] = {
	{"url", GT_OPT_TEXT, AT(url), 8, 1024, .flags = GT_OPT_REQUIRED,
		.en = "sftp://host/dir (~/dir: in the home), ftpes://host/dir, ftps://host/dir",
		.zh = "sftp://主机/目录（~/目录：账号主目录下）、ftpes://主机/目录、ftps://主机/目录"},
	{"user", GT_OPT_TEXT, GIVEN(SFTP_USER), 1, 256, .flags = GT_OPT_REQUIRED,
		.en = "the account", .zh = "账号"},
	{"password", GT_OPT_SECRET, GIVEN(SFTP_PASSWORD), .en = "its password", .zh = "口令"},
	{"key", GT_OPT_PATH, GIVEN(SFTP_KEY), .flags = GT_OPT_MUST_EXIST,
		.en = "private key file instead of a password (sftp; Ed25519)",
		.zh = "代替口令的私钥文件（sftp；Ed25519）"},
	{"passphrase", GT_OPT_SECRET, GIVEN(SFTP_PASSPHRASE),
		.en = "of the private key", .zh = "私钥的口令"},
	{"known_hosts", GT_OPT_PATH, GIVEN(SFTP_KNOWN_HOSTS), .flags = GT_OPT_MUST_EXIST,
		.en = "file with the server's key, as ssh keeps it (sftp)",
		.zh = "记有服务器公钥的 known_hosts 文件（sftp）"},
	{"host_key", GT_OPT_TEXTS, AT(host_keys),
		.en = "fingerprints of the server's keys instead: SHA256:… (sftp)",
		.zh = "或服务器密钥指纹：SHA256:…（sftp）"},
	{"ca", GT_OPT_PATH, GIVEN(SFTP_CA), .flags = GT_OPT_MUST_EXIST,
		.en = "certificates to trust instead of the system's (ftpes, ftps)",
		.zh = "代替系统根证书的信任证书（ftpes、ftps）"},
	{"pattern", GT_OPT_TEXT, GIVEN(SFTP_PATTERN), 1, 512, .fallback = "*",
		.en = "names to take: *.csv *.txt; letters in either case",
		.zh = "要读取的文件名：*.csv *.txt；不分大小写"},
	{"complete", GT_OPT_CHOICE, AT(complete), .choices = complete_words, .fallback = "stable",
		.en = "what shows a file is whole: its final name, a marker, no change",
		.zh = "以何判断文件已完整：正式文件名、标记文件、不再变化"},
	{"stable_for", GT_OPT_DURATION, AT(stable_ms), 0, 86400000, .fallback = "60 s",
		.en = "how long size and time must stay the same (complete: stable)",
		.zh = "大小和时间须保持不变的时长（complete: stable）"},
	{"temporary", GT_OPT_TEXT, GIVEN(SFTP_TEMPORARY), 0, 512,
		.fallback = "*.tmp *.part *.partial *.filepart ~*",
		.en = "names that are never taken; a leading dot always means temporary",
		.zh = "不读取的临时文件名；以点开头的一律视为临时文件"},
	{"markers", GT_OPT_TEXT, GIVEN(SFTP_MARKERS), 1, 512, .fallback = ".done .ok",
		.en = "what a marker adds to the file's whole name: readings.csv.done",
		.zh = "标记文件在完整文件名后加的后缀：readings.csv.done"},
	{"after", GT_OPT_CHOICE, AT(after), .choices = after_words, .fallback = "move",
		.en = "what becomes of a taken file: moved to done, or kept where it is",
		.zh = "文件读取后：move 移到 done，keep 留在原处"},
	{"done", GT_OPT_TEXT, GIVEN(SFTP_DONE_TO), 1, 512, .fallback = "done",
		.en = "where files go once their rows are published; in the folder, or absolute",
		.zh = "数据发布后文件移入的文件夹；相对于投放文件夹，或绝对路径"},
	{"failed", GT_OPT_TEXT, GIVEN(SFTP_FAILED_TO), 1, 512, .fallback = "failed",
		.en = "where files go that cannot be split into rows", .zh = "无法拆分成行的文件移入的文件夹"},
	{"max_size", GT_OPT_BYTES, AT(drop.max_size), 1, INT64_C(1) << 40, .fallback = "1 GiB",
		.en = "larger files are left where they are", .zh = "更大的文件不处理，留在原处"},
	{"spool", GT_OPT_PATH, GIVEN(SFTP_SPOOL), .flags = GT_OPT_MUST_EXIST,
		.fallback = "/var/tmp",
		.en = "folder of this machine for the file being read; needs its size",
		.zh = "本机暂存正在读取的文件的文件夹；空间须容纳该文件"},
	{"timeout", GT_OPT_DURATION, AT(timeout_ms), 1000, 600000, .fallback = "30 s",
		.en = "to connect, to answer, and without a byte", .zh = "连接、应答、无数据的时限"},
	{0},
};
/* clang-format on */

/* The address */

/* "%20" to a space; false: no proper path, or one with control characters. */
static bool decode_path(struct gt_str s, char out[SFTP_PATH_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char hex[3] = {0}, *end = hex;
		char c = s.p[i];
		if (c == '%' && i + 2 < s.n) {
			memcpy(hex, s.p + i + 1, 2);
			c = (char)strtoul(hex, &end, 16);
			i += 2;
			if (end != hex + 2)
				return false;
		}
		if ((unsigned char)c < ' ' || n + 2 >= SFTP_PATH_MAX)
			return false;
		out[n++] = c;
	}
	if (n && out[n - 1] != '/')
		out[n++] = '/';
	out[n] = '\0';
	return true;
}

/* Only a host that is this machine by its very name may be this machine. */
static bool names_loopback(struct gt_str host)
{
	return (host.n == 9 && strncasecmp(host.p, "localhost", 9) == 0) ||
	       (host.n > 4 && memcmp(host.p, "127.", 4) == 0) ||
	       (host.n >= 5 && memcmp(host.p, "[::1]", 5) == 0);
}

static const struct scheme {
	const char *name, *curl;
	bool ftp;
} schemes[] = {
	{"sftp://", "sftp://", false}, {"ftpes://", "ftp://", true}, {"ftps://", "ftps://", true}};

/* host: with its port, if it has one; path: from the slash on. NULL: not of that form. */
static const struct scheme *split_parts(struct gt_str url, struct gt_str *host, struct gt_str *path)
{
	const struct scheme *scheme = NULL;
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(schemes[i].name);
		if (url.n > n && strncasecmp(url.p, schemes[i].name, n) == 0) {
			scheme = &schemes[i];
			url = gt_str(url.p + n, url.n - n);
			break;
		}
	}
	if (!scheme)
		return NULL;
	const char *slash = memchr(url.p, '/', url.n);
	*host = gt_str(url.p, slash ? (size_t)(slash - url.p) : url.n);
	*path = gt_str(url.p + host->n, url.n - host->n);
	if (host->n == 0 || host->n > 300 || memchr(host->p, '@', host->n))
		return NULL;
	for (size_t k = 0; k < host->n; k++)
		if ((unsigned char)host->p[k] <= ' ' || strchr("?#\\", host->p[k]))
			return NULL;
	return scheme;
}

static size_t endpoints_(const void *self, struct gt_endpoint *endpoint)
{
	const struct sftp *s = self;
	char url[400];
	struct gt_str host, path;
	const struct scheme *scheme = split_parts(s->url, &host, &path);
	if (!scheme)
		return 0;
	snprintf(url, sizeof url, "%s%.*s", scheme->curl, GT_STR_ARGS(host));
	return gt_endpoint_of(gt_cstr(url), s->given[SFTP_CA], endpoint);
}

static bool split_url(struct sftp *s)
{
	struct gt_str host, path;
	const struct scheme *scheme = split_parts(s->url, &host, &path);
	if (!scheme)
		return false;
	s->ftp = s->facts = scheme->ftp;
	s->loopback = names_loopback(host);
	snprintf(s->base, sizeof s->base, "%s%.*s", scheme->curl, GT_STR_ARGS(host));
	snprintf(s->place, sizeof s->place, "%.*s", GT_STR_ARGS(s->url));
	/* SFTP: /dir from the root, /~/dir from home. FTP: /dir from where the login begins, //dir
	 * from the root. */
	size_t skip = s->ftp ? path.n > 0 : path.n >= 3 && memcmp(path.p, "/~/", 3) == 0 ? 3 : 0;
	return decode_path(gt_str(path.p + skip, path.n - skip), s->path);
}

/* Opening and closing */

static bool copy_texts(struct sftp *s, struct gt_err *err)
{
	for (size_t i = 0; i < SFTP_TEXTS; i++) {
		struct gt_str t = s->given[i];
		if (!(s->text[i] = strndup(t.p ? t.p : "", t.n)))
			return gt_fail(err, GT_E_MEMORY_BUDGET);
	}
	return true;
}

static bool prepare(struct sftp *s, struct gt_err *err)
{
	const char *done = s->text[SFTP_DONE_TO], *failed = s->text[SFTP_FAILED_TO];
	if (!split_url(s))
		return gt_fail(err, GT_E_SFTP_URL, GT_TEXT("%.*s", GT_STR_ARGS(s->url)));
	if (strcmp(done, failed) == 0 || strcmp(done, ".") == 0 || strcmp(failed, ".") == 0)
		return gt_fail(err, GT_E_FOLDER_NAMES, done, failed);
	if (!s->text[SFTP_PASSWORD][0] && (s->ftp || !s->text[SFTP_KEY][0]))
		return gt_fail(err, GT_E_SFTP_CREDENTIALS, s->place);
	s->drop.failed = s->after == SFTP_KEEP ? NULL : failed;
	s->drop.list = (struct gt_folder){.pattern = s->text[SFTP_PATTERN],
		.temporary = s->text[SFTP_TEMPORARY],
		.markers = s->text[SFTP_MARKERS],
		.complete = (enum gt_complete)s->complete,
		.stable_us = s->stable_ms * 1000};
	return !s->text[SFTP_KEY][0] || s->ftp || sftp_key_check(s, err);
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct sftp *s = self;
	s->fd = s->spool = -1;
	s->drop.arg = s;
	s->drop.storage = &sftp_storage;
	s->drop.host = host;
	return gt_drop_open(&s->drop, cursor, err) && copy_texts(s, err) && prepare(s, err) &&
	       sftp_wire_open(s, err);
}

/* Secrets are wiped before their memory is given back. */
static void free_text(char *text, bool secret)
{
	if (text && secret)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void close_(void *self)
{
	struct sftp *s = self;
	gt_drop_close(&s->drop);
	if (s->spool >= 0)
		close(s->spool);
	sftp_wire_close(s);
	free(s->listing.p);
	for (size_t i = 0; i < SFTP_TEXTS; i++)
		free_text(s->text[i], i == SFTP_PASSWORD || i == SFTP_PASSPHRASE);
}

static void interrupt_(void *self)
{
	gt_drop_interrupt(&((struct sftp *)self)->drop);
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	return gt_drop_poll(&((struct sftp *)self)->drop, batch, limits, err);
}

static bool commit_(void *self, struct gt_str cursor, struct gt_err *err)
{
	return gt_drop_commit(&((struct sftp *)self)->drop, cursor, err);
}

/* Looking without taking */

static bool list_now(struct sftp *s, struct gt_err *err)
{
	struct gt_limits limits = {.deadline_us = gt_host_monotonic_us() + SFTP_CALL_US};
	enum gt_drop_got got;
	do
		got = sftp_storage.look(&s->drop, &limits, err);
	while (got == GT_DROP_LATER && gt_host_monotonic_us() < limits.deadline_us &&
		!gt_drop_interrupted(&s->drop));
	if (got == GT_DROP_LATER)
		(void)gt_fail(err, GT_E_SFTP_TIMEOUT, s->place);
	return got == GT_DROP_GOT;
}

static bool probe_(void *self, char *found, size_t size, struct gt_err *err)
{
	struct sftp *s = self;
	if (!list_now(s, err))
		return false;
	snprintf(found, size, "%s: %zu × %s", s->place, s->drop.list.n, s->text[SFTP_PATTERN]);
	return true;
}

/* The head of a file, or all of it where the format jumps about in it. False: *err. */
static bool fetch_head(
	struct sftp *s, const struct gt_folder_file *file, bool whole, int *fd, struct gt_err *err)
{
	char range[48];
	struct sftp_ask ask = {.name = file->name, .sink = SFTP_TO_SPOOL};
	snprintf(range, sizeof range, "0-%u", GT_FORMAT_HEAD);
	if (!whole && file->id.size > GT_FORMAT_HEAD)
		ask.range = range;
	s->spool = sftp_spool_open(s, 0, err);
	s->got = 0;
	if (s->spool < 0 || (file->id.size && !sftp_start(s, &ask, err)))
		return false;
	enum sftp_io io = file->id.size ? sftp_await(s, err) : SFTP_OK;
	*fd = s->spool;
	s->spool = -1;
	if (io == SFTP_OK)
		return true;
	close(*fd);
	errno = ENOENT;
	return false;
}

static bool discover_(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct sftp *s = self;
	const struct gt_folder *list = &s->drop.list;
	struct gt_survey survey = {
		.host = s->drop.host, .reader = s->drop.in.reader, .sink = sink, .arg = arg};
	bool whole = (gt_reader_caps(survey.reader) & GT_FORMAT_SEEK) != 0;
	if (!list_now(s, err))
		return false;
	for (size_t i = 0; i < list->n && i < SURVEY_MAX && !survey.enough; i++) {
		const struct gt_folder_file *file = &list->v[i];
		struct gt_err why = {0};
		int fd = -1;
		errno = EFBIG;
		if ((whole && file->id.size > (uint64_t)SURVEY_WHOLE) ||
			!fetch_head(s, file, whole, &fd, &why) ||
			!gt_survey_file(&survey, fd, s->got, file->name, &why))
			gt_survey_skip(&survey, file->name, errno, &why);
	}
	return true;
}

GT_ADAPTER(sftp, .summary = "files of a folder on a server, by SFTP or FTPS",
	.summary_zh = "服务器文件夹中的文件（SFTP 或 FTPS）",
	.caps = GT_CAP_RESUME | GT_CAP_ACK | GT_CAP_BYTES, .self_size = sizeof(struct sftp),
	.options = options, .open = open_, .poll = poll_, .commit = commit_,
	.interrupt = interrupt_, .close = close_, .probe = probe_, .discover = discover_,
	.endpoints = endpoints_);
