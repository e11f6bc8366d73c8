#include "catalogue.h"
#include "report.h"
#include "unit.h"

#include <jansson.h>

static struct gt_flow_status flow = {.name = {"cars/trips", 10},
	.title = {"派车“单”\n", 16},
	.state = GT_FLOW_RETRYING,
	.read = 10,
	.accepted = 5,
	.rejected = 2,
	.unchanged = 1,
	.in_flight = 2,
	.published = 9,
	.fan_out = 7,
	.rejects = 2,
	.last_record_us = 1700000000123456,
	.epoch = 3,
	.next_seq = 12,
	.slot = 1};
static struct gt_slot_status slot = {
	.slot = 1, .active = true, .number = 4, .commits = 3, .commit_us = 41500, .signed_ = true};
static struct gt_runtime_status status = {.site = {"wuchang", 7},
	.flows = &flow,
	.flow_count = 1,
	.slots = &slot,
	.slot_count = 1,
	.memory_used = 5,
	.memory_total = 100,
	.memory_peak = 9,
	.balanced = true};

START_TEST(rows_that_nothing_explains_are_counted)
{
	struct gt_flow_status lost = flow;

	ck_assert_int_eq(gt_report_unaccounted(&flow), 0);
	lost.read = 12;
	ck_assert_int_eq(gt_report_unaccounted(&lost), 2);
	lost.read = 9;
	ck_assert_int_eq(gt_report_unaccounted(&lost), -1);
}
END_TEST

START_TEST(status_is_json_in_the_operators_language)
{
	struct gt_buf out;

	gt_fail(&flow.reason, GT_E_FILE_MISSING, "a\"b");
	gt_language_set(GT_ZH);
	gt_buf_init(&out, 65536);
	gt_report_json(&status, &out);
	json_t *root = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	json_t *first = json_array_get(json_object_get(root, "flows"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "state")), "retrying");
	ck_assert_str_eq(json_string_value(json_object_get(first, "last_record")),
		"2023-11-14T22:13:20.123Z");
	ck_assert_ptr_null(json_object_get(first, "last_event"));
	json_t *reason = json_object_get(first, "reason");
	ck_assert_str_eq(json_string_value(json_object_get(reason, "code")), "GT1001");
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(reason, "message")), "没有文件"));
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(first, "rows"), "read")), 10);
	json_decref(root);
	gt_buf_fini(&out);
	gt_language_set(GT_EN);
}
END_TEST

/* Every metric has help and type before its first sample, and each line is well formed. */
START_TEST(metrics_are_prometheus_text)
{
	struct gt_buf out;
	char *line, *rest, name[128] = "", before[128];

	gt_buf_init(&out, 65536);
	gt_report_metrics(&status, &out);
	char *text = strdup(gt_buf_cstr(&out));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "# HELP %127s ", before) == 1) {
			strcpy(name, before);
			continue;
		}
		if (sscanf(line, "# TYPE %127s ", before) == 1) {
			ck_assert_str_eq(name, before);
			continue;
		}
		size_t n = strcspn(line, "{ ");
		ck_assert_msg(n == strlen(name) && strncmp(line, name, n) == 0, "%s under %s", line,
			name);
		ck_assert_ptr_nonnull(strchr(line, ' '));
	}
	free(text);
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&out), "\ngt_flow_last_record_timestamp_seconds{flow=\"cars/"
					  "trips\"} 1700000000.123456\n"));
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&out), "\ngt_slot_commit_seconds{slot=\"1\"} 0.041500\n"));
	ck_assert_ptr_nonnull(strstr(
		gt_buf_cstr(&out), "\ngt_flow_state{flow=\"cars/trips\",state=\"retrying\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&out), "\ngt_balanced 1\n"));
	gt_buf_fini(&out);
}
END_TEST

UNIT_MAIN("report", UNIT_TEST(rows_that_nothing_explains_are_counted),
	UNIT_TEST(status_is_json_in_the_operators_language), UNIT_TEST(metrics_are_prometheus_text))
