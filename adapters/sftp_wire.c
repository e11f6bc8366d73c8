/* sftp_wire.c: one exchange at a time over libcurl's multi interface, so that a deadline or an
 * interrupt ends the wait, not the exchange: it goes on with the next poll. The connection is kept
 * from one exchange to the next. */
#include "sftp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOW_SPEED 1L /* byte a second … over `timeout`: the server is stuck */
#define SLICE_US 100000

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Where the bytes go */

static size_t to_list(struct sftp *s, const char *bytes, size_t n)
{
	if (s->listing.n + n > SFTP_LIST_MAX) {
		s->large = true;
		return 0;
	}
	if (s->listing.n + n > s->listing.cap) {
		size_t cap = s->listing.cap ? 2 * s->listing.cap : 65536;
		while (cap < s->listing.n + n)
			cap *= 2;
		s->drop.extra = cap;
		char *p = gt_drop_memory(&s->drop) ? realloc(s->listing.p, cap) : NULL;
		if (!p) {
			s->denied_memory = true;
			return 0;
		}
		s->listing.p = p;
		s->listing.cap = cap;
	}
	memcpy(s->listing.p + s->listing.n, bytes, n);
	s->listing.n += n;
	return n;
}

static size_t to_spool(struct sftp *s, const char *bytes, size_t n)
{
	if (s->got + n > (uint64_t)s->drop.max_size) {
		s->large = true;
		return 0;
	}
	for (size_t at = 0; at < n;) {
		ssize_t put = write(s->spool, bytes + at, n - at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			s->disk = errno;
			return 0;
		}
		at += (size_t)put;
	}
	return n;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct sftp *s = arg;
	size_t taken = size * n;
	if (s->sink == SFTP_TO_LIST)
		taken = to_list(s, bytes, size * n);
	else if (s->sink == SFTP_TO_SPOOL)
		taken = to_spool(s, bytes, size * n);
	s->got += taken;
	return taken;
}

static void keep_line(char *to, size_t size, const char *bytes, size_t n)
{
	while (n && strchr("\r\n", bytes[n - 1]) && bytes[n - 1])
		n--;
	snprintf(to, size, "%.*s", (int)n, bytes);
}

/* Lines that an FTP server answers with; "550 …" ends up in an error. */
static size_t on_reply(char *line, size_t size, size_t n, void *arg)
{
	struct sftp *s = arg;
	keep_line(s->reply, sizeof s->reply, line, size * n);
	return size * n;
}

/* libcurl tells why a login failed only here. */
static int on_debug(CURL *easy, curl_infotype type, char *text, size_t n, void *arg)
{
	struct sftp *s = arg;
	(void)easy;
	if (type == CURLINFO_TEXT && memmem(text, n, "authentication failed", 21))
		keep_line(s->detail, sizeof s->detail, text, n);
	return 0;
}

/* Who is at the other end */

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)(const void *)address)
					->sin_addr.s_addr) >>
			       24) == 127;
	const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

/* Link-local (cloud machines have their credentials there) and "this host". */
static bool is_forbidden(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		uint32_t a =
			ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
		return a >> 24 == 0 || a >> 16 == 0xA9FE;
	}
	const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	bool mapped = IN6_IS_ADDR_V4MAPPED(a) &&
		      (a->s6_addr[12] == 0 || (a->s6_addr[12] == 169 && a->s6_addr[13] == 254));
	return IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_UNSPECIFIED(a) || mapped;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sftp *s = arg;
	(void)purpose;
	if (is_forbidden(&to->addr) || (is_loopback(&to->addr) && !s->loopback)) {
		s->denied_address = true;
		return CURL_SOCKET_BAD;
	}
	int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	if (fd >= 0) {
		s->fd = fd;
		s->sockets++;
	}
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct sftp *s = arg;
	s->sockets--;
	if (s->fd == fd)
		s->fd = -1;
	return close(fd);
}

