#include "seen.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK 252u /* digests per entry: 4032 bytes */
#define EACH (GT_SEEN_DIGEST + 1 + 2 * sizeof(uint32_t))
#define EACH_TIMED (EACH + sizeof(int64_t))

static size_t first_slot(const struct gt_seen *seen, const unsigned char *digest)
{
	uint64_t hash =
		0; /* the digest is a hash already, and its sender does not choose it freely */

	memcpy(&hash, digest, sizeof(hash));
	return (size_t)hash & (seen->slots - 1);
}

static bool find(const struct gt_seen *seen, const unsigned char *digest, size_t *at)
{
	size_t i = first_slot(seen, digest);

	for (; seen->slot[i]; i = (i + 1) & (seen->slots - 1)) {
		if (memcmp(seen->digest[seen->slot[i] - 1], digest, GT_SEEN_DIGEST) == 0) {
			*at = seen->slot[i] - 1;
			return true;
		}
	}
	*at = i;
	return false;
}

static void index_all(struct gt_seen *seen)
{
	size_t at = 0;

	if (!seen->slots)
		return;
	memset(seen->slot, 0, seen->slots * sizeof(*seen->slot));
	for (size_t i = 0; i < seen->n; i++)
		if (!find(seen, seen->digest[i], &at))
			seen->slot[at] = (uint32_t)i + 1;
}

static size_t next_cap(const struct gt_seen *seen)
{
	return seen->cap ? seen->cap * 2 : 256;
}

static bool grow(struct gt_seen *seen)
{
	size_t cap = next_cap(seen);
	void *digest = realloc(seen->digest, cap * GT_SEEN_DIGEST);

	if (digest)
		seen->digest = digest;
	unsigned char *mark = realloc(seen->mark, cap);
	if (mark)
		seen->mark = mark;
	int64_t *order = seen->timed ? realloc(seen->order, cap * sizeof(*order)) : NULL;
	if (order)
		seen->order = order;
	uint32_t *slot = realloc(seen->slot, cap * 2 * sizeof(*slot));
	if (slot)
		seen->slot = slot;
	if (!digest || !mark || !slot || (seen->timed && !order))
		return false;
	seen->cap = cap;
	seen->slots = cap * 2;
	index_all(seen);
	return true;
}

static bool append(struct gt_seen *seen, const unsigned char *digest, bool marked, int64_t order)
{
	size_t at = 0;

	if (seen->n == seen->cap && !grow(seen))
		return false;
	if (find(seen, digest, &at))
		return true;
	memcpy(seen->digest[seen->n], digest, GT_SEEN_DIGEST);
	seen->mark[seen->n] = marked;
	if (seen->timed)
		seen->order[seen->n] = order;
	seen->slot[at] = (uint32_t)++seen->n;
	return true;
}

static size_t each(const struct gt_seen *seen)
{
	return seen->timed ? EACH_TIMED : EACH;
}

size_t gt_seen_bytes(const struct gt_seen *seen)
{
	return seen->cap * each(seen);
}

size_t gt_seen_bytes_next(const struct gt_seen *seen)
{
	return (seen->n == seen->cap ? next_cap(seen) : seen->cap) * each(seen);
}

bool gt_seen_has(struct gt_seen *seen, const unsigned char *digest)
{
	size_t at = 0;

	if (!seen->slots || !find(seen, digest, &at))
		return false;
	seen->mark[at] = 1;
	return true;
}

bool gt_seen_add(struct gt_seen *seen, const unsigned char *digest, int64_t order)
{
	return append(seen, digest, true, order);
}

void gt_seen_begin(struct gt_seen *seen)
{
	if (seen->n)
		memset(seen->mark, 0, seen->n);
}

/* Keeps what is marked. */
static void compact(struct gt_seen *seen)
{
	size_t kept = 0, first = seen->n;

	for (size_t i = 0; i < seen->n; i++) {
		if (!seen->mark[i]) {
			first = i < first ? i : first;
			continue;
		}
		memmove(seen->digest[kept], seen->digest[i], GT_SEEN_DIGEST);
		if (seen->timed)
			seen->order[kept] = seen->order[i];
		seen->mark[kept++] = seen->mark[i];
	}
	seen->n = kept;
	if (seen->dirty_from > first)
		seen->dirty_from = first;
	index_all(seen);
}

