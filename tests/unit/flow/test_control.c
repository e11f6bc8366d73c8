/* What operators ask of a running gateway: pause, resume, backfill, a new configuration. Whatever
 * they ask, rows arrive once, in order, with dense numbers, and both identities hold. */
#include "flow_fixture.h"

static void nap_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static const struct gt_order_done nothing;

static struct gt_order order_of(const char *which, const char *why)
{
	return (struct gt_order){gt_cstr(which), GT_LIT("li (uid 7)"), gt_cstr(why)};
}

static bool flow_status(struct gt_runtime *runtime, const char *name, struct gt_arena *memory,
	struct gt_flow_status *found)
{
	struct gt_runtime_status status;

	gt_runtime_status(runtime, memory, &status);
	ck_assert(status.balanced);
	for (size_t i = 0; i < status.flow_count; i++) {
		if (gt_str_eq(status.flows[i].name, gt_cstr(name))) {
			*found = status.flows[i];
			return true;
		}
	}
	return false;
}

enum until { STATE, ACCEPTED, NO_BACKFILL, GONE };

static struct gt_flow_status wait_until(
	struct gt_runtime *runtime, const char *name, enum until what, uint64_t value)
{
	struct gt_flow_status s;
	struct gt_arena memory;
	bool there;

	gt_arena_init(&memory, 0);
	for (there = false; !there; nap_ms(1)) {
		gt_arena_reset(&memory, 0);
		bool known = flow_status(runtime, name, &memory, &s);

		there = what == GONE       ? !known
			: !known           ? false
			: what == STATE    ? s.state == (enum gt_flow_state)value
			: what == ACCEPTED ? s.accepted >= value
					   : !s.backfill;
	}
	gt_arena_fini(&memory);
	return s;
}

/* How many committed messages of the flow have this business key. */
static size_t times(struct fixture *f, const char *flow, int64_t subject)
{
	const struct gt_seen *seen;
	size_t n = gt_memory_records(f->publisher, GT_LIT("jgsw.wuchang.rows.row.v1"), &seen);
	char source[128], key[64];
	size_t found = 0;

	snprintf(source, sizeof(source), "\"source\":\"/wuchang/numbers/%s\"", flow);
	snprintf(key, sizeof(key), "\"subject\":\"%lld\"", (long long)subject);
	for (size_t i = 0; i < n; i++)
		found += memmem(seen[i].value.p, seen[i].value.n, source, strlen(source)) &&
			 memmem(seen[i].value.p, seen[i].value.n, key, strlen(key));
	return found;
}

/* Message numbers of the flow are 1, 2, 3 … in the order in which they were committed. */
static size_t numbered(struct fixture *f, const char *flow)
{
	const struct gt_seen *seen;
	size_t n = gt_memory_records(f->publisher, GT_LIT("jgsw.wuchang.rows.row.v1"), &seen),
	       next = 1;
	char source[128], id[64];

	snprintf(source, sizeof(source), "\"source\":\"/wuchang/numbers/%s\"", flow);
	for (size_t i = 0; i < n; i++) {
		if (!memmem(seen[i].value.p, seen[i].value.n, source, strlen(source)))
			continue;
		snprintf(id, sizeof(id), ".%zu\"", next++);
		ck_assert_msg(memmem(seen[i].value.p, seen[i].value.n, id, strlen(id)) != NULL,
			"%s expected: %.*s", id, (int)seen[i].value.n, seen[i].value.p);
	}
	return next - 1;
}

START_TEST(a_paused_flow_stays_paused_over_a_restart)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_flow_status s;
	struct gt_order order = order_of("numbers/a", "口令已过期");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	f.gateway.commit_records = 200;
	fixture_flow(&f, "a", 300000);
	fixture_flow(&f, "b", 3000);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", ACCEPTED, 1);
	ck_assert(gt_runtime_pause(runtime, &order, &done, &err));
	ck_assert_uint_eq(done.flows, 1);
	ck_assert(done.committed);
	s = wait_until(runtime, "numbers/a", STATE, GT_FLOW_PAUSED);
	ck_assert_int_eq(s.reason.code, GT_E_FLOW_PAUSED);
	ck_assert_str_eq(gt_err_arg(&s.reason, 1), "li (uid 7)");
	ck_assert_str_eq(gt_err_arg(&s.reason, 3), "口令已过期");
	wait_until(runtime, "numbers/b", STATE, GT_FLOW_ENDED);
	gt_runtime_free(runtime);

	runtime = fixture_start(&f, true); /* `once` does not wait for it */
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	s = wait_until(runtime, "numbers/a", STATE, GT_FLOW_PAUSED);
	ck_assert_uint_eq(s.read, 0);
	ck_assert_str_eq(gt_err_arg(&s.reason, 1), "li (uid 7)");
	gt_runtime_free(runtime);
	fixture_expect(&f, "b", 3000);
	fixture_fini(&f);
}
END_TEST

