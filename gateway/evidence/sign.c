/* sign.c: the site's Ed25519 key: making, loading, signing. */
#include "sign.h"
#include "buf.h"
#include "gt_assert.h"
#include "io.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX 16384u

struct gt_signer {
	EVP_PKEY *key;
	EVP_MD_CTX *context;
	char id[17];
};

static void key_id(EVP_PKEY *key, char id[17])
{
	unsigned char *der = NULL, digest[32];
	int n = i2d_PUBKEY(key, &der);

	GT_ASSERT(n > 0);
	GT_ASSERT(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1);
	OPENSSL_free(der);
	gt_hex(id, digest, 8);
}

static bool write_new(const char *path, unsigned mode, struct gt_str content, struct gt_err *err)
{
	char reason[128];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	size_t written = 0;

	if (fd < 0 && errno == EEXIST)
		return gt_fail(err, GT_E_KEY_EXISTS, path);
	if (fd < 0)
		return gt_fail(
			err, GT_E_FILE_WRITE, path, strerror_r(errno, reason, sizeof reason));
	while (written < content.n) {
		ssize_t n = write(fd, content.p + written, content.n - written);

		if (n < 0 && errno != EINTR)
			break;
		written += n > 0 ? (size_t)n : 0;
	}

	bool ok = written == content.n && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
	int error = errno;

	close(fd);
	if (!ok) {
		unlink(path);
		return gt_fail(
			err, GT_E_FILE_WRITE, path, strerror_r(error, reason, sizeof reason));
	}
	return true;
}

static struct gt_str bio_text(BIO *bio)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	GT_ASSERT(n > 0);
	return gt_str(p, (size_t)n);
}

bool gt_keygen(const char *path, char id[17], struct gt_err *err)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	/* Secure memory: the private text is wiped when it is freed. */
	BIO *private_pem = BIO_new(BIO_s_secmem()), *public_pem = BIO_new(BIO_s_mem());
	char *public_path = NULL;
	bool ok;

	GT_ASSERT(key != NULL && private_pem != NULL && public_pem != NULL);
	GT_ASSERT(PEM_write_bio_PKCS8PrivateKey(private_pem, key, NULL, NULL, 0, NULL, NULL) == 1);
	GT_ASSERT(PEM_write_bio_PUBKEY(public_pem, key) == 1);

	size_t n = strlen(path);

	public_path = gt_alloc(n + 5);
	memcpy(public_path, path, n);
	memcpy(public_path + n, ".pub", 5);
	ok = write_new(path, 0600, bio_text(private_pem), err);
	if (ok && !write_new(public_path, 0644, bio_text(public_pem), err)) {
		unlink(path);
		ok = false;
	}
	if (ok)
		key_id(key, id);
	free(public_path);
	BIO_free(private_pem);
	BIO_free(public_pem);
	EVP_PKEY_free(key);
	return ok;
}

/* An encrypted key must fail, not ask for a password on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static EVP_PKEY *parse_private(const char *path, struct gt_str pem, struct gt_err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key;

	GT_ASSERT(bio != NULL);
	key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (key == NULL) {
		gt_fail(err, GT_E_KEY_UNREADABLE, path);
		return NULL;
	}
	if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
		gt_fail(err, GT_E_KEY_TYPE, path);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

struct gt_signer *gt_signer_load(const char *path, struct gt_err *err)
{
	struct gt_signer *signer;
	struct gt_buf pem;
	struct stat st;
	EVP_PKEY *key = NULL;

	gt_buf_init(&pem, PEM_MAX);
	if (gt_file_read(path, &pem, err)) {
		if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
			gt_fail(err, GT_E_KEY_OPEN, path);
		else
			key = parse_private(path, gt_buf_str(&pem), err);
	}
	if (pem.p != NULL)
		OPENSSL_cleanse(pem.p, pem.n);
	gt_buf_fini(&pem);
	if (key == NULL)
		return NULL;
	signer = gt_alloc(sizeof *signer);
	signer->key = key;
	signer->context = EVP_MD_CTX_new();
	GT_ASSERT(signer->context != NULL);
	key_id(key, signer->id);
	return signer;
}

void gt_signer_free(struct gt_signer *signer)
{
	if (signer == NULL)
		return;
	EVP_MD_CTX_free(signer->context);
	EVP_PKEY_free(signer->key);
	free(signer);
}

const char *gt_signer_key_id(const struct gt_signer *signer)
{
	return signer->id;
}

bool gt_signer_sign(struct gt_signer *signer, struct gt_str bytes, unsigned char signature[64])
{
	unsigned char made[64];
	size_t n = sizeof made;

	EVP_MD_CTX_reset(signer->context);
	if (EVP_DigestSignInit(signer->context, NULL, NULL, NULL, signer->key) != 1 ||
		EVP_DigestSign(
			signer->context, made, &n, (const unsigned char *)bytes.p, bytes.n) != 1 ||
		n != sizeof made)
		return false;
	memcpy(signature, made, sizeof made);
	return true;
}

bool gt_verify(struct gt_str public_pem, struct gt_str bytes, const unsigned char signature[64])
{
	BIO *bio;
	EVP_PKEY *key;
	EVP_MD_CTX *context;
	bool ok;

	if (public_pem.n == 0 || public_pem.n > PEM_MAX)
		return false;
	bio = BIO_new_mem_buf(public_pem.p, (int)public_pem.n);
	context = EVP_MD_CTX_new();
	GT_ASSERT(bio != NULL && context != NULL);
	key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	ok = key != NULL && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
	     EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	     EVP_DigestVerify(context, signature, 64, (const unsigned char *)bytes.p, bytes.n) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}
