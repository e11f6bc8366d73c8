/* What the runtime says in its log, in reasons and in rejects, each from what makes it say so. */
#include "child.h"
#include "flow_fixture.h"
#include "isolate.h"
#include "said.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void nap(void)
{
	nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static void wait_until_said(enum gt_code code)
{
	while (!said(code)) /* Check guards against waiting for ever */
		nap();
}

START_TEST(taking_a_slot_without_a_key)
{
	struct fixture f;

	fixture_init(&f);
	fixture_flow(&f, "a", 10);
	said_start();
	ck_assert(!said(GT_E_SLOT_TAKEN) && !said(GT_E_SLOT_UNSIGNED));
	fixture_run(&f);
	ck_assert(said(GT_E_SLOT_TAKEN));
	ck_assert(said(GT_E_SLOT_UNSIGNED));
	said_stop();
	fixture_fini(&f);
}
END_TEST

static const struct {
	enum gt_memory_fault fault;
	enum gt_code code;
} faults[] = {{GT_FAULT_LOST, GT_E_SLOT_RESENT}, {GT_FAULT_UNKNOWN_DONE, GT_E_SLOT_WAS_DONE},
	{GT_FAULT_SLOW, GT_E_SLOT_SLOW}, {GT_FAULT_DOWN, GT_E_SLOT_KAFKA_AWAY}};

START_TEST(a_commit_that_meets_a_fault)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	f.gateway.kafka.slots = 1;
	f.gateway.commit_records = 100;
	fixture_flow(&f, "a", 1000000000);
	said_start();
	runtime = fixture_start(&f, false);
	wait_until_said(GT_E_SLOT_TAKEN);
	ck_assert(!said(faults[_i].code));
	gt_memory_fault(f.publisher, faults[_i].fault, 0);
	wait_until_said(faults[_i].code);
	gt_memory_fault(f.publisher, GT_FAULT_NONE, 0);
	gt_runtime_free(runtime);
	said_stop();
	fixture_fini(&f);
}
END_TEST

START_TEST(a_refusal_without_a_name)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_memory(1);
	fixture_flow(&f, "a", 900);
	fixture_flow(&f, "bad", 900);
	gt_memory_refuse(f.publisher, "\"source\":\"/wuchang/numbers/bad\"");
	said_start();
	runtime = fixture_start(&f, false);
	wait_until_said(GT_E_SLOT_SOLO);
	gt_runtime_free(runtime);
	said_stop();
	fixture_fini(&f);
}
END_TEST

START_TEST(a_second_gateway_of_the_same_site)
{
	struct fixture f;
	struct gt_runtime *first;

	fixture_init(&f);
	f.gateway.commit_records = 100;
	fixture_flow(&f, "a", 1000000000);
	said_start();
	first = fixture_start(&f, false);
	wait_until_said(GT_E_SLOT_TAKEN);
	ck_assert(!said(GT_E_SLOT_SUPERSEDED));
	for (struct gt_runtime *rival; !said(GT_E_SLOT_SUPERSEDED); gt_runtime_free(rival)) {
		rival = fixture_start(&f, false);
		for (int i = 0; i < 100 && !said(GT_E_SLOT_SUPERSEDED); i++)
			nap();
	}
	gt_runtime_free(first);
	said_stop();
	fixture_fini(&f);
}
END_TEST

START_TEST(a_flow_that_was_removed)
{
	struct fixture f;

	fixture_init(&f);
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_memory(1);
	fixture_flow(&f, "a", 3);
	fixture_flow(&f, "b", 2);
	said_start();
	fixture_run(&f);
	ck_assert(!said(GT_E_FLOW_RETIRED));
	gt_plan_unref(f.flows[1].plan);
	f.gateway.flow_count = 1;
	fixture_run(&f);
	ck_assert(said(GT_E_FLOW_RETIRED));
	said_stop();
	fixture_fini(&f);
}
END_TEST

/* A gateway with a local journal. */
static void journal_init(struct fixture *f, char *folder)
{
	fixture_init(f);
	f->publisher->ops->free(f->publisher);
	f->publisher = gt_publisher_memory(1);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	f->gateway.data = gt_cstr(folder);
	fixture_flow(f, "a", 50);
	said_start();
}

static void journal_fini(struct fixture *f, const char *folder)
{
	char command[300];

	said_stop();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
	fixture_fini(f);
}

