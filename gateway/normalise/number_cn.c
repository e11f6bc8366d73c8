/* number_cn.c: Chinese numerals, everyday (三千二百) and financial (叁仟贰佰), with 元 角 分. */
#include "flags.h"
#include "number.h"

enum kind { DIGIT, SMALL /* 十百千 */, LARGE /* 万亿 */, YUAN, JIAO, FEN };

static const struct numeral {
	char text[5];
	enum kind kind;
	int value;
} numerals[] = {
	{"零", DIGIT, 0},
	{"〇", DIGIT, 0},
	{"一", DIGIT, 1},
	{"二", DIGIT, 2},
	{"三", DIGIT, 3},
	{"四", DIGIT, 4},
	{"五", DIGIT, 5},
	{"六", DIGIT, 6},
	{"七", DIGIT, 7},
	{"八", DIGIT, 8},
	{"九", DIGIT, 9},
	{"两", DIGIT, 2},
	{"壹", DIGIT, 1},
	{"贰", DIGIT, 2},
	{"叁", DIGIT, 3},
	{"肆", DIGIT, 4},
	{"伍", DIGIT, 5},
	{"陆", DIGIT, 6},
	{"柒", DIGIT, 7},
	{"捌", DIGIT, 8},
	{"玖", DIGIT, 9},
	{"十", SMALL, 10},
	{"百", SMALL, 100},
	{"千", SMALL, 1000},
	{"拾", SMALL, 10},
	{"佰", SMALL, 100},
	{"仟", SMALL, 1000},
	{"万", LARGE, 4},
	{"亿", LARGE, 8},
	{"元", YUAN, 0},
	{"圆", YUAN, 0},
	{"角", JIAO, 0},
	{"分", FEN, 0},
};

static const struct numeral *next(struct gt_str s)
{
	if (s.n < 3)
		return NULL;
	for (size_t i = 0; i < sizeof numerals / sizeof *numerals; i++)
		if (memcmp(s.p, numerals[i].text, 3) == 0)
			return &numerals[i];
	return NULL;
}

/* The number so far: total (finished 万/亿 sections, in yuan), section (below 10,000), digit. */
struct reading {
	int64_t total, section, digit, cents;
	int smallest; /* the last 十百千 of this section: they must fall */
	bool any, open /* a digit waits for its place */, bad;
	bool yuan, jiao, fen;
};

static void small(struct reading *r, int value)
{
	/* 十五 = 一十五, only at the start of a section. */
	r->section += (r->open ? r->digit : 1) * value;
	r->smallest = value;
	r->open = false;
	r->digit = 0;
}

static void close_section(struct reading *r, int64_t factor)
{
	r->section += r->open ? r->digit : 0;
	if (r->total > 100000000 && factor == 100000000) {
		r->bad = true;
		return;
	}
	r->total = factor == 100000000 ? (r->total + r->section) * factor
				       : r->total + r->section * factor;
	r->section = 0;
	r->digit = 0;
	r->open = false;
	r->smallest = 10000;
	/* Bounds everything here below 2^63. */
	r->bad = r->bad || r->total > 10000000000000000;
}

static void one(struct reading *r, const struct numeral *numeral)
{
	switch (numeral->kind) {
	case DIGIT:
		/* 零 only fills a place; two digits in a row are a year or a code, not a number. */
		r->bad = r->bad || (r->open && r->digit != 0);
		r->digit = numeral->value;
		r->open = true;
		break;
	case SMALL:
		small(r, numeral->value);
		break;
	case LARGE:
		r->bad = r->bad || (!r->open && r->section == 0 && r->total == 0);
		close_section(r, numeral->value == 4 ? 10000 : 100000000);
		break;
	case YUAN:
		r->bad = r->bad || r->yuan;
		close_section(r, 1);
		r->yuan = true;
		break;
	case JIAO:
	case FEN:
		r->bad = r->bad || !r->open || r->fen || (numeral->kind == JIAO && r->jiao);
		r->cents += r->digit * (numeral->kind == JIAO ? 10 : 1);
		r->jiao = r->jiao || numeral->kind == JIAO;
		r->fen = r->fen || numeral->kind == FEN;
		r->open = false;
		r->digit = 0;
		break;
	}
	r->any = r->any || numeral->kind == DIGIT || numeral->kind == SMALL;
}

/* 五百千瓦: a unit begins where its number could not go on. */
static bool goes_on(const struct reading *r, const struct numeral *numeral)
{
	bool placed = r->open ? r->digit != 0 : numeral->value == 10 && r->section == 0;

	if (numeral->kind == SMALL)
		return !r->yuan && placed && numeral->value < r->smallest;
	return numeral->kind != LARGE || !r->yuan;
}

bool gt_number_chinese(struct gt_str *text, struct gt_number *number)
{
	struct gt_str s = *text;
	struct reading r = {.smallest = 10000};
	const struct numeral *numeral;

	while (!r.bad && (numeral = next(s)) != NULL) {
		if (!goes_on(&r, numeral))
			break;
		one(&r, numeral);
		s.p += 3;
		s.n -= 3;
	}
	if (r.bad || !r.any || ((r.jiao || r.fen) && (r.section || r.total) && !r.yuan))
		return false;
	if (r.yuan && r.open && r.digit != 0)
		return false;
	if (!r.yuan)
		close_section(&r, 1);
	number->money = number->money || r.yuan || r.jiao || r.fen;
	number->mantissa = (gt_u128)r.total * 100 + (gt_u128)r.cents;
	number->exponent = -2;
	number->flags |= GT_FLAG_CHINESE;
	*text = s;
	return true;
}
