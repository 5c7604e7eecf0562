// JSON in a hundred lines: a document is checked once, then read where it lies; and text that grows, to write it.
#ifndef JSON_H
#define JSON_H

#include "bindings/plugin.h"

// A value as it stands in its document. Nothing is copied, so the document must stay.
typedef plugin_string_t json_t;

// Whether the whole text is one JSON value, no deeper than 64. Everything below wants a value of such a document.
bool json_is_sound(json_t text);

// The first character says what it is: `{` `[` `"` `t` `f` `n`, or a number; 0 where there is nothing.
char json_kind(json_t value);

// The field of an object; false where there is none of that name, or no object.
bool json_field(json_t object, const char *name, json_t *value);

// Walks an object or array: begin with `json_begin`, then take values one by one; `name` is empty in arrays.
typedef struct { const uint8_t *at, *end; } json_walk_t;
json_walk_t json_begin(json_t value);
bool json_next(json_walk_t *walk, json_t *name, json_t *value);

// A whole number; false for any other value, and beyond 15 digits.
bool json_integer(json_t value, int64_t *number);

// A text, with its escapes resolved; free it with `plugin_string_free`. False for any other value.
bool json_string(json_t value, plugin_string_t *text);

// Whether this is that text.
bool json_is(json_t value, const char *text);

// Text that grows. Begin with `{0}`; `text.ptr` and `text.len` may be given away as a `plugin_string_t`.
typedef struct { uint8_t *ptr; size_t len, room; } text_t;
void put(text_t *text, const char *what);
void put_string(text_t *text, plugin_string_t what);
void put_json(text_t *text, plugin_string_t what);  // in quotes, escaped
void put_number(text_t *text, int64_t number);

// A constant as the contract wants it, without a copy: only for arguments of imports.
plugin_string_t borrowed(const char *text);

#endif
