#include "diff_fixture.h"

#define LIST(rows) "codes: colour\ntitle: {en: Colour, zh: 颜色}\nstatus: verified\nrows:\n" rows
#define RED "  red: {en: Red, zh: 红, synonyms: [红色]}\n"
#define PINK "  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2020-12-31, successor: red}\n"
#define UNITS(rows) "units: length\ntitle: {en: Length, zh: 长度}\nrows:\n" rows
#define M "  m: {factor: 1, synonyms: [米, metre]}\n"
#define KM "  km: {factor: 1000, synonyms: [公里]}\n"
#define CHI "  尺: {factor: 1/3}\n"

/* One file of the newer standard, in a package of the same version. */
static const struct {
	const char *name, *text, *expected;
	size_t unversioned;
} changes[] = {
	{"base/codes.yaml", LIST(RED PINK), "", 0},
	{"base/codes.yaml",
		LIST(RED "  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2021-12-31, successor: "
			 "red}\n"),
		"compatible .colour code validity 2010-01-01 … 2020-12-31>2010-01-01 … 2021-12-31 "
		"(base)\n",
		1},
	{"base/codes.yaml",
		LIST(RED "  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2020-12-31}\n"),
		"compatible .colour code successor red> (base)\n", 1},
	{"base/codes.yaml",
		LIST("  red: {en: Red, zh: 赤, synonyms: [红色]}\n"
		     "  pink: {en: Pink, zh: 粉, from: 2010-01-01, successor: red}\n"),
		"wording .colour code title 红>赤 (base)\n"
		"compatible .colour code validity 2010-01-01 … 2020-12-31>2010-01-01 …  (base)\n",
		1},
	{"base/codes.yaml", LIST("  red: {en: Red, zh: 红, synonyms: [红色, 绯]}\n" PINK),
		"wording .colour synonym >绯 (base)\n", 0},
	{"base/codes.yaml", LIST("  red: {en: Red, zh: 红}\n" PINK),
		"wording .colour synonym 红色> (base)\n", 0},
	/* What sources write means something else from now on. */
	{"base/codes.yaml",
		LIST("  red: {en: Red, zh: 红}\n  pink: {en: Pink, zh: 粉, from: 2010-01-01, "
		     "to: 2020-12-31, successor: red, synonyms: [红色]}\n"),
		"breaking .colour word red>pink (base)\n", 1},
	{"base/codes.yaml",
		"codes: colour\ntitle: {en: Colour, zh: 颜色}\nstatus: verified\nunit: m\nrows:\n"
		"  red: {en: Red, zh: 红, synonyms: [红色], value: 3}\n"
		"  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2020-12-31, successor: red, "
		"parent: "
		"red}\n",
		"breaking .colour unit >m (base)\nbreaking .colour code value >3 (base)\n"
		"breaking .colour code parent >red (base)\n",
		1},
	{"base/units.yaml", UNITS(M "  km: {factor: 1001, synonyms: [公里]}\n" CHI),
		"breaking .km factor length 1000/1>length 1001/1 (base)\n", 1},
	{"base/units.yaml", "units: distance\ntitle: {en: Length, zh: 长度}\nrows:\n" M KM CHI,
		"breaking .m factor length 1/1>distance 1/1 (base)\n"
		"breaking .km factor length 1000/1>distance 1000/1 (base)\n"
		"breaking .尺 factor length 1/3>distance 1/3 (base)\n",
		1},
	{"base/units.yaml", UNITS(M KM), "breaking .尺 unit 尺> (base)\n", 1},
	{"base/units.yaml", UNITS(M KM CHI "  里: {factor: 500}\n"),
		"compatible .里 unit >里 (base)\n", 1},
	{"base/units.yaml",
		UNITS(M "  km: {factor: 1000}\n  尺: {factor: 1/3, synonyms: [公里]}\n"),
		"breaking .km word km>尺 (base)\n", 1},
	{"base/units.yaml", UNITS(M "  km: {factor: 1000, synonyms: [千米]}\n" CHI),
		"wording .km synonym 公里> (base)\nwording .km synonym >千米 (base)\n", 0},
};

START_TEST(a_change_is_classed_and_belongs_to_its_package)
{
	const struct file is[] = {{changes[_i].name, changes[_i].text}, {NULL}};

	diff_expect(_i, NULL, NULL, is, changes[_i].expected, changes[_i].unversioned);
}
END_TEST

