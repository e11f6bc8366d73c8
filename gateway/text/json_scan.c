/* json_scan.c: finds the elements of one array in a document that arrives in pieces. Only what lies
 * on the way to the array is checked as grammar; elements and what is skipped are only balanced,
 * because each element is checked as a whole when it is read, and a bad one must not stop its
 * neighbours. */
#include "json_lex.h"

#include "gt_assert.h"

enum phase {
	VALUE,         /* of the document or of the member on the path */
	FIRST_KEY,     /* behind '{' */
	KEY,           /* behind ',' in an object */
	COLON,         /* behind a key that is not on the path */
	PATH_COLON,    /* behind a key that is */
	SKIP,          /* in a value that is not on the path */
	MEMBER_END,    /* behind a member */
	FIRST_ELEMENT, /* behind '[' */
	ELEMENT,
	ELEMENT_END,
	TAIL /* behind the document */
};

struct state {
	uint64_t offset;  /* document offset of the next input's first byte */
	uint64_t objects; /* in a value: bit d = the container at depth d + 1 is an object */
	size_t seen;      /* bytes of the next input that this value has been walked over already */
	uint32_t depth;   /* in a value; beyond 64 only counted */
	uint8_t phase;
	uint8_t level;  /* path components entered */
	uint8_t levels; /* path components */
	bool inside;    /* in a value: it has begun */
	bool string;    /* … and is in a string */
	bool scalar;    /* … and is a number or a word */
	bool large;     /* … and has been given as too large */
	bool found;     /* the array is complete */
	bool single;    /* there is one record, the object at the path */
	uint8_t shape;  /* enum gt_json_shape */
	uint8_t part;   /* enum part: how far a member that is a record has been walked */
};
enum part { IN_KEY, BEFORE_COLON, BEFORE_VALUE, IN_VALUE };
_Static_assert(sizeof(struct state) <= sizeof(((struct gt_json_scan *)0)->opaque), "fits");

static struct state *state_of(struct gt_json_scan *scan)
{
	return (struct state *)(void *)scan->opaque;
}

static struct gt_str component(struct gt_str path, unsigned level)
{
	for (; level > 0; level--) {
		const char *dot = memchr(path.p, '.', path.n);
		path = gt_str(dot + 1, path.n - (size_t)(dot + 1 - path.p));
	}
	const char *dot = path.n ? memchr(path.p, '.', path.n) : NULL;
	return dot ? gt_str(path.p, (size_t)(dot - path.p)) : path;
}

void gt_json_scan_start(struct gt_json_scan *scan, struct gt_str path)
{
	struct state s = {.phase = VALUE, .levels = path.n > 0};
	for (size_t i = 0; i < path.n; i++)
		s.levels = (uint8_t)(s.levels + (path.p[i] == '.'));
	GT_ASSERT(s.levels <= GT_JSON_DEPTH_MAX);
	scan->path = path;
	*state_of(scan) = s;
}

void gt_json_scan_resume(struct gt_json_scan *scan, struct gt_str path, uint64_t offset)
{
	gt_json_scan_start(scan, path);
	struct state *s = state_of(scan);
	s->phase = ELEMENT_END;
	s->level = s->levels;
	s->offset = offset;
}

void gt_json_scan_shape(struct gt_json_scan *scan, enum gt_json_shape shape)
{
	state_of(scan)->shape = (uint8_t)shape;
}

void gt_json_scan_again(struct gt_json_scan *scan, uint64_t start)
{
	struct state *s = state_of(scan);
	GT_ASSERT(s->phase == ELEMENT_END || s->single);
	s->phase = s->single ? VALUE : ELEMENT;
	s->level = s->levels;
	s->offset = start;
	s->found = s->single = false;
}

uint64_t gt_json_scan_offset(const struct gt_json_scan *scan)
{
	return ((const struct state *)(const void *)scan->opaque)->offset;
}

