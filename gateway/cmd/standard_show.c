/* standard_show.c: `guantong standard list` and `show`: what there is, and one entity as a division
 * sees it, with the layer that each property comes from. */
#include "standard_view.h"

#include "json_write.h"

#define OUT_MAX (16u << 20)

static struct gt_str in_language(const struct gt_title *title)
{
	return gt_language() == GT_ZH ? title->zh : title->en;
}

static void list_json(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"entity\":");
	gt_json_add_text(out, entity->name);
	gt_buf_addf(out, ",\"version\":\"%u.%u\",\"title\":{\"en\":", entity->major, entity->minor);
	gt_json_add_text(out, entity->title.en);
	gt_buf_adds(out, ",\"zh\":");
	gt_json_add_text(out, entity->title.zh);
	gt_buf_addf(out, "},\"elements\":%zu}", entity->n);
}

int gt_standard_list(struct gt_standard_view *view)
{
	const struct gt_entity *const *v;
	size_t n = gt_standard_entities(view->standard, &v);
	struct gt_buf out;

	gt_buf_init(&out, OUT_MAX);
	gt_buf_adds(&out, view->json ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		if (view->json) {
			gt_buf_adds(&out, i ? "," : "");
			list_json(v[i], &out);
			continue;
		}
		char name[160];
		gt_text(name, sizeof(name), "%.*s@%u", GT_STR_ARGS(v[i]->name), v[i]->major);
		gt_put_cell(&out, gt_cstr(name), 36, false);
		gt_buf_addf(&out, " %.*s\n", GT_STR_ARGS(in_language(&v[i]->title)));
	}
	gt_buf_adds(&out, view->json ? "]\n" : "");
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}

/* "max 500.0 (wuhan)": a property and, where it is not the base's, its layer. */
static void property_text(const struct gt_layer *layers, size_t n, const struct gt_element *element,
	const struct gt_property *property, struct gt_buf *out)
{
	struct gt_buf text;

	gt_buf_init(&text, 65536);
	property->put(element, &text);
	if (text.n) {
		const struct gt_layer *from = gt_layer_of(layers, n, element, property);
		bool plain = strcmp(property->name, "type") == 0;
		gt_buf_addf(out, "  %s%s%.*s", plain ? "" : gt_bi(property->en, property->zh),
			plain ? "" : " ", GT_STR_ARGS(gt_buf_str(&text)));
		if (from != layers)
			gt_buf_addf(out, " (%.*s)", GT_STR_ARGS(from->package));
	}
	gt_buf_fini(&text);
}

static void element_text(const struct gt_layer *layers, size_t n, const struct gt_element *element,
	struct gt_buf *out)
{
	const struct gt_layer *added = gt_layer_of(layers, n, element, &gt_properties[0]);

	gt_buf_adds(out, "  ");
	gt_put_cell(out, element->name, 22, false);
	gt_buf_adds(out, " ");
	gt_put_cell(out, in_language(&element->title), 26, false);
	for (const struct gt_property *p = gt_properties; p->name; p++)
		if (!p->internal)
			property_text(layers, n, element, p, out);
	if (added != layers)
		gt_buf_addf(
			out, "  %s %.*s", gt_bi("added by", "来自"), GT_STR_ARGS(added->package));
	gt_buf_addf(out, "  %s\n",
		element->status == GT_VERIFIED ? gt_bi("verified", "已核对")
					       : gt_bi("unconfirmed", "待确认"));
	if (element->definition.en.n)
		gt_buf_addf(out, "      %.*s\n", GT_STR_ARGS(in_language(&element->definition)));
}

static void show_text(const struct gt_layer *layers, size_t n, struct gt_buf *out)
{
	const struct gt_entity *entity = layers[n - 1].entity;

	gt_buf_addf(out, "%.*s@%u.%u  %.*s\n%s  ", GT_STR_ARGS(entity->name), entity->major,
		entity->minor, GT_STR_ARGS(in_language(&entity->title)), gt_bi("layers", "层级"));
	for (size_t i = 0; i < n; i++)
		gt_buf_addf(out, "%s%.*s", i ? " → " : "", GT_STR_ARGS(layers[i].package));
	gt_buf_addf(out, "\n%s  ", gt_bi("key", "主键"));
	for (size_t i = 0; i < entity->key_count; i++)
		gt_buf_addf(out, "%s%.*s", i ? " / " : "",
			GT_STR_ARGS(entity->elements[entity->key[i]].name));
	gt_buf_adds(out, "\n");
	for (size_t i = 0; i < entity->n; i++)
		element_text(layers, n, &entity->elements[i], out);
}

static void element_json(const struct gt_layer *layers, size_t n, const struct gt_element *element,
	struct gt_buf *out)
{
	struct gt_buf text;
	const char *comma = "";

	gt_buf_init(&text, 65536);
	gt_buf_adds(out, "{\"name\":");
	gt_json_add_text(out, element->name);
	gt_buf_adds(out, ",\"properties\":{");
	for (const struct gt_property *p = gt_properties; p->name; p++) {
		gt_buf_clear(&text);
		p->put(element, &text);
		if (!text.n)
			continue;
		gt_buf_addf(out, "%s\"%s\":{\"value\":", comma, p->name);
		gt_json_add_text(out, gt_buf_str(&text));
		gt_buf_adds(out, ",\"layer\":");
		gt_json_add_text(out, gt_layer_of(layers, n, element, p)->package);
		gt_buf_adds(out, "}");
		comma = ",";
	}
	gt_buf_adds(out, "}}");
	gt_buf_fini(&text);
}

static void show_json(const struct gt_layer *layers, size_t n, struct gt_buf *out)
{
	const struct gt_entity *entity = layers[n - 1].entity;

	gt_buf_adds(out, "{\"entity\":");
	gt_json_add_text(out, entity->name);
	gt_buf_addf(out, ",\"version\":\"%u.%u\",\"dataschema\":", entity->major, entity->minor);
	gt_json_add_text(out, entity->schema);
	gt_buf_adds(out, ",\"layers\":[");
	for (size_t i = 0; i < n; i++) {
		gt_buf_adds(out, i ? "," : "");
		gt_json_add_text(out, layers[i].package);
	}
	gt_buf_adds(out, "],\"elements\":[");
	for (size_t i = 0; i < entity->n; i++) {
		gt_buf_adds(out, i ? "," : "");
		element_json(layers, n, &entity->elements[i], out);
	}
	gt_buf_adds(out, "]}\n");
}

int gt_standard_show(struct gt_standard_view *view)
{
	struct gt_layer layers[GT_LAYERS_MAX];
	struct gt_buf out;

	gt_buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < view->n; i++) {
		size_t n = gt_view_layers(view, view->names[i], layers);
		if (!n) {
			gt_buf_fini(&out);
			return GT_EXIT_USAGE;
		}
		if (view->json)
			show_json(layers, n, &out);
		else
			show_text(layers, n, &out);
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}
