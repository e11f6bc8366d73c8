/* http_auth.c: login for a token. A token that the source no longer accepts is thrown away, the
 * login is done again and the same request repeated once; a fresh token that is refused stops the
 * flow, so that no account is locked by repeated attempts. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

#define LOGIN_BODY_MAX 16384u
#define SAID_MAX 200u

bool http_auth_login_needed(const struct http *h)
{
	return h->conf.login.username.n && !h->token[0];
}

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

bool http_auth_ask(struct http *h, struct gt_err *err)
{
	const struct http_login *login = &h->conf.login;
	char body[LOGIN_BODY_MAX];
	struct http_text t = {body, 0, sizeof(body), false},
			 url = {h->url, 0, sizeof(h->url), false};
	bool form = login->as == 1;
	body[0] = '\0';
	if (!form)
		http_text_add(&t, GT_LIT("{"));
	member(&t, login->user_field, login->username, form);
	member(&t, login->password_field, login->password, form);
	for (size_t i = 0; i < login->fields.n; i++)
		member(&t, login->fields.v[i].key, login->fields.v[i].value, form);
	if (!form)
		http_text_add(&t, GT_LIT("}"));
	http_text_add(&url, h->conf.url);
	http_text_add(&url, login->path);
	http_copy(h->place, sizeof(h->place), gt_cstr(h->url));
	h->asking = HTTP_ASK_LOGIN;
	bool ok = !t.cut && !url.cut;
	ok = ok ? http_request_start(h, gt_str(body, t.n),
			  form ? "application/x-www-form-urlencoded" : "application/json", err)
		: gt_fail(err, GT_E_HTTP_URL, h->label);
	OPENSSL_cleanse(body, sizeof(body));
	return ok;
}

bool http_auth_take(struct http *h, struct gt_err *err)
{
	struct gt_str lexeme = {NULL, 0};
	char text[HTTP_TOKEN_MAX];
	struct gt_err why = {GT_OK};
	enum http_verdict verdict = http_answer(h, &h->conf.login.token, 1, &lexeme, &why);
	if (verdict == HTTP_EXPIRED)
		return gt_fail(err, GT_E_HTTP_LOGIN, h->place, GT_TEXT("%ld", h->status));
	/* A business error in answer to a login is nearly always the account, whatever its number:
	 * trying again would lock it. */
	if (verdict == HTTP_BAD &&
		(why.code == GT_E_HTTP_CODE || why.code == GT_E_HTTP_CODE_REFUSED))
		return gt_fail(err, GT_E_HTTP_LOGIN, h->place,
			why.arg[2] ? why.text + why.arg[2] - 1 : "");
	if (verdict == HTTP_BAD) {
		*err = why;
		return false;
	}
	struct gt_str token = gt_json_scalar(lexeme, text, sizeof(text));
	if (!token.n || token.n >= sizeof(h->token) - 1)
		return gt_fail(err, GT_E_HTTP_NO_TOKEN, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(h->conf.login.token)));
	http_copy(h->token, sizeof(h->token), token);
	h->token_fresh = true;
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(h->body.p, h->body.n);
	return true;
}
