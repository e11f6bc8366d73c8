/* http_login.c: a login by name and password: what is sent, and where its answer has the token. */
#include "http.h"

#include <guantong/host.h>

#include <stdio.h>
#include <strings.h>

#define LOGIN_BODY_MAX 16384u

static const char *const encodings[] = {"json", "form", NULL};
static const char *const methods[] = {"POST", "PUT", "GET", NULL};
static const char *const hashes[] = {"md5", "sha1", "sha256", "sm3", "none", NULL};
static const char *const places[] = {"body", "header", "cookie", NULL};
static const char *const refresh_ins[] = {"query", "json", "form", NULL};

#define IN(type, member) offsetof(struct type, member)
static const struct gt_option refresh_options[] = {
	{"path", GT_OPT_TEXT, IN(http_refresh, path),
		.en = "behind url:, where a refresh token gives a new token",
		.zh = "用刷新令牌换取新令牌的地址，接在 url: 之后"},
	{"token", GT_OPT_TEXT, IN(http_refresh, token), .fallback = "refreshToken",
		.en = "where the answer to a login has the refresh token",
		.zh = "登录应答中刷新令牌的位置"},
	{"name", GT_OPT_TEXT, IN(http_refresh, name), .fallback = "refreshToken",
		.en = "name of the refresh token in the request", .zh = "请求中刷新令牌的参数名"},
	{"in", GT_OPT_CHOICE, IN(http_refresh, in), .fallback = "query", .choices = refresh_ins,
		.en = "how it is sent", .zh = "刷新令牌的发送方式"},
	{NULL}};

const struct gt_option http_login_options[] = {
	{"path", GT_OPT_TEXT, IN(http_login, path), .fallback = "/login",
		.en = "behind url:, where to log in", .zh = "登录地址，接在 url: 之后"},
	{"method", GT_OPT_CHOICE, IN(http_login, method), .fallback = "POST", .choices = methods,
		.en = "request method; with GET the fields go into the address",
		.zh = "请求方法；GET 时各字段写入地址"},
	{"username", GT_OPT_TEXT, IN(http_login, username), .en = "the account", .zh = "账号"},
	{"password", GT_OPT_SECRET, IN(http_login, password), .en = "its password", .zh = "口令"},
	{"hash", GT_OPT_CHOICE, IN(http_login, hash), .fallback = "none", .choices = hashes,
		.en = "digest of the password that is sent instead of it, in small hex digits",
		.zh = "发送口令的摘要（小写十六进制）而不是口令本身"},
	{"user_field", GT_OPT_TEXT, IN(http_login, user_field), .fallback = "username",
		.en = "name of the account in the request", .zh = "请求中账号字段的名称"},
	{"password_field", GT_OPT_TEXT, IN(http_login, password_field), .fallback = "password",
		.en = "name of the password in the request", .zh = "请求中口令字段的名称"},
	{"fields", GT_OPT_PAIRS, IN(http_login, fields), .en = "what else the request holds",
		.zh = "请求中的其他字段"},
	{"body", GT_OPT_TEXT, IN(http_login, body), .min = 0, .max = 8192,
		.en = "the whole body instead of the fields; {username} and {password} are "
		      "replaced",
		.zh = "整个请求正文，代替各字段；其中 {username} 和 {password} 会被替换"},
	{"headers", GT_OPT_PAIRS, IN(http_login, headers), .en = "headers of this request alone",
		.zh = "仅用于登录请求的请求头"},
	{"as", GT_OPT_CHOICE, IN(http_login, as), .fallback = "json", .choices = encodings,
		.en = "how the request is written", .zh = "请求的写法"},
	{"token", GT_OPT_TEXT, IN(http_login, token), .fallback = "token",
		.en = "where the answer has the token: a place in its body, or the name of a "
		      "header",
		.zh = "应答中令牌的位置：正文中的位置，或应答头的名称"},
	{"token_in", GT_OPT_CHOICE, IN(http_login, token_in), .fallback = "body", .choices = places,
		.en = "part of the answer that has it; cookie: a session cookie, kept and sent "
		      "back",
		.zh = "令牌在应答的哪一部分；cookie：会话 Cookie，保存并随请求发回"},
	{"expires", GT_OPT_TEXT, IN(http_login, expires),
		.en = "where the answer says how long the token lives: seconds, a time, or ms "
		      "since 1970",
		.zh = "应答中令牌有效期的位置：秒数、时间，或 1970 年以来的毫秒数"},
	{"header", GT_OPT_TEXT, IN(http_login, carry.header), .min = 0, .max = 128,
		.fallback = "Authorization", .en = "header that carries it; empty: none",
		.zh = "携带令牌的请求头；填空则不用"},
	{"prefix", GT_OPT_TEXT, IN(http_login, carry.prefix), .min = 0, .max = 64,
		.fallback = "Bearer ", .en = "what stands before it there", .zh = "令牌前的文字"},
	{"query", GT_OPT_TEXT, IN(http_login, carry.query), .min = 0, .max = 128,
		.en = "query parameter that carries it instead of the header",
		.zh = "用查询参数而不是请求头携带令牌时，该参数的名称"},
	{"also", GT_OPT_PAIRS, IN(http_login, also),
		.en = "further headers, each with the place of its value in the answer",
		.zh = "其他请求头，以及各自的值在登录应答中的位置"},
	{"refresh", GT_OPT_GROUP, IN(http_login, refresh), .group = refresh_options,
		.en = "get a new token without the password", .zh = "不用口令换取新令牌"},
	{NULL}};

