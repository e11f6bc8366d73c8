/* protect.c: how marked values appear in the open message.
 *   pseudonym   <key id>:base64url(first 16 bytes of HMAC-SHA256(key, value)): equal values are
 * equal everywhere under one key, so that records can be joined commitment
 * c1:base64url(SHA-256(salt ‖ value)): whoever holds salt and value can prove them mask        a
 * part of the value The salt of a commitment is derived, not drawn: HMAC-SHA256(key, 0 ‖ "salt" ‖ 0
 * ‖ element ‖ 0 ‖ SHA-256(row's bytes)), 16 bytes. A row that is polled again after a crash must
 * give the same message bytes (the gateway resends or re-polls and the evidence must agree), and
 * without the key a derived salt is as good as a random one. The row's digest in it keeps equal
 * values of different rows apart; the leading NUL keeps salts and pseudonyms apart, because a
 * cleaned text has no NUL. */
#include "base64.h"
#include "gt_assert.h"
#include "json_write.h"
#include "steps.h"

#include <openssl/crypto.h>

#define HASH 32u
#define SHORT 16u /* bytes that are published of an HMAC */

static void finish(EVP_MD_CTX *md, const struct gt_str *parts, size_t n, unsigned char out[HASH])
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok = ok && EVP_DigestUpdate(md, parts[i].p, parts[i].n) == 1;
	GT_ASSERT(ok && EVP_DigestFinal_ex(md, out, NULL) == 1);
}

static void digest(
	struct gt_norm_tools *tools, const struct gt_str *parts, size_t n, unsigned char out[HASH])
{
	GT_ASSERT(EVP_DigestInit_ex2(tools->md, tools->sha256, NULL) == 1);
	finish(tools->md, parts, n, out);
}

/* A context that has hashed the key, padded and masked. */
static EVP_MD_CTX *padded(const unsigned char key[32], unsigned char mask)
{
	unsigned char pad[64];
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] = (i < 32 ? key[i] : 0) ^ mask;
	GT_ASSERT(md && EVP_DigestInit_ex2(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, pad, sizeof pad) == 1);
	OPENSSL_cleanse(pad, sizeof pad);
	return md;
}

void gt_hmac_init(struct gt_hmac *hmac, const unsigned char key[32])
{
	hmac->inner = padded(key, 0x36);
	hmac->outer = padded(key, 0x5c);
}

void gt_hmac_fini(struct gt_hmac *hmac)
{
	EVP_MD_CTX_free(hmac->inner);
	EVP_MD_CTX_free(hmac->outer);
	*hmac = (struct gt_hmac){0};
}

/* RFC 2104, from parts. Going on from the hashed key halves the blocks of a short value. */
static void hmac(const struct gt_run *run, const struct gt_hmac *key, const struct gt_str *parts,
	size_t n, unsigned char out[HASH])
{
	EVP_MD_CTX *md = run->norm->tools->md;
	unsigned char inner[HASH];
	struct gt_str outer = {(const char *)inner, sizeof inner};

	GT_ASSERT(EVP_MD_CTX_copy_ex(md, key->inner) == 1);
	finish(md, parts, n, inner);
	GT_ASSERT(EVP_MD_CTX_copy_ex(md, key->outer) == 1);
	finish(md, &outer, 1, out);
}

struct gt_str gt_value_words(const struct gt_value *value, char out[64])
{
	if (value->kind == GT_TEXT)
		return gt_value_str(value);
	char *end = gt_json_put_value(out, value);
	if (*out == '"')
		return gt_str(out + 1, (size_t)(end - out) - 2);
	return gt_str(out, (size_t)(end - out));
}

static bool prefixed(struct gt_run *run, struct gt_str prefix, const unsigned char *bytes, size_t n,
	struct gt_str *text)
{
	char *out = gt_arena_alloc(run->arena, prefix.n + 1 + (n * 4 + 2) / 3 + 1);

	if (!out)
		return false;
	memcpy(out, prefix.p, prefix.n);
	out[prefix.n] = ':';
	size_t length = gt_base64url_write(out + prefix.n + 1, bytes, n);
	*text = gt_str(out, prefix.n + 1 + length);
	return true;
}

bool gt_pseudonym(
	struct gt_run *run, const struct gt_keyed *key, struct gt_str clear, struct gt_str *text)
{
	unsigned char mac[HASH];

	hmac(run, &key->hmac, &clear, 1, mac);
	return prefixed(run, gt_cstr(key->id), mac, SHORT, text);
}

static bool commitment(
	struct gt_run *run, const struct gt_step *step, struct gt_str clear, struct gt_str *text)
{
	unsigned char row[HASH], salt[HASH], out[HASH];
	char *salt_text = gt_arena_alloc(run->arena, 24);

	if (!salt_text)
		return false;
	digest(run->norm->tools, &run->raw, 1, row);
	struct gt_str parts[] = {GT_LIT("\0salt\0"), step->element->name, GT_LIT("\0"),
		{(const char *)row, sizeof row}};
	hmac(run, &run->plan->keyed.hmac, parts, 4, salt);
	struct gt_str opened[] = {{(const char *)salt, SHORT}, clear};
	digest(run->norm->tools, opened, 2, out);
	run->norm->salt[step->index] =
		gt_str(salt_text, gt_base64url_write(salt_text, salt, SHORT));
	return prefixed(run, GT_LIT("c1"), out, HASH, text);
}

static bool masked(
	struct gt_run *run, const struct gt_step *step, struct gt_str clear, struct gt_str *text)
{
	char *out = gt_arena_alloc(run->arena, clear.n + 1);

	if (!out)
		return false;
	*text = gt_str(out, gt_mask(step->element->format, clear, out));
	return true;
}

bool gt_run_protect(struct gt_run *run)
{
	struct gt_norm *norm = run->norm;

	for (size_t i = 0; i < run->variant->n; i++) {
		const struct gt_step *step = &run->variant->steps[i];
		struct gt_value *value = &norm->values[step->index];
		char words[64];
		struct gt_str open = {NULL, 0};
		bool ok = true;
		if (step->element->protection == GT_OPEN || value->kind == GT_ABSENT ||
			value->kind == GT_NULL)
			continue;
		norm->clear[step->index] = *value;
		struct gt_str clear = gt_value_words(value, words);
		switch (step->element->protection) {
		case GT_PSEUDONYM:
			ok = gt_pseudonym(run, step->key ? &run->plan->subject : &run->plan->keyed,
				clear, &open);
			break;
		case GT_COMMITMENT:
			ok = commitment(run, step, clear, &open);
			break;
		case GT_MASK:
			ok = masked(run, step, clear, &open);
			break;
		case GT_OPEN:
			break;
		}
		if (!ok)
			return false;
		*value = gt_value_text(open);
		gt_trace_value(run, step, GT_STAGE_PROTECTED, value);
	}
	return true;
}
