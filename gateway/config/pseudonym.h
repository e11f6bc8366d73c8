/* pseudonym.h: the file that holds the site's key of pseudonyms. */
#ifndef GT_CONFIG_PSEUDONYM_H
#define GT_CONFIG_PSEUDONYM_H

#include "plan.h"

/* Makes a key file of mode 0600; refuses to overwrite. id: see gt_pseudonym_id_good. */
bool gt_pseudonym_keygen(const char *path, const char *id, struct gt_err *err) GT_MUST_CHECK;
/* 1 to 15 of a-z and 0-9: stands in front of every pseudonym and says which key made it. */
bool gt_pseudonym_id_good(const char *id);
/* False: err (CONFIG). Refuses a file that others can read. */
bool gt_pseudonym_load(
	const char *path, struct gt_pseudonym_key *key, struct gt_err *err) GT_MUST_CHECK;

#endif
