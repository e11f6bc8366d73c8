#include "../../../adapters/lib/folder.h"
#include "drop.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_drop(const struct drop *drop)
{
	int dir = open(drop->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
	return dir;
}

START_TEST(keeps_the_first_of_very_many_files)
{
	enum { FILES = 2 * GT_FOLDER_LIST + 200 };
	struct drop *drop = drop_new();
	struct gt_folder folder = {.pattern = "*", .temporary = "", .markers = ""};
	int dir = open_drop(drop);
	for (int i = 0; i < FILES; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d", i * 7919 % FILES);
		drop_put(drop, name, GT_LIT("x"), i * 7919 % FILES);
	}
	ck_assert(gt_folder_scan(&folder, dir, 0));
	ck_assert_uint_eq(folder.n, GT_FOLDER_LIST);
	for (int i = 0; i < (int)GT_FOLDER_LIST; i++)
		ck_assert_int_eq(atoi(folder.v[i].name), i);
	gt_folder_free(&folder);
	close(dir);
	drop_free(drop);
}
END_TEST

START_TEST(files_without_marker_hide_no_others)
{
	struct drop *drop = drop_new();
	struct gt_folder folder = {
		.pattern = "*", .temporary = "", .markers = ".ok", .complete = GT_COMPLETE_MARKER};
	int dir = open_drop(drop);
	for (int i = 0; i < 2 * (int)GT_FOLDER_LIST + 1; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d", i);
		drop_put(drop, name, GT_LIT("x"), i);
	}
	drop_put(drop, "late", GT_LIT("x"), 100000);
	drop_put(drop, "late.ok", GT_LIT(""), 100000);
	ck_assert(gt_folder_scan(&folder, dir, 0));
	ck_assert_uint_eq(folder.n, 1);
	ck_assert_str_eq(folder.v[0].name, "late");
	ck_assert(folder.v[0].complete);
	gt_folder_free(&folder);
	close(dir);
	drop_free(drop);
}
END_TEST

START_TEST(remembers_since_when_a_file_is_as_it_is)
{
	struct drop *drop = drop_new();
	struct gt_folder folder = {.pattern = "*",
		.temporary = "",
		.markers = "",
		.complete = GT_COMPLETE_STABLE,
		.stable_us = 100};
	int dir = open_drop(drop);
	drop_put(drop, "a", GT_LIT("x"), 0);
	ck_assert(gt_folder_scan(&folder, dir, 1000));
	ck_assert(!folder.v[0].complete && folder.ready_us == 1100);
	drop_put(drop, "b", GT_LIT("x"), 0);
	ck_assert(gt_folder_scan(&folder, dir, 1050));
	ck_assert_uint_eq(folder.n, 2);
	ck_assert(!folder.v[0].complete && !folder.v[1].complete && folder.ready_us == 1100);
	drop_put(drop, "a", GT_LIT("xy"), 0); /* the same time, another size */
	ck_assert(gt_folder_scan(&folder, dir, 1150));
	ck_assert(!folder.v[0].complete && folder.v[1].complete && folder.ready_us == 1250);
	ck_assert(gt_folder_scan(&folder, dir, 1250));
	ck_assert(folder.v[0].complete && folder.ready_us == INT64_MAX);
	gt_folder_free(&folder);
	close(dir);
	drop_free(drop);
}
END_TEST

START_TEST(moves_the_longest_names)
{
	struct drop *drop = drop_new();
	char name[GT_NAME_MAX + 1], path[512];
	int dir = open_drop(drop);
	memset(name, 'n', GT_NAME_MAX);
	name[GT_NAME_MAX] = '\0';
	ck_assert_int_eq(mkdirat(dir, "done", 0700), 0);
	int into = openat(dir, "done", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof path, "done/%s", name);
	drop_put(drop, path, GT_LIT("old"), 0);
	drop_put(drop, name, GT_LIT("new"), 0);
	ck_assert(gt_folder_move(dir, name, into, "0123456789abcdef0123"));
	ck_assert(drop_has(drop, "done/0123456789abcdef0123"));
	ck_assert_uint_eq(drop_count(drop, "done"), 2);
	close(into);
	close(dir);
	drop_free(drop);
}
END_TEST

UNIT_MAIN("folder", UNIT_TEST(keeps_the_first_of_very_many_files),
	UNIT_TEST(files_without_marker_hide_no_others),
	UNIT_TEST(remembers_since_when_a_file_is_as_it_is), UNIT_TEST(moves_the_longest_names))
