/* compile.h: the parts of gt_plan_new(), shared by compile.c and lines.c. Control path. */
#ifndef GT_NORMALISE_COMPILE_H
#define GT_NORMALISE_COMPILE_H

#include "steps.h"

/* A line with what does not depend on the variant. */
struct gt_line {
	const struct gt_map_line *map;
	const struct gt_element *element; /* in the first variant that has it; NULL = unknown */
	size_t variant;                   /* that variant */
	uint32_t field;
	struct gt_str *nulls; /* cleaned */
	struct gt_map *codes;
	struct gt_ratio unit;
	struct gt_program *program; /* NULL = none */
	uint64_t unit_flags;
};

struct gt_compiler {
	struct gt_plan *plan;  /* of the part that is being compiled */
	struct gt_plan *whole; /* the same one where nothing is split */
	const struct gt_mapping *mapping;
	struct gt_diags *diags;
	struct gt_line *lines;
	struct gt_map fields; /* name → (void *)(id + 1) */
	struct gt_str field_names[GT_FIELDS_MAX];
	size_t field_count;
	bool ok;
};

/* Adds a diagnostic; the plan will not be made. */
#define gt_compile_error(compiler, pos, ...)                                                       \
	((compiler)->ok = false, gt_diags_add((compiler)->diags, (pos), __VA_ARGS__))

/* compile.c: the id of a source field; beyond GT_FIELDS_MAX a diagnostic, once. */
uint32_t gt_field_id(struct gt_compiler *compiler, struct gt_str name);

/* program_compile.c: expr, when and lookup of a line; skip of the mapping. */
void gt_program_compile(struct gt_compiler *compiler, struct gt_line *line);
const struct gt_expr *gt_row_condition(
	struct gt_compiler *compiler, struct gt_str text, struct gt_pos pos, int zone_minutes);
/* The steps of what the standard computes in this variant. */
void gt_derived_compile(struct gt_compiler *compiler, struct gt_variant *variant);

/* lines.c: everything that a line says about its element. */
void gt_line_compile(struct gt_compiler *compiler, struct gt_line *line);
enum gt_cleaning gt_cleaning_of(const struct gt_element *element);
/* The cleaned form, in the plan's memory; a word that is not UTF-8 stays as it is. */
struct gt_str gt_clean_copy(struct gt_compiler *compiler, struct gt_str word, enum gt_cleaning how);
/* "a b c", cut at about 300 bytes. */
const char *gt_joined(struct gt_compiler *compiler, const char *const *names, size_t n);
const char *gt_word(struct gt_compiler *compiler, struct gt_str s); /* NUL-terminated copy */

#endif
