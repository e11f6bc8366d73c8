#include "batch.h"
#include "io.h"
#include "manifest.h"
#include "said.h"
#include "unit.h"
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

static const char open_topic[] = "jgsw.wuchang.vehicle.dispatch-order.v1";
static const char restricted_topic[] = "jgsw.wuchang.vehicle.dispatch-order.v1.restricted";

static struct gt_message message(
	const char *topic, uint64_t seq, enum gt_message_kind kind, unsigned char leaf)
{
	struct gt_message m = {.topic = gt_cstr(topic), .seq = seq, .kind = kind};

	memset(m.leaf, leaf, sizeof m.leaf);
	return m;
}

static const struct gt_manifest_head head = {.log = {"jgsw.wuchang.0", 14},
	.owner = {"00ff", 4},
	.number = 5,
	.generation = 2,
	.time_us = 1711499123456789};

START_TEST(is_exactly_this)
{
	static const char expected[] =
		"{\"manifest\":1,\"log\":\"jgsw.wuchang.0\",\"number\":5,\"previous\":\"\","
		"\"time\":\"2024-03-27T00:25:23.456789Z\",\"owner\":\"00ff\",\"generation\":2,"
		"\"origins\":[{\"origin\":\"/wuchang/cars/trips\",\"epoch\":1795320000,"
		"\"first_seq\":418,\"count\":4,\"read\":4,\"accepted\":3,\"rejected\":0,"
		"\"filtered\":1,\"unchanged\":0,\"totals\":{\"rows\":30,\"km\":-5},\"topics\":["
		"{\"topic\":\"jgsw.wuchang.vehicle.dispatch-order.v1\",\"count\":3,\"root\":\"%s\"}"
		","
		"{\"topic\":\"jgsw.wuchang.vehicle.dispatch-order.v1.restricted\",\"count\":1,"
		"\"leaves\":[\"0202020202020202020202020202020202020202020202020202020202020202\"]}"
		"]},"
		"{\"origin\":\"/wuchang/energy/readings\",\"epoch\":1795320000,\"first_seq\":9,"
		"\"count\":0,\"read\":0,\"accepted\":0,\"rejected\":0,\"filtered\":0,"
		"\"unchanged\":0,\"totals\":{},\"topics\":[]}],\"key\":\"\",\"signature\":\"\"}";
	struct gt_manifest *manifest = gt_manifest_new();
	struct gt_hasher *hasher = gt_hasher_new();
	/* The same name behind two pointers: two numbering epochs of one flow have two stamps. */
	char *copy = strdup(open_topic);
	struct gt_message first[] = {message(open_topic, 418, GT_MSG_OPEN, 1),
		message(restricted_topic, 419, GT_MSG_RESTRICTED, 2)};
	struct gt_message second[] = {
		message(copy, 420, GT_MSG_OPEN, 3), message(open_topic, 421, GT_MSG_OPEN, 4)};
	struct gt_manifest_counts counts = {.read = 2, .accepted = 1, .filtered = 1};
	struct gt_manifest_counts more = {.read = 2, .accepted = 2}, none = {0};
	struct gt_total totals[] = {{"rows", 10}, {"km", -5}}, later[] = {{"rows", 20}};
	struct gt_merkle tree = {0};
	struct gt_str value;
	unsigned char hash[32], root[32];
	char hex[65], text[2048];
	struct gt_err err;

	gt_manifest_start(manifest);
	gt_manifest_add(manifest, GT_LIT("/wuchang/cars/trips"), 1795320000, 418, first, 2, &counts,
		totals, 2);
	gt_manifest_add(manifest, GT_LIT("/wuchang/energy/readings"), 1795320000, 9, NULL, 0, &none,
		NULL, 0);
	gt_manifest_add(manifest, GT_LIT("/wuchang/cars/trips"), 1795320000, 420, second, 2, &more,
		later, 1);
	ck_assert(gt_manifest_finish(manifest, &head, NULL, &value, hash, &err));
	gt_merkle_add(hasher, &tree, first[0].leaf);
	gt_merkle_add(hasher, &tree, second[0].leaf);
	gt_merkle_add(hasher, &tree, second[1].leaf);
	gt_merkle_root(hasher, &tree, root);
	gt_hex(hex, root, 32);
	snprintf(text, sizeof text, expected, hex);
	ck_str_is(value, text);
	gt_sha256(hasher, value, root);
	ck_assert_mem_eq(hash, root, 32);
	gt_hasher_free(hasher);
	gt_manifest_free(manifest);
	free(copy);
}
END_TEST

