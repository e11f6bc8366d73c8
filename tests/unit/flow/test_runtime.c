/* The runtime against a publisher with real transactions and faults to order: whatever happens to a
 * commit, every row is published once, in order, with dense numbers. */
#include "flow_fixture.h"
#include "hash.h"

#include <time.h>

static void nap_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

START_TEST(rows_of_two_flows_arrive_once_and_in_order)
{
	struct fixture f;

	fixture_init(&f);
	fixture_flow(&f, "a", 12345);
	fixture_flow(&f, "b", 7);
	fixture_run(&f);
	fixture_expect(&f, "a", 12345);
	fixture_expect(&f, "b", 7);
	fixture_run(&f); /* again: nothing new */
	fixture_expect(&f, "a", 12345);
	fixture_fini(&f);
}
END_TEST

static const enum gt_memory_fault faults[] = {
	GT_FAULT_BEFORE_BEGIN, GT_FAULT_LOST, GT_FAULT_UNKNOWN_DONE, GT_FAULT_REPORT};

/* Waits until the runtime has committed some rows, or a flow is in that state, or all have ended.
 */
static void wait_for(struct gt_runtime *runtime, uint64_t rows, enum gt_flow_state state)
{
	struct gt_runtime_status status;
	struct gt_arena memory;

	gt_arena_init(&memory, 0);
	for (bool there = false; !there; nap_ms(1)) {
		uint64_t accepted = 0;
		size_t ended = 0;

		gt_arena_reset(&memory, 0);
		gt_runtime_status(runtime, &memory, &status);
		for (size_t i = 0; i < status.flow_count; i++) {
			accepted += status.flows[i].accepted;
			ended += status.flows[i].state == GT_FLOW_ENDED;
			there = there || status.flows[i].state == state;
		}
		there = there || accepted >= rows || ended == status.flow_count;
	}
	gt_arena_fini(&memory);
}

static void wait_for_rows(struct gt_runtime *runtime, uint64_t rows)
{
	wait_for(runtime, rows, GT_FLOW_SUPERSEDED);
}

START_TEST(a_fault_in_the_middle_loses_and_doubles_nothing)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	f.gateway.commit_records = 500;
	fixture_flow(&f, "a", 60000);
	fixture_flow(&f, "b", 50000);
	runtime = fixture_start(&f, true);
	wait_for_rows(runtime, 1);
	gt_memory_fault(f.publisher, faults[_i], 3);
	wait_for(runtime, UINT64_MAX, GT_FLOW_QUARANTINED);
	gt_runtime_free(runtime);
	fixture_run(&f); /* what a quarantined flow still had to give */
	fixture_expect(&f, "a", 60000);
	fixture_expect(&f, "b", 50000);
	fixture_fini(&f);
}
END_TEST

START_TEST(kafka_away_and_back)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	f.gateway.commit_records = 500;
	fixture_flow(&f, "a", 60000);
	runtime = fixture_start(&f, true);
	wait_for_rows(runtime, 1);
	gt_memory_fault(f.publisher, GT_FAULT_DOWN, 0);
	nap_ms(300);
	gt_memory_fault(f.publisher, GT_FAULT_NONE, 0);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 60000);
	fixture_fini(&f);
}
END_TEST

START_TEST(draining_in_the_middle_and_going_on)
{
	struct fixture f;

	fixture_init(&f);
	f.gateway.commit_records = 300;
	fixture_flow(&f, "a", 40000);
	fixture_flow(&f, "b", 30000);
	for (int i = 0; i < 5; i++) {
		struct gt_runtime *runtime = fixture_start(&f, false);

		wait_for_rows(runtime, 100);
		gt_runtime_drain(runtime);
		ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
		gt_runtime_free(runtime);
	}
	fixture_run(&f);
	fixture_expect(&f, "a", 40000);
	fixture_expect(&f, "b", 30000);
	fixture_fini(&f);
}
END_TEST

START_TEST(a_second_gateway_supersedes_the_first_without_loss)
{
	struct fixture f;
	struct gt_runtime *first;
	struct gt_runtime_status status;
	struct gt_arena memory;
	bool superseded = false;

	fixture_init(&f);
	f.gateway.commit_records = 200;
	f.gateway.kafka.slots = 2;
	fixture_flow(&f, "a", 90000);
	first = fixture_start(&f, false);
	wait_for_rows(first, 1);
	fixture_run(&f); /* the second takes over and finishes */
	fixture_expect(&f, "a", 90000);
	gt_arena_init(&memory, 0);
	for (int i = 0; i < 2000 && !superseded; i++) {
		gt_runtime_status(first, &memory, &status);
		superseded = status.flows[0].state == GT_FLOW_SUPERSEDED;
		nap_ms(5);
	}
	ck_assert(superseded || status.flows[0].state == GT_FLOW_ENDED);
	gt_arena_fini(&memory);
	gt_runtime_free(first);
	fixture_expect(&f, "a", 90000);
	fixture_fini(&f);
}
END_TEST

