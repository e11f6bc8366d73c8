/* sftp_fail.c: what went wrong with an exchange, in one sentence that says what to do. */
#include "sftp.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define KEY_MAX 16384u /* bytes of a key file that are looked at */

/* The text of a key file; "" if it cannot be read. */
static void key_text(const struct sftp *s, char text[KEY_MAX])
{
	FILE *f = fopen(s->text[SFTP_KEY], "re");
	size_t n = f ? fread(text, 1, KEY_MAX - 1, f) : 0;
	text[n] = '\0';
	if (f)
		(void)fclose(f);
}

/* Does an OpenSSH or PEM key file hold an RSA key? */
static bool key_is_rsa(const struct sftp *s)
{
	char text[KEY_MAX];
	unsigned char bytes[KEY_MAX], packed[KEY_MAX];
	key_text(s, text);
	if (strstr(text, "BEGIN RSA PRIVATE KEY"))
		return true;
	const char *body = strstr(text, "BEGIN OPENSSH PRIVATE KEY-----");
	const char *end = body ? strstr(body, "-----END") : NULL;
	if (!end)
		return false;
	size_t n = 0;
	for (const char *p = strchr(body, '\n'); p && p < end; p++)
		if (*p > ' ')
			packed[n++] = (unsigned char)*p;
	int got = EVP_DecodeBlock(bytes, packed, (int)(n - n % 4));
	return got > 0 && memmem(bytes, (size_t)got, "ssh-rsa", 7) != NULL;
}

bool sftp_key_check(struct sftp *s, struct gt_err *err)
{
	struct stat st;
	const char *path = s->text[SFTP_KEY];
	FILE *f = fopen(path, "re");
	if (!f)
		return gt_fail(err, GT_E_SFTP_KEY_FILE, path, strerror(errno));
	bool ok = fstat(fileno(f), &st) == 0 && (st.st_mode & 077) == 0;
	(void)fclose(f);
	return ok || gt_fail(err, GT_E_SFTP_KEY_OPEN, path);
}

static bool host_key(struct sftp *s, struct gt_err *err)
{
	enum gt_code code =
		s->verdict == SFTP_KEY_WRONG ? GT_E_SFTP_HOST_CHANGED : GT_E_SFTP_HOST_UNKNOWN;
	return gt_fail(err, code, s->place, s->key_type, s->key_shown);
}

static bool login(struct sftp *s, const char *detail, struct gt_err *err)
{
	if (!s->ftp && s->text[SFTP_KEY][0]) {
		if (strstr(s->detail, "passphrase") || strstr(s->detail, "private key file"))
			return gt_fail(err, GT_E_SFTP_KEY_FILE, s->text[SFTP_KEY], s->detail);
		if (key_is_rsa(s))
			return gt_fail(err, GT_E_SFTP_RSA, s->place, s->text[SFTP_KEY]);
	}
	return gt_fail(err, GT_E_SFTP_LOGIN, s->place, s->text[SFTP_USER],
		s->ftp && s->reply[0] ? s->reply : detail);
}

/* Our own reasons to end an exchange. */
static bool own(struct sftp *s, struct gt_err *err)
{
	if (s->denied_address)
		return !gt_fail(err, GT_E_SFTP_ADDRESS, s->place);
	if (s->denied_memory)
		return !gt_fail(err, GT_E_MEMORY_BUDGET);
	if (s->disk == ENOSPC || s->disk == EDQUOT)
		return !gt_fail(err, GT_E_SFTP_SPOOL_FULL, s->text[SFTP_SPOOL], s->drop.shown);
	if (s->disk)
		return !gt_fail(err, GT_E_SFTP_SPOOL, s->text[SFTP_SPOOL], strerror(s->disk));
	if (s->large && s->sink == SFTP_TO_LIST)
		return !gt_fail(err, GT_E_SFTP_LIST_LONG, s->place, GT_TEXT("%u", SFTP_LIST_MAX));
	if (s->large && s->sink == SFTP_TO_SPOOL) /* longer than the list said */
		return !gt_fail(err, GT_E_FILE_CHANGED, s->drop.shown);
	return false;
}

static bool refused(struct sftp *s, CURLcode code, const char *detail, struct gt_err *err)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return s->ftp ? gt_fail(err, GT_E_SFTP_TLS, s->place, detail) : host_key(s, err);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_USE_SSL_FAILED:
		return gt_fail(err, GT_E_SFTP_TLS, s->place, detail);
	case CURLE_SSL_CACERT_BADFILE:
		return gt_fail(err, GT_E_SFTP_CA, s->text[SFTP_CA], detail);
	case CURLE_LOGIN_DENIED:
		return login(s, detail, err);
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_QUOTE_ERROR:
		return gt_fail(
			err, GT_E_SFTP_DENIED, s->place, s->ftp && s->reply[0] ? s->reply : detail);
	case CURLE_COULDNT_RESOLVE_HOST:
		return gt_fail(err, GT_E_SFTP_RESOLVE, s->place);
	case CURLE_COULDNT_CONNECT:
		return gt_fail(err, GT_E_SFTP_CONNECT, s->place, detail);
	case CURLE_OPERATION_TIMEDOUT:
		return gt_fail(err, GT_E_SFTP_TIMEOUT, s->place);
	default:
		return gt_fail(err, GT_E_SFTP_TRANSPORT, s->place, detail);
	}
}

enum sftp_io sftp_failed(struct sftp *s, CURLcode code, struct gt_err *err)
{
	const char *detail = s->curl_error[0] ? s->curl_error : curl_easy_strerror(code);
	if (own(s, err))
		return SFTP_FAILED;
	bool absent = code == CURLE_REMOTE_FILE_NOT_FOUND ||
		      (code == CURLE_FTP_COULDNT_RETR_FILE && strncmp(s->reply, "550", 3) == 0);
	if (absent)
		return SFTP_MISSING;
	(void)refused(s, code, detail, err);
	return SFTP_FAILED;
}
