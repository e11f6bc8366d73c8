/* The file adapter with a format that needs random access (tests/conformance/blocks.c). */
#include "pull.h"
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

static const char three[] = "row 003\nrow 002\nrow 001\nend 003\n";

static void blocks_init(struct pull *p)
{
	pull_init(p, "stable_for: 0 s\n");
	p->format = &guantong_format_blocks;
}

START_TEST(reads_rows_wherever_they_lie)
{
	struct pull p;
	blocks_init(&p);
	put(&p, "a.blk", three, 0);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "a.blk|1|0|row 001|row 001", "a.blk|2|1000003|row 002|row 002",
		"a.blk|3|2000006|row 003|row 003", NULL);
	ck_assert(drop_has(p.drop, "done/a.blk"));
	ck_assert_uint_eq(p.h.declared, 0); /* the format's memory was given back */
	pull_fini(&p);
}
END_TEST

START_TEST(resumes_at_a_position_beyond_the_file)
{
	struct pull p;
	blocks_init(&p);
	put(&p, "a.blk", three, 0);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 2);
	ck_assert_ptr_nonnull(strstr(first.cursor, " r 32 2000006 2 "));
	pull_start(&p, &first);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_str_eq(p.world.rows[2], "a.blk|3|2000006|row 003|row 003");
	pull_fini(&p);
}
END_TEST

/* A file that becomes shorter under the format is an error of the file, no signal and no verdict on
 * the document. _i: 0 cut off, 1 appended to, 2 another file under its name, 3 not a block left */
START_TEST(notices_a_file_that_changes_while_it_is_read)
{
	struct pull p;
	char path[256], other[256];
	struct gt_err err = {0};
	blocks_init(&p);
	put(&p, "a.blk", three, 0);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 1);
	ck_assert_uint_eq(first.rows, 1);
	snprintf(path, sizeof path, "%s/a.blk", p.drop->path);
	snprintf(other, sizeof other, "%s/.new", p.drop->path);
	put(&p, ".new", "row 009\nend 001\n", 9);
	if (_i == 0)
		ck_assert_int_eq(truncate(path, 16), 0);
	else if (_i == 1)
		put(&p, "a.blk", "row 003\nrow 002\nrow 001\nrow 000\nend 004\n", 0);
	else if (_i == 2)
		ck_assert_int_eq(rename(other, path), 0);
	else
		ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_FILE_CHANGED);
	ck_assert_int_eq(err.class, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_uint_eq(drop_count(p.drop, "failed"), 0);
	pull_fini(&p);
}
END_TEST

START_TEST(sets_an_unreadable_document_aside_and_goes_on)
{
	struct pull p;
	blocks_init(&p);
	put(&p, "a.blk", "row 001\nend 002\n", 0);
	put(&p, "b.blk", "!stop  \nrow 001\nend 002\n", 1);
	put(&p, "c.blk", "row 001\nend 001\n", 2);
	put(&p, "d.blk", "", 3);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "b.blk|1|0|row 001|row 001", "c.blk|1|0|row 001|row 001", NULL);
	ck_assert(drop_has(p.drop, "failed/a.blk") && drop_has(p.drop, "failed/b.blk"));
	ck_assert(drop_has(p.drop, "failed/d.blk") && drop_has(p.drop, "done/c.blk"));
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_UNREADABLE), 3);
	pull_fini(&p);
}
END_TEST

START_TEST(recognises_a_document_that_comes_back)
{
	struct pull p;
	blocks_init(&p);
	put(&p, "a.blk", three, 0);
	pull_start(&p, NULL);
	pull_all(&p);
	put(&p, "b.blk", three, 5);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_AGAIN), 1);
	pull_fini(&p);
}
END_TEST

START_TEST(the_format_waits_for_memory_too)
{
	struct pull p;
	struct gt_err err = {0};
	blocks_init(&p);
	put(&p, "a.blk", three, 0);
	pull_start(&p, NULL);
	p.h.declared_max = 512 * 1024; /* enough to hash, not enough for the format */
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_MEMORY_BUDGET);
	p.h.declared_max = 0;
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	pull_fini(&p);
}
END_TEST

UNIT_MAIN("file_seek", UNIT_TEST(reads_rows_wherever_they_lie),
	UNIT_TEST(resumes_at_a_position_beyond_the_file),
	UNIT_LOOP(notices_a_file_that_changes_while_it_is_read, 4),
	UNIT_TEST(sets_an_unreadable_document_aside_and_goes_on),
	UNIT_TEST(recognises_a_document_that_comes_back),
	UNIT_TEST(the_format_waits_for_memory_too))
