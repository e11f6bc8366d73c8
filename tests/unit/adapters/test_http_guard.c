/* Whom the http adapter talks to: addresses that are never connected to, and TLS. */
#include "http.h"

#include "http_pull.h"
#include "tls_server.h"
#include "unit.h"

#include <netinet/in.h>

/* ---- addresses */

static const struct {
	const char *address;
	enum http_reach reach;
} reaches[] = {
	{"10.1.8.20", HTTP_REACH_YES},
	{"192.168.0.1", HTTP_REACH_YES},
	{"100.100.100.199", HTTP_REACH_YES},
	{"169.253.255.255", HTTP_REACH_YES},
	{"169.255.0.0", HTTP_REACH_YES},
	{"223.255.255.255", HTTP_REACH_YES},
	{"2001:db8::1", HTTP_REACH_YES},
	{"fd00::1", HTTP_REACH_YES},
	{"::ffff:10.0.0.1", HTTP_REACH_YES},
	{"127.0.0.1", HTTP_REACH_LOOPBACK},
	{"127.255.0.9", HTTP_REACH_LOOPBACK},
	{"::1", HTTP_REACH_LOOPBACK},
	{"::ffff:127.0.0.1", HTTP_REACH_LOOPBACK},
	{"64:ff9b::127.0.0.1", HTTP_REACH_LOOPBACK},
	{"2002:7f00:1::", HTTP_REACH_LOOPBACK},
	{"0.0.0.0", HTTP_REACH_NEVER},
	{"0.1.2.3", HTTP_REACH_NEVER},
	{"169.254.0.1", HTTP_REACH_NEVER},
	{"169.254.169.254", HTTP_REACH_NEVER},
	{"100.100.100.200", HTTP_REACH_NEVER},
	{"224.0.0.1", HTTP_REACH_NEVER},
	{"239.255.255.250", HTTP_REACH_NEVER},
	{"255.255.255.255", HTTP_REACH_NEVER},
	{"::", HTTP_REACH_NEVER},
	{"fe80::1", HTTP_REACH_NEVER},
	{"febf::1", HTTP_REACH_NEVER},
	{"ff02::1", HTTP_REACH_NEVER},
	{"fd00:ec2::254", HTTP_REACH_NEVER},
	{"::ffff:169.254.169.254", HTTP_REACH_NEVER},
	{"::ffff:0.0.0.0", HTTP_REACH_NEVER},
	{"::169.254.169.254", HTTP_REACH_NEVER},
	{"64:ff9b::169.254.169.254", HTTP_REACH_NEVER},
	{"2002:a9fe:a9fe::1", HTTP_REACH_NEVER},
};

START_TEST(judges_addresses)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const char *text = reaches[_i].address;
	bool is_v6 = strchr(text, ':') != NULL;
	void *into = is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
	ck_assert_int_eq(inet_pton(is_v6 ? AF_INET6 : AF_INET, text, into), 1);
	const void *at = is_v6 ? (const void *)&v6 : (const void *)&v4;
	ck_assert_msg(http_reach(at) == reaches[_i].reach, "%s", text);
}
END_TEST

START_TEST(judges_no_other_family)
{
	struct sockaddr local = {.sa_family = AF_UNIX};
	ck_assert_int_eq(http_reach(&local), HTTP_REACH_NEVER);
}
END_TEST

