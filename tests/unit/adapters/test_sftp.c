/* The sftp adapter against a real OpenSSH server (tests/tools/sftp_rig.py). */
#include "sftp_pull.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool disk_full;

/* fstatvfs() is called that where offsets have 64 bits. */
int __real_fstatvfs64(int, struct statvfs *);
int __wrap_fstatvfs64(int, struct statvfs *);
int __wrap_fstatvfs64(int fd, struct statvfs *disk)
{
	int answer = __real_fstatvfs64(fd, disk);
	if (disk_full)
		disk->f_bavail = 0;
	return answer;
}

START_TEST(takes_files_by_time_and_name_and_moves_them)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "b.txt", "2\n", 86400 * 30);
	put(&p, "z.txt", "1", 0);
	put(&p, "empty.txt", "", 86400);
	put(&p, "a \"b\" 'c' \\d.txt", "3\n4\n", 86400 * 60);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "z.txt|1|0|1|1", "b.txt|1|0|2|2", "a \"b\" 'c' \\d.txt|1|0|3|3",
		"a \"b\" 'c' \\d.txt|2|2|4|4", NULL);
	ck_assert_int_eq(p.world.files, 4);
	ck_assert_int_eq(p.world.bytes, 7);
	ck_assert_uint_eq(drop_count(p.drop, ""), 0);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 4);
	ck_assert_uint_eq(p.h.declared, 0);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(names_and_rows_may_be_gb18030)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "pattern: 读数*.csv\n");
	static const char *const fields[] = {"表", NULL};
	struct gt_err err = {0};
	p.format = &guantong_format_csv;
	put(&p, "\xb6\xc1\xca\xfd 1.csv", "\xb1\xed\n\xb6\xc1\n", 0); /* 读数 1, 表, 读 */
	put(&p, "\xff.csv", "x\n1\n", 0);
	harness_init(&p.h, &p.world, p.adapter, p.format, p.options, NULL, fields);
	p.open = true;
	pull_good(harness_open(&p.h, gt_str(NULL, 0), &err), &err);
	pull_all(&p);
	pull_rows(&p, "读数 1.csv|1|3|\xb6\xc1|读", NULL);
	ck_assert(drop_has(p.drop, "done/\xb6\xc1\xca\xfd 1.csv"));
	ck_assert(drop_has(p.drop, "\xff.csv"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(trusts_no_key_because_it_is_new)
{
	struct pull p;
	char text[1024];
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "");
	const char *port = rig_value(rig, "port"), *user = rig_value(rig, "user");
	char base[1024];
	put(&p, "a.txt", "1\n", 0);
	snprintf(base, sizeof base, "url: sftp://127.0.0.1:%s%s\nuser: %s\nkey: %s/client\n", port,
		p.drop->path, user, rig->folder);
	sftp_options(&p, "%s", base);
	harness_init(&p.h, &p.world, p.adapter, p.format, p.options, NULL, pull_fields);
	p.open = true;
	ck_assert(harness_open(&p.h, gt_str(NULL, 0), &err));
	while (harness_poll(&p.h, harness_limits, &err).result == GT_POLL_WAIT)
		harness_wait(&p.h);
	ck_assert_int_eq(err.code, GT_E_SFTP_HOST_UNKNOWN);
	gt_err_sentence_in(&err, GT_EN, text, sizeof text); /* it shows what to compare and pin */
	ck_assert_ptr_nonnull(strstr(text, rig_value(rig, "host_key")));
	ck_assert_ptr_nonnull(strstr(text, "ED25519"));
	sftp_options(&p, "%shost_key: SHA256:%043d\n", base, 0);
	sftp_errs(&p, GT_E_SFTP_HOST_CHANGED, GT_CONFIG);
	sftp_options(&p, "%sknown_hosts: %s/client.pub\n", base, rig->folder);
	sftp_errs(&p, GT_E_SFTP_HOST_UNKNOWN, GT_CONFIG);
	sftp_options(&p, "%sstable_for: 0 s\nhost_key: [SHA256:%043d, %s]\n", base, 0,
		rig_value(rig, "host_key"));
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_host_with_another_key_than_the_known_one_is_refused)
{
	struct pull p;
	char path[128], public[512] = "";
	struct rig *rig = sftp_init(&p, "");
	snprintf(path, sizeof path, "%s/stranger.pub", rig->folder);
	FILE *f = fopen(path, "r");
	ck_assert(f && fgets(public, sizeof public, f));
	fclose(f);
	f = fopen(rig_value(rig, "known_hosts"), "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "[127.0.0.1]:%s %s", rig_value(rig, "port"), public);
	fclose(f);
	sftp_errs(&p, GT_E_SFTP_HOST_CHANGED, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(says_what_is_wrong_with_the_login)
{
	struct pull p;
	char base[512], path[128];
	struct rig *rig = sftp_init(&p, "");
	snprintf(base, sizeof base,
		"url: sftp://127.0.0.1:%s%s\nuser: %s\nknown_hosts: %s/known_hosts\nstable_for: 0 "
		"s\n",
		rig_value(rig, "port"), p.drop->path, rig_value(rig, "user"), rig->folder);
	put(&p, "a.txt", "1\n", 0);
	sftp_options(&p, "%skey: %s/stranger\n", base, rig->folder);
	sftp_errs(&p, GT_E_SFTP_LOGIN, GT_CONFIG);
	rig_say(rig, "key rsa rsa");
	sftp_options(&p, "%skey: %s/rsa\n", base, rig->folder);
	sftp_errs(&p, GT_E_SFTP_RSA, GT_CONFIG);
	sftp_options(&p, "%s", base);
	sftp_errs(&p, GT_E_SFTP_CREDENTIALS, GT_CONFIG);
	rig_say(rig, "key locked ed25519 open sesame");
	setenv("GT_TEST_PASSPHRASE", "wrong", 1);
	sftp_options(
		&p, "%skey: %s/locked\npassphrase: {env: GT_TEST_PASSPHRASE}\n", base, rig->folder);
	sftp_errs(&p, GT_E_SFTP_KEY_FILE, GT_CONFIG);
	setenv("GT_TEST_PASSPHRASE", "open sesame", 1);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	snprintf(path, sizeof path, "%s/client", rig->folder);
	ck_assert_int_eq(chmod(path, 0640), 0);
	sftp_options(&p, "%skey: %s/client\n", base, rig->folder);
	sftp_errs(&p, GT_E_SFTP_KEY_OPEN, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

/* Random bytes: neither SSH nor a proxy makes them fewer. */
static size_t fill(const struct pull *p, const char *name, size_t rows)
{
	char *text = malloc(rows * 64);
	size_t n = 0;
	unsigned seed = 7;
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < rows; i++)
		n += (size_t)sprintf(text + n, "%zu %08x%08x%08x\n", i, rand_r(&seed),
			rand_r(&seed), rand_r(&seed));
	drop_put(p->drop, name, gt_str(text, n), 0);
	free(text);
	return n;
}

START_TEST(a_connection_lost_half_way_loses_and_doubles_nothing)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "first\n", 0);
	fill(&p, "b.txt", 20000);
	pull_start(&p, NULL);
	rig_say(rig, "cut 200000");
	size_t errors = sftp_persist(&p, GT_E_SFTP_TRANSPORT);
	ck_assert_uint_ge(errors, 1);
	ck_assert_uint_eq(p.world.row_count, 20001);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 2);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "timeout: 1 s\n");
	rig_say(rig, "stall");
	sftp_errs(&p, GT_E_SFTP_TIMEOUT, GT_RETRY);
	rig_say(rig, "pass");
	sftp_fini(&p, rig);
}
END_TEST

/* Between commit and rename: cut, or the process died. */
START_TEST(a_move_that_was_cut_off_is_made_up_for)
{
	struct pull p;
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	ck_assert_uint_eq(step.rows, 1);
	rig_say(rig, "cut 10");
	ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
	ck_assert_int_eq(err.code, GT_E_SFTP_TRANSPORT);
	ck_assert_int_eq(err.class, GT_RETRY);
	ck_assert(drop_has(p.drop, "a.txt"));
	pull_start(&p, &step);
	ck_assert(drop_has(p.drop, "done/a.txt") && !drop_has(p.drop, "a.txt"));
	pull_commit(&p, &step); /* and once more */
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(what_was_taken_is_not_fetched_again_to_be_recognised)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "b.txt", "2\n", 90000);
	pull_start(&p, NULL);
	(void)sftp_poll(&p, 10);
	struct step second = sftp_poll(&p, 10);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_start(&p, &second); /* it died before it moved the first one */
	ck_assert(drop_has(p.drop, "a.txt") && drop_has(p.drop, "done/b.txt"));
	pull_all(&p);
	ck_assert_uint_eq(sftp_self(&p)->size, 0); /* nothing was fetched */
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_AGAIN), 1);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_commit_moves_only_what_was_taken)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	put(&p, "a.txt", "2\n", 1); /* same size, a second later: the list does not show it */
	pull_start(&p, &step);
	ck_assert(drop_has(p.drop, "a.txt") && drop_count(p.drop, "done") == 0);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_LEFT), 1);
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "a.txt|1|0|2|2", NULL);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_file_that_changes_while_it_is_fetched_is_not_taken)
{
	struct pull p;
	struct gt_err err = {0};
	char path[256], other[256];
	struct gt_limits now = harness_limits;
	struct rig *rig = sftp_init(&p, "");
	static char long_text[8u << 20]; /* not fetched in one step */
	memset(long_text, '\n', sizeof long_text);
	drop_put(p.drop, "a.txt", gt_str(long_text, sizeof long_text), 0);
	pull_start(&p, NULL);
	now.deadline_us = 1; /* one step at a time */
	while (sftp_self(&p)->step != SFTP_GET) {
		enum gt_poll got = harness_poll(&p.h, now, &err).result;
		ck_assert(got == GT_POLL_WAIT || got == GT_POLL_MORE);
		if (got == GT_POLL_WAIT)
			harness_wait(&p.h);
	}
	put(&p, ".new", _i ? "5\n" : "1\n2\n", 77); /* replaced, or grown */
	snprintf(path, sizeof path, "%s/a.txt", p.drop->path);
	snprintf(other, sizeof other, "%s/.new", p.drop->path);
	ck_assert_int_eq(rename(other, path), 0);
	struct step step;
	do {
		step = harness_poll(&p.h, harness_limits, &err);
		if (step.result == GT_POLL_WAIT)
			harness_wait(&p.h);
	} while (step.result == GT_POLL_WAIT || step.result == GT_POLL_MORE);
	ck_assert_int_eq(step.result, GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_FILE_CHANGED);
	ck_assert_uint_eq(p.world.row_count, 0);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, _i ? 1 : 2);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(goes_on_in_the_middle_of_a_file)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n2\n3\n", 0);
	pull_start(&p, NULL);
	struct step first = sftp_poll(&p, 2);
	ck_assert_uint_eq(first.rows, 2);
	pull_start(&p, &first);
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "a.txt|2|2|2|2", "a.txt|3|4|3|3", NULL);
	put(&p, "a.txt", "4\n5\n6\n", 0);
	struct step second = sftp_poll(&p, 2);
	char path[256];
	snprintf(path, sizeof path, "%s/a.txt", p.drop->path);
	ck_assert_int_eq(remove(path), 0);
	pull_start(&p, &second);
	pull_all(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_GONE), 1);
	put(&p, "a.txt", "7\n8\n9\n", 0);
	second = sftp_poll(&p, 2);
	put(&p, "a.txt", "x\n", 0);
	pull_start(&p, &second);
	pull_all(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_REPLACED), 1);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(an_account_that_may_only_read_keeps_files_where_they_are)
{
	struct pull p;
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "");
#define READ_ONLY "url: sftp://127.0.0.1:%s%s\nuser: %s\n" KNOWN "after: %s\n"
	const char *port = rig_value(rig, "readonly_port"), *user = rig_value(rig, "user");
	put(&p, "a.txt", "1\n", 0);
	sftp_options(&p, READ_ONLY, port, p.drop->path, user, rig->folder, rig->folder, "move");
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
	ck_assert_int_eq(err.code, GT_E_SFTP_DENIED);
	ck_assert_int_eq(err.class, GT_CONFIG);
	sftp_options(&p, READ_ONLY, port, p.drop->path, user, rig->folder, rig->folder, "keep");
	pull_start(&p, &step);
	put(&p, "b.txt", "2\n!stop\n", 90000);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_SFTP_UNREADABLE), 1);
	pull_start(&p, NULL); /* even without a cursor */
	pull_all(&p);
	ck_assert_uint_eq(sftp_self(&p)->size, 0);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_uint_eq(drop_count(p.drop, ""), 2);
	put(&p, "b.txt", "3\n", 180000);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_SFTP_UNREADABLE), 1);
	sftp_fini(&p, rig);
}
END_TEST

