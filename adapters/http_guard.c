/* http_guard.c: addresses that are never connected to, and TLS. The guard looks at the address of
 * every single connection, after the name was resolved, so that a name cannot lead elsewhere than
 * it did when it was looked at. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>

#define IN(member) offsetof(struct http_tls, member)
const struct gt_option http_tls_options[] = {
	{"ca", GT_OPT_PATH, IN(ca), .flags = GT_OPT_MUST_EXIST,
		.en = "authorities to trust instead of the system's (PEM)",
		.zh = "代替系统根证书的可信根证书（PEM）"},
	{"certificate", GT_OPT_PATH, IN(certificate), .flags = GT_OPT_MUST_EXIST,
		.en = "our certificate (PEM)", .zh = "本方证书（PEM）"},
	{"key", GT_OPT_PATH, IN(key), .flags = GT_OPT_MUST_EXIST, .en = "its key (PEM)",
		.zh = "本方证书的私钥（PEM）"},
	{"password", GT_OPT_SECRET, IN(password), .en = "password of that key",
		.zh = "该私钥的口令"},
	{NULL}};

/* Networks in which no district's system stands, or in which it must be meant in so many words:
 * this machine, its own link with the metadata services of clouds, and addresses of groups. */
struct network {
	uint32_t address;
	unsigned bits;
	enum http_reach reach;
};
static const struct network networks[] = {
	{0x00000000u, 8, HTTP_REACH_NEVER},    /* 0.0.0.0/8, unspecified */
	{0x7f000000u, 8, HTTP_REACH_LOOPBACK}, /* 127.0.0.0/8 */
	{0xa9fe0000u, 16, HTTP_REACH_NEVER},   /* 169.254.0.0/16, link-local */
	{0x646464c8u, 32, HTTP_REACH_NEVER},   /* 100.100.100.200, metadata of a public cloud */
	{0xe0000000u, 4, HTTP_REACH_NEVER},    /* 224.0.0.0/4, multicast */
	{0xf0000000u, 4, HTTP_REACH_NEVER},    /* 240.0.0.0/4, reserved and broadcast */
};

static enum http_reach reach_v4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++)
		if ((address ^ networks[i].address) >> (32 - networks[i].bits) == 0)
			return networks[i].reach;
	return HTTP_REACH_YES;
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum http_reach reach_v6(const unsigned char a[16])
{
	static const unsigned char zero[16] = {0}, one[16] = {[15] = 1},
				   mapped[12] = {[10] = 0xff, [11] = 0xff},
				   nat64[12] = {0x00, 0x64, 0xff, 0x9b},
				   metadata[16] = {
					   0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
	if (memcmp(a, one, 16) == 0)
		return HTTP_REACH_LOOPBACK;
	if (memcmp(a, metadata, 16) == 0)
		return HTTP_REACH_NEVER;
	if (memcmp(a, zero, 12) == 0 || memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return reach_v4(word_at(a + 12)); /* :: itself is 0.0.0.0 */
	if (a[0] == 0x20 && a[1] == 0x02)
		return reach_v4(word_at(a + 2)); /* 6to4 */
	bool link_local = a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
	return link_local || a[0] == 0xff ? HTTP_REACH_NEVER : HTTP_REACH_YES;
}

enum http_reach http_reach(const struct sockaddr *to)
{
	if (to->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)to;
		return reach_v4(ntohl(in->sin_addr.s_addr));
	}
	if (to->sa_family == AF_INET6)
		return reach_v6(((const struct sockaddr_in6 *)(const void *)to)->sin6_addr.s6_addr);
	return HTTP_REACH_NEVER;
}

const char *http_url_fault(const char *text)
{
	char *scheme = NULL, *user = NULL;
	CURLU *url = curl_url();
	bool ok = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
		  curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
		  curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_OK;
	const char *fault = ok ? NULL : user ? "…@…" : text;
	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(url);
	return fault;
}

bool http_names_loopback(const char *url)
{
	char *host = NULL;
	struct in_addr v4;
	struct in6_addr v6;
	CURLU *u = curl_url();
	bool is = false;
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		size_t n = strlen(host);
		is = strcasecmp(host, "localhost") == 0;
		if (inet_pton(AF_INET, host, &v4) == 1)
			is = reach_v4(ntohl(v4.s_addr)) == HTTP_REACH_LOOPBACK;
		if (n > 2 && host[0] == '[') {
			host[n - 1] = '\0';
			is = inet_pton(AF_INET6, host + 1, &v6) == 1 &&
			     reach_v6(v6.s6_addr) == HTTP_REACH_LOOPBACK;
		}
	}
	curl_free(host);
	curl_url_cleanup(u);
	return is;
}

