#include "hash.h"
#include "unit.h"
#include <stdio.h>

START_TEST(siphash_known_answers)
{
	/* What CPython 3.11 (sys.hash_info.algorithm siphash13) gives with PYTHONHASHSEED=0, and
	 * the first vector of Rust's SipHasher13 tests. */
	static const struct {
		const char *in;
		uint64_t hash;
	} rows[] = {{"a", 0x407448d2b89b1813}, {"abc", 0xc03bc3a0042630f2},
		{"01234567", 0xda3dcedf84ea6cc6}, {"0123456789abcdef!", 0x9463628f6c8882ca}};
	static const uint64_t zero[2], counting[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_uint_eq(gt_siphash13(zero, gt_cstr(rows[i].in)), rows[i].hash);
	ck_assert_uint_eq(gt_siphash13(counting, gt_cstr(NULL)), 0xabac0158050fc4dc);
	ck_assert_uint_eq(gt_hash(GT_LIT("x")), gt_hash(GT_LIT("x")));
	ck_assert_uint_ne(gt_hash(GT_LIT("x")), gt_hash(GT_LIT("y")));
}
END_TEST

START_TEST(murmur2_as_kafka_computes_it)
{
	/* Apache Kafka, UtilsTest.testMurmur2 (signed there), masked to 31 bits. */
	static const struct {
		const char *in;
		int32_t java;
	} rows[] = {{"21", -973932308}, {"foobar", -790332482},
		{"a-little-bit-long-string", -985981536},
		{"a-little-bit-longer-string", -1486304829},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		{"abc", 479470107}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_uint_eq(
			gt_murmur2(gt_cstr(rows[i].in)), (uint32_t)rows[i].java & 0x7fffffff);
	ck_assert_uint_eq(gt_murmur2(gt_cstr(NULL)), 275646681); /* of no bytes */
}
END_TEST

#define KEYS 5000

START_TEST(the_map_agrees_with_a_table)
{
	static char keys[KEYS][16];
	static void *model[KEYS];
	struct gt_map map = {0};
	size_t count = 0, seen = 0;
	uint32_t x = 1;

	for (size_t i = 0; i < KEYS; i++)
		snprintf(keys[i], sizeof keys[i], "key-%zu", i);
	for (int step = 0; step < 100000; step++) {
		x = x * 1664525u + 1013904223u;
		size_t k = (x >> 8) % KEYS;
		struct gt_str key = gt_cstr(keys[k]);

		if (x >> 31) {
			void *value = &keys[(k + (size_t)step) % KEYS];

			ck_assert_ptr_eq(gt_map_set(&map, key, value), model[k]);
			count += model[k] == NULL;
			model[k] = value;
		} else {
			ck_assert_ptr_eq(gt_map_remove(&map, key), model[k]);
			count -= model[k] != NULL;
			model[k] = NULL;
		}
		ck_assert_uint_eq(map.n, count);
	}
	for (size_t k = 0; k < KEYS; k++)
		ck_assert_ptr_eq(gt_map_get(&map, gt_cstr(keys[k])), model[k]);
	struct gt_map_slot *slot;
	for (size_t i = 0; (slot = gt_map_next(&map, &i)) != NULL; seen++)
		ck_assert_ptr_eq(gt_map_get(&map, slot->key), slot->value);
	ck_assert_uint_eq(seen, count);
	gt_map_fini(&map);
}
END_TEST

START_TEST(empty_maps_and_empty_keys)
{
	struct gt_map map = {0};
	int value;

	ck_assert_ptr_null(gt_map_get(&map, GT_LIT("x")));
	ck_assert_ptr_null(gt_map_remove(&map, GT_LIT("x")));
	ck_assert_ptr_null(gt_map_set(&map, gt_cstr(NULL), &value));
	ck_assert_ptr_eq(gt_map_get(&map, GT_LIT("")), &value);
	ck_assert_ptr_eq(gt_map_remove(&map, GT_LIT("")), &value);
	gt_map_fini(&map);
	gt_map_fini(&map);
}
END_TEST

UNIT_MAIN("hash", UNIT_TEST(siphash_known_answers), UNIT_TEST(murmur2_as_kafka_computes_it),
	UNIT_TEST(the_map_agrees_with_a_table), UNIT_TEST(empty_maps_and_empty_keys))
