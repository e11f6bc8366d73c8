/* flow_fixture.h: a gateway in memory: flows of the adapter `counter` onto the memory publisher. */
#ifndef GT_FLOW_FIXTURE_H
#define GT_FLOW_FIXTURE_H

#include "memory.h"
#include "options.h"
#include "runtime.h"
#include "unit.h"

#include <stdio.h>
#include <time.h>

extern const struct gt_adapter guantong_adapter_counter;

#define FLOWS_MAX 8

struct fixture {
	struct gt_arena memory;
	struct gt_diags diags;
	struct gt_gateway_conf gateway;
	struct gt_flow_conf flows[FLOWS_MAX];
	struct gt_publisher *publisher;
};

static inline void fixture_map(struct fixture *f, struct gt_flow_conf *flow)
{
	static const char map[] = "n: n\ntext: text\n";
	struct gt_mapping mapping = {.entity = GT_LIT("rows.row"), .major = 1, .zone_minutes = 480};
	struct gt_yaml *yaml = gt_yaml_parse("map", gt_cstr(map), &f->memory, &f->diags);

	ck_assert(gt_mapping_read(yaml, &f->memory, &f->diags, &mapping));
	flow->plan = gt_plan_new(f->gateway.standard, &mapping, &f->gateway.pseudonym, &f->diags);
	ck_assert_ptr_nonnull(flow->plan);
}

static inline struct gt_flow_conf *fixture_flow(struct fixture *f, const char *name, int64_t rows)
{
	const struct gt_adapter *adapter = &guantong_adapter_counter;
	struct gt_flow_conf *flow = &f->flows[f->gateway.flow_count++];
	void *options = gt_arena_zalloc(&f->memory, adapter->self_size);
	struct gt_err err;

	gt_options_defaults(gt_flow_options, flow, &f->memory);
	gt_options_defaults(adapter->options, options, &f->memory);
	ck_assert(gt_option_store(gt_option_find(adapter->options, GT_LIT("rows")), options,
		gt_arena_printf(&f->memory, "%lld", (long long)rows), NULL, &f->memory, &err));
	flow->source = GT_LIT("numbers");
	flow->flow = gt_arena_copy(&f->memory, gt_cstr(name));
	flow->name = gt_arena_printf(&f->memory, "numbers/%s", name);
	flow->adapter = adapter;
	flow->adapter_options = options;
	fixture_map(f, flow);
	return flow;
}

static inline void fixture_init(struct fixture *f)
{
	struct gt_str spec = GT_LIT("rows@1");
	char path[1024];

	memset(f, 0, sizeof(*f));
	gt_arena_init(&f->memory, 0);
	gt_options_defaults(gt_gateway_options, &f->gateway, &f->memory);
	snprintf(path, sizeof(path), "%s/tests/unit/flow/standard", getenv("GT_SOURCE_ROOT"));
	f->gateway.site = GT_LIT("wuchang");
	f->gateway.kafka.slots = 2;
	f->gateway.commit_ms = 10;
	f->gateway.flows = f->flows;
	f->gateway.standard = gt_standard_load(path, &spec, 1, GT_LIT("jgsw"), &f->diags);
	for (size_t i = 0; i < f->diags.n; i++)
		fprintf(stderr, "%s:%u: %s\n", f->diags.v[i].pos.file, f->diags.v[i].pos.line,
			gt_err_text(&f->diags.v[i].err, path, sizeof(path)));
	ck_assert_ptr_nonnull(f->gateway.standard);
	f->publisher = gt_publisher_memory(2);
}

static inline void fixture_fini(struct fixture *f)
{
	for (size_t i = 0; i < f->gateway.flow_count; i++)
		gt_plan_unref(f->flows[i].plan);
	gt_standard_unref(f->gateway.standard);
	f->publisher->ops->free(f->publisher);
	gt_diags_fini(&f->diags);
	gt_arena_fini(&f->memory);
}

static inline struct gt_runtime *fixture_start(struct fixture *f, bool once)
{
	struct gt_runtime_conf conf = {.gateway = &f->gateway,
		.publisher = f->publisher,
		.create_topics = true,
		.once = once};
	struct gt_err err;
	struct gt_runtime *runtime = gt_runtime_new(&conf, &err);

	ck_assert_ptr_nonnull(runtime);
	ck_assert(gt_runtime_start(runtime, &err));
	return runtime;
}

/* Runs until everything is committed; asserts that both identities hold. */
static inline void fixture_run(struct fixture *f)
{
	struct gt_runtime *runtime = fixture_start(f, true);
	struct gt_runtime_status status;
	struct gt_arena memory;
	struct gt_err err;

	gt_arena_init(&memory, 0);
	ck_assert(gt_runtime_wait(runtime, UNIT_GUARD_SECONDS * 1000));
	ck_assert(!gt_runtime_failed(runtime, &err));
	gt_runtime_status(runtime, &memory, &status);
	ck_assert(status.balanced);
	for (size_t i = 0; i < status.flow_count; i++)
		ck_assert_uint_eq(status.flows[i].in_flight, 0);
	gt_runtime_free(runtime);
	gt_arena_fini(&memory);
}

/* Committed messages of the topic: for every flow the subjects 1 … rows, once each, in order. */
static inline void fixture_expect(struct fixture *f, const char *flow, int64_t rows)
{
	const struct gt_seen *seen;
	size_t n = gt_memory_records(f->publisher, GT_LIT("jgsw.wuchang.rows.row.v1"), &seen);
	char source[128], subject[64], id[64];
	int64_t next = 1;

	snprintf(source, sizeof(source), "\"source\":\"/wuchang/numbers/%s\"", flow);
	for (size_t i = 0; i < n; i++) {
		const char *value = seen[i].value.p;
		size_t size = seen[i].value.n;

		if (!memmem(value, size, source, strlen(source)))
			continue;
		snprintf(subject, sizeof(subject), "\"subject\":\"%lld\"", (long long)next);
		snprintf(id, sizeof(id), ".%lld\"", (long long)next);
		ck_assert_msg(memmem(value, size, subject, strlen(subject)) != NULL,
			"flow %s: %s expected, got %.*s", flow, subject, (int)size, value);
		ck_assert_msg(memmem(value, size, id, strlen(id)) != NULL, "dense seq: %.*s",
			(int)size, value);
		next++;
	}
	ck_assert_int_eq(next - 1, rows);
}

#endif
