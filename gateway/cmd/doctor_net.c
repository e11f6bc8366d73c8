/* doctor_net.c: is the name known, does the port answer, is the certificate one to trust? The
 * certificate is looked at whatever is wrong with it, so that all of it can be told. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS 10000
#define SOON_DAYS 30

struct visit {
	struct gt_doctor *doctor;
	struct gt_str part;
	const struct gt_endpoint *endpoint;
	const char *port;
};

static struct addrinfo *resolve(const struct visit *v)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
	char address[NI_MAXHOST] = "";
	int code = getaddrinfo(v->endpoint->host, v->port, &hints, &found);

	if (code != 0) {
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_RESOLVE, v->endpoint->host,
			code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
		return NULL;
	}
	if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL, 0,
		    NI_NUMERICHOST) == 0 &&
		strcmp(address, v->endpoint->host) != 0)
		gt_doctor_say(v->doctor, GT_WELL, v->part, GT_E_DOCTOR_RESOLVED, v->endpoint->host,
			address);
	return found;
}

/* A connected socket, or -1 with errno: ETIMEDOUT = silence. */
static int dial(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
		error = errno;
		if (error == EINPROGRESS)
			error = poll(&wait, 1, CONNECT_MS) == 1 ? 0 : ETIMEDOUT;
		if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			error = errno;
	}
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static int connect_any(const struct visit *v, const struct addrinfo *found)
{
	int fd = -1, error = 0;

	for (; found && fd < 0; found = found->ai_next) {
		fd = dial(found);
		error = errno;
	}
	if (fd >= 0)
		gt_doctor_say(v->doctor, GT_WELL, v->part, GT_E_DOCTOR_CONNECTED, v->endpoint->host,
			v->port);
	else if (error == ETIMEDOUT)
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_SILENT, v->endpoint->host,
			v->port, GT_TEXT("%d", CONNECT_MS / 1000));
	else
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_REFUSED, v->endpoint->host,
			v->port, strerror(error));
	return fd;
}

/* ---- TLS ---- */

static const char *day_of(const ASN1_TIME *time, char out[16])
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return "?";
	return gt_text(out, 16, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static const char *name_of(const X509_NAME *name, char out[256])
{
	X509_NAME_oneline(name, out, 256);
	return out;
}

/* Alternative names of a certificate, as they stand in it. */
static const char *names_in(const X509 *certificate, char out[256])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		gt_text(out + used, 256 - used, "%s%.*s", used ? " " : "",
			ASN1_STRING_length(name->d.dNSName),
			(const char *)ASN1_STRING_get0_data(name->d.dNSName));
		used = strlen(out);
	}
	GENERAL_NAMES_free(names);
	return used ? out : name_of(X509_get_subject_name(certificate), out);
}

static bool judge(const struct visit *v, X509 *certificate, long verdict)
{
	const struct gt_endpoint *e = v->endpoint;
	char text[256], day[16];
	int days = 0, seconds = 0;
	const ASN1_TIME *until = X509_get0_notAfter(certificate);

	(void)ASN1_TIME_diff(&days, &seconds, NULL, until);
	switch (verdict) {
	case X509_V_OK:
		gt_doctor_say(v->doctor, days < SOON_DAYS ? GT_NOTICE : GT_WELL, v->part,
			days < SOON_DAYS ? GT_E_DOCTOR_TLS_SOON : GT_E_DOCTOR_TLS_GOOD, e->host,
			GT_TEXT("%d", days), day_of(until, day));
		return true;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_TLS_EXPIRED, e->host,
			day_of(until, day));
		return false;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_TLS_EARLY, e->host,
			day_of(X509_get0_notBefore(certificate), day));
		return false;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_TLS_NAME, e->host,
			names_in(certificate, text));
		return false;
	default:
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_TLS_UNTRUSTED, e->host,
			name_of(X509_get_issuer_name(certificate), text),
			X509_verify_cert_error_string(verdict));
		return false;
	}
}

/* Goes on whatever is found, to see the whole chain; the last thing found counts less than what is
 * wrong with the first certificate's dates and name. */
static SSL *prepare(SSL_CTX *context, const struct gt_endpoint *endpoint, int fd)
{
	SSL *ssl = SSL_new(context);
	X509_VERIFY_PARAM *param = ssl ? SSL_get0_param(ssl) : NULL;
	bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1;

	if (ok && X509_VERIFY_PARAM_set1_ip_asc(param, endpoint->host) != 1)
		ok = X509_VERIFY_PARAM_set1_host(param, endpoint->host, 0) == 1 &&
		     SSL_set_tlsext_host_name(ssl, endpoint->host) == 1;
	if (ok)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

/* A blocking socket with a time limit for each step. */
static void set_patience(int fd)
{
	struct timeval limit = {CONNECT_MS / 1000, 0};

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static bool check_tls(const struct visit *v, int fd)
{
	const struct gt_endpoint *e = v->endpoint;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	X509 *certificate = NULL;
	bool ok;

	set_patience(fd);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	if (e->ca[0])
		(void)SSL_CTX_load_verify_locations(context, e->ca, NULL);
	else
		(void)SSL_CTX_set_default_verify_paths(context);
	ERR_clear_error();
	ssl = prepare(context, e, fd);
	ok = ssl && SSL_connect(ssl) == 1;
	if (ok)
		certificate = SSL_get1_peer_certificate(ssl);
	if (certificate) {
		ok = judge(v, certificate, SSL_get_verify_result(ssl));
	} else {
		const char *why = ERR_reason_error_string(ERR_peek_error());
		gt_doctor_say(v->doctor, GT_TO_DO, v->part, GT_E_DOCTOR_TLS_NONE, e->host, v->port,
			why ? why : "time-out");
		ok = false;
	}
	X509_free(certificate);
	SSL_free(ssl);
	SSL_CTX_free(context);
	return ok;
}

bool gt_doctor_endpoint(
	struct gt_doctor *doctor, struct gt_str part, const struct gt_endpoint *endpoint)
{
	char port[8];
	struct visit v = {doctor, part, endpoint,
		gt_text(port, sizeof(port), "%u", (unsigned)endpoint->port)};
	struct addrinfo *found = resolve(&v);
	int fd;
	bool ok;

	if (!found)
		return false;
	fd = connect_any(&v, found);
	freeaddrinfo(found);
	if (fd < 0)
		return false;
	ok = !endpoint->tls || check_tls(&v, fd);
	close(fd);
	return ok;
}
