#include "config_fixture.h"

static struct gt_config *load(unsigned flags)
{
	return gt_config_load(folder, flags);
}

static const struct pump *options_of(const struct gt_config *config, const char *name)
{
	const struct gt_flow_conf *flow = gt_config_flow(config, gt_cstr(name), NULL);

	ck_assert_msg(flow != NULL, "%s", said(config));
	return flow->adapter_options;
}

/* Profile < source < flow; groups and pairs by their keys, all else as a whole. */
START_TEST(layers_lie_over_each_other)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("secrets/pump", "s3cret\n", 0600);
	put_file("profiles/product.yaml",
		"adapter: pump\nrows: 10\nlogin: {user: nobody}\nquery: {a: 1, b: 2}\nbasis: "
		"billed\n",
		0644);
	put_file("sources/water.yaml",
		"source: water\ntitle: 水\nprofile: product\nurl: http://a\nrows: 20\n"
		"login: {password: {secret: pump}}\nevery: 5 min\n"
		"flows:\n  one:\n" ENTITY "  two:\n    rows: 30\n    url: http://b\n    title: 二\n"
		"    query: {b: 3, c: 4}\n    basis: 计量\n    division: \"420106\"\n" ENTITY,
		0644);
	struct gt_config *config = load(0);
	const struct pump *one = options_of(config, "water/one"),
			  *two = options_of(config, "water/two");
	const struct gt_flow_conf *flow = gt_config_flow(config, GT_LIT("water/two"), NULL);

	ck_assert_str_eq(said(config), "");
	ck_assert_int_eq(one->rows, 20);
	ck_assert_int_eq(two->rows, 30);
	ck_str_is(one->url, "http://a");
	ck_str_is(two->url, "http://b");
	ck_str_is(one->user, "nobody");
	ck_str_is(one->password, "s3cret");
	ck_assert_uint_eq(one->query.n, 2);
	ck_assert_uint_eq(two->query.n, 3);
	ck_str_is(two->query.v[1].value, "3");
	ck_str_is(flow->title, "二");
	ck_str_is(flow->basis, "metered");
	ck_str_is(config->gateway.flows[0].title, "水");
	ck_str_is(config->gateway.flows[0].basis, "billed");
	ck_assert_int_eq(flow->every_ms, 300000);
	ck_str_is(flow->source, "water");
	ck_str_is(flow->flow, "two");
	ck_assert_ptr_nonnull(flow->plan);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(a_mistake_that_all_flows_inherit_is_one)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/water.yaml",
		"source: water\nadapter: pump\nrwos: 3\nrows: 900\nflows:\n  one:\n" ENTITY
		"  two:\n" ENTITY,
		0644);
	struct gt_config *config = load(0);

	ck_assert_str_eq(said(config), "sources/water.yaml:3:1 GT1012 rwos\n"
				       "sources/water.yaml:4:7 GT1019 rows\n"
				       "sources/water.yaml:7:5 GT1010 url\n"
				       "sources/water.yaml:10:5 GT1010 url\n");
	gt_config_free(config);
	folder_remove();
}
END_TEST

