/* demo_write.c: the demo's configuration, as a district would write it. */
#include "demo.h"

#include "buf.h"
#include "io.h"
#include "pseudonym.h"
#include "sign.h"

#include <errno.h>
#include <stdlib.h>
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
		"# 能耗系统每天导出一个 CSV（GB18030），每月另有一份 Excel 月报，都放在投放文件夹\n"
		"# An energy system: one CSV file (GB18030) a day and one return (Excel) a month, "
		"in a "
		"drop folder.\n"
		"source: energy\n"
		"title: 武昌区能耗监测系统\n"
		"adapter: file\n"
		"folder: ../in/energy\n"
		"complete: rename\n"
		"division: \"420106\"\n"
		"every: 2 s\n"
		"flows:\n"
		"  readings:\n"
		"    title: 电表读数\n"
		"    pattern: \"*.csv\"\n"
		"    format: csv\n"
		"    entity: energy.meter-reading@1\n"
		"    basis: metered\n"
		"    map:\n"
		"      meter_no: 表号\n"
		"      read_time: 抄表时间\n"
		"      active_energy: {from: 读数(万kWh), unit: 万kWh}\n"
		"      organisation_name: 用能单位\n"
		"  returns:\n"
		"    title: 能耗月报\n"
		"    pattern: \"*.xlsx\"\n"
		"    format: xlsx\n"
		"    cells: {from: B2}      # 表格上方的报告期 · the period above the table\n"
		"    entity: energy.statistical-return@1\n"
		"    basis: declared\n"
		"    map:\n"
		"      uscc: 统一社会信用代码\n"
		"      name: 单位名称\n"
		"      period: from\n"
		"      electricity: {from: 电.数量(万kWh), unit: 万kWh}\n"
		"      electricity_cost: 电.费用(元)\n"
		"      water: 水.数量(立方米)\n"
		"      water_cost: 水.费用(元)\n");
}

static void put_quoted(struct gt_buf *out, const char *text)
{
	gt_buf_adds(out, "'");
	for (const char *p = text; *p; p++)
		gt_buf_add(out, gt_str(*p == '\'' ? "''" : p, *p == '\'' ? 2 : 1));
	gt_buf_adds(out, "'");
}

static void put_housing(const struct gt_demo_conf *conf, struct gt_buf *out)
{
	gt_buf_adds(out, "# 办公用房管理系统：直接读取 PostgreSQL 数据库的一张表\n"
			 "# A register of office rooms: a table of its PostgreSQL database.\n"
			 "source: housing\n"
			 "title: 武昌区办公用房管理系统\n"
			 "adapter: odbc\n"
			 "connection: ");
	put_quoted(out, conf->housing);
	gt_buf_adds(out, getenv("PGPASSWORD") ? "\npassword: {env: PGPASSWORD}" : "");
	gt_buf_adds(out,
		"\nzone: +08:00\n"
		"division: \"420106\"\n"
		"flows:\n"
		"  rooms:\n"
		"    title: 办公用房\n"
		"    table: " GT_DEMO_ROOMS_TABLE "\n"
		"    every: 2 s\n"
		"    cursor: {field: update_time, tie: 房间编号, delay: 1 s, lookback: 1 min}\n"
		"    entity: housing.office-room@1\n"
		"    basis: declared\n"
		"    map:\n"
		"      room_id: 房间编号\n"
		"      building_id: 楼栋编号\n"
		"      building_name: 楼栋名称\n"
		"      floor: 楼层\n"
		"      room_no: 房间号\n"
		"      kind: 用房类型\n"
		"      status: 使用状态\n"
		"      usable_area: 使用面积\n"
		"      gross_area: 建筑面积\n"
		"      person_count: 使用人数\n"
		"      rank: 职级\n"
		"      occupant: 使用人     # 个人信息：公开主题中为假名 · personal: a pseudonym "
		"in "
		"the open topic\n"
		"      organisation_name: 使用单位\n");
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
	if (conf->housing) {
		put_housing(conf, &text);
		ok = ok && write_file(conf->folder, "sources/housing.yaml", &text, 0644, err);
	}
	gt_buf_adds(&text, GT_DEMO_PASSWORD "\n");
	ok = ok && write_file(conf->folder, "secrets/cars", &text, 0600, err);
	gt_buf_fini(&text);
	return ok && make_keys(conf->folder, err);
}
