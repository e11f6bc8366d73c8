/* gateway.c: guantong.yaml: the gateway's own options, its keys and its data standard. */
#include "loading.h"

#include "checks.h"
#include "gt_assert.h"
#include "pseudonym.h"
#include "sign.h"

#include <stdlib.h>

#define PREFIX_MAX 20u
#define SUN_PATH_MAX 107u

const struct gt_option gt_folder_options[] = {
	{.name = "secrets",
		.type = GT_OPT_PATH,
		.offset = offsetof(struct gt_folder_conf, secrets),
		.flags = GT_OPT_MUST_EXIST,
		.en = "folder of the files that {secret: NAME} refers to; none: secrets beside "
		      "this file",
		.zh = "{secret: 名称} 所指文件所在的文件夹；不填则为本文件旁的 secrets"},
	{.name = NULL}};

static struct gt_pos pos_of(const struct gt_yaml *root, const char *key)
{
	const struct gt_yaml *node = root ? gt_yaml_get(root, key) : NULL;

	return node ? node->pos : root ? root->pos : (struct gt_pos){0};
}

static void check_names(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;

	if (gateway->site.n)
		(void)gt_slug_check(
			l->ctx.diags, pos_of(root, "site"), "site", gateway->site, GT_SLUG_MAX);
	(void)gt_slug_check(
		l->ctx.diags, pos_of(root, "prefix"), "prefix", gateway->prefix, PREFIX_MAX);
	if (gateway->organisation.n && gt_check_uscc(gateway->organisation) != GT_CHECK_OK)
		gt_diags_add(l->ctx.diags, pos_of(root, "organisation"), GT_E_ORGANISATION,
			GT_TEXT("%.*s", GT_STR_ARGS(gateway->organisation)));
}

/* A variable of the service manager, else a place beside guantong.yaml. */
static struct gt_str place(
	struct gt_loading *l, const char *variable, const char *inside, const char *beside)
{
	const char *given = getenv(variable);

	if (given && *given)
		return gt_arena_printf(l->ctx.memory, "%s%s", given, inside);
	return gt_arena_printf(l->ctx.memory, "%s/%s", l->config->folder, beside);
}

static void set_places(struct gt_loading *l)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;

	if (!gateway->data.n)
		gateway->data = place(l, "STATE_DIRECTORY", "", "data");
	if (!gateway->admin.n)
		gateway->admin = place(l, "RUNTIME_DIRECTORY", "/guantong.sock", "guantong.sock");
}

/* Comes first: the gateway's own options refer to secrets too. Mistakes are told by the full
 * reading. */
static void find_secrets(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_folder_conf folder = {0};
	const struct gt_table part = {gt_folder_options, &folder};
	struct gt_diags *diags = l->ctx.diags, untold = {0};

	l->ctx.diags = &untold;
	if (root)
		gt_parts_read(&l->ctx, &part, 1, root, NULL, true);
	l->ctx.diags = diags;
	gt_diags_fini(&untold);
	l->secrets = folder.secrets;
	if (!l->secrets.n)
		l->secrets = gt_arena_printf(l->ctx.memory, "%s/secrets", l->config->folder);
	l->config->secrets = l->secrets;
	if (!(l->flags & GT_CONFIG_NO_SECRETS))
		l->ctx.secrets_dir = l->secrets.p;
}

static void load_keys(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;
	struct gt_err err;

	/* A key that is named is taken for there, so that mappings of marked elements are judged.
	 */
	gateway->pseudonym.set = gateway->pseudonym_key.n > 0;
	if (l->flags & GT_CONFIG_NO_SECRETS)
		return;
	if (gateway->key.n) {
		struct gt_signer *signer = gt_signer_load(gateway->key.p, &err);
		if (!signer)
			gt_diags_add_err(l->ctx.diags, pos_of(root, "key"), &err);
		gt_signer_free(signer);
	}
	if (gateway->pseudonym_key.n &&
		!gt_pseudonym_load(gateway->pseudonym_key.p, &gateway->pseudonyms, &err))
		gt_diags_add_err(l->ctx.diags, pos_of(root, "pseudonym_key"), &err);
	if (gateway->pseudonyms.n)
		gateway->pseudonym = gateway->pseudonyms.v[gateway->pseudonyms.n - 1];
}