START_TEST(a_resumed_flow_goes_on_where_it_was)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order every = order_of("*", ""), some = order_of("numbers/*", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	f.gateway.commit_records = 200;
	fixture_flow(&f, "a", 60000);
	fixture_flow(&f, "b", 50000);
	runtime = fixture_start(&f, true);
	for (int i = 0; i < 5; i++) {
		ck_assert(gt_runtime_pause(runtime, &every, &done, &err));
		ck_assert_uint_eq(done.flows, 2);
		ck_assert(gt_runtime_resume(runtime, &some, &done, &err));
		ck_assert_uint_eq(done.flows, 2);
		nap_ms(3);
	}
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	gt_runtime_free(runtime);
	fixture_run(&f);
	fixture_expect(&f, "a", 60000);
	fixture_expect(&f, "b", 50000);
	fixture_fini(&f);
}
END_TEST

/* What the operator has mended need not wait for the back-off. */
START_TEST(resume_lifts_a_quarantine)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/bad", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "bad", 900);
	gt_memory_refuse(f.publisher, "\"source\":\"/wuchang/numbers/bad\"");
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/bad", STATE, GT_FLOW_QUARANTINED);
	gt_memory_refuse(f.publisher, NULL);
	ck_assert(gt_runtime_resume(runtime, &order, &done, &err));
	wait_until(runtime, "numbers/bad", STATE, GT_FLOW_ENDED);
	gt_runtime_free(runtime);
	fixture_expect(&f, "bad", 900);
	fixture_fini(&f);
}
END_TEST

START_TEST(unknown_flows_are_named_with_their_neighbours)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order near = order_of("numbers/aa", ""), far = order_of("x/*", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 9);
	runtime = fixture_start(&f, false);
	ck_assert(!gt_runtime_pause(runtime, &near, &done, &err));
	ck_assert_int_eq(err.code, GT_E_FLOW_NEAR);
	ck_assert_str_eq(gt_err_arg(&err, 2), "numbers/a");
	ck_assert(!gt_runtime_resume(runtime, &far, &done, &err));
	ck_assert_int_eq(err.code, GT_E_FLOW_UNKNOWN);
	ck_assert(!gt_runtime_backfill(runtime, &near, GT_LIT("1"), GT_LIT("2"), &done, &err));
	ck_assert_int_eq(err.code, GT_E_FLOW_NEAR);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

/* Kafka away: in effect at once, and said so; kept when it is back. */
START_TEST(a_pause_without_kafka_is_kept_when_it_is_back)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("*", "");
	struct gt_order_done done = nothing;
	struct gt_flow_status s;
	struct gt_err err;

	fixture_init(&f);
	f.gateway.commit_records = 200;
	fixture_flow(&f, "a", 300000);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", ACCEPTED, 1);
	gt_memory_fault(f.publisher, GT_FAULT_DOWN, 0);
	ck_assert(gt_runtime_pause(runtime, &order, &done, &err));
	ck_assert(!done.committed);
	gt_memory_fault(f.publisher, GT_FAULT_NONE, 0);
	ck_assert(gt_runtime_pause(runtime, &order, &done, &err) && done.committed);
	gt_runtime_free(runtime);
	runtime = fixture_start(&f, false);
	s = wait_until(runtime, "numbers/a", STATE, GT_FLOW_PAUSED);
	ck_assert_uint_eq(s.read, 0);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

