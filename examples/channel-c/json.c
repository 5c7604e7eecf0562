#include "json.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *blank(const uint8_t *at, const uint8_t *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

static int hex(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The four digits behind `\u`; -1 where they are none.
static int32_t code_unit(const uint8_t *at, const uint8_t *end) {
  int32_t unit = 0;
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    if (hex(at[i]) < 0) return -1;
    unit = unit << 4 | hex(at[i]);
  }
  return unit;
}

// Behind a text that begins at its quote, or NULL.
static const uint8_t *past_string(const uint8_t *at, const uint8_t *end) {
  if (at >= end || *at++ != '"') return NULL;
  for (; at < end; at++) {
    if (*at == '"') return at + 1;
    if (*at < 0x20) return NULL;
    if (*at != '\\') continue;
    if (++at >= end) return NULL;
    if (*at == 'u') {
      if (code_unit(at + 1, end) < 0) return NULL;
      at += 4;
    } else if (!strchr("\"\\/bfnrt", *at)) {
      return NULL;
    }
  }
  return NULL;
}

static const uint8_t *past_digits(const uint8_t *at, const uint8_t *end) {
  const uint8_t *first = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at == first ? NULL : at;
}

static const uint8_t *past_number(const uint8_t *at, const uint8_t *end) {
  if (at < end && *at == '-') at++;
  bool zero = at < end && *at == '0';
  const uint8_t *first = at;
  if (!(at = past_digits(at, end)) || (zero && at - first > 1)) return NULL;
  if (at < end && *at == '.' && !(at = past_digits(at + 1, end))) return NULL;
  if (at < end && (*at | 0x20) == 'e') {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = past_digits(at, end);
  }
  return at;
}

// Behind a value, or NULL where there is no sound one.
static const uint8_t *past_value(const uint8_t *at, const uint8_t *end, int depth) {
  if (at >= end || depth > 64) return NULL;
  if (*at == '"') return past_string(at, end);
  for (const char *const *word = (const char *const[]){"true", "false", "null", NULL}; *word; word++) {
    size_t len = strlen(*word);
    if ((size_t)(end - at) >= len && !memcmp(at, *word, len)) return at + len;
  }
  if (*at != '{' && *at != '[') return past_number(at, end);
  uint8_t close = *at == '{' ? '}' : ']';
  if ((at = blank(at + 1, end)) < end && *at == close) return at + 1;
  for (;; at++) {
    if (close == '}') {
      if (!(at = past_string(blank(at, end), end))) return NULL;
      if ((at = blank(at, end)) >= end || *at++ != ':') return NULL;
    }
    if (!(at = past_value(blank(at, end), end, depth + 1))) return NULL;
    if ((at = blank(at, end)) >= end) return NULL;
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
  }
}

bool json_is_sound(json_t text) {
  const uint8_t *end = text.ptr + text.len;
  const uint8_t *at = past_value(blank(text.ptr, end), end, 0);
  return at && blank(at, end) == end;
}

char json_kind(json_t value) {
  const uint8_t *end = value.ptr + value.len, *at = blank(value.ptr, end);
  return at < end ? (char)*at : 0;
}

json_walk_t json_begin(json_t value) {
  const uint8_t *end = value.ptr + value.len, *at = blank(value.ptr, end);
  return (json_walk_t){at < end && (*at == '{' || *at == '[') ? at : end, end};
}

bool json_next(json_walk_t *walk, json_t *name, json_t *value) {
  if (walk->at >= walk->end) return false;
  // At the opening bracket or at the comma before.
  const uint8_t *at = blank(walk->at + 1, walk->end);
  if (at >= walk->end || *at == '}' || *at == ']') return false;
  *name = (json_t){(uint8_t *)at, 0};
  const uint8_t *past = past_value(at, walk->end, 0);
  const uint8_t *next = blank(past, walk->end);
  if (next < walk->end && *next == ':') {
    name->len = past - at;
    at = blank(next + 1, walk->end);
    past = past_value(at, walk->end, 0);
    next = blank(past, walk->end);
  }
  *value = (json_t){(uint8_t *)at, past - at};
  walk->at = next < walk->end && *next == ',' ? next : walk->end;
  return true;
}