static const char *standards_path(struct gt_loading *l)
{
	struct gt_texts folders = l->config->gateway.standards_path;
	struct gt_str path = {"", 0};

	for (size_t i = 0; i < folders.n; i++) {
		struct gt_str folder = folders.v[i];
		bool absolute = folder.n && folder.p[0] == '/';

		path = gt_arena_printf(l->ctx.memory, "%.*s%s%s%.*s:", GT_STR_ARGS(path),
			absolute ? "" : l->config->folder, absolute ? "" : "/",
			GT_STR_ARGS(folder));
	}
	return gt_arena_printf(
		l->ctx.memory, "%.*s%s/standards", GT_STR_ARGS(path), gt_data_folder())
		.p;
}

/* Mistakes of the standard; those without a place are about `standards:` itself. If it cannot be
 * loaded whole, mappings are checked against as many of its first packages as can. */
static void load_standard(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;
	const char *path = standards_path(l);
	struct gt_diags found = {0};

	gateway->standard = gt_standard_load(
		path, gateway->standards.v, gateway->standards.n, gateway->prefix, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!found.v[i].pos.file)
			found.v[i].pos = pos_of(root, "standards");
	gt_diags_join(l->ctx.diags, &found);
	for (size_t n = gateway->standards.n; !gateway->standard && n-- > 1;) {
		struct gt_diags again = {0};

		gateway->standard =
			gt_standard_load(path, gateway->standards.v, n, gateway->prefix, &again);
		gt_diags_fini(&again);
	}
}

static void load_adapters(struct gt_loading *l, const struct gt_yaml *root)
{
	static bool loaded; /* modules stay for the life of the process */
	struct gt_diags found = {0};

	if (l->config->gateway.adapters.n && !loaded) {
		gt_registry_load(l->config->gateway.adapters.p, &found);
		loaded = true;
	}
	gt_namespaces_check(&found);
	for (size_t i = 0; i < found.n; i++)
		found.v[i].pos = pos_of(root, "adapters");
	gt_diags_join(l->ctx.diags, &found);
}

static void check_kafka(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_texts brokers = l->config->gateway.kafka.brokers;
	const struct gt_yaml *kafka = gt_yaml_get(root, "kafka"), *node;
	bool empty = brokers.n == 0;

	if (!kafka && !(l->flags & GT_CONFIG_NO_KAFKA))
		gt_diags_add(l->ctx.diags, root->pos, GT_E_OPTION_REQUIRED, "kafka");
	for (size_t i = 0; i < brokers.n; i++)
		empty = empty || brokers.v[i].n == 0;
	node = kafka ? gt_yaml_get(kafka, "brokers") : NULL;
	if (node && empty && node->kind != GT_YAML_MAP)
		gt_diags_add(l->ctx.diags, node->pos, GT_E_OPTION_EMPTY, "brokers");
}

void gt_gateway_read(struct gt_loading *l, const struct gt_yaml *root)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;
	struct gt_folder_conf folder = {0};
	const struct gt_table parts[] = {
		{gt_gateway_options, gateway}, {gt_folder_options, &folder}};

	gt_options_defaults(gt_gateway_options, gateway, l->ctx.memory);
	find_secrets(l, root);
	if (root)
		gt_parts_read(&l->ctx, parts, 2, root, NULL, false);
	set_places(l);
	if (root)
		check_names(l, root);
	if (root)
		check_kafka(l, root);
	if (gateway->admin.n > SUN_PATH_MAX)
		gt_diags_add(l->ctx.diags, pos_of(root, "admin"), GT_E_OPTION_LONG, "admin",
			GT_TEXT("%zu", gateway->admin.n), GT_TEXT("%u", SUN_PATH_MAX));
	load_keys(l, root);
	load_adapters(l, root);
	load_standard(l, root);
}
