/* http_auth.c: the life of a token. It is asked for when there is none, renewed before it dies, and
 * thrown away when the source no longer accepts it; then the same request is repeated once. A fresh
 * token that is refused stops the flow, and a login that is refused is not repeated for some
 * minutes by any flow, so that no account is locked by attempts. */
#include "http.h"

#include <guantong/host.h>

#include <stdio.h>

#define SECONDS_MAX INT64_C(1000000000)  /* below: seconds from now; above: a time in seconds … */
#define MILLIS_MIN INT64_C(100000000000) /* … or, from here on, in milliseconds */
#define LIFE_MAX_S (INT64_C(3650) * 86400)
#define MARGIN_S 60 /* a token is renewed so long before it dies, or a tenth of its life */

static bool oauth(const struct http *h)
{
	return h->conf.oauth2.client_id.n > 0;
}

/* What tells accounts apart: where, who, and with what; with another password it is another one. */
static bool account_key(struct http *h, unsigned char key[32])
{
	const struct http_login *l = &h->conf.login;
	const struct http_oauth *o = &h->conf.oauth2;
	const struct gt_str parts[] = {h->conf.url, l->path, l->username, l->password, l->body,
		l->token, l->refresh.token, o->url, o->client_id, o->client_secret,
		o->refresh_token, o->scope};
	bool ok = EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		ok = ok && EVP_DigestUpdate(h->md, &parts[i].n, sizeof(parts[i].n)) == 1 &&
		     (!parts[i].n || EVP_DigestUpdate(h->md, parts[i].p, parts[i].n) == 1);
	const struct gt_pairs *sets[] = {&l->fields, &l->headers, &l->also, &o->fields};
	for (size_t s = 0; s < sizeof(sets) / sizeof(*sets); s++)
		for (size_t i = 0; i < sets[s]->n; i++) {
			const struct gt_pair *p = &sets[s]->v[i];
			ok = ok && EVP_DigestUpdate(h->md, p->key.p, p->key.n) == 1 &&
			     EVP_DigestUpdate(h->md, p->value.p, p->value.n) == 1;
		}
	return ok && EVP_DigestFinal_ex(h->md, key, NULL) == 1;
}

bool http_auth_open(struct http *h, struct gt_err *err)
{
	const struct http_conf *c = &h->conf;
	unsigned char key[32];
	int ways = (c->token.n > 0) + (c->login.username.n > 0) + (c->oauth2.client_id.n > 0) +
		   (c->basic.username.n > 0);
	if (ways > 1)
		return gt_fail(err, GT_E_HTTP_TWO_LOGINS);
	if (c->login.also.n > HTTP_ALSO_MAX)
		return gt_fail(
			err, GT_E_HTTP_MANY, "login: {also: …}", GT_TEXT("%u", HTTP_ALSO_MAX));
	if (c->success.field.n > HTTP_SUCCESS_FIELDS)
		return gt_fail(err, GT_E_HTTP_MANY, "success: {field: …}",
			GT_TEXT("%u", HTTP_SUCCESS_FIELDS));
	if (!http_add_check(h, err) || !http_oauth_check(h, err) || !http_sign_open(h, err))
		return false;
	if (!c->login.username.n && !oauth(h))
		return true;
	if (account_key(h, key))
		h->access.wallet = http_wallet_open(key);
	return h->access.wallet || gt_fail(err, GT_E_MEMORY_BUDGET);
}

void http_auth_close(struct http *h)
{
	struct http_access *a = &h->access;
	if (a->wallet)
		http_wallet_close(a->wallet, h);
	EVP_PKEY_free(a->sm2);
	OPENSSL_cleanse(a, sizeof(*a));
}

/* Cookies are carried by libcurl. */
static void adopt(struct http *h)
{
	char line[HTTP_TOKEN_MAX];
	const char *p = h->access.grant.token;
	if (h->conf.login.token_in != 2)
		return;
	(void)curl_easy_setopt(h->easy, CURLOPT_COOKIELIST, "ALL");
	while (*p) {
		size_t n = strcspn(p, "\n");
		http_copy(line, sizeof(line), gt_str(p, n));
		(void)curl_easy_setopt(h->easy, CURLOPT_COOKIELIST, line);
		p += n + (p[n] == '\n');
	}
	OPENSSL_cleanse(line, sizeof(line));
}

bool http_auth_elsewhere(struct http *h)
{
	struct http_access *a = &h->access;
	int64_t left_s = 0, now = gt_host_monotonic_us();
	a->need = a->elsewhere = false;
	if (!a->wallet || (a->grant.token[0] && (!a->grant.dies_us || now < a->grant.dies_us)))
		return false;
	switch (http_wallet_want(a->wallet, h, &a->grant, &a->generation, &left_s)) {
	case HTTP_WANT_THERE:
		a->fresh = HTTP_FRESH_NO;
		adopt(h);
		break;
	case HTTP_WANT_ELSEWHERE:
		a->elsewhere = true;
		break;
	case HTTP_WANT_YOURS:
		a->need = true;
		a->held_s = 0;
		break;
	case HTTP_WANT_HELD:
		a->need = true;
		a->held_s = left_s;
		break;
	}
	return a->elsewhere;
}

