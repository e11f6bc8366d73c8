/* What a source sends to a login, and what an operator writes into a recipe, as the http adapter
 * takes them: first byte 0 = the answer to a login, 1 = to an OAuth request, 2 = an expiry, 3 = a
 * recipe over a request, 4 = an address and a body that get additions, 5 = an answer's charset, 6 =
 * a key. */
#include "batch.h"
#include "http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

static void body(struct http *h, struct gt_str s)
{
	h->body.p = malloc(s.n + 1);
	if (!h->body.p)
		abort();
	memcpy(h->body.p, s.p, s.n);
	h->body.n = s.n;
	h->body.cap = s.n + 1;
	h->status = 200;
}

static void answers(struct http *h, struct gt_str s, bool oauth)
{
	static struct http_grant grant;
	struct gt_err err;
	bool refused = false;
	body(h, s);
	grant = (struct http_grant){.dies_us = 0};
	bool ok = oauth ? http_oauth_take(h, &grant, &refused, &err)
			: http_login_take(h, &grant, &refused, &err);
	/* A token is one, and fits. */
	if (ok && (!grant.token[0] || !memchr(grant.token, '\0', sizeof grant.token)))
		abort();
}

/* A recipe, a line break, an address, a line break, a body: whatever is put together has an end. */
static void recipe(struct http *h, struct gt_str s)
{
	static char whole[HTTP_URL_MAX + HTTP_ADD_MAX], posted[65536];
	struct http_text url = {whole, 0, sizeof whole, false},
			 post = {posted, 0, sizeof posted, false};
	struct http_out out = {&url, &post, false, "POST"};
	struct gt_pair pair = {GT_LIT("s"), GT_LIT("{signature}{nonce}")};
	struct gt_err err = {GT_OK};
	const char *a = memchr(s.p, '\n', s.n);
	const char *b = a ? memchr(a + 1, '\n', s.n - (size_t)(a + 1 - s.p)) : NULL;
	if (!b || memchr(s.p, '\0', s.n))
		return;
	whole[0] = posted[0] = '\0';
	h->conf.sign = (struct http_sign){.text = {s.p, (size_t)(a - s.p)},
		.secret = GT_LIT("secret"),
		.timestamp = {s.p, (size_t)(a - s.p) < 64 ? (size_t)(a - s.p) : 64},
		.between = GT_LIT("&"),
		.inside = GT_LIT("="),
		.digest = HTTP_D_SM3};
	http_text_add(&url, gt_str(a + 1, (size_t)(b - a - 1)));
	http_text_add(&post, gt_str(b + 1, s.n - (size_t)(b + 1 - s.p)));
	out.form = post.n && post.p[0] != '{';
	h->conf.sign.headers = h->conf.sign.query = h->conf.sign.body = (struct gt_pairs){&pair, 1};
	bool ok = http_sign_open(h, &err) && http_sign_add(h, &out, &err);
	if (!ok && !err.code)
		abort(); /* why, is always said */
	curl_slist_free_all(h->headers);
	if (strlen(url.p) != url.n || url.n >= url.size || post.n >= post.size)
		abort();
}

/* What was added once is there once, however often it is added. */
static void additions(struct http *h, struct gt_str s)
{
	static char whole[8192], twice[8192];
	struct http_text url = {whole, 0, sizeof whole, false};
	if (memchr(s.p, '\0', s.n) || s.n > 4096)
		return;
	whole[0] = '\0';
	http_text_add(&url, s);
	http_add_query(&url, GT_LIT("k"), GT_LIT("v"));
	memcpy(twice, whole, sizeof whole);
	http_add_query(&url, GT_LIT("k"), GT_LIT("v"));
	if (strcmp(whole, twice) != 0)
		abort();
	http_strip(h, whole);
	http_mask(h, whole);
}

static void charset(struct http *h, struct gt_str s)
{
	static const char *const types[] = {"application/json", "application/json;charset=gbk",
		"text/html; charset=\"utf-8\"", "x; charset="};
	struct gt_err err = {GT_OK};
	if (!s.n)
		return;
	body(h, gt_str(s.p + 1, s.n - 1));
	http_copy(h->content_type, sizeof h->content_type, gt_cstr(types[s.p[0] & 3]));
	if (!http_answer_text(h, &err) && !err.code)
		abort();
}

static void key(struct gt_str s)
{
	unsigned char out[256];
	size_t n = 0;
	EVP_PKEY_free(http_sm2_key(s));
	for (int base64 = 0; base64 < 2; base64++)
		if (http_unshape(s, base64, out, sizeof out, &n) && n > sizeof out)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str code = {"code", 4};
	static const struct gt_pair also = {{"U", 1}, {"data.id", 7}};
	struct gt_host host = {.entry = no_entry};
	struct http *h = calloc(1, sizeof *h);
	if (!h || !size)
		goto out;
	struct gt_str text = {(const char *)data + 1, size - 1};
	h->host = &host;
	h->asking = HTTP_ASK_LOGIN;
	h->conf.success.field = (struct gt_texts){&code, 1};
	h->conf.success.values = (struct gt_texts){&(struct gt_str){"200", 3}, 1};
	h->conf.success.message = (struct gt_texts){&(struct gt_str){"msg", 3}, 1};
	h->conf.login = (struct http_login){.username = GT_LIT("u"),
		.password = GT_LIT("password"),
		.token = GT_LIT("data.token"),
		.expires = GT_LIT("data.expires"),
		.also = {&also, data[0] == 0 && size > 1 && data[1] == '{'},
		.refresh = {.path = GT_LIT("/r"), .token = GT_LIT("data.refresh")}};
	h->conf.oauth2.token = GT_LIT("access_token");
	h->conf.oauth2.expires = GT_LIT("expires_in");
	h->conf.key = (struct http_key){GT_LIT("secret"), GT_LIT("k"), HTTP_IN_QUERY};
	if (data[0] < 2)
		answers(h, text, data[0] == 1);
	else if (data[0] == 2)
		(void)http_life_s(text, 1711499000, 480);
	else if (data[0] == 3)
		recipe(h, text);
	else if (data[0] == 4)
		additions(h, text);
	else if (data[0] == 5)
		charset(h, text);
	else
		key(text);
	free(h->body.p);
out:
	free(h);
	return 0;
}
