// Yes for customers with enough orders, and for those whom the shop tagged.

#include "bindings/plugin.h"
#include "json.h"

#include <stdlib.h>

// What a strategy may configure; the console makes its form from it.
static const char CONFIG_SCHEMA[] = {
#embed "config.schema.json"
  , 0
};

typedef struct {
  int64_t min_orders;
  plugin_string_t tag;  // empty where there is none
} config_t;

static bool bad_config(types_fault_t *fault, const char *message) {
  fault->kind = TYPES_FAULT_KIND_BAD_CONFIG;
  plugin_string_dup(&fault->message, message);
  return false;
}

// The configuration, or a fault that names the field.
static bool read_config(plugin_string_t text, config_t *config, types_fault_t *fault) {
  json_t name, value;
  *config = (config_t){0};
  if (!json_is_sound(text) || json_kind(text) != '{') {
    return bad_config(fault, "the configuration must be a JSON object with min_orders");
  }
  for (json_walk_t walk = json_begin(text); json_next(&walk, &name, &value);) {
    if (json_is(name, "min_orders")) {
      if (!json_integer(value, &config->min_orders) || config->min_orders < 1) {
        return bad_config(fault, "min_orders must be a whole number of at least 1");
      }
    } else if (json_is(name, "tag")) {
      if (!json_string(value, &config->tag) || !config->tag.len) {
        return bad_config(fault, "tag must be a text that is not empty");
      }
    } else {
      text_t message = {0};
      put_string(&message, name);
      put(&message, " is unknown; there are min_orders and tag");
      *fault = (types_fault_t){TYPES_FAULT_KIND_BAD_CONFIG, {message.ptr, message.len}};
      return false;
    }
  }
  return config->min_orders || bad_config(fault, "min_orders is missing: a whole number of at least 1");
}

static void need(types_fact_need_t *need, const char *fact, const char *why) {
  plugin_string_dup(&need->fact, fact);
  plugin_string_dup(&need->why, why);
  need->within_days.is_some = false;
}

void exports_condition_describe(types_descriptor_t *ret) {
  *ret = (types_descriptor_t){.instances = TYPES_INSTANCES_PER_BATCH};
  plugin_string_dup(&ret->title, "Loyal customer");
  plugin_string_dup(&ret->summary, "Yes for customers with enough orders, and for those with a tag.");
  plugin_string_dup(&ret->config_schema, CONFIG_SCHEMA);
  plugin_string_dup(&ret->translations, "{}");
  ret->facts.len = 2;
  ret->facts.ptr = calloc(ret->facts.len, sizeof *ret->facts.ptr);
  need(&ret->facts.ptr[0], "orders.count", "To compare it with the least number of orders.");
  need(&ret->facts.ptr[1], "customer.has-tag", "To see whether the shop tagged the customer.");
}

// None of its own: `yes` and `no`.
void exports_condition_branches(plugin_list_string_t *ret) {
  *ret = (plugin_list_string_t){0};
}

bool exports_condition_check_config(plugin_string_t *text, types_fault_t *fault) {
  config_t config;
  return read_config(*text, &config, fault);
}

// Nothing is freed here: the instance and its memory last for one batch.
bool exports_condition_evaluate(exports_condition_verdict_t *ret, types_fault_t *fault) {
  plugin_string_t text;
  config_t config;
  decision_config(&text);
  if (!read_config(text, &config, fault)) return false;
  // Only what is read is loaded, shown in the trace, and asked to be granted: ask for the cheap fact first.
  bool is_loyal = orders_count() >= config.min_orders || (config.tag.len && customer_has_tag(&config.tag));
  *ret = (exports_condition_verdict_t){0};
  plugin_string_dup(&ret->branch, is_loyal ? "yes" : "no");
  return true;
}
