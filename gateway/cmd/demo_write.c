/* demo_write.c: the demo's configuration, as a district would write it. */
#include "demo.h"

#include "buf.h"
#include "io.h"
#include "pseudonym.h"
#include "sign.h"

#include <errno.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES 65536u

static bool make_folder(const char *folder, const char *name, unsigned mode, struct gt_err *err)
{
	char path[4096];

	gt_text(path, sizeof(path), "%s/%s", folder, name);
	if (mkdir(path, (mode_t)mode) == 0 || errno == EEXIST)
		return true;
	return gt_fail(err, GT_E_FILE_WRITE, path, strerror(errno));
}

static bool write_file(const char *folder, const char *name, struct gt_buf *text, unsigned mode,
	struct gt_err *err)
{
	char path[4096];
	bool ok = gt_file_replace(
		gt_text(path, sizeof(path), "%s/%s", folder, name), gt_buf_str(text), mode, err);

	gt_buf_clear(text);
	return ok;
}

static void put_gateway(const struct gt_demo_conf *conf, struct gt_buf *out)
{
	gt_buf_addf(out,
		"# 演示用网关配置 · configuration of the demo's gateway\n"
		"site: %s\n"
		"key: site.key                  # guantong keygen\n"
		"pseudonym_key: pseudonym.key   # guantong keygen --pseudonym\n"
		"standards: [national@1, wuhan@1]\n"
		"kafka:\n"
		"  brokers: [\"%s\"]\n"
		"data: data\n"
		"admin: guantong.sock\n",
		conf->site, conf->brokers);
}

static void put_cars(const struct gt_demo_conf *conf, struct gt_buf *out)
{
	gt_buf_addf(out,
		"# 公务用车平台：若依（RuoYi）后端，登录取令牌，分页列表\n"
		"# An official-vehicle system: a RuoYi back end with login token and paged list.\n"
		"source: cars\n"
		"title: 武昌区公务用车平台\n"
		"adapter: http\n"
		"profile: ruoyi\n"
		"url: http://127.0.0.1:%u\n"
		"login: {username: " GT_DEMO_USER ", password: {secret: cars}}\n"
		"zone: +08:00\n"
		"division: \"420106\"\n"
		"flows:\n"
		"  trips:\n"
		"    title: 派车单\n"
		"    path: /dispatch/list\n"
		"    every: 2 s\n"
		"    # 该列表按 updateTime 过滤 · this list filters by updateTime\n"
		"    cursor: {field: updateTime, tie: ID, from: 'params[beginTime]', until: "
		"'params[endTime]', delay: 5 s, lookback: 1 min}\n"
		"    entity: vehicle.dispatch-order@1\n"
		"    basis: declared\n",
		conf->port);
	gt_buf_adds(out,
		"    map:\n"
		"      order_no: ID\n"
		"      plate_no: CPH\n"
		"      depart_time: CFSJ\n"
		"      return_time: {from: FHSJ, null: [无, 未归]}\n"
		"      distance: {from: LC, unit: km}\n"
		"      fuel: {from: YH, unit: L}\n"
		"      vehicle_type: {from: CLLX, codes: {\"01\": sedan, \"02\": suv, \"03\": van, "
		"\"04\": bus}}\n"
		"      state: {from: ZT, codes: {\"1\": under-way, \"2\": back, \"3\": settled}}\n"
		"      apply_org: DWMC\n"
		"      applicant: SQR       # 个人信息：公开主题中为假名 · personal: a pseudonym "
		"in the open topic\n"
		"      reason: YCSY\n");
}

static void put_energy(struct gt_buf *out)
{
	gt_buf_adds(out,
		"# 能耗系统每天导出一个 CSV（GB18030）到投放文件夹\n"
		"# An energy system that exports one CSV file (GB18030) a day into a drop folder.\n"
		"source: energy\n"
		"title: 武昌区能耗监测系统\n"
		"adapter: file\n"
		"folder: ../in/energy\n"
		"complete: rename\n"
		"format: csv\n"
		"division: \"420106\"\n"
		"flows:\n"
		"  readings:\n"
		"    title: 电表读数\n"
		"    every: 2 s\n"
		"    entity: energy.meter-reading@1\n"
		"    basis: metered\n"
		"    map:\n"
		"      meter_no: 表号\n"
		"      read_time: 抄表时间\n"
		"      active_energy: {from: 读数(万kWh), unit: 万kWh}\n"
		"      organisation_name: 用能单位\n");
}

static bool make_keys(const char *folder, struct gt_err *err)
{
	char path[4096], id[17];

	return gt_keygen(gt_text(path, sizeof(path), "%s/site.key", folder), id, err) &&
	       gt_pseudonym_keygen(
		       gt_text(path, sizeof(path), "%s/pseudonym.key", folder), "p1", err);
}

bool gt_demo_write(const struct gt_demo_conf *conf, struct gt_err *err)
{
	static const char *const folders[] = {"sources", "in", "in/energy", "data"};
	struct gt_buf text;
	bool ok = make_folder(conf->folder, "secrets", 0700, err);

	for (size_t i = 0; ok && i < sizeof(folders) / sizeof(folders[0]); i++)
		ok = make_folder(conf->folder, folders[i], 0755, err);
	gt_buf_init(&text, FILE_MAX_BYTES);
	put_gateway(conf, &text);
	ok = ok && write_file(conf->folder, "guantong.yaml", &text, 0644, err);
	put_cars(conf, &text);
	ok = ok && write_file(conf->folder, "sources/cars.yaml", &text, 0644, err);
	put_energy(&text);
	ok = ok && write_file(conf->folder, "sources/energy.yaml", &text, 0644, err);
	gt_buf_adds(&text, GT_DEMO_PASSWORD "\n");
	ok = ok && write_file(conf->folder, "secrets/cars", &text, 0600, err);
	gt_buf_fini(&text);
	return ok && make_keys(conf->folder, err);
}
