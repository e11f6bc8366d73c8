/* conformance.c: what guantong/adapter.h promises, asked of every adapter (fixture.h). */
#include "fixture.h"
#include "gt_assert.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define STEPS_MAX 4096u

struct source {
	const struct fixture *f;
	void *up;
	char options[1024];
};

static struct source source_up(int i)
{
	struct source source = {.f = fixtures[i]};
	source.up = source.f->up(source.options, sizeof source.options);
	return source;
}

static void source_down(struct source *source)
{
	source->f->down(source->up);
}

static void start_with(
	struct harness *h, struct world *world, const struct source *s, const char *options)
{
	harness_init(
		h, world, s->f->adapter, s->f->format, options, s->f->format_options, s->f->fields);
}

static void start(
	struct harness *h, struct world *world, const struct source *s, struct gt_str cursor)
{
	char text[1024];
	struct gt_err err = {0};
	start_with(h, world, s, s->options);
	ck_assert_msg(
		harness_open(h, cursor, &err), "open: %s", gt_err_text(&err, text, sizeof text));
	ck_assert_msg(harness_commit(h, cursor, &err), "commit: %s",
		gt_err_text(&err, text, sizeof text));
}

static struct step ask(struct harness *h, struct gt_limits limits)
{
	char text[1024];
	struct gt_err err = {0};
	struct step step = harness_poll(h, limits, &err);
	ck_assert_msg(
		step.result != GT_POLL_ERROR, "poll: %s", gt_err_text(&err, text, sizeof text));
	if (step.result == GT_POLL_WAIT)
		harness_wait(h);
	return step;
}

static bool over(const struct step *step)
{
	return step->result == GT_POLL_IDLE || step->result == GT_POLL_END;
}

/* Polls until nothing is left; keeps the steps that set a cursor. committing: each is acknowledged.
 */
static size_t drain(struct harness *h, struct gt_limits limits, bool committing, struct step *steps)
{
	size_t n = 0;
	for (size_t polls = 0;; polls++) {
		ck_assert_msg(polls < STEPS_MAX, "no end of polls");
		struct step step = ask(h, limits);
		struct gt_err err = {0};
		if (committing && step.cursor_set)
			ck_assert(harness_commit(h, step_cursor(&step), &err));
		if (steps && step.cursor_set)
			steps[n++] = step;
		if (over(&step))
			return n;
	}
}

static void pull_whole(const struct source *source, struct world *world)
{
	struct harness h;
	start(&h, world, source, gt_str(NULL, 0));
	drain(&h, harness_limits, true, NULL);
	harness_close(&h);
	ck_assert_uint_eq(world->row_count, source->f->rows);
}

/* The rows of `world` are those of `whole` from the first-th on. */
static void same_rows(const struct world *world, const struct world *whole, size_t first)
{
	ck_assert_uint_eq(world->row_count, whole->row_count - first);
	for (size_t i = 0; i < world->row_count; i++)
		ck_assert_str_eq(world->rows[i], whole->rows[first + i]);
}

START_TEST(describes_itself)
{
	const struct gt_adapter *a = fixtures[_i]->adapter;
	ck_assert_uint_eq(a->abi, GT_ADAPTER_ABI);
	ck_assert_uint_eq(a->struct_size, sizeof *a);
	ck_assert(a->summary && a->summary_zh && a->open && a->poll && a->close && a->options);
	ck_assert((a->caps & GT_CAP_ACK) == 0 || a->commit);
	ck_assert((a->caps & GT_CAP_BYTES) == 0 || fixtures[_i]->format);
	for (const struct gt_option *row = a->options; row->name; row++)
		ck_assert_msg(
			row->en && row->zh && row->offset < a->self_size, "option %s", row->name);
}
END_TEST

