/* metrics.c: Prometheus text 0.0.4: one table row per metric. */
#include "report.h"

#include "catalogue.h"

#include <inttypes.h>
#include <stddef.h>

enum kind { COUNTER, GAUGE };
/* How the member at `offset` becomes a number. */
enum how { COUNT, SECONDS /* from µs */, FLAG, SIZE };

struct metric {
	const char *name;
	enum kind kind;
	enum how how;
	size_t offset;
	const char *en, *zh;
};

#define FLOW(member) offsetof(struct gt_flow_status, member)
static const struct metric of_flows[] = {
	{"gt_records_read_total", COUNTER, COUNT, FLOW(read), "Rows read.", "已读取的行数。"},
	{"gt_records_accepted_total", COUNTER, COUNT, FLOW(accepted), "Rows that met the standard.",
		"符合标准的行数。"},
	{"gt_records_rejected_total", COUNTER, COUNT, FLOW(rejected), "Rows that became rejects.",
		"成为不合格记录的行数。"},
	{"gt_records_filtered_total", COUNTER, COUNT, FLOW(filtered), "Rows left out by a filter.",
		"被过滤的行数。"},
	{"gt_records_unchanged_total", COUNTER, COUNT, FLOW(unchanged),
		"Rows that were published before, unchanged.", "之前已发布且未变化的行数。"},
	{"gt_records_discarded_total", COUNTER, COUNT, FLOW(discarded),
		"Rows given back to the source, to be read again.", "退回来源、待重新读取的行数。"},
	{"gt_records_in_flight", GAUGE, COUNT, FLOW(in_flight), "Rows not committed yet.",
		"尚未提交的行数。"},
	{"gt_records_published_total", COUNTER, COUNT, FLOW(published),
		"Messages committed to Kafka.", "已提交到 Kafka 的消息数。"},
	{"gt_flow_last_record_timestamp_seconds", GAUGE, SECONDS, FLOW(last_record_us),
		"When the newest record arrived.", "最新记录的到达时间。"},
	{"gt_evidence_sequence", GAUGE, COUNT, FLOW(next_seq), "Next message number of the origin.",
		"该出处的下一个消息序号。"},
};

#define SLOT(member) offsetof(struct gt_slot_status, member)
static const struct metric of_slots[] = {
	{"gt_slot_active", GAUGE, FLAG, SLOT(active), "1: this gateway owns the slot.",
		"1：该提交分组由本网关负责。"},
	{"gt_slot_superseded", GAUGE, FLAG, SLOT(superseded), "1: another gateway owns the slot.",
		"1：该提交分组已由其他网关接管。"},
	{"gt_slot_kafka_away", GAUGE, FLAG, SLOT(kafka_away), "1: Kafka does not answer.",
		"1：Kafka 无应答。"},
	{"gt_slot_manifest", GAUGE, COUNT, SLOT(number), "Number of the last manifest.",
		"最近一份提交清单的编号。"},
	{"gt_slot_commits_total", COUNTER, COUNT, SLOT(commits), "Committed transactions.",
		"已提交的事务数。"},
	{"gt_slot_resends_total", COUNTER, COUNT, SLOT(resends), "Commits sent again.",
		"重新发送的提交数。"},
	{"gt_slot_recycles_total", COUNTER, COUNT, SLOT(recycles), "Producers made anew.",
		"重建生产者的次数。"},
	{"gt_slot_commit_seconds", GAUGE, SECONDS, SLOT(commit_us), "Duration of the last commit.",
		"最近一次提交的耗时。"},
};

#define WHOLE(member) offsetof(struct gt_runtime_status, member)
static const struct metric of_process[] = {
	{"gt_balanced", GAUGE, FLAG, WHOLE(balanced), "1: rows and messages of every flow add up.",
		"1：每个采集任务的行数与消息数均平衡。"},
	{"gt_memory_used_bytes", GAUGE, SIZE, WHOLE(memory_used), "Memory budget in use.",
		"已用内存预算。"},
	{"gt_memory_limit_bytes", GAUGE, SIZE, WHOLE(memory_total), "Memory budget.", "内存预算。"},
	{"gt_memory_peak_bytes", GAUGE, SIZE, WHOLE(memory_peak), "Highest use of the budget.",
		"内存预算使用峰值。"},
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static void head(
	struct gt_buf *out, const char *name, enum kind kind, const char *en, const char *zh)
{
	gt_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, gt_bi(en, zh), name,
		kind == COUNTER ? "counter" : "gauge");
}

