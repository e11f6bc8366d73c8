/* http_sign.c: signed requests. The recipe is text with words in braces: what is signed, and where
 * each thing goes. Query and body are completed first, then the text is put together and signed,
 * then the signature takes its place. */
#include "http.h"

#include <guantong/host.h>

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEY_MAX 1024u
#define ROOM 65536u /* of the signed text, beyond twice the request */

static const char *const kinds[] = {
	"md5", "sha1", "sha256", "sm3", "hmac-sha1", "hmac-sha256", "hmac-sm3", "sm2", NULL};
static const char *const hashes[] = {"md5", "sha1", "sha256", "sm3", NULL};
static const char *const shapes[] = {"hex", "upper", "base64", NULL};
static const char *const secret_shapes[] = {"text", "hex", "base64", NULL};
static const char *const forms[] = {"rs", "der", NULL};

#define IN(member) offsetof(struct http_sign, member)
const struct gt_option http_sign_options[] = {
	{"text", GT_OPT_TEXT, IN(text), .min = 0, .max = 2048,
		.en = "what is signed; {app_key} {secret} {timestamp} {nonce} {method} {path} "
		      "{query} {params} {body} {body_digest} are replaced",
		.zh = "签名原文；其中 {app_key} {secret} {timestamp} {nonce} {method} {path} "
		      "{query} {params} {body} {body_digest} 会被替换"},
	{"digest", GT_OPT_CHOICE, IN(digest), .fallback = "hmac-sha256", .choices = kinds,
		.en = "how it is signed", .zh = "签名算法"},
	{"as", GT_OPT_CHOICE, IN(as), .fallback = "hex", .choices = shapes,
		.en = "how the signature is written: small hex digits, capital ones, or base64",
		.zh = "签名的写法：小写十六进制、大写十六进制或 base64"},
	{"app_key", GT_OPT_TEXT, IN(app_key), .en = "who we are", .zh = "应用标识"},
	{"secret", GT_OPT_SECRET, IN(secret),
		.en = "the shared secret; for sm2 the private key (PEM, or 64 hex digits)",
		.zh = "共享密钥；sm2 时为私钥（PEM 或 64 位十六进制）"},
	{"secret_as", GT_OPT_CHOICE, IN(secret_as), .fallback = "text", .choices = secret_shapes,
		.en = "how the key of an HMAC is written", .zh = "HMAC 密钥的写法"},
	{"timestamp", GT_OPT_TEXT, IN(timestamp), .min = 1, .max = 64, .fallback = "ms",
		.en = "layout of {timestamp}: s, ms, or like yyyyMMddHHmmss in the source's zone",
		.zh = "{timestamp} 的写法：s、ms，或按来源时区写成 yyyyMMddHHmmss 之类"},
	{"headers", GT_OPT_PAIRS, IN(headers),
		.en = "headers to send, with the same words and {signature}",
		.zh = "发送的请求头，可用同样的词和 {signature}"},
	{"query", GT_OPT_PAIRS, IN(query), .en = "parameters to send, likewise",
		.zh = "发送的查询参数，用法同上"},
	{"body", GT_OPT_PAIRS, IN(body), .en = "members of the body to send, likewise",
		.zh = "写入正文的字段，用法同上"},
	{"between", GT_OPT_TEXT, IN(between), .min = 0, .max = 8, .fallback = "&",
		.en = "what stands between two parameters of {params}",
		.zh = "{params} 中两个参数之间的文字"},
	{"inside", GT_OPT_TEXT, IN(inside), .min = 0, .max = 8, .fallback = "=",
		.en = "what stands between name and value there", .zh = "其中参数名与值之间的文字"},
	{"empty", GT_OPT_BOOL, IN(empty), .fallback = "false",
		.en = "parameters without a value take part", .zh = "空值参数是否参与签名"},
	{"encoded", GT_OPT_BOOL, IN(encoded), .fallback = "false",
		.en = "names and values of {params} are percent-encoded",
		.zh = "{params} 中的名称和值是否做百分号编码"},
	{"body_digest", GT_OPT_CHOICE, IN(body_digest), .fallback = "sha256", .choices = hashes,
		.en = "digest of the body for {body_digest}", .zh = "{body_digest} 所用的摘要算法"},
	{"body_as", GT_OPT_CHOICE, IN(body_as), .fallback = "hex", .choices = shapes,
		.en = "how it is written", .zh = "该摘要的写法"},
	{"id", GT_OPT_TEXT, IN(id), .min = 1, .max = 128, .fallback = "1234567812345678",
		.en = "user id of an SM2 signature", .zh = "SM2 签名的用户标识"},
	{"form", GT_OPT_CHOICE, IN(form), .fallback = "rs", .choices = forms,
		.en = "an SM2 signature as r and s, 32 bytes each, or as DER",
		.zh = "SM2 签名的形式：r 和 s 各 32 字节，或 DER"},
	{NULL}};

