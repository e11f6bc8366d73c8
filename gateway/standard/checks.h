/* checks.h: formats with structure or check digits. Pure functions over cleaned text (upper case,
 * half width, no separators); any thread. Tables come from the package where they are data. */
#ifndef GT_STANDARD_CHECKS_H
#define GT_STANDARD_CHECKS_H

#include "standard.h"

enum gt_check {
	GT_CHECK_OK,
	GT_CHECK_SHAPE /* not of that form */,
	GT_CHECK_DIGIT /* check digit wrong */
};

enum gt_check gt_check_uscc(struct gt_str s);    /* GB 32100-2015: 18 characters, mod 31 */
enum gt_check gt_check_orgcode(struct gt_str s); /* GB 11714: 9 characters without dash, mod 11 */
enum gt_check gt_check_vin(struct gt_str s);     /* GB 16735: 17 characters, mod 11 */
enum gt_check gt_check_identity(
	struct gt_str s); /* GB 11643-1999: 18 digits (or X), real birth date */
enum gt_check gt_check_plate(struct gt_str s);    /* GA 36-2018: UTF-8 */
enum gt_check gt_check_division(struct gt_str s); /* GB/T 2260: 6 digits, or 12 (NBS) */
bool gt_check_luhn(struct gt_str digits);         /* bank cards: ISO/IEC 7812-1 */
enum gt_check gt_check_format(enum gt_format_kind kind, struct gt_str s);

#endif
