/* Lines of listings as servers write them. */
#include "sftp.h"
#include "unit.h"

#include <stdio.h>

#define NOW INT64_C(1795711859) /* 2026-11-26 16:10:59 */

static const struct {
	const char *line,
		*shows; /* "size time coarse name"; "-" = nothing to take, "?" = strange */
	bool facts;
} cases[] = {{"-rw-r--r--    1 root     root            4 Nov 26 16:10 a.csv",
		     "4 1795709400 c a.csv", 0},
	{"-rw-r--r--    1 root     root            4 Nov 26 16:10 a.csv\r", "4 1795709400 c a.csv",
		0},
	{"-rw-r--r-- 1 0 0 1073741824 Dec 31 23:59 late", "1073741824 1767225540 c late", 0},
	{"-rw-r--r-- 1 0 0 7 Nov 27 10:00 in another zone", "7 1795773600 c in another zone", 0},
	{"-rw-r--r-- 1 a b 7 Feb  9  2024  two  spaces ", "7 1707436800 c  two  spaces ", 0},
	{"-rw-r--r--+ 1 domain users staff 7 Feb  9  2024 x", "7 1707436800 c x", 0},
	{"-rw-r--r-- 1 u g 7 2024-02-09 10:00 x", "7 1707472800 c x", 0},
	{"-rw-r--r-- 1 u g 7 2月 9日 2024 x", "7 1707436800 c x", 0},
	{"-rw-r--r-- 1 u g 7 12月 31 23:59 x", "7 1767225540 c x", 0},
	{"-rw-r--r-- 1 u g 7 Feb  9  2024 \xb6\xc1 1.csv", "7 1707436800 c \xb6\xc1 1.csv", 0},
	{"-rw-r--r-- 1 u g 7 Feb  9  2024 2 Jan 1 2023 x", "7 1707436800 c 2 Jan 1 2023 x", 0},
	{"drwxr-xr-x    2 root     root         4096 Nov 26 16:10 .", "-", 0},
	{"drwxr-xr-x    2 root     root         4096 Nov 26 16:10 done", "-", 0},
	{"lrwxrwxrwx    1 root     root            4 Nov 26 16:10 l -> a.csv", "-", 0},
	{"crw-rw-rw- 1 root root 1, 3 Nov 26 16:10 null", "-", 0}, {"total 12", "-", 0},
	{"", "-", 0}, {"-rw-r--r-- 1 u g 7 Feb  9  2024 ../x", "?", 0},
	{"-rw-r--r-- 1 u g 7 Feb  9  2024 a\x01", "?", 0}, {"-rw-r--r-- 1 u g 7 Feb", "?", 0},
	{"-rw-r--r-- 1 u g 99999999999999999999 Feb  9  2024 x", "?", 0},
	{"-rw-r--r-- 1 u g 7 Feb  9  2024 ", "?", 0}, {"hello", "?", 0},
	{"11-26-26  04:10PM                    4 my file.csv", "4 1795709400 c my file.csv", 0},
	{"02-09-2024  12:05AM  7 x", "7 1707437100 c x", 0},
	{"2024-02-09 10:00:01  7 x", "7 1707472801 c x", 0},
	{"11-26-26  04:10PM       <DIR>          done", "-", 0}, {"13-40-26  04:10PM  7 x", "?", 0},
	{"type=file;size=4;modify=20261126161059; a b.csv", "4 1795709459 f a b.csv", 1},
	{"Type=file;Size=4;Modify=20261126161059.123;UNIX.mode=0644; x", "4 1795709459 f x", 1},
	{"type=cdir;modify=20261126161059; .", "-", 1},
	{"type=dir;modify=20261126161059; done", "-", 1},
	{"type=OS.unix=slink:/etc/passwd;size=1;modify=20261126161059; l", "-", 1},
	{"type=file;size=4; x", "?", 1}, {"type=file;modify=20261126161059; x", "?", 1},
	{"size=4;modify=20261126161059; x", "?", 1}, {"type=file;size=4", "?", 1},
	{"type=file;size=4;modify=2026; x", "?", 1}};

START_TEST(reads_lines_of_many_servers)
{
	struct sftp_entry e = {0};
	char shown[512];
	enum sftp_line what =
		sftp_list_line(gt_cstr(cases[_i].line), cases[_i].facts, NOW - 2400, &e);
	if (what == SFTP_LINE_FILE)
		snprintf(shown, sizeof shown, "%llu %lld %s %.*s", (unsigned long long)e.size,
			(long long)e.mtime, e.coarse ? "c" : "f", GT_STR_ARGS(e.name));
	else
		snprintf(shown, sizeof shown, "%s", what == SFTP_LINE_OTHER ? "-" : "?");
	ck_assert_msg(strcmp(shown, cases[_i].shows) == 0, "%s: %s, not %s", cases[_i].line, shown,
		cases[_i].shows);
}
END_TEST

START_TEST(refuses_names_that_are_too_long)
{
	char line[512];
	struct sftp_entry e = {0};
	snprintf(line, sizeof line, "-rw-r--r-- 1 u g 7 Feb  9  2024 %0256d", 1);
	ck_assert_int_eq(sftp_list_line(gt_cstr(line), false, NOW, &e), SFTP_LINE_STRANGE);
}
END_TEST

UNIT_MAIN("sftp_list", UNIT_LOOP(reads_lines_of_many_servers, sizeof cases / sizeof *cases),
	UNIT_TEST(refuses_names_that_are_too_long))
