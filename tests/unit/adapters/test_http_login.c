/* Credentials and logins as the systems of this field want them: what is sent, and where. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#define RECORDS "records: rows\n"

static void secrets(void)
{
	setenv("HTTP_TEST_PASSWORD", "pass&word", 1);
	setenv("HTTP_TEST_KEY", "k/1+2", 1);
}

/* ---- with every request */

static const struct {
	const char *options;
	const char *method, *target, *header, *body; /* what the request has; NULL = anything */
} carried[] = {
	{"token: {env: HTTP_TEST_KEY}\n", "GET", "/list", "Authorization: Bearer k/1+2", NULL},
	{"basic: {username: u, password: {env: HTTP_TEST_PASSWORD}}\n", "GET", "/list",
		"Authorization: Basic dTpwYXNzJndvcmQ=", NULL},
	{"key: {value: {env: HTTP_TEST_KEY}}\n", "GET", "/list", "X-API-Key: k/1+2", NULL},
	{"key: {value: {env: HTTP_TEST_KEY}, name: appkey, in: query}\nquery: {a: '1'}\n", "GET",
		"/list?a=1&appkey=k%2F1%2B2", NULL, NULL},
	{"key: {value: {env: HTTP_TEST_KEY}, name: appkey, in: body}\nmethod: POST\n"
	 "body: ' {\"a\":1}'\n",
		"POST", "/list", "Content-Type: application/json",
		" {\"appkey\":\"k/1+2\",\"a\":1}"},
	{"key: {value: {env: HTTP_TEST_KEY}, name: k, in: body}\nmethod: POST\nbody: '{}'\n",
		"POST", "/list", NULL, "{\"k\":\"k/1+2\"}"},
	{"headers: {X-Empty: '', X-Other: a}\n", "GET", "/list", "\r\nX-Empty:\r\n", NULL},
	{"key: {value: {env: HTTP_TEST_KEY}}\nbasic: {username: u, password: {env: "
	 "HTTP_TEST_KEY}}\nheaders: {tenant-id: '7'}\n",
		"GET", "/list", "tenant-id: 7", NULL},
};

