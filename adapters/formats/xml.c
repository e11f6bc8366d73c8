/* xml.c: the elements at one path of an XML document, of any size, in bounded memory. expat parses
 * UTF-8 that comes in pieces; other charsets are recoded before. A record that is broken is one bad
 * row: the parser is started anew behind it, inside the same elements. So is resuming.
 * Not here: what an element means (the mapping), MIME envelopes (the adapter). */
#include "large.h"
#include "recode.h"
#include "xml_head.h"
#include "xml_row.h"

#include <guantong/format.h>

#include <expat.h>

#include <strings.h>

#define CHUNK 65536u /* bytes that expat gets at once */
#define FAULT_MAX 400u

struct xml {
	struct gt_str records; /* option */
	/* of the document */
	struct gt_str path[XML_LEVELS_MAX];
	unsigned levels;
	enum gt_charset charset;
	struct recode recode;
	XML_Parser parser;
	struct xml_row *row;
	struct large large;
	uint64_t start, at, resume, rows; /* as in json.c */
	uint64_t before;
	bool numbered;
	/* of the text: places in what the parser reads, counted from the last jump */
	uint64_t text_at; /* of the first byte that feed() is given; belongs to `at` */
	int64_t base;     /* of the parser's first byte */
	uint64_t parsed;  /* up to here the parser has it */
	uint64_t safe;    /* behind what the parser told last */
	uint64_t record_at, record_end;
	unsigned depth, matched; /* open elements; of these, from the root on, on the path */
	char names[XML_LEVELS_MAX][XML_NAME_MAX]; /* theirs, as written; the record's too */
	bool guessed[XML_LEVELS_MAX]; /* … as written where this instance did not see it */
	bool in_record, waiting;      /* waiting: a whole record, for a batch that has room */
	bool found;                   /* what contains the records was there */
	bool finished;                /* the parser has the document's end */
	bool broken;                  /* the record is no XML (why); its end is being looked for */
	bool stopped;                 /* by a handler, `why` says why */
	uint64_t look_from;
	struct gt_err why;
	unsigned body, fault; /* depth of Body, of Fault in it; 0 = none */
	bool fault_text;
	char said[FAULT_MAX + 1];
	size_t said_n;
};

/* ---- what expat tells ---- */

static bool told(struct xml *xml)
{
	xml->safe = (uint64_t)(xml->base + XML_GetCurrentByteIndex(xml->parser) +
			       XML_GetCurrentByteCount(xml->parser));
	return !xml->stopped;
}

static void stop(struct xml *xml)
{
	xml->stopped = true;
	XML_StopParser(xml->parser, XML_FALSE);
}

static void keep_name(char *to, const char *name)
{
	gt_text(to, XML_NAME_MAX, "%s", name);
}

/* An element outside of records. */
static void enter(struct xml *xml, const char *name, const char **attributes)
{
	struct gt_str local = gt_cstr(xml_local(name));
	bool fits = xml->matched == xml->depth - 1 && xml->matched < xml->levels &&
		    xml_is_named(name, xml->path[xml->matched]);
	bool wanted = fits && !gt_str_eq(xml->path[xml->matched], GT_LIT("*"));
	if (xml->body && xml->depth == xml->body + 1 && !wanted &&
		gt_str_eq(local, GT_LIT("Fault")))
		xml->fault = xml->depth;
	if (xml->depth == 2 && gt_str_eq(local, GT_LIT("Body")))
		xml->body = 2;
	if (!fits || xml->fault)
		return;
	keep_name(xml->names[xml->matched], name);
	xml->guessed[xml->matched++] = false;
	if (xml->matched + 1 >= xml->levels)
		xml->found = true;
	if (xml->matched < xml->levels)
		return;
	xml->in_record = true;
	xml->record_at = (uint64_t)(xml->base + XML_GetCurrentByteIndex(xml->parser));
	xml_row_start(xml->row, attributes);
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
	struct xml *xml = data;
	if (!told(xml))
		return;
	if (xml->depth == GT_XML_DEPTH_MAX) {
		gt_fail(&xml->why, GT_E_XML_DEPTH, GT_TEXT("%u", GT_XML_DEPTH_MAX));
		stop(xml);
		return;
	}
	xml->depth++;
	if (xml->fault)
		xml->fault_text = strcmp(xml_local(name), "faultstring") == 0 ||
				  strcmp(xml_local(name), "Text") == 0;
	else if (!xml->in_record)
		enter(xml, name, attributes);
	else if (!xml->large.open)
		xml_row_open(xml->row, name, attributes);
}

