/* diff.c: compares two loaded standards: what there is to compare, and whether versions say it. */
#include "diff_parts.h"

#define TEXT_MAX 65536u

void gt_diff_tell(struct diff *d, struct gt_change change)
{
	if (change.class == GT_CHANGE_BREAKING)
		d->counts.breaking++;
	else if (change.class == GT_CHANGE_COMPATIBLE)
		d->counts.compatible++;
	else
		d->counts.wording++;
	if (change.package.n) {
		uintptr_t worst = (uintptr_t)gt_map_get(&d->packages, change.package);
		if (worst < (uintptr_t)change.class + 1)
			(void)gt_map_set(&d->packages, change.package,
				(void *)((uintptr_t)change.class + 1));
	} else if (change.class > d->worst) {
		d->worst = change.class;
	}
	d->sink(d->arg, &change);
}

void gt_diff_texts(struct diff *d, struct gt_change change)
{
	change.was = gt_buf_str(&d->was);
	change.is = gt_buf_str(&d->is);
	if (!gt_str_eq(change.was, change.is))
		gt_diff_tell(d, change);
}

bool gt_diff_unsaid(enum gt_change_class worst, unsigned a_major, unsigned a_minor,
	unsigned b_major, unsigned b_minor)
{
	return a_major == b_major && (worst == GT_CHANGE_BREAKING ||
					     (worst == GT_CHANGE_COMPATIBLE && b_minor <= a_minor));
}

/* Lists, units, divisions and overlays have no version but their package's. */
static void package_versions(struct diff *d)
{
	for (size_t i = 0; i < d->b->packages.n; i++) {
		const struct gt_package *is = d->b->packages.v[i], *was = gt_diff_package(d->a, is);
		uintptr_t worst = (uintptr_t)gt_map_get(&d->packages, is->name);
		if (was && worst &&
			gt_diff_unsaid((enum gt_change_class)(worst - 1), was->major, was->minor,
				is->major, is->minor))
			d->counts.unversioned++;
	}
}

struct gt_diff_counts gt_standard_diff(
	const struct gt_standard *a, const struct gt_standard *b, gt_change_fn *sink, void *arg)
{
	struct diff d = {.a = a, .b = b, .sink = sink, .arg = arg};

	gt_buf_init(&d.was, TEXT_MAX);
	gt_buf_init(&d.is, TEXT_MAX);
	gt_diff_entities(&d);
	gt_diff_overlays(&d);
	gt_diff_lists(&d);
	package_versions(&d);
	gt_map_fini(&d.packages);
	gt_buf_fini(&d.was);
	gt_buf_fini(&d.is);
	return d.counts;
}
