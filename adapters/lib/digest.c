#include "digest.h"

#include <openssl/evp.h>

bool gt_digest_start(struct gt_digest *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return false;
	}
	digest->ctx = ctx;
	return true;
}

void gt_digest_add(struct gt_digest *digest, const void *bytes, size_t n)
{
	(void)EVP_DigestUpdate(digest->ctx, bytes, n); /* in-memory SHA-256 has no way to fail */
}

void gt_digest_finish(struct gt_digest *digest, char hex[GT_DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[32] = {0};
	(void)EVP_DigestFinal_ex(digest->ctx, sum, NULL);
	for (size_t i = 0; i < sizeof sum; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[64] = '\0';
	gt_digest_drop(digest);
}

void gt_digest_drop(struct gt_digest *digest)
{
	EVP_MD_CTX_free(digest->ctx);
	digest->ctx = NULL;
}
