/* sftp_move.c: what a commit does to the server's folder: files whose rows are committed are
 * renamed into done/ or failed/, nothing else is. Idempotent: what is not there any more was moved
 * before, and what is another file by now stays. */
#include "sftp.h"

#include <inttypes.h>
#include <stdio.h>

#define TRIES 3 /* names that are tried where the one before is taken */

/* The n-th name that a file is given in its target folder. */
static void target_name(const struct gt_taken *taken, int n, char out[GT_NAME_MAX + 1])
{
	const char *name = taken->name, *dot = strrchr(name, '.');
	int stem = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
	char mark[48] = "";
	if (n > 0)
		snprintf(mark, sizeof mark, ".%.16s", taken->digest);
	if (n > 1)
		snprintf(mark + 17, sizeof mark - 17, ".%" PRId64, gt_host_wall_us() / 1000000);
	if (strlen(name) + strlen(mark) > GT_NAME_MAX)
		snprintf(out, GT_NAME_MAX + 1, "%s%s", taken->digest, mark + 17 * (n > 0));
	else
		snprintf(out, GT_NAME_MAX + 1, "%.*s%s%s", stem, name, mark, name + stem);
}

static bool rename_file(
	struct sftp *s, const char *folder, const char *name, const char *as, bool may_fail)
{
	char from[SFTP_PATH_MAX + 512], to[SFTP_PATH_MAX + 512];
	sftp_path(s, NULL, name, from);
	sftp_path(s, folder, as, to);
	if (!s->ftp)
		return sftp_quote(s, may_fail ? "*rename" : "rename", from, to);
	return sftp_quote(s, may_fail ? "*RNFR" : "RNFR", from, NULL) &&
	       sftp_quote(s, may_fail ? "*RNTO" : "RNTO", to, NULL);
}

/* The markers go first: a marker left alone would vouch for the next file of that name. */
static bool rename_markers(struct sftp *s, const char *folder, const char *name)
{
	const char *suffixes =
		s->drop.list.complete == GT_COMPLETE_MARKER ? s->text[SFTP_MARKERS] : "";
	char suffix[GT_NAME_MAX + 1], marker[2 * GT_NAME_MAX + 2], old[SFTP_PATH_MAX + 512];
	while (gt_name_word(&suffixes, suffix)) {
		snprintf(marker, sizeof marker, "%s%s", name, suffix);
		if (strlen(marker) > GT_NAME_MAX)
			continue;
		sftp_path(s, folder, marker, old);
		if ((!s->ftp && !sftp_quote(s, "*rm", old, NULL)) ||
			!rename_file(s, folder, marker, marker, true))
			return false;
	}
	return true;
}

/* FTP servers overwrite: is the name free? OK = taken, or the server does not say; MISSING = free.
 */
static enum sftp_io occupied(
	struct sftp *s, const char *folder, const char *name, struct gt_err *err)
{
	if (!s->ftp)
		return SFTP_MISSING;
	return sftp_ask_size(s, folder, name, err) ? sftp_await(s, err) : SFTP_FAILED;
}

static enum sftp_io rename_to(struct sftp *s, const char *folder, const struct gt_taken *taken,
	const char *as, struct gt_err *err)
{
	struct sftp_ask ask = {.no_body = true};
	char path[SFTP_PATH_MAX + 512];
	sftp_path(s, folder, "", path);
	sftp_stop(s);
	if (!sftp_quote(s, s->ftp ? "*MKD" : "*mkdir", path, NULL) ||
		!rename_markers(s, folder, taken->name) ||
		!rename_file(s, folder, taken->name, as, false)) {
		(void)gt_fail(err, GT_E_MEMORY_BUDGET);
		return SFTP_FAILED;
	}
	return sftp_start(s, &ask, err) ? sftp_await(s, err) : SFTP_FAILED;
}

/* SFTP says no more than that. */
static bool exists(const struct sftp *s)
{
	return !s->ftp && (strstr(s->curl_error, "Operation failed") ||
				  strstr(s->curl_error, "already exists"));
}

static bool move_away(struct sftp *s, const struct gt_taken *taken, struct gt_err *err)
{
	const char *folder =
		s->text[taken->state == GT_TAKEN_FAILED ? SFTP_FAILED_TO : SFTP_DONE_TO];
	char as[GT_NAME_MAX + 1];
	struct gt_err why = {0};
	for (int n = 0; n < TRIES; n++) {
		target_name(taken, n, as);
		enum sftp_io io = occupied(s, folder, as, &why);
		bool says = s->length >= 0 || s->mtime >= 0;
		if (io == SFTP_OK && !says && n == TRIES - 1)
			io = SFTP_MISSING; /* digest and time: nothing can have this name */
		if (io == SFTP_OK)
			continue;
		if (io == SFTP_MISSING)
			io = rename_to(s, folder, taken, as, &why);
		if (io == SFTP_OK) {
			gt_host_failpoint("sftp-commit");
			return true;
		}
		if (!exists(s))
			break;
	}
	if (!why.code)
		return gt_fail(err, GT_E_SFTP_GONE, s->place);
	*err = why;
	return false;
}

bool sftp_move(
	void *arg, const struct gt_taken *taken, const struct gt_file_id *id, struct gt_err *err)
{
	struct gt_drop *drop = arg;
	struct sftp *s = drop->arg;
	(void)id;
	if (s->after == SFTP_KEEP)
		return true;
	s->drop.storage->abandon(drop); /* what is under way begins again with the next poll */
	if (!sftp_ask_size(s, NULL, taken->name, err))
		return false;
	enum sftp_io io = sftp_await(s, err);
	if (io == SFTP_FAILED)
		return false;
	if (io == SFTP_MISSING)
		return true;
	if (!sftp_same(s, taken->size, taken->mtime)) {
		gt_drop_left(drop, taken->name);
		return true;
	}
	gt_host_failpoint("sftp-commit");
	return move_away(s, taken, err);
}