START_TEST(a_backfill_reads_its_range_again_and_moves_no_cursor)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/a", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 9000);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	ck_assert(gt_runtime_backfill(runtime, &order, GT_LIT("100"), GT_LIT("7600"), &done, &err));
	ck_assert(done.committed);
	wait_until(runtime, "numbers/a", NO_BACKFILL, 0);
	ck_assert_uint_eq(times(&f, "a", 99), 1);
	ck_assert_uint_eq(times(&f, "a", 100), 2);
	ck_assert_uint_eq(times(&f, "a", 7599), 2);
	ck_assert_uint_eq(times(&f, "a", 7600), 1);
	ck_assert_uint_eq(numbered(&f, "a"), 9000 + 7500);
	gt_runtime_free(runtime);
	fixture_run(&f); /* the flow's own position is at its end still, and the backfill over */
	ck_assert_uint_eq(numbered(&f, "a"), 9000 + 7500);
	fixture_fini(&f);
}
END_TEST

/* Faults of commits in the middle of a backfill, and restarts: it goes on where it was. */
START_TEST(a_backfill_survives_faults_and_restarts)
{
	static const enum gt_memory_fault faults[] = {
		GT_FAULT_BEFORE_BEGIN, GT_FAULT_LOST, GT_FAULT_UNKNOWN_DONE};
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/a", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	f.gateway.commit_records = 500;
	fixture_flow(&f, "a", 60000);
	fixture_run(&f);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	ck_assert(gt_runtime_backfill(runtime, &order, GT_LIT(""), GT_LIT("50001"), &done, &err));
	wait_until(runtime, "numbers/a", ACCEPTED, 1);
	gt_runtime_free(runtime);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", ACCEPTED, 1);
	gt_memory_fault(f.publisher, faults[_i], 2);
	wait_until(runtime, "numbers/a", NO_BACKFILL, 0);
	gt_runtime_free(runtime);
	ck_assert_uint_eq(numbered(&f, "a"), 110000);
	for (int64_t n = 1; n <= 60000; n += 7001)
		ck_assert_uint_eq(times(&f, "a", n), n <= 50000 ? 2 : 1);
	fixture_fini(&f);
}
END_TEST

START_TEST(a_backfill_can_be_ended)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/a", "");
	struct gt_order_done done = nothing;
	struct gt_err err;
	size_t before;

	fixture_init(&f);
	f.gateway.commit_records = 100;
	fixture_flow(&f, "a", 300000);
	runtime = fixture_start(&f, false);
	ck_assert(!gt_runtime_backfill_stop(runtime, &order, &done, &err));
	ck_assert_int_eq(err.code, GT_E_BACKFILL_NONE);
	wait_until(runtime, "numbers/a", ACCEPTED, 100);
	ck_assert(gt_runtime_backfill(runtime, &order, GT_LIT("5"), GT_LIT("800000"), &done, &err));
	ck_assert(!gt_runtime_backfill(runtime, &order, GT_LIT("5"), GT_LIT("6"), &done, &err));
	ck_assert_int_eq(err.code, GT_E_BACKFILL_TWICE);
	ck_assert(gt_runtime_backfill_stop(runtime, &order, &done, &err));
	wait_until(runtime, "numbers/a", NO_BACKFILL, 0);
	gt_runtime_free(runtime);
	before = numbered(&f, "a");
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", ACCEPTED, 1);
	ck_assert(!gt_runtime_backfill_stop(runtime, &order, &done, &err));
	gt_runtime_free(runtime);
	ck_assert_uint_gt(numbered(&f, "a"), before);
	fixture_fini(&f);
}
END_TEST

static const struct {
	const char *from, *until;
	enum gt_code code; /* NONE = good */
	const char *as_from, *as_until;
} bounds[] = {{"2024-01-01", "2024-02", GT_E_NONE, "2024-01-01T00:00:00+08:00",
		      "2024-02-01T00:00:00+08:00"},
	{"2024-01-31 08:05", "", GT_E_NONE, "2024-01-31T08:05:00+08:00", ""},
	{"2024-01-31T08:05:09Z", "2024-01-31T16:05:10", GT_E_NONE, "2024-01-31T16:05:09+08:00",
		"2024-01-31T16:05:10+08:00"},
	{"-5", "17.25", GT_E_NONE, "-5", "17.25"}, {"17", "17", GT_E_BACKFILL_ORDER, "", ""},
	{"2024-02-01", "2024-01-01", GT_E_BACKFILL_ORDER, "", ""},
	{"2024-02-01", "77", GT_E_BACKFILL_ORDER, "", ""}, {"", "", GT_E_BACKFILL_BOUND, "", ""},
	{"2024-02-30", "", GT_E_BACKFILL_BOUND, "", ""},
	{"", "yesterday", GT_E_BACKFILL_BOUND, "", ""}, {"1.2.3", "", GT_E_BACKFILL_BOUND, "", ""},
	{"-", "", GT_E_BACKFILL_BOUND, "", ""}, {"2024-01-01T08", "", GT_E_BACKFILL_BOUND, "", ""},
	{"2024-01-01T08:00:00+8", "", GT_E_BACKFILL_BOUND, "", ""}};