bool http_auth_login_needed(const struct http *h)
{
	return h->access.need;
}

bool http_auth_ask(struct http *h, struct gt_err *err)
{
	struct http_access *a = &h->access;
	h->asking = HTTP_ASK_LOGIN;
	a->wanted[0] = a->given[0] = '\0';
	if (a->held_s)
		return gt_fail(err, GT_E_HTTP_LOGIN_HELD, h->label,
			GT_TEXT("%lld", (long long)(a->held_s + 59) / 60));
	bool first = oauth(h) && h->conf.oauth2.grant == 1;
	if (first && !a->grant.refresh[0])
		http_copy(a->grant.refresh, sizeof(a->grant.refresh), h->conf.oauth2.refresh_token);
	a->renewing = a->grant.refresh[0] && (first || h->conf.login.refresh.path.n);
	return oauth(h) ? http_oauth_ask(h, err) : http_login_ask(h, err);
}

bool http_auth_take(struct http *h, struct gt_err *err)
{
	struct http_access *a = &h->access;
	struct http_grant grant = {.dies_us = 0};
	bool refused = false;
	bool ok = oauth(h) ? http_oauth_take(h, &grant, &refused, err)
			   : http_login_take(h, &grant, &refused, err);
	if (h->body.n)
		OPENSSL_cleanse(h->body.p, h->body.n);
	OPENSSL_cleanse(a->given, sizeof(a->given));
	a->grant.token[0] = '\0';
	if (ok) {
		/* One that is not replaced stays good. */
		if (!grant.refresh[0])
			memcpy(grant.refresh, a->grant.refresh, sizeof(grant.refresh));
		a->grant = grant;
		a->fresh = a->renewing ? HTTP_FRESH_RENEWED : HTTP_FRESH_LOGIN;
		http_wallet_keep(a->wallet, &grant, &a->generation);
	} else if (a->renewing && refused && !oauth(h)) {
		/* The refresh token is dead, too: the password is still there. */
		a->grant.refresh[0] = '\0';
		http_wallet_drop(a->wallet, a->generation, true);
		http_wallet_release(a->wallet, h, false);
		ok = true;
	} else {
		http_wallet_release(a->wallet, h, refused);
	}
	OPENSSL_cleanse(&grant, sizeof(grant));
	return ok;
}

bool http_auth_again(struct http *h)
{
	struct http_access *a = &h->access;
	if (!a->wallet)
		return false;
	/* A login form answers with a cookie whether the password is right or not: now it shows. */
	if (a->fresh == HTTP_FRESH_LOGIN && h->conf.login.token_in == 2)
		http_wallet_release(a->wallet, h, true);
	if (a->fresh == HTTP_FRESH_LOGIN)
		return false;
	/* With OAuth a renewed token is as fresh as tokens get. */
	if (a->fresh == HTTP_FRESH_RENEWED && oauth(h))
		return false;
	if (a->fresh == HTTP_FRESH_RENEWED)
		a->grant.refresh[0] = '\0';
	http_wallet_drop(a->wallet, a->generation, a->fresh == HTTP_FRESH_RENEWED);
	a->grant.token[0] = '\0';
	return true;
}

void http_auth_worked(struct http *h)
{
	struct http_access *a = &h->access;
	if (a->wallet && a->fresh != HTTP_FRESH_NO)
		http_wallet_accepted(a->wallet);
	a->fresh = HTTP_FRESH_NO;
}

int64_t http_life_s(struct gt_str text, int64_t now_s, int zone_minutes)
{
	int64_t v = 0, life = 0;
	if (http_time_parse(text, HTTP_NUMBER, zone_minutes, &v)) {
		if (v >= MILLIS_MIN)
			life = v / 1000 - now_s;
		else
			life = v >= SECONDS_MAX ? v - now_s : v;
	} else if (http_time_parse(text, HTTP_DATETIME, zone_minutes, &v) ||
		   http_time_parse(text, HTTP_ISO, zone_minutes, &v)) {
		life = v / 1000000 - now_s;
	}
	if (life <= 0)
		return 0; /* dead on arrival: their clock, not their token */
	return life < LIFE_MAX_S ? life : LIFE_MAX_S;
}

void http_life_start(struct http *h, struct http_grant *grant, struct gt_str lexeme)
{
	char text[64];
	int64_t now_s = h->date_s ? h->date_s : gt_host_wall_us() / 1000000;
	int64_t life = http_life_s(
		gt_json_scalar(lexeme, text, sizeof(text)), now_s, gt_host_zone(h->host));
	int64_t margin = life / 10 < MARGIN_S ? life / 10 : MARGIN_S;
	grant->dies_us = life ? gt_host_monotonic_us() + (life - margin) * 1000000 : 0;
}

bool http_token_text(struct gt_str lexeme, char *out, size_t size)
{
	struct gt_str s = gt_json_scalar(lexeme, out, size - 1);
	if (!s.n || s.n >= size - 1 || memchr(s.p, '\0', s.n))
		return false;
	memmove(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}