/* A list tells times to the minute: with after: keep a fresh file is not taken until a change of it
 * would show. */
START_TEST(a_file_that_stays_must_have_settled)
{
	struct pull p;
	char path[256];
	struct rig *rig = sftp_init(&p, "after: keep\ncomplete: rename\n");
	put(&p, "old.txt", "1\n", 0);
	put(&p, "new.txt", "2\n", 0);
	snprintf(path, sizeof path, "%s/new.txt", p.drop->path);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, NULL, 0), 0);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	ck_assert_uint_eq(step.rows, 1);
	do
		step = pull_poll(&p, 10);
	while (step.result == GT_POLL_MORE || sftp_self(&p)->step != SFTP_IDLE);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_int_eq(step.result, GT_POLL_WAIT);
	ck_assert_int_gt(step.wait_deadline_us, gt_host_monotonic_us() + 30000000);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(waits_until_a_file_is_stable)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	sftp_options(&p,
		"url: sftp://127.0.0.1:%s%s\nuser: %s\n"
		"known_hosts: %s/known_hosts\nkey: %s/client\nstable_for: 400 ms\n",
		rig_value(rig, "port"), p.drop->path, rig_value(rig, "user"), rig->folder,
		rig->folder);
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	while (sftp_self(&p)->drop.list.n == 0) {
		ck_assert_int_eq(pull_poll(&p, 10).result, GT_POLL_WAIT);
		harness_wait(&p.h);
	}
	put(&p, "a.txt", "1\n2\n", 0); /* it grows while it is listed */
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "a.txt|2|2|2|2", NULL);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(moves_markers_and_unreadable_files)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "complete: marker\n");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "b.txt", "2\n", 1);
	put(&p, "b.txt.ok", "", 2);
	put(&p, "c.txt", "!head\n", 3);
	put(&p, "c.txt.done", "", 3);
	pull_start(&p, NULL);
	pull_all(&p);
	pull_rows(&p, "b.txt|1|0|2|2", NULL);
	ck_assert(drop_has(p.drop, "done/b.txt") && drop_has(p.drop, "done/b.txt.ok"));
	ck_assert(drop_has(p.drop, "failed/c.txt") && drop_has(p.drop, "failed/c.txt.done"));
	ck_assert(drop_has(p.drop, "a.txt"));
	ck_assert_uint_eq(world_notes(&p.world, GT_E_FILE_UNREADABLE), 1);
	put(&p, "b.txt", "3\n", 4); /* the second of its name, marker and all */
	put(&p, "b.txt.ok", "", 4);
	pull_all(&p);
	put(&p, "b.txt", "4\n", 5);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 2); /* no marker was left alone */
	ck_assert(drop_has(p.drop, "done/b.1121cfccd5913f0a.txt"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(keeps_files_of_one_name)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	for (int i = 0; i < 4; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d\n", i % 3);
		put(&p, "data.txt", text, i * 90000);
		pull_start(&p, NULL);
		pull_all(&p);
	}
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 4);
	ck_assert(drop_has(p.drop, "done/data.4355a46b19d348dc.txt")); /* sha256("1\n") */
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(tells_of_wrong_addresses)
{
	static const struct {
		const char *url;
		enum gt_code code;
		enum gt_class class;
	} cases[] = {{"ftp://127.0.0.1/in", GT_E_SFTP_URL, GT_CONFIG},
		{"sftp://me:pw@127.0.0.1/in", GT_E_SFTP_URL, GT_CONFIG},
		{"sftp:///in/in", GT_E_SFTP_URL, GT_CONFIG},
		{"sftp://127.0.0.1/%zz", GT_E_SFTP_URL, GT_CONFIG},
		{"sftp://127.0.0.1/a%0Ab", GT_E_SFTP_URL, GT_CONFIG},
		{"sftp://169.254.169.254/in", GT_E_SFTP_ADDRESS, GT_CONFIG},
		{"sftp://[fe80::1]/in", GT_E_SFTP_ADDRESS, GT_CONFIG},
		{"sftp://[::ffff:169.254.1.1]/in", GT_E_SFTP_ADDRESS, GT_CONFIG},
		{"sftp://0.0.0.0/in", GT_E_SFTP_ADDRESS, GT_CONFIG},
		{"sftp://2130706433/in", GT_E_SFTP_ADDRESS, GT_CONFIG}, /* 127.0.0.1 in disguise */
		{"ftps://169.254.169.254/in", GT_E_SFTP_ADDRESS, GT_CONFIG},
		{"sftp://nowhere.invalid/in", GT_E_SFTP_RESOLVE, GT_RETRY},
		{"sftp://127.0.0.1:1/in", GT_E_SFTP_CONNECT, GT_RETRY}};
	struct pull p;
	pull_init(&p, "");
	p.adapter = &guantong_adapter_sftp;
	setenv("GT_TEST_PASSWORD", "s3cret", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sftp_options(&p, "url: \"%s\"\nuser: u\npassword: {env: GT_TEST_PASSWORD}\n",
			cases[i].url);
		sftp_errs(&p, cases[i].code, cases[i].class);
	}
	pull_fini(&p);
}
END_TEST

START_TEST(tells_of_a_folder_that_is_not_there)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	sftp_options(&p, "url: sftp://127.0.0.1:%s/nowhere/at/all\nuser: %s\n" KNOWN,
		rig_value(rig, "port"), rig_value(rig, "user"), rig->folder, rig->folder);
	sftp_errs(&p, GT_E_SFTP_GONE, GT_RETRY);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(needs_room_for_the_file_at_hand)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n", 0);
	disk_full = true;
	sftp_errs(&p, GT_E_SFTP_SPOOL_FULL, GT_RETRY);
	disk_full = false;
	strcat(p.options, "spool: /proc\n");
	sftp_errs(&p, GT_E_SFTP_SPOOL, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(leaves_files_that_are_too_large_and_links)
{
	struct pull p;
	char path[256];
	struct rig *rig = sftp_init(&p, "max_size: 10\n");
	put(&p, "large.txt", "12345678901\n", 0);
	put(&p, "small.txt", "1\n", 1);
	snprintf(path, sizeof path, "%s/link.txt", p.drop->path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof path, "%s/folder.txt", p.drop->path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert(drop_has(p.drop, "large.txt") && drop_has(p.drop, "link.txt"));
	ck_assert_uint_ge(world_notes(&p.world, GT_E_FILE_OVERSIZE), 1);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(bounds_the_listing)
{
	struct pull p;
	char name[512];
	struct rig *rig = sftp_init(&p, "");
	for (int i = 0; i < 18000; i++) {
		snprintf(name, sizeof name, "%s/%0200d", p.drop->path, i);
		int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	sftp_errs(&p, GT_E_SFTP_LIST_LONG, GT_CONFIG);
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(tells_of_lines_that_it_does_not_understand)
{
	static const char list[] = "total 3\n-rw-r--r-- 1 u g 2 Nov 26 2024 a.txt\n-rw what\nhm\n";
	struct pull p;
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "");
	pull_start(&p, NULL);
	struct sftp *s = sftp_self(&p);
	s->listing.p = strdup(list);
	s->listing.n = sizeof list - 1;
	ck_assert(sftp_list_take(s, &err));
	ck_assert_uint_eq(s->drop.list.n, 1);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_SFTP_LISTING), 1);
	ck_assert_str_eq(gt_err_arg(&p.world.notes[0], 2), "2");
	ck_assert_str_eq(gt_err_arg(&p.world.notes[0], 3), "-rw what");
	sftp_fini(&p, rig);
}
END_TEST

static bool see(void *arg, const struct gt_found *found)
{
	char *text = arg;
	size_t n = strlen(text);
	snprintf(text + n, 512 - n, "%.*s(%zu) ", GT_STR_ARGS(found->name), found->field_count);
	return true;
}

START_TEST(looks_without_taking)
{
	struct pull p;
	char text[512] = "", found[512];
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "");
	fill(&p, "big.txt", 20000);
	put(&p, "bad.txt", "!head\n", 90000);
	pull_start(&p, NULL);
	ck_assert(p.adapter->probe(p.h.self, found, sizeof found, &err));
	ck_assert_ptr_nonnull(strstr(found, ": 2 × *"));
	ck_assert(p.adapter->discover(p.h.self, see, text, &err));
	ck_assert_str_eq(text, "big.txt(2) ");
	ck_assert_uint_eq(p.world.note_count, 1);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 20000);
	sftp_fini(&p, rig);
}
END_TEST

UNIT_MAIN("sftp", UNIT_TEST(takes_files_by_time_and_name_and_moves_them),
	UNIT_TEST(names_and_rows_may_be_gb18030), UNIT_TEST(trusts_no_key_because_it_is_new),
	UNIT_TEST(a_host_with_another_key_than_the_known_one_is_refused),
	UNIT_TEST(says_what_is_wrong_with_the_login),
	UNIT_TEST(a_connection_lost_half_way_loses_and_doubles_nothing),
	UNIT_TEST(a_silent_server_is_given_up), UNIT_TEST(a_move_that_was_cut_off_is_made_up_for),
	UNIT_TEST(what_was_taken_is_not_fetched_again_to_be_recognised),
	UNIT_TEST(a_commit_moves_only_what_was_taken),
	UNIT_LOOP(a_file_that_changes_while_it_is_fetched_is_not_taken, 2),
	UNIT_TEST(goes_on_in_the_middle_of_a_file),
	UNIT_TEST(an_account_that_may_only_read_keeps_files_where_they_are),
	UNIT_TEST(a_file_that_stays_must_have_settled), UNIT_TEST(waits_until_a_file_is_stable),
	UNIT_TEST(moves_markers_and_unreadable_files), UNIT_TEST(keeps_files_of_one_name),
	UNIT_TEST(tells_of_wrong_addresses), UNIT_TEST(tells_of_a_folder_that_is_not_there),
	UNIT_TEST(needs_room_for_the_file_at_hand),
	UNIT_TEST(leaves_files_that_are_too_large_and_links), UNIT_TEST(bounds_the_listing),
	UNIT_TEST(tells_of_lines_that_it_does_not_understand), UNIT_TEST(looks_without_taking))
