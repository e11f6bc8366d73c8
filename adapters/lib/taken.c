#include "taken.h"

#include <inttypes.h>
#include <stdio.h>

struct gt_str gt_taken_write(const struct gt_taken *taken, char out[GT_TAKEN_TEXT])
{
	char name[GT_NAME_ENCODED];
	gt_name_encode(taken->name, name);
	int n = snprintf(out, GT_TAKEN_TEXT,
		"1 %" PRIu64 " %c %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s", taken->number,
		(char)taken->state, taken->size, taken->offset, taken->row, taken->digest, name);
	if (taken->mtime)
		n += snprintf(out + n, GT_TAKEN_TEXT - (size_t)n, " %" PRIu64, taken->mtime);
	return gt_str(out, (size_t)n);
}

static struct gt_str word(struct gt_str *rest)
{
	const char *space = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
	struct gt_str head = gt_str(rest->p, space ? (size_t)(space - rest->p) : rest->n);
	size_t used = head.n + (space ? 1 : 0);
	*rest = gt_str(rest->p + used, rest->n - used);
	return head;
}

static bool number(struct gt_str *rest, uint64_t *value)
{
	struct gt_str s = word(rest);
	uint64_t v = 0;
	if (s.n == 0 || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*value = v;
	return true;
}

static bool digest(struct gt_str *rest, char hex[GT_DIGEST_HEX])
{
	struct gt_str s = word(rest);
	if (s.n != GT_DIGEST_HEX - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	memcpy(hex, s.p, s.n);
	hex[s.n] = '\0';
	return true;
}

bool gt_taken_read(struct gt_str text, struct gt_taken *taken)
{
	struct gt_taken t = {0};
	if (text.n == 0) {
		*taken = t;
		return true;
	}
	uint64_t version = 0;
	if (!number(&text, &version) || version != 1 || !number(&text, &t.number))
		return false;
	struct gt_str state = word(&text);
	char c = state.n == 1 ? state.p[0] : '\0';
	if (c != GT_TAKEN_READING && c != GT_TAKEN_DONE && c != GT_TAKEN_FAILED)
		return false;
	t.state = (enum gt_taken_state)c;
	if (!number(&text, &t.size) || !number(&text, &t.offset) || !number(&text, &t.row) ||
		!digest(&text, t.digest))
		return false;
	struct gt_str name = word(&text);
	if (!gt_name_decode(name, t.name) || (text.n && !number(&text, &t.mtime)) || text.n)
		return false;
	*taken = t;
	return true;
}

struct gt_str gt_taken_entry_key(const struct gt_taken *taken, char out[GT_TAKEN_KEY])
{
	return gt_str(out, (size_t)snprintf(out, GT_TAKEN_KEY, "sha256:%s", taken->digest));
}

struct gt_str gt_taken_entry(
	const struct gt_taken *taken, int64_t seconds, char out[GT_TAKEN_VALUE])
{
	char name[GT_NAME_ENCODED];
	gt_name_encode(taken->name, name);
	return gt_str(out, (size_t)snprintf(out, GT_TAKEN_VALUE, "%" PRId64 " %s", seconds, name));
}

bool gt_taken_entry_read(struct gt_str value, uint64_t *seconds, char name[GT_NAME_MAX + 1])
{
	uint64_t when = 0;
	if (!number(&value, &when) || !gt_name_decode(value, name))
		return false;
	*seconds = when;
	return true;
}

bool gt_taken_seen_key(const char *name, uint64_t size, int64_t listed, char out[GT_TAKEN_KEY])
{
	struct gt_digest digest = {0};
	char hex[GT_DIGEST_HEX], tail[64];
	if (!gt_digest_start(&digest))
		return false;
	int n = snprintf(tail, sizeof tail, "%" PRIu64 " %" PRId64, size, listed);
	gt_digest_add(&digest, name, strlen(name) + 1);
	gt_digest_add(&digest, tail, (size_t)n);
	gt_digest_finish(&digest, hex);
	snprintf(out, GT_TAKEN_KEY, "seen:%s", hex);
	return true;
}

struct gt_str gt_taken_seen(const struct gt_taken *taken, char out[GT_TAKEN_VALUE])
{
	return gt_str(out, (size_t)snprintf(out, GT_TAKEN_VALUE, "%" PRIu64 " %" PRIu64 " %s",
				   taken->size, taken->mtime, taken->digest));
}

bool gt_taken_seen_read(struct gt_str value, struct gt_taken *taken)
{
	struct gt_taken t = *taken;
	if (!number(&value, &t.size) || !number(&value, &t.mtime) || !digest(&value, t.digest) ||
		value.n)
		return false;
	*taken = t;
	return true;
}
