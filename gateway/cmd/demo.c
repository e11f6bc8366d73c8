/* demo.c: `guantong demo`: sample systems, a development broker (or a given Kafka) and the gateway
 * in this one process, on a configuration that it writes first. */
#include "cmd.h"

#include "console.h"
#include "demo.h"
#include "demo_files.h"
#include "gt_assert.h"
#include "io.h"
#include "log.h"
#include "needs.h"
#include "sign.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ONCE_SECONDS 900 /* against hanging only */
#define TABLE_MS 500
#define PLAIN_MS 5000
#define SLICE_MS 50
#define CHANGE_MS 500
#define FILES_AT_START 5u
#define FILE_EVERY_S 10
#define FILES_A_RETURN 6u /* a month passes quickly */
#define ROOMS 1500u
#define ROOMS_EVERY_S 4
#define OUTAGE_AFTER 4 /* pages of the dispatch system, which then is down for a while */
#define OUTAGE_MS 7000 /* longer than PLAIN_MS, so that every table shows it */

struct demo {
	const char *folder, *brokers, *site, *housing;
	bool once;
	int64_t rows;
	bool development;
	struct gt_dev_broker *broker;
	struct gt_demo_service *service;
	struct gt_demo_rooms *rooms; /* NULL = no housing system */
	struct gt_config *config;
	struct gt_publisher *publisher;
	struct gt_signer *signer;
	struct gt_console *console;
	struct gt_runtime *runtime;
	struct gt_demo_made made;
	size_t files, returns, room_changes;
	int64_t file_s, rooms_s; /* when the last file was added, the rooms last changed */
	bool settled;            /* all that the systems hold is committed, nothing will come */
	char name[4096], site_name[32];
};

static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool empty = dir != NULL;

	while (dir && empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (dir)
		closedir(dir);
	return empty;
}

static bool choose_folder(struct demo *d, struct gt_err *err)
{
	const char *tmp = getenv("TMPDIR");
	char full[sizeof(d->name)];

	if (!d->folder) {
		gt_text(d->name, sizeof(d->name), "%s/guantong-demo-XXXXXX",
			tmp && *tmp ? tmp : "/tmp");
		d->folder = mkdtemp(d->name);
		return d->folder || gt_fail(err, GT_E_FILE_WRITE, d->name, strerror(errno));
	}
	if (mkdir(d->folder, 0755) != 0 && (errno != EEXIST || !is_empty(d->folder)))
		return errno == EEXIST ? gt_fail(err, GT_E_DEMO_FOLDER, d->folder)
				       : gt_fail(err, GT_E_FILE_WRITE, d->folder, strerror(errno));
	if (!realpath(d->folder, full))
		return gt_fail(err, GT_E_FILE_WRITE, d->folder, strerror(errno));
	memcpy(d->name, full, strlen(full) + 1);
	d->folder = d->name;
	return true;
}

/* Another demo may have used that Kafka: each has a site of its own there. */
static void choose_site(struct demo *d)
{
	unsigned char random[3];
	char hex[7];

	if (d->site)
		return;
	gt_random(random, sizeof(random));
	gt_hex(hex, random, sizeof(random));
	d->site = d->development ? "wuchang"
				 : gt_text(d->site_name, sizeof(d->site_name), "demo-%s", hex);
}

static bool add_file(struct demo *d, struct gt_err *err)
{
	char folder[4200];
	size_t rows = (size_t)d->rows / 10 + 1;

	gt_text(folder, sizeof(folder), "%s/in/energy", d->folder);
	if (!gt_demo_file_write(folder, GT_DEMO_SEED, d->files, rows, err))
		return false;
	d->files++;
	d->made.readings += rows;
	return true;
}

static bool add_return(struct demo *d, struct gt_err *err)
{
	char folder[4200];
	size_t rows;

	gt_text(folder, sizeof(folder), "%s/in/energy", d->folder);
	if (!gt_demo_return_write(folder, GT_DEMO_SEED, d->returns, &rows, err))
		return false;
	d->returns++;
	d->made.returns += rows;
	return true;
}

static bool start_housing(struct demo *d, struct gt_err *err)
{
	if (!d->housing)
		return true;
	d->rooms = gt_demo_rooms_open(d->housing, GT_DEMO_SEED, ROOMS, err);
	d->made.rooms = d->rooms;
	return d->rooms != NULL;
}

static bool start_systems(struct demo *d, struct gt_err *err)
{
	struct gt_demo_service_conf service = {.seed = GT_DEMO_SEED,
		.rows = (size_t)d->rows,
		.rows_per_second = d->once ? 0 : 5,
		.outage_after = OUTAGE_AFTER,
		.outage_ms = OUTAGE_MS,
		.username = GT_DEMO_USER,
		.password = GT_DEMO_PASSWORD};

	d->service = gt_demo_service_start(&service, err);
	if (!d->service)
		return false;
	d->made.service = d->service;
	if (!start_housing(d, err))
		return false;
	if (d->development) {
		d->broker = gt_dev_broker_start(err);
		if (!d->broker)
			return false;
		d->brokers = gt_dev_broker_address(d->broker);
	}
	choose_site(d);
	if (!gt_demo_write(&(struct gt_demo_conf){d->folder, d->site, d->brokers,
				   gt_demo_service_port(d->service), d->housing},
		    err))
		return false;
	for (size_t i = 0; i < FILES_AT_START; i++)
		if (!add_file(d, err))
			return false;
	return true;
}