bool json_field(json_t object, const char *wanted, json_t *value) {
  json_t name;
  if (json_kind(object) != '{') return false;
  for (json_walk_t walk = json_begin(object); json_next(&walk, &name, value);) {
    if (json_is(name, wanted)) return true;
  }
  return false;
}

bool json_integer(json_t value, int64_t *number) {
  size_t at = value.len && *value.ptr == '-';
  if (value.len == at || value.len - at > 15) return false;
  for (*number = 0; at < value.len; at++) {
    if (value.ptr[at] < '0' || value.ptr[at] > '9') return false;
    *number = *number * 10 + (value.ptr[at] - '0');
  }
  if (*value.ptr == '-') *number = -*number;
  return true;
}

static void put_bytes(text_t *text, const uint8_t *bytes, size_t len) {
  if (text->len + len > text->room) {
    text->room = (text->len + len) * 2;
    if (!(text->ptr = realloc(text->ptr, text->room))) abort();
  }
  if (len) memcpy(text->ptr + text->len, bytes, len);
  text->len += len;
}

static void put_utf8(text_t *text, uint32_t c) {
  uint8_t bytes[4];
  size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = len; i-- > 1; c >>= 6) bytes[i] = 0x80 | (c & 0x3f);
  bytes[0] = len == 1 ? c : (0xf00 >> len & 0xff) | c;
  put_bytes(text, bytes, len);
}

bool json_string(json_t value, plugin_string_t *out) {
  if (json_kind(value) != '"') return false;
  text_t text = {0};
  put(&text, "");
  const uint8_t *end = value.ptr + value.len;
  for (const uint8_t *at = value.ptr + 1; at < end && *at != '"'; at++) {
    if (*at != '\\') {
      put_bytes(&text, at, 1);
    } else if (*++at == 'u') {
      int32_t unit = code_unit(at + 1, end);
      at += 4;
      // Two halves make one character; half a one alone stands for none.
      if ((unit & 0xfc00) == 0xd800 && end - at > 6 && at[1] == '\\' && at[2] == 'u') {
        int32_t low = code_unit(at + 3, end);
        if ((low & 0xfc00) == 0xdc00) {
          unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        }
      }
      put_utf8(&text, (unit & 0x1ff800) == 0xd800 ? 0xfffd : (uint32_t)unit);
    } else {
      const char *from = "bfnrt", *to = "\b\f\n\r\t", *found = strchr(from, *at);
      put_bytes(&text, found ? (const uint8_t *)&to[found - from] : at, 1);
    }
  }
  *out = (plugin_string_t){text.ptr, text.len};
  return true;
}

bool json_is(json_t value, const char *wanted) {
  plugin_string_t text;
  if (!json_string(value, &text)) return false;
  bool same = text.len == strlen(wanted) && !memcmp(text.ptr, wanted, text.len);
  plugin_string_free(&text);
  return same;
}

void put(text_t *text, const char *what) {
  put_bytes(text, (const uint8_t *)what, strlen(what));
}

void put_string(text_t *text, plugin_string_t what) {
  put_bytes(text, what.ptr, what.len);
}

void put_json(text_t *text, plugin_string_t what) {
  static const char digits[] = "0123456789abcdef";
  put(text, "\"");
  for (size_t i = 0; i < what.len; i++) {
    uint8_t c = what.ptr[i];
    if (c < 0x20) {
      put_bytes(text, (uint8_t[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
    } else {
      if (c == '"' || c == '\\') put(text, "\\");
      put_bytes(text, &c, 1);
    }
  }
  put(text, "\"");
}

void put_number(text_t *text, int64_t number) {
  uint8_t digits[20];
  size_t at = sizeof digits;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do digits[--at] = '0' + rest % 10; while (rest /= 10);
  if (number < 0) put(text, "-");
  put_bytes(text, digits + at, sizeof digits - at);
}

plugin_string_t borrowed(const char *text) {
  return (plugin_string_t){(uint8_t *)text, strlen(text)};
}
