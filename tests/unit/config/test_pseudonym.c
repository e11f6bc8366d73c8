#include "config_fixture.h"
#include "pseudonym.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char *at(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

START_TEST(what_is_made_can_be_loaded)
{
	struct gt_pseudonym_keys one = {.n = 0}, two = {.n = 0};
	struct gt_err err;
	struct stat st;

	folder_make();
	ck_assert(gt_pseudonym_keygen(at("a"), "p1", &err));
	ck_assert(gt_pseudonym_load(at("a"), &one, &err));
	ck_assert_uint_eq(one.n, 1);
	ck_assert(one.v[0].set);
	ck_assert_str_eq(one.v[0].id, "p1");
	ck_assert_int_eq(stat(at("a"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert(gt_pseudonym_keygen(at("b"), "abcdefghijklmno", &err));
	ck_assert(gt_pseudonym_load(at("b"), &two, &err));
	ck_assert_str_eq(two.v[0].id, "abcdefghijklmno");
	ck_assert_mem_ne(one.v[0].key, two.v[0].key, 32);
	ck_assert(!gt_pseudonym_keygen(at("a"), "p1", &err));
	ck_assert_int_eq(err.code, GT_E_KEY_EXISTS);
	ck_assert(!gt_pseudonym_keygen(at("none/a"), "p1", &err));
	ck_assert_int_eq(err.code, GT_E_FILE_WRITE);
	folder_remove();
}
END_TEST

START_TEST(a_key_is_added_behind_the_others)
{
	struct gt_pseudonym_keys before = {.n = 0}, after = {.n = 0};
	struct gt_err err;
	char text[1200] = "";

	folder_make();
	ck_assert(gt_pseudonym_keygen(at("a"), "p1", &err));
	ck_assert(gt_pseudonym_load(at("a"), &before, &err));
	ck_assert(gt_pseudonym_keygen(at("a"), "p2", &err));
	ck_assert(gt_pseudonym_load(at("a"), &after, &err));
	ck_assert_uint_eq(after.n, 2);
	ck_assert_mem_eq(&after.v[0], &before.v[0], sizeof before.v[0]);
	ck_assert_str_eq(after.v[1].id, "p2");
	ck_assert(!gt_pseudonym_keygen(at("a"), "p2", &err));
	ck_assert_int_eq(err.code, GT_E_KEY_EXISTS);
	put_file("k", "guantong-pseudonym-key p1 " HEX "\nguantong-pseudonym-key p1 " HEX "\n",
		0600);
	ck_assert(!gt_pseudonym_load(at("k"), &after, &err));
	ck_assert_int_eq(err.code, GT_E_PSEUDONYM_TWICE);
	for (int i = 0; i < 9; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			"guantong-pseudonym-key p%d " HEX "\n", i);
	put_file("k", text, 0600);
	ck_assert(!gt_pseudonym_load(at("k"), &after, &err));
	ck_assert_int_eq(err.code, GT_E_PSEUDONYM_MANY);
	folder_remove();
}
END_TEST

START_TEST(other_files_are_refused)
{
	static const char *const texts[] = {"", "\n", "guantong-pseudonym-key p1 " HEX "00\n",
		"guantong-pseudonym-key p1" HEX "\n", "guantong-pseudonym-key  " HEX "\n",
		"guantong-pseudonym-key P1 " HEX "\n",
		"guantong-pseudonym-key abcdefghijklmnop " HEX "\n",
		"guantong-pseudonym-key p1 z" HEX "\n", "-----BEGIN PRIVATE KEY-----\n"};
	struct gt_pseudonym_keys key = {.n = 0};
	struct gt_err err;

	folder_make();
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put_file("k", texts[i], 0600);
		ck_assert_msg(!gt_pseudonym_load(at("k"), &key, &err), "%s", texts[i]);
		ck_assert_int_eq(err.code, GT_E_PSEUDONYM_UNREADABLE);
		ck_assert_uint_eq(key.n, 0);
	}
	put_file("k", "guantong-pseudonym-key p1 " HEX "\r\n", 0600);
	ck_assert(gt_pseudonym_load(at("k"), &key, &err));
	ck_assert_uint_eq(key.v[0].key[31], 0x1f);
	put_file("k", "guantong-pseudonym-key p1 " HEX "\n", 0640);
	ck_assert(!gt_pseudonym_load(at("k"), &key, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_OPEN);
	ck_assert(!gt_pseudonym_load(at("gone"), &key, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
	folder_remove();
}
END_TEST

UNIT_MAIN("pseudonym", UNIT_TEST(what_is_made_can_be_loaded),
	UNIT_TEST(a_key_is_added_behind_the_others), UNIT_TEST(other_files_are_refused))
