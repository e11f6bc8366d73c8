/* The fixtures whose adapters need nothing of this process, run in child processes: a stand-in
 * passes every call on to a runner, so that the suite asks of an isolated adapter what it asks of
 * any. */
#include "fixture.h"
#include "gt_assert.h"
#include "runner.h"

#include <stdlib.h>

extern const struct gt_adapter guantong_adapter_counter, guantong_adapter_file,
	guantong_adapter_odbc;
extern const struct gt_format guantong_format_lines, guantong_format_blocks, guantong_format_csv,
	guantong_format_json, guantong_format_jsonl;
extern const struct fixture fixture_counter, fixture_file_lines, fixture_file_blocks,
	fixture_file_csv, fixture_file_csv_gb, fixture_file_json, fixture_file_jsonl,
	fixture_odbc_whole, fixture_odbc_cursor;

/* Behind the adapter's own state, which here holds the options only. */
struct tail {
	struct gt_flow_conf flow;
	struct gt_runner *runner;
};

static struct {
	const struct gt_adapter *real;
	struct gt_adapter stand_in;
} pairs[3];

static size_t offset(const struct gt_adapter *real)
{
	return (real->self_size + 15) / 16 * 16;
}

static struct tail *tail_of(const struct gt_adapter *real, void *self)
{
	return (struct tail *)(void *)((char *)self + offset(real));
}

static bool open_(const struct gt_adapter *real, void *self, struct gt_host *host,
	struct gt_str cursor, struct gt_err *err)
{
	struct tail *t = tail_of(real, self);

	t->flow = (struct gt_flow_conf){.name = host->flow,
		.adapter = real,
		.adapter_options = self,
		.format = host->reader ? host->reader->format : NULL,
		.format_options = host->reader ? host->reader->self : NULL,
		.zone_minutes = host->zone_minutes,
		.isolate = GT_ISOLATE_PROCESS};
	t->runner = gt_runner_new(&t->flow, host, err);
	return t->runner && gt_runner_open(t->runner, cursor, err);
}

/* An adapter's callbacks do not say which adapter is meant: one set for each. */
#define STAND_IN(id)                                                                               \
	static bool open_##id(                                                                     \
		void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)        \
	{                                                                                          \
		return open_(&guantong_adapter_##id, self, host, cursor, err);                     \
	}                                                                                          \
	static enum gt_poll poll_##id(void *self, struct gt_batch *batch,                          \
		const struct gt_limits *limits, struct gt_err *err)                                \
	{                                                                                          \
		return gt_runner_poll(                                                             \
			tail_of(&guantong_adapter_##id, self)->runner, batch, limits, err);        \
	}                                                                                          \
	static bool commit_##id(void *self, struct gt_str cursor, struct gt_err *err)              \
	{                                                                                          \
		return gt_runner_commit(                                                           \
			tail_of(&guantong_adapter_##id, self)->runner, cursor, err);               \
	}                                                                                          \
	static void interrupt_##id(void *self)                                                     \
	{                                                                                          \
		gt_runner_interrupt(tail_of(&guantong_adapter_##id, self)->runner);                \
	}                                                                                          \
	static void close_##id(void *self)                                                         \
	{                                                                                          \
		gt_runner_free(tail_of(&guantong_adapter_##id, self)->runner);                     \
	}                                                                                          \
	static bool probe_##id(void *self, char *found, size_t size, struct gt_err *err)           \
	{                                                                                          \
		return gt_runner_probe(                                                            \
			tail_of(&guantong_adapter_##id, self)->runner, found, size, err);          \
	}                                                                                          \
	static bool discover_##id(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)    \
	{                                                                                          \
		return gt_runner_discover(                                                         \
			tail_of(&guantong_adapter_##id, self)->runner, sink, arg, err);            \
	}
STAND_IN(counter)
STAND_IN(file)
STAND_IN(odbc)

#define PAIR(id)                                                                                   \
	{                                                                                          \
		struct gt_adapter a = guantong_adapter_##id;                                       \
		a.self_size = offset(&guantong_adapter_##id) + sizeof(struct tail);                \
		a.open = open_##id;                                                                \
		a.poll = poll_##id;                                                                \
		a.commit = a.commit ? commit_##id : NULL;                                          \
		a.interrupt = a.interrupt ? interrupt_##id : NULL;                                 \
		a.close = close_##id;                                                              \
		a.probe = a.probe ? probe_##id : NULL;                                             \
		a.discover = a.discover ? discover_##id : NULL;                                    \
		pairs[at].real = &guantong_adapter_##id;                                           \
		pairs[at++].stand_in = a;                                                          \
	}

static struct fixture stand_ins[9];
const struct fixture *const fixtures[] = {&stand_ins[0], &stand_ins[1], &stand_ins[2],
	&stand_ins[3], &stand_ins[4], &stand_ins[5], &stand_ins[6], &stand_ins[7], &stand_ins[8]};
const size_t fixture_count = sizeof fixtures / sizeof *fixtures;

static void child(void)
{
	static const struct gt_adapter *const adapters[] = {
		&guantong_adapter_counter, &guantong_adapter_file, &guantong_adapter_odbc, NULL};
	static const struct gt_format *const formats[] = {&guantong_format_lines,
		&guantong_format_blocks, &guantong_format_csv, &guantong_format_json,
		&guantong_format_jsonl, NULL};

	gt_registry_builtin(adapters, formats);
	exit(gt_child_main(3));
}

/* Before main(): this program is also its own children. */
__attribute__((constructor)) static void prepare(int argc, char **argv)
{
	const struct fixture *const real[] = {&fixture_counter, &fixture_file_lines,
		&fixture_file_blocks, &fixture_file_csv, &fixture_file_csv_gb, &fixture_file_json,
		&fixture_file_jsonl, &fixture_odbc_whole, &fixture_odbc_cursor};
	size_t at = 0;

	if (argc > 1 && strcmp(argv[1], "--isolated-adapter") == 0)
		child();
	PAIR(counter)
	PAIR(file)
	PAIR(odbc)
	for (size_t i = 0; i < fixture_count; i++) {
		stand_ins[i] = *real[i];
		for (size_t k = 0; k < at; k++)
			if (pairs[k].real == real[i]->adapter)
				stand_ins[i].adapter = &pairs[k].stand_in;
	}
}
