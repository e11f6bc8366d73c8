/* The record path on 10,000 dispatch orders as a RuoYi back end lists them, stage by stage:
 * scan → read → normalise → envelope → leaf; and the same with three mistakes in each, so that all
 * become rejects (`rejects`: scan → read → rejected). run.py counts instructions per stage under
 * callgrind; `allocations` fails when our code calls the allocator for warm batches. */
#include "envelope.h"
#include "gt_assert.h"
#include "leaf.h"
#include "plan.h"
#include "toolchain.h"

#include <guantong/json.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS 10000u
#define BATCH 1000u

static atomic_ulong allocations;

/* The linker sends every call from our objects here (--wrap in meson.build); what shared libraries
 * allocate for themselves is theirs (libcrypto 3.0 makes a context per digest). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_realloc(p, size);
}

static const char map[] =
	"order_no: ID\n"
	"plate_no: CPH\n"
	"depart_time: CFSJ\n"
	"return_time: {from: FHSJ, null: [无, 未归]}\n"
	"distance: {from: LC, unit: km}\n"
	"fuel: {from: YH, unit: L}\n"
	"vehicle_type: {from: CLLX, codes: {\"01\": sedan, \"02\": suv, \"03\": van}}\n"
	"apply_org: YCDW\n"
	"applicant: SQR\n"
	"destination: MDD\n";

struct bench {
	struct gt_plan *plan;
	struct gt_stamp *stamp;
	struct gt_batch *batch;
	struct gt_json_reader *reader;
	struct gt_hasher *hasher;
	struct gt_norm norm;
	struct gt_message messages[GT_FAN_OUT_MAX];
	struct gt_str document, *slices;
	size_t slice_count, written;
	bool broken; /* every row is a reject: plate, time and kind make no sense */
};

/* Not inlined and not static: run.py names them to callgrind. */
__attribute__((noinline)) void stage_scan(struct bench *b);
__attribute__((noinline)) void stage_read(struct bench *b, size_t i);
__attribute__((noinline)) void stage_normalise(struct bench *b, size_t i);
__attribute__((noinline)) void stage_envelope(struct bench *b, size_t i);
__attribute__((noinline)) void stage_leaf(struct bench *b);
__attribute__((noinline)) void stage_rejected(struct bench *b, size_t i);

void stage_scan(struct bench *b)
{
	struct gt_json_scan scan;
	struct gt_str rest = b->document, record;
	struct gt_err err;
	size_t used;

	b->slice_count = 0;
	gt_json_scan_start(&scan, GT_LIT("rows"));
	while (gt_json_scan_next(&scan, rest, true, &used, &record, &err) == GT_JSON_RECORD) {
		b->slices[b->slice_count++] = record;
		rest.p += used;
		rest.n -= used;
	}
}

void stage_read(struct bench *b, size_t i)
{
	struct gt_str raw = gt_batch_copy(b->batch, b->slices[i]);
	struct gt_value *values = gt_batch_add(b->batch, raw, (struct gt_place){i, i});
	struct gt_err err;

	GT_ASSERT(values && gt_json_reader_read(b->reader, raw, b->batch, values, &err));
}

void stage_normalise(struct bench *b, size_t i)
{
	GT_ASSERT(
		gt_plan_run(b->plan, b->batch, &b->batch->rows[i], 0, &b->norm) == GT_RAN_ACCEPTED);
}

void stage_envelope(struct bench *b, size_t i)
{
	bool too_large = false;

	b->written = gt_stamp_accept(b->stamp, b->batch, &b->norm, i, b->messages, &too_large);
	GT_ASSERT(b->written > 0);
}

void stage_leaf(struct bench *b)
{
	for (size_t i = 0; i < b->written; i++) {
		struct gt_message *m = &b->messages[i];
		gt_leaf(b->hasher, m->key, m->value, m->headers, m->leaf);
	}
}

/* Normalisation, the reject's message and its leaf. */
void stage_rejected(struct bench *b, size_t i)
{
	struct gt_row *row = &b->batch->rows[i];

	GT_ASSERT(gt_plan_run(b->plan, b->batch, row, 0, &b->norm) == GT_RAN_REJECTED);
	b->written = gt_stamp_reject(
		b->stamp, b->batch, row, b->norm.reasons, b->norm.reason_count, i, 0, b->messages);
	GT_ASSERT(b->written > 0);
	stage_leaf(b);
}

