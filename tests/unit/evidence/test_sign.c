#include "buf.h"
#include "io.h"
#include "sign.h"
#include "unit.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96], public_path[100];

static void setup(void)
{
	strcpy(folder, "/tmp/gt-sign-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/site.key", folder);
	snprintf(public_path, sizeof public_path, "%s.pub", path);
}

static void teardown(void)
{
	unlink(path);
	unlink(public_path);
	rmdir(folder);
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(name, &st), 0);
	return st.st_mode & 0777;
}

START_TEST(a_made_key_signs_and_verifies)
{
	struct gt_err err;
	struct gt_buf pem;
	char id[17];
	unsigned char signature[64];

	setup();
	ck_assert(gt_keygen(path, id, &err));
	ck_assert_uint_eq(mode_of(path), 0600);
	ck_assert_uint_eq(mode_of(public_path), 0644);

	struct gt_signer *signer = gt_signer_load(path, &err);

	ck_assert_ptr_nonnull(signer);
	ck_assert_str_eq(gt_signer_key_id(signer), id);
	ck_assert_uint_eq(strlen(id), 16);
	gt_buf_init(&pem, 4096);
	ck_assert(gt_file_read(public_path, &pem, &err));
	for (int i = 0; i < 3; i++) {
		struct gt_str bytes = gt_str("a manifest", (size_t)(8 + i));

		ck_assert(gt_signer_sign(signer, bytes, signature));
		ck_assert(gt_verify(gt_buf_str(&pem), bytes, signature));
		ck_assert(!gt_verify(gt_buf_str(&pem), GT_LIT("another one"), signature));
		signature[5] ^= 1;
		ck_assert(!gt_verify(gt_buf_str(&pem), bytes, signature));
	}
	ck_assert(!gt_verify(GT_LIT("no PEM"), GT_LIT("x"), signature));
	ck_assert(!gt_verify(GT_LIT(""), GT_LIT("x"), signature));
	gt_buf_fini(&pem);
	gt_signer_free(signer);
	teardown();
}
END_TEST

START_TEST(a_key_is_never_overwritten)
{
	struct gt_err err;
	struct gt_buf before, after;
	char id[17];

	setup();
	ck_assert(gt_keygen(path, id, &err));
	gt_buf_init(&before, 4096);
	gt_buf_init(&after, 4096);
	ck_assert(gt_file_read(path, &before, &err));
	ck_assert(!gt_keygen(path, id, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_EXISTS);
	/* Nor its public half; and no private one is left behind alone. */
	unlink(path);
	ck_assert(!gt_keygen(path, id, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_EXISTS);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert(!gt_file_read(path, &after, &err));
	gt_buf_fini(&before);
	gt_buf_fini(&after);
	teardown();
}
END_TEST

START_TEST(refuses_an_open_or_a_wrong_key)
{
	/* An RSA key would do as well; this is an EC one (prime256v1), made for this test. */
	static const char other[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCyUMZIj4aC0a+Kq9\n"
		"b/BRm2GhtVo3bMV85wCjRkR5O1WhRANCAAQDj9CbIv807pbHo4KavfRUjqTUcVtb\n"
		"yvuHzJa08nfzyPb5aYWJJpnYSCTxHyEN4gZFL8biqk7v2y+LAP/swTo1\n"
		"-----END PRIVATE KEY-----\n";
	struct gt_err err;
	char id[17];

	setup();
	ck_assert_ptr_null(gt_signer_load(path, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
	ck_assert(gt_keygen(path, id, &err));
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_ptr_null(gt_signer_load(path, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_OPEN);
	ck_assert(gt_file_replace(path, GT_LIT("not a key\n"), 0600, &err));
	ck_assert_ptr_null(gt_signer_load(path, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_UNREADABLE);
	ck_assert(gt_file_replace(path, gt_cstr(other), 0600, &err));
	ck_assert_ptr_null(gt_signer_load(path, &err));
	ck_assert_int_eq(err.code, GT_E_KEY_TYPE);
	teardown();
}
END_TEST

START_TEST(says_where_a_key_cannot_be_written)
{
	struct gt_err err;
	char id[17];

	ck_assert(!gt_keygen("/nonexistent/site.key", id, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_WRITE);
}
END_TEST

UNIT_MAIN("sign", UNIT_TEST(a_made_key_signs_and_verifies), UNIT_TEST(a_key_is_never_overwritten),
	UNIT_TEST(refuses_an_open_or_a_wrong_key), UNIT_TEST(says_where_a_key_cannot_be_written))
