/* What the file adapter finds in a folder, and what would select it. */
#include "buf.h"
#include "name.h"
#include "pull.h"
#include "unit.h"

#include <stdio.h>

static bool see(void *arg, const struct gt_found *found)
{
	struct gt_buf *out = arg;
	gt_buf_addf(out, "%.*s %.*s (", GT_STR_ARGS(found->kind), GT_STR_ARGS(found->name));
	for (size_t i = 0; i < found->field_count; i++)
		gt_buf_addf(out, "%s%.*s", i ? "," : "", GT_STR_ARGS(found->fields[i]));
	gt_buf_addf(out, ")");
	for (size_t i = 0; i < found->select_count; i++)
		gt_buf_addf(out, " %.*s=%.*s", GT_STR_ARGS(found->select[i].key),
			GT_STR_ARGS(found->select[i].value));
	gt_buf_adds(out, "\n");
	return true;
}

static void finds(struct pull *p, const char *expected)
{
	struct gt_buf out;
	struct gt_err err = {0};
	gt_buf_init(&out, 1u << 20);
	pull_start(p, NULL);
	ck_assert(guantong_adapter_file.discover(p->h.self, see, &out, &err));
	ck_assert_str_eq(gt_buf_cstr(&out), expected);
	gt_buf_fini(&out);
}

START_TEST(a_pattern_selects_the_file)
{
	struct pull p;
	pull_init(&p, "");
	put(&p, "a b*[1]\\.txt", "1\n", 0);
	put(&p, "\xb6\xc1\xca\xfd.txt", "1\n", 1); /* 读数 in GB18030 */
	finds(&p, "file a b*[1]\\.txt (line,行) pattern=a?b??1]?.txt\n"
		  "file 读数.txt (line,行) pattern=读数.txt\n");
	ck_assert(gt_name_matches("a b*[1]\\.txt", "a?b??1]?.txt"));
	ck_assert(gt_name_matches("\xb6\xc1\xca\xfd.txt", "读数.txt"));
	pull_fini(&p);
}
END_TEST

START_TEST(the_fields_of_json_are_those_of_all_first_rows)
{
	struct pull p;
	pull_init(&p, "");
	p.format = &guantong_format_json;
	put(&p, "a.json",
		"\xef\xbb\xbf[{\"no\":1, \"meter\" : {\"point\":\"\\\"}\",\"at\":{\"x\":1}}},\n"
		"{\"no\":2,\"\\u8868\":[{\"in\":1}],\"e\":{},\"meter\":{\"k\":null}}, 7, "
		"[{\"deep\":1}], {\"bro",
		0);
	put(&p, "b.json", "{\"only\":\"one\"}", 1);
	put(&p, "c.json", "no json", 2);
	finds(&p, "file a.json (no,meter.point,meter.at.x,表,e,meter.k) pattern=a.json\n"
		  "file b.json (only) pattern=b.json\nfile c.json () pattern=c.json\n");
	pull_fini(&p);
}
END_TEST

START_TEST(the_fields_of_jsonl_are_those_of_all_first_rows)
{
	struct pull p;
	pull_init(&p, "");
	p.format = &guantong_format_jsonl;
	put(&p, "a.jsonl", "{\"no\":1}\r\n\nbroken\n{\"no\":2,\"text\":\"x\"}\n {\"last\":0}", 0);
	finds(&p, "file a.jsonl (no,text,last) pattern=a.jsonl\n");
	pull_fini(&p);
}
END_TEST

/* More members than a mapping can name, and names that are too long, are cut off. */
START_TEST(fields_are_bounded)
{
	struct pull p;
	struct gt_buf doc, out;
	struct gt_err err = {0};
	size_t commas = 0;
	gt_buf_init(&doc, 1u << 20);
	gt_buf_init(&out, 1u << 20);
	gt_buf_addf(&doc, "{\"%0300d\":1", 7);
	for (int i = 0; i < 1000; i++)
		gt_buf_addf(&doc, ",\"f%d\":1", i);
	gt_buf_adds(&doc,
		",\"deep\":{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":1}}}}}}}}}");
	pull_init(&p, "");
	p.format = &guantong_format_jsonl;
	drop_put(p.drop, "a.jsonl", gt_buf_str(&doc), 0);
	pull_start(&p, NULL);
	ck_assert(guantong_adapter_file.discover(p.h.self, see, &out, &err));
	for (const char *c = gt_buf_cstr(&out); (c = strchr(c, ',')) != NULL; c++)
		commas++;
	ck_assert_uint_eq(commas, GT_FIELDS_MAX - 1);
	gt_buf_fini(&doc);
	gt_buf_fini(&out);
	pull_fini(&p);
}
END_TEST

START_TEST(each_sheet_is_found)
{
	struct pull p;
	pull_init(&p, "");
	p.format = &guantong_format_blocks;
	put(&p, "a.blk", "row 001\nend 001\n", 0);
	put(&p, "b.blk", "no blocks\n", 1);
	finds(&p, "sheet a.blk: 全 (line) pattern=a.blk blocks_sheet=0\n"
		  "sheet a.blk: 空 (line) pattern=a.blk blocks_sheet=1\n");
	ck_assert_uint_eq(p.world.note_count, 1);
	pull_fini(&p);
}
END_TEST

UNIT_MAIN("file_discover", UNIT_TEST(a_pattern_selects_the_file),
	UNIT_TEST(the_fields_of_json_are_those_of_all_first_rows),
	UNIT_TEST(the_fields_of_jsonl_are_those_of_all_first_rows), UNIT_TEST(fields_are_bounded),
	UNIT_TEST(each_sheet_is_found))