static void XMLCALL on_end(void *data, const char *name)
{
	struct xml *xml = data;
	(void)name;
	if (!told(xml))
		return;
	if (xml->in_record && !xml->large.open)
		xml_row_close(xml->row);
	if (xml->in_record && xml->depth == xml->levels) {
		xml->in_record = false;
		xml->waiting = true;
		xml->record_end = xml->safe;
		XML_StopParser(xml->parser, XML_TRUE);
	}
	if (xml->fault == xml->depth && xml->fault) {
		gt_fail(&xml->why, GT_E_XML_FAULT, GT_TEXT("%.*s", (int)xml->said_n, xml->said));
		stop(xml);
	}
	xml->fault_text = false;
	xml->body = xml->body == xml->depth ? 0 : xml->body;
	xml->matched -= xml->matched == xml->depth;
	xml->depth--;
}

static void XMLCALL on_text(void *data, const char *text, int size)
{
	struct xml *xml = data;
	size_t n = (size_t)size, room = FAULT_MAX - xml->said_n;
	if (!told(xml))
		return;
	if (xml->in_record && !xml->large.open)
		xml_row_text(xml->row, text, n);
	if (!xml->fault_text)
		return;
	n = n < room ? n : room;
	memcpy(xml->said + xml->said_n, text, n);
	xml->said_n += n;
}

static void XMLCALL on_doctype(
	void *data, const char *name, const char *system, const char *public, int internal)
{
	struct xml *xml = data;
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	if (!told(xml))
		return;
	gt_fail(&xml->why, GT_E_XML_DOCTYPE);
	stop(xml);
}

static void XMLCALL on_other(void *data, const char *text, int size)
{
	(void)text;
	(void)size;
	(void)told(data);
}

/* A parser at its begin. False: no memory. */
static bool fresh(struct xml *xml)
{
	if (!xml->parser)
		xml->parser = XML_ParserCreate("UTF-8");
	else if (!XML_ParserReset(xml->parser, "UTF-8"))
		return false;
	if (!xml->parser)
		return false;
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, on_start, on_end);
	XML_SetCharacterDataHandler(xml->parser, on_text);
	XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
	XML_SetDefaultHandler(xml->parser, on_other);
	xml->depth = xml->matched = xml->body = xml->fault = 0;
	xml->in_record = xml->waiting = xml->broken = xml->stopped = xml->finished = false;
	xml->fault_text = false;
	xml->said_n = 0;
	return true;
}

/* Starts the parser at this place of the text, inside the first `inside` elements of the path. */
static bool start_at(struct xml *xml, uint64_t text, unsigned inside)
{
	char tags[XML_LEVELS_MAX * (XML_NAME_MAX + 2)];
	size_t n = 0;
	bool guessed[XML_LEVELS_MAX];
	memcpy(guessed, xml->guessed, sizeof(guessed));
	for (unsigned i = 0; i < inside; i++)
		n += strlen(gt_text(tags + n, XML_NAME_MAX + 2, "<%s>", xml->names[i]));
	if (!fresh(xml))
		return false;
	xml->base = (int64_t)text - (int64_t)n;
	if (n && XML_Parse(xml->parser, tags, (int)n, 0) != XML_STATUS_OK)
		return false;
	memcpy(xml->guessed, guessed, sizeof(guessed));
	xml->parsed = xml->safe = text;
	return true;
}

