#include "log.h"
#include "unit.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static char captured[65536];

/* Everything written to stderr while `run` runs. */
static const char *capture(void (*run)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	dup2(fileno(file), STDERR_FILENO);
	run();
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	captured[fread(captured, 1, sizeof captured - 1, file)] = '\0';
	fclose(file);
	return captured;
}

static void one_of_each(void)
{
	gt_log_say(GT_LOG_WARNING, GT_LIT("cars/trips"), GT_E_FILE_MISSING, "a\nb");
	gt_log_say(GT_LOG_INFO, gt_cstr(NULL), GT_E_FILE_READ, "x", "y");
	gt_log_say(GT_LOG_DEBUG, gt_cstr(NULL), GT_E_FILE_MISSING, "never");
}

START_TEST(one_line_per_event)
{
	gt_log_setup(GT_LOG_INFO, false);

	const char *text = capture(one_of_each), *second = strchr(text, '\n') + 1;

	/* "2024-03-27T08:25:00+08:00 warning …", or Z where the zone is UTC */
	ck_assert_int_eq(text[10], 'T');
	ck_assert_str_eq(strstr(text, "warning GT1001 flow=cars/trips there is no file “a\\nb” "
				      "(check the path, or create the file)\n"),
		strchr(text, ' ') + 1);
	ck_assert_str_eq(strchr(second, ' ') + 1, "info GT1003 the file “x” cannot be read: y\n");
}
END_TEST

START_TEST(json_lines)
{
	gt_log_setup(GT_LOG_INFO, true);

	const char *text = capture(one_of_each), *second = strchr(text, '\n') + 1;

	ck_assert_int_eq(strncmp(text, "{\"time\":\"2", 10), 0);
	ck_assert_ptr_nonnull(
		strstr(text, ",\"level\":\"warning\",\"code\":\"GT1001\","
			     "\"flow\":\"cars/trips\",\"message\":\"there is no file “a\\\\nb”\","
			     "\"remedy\":\"check the path, or create the file\"}\n{"));
	ck_assert_ptr_nonnull(strstr(second, ",\"level\":\"info\",\"code\":\"GT1003\","
					     "\"message\":\"the file “x” cannot be read: y\"}\n"));
	ck_assert_ptr_null(strstr(text, "never"));
}
END_TEST

static void too_often(void)
{
	for (int i = 0; i < 50; i++)
		gt_log_say(GT_LOG_ERROR, GT_LIT("f"), GT_E_FILE_MISSING, "x");
}

START_TEST(at_most_ten_a_minute)
{
	size_t lines = 0;

	for (const char *p = capture(too_often); (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_uint_eq(lines, 10);
}
END_TEST

static time_t later;
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int failed = __real_clock_gettime(clock, now);

	now->tv_sec += later;
	return failed;
}

static void too_often_and_a_minute_later(void)
{
	too_often();
	later = 61;
	gt_log_say(GT_LOG_INFO, gt_cstr(NULL), GT_E_FILE_READ, "x", "y");
}

START_TEST(a_minute_later_it_says_how_many_were_left_out)
{
	const char *text = capture(too_often_and_a_minute_later);
	char expected[64];

	snprintf(expected, sizeof expected, " info GT%04d flow=f 40 more messages GT1001 ",
		GT_E_LOG_SUPPRESSED);
	ck_assert_msg(strstr(text, expected) != NULL, "%s", text);
}
END_TEST

UNIT_MAIN("log", UNIT_TEST(one_line_per_event), UNIT_TEST(json_lines),
	UNIT_TEST(at_most_ten_a_minute), UNIT_TEST(a_minute_later_it_says_how_many_were_left_out))
