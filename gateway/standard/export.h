/* export.h: the standard in other languages: JSON Schema for validators, a printed data dictionary,
 * templates that people fill in. Each appends one entity, as the given effective variant sees it,
 * to `out`. Control path; pure, any thread. */
#ifndef GT_STANDARD_EXPORT_H
#define GT_STANDARD_EXPORT_H

#include "properties.h"

/* JSON Schema (draft-07) of a message of the entity's open topic: the CloudEvents envelope with
 * this entity's data. Deleted events carry the key elements alone. What is not of the draft (unit,
 * titles in Chinese, code titles, protection) stands in members that begin with "x-". */
void gt_export_json_schema(
	const struct gt_entity *entity, struct gt_str prefix, struct gt_buf *out);

/* Markdown, in Chinese or English: what the entity is, its elements, its code lists and rules, each
 * with source and status; unconfirmed rows are marked. */
void gt_export_dictionary(const struct gt_entity *entity, bool chinese, struct gt_buf *out);

/* The name under which an entity is exported: "vehicle.dispatch-order.v1", with "+wuhan.3" behind
 * it for an overlay's variant. */
void gt_export_name(const struct gt_entity *entity, struct gt_buf *out);

/* The elements in the order of a template: the business key, other required ones, the rest.
 * order: room for entity->n indexes. */
void gt_export_order(const struct gt_entity *entity, size_t *order);

/* CSV with a BOM (so that spreadsheet programs read it as UTF-8): a heading row, the elements'
 * Chinese titles. */
void gt_export_csv_template(const struct gt_entity *entity, struct gt_buf *out);

/* The same as a workbook: the headings, lists to choose codes from, and a sheet that explains every
 * column. False: err. */
bool gt_export_xlsx_template(
	const struct gt_entity *entity, const char *path, struct gt_err *err) GT_MUST_CHECK;

/* A source file that reads filled-in templates from a drop folder and publishes them as declared.
 * format: "csv" or "xlsx". */
void gt_export_template_source(
	const struct gt_entity *entity, const char *format, struct gt_buf *out);

#endif
