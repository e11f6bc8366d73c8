/* suggest.h: which elements of the standard the fields of a source look like, by their names and
 * the synonyms that the standard gives. Nothing is guessed from likeness of spelling. Control path.
 */
#ifndef GT_QUALITY_SUGGEST_H
#define GT_QUALITY_SUGGEST_H

#include "standard.h"

enum gt_alike {
	GT_ALIKE_NOT,
	GT_ALIKE_LOOSELY, /* but for case, spaces, "_", brackets at the end, the path in front */
	GT_ALIKE_EXACTLY
};
enum gt_alike gt_alike(const struct gt_element *element, struct gt_str field);

struct gt_suggested {
	size_t element; /* SIZE_MAX = none */
	enum gt_alike alike;
};
struct gt_suggestion {
	const struct gt_entity *entity;
	size_t known;           /* fields that have an element */
	struct gt_suggested *v; /* one per field; each element at most once */
};
/* For one entity. `v` is the caller's, room for n. */
void gt_suggest_entity(const struct gt_entity *entity, const struct gt_str *fields, size_t n,
	struct gt_suggestion *suggestion);
/* The entity of the standard that knows most of the fields; at least two and a fifth of them must
 * be known. False: none; *suggestion is not touched but for v's content. */
bool gt_suggest(const struct gt_standard *standard, const struct gt_str *fields, size_t n,
	struct gt_suggestion *suggestion);
/* Some marked element of the standard has such a name. */
bool gt_suggest_marked(const struct gt_standard *standard, struct gt_str field);
/* The unit in the brackets of a heading: "用电量(万kWh)"; NULL = none that the standard knows. */
const struct gt_unit *gt_heading_unit(const struct gt_standard *standard, struct gt_str field);

#endif
