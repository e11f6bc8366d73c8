/* load.c: a configuration, its language and its mistakes, for every verb alike. */
#include "cmd.h"

#include <stdio.h>
#include <unistd.h>

const char *gt_shown_path(const struct gt_config *config, const char *path)
{
	size_t n = strlen(config->folder);

	if (strncmp(path, config->folder, n) == 0 && path[n] == '/')
		return path + n + 1;
	return path;
}

/* Mistakes in a column, their sentences beside it. */
void gt_print_diags(const struct gt_config *config, struct gt_buf *out)
{
	const struct gt_diags *diags = &config->diags;
	char place[512], text[2048];
	size_t widest = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < diags->n; i++) {
			const struct gt_pos *pos = &diags->v[i].pos;
			size_t width;

			place[0] = '\0';
			if (pos->file)
				snprintf(place, sizeof(place), "%s:%u:%u",
					gt_shown_path(config, pos->file), (unsigned)pos->line,
					(unsigned)pos->column);
			width = gt_width(gt_cstr(place));
			if (width > widest && width <= 60)
				widest = width;
			if (pass == 0)
				continue;
			gt_buf_adds(out, place);
			for (; width < widest; width++)
				gt_buf_adds(out, " ");
			gt_buf_addf(out, "%s%s\n", widest || place[0] ? " " : "",
				gt_err_text(&diags->v[i].err, text, sizeof(text)));
		}
	}
	if (diags->dropped > 0)
		gt_buf_addf(out, "%s\n", GT_SAY(GT_E_CHECK_MORE, GT_TEXT("%zu", diags->dropped)));
}

void gt_print_mistakes(const struct gt_config *config, struct gt_buf *out)
{
	gt_print_diags(config, out);
	gt_buf_addf(out, "%s\n",
		GT_SAY(GT_E_CHECK_BAD, GT_TEXT("%zu", config->diags.n + config->diags.dropped)));
}

static struct gt_config *judged(struct gt_config *config)
{
	struct gt_buf out;

	if (gt_language_asked < 0 && config->gateway.language > 0)
		gt_language_set(config->gateway.language == 2 ? GT_ZH : GT_EN);
	if (config->diags.n == 0)
		return config;
	gt_buf_init(&out, 1u << 20);
	gt_print_mistakes(config, &out);
	fflush(stdout);
	fputs(gt_buf_cstr(&out), stderr);
	gt_buf_fini(&out);
	gt_config_free(config);
	return NULL;
}

struct gt_config *gt_load(const char *folder, unsigned flags)
{
	return judged(gt_config_load(folder, flags));
}

struct gt_config *gt_load_file(
	const char *folder, const char *file, struct gt_str name, unsigned flags)
{
	return judged(gt_config_load_file(folder, file, name, flags));
}
