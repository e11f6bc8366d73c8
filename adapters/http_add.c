/* http_add.c: what requests carry besides what they ask for: keys, tokens, headers; and the care
 * that none of it shows in a message, in a link that is followed, or at another server. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES (HTTP_TOKEN_MAX + 1024u)
#define BASIC_MAX 1024u
#define MASKED_MIN 4u /* shorter secrets would turn messages into riddles */

static const char *const ins[] = {"header", "query", "body", NULL};

const struct gt_option http_basic_options[] = {
	{"username", GT_OPT_TEXT, offsetof(struct http_basic, username), .en = "the account",
		.zh = "账号"},
	{"password", GT_OPT_SECRET, offsetof(struct http_basic, password), .en = "its password",
		.zh = "口令"},
	{NULL}};

const struct gt_option http_key_options[] = {
	{"value", GT_OPT_SECRET, offsetof(struct http_key, value), .en = "the key", .zh = "密钥"},
	{"name", GT_OPT_TEXT, offsetof(struct http_key, name), .min = 1, .max = 128,
		.fallback = "X-API-Key", .en = "header, parameter or member that carries it",
		.zh = "携带密钥的请求头、参数或正文字段的名称"},
	{"in", GT_OPT_CHOICE, offsetof(struct http_key, in), .fallback = "header", .choices = ins,
		.en = "part of the request that carries it", .zh = "密钥放在请求的哪一部分"},
	{NULL}};

bool http_add_header(struct http *h, const char *name, struct gt_str prefix, struct gt_str value,
	struct gt_err *err)
{
	char line[LINE_MAX_BYTES];
	int n = snprintf(
		line, sizeof(line), "%s: %.*s%.*s", name, GT_STR_ARGS(prefix), GT_STR_ARGS(value));
	if (n < 0 || (size_t)n >= sizeof(line) || strpbrk(line, "\r\n"))
		return gt_fail(
			err, GT_E_HTTP_HEADER, name, GT_TEXT("%zu", sizeof(line) - strlen(name)));
	if (!prefix.n && !value.n)
		memcpy(line + n - 2, ";", 2); /* libcurl's way of saying an empty header */
	struct curl_slist *list = curl_slist_append(h->headers, line);
	OPENSSL_cleanse(line, sizeof(line));
	if (!list)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	h->headers = list;
	return true;
}

static bool names_parameter(struct gt_str coded, struct gt_str name)
{
	char text[256];
	struct http_text t = {text, 0, sizeof(text), false};
	text[0] = '\0';
	http_unpercent(coded, &t);
	return !t.cut && gt_str_eq(gt_str(text, t.n), name);
}

/* Takes the parameters of one name out of `text` from `from` on; they are joined by &. */
static void remove_parameters(char *text, size_t from, struct gt_str name)
{
	size_t at = from;
	while (text[at]) {
		size_t n = strcspn(text + at, "&"), named = strcspn(text + at, "=&");
		if (!names_parameter(gt_str(text + at, named), name)) {
			at += n + (text[at + n] == '&');
			continue;
		}
		size_t behind = at + n + (text[at + n] == '&');
		memmove(text + at, text + behind, strlen(text + behind) + 1);
	}
	if (at > from && text[at - 1] == '&')
		text[at - 1] = '\0';
}

static void remove_from_url(char *url, struct gt_str name)
{
	char *query = strchr(url, '?');
	if (!query || !name.n)
		return;
	remove_parameters(query, 1, name);
	if (!query[1])
		query[0] = '\0';
}

void http_add_query(struct http_text *url, struct gt_str name, struct gt_str value)
{
	if (url->cut)
		return;
	remove_from_url(url->p, name);
	url->n = strlen(url->p);
	http_text_add(url, memchr(url->p, '?', url->n) ? GT_LIT("&") : GT_LIT("?"));
	http_text_percent(url, name);
	http_text_add(url, GT_LIT("="));
	http_text_percent(url, value);
}

