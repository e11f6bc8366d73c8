#include "buf.h"
#include "io.h"
#include "journal.h"
#include "leaf.h"
#include "said.h"
#include "unit.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128];
static struct gt_err err;

static void setup(void)
{
	strcpy(folder, "/tmp/gt-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/jgsw.wuchang.0.jsonl", folder);
}

static size_t count_files(bool remove)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		if (remove)
			unlinkat(dirfd(dir), entry->d_name, 0);
		n++;
	}
	closedir(dir);
	return n;
}

static void teardown(void)
{
	count_files(true);
	rmdir(folder);
}

static struct gt_journal *open_journal(const char *cluster, bool *foreign)
{
	struct gt_journal *journal = gt_journal_open(folder, GT_LIT("jgsw.wuchang.0"),
		gt_cstr(cluster), GT_LIT("topic-id"), foreign, &err);

	ck_assert_ptr_nonnull(journal);
	return journal;
}

static void append(struct gt_journal *journal, uint64_t number)
{
	char value[64];

	snprintf(value, sizeof value, "{\"manifest\":1,\"number\":%llu}",
		(unsigned long long)number);
	ck_assert(gt_journal_append(journal, number, gt_cstr(value), &err));
}

static void tear(const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static off_t size_of(void)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_size;
}

START_TEST(remembers_the_last_manifest)
{
	struct gt_hasher *hasher = gt_hasher_new();
	struct gt_journal *journal;
	unsigned char hash[32], expected[32];
	uint64_t number;
	bool foreign;

	setup();
	journal = open_journal("c1", &foreign);
	ck_assert(!foreign);
	ck_assert(!gt_journal_last(journal, &number, hash));
	append(journal, 7);
	append(journal, 8);
	ck_assert(gt_journal_last(journal, &number, hash));
	ck_assert_uint_eq(number, 8);
	gt_sha256(hasher, GT_LIT("{\"manifest\":1,\"number\":8}"), expected);
	ck_assert_mem_eq(hash, expected, 32);
	gt_journal_close(journal);
	journal = open_journal("c1", &foreign);
	ck_assert(!foreign);
	ck_assert(gt_journal_last(journal, &number, hash));
	ck_assert_uint_eq(number, 8);
	ck_assert_mem_eq(hash, expected, 32);
	append(journal, 9);
	gt_journal_close(journal);
	gt_hasher_free(hasher);
	teardown();
}
END_TEST

START_TEST(refuses_a_gap)
{
	struct gt_journal *journal;
	bool foreign;

	setup();
	journal = open_journal("c1", &foreign);
	append(journal, 1);
	ck_assert(!gt_journal_append(journal, 3, GT_LIT("{\"number\":3}"), &err));
	ck_assert_int_eq(err.code, GT_E_JOURNAL_GAP);
	append(journal, 2);
	gt_journal_close(journal);
	teardown();
}
END_TEST

/* What a crash can leave behind: part of a line; zeros; a line of rubbish; a line over blocks. */
START_TEST(cuts_off_a_torn_tail)
{
	static char large[200000];
	const struct gt_str tails[] = {GT_LIT("{\"manifest\":1,\"num"), gt_str(large, 4096),
		GT_LIT("rubbish\n{\"manifest\":1"), GT_LIT("\n"), GT_LIT("{}\n"),
		gt_str(large, sizeof large)};
	struct gt_journal *journal;
	unsigned char hash[32];
	uint64_t number;
	bool foreign;

	setup();
	journal = open_journal("c1", &foreign);
	append(journal, 1);
	append(journal, 2);
	gt_journal_close(journal);
	said_start();
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		off_t whole = size_of();

		ck_assert_int_eq(said(GT_E_JOURNAL_TORN), i > 0);
		tear(tails[i].p, tails[i].n);
		journal = open_journal("c1", &foreign);
		ck_assert(gt_journal_last(journal, &number, hash));
		ck_assert_uint_eq(number, 2 + i);
		ck_assert_int_eq(size_of(), whole);
		append(journal, 3 + i);
		gt_journal_close(journal);
	}
	said_stop();
	teardown();
}
END_TEST

START_TEST(begins_again_behind_a_torn_head)
{
	struct gt_journal *journal;
	unsigned char hash[32];
	uint64_t number;
	bool foreign;

	setup();
	journal = open_journal("c1", &foreign);
	gt_journal_close(journal);

	off_t whole = size_of();

	ck_assert_int_eq(truncate(path, whole / 2), 0);
	journal = open_journal("c1", &foreign);
	ck_assert(!foreign);
	ck_assert(!gt_journal_last(journal, &number, hash));
	ck_assert_int_eq(size_of(), whole);
	gt_journal_close(journal);
	teardown();
}
END_TEST

START_TEST(sets_another_cluster_s_aside)
{
	struct gt_journal *journal;
	unsigned char hash[32];
	uint64_t number;
	bool foreign;

	setup();
	journal = open_journal("c1", &foreign);
	append(journal, 1);
	gt_journal_close(journal);
	journal = open_journal("c2", &foreign);
	ck_assert(foreign);
	ck_assert(!gt_journal_last(journal, &number, hash));
	append(journal, 1);
	gt_journal_close(journal);
	ck_assert_uint_eq(count_files(false), 2);
	teardown();
}
END_TEST

START_TEST(long_lines)
{
	static char value[3 << 20];
	struct gt_journal *journal;
	unsigned char hash[32];
	uint64_t number;
	bool foreign;
	size_t n;

	setup();
	n = (size_t)snprintf(value, sizeof value, "{\"number\":1,\"x\":\"");
	memset(value + n, 'x', sizeof value - n);
	memcpy(value + sizeof value - 2, "\"}", 2);
	journal = open_journal("c1", &foreign);
	ck_assert(gt_journal_append(journal, 1, gt_str(value, sizeof value), &err));
	gt_journal_close(journal);
	journal = open_journal("c1", &foreign);
	ck_assert(gt_journal_last(journal, &number, hash));
	ck_assert_uint_eq(number, 1);
	gt_journal_close(journal);
	teardown();
}
END_TEST

START_TEST(says_what_is_wrong_with_the_folder)
{
	bool foreign;

	ck_assert_ptr_null(gt_journal_open(
		"/nonexistent", GT_LIT("a.b.0"), GT_LIT("c"), GT_LIT("t"), &foreign, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_MISSING);
}
END_TEST

UNIT_MAIN("journal", UNIT_TEST(remembers_the_last_manifest), UNIT_TEST(refuses_a_gap),
	UNIT_TEST(cuts_off_a_torn_tail), UNIT_TEST(begins_again_behind_a_torn_head),
	UNIT_TEST(sets_another_cluster_s_aside), UNIT_TEST(long_lines),
	UNIT_TEST(says_what_is_wrong_with_the_folder))
