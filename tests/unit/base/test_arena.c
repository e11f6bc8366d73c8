#include "arena.h"
#include "unit.h"

START_TEST(gives_aligned_memory_up_to_its_maximum)
{
	struct gt_arena arena;
	size_t sum = 0;

	gt_arena_init(&arena, 1000);
	for (size_t n = 1;; n = n * 3 % 97 + 1) {
		char *p = gt_arena_alloc(&arena, n);

		if (!p)
			break;
		ck_assert_uint_eq((uintptr_t)p % 8, 0);
		memset(p, 0xAB, n);
		sum += (n + 7) / 8 * 8;
	}
	ck_assert_uint_eq(arena.used, sum);
	ck_assert_uint_le(sum, 1000);
	ck_assert_uint_gt(sum, 900);
	ck_assert_ptr_null(gt_arena_alloc(&arena, SIZE_MAX));
	ck_assert_ptr_null(gt_arena_alloc(&arena, 1001));
	gt_arena_fini(&arena);
}
END_TEST

START_TEST(pieces_never_overlap)
{
	struct gt_arena arena;
	unsigned char *piece[3000];
	size_t size[3000], wrong = 0;

	gt_arena_init(&arena, 0);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 3000; i++) {
			size[i] = i % 500 == 499 ? 300000 : 1 + i * 7919 % 900;
			piece[i] = gt_arena_alloc(&arena, size[i]);
			memset(piece[i], (int)(i & 255), size[i]);
		}
		for (size_t i = 0; i < 3000; i++)
			for (size_t k = 0; k < size[i]; k++)
				wrong += piece[i][k] != (i & 255);
		ck_assert_uint_eq(wrong, 0);
		gt_arena_reset(&arena, SIZE_MAX);
	}
	gt_arena_fini(&arena);
}
END_TEST

START_TEST(a_warm_arena_takes_nothing_from_the_system)
{
	struct gt_arena arena;
	size_t held = 0;

	gt_arena_init(&arena, 0);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 2000; i++)
			ck_assert_ptr_nonnull(gt_arena_alloc(&arena, 1 + (i * 7919) % 5000));
		if (round == 0)
			held = arena.held;
		ck_assert_uint_eq(arena.held, held);
		gt_arena_reset(&arena, SIZE_MAX);
		ck_assert_uint_eq(arena.used, 0);
	}
	gt_arena_reset(&arena, 10000);
	ck_assert_uint_le(arena.held, 10000);
	gt_arena_reset(&arena, 0);
	ck_assert_uint_eq(arena.held, 0);
	ck_assert_ptr_nonnull(gt_arena_alloc(&arena, 1));
	gt_arena_fini(&arena);
	gt_arena_fini(&arena);
}
END_TEST

START_TEST(copies_and_prints)
{
	struct gt_arena arena;

	gt_arena_init(&arena, 64);
	struct gt_str s = gt_arena_copy(&arena, GT_LIT("贯通"));
	ck_str_is(s, "贯通");
	ck_assert_int_eq(s.p[s.n], 0);
	ck_assert_ptr_null(gt_arena_copy(&arena, gt_cstr(NULL)).p);
	ck_assert_ptr_nonnull(gt_arena_copy(&arena, GT_LIT("")).p);
	ck_str_is(gt_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	ck_assert_ptr_null(gt_arena_printf(&arena, "%064d", 1).p);
	ck_assert_ptr_null(gt_arena_copy(&arena, gt_str("0123456789012345678901234567890123456789"
							"012345678901234567890123456789",
							 70))
				   .p);
	char *zero = gt_arena_zalloc(&arena, 8);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(zero[i], 0);
	gt_arena_fini(&arena);
}
END_TEST

START_TEST(reserves_then_releases)
{
	struct gt_arena arena;
	size_t room = 0;

	gt_arena_init(&arena, 20000);
	char *p = gt_arena_reserve(&arena, 100, &room);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_ge(room, 100);
	memset(p, 1, room);
	gt_arena_release(&arena, 10);
	ck_assert_uint_eq(arena.used, 16);
	ck_assert_ptr_eq(gt_arena_alloc(&arena, 1), p + 16);
	p = gt_arena_reserve(&arena, 15000, &room);
	ck_assert_ptr_nonnull(p);
	memset(p, 2, room);
	gt_arena_release(&arena, 15000);
	ck_assert_ptr_null(gt_arena_reserve(&arena, 6000, &room));
	ck_assert_ptr_nonnull(gt_arena_reserve(&arena, 4000, &room));
	ck_assert_uint_le(room, 20000 - arena.used);
	gt_arena_release(&arena, 0);
	gt_arena_fini(&arena);
}
END_TEST

START_TEST(releasing_more_than_reserved_aborts)
{
	struct gt_arena arena;
	size_t room = 0;

	gt_arena_init(&arena, 0);
	gt_arena_reserve(&arena, 10, &room);
	gt_arena_release(&arena, room + 8);
}
END_TEST

START_TEST(rolls_back_over_blocks)
{
	struct gt_arena arena;

	gt_arena_init(&arena, 0);
	struct gt_arena_mark empty = gt_arena_mark(&arena);
	char *first = gt_arena_alloc(&arena, 8);
	memcpy(first, "12345678", 8);
	struct gt_arena_mark mark = gt_arena_mark(&arena);
	for (int round = 0; round < 5; round++) {
		size_t held = arena.held;
		char *next = gt_arena_alloc(&arena, 8);
		ck_assert_ptr_eq(next, first + 8);
		for (int i = 0; i < 100; i++)
			ck_assert_ptr_nonnull(gt_arena_alloc(&arena, 3000));
		if (round > 0)
			ck_assert_uint_eq(arena.held, held);
		gt_arena_rollback(&arena, mark);
		ck_assert_uint_eq(arena.used, 8);
	}
	ck_assert_mem_eq(first, "12345678", 8);
	gt_arena_rollback(&arena, empty);
	ck_assert_uint_eq(arena.used, 0);
	ck_assert_ptr_eq(gt_arena_alloc(&arena, 8), first);
	gt_arena_fini(&arena);
}
END_TEST

UNIT_MAIN("arena", UNIT_TEST(gives_aligned_memory_up_to_its_maximum),
	UNIT_TEST(pieces_never_overlap), UNIT_TEST(a_warm_arena_takes_nothing_from_the_system),
	UNIT_TEST(copies_and_prints), UNIT_TEST(reserves_then_releases),
	UNIT_ABORT(releasing_more_than_reserved_aborts), UNIT_TEST(rolls_back_over_blocks))
