/* sign.h: the site's signing key (Ed25519; PEM, PKCS#8 private, SPKI public). */
#ifndef GT_EVIDENCE_SIGN_H
#define GT_EVIDENCE_SIGN_H

#include <guantong/error.h>

struct gt_signer;
/* Makes a key pair: `path` (mode 0600) and `path`.pub (0644); refuses to overwrite. */
bool gt_keygen(const char *path, char key_id[17], struct gt_err *err) GT_MUST_CHECK;
/* NULL: err (CONFIG). Refuses a private key that others can read. */
struct gt_signer *gt_signer_load(const char *path, struct gt_err *err);
void gt_signer_free(struct gt_signer *signer);
/* First 8 bytes of SHA-256 over the public key's SPKI DER, hex: names the key in manifests. */
const char *gt_signer_key_id(const struct gt_signer *signer);
bool gt_signer_sign(
	struct gt_signer *signer, struct gt_str bytes, unsigned char signature[64]) GT_MUST_CHECK;
/* For tests and later verifiers: public PEM. */
bool gt_verify(struct gt_str public_pem, struct gt_str bytes,
	const unsigned char signature[64]) GT_MUST_CHECK;

#endif
