/* unit.h: the main function of a Check program and a few shorthands.
 *	START_TEST(adds) { … } END_TEST
 *	START_TEST(asserts_on_overflow) { … } END_TEST
 *	UNIT_MAIN("buf", UNIT_TEST(adds), UNIT_ABORT(asserts_on_overflow)) */
#ifndef GT_UNIT_H
#define GT_UNIT_H

#include <check.h>
#include <guantong/str.h>
#include <signal.h>
#include <stdlib.h>

#define UNIT_GUARD_SECONDS 240 /* against hanging only; slow machines must never meet it */

struct unit_test {
	const TTest *test;
	int signal; /* that it ends with; 0 = it returns */
	int loops;
};

#define UNIT_TEST(name)                                                                            \
	{                                                                                          \
		(name), 0, 1                                                                       \
	}
#define UNIT_LOOP(name, n)                                                                         \
	{                                                                                          \
		(name), 0, (n)                                                                     \
	} /* runs with _i = 0 … n - 1 */
#define UNIT_ABORT(name)                                                                           \
	{                                                                                          \
		(name), SIGABRT, 1                                                                 \
	} /* ends in a broken invariant */

static inline int unit_run(const char *name, const struct unit_test *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, UNIT_GUARD_SECONDS);
	for (size_t i = 0; i < n; i++)
		tcase_add_loop_test_raise_signal(
			all, tests[i].test, tests[i].signal, 0, tests[i].loops);
	suite_add_tcase(suite, all);

	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const struct unit_test tests[] = {__VA_ARGS__};                                    \
		return unit_run(name, tests, sizeof tests / sizeof *tests);                        \
	}

/* A view against a C string. */
#define ck_str_is(s, expected)                                                                     \
	do {                                                                                       \
		struct gt_str unit_s_ = (s);                                                       \
		const char *unit_e_ = (expected);                                                  \
		ck_assert_msg(gt_str_eq(unit_s_, gt_cstr(unit_e_)), "“%.*s” instead of “%s”",      \
			GT_STR_ARGS(unit_s_), unit_e_);                                            \
	} while (0)

#endif