START_TEST(kafka_that_lost_its_data)
{
	char folder[] = "/tmp/guantong-said-XXXXXX";
	struct fixture f;

	journal_init(&f, folder);
	fixture_run(&f);
	fixture_run(&f);
	ck_assert(!said(GT_E_STATE_LOST));
	gt_memory_forget(f.publisher);
	fixture_run(&f);
	ck_assert(said(GT_E_STATE_LOST));
	journal_fini(&f, folder);
}
END_TEST

START_TEST(the_journal_of_another_kafka)
{
	char folder[] = "/tmp/guantong-said-XXXXXX";
	struct fixture f;

	journal_init(&f, folder);
	fixture_run(&f);
	ck_assert(!said(GT_E_SLOT_JOURNAL_FOREIGN));
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_memory(1);
	fixture_run(&f);
	ck_assert(said(GT_E_SLOT_JOURNAL_FOREIGN));
	fixture_expect(&f, "a", 50);
	journal_fini(&f, folder);
}
END_TEST

START_TEST(a_journal_that_cannot_be_written_stops_nothing)
{
	char folder[] = "/tmp/guantong-said-XXXXXX", path[300];
	struct fixture f;

	journal_init(&f, folder);
	snprintf(path, sizeof(path), "%s/jgsw.wuchang.0.jsonl", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	fixture_run(&f);
	ck_assert(said(GT_E_SLOT_JOURNAL));
	fixture_expect(&f, "a", 50);
	journal_fini(&f, folder);
}
END_TEST

/* An adapter with one row, which is too much: of text, or of everything else in the batch. */
struct large {
	bool greedy;
};

static bool large_open(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	(void)self, (void)host, (void)cursor, (void)err;
	return true;
}

static enum gt_poll large_poll(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	static char text[4 * 100000];
	const struct large *large = self;
	struct gt_value *values = gt_batch_add(batch, GT_LIT("{}"), (struct gt_place){.row = 1});

	(void)limits, (void)err;
	for (size_t i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "𠮷", 4);
	values[0] = (struct gt_value){.kind = GT_NUMBER, .size = 1, .text = "7"};
	values[1] = gt_value_text(gt_str(text, sizeof(text)));
	for (size_t n = sizeof(text); large->greedy && n > 0; n /= 2)
		while (gt_batch_copy(batch, gt_str(text, n)).p)
			;
	gt_batch_cursor(batch, GT_LIT("1"));
	return GT_POLL_END;
}

static void large_close(void *self)
{
	(void)self;
}

static void large_flow(struct fixture *f, bool greedy)
{
	static const struct gt_option none[] = {{0}};
	static struct gt_adapter adapter;
	static struct large large;
	static const char map[] = "n: n\nessay_1: essay\nessay_2: essay\nessay_3: essay\n";
	struct gt_mapping mapping = {.entity = GT_LIT("rows.row"), .major = 1, .zone_minutes = 480};
	struct gt_flow_conf *flow = fixture_flow(f, "large", 1);
	struct gt_yaml *yaml = gt_yaml_parse("map", gt_cstr(map), &f->memory, &f->diags);

	adapter = guantong_adapter_counter;
	adapter.options = none;
	adapter.self_size = sizeof(large);
	adapter.open = large_open;
	adapter.poll = large_poll;
	adapter.close = large_close;
	large.greedy = greedy;
	flow->adapter = &adapter;
	flow->adapter_options = &large;
	gt_plan_unref(flow->plan);
	ck_assert(gt_mapping_read(yaml, &f->memory, &f->diags, &mapping));
	flow->plan = gt_plan_new(f->gateway.standard, &mapping, &f->gateway.pseudonym, &f->diags);
	ck_assert_ptr_nonnull(flow->plan);
}

/* The header gt_reasons of the last reject that was committed. */
static char reasons[1024];
static const struct gt_publisher_ops *memory_ops;

static void commit_and_look(
	struct gt_tx *tx, const struct gt_commit_set *set, struct gt_commit_result *result)
{
	for (size_t p = 0; p < set->part_count; p++)
		for (size_t i = 0; i < set->parts[p].n; i++) {
			const struct gt_headers *headers = set->parts[p].messages[i].headers;

			for (size_t h = 0; headers && h < headers->n; h++)
				if (gt_str_eq(headers->v[h].name, GT_LIT("gt_reasons")))
					snprintf(reasons, sizeof(reasons), "%.*s",
						GT_STR_ARGS(headers->v[h].value));
		}
	memory_ops->commit(tx, set, result);
}

START_TEST(a_message_that_becomes_too_large_is_a_reject)
{
	struct gt_publisher_ops ops;
	const struct gt_seen *seen;
	struct fixture f;
	char code[16];

	fixture_init(&f);
	large_flow(&f, false);
	memory_ops = f.publisher->ops;
	ops = *memory_ops;
	ops.commit = commit_and_look;
	f.publisher->ops = &ops;
	fixture_run(&f);
	ck_assert_uint_eq(
		gt_memory_records(f.publisher, GT_LIT("jgsw.wuchang.rejected"), &seen), 1);
	snprintf(code, sizeof(code), "\"GT%04d\"", GT_E_FLOW_RECORD_TOO_LARGE);
	ck_assert_msg(strstr(reasons, code) != NULL, "%s", reasons);
	fixture_expect(&f, "large", 0);
	f.publisher->ops = memory_ops;
	fixture_fini(&f);
}
END_TEST

START_TEST(one_row_that_needs_more_memory_than_there_is)
{
	struct gt_runtime_status status;
	struct gt_runtime *runtime;
	struct gt_arena memory;
	struct fixture f;

	fixture_init(&f);
	large_flow(&f, true);
	runtime = fixture_start(&f, false);
	gt_arena_init(&memory, 0);
	do {
		nap();
		gt_arena_reset(&memory, 0);
		gt_runtime_status(runtime, &memory, &status);
	} while (status.flows[0].reason.code != GT_E_FLOW_ARENA_SMALL);
	ck_assert_uint_eq(status.flows[0].accepted, 0);
	gt_arena_fini(&memory);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

/* From now on no descriptor is left. */
static struct rlimit no_descriptors(void)
{
	struct rlimit before, none = {3, 3};

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

START_TEST(no_descriptors_are_left)
{
	struct gt_host host = {0};
	struct gt_runtime *runtime;
	struct rlimit before;
	struct fixture f;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 1);
	struct gt_runtime_conf conf = {
		.gateway = &f.gateway, .publisher = f.publisher, .create_topics = true};

	runtime = gt_runtime_new(&conf, &err);
	ck_assert_ptr_nonnull(runtime);
	before = no_descriptors();
	ck_assert(!gt_runtime_start(runtime, &err));
	ck_assert_int_eq(err.code, GT_E_NO_DESCRIPTORS);
	ck_assert_ptr_null(gt_child_new(&f.flows[0], &host, &err));
	ck_assert_int_eq(err.code, GT_E_CHILD_START);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

/* The child is this program, which has the counter only. */
START_TEST(a_child_without_the_adapter)
{
	struct gt_adapter other = guantong_adapter_counter;
	struct gt_host host = {0};
	struct fixture f;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 1);
	other.name = "abacus";
	f.flows[0].adapter = &other;
	ck_assert_ptr_null(gt_child_new(&f.flows[0], &host, &err));
	ck_assert_int_eq(err.code, GT_E_CHILD_HELLO);
	ck_assert_str_eq(gt_err_arg(&err, 1), "abacus");
	fixture_fini(&f);
}
END_TEST

START_TEST(a_sandbox_that_cannot_be_entered)
{
	const struct rlimit few = {100, 100}; /* the sandbox wants to set more than it may */
	struct gt_err err;
	int status;
	pid_t child = fork(); /* what it gives up, Check needs */

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (setrlimit(RLIMIT_NOFILE, &few) != 0 || (geteuid() == 0 && setuid(65534) != 0))
			_exit(2);
		_exit(!gt_sandbox_enter(true, &err) && err.code == GT_E_CHILD_SANDBOX ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const struct unit_test tests[] = {UNIT_TEST(taking_a_slot_without_a_key),
		UNIT_LOOP(a_commit_that_meets_a_fault, 4), UNIT_TEST(a_refusal_without_a_name),
		UNIT_TEST(a_second_gateway_of_the_same_site), UNIT_TEST(a_flow_that_was_removed),
		UNIT_TEST(kafka_that_lost_its_data), UNIT_TEST(the_journal_of_another_kafka),
		UNIT_TEST(a_journal_that_cannot_be_written_stops_nothing),
		UNIT_TEST(a_message_that_becomes_too_large_is_a_reject),
		UNIT_TEST(one_row_that_needs_more_memory_than_there_is),
		UNIT_TEST(no_descriptors_are_left), UNIT_TEST(a_child_without_the_adapter),
		UNIT_TEST(a_sandbox_that_cannot_be_entered)};

	child_registry();
	if (argc > 1 && strcmp(argv[1], "--isolated-adapter") == 0)
		return gt_child_main(3);
	return unit_run("said", tests, sizeof tests / sizeof *tests);
}