/* Bytes come from this document offset on. */
static bool go_to(struct xml *xml, uint64_t offset)
{
	xml->at = xml->resume = xml->text_at = offset;
	xml->large.open = false;
	xml->numbered = offset == xml->start;
	if (xml->numbered)
		return start_at(xml, offset, 0);
	for (unsigned i = 0; i + 1 < xml->levels; i++)
		if (!xml->names[i][0] || xml->guessed[i]) {
			bool any = gt_str_eq(xml->path[i], GT_LIT("*"));
			gt_text(xml->names[i], XML_NAME_MAX, "%.*s", any ? 1 : (int)xml->path[i].n,
				any ? "x" : xml->path[i].p);
			xml->guessed[i] = true;
		}
	xml->found = true;
	return start_at(xml, offset, xml->levels - 1);
}

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	struct xml *xml = self;
	size_t fields, bom;
	const struct gt_str *names = gt_host_fields(host, &fields);
	if (!xml_read_path(xml->records, xml->path, &xml->levels, err) ||
		!xml_find_charset(head, whole, &xml->charset, &bom, err) ||
		!recode_start(&xml->recode, xml->charset, err))
		return false;
	if (!xml->row)
		xml->row = xml_row_new(names, fields);
	memset(xml->names, 0, sizeof(xml->names));
	xml->start = bom;
	xml->found = xml->levels == 1;
	if (!xml->row || !go_to(xml, bom))
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*xml)));
	xml->rows = 0;
	xml->before = document->rows_before;
	document->format = GT_LIT("xml");
	document->charset = gt_cstr(gt_charset_name(xml->charset));
	*start = bom;
	return true;
}

/* ---- records ---- */

static struct gt_place place(const struct xml *xml, uint64_t offset)
{
	bool known = xml->numbered || xml->before > 0;
	return (struct gt_place){offset, known ? xml->before + xml->rows + 1 : 0};
}

/* Where the text's place lies in the document's bytes that feed() was given. */
static size_t behind(struct xml *xml, uint64_t text)
{
	return recode_back(&xml->recode, (size_t)(text - xml->text_at));
}

/* So that the bytes of a record are at hand, whatever the charset. */
static uint64_t limit(const struct xml *xml)
{
	bool wide = xml->charset == GT_CHARSET_UTF16LE || xml->charset == GT_CHARSET_UTF16BE;
	return wide ? GT_RECORD_MAX / 2 : GT_RECORD_MAX;
}

/* The record has become too long: it goes by, hashed. */
static bool begin_large(struct xml *xml, struct gt_str bytes, struct gt_err *err)
{
	size_t from = behind(xml, xml->record_at);
	struct gt_str first = gt_str(bytes.p + from, bytes.n - from);
	if (large_begin(&xml->large, first, place(xml, xml->at + from)))
		return true;
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_REJECT_KEEP));
}

static void pass_large(struct xml *xml, struct gt_str bytes, uint64_t text)
{
	large_pass(&xml->large, bytes, xml->at, xml->at + behind(xml, text));
}

/* The record that waits. False: the batch has no room. */
static bool add_row(struct xml *xml, struct gt_batch *batch, struct gt_str bytes)
{
	size_t from = behind(xml, xml->record_at), to = behind(xml, xml->record_end);
	struct gt_str raw = gt_batch_copy(batch, gt_str(bytes.p + from, to - from));
	struct gt_place at = place(xml, xml->at + from);
	if (!raw.p)
		return false;
	if (xml->broken)
		return gt_batch_add_bad(batch, raw, at, 0, &xml->why);
	struct gt_mark mark = gt_batch_mark(batch);
	struct gt_value *values = gt_batch_add(batch, raw, at);
	if (values && xml_row_put(xml->row, batch, values))
		return true;
	gt_batch_rollback(batch, mark);
	return false;
}

