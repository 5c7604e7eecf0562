// A channel over a gateway of the shop's own, as small as it can be: README.md describes what the gateway does.
// Nothing is freed here: the instance and its memory last for one task.

#include "bindings/plugin.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

static const char CONFIG_SCHEMA[] = {
#embed "config.schema.json"
  , 0
};
static const char CONTENT_SCHEMA[] = {
#embed "content.schema.json"
  , 0
};

static bool fault(types_fault_t *fault, types_fault_kind_t kind, const char *message) {
  fault->kind = kind;
  plugin_string_dup(&fault->message, message);
  return false;
}

void exports_channel_describe(types_descriptor_t *ret) {
  *ret = (types_descriptor_t){.instances = TYPES_INSTANCES_PER_BATCH};
  plugin_string_dup(&ret->title, "Relay");
  plugin_string_dup(&ret->summary, "Text messages over a gateway of the shop's own.");
  plugin_string_dup(&ret->config_schema, CONFIG_SCHEMA);
  plugin_string_dup(&ret->translations, "{}");
  ret->hosts.len = 1;
  ret->hosts.ptr = calloc(1, sizeof *ret->hosts.ptr);
  types_host_need_t *host = ret->hosts.ptr;
  plugin_string_dup(&host->host, "{config:/endpoint}");
  host->methods.len = 2;
  host->methods.ptr = calloc(2, sizeof *host->methods.ptr);
  plugin_string_dup(&host->methods.ptr[0], "GET");
  plugin_string_dup(&host->methods.ptr[1], "POST");
  plugin_string_dup(&host->path_prefix, "/");
  plugin_string_dup(&host->why, "The gateway is there.");
  ret->secrets.len = 1;
  ret->secrets.ptr = calloc(1, sizeof *ret->secrets.ptr);
  plugin_string_dup(&ret->secrets.ptr->name, "token");
  plugin_string_dup(&ret->secrets.ptr->title, "Token");
  plugin_string_dup(&ret->secrets.ptr->why, "The gateway knows us by it, and signs its webhooks with it.");
}

static uint8_t *bytes_of(size_t len, const uint8_t *bytes) {
  return memcpy(malloc(len), bytes, len);
}

void exports_channel_ability(exports_channel_channel_ability_t *ret) {
  static const uint8_t tasks[] = {EXPORTS_CHANNEL_TASK_KIND_SEND, EXPORTS_CHANNEL_TASK_KIND_PROBE};
  static const uint8_t addresses[] = {EXPORTS_CHANNEL_ADDRESS_KIND_PHONE};
  static const uint8_t receipts[] = {EXPORTS_CHANNEL_RECEIPT_KIND_DELIVERED, EXPORTS_CHANNEL_RECEIPT_KIND_READ};
  *ret = (exports_channel_channel_ability_t){
    .tasks = {bytes_of(sizeof tasks, tasks), sizeof tasks},
    .addresses = {bytes_of(sizeof addresses, addresses), sizeof addresses},
    .receipts = {bytes_of(sizeof receipts, receipts), sizeof receipts},
    // The gateway knows a message by our id, and takes it once.
    .sends = EXPORTS_CHANNEL_REPEAT_IDEMPOTENT,
    .billed = EXPORTS_CHANNEL_BILLING_NEVER,
  };
  plugin_string_dup(&ret->channel, "relay");
  plugin_string_dup(&ret->content_schema, CONTENT_SCHEMA);
}

