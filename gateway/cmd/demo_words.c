/* demo_words.c: see demo_words.h. */
#include "demo_words.h"

#include <stdio.h>

/* Deterministic and stateless: splitmix64. */
uint64_t gt_demo_pick(uint64_t seed, size_t index, unsigned which)
{
	uint64_t z = seed + (index * 64 + which + 1) * 0x9E3779B97F4A7C15u;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

const char *const gt_demo_units[GT_DEMO_UNITS] = {"武昌区机关事务服务中心", "武昌区人民政府办公室",
	"武昌区财政局国库收付中心", "武昌区卫生健康局疾控中心", "武昌区城市管理执法局",
	"武昌区应急管理局指挥中心", "武昌区市场监督管理局", "武昌区教育局后勤保障中心"};

static const char *const surnames[] = {"张", "王", "李", "赵", "刘", "陈", "杨", "黄", "周", "吴",
	"徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗"};
static const char *const given[] = {"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋",
	"勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞", "平", "刚", "桂", "英", "华"};

#define PICK(words, which)                                                                         \
	words[gt_demo_pick(seed, index, which) % (sizeof(words) / sizeof(*(words)))]

const char *gt_demo_person(uint64_t seed, size_t index, unsigned which, char *out)
{
	(void)snprintf(out, GT_DEMO_PERSON, "%s%s%s", PICK(surnames, which), PICK(given, which + 1),
		gt_demo_pick(seed, index, which + 2) % 10 < 6 ? PICK(given, which + 3) : "");
	return out;
}

const char *gt_demo_full_width(const char *plain, char *out, size_t size)
{
	static const char *const digits[] = {
		"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
	size_t n = 0;

	out[0] = '\0';
	for (const char *p = plain; *p; p++)
		n += (size_t)snprintf(out + n, size - n, "%s", *p == '.' ? "．" : digits[*p - '0']);
	return out;
}
