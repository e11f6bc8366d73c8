/* The sftp adapter when its process dies and when the server falls silent: a real OpenSSH server
 * (tests/tools/sftp_rig.py) behind a proxy that stalls. */
#include "sftp_pull.h"
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int die_at; /* which passing of a failpoint is the last; 0 = none */

void __wrap_gt_host_failpoint(const char *);
void __wrap_gt_host_failpoint(const char *name)
{
	if (strcmp(name, "sftp-commit") == 0 && die_at && --die_at == 0)
		(void)raise(SIGKILL);
}

/* Between commit and rename, or between rename and whatever would have come next. */
START_TEST(a_death_while_a_file_is_moved_loses_and_doubles_nothing)
{
	struct pull p;
	int status = 0;
	struct rig *rig = sftp_init(&p, "");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "b.txt", "2\n", 90000);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	harness_close(&p.h);
	p.open = false;
	pid_t pid = fork();
	if (pid == 0) {
		die_at = _i + 1;
		pull_start(&p, &step); /* commits */
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(drop_has(p.drop, "a.txt"), _i == 0);
	ck_assert_int_eq(drop_has(p.drop, "done/a.txt"), _i == 1);
	pull_start(&p, &step);
	ck_assert(drop_has(p.drop, "done/a.txt") && !drop_has(p.drop, "a.txt"));
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "b.txt|1|0|2|2", NULL);
	ck_assert_uint_eq(drop_count(p.drop, "done"), 2);
	sftp_fini(&p, rig);
}
END_TEST

struct waker {
	struct harness *h;
	atomic_bool done;
};

static void *wake(void *arg)
{
	struct waker *waker = arg;
	while (!waker->done) {
		nanosleep(&(struct timespec){0, 20000000}, NULL);
		waker->h->adapter->interrupt(waker->h->self);
	}
	return NULL;
}

START_TEST(an_interrupt_ends_a_commit_to_a_silent_server)
{
	struct pull p;
	struct gt_err err = {0};
	pthread_t thread;
	struct rig *rig = sftp_init(&p, "timeout: 600 s\n");
	put(&p, "a.txt", "1\n", 0);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10);
	rig_say(rig, "stall");
	struct waker waker = {.h = &p.h};
	ck_assert_int_eq(pthread_create(&thread, NULL, wake, &waker), 0);
	ck_assert(!harness_commit(&p.h, step_cursor(&step), &err));
	waker.done = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(err.code, GT_E_INTERRUPTED);
	ck_assert_int_eq(err.class, GT_RETRY);
	rig_say(rig, "pass");
	pull_start(&p, &step);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert(drop_has(p.drop, "done/a.txt"));
	sftp_fini(&p, rig);
}
END_TEST

START_TEST(a_file_that_stops_coming_is_given_up)
{
	struct pull p;
	struct rig *rig = sftp_init(&p, "timeout: 1 s\n");
	size_t n = 1 << 20;
	char *text = malloc(n);
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 64 == 63 ? '\n' : (char)('a' + (i * i / 7) % 26);
	drop_put(p.drop, "a.txt", gt_str(text, n), 0);
	free(text);
	rig_say(rig, "stall 200000");
	sftp_errs(&p, GT_E_SFTP_TIMEOUT, GT_RETRY);
	ck_assert_uint_gt(sftp_self(&p)->got, 0); /* in the midst of it */
	ck_assert_uint_lt(sftp_self(&p)->got, n);
	ck_assert_uint_eq(p.world.row_count, 0);
	rig_say(rig, "pass");
	pull_start(&p, NULL);
	pull_all(&p);
	ck_assert_uint_eq(p.world.row_count, n / 64);
	sftp_fini(&p, rig);
}
END_TEST

/* Connected and logged in, it no longer says how long a file is. */
START_TEST(an_answer_that_does_not_come_is_given_up)
{
	struct pull p;
	struct gt_err err = {0};
	struct rig *rig = sftp_init(&p, "timeout: 1 s\n");
	put(&p, "a.txt", "1\n", 0);
	put(&p, "b.txt", "2\n", 90000);
	pull_start(&p, NULL);
	struct step step = sftp_poll(&p, 10), next;
	ck_assert_uint_eq(step.rows, 1);
	rig_say(rig, "stall");
	while ((next = harness_poll(&p.h, harness_limits, &err)).result != GT_POLL_ERROR) {
		ck_assert(next.result == GT_POLL_WAIT || next.result == GT_POLL_MORE);
		if (next.result == GT_POLL_WAIT)
			harness_wait(&p.h);
	}
	ck_assert_int_eq(err.code, GT_E_SFTP_TIMEOUT);
	rig_say(rig, "pass");
	pull_start(&p, &step);
	pull_all(&p);
	pull_rows(&p, "a.txt|1|0|1|1", "b.txt|1|0|2|2", NULL);
	sftp_fini(&p, rig);
}
END_TEST

UNIT_MAIN("sftp_lost", UNIT_LOOP(a_death_while_a_file_is_moved_loses_and_doubles_nothing, 2),
	UNIT_TEST(an_interrupt_ends_a_commit_to_a_silent_server),
	UNIT_TEST(a_file_that_stops_coming_is_given_up),
	UNIT_TEST(an_answer_that_does_not_come_is_given_up))
