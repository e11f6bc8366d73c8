/* The life of tokens: renewed before they die, repeated once when they are refused, shared by the
 * flows of an account, and never asked for in a way that locks it. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#define RECORDS "records: rows\n"
#define RULE "success: {field: code}\n"
#define LOGIN "login: {username: u, password: {env: HTTP_TEST_PASSWORD}"
#define LIST PLAY_LIST
#define TOKEN(t) "{\"code\":200,\"token\":\"" t "\"}"

static void secrets(void)
{
	setenv("HTTP_TEST_PASSWORD", "pass&word", 1);
	setenv("HTTP_TEST_CLIENT", "s3cret", 1);
}

START_TEST(understands_expiry)
{
	static const struct {
		const char *text;
		int64_t life_s;
	} lives[] = {{"7200", 7200}, {"1711499100", 100}, {"1711499100999", 100},
		{"2024-03-27 08:25:00", 100}, {"2024-03-27T00:25:00Z", 100}, {"", 0}, {"soon", 0},
		{"0", 0}, {"-1", 0}, {"1711498999", 0}, {"2020-01-01 00:00:00", 0},
		{"999999999999999", INT64_C(3650) * 86400}};
	for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
		int64_t life = http_life_s(gt_cstr(lives[i].text), 1711499000, 480);
		ck_assert_msg(life == lives[i].life_s, "%s: %lld", lives[i].text, (long long)life);
	}
}
END_TEST

START_TEST(logs_in_before_a_token_dies)
{
	static const struct rule rules[] = {
		{"/login", 0, NULL, "{\"code\":200,\"token\":\"a\",\"ttl\":1}", NULL, 1},
		{"/login", 0, NULL, "{\"code\":200,\"token\":\"b\",\"ttl\":1000}", NULL, 1},
		{"/list", 0, NULL, LIST, NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s, RECORDS RULE LOGIN ", expires: ttl}\n");
	do {
		s.n = 0; /* the log is short, a second may be long */
		pull_ok(&p);
	} while (!s.used[1]);
	ck_assert_ptr_nonnull(strstr(s.log[s.n - 1].headers, "Bearer b"));
	pull_end(&p);
}
END_TEST

#define REFRESH                                                                                    \
	", token: data.accessToken, expires: data.life, refresh: {path: /refresh-token, token: "   \
	"data.refreshToken}}\n"
#define PAIR(access, refresh)                                                                      \
	"{\"code\":0,\"data\":{\"accessToken\":\"" access "\",\"refreshToken\":\"" refresh "\"}}"

/* A token that is refused is renewed by the refresh token, which is replaced each time. */
START_TEST(renews_by_a_refresh_token)
{
	static const struct rule rules[] = {{"/login", 0, NULL, PAIR("a1", "r/1"), NULL, 0},
		{"/refresh-token?refreshToken=r%2F1", 0, NULL, PAIR("a2", "r2"), NULL, 0},
		{"/refresh-token?refreshToken=r2", 0, NULL, PAIR("a3", "r3"), NULL, 0},
		{"/list", 0, NULL, LIST, NULL, 1}, {"/list", 0, NULL, "{\"code\":401}", NULL, 1},
		{"/list", 0, NULL, LIST, NULL, 1}, {"/list", 401, NULL, "", NULL, 1}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s, RECORDS RULE LOGIN REFRESH);
	for (int i = 0; i < 3; i++)
		pull_ok(&p);
	ck_assert_uint_eq(play_count(&s, "/login"), 1);
	ck_assert_uint_eq(play_count(&s, "/refresh-token"), 2);
	ck_assert_str_eq(s.log[3].target, "/refresh-token?refreshToken=r%2F1");
	ck_assert_str_eq(s.log[3].method, "POST");
	ck_assert_ptr_nonnull(strstr(s.log[s.n - 1].headers, "Bearer a3"));
	pull_end(&p);
}
END_TEST

/* When the refresh token is dead as well, the password is still there; and when its token is
 * refused, too, that is the end. */