/* Each wrong text must be refused with a diagnostic that names the option, in both languages. */
static void refuses(const struct gt_adapter *a, const char *yaml, const char *option)
{
	struct gt_arena memory;
	struct gt_diags diags = {0};
	char text[1024];
	gt_arena_init(&memory, 0);
	void *self = gt_alloc(a->self_size);
	ck_assert_msg(
		!harness_options(a->options, self, yaml, &memory, &diags), "accepted: %s", yaml);
	ck_assert_uint_ge(diags.n, 1);
	bool named = false;
	for (size_t i = 0; i < diags.n; i++) {
		for (enum gt_language language = GT_EN; language <= GT_ZH; language++) {
			gt_err_sentence_in(&diags.v[i].err, language, text, sizeof text);
			ck_assert_uint_gt(strlen(text), 0);
		}
		named = named || strstr(text, option);
	}
	ck_assert_msg(named, "%s: nothing names %s", yaml, option);
	free(self);
	gt_diags_fini(&diags);
	gt_arena_fini(&memory);
}

START_TEST(refuses_bad_options)
{
	const struct gt_adapter *a = fixtures[_i]->adapter;
	char yaml[256];
	refuses(a, "no_such_option: 1\n", "no_such_option");
	for (const struct gt_option *row = a->options; row->name; row++) {
		if (row->flags & GT_OPT_REQUIRED)
			refuses(a, "{}\n", row->name);
		if (row->type == GT_OPT_CHOICE) {
			snprintf(yaml, sizeof yaml, "%s: nonsense\n", row->name);
			refuses(a, yaml, "nonsense");
		}
		if (row->type == GT_OPT_INT && row->max) {
			snprintf(yaml, sizeof yaml, "%s: %lld\n", row->name,
				(long long)row->max + 1);
			refuses(a, yaml, row->name);
		}
		if (row->type == GT_OPT_INT || row->type == GT_OPT_DURATION ||
			row->type == GT_OPT_BYTES) {
			snprintf(yaml, sizeof yaml, "%s: [1]\n", row->name);
			refuses(a, yaml, row->name);
		}
	}
}
END_TEST

START_TEST(gives_every_row_once)
{
	struct source source = source_up(_i);
	struct world world = {0};
	pull_whole(&source, &world);
	for (size_t i = 0; i < world.row_count; i++)
		for (size_t j = i + 1; j < world.row_count; j++)
			ck_assert_str_ne(world.rows[i], world.rows[j]);
	world_free(&world);
	source_down(&source);
}
END_TEST

START_TEST(opens_and_closes_twice)
{
	struct source source = source_up(_i);
	struct world world = {0};
	for (int i = 0; i < 2; i++) {
		struct harness h;
		start(&h, &world, &source, gt_str(NULL, 0));
		harness_close(&h);
	}
	pull_whole(&source, &world);
	world_free(&world);
	source_down(&source);
}
END_TEST

/* A crash after any commit: fresh source, the entries of that moment, open at its cursor. */
static void resume_at(int i, const struct world *whole, const struct step *step)
{
	struct source source = source_up(i);
	struct world world = {0};
	struct harness h;
	for (size_t e = 0; e < step->entries_after; e++)
		world_entry(&world, gt_cstr(whole->entries[e].key), whole->entries[e].value);
	world.visible = world.entry_count;
	start(&h, &world, &source, step_cursor(step));
	drain(&h, harness_limits, true, NULL);
	harness_close(&h);
	same_rows(&world, whole, step->rows_after);
	world_free(&world);
	source_down(&source);
}

static void resume_everywhere(int i, size_t max_records, bool committing)
{
	struct source source = source_up(i);
	struct world whole = {0};
	struct harness h;
	struct step *steps = gt_alloc(STEPS_MAX * sizeof *steps);
	struct gt_limits limits = harness_limits;
	limits.max_records = max_records;
	start(&h, &whole, &source, gt_str(NULL, 0));
	size_t n = drain(&h, limits, committing, steps);
	harness_close(&h);
	source_down(&source);
	ck_assert_uint_eq(whole.row_count, fixtures[i]->rows);
	ck_assert_uint_ge(n, 2);
	for (size_t k = 0; k < n; k++)
		resume_at(i, &whole, &steps[k]);
	free(steps);
	world_free(&whole);
}

START_TEST(resumes_from_every_cursor)
{
	if ((fixtures[_i]->adapter->caps & GT_CAP_RESUME) == 0)
		return;
	resume_everywhere(_i, 5, true);
	resume_everywhere(_i, 3, false); /* batches in flight: polls run ahead of commits */
}
END_TEST

