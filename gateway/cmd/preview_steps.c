/* preview_steps.c: the way of a value from the source's bytes to the message, one line a stage. */
#include "preview.h"

#include "cmd.h"
#include "json_write.h"
#include "personal.h"

#define TEXT_ROOM 65536u
#define RAW_BYTES 24u /* of which the bytes are shown */

/* For machines; for people, by the element's type where it says more. */
static const char *const names[] = {"raw", "cleaned", "no-value", "code-mapped", "converted",
	"masked", "parsed", "refused", "default", "protected"};

static const char *parsed(const struct gt_element *element)
{
	switch (element->type) {
	case GT_TYPE_TEXT:
		return element->format == GT_FORMAT_NONE
			       ? gt_bi("length and pattern checked", "长度、模式检查通过")
			       : gt_bi("structure checked", "格式检查通过");
	case GT_TYPE_CODE:
		return gt_bi("found in the code list", "在代码表中找到");
	case GT_TYPE_INT:
	case GT_TYPE_DECIMAL:
		return gt_bi("read as a number, range checked", "识别为数值，范围检查通过");
	case GT_TYPE_DATE:
	case GT_TYPE_TIME:
		return gt_bi(
			"read as a date or time, range checked", "识别为日期或时间，范围检查通过");
	case GT_TYPE_BOOL:
		return gt_bi("read as yes or no", "识别为是或否");
	}
	return "";
}

static const char *words(enum gt_stage stage, const struct gt_element *element)
{
	switch (stage) {
	case GT_STAGE_RAW:
		return gt_bi("as the source has it", "来源原值");
	case GT_STAGE_CLEANED:
		return gt_bi("cleaned: spaces, widths, separators", "清洗：空白、全半角、分隔符");
	case GT_STAGE_NO_VALUE:
		return gt_bi("means “no value”", "表示“无值”");
	case GT_STAGE_CODED:
		return gt_bi("local code mapped", "本地代码映射");
	case GT_STAGE_CONVERTED:
		return gt_bi("unit converted", "单位换算");
	case GT_STAGE_HIDDEN:
		return gt_bi("personal numbers masked", "遮盖个人号码");
	case GT_STAGE_PARSED:
		return parsed(element);
	case GT_STAGE_BROKEN:
		return element->required ? gt_bi("refused; it is required", "不可用，且为必填")
					 : gt_bi("refused: left empty", "不可用，置空");
	case GT_STAGE_DEFAULT:
		return gt_bi("the mapping's default comes in", "取映射的缺省值");
	case GT_STAGE_PROTECTED:
		return gt_bi("protected: what the open message shows", "保护：公开消息中的形式");
	}
	return "";
}

/* Clear values of marked elements, and personal numbers anywhere, are for --show-personal only. */
static void put_value(
	const struct gt_shown *s, const struct gt_trace_step *step, struct gt_buf *out)
{
	const struct gt_element *element = &s->norm->entity->elements[step->element];
	const struct gt_value *value = &step->value;
	bool text = value->kind == GT_TEXT || value->kind == GT_NUMBER || value->kind == GT_JSON;
	struct gt_personal found;

	if (value->kind == GT_ABSENT) {
		gt_buf_adds(out, "–");
	} else if (value->kind == GT_NULL) {
		gt_buf_adds(out, "null");
	} else if (!s->personal && element->protection != GT_OPEN &&
		   step->stage != GT_STAGE_PROTECTED && step->stage != GT_STAGE_BROKEN) {
		gt_buf_adds(out, "•••");
	} else if (!text) {
		gt_show_value(value, out);
	} else if (!s->personal && gt_personal_find(gt_standard_words(s->config->gateway.standard),
					   s->norm->event_us / INT64_C(86400000000), true,
					   gt_value_str(value), 0, &found)) {
		gt_buf_adds(out, "•••");
	} else {
		gt_buf_add(out, gt_value_str(value));
	}
}

static bool is_shown(const struct gt_shown *s, size_t element)
{
	return !s->element ||
	       gt_str_eq(s->norm->entity->elements[element].name, gt_cstr(s->element));
}

/* A stage that changed nothing is left out: what was clean, and what protection did not touch. */
static bool is_same(const struct gt_trace_step *step, const struct gt_trace_step *before)
{
	return before && step->stage == GT_STAGE_CLEANED && step->flags == 0 &&
	       before->value.kind == GT_TEXT &&
	       gt_str_eq(gt_value_str(&step->value), gt_value_str(&before->value));
}

static void put_flags(uint64_t flags, bool as_json, struct gt_buf *out)
{
	const char *between = as_json ? "" : "  [";

	for (size_t f = 0; f < GT_FLAG_COUNT; f++) {
		if (!(flags >> f & 1))
			continue;
		if (as_json)
			gt_buf_addf(out, "%s\"%s\"", between, gt_flags[f].name);
		else
			gt_buf_addf(out, "%s%s", between, gt_bi(gt_flags[f].en, gt_flags[f].zh));
		between = as_json ? "," : gt_bi(", ", "，");
	}
	if (!as_json && flags)
		gt_buf_adds(out, "]");
}

