/* demo_words.h: what the demo's sample systems share: numbers that depend on the seed alone, names
 * of units and people. All pure, any thread. */
#ifndef GT_CMD_DEMO_WORDS_H
#define GT_CMD_DEMO_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Number `which` of row `index`. */
uint64_t gt_demo_pick(uint64_t seed, size_t index, unsigned which);

#define GT_DEMO_UNITS 8u
extern const char *const gt_demo_units[GT_DEMO_UNITS];
/* A name of two or three characters; out has GT_DEMO_PERSON bytes. Uses four numbers from `which`
 * on. Returns out. */
#define GT_DEMO_PERSON 32u
const char *gt_demo_person(uint64_t seed, size_t index, unsigned which, char *out);
/* Digits and points as people type them with a Chinese input method. Returns out. */
const char *gt_demo_full_width(const char *plain, char *out, size_t size);

#endif