START_TEST(carries_credentials)
{
	static const struct rule rules[] = {{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	char options[1024];
	secrets();
	snprintf(options, sizeof options, "%s" RECORDS, carried[_i].options);
	pull_start(&p, play_rules, &s, options);
	pull_ok(&p);
	ck_assert_str_eq(s.log[0].method, carried[_i].method);
	ck_assert_str_eq(s.log[0].target, carried[_i].target);
	if (carried[_i].header)
		ck_assert_msg(strstr(s.log[0].headers, carried[_i].header) != NULL, "%s",
			s.log[0].headers);
	if (carried[_i].body)
		ck_assert_str_eq(s.log[0].body, carried[_i].body);
	pull_end(&p);
}
END_TEST

/* ---- logins: {login} asks for a token, {page} carries it */

static const struct {
	const char *name, *options;
	struct rule answer;
	const char *method, *target, *header, *body; /* of the login */
	const char *page_target, *page_header, *page_also;
} logins[] = {
	{"RuoYi", "login: {path: /login, username: u, password: {env: HTTP_TEST_PASSWORD}}\n",
		{"/login", 0, NULL, "{\"code\":200,\"token\":\"t1\"}", NULL, 0}, "POST", "/login",
		"Content-Type: application/json", "{\"username\":\"u\",\"password\":\"pass&word\"}",
		"/list", "Authorization: Bearer t1", NULL},
	{"yudao",
		"headers: {tenant-id: '1'}\nlogin: {path: /system/auth/login, username: u, "
		"password: {env: HTTP_TEST_PASSWORD}, token: data.accessToken, "
		"expires: data.expiresTime}\n",
		{"/system", 0, NULL,
			"{\"code\":0,\"data\":{\"accessToken\":\"t2\",\"expiresTime\":"
			"4102444800000}}",
			NULL, 0},
		"POST", "/system/auth/login", "tenant-id: 1", NULL, "/list",
		"Authorization: Bearer t2", "tenant-id: 1"},
	{"JeecgBoot",
		"login: {path: /sys/login, username: u, password: {env: HTTP_TEST_PASSWORD}, "
		"token: result.token, header: X-Access-Token, prefix: '', fields: {captcha: '', "
		"checkKey: '1'}}\n",
		{"/sys", 0, NULL, "{\"success\":true,\"result\":{\"token\":\"t3\"}}", NULL, 0},
		"POST", "/sys/login", NULL,
		"{\"username\":\"u\",\"password\":\"pass&word\",\"captcha\":\"\",\"checkKey\":"
		"\"1\"}",
		"/list", "X-Access-Token: t3", NULL},
	{"jshERP",
		"login: {path: /user/login, username: u, user_field: loginName, password: {env: "
		"HTTP_TEST_PASSWORD}, hash: md5, token: data.token, header: X-Access-Token, "
		"prefix: ''}\n",
		{"/user", 0, NULL, "{\"code\":200,\"data\":{\"token\":\"t4\"}}", NULL, 0}, "POST",
		"/user/login", NULL,
		"{\"loginName\":\"u\",\"password\":\"7442af26de5101d9074fa90acb0fa6d3\"}", "/list",
		"X-Access-Token: t4", NULL},
	{"MyEMS",
		"login: {path: /users/login, method: PUT, username: u, password: {env: "
		"HTTP_TEST_PASSWORD}, body: '{\"data\":{\"name\":\"{username}\",\"password\":"
		"\"{password}\"}}', header: TOKEN, prefix: '', also: {USER-UUID: uuid}}\n",
		{"/users", 0, NULL, "{\"uuid\":\"u-7\",\"token\":\"t5\"}", NULL, 0}, "PUT",
		"/users/login", NULL, "{\"data\":{\"name\":\"u\",\"password\":\"pass&word\"}}",
		"/list", "TOKEN: t5", "USER-UUID: u-7"},
	{"a form",
		"login: {username: u, password: {env: HTTP_TEST_PASSWORD}, as: form, headers: "
		"{X-Client: gw}}\n",
		{"/login", 0, NULL, "{\"token\":\"t6\"}", NULL, 0}, "POST", "/login",
		"X-Client: gw", "username=u&password=pass%26word", "/list",
		"Authorization: Bearer t6", NULL},
	{"by GET, token in a parameter",
		"login: {method: GET, username: u, password: {env: HTTP_TEST_PASSWORD}, query: "
		"access_token}\n",
		{"/login", 0, NULL, "{\"token\":\"t=7\"}", NULL, 0}, "GET",
		"/login?username=u&password=pass%26word", NULL, "", "/list?access_token=t%3D7",
		NULL, NULL},
	{"token in a header",
		"login: {username: u, password: {env: HTTP_TEST_PASSWORD}, token: X-Token, "
		"token_in: header, header: X-Token, prefix: ''}\n",
		{"/login", 0, "x-token: t8\r\n", "{}", NULL, 0}, "POST", "/login", NULL, NULL,
		"/list", "X-Token: t8", NULL},
	{"a session cookie, behind a redirect",
		"login: {path: /j_login, username: u, password: {env: HTTP_TEST_PASSWORD}, as: "
		"form, token_in: cookie}\n",
		{"/j_login", 302,
			"Location: /main\r\nSet-Cookie: JSESSIONID=abc; Path=/; HttpOnly\r\n"
			"Set-Cookie: route=2\r\n",
			"", "text/html", 0},
		"POST", "/j_login", NULL, "username=u&password=pass%26word", "/list",
		"JSESSIONID=abc", "route=2"},
	{"a numeric token", "login: {username: u, password: {env: HTTP_TEST_PASSWORD}}\n",
		{"/login", 0, NULL, "{\"token\":12345678901234567890}", NULL, 0}, "POST", "/login",
		NULL, NULL, "/list", "Authorization: Bearer 12345678901234567890", NULL},
};

START_TEST(logs_in)
{
	struct rule rules[] = {logins[_i].answer, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	char options[1024];
	secrets();
	snprintf(options, sizeof options, "%s" RECORDS, logins[_i].options);
	pull_start(&p, play_rules, &s, options);
	pull_ok(&p);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_str_eq(s.log[0].method, logins[_i].method);
	ck_assert_str_eq(s.log[0].target, logins[_i].target);
	if (logins[_i].header)
		ck_assert_ptr_nonnull(strstr(s.log[0].headers, logins[_i].header));
	if (logins[_i].body)
		ck_assert_str_eq(s.log[0].body, logins[_i].body);
	ck_assert_str_eq(s.log[1].target, logins[_i].page_target);
	if (logins[_i].page_header)
		ck_assert_msg(strstr(s.log[1].headers, logins[_i].page_header) != NULL, "%s: %s",
			logins[_i].name, s.log[1].headers);
	if (logins[_i].page_also)
		ck_assert_ptr_nonnull(strstr(s.log[1].headers, logins[_i].page_also));
	ck_assert_uint_eq(p.world.row_count, 1);
	pull_end(&p);
}
END_TEST

/* ---- what the answer must have */

static const struct {
	const char *options;
	struct rule answer;
	enum gt_code code;
	enum gt_class class;
} refusals[] = {
	{"", {"/login", 0, NULL, "{\"code\":500,\"msg\":\"密码错误\"}", NULL, 0}, GT_E_HTTP_LOGIN,
		GT_CONFIG},
	{"", {"/login", 401, NULL, "{}", NULL, 0}, GT_E_HTTP_LOGIN, GT_CONFIG},
	{"", {"/login", 0, NULL, "{\"code\":401}", NULL, 0}, GT_E_HTTP_LOGIN, GT_CONFIG},
	{"", {"/login", 403, NULL, "{}", NULL, 0}, GT_E_HTTP_REFUSED, GT_CONFIG},
	{"", {"/login", 0, NULL, "{\"code\":200,\"token\":null}", NULL, 0}, GT_E_HTTP_NO_TOKEN,
		GT_CONFIG},
	{"", {"/login", 0, NULL, "{\"code\":200,\"msg\":\"user password error\"}", NULL, 0},
		GT_E_HTTP_NO_TOKEN_SAID, GT_CONFIG},
	{", token_in: header", {"/login", 0, NULL, "{\"code\":200}", NULL, 0}, GT_E_HTTP_NO_TOKEN,
		GT_CONFIG},
	{", token_in: cookie", {"/login", 0, NULL, "<html>", "text/html", 0}, GT_E_HTTP_NO_TOKEN,
		GT_CONFIG},
	{", also: {U: uuid}", {"/login", 0, NULL, "{\"code\":200,\"token\":\"t\"}", NULL, 0},
		GT_E_HTTP_NO_TOKEN, GT_CONFIG},
	{"", {"/login", 502, NULL, "bad gateway", "text/html", 0}, GT_E_HTTP_STATUS, GT_RETRY},
	{"", {"/login", 0, NULL, "<html>", "text/html", 0}, GT_E_HTTP_NOT_JSON, GT_RETRY},
	{"", {"/login", 0, NULL, "{\"code\":200,\"token\":\"a\\r\\nX-Admin: 1\"}", NULL, 0},
		GT_E_HTTP_HEADER, GT_CONFIG},
};

START_TEST(tells_why_a_login_failed)
{
	struct rule rules[] = {refusals[_i].answer, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	char options[1024];
	secrets();
	snprintf(options, sizeof options,
		RECORDS "success: {field: code}\nlogin: {username: u, password: {env: "
			"HTTP_TEST_PASSWORD}%s}\n",
		refusals[_i].options);
	pull_start(&p, play_rules, &s, options);
	pull_fails(&p, refusals[_i].code, refusals[_i].class);
	if (refusals[_i].class == GT_CONFIG && refusals[_i].code != GT_E_HTTP_HEADER) {
		pull_fails(&p, GT_E_HTTP_LOGIN_HELD, GT_CONFIG);
		ck_assert_uint_eq(play_count(&s, "/login"), 1);
	}
	ck_assert_uint_eq(play_count(&s, "/list"), 0);
	pull_end(&p);
}
END_TEST

START_TEST(refuses_options)
{
	static const struct {
		const char *options;
		enum gt_code code;
	} wrong[] = {{"basic: {username: u}\ntoken: {env: HTTP_TEST_KEY}\n", GT_E_HTTP_TWO_LOGINS},
		{"basic: {username: u}\noauth2: {url: /t, client_id: c}\n", GT_E_HTTP_TWO_LOGINS},
		{"basic: {password: {env: HTTP_TEST_KEY}}\n", GT_E_HTTP_AUTH_MISSING},
		{"login: {password: {env: HTTP_TEST_KEY}}\n", GT_E_HTTP_AUTH_MISSING},
		{"oauth2: {client_id: c}\n", GT_E_HTTP_AUTH_MISSING},
		{"oauth2: {client_id: c, url: /t, grant: refresh_token}\n", GT_E_HTTP_AUTH_MISSING},
		{"key: {value: {env: HTTP_TEST_KEY}, in: body}\n", GT_E_HTTP_NO_BODY},
		{"login: {username: u, also: {a: a, b: b, c: c, d: d, e: e}}\n", GT_E_HTTP_MANY},
		{"success: {field: [a, b, c, d, e]}\n", GT_E_HTTP_MANY},
		{"oauth2: {client_id: c, url: 'http://u:p@h/t'}\n", GT_E_HTTP_URL}};
	secrets();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		char options[512];
		snprintf(options, sizeof options, "url: http://h\n%s", wrong[i].options);
		harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, pull_fields);
		ck_assert(!harness_open(&h, gt_str(NULL, 0), &err));
		ck_assert_msg(err.code == wrong[i].code, "%s: %d", wrong[i].options, err.code);
		harness_close(&h);
		world_free(&world);
	}
}
END_TEST

START_TEST(sends_nothing_that_is_too_long)
{
	static const struct rule rules[] = {{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	/* No object to put the key into. */
	pull_start(&p, play_rules, &s,
		RECORDS
		"key: {value: {env: HTTP_TEST_KEY}, in: body}\nmethod: POST\nbody: '[1]'\n");
	pull_fails(&p, GT_E_HTTP_LONG, GT_CONFIG);
	ck_assert_uint_eq(s.n, 0);
	pull_end(&p);
}
END_TEST

/* ---- secrets stay ours */

START_TEST(shows_no_secret)
{
	static const struct rule rules[] = {
		{"/login", 0, NULL, "{\"code\":500,\"msg\":\"口令 pass&word 不对\"}", NULL, 0},
		{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err;
	char text[1024];
	secrets();
	pull_start(&p, play_rules, &s,
		RECORDS "success: {field: code}\nlogin: {username: u, password: {env: "
			"HTTP_TEST_PASSWORD}, method: GET}\n");
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	gt_err_text(&err, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "口令 *** 不对"));
	ck_assert_ptr_null(strstr(text, "pass&"));
	pull_end(&p);

	static const struct rule away[] = {
		{"/list", 302, "Location: http://10.1.1.1/x;jsessionid=9?appkey=k/1%2B2\r\n", "",
			NULL, 0},
		{NULL}};
	s = (struct play){.rules = away};
	pull_start(&p, play_rules, &s,
		RECORDS "key: {value: {env: HTTP_TEST_KEY}, name: appkey, in: query}\n");
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_HTTP_REDIRECT);
	gt_err_text(&err, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "http://10.1.1.1/x"));
	ck_assert_ptr_null(strstr(text, "appkey"));
	ck_assert_ptr_null(strstr(text, "jsessionid"));
	pull_end(&p);
}
END_TEST

START_TEST(masks_whole_secrets_and_their_beginnings)
{
	static const struct {
		const char *text, *masked;
	} texts[] = {{"a pass&word b pass&word", "a *** b ***"}, {"pass&wordpass&word", "******"},
		{"cut off: pass&w", "cut off: ***"}, {"pass", "***"}, {"pas", "pas"}, {"", ""},
		{"s & t, short", "s & t, short"}};
	struct http *h = calloc(1, sizeof *h);
	h->conf.login.password = GT_LIT("pass&word");
	h->conf.token = GT_LIT("s"); /* too short to look for */
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[64];
		snprintf(text, sizeof text, "%s", texts[i].text);
		http_mask(h, text);
		ck_assert_str_eq(text, texts[i].masked);
	}
	free(h);
}
END_TEST

/* A source that repeats our parameters in its next link: the key is not kept, and not sent twice.
 */
START_TEST(keeps_keys_out_of_links)
{
	static const struct rule rules[] = {
		{"/list?p=2", 0, NULL,
			"{\"rows\":[{\"id\":2}],\"next\":\"/list?appkey=k%2F1%2B2&p=3\"}", NULL, 0},
		{"/list?p=3", 0, NULL, "{\"rows\":[{\"id\":3}],\"next\":null}", NULL, 0},
		{"/list", 0, NULL,
			"{\"rows\":[{\"id\":1}],\"next\":\"/list?p=2&appkey=k%2F1%2B2\"}", NULL, 0},
		{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	secrets();
	pull_start(&p, play_rules, &s,
		RECORDS "paging: {style: next, next: next}\n"
			"key: {value: {env: HTTP_TEST_KEY}, name: appkey, in: query}\n");
	struct gt_err err;
	struct gt_limits limits = harness_limits;
	limits.max_records = 1;
	enum gt_poll result = GT_POLL_MORE;
	while (result == GT_POLL_MORE || result == GT_POLL_WAIT) {
		result = pull_once(&p, limits, &err);
		ck_assert_ptr_null(memmem(p.last.cursor, p.last.cursor_len, "k%2F", 4));
		ck_assert_ptr_null(memmem(p.last.cursor, p.last.cursor_len, "k/1", 3));
	}
	ck_assert_int_eq(result, GT_POLL_IDLE);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_str_eq(s.log[1].target, "/list?p=2&appkey=k%2F1%2B2");
	ck_assert_str_eq(s.log[2].target, "/list?p=3&appkey=k%2F1%2B2");
	pull_end(&p);
}
END_TEST

UNIT_MAIN("http_login", UNIT_LOOP(carries_credentials, sizeof carried / sizeof *carried),
	UNIT_LOOP(logs_in, sizeof logins / sizeof *logins),
	UNIT_LOOP(tells_why_a_login_failed, sizeof refusals / sizeof *refusals),
	UNIT_TEST(refuses_options), UNIT_TEST(sends_nothing_that_is_too_long),
	UNIT_TEST(shows_no_secret), UNIT_TEST(masks_whole_secrets_and_their_beginnings),
	UNIT_TEST(keeps_keys_out_of_links))
