/* http_oauth.c: tokens of an OAuth 2 token endpoint (RFC 6749), by client credentials or by a
 * refresh token. A refresh token that the endpoint replaces is kept while the process runs; it is
 * not written anywhere. */
#include "http.h"

#include <guantong/host.h>

#include <stdio.h>

#define OAUTH_BODY_MAX 16384u
#define SAID_MAX 200u

static const char *const grants[] = {"client_credentials", "refresh_token", NULL};
static const char *const clients[] = {"body", "basic", NULL};

#define IN(member) offsetof(struct http_oauth, member)
const struct gt_option http_oauth_options[] = {
	{"url", GT_OPT_TEXT, IN(url), .min = 0, .max = 2048,
		.en = "token endpoint: a whole address, or a path behind url:",
		.zh = "令牌地址：完整地址，或接在 url: 之后的路径"},
	{"grant", GT_OPT_CHOICE, IN(grant), .fallback = "client_credentials", .choices = grants,
		.en = "what the token is given for", .zh = "授权方式"},
	{"client_id", GT_OPT_TEXT, IN(client_id), .en = "who we are", .zh = "客户端标识"},
	{"client_secret", GT_OPT_SECRET, IN(client_secret), .en = "its secret", .zh = "客户端密钥"},
	{"client", GT_OPT_CHOICE, IN(client), .fallback = "body", .choices = clients,
		.en = "how both are sent: in the form, or as a Basic header",
		.zh = "二者的发送方式：写入表单，或用 Basic 请求头"},
	{"refresh_token", GT_OPT_SECRET, IN(refresh_token),
		.en = "the first refresh token, for grant: refresh_token",
		.zh = "首个刷新令牌，用于 grant: refresh_token"},
	{"scope", GT_OPT_TEXT, IN(scope), .en = "rights to ask for", .zh = "申请的权限范围"},
	{"fields", GT_OPT_PAIRS, IN(fields), .en = "what else the form holds",
		.zh = "表单中的其他字段"},
	{"token", GT_OPT_TEXT, IN(token), .fallback = "access_token",
		.en = "where the answer has the token", .zh = "应答中令牌的位置"},
	{"expires", GT_OPT_TEXT, IN(expires), .fallback = "expires_in",
		.en = "where it says how long the token lives", .zh = "应答中有效期的位置"},
	{"header", GT_OPT_TEXT, IN(carry.header), .min = 0, .max = 128, .fallback = "Authorization",
		.en = "header that carries it; empty: none", .zh = "携带令牌的请求头；填空则不用"},
	{"prefix", GT_OPT_TEXT, IN(carry.prefix), .min = 0, .max = 64, .fallback = "Bearer ",
		.en = "what stands before it there", .zh = "令牌前的文字"},
	{"query", GT_OPT_TEXT, IN(carry.query), .min = 0, .max = 128,
		.en = "query parameter that carries it instead of the header",
		.zh = "用查询参数而不是请求头携带令牌时，该参数的名称"},
	{NULL}};

static bool whole_address(struct gt_str url)
{
	return memmem(url.p, url.n, "://", 3) != NULL;
}

bool http_oauth_check(struct http *h, struct gt_err *err)
{
	const struct http_oauth *o = &h->conf.oauth2;
	if (!o->client_id.n)
		return true;
	if (!o->url.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "oauth2:", "url:");
	char text[HTTP_URL_MAX];
	http_copy(text, sizeof(text), o->url);
	const char *fault = whole_address(o->url) ? http_url_fault(text) : NULL;
	if (fault)
		return gt_fail(err, GT_E_HTTP_URL, fault);
	if (o->grant == 1 && !o->refresh_token.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "oauth2:", "refresh_token:");
	return true;
}

static void field(struct http_text *t, struct gt_str name, struct gt_str value)
{
	if (value.n)
		http_add_body(t, true, name, value);
}

bool http_oauth_ask(struct http *h, struct gt_err *err)
{
	const struct http_oauth *o = &h->conf.oauth2;
	char body[OAUTH_BODY_MAX] = "";
	struct http_text t = {body, 0, sizeof(body), false},
			 url = {h->url, 0, sizeof(h->url), false};
	bool renew = h->access.renewing;
	if (!whole_address(o->url))
		http_text_add(&url, h->conf.url);
	http_text_add(&url, o->url);
	http_copy(h->place, sizeof(h->place), gt_cstr(h->url));
	h->place[strcspn(h->place, "?")] = '\0';
	field(&t, GT_LIT("grant_type"), gt_cstr(grants[renew ? 1 : 0]));
	field(&t, GT_LIT("scope"), o->scope);
	if (renew)
		field(&t, GT_LIT("refresh_token"), gt_cstr(h->access.grant.refresh));
	if (o->client == 0) {
		field(&t, GT_LIT("client_id"), o->client_id);
		field(&t, GT_LIT("client_secret"), o->client_secret);
	}
	for (size_t i = 0; i < o->fields.n; i++)
		field(&t, o->fields.v[i].key, o->fields.v[i].value);
	bool ok = !t.cut && !url.cut;
	ok = ok ? http_request_send(
			  h, NULL, gt_str(body, t.n), "application/x-www-form-urlencoded", err)
		: gt_fail(err, GT_E_HTTP_LONG, h->label);
	OPENSSL_cleanse(body, sizeof(body));
	return ok;
}

/* RFC 6749 section 5.2: error_description, or error; else what the source's own error text is. */
static const char *turned_down(struct http *h, char *out, size_t size)
{
	const struct gt_str paths[2] = {GT_LIT("error_description"), GT_LIT("error")};
	struct gt_str lexemes[2] = {{NULL, 0}}, body = {h->body.p, h->body.n}, said = {NULL, 0};
	char text[SAID_MAX];
	if (body.n && gt_json_find(body, paths, 2, lexemes, NULL))
		for (size_t i = 0; i < 2 && !said.n; i++)
			said = gt_json_scalar(lexemes[i], text, sizeof(text));
	if (said.n) {
		http_copy(out, size, said);
		http_mask(h, out);
	} else if (!http_message(h, out, size)[0]) {
		(void)snprintf(out, size, "HTTP %ld", h->status);
	}
	return out;
}

bool http_oauth_take(struct http *h, struct http_grant *grant, bool *refused, struct gt_err *err)
{
	const struct http_oauth *o = &h->conf.oauth2;
	const struct gt_str paths[3] = {o->token, o->expires, GT_LIT("refresh_token")};
	struct gt_str lexemes[3] = {{NULL, 0}}, body = {h->body.p, h->body.n};
	char text[SAID_MAX];
	*refused = h->status >= 400 && h->status < 500 && h->status != 408 && h->status != 429;
	bool json = body.n && gt_json_find(body, paths, 3, lexemes, NULL);
	if (!*refused && (!json || h->status < 200 || h->status > 299)) {
		/* Busy, redirected, a page of some gateway: nothing about our account. */
		return http_answer(h, paths, 3, lexemes, err) == HTTP_GOOD;
	}
	if (*refused || !http_token_text(lexemes[0], grant->token, sizeof(grant->token))) {
		*refused = true;
		return gt_fail(err, GT_E_HTTP_OAUTH, h->place, turned_down(h, text, sizeof(text)));
	}
	if (!http_token_text(lexemes[2], grant->refresh, sizeof(grant->refresh)) || o->grant == 0)
		grant->refresh[0] = '\0'; /* client credentials need none */
	http_life_start(h, grant, lexemes[1]);
	return true;
}
