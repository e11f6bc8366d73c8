/* The file adapter beyond conformance: when files are taken, recognised, refused, moved. */
#include "pull.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int rename_error; /* what the next renames answer; 0 = they happen */

int __real_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_renameat2(int from, const char *name, int to, const char *as, unsigned flags)
{
	errno = rename_error;
	return rename_error ? -1 : __real_renameat2(from, name, to, as, flags);
}

START_TEST(takes_files_by_time_and_name)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "c.txt", "3\n4\n", 1);
	put(&p, "b.txt", "2\n", 1);
	put(&p, "z.txt", "1", 0);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "z.txt|1|0|1|1", "b.txt|1|0|2|2", "c.txt|1|0|3|3", "c.txt|2|2|4|4", NULL);
	ck_assert_int_eq(p.world.files, 3);
	ck_assert_int_eq(p.world.bytes, 7);
	ck_assert_uint_eq(drop_count(p.drop, ""), 0);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 3);
	pull_fini(&p);
}
END_TEST

START_TEST(moves_only_after_the_commit)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n2\n3\n", 0);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 2);
	pull_commit(&p, &first);
	ck_assert(drop_has(p.drop, "a.txt"));
	struct step second = pull_poll(&p, 2);
	ck_assert_uint_eq(second.rows, 1);
	ck_assert(drop_has(p.drop, "a.txt"));
	ck_assert_int_eq(pull_poll(&p, 2).result, GT_POLL_IDLE); /* in flight: not taken again */
	pull_commit(&p, &first);
	ck_assert(drop_has(p.drop, "a.txt"));
	pull_commit(&p, &second);
	ck_assert(drop_has(p.drop, "done/a.txt") && !drop_has(p.drop, "a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(leaves_temporary_and_foreign_names)
{
	struct pull p;
	pull_init(&p, "complete: rename\npattern: '*.txt'\n");
	put(&p, "a.txt.part", "x\n", 0);
	put(&p, "a.tmp", "x\n", 0);
	put(&p, ".a.txt", "x\n", 0);
	put(&p, "a.csv", "x\n", 0);
	put(&p, "B.TXT", "1\n", 0);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "B.TXT|1|0|1|1", NULL);
	ck_assert_uint_eq(drop_count(p.drop, ""), 4);
	pull_fini(&p);
}
END_TEST

START_TEST(waits_for_the_marker_and_moves_it_along)
{
	struct pull p;
	pull_init(&p, "complete: marker\n");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "b.txt", "2\n", 1);
	put(&p, "b.txt.ok", "", 2);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "b.txt|1|0|2|2", NULL);
	ck_assert(drop_has(p.drop, "done/b.txt") && drop_has(p.drop, "done/b.txt.ok"));
	put(&p, "a.txt.done", "", 3);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_uint_eq(drop_count(p.drop, ""), 0);
	pull_fini(&p);
}
END_TEST

START_TEST(ends_a_move_that_was_cut_off_behind_the_marker)
{
	struct pull p;
	char path[256];
	pull_init(&p, "complete: marker\n");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "a.txt.done", "", 0);
	pull_start(&p, NULL);
	struct step step = pull_poll(&p, 10);
	snprintf(path, sizeof path, "%s/a.txt.done", p.drop->path);
	ck_assert_int_eq(remove(path), 0);
	pull_start(&p, &step);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(waits_until_a_file_is_stable)
{
	struct pull p;
	pull_init(&p, "stable_for: 300 ms\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = pull_poll(&p, 10);
	int64_t first = step.wait_deadline_us;
	ck_assert_int_eq(step.result, GT_POLL_WAIT);
	ck_assert_int_gt(first, 0);
	put(&p, "a.txt", "1\n2\n", 0); /* it grew: the time starts anew */
	harness_wait(&p.h);
	step = pull_poll(&p, 10);
	ck_assert_int_eq(step.result, GT_POLL_WAIT);
	ck_assert_int_gt(step.wait_deadline_us, first);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(recognises_a_file_that_comes_back)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	pull_all(&p);
	put(&p, "other.txt", "1\n", 5);
	put(&p, "a.txt", "1\n", 6);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_AGAIN), 2);
	ck_assert_str_eq(gt_err_arg(&p.world.notes[0], 1), "other.txt");
	ck_assert_str_eq(gt_err_arg(&p.world.notes[0], 2), "a.txt");
	ck_assert_uint_eq(drop_count(p.drop, ""), 0);
	ck_assert(drop_has(p.drop, "done/other.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(keeps_both_files_of_one_name)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	for (int i = 0; i < 3; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d\n", i);
		put(&p, "data.txt", text, i);
		pull_start(&p, NULL);
		pull_all(&p);
	}
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 3);
	/* sha256("1\n") */
	ck_assert(drop_has(p.drop, "done/data.4355a46b19d348dc.txt"));
	pull_fini(&p);
}
END_TEST

