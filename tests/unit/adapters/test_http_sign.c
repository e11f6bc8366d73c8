/* Signed requests: published test vectors, and recipes as interfaces describe them. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#define OUT(name)                                                                                  \
	char name##_text[1024] = "";                                                               \
	struct http_text name = {name##_text, 0, sizeof name##_text, false}

START_TEST(knows_published_digests)
{
	static const struct {
		int hash;
		const char *text, *sum;
	} known[] = {
		/* RFC 1321 A.5, FIPS 180-4, GM/T 0004-2012 A.1 */
		{HTTP_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
		{HTTP_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{HTTP_SHA256, "abc",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{HTTP_SM3, "abc",
			"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
		/* an interface of a district's vehicle platform */
		{HTTP_SHA1, "testOnlyAppKeytestOnlyappSecret1635478320000",
			"89037df84706b6e4ebb58fde9d8f0cf94560b438"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		OUT(to);
		ck_assert(http_hash(known[i].hash, gt_cstr(known[i].text), HTTP_HEX, &to));
		ck_assert_str_eq(to.p, known[i].sum);
	}
	OUT(upper);
	ck_assert(http_hash(HTTP_MD5, GT_LIT("abc"), HTTP_HEX_UPPER, &upper));
	ck_assert_str_eq(upper.p, "900150983CD24FB0D6963F7D28E17F72");
	OUT(coded);
	ck_assert(http_hash(HTTP_MD5, GT_LIT("abc"), HTTP_BASE64, &coded));
	ck_assert_str_eq(coded.p, "kAFQmDzST7DWlj99KOF/cg==");
}
END_TEST

START_TEST(knows_published_hmacs)
{
	/* RFC 2202 and RFC 4231, test case 2; GM/T 0042-2015 D.3 */
	OUT(sha1);
	ck_assert(http_hmac(HTTP_D_HMAC_SHA1, GT_LIT("Jefe"),
		GT_LIT("what do ya want for nothing?"), HTTP_HEX, &sha1));
	ck_assert_str_eq(sha1.p, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	OUT(sha256);
	ck_assert(http_hmac(HTTP_D_HMAC_SHA256, GT_LIT("Jefe"),
		GT_LIT("what do ya want for nothing?"), HTTP_HEX, &sha256));
	ck_assert_str_eq(
		sha256.p, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	unsigned char key[64];
	size_t n = 0;
	ck_assert(http_unshape(
		GT_LIT("0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F20"), false,
		key, sizeof key, &n));
	ck_assert_uint_eq(n, 32);
	OUT(sm3);
	ck_assert(http_hmac(HTTP_D_HMAC_SM3, gt_str((char *)key, n),
		GT_LIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
		       "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		HTTP_HEX, &sm3));
	ck_assert_str_eq(sm3.p, "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a");
}
END_TEST

START_TEST(reads_keys_as_written)
{
	unsigned char out[8];
	size_t n = 0;
	ck_assert(http_unshape(GT_LIT("YWJjZA=="), true, out, sizeof out, &n));
	ck_assert(n == 4 && memcmp(out, "abcd", 4) == 0);
	ck_assert(http_unshape(GT_LIT("YWJj"), true, out, sizeof out, &n));
	ck_assert(n == 3 && memcmp(out, "abc", 3) == 0);
	ck_assert(!http_unshape(GT_LIT("YWJ"), true, out, sizeof out, &n));
	ck_assert(!http_unshape(GT_LIT("YW!j"), true, out, sizeof out, &n));
	ck_assert(!http_unshape(GT_LIT("YWJjZGVmZ2hp"), true, out, sizeof out, &n));
	ck_assert(!http_unshape(GT_LIT("abc"), false, out, sizeof out, &n));
	ck_assert(!http_unshape(GT_LIT("xx"), false, out, sizeof out, &n));
}
END_TEST

/* GM/T 0003.5-2012 annex A */
#define SM2_PRIVATE "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
#define SM2_PUBLIC                                                                                 \
	"0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"                       \
	"CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"

static EVP_PKEY *public_key(void)
{
	unsigned char point[65];
	size_t n = 0;
	EVP_PKEY *key = NULL;
	ck_assert(http_unshape(gt_cstr(SM2_PUBLIC), false, point, sizeof point, &n));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"SM2"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, n),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* By the other side: DER from r and s where need be, then OpenSSL's verification. */
static bool verified(const char *id, const char *text, struct gt_str sig, bool der, bool base64)
{
	unsigned char bytes[HTTP_SIGNATURE_MAX], *made = NULL;
	size_t n = 0;
	EVP_PKEY *key = public_key();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	ck_assert(http_unshape(sig, base64, bytes, sizeof bytes, &n));
	if (!der) {
		ck_assert_uint_eq(n, 64);
		ECDSA_SIG *pair = ECDSA_SIG_new();
		ECDSA_SIG_set0(pair, BN_bin2bn(bytes, 32, NULL), BN_bin2bn(bytes + 32, 32, NULL));
		n = (size_t)i2d_ECDSA_SIG(pair, &made);
		ECDSA_SIG_free(pair);
	}
	ck_assert_int_eq(EVP_PKEY_CTX_set1_id(ctx, id, (int)strlen(id)), 1);
	EVP_MD_CTX_set_pkey_ctx(md, ctx);
	ck_assert_int_eq(EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, key), 1);
	int good = EVP_DigestVerify(
		md, made ? made : bytes, n, (const unsigned char *)text, strlen(text));
	OPENSSL_free(made);
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good == 1;
}

START_TEST(signs_by_sm2)
{
	EVP_PKEY *key = http_sm2_key(gt_cstr(SM2_PRIVATE));
	struct gt_str id = GT_LIT("1234567812345678"), text = GT_LIT("message digest");
	ck_assert_ptr_nonnull(key);
	OUT(pair);
	ck_assert(http_sm2_sign(key, id, text, false, HTTP_HEX, &pair));
	ck_assert(verified(id.p, text.p, gt_str(pair.p, pair.n), false, false));
	ck_assert(!verified("1234567812345679", text.p, gt_str(pair.p, pair.n), false, false));
	ck_assert(!verified(id.p, "message digesu", gt_str(pair.p, pair.n), false, false));
	OUT(der);
	ck_assert(http_sm2_sign(key, id, text, true, HTTP_BASE64, &der));
	ck_assert(verified(id.p, text.p, gt_str(der.p, der.n), true, true));
	EVP_PKEY_free(key);
	ck_assert_ptr_null(http_sm2_key(GT_LIT("3945")));
	ck_assert_ptr_null(http_sm2_key(GT_LIT("-----BEGIN PRIVATE KEY-----\nAAAA\n")));
	/* the order of the curve is no private key */
	ck_assert_ptr_null(http_sm2_key(
		GT_LIT("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")));
}
END_TEST

START_TEST(writes_moments)
{
	static const struct {
		const char *layout, *text;
	} layouts[] = {{"ms", "1635478320042"}, {"s", "1635478320"},
		{"yyyyMMddHHmmss", "20211029113200"},
		{"yyyy-MM-dd HH:mm:ss", "2021-10-29 11:32:00"},
		{"yyyyMMddHHmmssSSS", "20211029113200042"}};
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		OUT(to);
		http_sign_time(gt_cstr(layouts[i].layout), INT64_C(1635478320042000), 480, &to);
		ck_assert_str_eq(to.p, layouts[i].text);
	}
}
END_TEST

static void params_are(const struct http_sign *sign, const char *url, const char *body, bool form,
	const char *want)
{
	OUT(to);
	OUT(address);
	OUT(text);
	http_text_add(&address, gt_cstr(url));
	http_text_add(&text, gt_cstr(body ? body : ""));
	struct http_out out = {&address, body ? &text : NULL, form, "POST"};
	ck_assert(http_sign_params(sign, &out, &to));
	ck_assert_str_eq(to.p, want);
}

START_TEST(sorts_parameters)
{
	struct http_sign sign = {.between = GT_LIT("&"), .inside = GT_LIT("=")};
	const char *url = "http://h/p?b=2&a=%E8%BD%A6+1&B=x&empty=&ab=3";
	params_are(&sign, url, NULL, false, "B=x&a=车 1&ab=3&b=2");
	params_are(&sign, "http://h/p?b=2", "z=1&a=%26", true, "a=&&b=2&z=1");
	params_are(&sign, "http://h/p?b=2",
		"{\"c\":\"x\\\"y\",\"a\":7.50,\"n\":null,\"t\":true,\"o\":{\"k\": [1]}}", false,
		"a=7.50&b=2&c=x\"y&o={\"k\": [1]}&t=true");
	sign.empty = sign.encoded = true;
	params_are(&sign, url, NULL, false, "B=x&a=%E8%BD%A6%201&ab=3&b=2&empty=");
	sign.between = sign.inside = GT_LIT("");
	params_are(&sign, "http://h/p?b=2&a=1", NULL, false, "a1b2");
	params_are(&sign, "http://h/p", "", false, "");
}
END_TEST

START_TEST(refuses_more_parameters_than_it_can_sort)
{
	char url[4096] = "http://h/p?";
	for (int i = 0; i < 300; i++)
		snprintf(url + strlen(url), sizeof url - strlen(url), "p%d=1&", i);
	struct http_sign sign = {.between = GT_LIT("&"), .inside = GT_LIT("=")};
	struct http_text address = {url, strlen(url), sizeof url, false};
	struct http_out out = {&address, NULL, false, "GET"};
	char text[8192];
	struct http_text to = {text, 0, sizeof text, false};
	ck_assert(!http_sign_params(&sign, &out, &to));
}
END_TEST

/* ---- recipes, checked as the other side does */

static const struct rule no_rules[] = {{NULL}};

/* The value of a header of the last request. */
static void header_of(const struct play *s, const char *name, char *out, size_t size)
{
	const char *p = strcasestr(s->log[s->n - 1].headers, name);
	ck_assert_msg(p != NULL, "%s", name);
	p += strlen(name) + 2;
	snprintf(out, size, "%.*s", (int)strcspn(p, "\r\n"), p);
}

static void query_of(const struct play *s, const char *name, char *out, size_t size)
{
	struct request r = {.number = 0};
	snprintf(r.target, sizeof r.target, "%s", s->log[s->n - 1].target);
	ck_assert_msg(query_text(&r, name, out, size).p != NULL, "%s in %s", name, r.target);
}

static void play(struct play *s, const char *options)
{
	struct pull p;
	*s = (struct play){.rules = no_rules};
	setenv("HTTP_TEST_SECRET", "testOnlyappSecret", 1);
	setenv("HTTP_TEST_SM2", SM2_PRIVATE, 1);
	pull_start(&p, play_rules, s, options);
	pull_ok(&p);
	pull_end(&p);
}

#define RECORDS "records: rows\n"

START_TEST(signs_app_key_secret_timestamp)
{
	struct play s;
	char at[64], key[64], sum[128], text[256];
	play(&s, RECORDS "sign:\n  app_key: testOnlyAppKey\n  secret: {env: HTTP_TEST_SECRET}\n"
			 "  digest: sha1\n  text: '{app_key}{secret}{timestamp}'\n"
			 "  headers: {appKey: '{app_key}', timestamp: '{timestamp}', "
			 "signature: '{signature}'}\n");
	header_of(&s, "timestamp", at, sizeof at);
	header_of(&s, "appKey", key, sizeof key);
	header_of(&s, "signature", sum, sizeof sum);
	ck_assert_str_eq(key, "testOnlyAppKey");
	ck_assert_uint_eq(strlen(at), 13);
	snprintf(text, sizeof text, "testOnlyAppKeytestOnlyappSecret%s", at);
	OUT(want);
	ck_assert(http_hash(HTTP_SHA1, gt_cstr(text), HTTP_HEX, &want));
	ck_assert_str_eq(sum, want.p);
	ck_assert_ptr_null(strstr(s.log[0].headers, "testOnlyappSecret"));
}
END_TEST

START_TEST(signs_sorted_parameters)
{
	struct play s;
	char at[64], nonce[64], sum[128], text[512];
	play(&s, RECORDS
		"query: {state: '在用', none: ''}\nsign:\n  app_key: k1\n"
		"  secret: {env: HTTP_TEST_SECRET}\n  digest: md5\n  as: upper\n"
		"  timestamp: yyyyMMddHHmmss\n  text: '{params}&key={secret}'\n"
		"  query: {appKey: '{app_key}', timestamp: '{timestamp}', nonce: '{nonce}', "
		"sign: '{signature}'}\n");
	query_of(&s, "timestamp", at, sizeof at);
	query_of(&s, "nonce", nonce, sizeof nonce);
	query_of(&s, "sign", sum, sizeof sum);
	ck_assert_uint_eq(strlen(at), 14);
	ck_assert_uint_eq(strlen(nonce), 32);
	snprintf(text, sizeof text,
		"appKey=k1&nonce=%s&state=在用&timestamp=%s&key=testOnlyappSecret", nonce, at);
	OUT(want);
	ck_assert(http_hash(HTTP_MD5, gt_cstr(text), HTTP_HEX_UPPER, &want));
	ck_assert_str_eq(sum, want.p);
}
END_TEST

START_TEST(signs_method_path_body)
{
	struct play s;
	char at[64], digest[128], sum[128], text[512];
	play(&s, RECORDS
		"method: POST\nbody: '{\"q\": \"车\"}'\nsign:\n  app_key: k1\n"
		"  secret: {env: HTTP_TEST_SECRET}\n  digest: hmac-sha256\n  as: base64\n"
		"  timestamp: s\n  text: \"{method}\\n{path}\\n{timestamp}\\n{body_digest}\"\n"
		"  headers: {X-Date: '{timestamp}', X-Digest: 'SHA-256={body_digest}', "
		"Authorization: 'app={app_key}, sign={signature}'}\n");
	header_of(&s, "X-Date", at, sizeof at);
	header_of(&s, "X-Digest", digest, sizeof digest);
	header_of(&s, "Authorization", sum, sizeof sum);
	ck_assert_str_eq(s.log[0].body, "{\"q\": \"车\"}");
	OUT(body);
	ck_assert(http_hash(HTTP_SHA256, gt_cstr(s.log[0].body), HTTP_HEX, &body));
	ck_assert_str_eq(digest + strlen("SHA-256="), body.p);
	snprintf(text, sizeof text, "POST\n/list\n%s\n%s", at, body.p);
	OUT(want);
	http_text_add(&want, GT_LIT("app=k1, sign="));
	ck_assert(http_hmac(HTTP_D_HMAC_SHA256, GT_LIT("testOnlyappSecret"), gt_cstr(text),
		HTTP_BASE64, &want));
	ck_assert_str_eq(sum, want.p);
}
END_TEST

START_TEST(signs_into_a_body)
{
	struct play s;
	struct gt_str paths[2] = {GT_LIT("sign"), GT_LIT("data")}, found[2];
	play(&s, RECORDS "method: POST\nbody: '{\"data\":1}'\nsign:\n  app_key: k1\n"
			 "  secret: {env: HTTP_TEST_SECRET}\n  digest: sm3\n"
			 "  text: '{secret}{params}{secret}'\n"
			 "  body: {app: '{app_key}', sign: '{signature}'}\n");
	OUT(want);
	ck_assert(http_hash(HTTP_SM3, GT_LIT("testOnlyappSecretapp=k1&data=1testOnlyappSecret"),
		HTTP_HEX, &want));
	ck_assert(gt_json_find(gt_cstr(s.log[0].body), paths, 2, found, NULL));
	char sum[128];
	ck_str_is(gt_json_scalar(found[0], sum, sizeof sum), want.p);
	ck_str_is(found[1], "1");
}
END_TEST

START_TEST(signs_requests_by_sm2)
{
	struct play s;
	char sum[256];
	play(&s, RECORDS
		"sign:\n  secret: {env: HTTP_TEST_SM2}\n  digest: sm2\n  text: '{path}?{query}'\n"
		"  headers: {X-Sign: '{signature}'}\nquery: {a: '1'}\n");
	header_of(&s, "X-Sign", sum, sizeof sum);
	ck_assert(verified("1234567812345678", "/list?a=1", gt_cstr(sum), false, false));
}
END_TEST

/* The clock that judges a timestamp is the source's, once it is known. */
START_TEST(takes_the_time_of_the_source)
{
	static const struct rule rules[] = {
		{"/list", 0, "Date: Fri, 29 Oct 2021 03:32:00 GMT\r\n", PLAY_LIST, NULL, 0},
		{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	char at[64];
	setenv("HTTP_TEST_SECRET", "x", 1);
	pull_start(&p, play_rules, &s,
		RECORDS "sign: {secret: {env: HTTP_TEST_SECRET}, timestamp: yyyyMMdd, text: a, "
			"headers: {at: '{timestamp}', s: '{signature}'}}\n");
	pull_ok(&p);
	header_of(&s, "\nat", at, sizeof at);
	ck_assert_str_ne(at, "20211029");
	pull_ok(&p);
	header_of(&s, "\nat", at, sizeof at);
	ck_assert_str_eq(at, "20211029");
	pull_end(&p);
}
END_TEST

START_TEST(refuses_recipes)
{
#define SECRET "secret: {env: HTTP_TEST_SECRET}"
	static const struct {
		const char *options;
		enum gt_code code;
	} wrong[] = {{"sign: {text: '{appkey}', " SECRET ", headers: {s: '{signature}'}}\n",
			     GT_E_HTTP_SIGN_WORD},
		{"sign: {text: a, " SECRET ", headers: {s: '{sig}'}}\n", GT_E_HTTP_SIGN_WORD},
		{"sign: {text: a, " SECRET "}\n", GT_E_HTTP_AUTH_MISSING},
		{"sign: {text: a, headers: {s: '{signature}'}}\n", GT_E_HTTP_AUTH_MISSING},
		{"sign: {" SECRET ", headers: {s: '{signature}'}}\n", GT_E_HTTP_AUTH_MISSING},
		{"sign: {text: a, " SECRET ", body: {s: '{signature}'}}\n", GT_E_HTTP_NO_BODY},
		{"sign: {text: a, digest: sm2, " SECRET ", headers: {s: '{signature}'}}\n",
			GT_E_HTTP_SIGN_KEY},
		{"sign: {text: a, secret_as: hex, " SECRET ", headers: {s: '{signature}'}}\n",
			GT_E_HTTP_SIGN_KEY}};
	setenv("HTTP_TEST_SECRET", "no key", 1);
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

UNIT_MAIN("http_sign", UNIT_TEST(knows_published_digests), UNIT_TEST(knows_published_hmacs),
	UNIT_TEST(reads_keys_as_written), UNIT_TEST(signs_by_sm2), UNIT_TEST(writes_moments),
	UNIT_TEST(sorts_parameters), UNIT_TEST(refuses_more_parameters_than_it_can_sort),
	UNIT_TEST(signs_app_key_secret_timestamp), UNIT_TEST(signs_sorted_parameters),
	UNIT_TEST(signs_method_path_body), UNIT_TEST(signs_into_a_body),
	UNIT_TEST(signs_requests_by_sm2), UNIT_TEST(takes_the_time_of_the_source),
	UNIT_TEST(refuses_recipes))
