/* keygen.c: `guantong keygen`: the site's keys, each a file for its owner alone. */
#include "cmd.h"

#include "json_write.h"
#include "pseudonym.h"
#include "sign.h"

static bool make(
	const char *path, bool pseudonym, const char *id, char key_id[17], struct gt_err *err)
{
	if (!pseudonym)
		return gt_keygen(path, key_id, err);
	if (!gt_pseudonym_id_good(id))
		return gt_fail(err, GT_E_KEYGEN_ID, id);
	gt_text(key_id, 17, "%s", id);
	return gt_pseudonym_keygen(path, id, err);
}

static void print(const char *path, bool pseudonym, const char *id, bool json)
{
	struct gt_buf out;
	struct gt_err note;

	gt_buf_init(&out, 65536);
	if (json) {
		gt_buf_adds(&out, "{\"file\":");
		gt_json_add_text(&out, gt_cstr(path));
		gt_buf_addf(&out, ",\"kind\":\"%s\",\"id\":\"%s\"}\n",
			pseudonym ? "pseudonym" : "signing", id);
	} else {
		gt_fail(&note, pseudonym ? GT_E_KEYGEN_PSEUDONYM : GT_E_KEYGEN_DONE, path, id);
		gt_err_write(&note, &out);
		gt_buf_adds(&out, "\n");
	}
	gt_put_out(&out);
	gt_buf_fini(&out);
}

int gt_cmd_keygen(const struct gt_verb *verb, int argc, char **argv)
{
	bool pseudonym = false, json = false;
	const char *id = "p1";
	const struct gt_arg args[] = {{"pseudonym", 0, GT_ARG_FLAG, &pseudonym, 0, 0, NULL,
					      "a key of pseudonyms instead", "改为生成假名密钥"},
		{"id", 0, GT_ARG_TEXT, &id, 0, 0, "ID", "id of the key of pseudonyms (p1)",
			"假名密钥标识（默认 p1）"},
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands, key_id[17] = "";
	struct gt_err err;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 1, &operands, &n, &code))
		return code;
	if (!make(operands[0], pseudonym, id, key_id, &err)) {
		gt_report(&err);
		return GT_EXIT_FAILED;
	}
	print(operands[0], pseudonym, key_id, json);
	return GT_EXIT_OK;
}