/* _i: 0 another file under the name, 1 appended in place, 2 cut off, 3 gone */
static void disturb(struct pull *p, int how)
{
	char path[256], other[256];
	snprintf(path, sizeof path, "%s/a.txt", p->drop->path);
	snprintf(other, sizeof other, "%s/.new", p->drop->path);
	put(p, ".new", "5\n6\n", 9);
	if (how == 0)
		ck_assert_int_eq(rename(other, path), 0);
	else if (how == 1)
		put(p, "a.txt", "1\n2\n3\n4\n5\n", 0);
	else if (how == 2)
		ck_assert_int_eq(truncate(path, 3), 0);
	else
		ck_assert_int_eq(remove(path), 0);
}

START_TEST(notices_a_file_that_changes_while_it_is_read)
{
	static const size_t then[] = {2, 5, 2, 0};
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n2\n3\n4\n", 0);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 2);
	disturb(&p, _i);
	struct gt_err err = {0};
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_FILE_CHANGED);
	ck_assert_int_eq(err.class, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_start(&p, &first); /* the cursor did not move; the new file is read from its start */
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2 + then[_i]);
	ck_assert_uint_eq(world_notes(&p.world, _i == 3 ? GT_E_FILE_GONE : GT_E_FILE_REPLACED), 1);
	if (then[_i])
		ck_assert(strstr(p.world.rows[2], "a.txt|1|0|") == p.world.rows[2]);
	pull_fini(&p);
}
END_TEST

START_TEST(goes_on_with_a_file_that_was_renamed)
{
	struct pull p;
	char from[256], to[256];
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n2\n3\n", 0);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 2);
	snprintf(from, sizeof from, "%s/a.txt", p.drop->path);
	snprintf(to, sizeof to, "%s/b.txt", p.drop->path);
	ck_assert_int_eq(rename(from, to), 0);
	pull_start(&p, &first);
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "a.txt|2|2|2|2", "b.txt|3|4|3|3", NULL);
	ck_assert(drop_has(p.drop, "done/b.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(sets_an_unreadable_file_aside_and_goes_on)
{
	struct pull p;
	char text[1024];
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "!head\n1\n", 0);
	put(&p, "b.txt", "1\n!stop\n2\n", 1);
	put(&p, "c.txt", "3\n", 2);
	pull_start(&p, NULL);
	struct step first = pull_poll(&p, 10);
	ck_assert_int_eq(first.result, GT_POLL_MORE);
	ck_assert(drop_has(p.drop, "a.txt"));
	pull_commit(&p, &first);
	ck_assert(drop_has(p.drop, "failed/a.txt") && !drop_has(p.drop, "a.txt"));
	pull_all(&p);
	pull_rows(&p, "b.txt|1|0|1|1", "c.txt|1|0|3|3", NULL);
	ck_assert(drop_has(p.drop, "failed/b.txt") && drop_has(p.drop, "done/c.txt"));
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_UNREADABLE), 2);
	ck_assert_int_eq(p.world.notes[0].class, GT_DATA);
	gt_err_sentence_in(&p.world.notes[0], GT_EN, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "a.txt"));
	ck_assert_ptr_nonnull(strstr(text, "lines found no end of a row"));
	put(&p, "a.txt", "!head\n1\n", 9); /* put back: tried again */
	pull_all(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_UNREADABLE), 3);
	pull_fini(&p);
}
END_TEST

START_TEST(sets_a_file_without_row_ends_aside)
{
	struct pull p;
	size_t n = 3u << 20;
	char *text = malloc(n), told[1024];
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', n);
	pull_init(&p, "stable_for: 0 s\n");
	drop_put(p.drop, "long.txt", gt_str(text, n), 0);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 0);
	ck_assert(drop_has(p.drop, "failed/long.txt"));
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_UNREADABLE), 1);
	gt_err_sentence_in(&p.world.notes[0], GT_EN, told, sizeof told);
	ck_assert_msg(strstr(told, "the format lines found no end of a row within 1114112 bytes"),
		"%s", told); /* GT_RECORD_MAX and 64 KiB: what a format must be offered */
	ck_assert_uint_eq(p.h.declared, 0);
	free(text);
	pull_fini(&p);
}
END_TEST