/* What a byte outside strings means for the extent of a value. */
enum { PLAIN, QUOTE, OPEN, CLOSE };
static const uint8_t classes[256] = {
	['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE};

struct input {
	const char *p;
	size_t n;
	bool last;
	struct gt_err *err;
};

enum walked { WALK_DONE, WALK_MORE, WALK_BROKEN };

static enum walked walk_scalar(const struct input *in, size_t *at)
{
	size_t i = *at;
	while (i < in->n && !gt_json_is_space(in->p[i]) && !strchr(",]}", in->p[i]))
		i++;
	*at = i;
	return i < in->n || in->last ? WALK_DONE : WALK_MORE;
}

static bool close_container(struct state *s, char c)
{
	if (s->depth <= 64 && ((s->objects >> (s->depth - 1) & 1) != 0) != (c == '}'))
		return false;
	s->depth--;
	return true;
}

static void open_container(struct state *s, char c)
{
	if (s->depth < 64) {
		uint64_t bit = UINT64_C(1) << s->depth;
		s->objects = c == '{' ? s->objects | bit : s->objects & ~bit;
	}
	s->depth++;
}

/* In a string from *at on. False: the input ends first. */
static bool walk_string(struct state *s, const struct input *in, size_t *at)
{
	size_t i = *at;
	for (;;) {
		i += gt_json_run(in->p + i, in->n - i);
		if (i == in->n || (in->p[i] == '\\' && in->n - i < 2)) {
			*at = i;
			return false;
		}
		if (in->p[i] == '"')
			break;
		i += 2;
	}
	s->string = false;
	*at = i + 1;
	return true;
}

/* Goes on to the end of the value that was begun; *at = behind it, or where to go on. */
static enum walked walk(struct state *s, const struct input *in, size_t *at)
{
	if (s->scalar)
		return walk_scalar(in, at);
	for (;;) {
		if (s->string && !walk_string(s, in, at))
			return WALK_MORE;
		if (s->depth == 0)
			return WALK_DONE;
		size_t i = *at;
		while (i < in->n && classes[(unsigned char)in->p[i]] == PLAIN)
			i++;
		*at = i;
		if (i == in->n)
			return WALK_MORE;
		char c = in->p[i];
		if (c == '"')
			s->string = true;
		else if (c == '{' || c == '[')
			open_container(s, c);
		else if (!close_container(s, c))
			return WALK_BROKEN;
		*at = i + 1;
	}
}

static bool begin_value(struct state *s, char c);

/* In a member that is a record, before its value. DONE: the value has begun. */
static enum walked walk_key(struct state *s, const struct input *in, size_t *at)
{
	if (s->part == IN_KEY && !walk_string(s, in, at))
		return WALK_MORE;
	s->part = s->part == IN_KEY ? BEFORE_COLON : s->part;
	for (;; ++*at) {
		while (*at < in->n && gt_json_is_space(in->p[*at]))
			++*at;
		if (*at == in->n)
			return WALK_MORE;
		if (s->part == BEFORE_VALUE)
			break;
		if (in->p[*at] != ':')
			return WALK_BROKEN;
		s->part = BEFORE_VALUE;
	}
	if (!begin_value(s, in->p[*at]))
		return WALK_BROKEN;
	*at += !s->scalar;
	s->part = IN_VALUE;
	return WALK_DONE;
}

static bool begin_value(struct state *s, char c)
{
	s->string = c == '"';
	s->scalar = !s->string && c != '{' && c != '[';
	s->depth = 0;
	s->inside = true;
	if (!s->string && !s->scalar)
		open_container(s, c);
	return !s->scalar || (c && strchr("-0123456789tfn", c));
}

/* what: the characters that may stand here; NULL = too many to say. */
static enum gt_json_step expected(
	const struct state *s, const struct input *in, size_t at, const char *what)
{
	const char *offset = GT_TEXT("%llu", (unsigned long long)(s->offset + at));
	if (at >= in->n)
		gt_fail(in->err, GT_E_JSON_CUT_OFF, offset);
	else if (!what)
		gt_fail(in->err, GT_E_JSON_UNEXPECTED, offset);
	else
		gt_fail(in->err, GT_E_JSON_EXPECTED, offset, what, GT_TEXT("%c", in->p[at]));
	return GT_JSON_BROKEN;
}

static void array_end(struct state *s)
{
	s->found = true;
	s->phase = s->levels ? MEMBER_END : TAIL;
	s->level = (uint8_t)(s->level - (s->levels > 0));
}

/* In an element (or the single record) that begins at in->p + *at. */
static enum gt_json_step element(
	struct state *s, const struct input *in, size_t *at, struct gt_str *record)
{
	size_t begin = *at, i = begin;
	bool member = s->shape == GT_JSON_MEMBERS;
	if (!s->inside) {
		if (!begin_value(s, in->p[i]) || (member && !s->string))
			return expected(s, in, i, member ? "“\"”" : NULL);
		i += !s->scalar;
		s->part = member ? IN_KEY : IN_VALUE;
	} else {
		i += s->seen;
	}
	struct input part = *in;
	if (!s->large && in->n - begin > GT_RECORD_MAX) {
		part.n = begin + GT_RECORD_MAX;
		part.last = false;
	}
	enum walked walked = s->part == IN_VALUE ? WALK_DONE : walk_key(s, &part, &i);
	if (walked == WALK_BROKEN)
		return expected(s, in, i, s->part == BEFORE_COLON ? "“:”" : NULL);
	if (walked == WALK_DONE)
		walked = walk(s, &part, &i);
	if (walked == WALK_BROKEN)
		return expected(s, in, i, in->p[i] == '}' ? "“]”" : "“}”");
	if (walked == WALK_DONE) {
		bool large = s->large;
		*record = gt_str(in->p + begin, i - begin);
		*at = i;
		s->seen = 0;
		s->inside = s->large = false;
		s->phase = ELEMENT_END;
		if (s->single)
			array_end(s);
		return large ? GT_JSON_SKIPPED : GT_JSON_RECORD;
	}
	if (in->last && part.n == in->n)
		return expected(s, in, in->n, "");
	if (s->large || part.n < in->n) {
		bool known = s->large;
		*record = gt_str(in->p + begin, part.n - begin);
		*at = i;
		s->seen = 0;
		s->large = true;
		return known ? GT_JSON_MORE : GT_JSON_LARGE;
	}
	s->seen = i - begin;
	return GT_JSON_MORE;
}

/* A value that nobody wants, from *at on. */
static bool skip(struct state *s, const struct input *in, size_t *at, enum gt_json_step *step)
{
	size_t i = *at;
	if (!s->inside) {
		if (!begin_value(s, in->p[i])) {
			*step = expected(s, in, i, NULL);
			return false;
		}
		i += !s->scalar;
	}
	enum walked walked = walk(s, in, &i);
	*at = i;
	if (walked == WALK_DONE) {
		s->inside = false;
		s->phase = MEMBER_END;
		return true;
	}
	*step = walked == WALK_BROKEN ? expected(s, in, i, in->p[i] == '}' ? "“]”" : "“}”")
		: in->last            ? expected(s, in, in->n, "")
				      : GT_JSON_MORE;
	return false;
}

static enum gt_json_step no_array(const struct gt_json_scan *scan, const struct input *in)
{
	gt_fail(in->err, GT_E_JSON_NO_ARRAY, GT_TEXT("%.*s", GT_STR_ARGS(scan->path)));
	return GT_JSON_BROKEN;
}

/* The key whose quote is at *at. */
static bool key(struct gt_json_scan *scan, struct state *s, const struct input *in, size_t *at,
	enum gt_json_step *step)
{
	size_t end = *at + 1;
	struct state probe = {.string = true};
	if (!walk_string(&probe, in, &end)) {
		bool endless = in->last || in->n - *at > GT_RECORD_MAX;
		*step = endless ? expected(s, in, in->n, "") : GT_JSON_MORE;
		return false;
	}
	struct gt_lex lex = {in->p + *at, in->p + *at, in->p + end, in->err, false};
	struct gt_str escaped = gt_lex_string(&lex);
	if (lex.broken) {
		*step = expected(s, in, *at, "“\"”");
		return false;
	}
	bool on_path = gt_json_key_is(escaped, component(scan->path, s->level));
	if (on_path && s->found) {
		gt_fail(in->err, GT_E_JSON_TWICE, GT_TEXT("%.*s", GT_STR_ARGS(scan->path)));
		*step = GT_JSON_BROKEN;
		return false;
	}
	s->phase = on_path ? PATH_COLON : COLON;
	*at = end;
	return true;
}

/* In an object on the path: a key or its end. */
static bool member(struct gt_json_scan *scan, struct state *s, const struct input *in, size_t *at,
	enum gt_json_step *step)
{
	char c = in->p[*at];
	if (c == '"' && s->phase != MEMBER_END)
		return key(scan, s, in, at, step);
	if (c == ',' && s->phase == MEMBER_END) {
		s->phase = KEY;
	} else if (c == '}' && s->phase != KEY) {
		if (!s->found) {
			*step = no_array(scan, in);
			return false;
		}
		s->phase = s->level ? MEMBER_END : TAIL;
		s->level = (uint8_t)(s->level - (s->level > 0));
	} else {
		*step = expected(s, in, *at, s->phase == MEMBER_END ? "“,” “}”" : "“\"”");
		return false;
	}
	++*at;
	return true;
}

/* At a value on the path. */
static bool path_value(struct gt_json_scan *scan, struct state *s, const struct input *in,
	size_t *at, enum gt_json_step *step)
{
	char c = in->p[*at];
	bool members = s->shape == GT_JSON_MEMBERS && s->level == s->levels;
	if (members && c == '{') {
		s->phase = FIRST_ELEMENT;
		++*at;
		return true;
	}
	bool list = s->shape == GT_JSON_LIST;
	if (s->level < s->levels ? c == '{' : c == '[' && list) {
		s->phase = c == '{' ? FIRST_KEY : FIRST_ELEMENT;
		++*at;
		return true;
	}
	bool one = s->shape == GT_JSON_ONE && s->level == s->levels;
	if (c == '{' && (one || (list && s->levels == 0))) {
		s->single = true;
		s->phase = ELEMENT;
		return true;
	}
	if (s->shape != GT_JSON_LIST && s->level == s->levels)
		*step = expected(s, in, *at, "“{”");
	else
		*step = s->levels ? no_array(scan, in) : expected(s, in, *at, "“[” “{”");
	return false;
}

static bool array(struct state *s, const struct input *in, size_t *at, struct gt_str *record,
	enum gt_json_step *step)
{
	char c = in->p[*at], close = s->shape == GT_JSON_MEMBERS ? '}' : ']';
	if (c == close && (s->phase == FIRST_ELEMENT || s->phase == ELEMENT_END)) {
		array_end(s);
		++*at;
		return true;
	}
	if (s->phase == ELEMENT_END) {
		if (c != ',') {
			*step = expected(s, in, *at, close == '}' ? "“,” “}”" : "“,” “]”");
			return false;
		}
		s->phase = ELEMENT;
		++*at;
		return true;
	}
	s->phase = ELEMENT;
	*step = element(s, in, at, record);
	return false;
}

/* One move of the machine; the input has at least one byte that is not space (or s is inside a
 * value). False: *step is the outcome. */
static bool move(struct gt_json_scan *scan, const struct input *in, size_t *at,
	struct gt_str *record, enum gt_json_step *step)
{
	struct state *s = state_of(scan);
	switch ((enum phase)s->phase) {
	case VALUE:
		return path_value(scan, s, in, at, step);
	case FIRST_KEY:
	case KEY:
	case MEMBER_END:
		return member(scan, s, in, at, step);
	case COLON:
	case PATH_COLON:
		if (in->p[*at] != ':') {
			*step = expected(s, in, *at, "“:”");
			return false;
		}
		++*at;
		s->level = (uint8_t)(s->level + (s->phase == PATH_COLON));
		s->phase = s->phase == PATH_COLON ? VALUE : SKIP;
		return true;
	case SKIP:
		return skip(s, in, at, step);
	case FIRST_ELEMENT:
	case ELEMENT:
	case ELEMENT_END:
		return array(s, in, at, record, step);
	case TAIL:
		break;
	}
	gt_fail(in->err, GT_E_JSON_TRAILING,
		GT_TEXT("%llu", (unsigned long long)(s->offset + *at)));
	*step = GT_JSON_BROKEN;
	return false;
}

enum gt_json_step gt_json_scan_next(struct gt_json_scan *scan, struct gt_str input, bool last,
	size_t *used, struct gt_str *record, struct gt_err *err)
{
	struct state *s = state_of(scan);
	const struct input in = {input.p, input.n, last, err};
	enum gt_json_step step = GT_JSON_MORE;
	size_t at = 0;
	if (s->offset == 0 && s->phase == VALUE) { /* a byte order mark? */
		if (in.n < 3 && !last) {
			*used = 0;
			return GT_JSON_MORE;
		}
		at = in.n >= 3 && memcmp(in.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	}
	for (;;) {
		while (!s->inside && at < in.n && gt_json_is_space(in.p[at]))
			at++;
		if (at == in.n) {
			if (last)
				step = s->phase == TAIL ? GT_JSON_END : expected(s, &in, at, "");
			break;
		}
		if (!move(scan, &in, &at, record, &step))
			break;
	}
	*used = at;
	s->offset += at;
	return step;
}