static void put_line(const struct gt_shown *s, const struct gt_trace_step *step, struct gt_buf *out)
{
	const struct gt_element *element = &s->norm->entity->elements[step->element];
	struct gt_buf value;

	gt_buf_init(&value, TEXT_ROOM);
	put_value(s, step, &value);
	if (step->stage == GT_STAGE_PARSED && element->unit)
		gt_buf_addf(&value, " %.*s", GT_STR_ARGS(element->unit->name));
	if (step->detail.n)
		gt_buf_addf(&value, " %.*s", GT_STR_ARGS(step->detail));
	gt_buf_adds(out, "    ");
	gt_put_cell(out, gt_buf_str(&value), 34, false);
	gt_buf_addf(out, "%s", words(step->stage, element));
	put_flags(step->flags, false, out);
	for (size_t i = 0; step->stage == GT_STAGE_BROKEN && i < s->norm->reason_count; i++)
		if (s->norm->reasons[i].element == step->element)
			gt_buf_addf(out, "  GT%04d", (int)s->norm->reasons[i].code);
	gt_buf_adds(out, "\n");
	gt_buf_fini(&value);
}

/* The bytes themselves tell spaces and look-alikes apart. */
static void put_bytes(
	const struct gt_shown *s, const struct gt_trace_step *step, struct gt_buf *out)
{
	const struct gt_element *element = &s->norm->entity->elements[step->element];
	struct gt_str text = gt_value_str(&step->value);
	struct gt_buf shown;

	if ((step->value.kind != GT_TEXT && step->value.kind != GT_NUMBER) || text.n == 0 ||
		text.n > RAW_BYTES)
		return;
	gt_buf_init(&shown, TEXT_ROOM);
	put_value(s, step, &shown);
	if (gt_str_eq(gt_buf_str(&shown), text) && element->protection == GT_OPEN) {
		gt_buf_clear(&shown);
		for (size_t i = 0; i < text.n; i++)
			gt_buf_addf(&shown, "%02x%s", (unsigned char)text.p[i],
				i + 1 < text.n ? " " : "");
		gt_buf_addf(out, "    %-32s  %s\n", gt_buf_cstr(&shown),
			gt_bi("its bytes, as UTF-8", "其字节（UTF-8）"));
	}
	gt_buf_fini(&shown);
}

void gt_show_steps(const struct gt_shown *s, struct gt_buf *out)
{
	size_t fields;
	const struct gt_str *names_of = gt_plan_fields(s->flow->plan, &fields);

	for (size_t e = 0; e < s->norm->entity->n; e++) {
		const struct gt_trace_step *before = NULL;
		if (!is_shown(s, e))
			continue;
		for (size_t i = 0; i < s->trace->n; i++) {
			const struct gt_trace_step *step = &s->trace->v[i];
			size_t field =
				gt_plan_source_of(gt_plan_part(s->flow->plan, s->norm->part), e);
			if (step->element != e)
				continue;
			if (!before)
				gt_buf_addf(out, "  %.*s → %.*s\n",
					GT_STR_ARGS(field < fields ? names_of[field]
								   : gt_cstr(gt_bi("(constant)",
									     "（常量）"))),
					GT_STR_ARGS(s->norm->entity->elements[e].name));
			if (!is_same(step, before))
				put_line(s, step, out);
			if (step->stage == GT_STAGE_RAW)
				put_bytes(s, step, out);
			before = step;
		}
	}
}

void gt_show_steps_json(const struct gt_shown *s, struct gt_buf *out)
{
	const char *comma = "";
	struct gt_buf value;

	gt_buf_init(&value, TEXT_ROOM);
	gt_buf_adds(out, ",\"steps\":[");
	for (size_t i = 0; i < s->trace->n; i++) {
		const struct gt_trace_step *step = &s->trace->v[i];
		if (!is_shown(s, step->element))
			continue;
		gt_buf_clear(&value);
		put_value(s, step, &value);
		gt_buf_addf(out, "%s{\"element\":", comma);
		gt_json_add_text(out, s->norm->entity->elements[step->element].name);
		gt_buf_addf(out, ",\"stage\":\"%s\",\"value\":", names[step->stage]);
		gt_json_add_text(out, gt_buf_str(&value));
		if (step->detail.n) {
			gt_buf_adds(out, ",\"detail\":");
			gt_json_add_text(out, step->detail);
		}
		gt_buf_adds(out, ",\"flags\":[");
		put_flags(step->flags, true, out);
		gt_buf_adds(out, "]}");
		comma = ",";
	}
	gt_buf_adds(out, "]");
	gt_buf_fini(&value);
}
