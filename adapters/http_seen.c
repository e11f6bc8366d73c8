/* http_seen.c: which rows this flow has published already, so that a lookback, a repeated page, a
 * resumed page and a list that is read as a whole every time hand on only what is new.
 *
 * A row is known by 16 bytes of the SHA-256 of its bytes. The digests are a sequence; chunk i of it
 * is the entry "seen/<i>" of the flow's keyed state and commits with the rows themselves. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK 252u /* digests per entry: 4032 bytes */

static size_t first_slot(const struct http_seen *seen, const unsigned char *digest)
{
	uint64_t hash =
		0; /* the digest is a hash already, and its sender does not choose it freely */
	memcpy(&hash, digest, sizeof(hash));
	return (size_t)hash & (seen->slots - 1);
}

static bool find(const struct http_seen *seen, const unsigned char *digest, size_t *at)
{
	size_t i = first_slot(seen, digest);
	for (; seen->slot[i]; i = (i + 1) & (seen->slots - 1)) {
		if (memcmp(seen->digest[seen->slot[i] - 1], digest, HTTP_DIGEST) == 0) {
			*at = seen->slot[i] - 1;
			return true;
		}
	}
	*at = i;
	return false;
}

static void index_all(struct http_seen *seen)
{
	size_t at = 0;
	if (!seen->slots)
		return;
	memset(seen->slot, 0, seen->slots * sizeof(*seen->slot));
	for (size_t i = 0; i < seen->n; i++)
		if (!find(seen, seen->digest[i], &at))
			seen->slot[at] = (uint32_t)i + 1;
}

static bool grow(struct http_seen *seen)
{
	size_t cap = seen->cap ? seen->cap * 2 : 256;
	void *digest = realloc(seen->digest, cap * HTTP_DIGEST);
	if (digest)
		seen->digest = digest;
	unsigned char *mark = realloc(seen->mark, cap);
	if (mark)
		seen->mark = mark;
	int64_t *order = realloc(seen->order, cap * sizeof(*order));
	if (order)
		seen->order = order;
	uint32_t *slot = realloc(seen->slot, cap * 2 * sizeof(*slot));
	if (slot)
		seen->slot = slot;
	if (!digest || !mark || !order || !slot)
		return false;
	seen->cap = cap;
	seen->slots = cap * 2;
	index_all(seen);
	return true;
}

static bool append(struct http_seen *seen, const unsigned char *digest, bool marked, int64_t order)
{
	size_t at = 0;
	if (seen->n == seen->cap && !grow(seen))
		return false;
	if (find(seen, digest, &at))
		return true;
	memcpy(seen->digest[seen->n], digest, HTTP_DIGEST);
	seen->mark[seen->n] = marked;
	seen->order[seen->n] = order;
	seen->slot[at] = (uint32_t)++seen->n;
	return true;
}

size_t http_seen_bytes(const struct http_seen *seen)
{
	return seen->cap * (HTTP_DIGEST + 1 + sizeof(int64_t) + 2 * sizeof(uint32_t));
}

bool http_seen_has(struct http_seen *seen, const unsigned char *digest)
{
	size_t at = 0;
	if (!seen->slots || !find(seen, digest, &at))
		return false;
	seen->mark[at] = 1;
	return true;
}

bool http_seen_add(struct http *h, const unsigned char *digest, int64_t order, struct gt_err *err)
{
	struct http_seen *seen = &h->seen;
	if (seen->n >= (size_t)h->conf.remember)
		return gt_fail(err, GT_E_HTTP_REMEMBER, h->label,
			GT_TEXT("%lld", (long long)h->conf.remember));
	if (seen->n == seen->cap && !http_memory(h, http_seen_bytes(seen) + 8192, err))
		return false;
	return append(seen, digest, true, order) || gt_fail(err, GT_E_MEMORY_BUDGET);
}

void http_seen_cut(struct http_seen *seen, size_t n)
{
	if (n >= seen->n)
		return;
	seen->n = n;
	if (seen->dirty_from > n)
		seen->dirty_from = n;
	index_all(seen);
}

void http_seen_begin(struct http_seen *seen)
{
	if (seen->n)
		memset(seen->mark, 0, seen->n);
}

