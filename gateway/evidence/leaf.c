/* leaf.c: SHA-256 over length-prefixed parts, in a digest context that is reused. */
#include "leaf.h"
#include "gt_assert.h"
#include <openssl/evp.h>
#include <stdlib.h>

#define GATHER 1024u

/* Small parts are gathered, because one update call costs more than hashing 40 bytes. */
struct gt_hasher {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
	size_t n;
	unsigned char gathered[GATHER];
};

struct gt_hasher *gt_hasher_new(void)
{
	struct gt_hasher *hasher = gt_alloc(sizeof *hasher);

	hasher->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hasher->context = EVP_MD_CTX_new();
	GT_ASSERT(hasher->sha256 != NULL && hasher->context != NULL);
	return hasher;
}

void gt_hasher_free(struct gt_hasher *hasher)
{
	if (hasher == NULL)
		return;
	EVP_MD_CTX_free(hasher->context);
	EVP_MD_free(hasher->sha256);
	free(hasher);
}

static void start(struct gt_hasher *hasher)
{
	GT_ASSERT(EVP_DigestInit_ex(hasher->context, hasher->sha256, NULL) == 1);
	hasher->n = 0;
}

static void flush(struct gt_hasher *hasher)
{
	GT_ASSERT(EVP_DigestUpdate(hasher->context, hasher->gathered, hasher->n) == 1);
	hasher->n = 0;
}

static void put(struct gt_hasher *hasher, const void *bytes, size_t n)
{
	if (n > GATHER - hasher->n)
		flush(hasher);
	if (n > GATHER) {
		GT_ASSERT(EVP_DigestUpdate(hasher->context, bytes, n) == 1);
		return;
	}
	if (n > 0)
		memcpy(hasher->gathered + hasher->n, bytes, n);
	hasher->n += n;
}

static void finish(struct gt_hasher *hasher, unsigned char out[32])
{
	flush(hasher);
	GT_ASSERT(EVP_DigestFinal_ex(hasher->context, out, NULL) == 1);
}

static void put_part(struct gt_hasher *hasher, struct gt_str part)
{
	uint32_t n = part.p == NULL ? UINT32_MAX : (uint32_t)part.n;
	const unsigned char prefix[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n};

	GT_ASSERT(part.n < UINT32_MAX);
	put(hasher, prefix, sizeof prefix);
	if (part.p != NULL)
		put(hasher, part.p, part.n);
}

void gt_leaf(struct gt_hasher *hasher, struct gt_str key, struct gt_str value,
	const struct gt_headers *headers, unsigned char out[32])
{
	start(hasher);
	put(hasher, "\0", 1);
	put_part(hasher, key);
	put_part(hasher, value);
	for (size_t i = 0; headers != NULL && i < headers->n; i++) {
		put_part(hasher, headers->v[i].name);
		put_part(hasher, headers->v[i].value);
	}
	finish(hasher, out);
}

void gt_sha256(struct gt_hasher *hasher, struct gt_str bytes, unsigned char out[32])
{
	start(hasher);
	put(hasher, bytes.p, bytes.n);
	finish(hasher, out);
}