START_TEST(keeps_names_as_bytes_and_shows_them_as_text)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\npattern: 读数*.txt\n");
	put(&p, "\xb6\xc1\xca\xfd 1.txt", "1\n", 0); /* 读数 1.txt in GB18030 */
	put(&p, "读数2.txt", "2\n", 1);
	put(&p, "\xff.txt", "3\n", 2);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "读数 1.txt|1|0|1|1", "读数2.txt|1|0|2|2", NULL);
	ck_assert(drop_has(p.drop, "done/\xb6\xc1\xca\xfd 1.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(resumes_a_hundred_thousand_rows_at_every_batch)
{
	struct pull p;
	enum { ROWS = 100000, BATCH = 4000 };
	char *text = malloc(ROWS * 16), row[64];
	size_t n = 0;
	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < ROWS; i++)
		n += (size_t)sprintf(text + n, "row %d\n", i);
	pull_init(&p, "stable_for: 0 s\n");
	drop_put(p.drop, "big.txt", gt_str(text, n), 0);
	struct step step = {0};
	pull_start(&p, NULL);
	for (size_t i = 0; i < ROWS / BATCH; i++) {
		step = pull_poll(&p, BATCH);
		ck_assert_uint_eq(step.rows, BATCH);
		pull_start(&p, &step); /* the gateway dies and comes back */
	}
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, ROWS);
	size_t offset = 0;
	for (int i = 0; i < ROWS; i++) {
		sprintf(row, "big.txt|%d|%zu|row %d|row %d", i + 1, offset, i, i);
		ck_assert_str_eq(p.world.rows[i], row);
		offset += (size_t)snprintf(NULL, 0, "row %d\n", i);
	}
	ck_assert(drop_has(p.drop, "done/big.txt"));
	free(text);
	pull_fini(&p);
}
END_TEST

START_TEST(a_commit_moves_only_the_content_that_was_taken)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = pull_poll(&p, 10);
	put(&p, "a.txt", "2\n", 1); /* same size, other content */
	pull_start(&p, &step);
	ck_assert(drop_has(p.drop, "a.txt") && drop_count(p.drop, "done") == 0);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_LEFT), 1);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(a_commit_moves_all_that_came_before)
{
	struct pull p;
	struct step step = {0}, last = {0};
	char name[32], text[32];
	pull_init(&p, "complete: rename\n");
	for (int i = 0; i < 1030; i++) {
		snprintf(name, sizeof name, "f%d.txt", i);
		snprintf(text, sizeof text, "%d\n", i);
		put(&p, name, text, i);
	}
	pull_start(&p, NULL);
	while ((step = pull_poll(&p, 10)).result == GT_POLL_MORE)
		last = step;
	ck_assert_int_eq(step.result, GT_POLL_WAIT); /* enough is in flight */
	ck_assert_uint_eq(p.world.row_count, 1024);
	pull_commit(&p, &last);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 1024);
	pull_all(&p);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 1030);
	pull_fini(&p);
}
END_TEST

