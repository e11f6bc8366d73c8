#include "buf.h"
#include "leaf.h"
#include "unit.h"

static void naive(
	struct gt_hasher *hasher, const struct gt_str *parts, size_t n, unsigned char out[32])
{
	struct gt_buf bytes;

	gt_buf_init(&bytes, 1u << 22);
	gt_buf_u8(&bytes, 0);
	for (size_t i = 0; i < n; i++)
		gt_buf_blob(&bytes, parts[i]);
	gt_sha256(hasher, gt_buf_str(&bytes), out);
	gt_buf_fini(&bytes);
}

START_TEST(is_the_hash_of_the_prefixed_parts)
{
	static char large[100000];
	static const size_t sizes[] = {
		0, 1, 500, 1015, 1016, 1019, 1020, 1023, 1024, 1025, 5000, 100000};
	struct gt_hasher *hasher = gt_hasher_new();

	memset(large, 'x', sizeof large);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct gt_header header = {GT_LIT("content-type"), gt_str(large, sizes[i] / 2)};
		struct gt_headers headers = {1, &header};
		struct gt_str parts[] = {
			GT_LIT("key"), gt_str(large, sizes[i]), header.name, header.value};
		unsigned char expected[32], leaf[32];

		naive(hasher, parts, 4, expected);
		gt_leaf(hasher, parts[0], parts[1], &headers, leaf);
		ck_assert_mem_eq(leaf, expected, 32);
		naive(hasher, parts, 2, expected);
		gt_leaf(hasher, parts[0], parts[1], NULL, leaf);
		ck_assert_mem_eq(leaf, expected, 32);
	}
	gt_hasher_free(hasher);
}
END_TEST

START_TEST(none_empty_and_boundaries_differ)
{
	struct gt_hasher *hasher = gt_hasher_new();
	unsigned char a[32], b[32];
	struct gt_str none = {NULL, 0};

	gt_leaf(hasher, GT_LIT("k"), none, NULL, a);
	gt_leaf(hasher, GT_LIT("k"), GT_LIT(""), NULL, b);
	ck_assert_mem_ne(a, b, 32);
	gt_leaf(hasher, GT_LIT("ab"), GT_LIT("c"), NULL, a);
	gt_leaf(hasher, GT_LIT("a"), GT_LIT("bc"), NULL, b);
	ck_assert_mem_ne(a, b, 32);
	gt_hasher_free(hasher);
}
END_TEST

START_TEST(sha256_known_answer)
{
	static const unsigned char abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41,
		0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a,
		0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	struct gt_hasher *hasher = gt_hasher_new();
	unsigned char digest[32];

	gt_sha256(hasher, GT_LIT("abc"), digest);
	ck_assert_mem_eq(digest, abc, 32);
	gt_hasher_free(hasher);
}
END_TEST

UNIT_MAIN("leaf", UNIT_TEST(is_the_hash_of_the_prefixed_parts),
	UNIT_TEST(none_empty_and_boundaries_differ), UNIT_TEST(sha256_known_answer))