/* "SHA256:…" as ssh-keygen -l shows it. */
static void show_key(struct sftp *s, const struct curl_khkey *key)
{
	static const char *const types[] = {"", "RSA1", "RSA", "DSS", "ECDSA", "ED25519"};
	unsigned char sum[32], text[45];
	unsigned n = sizeof sum, type = (unsigned)key->keytype;
	if (EVP_Digest(key->key, key->len, sum, &n, EVP_sha256(), NULL) != 1)
		return;
	(void)EVP_EncodeBlock(text, sum, sizeof sum);
	text[strcspn((char *)text, "=")] = '\0';
	snprintf(s->key_shown, sizeof s->key_shown, "SHA256:%s", (char *)text);
	snprintf(s->key_type, sizeof s->key_type, "%s", type < 6 ? types[type] : "");
}

/* Nothing is ever trusted because it is new: a key is vouched for by a pin, or by the file. */
static int on_key(CURL *easy, const struct curl_khkey *known, const struct curl_khkey *found,
	enum curl_khmatch match, void *arg)
{
	struct sftp *s = arg;
	(void)easy;
	(void)known;
	show_key(s, found);
	s->verdict = match == CURLKHMATCH_OK ? SFTP_KEY_GOOD : SFTP_KEY_UNKNOWN;
	if (match == CURLKHMATCH_MISMATCH)
		s->verdict = SFTP_KEY_WRONG;
	if (s->host_keys.n)
		s->verdict = SFTP_KEY_WRONG;
	for (size_t i = 0; i < s->host_keys.n; i++)
		if (s->key_shown[0] && gt_str_eq(s->host_keys.v[i], gt_cstr(s->key_shown)))
			s->verdict = SFTP_KEY_GOOD;
	return s->verdict == SFTP_KEY_GOOD ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT;
}

/* An exchange */

#define SET(option, value) ok = ok && curl_easy_setopt(s->easy, option, value) == CURLE_OK

static bool set_login(struct sftp *s)
{
	bool ok = true, key = s->text[SFTP_KEY][0] != '\0';
	SET(CURLOPT_USERNAME, s->text[SFTP_USER]);
	if (s->text[SFTP_PASSWORD][0])
		SET(CURLOPT_PASSWORD, s->text[SFTP_PASSWORD]);
	if (s->ftp) {
		SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
		if (s->text[SFTP_CA][0])
			SET(CURLOPT_CAINFO, s->text[SFTP_CA]);
		SET(CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
		SET(CURLOPT_FTP_SKIP_PASV_IP, 1L);
		return ok;
	}
	SET(CURLOPT_SSH_AUTH_TYPES, (long)(key ? CURLSSH_AUTH_PUBLICKEY
					       : CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
	if (key) {
		SET(CURLOPT_SSH_PRIVATE_KEYFILE, s->text[SFTP_KEY]);
		SET(CURLOPT_SSH_PUBLIC_KEYFILE, ""); /* computed from the private one */
		SET(CURLOPT_KEYPASSWD, s->text[SFTP_PASSPHRASE]);
	}
	SET(CURLOPT_SSH_KNOWNHOSTS,
		s->text[SFTP_KNOWN_HOSTS][0] ? s->text[SFTP_KNOWN_HOSTS] : "/dev/null");
	SET(CURLOPT_SSH_KEYFUNCTION, on_key);
	SET(CURLOPT_SSH_KEYDATA, s);
	return ok;
}

/* With SFTP, too_quiet() is earlier than libcurl. */
static bool set_times(struct sftp *s)
{
	bool ok = true;
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)s->timeout_ms * (s->ftp ? 1 : 2));
	if (s->ftp) {
		SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(s->timeout_ms / 1000));
		SET(CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED);
		SET(CURLOPT_LOW_SPEED_TIME, (long)(s->timeout_ms / 1000));
	}
	return ok;
}

static bool set_options(struct sftp *s)
{
	bool ok = true;
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, s->curl_error);
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, s);
	SET(CURLOPT_HEADERFUNCTION, on_reply);
	SET(CURLOPT_HEADERDATA, s);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, on_debug);
	SET(CURLOPT_DEBUGDATA, s);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, s);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, s);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "sftp,ftp,ftps");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SFTP | CURLPROTO_FTP | CURLPROTO_FTPS));
