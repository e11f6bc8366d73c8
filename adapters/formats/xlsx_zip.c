/* xlsx_zip.c: the archive, through minizip, and its XML, through expat. All limits on what a
 * workbook may unpack to are here. */
#include "xlsx.h"

#include <stdlib.h>
#include <strings.h>

/* ---- minizip's view of the bytes ---- */

static voidpf ZCALLBACK open_bytes(voidpf opaque, const void *name, int mode)
{
	struct xlsx_zip *zip = opaque;
	(void)name;
	(void)mode;
	zip->offset = 0;
	return zip;
}

static uLong ZCALLBACK read_bytes(voidpf opaque, voidpf stream, void *to, uLong n)
{
	struct xlsx_zip *zip = opaque;
	uint64_t left = zip->bytes->size > zip->offset ? zip->bytes->size - zip->offset : 0;
	(void)stream;
	n = n < left ? n : (uLong)left;
	if (n == 0 || !zip->bytes->read(zip->bytes->arg, zip->offset, to, n))
		return 0;
	zip->offset += n;
	return n;
}

static uLong ZCALLBACK write_bytes(voidpf opaque, voidpf stream, const void *from, uLong n)
{
	(void)opaque;
	(void)stream;
	(void)from;
	(void)n;
	return 0;
}

static ZPOS64_T ZCALLBACK tell_bytes(voidpf opaque, voidpf stream)
{
	(void)stream;
	return ((struct xlsx_zip *)opaque)->offset;
}

static long ZCALLBACK seek_bytes(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
	struct xlsx_zip *zip = opaque;
	uint64_t base = origin == ZLIB_FILEFUNC_SEEK_END   ? zip->bytes->size
			: origin == ZLIB_FILEFUNC_SEEK_CUR ? zip->offset
							   : 0;
	(void)stream;
	if (base + offset > zip->bytes->size)
		return -1;
	zip->offset = base + offset;
	return 0;
}

static int ZCALLBACK close_bytes(voidpf opaque, voidpf stream)
{
	(void)opaque;
	(void)stream;
	return 0;
}

static bool damaged(struct gt_err *err, const char *what)
{
	return gt_fail(err, GT_E_XLSX_DAMAGED, what);
}

/* ---- the directory ---- */

/* As OOXML names parts: some writers use backslashes, or a slash in front. */
static char *part_name(const char *name)
{
	while (*name == '/' || *name == '\\')
		name++;
	char *copy = strdup(name);
	for (char *p = copy; p && *p; p++)
		*p = *p == '\\' ? '/' : *p;
	return copy;
}

static bool add_part(struct xlsx_zip *zip, struct gt_err *err)
{
	unz_file_info64 info;
	char name[512] = "";
	struct xlsx_part *part = &zip->parts[zip->count];
	if (unzGetCurrentFileInfo64(zip->file, &info, name, sizeof(name) - 1, NULL, 0, NULL, 0) !=
			UNZ_OK ||
		unzGetFilePos64(zip->file, &part->at) != UNZ_OK)
		return damaged(err, name);
	*part = (struct xlsx_part){.name = part_name(name),
		.at = part->at,
		.size = info.uncompressed_size,
		.packed = info.compressed_size,
		.readable = !(info.flag & 1) && (info.compression_method == 0 ||
							info.compression_method == Z_DEFLATED)};
	if (!part->name)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(name)));
	zip->count++;
	return true;
}

static bool read_directory(struct xlsx_zip *zip, struct gt_err *err)
{
	unz_global_info64 all;
	if (unzGetGlobalInfo64(zip->file, &all) != UNZ_OK)
		return damaged(err, "zip");
	if (all.number_entry > XLSX_PARTS_MAX)
		return gt_fail(err, GT_E_XLSX_PARTS, GT_TEXT("%u", XLSX_PARTS_MAX));
	zip->parts = calloc((size_t)all.number_entry + 1, sizeof(*zip->parts));
	if (!zip->parts)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", XLSX_PARTS_MAX));
	for (int next = unzGoToFirstFile(zip->file);
		next == UNZ_OK && zip->count < all.number_entry; next = unzGoToNextFile(zip->file))
		if (!add_part(zip, err))
			return false;
	return zip->count == all.number_entry || damaged(err, "zip");
}