/* Until a flow is in that state; its status is kept. */
static struct gt_flow_status wait_for_state(
	struct gt_runtime *runtime, size_t flow, enum gt_flow_state state)
{
	struct gt_runtime_status status;
	struct gt_flow_status found;
	struct gt_arena memory;

	gt_arena_init(&memory, 0);
	do {
		nap_ms(1);
		gt_arena_reset(&memory, 0);
		gt_runtime_status(runtime, &memory, &status);
		found = status.flows[flow];
	} while (found.state != state);
	gt_arena_fini(&memory);
	return found;
}

/* Kafka refuses what one flow sends and names nobody: alone, each flow shows whether it is the one.
 */
START_TEST(who_is_to_blame_is_found_alone)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_flow_status culprit;

	fixture_init(&f);
	f.gateway.kafka.slots = 1;
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_memory(1);
	fixture_flow(&f, "a", 9000);
	fixture_flow(&f, "bad", 9000);
	fixture_flow(&f, "c", 9000);
	gt_memory_refuse(f.publisher, "\"source\":\"/wuchang/numbers/bad\"");
	runtime = fixture_start(&f, false);
	culprit = wait_for_state(runtime, 1, GT_FLOW_QUARANTINED);
	ck_assert_int_eq(culprit.reason.code, GT_E_FLOW_QUARANTINED);
	ck_assert_uint_eq(culprit.accepted, 0);
	wait_for_state(runtime, 0, GT_FLOW_ENDED);
	wait_for_state(runtime, 2, GT_FLOW_ENDED);
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 9000);
	fixture_expect(&f, "c", 9000);
	fixture_expect(&f, "bad", 0);
	gt_memory_refuse(f.publisher, NULL); /* the cause is mended */
	fixture_run(&f);
	fixture_expect(&f, "bad", 9000);
	fixture_fini(&f);
}
END_TEST

static struct gt_slot_status slot_of(struct gt_runtime *runtime)
{
	struct gt_runtime_status status;
	struct gt_slot_status slot;
	struct gt_arena memory;

	gt_arena_init(&memory, 0);
	gt_runtime_status(runtime, &memory, &status);
	ck_assert_uint_eq(status.slot_count, 1);
	slot = status.slots[0];
	gt_arena_fini(&memory);
	return slot;
}

START_TEST(limits_halve_on_a_thin_line_and_grow_back)
{
	struct fixture f;
	struct gt_runtime *runtime;
	int64_t least = INT64_MAX, last = 0;

	fixture_init(&f);
	f.gateway.commit_records = 800;
	fixture_flow(&f, "a", 1000000);
	runtime = fixture_start(&f, false);
	wait_for_rows(runtime, 1);
	gt_memory_fault(f.publisher, GT_FAULT_SLOW, 0);
	while (least > 400) { /* seen at half, or a little above when commits are quick */
		last = slot_of(runtime).limit_records;
		least = last > 0 && last < 800 ? 400 : least;
	}
	while (slot_of(runtime).limit_records < 800)
		nap_ms(1);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

static const char *epoch_of_first(struct fixture *f, char epoch[32])
{
	const struct gt_seen *seen;
	const char *id;

	ck_assert_uint_gt(
		gt_memory_records(f->publisher, GT_LIT("jgsw.wuchang.rows.row.v1"), &seen), 0);
	id = memmem(seen[0].value.p, seen[0].value.n, "\"id\":\"", 6);
	ck_assert_ptr_nonnull(id);
	ck_assert_int_eq(sscanf(id + 6, "%31[0-9]", epoch), 1);
	return epoch;
}

/* Kafka's disks are gone, the journal of manifests is not: what is numbered now was never numbered.
 */
START_TEST(lost_state_starts_a_new_epoch)
{
	char folder[] = "/tmp/guantong-data-XXXXXX", before[32], after[32], file[300];
	struct gt_runtime *runtime;
	struct fixture f;
	uint64_t number;

	fixture_init(&f);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	f.gateway.data = gt_cstr(folder);
	fixture_flow(&f, "a", 500);
	fixture_run(&f);
	runtime = fixture_start(&f, true);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	number = slot_of(runtime).number;
	gt_runtime_free(runtime);
	epoch_of_first(&f, before);
	gt_memory_forget(f.publisher);
	runtime = fixture_start(&f, true);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	ck_assert_uint_gt(slot_of(runtime).number, number);
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 500);
	epoch_of_first(&f, after);
	ck_assert_int_gt(atoll(after), atoll(before));
	snprintf(file, sizeof(file), "rm -r %s", folder);
	ck_assert_int_eq(system(file), 0);
	fixture_fini(&f);
}
END_TEST