START_TEST(falls_back_on_the_password)
{
	static const struct rule rules[] = {{"/login", 0, NULL, PAIR("a1", "r1"), NULL, 1},
		{"/refresh-token", 0, NULL, "{\"code\":401}", NULL, 0},
		{"/login", 0, NULL, PAIR("a2", "r2"), NULL, 0}, {"/list", 0, NULL, LIST, NULL, 1},
		{"/list", 401, NULL, "", NULL, 1}, {"/list", 0, NULL, LIST, NULL, 1},
		{"/list", 401, NULL, "", NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s, RECORDS RULE LOGIN REFRESH);
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_uint_eq(play_count(&s, "/login"), 2);
	ck_assert_uint_eq(play_count(&s, "/refresh-token"), 1);
	pull_fails(&p, GT_E_HTTP_UNAUTHORISED, GT_CONFIG);
	ck_assert_uint_eq(play_count(&s, "/login"), 3);
	pull_end(&p);
}
END_TEST

/* ---- how products say that a session died */

#define MYEMS "success: {message: description, expired: [API.USER_SESSION_TIMEOUT]}\n"
#define JSHERP                                                                                     \
	"success: {field: code, values: '200', message: [data], expired: [loginOut, "              \
	"/login.html]}\n"

static const struct {
	const char *rule;
	struct rule answer;
	enum gt_code code; /* 0: it is known, and the list is asked for with a new token */
} deaths[] = {
	{MYEMS,
		{"/list", 400, NULL,
			"{\"title\":\"API.BAD_REQUEST\","
			"\"description\":\"API.USER_SESSION_TIMEOUT\"}",
			NULL, 1},
		0},
	{MYEMS,
		{"/list", 404, NULL,
			"{\"title\":\"API.NOT_FOUND\",\"description\":\"API.SPACE_NOT_FOUND\"}",
			NULL, 1},
		GT_E_HTTP_REFUSED},
	{JSHERP, {"/list", 500, NULL, "loginOut", "text/plain", 1}, 0},
	{JSHERP, {"/list", 500, NULL, "\"loginOut\"\n", NULL, 1}, 0},
	{JSHERP, {"/list", 0, NULL, "loginOut", "text/html", 1}, 0},
	{JSHERP, {"/list", 0, NULL, "{\"code\":500,\"data\":\"loginOut\"}", NULL, 1}, 0},
	{JSHERP, {"/list", 500, NULL, "loginOut failed", "text/plain", 1}, GT_E_HTTP_STATUS},
	{JSHERP, {"/list", 302, "Location: /erp/login.html?from=list\r\n", "", "text/html", 1}, 0},
	{JSHERP, {"/list", 302, "Location: /login.html/elsewhere\r\n", "", "text/html", 1},
		GT_E_HTTP_REDIRECT},
	{RULE, {"/list", 500, NULL, "{\"code\":401}", NULL, 1}, 0},
	{RULE, {"/list", 500, NULL, "{\"code\":500,\"msg\":\"Token\"}", NULL, 1}, GT_E_HTTP_STATUS},
};

START_TEST(knows_a_session_that_died)
{
	const struct rule rules[] = {{"/login", 0, NULL, TOKEN("a"), NULL, 1},
		{"/login", 0, NULL, TOKEN("b"), NULL, 0}, {"/list", 0, NULL, LIST, NULL, 1},
		deaths[_i].answer, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	char options[512];
	secrets();
	snprintf(options, sizeof options, RECORDS "%s" LOGIN "}\n", deaths[_i].rule);
	pull_start(&p, play_rules, &s, options);
	pull_ok(&p);
	if (deaths[_i].code) {
		struct gt_err err;
		ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
		ck_assert_int_eq(err.code, deaths[_i].code);
		ck_assert_uint_eq(play_count(&s, "/login"), 1);
	} else {
		pull_ok(&p);
		ck_assert_uint_eq(play_count(&s, "/login"), 2);
		ck_assert_ptr_nonnull(strstr(s.log[s.n - 1].headers, "Bearer b"));
	}
	pull_end(&p);
}
END_TEST

/* ---- flows of one account */

static void second_pull(struct pull *second, const struct pull *first)
{
	*second = (struct pull){.server = first->server};
	memcpy(second->options, first->options, sizeof second->options);
}

static void second_end(struct pull *second)
{
	pull_close(second);
	world_free(&second->world);
}

START_TEST(shares_a_login)
{
	static const struct rule rules[] = {{"/login", 0, NULL, TOKEN("a"), NULL, 1},
		{"/login", 0, NULL, TOKEN("b"), NULL, 1}, {"/list", 0, NULL, LIST, NULL, 2},
		{"/list", 0, NULL, "{\"code\":401}", NULL, 1}, {"/list", 0, NULL, LIST, NULL, 1},
		{"/list", 0, NULL, "{\"code\":401}", NULL, 1}, {NULL}};
	struct play s = {.rules = rules};
	struct pull first, second;
	secrets();
	pull_start(&first, play_rules, &s, RECORDS RULE LOGIN "}\n");
	second_pull(&second, &first);
	pull_ok(&first);
	pull_ok(&second);
	ck_assert_uint_eq(play_count(&s, "/login"), 1);
	ck_assert_ptr_nonnull(strstr(s.log[2].headers, "Bearer a"));
	/* The token dies: the first that sees it logs in, the other takes what it got. */
	pull_ok(&first);
	pull_ok(&second);
	ck_assert_uint_eq(play_count(&s, "/login"), 2);
	ck_assert_ptr_nonnull(strstr(s.log[s.n - 1].headers, "Bearer b"));
	/* A flow that was closed meanwhile goes on with it as well. */
	pull_close(&first);
	pull_ok(&first);
	ck_assert_uint_eq(play_count(&s, "/login"), 2);
	second_end(&second);
	pull_end(&first);
}
END_TEST

START_TEST(shares_a_cookie)
{
	static const struct rule rules[] = {
		{"/login", 0, "Set-Cookie: SID=1; Path=/\r\n", "<html>", "text/html", 1},
		{"/login", 0, "Set-Cookie: SID=2; Path=/\r\n", "<html>", "text/html", 1},
		{"/list", 0, NULL, LIST, NULL, 2},
		{"/list", 302, "Location: /login.jsp\r\n", "", "text/html", 1},
		{"/list", 0, NULL, LIST, NULL, 1},
		{"/list", 0, NULL, "<html>login</html>", "text/html", 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull first, second;
	secrets();
	pull_start(&first, play_rules, &s, RECORDS LOGIN ", token_in: cookie}\n");
	second_pull(&second, &first);
	pull_ok(&first);
	pull_ok(&second);
	ck_assert_uint_eq(play_count(&s, "/login"), 1);
	ck_assert_ptr_nonnull(strstr(s.log[2].headers, "SID=1"));
	/* A redirect to the login page is a session that died; the old cookie does not log in. */
	pull_ok(&first);
	ck_assert_uint_eq(play_count(&s, "/login"), 2);
	ck_assert_ptr_null(strstr(s.log[4].headers, "SID="));
	ck_assert_ptr_nonnull(strstr(s.log[5].headers, "SID=2"));
	/* So is the page itself; here the login does not help. */
	pull_fails(&second, GT_E_HTTP_NO_TOKEN, GT_CONFIG);
	second_end(&second);
	pull_end(&first);
}
END_TEST

START_TEST(does_not_lock_the_account)
{
	static const struct rule rules[] = {
		{"/login", 0, NULL, "{\"code\":500,\"msg\":\"密码错误\"}", NULL, 1},
		{"/login", 0, NULL, TOKEN("a"), NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull first, second;
	secrets();
	pull_start(&first, play_rules, &s, RECORDS RULE LOGIN "}\n");
	second_pull(&second, &first);
	pull_fails(&first, GT_E_HTTP_LOGIN, GT_CONFIG);
	for (int i = 0; i < 3; i++) {
		pull_fails(&first, GT_E_HTTP_LOGIN_HELD, GT_CONFIG);
		pull_fails(&second, GT_E_HTTP_LOGIN_HELD, GT_CONFIG);
	}
	ck_assert_uint_eq(s.n, 1);
	/* Another password is another attempt. */
	setenv("HTTP_TEST_PASSWORD", "the right one", 1);
	pull_ok(&second);
	ck_assert_uint_eq(play_count(&s, "/login"), 2);
	second_end(&second);
	pull_end(&first);
}
END_TEST

/* Login forms give a cookie to anybody; the list then leads back to the form. */
START_TEST(does_not_lock_the_account_by_forms)
{
	static const struct rule rules[] = {
		{"/login", 302, "Location: /login?error\r\nSet-Cookie: SID=1; Path=/\r\n", "",
			"text/html", 0},
		{"/list", 302, "Location: /login\r\n", "", "text/html", 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s, RECORDS LOGIN ", as: form, token_in: cookie}\n");
	pull_fails(&p, GT_E_HTTP_UNAUTHORISED, GT_CONFIG);
	pull_fails(&p, GT_E_HTTP_LOGIN_HELD, GT_CONFIG);
	ck_assert_uint_eq(play_count(&s, "/login"), 1);
	pull_end(&p);
}
END_TEST

/* While one flow is logging in, the others wait for what it gets. */
START_TEST(waits_for_a_login_elsewhere)
{
	unsigned char key[32] = {1};
	struct http_grant grant = {.dies_us = 0}, other = grant;
	uint64_t mine = 0, theirs = 0;
	int64_t left_s = 0;
	int a, b;
	struct http_wallet *w = http_wallet_open(key);
	ck_assert_ptr_eq(http_wallet_open(key), w);
	ck_assert_int_eq(http_wallet_want(w, &a, &grant, &mine, &left_s), HTTP_WANT_YOURS);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_ELSEWHERE);
	strcpy(grant.token, "t");
	http_wallet_keep(w, &grant, &mine);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_THERE);
	ck_assert_str_eq(other.token, "t");
	/* One that goes away while it is at it holds nobody up. */
	http_wallet_drop(w, theirs, false);
	ck_assert_int_eq(http_wallet_want(w, &a, &grant, &mine, &left_s), HTTP_WANT_YOURS);
	http_wallet_close(w, &a);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_YOURS);
	http_wallet_release(w, &b, true);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_HELD);
	ck_assert(left_s > 60 && left_s <= 121);
	http_wallet_release(w, &b, true); /* and longer each time */
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_HELD);
	ck_assert(left_s > 180 && left_s <= 241);
	for (int i = 0; i < 10; i++)
		http_wallet_release(w, &b, true);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_HELD);
	ck_assert(left_s > 1800 && left_s <= 1921);
	http_wallet_accepted(w);
	http_wallet_release(w, &b, true);
	ck_assert_int_eq(http_wallet_want(w, &b, &other, &theirs, &left_s), HTTP_WANT_HELD);
	ck_assert(left_s > 60 && left_s <= 121);
	http_wallet_close(w, &b);
}
END_TEST

/* As the flow sees it: it waits, costs no request, and goes on with the other's token. */
START_TEST(a_flow_waits_for_a_login_elsewhere)
{
	static const struct rule rules[] = {{"/login", 0, NULL, TOKEN("a"), NULL, 0},
		{"/list", 0, NULL, LIST, NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull first, second;
	struct gt_err err;
	struct gt_limits limits = harness_limits;
	secrets();
	pull_start(&first, play_rules, &s, RECORDS RULE LOGIN "}\n");
	second_pull(&second, &first);
	limits.deadline_us = gt_host_monotonic_us(); /* asks, and does not wait for the answer */
	while (s.n == 0)
		ck_assert_int_ne(pull_once(&first, limits, &err), GT_POLL_ERROR);
	ck_assert_int_eq(pull_once(&second, harness_limits, &err), GT_POLL_WAIT);
	pull_ok(&first);
	pull_ok(&second);
	ck_assert_uint_eq(play_count(&s, "/login"), 1);
	ck_assert_uint_eq(second.world.row_count, 1);
	second_end(&second);
	pull_end(&first);
}
END_TEST

/* ---- OAuth 2 */

#define ACCESS(t) "{\"access_token\":\"" t "\",\"token_type\":\"bearer\",\"expires_in\":3600}"

START_TEST(gets_oauth_tokens)
{
	static const struct rule rules[] = {{"/oauth/token", 0, NULL, ACCESS("o1"), NULL, 1},
		{"/oauth/token", 0, NULL, ACCESS("o2"), NULL, 1}, {"/list", 0, NULL, LIST, NULL, 1},
		{"/list", 401, NULL, "", NULL, 1}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s,
		RECORDS RULE "headers: {X-Ours: '1'}\n"
			     "oauth2: {url: /oauth/token, client_id: gw, client_secret: {env: "
			     "HTTP_TEST_CLIENT}, scope: 'read list', fields: {audience: a&b}}\n");
	pull_ok(&p);
	ck_assert_str_eq(s.log[0].method, "POST");
	ck_assert_ptr_nonnull(
		strstr(s.log[0].headers, "Content-Type: application/x-www-form-urlencoded"));
	ck_assert_ptr_null(strstr(s.log[0].headers, "X-Ours"));
	ck_assert_str_eq(s.log[0].body,
		"grant_type=client_credentials&scope=read%20list&client_id=gw&client_secret=s3cret"
		"&audience=a%26b");
	ck_assert_ptr_nonnull(strstr(s.log[1].headers, "Authorization: Bearer o1"));
	pull_ok(&p);
	ck_assert_ptr_nonnull(strstr(s.log[s.n - 1].headers, "Authorization: Bearer o2"));
	pull_end(&p);
}
END_TEST

/* Elsewhere than the data, with a Basic header; the data's server never sees the client's secret,
 * the token's server nothing else. */
START_TEST(gets_oauth_tokens_elsewhere)
{
	static const struct rule tokens[] = {{"/t", 0, NULL, ACCESS("o1"), NULL, 0}, {NULL}},
				 lists[] = {{NULL}};
	struct play t = {.rules = tokens}, s = {.rules = lists};
	struct server *server = server_start(play_rules, &t, 0);
	struct pull p;
	char options[512];
	secrets();
	snprintf(options, sizeof options,
		RECORDS "key: {value: {env: HTTP_TEST_PASSWORD}}\noauth2: {url: "
			"'http://127.0.0.1:%u/t', client: basic, client_id: gw, client_secret: "
			"{env: HTTP_TEST_CLIENT}}\n",
		server_port(server));
	pull_start(&p, play_rules, &s, options);
	pull_ok(&p);
	ck_assert_uint_eq(t.n, 1);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_ptr_nonnull(strstr(t.log[0].headers, "Authorization: Basic Z3c6czNjcmV0"));
	ck_assert_ptr_null(strstr(t.log[0].headers, "pass&word"));
	ck_assert_str_eq(t.log[0].body, "grant_type=client_credentials");
	ck_assert_ptr_nonnull(strstr(s.log[0].headers, "X-API-Key: pass&word"));
	ck_assert_ptr_null(strstr(s.log[0].headers, "Z3c6czNjcmV0"));
	pull_end(&p);
	server_stop(server);
}
END_TEST

START_TEST(keeps_a_rotated_refresh_token)
{
	static const struct rule rules[] = {
		{"/t", 0, NULL, "{\"access_token\":\"o1\",\"refresh_token\":\"r2\"}", NULL, 1},
		{"/t", 0, NULL, "{\"access_token\":\"o2\"}", NULL, 1},
		{"/t", 400, NULL,
			"{\"error\":\"invalid_grant\",\"error_description\":\"r2 s3cret expired\"}",
			NULL, 0},
		{"/list", 0, NULL, LIST, NULL, 1}, {"/list", 401, NULL, "", NULL, 1},
		{"/list", 0, NULL, LIST, NULL, 1}, {"/list", 401, NULL, "", NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err;
	char text[1024];
	secrets();
	pull_start(&p, play_rules, &s,
		RECORDS RULE
		"oauth2: {url: /t, grant: refresh_token, client_id: gw, client_secret: "
		"{env: HTTP_TEST_CLIENT}, refresh_token: {env: HTTP_TEST_PASSWORD}}\n");
	pull_ok(&p);
	ck_assert_str_eq(s.log[0].body, "grant_type=refresh_token&refresh_token=pass%26word&"
					"client_id=gw&client_secret=s3cret");
	pull_close(&p); /* as an idle flow is */
	pull_ok(&p);
	ck_assert_ptr_nonnull(strstr(s.log[3].body, "refresh_token=r2&"));
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_HTTP_OAUTH);
	ck_assert_int_eq(err.class, GT_CONFIG);
	gt_err_text(&err, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "*** expired"));
	ck_assert_ptr_null(strstr(text, "s3cret"));
	pull_fails(&p, GT_E_HTTP_LOGIN_HELD, GT_CONFIG);
	pull_end(&p);
}
END_TEST

START_TEST(tells_a_broken_token_endpoint_from_a_refusal)
{
	static const struct rule rules[] = {{"/t", 503, NULL, "", NULL, 1},
		{"/t", 0, NULL, "<html>maintenance", "text/html", 1},
		{"/t", 0, NULL, "{\"code\":1,\"msg\":\"no such client\"}", NULL, 1}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err;
	char text[1024];
	secrets();
	pull_start(&p, play_rules, &s, RECORDS "oauth2: {url: /t, client_id: gw}\n");
	pull_fails(&p, GT_E_HTTP_BUSY, GT_RETRY);
	pull_fails(&p, GT_E_HTTP_NOT_JSON, GT_RETRY);
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_ptr_nonnull(strstr(gt_err_text(&err, text, sizeof text), "no such client"));
	pull_end(&p);
	/* It is the token's server that does not answer, and it is named. */
	pull_start(
		&p, play_rules, &s, "oauth2: {url: 'http://127.0.0.1:1/t?x=1', client_id: gw}\n");
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_HTTP_CONNECT);
	gt_err_text(&err, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "at http://127.0.0.1:1/t ("));
	pull_end(&p);
}
END_TEST

START_TEST(a_look_logs_in)
{
	static const struct rule rules[] = {{"/login", 0, NULL, TOKEN("a"), NULL, 0},
		{"/list", 401, NULL, "", NULL, 1}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err = {0};
	char found[256] = "";
	secrets();
	pull_start(&p, play_rules, &s, RECORDS RULE LOGIN "}\n");
	pull_reopen(&p);
	/* The first token is refused although it is fresh: no second attempt. */
	ck_assert(!guantong_adapter_http.probe(p.h.self, found, sizeof found, &err));
	ck_assert_int_eq(err.code, GT_E_HTTP_UNAUTHORISED);
	pull_reopen(&p);
	ck_assert(guantong_adapter_http.probe(p.h.self, found, sizeof found, &err));
	ck_assert_ptr_nonnull(strstr(found, "code=200"));
	pull_end(&p);
}
END_TEST

UNIT_MAIN("http_auth", UNIT_TEST(understands_expiry), UNIT_TEST(logs_in_before_a_token_dies),
	UNIT_TEST(renews_by_a_refresh_token), UNIT_TEST(falls_back_on_the_password),
	UNIT_LOOP(knows_a_session_that_died, sizeof deaths / sizeof *deaths),
	UNIT_TEST(shares_a_login), UNIT_TEST(shares_a_cookie), UNIT_TEST(does_not_lock_the_account),
	UNIT_TEST(does_not_lock_the_account_by_forms), UNIT_TEST(waits_for_a_login_elsewhere),
	UNIT_TEST(a_flow_waits_for_a_login_elsewhere), UNIT_TEST(gets_oauth_tokens),
	UNIT_TEST(gets_oauth_tokens_elsewhere), UNIT_TEST(keeps_a_rotated_refresh_token),
	UNIT_TEST(tells_a_broken_token_endpoint_from_a_refusal), UNIT_TEST(a_look_logs_in))