/* The adapter does not know times: that ends the backfill, and nothing else. */
START_TEST(ends_of_a_backfill_are_read_in_the_flows_zone)
{
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/a", "");
	struct gt_order_done done = nothing;
	struct gt_arena memory;
	struct gt_flow_status s;
	struct gt_err err;
	bool ok;

	gt_arena_init(&memory, 0);
	fixture_init(&f);
	fixture_flow(&f, "a", 10);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	gt_memory_fault(f.publisher, GT_FAULT_DOWN, 0); /* so that it does not begin yet */
	ok = gt_runtime_backfill(
		runtime, &order, gt_cstr(bounds[_i].from), gt_cstr(bounds[_i].until), &done, &err);
	ck_assert_int_eq(ok, bounds[_i].code == GT_E_NONE);
	if (!ok)
		ck_assert_int_eq(err.code, bounds[_i].code);
	if (ok && flow_status(runtime, "numbers/a", &memory, &s) && s.backfill) {
		ck_str_is(s.backfill_from, bounds[_i].as_from);
		ck_str_is(s.backfill_until, bounds[_i].as_until);
	}
	gt_memory_fault(f.publisher, GT_FAULT_NONE, 0);
	s = wait_until(runtime, "numbers/a", NO_BACKFILL, 0);
	if (ok && bounds[_i].as_from[0] == '2') {
		ck_assert_int_eq(s.reason.code, GT_E_BACKFILL_FAILED);
		ck_assert_int_eq(s.state, GT_FLOW_ENDED);
	}
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 10);
	fixture_fini(&f);
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(an_adapter_without_ranges_is_refused)
{
	static struct gt_adapter plain;
	struct fixture f;
	struct gt_runtime *runtime;
	struct gt_order order = order_of("numbers/a", "");
	struct gt_order_done done = nothing;
	struct gt_err err;

	fixture_init(&f);
	plain = guantong_adapter_counter;
	plain.caps &= ~(uint32_t)GT_CAP_RANGE;
	fixture_flow(&f, "a", 10)->adapter = &plain;
	runtime = fixture_start(&f, false);
	ck_assert(!gt_runtime_backfill(runtime, &order, GT_LIT("1"), GT_LIT("2"), &done, &err));
	ck_assert_int_eq(err.code, GT_E_BACKFILL_CANNOT);
	gt_runtime_free(runtime);
	fixture_fini(&f);
}
END_TEST

/* Another configuration, as a reload hands it over: the same gateway, flows of its own, and a count
 * of how often it was let go. */
struct next {
	struct gt_gateway_conf gateway;
	struct gt_flow_conf flows[FLOWS_MAX];
	struct gt_conf_life life;
	bool ended;
};

static void next_end(struct gt_conf_life *life)
{
	struct next *next = (struct next *)((char *)life - offsetof(struct next, life));

	next->ended = true;
}

static void next_init(struct next *next, const struct fixture *f)
{
	*next = (struct next){.gateway = f->gateway, .life = {1, next_end}};
	memcpy(next->flows, f->flows, sizeof(next->flows));
	next->gateway.flows = next->flows;
	next->gateway.life = &next->life;
}

static void set_rows(struct fixture *f, struct gt_flow_conf *flow, const char *rows)
{
	void *options = gt_arena_zalloc(&f->memory, flow->adapter->self_size);
	struct gt_err err;

	ck_assert(gt_option_store(gt_option_find(flow->adapter->options, GT_LIT("rows")), options,
		gt_cstr(rows), NULL, &f->memory, &err));
	flow->adapter_options = options;
}