/* Options of an adapter whose name is wrong are not called unknown. */
START_TEST(wrong_names_do_not_cascade)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file(
		"sources/a.yaml", "source: a\nadapter: pumpe\nurl: x\nflows:\n  f:\n" ENTITY, 0644);
	put_file("sources/b.yaml",
		"source: b\nadapter: pipe\nformat: line\nskip: 1\nurl: x\nflows:\n  f:\n" ENTITY,
		0644);
	put_file("sources/c.yaml", "source: c\nprofile: nosuch\nrows: 1\nflows:\n  f:\n" ENTITY,
		0644);
	struct gt_config *config = load(0);

	ck_assert_str_eq(said(config), "sources/a.yaml:2:10 GT1025 adapter\n"
				       "sources/b.yaml:3:9 GT1025 format\n"
				       "sources/c.yaml:2:10 GT1024 profile\n"
				       "sources/c.yaml:6:5 GT1010 adapter\n");
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(formats_belong_to_adapters_that_carry_bytes)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/a.yaml",
		"source: a\nadapter: pump\nformat: lines\nurl: x\nflows:\n  f:\n" ENTITY, 0644);
	put_file("sources/b.yaml", "source: b\nadapter: pipe\nurl: x\nflows:\n  f:\n" ENTITY, 0644);
	put_file("sources/c.yaml",
		"source: c\nadapter: pipe\nformat: lines\nskip: 2\nurl: x\nflows:\n  f:\n" ENTITY,
		0644);
	struct gt_config *config = load(0);
	const struct gt_flow_conf *flow = gt_config_flow(config, GT_LIT("c/f"), NULL);

	ck_assert_str_eq(said(config), "sources/a.yaml:3:9 GT1043 pump\n"
				       "sources/b.yaml:6:5 GT3000 pipe\n");
	ck_assert_ptr_eq(flow->format, &guantong_format_lines);
	ck_assert_int_eq(((const struct lines *)flow->format_options)->skip, 2);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(some_adapters_take_a_format_or_none)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/a.yaml", "source: a\nadapter: valve\nskip: 3\nflows:\n  f:\n" ENTITY,
		0644);
	put_file("sources/b.yaml",
		"source: b\nadapter: valve\nformat: lines\nskip: 4\nflows:\n  f:\n" ENTITY, 0644);
	put_file("sources/c.yaml",
		"source: c\nadapter: valve\nformat: line\nskips: 4\nflows:\n  f:\n" ENTITY, 0644);
	struct gt_config *config = load(0);
	const struct gt_flow_conf *a = gt_config_flow(config, GT_LIT("a/f"), NULL);
	const struct gt_flow_conf *b = gt_config_flow(config, GT_LIT("b/f"), NULL);

	/* With a format that nobody knows, its options are not called mistakes. */
	ck_assert_str_eq(said(config), "sources/c.yaml:3:9 GT1025 format\n");
	ck_assert_ptr_null(a->format);
	ck_assert_int_eq(((const struct valve *)a->adapter_options)->skip, 3);
	ck_assert_ptr_eq(b->format, &guantong_format_lines);
	ck_assert_int_eq(((const struct valve *)b->adapter_options)->skip, 4);
	ck_assert_int_eq(((const struct lines *)b->format_options)->skip, 4);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(names_are_checked)
{
	folder_make();
	put_file("guantong.yaml",
		"site: Wuchang\norganisation: 11420106MB0A12342X\nprefix: j.g\nkafka: {brokers: "
		"['']}\n",
		0644);
	put_file("sources/a.yaml",
		"source: b\nadapter: pump\nurl: x\nflows:\n  F_1:\n" ENTITY
		"  g:\n    entity: energy\n    division: wuchang\n    map: {meter_no: A}\n",
		0644);
	put_file("sources/a.yml", "source: a\n", 0644);
	put_file("sources/d.yaml", "source: d\nadapter: pump\nflows: {}\n", 0644);
	put_file("sources/e.yaml", "source: e\nadapter: pump\n", 0644);
	struct gt_config *config = load(0);

	ck_assert_str_eq(said(config), "guantong.yaml:1:7 GT1039 site\n"
				       "guantong.yaml:2:15 GT1045 11420106MB0A12342X\n"
				       "guantong.yaml:3:9 GT1039 prefix\n"
				       "guantong.yaml:4:18 GT1028 brokers\n"
				       "sources/a.yaml:1:9 GT1040 b\n"
				       "sources/a.yaml:5:3 GT1039 flows\n"
				       "sources/a.yaml:9:13 GT1042 energy\n"
				       "sources/a.yml:1:1 GT1047 a\n"
				       "sources/d.yaml:3:8 GT1046 \n"
				       "sources/e.yaml:1:1 GT1010 flows\n");
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(flows_of_one_mapping_share_its_plan)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/a.yaml",
		"source: a\nadapter: pump\nurl: x\nflows:\n  f:\n" ENTITY
		"  g:\n    zone: Z\n" ENTITY "  h:\n    every: 1 h\n" ENTITY,
		0644);
	struct gt_config *config = load(0);
	const struct gt_flow_conf *flows = config->gateway.flows;

	ck_assert_uint_eq(config->gateway.flow_count, 3);
	ck_assert_ptr_eq(flows[0].plan, flows[2].plan);
	ck_assert_ptr_ne(flows[0].plan, flows[1].plan);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(a_wrong_division_is_shown_where_it_stands)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/a.yaml",
		"source: a\nadapter: pump\nurl: x\ndivision: wuchang\nflows:\n  f:\n" ENTITY, 0644);
	struct gt_config *config = load(0);

	ck_assert_str_eq(said(config), "sources/a.yaml:4:11 GT1120 wuchang\n");
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(what_is_missing_is_said)
{
	folder_make();
	struct gt_config *config = load(0);
	ck_assert_uint_eq(config->diags.n, 1);
	ck_assert_int_eq(config->diags.v[0].err.code, GT_E_CONFIG_MISSING);
	gt_config_free(config);

	put_file("guantong.yaml", "site: a\n", 0644);
	config = load(0);
	ck_assert_uint_eq(config->diags.n, 2);
	ck_assert_int_eq(config->diags.v[0].err.code, GT_E_OPTION_REQUIRED);
	ck_assert_int_eq(config->diags.v[1].err.code, GT_E_SOURCES_NONE);
	gt_config_free(config);

	config = load(GT_CONFIG_NO_KAFKA);
	ck_assert_uint_eq(config->diags.n, 1);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(secrets_are_read_only_when_asked_for)
{
	folder_make();
	put_file("guantong.yaml",
		"site: a\nkafka: {brokers: [k], sasl: {mechanism: plain, username: u, password: "
		"{secret: k}}}\n"
		"secrets: keys\n",
		0644);
	put_file("keys/k", "kafka-pw", 0600);
	put_file("sources/a.yaml",
		"source: a\nadapter: pump\nurl: x\nlogin: {password: {secret: gone}}\nflows:\n  "
		"f:\n" ENTITY,
		0644);
	struct gt_config *config = load(0);
	ck_assert_str_eq(said(config), "sources/a.yaml:4:28 GT1033 password\n");
	ck_str_is(config->gateway.kafka.password, "kafka-pw");
	gt_config_free(config);
	config = load(GT_CONFIG_NO_SECRETS);
	ck_assert_str_eq(said(config), "");
	ck_assert_uint_eq(config->gateway.kafka.password.n, 0);
	gt_config_free(config);
	folder_remove();
}
END_TEST

/* Mappings are judged by the packages before the broken one. */
START_TEST(a_broken_overlay_hides_no_mistake_of_a_mapping)
{
	folder_make();
	put_file("guantong.yaml",
		GATEWAY "standards: [national@1, local@1]\nstandards_path: [local]\n", 0644);
	put_file("local/package.yaml",
		"package: local\nversion: 1.0\ntitle: {en: L, zh: 地}\nlevel: district\n"
		"extends: national@1\ndivisions: [\"420106\"]\n",
		0644);
	put_file("local/codes.yaml", "extend_codes: nosuch-list\nrows: {x: {en: X, zh: 甲}}\n",
		0644);
	put_file("sources/a.yaml",
		"source: a\nadapter: pump\nurl: x\nflows:\n  f:\n    entity: "
		"energy.meter-readin@1\n"
		"    map: {meter_no: A}\n",
		0644);
	struct gt_config *config = load(0);

	ck_assert_ptr_nonnull(strstr(said(config), "sources/a.yaml:6:13 GT1118"));
	ck_assert_msg(strstr(said(config), "local/codes.yaml:1:"), "%s", said(config));
	gt_config_free(config);
	put_file("guantong.yaml", GATEWAY "standards: [natoinal@1]\n", 0644);
	config = load(0);
	ck_assert_ptr_nonnull(strstr(said(config), "guantong.yaml:3:12 GT1202"));
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(the_nearest_flow_is_named)
{
	const char *near = NULL;

	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/water.yaml",
		"source: water\nadapter: pump\nurl: x\nflows:\n  readings:\n" ENTITY, 0644);
	struct gt_config *config = load(0);

	ck_assert_ptr_null(gt_config_flow(config, GT_LIT("water/reading"), &near));
	ck_assert_str_eq(near, "water/readings");
	ck_assert_ptr_null(gt_config_flow(config, GT_LIT("x"), &near));
	ck_assert_ptr_null(near);
	gt_config_free(config);
	folder_remove();
}
END_TEST

START_TEST(places_follow_the_service_manager)
{
	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	struct gt_config *config = load(0);
	char path[128];

	snprintf(path, sizeof(path), "%s/data", folder);
	ck_str_is(config->gateway.data, path);
	snprintf(path, sizeof(path), "%s/guantong.sock", folder);
	ck_str_is(config->gateway.admin, path);
	gt_config_free(config);
	setenv("STATE_DIRECTORY", "/var/lib/guantong", 1);
	setenv("RUNTIME_DIRECTORY", "/run/guantong", 1);
	config = load(0);
	ck_str_is(config->gateway.data, "/var/lib/guantong");
	ck_str_is(config->gateway.admin, "/run/guantong/guantong.sock");
	gt_config_free(config);
	folder_remove();
}
END_TEST

/* A mistake for `check`; for `run` the trouble of one flow, which must not keep the others down. */
START_TEST(a_folder_that_is_not_mounted_does_not_stop_a_run)
{
	struct gt_config *config;

	folder_make();
	put_file("guantong.yaml", GATEWAY, 0644);
	put_file("sources/water.yaml",
		"source: water\nadapter: pump\nurl: http://a\nfolder: /nowhere/share\nflows:\n"
		"  one:\n" ENTITY,
		0644);
	config = load(0);
	ck_assert_uint_eq(config->diags.n, 1);
	ck_assert_int_eq(config->diags.v[0].err.code, GT_E_OPTION_PATH_MISSING);
	gt_config_free(config);
	config = load(GT_CONFIG_RUN);
	ck_assert_str_eq(said(config), "");
	ck_str_is(options_of(config, "water/one")->folder, "/nowhere/share");
	gt_config_free(config);
	folder_remove();
}
END_TEST

UNIT_MAIN("config", UNIT_TEST(layers_lie_over_each_other),
	UNIT_TEST(a_mistake_that_all_flows_inherit_is_one), UNIT_TEST(wrong_names_do_not_cascade),
	UNIT_TEST(formats_belong_to_adapters_that_carry_bytes),
	UNIT_TEST(some_adapters_take_a_format_or_none), UNIT_TEST(names_are_checked),
	UNIT_TEST(flows_of_one_mapping_share_its_plan),
	UNIT_TEST(a_wrong_division_is_shown_where_it_stands), UNIT_TEST(what_is_missing_is_said),
	UNIT_TEST(secrets_are_read_only_when_asked_for),
	UNIT_TEST(a_broken_overlay_hides_no_mistake_of_a_mapping),
	UNIT_TEST(the_nearest_flow_is_named),
	UNIT_TEST(a_folder_that_is_not_mounted_does_not_stop_a_run),
	UNIT_TEST(places_follow_the_service_manager))