// Where the gateway is, or a fault that names the field.
static bool read_endpoint(plugin_string_t config, plugin_string_t *endpoint, types_fault_t *err) {
  json_t name, value;
  *endpoint = (plugin_string_t){0};
  if (!json_is_sound(config) || json_kind(config) != '{') {
    return fault(err, TYPES_FAULT_KIND_BAD_CONFIG, "the configuration must be a JSON object with endpoint");
  }
  for (json_walk_t walk = json_begin(config); json_next(&walk, &name, &value);) {
    if (!json_is(name, "endpoint")) {
      return fault(err, TYPES_FAULT_KIND_BAD_CONFIG, "there is no field but endpoint");
    }
    json_string(value, endpoint);
  }
  bool is_address = (endpoint->len > 8 && !memcmp(endpoint->ptr, "https://", 8))
    || (endpoint->len > 7 && !memcmp(endpoint->ptr, "http://", 7));
  if (is_address && !memchr(endpoint->ptr + 8, '/', endpoint->len - 8)) return true;
  return fault(err, TYPES_FAULT_KIND_BAD_CONFIG, "endpoint must be an address like https://gateway.example");
}

bool exports_channel_check_config(plugin_string_t *config, types_fault_t *err) {
  plugin_string_t endpoint;
  return read_endpoint(*config, &endpoint, err);
}

static void header(transport_header_t *header, const char *name, const char *value) {
  plugin_string_dup(&header->name, name);
  plugin_string_dup(&header->value, value);
}

// One request; the state is the task, so that `resume` knows what is answered.
static bool ask(exports_channel_step_t *ret, uint8_t task, const char *method, text_t url, text_t body) {
  transport_request_t *request = calloc(1, sizeof *request);
  request->effect = task == EXPORTS_CHANNEL_TASK_SEND ? TRANSPORT_EFFECT_SEND : TRANSPORT_EFFECT_NONE;
  request->action.tag = TRANSPORT_ACTION_HTTP;
  transport_http_request_t *http = &request->action.val.http;
  plugin_string_dup(&http->method, method);
  http->url = (plugin_string_t){url.ptr, url.len};
  http->headers.len = 2;
  http->headers.ptr = calloc(2, sizeof *http->headers.ptr);
  // The host puts the token in its place, on the way to the granted host only.
  header(&http->headers.ptr[0], "authorization", "Bearer {secret:token}");
  header(&http->headers.ptr[1], "content-type", "application/json");
  http->body = (plugin_list_u8_t){body.ptr, body.len};
  ret->tag = EXPORTS_CHANNEL_STEP_CALL;
  ret->val.call.requests = (exports_channel_list_request_t){request, 1};
  ret->val.call.state = (plugin_list_u8_t){bytes_of(1, &task), 1};
  return true;
}

bool exports_channel_begin(exports_channel_task_t *task, exports_channel_step_t *ret, types_fault_t *err) {
  plugin_string_t config, endpoint;
  text_t url = {0}, body = {0};
  connection_config(&config);
  if (!read_endpoint(config, &endpoint, err)) return false;
  put_string(&url, endpoint);
  if (task->tag == EXPORTS_CHANNEL_TASK_PROBE) {
    put(&url, "/account");
    return ask(ret, task->tag, "GET", url, body);
  }
  if (task->tag != EXPORTS_CHANNEL_TASK_SEND) {
    return fault(err, TYPES_FAULT_KIND_NOT_SUPPORTED, "the gateway sends messages and answers a probe, nothing else");
  }
  exports_channel_message_t *message = &task->val.send;
  json_t text;
  if (!json_is_sound(message->content) || !json_field(message->content, "text", &text)) {
    return fault(err, TYPES_FAULT_KIND_BAD_INPUT, "the content has no text");
  }
  put(&url, "/messages");
  put(&body, "{\"id\":");
  put_json(&body, message->id);
  put(&body, ",\"to\":");
  put_json(&body, message->to.value);
  put(&body, ",\"text\":");
  put_string(&body, text);
  put(&body, "}");
  return ask(ret, task->tag, "POST", url, body);
}

static bool is_success(uint16_t status) {
  return status >= 200 && status < 300;
}

// The words of the gateway: `{"error": "…"}`; its status where it has none.
static exports_channel_details_t words(uint16_t status, json_t body) {
  exports_channel_details_t details = {0};
  text_t code = {0};
  put_number(&code, status);
  details.code = (plugin_option_string_t){true, {code.ptr, code.len}};
  json_t error;
  bool said = json_is_sound(body) && json_field(body, "error", &error) && json_string(error, &details.text);
  if (!said) plugin_string_dup(&details.text, "the gateway did not say why");
  return details;
}

