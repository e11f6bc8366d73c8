/* main.c: language, then the verb. */
#include "cmd.h"

#include "diag.h"
#include "one_file.h"
#include "runner.h"

#include "builtin.h"
#include <stdio.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers" /* of librdkafka's own declarations */
#include <librdkafka/rdkafka.h>
#pragma GCC diagnostic pop

const struct gt_verb gt_verbs[] = {{"demo", "", gt_cmd_demo, "show the whole way on sample systems",
					   "用示例系统演示全过程", "guantong demo"},
	{"check", "[FOLDER]", gt_cmd_check, "find every mistake of a configuration at once",
		"一次找出配置中的全部错误", "guantong check /etc/guantong"},
	{"preview", "FLOW [FOLDER]", gt_cmd_preview,
		"see raw records beside normalised ones, publish nothing",
		"对照查看原始记录与规范化记录，不发布",
		"guantong preview cars/trips /etc/guantong"},
	{"discover", "FILE | SOURCE [FOLDER]", gt_cmd_discover,
		"see what a file or a system has: tables, fields, types",
		"查看文件或系统中有哪些表、字段和类型", "guantong discover readings.csv"},
	{"test", "[FOLDER]", gt_cmd_test, "run the examples of standards and mappings",
		"运行数据标准和映射的示例", "guantong test /etc/guantong"},
	{"capture", "FLOW [FOLDER]", gt_cmd_capture,
		"save rows as they come, for preview, diff-mapping and tests; or for a bug report",
		"按原样保存若干行，供 preview、diff-mapping、测试使用，或附在问题报告中",
		"guantong capture cars/trips --out trips.capture --pseudonymise"},
	{"diff-mapping", "OLD NEW", gt_cmd_diff_mapping,
		"compare two versions of a mapping, or of the standard, on captured rows",
		"用保存的行比较两个版本的映射或数据标准",
		"guantong diff-mapping old/cars.yaml sources/cars.yaml --capture trips.capture"},
	{"run", "[FOLDER]", gt_cmd_run, "run the gateway", "运行网关",
		"guantong run /etc/guantong"},
	{"standard", "list|check|show|diff|export [NAME ...]", gt_cmd_standard,
		"look at the data standard, compare versions, print it, make forms of it",
		"查看、比较、打印数据标准，导出填报表",
		"guantong standard show vehicle.dispatch-order --for 420106"},
	{"status", "[FOLDER]", gt_cmd_status, "see who needs help in the running gateway",
		"查看运行情况和需要处理的问题", "guantong status /etc/guantong"},
	{"new", "[FOLDER]", gt_cmd_new, "describe a new system: asks, looks, writes its file",
		"接入新系统：提问、查看并生成配置文件",
		"guantong new --name cars --adapter http --url http://10.1.8.20:8080"},
	{"doctor", "[SOURCE] [FOLDER]", gt_cmd_doctor,
		"check everything that a gateway needs, say what to do",
		"检查网关所需的一切，并说明如何处理", "guantong doctor /etc/guantong"},
	{"pause", "FLOW|SOURCE/*|--all [FOLDER]", gt_cmd_pause, "stop polling, until it is resumed",
		"暂停采集，直到恢复",
		"guantong pause rooms/allocation /etc/guantong --reason '口令已过期'"},
	{"resume", "FLOW|SOURCE/*|--all [FOLDER]", gt_cmd_resume,
		"try now what is paused, set aside or waiting to be tried again",
		"立即重试已暂停、暂停待查或等待重试的采集任务",
		"guantong resume rooms/allocation /etc/guantong"},
	{"backfill", "FLOW [FOLDER]", gt_cmd_backfill, "read a range of a source again",
		"重新采集某一区间",
		"guantong backfill cars/trips /etc/guantong --from 2024-01-01 --to 2024-02-01"},
	{"reload", "[FOLDER]", gt_cmd_reload,
		"read the configuration again; only what changed restarts",
		"重新读取配置，只重启有变更的部分", "guantong reload /etc/guantong"},
	{"keygen", "FILE", gt_cmd_keygen, "make a signing key or a key of pseudonyms",
		"生成签名密钥或假名密钥", "guantong keygen /etc/guantong/site.key"},
	{"topics", "plan|check [FOLDER]", gt_cmd_topics,
		"print or check the topics and rights that are needed",
		"列出或检查所需的主题和权限", "guantong topics plan /etc/guantong"},
	{"adapters", "[NAME]", gt_cmd_adapters, "list adapters and formats with their options",
		"列出适配器、格式及其选项", "guantong adapters file"},
	{"broker", "[FOLDER]", gt_cmd_broker, "run the development broker alone",
		"单独运行开发用代理", "guantong broker"},
	{"schema", "guantong|source", gt_cmd_schema, NULL, NULL, NULL}, {.name = NULL}};

static int version(void)
{
	printf("guantong %s (librdkafka %s)\n", GT_VERSION, rd_kafka_version_str());
	return GT_EXIT_OK;
}

static int unknown_verb(const char *word)
{
	const char *names[32], *near;
	size_t n = 0;

	for (const struct gt_verb *verb = gt_verbs; verb->name && n < 32; verb++)
		if (verb->en)
			names[n++] = verb->name;
	near = gt_nearest(gt_cstr(word), names, n);
	if (near)
		gt_report_say(GT_E_VERB_NEAR, word, near);
	else
		gt_report_say(GT_E_VERB_UNKNOWN, word);
	return GT_EXIT_USAGE;
}

/* A child may be asked to read one file, which no configuration can. */
static int isolated(void)
{
	struct gt_err err;

	return gt_registry_add(&gt_one_file, &err) ? gt_child_main(3) : GT_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	gt_language_set(gt_language_from_environment());
	gt_registry_builtin(gt_builtin_adapters, gt_builtin_formats);
	if (argc > 1 && strcmp(argv[1], "--isolated-adapter") == 0)
		return isolated();
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		gt_args_help();
		return argc < 2 ? GT_EXIT_USAGE : GT_EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return version();
	for (const struct gt_verb *verb = gt_verbs; verb->name; verb++)
		if (strcmp(argv[1], verb->name) == 0)
			return verb->run(verb, argc - 1, argv + 1);
	return unknown_verb(argv[1]);
}
