/* doctor_local.c: what the machine itself must have, files and their rights, the running gateway.
 */
#include "doctor.h"

#include "civil.h"
#include "cmd.h"
#include "console.h"
#include "json_read.h"

#include <dirent.h>
#include <errno.h>
#include <guantong/charset.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers" /* of librdkafka's own declarations */
#include <librdkafka/rdkafka.h>
#pragma GCC diagnostic pop

#define SPACE_MIB 256u
#define FILES_BASE 256u
#define ANSWER_MAX (64u << 20)
#define ZONES "/usr/share/zoneinfo/Asia/Shanghai"

static const struct gt_str machine = {"machine", 7}, data = {"data", 4}, secrets = {"secrets", 7},
			   running = {"gateway", 7};

/* No gateway of this kind ran before its year, nor will one of today in 2100. */
static void check_clock(struct gt_doctor *d)
{
	struct timex state = {0};
	struct gt_civil now;
	char text[GT_TIME_TEXT_MAX + 1];
	int64_t us = gt_host_wall_us();

	gt_civil_from_us(us, 480, &now);
	text[gt_time_write(text, us, 480, GT_SECOND)] = '\0';
	if (now.year < 2024 || now.year > 2100)
		gt_doctor_say(d, GT_TO_DO, machine, GT_E_DOCTOR_CLOCK, text);
	else if (adjtimex(&state) == TIME_ERROR)
		gt_doctor_say(d, GT_NOTICE, machine, GT_E_DOCTOR_NTP);
	else
		gt_doctor_say(d, GT_WELL, machine, GT_E_DOCTOR_MACHINE_GOOD,
			GT_TEXT("%s %s", gt_bi("clock", "时钟"), text));
}

static void check_libraries(struct gt_doctor *d)
{
	struct gt_err err;

	if (access(ZONES, R_OK) != 0)
		gt_doctor_say(d, GT_NOTICE, machine, GT_E_DOCTOR_ZONES);
	if (gt_charset_selftest(&err))
		gt_doctor_say(d, GT_WELL, machine, GT_E_DOCTOR_MACHINE_GOOD,
			gt_bi("GB18030 is converted as it should be", "GB18030 转换正确"));
	else
		gt_doctor_add(d, GT_TO_DO, machine, &err);
	gt_doctor_say(d, GT_WELL, machine, GT_E_DOCTOR_MACHINE_GOOD,
		GT_TEXT("guantong %s, librdkafka %s", GT_VERSION, rd_kafka_version_str()));
}

static void check_files(struct gt_doctor *d)
{
	rlim_t needed = FILES_BASE + 2 * (rlim_t)d->config->gateway.flow_count;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		gt_doctor_say(d, GT_WELL, machine, GT_E_DOCTOR_MACHINE_GOOD,
			GT_TEXT("%s %llu", gt_bi("open files allowed:", "可打开文件数："),
				(unsigned long long)limit.rlim_cur));
	else
		gt_doctor_say(d, GT_TO_DO, machine, GT_E_DOCTOR_FILES,
			GT_TEXT("%llu", (unsigned long long)limit.rlim_cur),
			GT_TEXT("%llu", (unsigned long long)needed));
}

/* The folder itself, or while it is not made yet the one that it will be made in. */
static void check_folder(struct gt_doctor *d, struct gt_str folder)
{
	char path[4096];
	struct statvfs fs;
	char *slash;

	gt_text(path, sizeof(path), "%.*s", GT_STR_ARGS(folder));
	slash = strrchr(path, '/');
	if (access(path, F_OK) != 0 && errno == ENOENT && slash && slash > path)
		*slash = '\0';
	if (access(path, W_OK | X_OK) != 0 || statvfs(path, &fs) != 0) {
		gt_doctor_say(d, GT_TO_DO, data, GT_E_DOCTOR_FOLDER, path, strerror(errno));
		return;
	}
	uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	gt_doctor_say(d, mib < SPACE_MIB ? GT_TO_DO : GT_WELL, data,
		mib < SPACE_MIB ? GT_E_DOCTOR_SPACE : GT_E_DOCTOR_SPACE_GOOD, path,
		GT_TEXT("%llu", (unsigned long long)mib));
}

/* False: others may read it. A file that is missing is a mistake of the configuration. */
static bool closed(struct gt_doctor *d, const char *path)
{
	struct stat st;

	if (path[0] == '\0' || stat(path, &st) != 0 || (st.st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return true;
	gt_doctor_say(d, GT_TO_DO, secrets, GT_E_DOCTOR_OPEN_SECRET, path);
	return false;
}

static void check_secrets(struct gt_doctor *d)
{
	const struct gt_gateway_conf *g = &d->config->gateway;
	const struct gt_str keys[] = {g->key, g->pseudonym_key, g->kafka.key};
	DIR *folder = d->config->secrets.n ? opendir(d->config->secrets.p) : NULL;
	const struct dirent *entry;
	char path[4096];
	bool good = true;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		good &= closed(d, gt_text(path, sizeof(path), "%.*s", GT_STR_ARGS(keys[i])));
	while (folder && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			good &= closed(d, gt_text(path, sizeof(path), "%s/%s", d->config->secrets.p,
						  entry->d_name));
	if (folder)
		closedir(folder);
	if (good)
		gt_doctor_say(d, GT_WELL, secrets, GT_E_DOCTOR_SECRETS_GOOD);
}

static void check_running(struct gt_doctor *d)
{
	struct gt_buf answer;
	struct gt_err err;
	json_t *root = NULL;
	const json_t *flows;

	gt_buf_init(&answer, ANSWER_MAX);
	if (d->config->gateway.admin.n &&
		gt_admin_get(d->config->gateway.admin.p, "/status", &answer, &err))
		root = gt_json_load(gt_buf_str(&answer), &err);
	gt_buf_fini(&answer);
	if (!root) {
		gt_doctor_say(d, GT_WELL, running, GT_E_DOCTOR_NOT_RUNNING);
		return;
	}
	flows = json_object_get(root, "flows");
	gt_doctor_say(
		d, GT_WELL, running, GT_E_DOCTOR_RUNNING, GT_TEXT("%zu", json_array_size(flows)));
	for (size_t i = 0; i < json_array_size(flows); i++) {
		const json_t *flow = json_array_get(flows, i), *reason;

		reason = json_object_get(flow, "reason");
		if (json_is_object(reason))
			gt_doctor_say(d, GT_TO_DO, running, GT_E_DOCTOR_FLOW_STATE,
				GT_TEXT("%.*s", GT_STR_ARGS(gt_json_member(flow, "flow"))),
				gt_state_word(gt_json_member(flow, "state")),
				gt_json_member(reason, gt_bi("en", "zh")).p);
	}
	json_decref(root);
}

void gt_doctor_machine(struct gt_doctor *d)
{
	check_clock(d);
	check_libraries(d);
	check_files(d);
	if (d->config->gateway.data.n)
		check_folder(d, d->config->gateway.data);
	check_secrets(d);
	check_running(d);
}
