/* tables.c: the keys of every kind of file in a standard package. The JSON Schema follows from
 * them. */
#include "load.h"

static const char *const level_words[] = {"national", "province", "city", "district", NULL};
static const char *const status_words[] = {"verified", "unconfirmed", NULL};
static const char *const type_words[] = {
	"text", "code", "int", "decimal", "date", "time", "bool", NULL};
static const char *const protection_words[] = {"open", "pseudonym", "commitment", "mask", NULL};
static const char *const numbers_words[] = {"mask", "restrict", "own", NULL};
static const char *const format_words[] = {
	"none", "plate", "uscc", "vin", "division", "identity", "orgcode", NULL};
static const char *const breach_words[] = {"flag", "reject", NULL};

const char *gt_level_name(int level)
{
	return level_words[level];
}

const char *gt_type_name(enum gt_type type)
{
	return type_words[type];
}

const char *gt_format_name(enum gt_format_kind format)
{
	return format_words[format];
}

const char *gt_protection_name(enum gt_protection protection)
{
	return protection_words[protection];
}

const char *gt_numbers_name(enum gt_numbers numbers)
{
	return numbers_words[numbers];
}

static const struct gt_option title_table[] = {
	{"en", GT_OPT_TEXT, offsetof(struct gt_title, en), 1, 2000, .flags = GT_OPT_REQUIRED,
		.en = "English", .zh = "英文"},
	{"zh", GT_OPT_TEXT, offsetof(struct gt_title, zh), 1, 2000, .flags = GT_OPT_REQUIRED,
		.en = "Chinese", .zh = "中文"},
	{NULL},
};

#define STATUS(type)                                                                               \
	{                                                                                          \
		"status", GT_OPT_CHOICE, offsetof(type, status),                                   \
			.fallback = "unconfirmed",                                                 \
			.en = "verified: the source was read; unconfirmed: not yet",               \
			.zh = "verified：已核对出处；unconfirmed：待确认", .choices = status_words \
	}
#define SOURCE(type)                                                                               \
	{                                                                                          \
		"source", GT_OPT_TEXT, offsetof(type, source),                                     \
			.en = "Document that it comes from", .zh = "出处"                        \
	}
#define TITLE(type)                                                                                \
	{                                                                                          \
		"title", GT_OPT_GROUP, offsetof(type, title),                                      \
			.flags = GT_OPT_REQUIRED, .en = "Name", .zh = "名称", .group = title_table \
	}
#define DEFINITION(type)                                                                           \
	{                                                                                          \
		"definition", GT_OPT_GROUP, offsetof(type, definition),                            \
			.en = "What exactly is meant", .zh = "定义", .group = title_table          \
	}
#define SYNONYMS(type, english, chinese)                                                           \
	{                                                                                          \
		"synonyms", GT_OPT_TEXTS, offsetof(type, synonyms), .en = english, .zh = chinese   \
	}

const struct gt_option gt_package_table[] = {
	{"package", GT_OPT_TEXT, offsetof(struct gt_package, name), 1, 64, .flags = GT_OPT_REQUIRED,
		.en = "Name that configurations use", .zh = "配置中引用的名称"},
	{"version", GT_OPT_TEXT, offsetof(struct gt_package, version), 1, 16,
		.flags = GT_OPT_REQUIRED, .en = "major.minor", .zh = "主版本.次版本"},
	TITLE(struct gt_package),
	{"level", GT_OPT_CHOICE, offsetof(struct gt_package, level), .flags = GT_OPT_REQUIRED,
		.en = "Level of administration that issues it", .zh = "发布层级",
		.choices = level_words},
	{"extends", GT_OPT_TEXT, offsetof(struct gt_package, extends),
		.en = "Overlay: the package it stands on, as name@major",
		.zh = "地方扩展：所扩展的标准，写作 名称@主版本"},
	{"divisions", GT_OPT_TEXTS, offsetof(struct gt_package, divisions),
		.en = "Overlay: divisions (or their first digits) whose records it is chosen for",
		.zh = "地方扩展：适用的行政区划代码（可只写前几位）"},
	{"needs", GT_OPT_TEXTS, offsetof(struct gt_package, needs),
		.en = "Packages whose units and code lists are used, as name@major",
		.zh = "引用的计量单位、代码表等标准包，写作 名称@主版本"},
	{NULL},
};