/* Polls until one sets a cursor, or nothing is left: a source may take several to get there. */
static struct step ask_for_a_batch(struct harness *h, struct gt_limits limits)
{
	for (size_t polls = 0;; polls++) {
		ck_assert_msg(polls < STEPS_MAX, "no end of polls");
		struct step step = ask(h, limits);
		if (step.cursor_set || over(&step))
			return step;
	}
}

/* The gateway restarts after every batch: committed and acknowledged, or only committed. */
static void restart_always(int i, bool acknowledged, const struct world *whole)
{
	struct source source = source_up(i);
	struct world world = {0};
	struct gt_limits limits = harness_limits;
	struct step step = {0};
	limits.max_records = 4;
	for (size_t batches = 0; !over(&step) || batches == 0; batches++) {
		struct harness h;
		struct gt_err err = {0};
		struct step last = step;
		ck_assert_uint_lt(batches, STEPS_MAX);
		start(&h, &world, &source, step_cursor(&step));
		step = ask_for_a_batch(&h, limits);
		if (!step.cursor_set) {
			memcpy(step.cursor, last.cursor, last.cursor_len);
			step.cursor_len = last.cursor_len;
		}
		if (acknowledged)
			ck_assert(harness_commit(&h, step_cursor(&step), &err));
		harness_close(&h);
	}
	same_rows(&world, whole, 0);
	world_free(&world);
	source_down(&source);
}

START_TEST(survives_restart_after_every_batch)
{
	if ((fixtures[_i]->adapter->caps & GT_CAP_RESUME) == 0)
		return;
	struct source source = source_up(_i);
	struct world whole = {0};
	pull_whole(&source, &whole);
	source_down(&source);
	restart_always(_i, true, &whole);
	restart_always(_i, false, &whole);
	world_free(&whole);
}
END_TEST

static void limited(int i, struct gt_limits limits, const struct world *whole)
{
	struct source source = source_up(i);
	struct world world = {0};
	struct harness h;
	struct step *steps = gt_alloc(STEPS_MAX * sizeof *steps);
	start(&h, &world, &source, gt_str(NULL, 0));
	size_t n = drain(&h, limits, true, steps);
	for (size_t k = 0; k < n; k++) {
		ck_assert_uint_le(steps[k].rows, limits.max_records);
		ck_assert(steps[k].rows <= 1 || steps[k].bytes <= limits.max_bytes);
	}
	harness_close(&h);
	same_rows(&world, whole, 0);
	free(steps);
	world_free(&world);
	source_down(&source);
}

START_TEST(keeps_limits)
{
	struct source source = source_up(_i);
	struct world whole = {0};
	static const size_t records[] = {1, 2, 7}, bytes[] = {1, 60, 300};
	pull_whole(&source, &whole);
	source_down(&source);
	for (size_t k = 0; k < 3; k++) {
		limited(_i, (struct gt_limits){records[k], GT_BATCH_RAW_MAX, 0}, &whole);
		limited(_i, (struct gt_limits){GT_BATCH_ROWS_MAX, bytes[k], 0}, &whole);
	}
	world_free(&whole);
}
END_TEST

START_TEST(returns_at_a_deadline_that_has_passed)
{
	struct source source = source_up(_i);
	struct world world = {0};
	struct harness h;
	struct gt_limits limits = harness_limits;
	limits.deadline_us = 1;
	start(&h, &world, &source, gt_str(NULL, 0));
	for (int k = 0; k < 3; k++) {
		struct gt_err err = {0};
		struct step step = harness_poll(&h, limits, &err);
		/* A source that needs the network may say that time was too short; nothing else. */
		ck_assert(step.result != GT_POLL_ERROR || err.class == GT_RETRY);
		if (step.result == GT_POLL_ERROR) {
			harness_close(&h);
			start(&h, &world, &source, gt_str(NULL, 0));
		} else if (step.cursor_set) {
			ck_assert(harness_commit(&h, step_cursor(&step), &err));
		}
	}
	drain(&h, harness_limits, true, NULL);
	harness_close(&h);
	ck_assert_uint_eq(world.row_count, source.f->rows);
	world_free(&world);
	source_down(&source);
}
END_TEST

