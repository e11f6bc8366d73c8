/* pseudonym.h: the file that holds the site's key of pseudonyms. */
#ifndef GT_CONFIG_PSEUDONYM_H
#define GT_CONFIG_PSEUDONYM_H

#include "flow_conf.h"

/* Makes a key file of mode 0600, or adds a key to the one that is there: the newest makes
 * pseudonyms from then on, the others stay for business keys that began with them. Refuses an id
 * that the file has. id: see gt_pseudonym_id_good. */
bool gt_pseudonym_keygen(const char *path, const char *id, struct gt_err *err) GT_MUST_CHECK;
/* 1 to 15 of a-z and 0-9: stands in front of every pseudonym and says which key made it. */
bool gt_pseudonym_id_good(const char *id);
/* False: err (CONFIG). Refuses a file that others can read, and an id that comes twice. */
bool gt_pseudonym_load(
	const char *path, struct gt_pseudonym_keys *keys, struct gt_err *err) GT_MUST_CHECK;

#endif
