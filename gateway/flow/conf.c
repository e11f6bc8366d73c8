/* conf.c: the option tables of flows and of the gateway. */
#include "flow_conf.h"

#include "expr.h"

#include <stdatomic.h>
#include <stddef.h>

#define FLOW(field) offsetof(struct gt_flow_conf, field)
#define GATEWAY(field) offsetof(struct gt_gateway_conf, field)

void gt_conf_hold(struct gt_conf_life *life)
{
	if (life)
		atomic_fetch_add(&life->users, 1);
}

void gt_conf_let_go(struct gt_conf_life *life)
{
	if (life && atomic_fetch_sub(&life->users, 1) == 1)
		life->end(life);
}

static const char *const isolations[] = {"auto", "process", NULL};
static const char *const languages[] = {"auto", "en", "zh", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

const struct gt_option gt_flow_options[] = {
	{"title", GT_OPT_TEXT, FLOW(title), .max = 200, .en = "what people call this flow",
		.zh = "采集任务的名称"},
	{"entity", GT_OPT_TEXT, FLOW(entity), .max = 100,
		.en = "entity of the standard and its major version: domain.entity@1; of a split, "
		      "of the parts that name none",
		.zh = "数据标准中的实体及主版本：领域.实体@1；拆分时用于未写实体的部分"},
	{"basis", GT_OPT_TEXT, FLOW(basis), .max = 40,
		.en = "how the values came to be: metered, billed, declared, estimated, "
		      "apportioned",
		.zh = "取得方式：metered 计量、billed 账单、declared 填报、estimated "
		      "估算、apportioned 分摊"},
	{"every", GT_OPT_DURATION, FLOW(every_ms), 100, 366LL * 86400000, .fallback = "1 min",
		.en = "how often the source is asked once the flow has caught up",
		.zh = "追平之后每隔多久采集一次"},
	{"zone", GT_OPT_ZONE, FLOW(zone_minutes), .fallback = "+08:00",
		.en = "time zone of times that carry none", .zh = "未带时区的时间所属的时区"},
	{"division", GT_OPT_TEXT, FLOW(division), .max = 12,
		.en = "GB/T 2260 code of the records' place, where all have the same",
		.zh = "记录所属行政区划代码（GB/T 2260），全部相同时填写"},
	{"division_from", GT_OPT_TEXT, FLOW(division_from), .max = 200,
		.en = "source field that holds the record's division code",
		.zh = "记录行政区划代码所在的来源字段"},
	{"skip_when", GT_OPT_TEXT, FLOW(skip), 1, GT_EXPR_BYTES,
		.en = "condition over the source's fields: rows where it holds are counted as "
		      "filtered and not published",
		.zh = "关于来源字段的条件：满足的行计入已过滤，不发布"},
	{"subject_key", GT_OPT_TEXT, FLOW(subject_key), .max = 15,
		.en = "id of the key that made the pseudonyms in this entity's business keys; to "
		      "be "
		      "named when the key file has several, and kept for a major version",
		.zh = "业务主键中的假名所用密钥的标识；密钥文件中有多把密钥时须写明，同一主版本内保"
		      "持不变"},
	{"isolate", GT_OPT_CHOICE, FLOW(isolate), .fallback = "auto", .choices = isolations,
		.en = "process: run the adapter in a child process of its own",
		.zh = "process：适配器在独立进程中运行"},
	{"quiet", GT_OPT_TEXTS, FLOW(quiet),
		.en = "daily hours in which the source is left alone: \"08:00-11:30\", "
		      "\"mon-fri 22:00-02:00\"",
		.zh = "每天不采集的时段：\"08:00-11:30\"、\"mon-fri 22:00-02:00\"（周一至周五）"},
	{"rate", GT_OPT_TEXT, FLOW(rate), .max = 24,
		.en = "requests to the source at most, of all its flows together, spread evenly: "
		      "60/min (s, min, h)",
		.zh = "该来源系统全部采集任务合计的请求上限，均匀分布：60/min（s、min、h）"},
	{NULL},
};

const struct gt_option gt_gateway_options[] = {
	{"site", GT_OPT_TEXT, GATEWAY(site), 1, 40, .flags = GT_OPT_REQUIRED,
		.en = "this deployment's slug, fixed at enrolment: part of topic names and keys",
		.zh = "接入节点标识，登记后不变：用于主题名和消息键"},
	{"organisation", GT_OPT_TEXT, GATEWAY(organisation), 18, 18,
		.en = "unified social credit code of the unit that answers for the data",
		.zh = "对数据负责的单位的统一社会信用代码"},
	{"prefix", GT_OPT_TEXT, GATEWAY(prefix), 1, 20, .fallback = "jgsw",
		.en = "first part of all topic names", .zh = "所有主题名的前缀"},
	{"language", GT_OPT_CHOICE, GATEWAY(language), .fallback = "auto", .choices = languages,
		.en = "language of messages; auto: by LANG",
		.zh = "提示语言；auto 按环境变量 LANG"},
	{"key", GT_OPT_PATH, GATEWAY(key), .flags = GT_OPT_MUST_EXIST,
		.en = "signing key of the site (guantong keygen); without it manifests are "
		      "unsigned",
		.zh = "接入节点签名密钥（guantong keygen 生成）；没有则提交清单不签名"},
	{"pseudonym_key", GT_OPT_PATH, GATEWAY(pseudonym_key), .flags = GT_OPT_MUST_EXIST,
		.en = "key of pseudonyms (guantong keygen --pseudonym)",
		.zh = "假名密钥（guantong keygen --pseudonym 生成）"},
	{"standards", GT_OPT_TEXTS, GATEWAY(standards), 0, 0, .fallback = "national@1",
		.en = "packages of the data standard, base first", .zh = "数据标准包，基础包在前"},
	{"standards_path", GT_OPT_TEXTS, GATEWAY(standards_path),
		.en = "folders with standard packages, searched before the installed ones",
		.zh = "数据标准包所在文件夹，优先于安装目录"},
	{"kafka", GT_OPT_GROUP, GATEWAY(kafka), .group = gt_kafka_options,
		.en = "the Kafka that messages go to", .zh = "消息发往的 Kafka"},
	{"memory", GT_OPT_BYTES, GATEWAY(memory_bytes), 64LL << 20, 1LL << 40,
		.fallback = "256 MiB", .en = "budget of all batches, bodies and parsers together",
		.zh = "所有批次、正文和解析器合计的内存预算"},
	{"workers", GT_OPT_INT, GATEWAY(workers), 1, 256, .fallback = "4",
		.en = "threads that poll and normalise", .zh = "采集与规范化线程数"},
	{"commit_records", GT_OPT_INT, GATEWAY(commit_records), 1, 100000, .fallback = "20000",
		.en = "messages of one commit at most", .zh = "一次提交的最多消息数"},
	{"commit_bytes", GT_OPT_BYTES, GATEWAY(commit_bytes), 65536, 32LL << 20,
		.fallback = "8 MiB", .en = "bytes of one commit at most",
		.zh = "一次提交的最多字节数"},
	{"commit_every", GT_OPT_DURATION, GATEWAY(commit_ms), 10, 60000, .fallback = "1 s",
		.en = "a commit waits this long for more", .zh = "一次提交最长等待时间"},
	{"manifest_every", GT_OPT_DURATION, GATEWAY(manifest_every_ms), 1000, 3600000,
		.fallback = "1 min", .en = "an idle slot writes an empty manifest this often",
		.zh = "空闲时每隔多久写一份空清单"},
	{"max_polls", GT_OPT_INT, GATEWAY(max_polls), 1, 64, .fallback = "2",
		.en = "requests to one source at the same time",
		.zh = "对同一来源系统的并发采集数"},
	{"data", GT_OPT_PATH, GATEWAY(data),
		.en = "folder of the local manifest journal; must survive restarts",
		.zh = "本地清单文件所在文件夹，重启后必须保留"},
	{"admin", GT_OPT_PATH, GATEWAY(admin), .en = "admin socket", .zh = "管理套接字"},
	{"adapters", GT_OPT_PATH, GATEWAY(adapters), .flags = GT_OPT_MUST_EXIST,
		.en = "folder with further adapters (guantong_adapter_*.so)",
		.zh = "其他适配器所在文件夹（guantong_adapter_*.so）"},
	{"log", GT_OPT_CHOICE, GATEWAY(log_format), .fallback = "text", .choices = log_formats,
		.en = "form of log lines", .zh = "日志格式"},
	{"production", GT_OPT_BOOL, GATEWAY(production), .fallback = "false",
		.en = "refuses the development broker", .zh = "生产环境：拒绝使用开发代理"},
	{NULL},
};