/* DONE: it is in the batch, and the parser goes on or was started behind it. */
static enum gt_feed deliver(
	struct xml *xml, struct gt_batch *batch, struct gt_str bytes, struct gt_err *err)
{
	bool long_one = xml->record_end - xml->record_at > limit(xml);
	if (!xml->large.open && !xml->broken && long_one && !begin_large(xml, bytes, err))
		return GT_FEED_ERROR;
	if (xml->large.open) {
		pass_large(xml, bytes, xml->record_end);
		xml->large.whole = xml->at + behind(xml, xml->record_end) - xml->large.place.offset;
	}
	bool added = xml->large.open ? large_add(&xml->large, batch) : add_row(xml, batch, bytes);
	if (!added)
		return GT_FEED_FULL;
	xml->rows++;
	xml->resume = xml->at + behind(xml, xml->record_end);
	xml->waiting = false;
	if (!xml->broken || start_at(xml, xml->record_end, xml->levels - 1))
		return GT_FEED_DONE;
	gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*xml)));
	return GT_FEED_ERROR;
}

/* ---- what is no XML ---- */

/* The parser stopped inside a record: looks for the record's closing tag. DONE: found, it waits. */
static enum gt_feed find_end(struct xml *xml, bool last, struct gt_err *err)
{
	char tag[XML_NAME_MAX + 2];
	size_t n = strlen(gt_text(tag, sizeof tag, "</%s", xml->names[xml->levels - 1]));
	struct gt_str text = xml->recode.text;
	size_t at = (size_t)(xml->look_from - xml->text_at);
	for (const char *p; (p = memmem(text.p + at, text.n - at, tag, n)) != NULL;) {
		at = (size_t)(p - text.p) + n;
		while (at < text.n && strchr(" \t\r\n", text.p[at]) && text.p[at])
			at++;
		if (at == text.n || text.p[at] != '>')
			continue;
		xml->record_end = xml->text_at + at + 1;
		xml->in_record = false;
		xml->waiting = true;
		return GT_FEED_DONE;
	}
	if (!last && text.n - (size_t)(xml->record_at - xml->text_at) <= limit(xml))
		return GT_FEED_MORE;
	*err = xml->why;
	return GT_FEED_ERROR;
}

/* A closing tag that does not fit a name that was guessed: that was its name. */
static bool learn_name(struct xml *xml, uint64_t error_at)
{
	struct gt_str text = xml->recode.text;
	size_t at = (size_t)(error_at - xml->text_at), n = 0;
	char name[XML_NAME_MAX];
	if (xml->in_record || xml->depth == 0 || xml->depth != xml->matched ||
		!xml->guessed[xml->depth - 1] || error_at < xml->text_at)
		return false;
	at += at + 2 < text.n && text.p[at] == '<' ? 2 : 0;
	while (at + n < text.n && n + 1 < XML_NAME_MAX && !strchr("> \t\r\n", text.p[at + n]))
		n++;
	gt_text(name, sizeof name, "%.*s", (int)n, text.p + at);
	unsigned level = xml->depth - 1;
	if (n == 0 || at < 2 || !xml_is_named(name, xml->path[level]))
		return false;
	keep_name(xml->names[level], name);
	xml->guessed[level] = false;
	return start_at(xml, xml->text_at + at - 2, level + 1);
}