bool http_guard(struct http *h, const struct sockaddr *to)
{
	enum http_reach reach = http_reach(to);
	if (reach == HTTP_REACH_YES || (reach == HTTP_REACH_LOOPBACK && h->access.loopback))
		return true;
	const void *any = to;
	const struct sockaddr_in *v4 = any;
	const struct sockaddr_in6 *v6 = any;
	const void *address = &v4->sin_addr;
	if (to->sa_family == AF_INET6)
		address = &v6->sin6_addr;
	if (!inet_ntop(to->sa_family, address, h->access.refused, sizeof(h->access.refused)))
		http_copy(h->access.refused, sizeof(h->access.refused), GT_LIT("?"));
	h->access.refused_loopback = reach == HTTP_REACH_LOOPBACK;
	return false;
}

static bool file_option(CURL *easy, CURLoption option, struct gt_str s)
{
	char text[4096];
	if (!s.n)
		return true;
	if (s.n >= sizeof(text))
		return false;
	http_copy(text, sizeof(text), s);
	bool ok = curl_easy_setopt(easy, option, text) == CURLE_OK;
	OPENSSL_cleanse(text, sizeof(text));
	return ok;
}

bool http_tls_set(struct http *h, struct gt_err *err)
{
	const struct http_tls *tls = &h->conf.tls;
	CURL *e = h->easy;
	if (curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
		file_option(e, CURLOPT_CAINFO, tls->ca) &&
		file_option(e, CURLOPT_SSLCERT, tls->certificate) &&
		file_option(e, CURLOPT_SSLKEY, tls->key) &&
		/* Without one OpenSSL would ask at the terminal. */
		(tls->password.n ? file_option(e, CURLOPT_KEYPASSWD, tls->password)
				 : curl_easy_setopt(e, CURLOPT_KEYPASSWD, "") == CURLE_OK))
		return true;
	return gt_fail(err, GT_E_HTTP_TLS_FILE, "libcurl");
}

/* The server closed because it wants a certificate of ours: with TLS 1.3 it says so only after the
 * handshake. */
static bool wants_certificate(CURLcode code, const char *detail)
{
	return (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR ||
		       code == CURLE_SEND_ERROR || code == CURLE_SSL_CERTPROBLEM) &&
	       strstr(detail, "alert") &&
	       (strstr(detail, "certificate") || strstr(detail, "unknown ca"));
}

const char *http_where(const struct http *h)
{
	return h->asking == HTTP_ASK_LOGIN ? h->place : h->label;
}

bool http_guard_error(struct http *h, CURLcode code, const char *detail, struct gt_err *err)
{
	struct http_access *a = &h->access;
	if (a->refused[0] && a->refused_loopback) {
		(void)gt_fail(err, GT_E_HTTP_LOOPBACK, http_where(h), a->refused);
	} else if (a->refused[0]) {
		(void)gt_fail(err, GT_E_HTTP_ADDRESS, http_where(h), a->refused);
	} else if (wants_certificate(code, detail)) {
		(void)gt_fail(err, GT_E_HTTP_TLS_OURS, http_where(h), detail);
	} else {
		return false;
	}
	return true;
}
