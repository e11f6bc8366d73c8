/* lines.c: checks the options of one line against its element and resolves them. */
#include "compile.h"
#include "gt_assert.h"

#include <stdlib.h>

static const char *const type_words[] = {[GT_TYPE_TEXT] = "text",
	[GT_TYPE_CODE] = "code",
	[GT_TYPE_INT] = "int",
	[GT_TYPE_DECIMAL] = "decimal",
	[GT_TYPE_DATE] = "date",
	[GT_TYPE_TIME] = "time",
	[GT_TYPE_BOOL] = "bool"};

enum gt_cleaning gt_cleaning_of(const struct gt_element *element)
{
	if (element->type != GT_TYPE_TEXT)
		return GT_CLEAN_WORD;
	return element->format == GT_FORMAT_NONE ? GT_CLEAN_TEXT : GT_CLEAN_FORM;
}

const char *gt_word(struct gt_compiler *compiler, struct gt_str s)
{
	return gt_arena_copy(&compiler->plan->memory, s.p ? s : GT_LIT("")).p;
}

struct gt_str gt_clean_copy(struct gt_compiler *compiler, struct gt_str word, enum gt_cleaning how)
{
	char *out = gt_arena_alloc(&compiler->plan->memory, word.n + 1);
	uint64_t flags = 0;
	size_t n = gt_clean(word, how, out, &flags);

	return n == SIZE_MAX ? word : gt_str(out, n);
}

const char *gt_joined(struct gt_compiler *compiler, const char *const *names, size_t n)
{
	struct gt_buf buf;
	const char *text;

	gt_buf_init(&buf, 4096);
	for (size_t i = 0; i < n && buf.n < 300; i++) {
		gt_buf_adds(&buf, i ? " " : "");
		gt_buf_adds(&buf, names[i]);
		if (buf.n >= 300)
			gt_buf_adds(&buf, " …");
	}
	text = gt_word(compiler, gt_buf_str(&buf));
	gt_buf_fini(&buf);
	return text;
}

static bool refuses(struct gt_compiler *compiler, const struct gt_line *line, const char *option,
	struct gt_pos pos)
{
	gt_compile_error(compiler, pos, GT_E_MAP_TYPE, gt_word(compiler, line->map->element),
		option, type_words[line->element->type]);
	return false;
}

/* The units of a quantity, by name. */
static const char *units_of(struct gt_compiler *compiler, struct gt_str quantity)
{
	const struct gt_unit *const *units;
	size_t n = gt_standard_units(compiler->plan->standard, &units), count = 0;
	const char **names = gt_alloc((n + 1) * sizeof *names), *text;

	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(units[i]->quantity, quantity))
			names[count++] = gt_word(compiler, units[i]->name);
	text = gt_joined(compiler, names, count);
	free(names);
	return text;
}

static void compile_unit(struct gt_compiler *compiler, struct gt_line *line)
{
	const struct gt_map_line *map = line->map;
	const struct gt_unit *to = line->element->unit, *from;
	const char *name = gt_word(compiler, map->unit);
	enum gt_type type = line->element->type;

	line->unit = (struct gt_ratio){1, 1};
	if (!map->unit.p)
		return;
	if ((type != GT_TYPE_INT && type != GT_TYPE_DECIMAL) || !to) {
		refuses(compiler, line, "unit", map->unit_pos);
		return;
	}
	from = gt_standard_unit(compiler->plan->standard, map->unit);
	if (!from)
		gt_compile_error(compiler, map->unit_pos, GT_E_MAP_UNIT, name,
			gt_word(compiler, to->quantity), units_of(compiler, to->quantity));
	else if (gt_ratio_of_element(from, line->element, &line->unit, &line->unit_flags))
		return;
	else if (!gt_str_eq(from->quantity, to->quantity))
		gt_compile_error(compiler, map->unit_pos, GT_E_MAP_UNIT_QUANTITY, name,
			gt_word(compiler, from->quantity), gt_word(compiler, map->element),
			gt_word(compiler, to->quantity), units_of(compiler, to->quantity));
	else
		gt_compile_error(compiler, map->unit_pos, GT_E_MAP_UNIT_RANGE, name,
			gt_word(compiler, to->name));
}

/* A code that any variant's list has: an overlay may have added it. */
static bool known_code(struct gt_compiler *compiler, const struct gt_line *line, struct gt_str code)
{
	if (line->element->type == GT_TYPE_BOOL)
		return gt_str_eq(code, GT_LIT("true")) || gt_str_eq(code, GT_LIT("false"));
	for (size_t i = 0; i < compiler->plan->variant_count; i++) {
		const struct gt_entity *entity = compiler->plan->variants[i].entity;
		uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, line->map->element);
		if (at && entity->elements[at - 1].codes &&
			gt_code_find(entity->elements[at - 1].codes, code))
			return true;
	}
	return false;
}

static void unknown_code(struct gt_compiler *compiler, const struct gt_line *line, size_t i)
{
	static const char *const booleans[] = {"true", "false"};
	const struct gt_code_list *list = line->element->codes;
	size_t n = list ? list->n : 0;
	const char **names = gt_alloc((n + 1) * sizeof *names);
	struct gt_pos pos = line->map->code_at ? line->map->code_at[i] : line->map->code_pos;

	for (size_t k = 0; k < n; k++)
		names[k] = gt_word(compiler, list->v[k].code);
	gt_compile_error(compiler, pos, GT_E_MAP_CODE,
		list ? gt_word(compiler, list->name) : gt_word(compiler, line->map->element),
		gt_word(compiler, line->map->code_to[i]),
		list ? gt_joined(compiler, names, n) : gt_joined(compiler, booleans, 2));
	free(names);
}

static void compile_codes(struct gt_compiler *compiler, struct gt_line *line)
{
	const struct gt_map_line *map = line->map;
	struct gt_plan *plan = compiler->plan;

	if (map->code_count == 0)
		return;
	if (line->element->type != GT_TYPE_CODE && line->element->type != GT_TYPE_BOOL) {
		refuses(compiler, line, "codes", map->code_pos);
		return;
	}
	line->codes = &plan->code_maps[plan->code_map_count++];
	for (size_t i = 0; i < map->code_count; i++) {
		struct gt_str *to = gt_arena_alloc(&plan->memory, sizeof *to);
		*to = gt_arena_copy(&plan->memory, map->code_to[i]);
		if (!known_code(compiler, line, map->code_to[i]))
			unknown_code(compiler, line, i);
		if (gt_map_set(line->codes,
			    gt_clean_copy(compiler, map->code_from[i], GT_CLEAN_WORD), to))
			gt_compile_error(compiler, map->code_at ? map->code_at[i] : map->code_pos,
				GT_E_MAP_CODE_TWICE, gt_word(compiler, map->code_from[i]));
	}
}

void gt_line_compile(struct gt_compiler *compiler, struct gt_line *line)
{
	const struct gt_map_line *map = line->map;
	enum gt_type type = line->element->type;

	compile_unit(compiler, line);
	gt_program_compile(compiler, line);
	compile_codes(compiler, line);
	if (map->has_zone && type != GT_TYPE_DATE && type != GT_TYPE_TIME)
		refuses(compiler, line, "zone", map->zone_pos);
	line->nulls = gt_arena_alloc(
		&compiler->plan->memory, (map->null_count + 1) * sizeof *line->nulls);
	for (size_t i = 0; i < map->null_count; i++)
		line->nulls[i] =
			gt_clean_copy(compiler, map->nulls[i], gt_cleaning_of(line->element));
}