static void member(struct http_text *t, struct gt_str name, struct gt_str value, bool form)
{
	http_text_add(t, t->n <= 1 ? gt_str(NULL, 0) : form ? GT_LIT("&") : GT_LIT(","));
	if (form) {
		http_text_percent(t, name);
		http_text_add(t, GT_LIT("="));
		http_text_percent(t, value);
		return;
	}
	http_text_add(t, GT_LIT("\""));
	http_text_json(t, name);
	http_text_add(t, GT_LIT("\":\""));
	http_text_json(t, value);
	http_text_add(t, GT_LIT("\""));
}

static bool begins(struct gt_str s, size_t at, struct gt_str word)
{
	return word.n <= s.n - at && memcmp(s.p + at, word.p, word.n) == 0;
}

/* body: with {username} and {password} replaced; other braces stay. */
static void from_template(
	const struct http_login *login, struct gt_str password, bool form, struct http_text *out)
{
	static const struct gt_str user_word = {"{username}", 10}, pass_word = {"{password}", 10};
	for (size_t i = 0; i < login->body.n;) {
		bool user = begins(login->body, i, user_word);
		bool word = user || begins(login->body, i, pass_word);
		struct gt_str value = user ? login->username : password;
		if (!word)
			http_text_add(out, gt_str(login->body.p + i, 1));
		else if (form)
			http_text_percent(out, value);
		else
			http_text_json(out, value);
		i += word ? user_word.n : 1;
	}
}

void http_login_body(const struct http_login *login, struct gt_str password, struct http_text *out)
{
	bool form = login->as == HTTP_AS_FORM || login->method == 2;
	if (login->body.n) {
		from_template(login, password, form, out);
		return;
	}
	if (!form)
		http_text_add(out, GT_LIT("{"));
	member(out, login->user_field, login->username, form);
	member(out, login->password_field, password, form);
	for (size_t i = 0; i < login->fields.n; i++)
		member(out, login->fields.v[i].key, login->fields.v[i].value, form);
	if (!form)
		http_text_add(out, GT_LIT("}"));
}

/* A refresh token in exchange for a new token. */
static void refresh_request(struct http *h, struct http_text *url, struct http_text *body)
{
	const struct http_refresh *r = &h->conf.login.refresh;
	struct gt_str token = gt_cstr(h->access.grant.refresh);
	http_text_add(url, r->path);
	if (r->in == 0) {
		http_add_query(url, r->name, token);
		return;
	}
	if (r->in == 1)
		http_text_add(body, GT_LIT("{"));
	member(body, r->name, token, r->in == 2);
	if (r->in == 1)
		http_text_add(body, GT_LIT("}"));
}

static bool login_request(struct http *h, struct http_text *url, struct http_text *body)
{
	const struct http_login *login = &h->conf.login;
	char text[2 * EVP_MAX_MD_SIZE + 1];
	struct http_text hashed = {text, 0, sizeof(text), false};
	struct gt_str password = login->password;
	if (login->hash != HTTP_NO_HASH) {
		if (!http_hash(login->hash, password, HTTP_HEX, &hashed))
			return false;
		password = gt_str(text, hashed.n);
	}
	http_text_add(url, login->path);
	http_login_body(login, password, body);
	if (login->method == 2) {
		http_text_add(url, memchr(url->p, '?', url->n) ? GT_LIT("&") : GT_LIT("?"));
		http_text_add(url, gt_str(body->p, body->n));
	}
	OPENSSL_cleanse(text, sizeof(text));
	return true;
}

bool http_login_ask(struct http *h, struct gt_err *err)
{
	const struct http_login *login = &h->conf.login;
	char body[LOGIN_BODY_MAX] = "";
	struct http_text t = {body, 0, sizeof(body), false},
			 url = {h->url, 0, sizeof(h->url), false};
	bool renew = h->access.renewing, form = login->as == HTTP_AS_FORM;
	bool ok = true, get = login->method == 2;
	http_text_add(&url, h->conf.url);
	if (renew) {
		refresh_request(h, &url, &t);
		form = login->refresh.in != 1;
		get = false;
	} else {
		ok = login_request(h, &url, &t);
		/* A session that died must not take part in the login. */
		(void)curl_easy_setopt(h->easy, CURLOPT_COOKIELIST, "ALL");
	}
	http_copy(h->place, sizeof(h->place), gt_cstr(h->url));
	h->place[strcspn(h->place, "?")] = '\0';
	if (login->token_in == 1)
		http_copy(h->access.wanted, sizeof(h->access.wanted), login->token);
	if (t.cut || url.cut || !ok)
		ok = gt_fail(err, GT_E_HTTP_LONG, h->label);
	else
		ok = http_request_send(h, !renew && login->method == 1 ? "PUT" : NULL,
			get ? gt_str(NULL, 0) : gt_str(body, t.n),
			form ? "application/x-www-form-urlencoded" : "application/json", err);
	OPENSSL_cleanse(body, sizeof(body));
	OPENSSL_cleanse(h->url, sizeof(h->url)); /* it may hold what the body would */
	return ok;
}

