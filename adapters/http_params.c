/* http_params.c: the parameters of a request in the order in which signatures want them. */
#include "http.h"

#include <stdlib.h>

#define PARAMS_MAX 256u

void http_split_url(const struct http_out *out, struct gt_str *path, struct gt_str *query)
{
	const char *p = strstr(out->url->p, "://"), *slash = p ? strchr(p + 3, '/') : NULL;
	const char *mark = strchr(out->url->p, '?');
	*query = mark ? gt_cstr(mark + 1) : GT_LIT("");
	*path = GT_LIT("/");
	if (slash && (!mark || slash < mark))
		*path = gt_str(slash, mark ? (size_t)(mark - slash) : strlen(slash));
}

struct param {
	struct gt_str name, value;
};

struct params {
	struct param v[PARAMS_MAX];
	size_t n;
	bool many;
	struct http_text store;
};

static void put_param(struct params *p, struct gt_str name, struct gt_str value)
{
	if (p->n == PARAMS_MAX)
		p->many = true;
	else
		p->v[p->n++] = (struct param){name, value};
}

static struct gt_str decoded(struct params *p, struct gt_str s)
{
	size_t from = p->store.n;
	http_unpercent(s, &p->store);
	return gt_str(p->store.p + from, p->store.n - from);
}

/* k=v&k=v, as in an address or a form. */
static void form_params(struct params *p, struct gt_str s)
{
	for (size_t i = 0; i < s.n;) {
		const char *end = memchr(s.p + i, '&', s.n - i);
		size_t n = end ? (size_t)(end - s.p) - i : s.n - i;
		const char *is = memchr(s.p + i, '=', n);
		size_t named = is ? (size_t)(is - s.p) - i : n;
		struct gt_str name = decoded(p, gt_str(s.p + i, named));
		struct gt_str value = GT_LIT("");
		if (is)
			value = decoded(p, gt_str(is + 1, n - named - 1));
		if (name.n)
			put_param(p, name, value);
		i += n + 1;
	}
}

/* Members of the object that a JSON body is; those that are no scalars as their JSON text. */
static void json_params(struct params *p, struct gt_str body)
{
	struct gt_str names[PARAMS_MAX];
	size_t n = http_member_names(body, names, PARAMS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct gt_str lexeme = {NULL, 0};
		if (!gt_json_find(body, &names[i], 1, &lexeme, NULL) || !lexeme.p)
			continue;
		if (lexeme.p[0] == '{' || lexeme.p[0] == '[') {
			put_param(p, names[i], lexeme);
			continue;
		}
		/* No longer than the lexeme, which the store has room for. */
		size_t from = p->store.n;
		struct gt_str s =
			gt_json_scalar(lexeme, p->store.p + from, p->store.size - from - 1);
		if (s.p == p->store.p + from)
			p->store.n += s.n;
		put_param(p, names[i], s.p ? s : GT_LIT(""));
	}
	p->many = p->many || n == PARAMS_MAX;
}

static int by_name(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = memcmp(x->name.p, y->name.p, n);
	return order ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

bool http_sign_params(
	const struct http_sign *sign, const struct http_out *out, struct http_text *to)
{
	struct gt_str path, query, body = {NULL, 0};
	struct params *p = calloc(1, sizeof(*p));
	http_split_url(out, &path, &query);
	if (out->body)
		body = gt_str(out->body->p, out->body->n);
	size_t room = query.n + body.n + 2;
	char *store = p ? malloc(room) : NULL;
	if (!store) {
		free(p);
		return false;
	}
	store[0] = '\0';
	p->store = (struct http_text){store, 0, room, false};
	form_params(p, query);
	if (out->form)
		form_params(p, body);
	else if (body.n)
		json_params(p, body);
	qsort(p->v, p->n, sizeof(*p->v), by_name);
	for (size_t i = 0, put = 0; i < p->n; i++) {
		if (!p->v[i].value.n && !sign->empty)
			continue;
		if (put++)
			http_text_add(to, sign->between);
		void (*add)(struct http_text *, struct gt_str) =
			sign->encoded ? http_text_percent : http_text_add;
		add(to, p->v[i].name);
		http_text_add(to, sign->inside);
		add(to, p->v[i].value);
	}
	bool ok = !to->cut && !p->many && !p->store.cut;
	free(store);
	free(p);
	return ok;
}