/* Keeps what is marked 1. */
static void compact(struct http_seen *seen)
{
	size_t kept = 0, first = seen->n;
	for (size_t i = 0; i < seen->n; i++) {
		if (!seen->mark[i]) {
			first = i < first ? i : first;
			continue;
		}
		memmove(seen->digest[kept], seen->digest[i], HTTP_DIGEST);
		seen->order[kept] = seen->order[i];
		seen->mark[kept++] = seen->mark[i];
	}
	seen->n = kept;
	if (seen->dirty_from > first)
		seen->dirty_from = first;
	index_all(seen);
}

/* Rewriting entries costs; where a row's bytes hold its time, stale digests do no harm. */
static bool worth_it(const struct http_seen *seen, size_t kept)
{
	return seen->n - kept >= kept + CHUNK;
}

void http_seen_end(struct http_seen *seen, bool exact)
{
	size_t kept = 0;
	for (size_t i = 0; i < seen->n; i++)
		kept += seen->mark[i] != 0;
	if (kept < seen->n && (exact || worth_it(seen, kept)))
		compact(seen);
}

static bool needed(const struct http_seen *seen, size_t i, int64_t before, size_t keep)
{
	return i >= keep || seen->order[i] >= before;
}

void http_seen_forget(struct http_seen *seen, int64_t before, size_t keep)
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

/* A backfill has entries of its own, which go when it ends. */
static struct gt_str chunk_key(const struct http *h, char *out, size_t size, size_t chunk)
{
	int n = snprintf(out, size, "%s/%06zu", h->backfill ? "back" : "seen", chunk);
	return gt_str(out, n > 0 ? (size_t)n : 0);
}

bool http_seen_unsaved(const struct http_seen *seen)
{
	return seen->dirty_from < seen->n || seen->n != seen->saved;
}

void http_seen_save(struct http *h, struct gt_batch *batch)
{
	struct http_seen *seen = &h->seen;
	char key[32];
	size_t chunks = (seen->n + CHUNK - 1) / CHUNK;
	if (!http_seen_unsaved(seen))
		return;
	size_t from = seen->dirty_from < seen->n ? seen->dirty_from : seen->n;
	for (size_t i = from / CHUNK; i < chunks; i++) {
		size_t n = seen->n - i * CHUNK < CHUNK ? seen->n - i * CHUNK : CHUNK;
		gt_batch_entry(batch, chunk_key(h, key, sizeof(key), i),
			gt_str((const char *)seen->digest[i * CHUNK], n * HTTP_DIGEST));
	}
	for (size_t i = chunks; i < seen->chunks; i++)
		gt_batch_entry(batch, chunk_key(h, key, sizeof(key), i), gt_str(NULL, 0));
	seen->chunks = chunks;
	seen->dirty_from = seen->saved = seen->n;
}

bool http_seen_load(struct http *h, size_t count)
{
	struct http_seen *seen = &h->seen;
	size_t chunks = (count + CHUNK - 1) / CHUNK;
	bool complete = true;
	char key[32];
	/* Entries don't say when a row was: it was not behind what has been read. */
	int64_t order = h->phase == HTTP_BETWEEN && h->high.given ? h->high.order
			: h->phase == HTTP_BETWEEN                ? INT64_MAX
								  : h->pass.until_order;
	for (size_t i = 0; i < chunks; i++) {
		struct gt_str value = {NULL, 0};
		if (!gt_host_entry(h->host, chunk_key(h, key, sizeof(key), i), &value) ||
			!value.p) {
			complete = false;
			continue;
		}
		for (size_t at = 0; at + HTTP_DIGEST <= value.n; at += HTTP_DIGEST)
			if (!append(seen, (const unsigned char *)value.p + at, false, order))
				return false;
	}
	seen->chunks = chunks;
	/* A gap shifts what is behind it: then every entry is written again. */
	seen->saved = count;
	seen->dirty_from = seen->n == count ? seen->n : 0;
	return complete && seen->n == count;
}

void http_seen_free(struct http_seen *seen)
{
	free(seen->digest);
	free(seen->mark);
	free(seen->order);
	free(seen->slot);
	*seen = (struct http_seen){0};
}