static bool make_topics(struct demo *d, struct gt_err *err)
{
	struct gt_topic_plan plan;

	if (!d->broker)
		return true;
	gt_gateway_topics(&d->config->gateway, &d->config->memory, &plan);
	return gt_needs_topics(d->broker, &plan, err);
}

static bool start_gateway(struct demo *d, struct gt_err *err)
{
	const struct gt_gateway_conf *gateway = &d->config->gateway;
	char id[128];
	struct gt_runtime_conf conf = {.gateway = gateway, .create_topics = true};

	if (!make_topics(d, err))
		return false;
	gt_text(id, sizeof(id), "%.*s.%.*s", GT_STR_ARGS(gateway->prefix),
		GT_STR_ARGS(gateway->site));
	conf.signer = d->signer = gt_signer_load(gateway->key.p, err);
	if (!d->signer)
		return false;
	conf.publisher = d->publisher = gt_publisher_kafka(&gateway->kafka, gt_cstr(id), err);
	if (!d->publisher)
		return false;
	d->runtime = gt_runtime_new(&conf, err);
	if (!d->runtime)
		return false;
	d->console = gt_console_start(
		&(struct gt_console_conf){.path = gateway->admin.p, .runtime = d->runtime}, err);
	return d->console && gt_runtime_start(d->runtime, err);
}

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Rows of a flow, or of all (NULL), that are not through yet. *well: none of them has a reason not
 * to go on; may be NULL. */
static uint64_t lag_of(struct demo *d, const char *flow, bool *well)
{
	struct gt_runtime_status status;
	struct gt_arena memory;
	uint64_t lag = 0;
	bool good = true;

	gt_arena_init(&memory, 0);
	gt_runtime_status(d->runtime, &memory, &status);
	for (size_t i = 0; i < status.flow_count; i++) {
		if (flow && !gt_str_eq(status.flows[i].name, gt_cstr(flow)))
			continue;
		lag += gt_demo_lag(&d->made, &status.flows[i]);
		good = good && status.flows[i].reason.class == GT_OK;
	}
	gt_arena_fini(&memory);
	if (well)
		*well = good;
	return lag;
}

static bool change_files(struct demo *d, bool outage, int64_t now, struct gt_err *err)
{
	bool first = outage && d->returns == 0;

	if (!first && (d->once || now - d->file_s < FILE_EVERY_S))
		return true;
	d->file_s = now;
	if (!add_file(d, err))
		return false;
	return (!first && d->files % FILES_A_RETURN != 0) || add_return(d, err);
}

/* Only rows that were read already, so that each version of a row is read. */
static bool change_rooms(struct demo *d, bool outage, int64_t now, struct gt_err *err)
{
	bool due = d->room_changes == 0 ? outage : !d->once && now - d->rooms_s >= ROOMS_EVERY_S;

	if (!d->rooms || !due || lag_of(d, "housing/rooms", NULL) > 0)
		return true;
	d->rooms_s = now;
	d->room_changes++;
	return gt_demo_rooms_change(d->rooms, err);
}

/* The systems change once during the outage of one of them; without --once again and again. */
static bool change(struct demo *d)
{
	bool outage = gt_demo_service_outage(d->service) != GT_DEMO_NOT_YET;
	int64_t now = now_s();
	struct gt_err err;

	if (change_files(d, outage, now, &err) && change_rooms(d, outage, now, &err))
		return true;
	gt_report(&err);
	return false;
}

/* Everything is through, the outage is over, and the flow that it stopped goes on. */
static bool is_settled(struct demo *d)
{
	bool well;

	return gt_demo_service_outage(d->service) == GT_DEMO_BACK && d->returns > 0 &&
	       (!d->rooms || d->room_changes > 0) && lag_of(d, NULL, &well) == 0 && well;
}

/* Until all is through (--once), it fails, or somebody asks it to end. */
static void watch(struct demo *d, const sigset_t *signals)
{
	bool terminal = isatty(STDOUT_FILENO), draining = false;
	const struct timespec slice = {0, SLICE_MS * 1000000L};
	int64_t start = d->file_s = now_s();
	size_t lines = 0, ticks = 0, every = (size_t)(terminal ? TABLE_MS : PLAIN_MS) / SLICE_MS;

	while (!gt_runtime_wait(d->runtime, 0)) {
		if (ticks % every == 0)
			lines = gt_demo_table(d->runtime, &d->made, terminal ? lines : 0);
		bool asked = sigtimedwait(signals, NULL, &slice) > 0;
		if (!draining && !asked && ticks % (CHANGE_MS / SLICE_MS) == 0) {
			bool changed = change(d);
			d->settled = d->once && changed && is_settled(d);
			asked = d->settled ||
				(d->once && (!changed || now_s() - start > ONCE_SECONDS));
		}
		if (asked && !draining) {
			draining = true;
			gt_runtime_drain(d->runtime);
		}
		ticks++;
	}
	gt_demo_table(d->runtime, &d->made, terminal ? lines : 0);
}