const struct gt_option gt_entity_table[] = {
	{"entity", GT_OPT_TEXT, offsetof(struct gt_entity_conf, name), 3, 100,
		.flags = GT_OPT_REQUIRED, .en = "domain.entity, part of topic names",
		.zh = "领域.实体，用于主题名"},
	{"version", GT_OPT_TEXT, offsetof(struct gt_entity_conf, version), 1, 16,
		.flags = GT_OPT_REQUIRED, .en = "major.minor", .zh = "主版本.次版本"},
	TITLE(struct gt_entity_conf),
	DEFINITION(struct gt_entity_conf),
	SOURCE(struct gt_entity_conf),
	STATUS(struct gt_entity_conf),
	{"key", GT_OPT_TEXTS, offsetof(struct gt_entity_conf, key), .flags = GT_OPT_REQUIRED,
		.en = "Elements of the business key, in order", .zh = "业务主键要素，按顺序"},
	{"event_time", GT_OPT_TEXT, offsetof(struct gt_entity_conf, event_time),
		.en = "Element that says when it happened; none = when it was read",
		.zh = "业务发生时间要素；不写则取采集时间"},
	{NULL},
};

const struct gt_option gt_extend_entity_table[] = {
	{"extend_entity", GT_OPT_TEXT, offsetof(struct gt_entity_conf, name),
		.flags = GT_OPT_REQUIRED, .en = "Entity to extend, as domain.entity@major",
		.zh = "被扩展的实体，写作 领域.实体@主版本"},
	SOURCE(struct gt_entity_conf),
	STATUS(struct gt_entity_conf),
	{NULL},
};

#define ELEMENT_ROWS                                                                               \
	DEFINITION(struct gt_element_conf),                                                        \
		{"derive", GT_OPT_TEXT, offsetof(struct gt_element_conf, derive), 1,               \
			GT_EXPR_BYTES,                                                             \
			.en = "Expression that gives the value where the source has none",         \
			.zh = "来源没有该值时的计算表达式"},                                       \
		{"required", GT_OPT_BOOL, offsetof(struct gt_element_conf, required),              \
			.en = "A record without it is rejected", .zh = "缺少时记录不合格"},        \
		{"scale", GT_OPT_INT, offsetof(struct gt_element_conf, scale), 0, GT_SCALE_MAX,    \
			.en = "decimal: digits behind the point", .zh = "小数位数"},               \
		{"unit", GT_OPT_TEXT, offsetof(struct gt_element_conf, unit),                      \
			.en = "Unit in which it is published", .zh = "发布时的计量单位"},          \
		{"substance", GT_OPT_TEXT, offsetof(struct gt_element_conf, substance),            \
			.en = "What is measured: mass and volume are then converted by its "       \
			      "density",                                                           \
			.zh = "所计量的物质：按其密度在质量与体积之间换算"},                       \
		{"list", GT_OPT_BOOL, offsetof(struct gt_element_conf, list),                      \
			.en = "text, code: several values, in one cell separated by 、 , or ;",    \
			.zh = "text、code：可有多个值，同一单元格内以顿号、逗号或分号分隔"},       \
		{"codes", GT_OPT_TEXT, offsetof(struct gt_element_conf, codes),                    \
			.en = "code: its code list", .zh = "代码表"},                              \
		{"format", GT_OPT_CHOICE, offsetof(struct gt_element_conf, format),                \
			.fallback = "none", .en = "Structure with check digit",                    \
			.zh = "带校验的格式", .choices = format_words},                            \
		{"pattern", GT_OPT_TEXT, offsetof(struct gt_element_conf, pattern), 1, 500,        \
			.en = "Regular expression (PCRE2) that the whole text matches",            \
			.zh = "整个文本须符合的正则表达式（PCRE2）"},                              \
		{"max_length", GT_OPT_INT, offsetof(struct gt_element_conf, max_length), 1,        \
			100000, .unit = "characters", .fallback = "2000", .en = "Longest text",    \
			.zh = "最大字符数"},                                                       \
		{"min", GT_OPT_TEXT, offsetof(struct gt_element_conf, min),                        \
			.en = "Smallest value", .zh = "最小值"},                                   \
		{"max", GT_OPT_TEXT, offsetof(struct gt_element_conf, max), .en = "Largest value", \
			.zh = "最大值"},                                                           \
		{"protection", GT_OPT_CHOICE, offsetof(struct gt_element_conf, protection),        \
			.fallback = "open",                                                        \
			.en = "How a personal or sensitive value appears in the open message",     \
			.zh = "个人或敏感信息在公开消息中的形式", .choices = protection_words},    \
		{"personal_numbers", GT_OPT_CHOICE, offsetof(struct gt_element_conf, personal),    \
			.fallback = "mask",                                                        \
			.en = "Identity numbers, telephones, bank cards in an open text",          \
			.zh = "公开文本中的公民身份号码、电话、银行卡号如何处理",                  \
			.choices = numbers_words},                                                 \
		SYNONYMS(struct gt_element_conf, "Names that local systems use",                   \
			"各地系统的字段叫法"),                                                     \
		SOURCE(struct gt_element_conf), STATUS(struct gt_element_conf)