START_TEST(goes_on_after_an_interrupt)
{
	struct source source = source_up(_i);
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	if (!source.f->adapter->interrupt) {
		source_down(&source);
		return;
	}
	start(&h, &world, &source, gt_str(NULL, 0));
	source.f->adapter->interrupt(h.self);
	struct step step = harness_poll(&h, harness_limits, &err);
	ck_assert(step.result != GT_POLL_ERROR || err.class == GT_RETRY);
	if (step.result == GT_POLL_ERROR) {
		harness_close(&h);
		start(&h, &world, &source, gt_str(NULL, 0));
	} else if (step.cursor_set) {
		ck_assert(harness_commit(&h, step_cursor(&step), &err));
	}
	if (step.result == GT_POLL_ERROR || !over(&step))
		drain(&h, harness_limits, true, NULL);
	harness_close(&h);
	ck_assert_uint_eq(world.row_count, source.f->rows);
	world_free(&world);
	source_down(&source);
}
END_TEST

struct waker {
	struct harness *h;
	atomic_bool done;
};

/* Interrupts again and again: one that comes before the poll has begun to block may be spent. */
static void *wake(void *arg)
{
	struct waker *waker = arg;
	while (!waker->done) {
		nanosleep(&(struct timespec){0, 20000000}, NULL);
		waker->h->adapter->interrupt(waker->h->self);
	}
	return NULL;
}

START_TEST(an_interrupt_ends_a_blocked_poll)
{
	struct source source = source_up(_i);
	if (!source.f->stall) {
		source_down(&source);
		return;
	}
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	struct gt_limits limits = harness_limits;
	pthread_t thread;
	start(&h, &world, &source, gt_str(NULL, 0));
	source.f->stall(source.up);
	struct waker waker = {.h = &h};
	ck_assert_int_eq(pthread_create(&thread, NULL, wake, &waker), 0);
	int64_t before = gt_host_monotonic_us();
	limits.deadline_us = before + 600000000; /* far behind the guard of this test */
	struct step step = harness_poll(&h, limits, &err);
	ck_assert(step.result != GT_POLL_ERROR || err.class == GT_RETRY);
	waker.done = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	harness_close(&h);
	world_free(&world);
	source_down(&source);
}
END_TEST

START_TEST(fails_with_a_reason_when_nothing_is_there)
{
	const struct fixture *f = fixtures[_i];
	if (!f->absent)
		return;
	struct source source = {.f = f};
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	char text[1024];
	f->absent(source.options, sizeof source.options);
	start_with(&h, &world, &source, source.options);
	if (harness_open(&h, gt_str(NULL, 0), &err)) {
		ck_assert_int_eq(err.code, GT_E_NONE);
		struct step step = harness_poll(&h, harness_limits, &err);
		ck_assert_int_eq(step.result, GT_POLL_ERROR);
	}
	ck_assert(err.class == GT_RETRY || err.class == GT_CONFIG);
	for (enum gt_language language = GT_EN; language <= GT_ZH; language++) {
		gt_err_sentence_in(&err, language, text, sizeof text);
		ck_assert_uint_gt(strlen(text), 0);
	}
	harness_close(&h);
	world_free(&world);
}
END_TEST

START_TEST(refuses_a_foreign_cursor)
{
	static const char *const cursors[] = {
		"no cursor at all", "\xff\xfe\x80", "{", "9999999999999999999999999", " ", "1 2 3"};
	struct source source = source_up(_i);
	for (size_t k = 0; k < sizeof cursors / sizeof *cursors; k++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		start_with(&h, &world, &source, source.options);
		if (source.f->adapter->caps & GT_CAP_RESUME) {
			ck_assert_msg(!harness_open(&h, gt_cstr(cursors[k]), &err), "cursor “%s”",
				cursors[k]);
			ck_assert_int_ne(err.code, GT_E_NONE);
		} else {
			(void)harness_open(&h, gt_cstr(cursors[k]), &err);
		}
		harness_close(&h);
		world_free(&world);
	}
	source_down(&source);
}
END_TEST