START_TEST(is_signed_up_to_its_signature)
{
	char folder[] = "/tmp/gt-manifest-XXXXXX", path[64], public_path[80], id[17];
	struct gt_manifest *manifest = gt_manifest_new();
	struct gt_manifest_head with = head;
	struct gt_signer *signer;
	struct gt_buf pem;
	struct gt_str value;
	unsigned char previous[32], hash[32], signature[64];
	struct gt_err err;

	memset(previous, 0xab, sizeof previous);
	with.previous = previous;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/key", folder);
	snprintf(public_path, sizeof public_path, "%s.pub", path);
	ck_assert(gt_keygen(path, id, &err));
	signer = gt_signer_load(path, &err);
	gt_buf_init(&pem, 4096);
	ck_assert(gt_file_read(public_path, &pem, &err));
	for (int round = 0; round < 2; round++) {
		gt_manifest_start(manifest);
		ck_assert(gt_manifest_finish(manifest, &with, signer, &value, hash, &err));

		json_t *root = json_loadb(value.p, value.n, JSON_REJECT_DUPLICATES, NULL);
		const char *text = json_string_value(json_object_get(root, "signature"));
		const char *cut = memmem(value.p, value.n, ",\"signature\":", 13);
		size_t n = 0;
		unsigned char decoded[96];

		ck_assert_str_eq(json_string_value(json_object_get(root, "key")), id);
		ck_assert_uint_eq(strlen(text), 88);
		n = (size_t)EVP_DecodeBlock(decoded, (const unsigned char *)text, 88);
		ck_assert_uint_eq(n, 66);
		memcpy(signature, decoded, 64);
		ck_assert(gt_verify(
			gt_buf_str(&pem), gt_str(value.p, (size_t)(cut - value.p)), signature));
		ck_assert_uint_eq(strlen(json_string_value(json_object_get(root, "previous"))), 64);
		json_decref(root);
	}
	gt_buf_fini(&pem);
	gt_signer_free(signer);
	gt_manifest_free(manifest);
	unlink(path);
	unlink(public_path);
	rmdir(folder);
}
END_TEST

static bool signing_fails;
int __real_EVP_DigestSign(EVP_MD_CTX *context, unsigned char *signature, size_t *size,
	const unsigned char *bytes, size_t n);
int __wrap_EVP_DigestSign(EVP_MD_CTX *context, unsigned char *signature, size_t *size,
	const unsigned char *bytes, size_t n);
int __wrap_EVP_DigestSign(EVP_MD_CTX *context, unsigned char *signature, size_t *size,
	const unsigned char *bytes, size_t n)
{
	return signing_fails ? 0 : __real_EVP_DigestSign(context, signature, size, bytes, n);
}

START_TEST(is_unsigned_and_says_so_when_signing_fails)
{
	static const char end[] = ",\"key\":\"\",\"signature\":\"\"}";
	char folder[] = "/tmp/gt-manifest-XXXXXX", path[64], public_path[80], id[17];
	struct gt_manifest *manifest = gt_manifest_new();
	struct gt_signer *signer;
	struct gt_str value;
	unsigned char hash[32];
	struct gt_err err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/key", folder);
	snprintf(public_path, sizeof public_path, "%s.pub", path);
	ck_assert(gt_keygen(path, id, &err));
	signer = gt_signer_load(path, &err);
	said_start();
	for (int round = 0; round < 2; round++) {
		signing_fails = round == 1;
		gt_manifest_start(manifest);
		ck_assert(gt_manifest_finish(manifest, &head, signer, &value, hash, &err));
		ck_assert_int_eq(said(GT_E_SIGN_FAILED), signing_fails);
		ck_assert_int_eq(memmem(value.p, value.n, end, strlen(end)) != NULL, signing_fails);
	}
	said_stop();
	gt_signer_free(signer);
	gt_manifest_free(manifest);
	unlink(path);
	unlink(public_path);
	rmdir(folder);
}
END_TEST

START_TEST(says_when_it_would_be_too_large)
{
	struct gt_manifest *manifest = gt_manifest_new();
	struct gt_manifest_counts counts = {0};
	struct gt_str value;
	unsigned char hash[32];
	struct gt_err err;
	size_t n = 130000;
	struct gt_message *messages = calloc(n, sizeof *messages);

	for (size_t i = 0; i < n; i++)
		messages[i] = message(restricted_topic, i + 1, GT_MSG_RESTRICTED, (unsigned char)i);
	gt_manifest_start(manifest);
	gt_manifest_add(manifest, GT_LIT("/a/b/c"), 1, 1, messages, n, &counts, NULL, 0);
	ck_assert(!gt_manifest_finish(manifest, &head, NULL, &value, hash, &err));
	ck_assert_int_eq(err.code, GT_E_MANIFEST_TOO_LARGE);
	/* And it is good for the next, smaller one. */
	gt_manifest_start(manifest);
	gt_manifest_add(manifest, GT_LIT("/a/b/c"), 1, 1, messages, 1000, &counts, NULL, 0);
	ck_assert(gt_manifest_finish(manifest, &head, NULL, &value, hash, &err));
	free(messages);
	gt_manifest_free(manifest);
}
END_TEST

/* A hole in the numbering is a bug of ours that no auditor should have to find. */
START_TEST(aborts_on_a_gap)
{
	struct gt_manifest *manifest = gt_manifest_new();
	struct gt_manifest_counts counts = {0};
	struct gt_message m = message(open_topic, 7, GT_MSG_OPEN, 1);

	gt_manifest_start(manifest);
	gt_manifest_add(manifest, GT_LIT("/a/b/c"), 1, 6, &m, 1, &counts, NULL, 0);
}
END_TEST

UNIT_MAIN("manifest", UNIT_TEST(is_exactly_this), UNIT_TEST(is_signed_up_to_its_signature),
	UNIT_TEST(is_unsigned_and_says_so_when_signing_fails),
	UNIT_TEST(says_when_it_would_be_too_large), UNIT_ABORT(aborts_on_a_gap))
