/* pull.c: one flow of the odbc adapter, run as the gateway runs it, for tests written in Python.
 *
 *	pull child|direct OPTIONS.yaml FIELD...
 *
 * Commands on stdin, one a line; answers on stdout, lines of tab-separated words, the last is
 * "= WORD":
 *	open                    (again) from the last cursor: "= ok" or an error
 *	poll RECORDS            rows, notes, totals; "= more|idle|end|wait" or an error
 *	range FROM UNTIL        the next instances read a range ("-" = open)
 *	probe, discover
 *	entries N               only the first N entries of its state are left
 *	cursor                  "= <the last cursor>"; cursor TEXT sets it
 * Rows: "R <number> <raw> <GTnnnn or -> <kind:hex of its text>…". Errors: "= error <GTnnnn>
 * <class> <sentence>". */
#include "gt_assert.h"
#include "harness.h"
#include "runner.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const struct gt_adapter guantong_adapter_odbc;

#define FILE_MAX (1u << 20)

struct pull {
	bool direct;
	struct harness h;
	struct world world;
	struct gt_flow_conf flow;
	struct gt_runner *runner;
	char cursor[GT_CURSOR_MAX];
	size_t cursor_len;
	char from[128], until[128];
};

static bool find_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	const struct world *world = ((struct harness *)arg)->world;

	for (size_t i = world->visible; i-- > 0;)
		if (gt_str_eq(gt_cstr(world->entries[i].key), key)) {
			*value = world->entries[i].value;
			return value->p != NULL;
		}
	return false;
}

static void take_note(void *arg, const struct gt_err *note)
{
	struct world *world = ((struct harness *)arg)->world;

	world->notes = gt_realloc(world->notes, (world->note_count + 1) * sizeof *world->notes);
	world->notes[world->note_count++] = *note;
}

static void say_error(const struct gt_err *err)
{
	char text[2048];

	printf("= error\tGT%d\t%d\t%s\n", (int)err->code, (int)err->class,
		gt_host_sentence(err, text, sizeof text));
}

static void say_notes(struct pull *p)
{
	char text[2048];

	for (size_t i = 0; i < p->world.note_count; i++)
		printf("N\tGT%d\t%s\n", (int)p->world.notes[i].code,
			gt_host_sentence(&p->world.notes[i], text, sizeof text));
	p->world.note_count = 0;
}

static void hex(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned char)s.p[i]);
}

static void say_row(const struct gt_batch *batch, const struct gt_row *row)
{
	printf("R\t%llu\t%.*s\t", (unsigned long long)row->row, GT_STR_ARGS(row->raw));
	if (row->bad)
		printf("GT%d %llu", (int)row->bad->code, (unsigned long long)row->whole_bytes);
	else
		printf("-");
	for (size_t i = 0; row->values && i < batch->fields; i++) {
		const struct gt_value *v = &row->values[i];
		bool text = v->kind == GT_TEXT || v->kind == GT_NUMBER;

		printf("\t%d:", v->kind);
		if (text)
			hex(gt_value_str(v));
		else if (v->kind == GT_BOOL)
			printf("%d", (int)v->number);
	}
	printf("\n");
}

static void keep_entries(struct pull *p)
{
	const struct gt_batch *b = p->h.batch;

	for (size_t i = 0; i < b->entry_count; i++)
		world_entry(&p->world, b->entries[i].key, b->entries[i].value);
	p->world.visible = p->world.entry_count;
}

static void say_batch(struct pull *p, enum gt_poll result)
{
	static const char *const words[] = {"more", "idle", "end", "wait"};
	const struct gt_batch *b = p->h.batch;
	struct gt_str cursor = gt_batch_cursor_get(b);

	for (size_t i = 0; i < b->row_count; i++)
		say_row(b, &b->rows[i]);
	for (size_t i = 0; i < b->total_count; i++)
		printf("T\t%s\t%lld\n", b->totals[i].name, (long long)b->totals[i].value);
	if (b->skipped)
		printf("S\t%llu\n", (unsigned long long)b->skipped);
	if (b->cursor_set) {
		memcpy(p->cursor, cursor.p, cursor.n);
		p->cursor_len = cursor.n;
	}
	say_notes(p);
	printf("= %s\n", words[result]);
}

static void shut(struct pull *p)
{
	if (p->runner)
		gt_runner_free(p->runner);
	p->runner = NULL;
	if (p->direct && p->h.opened)
		p->h.adapter->close(p->h.self);
	p->h.opened = false;
}

static void open_again(struct pull *p)
{
	struct gt_err err = {0};
	struct gt_str cursor = gt_str(p->cursor, p->cursor_len);
	bool ok;

	shut(p);
	p->h.host.range = p->from[0] || p->until[0];
	p->h.host.range_from = gt_cstr(strcmp(p->from, "-") ? p->from : "");
	p->h.host.range_until = gt_cstr(strcmp(p->until, "-") ? p->until : "");
	if (p->direct) {
		p->h.opened = true;
		ok = p->h.adapter->open(p->h.self, &p->h.host, cursor, &err);
	} else {
		p->flow = (struct gt_flow_conf){.name = p->h.host.flow,
			.adapter = p->h.adapter,
			.adapter_options = p->h.self,
			.zone_minutes = p->h.host.zone_minutes};
		p->runner = gt_runner_new(&p->flow, &p->h.host, &err);
		ok = p->runner && gt_runner_open(p->runner, cursor, &err);
	}
	say_notes(p);
	if (ok)
		printf("= ok\n");
	else
		say_error(&err);
}