START_TEST(only_what_changed_starts_again)
{
	struct fixture f;
	struct next next, last;
	struct gt_runtime *runtime;
	struct gt_reloaded done;
	struct gt_flow_status s;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "same", 500);
	fixture_flow(&f, "grown", 700);
	fixture_flow(&f, "gone", 900);
	runtime = fixture_start(&f, false);
	for (int i = 0; i < 3; i++)
		wait_until(runtime,
			(const char *[]){"numbers/same", "numbers/grown", "numbers/gone"}[i], STATE,
			GT_FLOW_ENDED);
	next_init(&next, &f);
	set_rows(&f, &next.flows[1], "1200");
	next.flows[2] = next.flows[0];
	next.flows[2].flow = GT_LIT("new");
	next.flows[2].name = GT_LIT("numbers/new");
	ck_assert(gt_runtime_reload(runtime, &next.gateway, &done, &err));
	ck_assert_uint_eq(done.same, 1);
	ck_assert_uint_eq(done.changed, 1);
	ck_assert_uint_eq(done.added, 1);
	ck_assert_uint_eq(done.removed, 1);
	wait_until(runtime, "numbers/grown", ACCEPTED, 1200);
	wait_until(runtime, "numbers/new", ACCEPTED, 500);
	wait_until(runtime, "numbers/gone", GONE, 0);
	s = wait_until(runtime, "numbers/same", STATE, GT_FLOW_ENDED);
	ck_assert_uint_eq(s.accepted, 500); /* its counts go on: it did not notice */

	next_init(&last, &f); /* and back again */
	ck_assert(gt_runtime_reload(runtime, &last.gateway, &done, &err));
	ck_assert_uint_eq(done.removed, 1);
	wait_until(runtime, "numbers/new", GONE, 0);
	gt_conf_let_go(&next.life);
	gt_conf_let_go(&last.life);
	gt_runtime_free(runtime);
	ck_assert(next.ended && last.ended);
	fixture_expect(&f, "same", 500);
	fixture_expect(&f, "grown", 1200);
	fixture_expect(&f, "gone", 900);
	fixture_expect(&f, "new", 500);
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

/* In the middle of pouring: what is in flight keeps its plan, nothing is lost or doubled. */
START_TEST(reloading_under_load_loses_and_doubles_nothing)
{
	struct fixture f;
	struct next next[6];
	struct gt_runtime *runtime;
	struct gt_reloaded done;
	struct gt_err err;

	fixture_init(&f);
	f.gateway.commit_records = 500;
	fixture_flow(&f, "a", 30000);
	fixture_flow(&f, "b", 25000);
	fixture_flow(&f, "c", 20000);
	runtime = fixture_start(&f, false);
	for (int i = 0; i < 6; i++) {
		next_init(&next[i], &f);
		next[i].flows[0].title = GT_LIT("another title");
		if (i % 2 == 0) {
			next[i].flows[0].title = GT_LIT("a title");
			next[i].gateway.flow_count = 2; /* c goes */
		}
		while (i == 4 && !state_says(&f, "numbers/c", "flow_record"))
			nap_ms(1); /* else there is nothing to retire */
		ck_assert(gt_runtime_reload(runtime, &next[i].gateway, &done, &err));
		ck_assert_uint_ge(done.same, 1); /* b */
		gt_conf_let_go(&next[i].life);
		nap_ms(20);
		if (i == 4)
			while (!state_says(&f, "numbers/c", "retired"))
				nap_ms(1);
	}
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	wait_until(runtime, "numbers/b", STATE, GT_FLOW_ENDED);
	wait_until(runtime, "numbers/c", STATE, GT_FLOW_ENDED);
	gt_runtime_free(runtime);
	for (int i = 0; i < 6; i++)
		ck_assert(next[i].ended);
	fixture_expect(&f, "a", 30000);
	fixture_expect(&f, "b", 25000);
	fixture_expect(&f, "c", 20000);
	fixture_fini(&f);
}
END_TEST