enum word {
	W_APP_KEY,
	W_SECRET,
	W_TIMESTAMP,
	W_NONCE,
	W_METHOD,
	W_PATH,
	W_QUERY,
	W_PARAMS,
	W_BODY,
	W_BODY_DIGEST,
	W_SIGNATURE,
	W_COUNT
};
static const char *const words[W_COUNT] = {"app_key", "secret", "timestamp", "nonce", "method",
	"path", "query", "params", "body", "body_digest", "signature"};

/* One signing. */
struct signing {
	const struct http_sign *sign;
	const struct http_out *out;
	char timestamp[128], nonce[33], signature[2 * HTTP_SIGNATURE_MAX];
	size_t signature_n;
	bool failed;
};

/* The word that stands at s.p[at] in braces; W_COUNT: none of ours; *n = its length, 0 = it is no
 * word at all but text with a brace. */
static enum word word_at(struct gt_str s, size_t at, size_t *n)
{
	size_t end = at + 1;
	*n = 0;
	if (s.p[at] != '{')
		return W_COUNT;
	while (end < s.n && ((s.p[end] >= 'a' && s.p[end] <= 'z') || s.p[end] == '_'))
		end++;
	if (end == s.n || s.p[end] != '}' || end == at + 1)
		return W_COUNT;
	*n = end + 1 - at;
	for (int w = 0; w < W_COUNT; w++)
		if (gt_str_eq(gt_cstr(words[w]), gt_str(s.p + at + 1, end - at - 1)))
			return (enum word)w;
	return W_COUNT;
}

static bool begins(struct gt_str s, size_t at, struct gt_str word)
{
	return word.n <= s.n - at && memcmp(s.p + at, word.p, word.n) == 0;
}

static bool mentions(struct gt_str s, enum word word)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (word_at(s, i, &n) == word)
			return true;
	return false;
}

static bool check_words(struct gt_str s, struct gt_err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (word_at(s, i, &n) == W_COUNT && n)
			return gt_fail(err, GT_E_HTTP_SIGN_WORD,
				GT_TEXT("%.*s", GT_STR_ARGS(gt_str(s.p + i, n))));
	return true;
}

static bool check_pairs(const struct gt_pairs *pairs, bool *signature, struct gt_err *err)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (!check_words(pairs->v[i].value, err))
			return false;
		*signature = *signature || mentions(pairs->v[i].value, W_SIGNATURE);
	}
	return true;
}

static bool hmac_key(const struct http_sign *sign, unsigned char key[KEY_MAX], size_t *n)
{
	if (sign->secret_as)
		return http_unshape(sign->secret, sign->secret_as == 2, key, KEY_MAX, n);
	if (sign->secret.n > KEY_MAX)
		return false;
	memcpy(key, sign->secret.n ? sign->secret.p : "", sign->secret.n);
	*n = sign->secret.n;
	return true;
}

