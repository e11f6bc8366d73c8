/* Flows with isolated adapters in a running gateway: a crash costs nothing but time, a hang costs
 * nobody else anything. */
#include "child.h"
#include "flow_fixture.h"

static void misbehaving(struct fixture *f, const char *name, const char *rows, const char *deed)
{
	const struct gt_adapter *adapter = gt_registry_adapter(GT_LIT("misbehave"));
	const char *const options[][2] = {{"rows", rows}, {"deed", deed}};
	struct gt_flow_conf *flow = fixture_flow(f, name, 0);
	void *self = gt_arena_zalloc(&f->memory, adapter->self_size);
	struct gt_err err;

	gt_options_defaults(adapter->options, self, &f->memory);
	for (size_t i = 0; i < 2; i++)
		ck_assert(gt_option_store(gt_option_find(adapter->options, gt_cstr(options[i][0])),
			self, gt_cstr(options[i][1]), NULL, &f->memory, &err));
	flow->adapter = adapter;
	flow->adapter_options = self;
	flow->isolate = GT_ISOLATE_PROCESS;
}

/* Every child crashes in its third poll; the next one goes on from what was committed. _i: a child
 * because the option says so, because the format does. */
START_TEST(crashes_lose_and_double_nothing)
{
	struct fixture f;

	fixture_init(&f);
	misbehaving(&f, "crashing", "24000", "crash-third");
	if (_i == 1) {
		f.flows[0].isolate = GT_ISOLATE_AUTO;
		f.flows[0].format = &child_format;
		f.flows[0].format_options = "";
	}
	fixture_flow(&f, "a", 20000);
	fixture_run(&f);
	fixture_expect(&f, "crashing", 24000);
	fixture_expect(&f, "a", 20000);
	fixture_fini(&f);
}
END_TEST

static void wait_for_accepted(struct gt_runtime *runtime, size_t flow, uint64_t rows)
{
	struct gt_runtime_status status;
	struct gt_arena memory;

	gt_arena_init(&memory, 0);
	do {
		gt_arena_reset(&memory, 0);
		gt_runtime_status(runtime, &memory, &status);
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	} while (status.flows[flow].accepted < rows);
	gt_arena_fini(&memory);
}

START_TEST(one_that_hangs_stops_no_neighbour)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	misbehaving(&f, "hanging", "10", _i == 0 ? "hang" : "deaf");
	fixture_flow(&f, "a", 20000);
	misbehaving(&f, "good", "3000", "nothing");
	runtime = fixture_start(&f, false);
	wait_for_accepted(runtime, 1, 20000);
	wait_for_accepted(runtime, 2, 3000);
	gt_runtime_drain(runtime); /* interrupts it, or ends it */
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 20000);
	fixture_expect(&f, "good", 3000);
	fixture_fini(&f);
}
END_TEST

/* Too much at once for it: asked for fewer rows until it can. */
START_TEST(one_that_lacks_memory_is_asked_for_less)
{
	struct fixture f;

	fixture_init(&f);
	misbehaving(&f, "small", "3000", "budget");
	f.flows[0].isolate = GT_ISOLATE_AUTO;
	fixture_run(&f);
	fixture_expect(&f, "small", 3000);
	fixture_fini(&f);
}
END_TEST

START_TEST(one_that_waits_is_polled_when_its_condition_holds)
{
	struct fixture f;
	struct gt_runtime *runtime;

	fixture_init(&f);
	misbehaving(&f, "fd", "20000", "wait-fd"); /* its deadline is an hour away */
	misbehaving(&f, "time", "20000", "wait-time");
	f.flows[0].isolate = f.flows[1].isolate = _i == 0 ? GT_ISOLATE_AUTO : GT_ISOLATE_PROCESS;
	runtime = fixture_start(&f, false);
	wait_for_accepted(runtime, 0, 20000);
	wait_for_accepted(runtime, 1, 20000);
	gt_runtime_free(runtime);
	fixture_expect(&f, "fd", 20000);
	fixture_expect(&f, "time", 20000);
	fixture_fini(&f);
}
END_TEST

CHILD_MAIN("isolate_flows", UNIT_LOOP(crashes_lose_and_double_nothing, 2),
	UNIT_LOOP(one_that_hangs_stops_no_neighbour, 2),
	UNIT_TEST(one_that_lacks_memory_is_asked_for_less),
	UNIT_LOOP(one_that_waits_is_polled_when_its_condition_holds, 2))