/* Rewriting entries costs; where a row's bytes hold its time, stale digests do no harm. */
static bool worth_it(const struct gt_seen *seen, size_t kept)
{
	return seen->n - kept >= kept + CHUNK;
}

void gt_seen_end(struct gt_seen *seen, bool exact)
{
	size_t kept = 0;

	for (size_t i = 0; i < seen->n; i++)
		kept += seen->mark[i];
	if (kept < seen->n && (exact || worth_it(seen, kept)))
		compact(seen);
}

static bool needed(const struct gt_seen *seen, size_t i, int64_t before, size_t keep)
{
	return i >= keep || seen->order[i] >= before;
}

void gt_seen_forget(struct gt_seen *seen, int64_t before, size_t keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < seen->n; i++)
		kept += needed(seen, i, before, keep);
	if (!worth_it(seen, kept))
		return;
	/* A mark says both for now: seen in this pass, and needed. */
	for (size_t i = 0; i < seen->n; i++)
		seen->mark[i] =
			(unsigned char)(needed(seen, i, before, keep) ? 1 | (seen->mark[i] & 1) << 1
								      : 0);
	compact(seen);
	for (size_t i = 0; i < seen->n; i++)
		seen->mark[i] >>= 1;
}

void gt_seen_cut(struct gt_seen *seen, size_t n)
{
	if (n >= seen->n)
		return;
	seen->n = n;
	if (seen->dirty_from > n)
		seen->dirty_from = n;
	index_all(seen);
}

static struct gt_str chunk_key(const struct gt_seen *seen, char *out, size_t size, size_t chunk)
{
	int n = snprintf(out, size, "%s/%06zu", seen->entries ? seen->entries : "seen", chunk);

	return gt_str(out, n > 0 ? (size_t)n : 0);
}

bool gt_seen_unsaved(const struct gt_seen *seen)
{
	return seen->dirty_from < seen->n || seen->n != seen->saved;
}

void gt_seen_save(struct gt_seen *seen, struct gt_batch *batch)
{
	char key[32];
	size_t chunks = (seen->n + CHUNK - 1) / CHUNK;
	size_t from = seen->dirty_from < seen->n ? seen->dirty_from : seen->n;

	if (!gt_seen_unsaved(seen))
		return;
	for (size_t i = from / CHUNK; i < chunks; i++) {
		size_t n = seen->n - i * CHUNK < CHUNK ? seen->n - i * CHUNK : CHUNK;

		gt_batch_entry(batch, chunk_key(seen, key, sizeof(key), i),
			gt_str((const char *)seen->digest[i * CHUNK], n * GT_SEEN_DIGEST));
	}
	for (size_t i = chunks; i < seen->chunks; i++)
		gt_batch_entry(batch, chunk_key(seen, key, sizeof(key), i), gt_str(NULL, 0));
	seen->chunks = chunks;
	seen->dirty_from = seen->saved = seen->n;
}

bool gt_seen_load(struct gt_seen *seen, struct gt_host *host, size_t count, int64_t order)
{
	size_t chunks = (count + CHUNK - 1) / CHUNK;
	bool complete = true;
	char key[32];

	for (size_t i = 0; i < chunks; i++) {
		struct gt_str value = {NULL, 0};

		if (!gt_host_entry(host, chunk_key(seen, key, sizeof(key), i), &value) ||
			!value.p) {
			complete = false;
			continue;
		}
		for (size_t at = 0; at + GT_SEEN_DIGEST <= value.n; at += GT_SEEN_DIGEST)
			if (!append(seen, (const unsigned char *)value.p + at, false, order))
				return false;
	}
	seen->chunks = chunks;
	/* A gap shifts what is behind it: then every entry is written again. */
	seen->saved = count;
	seen->dirty_from = seen->n == count ? seen->n : 0;
	return complete && seen->n == count;
}

void gt_seen_free(struct gt_seen *seen)
{
	free(seen->digest);
	free(seen->mark);
	free(seen->order);
	free(seen->slot);
	*seen = (struct gt_seen){0};
}