bool xlsx_zip_open(struct xlsx_zip *zip, const struct gt_seekable *bytes, struct gt_err *err)
{
	zlib_filefunc64_def functions = {.zopen64_file = open_bytes,
		.zread_file = read_bytes,
		.zwrite_file = write_bytes,
		.ztell64_file = tell_bytes,
		.zseek64_file = seek_bytes,
		.zclose_file = close_bytes,
		.zerror_file = close_bytes,
		.opaque = zip};
	xlsx_zip_close(zip);
	zip->bytes = bytes;
	zip->file = unzOpen2_64("", &functions);
	return zip->file ? read_directory(zip, err) : damaged(err, "zip");
}

void xlsx_zip_close(struct xlsx_zip *zip)
{
	if (zip->file)
		unzClose(zip->file);
	for (size_t i = 0; i < zip->count; i++)
		free(zip->parts[i].name);
	free(zip->parts);
	memset(zip, 0, sizeof(*zip));
}

const struct xlsx_part *xlsx_zip_find(const struct xlsx_zip *zip, struct gt_str name)
{
	for (size_t i = 0; i < zip->count; i++)
		if (strlen(zip->parts[i].name) == name.n &&
			strncasecmp(zip->parts[i].name, name.p, name.n) == 0)
			return &zip->parts[i];
	return NULL;
}

/* ---- one part ---- */

static bool too_large(const struct xlsx_part *part, uint64_t most, struct gt_err *err)
{
	return gt_fail(err, GT_E_XLSX_LARGE, part->name,
		GT_TEXT("%llu", (unsigned long long)part->size),
		GT_TEXT("%llu", (unsigned long long)most));
}

bool xlsx_zip_start(struct xlsx_zip *zip, const struct xlsx_part *part, struct gt_err *err)
{
	/* minizip never gives more than the size that the directory says. */
	if (part->size > XLSX_PART_MAX)
		return !too_large(part, XLSX_PART_MAX, err) && false;
	if (part->size > XLSX_RATIO_FROM && part->size / XLSX_RATIO_MAX > part->packed)
		return !too_large(part, part->packed * XLSX_RATIO_MAX, err) && false;
	unzCloseCurrentFile(zip->file); /* of an earlier part; there may be none */
	if (!part->readable || unzGoToFilePos64(zip->file, &part->at) != UNZ_OK ||
		unzOpenCurrentFile(zip->file) != UNZ_OK)
		return damaged(err, part->name);
	return true;
}

int xlsx_zip_read(struct xlsx_zip *zip, const struct xlsx_part *part, void *to, unsigned n,
	struct gt_err *err)
{
	int got = unzReadCurrentFile(zip->file, to, n);
	if (got > 0)
		return got;
	/* At the end minizip compares checksums when the part is closed; a part that is shorter
	 * than the directory says ends without an error. */
	bool whole = got == 0 && (uint64_t)unztell64(zip->file) == part->size;
	if (!whole || unzCloseCurrentFile(zip->file) != UNZ_OK) {
		damaged(err, part->name);
		return -1;
	}
	return 0;
}

/* ---- XML ---- */