#endif
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_FILETIME, 1L);
	return ok && set_times(s) && set_login(s);
}

bool sftp_wire_open(struct sftp *s, struct gt_err *err)
{
	(void)pthread_once(&curl_once, curl_start);
	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	return (s->multi && s->easy && set_options(s)) || gt_fail(err, GT_E_MEMORY_BUDGET);
}

static void detach(struct sftp *s)
{
	if (s->busy)
		(void)curl_multi_remove_handle(s->multi, s->easy);
	s->busy = false;
	if (s->easy)
		(void)curl_easy_setopt(s->easy, CURLOPT_QUOTE, NULL);
	curl_slist_free_all(s->quotes);
	s->quotes = NULL;
}

/* libcurl takes leave of an SSH server before it lets the session go, and where there is no answer
 * it waits a second and loses the session's memory: on a dead socket it does neither. */
void sftp_stop(struct sftp *s)
{
	if (s->busy && !s->ftp && s->fd >= 0)
		(void)shutdown(s->fd, SHUT_RDWR);
	detach(s);
}

void sftp_wire_close(struct sftp *s)
{
	sftp_stop(s);
	if (s->easy)
		curl_easy_cleanup(s->easy);
	if (s->multi)
		(void)curl_multi_cleanup(s->multi);
	s->easy = NULL;
	s->multi = NULL;
}

void sftp_path(
	const struct sftp *s, const char *folder, const char *name, char out[SFTP_PATH_MAX + 512])
{
	bool absolute = folder && folder[0] == '/';
	snprintf(out, SFTP_PATH_MAX + 512, "%s%s%s%s", absolute ? "" : s->path,
		folder ? folder : "", folder && name[0] ? "/" : "", name);
}

/* A path between quotation marks, as libcurl's SFTP commands take it. */
static size_t quoted(char *to, const char *path)
{
	size_t n = 0;
	to[n++] = ' ';
	to[n++] = '"';
	for (const char *p = path; *p; p++) {
		if (strchr("\"\\'", *p))
			to[n++] = '\\';
		to[n++] = *p;
	}
	to[n++] = '"';
	to[n] = '\0';
	return n;
}

bool sftp_quote(struct sftp *s, const char *command, const char *path, const char *other)
{
	char line[4 * (SFTP_PATH_MAX + 512) + 32];
	size_t n = (size_t)snprintf(line, sizeof line, "%s", command);
	if (s->ftp)
		n += (size_t)snprintf(line + n, sizeof line - n, " %s", path);
	else
		n += quoted(line + n, path);
	if (other)
		n += quoted(line + n, other);
	struct curl_slist *list = curl_slist_append(s->quotes, line);
	if (list)
		s->quotes = list;
	return list != NULL;
}

static void address(
	const struct sftp *s, const char *folder, const char *name, char out[SFTP_URL_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	char path[SFTP_PATH_MAX + 512];
	sftp_path(s, folder, name ? name : "", path);
	/* What is relative to the account's home is told apart by SFTP with a tilde. */
	size_t n = (size_t)snprintf(out, SFTP_URL_MAX, "%s%s", s->base,
		s->ftp           ? "/"
		: path[0] == '/' ? ""
				 : "/~/");
	for (const char *p = path; *p && n + 4 < SFTP_URL_MAX; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("-._/", c);
		if (s->ftp && p == path && c == '/')
			plain = false; /* //path would be the same for some servers only */
		if (!plain)
			out[n++] = '%';
		if (!plain)
			out[n++] = digits[c >> 4];
		out[n++] = plain ? *p : digits[c & 15];
	}
	out[n] = '\0';
}

bool sftp_start(struct sftp *s, const struct sftp_ask *ask, struct gt_err *err)
{
	bool ok = true;
	char url[SFTP_URL_MAX];
	struct curl_slist *quotes = s->quotes;
	s->quotes = NULL;
	sftp_stop(s);
	s->quotes = quotes;
	s->sink = ask->sink;
	s->got = s->heard = 0;
	s->quiet_us = gt_host_monotonic_us();
	s->mtime = s->length = -1;
	s->large = s->denied_address = s->denied_memory = false;
	s->disk = 0;
	s->listing.n = 0;
	s->reply[0] = s->detail[0] = s->curl_error[0] = '\0';
	address(s, ask->folder, ask->name, url);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_QUOTE, s->quotes);
	SET(CURLOPT_RANGE, ask->range);
	SET(CURLOPT_NOBODY, (long)ask->no_body);
	SET(CURLOPT_CUSTOMREQUEST, s->ftp && !ask->name && s->facts ? "MLSD" : NULL);
	ok = ok && curl_multi_add_handle(s->multi, s->easy) == CURLM_OK;
	s->busy = ok;
	return ok || gt_fail(err, GT_E_MEMORY_BUDGET);
}