START_TEST(what_cannot_change_is_refused_by_name)
{
	struct fixture f;
	struct next next;
	struct gt_runtime *runtime;
	struct gt_reloaded done;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 500);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	next_init(&next, &f);
	next.gateway.site = GT_LIT("hankou");
	ck_assert(!gt_runtime_reload(runtime, &next.gateway, &done, &err));
	ck_assert_int_eq(err.code, GT_E_RELOAD_FIXED);
	ck_assert_str_eq(gt_err_arg(&err, 1), "site");
	next_init(&next, &f);
	next.gateway.pseudonym.set = true;
	ck_assert(!gt_runtime_reload(runtime, &next.gateway, &done, &err));
	ck_assert_str_eq(gt_err_arg(&err, 1), "pseudonym_key");
	next_init(&next, &f);
	next.flows[0].name = GT_LIT("numbers/z");
	gt_runtime_drain(runtime);
	ck_assert(!gt_runtime_reload(runtime, &next.gateway, &done, &err));
	ck_assert_int_eq(err.code, GT_E_RELOAD_LATE);
	gt_runtime_free(runtime);
	ck_assert(!next.ended);
	fixture_expect(&f, "a", 500);
	fixture_fini(&f);
}
END_TEST

START_TEST(another_adapter_at_a_reload_is_refused_by_its_flow)
{
	static struct gt_adapter other;
	struct fixture f;
	struct next next;
	struct gt_runtime *runtime;
	struct gt_reloaded done;
	struct gt_flow_status s;
	struct gt_err err;

	fixture_init(&f);
	fixture_flow(&f, "a", 500);
	runtime = fixture_start(&f, false);
	wait_until(runtime, "numbers/a", STATE, GT_FLOW_ENDED);
	other = guantong_adapter_counter;
	other.name = "abacus";
	next_init(&next, &f);
	next.flows[0].adapter = &other;
	ck_assert(gt_runtime_reload(runtime, &next.gateway, &done, &err));
	s = wait_until(runtime, "numbers/a", STATE, GT_FLOW_QUARANTINED);
	ck_assert_int_eq(s.reason.code, GT_E_FLOW_ADAPTER_CHANGED);
	gt_conf_let_go(&next.life);
	gt_runtime_free(runtime);
	ck_assert(next.ended);
	fixture_expect(&f, "a", 500);
	fixture_fini(&f);
}
END_TEST

/* All day long is quiet: no poll begins, and the flow says until when. */
START_TEST(in_quiet_hours_no_poll_begins)
{
	const struct gt_str all_day[] = {GT_LIT("00:00-12:00"), GT_LIT("12:00-24:00")};
	struct fixture f;
	struct gt_flow_conf *flow;
	struct gt_runtime *runtime;
	struct gt_flow_status s;
	struct gt_err err;

	fixture_init(&f);
	flow = fixture_flow(&f, "a", 500);
	flow->quiet = (struct gt_texts){all_day, 2};
	ck_assert(gt_quiet_read(&flow->quiet, &flow->quiet_hours, &err));
	fixture_flow(&f, "b", 500);
	runtime = fixture_start(&f, false);
	s = wait_until(runtime, "numbers/a", STATE, GT_FLOW_WAITING);
	ck_assert_int_eq(s.reason.code, GT_E_FLOW_QUIET);
	ck_assert_int_eq(s.reason.class, GT_NOTE);
	wait_until(runtime, "numbers/b", STATE, GT_FLOW_ENDED);
	gt_runtime_free(runtime);
	fixture_expect(&f, "a", 0);
	fixture_expect(&f, "b", 500);
	fixture_fini(&f);
}
END_TEST

UNIT_MAIN("control", UNIT_TEST(a_paused_flow_stays_paused_over_a_restart),
	UNIT_TEST(a_resumed_flow_goes_on_where_it_was), UNIT_TEST(resume_lifts_a_quarantine),
	UNIT_TEST(unknown_flows_are_named_with_their_neighbours),
	UNIT_TEST(a_pause_without_kafka_is_kept_when_it_is_back),
	UNIT_TEST(a_backfill_reads_its_range_again_and_moves_no_cursor),
	UNIT_LOOP(a_backfill_survives_faults_and_restarts, 3), UNIT_TEST(a_backfill_can_be_ended),
	UNIT_LOOP(ends_of_a_backfill_are_read_in_the_flows_zone,
		(int)(sizeof(bounds) / sizeof(bounds[0]))),
	UNIT_TEST(an_adapter_without_ranges_is_refused), UNIT_TEST(only_what_changed_starts_again),
	UNIT_TEST(reloading_under_load_loses_and_doubles_nothing),
	UNIT_TEST(what_cannot_change_is_refused_by_name),
	UNIT_TEST(another_adapter_at_a_reload_is_refused_by_its_flow),
	UNIT_TEST(in_quiet_hours_no_poll_begins))