const struct gt_option gt_element_table[] = {
	TITLE(struct gt_element_conf),
	{"type", GT_OPT_CHOICE, offsetof(struct gt_element_conf, type), .flags = GT_OPT_REQUIRED,
		.en = "Type", .zh = "类型", .choices = type_words},
	ELEMENT_ROWS,
	{NULL},
};

/* An overlay's words about an inherited element: the same keys, none of them required. */
const struct gt_option gt_narrow_table[] = {
	{"title", GT_OPT_GROUP, offsetof(struct gt_element_conf, title), .en = "Name", .zh = "名称",
		.group = title_table},
	{"type", GT_OPT_CHOICE, offsetof(struct gt_element_conf, type), .en = "Type", .zh = "类型",
		.choices = type_words},
	ELEMENT_ROWS,
	{NULL},
};

const struct gt_option gt_list_table[] = {
	{"codes", GT_OPT_TEXT, offsetof(struct gt_list_conf, name), 1, 64, .flags = GT_OPT_REQUIRED,
		.en = "Name of the code list", .zh = "代码表名称"},
	{"unit", GT_OPT_TEXT, offsetof(struct gt_list_conf, unit), .en = "Unit of its values",
		.zh = "数值的计量单位"},
	TITLE(struct gt_list_conf),
	SOURCE(struct gt_list_conf),
	STATUS(struct gt_list_conf),
	{NULL},
};