START_TEST(takes_nothing_but_regular_files)
{
	struct pull p;
	char path[256];
	pull_init(&p, "stable_for: 0 s\n");
	snprintf(path, sizeof path, "%s/link.txt", p.drop->path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof path, "%s/pipe.txt", p.drop->path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/folder.txt", p.drop->path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 0);
	ck_assert(drop_has(p.drop, "link.txt") && drop_has(p.drop, "pipe.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(leaves_files_that_are_too_large)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\nmax_size: 10\n");
	put(&p, "large.txt", "12345678901\n", 0);
	put(&p, "small.txt", "1\n", 1);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert(drop_has(p.drop, "large.txt"));
	ck_assert_uint_ge(world_notes(&p.world, GT_E_FILE_OVERSIZE), 1);
	pull_fini(&p);
}
END_TEST

START_TEST(goes_on_when_the_folder_is_back)
{
	struct pull p;
	char away[80];
	struct gt_err err = {0};
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	snprintf(away, sizeof away, "%s-away", p.drop->path);
	ck_assert_int_eq(rename(p.drop->path, away), 0);
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_FOLDER_GONE);
	ck_assert_int_eq(err.class, GT_RETRY);
	ck_assert(!harness_commit(&p.h, gt_str(NULL, 0), &err));
	ck_assert_int_eq(rename(away, p.drop->path), 0);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	pull_fini(&p);
}
END_TEST

START_TEST(says_why_a_file_cannot_be_moved)
{
	static const struct {
		int why;
		enum gt_code code;
		enum gt_class class;
	} cases[] = {{ENOSPC, GT_E_FOLDER_FULL, GT_RETRY},
		{EXDEV, GT_E_FOLDER_OTHER_DISK, GT_CONFIG}, {EACCES, GT_E_FOLDER_DENIED, GT_CONFIG},
		{EROFS, GT_E_FOLDER_DENIED, GT_CONFIG}, {EIO, GT_E_FOLDER_FAILED, GT_RETRY}};
	struct pull p;
	struct gt_err err = {0};
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = pull_poll(&p, 10);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		rename_error = cases[i].why;
		ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
		ck_assert_int_eq(err.code, cases[i].code);
		ck_assert_int_eq(err.class, cases[i].class);
		ck_assert(drop_has(p.drop, "a.txt"));
	}
	rename_error = 0;
	pull_commit(&p, &step);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(moves_where_renaming_without_replacing_is_unknown)
{
	struct pull p;
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	rename_error = EINVAL;
	pull_all(&p);
	put(&p, "a.txt", "2\n", 0);
	pull_all(&p);
	rename_error = 0;
	ck_assert_uint_eq(drop_count(p.drop, "done"), 2);
	pull_fini(&p);
}
END_TEST

START_TEST(says_what_it_may_not_read)
{
	struct pull p;
	char path[256];
	struct gt_err err = {0};
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	snprintf(path, sizeof path, "%s/a.txt", p.drop->path);
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(chmod(p.drop->path, 0755), 0);
	bool root = geteuid() == 0; /* to root everything is allowed */
	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	else
		ck_assert_int_eq(chmod(p.drop->path, 0555), 0);
	harness_init(&p.h, &p.world, &guantong_adapter_file, &guantong_format_lines, p.options,
		NULL, pull_fields);
	ck_assert(harness_open(&p.h, gt_str(NULL, 0), &err));
	ck_assert(!harness_commit(&p.h, gt_str(NULL, 0), &err));
	ck_assert_int_eq(err.code, GT_E_FOLDER_DENIED);
	err = (struct gt_err){0};
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_IDLE);
	ck_assert_uint_ge(world_notes(&p.world, GT_E_FILE_SKIPPED), 1);
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(p.drop->path, 0755), 0);
	p.open = true;
	pull_fini(&p);
}
END_TEST