/* The parser stopped in a tag that begins a record. */
static void enter_broken(struct xml *xml)
{
	struct gt_str text = xml->recode.text;
	size_t at = (size_t)(xml->safe - xml->text_at), n = 0;
	char name[XML_NAME_MAX];
	bool here = xml->levels > 1 && xml->matched + 1 == xml->levels &&
		    xml->depth == xml->matched && xml->safe >= xml->text_at;
	if (xml->in_record || !here || at >= text.n || text.p[at] != '<')
		return;
	while (at + 1 + n < text.n && n + 1 < XML_NAME_MAX &&
		!strchr("<>/= \t\r\n", text.p[at + 1 + n]))
		n++;
	gt_text(name, sizeof name, "%.*s", (int)n, text.p + at + 1);
	if (n == 0 || !xml_is_named(name, xml->path[xml->matched]))
		return;
	keep_name(xml->names[xml->matched], name);
	xml->in_record = true;
	xml->record_at = xml->safe;
}

/* DONE: parsing goes on. */
static enum gt_feed parser_failed(struct xml *xml, bool last, struct gt_err *err)
{
	enum XML_Error code = XML_GetErrorCode(xml->parser);
	uint64_t at = (uint64_t)(xml->base + XML_GetCurrentByteIndex(xml->parser));
	if (!xml->stopped)
		enter_broken(xml);
	uint64_t least = xml->in_record ? xml->record_at : xml->text_at;
	at = at < least ? least : at > xml->parsed ? xml->parsed : at;
	if (code == XML_ERROR_TAG_MISMATCH && learn_name(xml, at))
		return GT_FEED_DONE;
	uint64_t from = xml->in_record ? xml->at + behind(xml, xml->record_at) : 0;
	const char *offset = GT_TEXT("%llu",
		(unsigned long long)(xml->large.open ? at : xml->at + behind(xml, at) - from));
	bool inside = xml->in_record && !xml->large.open && xml->levels > 1;
	if (code == XML_ERROR_NO_MEMORY)
		gt_fail(&xml->why, GT_E_MEMORY_BUDGET, GT_TEXT("%u", CHUNK));
	else if (!xml->stopped)
		gt_fail(&xml->why, inside ? GT_E_XML_ROW : GT_E_XML_BROKEN, offset,
			XML_ErrorString(code));
	if (!inside || code == XML_ERROR_NO_MEMORY) {
		*err = xml->why;
		return GT_FEED_ERROR;
	}
	xml->broken = true;
	xml->look_from = at >= xml->record_at + 2 ? at - 2 : at;
	return find_end(xml, last, err);
}

/* ---- feeding ---- */

/* Gives the parser more, or lets it go on. */
static enum XML_Status go_on(struct xml *xml, bool suspended, bool last)
{
	if (suspended)
		return XML_ResumeParser(xml->parser);
	size_t at = (size_t)(xml->parsed - xml->text_at), n = xml->recode.text.n - at;
	bool end = last && n <= CHUNK;
	n = n > CHUNK ? CHUNK : n;
	xml->parsed += n;
	xml->finished = end;
	return XML_Parse(xml->parser, xml->recode.text.p + at, (int)n, end);
}

/* Is a record, or something outside of them, longer than may be? */
static bool watch_length(struct xml *xml, struct gt_str bytes, struct gt_err *err)
{
	if (xml->parsed - xml->safe > 2 * GT_RECORD_MAX)
		return gt_fail(err, GT_E_XML_BROKEN,
			GT_TEXT("%llu", (unsigned long long)(xml->at + bytes.n)),
			XML_ErrorString(XML_ERROR_UNCLOSED_TOKEN));
	if (!xml->in_record || xml->broken)
		return true;
	if (!xml->large.open && xml->parsed - xml->record_at > limit(xml) &&
		!begin_large(xml, bytes, err))
		return false;
	if (xml->large.open)
		pass_large(xml, bytes, xml->parsed);
	return true;
}

static enum gt_feed the_end(const struct xml *xml, struct gt_err *err)
{
	struct gt_str path = xml->records;
	if (xml->found)
		return GT_FEED_DONE;
	gt_fail(err, GT_E_XML_NO_RECORDS, GT_TEXT("%.*s", GT_STR_ARGS(path)));
	return GT_FEED_ERROR;
}

