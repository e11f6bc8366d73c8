/* pseudonym.c: the key file of pseudonyms: lines "guantong-pseudonym-key <id> <64 hex digits>", the
 * newest last, readable by its owner alone. */
#include "pseudonym.h"

#include "buf.h"
#include "gt_assert.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD "guantong-pseudonym-key "
#define LINE_MAX_ 128u

bool gt_pseudonym_id_good(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n < sizeof(((struct gt_pseudonym_key *)0)->id) &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

static bool parse(struct gt_str line, struct gt_pseudonym_key *key)
{
	struct gt_pseudonym_key read = {.set = true};
	size_t word = sizeof(WORD) - 1, id;

	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (line.n < word + 66 || memcmp(line.p, WORD, word) != 0)
		return false;
	id = line.n - word - 65;
	if (id >= sizeof(read.id) || line.p[word + id] != ' ')
		return false;
	memcpy(read.id, line.p + word, id);
	if (!gt_pseudonym_id_good(read.id) ||
		!gt_unhex(read.key, sizeof(read.key), gt_str(line.p + line.n - 64, 64)))
		return false;
	*key = read;
	return true;
}

static bool has_id(const struct gt_pseudonym_keys *keys, const char *id)
{
	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->v[i].id, id) == 0)
			return true;
	return false;
}

/* One key a line. */
static bool parse_all(
	const char *path, struct gt_str text, struct gt_pseudonym_keys *keys, struct gt_err *err)
{
	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;
		struct gt_pseudonym_key *key = &keys->v[keys->n];

		if (keys->n == GT_PSEUDONYM_KEYS_MAX)
			return gt_fail(err, GT_E_PSEUDONYM_MANY, path,
				GT_TEXT("%u", GT_PSEUDONYM_KEYS_MAX));
		if (!parse(gt_str(text.p, n), key))
			return gt_fail(err, GT_E_PSEUDONYM_UNREADABLE, path);
		if (has_id(keys, key->id))
			return gt_fail(err, GT_E_PSEUDONYM_TWICE, path, key->id);
		keys->n++;
		text = gt_str(text.p + n, text.n - n);
	}
	return keys->n > 0 || gt_fail(err, GT_E_PSEUDONYM_UNREADABLE, path);
}

bool gt_pseudonym_load(const char *path, struct gt_pseudonym_keys *keys, struct gt_err *err)
{
	struct gt_pseudonym_keys read = {.n = 0};
	struct gt_buf text;
	struct stat st;
	bool ok;

	gt_buf_init(&text, 4096);
	ok = gt_file_read(path, &text, err);
	if (ok && stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		ok = gt_fail(err, GT_E_KEY_OPEN, path);
	ok = ok && parse_all(path, gt_buf_str(&text), &read, err);
	if (ok)
		*keys = read;
	explicit_bzero(&read, sizeof(read));
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	gt_buf_fini(&text);
	return ok;
}

/* A new file, or the one that is there and does not have the id. -1: err. */
static int open_for(const char *path, const char *id, bool *added, struct gt_err *err)
{
	struct gt_pseudonym_keys keys;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool there;

	if (fd < 0 && errno == EEXIST) {
		if (!gt_pseudonym_load(path, &keys, err))
			return -1;
		there = has_id(&keys, id);
		*added = true;
		explicit_bzero(&keys, sizeof(keys));
		if (there) {
			gt_fail(err, GT_E_KEY_EXISTS, path);
			return -1;
		}
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	}
	if (fd < 0)
		gt_fail(err, GT_E_FILE_WRITE, path, strerror(errno));
	return fd;
}

bool gt_pseudonym_keygen(const char *path, const char *id, struct gt_err *err)
{
	unsigned char key[32];
	char hex[65], line[LINE_MAX_];
	bool added = false;
	int fd = open_for(path, id, &added, err);

	if (fd < 0)
		return false;
	gt_random(key, sizeof(key));
	gt_hex(hex, key, sizeof(key));
	int n = snprintf(line, sizeof(line), WORD "%s %s\n", id, hex);
	GT_ASSERT(n > 0 && (size_t)n < sizeof(line));
	bool ok = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
	int error = errno;
	close(fd);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(hex, sizeof(hex));
	explicit_bzero(line, sizeof(line));
	if (ok)
		return true;
	if (!added)
		unlink(path);
	return gt_fail(err, GT_E_FILE_WRITE, path, strerror(error));
}
