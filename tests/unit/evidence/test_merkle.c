/* Against RFC 6962 written down naively, and against known answers. */
#include "io.h"
#include "merkle.h"
#include "unit.h"
#include <stdio.h>

#define MOST 300u

static unsigned char leaves[MOST][32];

static void setup(struct gt_hasher *hasher)
{
	for (size_t i = 0; i < MOST; i++) {
		char text[16];

		gt_sha256(hasher, gt_str(text, (size_t)snprintf(text, sizeof text, "leaf %zu", i)),
			leaves[i]);
	}
}

/* MTH of RFC 6962 2.1, but over leaf hashes: split at the largest power of two below n. */
static void naive(struct gt_hasher *hasher, size_t from, size_t n, unsigned char out[32])
{
	unsigned char both[65] = {1};
	size_t k = 1;

	if (n == 1) {
		memcpy(out, leaves[from], 32);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	naive(hasher, from, k, both + 1);
	naive(hasher, from + k, n - k, both + 33);
	gt_sha256(hasher, gt_str((const char *)both, sizeof both), out);
}

START_TEST(agrees_with_the_definition_at_every_size)
{
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_merkle tree = {0};

	setup(hasher);
	for (size_t n = 1; n <= MOST; n++) {
		unsigned char expected[32], root[32];

		gt_merkle_add(hasher, &tree, leaves[n - 1]);
		ck_assert_uint_eq(tree.n, n);
		naive(hasher, 0, n, expected);
		gt_merkle_root(hasher, &tree, root);
		ck_assert_mem_eq(root, expected, 32);
	}
	gt_hasher_free(hasher);
}
END_TEST

/* Test vectors of the certificate-transparency project: leaves "", 00, 10, 2021, 3031, … */
START_TEST(known_answers)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *root; /* with the leaves up to here */
	} vectors[] = {
		{"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"\x40\x41\x42\x43", 4,
			"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	};
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_merkle tree = {0};
	unsigned char root[32];
	char hex[65];

	gt_merkle_root(hasher, &tree, root);
	gt_hex(hex, root, 32);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		char prefixed[8] = {0};

		memcpy(prefixed + 1, vectors[i].bytes, vectors[i].n);
		gt_sha256(hasher, gt_str(prefixed, vectors[i].n + 1), root);
		gt_merkle_add(hasher, &tree, root);
		gt_merkle_root(hasher, &tree, root);
		gt_hex(hex, root, 32);
		ck_assert_str_eq(hex, vectors[i].root);
	}
	gt_hasher_free(hasher);
}
END_TEST

START_TEST(goes_on_from_its_text)
{
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_merkle tree = {0}, read;
	char text[GT_FRONTIER_TEXT_MAX];

	setup(hasher);
	ck_assert_uint_eq(gt_merkle_write(&tree, text), 2);
	ck_assert_str_eq(text, "0:");
	for (size_t n = 1; n <= MOST; n++) {
		unsigned char expected[32], root[32];

		gt_merkle_add(hasher, &tree, leaves[n - 1]);
		gt_merkle_root(hasher, &tree, expected);
		ck_assert(gt_merkle_parse(&read, gt_str(text, strlen(text))));
		gt_merkle_add(hasher, &read, leaves[n - 1]);
		gt_merkle_root(hasher, &read, root);
		ck_assert_mem_eq(root, expected, 32);
		ck_assert_uint_eq(gt_merkle_write(&tree, text), strlen(text));
	}
	gt_hasher_free(hasher);
}
END_TEST

START_TEST(writes_the_largest_tree)
{
	struct gt_merkle tree = {.n = UINT64_MAX}, read;
	char text[GT_FRONTIER_TEXT_MAX];
	size_t n = gt_merkle_write(&tree, text);

	ck_assert_uint_lt(n, GT_FRONTIER_TEXT_MAX);
	ck_assert(gt_merkle_parse(&read, gt_str(text, n)));
	ck_assert_uint_eq(read.n, UINT64_MAX);
}
END_TEST

START_TEST(refuses_what_is_no_frontier)
{
	static const char *const bad[] = {"", ":", "0", "x:", "1:", "00:", "0:0", "1:00",
		"18446744073709551616:", "-1:",
		"1:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01dff",
		"2:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01",
		"3:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"1:xe340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"};
	struct gt_merkle tree = {.n = 77};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(!gt_merkle_parse(&tree, gt_cstr(bad[i])), "“%s”", bad[i]);
		ck_assert_uint_eq(tree.n, 77);
	}
}
END_TEST

UNIT_MAIN("merkle", UNIT_TEST(agrees_with_the_definition_at_every_size), UNIT_TEST(known_answers),
	UNIT_TEST(goes_on_from_its_text), UNIT_TEST(writes_the_largest_tree),
	UNIT_TEST(refuses_what_is_no_frontier))