/* Takes records until the text or the batch ends. */
static enum gt_feed records(
	struct xml *xml, struct gt_batch *batch, struct gt_str bytes, bool last, struct gt_err *err)
{
	if (xml->broken && !xml->waiting) {
		enum gt_feed found = find_end(xml, last, err);
		if (found != GT_FEED_DONE)
			return found;
	}
	for (;;) {
		bool suspended = xml->waiting && !xml->broken;
		if (xml->waiting) {
			enum gt_feed done = deliver(xml, batch, bytes, err);
			if (done != GT_FEED_DONE)
				return done;
		}
		bool all = xml->parsed == xml->text_at + xml->recode.text.n;
		if (!suspended && xml->finished)
			return the_end(xml, err);
		if (!suspended && all && !last)
			return GT_FEED_MORE;
		enum XML_Status status = go_on(xml, suspended, last);
		if (status == XML_STATUS_ERROR) {
			enum gt_feed done = parser_failed(xml, last, err);
			if (done != GT_FEED_DONE)
				return done;
		} else if (!xml_row_ok(xml->row)) {
			gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", GT_RECORD_MAX));
			return GT_FEED_ERROR;
		} else if (!xml->waiting && !watch_length(xml, bytes, err)) {
			return GT_FEED_ERROR;
		}
	}
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	struct xml *xml = self;
	if (offset != xml->at && !go_to(xml, offset))
		goto no_memory;
	if (xml->levels == 1 && !xml->numbered) { /* resumed behind the only record */
		xml->resume = xml->at = offset + bytes.n;
		*fed = (struct gt_fed){bytes.n, xml->resume, 0};
		return last ? GT_FEED_DONE : GT_FEED_MORE;
	}
	if (!recode_run(&xml->recode, bytes, last))
		goto no_memory;
	enum gt_feed outcome = records(xml, batch, bytes, last, err);
	bool needed = (xml->in_record || xml->waiting) && !xml->large.open;
	uint64_t done = needed ? xml->record_at : xml->large.open ? xml->parsed : xml->safe;
	if (xml->waiting && xml->large.open)
		done = xml->record_end;
	size_t used = behind(xml, done);
	xml->at += used;
	xml->text_at = done;
	*fed = (struct gt_fed){used, xml->resume, xml->rows};
	return outcome;
no_memory:
	gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 3 * bytes.n));
	*fed = (struct gt_fed){0, xml->resume, xml->rows};
	return GT_FEED_ERROR;
}

static void end(void *self)
{
	struct xml *xml = self;
	if (xml->parser)
		XML_ParserFree(xml->parser);
	xml_row_free(xml->row);
	recode_end(&xml->recode);
	large_end(&xml->large);
	xml->parser = NULL;
	xml->row = NULL;
}

static const struct gt_option options[] = {
	{"records", GT_OPT_TEXT, offsetof(struct xml, records), 0, 256, NULL, "/*/*", 0,
		"path of the elements that are the records, for example /root/rows/row; * = any "
		"element",
		"记录元素的路径，例如 /root/rows/row；* = 任意元素", NULL, NULL},
	{0},
};

/* The first mark opens an element or a prolog. */
static int sniff(struct gt_str head, struct gt_str name)
{
	size_t at = head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (at < head.n && strchr(" \t\r\n", head.p[at]) && head.p[at])
		at++;
	if (at + 1 >= head.n || head.p[at] != '<' || strchr(" \t\r\n<>=0123456789", head.p[at + 1]))
		return 0;
	return name.n > 4 && strncasecmp(name.p + name.n - 4, ".xml", 4) == 0 ? 90 : 70;
}

GT_FORMAT(xml, .summary = "elements of an XML document, also in SOAP envelopes",
	.summary_zh = "XML 文档中的元素，也可在 SOAP 信封中", .self_size = sizeof(struct xml),
	.options = options, .begin = begin, .feed = feed, .end = end, .sniff = sniff);