/* The package says it: a new minor for what is compatible, a new major for what is breaking. */
START_TEST(a_package_says_what_changed_in_its_lists)
{
	static const char package[] =
		"package: base\nversion: 1.1\ntitle: {en: Base, zh: 基础}\nlevel: national\n";
	const struct file more[] = {{"base/package.yaml", package},
		{"base/units.yaml", UNITS(M KM CHI "  里: {factor: 500}\n")}, {NULL}};
	const struct file fewer[] = {
		{"base/package.yaml", package}, {"base/units.yaml", UNITS(M KM)}, {NULL}};

	diff_expect(0, NULL, NULL, more, "compatible .里 unit >里 (base)\n", 0);
	diff_expect(1, NULL, NULL, fewer, "breaking .尺 unit 尺> (base)\n", 1);
}
END_TEST

START_TEST(divisions_are_compared)
{
	static const char file[] = "divisions: gb\ntitle: {en: D, zh: 区划}\ntables: [d.csv]\n";
	const struct file was[] = {{"base/d.yaml", file},
		{"base/d.csv", "code,name,kind,from,to,successors\n330103,下城区,county,,,\n"
			       "330104,江干区,county,,,\n330105,拱墅区,county,,,\n"},
		{NULL}};
	const struct file is[] = {{"base/d.yaml", file},
		{"base/d.csv", "code,name,kind,from,to,successors\n"
			       "330103,下城区,county,,2021-04-08,330105\n330105,拱墅,county,,,\n"
			       "330113,临平区,county,2021-04-09,,\n"},
		{NULL}};

	diff_expect(0, NULL, was, is,
		"compatible .330103 division county  >county 330105  … 2021-04-08 (base)\n"
		"breaking .330104 division 江干区> (base)\n"
		"wording .330105 division name 拱墅区>拱墅 (base)\n"
		"compatible .330113 division >临平区 (base)\n",
		1);
}
END_TEST

#define COEFFICIENTS(factor)                                                                       \
	"coefficients: own\ntitle: {en: C, zh: 系数}\nto: m\nrows:\n  a: {per: km, "             \
	"factor: " factor "}\n"

START_TEST(coefficients_are_compared)
{
	const struct file was[] = {{"base/c.yaml", COEFFICIENTS("0.1229")}, {NULL}};
	const struct file is[] = {{"base/c.yaml", COEFFICIENTS("0.13")}, {NULL}};

	diff_expect(0, NULL, was, was, "", 0);
	diff_expect(1, NULL, was, is,
		"breaking .own coefficients m: a 0.1229/km>m: a 0.13/km (base)\n", 1);
	diff_expect(2, NULL, NULL, is, "compatible .own coefficients >own (base)\n", 1);
	diff_expect(3, NULL, is, NULL, "breaking .own coefficients m: a 0.13/km> (base)\n", 1);
}
END_TEST

START_TEST(words_are_compared)
{
	const struct file was[] = {
		{"base/w.yaml",
			"words: all\nno_value: [无]\nmeans_yes: [是]\nmultipliers: {万: 4}\n"
			"money: {unit: m, before: [￥]}\n"},
		{NULL}};
	const struct file is[] = {
		{"base/w.yaml",
			"words: all\nno_value: [无, 暂无]\nmeans_yes: [是]\nmeans_no: [否]\n"
			"total_row: [合计]\nmultipliers: {万: 4}\n"
			"money: {unit: km, before: [￥]}\n"},
		{NULL}};

	diff_expect(0, NULL, was, is,
		"compatible .words no_value 无=0 >无=0 暂无=0  (base)\n"
		"compatible .words means_yes 是=1 >否=0 是=1  (base)\n"
		"compatible .words total_row >合计 (base)\n"
		"breaking .words money.unit m>km (base)\n",
		1);
}
END_TEST

UNIT_MAIN("diff_lists",
	UNIT_LOOP(a_change_is_classed_and_belongs_to_its_package, sizeof changes / sizeof *changes),
	UNIT_TEST(a_package_says_what_changed_in_its_lists), UNIT_TEST(divisions_are_compared),
	UNIT_TEST(words_are_compared), UNIT_TEST(coefficients_are_compared))
