/* The runtime against a publisher with real transactions and faults to order: whatever happens to a
 * commit, every row is published once, in order, with dense numbers. */
#include "flow_fixture.h"

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

UNIT_MAIN("runtime", UNIT_TEST(rows_of_two_flows_arrive_once_and_in_order),
	UNIT_LOOP(a_fault_in_the_middle_loses_and_doubles_nothing, 4),
	UNIT_TEST(kafka_away_and_back), UNIT_TEST(draining_in_the_middle_and_going_on),
	UNIT_TEST(a_second_gateway_supersedes_the_first_without_loss))