static bool state_says(struct fixture *f, const char *flow, const char *what)
{
	const struct gt_seen *seen;
	size_t n = gt_memory_records(f->publisher, GT_LIT("jgsw.wuchang.state"), &seen);
	bool says = false;

	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(seen[i].key, gt_cstr(flow)))
			says = memmem(seen[i].value.p, seen[i].value.n, what, strlen(what)) != NULL;
	return says;
}

START_TEST(a_removed_flow_is_marked_retired)
{
	struct fixture f;

	fixture_init(&f);
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_memory(1);
	fixture_flow(&f, "a", 30);
	fixture_flow(&f, "b", 20);
	fixture_run(&f);
	ck_assert(state_says(&f, "numbers/b", "active"));
	gt_plan_unref(f.flows[1].plan);
	f.gateway.flow_count = 1;
	fixture_run(&f);
	ck_assert(state_says(&f, "numbers/b", "retired"));
	ck_assert(state_says(&f, "numbers/a", "active"));
	fixture_flow(&f, "b", 25); /* it comes back and goes on where it was */
	fixture_run(&f);
	ck_assert(state_says(&f, "numbers/b", "active"));
	fixture_expect(&f, "b", 25);
	fixture_fini(&f);
}
END_TEST

/* The removed flow was alone in its slot: the slot is taken all the same, to retire it. */
START_TEST(a_removed_flow_is_retired_in_a_slot_of_its_own)
{
	struct fixture f;
	struct gt_runtime *runtime;
	const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	size_t own = 1;

	fixture_init(&f);
	fixture_flow(&f, "a", 30);
	while (gt_murmur2(gt_cstr(GT_TEXT("numbers/%s", names[own]))) % 2 ==
		gt_murmur2(GT_LIT("numbers/a")) % 2)
		own++;
	fixture_flow(&f, names[own], 20);
	fixture_run(&f);
	gt_plan_unref(f.flows[1].plan);
	f.gateway.flow_count = 1;
	runtime = fixture_start(&f, false);
	while (!state_says(&f, GT_TEXT("numbers/%s", names[own]), "retired"))
		nap_ms(5);
	gt_runtime_free(runtime);
	ck_assert(state_says(&f, "numbers/a", "active"));
	fixture_fini(&f);
}
END_TEST

/* A publisher that has the same records, but says another number of partitions. */
static int pretended;
static const struct gt_publisher_ops *real_ops;

static bool more_topics(struct gt_publisher *publisher, const struct gt_topic_spec *specs, size_t n,
	bool create, int timeout_ms, int *state_partitions, struct gt_err *err)
{
	bool ok = real_ops->topics(publisher, specs, n, create, timeout_ms, state_partitions, err);

	*state_partitions = pretended;
	return ok;
}

START_TEST(a_changed_partition_count_is_refused)
{
	struct fixture f;
	struct gt_publisher_ops ops;
	struct gt_runtime *runtime;
	struct gt_err err;

	fixture_init(&f);
	for (int i = 0; i < 5; i++)
		fixture_flow(&f, (const char *[]){"a", "b", "c", "d", "e"}[i], 3);
	fixture_run(&f);
	ops = *f.publisher->ops;
	real_ops = f.publisher->ops;
	ops.topics = more_topics;
	f.publisher->ops = &ops;
	pretended = 1;
	runtime = fixture_start(&f, false);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	ck_assert(gt_runtime_failed(runtime, &err));
	ck_assert_int_eq(err.code, GT_E_STATE_PARTITIONS);
	gt_runtime_free(runtime);
	f.publisher->ops = real_ops;
	fixture_run(&f); /* as it was: nothing is broken */
	fixture_expect(&f, "a", 3);
	fixture_fini(&f);
}
END_TEST