static void say(struct gt_failure what)
{
	struct gt_buf out;
	struct gt_err note;

	gt_buf_init(&out, 65536);
	gt_fail_with(&note, what);
	gt_err_write(&note, &out);
	gt_buf_adds(&out, "\n");
	gt_put_out(&out);
	gt_buf_fini(&out);
}

/* With both identities: what the outage did to the rows. */
static void tell_outage(struct demo *d)
{
	uint64_t there = gt_demo_service_rows(d->service), lag = lag_of(d, "cars/trips", NULL);
	char text[4][24];

	if (gt_demo_service_outage(d->service) != GT_DEMO_BACK)
		return;
	lag = lag < there ? lag : there;
	const uint64_t numbers[4] = {OUTAGE_MS / 1000, there, there - lag, lag};
	for (size_t i = 0; i < 4; i++)
		gt_text(text[i], sizeof(text[i]), "%" PRIu64, numbers[i]);
	say((struct gt_failure){GT_E_DEMO_AWAY, text[0], text[1], text[2], text[3]});
}

static int judge(struct demo *d)
{
	struct gt_err err;
	bool balanced = gt_demo_totals(d->runtime);

	if (balanced)
		tell_outage(d);
	gt_demo_samples(d->publisher, &d->config->gateway);
	gt_demo_where(&d->config->gateway, d->folder, d->brokers, d->development);
	if (gt_runtime_failed(d->runtime, &err)) {
		gt_report(&err);
		return gt_exit_of(&err);
	}
	if (d->once && !d->settled) {
		gt_report_say(GT_E_DEMO_STUCK);
		return GT_EXIT_UNREACHABLE;
	}
	if (!balanced) /* the totals show where */
		return GT_EXIT_FAILED;
	return GT_EXIT_OK;
}

static int run(struct demo *d, const sigset_t *signals)
{
	struct gt_err err;

	if (!choose_folder(d, &err) || !start_systems(d, &err)) {
		gt_report(&err);
		return gt_exit_of(&err);
	}
	d->config = gt_load(d->folder, 0);
	if (!d->config)
		return GT_EXIT_CONFIG;
	say((struct gt_failure){GT_E_DEMO_STARTED, d->folder});
	say((struct gt_failure){d->development ? GT_E_DEMO_BROKER : GT_E_DEMO_KAFKA, d->brokers});
	if (!d->rooms)
		say((struct gt_failure){GT_E_DEMO_TWO});
	if (!d->once)
		gt_demo_where(&d->config->gateway, d->folder, d->brokers, d->development);
	if (!start_gateway(d, &err)) {
		gt_report(&err);
		return gt_exit_of(&err);
	}
	watch(d, signals);
	return judge(d);
}

static void stop(struct demo *d)
{
	gt_console_stop(d->console);
	gt_runtime_free(d->runtime);
	if (d->publisher)
		d->publisher->ops->free(d->publisher);
	gt_signer_free(d->signer);
	gt_config_free(d->config);
	gt_demo_rooms_close(d->rooms);
	gt_demo_service_stop(d->service);
	gt_dev_broker_stop(d->broker);
}

int gt_cmd_demo(const struct gt_verb *verb, int argc, char **argv)
{
	struct demo d = {.rows = 2000};
	const struct gt_arg args[] = {
		{"once", 0, GT_ARG_FLAG, &d.once, 0, 0, NULL, "stop when everything is published",
			"全部发布后自动停止"},
		{"brokers", 0, GT_ARG_TEXT, &d.brokers, 0, 0, "HOST:PORT", "use this Kafka",
			"使用指定的 Kafka"},
		{"housing", 0, GT_ARG_TEXT, &d.housing, 0, 0, "CONNECTION",
			"ODBC connection to an empty PostgreSQL database: the third system",
			"连接一个空的 PostgreSQL 数据库（ODBC），作为第三个示例系统"},
		{"dir", 0, GT_ARG_TEXT, &d.folder, 0, 0, "FOLDER", "write the configuration there",
			"配置写入该文件夹"},
		{"site", 0, GT_ARG_TEXT, &d.site, 0, 0, "NAME", "name of the site", "接入节点名称"},
		{"rows", 0, GT_ARG_NUMBER, &d.rows, 1, 1000000, "N",
			"dispatch orders at the start (2000)", "初始派车单数（默认 2000）"},
		{.name = NULL}};
	char **operands;
	sigset_t signals;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 0, &operands, &n, &code))
		return code;
	d.development = d.brokers == NULL;
	gt_log_setup(isatty(STDOUT_FILENO) ? GT_LOG_ERROR : GT_LOG_WARNING, false);
	gt_signals_block(&signals);
	code = run(&d, &signals);
	stop(&d);
	return code;
}
