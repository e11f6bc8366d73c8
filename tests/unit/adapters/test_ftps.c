/* The sftp adapter against a real FTP server with TLS (tests/tools/ftps_rig.py). */
#include "sftp_pull.h"
#include "unit.h"

#include <stdlib.h>

static struct rig *ftps_init(struct pull *p, bool implicit, const char *ca, const char *more)
{
	pull_init(p, "");
	struct rig *rig = rig_start("ftps_rig.py", p->drop->path);
	p->adapter = &guantong_adapter_sftp;
	setenv("GT_TEST_PASSWORD", rig_value(rig, "password"), 1);
	sftp_options(p,
		"url: %s://127.0.0.1:%s/\nuser: %s\npassword: {env: GT_TEST_PASSWORD}\n"
		"ca: %s\nstable_for: 0 s\n%s",
		implicit ? "ftps" : "ftpes", rig_value(rig, implicit ? "implicit_port" : "port"),
		rig_value(rig, "user"), rig_value(rig, ca), more);
	return rig;
}

/* _i: 0 explicit TLS, 1 implicit TLS, 2 a server that knows no MLSD */
START_TEST(takes_files_and_moves_them)
{
	struct pull p;
	struct rig *rig = ftps_init(&p, _i == 1, "ca", "pattern: '*.txt'\n");
	if (_i == 2)
		rig_say(rig, "plain-list");
	put(&p, "\xb6\xc1\xca\xfd  1.txt", "1\n2\n", 0); /* 读数 in GB18030, two spaces */
	put(&p, "empty.txt", "", 1);
	put(&p, "other.csv", "x\n", 1);
	put(&p, "bad.txt", "!head\n", 90000);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "读数  1.txt|1|0|1|1", "读数  1.txt|2|2|2|2", NULL);
	/* pyftpdlib tells neither size nor time of such a name: it is given one that is surely
	 * free. */
	ck_assert(!drop_has(p.drop, "\xb6\xc1\xca\xfd  1.txt"));
	ck_assert_uint_eq(drop_count(p.drop, "done"), 2);
	ck_assert(drop_has(p.drop, "done/empty.txt") && drop_has(p.drop, "failed/bad.txt"));
	ck_assert(drop_has(p.drop, "other.csv"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(never_overwrites)
{
	struct pull p;
	struct rig *rig = ftps_init(&p, false, "ca", "");
	for (int i = 0; i < 4; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d\n", i % 3);
		put(&p, "data.txt", text, i * 90000);
		pull_start(&p, NULL);
		pull_all(&p);
	}
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 4);
	ck_assert(drop_has(p.drop, "done/data.4355a46b19d348dc.txt"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(trusts_only_a_certificate_that_somebody_vouches_for)
{
	struct pull p;
	char path[128];
	struct rig *rig = ftps_init(&p, _i, "other_ca", "");
	sftp_errs(&p, GT_E_SFTP_TLS, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 0);
	snprintf(path, sizeof path, "%s/no.pem", rig->folder);
	FILE *f = fopen(path, "w");
	ck_assert(f && fputs("no certificate\n", f) >= 0 && fclose(f) == 0);
	sftp_options(&p,
		"url: ftpes://127.0.0.1:%s/\nuser: u\npassword: {env: GT_TEST_PASSWORD}\nca: %s\n",
		rig_value(rig, "port"), path);
	sftp_errs(&p, GT_E_SFTP_CA, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(says_what_is_wrong_with_the_login)
{
	struct pull p;
	struct rig *rig = ftps_init(&p, false, "ca", "");
	setenv("GT_TEST_PASSWORD", "wrong", 1);
	sftp_errs(&p, GT_E_SFTP_LOGIN, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(an_account_that_may_only_read_is_told)
{
	struct pull p;
	struct gt_err err = {0};
	struct rig *rig = ftps_init(&p, false, "ca", "");
	put(&p, "a.txt", "1\n", 0);
	rig_say(rig, "read-only");
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
	ck_assert_int_eq(err.code, GT_E_SFTP_DENIED);
	ck_assert_int_eq(err.class, GT_CONFIG);
	rig_say(rig, "read-write");
	pull_start(&p, &step);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_transfer_that_breaks_off_loses_and_doubles_nothing)
{
	struct pull p;
	static char text[400000];
	memset(text, '\n', sizeof text);
	struct rig *rig = ftps_init(&p, false, "ca", "");
	drop_put(p.drop, "a.txt", gt_str(text, sizeof text), 0);
	rig_say(rig, "cut 100000"); /* the list is shorter, the file is not */
	pull_start(&p, NULL);
	ck_assert_uint_eq(sftp_persist(&p, GT_E_SFTP_TRANSPORT), 1);
	ck_assert_uint_eq(p.world.row_count, sizeof text);
	sftp_fini(&p, rig);
}
END_TEST

UNIT_MAIN("ftps", UNIT_LOOP(takes_files_and_moves_them, 3), UNIT_TEST(never_overwrites),
	UNIT_LOOP(trusts_only_a_certificate_that_somebody_vouches_for, 2),
	UNIT_TEST(says_what_is_wrong_with_the_login),
	UNIT_TEST(an_account_that_may_only_read_is_told),
	UNIT_TEST(a_transfer_that_breaks_off_loses_and_doubles_nothing))