START_TEST(another_adapter_under_the_same_name_is_refused)
{
	static struct gt_adapter other;
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_flow_status status;

	fixture_init(&f);
	fixture_flow(&f, "a", 30);
	fixture_flow(&f, "b", 20);
	fixture_run(&f);
	other = guantong_adapter_counter;
	other.name = "abacus";
	f.flows[0].adapter = &other;
	runtime = fixture_start(&f, false);
	status = wait_for_state(runtime, 0, GT_FLOW_QUARANTINED);
	ck_assert_int_eq(status.reason.code, GT_E_FLOW_ADAPTER_CHANGED);
	ck_assert_str_eq(gt_err_arg(&status.reason, 1), "counter");
	ck_assert_str_eq(gt_err_arg(&status.reason, 2), "abacus");
	wait_for_state(runtime, 1, GT_FLOW_ENDED);
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 30);
	fixture_fini(&f);
}
END_TEST

/* Each row is two messages; 7 and 14 have no second part, the second part of 9 cannot be made, 20
 * is skipped. */
static void split_flow(struct fixture *f, struct gt_flow_conf *flow)
{
	static const char *const maps[] = {"n: n\ntext: text\n",
		"n: {expr: \"if(n == '9', null, round(number(n) + 1000, 0))\"}\n"};
	struct gt_mapping parts[2], whole = {.parts = parts, .part_count = 2};

	for (size_t i = 0; i < 2; i++) {
		struct gt_yaml *yaml =
			gt_yaml_parse("map", gt_cstr(maps[i]), &f->memory, &f->diags);
		parts[i] = (struct gt_mapping){
			.entity = GT_LIT("rows.row"), .major = 1, .zone_minutes = 480};
		ck_assert(gt_mapping_read(yaml, &f->memory, &f->diags, &parts[i]));
	}
	parts[0].skip = GT_LIT("n == '20'");
	parts[1].when = GT_LIT("not (n in ['7', '14'])");
	gt_plan_unref(flow->plan);
	flow->plan = gt_plan_new(f->gateway.standard, &whole, &f->gateway.pseudonym, &f->diags);
	ck_assert_ptr_nonnull(flow->plan);
}

START_TEST(a_split_row_is_one_decision_with_dense_numbers)
{
	struct gt_runtime_status status;
	struct gt_runtime *runtime;
	const struct gt_seen *seen;
	struct fixture f;
	char id[32];

	fixture_init(&f);
	split_flow(&f, fixture_flow(&f, "a", 30));
	runtime = fixture_start(&f, true);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	gt_runtime_status(runtime, &f.memory, &status);
	ck_assert(status.balanced);
	ck_assert_uint_eq(status.flows[0].read, 30);
	ck_assert_uint_eq(status.flows[0].accepted, 28);
	ck_assert_uint_eq(status.flows[0].rejected, 1);
	ck_assert_uint_eq(status.flows[0].filtered, 1);
	ck_assert_uint_eq(status.flows[0].fan_out, 54);
	ck_assert_uint_eq(status.flows[0].published, 55);
	gt_runtime_free(runtime);
	ck_assert_uint_eq(
		gt_memory_records(f.publisher, GT_LIT("jgsw.wuchang.rejected"), &seen), 1);
	size_t n = gt_memory_records(f.publisher, GT_LIT("jgsw.wuchang.rows.row.v1"), &seen);
	ck_assert_uint_eq(n, 54);
	/* The reject of row 9 took the number between those of rows 8 and 10: 7 had one message. */
	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), ".%zu\"", i < 15 ? i + 1 : i + 2);
		ck_assert_msg(memmem(seen[i].value.p, seen[i].value.n, id, strlen(id)) != NULL,
			"%s expected: %.*s", id, GT_STR_ARGS(seen[i].value));
	}
	fixture_fini(&f);
}
END_TEST

UNIT_MAIN("runtime", UNIT_TEST(a_split_row_is_one_decision_with_dense_numbers),
	UNIT_TEST(rows_of_two_flows_arrive_once_and_in_order),
	UNIT_LOOP(a_fault_in_the_middle_loses_and_doubles_nothing, 4),
	UNIT_TEST(kafka_away_and_back), UNIT_TEST(draining_in_the_middle_and_going_on),
	UNIT_TEST(a_second_gateway_supersedes_the_first_without_loss),
	UNIT_TEST(who_is_to_blame_is_found_alone),
	UNIT_TEST(limits_halve_on_a_thin_line_and_grow_back),
	UNIT_TEST(lost_state_starts_a_new_epoch), UNIT_TEST(a_removed_flow_is_marked_retired),
	UNIT_TEST(a_removed_flow_is_retired_in_a_slot_of_its_own),
	UNIT_TEST(a_changed_partition_count_is_refused),
	UNIT_TEST(another_adapter_under_the_same_name_is_refused))