START_TEST(waits_for_memory)
{
	struct pull p;
	struct gt_err err = {0};
	pull_init(&p, "stable_for: 0 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	p.h.declared_max = 1000;
	ck_assert_int_eq(harness_poll(&p.h, harness_limits, &err).result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_MEMORY_BUDGET);
	p.h.declared_max = 0;
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_uint_eq(p.h.declared, 0); /* nothing is held when nothing is open */
	pull_fini(&p);
}
END_TEST

START_TEST(an_interrupt_ends_the_hashing_of_a_commit)
{
	struct pull p;
	struct gt_err err = {0};
	static char text[200000];
	memset(text, '\n', sizeof text);
	pull_init(&p, "stable_for: 0 s\n");
	drop_put(p.drop, "a.txt", gt_str(text, sizeof text), 0);
	pull_start(&p, NULL);
	struct step step = {0};
	do
		step = pull_poll(&p, GT_BATCH_ROWS_MAX);
	while (p.world.row_count < sizeof text);
	harness_close(&p.h);
	harness_init(&p.h, &p.world, &guantong_adapter_file, &guantong_format_lines, p.options,
		NULL, pull_fields);
	ck_assert(harness_open(&p.h, step_cursor(&step), &err));
	guantong_adapter_file.interrupt(p.h.self);
	ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
	ck_assert_int_eq(err.code, GT_E_INTERRUPTED);
	pull_commit(&p, &step);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(refuses_to_move_into_itself)
{
	static const char *const names[] = {"done: x\nfailed: x\n", "done: .\n", "failed: ."};
	struct pull p;
	for (size_t i = 0; i < 3; i++) {
		struct gt_err err = {0};
		pull_init(&p, names[i]);
		harness_init(&p.h, &p.world, &guantong_adapter_file, &guantong_format_lines,
			p.options, NULL, pull_fields);
		ck_assert(!harness_open(&p.h, gt_str(NULL, 0), &err));
		ck_assert_int_eq(err.code, GT_E_FOLDER_NAMES);
		p.open = true;
		pull_fini(&p);
	}
}
END_TEST

START_TEST(needs_a_format)
{
	struct pull p;
	struct gt_err err = {0};
	pull_init(&p, "");
	harness_init(&p.h, &p.world, &guantong_adapter_file, NULL, p.options, NULL, pull_fields);
	ck_assert(!harness_open(&p.h, gt_str(NULL, 0), &err));
	ck_assert_int_eq(err.code, GT_E_FORMAT_NEEDED);
	p.open = true;
	pull_fini(&p);
}
END_TEST

START_TEST(refuses_a_cursor_of_another_adapter)
{
	struct pull p;
	struct gt_err err = {0};
	pull_init(&p, "");
	harness_init(&p.h, &p.world, &guantong_adapter_file, &guantong_format_lines, p.options,
		NULL, pull_fields);
	ck_assert(!harness_open(&p.h, GT_LIT("page=3"), &err));
	ck_assert_int_eq(err.code, GT_E_CURSOR_FOREIGN);
	ck_assert_str_eq(gt_err_arg(&err, 1), "page=3");
	p.open = true;
	pull_fini(&p);
}
END_TEST

struct seen {
	size_t files, fields;
	char second[32];
};

static bool see(void *arg, const struct gt_found *found)
{
	struct seen *seen = arg;
	ck_assert(gt_str_eq(found->kind, GT_LIT("file")));
	ck_assert_uint_le(found->sample.n, 4096);
	ck_assert_int_eq(found->sample.p[found->sample.n - 1], '\n');
	seen->files++;
	seen->fields = found->field_count;
	snprintf(seen->second, sizeof seen->second, "%.*s", GT_STR_ARGS(found->fields[1]));
	return true;
}

START_TEST(discovers_files_with_fields_and_sample)
{
	struct pull p;
	struct seen seen = {0};
	struct gt_err err = {0};
	static char text[100000];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 100 == 99 ? '\n' : 'x';
	pull_init(&p, "stable_for: 1 h\n");
	drop_put(p.drop, "a.txt", gt_str(text, sizeof text), 0);
	put(&p, "b.txt", "!head\n", 1);
	put(&p, "c.txt", "1\n", 2);
	pull_start(&p, NULL);
	ck_assert(guantong_adapter_file.discover(p.h.self, see, &seen, &err));
	ck_assert_uint_eq(seen.files, 2);
	ck_assert_uint_eq(seen.fields, 2);
	ck_assert_str_eq(seen.second, "行");
	ck_assert_uint_eq(p.world.note_count, 1);
	pull_fini(&p);
}
END_TEST

UNIT_MAIN("file", UNIT_TEST(takes_files_by_time_and_name), UNIT_TEST(moves_only_after_the_commit),
	UNIT_TEST(leaves_temporary_and_foreign_names),
	UNIT_TEST(waits_for_the_marker_and_moves_it_along),
	UNIT_TEST(ends_a_move_that_was_cut_off_behind_the_marker),
	UNIT_TEST(waits_until_a_file_is_stable), UNIT_TEST(recognises_a_file_that_comes_back),
	UNIT_TEST(keeps_both_files_of_one_name),
	UNIT_LOOP(notices_a_file_that_changes_while_it_is_read, 4),
	UNIT_TEST(goes_on_with_a_file_that_was_renamed),
	UNIT_TEST(sets_an_unreadable_file_aside_and_goes_on),
	UNIT_TEST(sets_a_file_without_row_ends_aside),
	UNIT_TEST(keeps_names_as_bytes_and_shows_them_as_text),
	UNIT_TEST(resumes_a_hundred_thousand_rows_at_every_batch),
	UNIT_TEST(a_commit_moves_only_the_content_that_was_taken),
	UNIT_TEST(a_commit_moves_all_that_came_before), UNIT_TEST(takes_nothing_but_regular_files),
	UNIT_TEST(leaves_files_that_are_too_large), UNIT_TEST(goes_on_when_the_folder_is_back),
	UNIT_TEST(says_why_a_file_cannot_be_moved),
	UNIT_TEST(moves_where_renaming_without_replacing_is_unknown),
	UNIT_TEST(says_what_it_may_not_read), UNIT_TEST(waits_for_memory),
	UNIT_TEST(an_interrupt_ends_the_hashing_of_a_commit),
	UNIT_TEST(refuses_to_move_into_itself), UNIT_TEST(needs_a_format),
	UNIT_TEST(refuses_a_cursor_of_another_adapter),
	UNIT_TEST(discovers_files_with_fields_and_sample))