bool http_sign_open(struct http *h, struct gt_err *err)
{
	const struct http_sign *sign = &h->conf.sign;
	unsigned char key[KEY_MAX];
	size_t n = 0;
	bool signature = false;
	if (!check_pairs(&sign->headers, &signature, err) ||
		!check_pairs(&sign->query, &signature, err) ||
		!check_pairs(&sign->body, &signature, err) || !check_words(sign->text, err))
		return false;
	if (!sign->text.n && !signature)
		return true; /* unsigned */
	if (!sign->text.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "sign:", "text:");
	if (!signature)
		return gt_fail(
			err, GT_E_HTTP_AUTH_MISSING, "sign:", "headers: {…: \"{signature}\"}");
	if (!sign->secret.n)
		return gt_fail(err, GT_E_HTTP_AUTH_MISSING, "sign:", "secret:");
	if (sign->digest == HTTP_D_SM2) {
		h->access.sm2 = http_sm2_key(sign->secret);
		return h->access.sm2 || gt_fail(err, GT_E_HTTP_SIGN_KEY, "SM2");
	}
	bool ok = hmac_key(sign, key, &n);
	OPENSSL_cleanse(key, sizeof(key));
	return ok || gt_fail(err, GT_E_HTTP_SIGN_KEY, secret_shapes[sign->secret_as]);
}

void http_sign_time(struct gt_str layout, int64_t us, int zone_minutes, struct http_text *to)
{
	char text[32];
	time_t local = (time_t)(us / 1000000 + (int64_t)zone_minutes * 60);
	struct tm tm;
	if (gt_str_eq(layout, GT_LIT("s")) || gt_str_eq(layout, GT_LIT("ms"))) {
		int n = snprintf(text, sizeof(text), "%lld",
			(long long)(us / (layout.n == 1 ? 1000000 : 1000)));
		http_text_add(to, gt_str(text, (size_t)n));
		return;
	}
	if (!gmtime_r(&local, &tm))
		return;
	const struct {
		struct gt_str name;
		int value;
	} parts[] = {{GT_LIT("yyyy"), tm.tm_year + 1900}, {GT_LIT("MM"), tm.tm_mon + 1},
		{GT_LIT("dd"), tm.tm_mday}, {GT_LIT("HH"), tm.tm_hour}, {GT_LIT("mm"), tm.tm_min},
		{GT_LIT("SSS"), (int)(us / 1000 % 1000)}, {GT_LIT("ss"), tm.tm_sec}};
	for (size_t i = 0; i < layout.n;) {
		size_t p = 0, count = sizeof(parts) / sizeof(*parts);
		while (p < count && !begins(layout, i, parts[p].name))
			p++;
		if (p == count) {
			http_text_add(to, gt_str(layout.p + i++, 1));
			continue;
		}
		int n = snprintf(text, sizeof(text), "%0*d", (int)parts[p].name.n, parts[p].value);
		http_text_add(to, gt_str(text, (size_t)n));
		i += parts[p].name.n;
	}
}

static void put_word(struct signing *s, enum word word, struct http_text *to)
{
	const struct http_sign *sign = s->sign;
	struct gt_str path, query, body = GT_LIT("");
	http_split_url(s->out, &path, &query);
	if (s->out->body)
		body = gt_str(s->out->body->p, s->out->body->n);
	const struct gt_str plain[W_COUNT] = {
		[W_APP_KEY] = sign->app_key,
		[W_SECRET] = sign->secret,
		[W_TIMESTAMP] = gt_cstr(s->timestamp),
		[W_NONCE] = gt_cstr(s->nonce),
		[W_METHOD] = gt_cstr(s->out->method),
		[W_PATH] = path,
		[W_QUERY] = query,
		[W_BODY] = body,
		[W_SIGNATURE] = {s->signature, s->signature_n},
	};
	if (word == W_PARAMS)
		s->failed = !http_sign_params(sign, s->out, to) || s->failed;
	else if (word == W_BODY_DIGEST)
		s->failed = !http_hash(sign->body_digest, body, sign->body_as, to) || s->failed;
	else
		http_text_add(to, plain[word]);
}

static void expand(struct signing *s, struct gt_str template, struct http_text *to)
{
	for (size_t i = 0; i < template.n;) {
		size_t n = 0;
		enum word word = word_at(template, i, &n);
		if (word == W_COUNT)
			http_text_add(to, gt_str(template.p + i, n = 1));
		else
			put_word(s, word, to);
		i += n;
	}
	s->failed = s->failed || to->cut;
}