static const char *local(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *xlsx_attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(local(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}

bool xlsx_true(const char *value)
{
	return value &&
	       (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}

void xlsx_xml_fail(struct xlsx_xml *xml, struct gt_failure why)
{
	if (!xml->failed)
		gt_fail_with(&xml->err, why);
	xml->failed = true;
	XML_StopParser(xml->parser, XML_FALSE);
}

void xlsx_xml_pause(struct xlsx_xml *xml)
{
	XML_StopParser(xml->parser, XML_TRUE);
}

static void XMLCALL start_element(void *arg, const char *name, const char **attributes)
{
	struct xlsx_xml *xml = arg;
	xml->quiet = 0;
	if (++xml->depth > XLSX_DEPTH_MAX)
		xlsx_xml_fail(xml, (struct gt_failure){GT_E_XLSX_DEPTH, xml->part->name,
					   GT_TEXT("%u", XLSX_DEPTH_MAX)});
	if (!xml->failed)
		xml->start(xml->arg, local(name), attributes);
}

static void XMLCALL end_element(void *arg, const char *name)
{
	struct xlsx_xml *xml = arg;
	xml->quiet = 0;
	xml->depth--;
	if (!xml->failed)
		xml->end(xml->arg, local(name));
}

static void XMLCALL characters(void *arg, const char *s, int n)
{
	struct xlsx_xml *xml = arg;
	xml->quiet = 0;
	if (!xml->failed && xml->text)
		xml->text(xml->arg, s, n);
}

static void XMLCALL refuse_doctype(
	void *arg, const char *name, const char *system, const char *public, int internal)
{
	struct xlsx_xml *xml = arg;
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xlsx_xml_fail(xml, (struct gt_failure){GT_E_XLSX_DOCTYPE, xml->part->name});
}

bool xlsx_xml_begin(struct xlsx_xml *xml, struct gt_err *err)
{
	xml->depth = 0;
	xml->quiet = 0;
	xml->last = xml->failed = false;
	if (!xlsx_zip_start(xml->zip, xml->part, err))
		return false;
	xlsx_xml_end(xml);
	xml->parser = XML_ParserCreate(NULL);
	if (!xml->parser)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", XLSX_CHUNK));
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, start_element, end_element);
	XML_SetCharacterDataHandler(xml->parser, characters);
	XML_SetStartDoctypeDeclHandler(xml->parser, refuse_doctype);
	return true;
}

static bool broken(struct xlsx_xml *xml, struct gt_err *err)
{
	if (xml->failed)
		*err = xml->err;
	else
		gt_fail(err, GT_E_XLSX_XML, xml->part->name,
			GT_TEXT("%lu", (unsigned long)XML_GetCurrentLineNumber(xml->parser)),
			XML_ErrorString(XML_GetErrorCode(xml->parser)));
	return false;
}

/* The next bytes of the part. False: err is set. */
static bool feed_chunk(struct xlsx_xml *xml, enum XML_Status *status, struct gt_err *err)
{
	void *buffer = XML_GetBuffer(xml->parser, XLSX_CHUNK);
	if (!buffer)
		return broken(xml, err);
	int got = xlsx_zip_read(xml->zip, xml->part, buffer, XLSX_CHUNK, err);
	if (got < 0)
		return false;
	xml->last = got == 0;
	xml->quiet += (size_t)got;
	*status = XML_ParseBuffer(xml->parser, got, xml->last);
	/* A tag that does not end is looked at again with every chunk. */
	if (!xml->last && xml->quiet > XLSX_TOKEN_MAX)
		return gt_fail(err, GT_E_XLSX_LARGE, xml->part->name, GT_TEXT("%zu", xml->quiet),
			GT_TEXT("%u", XLSX_TOKEN_MAX));
	return true;
}

enum sheet_next xlsx_xml_run(struct xlsx_xml *xml, struct gt_err *err)
{
	XML_ParsingStatus state;
	enum XML_Status status;
	for (;;) {
		XML_GetParsingStatus(xml->parser, &state);
		if (state.parsing == XML_SUSPENDED)
			status = XML_ResumeParser(xml->parser);
		else if (xml->last)
			return SHEET_END;
		else if (!feed_chunk(xml, &status, err))
			return SHEET_ERROR;
		if (status == XML_STATUS_ERROR || xml->failed) {
			broken(xml, err);
			return SHEET_ERROR;
		}
		if (status == XML_STATUS_SUSPENDED)
			return SHEET_ROW;
	}
}

bool xlsx_xml_whole(struct xlsx_xml *xml, struct gt_err *err)
{
	bool ok = xlsx_xml_begin(xml, err) && xlsx_xml_run(xml, err) == SHEET_END;
	xlsx_xml_end(xml);
	return ok;
}

void xlsx_xml_end(struct xlsx_xml *xml)
{
	if (xml->parser)
		XML_ParserFree(xml->parser);
	xml->parser = NULL;
}
