/* plan.c: the life of a plan and what others ask it. */
#include "gt_assert.h"
#include "io.h"
#include "lookup.h"
#include "steps.h"

#include <stdlib.h>

struct gt_plan *gt_plan_ref(struct gt_plan *plan)
{
	atomic_fetch_add_explicit(&plan->references, 1, memory_order_relaxed);
	return plan;
}

void gt_plan_unref(struct gt_plan *plan)
{
	if (!plan || atomic_fetch_sub_explicit(&plan->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < plan->code_map_count; i++)
		gt_map_fini(&plan->code_maps[i]);
	for (size_t i = 0; i < plan->part_count; i++)
		gt_plan_unref(plan->parts[i]);
	for (size_t i = 0; i < plan->expr_count; i++)
		gt_expr_fini(plan->exprs[i]);
	for (size_t i = 0; i < plan->lookup_count; i++)
		gt_lookup_free(plan->lookups[i]);
	gt_arena_fini(&plan->memory);
	gt_standard_unref(plan->standard);
	gt_hmac_fini(&plan->keyed.hmac);
	gt_hmac_fini(&plan->subject.hmac);
	free(plan);
}

const struct gt_str *gt_plan_fields(const struct gt_plan *plan, size_t *n)
{
	*n = plan->field_count;
	return plan->fields;
}

struct gt_str gt_plan_digest(const struct gt_plan *plan)
{
	return gt_cstr(plan->digest);
}

const struct gt_words *gt_plan_words(const struct gt_plan *plan)
{
	return gt_standard_words(plan->standard);
}

const struct gt_entity *gt_plan_entity(const struct gt_plan *plan)
{
	return plan->base;
}

size_t gt_plan_parts(const struct gt_plan *plan)
{
	return plan->part_count ? plan->part_count : 1;
}

const struct gt_plan *gt_plan_part(const struct gt_plan *plan, size_t part)
{
	GT_ASSERT(part < gt_plan_parts(plan));
	return plan->part_count ? plan->parts[part] : plan;
}

/* Of what is computed, the first field that it is computed from. */
static size_t source_of(const struct gt_step *step)
{
	const struct gt_expr *expr = step->program ? step->program->expr : NULL;

	if (expr)
		return expr->name_count ? expr->names[0] : SIZE_MAX;
	return step->field == GT_NO_FIELD ? SIZE_MAX : step->field;
}

size_t gt_plan_source_of(const struct gt_plan *plan, size_t element)
{
	for (size_t v = 0; v < plan->variant_count; v++)
		for (size_t i = 0; i < plan->variants[v].n; i++)
			if (plan->variants[v].steps[i].index == element)
				return source_of(&plan->variants[v].steps[i]);
	return SIZE_MAX;
}

static bool names_field(const struct gt_expr *expr, size_t field)
{
	for (size_t i = 0; expr && i < expr->name_count; i++)
		if (expr->names[i] == field)
			return true;
	return false;
}

bool gt_plan_uses(const struct gt_plan *plan, size_t element, size_t field)
{
	for (size_t v = 0; v < plan->variant_count; v++)
		for (size_t i = 0; i < plan->variants[v].n; i++) {
			const struct gt_step *step = &plan->variants[v].steps[i];
			if (step->index == element &&
				(step->field == field ||
					(step->program &&
						(names_field(step->program->expr, field) ||
							names_field(step->program->when, field)))))
				return true;
		}
	return false;
}

/* Everything that decides the output, each part with its length in front. */
static void add(EVP_MD_CTX *md, struct gt_str s)
{
	unsigned char length[8];

	for (size_t i = 0; i < 8; i++)
		length[i] = (unsigned char)((s.p ? s.n : SIZE_MAX) >> (8 * (7 - i)));
	GT_ASSERT(EVP_DigestUpdate(md, length, sizeof length) == 1);
	GT_ASSERT(EVP_DigestUpdate(md, s.p, s.p ? s.n : 0) == 1);
}

static void add_int(EVP_MD_CTX *md, int64_t v)
{
	char text[32];

	add(md, gt_cstr(gt_text(text, sizeof text, "%lld", (long long)v)));
}

static void add_line(EVP_MD_CTX *md, const struct gt_map_line *line)
{
	add(md, line->element);
	add(md, line->from);
	add(md, line->value);
	add(md, line->expr);
	add(md, line->when);
	add(md, line->lookup ? line->lookup->key : gt_str(NULL, 0));
	add(md, line->lookup ? line->lookup->value : gt_str(NULL, 0));
	add_int(md, line->lookup && line->lookup->reject);
	add(md, line->unit);
	add(md, line->otherwise);
	add_int(md, line->has_zone ? line->zone_minutes : INT16_MAX);
	add_int(md, (int64_t)line->null_count);
	for (size_t i = 0; i < line->null_count; i++)
		add(md, line->nulls[i]);
	add_int(md, (int64_t)line->code_count);
	for (size_t i = 0; i < line->code_count; i++) {
		add(md, line->code_from[i]);
		add(md, line->code_to[i]);
	}
}

void gt_plan_set_digest(struct gt_plan *plan, const struct gt_mapping *mapping)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char out[32];

	GT_ASSERT(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	add(md, gt_standard_digest(plan->standard));
	add(md, mapping->entity);
	add_int(md, mapping->major);
	add(md, mapping->division);
	add(md, mapping->division_from);
	add_int(md, mapping->zone_minutes);
	add(md, gt_cstr(plan->keyed.id));
	add(md, gt_cstr(plan->subject.id));
	for (size_t i = 0; i < plan->part_count; i++)
		add(md, gt_plan_digest(plan->parts[i]));
	add(md, mapping->skip);
	add(md, mapping->when);
	for (size_t i = 0; i < mapping->n; i++)
		add_line(md, &mapping->v[i]);
	for (size_t i = 0; i < plan->lookup_count; i++)
		add(md, gt_lookup_digest(plan->lookups[i]));
	GT_ASSERT(EVP_DigestFinal_ex(md, out, NULL) == 1);
	EVP_MD_CTX_free(md);
	gt_hex(plan->digest, out, sizeof out);
}