// What a refusal is; 0xff where the answer says neither yes nor no.
static uint8_t class_of(uint16_t status) {
  switch (status) {
    case 401: case 403: return EXPORTS_CHANNEL_REJECTION_CLASS_AUTH;
    case 404: return EXPORTS_CHANNEL_REJECTION_CLASS_INVALID_RECIPIENT;
    case 410: return EXPORTS_CHANNEL_REJECTION_CLASS_OPT_OUT;
    case 413: return EXPORTS_CHANNEL_REJECTION_CLASS_TOO_LARGE;
    case 429: return EXPORTS_CHANNEL_REJECTION_CLASS_RATE_LIMITED;
    default: return status >= 400 && status < 500 ? EXPORTS_CHANNEL_REJECTION_CLASS_BAD_REQUEST : 0xff;
  }
}

// What became of the message.
static void sent(const transport_response_t *response, exports_channel_outcome_t *outcome) {
  const transport_failure_t *failure = &response->val.failed;
  bool is_failure = response->tag == TRANSPORT_RESPONSE_FAILED;
  if (is_failure && (failure->tag == TRANSPORT_FAILURE_NOT_SENT || failure->tag == TRANSPORT_FAILURE_REFUSED)) {
    plugin_string_t why = failure->tag == TRANSPORT_FAILURE_NOT_SENT ? failure->val.not_sent : failure->val.refused;
    outcome->tag = EXPORTS_CHANNEL_OUTCOME_REJECTED;
    outcome->val.rejected.class_.tag = failure->tag == TRANSPORT_FAILURE_NOT_SENT
      ? EXPORTS_CHANNEL_REJECTION_CLASS_TRANSIENT : EXPORTS_CHANNEL_REJECTION_CLASS_BAD_REQUEST;
    plugin_string_dup_n(&outcome->val.rejected.details.text, (char *)why.ptr, why.len);
    return;
  }
  if (response->tag != TRANSPORT_RESPONSE_HTTP) {
    outcome->tag = EXPORTS_CHANNEL_OUTCOME_UNCERTAIN;
    plugin_string_dup(&outcome->val.uncertain.text, "no complete answer came");
    return;
  }
  const transport_http_response_t *http = &response->val.http;
  json_t body = {http->body.ptr, http->body.len}, id;
  if (is_success(http->status) && json_is_sound(body) && json_field(body, "id", &id)
      && json_string(id, &outcome->val.accepted.provider_id)) {
    outcome->tag = EXPORTS_CHANNEL_OUTCOME_ACCEPTED;
  } else if (class_of(http->status) != 0xff) {
    outcome->tag = EXPORTS_CHANNEL_OUTCOME_REJECTED;
    outcome->val.rejected.class_.tag = class_of(http->status);
    outcome->val.rejected.details = words(http->status, body);
  } else {
    outcome->tag = EXPORTS_CHANNEL_OUTCOME_UNCERTAIN;
    outcome->val.uncertain = words(http->status, body);
  }
}

// Who we are to the gateway, or why it does not know us.
static void probed(const transport_response_t *response, exports_channel_completion_t *done) {
  const transport_http_response_t *http = &response->val.http;
  bool is_http = response->tag == TRANSPORT_RESPONSE_HTTP;
  json_t body = is_http ? (json_t){http->body.ptr, http->body.len} : (json_t){0}, name;
  if (is_http && is_success(http->status) && json_is_sound(body) && json_field(body, "name", &name)
      && json_string(name, &done->val.probed)) {
    done->tag = EXPORTS_CHANNEL_COMPLETION_PROBED;
    return;
  }
  uint8_t class = is_http ? class_of(http->status) : EXPORTS_CHANNEL_REJECTION_CLASS_TRANSIENT;
  done->tag = EXPORTS_CHANNEL_COMPLETION_FAILED;
  done->val.failed.class_.tag = class == 0xff ? EXPORTS_CHANNEL_REJECTION_CLASS_TRANSIENT : class;
  if (is_http) done->val.failed.details = words(http->status, body);
  else plugin_string_dup(&done->val.failed.details.text, "the gateway did not answer");
}

