#include "failpoint.h"
#include "unit.h"
#include <sys/wait.h>
#include <unistd.h>

START_TEST(kills_at_the_third_passing)
{
	setenv("GT_FAILPOINT", "here:3", 1);
	GT_FAILPOINT("here");
	GT_FAILPOINT("elsewhere");
	GT_FAILPOINT("here");
	GT_FAILPOINT("here");
	ck_abort_msg("still alive");
}
END_TEST

START_TEST(kills_at_once_without_a_count)
{
	setenv("GT_FAILPOINT", "here", 1);
	GT_FAILPOINT("here");
	ck_abort_msg("still alive");
}
END_TEST

START_TEST(lives_without_a_wish_or_before_the_count)
{
	setenv("GT_FAILPOINT", "here:3", 1);
	GT_FAILPOINT("here");
	GT_FAILPOINT("here");
	for (int i = 0; i < 10; i++)
		GT_FAILPOINT("other");
}
END_TEST

START_TEST(stops_where_it_is_asked_to)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		setenv("GT_FAILPOINT", "here:2:stop", 1);
		GT_FAILPOINT("here");
		GT_FAILPOINT("here");
		_exit(7);
	}
	ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
	ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	ck_assert_int_eq(kill(child, SIGCONT), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}
END_TEST

UNIT_MAIN("failpoint", {kills_at_the_third_passing, SIGKILL, 1},
	{kills_at_once_without_a_count, SIGKILL, 1},
	UNIT_TEST(lives_without_a_wish_or_before_the_count), UNIT_TEST(stops_where_it_is_asked_to))
