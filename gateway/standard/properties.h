/* properties.h: what can be said of an element, one row a property: how it reads as text, and what
 * a change of it means to those who use the standard. `show`, `diff` and the printed standard all
 * follow from these rows. Control path; pure, any thread. */
#ifndef GT_STANDARD_PROPERTIES_H
#define GT_STANDARD_PROPERTIES_H

#include "buf.h"
#include "standard.h"

/* What a change means: BREAKING needs a new major version, hence a new topic. */
enum gt_change_class {
	GT_CHANGE_WORDING,    /* says the same in other words */
	GT_CHANGE_COMPATIBLE, /* whoever reads the old one can read the new one */
	GT_CHANGE_BREAKING
};

struct gt_property {
	const char *name;    /* as in the package's files */
	const char *en, *zh; /* a heading */
	/* Its text; nothing where the element says nothing. */
	void (*put)(const struct gt_element *element, struct gt_buf *out);
	/* Of a change between two elements whose texts differ. */
	enum gt_change_class (*change)(const struct gt_element *was, const struct gt_element *is);
	bool internal; /* not for the tables that people read (synonyms, source …) */
};
extern const struct gt_property gt_properties[]; /* ends with name NULL */

/* A limit as a person writes it: scaled by the element's scale; a day for dates and times. */
void gt_limit_put(const struct gt_element *element, int64_t limit, struct gt_buf *out);

/* Days of validity, both included: "2010-01-01 … 2020-12-31"; nothing where there is no bound. */
void gt_validity_put(int64_t from, int64_t to, struct gt_buf *out);

/* One package on the way to what a division sees, the base first. */
struct gt_layer {
	struct gt_str package;          /* its name */
	const struct gt_entity *entity; /* the entity as this package leaves it */
};
#define GT_LAYERS_MAX 8u
/* The layers of an entity for a division (none = the base alone). 0: no such entity. */
size_t gt_standard_layers(const struct gt_standard *standard, struct gt_str name, unsigned major,
	struct gt_str division, struct gt_layer v[GT_LAYERS_MAX]);
/* The layer that a property of an element of the last layer's entity comes from. */
const struct gt_layer *gt_layer_of(const struct gt_layer *layers, size_t n,
	const struct gt_element *element, const struct gt_property *property);
/* The element of that name, or NULL. */
const struct gt_element *gt_entity_element(const struct gt_entity *entity, struct gt_str name);

#endif
