/* tls_server.h: an HTTPS server for tests with the certificates that a test makes for it: one
 * thread, one answer, loopback, a free port. */
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
};

/* Signed by `by`, NULL = by itself and an authority. until_s: end of its life, from now. */
static inline struct identity identity_new(
	const char *name, const char *alternative, long until_s, const struct identity *by)
{
	static long serial;
	struct identity made = {X509_new(), EVP_EC_gen("P-256")};
	X509V3_CTX ctx;
	X509_set_version(made.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(made.certificate), until_s < 0 ? 2 * until_s : -60);
	X509_gmtime_adj(X509_getm_notAfter(made.certificate), until_s);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made.certificate), "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0);
	X509 *issuer = by ? by->certificate : made.certificate;
	X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer));
	X509_set_pubkey(made.certificate, made.key);
	X509V3_set_ctx(&ctx, issuer, made.certificate, NULL, NULL, 0);
	int nid = by ? NID_subject_alt_name : NID_basic_constraints;
	X509_EXTENSION *e =
		X509V3_EXT_conf_nid(NULL, &ctx, nid, by ? alternative : "critical,CA:TRUE");
	ck_assert_ptr_nonnull(e);
	X509_add_ext(made.certificate, e, -1);
	X509_EXTENSION_free(e);
	ck_assert_int_gt(X509_sign(made.certificate, by ? by->key : made.key, EVP_sha256()), 0);
	return made;
}

static inline void identity_free(struct identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
}

/* PEM files; password NULL = the key in clear. */
static inline void identity_write(const struct identity *identity, const char *certificate,
	const char *key, const char *password)
{
	FILE *f = fopen(certificate, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(PEM_write_X509(f, identity->certificate), 1);
	fclose(f);
	if (!key)
		return;
	f = fopen(key, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(
		PEM_write_PKCS8PrivateKey(f, identity->key, password ? EVP_aes_256_cbc() : NULL,
			password, password ? (int)strlen(password) : 0, NULL, NULL),
		1);
	fclose(f);
}

struct tls_server {
	SSL_CTX *ctx;
	int listener;
	unsigned port;
	pthread_t thread;
	atomic_bool stopping;
	atomic_uint answered;
};

static inline void tls_serve(struct tls_server *s, int fd)
{
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		"Connection: close\r\nContent-Length: 12\r\n\r\n[{\"id\":\"t\"}]";
	char request[4096];
	struct timeval limit = {.tv_sec = 60};
	SSL *ssl = SSL_new(s->ctx);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
		s->answered++;
		SSL_write(ssl, answer, sizeof answer - 1);
		SSL_shutdown(ssl);
	}
	/* What the client sent meanwhile is read, so that a reset does not overtake our alert. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, request, sizeof request, 0) > 0)
		;
	SSL_free(ssl);
	close(fd);
}

static inline void *tls_run(void *arg)
{
	struct tls_server *s = arg;
	while (!s->stopping) {
		struct pollfd p = {s->listener, POLLIN, 0};
		if (poll(&p, 1, 20) <= 0)
			continue;
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			tls_serve(s, fd);
	}
	return NULL;
}

/* clients: the authority of the certificates that clients must show; NULL = they need none. */
static inline void tls_start(struct tls_server *s, const struct identity *identity,
	const struct identity *clients, int max_version)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof at;
	signal(SIGPIPE, SIG_IGN);
	*s = (struct tls_server){.ctx = SSL_CTX_new(TLS_server_method())};
	ck_assert_int_eq(SSL_CTX_use_certificate(s->ctx, identity->certificate), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->ctx, identity->key), 1);
	SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(s->ctx, 0); /* every connection shows its certificate */
	if (clients) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(s->ctx), clients->certificate);
		SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	if (max_version) {
		SSL_CTX_set_security_level(s->ctx, 0);
		SSL_CTX_set_min_proto_version(s->ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(s->ctx, max_version);
	}
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(listen(s->listener, 4), 0);
	ck_assert_int_eq(getsockname(s->listener, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, tls_run, s), 0);
}

static inline void tls_stop(struct tls_server *s)
{
	s->stopping = true;
	pthread_join(s->thread, NULL);
	close(s->listener);
	SSL_CTX_free(s->ctx);
}

#endif