/* Parameters and members with the signature in them, or without it. */
static void place(struct signing *s, bool signature)
{
	const struct http_sign *sign = s->sign;
	char value[4096];
	for (int body = 0; body < 2; body++) {
		const struct gt_pairs *pairs = body ? &sign->body : &sign->query;
		for (size_t i = 0; i < pairs->n; i++) {
			struct http_text t = {value, 0, sizeof(value), false};
			if (mentions(pairs->v[i].value, W_SIGNATURE) != signature ||
				(body && !s->out->body))
				continue;
			value[0] = '\0';
			expand(s, pairs->v[i].value, &t);
			if (body)
				http_add_body(s->out->body, s->out->form, pairs->v[i].key,
					gt_str(value, t.n));
			else
				http_add_query(s->out->url, pairs->v[i].key, gt_str(value, t.n));
		}
	}
	OPENSSL_cleanse(value, sizeof(value));
}

static bool make_signature(struct http *h, struct signing *s)
{
	const struct http_sign *sign = s->sign;
	size_t size = ROOM + 2 * (s->out->url->n + (s->out->body ? s->out->body->n : 0));
	char *text = malloc(size);
	struct http_text t = {text, 0, size, false};
	struct http_text to = {s->signature, 0, sizeof(s->signature), false};
	unsigned char key[KEY_MAX];
	size_t key_n = 0;
	bool ok = text != NULL;
	if (ok) {
		text[0] = '\0';
		expand(s, sign->text, &t);
	}
	struct gt_str whole = {text, t.n};
	if (!ok || s->failed)
		ok = false;
	else if (sign->digest == HTTP_D_SM2)
		ok = http_sm2_sign(h->access.sm2, sign->id, whole, sign->form == 1, sign->as, &to);
	else if (sign->digest <= HTTP_D_SM3)
		ok = http_hash(sign->digest, whole, sign->as, &to);
	else
		ok = hmac_key(sign, key, &key_n) &&
		     http_hmac(sign->digest, gt_str((char *)key, key_n), whole, sign->as, &to);
	s->signature_n = to.n;
	OPENSSL_cleanse(key, sizeof(key));
	if (text)
		OPENSSL_cleanse(text, t.n);
	free(text);
	return ok;
}

static bool sign_headers(struct http *h, struct signing *s, struct gt_err *err)
{
	char name[256], value[4096];
	bool ok = true;
	for (size_t i = 0; i < s->sign->headers.n && ok && !s->failed; i++) {
		struct http_text t = {value, 0, sizeof(value), false};
		value[0] = '\0';
		http_copy(name, sizeof(name), s->sign->headers.v[i].key);
		expand(s, s->sign->headers.v[i].value, &t);
		if (!s->failed)
			ok = http_add_header(h, name, gt_str(NULL, 0), gt_str(value, t.n), err);
	}
	OPENSSL_cleanse(value, sizeof(value));
	return ok && (!s->failed || gt_fail(err, GT_E_HTTP_LONG, h->label));
}

bool http_sign_add(struct http *h, struct http_out *out, struct gt_err *err)
{
	struct signing s = {.sign = &h->conf.sign, .out = out};
	struct http_text time = {s.timestamp, 0, sizeof(s.timestamp), false};
	unsigned char random[16];
	if (!s.sign->text.n || (h->asking == HTTP_ASK_LOGIN && h->conf.oauth2.client_id.n))
		return true;
	if (RAND_bytes(random, sizeof(random)) != 1)
		return gt_fail(err, GT_E_HTTP_SIGN_KEY, "RAND_bytes");
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(s.nonce + 2 * i, 3, "%02x", random[i]);
	/* The clock that will judge it is the source's. */
	http_sign_time(s.sign->timestamp, gt_host_wall_us() + h->access.skew_us,
		gt_host_zone(h->host), &time);
	place(&s, false);
	if (s.failed || !make_signature(h, &s))
		return gt_fail(err, GT_E_HTTP_LONG, h->label);
	place(&s, true);
	return sign_headers(h, &s, err);
}