START_TEST(knows_names_of_this_machine)
{
	static const char *const ours[] = {"http://127.0.0.1:8080/x", "https://localhost",
		"http://LOCALHOST/", "http://[::1]:80/", "http://127.9.9.9", "http://2130706433/"};
	static const char *const others[] = {"http://localhost.example.com/", "http://10.0.0.1/",
		"http://127.0.0.1.example.com/", "http://[fe80::1]/", "http://h/?127.0.0.1", "x"};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		ck_assert_msg(http_names_loopback(ours[i]), "%s", ours[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!http_names_loopback(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(connects_to_no_such_address)
{
	static const char *const urls[] = {"http://169.254.169.254", "http://0.0.0.0:9",
		"http://[::ffff:169.254.169.254]", "http://2852039166", "http://224.0.0.1",
		"http://255.255.255.255"};
	static const struct rule rules[] = {{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	pull_start(&p, play_rules, &s, "");
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		snprintf(p.options, sizeof p.options, "url: '%s'\nloopback: yes\n", urls[i]);
		pull_fails(&p, GT_E_HTTP_ADDRESS, GT_CONFIG);
	}
	pull_end(&p);
}
END_TEST

/* A request to a name that resolves to `addresses`, as a DNS server might say. */
static enum http_io ask_name(
	struct pull *p, const char *addresses, bool loopback, struct gt_err *err)
{
	struct http *h = calloc(1, sizeof *h);
	char resolve[256];
	h->host = &p->h.host;
	h->conf.timeout = h->conf.connect_timeout = 60000;
	h->conf.max_body = 1 << 20;
	h->asking = HTTP_ASK_PAGE;
	h->access.loopback = loopback;
	ck_assert(http_request_open(h, err));
	snprintf(resolve, sizeof resolve, "cars.example:%u:%s", server_port(p->server), addresses);
	struct curl_slist *list = curl_slist_append(NULL, resolve);
	ck_assert_int_eq(curl_easy_setopt(h->easy, CURLOPT_RESOLVE, list), CURLE_OK);
	snprintf(h->url, sizeof h->url, "http://cars.example:%u/list", server_port(p->server));
	snprintf(h->label, sizeof h->label, "http://cars.example/list");
	ck_assert(http_request_start(h, gt_str(NULL, 0), NULL, err));
	enum http_io io = http_request_run(h, gt_host_monotonic_us() + 60000000, err);
	http_request_close(h);
	curl_slist_free_all(list);
	free(h);
	return io;
}

START_TEST(looks_behind_names)
{
	static const struct rule rules[] = {{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err = {0};
	char text[1024];
	pull_start(&p, play_rules, &s, "");
	pull_reopen(&p);
	ck_assert_int_eq(ask_name(&p, "169.254.169.254", true, &err), HTTP_IO_FAILED);
	ck_assert_int_eq(err.code, GT_E_HTTP_ADDRESS);
	gt_err_text(&err, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "cars.example"));
	ck_assert_ptr_nonnull(strstr(text, "169.254.169.254"));
	ck_assert_int_eq(ask_name(&p, "127.0.0.1", false, &err), HTTP_IO_FAILED);
	ck_assert_int_eq(err.code, GT_E_HTTP_LOOPBACK);
	ck_assert_int_eq(err.class, GT_CONFIG);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(ask_name(&p, "127.0.0.1", true, &err), HTTP_IO_DONE);
	/* A refused address among good ones is passed over. */
	ck_assert_int_eq(ask_name(&p, "169.254.169.254,127.0.0.1", true, &err), HTTP_IO_DONE);
	ck_assert_uint_eq(s.n, 2);
	pull_end(&p);
}
END_TEST

/* ---- TLS */

struct world_of_trust {
	struct identity authority, server, client, stranger;
	char folder[64], ca[80], certificate[80], key[80], other[80];
};

static void trust_new(struct world_of_trust *t, const char *alternative, long until_s)
{
	t->authority = identity_new("Test CA", NULL, 3600, NULL);
	t->server = identity_new("server", alternative, until_s, &t->authority);
	t->client = identity_new("gateway", "DNS:gateway", 3600, &t->authority);
	t->stranger = identity_new("stranger", NULL, 3600, NULL);
	strcpy(t->folder, "/tmp/guantong-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->folder));
	snprintf(t->ca, sizeof t->ca, "%s/ca.pem", t->folder);
	snprintf(t->certificate, sizeof t->certificate, "%s/client.pem", t->folder);
	snprintf(t->key, sizeof t->key, "%s/client.key", t->folder);
	snprintf(t->other, sizeof t->other, "%s/other.pem", t->folder);
	identity_write(&t->authority, t->ca, NULL, NULL);
	identity_write(&t->client, t->certificate, t->key, "key password");
}

static void trust_free(struct world_of_trust *t)
{
	identity_free(&t->authority);
	identity_free(&t->server);
	identity_free(&t->client);
	identity_free(&t->stranger);
	unlink(t->ca);
	unlink(t->certificate);
	unlink(t->key);
	unlink(t->other);
	rmdir(t->folder);
}

/* Pulls once from the TLS server with these options. */
static void pull_tls(struct pull *p, const struct tls_server *s, const char *options)
{
	pull_close(p);
	snprintf(p->options, sizeof p->options, "url: https://127.0.0.1:%u\npath: /list\n%s",
		s->port, options);
}

static void says(struct pull *p, enum gt_code code, enum gt_class class, const char *words)
{
	struct gt_err err;
	char text[1024];
	ck_assert_int_eq(pull_pass(p, &err), GT_POLL_ERROR);
	gt_err_text(&err, text, sizeof text);
	ck_assert_msg(err.code == code, "%s", text);
	ck_assert_int_eq(err.class, class);
	ck_assert_msg(strcasestr(text, words) != NULL, "%s", text);
}

static const struct rule nothing[] = {{NULL}};

START_TEST(verifies_servers)
{
	static const struct {
		const char *alternative;
		long until_s;
		bool trusted;
		int max_version;
		const char *words; /* NULL = it is right */
	} servers[] = {{"IP:127.0.0.1", 3600, true, 0, NULL},
		{"IP:127.0.0.1", 3600, false, 0, "issuer"},
		{"DNS:other.example", 3600, true, 0, "127.0.0.1"},
		{"IP:127.0.0.1", -3600, true, 0, "expired"},
		{"IP:127.0.0.1", 3600, true, TLS1_2_VERSION, NULL},
		{"IP:127.0.0.1", 3600, true, TLS1_1_VERSION, "protocol"}};
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
		struct world_of_trust t;
		struct tls_server s;
		struct play unused = {.rules = nothing};
		struct pull p;
		char options[256];
		trust_new(&t, servers[i].alternative, servers[i].until_s);
		if (!servers[i].trusted)
			identity_write(&t.stranger, t.ca, NULL, NULL);
		tls_start(&s, &t.server, NULL, servers[i].max_version);
		pull_start(&p, play_rules, &unused, "");
		snprintf(options, sizeof options, "tls: {ca: %s}\n", t.ca);
		pull_tls(&p, &s, options);
		if (servers[i].words)
			says(&p, GT_E_HTTP_TLS, GT_RETRY, servers[i].words);
		else
			pull_ok(&p);
		ck_assert_uint_eq(s.answered, servers[i].words ? 0 : 1);
		pull_end(&p);
		tls_stop(&s);
		trust_free(&t);
	}
}
END_TEST

START_TEST(shows_its_own_certificate)
{
	struct world_of_trust t;
	struct tls_server s;
	struct play unused = {.rules = nothing};
	struct pull p;
	char options[512];
	setenv("HTTP_TEST_KEY_PASSWORD", "key password", 1);
	trust_new(&t, "IP:127.0.0.1", 3600);
	tls_start(&s, &t.server, &t.authority, 0);
	pull_start(&p, play_rules, &unused, "");

	snprintf(options, sizeof options, "tls: {ca: %s}\n", t.ca);
	pull_tls(&p, &s, options);
	says(&p, GT_E_HTTP_TLS_OURS, GT_CONFIG, "certificate");

	snprintf(options, sizeof options,
		"tls: {ca: %s, certificate: %s, key: %s, password: {env: "
		"HTTP_TEST_KEY_PASSWORD}}\n",
		t.ca, t.certificate, t.key);
	pull_tls(&p, &s, options);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_uint_eq(s.answered, 1);

	/* A wrong password, and none: nobody is asked at a terminal. */
	pull_close(&p);
	setenv("HTTP_TEST_KEY_PASSWORD", "wrong", 1);
	says(&p, GT_E_HTTP_TLS_FILE, GT_CONFIG, "client.key");
	snprintf(options, sizeof options, "tls: {ca: %s, certificate: %s, key: %s}\n", t.ca,
		t.certificate, t.key);
	pull_tls(&p, &s, options);
	says(&p, GT_E_HTTP_TLS_FILE, GT_CONFIG, "client.key");

	/* A certificate that the server's authority did not issue. */
	identity_write(&t.stranger, t.certificate, t.key, NULL);
	says(&p, GT_E_HTTP_TLS_OURS, GT_CONFIG, "alert");
	ck_assert_uint_eq(s.answered, 1);
	pull_end(&p);
	tls_stop(&s);
	trust_free(&t);
}
END_TEST

UNIT_MAIN("http_guard", UNIT_LOOP(judges_addresses, sizeof reaches / sizeof *reaches),
	UNIT_TEST(judges_no_other_family), UNIT_TEST(knows_names_of_this_machine),
	UNIT_TEST(connects_to_no_such_address), UNIT_TEST(looks_behind_names),
	UNIT_TEST(verifies_servers), UNIT_TEST(shows_its_own_certificate))
