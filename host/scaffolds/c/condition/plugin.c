// Yes for customers with enough orders.

#include "bindings/plugin.h"
#include "json.h"

#include <stdlib.h>

// What a strategy may configure; the console makes its form from it.
static const char CONFIG_SCHEMA[] = {
#embed "config.schema.json"
  , 0
};

// The least number of orders, or a fault that names the field.
static bool read_config(plugin_string_t text, int64_t *min_orders, types_fault_t *fault) {
  json_t value;
  if (json_is_sound(text) && json_field(text, "min_orders", &value) && json_integer(value, min_orders)
      && *min_orders >= 1) return true;
  fault->kind = TYPES_FAULT_KIND_BAD_CONFIG;
  plugin_string_dup(&fault->message, "min_orders must be a whole number of at least 1");
  return false;
}

void exports_condition_describe(types_descriptor_t *ret) {
  *ret = (types_descriptor_t){.instances = TYPES_INSTANCES_PER_BATCH};
  plugin_string_dup(&ret->title, "{{title}}");
  plugin_string_dup(&ret->summary, "Yes for customers with enough orders.");
  plugin_string_dup(&ret->config_schema, CONFIG_SCHEMA);
  plugin_string_dup(&ret->translations, "{}");
  ret->facts.len = 1;
  ret->facts.ptr = calloc(1, sizeof *ret->facts.ptr);
  plugin_string_dup(&ret->facts.ptr->fact, "orders.count");
  plugin_string_dup(&ret->facts.ptr->why, "To compare it with the least number of orders.");
}

// Empty means `yes` and `no`.
void exports_condition_branches(plugin_list_string_t *ret) {
  *ret = (plugin_list_string_t){0};
}

bool exports_condition_check_config(plugin_string_t *text, types_fault_t *fault) {
  int64_t min_orders;
  return read_config(*text, &min_orders, fault);
}

bool exports_condition_evaluate(exports_condition_verdict_t *ret, types_fault_t *fault) {
  plugin_string_t text;
  int64_t min_orders;
  decision_config(&text);
  if (!read_config(text, &min_orders, fault)) return false;
  *ret = (exports_condition_verdict_t){0};
  plugin_string_dup(&ret->branch, orders_count() >= min_orders ? "yes" : "no");
  return true;
}