static void poll_once(struct pull *p, size_t records)
{
	struct gt_err err = {0};
	struct gt_limits limits = harness_limits;
	enum gt_poll result;

	limits.max_records = records ? records : GT_BATCH_ROWS_MAX;
	limits.deadline_us = gt_host_monotonic_us() + 30000000;
	gt_batch_reset(p->h.batch, p->h.host.field_count, limits.max_records, limits.max_bytes);
	result = p->direct ? p->h.adapter->poll(p->h.self, p->h.batch, &limits, &err)
			   : gt_runner_poll(p->runner, p->h.batch, &limits, &err);
	if (result == GT_POLL_ERROR) {
		say_notes(p);
		say_error(&err);
		return;
	}
	keep_entries(p);
	say_batch(p, result);
	if (result == GT_POLL_WAIT)
		harness_wait(&p->h);
}

static bool say_found(void *arg, const struct gt_found *found)
{
	(void)arg;
	printf("F\t%.*s\t%.*s", GT_STR_ARGS(found->kind), GT_STR_ARGS(found->name));
	for (size_t i = 0; i < found->field_count; i++)
		printf("\t%.*s:%.*s", GT_STR_ARGS(found->fields[i]),
			found->types ? (int)found->types[i].n : 0,
			found->types ? found->types[i].p : "");
	printf("\nE\t");
	for (size_t i = 0; i < found->sample.n; i++)
		putchar(found->sample.p[i] == '\n' ? '\t' : found->sample.p[i]);
	for (size_t i = 0; i < found->select_count; i++)
		printf("\nL\t%.*s\t%.*s", GT_STR_ARGS(found->select[i].key),
			GT_STR_ARGS(found->select[i].value));
	printf("\n");
	return true;
}

static void look(struct pull *p, bool probe)
{
	struct gt_err err = {0};
	char found[512] = "";
	bool ok;

	if (probe)
		ok = p->direct ? p->h.adapter->probe(p->h.self, found, sizeof found, &err)
			       : gt_runner_probe(p->runner, found, sizeof found, &err);
	else
		ok = p->direct ? p->h.adapter->discover(p->h.self, say_found, NULL, &err)
			       : gt_runner_discover(p->runner, say_found, NULL, &err);
	say_notes(p);
	if (ok)
		printf("= ok\t%s\n", found);
	else
		say_error(&err);
}

/* SIGUSR1 interrupts the call under way, as a gateway that is to stop does. */
static void *interrupter(void *arg)
{
	struct pull *p = arg;
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while (sigwait(&set, &got) == 0) {
		if (p->direct)
			p->h.adapter->interrupt(p->h.self);
		else
			gt_runner_interrupt(p->runner);
	}
	return NULL;
}

static void obey(struct pull *p, char *line)
{
	size_t records = 0;

	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "open") == 0)
		open_again(p);
	else if (sscanf(line, "poll %zu", &records) == 1)
		poll_once(p, records);
	else if (sscanf(line, "range %127s %127s", p->from, p->until) == 2)
		printf("= ok\n");
	else if (strcmp(line, "probe") == 0 || strcmp(line, "discover") == 0)
		look(p, line[0] == 'p');
	else if (sscanf(line, "entries %zu", &records) == 1) {
		p->world.visible = records;
		printf("= ok\n");
	} else if (strncmp(line, "cursor ", 7) == 0) {
		p->cursor_len = strlen(line + 7);
		memcpy(p->cursor, line + 7, p->cursor_len);
		printf("= ok\n");
	} else if (strcmp(line, "cursor") == 0)
		printf("= %.*s\n", (int)p->cursor_len, p->cursor);
	else
		printf("= what?\n");
	fflush(stdout);
}

static void child(void)
{
	static const struct gt_adapter *const adapters[] = {&guantong_adapter_odbc, NULL};
	static const struct gt_format *const formats[] = {NULL};

	gt_registry_builtin(adapters, formats);
	exit(gt_child_main(3));
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, FILE_MAX + 1);

	GT_ASSERT(file && text && fread(text, 1, FILE_MAX, file) > 0);
	fclose(file);
	return text;
}

/* harness_init() is for Check programs: its assertions need one. */
static void init(struct pull *p, const char *path, char **fields)
{
	struct gt_diags diags = {0};
	struct harness *h = &p->h;
	struct gt_str *names = calloc(GT_FIELDS_MAX, sizeof *names);
	char *yaml = read_file(path), text[1024];
	size_t n = 0;

	for (; fields[n]; n++)
		names[n] = gt_cstr(fields[n]);
	gt_arena_init(&h->memory, 0);
	h->adapter = &guantong_adapter_odbc;
	h->self = gt_alloc(h->adapter->self_size);
	if (!harness_options(h->adapter->options, h->self, yaml, &h->memory, &diags)) {
		printf("= %s\n", gt_err_text(&diags.v[0].err, text, sizeof text));
		exit(1);
	}
	gt_diags_fini(&diags);
	free(yaml);
	h->world = &p->world;
	h->host = (struct gt_host){.flow = GT_LIT("test/flow"),
		.fields = names,
		.field_count = n,
		.zone_minutes = getenv("GT_ZONE") ? atoi(getenv("GT_ZONE")) : 480,
		.arg = h,
		.entry = find_entry,
		.note = take_note};
	h->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
}

int main(int argc, char **argv)
{
	static char line[GT_CURSOR_MAX + 16];
	struct pull *p = calloc(1, sizeof *p);

	if (argc > 1 && strcmp(argv[1], "--isolated-adapter") == 0)
		child();
	GT_ASSERT(p && argc >= 3);
	p->direct = strcmp(argv[1], "direct") == 0;
	init(p, argv[2], argv + 3);
	pthread_t thread;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	GT_ASSERT(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 &&
		  pthread_create(&thread, NULL, interrupter, p) == 0);
	while (fgets(line, sizeof line, stdin))
		obey(p, line);
	shut(p);
	return 0;
}