static enum sftp_io finished(struct sftp *s, CURLcode code, struct gt_err *err)
{
	curl_off_t mtime = -1;
	(void)curl_easy_getinfo(s->easy, CURLINFO_FILETIME_T, &mtime);
	s->mtime = (int64_t)mtime;
	curl_off_t length = -1;
	(void)curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	s->length = (int64_t)length;
	detach(s);
	return code == CURLE_OK ? SFTP_OK : sftp_failed(s, code, err);
}

/* Asked behind each turn, so that a pause of ours is not taken for one of the server. */
static bool too_quiet(struct sftp *s, int64_t now_us)
{
	if (s->got > s->heard)
		s->quiet_us = now_us;
	s->heard = s->got;
	return !s->ftp && now_us - s->quiet_us > s->timeout_ms * 1000;
}

enum sftp_io sftp_run(struct sftp *s, int64_t deadline_us, struct gt_err *err)
{
	int64_t slice = gt_host_monotonic_us() + SLICE_US;
	uint64_t got = s->got;
	for (;;) {
		int running = 0, left = 0;
		if (curl_multi_perform(s->multi, &running) != CURLM_OK)
			return finished(s, CURLE_FAILED_INIT, err);
		for (CURLMsg *m; (m = curl_multi_info_read(s->multi, &left)) != NULL;)
			if (m->msg == CURLMSG_DONE)
				return finished(s, m->data.result, err);
		int64_t now = gt_host_monotonic_us();
		if (too_quiet(s, now)) {
			sftp_stop(s);
			return sftp_failed(s, CURLE_OPERATION_TIMEDOUT, err);
		}
		if (now >= slice && s->got > got) { /* it flows: go on */
			got = s->got;
			slice = now + SLICE_US;
		}
		int64_t wait = (slice < deadline_us ? slice : deadline_us) - now;
		if (wait <= 0 || atomic_load(&s->drop.interrupted))
			return SFTP_AGAIN;
		(void)curl_multi_poll(s->multi, NULL, 0, (int)(wait / 1000) + 1, NULL);
	}
}

enum sftp_io sftp_await(struct sftp *s, struct gt_err *err)
{
	int64_t deadline = gt_host_monotonic_us() + SFTP_CALL_US;
	enum sftp_io io;
	do
		io = sftp_run(s, deadline, err);
	while (io == SFTP_AGAIN && gt_host_monotonic_us() < deadline &&
		!gt_drop_interrupted(&s->drop));
	if (io != SFTP_AGAIN)
		return io;
	sftp_stop(s);
	(void)gt_fail(err, gt_host_monotonic_us() < deadline ? GT_E_INTERRUPTED : GT_E_SFTP_TIMEOUT,
		s->place);
	return SFTP_FAILED;
}

bool sftp_ask_size(struct sftp *s, const char *folder, const char *name, struct gt_err *err)
{
	struct sftp_ask ask = {.folder = folder, .name = name, .no_body = true};
	return sftp_start(s, &ask, err);
}