/* The cookies that libcurl holds now, a line each, so that other flows can take them over. */
static bool take_cookies(struct http *h, struct http_grant *grant)
{
	struct http_text t = {grant->token, 0, sizeof(grant->token), false};
	struct curl_slist *list = NULL;
	(void)curl_easy_getinfo(h->easy, CURLINFO_COOKIELIST, &list);
	for (struct curl_slist *c = list; c; c = c->next) {
		http_text_add(&t, gt_cstr(c->data));
		http_text_add(&t, GT_LIT("\n"));
	}
	curl_slist_free_all(list);
	return t.n > 0 && !t.cut;
}

/* What the answer must give. */
static bool take_grant(struct http *h, const struct gt_str *lexemes, struct http_grant *grant)
{
	const struct http_login *login = &h->conf.login;
	bool ok = false;
	if (login->token_in == 2) {
		ok = take_cookies(h, grant);
	} else if (login->token_in == 1) {
		http_copy(grant->token, sizeof(grant->token), gt_cstr(h->access.given));
		ok = grant->token[0] != '\0';
	} else {
		ok = http_token_text(lexemes[0], grant->token, sizeof(grant->token));
	}
	http_life_start(h, grant, lexemes[1]);
	if (login->refresh.path.n &&
		!http_token_text(lexemes[2], grant->refresh, sizeof(grant->refresh)))
		grant->refresh[0] = '\0';
	for (size_t i = 0; i < login->also.n && i < HTTP_ALSO_MAX; i++)
		ok = ok && http_token_text(lexemes[3 + i], grant->also[i], HTTP_ALSO_SIZE);
	return ok;
}

/* A login form may be answered by a page or by a redirect: the cookie is the answer. */
static bool page_will_do(const struct http *h)
{
	return h->conf.login.token_in == 2 && h->status >= 200 && h->status < 400 &&
	       !strcasestr(h->content_type, "json");
}

static bool no_token(struct http *h, struct gt_err *err)
{
	const struct http_login *login = &h->conf.login;
	char text[200];
	const char *where =
		login->token_in == 2 ? "Set-Cookie" : GT_TEXT("%.*s", GT_STR_ARGS(login->token));
	const char *said = http_message(h, text, sizeof(text));
	return said[0] ? gt_fail(err, GT_E_HTTP_NO_TOKEN_SAID, h->place, said, where)
		       : gt_fail(err, GT_E_HTTP_NO_TOKEN, h->place, where);
}

bool http_login_take(struct http *h, struct http_grant *grant, bool *refused, struct gt_err *err)
{
	const struct http_login *login = &h->conf.login;
	struct gt_str paths[3 + HTTP_ALSO_MAX] = {{NULL, 0}},
				lexemes[3 + HTTP_ALSO_MAX] = {{NULL, 0}};
	struct gt_err why = {GT_OK};
	paths[0] = login->token_in == 0 ? login->token : gt_str(NULL, 0);
	paths[1] = login->expires;
	paths[2] = login->refresh.path.n ? login->refresh.token : gt_str(NULL, 0);
	for (size_t i = 0; i < login->also.n && i < HTTP_ALSO_MAX; i++)
		paths[3 + i] = login->also.v[i].value;
	enum http_verdict verdict = HTTP_GOOD;
	if (!page_will_do(h))
		verdict = http_answer(h, paths, 3 + HTTP_ALSO_MAX, lexemes, &why);
	/* A business error in answer to a login is nearly always the account, whatever its number:
	 * trying again would lock it. */
	bool code = why.code == GT_E_HTTP_CODE || why.code == GT_E_HTTP_CODE_REFUSED;
	*refused = verdict == HTTP_EXPIRED ||
		   (verdict == HTTP_BAD && (code || why.code == GT_E_HTTP_REFUSED));
	if (verdict == HTTP_EXPIRED) {
		char text[200];
		const char *said = http_said(h, text, sizeof(text));
		return gt_fail(err, GT_E_HTTP_LOGIN, h->place,
			said[0] ? said : GT_TEXT("HTTP %ld", h->status));
	}
	if (*refused && code)
		return gt_fail(err, GT_E_HTTP_LOGIN, h->place,
			why.arg[2] ? why.text + why.arg[2] - 1 : "");
	if (verdict != HTTP_GOOD) {
		*err = why;
		return false;
	}
	if (take_grant(h, lexemes, grant))
		return true;
	*refused = true; /* several systems answer a wrong password with success and a word */
	return no_token(h, err);
}
