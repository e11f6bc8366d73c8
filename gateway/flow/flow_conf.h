/* flow_conf.h: what the runtime needs to know; filled by config/ from guantong.yaml and sources/.
 * Immutable once made. A flow holds the configuration that it was opened with, whole, until it has
 * been closed; batches in flight hold their plan. */
#ifndef GT_FLOW_FLOW_CONF_H
#define GT_FLOW_FLOW_CONF_H

#include "pace.h"
#include "plan.h"
#include "publisher.h"
#include "registry.h"

/* A configuration as long as somebody uses it. Any thread. */
struct gt_conf_life {
	_Atomic size_t users; /* from 1 */
	void (*end)(struct gt_conf_life *life);
};
void gt_conf_hold(struct gt_conf_life *life);   /* accepts NULL */
void gt_conf_let_go(struct gt_conf_life *life); /* accepts NULL; the last one ends it */

enum gt_isolation { GT_ISOLATE_AUTO /* as the adapter's capabilities say */, GT_ISOLATE_PROCESS };

/* One flow: options of a source file (defaults of all its flows) overlaid by the flow's own. */
struct gt_flow_conf {
	struct gt_str name;         /* "cars/trips" = source/flow, ≤ GT_FLOW_NAME_MAX */
	struct gt_str source, flow; /* slugs [a-z0-9-]+ */
	const struct gt_adapter *adapter;
	const void *adapter_options;    /* adapter->self_size bytes with the options stored: copied
					   into self */
	const struct gt_format *format; /* NULL = none */
	const void *format_options;     /* format->self_size bytes */
	struct gt_plan *plan;           /* owned: one reference */
	/* Filled through gt_flow_options: */
	struct gt_str title, basis;
	struct gt_str entity; /* "vehicle.dispatch-order@1" */
	struct gt_str division, division_from;
	struct gt_str skip;        /* condition of rows that are counted but not published */
	struct gt_str subject_key; /* id of the key of pseudonyms of business keys, or none */
	int64_t every_ms;
	int zone_minutes;
	int isolate; /* enum gt_isolation */
	struct gt_texts quiet;
	struct gt_str rate;
	/* Made of the two above by config/: */
	struct gt_quiet quiet_hours;
	int64_t rate_us; /* between two requests to the source; 0 = no limit */
	struct gt_pos pos;
};
extern const struct gt_option gt_flow_options[];

struct gt_gateway_conf {
	/* Filled through gt_gateway_options: */
	struct gt_str site, organisation, prefix;
	int language;      /* CHOICE auto en zh */
	struct gt_str key; /* signing key file; none = unsigned manifests and an alarm */
	struct gt_str
		pseudonym_key;     /* file made by keygen --pseudonym; none = no marked elements */
	struct gt_texts standards; /* "national@1" … */
	struct gt_texts standards_path; /* folders; the installed one is always behind them */
	struct gt_kafka_conf kafka;
	int64_t memory_bytes;
	int64_t workers;
	int64_t commit_records, commit_bytes, commit_ms; /* limits of a commit */
	int64_t manifest_every_ms;                       /* empty manifests on this timer */
	int64_t max_polls;                               /* at once per source */
	struct gt_str data;                              /* folder of the manifest journal */
	struct gt_str admin;                             /* path of the admin socket */
	struct gt_str adapters;                          /* folder of adapters to load */
	int log_format;                                  /* CHOICE text json */
	bool production;                                 /* refuses the development broker */
	/* Made by config/: */
	struct gt_standard *standard; /* owned reference */
	struct gt_flow_conf *flows;
	size_t flow_count;
	struct gt_pseudonym_key pseudonym;   /* the newest */
	struct gt_pseudonym_keys pseudonyms; /* all, in the order of the file */
	struct gt_conf_life *life;           /* NULL: outlives everything that uses it */
};
extern const struct gt_option gt_gateway_options[];

/* conf_topics.c: those of all flows, each once, and of the gateway itself. In `memory`. */
struct gt_topic_plan;
void gt_gateway_topics(const struct gt_gateway_conf *gateway, struct gt_arena *memory,
	struct gt_topic_plan *topics);

#endif