START_TEST(commits_any_number_of_times)
{
	struct source source = source_up(_i);
	struct world world = {0};
	struct harness h;
	struct step *steps = gt_alloc(STEPS_MAX * sizeof *steps);
	struct gt_limits limits = harness_limits;
	struct gt_err err = {0};
	limits.max_records = 6;
	start(&h, &world, &source, gt_str(NULL, 0));
	size_t n = drain(&h, limits, false, steps);
	for (int twice = 0; twice < 2; twice++)
		for (size_t k = 0; k < n; k++)
			ck_assert(harness_commit(&h, step_cursor(&steps[k]), &err));
	harness_close(&h);
	for (size_t k = 0; k < n; k++) { /* on instances that never poll */
		start(&h, &world, &source, step_cursor(&steps[k]));
		ck_assert(harness_commit(&h, step_cursor(&steps[k]), &err));
		harness_close(&h);
	}
	ck_assert_int_eq(err.code, GT_E_NONE);
	free(steps);
	world_free(&world);
	source_down(&source);
}
END_TEST

static bool count_found(void *arg, const struct gt_found *found)
{
	size_t *n = arg;
	ck_assert(found->kind.n > 0 && found->name.n > 0);
	ck_assert_uint_le(found->sample.n, 4096);
	ck_assert(found->field_count == 0 || found->fields);
	++*n;
	return *n < 2;
}

START_TEST(looks_without_taking)
{
	struct source source = source_up(_i);
	const struct gt_adapter *a = source.f->adapter;
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	char text[1024], found[512] = "";
	size_t n = 0;
	start_with(&h, &world, &source, source.options);
	ck_assert(harness_open(&h, gt_str(NULL, 0), &err));
	if (a->probe) {
		ck_assert_msg(a->probe(h.self, found, sizeof found, &err), "%s",
			gt_err_text(&err, text, sizeof text));
		ck_assert_uint_gt(strlen(found), 0);
	}
	if (a->discover) {
		ck_assert_msg(a->discover(h.self, count_found, &n, &err), "%s",
			gt_err_text(&err, text, sizeof text));
		ck_assert(n == 1 || n == 2);
	}
	harness_close(&h);
	pull_whole(&source, &world);
	world_free(&world);
	source_down(&source);
}
END_TEST

START_TEST(bears_a_refusal_of_memory)
{
	struct source source = source_up(_i);
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	start(&h, &world, &source, gt_str(NULL, 0));
	h.declared_max = 1;
	struct step step = harness_poll(&h, harness_limits, &err);
	ck_assert(step.result != GT_POLL_ERROR || err.class == GT_RETRY);
	ck_assert_uint_le(h.declared, 1);
	harness_close(&h);
	world_free(&world);
	source_down(&source);
}
END_TEST

static Suite *suite(void)
{
	const struct {
		const TTest *test;
	} tests[] = {{describes_itself}, {refuses_bad_options}, {gives_every_row_once},
		{opens_and_closes_twice}, {resumes_from_every_cursor},
		{survives_restart_after_every_batch}, {keeps_limits},
		{returns_at_a_deadline_that_has_passed}, {goes_on_after_an_interrupt},
		{an_interrupt_ends_a_blocked_poll}, {fails_with_a_reason_when_nothing_is_there},
		{refuses_a_foreign_cursor}, {commits_any_number_of_times}, {looks_without_taking},
		{bears_a_refusal_of_memory}};
	Suite *s = suite_create("conformance");
	for (size_t i = 0; i < fixture_count; i++) {
		TCase *tcase = tcase_create(fixtures[i]->title);
		tcase_set_timeout(tcase, UNIT_GUARD_SECONDS);
		tcase_add_unchecked_fixture(tcase, fixtures[i]->begin, fixtures[i]->end);
		for (size_t k = 0; k < sizeof tests / sizeof *tests; k++)
			tcase_add_loop_test(tcase, tests[k].test, (int)i, (int)i + 1);
		suite_add_tcase(s, tcase);
	}
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