/* A JSON body is an object: the member becomes its first. */
static void add_member(struct http_text *body, struct gt_str name, struct gt_str value)
{
	size_t at = 0;
	while (at < body->n && strchr(" \t\r\n", body->p[at]))
		at++;
	if (at == body->n || body->p[at] != '{') {
		body->cut = true;
		return;
	}
	char *rest = malloc(body->n - at);
	if (!rest) {
		body->cut = true;
		return;
	}
	size_t left = body->n - at - 1, first = 0;
	memcpy(rest, body->p + at + 1, left);
	while (first < left && strchr(" \t\r\n", rest[first]))
		first++;
	body->n = at + 1;
	http_text_add(body, GT_LIT("\""));
	http_text_json(body, name);
	http_text_add(body, GT_LIT("\":\""));
	http_text_json(body, value);
	http_text_add(body, first < left && rest[first] == '}' ? GT_LIT("\"") : GT_LIT("\","));
	http_text_add(body, gt_str(rest, left));
	free(rest);
}

void http_add_body(struct http_text *body, bool form, struct gt_str name, struct gt_str value)
{
	if (!form) {
		add_member(body, name, value);
		return;
	}
	if (body->n) {
		remove_parameters(body->p, 0, name);
		body->n = strlen(body->p);
	}
	http_text_add(body, body->n ? GT_LIT("&") : gt_str(NULL, 0));
	http_text_percent(body, name);
	http_text_add(body, GT_LIT("="));
	http_text_percent(body, value);
}

bool http_basic_value(struct gt_str name, struct gt_str password, char *out, size_t size)
{
	char clear[BASIC_MAX];
	unsigned char coded[BASIC_MAX / 3 * 4 + 8];
	int n = snprintf(
		clear, sizeof(clear), "%.*s:%.*s", GT_STR_ARGS(name), GT_STR_ARGS(password));
	bool ok = n > 0 && (size_t)n < sizeof(clear);
	if (ok) {
		int written = EVP_EncodeBlock(coded, (unsigned char *)clear, n);
		ok = written > 0 && (size_t)written + 7 < size;
		if (ok)
			(void)snprintf(out, size, "Basic %.*s", written, (char *)coded);
	}
	OPENSSL_cleanse(clear, sizeof(clear));
	OPENSSL_cleanse(coded, sizeof(coded));
	return ok;
}

static bool add_basic(
	struct http *h, struct gt_str name, struct gt_str password, struct gt_err *err)
{
	char value[BASIC_MAX / 3 * 4 + 16];
	bool ok = http_basic_value(name, password, value, sizeof(value));
	ok = ok ? http_add_header(h, "Authorization", gt_str(NULL, 0), gt_cstr(value), err)
		: gt_fail(err, GT_E_HTTP_HEADER, "Authorization", GT_TEXT("%u", BASIC_MAX));
	OPENSSL_cleanse(value, sizeof(value));
	return ok;
}

static bool add_pairs(struct http *h, const struct gt_pairs *pairs, struct gt_err *err)
{
	for (size_t i = 0; i < pairs->n; i++) {
		char name[256];
		http_copy(name, sizeof(name), pairs->v[i].key);
		if (!http_add_header(h, name, gt_str(NULL, 0), pairs->v[i].value, err))
			return false;
	}
	return true;
}

/* headers: with their braces filled. */
static bool add_own_headers(struct http *h, struct gt_err *err)
{
	const struct gt_pairs *own = &h->conf.headers;
	for (size_t i = 0; i < own->n; i++) {
		char name[256], value[HTTP_TOKEN_MAX];
		http_copy(name, sizeof(name), own->v[i].key);
		if (http_header_value(h, own->v[i].value, value, sizeof(value)) &&
			!http_add_header(h, name, gt_str(NULL, 0), gt_cstr(value), err))
			return false;
	}
	return true;
}

static bool add_key(struct http *h, struct http_out *out, struct gt_err *err)
{
	const struct http_key *key = &h->conf.key;
	char name[256];
	if (!key->value.n)
		return true;
	if (key->in == HTTP_IN_QUERY) {
		http_add_query(out->url, key->name, key->value);
		return true;
	}
	if (key->in == HTTP_IN_BODY) {
		if (out->body)
			http_add_body(out->body, out->form, key->name, key->value);
		return true;
	}
	http_copy(name, sizeof(name), key->name);
	return http_add_header(h, name, gt_str(NULL, 0), key->value, err);
}