static void make_document(struct bench *b)
{
	static const char *const names[] = {"张三", "李四", "欧阳修", "王小明"};
	struct gt_buf buf;

	gt_buf_init(&buf, 16u << 20);
	gt_buf_adds(&buf, "{\"total\":10000,\"code\":200,\"msg\":\"查询成功\",\"rows\":[");
	for (unsigned i = 0; i < RECORDS; i++)
		gt_buf_addf(&buf,
			"%s{\"id\":%u,\"ID\":\"YC%010u\",\"CPH\":\"%s%05u\",\"CFSJ\":\"%s-%"
			"02u %02u:%02u:00\","
			"\"FHSJ\":\"2024-03-%02u "
			"%02u:%02u:00\",\"LC\":%u.%u,\"YH\":\"%u.%02u\",\"CLLX\":\"%s%u\","
			"\"YCDW\":\"武昌区机关事务服务中心\",\"SQR\":\"%s\",\"MDD\":"
			"\"省政府、市政府\","
			"\"createBy\":\"admin\",\"createTime\":\"2024-03-01 "
			"00:00:00\",\"remark\":null,"
			"\"params\":{}}",
			i ? "," : "", i, i, b->broken ? "车" : "鄂A", 10000 + i,
			b->broken ? "24年3月" : "2024-03", 1 + i % 28, i % 12, i % 60, 1 + i % 28,
			12 + i % 11, i % 60, i % 300, i % 10, i % 30, i % 100,
			b->broken ? "车" : "0", 1 + i % 3, names[i % 4]);
	gt_buf_adds(&buf, "]}");
	GT_ASSERT(!buf.full);
	b->document = gt_buf_str(&buf);
	b->slices = gt_alloc(RECORDS * sizeof *b->slices);
}

static void make_plan(struct bench *b, const char *standards)
{
	struct gt_pseudonym_key key = {
		.id = "p1", .key = "a key that this program uses", .set = true};
	struct gt_str specs[] = {GT_LIT("national@1"), GT_LIT("wuhan@1")};
	struct gt_mapping mapping = {.entity = GT_LIT("vehicle.dispatch-order"),
		.major = 1,
		.division = GT_LIT("420106"),
		.zone_minutes = 480};
	struct gt_diags diags = {0};
	struct gt_arena memory;
	char text[2048];

	gt_arena_init(&memory, 0);
	struct gt_standard *standard =
		gt_standard_load(standards, specs, 2, GT_LIT("jgsw"), &diags);
	struct gt_yaml *yaml = gt_yaml_parse("map", gt_cstr(map), &memory, &diags);
	if (standard && yaml && gt_mapping_read(yaml, &memory, &diags, &mapping))
		b->plan = gt_plan_new(standard, &mapping, &key, &diags);
	if (!b->plan) {
		fprintf(stderr, "%s\n", gt_err_text(&diags.v[0].err, text, sizeof text));
		exit(1);
	}
	gt_standard_unref(standard);
	gt_arena_fini(&memory);
}

static void start(struct bench *b, const char *standards)
{
	size_t n;

	make_document(b);
	make_plan(b, standards);
	const struct gt_str *fields = gt_plan_fields(b->plan, &n);
	struct gt_stamp_conf conf = {.prefix = GT_LIT("jgsw"),
		.site = GT_LIT("wuchang"),
		.source = GT_LIT("cars"),
		.flow = GT_LIT("trips"),
		.basis = GT_LIT("declared"),
		.epoch = 1795320000,
		.plan = b->plan};
	b->stamp = gt_stamp_new(&conf);
	b->reader = gt_json_reader_new(fields, n);
	b->hasher = gt_hasher_new();
	b->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_norm_init(&b->norm);
}

static void one_batch(struct bench *b, size_t first)
{
	size_t n;

	(void)gt_plan_fields(b->plan, &n);
	gt_batch_reset(b->batch, n, BATCH, GT_BATCH_RAW_MAX);
	for (size_t i = 0; i < BATCH; i++)
		stage_read(b, first + i);
	for (size_t i = 0; i < BATCH && b->broken; i++)
		stage_rejected(b, i);
	for (size_t i = 0; i < BATCH && !b->broken; i++) {
		stage_normalise(b, i);
		stage_envelope(b, i);
		stage_leaf(b);
	}
}

static void end(struct bench *b)
{
	gt_norm_fini(&b->norm);
	gt_batch_free(b->batch);
	gt_hasher_free(b->hasher);
	gt_json_reader_free(b->reader);
	gt_stamp_unref(b->stamp);
	gt_plan_unref(b->plan);
	free((char *)(uintptr_t)b->document.p);
	free(b->slices);
}

int main(int argc, char **argv)
{
	struct bench b = {0};

	if (argc != 3) {
		fprintf(stderr, "usage: %s toolchain|run|rejects|allocations FOLDER-OF-STANDARDS\n",
			argv[0]);
		return 2;
	}
	if (strcmp(argv[1], "toolchain") == 0) {
		print_toolchain();
		return 0;
	}
	b.broken = strcmp(argv[1], "rejects") == 0;
	start(&b, argv[2]);
	stage_scan(&b);
	GT_ASSERT(b.slice_count == RECORDS);
	unsigned long before = 0;
	for (size_t first = 0; first < RECORDS; first += BATCH) {
		one_batch(&b, first);
		if (first == 0)
			before = atomic_load(&allocations);
	}
	unsigned long warm = atomic_load(&allocations) - before;
	GT_ASSERT(before > 0); /* the counter counts */
	printf("%lu allocations for %u warm records\n", warm, RECORDS - BATCH);
	end(&b);
	return strcmp(argv[1], "allocations") == 0 && warm != 0;
}
