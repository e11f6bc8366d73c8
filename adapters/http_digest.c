/* http_digest.c: the digests, HMACs and SM2 signatures of signed requests, by OpenSSL. */
#include "http.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#define SM2_SCALAR 32u
#define SM2_POINT (1u + 2u * SM2_SCALAR)

static const EVP_MD *digest_of(int hash)
{
	switch (hash) {
	case HTTP_MD5:
		return EVP_md5();
	case HTTP_SHA1:
		return EVP_sha1();
	case HTTP_SM3:
		return EVP_sm3();
	default:
		return EVP_sha256();
	}
}

static bool shape_out(const unsigned char *bytes, size_t n, int shape, struct http_text *to)
{
	static const char small[] = "0123456789abcdef", large[] = "0123456789ABCDEF";
	unsigned char coded[HTTP_SIGNATURE_MAX / 3 * 4 + 8];
	if (n > HTTP_SIGNATURE_MAX)
		return false;
	if (shape == HTTP_BASE64) {
		int written = EVP_EncodeBlock(coded, bytes, (int)n);
		http_text_add(to, gt_str((char *)coded, (size_t)written));
		return !to->cut;
	}
	const char *digits = shape == HTTP_HEX ? small : large;
	for (size_t i = 0; i < n; i++) {
		char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
		http_text_add(to, gt_str(pair, 2));
	}
	return !to->cut;
}

bool http_hash(int hash, struct gt_str s, int shape, struct http_text *to)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	return EVP_Digest(s.n ? s.p : "", s.n, sum, &n, digest_of(hash), NULL) == 1 &&
	       shape_out(sum, n, shape, to);
}

bool http_hmac(int kind, struct gt_str key, struct gt_str s, int shape, struct http_text *to)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int hash = kind == HTTP_D_HMAC_SHA1  ? HTTP_SHA1
		   : kind == HTTP_D_HMAC_SM3 ? HTTP_SM3
					     : HTTP_SHA256;
	return HMAC(digest_of(hash), key.n ? key.p : "", (int)key.n,
		       (const unsigned char *)(s.n ? s.p : ""), s.n, sum, &n) &&
	       shape_out(sum, n, shape, to);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_base64(struct gt_str text, unsigned char *out, size_t size, size_t *n)
{
	unsigned char bytes[HTTP_TOKEN_MAX];
	if (!text.n || text.n % 4 || text.n / 4 * 3 > sizeof(bytes))
		return false;
	int got = EVP_DecodeBlock(bytes, (const unsigned char *)text.p, (int)text.n);
	for (size_t i = text.n; got > 0 && i > text.n - 2 && text.p[i - 1] == '='; i--)
		got--;
	if (got < 0 || (size_t)got > size)
		return false;
	memcpy(out, bytes, (size_t)got);
	*n = (size_t)got;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return true;
}

bool http_unshape(struct gt_str text, bool base64, unsigned char *out, size_t size, size_t *n)
{
	if (base64)
		return from_base64(text, out, size, n);
	if (!text.n || text.n % 2 || text.n / 2 > size)
		return false;
	for (size_t i = 0; i < text.n; i += 2) {
		int high = digit(text.p[i]), low = digit(text.p[i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (unsigned char)(high * 16 + low);
	}
	*n = text.n / 2;
	return true;
}

/* The public half of a private key, which OpenSSL wants as well. */
static bool public_point(const BIGNUM *scalar, unsigned char out[SM2_POINT])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	bool ok = point && !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
		  EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
		  EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, SM2_POINT,
			  NULL) == SM2_POINT;
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return ok;
}

static EVP_PKEY *key_of(const BIGNUM *scalar, const unsigned char point[SM2_POINT])
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	OSSL_PARAM *params = NULL;
	if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) &&
		OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, SM2_POINT))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* A key file with a password asks for it at the terminal; this one never does. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

EVP_PKEY *http_sm2_key(struct gt_str secret)
{
	unsigned char bytes[SM2_SCALAR], point[SM2_POINT];
	size_t n = 0;
	EVP_PKEY *key = NULL;
	if (secret.n > 10 && memcmp(secret.p, "-----BEGIN", 10) == 0) {
		BIO *in = BIO_new_mem_buf(secret.p, (int)secret.n);
		key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;
		BIO_free(in);
		if (key && !EVP_PKEY_is_a(key, "SM2")) {
			EVP_PKEY_free(key);
			key = NULL;
		}
		return key;
	}
	if (!http_unshape(secret, false, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return NULL;
	BIGNUM *scalar = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (scalar && public_point(scalar, point))
		key = key_of(scalar, point);
	BN_clear_free(scalar);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return key;
}

/* r and s, 32 bytes each, as most Chinese interfaces want a signature. */
static bool plain_pair(const unsigned char *der, size_t n, unsigned char out[2 * SM2_SCALAR])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, SM2_SCALAR) == SM2_SCALAR &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + SM2_SCALAR, SM2_SCALAR) == SM2_SCALAR;
	ECDSA_SIG_free(sig);
	return ok;
}

bool http_sm2_sign(
	EVP_PKEY *key, struct gt_str id, struct gt_str s, bool der, int shape, struct http_text *to)
{
	unsigned char sig[HTTP_SIGNATURE_MAX], pair[2 * SM2_SCALAR];
	size_t n = sizeof(sig);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = md && ctx && EVP_PKEY_CTX_set1_id(ctx, id.p, (int)id.n) == 1;
	if (ok) {
		EVP_MD_CTX_set_pkey_ctx(md, ctx);
		ok = EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key) == 1 &&
		     EVP_DigestSign(md, sig, &n, (const unsigned char *)(s.n ? s.p : ""), s.n) == 1;
	}
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(ctx);
	if (!ok || der)
		return ok && shape_out(sig, n, shape, to);
	return plain_pair(sig, n, pair) && shape_out(pair, sizeof(pair), shape, to);
}