static bool add_grant(struct http *h, struct http_out *out, struct gt_err *err)
{
	const struct http_login *login = &h->conf.login;
	const struct http_carry *carry = login->username.n ? &login->carry : &h->conf.oauth2.carry;
	struct http_grant *grant = &h->access.grant;
	char name[256];
	bool ok = true;
	if (!grant->token[0])
		return true;
	if (login->username.n && login->token_in == 2)
		return true; /* a cookie: libcurl sends it */
	if (carry->query.n) {
		http_add_query(out->url, carry->query, gt_cstr(grant->token));
	} else if (carry->header.n) {
		http_copy(name, sizeof(name), carry->header);
		ok = http_add_header(h, name, carry->prefix, gt_cstr(grant->token), err);
	}
	for (size_t i = 0; i < login->also.n && ok; i++) {
		http_copy(name, sizeof(name), login->also.v[i].key);
		ok = http_add_header(h, name, gt_str(NULL, 0), gt_cstr(grant->also[i]), err);
	}
	return ok;
}

bool http_add_credentials(struct http *h, struct http_out *out, struct gt_err *err)
{
	const struct http_conf *c = &h->conf;
	bool login = h->asking == HTTP_ASK_LOGIN;
	/* A token endpoint may be another server: it sees its client's secret and nothing else. */
	if (login && c->oauth2.client_id.n)
		return c->oauth2.client == 0 ||
		       add_basic(h, c->oauth2.client_id, c->oauth2.client_secret, err);
	if (!add_own_headers(h, err) || !add_key(h, out, err))
		return false;
	if (login)
		return add_pairs(h, &c->login.headers, err);
	if (c->token.n)
		return http_add_header(h, "Authorization", GT_LIT("Bearer "), c->token, err);
	if (c->basic.username.n)
		return add_basic(h, c->basic.username, c->basic.password, err);
	return add_grant(h, out, err);
}

bool http_add_check(struct http *h, struct gt_err *err)
{
	const struct http_conf *c = &h->conf;
	if (c->basic.password.n && !c->basic.username.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "basic:", "username:");
	if (c->login.password.n && !c->login.username.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "login:", "username:");
	if (c->key.value.n && c->key.in == HTTP_IN_BODY && c->method == HTTP_GET)
		return gt_fail(err, GT_E_HTTP_NO_BODY, "key:");
	if (c->sign.body.n && c->method == HTTP_GET)
		return gt_fail(err, GT_E_HTTP_NO_BODY, "sign:");
	return true;
}

void http_strip(const struct http *h, char *url)
{
	const struct http_conf *c = &h->conf;
	if (c->key.value.n && c->key.in == HTTP_IN_QUERY)
		remove_from_url(url, c->key.name);
	remove_from_url(url, c->login.carry.query);
	remove_from_url(url, c->oauth2.carry.query);
	for (size_t i = 0; i < c->sign.query.n; i++)
		remove_from_url(url, c->sign.query.v[i].key);
}

static void mask_one(char *text, struct gt_str secret)
{
	if (secret.n < MASKED_MIN)
		return;
	for (char *p = text; (p = memmem(p, strlen(p), secret.p, secret.n)) != NULL; p += 3) {
		memcpy(p, "***", 3);
		memmove(p + 3, p + secret.n, strlen(p + secret.n) + 1);
	}
	/* Or its beginning, where the text was cut. */
	size_t n = strlen(text), k = secret.n - 1 < n ? secret.n - 1 : n;
	while (k >= MASKED_MIN && memcmp(text + n - k, secret.p, k) != 0)
		k--;
	if (k >= MASKED_MIN)
		memcpy(text + n - k, "***", 4);
}

void http_mask(const struct http *h, char *text)
{
	const struct http_conf *c = &h->conf;
	mask_one(text, c->token);
	mask_one(text, c->basic.password);
	mask_one(text, c->key.value);
	mask_one(text, c->login.password);
	mask_one(text, c->oauth2.client_secret);
	mask_one(text, c->oauth2.refresh_token);
	mask_one(text, c->sign.secret);
	mask_one(text, gt_cstr(h->access.grant.token));
	mask_one(text, gt_cstr(h->access.grant.refresh));
}

const char *http_shown(const struct http *h, char *url)
{
	url[strcspn(url, "?#;")] = '\0';
	http_mask(h, url);
	return url;
}