static void value(struct gt_buf *out, const struct metric *metric, const void *from)
{
	const char *at = (const char *)from + metric->offset;

	switch (metric->how) {
	case COUNT:
		gt_buf_addf(out, " %" PRIu64 "\n", *(const uint64_t *)(const void *)at);
		break;
	case SECONDS: {
		int64_t us = *(const int64_t *)(const void *)at;
		gt_buf_addf(out, " %" PRId64 ".%06" PRId64 "\n", us / 1000000, us % 1000000);
		break;
	}
	case FLAG:
		gt_buf_addf(out, " %d\n", *(const bool *)(const void *)at);
		break;
	case SIZE:
		gt_buf_addf(out, " %zu\n", *(const size_t *)(const void *)at);
		break;
	}
}

/* Names of flows are slugs: nothing in a label needs an escape. */
static void flow_states(const struct gt_runtime_status *status, struct gt_buf *out)
{
	head(out, "gt_flow_state", GAUGE, "1 for the state that the flow is in.",
		"采集任务当前所处状态为 1。");
	for (size_t i = 0; i < status->flow_count; i++)
		for (int s = GT_FLOW_STARTING; s < (int)GT_FLOW_STATES; s++)
			gt_buf_addf(out, "gt_flow_state{flow=\"%.*s\",state=\"%s\"} %d\n",
				GT_STR_ARGS(status->flows[i].name),
				gt_flow_state_name((enum gt_flow_state)s),
				status->flows[i].state == (enum gt_flow_state)s);
	head(out, "gt_source_changes_total", COUNTER,
		"Changes noticed in the source: fields, kinds of values, codes, units.",
		"发现的来源变化次数：字段、值类型、代码、单位。");
	for (size_t i = 0; i < status->flow_count; i++)
		for (int k = 0; k < GT_DRIFT_KINDS; k++)
			gt_buf_addf(out,
				"gt_source_changes_total{flow=\"%.*s\",kind=\"%s\"} %" PRIu64 "\n",
				GT_STR_ARGS(status->flows[i].name),
				gt_drift_name((enum gt_drift_kind)k),
				status->flows[i].drift.total[k]);
	head(out, "gt_records_unaccounted", GAUGE,
		"Rows that no count explains: never other than 0.",
		"未能归入任何计数的行数：应始终为 0。");
	for (size_t i = 0; i < status->flow_count; i++)
		gt_buf_addf(out, "gt_records_unaccounted{flow=\"%.*s\"} %" PRId64 "\n",
			GT_STR_ARGS(status->flows[i].name),
			gt_report_unaccounted(&status->flows[i]));
}

void gt_report_metrics(const struct gt_runtime_status *status, struct gt_buf *out)
{
	head(out, "gt_build_info", GAUGE, "Always 1.", "恒为 1。");
	gt_buf_adds(out, "gt_build_info{version=\"" GT_VERSION "\"} 1\n");
	for (size_t m = 0; m < COUNT_OF(of_process); m++) {
		head(out, of_process[m].name, of_process[m].kind, of_process[m].en,
			of_process[m].zh);
		gt_buf_adds(out, of_process[m].name);
		value(out, &of_process[m], status);
	}
	for (size_t m = 0; m < COUNT_OF(of_flows); m++) {
		head(out, of_flows[m].name, of_flows[m].kind, of_flows[m].en, of_flows[m].zh);
		for (size_t i = 0; i < status->flow_count; i++) {
			gt_buf_addf(out, "%s{flow=\"%.*s\"}", of_flows[m].name,
				GT_STR_ARGS(status->flows[i].name));
			value(out, &of_flows[m], &status->flows[i]);
		}
	}
	flow_states(status, out);
	for (size_t m = 0; m < COUNT_OF(of_slots); m++) {
		head(out, of_slots[m].name, of_slots[m].kind, of_slots[m].en, of_slots[m].zh);
		for (size_t i = 0; i < status->slot_count; i++) {
			gt_buf_addf(
				out, "%s{slot=\"%u\"}", of_slots[m].name, status->slots[i].slot);
			value(out, &of_slots[m], &status->slots[i]);
		}
	}
}