const struct gt_option gt_extend_list_table[] = {
	{"extend_codes", GT_OPT_TEXT, offsetof(struct gt_list_conf, name), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Code list to add to", .zh = "被扩展的代码表"},
	SOURCE(struct gt_list_conf),
	STATUS(struct gt_list_conf),
	{NULL},
};

#define CODE_ROWS(needed)                                                                          \
	{"en", GT_OPT_TEXT, offsetof(struct gt_row_conf, title.en), 1, 500, .flags = (needed),     \
		.en = "Name in English", .zh = "英文名称"},                                        \
		{"zh", GT_OPT_TEXT, offsetof(struct gt_row_conf, title.zh), 1, 500,                \
			.flags = (needed), .en = "Name in Chinese", .zh = "中文名称"},             \
		{"from", GT_OPT_TEXT, offsetof(struct gt_row_conf, from),                          \
			.en = "First day of validity", .zh = "生效日期"},                          \
		{"to", GT_OPT_TEXT, offsetof(struct gt_row_conf, to),                              \
			.en = "Last day of validity", .zh = "失效前最后一日"},                     \
		{"parent", GT_OPT_TEXT, offsetof(struct gt_row_conf, parent),                      \
			.en = "Code that it is a part of", .zh = "上级代码"},                      \
		{"value", GT_OPT_TEXT, offsetof(struct gt_row_conf, value),                        \
			.en = "Number that it stands for, in the unit of the list",                \
			.zh = "该代码所代表的数值，按代码表的计量单位"},                           \
		{"successor", GT_OPT_TEXT, offsetof(struct gt_row_conf, successor),                \
			.en = "Code that replaced it", .zh = "替代代码"},                          \
		SYNONYMS(struct gt_row_conf, "Other spellings", "其他写法")

const struct gt_option gt_row_table[] = {CODE_ROWS(GT_OPT_REQUIRED), {NULL}};

/* An overlay's words about an inherited code: the same keys, none of them required. */
const struct gt_option gt_inherited_row_table[] = {CODE_ROWS(0), {NULL}};

const struct gt_option gt_divisions_table[] = {
	{"divisions", GT_OPT_TEXT, offsetof(struct gt_divisions_conf, name), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Name of the table of divisions",
		.zh = "行政区划表名称"},
	TITLE(struct gt_divisions_conf),
	SOURCE(struct gt_divisions_conf),
	STATUS(struct gt_divisions_conf),
	{"tables", GT_OPT_TEXTS, offsetof(struct gt_divisions_conf, tables),
		.flags = GT_OPT_REQUIRED,
		.en = "CSV files beside this one: code, name, kind, from, to, successors, "
		      "boundary; later ones count",
		.zh = "同目录的 CSV "
		      "文件：code、name、kind、from、to、successors、boundary；以后面的"
		      "为准"},
	{"suffixes", GT_OPT_TEXTS, offsetof(struct gt_divisions_conf, suffixes),
		.en = "What people leave off the end of a name", .zh = "名称末尾可省略的字"},
	{"peoples", GT_OPT_TEXTS, offsetof(struct gt_divisions_conf, peoples),
		.en = "Names of peoples before such an end, left off too",
		.zh = "上述字之前可一并省略的民族名称"},
	{NULL},
};

const struct gt_option gt_units_table[] = {
	{"units", GT_OPT_TEXT, offsetof(struct gt_units_conf, quantity), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Kind of quantity", .zh = "量的种类"},
	TITLE(struct gt_units_conf),
	SOURCE(struct gt_units_conf),
	STATUS(struct gt_units_conf),
	{NULL},
};

const struct gt_option gt_unit_table[] = {
	{"factor", GT_OPT_TEXT, offsetof(struct gt_unit_conf, factor), 1, 40,
		.flags = GT_OPT_REQUIRED, .en = "How many base units it is: 1000, 2000/3",
		.zh = "等于多少个基本单位：1000、2000/3"},
	SYNONYMS(struct gt_unit_conf, "Other spellings", "其他写法"),
	SOURCE(struct gt_unit_conf),
	STATUS(struct gt_unit_conf),
	{NULL},
};

const struct gt_option gt_coefficients_table[] = {
	{"coefficients", GT_OPT_TEXT, offsetof(struct gt_coefficients_conf, name), 1, 64,
		.flags = GT_OPT_REQUIRED,
		.en = "Name, with the basis in it: standard-coal-calorific",
		.zh = "名称，含折算口径：standard-coal-calorific"},
	{"to", GT_OPT_TEXT, offsetof(struct gt_coefficients_conf, to), 1, 40,
		.flags = GT_OPT_REQUIRED, .en = "Unit of the result: kgce",
		.zh = "结果的计量单位：kgce"},
	TITLE(struct gt_coefficients_conf),
	SOURCE(struct gt_coefficients_conf),
	STATUS(struct gt_coefficients_conf),
	{NULL},
};

const struct gt_option gt_coefficient_table[] = {
	{"per", GT_OPT_TEXT, offsetof(struct gt_coefficient_conf, per), 1, 40,
		.flags = GT_OPT_REQUIRED, .en = "Unit of what is converted: kWh",
		.zh = "被折算量的计量单位：kWh"},
	{"factor", GT_OPT_TEXT, offsetof(struct gt_coefficient_conf, factor), 1, 20,
		.flags = GT_OPT_REQUIRED, .en = "How many `to` one `per` is: 0.1229",
		.zh = "一个 per 等于多少个 to：0.1229"},
	SOURCE(struct gt_coefficient_conf),
	STATUS(struct gt_coefficient_conf),
	{NULL},
};

const struct gt_option gt_substances_table[] = {
	{"substances", GT_OPT_TEXT, offsetof(struct gt_substances_conf, name), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Name of the table", .zh = "表名称"},
	TITLE(struct gt_substances_conf),
	SOURCE(struct gt_substances_conf),
	STATUS(struct gt_substances_conf),
	{"from", GT_OPT_TEXT, offsetof(struct gt_substances_conf, from), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Kind of quantity", .zh = "量的种类"},
	{"to", GT_OPT_TEXT, offsetof(struct gt_substances_conf, to), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Kind of quantity that it is converted into",
		.zh = "换算成的量的种类"},
	{NULL},
};

const struct gt_option gt_substance_table[] = {
	{"en", GT_OPT_TEXT, offsetof(struct gt_substance_conf, title.en), 1, 500,
		.flags = GT_OPT_REQUIRED, .en = "Name in English", .zh = "英文名称"},
	{"zh", GT_OPT_TEXT, offsetof(struct gt_substance_conf, title.zh), 1, 500,
		.flags = GT_OPT_REQUIRED, .en = "Name in Chinese", .zh = "中文名称"},
	{"factor", GT_OPT_TEXT, offsetof(struct gt_substance_conf, factor), 1, 20,
		.flags = GT_OPT_REQUIRED,
		.en = "Base units of the second quantity in one of the first, as 0.84",
		.zh = "每个基本单位折合多少，如 0.84"},
	{"assumed", GT_OPT_BOOL, offsetof(struct gt_substance_conf, assumed),
		.en = "A usual value: records that use it are flagged",
		.zh = "惯用值：使用它的记录加标记"},
	SOURCE(struct gt_substance_conf),
	STATUS(struct gt_substance_conf),
	{NULL},
};

#define WORDS(type, member, name, english, chinese)                                                \
	{                                                                                          \
		name, GT_OPT_TEXTS, offsetof(type, member), .en = english, .zh = chinese           \
	}

static const struct gt_option about_table[] = {
	WORDS(struct gt_words_conf, about.before, "before", "Words in front of a number",
		"数字之前的词"),
	WORDS(struct gt_words_conf, about.after, "after", "Words behind it", "数字之后的词"),
	{NULL},
};

static const struct gt_option money_table[] = {
	{"unit", GT_OPT_TEXT, offsetof(struct gt_words_conf, money.unit), 1, 64,
		.en = "Unit that they stand for", .zh = "所代表的计量单位"},
	WORDS(struct gt_words_conf, money.before, "before", "Signs and words in front of a sum",
		"金额之前的符号和词"),
	WORDS(struct gt_words_conf, money.after, "after", "Words that close a sum", "金额末尾的词"),
	{NULL},
};

static const struct gt_option sign_table[] = {
	WORDS(struct gt_words_conf, signs.minus, "minus", "What makes a number negative",
		"表示负数的符号和词"),
	WORDS(struct gt_words_conf, signs.unclear, "unclear",
		"Signs that mean minus to some and plus to others: such a number is left empty",
		"有人表示负、有人表示增的符号：该数值置空"),
	{NULL},
};

static const struct gt_option half_day_table[] = {
	WORDS(struct gt_words_conf, half_days.morning, "morning", "Words for the hours before noon",
		"表示中午之前的词"),
	WORDS(struct gt_words_conf, half_days.afternoon, "afternoon",
		"Words for the hours after noon", "表示中午之后的词"),
	{NULL},
};

static const struct gt_option summer_time_table[] = {
	{"zone", GT_OPT_ZONE, offsetof(struct gt_words_conf, summer_time.zone),
		.fallback = "+08:00", .en = "Zone of these clocks", .zh = "时区"},
	WORDS(struct gt_words_conf, summer_time.periods, "periods",
		"First and last days, as 1986-05-04/1986-09-14",
		"起止日期，写作 1986-05-04/1986-09-14"),
	{NULL},
};

const struct gt_option gt_words_table[] = {
	{"words", GT_OPT_TEXT, offsetof(struct gt_words_conf, name), 1, 64,
		.flags = GT_OPT_REQUIRED, .en = "Name of the list of words", .zh = "词表名称"},
	WORDS(struct gt_words_conf, no_value, "no_value", "Words that mean: no value",
		"表示“无值”的词"),
	WORDS(struct gt_words_conf, means_yes, "means_yes", "Words that mean yes", "表示“是”的词"),
	WORDS(struct gt_words_conf, means_no, "means_no", "Words that mean no", "表示“否”的词"),
	WORDS(struct gt_words_conf, total_row, "total_row",
		"First words of rows that are totals or notes, not records",
		"合计行、注释行的起始词"),
	{"about", GT_OPT_GROUP, .en = "Words that make a number approximate", .zh = "表示约数的词",
		.group = about_table},
	{"multipliers", GT_OPT_PAIRS, offsetof(struct gt_words_conf, multipliers),
		.en = "Words behind a number, each with its power of ten",
		.zh = "数字之后的倍数词及其 10 的幂次"},
	WORDS(struct gt_words_conf, counters, "counters",
		"Words for what is counted, behind numbers of elements without a unit",
		"无计量单位的要素中数字之后的量词"),
	{"money", GT_OPT_GROUP, .en = "Words around sums of money", .zh = "金额前后的词",
		.group = money_table},
	{"signs", GT_OPT_GROUP, .en = "Signs in front of a number, besides - and +",
		.zh = "数字之前除 -、+ 外的符号", .group = sign_table},
	{"half_days", GT_OPT_GROUP, .en = "Words beside a time of day",
		.zh = "时刻旁的上午、下午等词", .group = half_day_table},
	WORDS(struct gt_words_conf, no_date, "no_date",
		"Days that systems store when nobody entered one", "系统在未填日期时存入的日期"),
	{"summer_time", GT_OPT_GROUP, .en = "Days whose clock times are ambiguous",
		.zh = "时刻有歧义的日期（夏令时）", .group = summer_time_table},
	{"adult_years", GT_OPT_INT, offsetof(struct gt_words_conf, adult_years), 0, 150,
		.unit = "years",
		.en = "Youngest holder of an identity number that is masked in a free text",
		.zh = "自由文本中被遮盖的公民身份号码持有人的最低年龄"},
	{"oldest_years", GT_OPT_INT, offsetof(struct gt_words_conf, oldest_years), 0, 150,
		.unit = "years",
		.en = "Oldest holder of an identity number of 15 digits found there; 0 = any",
		.zh = "其中 15 位公民身份号码持有人的最高年龄；0 为不限"},
	WORDS(struct gt_words_conf, identity_areas, "identity_areas",
		"First digits of identity numbers of 15 digits; none = any",
		"15 位公民身份号码的起始数字；不写则不限"),
	WORDS(struct gt_words_conf, card_prefixes, "card_prefixes",
		"First digits of bank cards; none = any", "银行卡号的起始数字；不写则不限"),
	{NULL},
};

const struct gt_option gt_rule_table[] = {
	TITLE(struct gt_rule_conf),
	{"check", GT_OPT_TEXT, offsetof(struct gt_rule_conf, check), 1, GT_EXPR_BYTES,
		.flags = GT_OPT_REQUIRED,
		.en = "Condition over the elements: depart_time <= return_time, has(a) or has(b); "
		      "or code lies-in address: both name the same division",
		.zh = "关于要素的条件：depart_time <= return_time、has(a) or has(b)；或 code "
		      "lies-in "
		      "address：两者的行政区划一致"},
	{"on_breach", GT_OPT_CHOICE, offsetof(struct gt_rule_conf, on_breach), .fallback = "flag",
		.en = "reject the record, or only flag it", .zh = "不合格，或仅作标记",
		.choices = breach_words},
	{NULL},
};

const struct gt_option gt_example_table[] = {
	{"name", GT_OPT_TEXT, offsetof(struct gt_example_conf, name), 1, 200,
		.flags = GT_OPT_REQUIRED, .en = "What it shows", .zh = "说明"},
	{"division", GT_OPT_TEXT, offsetof(struct gt_example_conf, division),
		.en = "Division of the record", .zh = "记录所属行政区划"},
	{"flags", GT_OPT_TEXTS, offsetof(struct gt_example_conf, flags),
		.en = "Expected quality flags", .zh = "应有的质量标记"},
	{"reasons", GT_OPT_TEXTS, offsetof(struct gt_example_conf, reasons),
		.en = "Expected reasons of rejection", .zh = "应有的不合格原因"},
	{"filtered", GT_OPT_BOOL, offsetof(struct gt_example_conf, filtered),
		.en = "The row is a total or a note and is left out",
		.zh = "该行是合计行或注释行，应略去"},
	{NULL},
};