bool exports_channel_resume(plugin_list_u8_t *state, exports_channel_list_response_t *responses,
                            exports_channel_step_t *ret, types_fault_t *err) {
  if (state->len != 1 || responses->len != 1) {
    return fault(err, TYPES_FAULT_KIND_BAD_INPUT, "a task of the relay has one request");
  }
  *ret = (exports_channel_step_t){.tag = EXPORTS_CHANNEL_STEP_DONE};
  if (*state->ptr == EXPORTS_CHANNEL_TASK_PROBE) {
    probed(responses->ptr, &ret->val.done);
  } else {
    ret->val.done.tag = EXPORTS_CHANNEL_COMPLETION_SENT;
    sent(responses->ptr, &ret->val.done.val.sent);
  }
  return true;
}

static int digit(uint8_t c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// `X-Relay-Signature`: the HMAC-SHA256 of the body with the token, in hex.
void exports_channel_verify(transport_webhook_t *webhook, transport_verification_t *ret) {
  uint8_t signature[32];
  size_t digits = 0;
  for (size_t i = 0; i < webhook->headers.len; i++) {
    plugin_string_t name = webhook->headers.ptr[i].name, value = webhook->headers.ptr[i].value;
    if (name.len != 17 || memcmp(name.ptr, "x-relay-signature", 17) || value.len != 64) continue;
    for (digits = 0; digits < 64 && digit(value.ptr[digits]) >= 0; digits++) {
      signature[digits / 2] = signature[digits / 2] << 4 | digit(value.ptr[digits]);
    }
  }
  plugin_string_t token = borrowed("token");
  plugin_list_u8_t given = {signature, sizeof signature};
  if (digits == 64 && secrets_verify(&token, SECRETS_ALGORITHM_HMAC_SHA256, &webhook->body, &given)) {
    ret->tag = TRANSPORT_VERIFICATION_AUTHENTIC;
    return;
  }
  ret->tag = TRANSPORT_VERIFICATION_REFUSED;
  plugin_string_dup(&ret->val.refused, digits == 64 ? "X-Relay-Signature does not fit the token"
                                                    : "X-Relay-Signature is missing or is not 64 hex digits");
}

// `[{"id": "e1", "state": "delivered", "message": "…", "at": 1768478400000}]`; what is not known is left out.
bool exports_channel_receive(transport_webhook_t *webhook, exports_channel_list_receipt_t *ret, types_fault_t *err) {
  json_t body = {webhook->body.ptr, webhook->body.len}, name, event, state, id, message, at;
  if (!json_is_sound(body) || json_kind(body) != '[') {
    return fault(err, TYPES_FAULT_KIND_BAD_INPUT, "the webhook is no JSON array of events");
  }
  *ret = (exports_channel_list_receipt_t){0};
  for (json_walk_t walk = json_begin(body); json_next(&walk, &name, &event);) {
    exports_channel_receipt_t receipt = {0};
    if (!json_field(event, "state", &state) || !json_field(event, "id", &id) || !json_field(event, "message", &message)
        || !json_field(event, "at", &at) || !json_integer(at, &receipt.at)) continue;
    if (json_is(state, "delivered")) receipt.kind = EXPORTS_CHANNEL_RECEIPT_KIND_DELIVERED;
    else if (json_is(state, "read")) receipt.kind = EXPORTS_CHANNEL_RECEIPT_KIND_READ;
    else continue;
    // Our own id: the gateway gives it back.
    receipt.message_id.is_some = json_string(message, &receipt.message_id.val);
    if (!receipt.message_id.is_some || !json_string(id, &receipt.id)) continue;
    ret->ptr = realloc(ret->ptr, (ret->len + 1) * sizeof receipt);
    ret->ptr[ret->len++] = receipt;
  }
  return true;
}
