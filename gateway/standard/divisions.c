/* divisions.c: the table of administrative divisions (GB/T 2260): plain CSV files beside the file
 * that names them, so that a public data package and a patch kept by hand stay what they are. Later
 * files replace and add rows. */
#include "load.h"

#define COLUMNS_MAX 16u

enum column { CODE, NAME, KIND, FROM, TO, SUCCESSORS, BOUNDARY, COLUMNS };
static const char *const column_names[COLUMNS] = {
	"code", "name", "kind", "from", "to", "successors", "boundary"};

/* Cuts the next line off *rest, without its end. */
static struct gt_str next_line(struct gt_str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	size_t n = end ? (size_t)(end - rest->p) : rest->n;
	struct gt_str line = gt_str(rest->p, n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n);

	*rest = end ? gt_str(end + 1, rest->n - n - 1) : gt_str(rest->p + n, 0);
	return line;
}

static size_t split(struct gt_str line, struct gt_str cells[COLUMNS_MAX])
{
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= line.n && n < COLUMNS_MAX; i++)
		if (i == line.n || line.p[i] == ',') {
			cells[n++] = gt_str(line.p + from, i - from);
			from = i + 1;
		}
	return n;
}

/* Which cell holds which column; COLUMNS_MAX = none does. False: no code, name and kind. */
static bool head_read(struct gt_str line, size_t at[COLUMNS])
{
	struct gt_str cells[COLUMNS_MAX];
	size_t n = split(line, cells);

	for (size_t c = 0; c < COLUMNS; c++) {
		at[c] = COLUMNS_MAX;
		for (size_t i = 0; i < n; i++)
			if (gt_str_eq(cells[i], gt_cstr(column_names[c])))
				at[c] = i;
	}
	return at[CODE] < n && at[NAME] < n && at[KIND] < n;
}

static bool is_code(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n == 6;
}

/* One row; false: it is none. */
static bool row_read(struct gt_loader *loader, struct gt_str line, const size_t at[COLUMNS])
{
	struct gt_str cells[COLUMNS_MAX] = {{0}}, value[COLUMNS];
	size_t n = split(line, cells);
	int64_t from = INT64_MIN, to = INT64_MAX, boundary = INT64_MIN;

	for (size_t c = 0; c < COLUMNS; c++)
		value[c] = at[c] < n ? cells[at[c]] : gt_str(NULL, 0);
	if (!is_code(value[CODE]) || !value[NAME].n || !value[KIND].n ||
		(value[FROM].n && !gt_day_parse(value[FROM], &from)) ||
		(value[TO].n && !gt_day_parse(value[TO], &to)) || from > to ||
		(value[BOUNDARY].n && !gt_day_parse(value[BOUNDARY], &boundary)))
		return false;
	struct gt_division *division = gt_arena_zalloc(loader->conf.memory, sizeof *division);
	*division = (struct gt_division){
		value[CODE], value[NAME], value[KIND], value[SUCCESSORS], from, to, boundary};
	if (!gt_map_set(&loader->standard->divisions, division->code, division))
		loader->standard->division_count++;
	return true;
}

static void table_read(struct gt_loader *loader, const char *path)
{
	struct gt_str rest = gt_package_text(loader, path);
	struct gt_pos pos = {path, 1, 1};
	size_t at[COLUMNS];

	if (!rest.p)
		return;
	if (rest.n >= 3 && memcmp(rest.p, "\xEF\xBB\xBF", 3) == 0)
		rest = gt_str(rest.p + 3, rest.n - 3);
	if (!head_read(next_line(&rest), at)) {
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_HEAD);
		return;
	}
	while (rest.n) {
		struct gt_str line = next_line(&rest);
		pos.line++;
		if (line.n && !row_read(loader, line, at))
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_ROW, GT_WORD(line));
	}
}

/* Successors must be in the table once all of it is read. */
static void successors_check(struct gt_loader *loader, struct gt_pos pos)
{
	struct gt_map_slot *slot;

	for (size_t i = 0; (slot = gt_map_next(&loader->standard->divisions, &i)) != NULL;) {
		const struct gt_division *division = slot->value;
		struct gt_str rest = division->successors;
		while (rest.n) {
			const char *space = memchr(rest.p, ' ', rest.n);
			size_t n = space ? (size_t)(space - rest.p) : rest.n;
			struct gt_str code = gt_str(rest.p, n);
			if (n && !gt_map_get(&loader->standard->divisions, code))
				gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_SUCCESSOR,
					GT_WORD(division->code), GT_WORD(code));
			rest = gt_str(rest.p + n + (space != NULL), rest.n - n - (space != NULL));
		}
	}
}

void gt_divisions_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	struct gt_divisions_conf conf = {0};
	const char *file = root->pos.file, *slash = strrchr(file, '/');

	if (!gt_table_read(loader, gt_divisions_table, &conf, root, NULL))
		return;
	for (size_t i = 0; i < conf.tables.n; i++) {
		struct gt_str name = conf.tables.v[i];
		if (!name.n || name.p[0] == '.' || memchr(name.p, '/', name.n)) {
			gt_diags_add(loader->conf.diags, gt_pos_of(root, "tables"), GT_E_STD_NAME,
				GT_WORD(name), "the name of a file beside this one");
			continue;
		}
		table_read(loader,
			gt_arena_printf(loader->conf.memory, "%.*s%.*s",
				(int)(slash ? slash + 1 - file : 0), file, GT_STR_ARGS(name))
				.p);
	}
	loader->standard->divisions_of = loader->package->name;
	successors_check(loader, root->pos);
	gt_places_index(loader, &conf);
}

const struct gt_division *gt_standard_division(
	const struct gt_standard *standard, struct gt_str code)
{
	return gt_map_get(&standard->divisions, code);
}

bool gt_standard_has_divisions(const struct gt_standard *standard)
{
	return standard->division_count > 0;
}
