/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader of JSON (RFC 8259): is a text a valid document, and what is the value at a path. */
#ifndef VSW_JSON_H
#define VSW_JSON_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH_MAX 32

/* Each returns the end of what it read, or NULL if that is not valid. */
static inline const char *json_value(const char *at, int depth);

static inline const char *json_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static inline const char *json_string(const char *at)
{
    if (*at++ != '"')
        return NULL;
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        at++;
        if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
            at += 4;
        else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL)
            return NULL;
    }
    return at + 1;
}

static inline const char *json_digits(const char *at)
{
    size_t n = strspn(at, "0123456789");
    return n > 0 ? at + n : NULL;
}

static inline const char *json_number(const char *at)
{
    if (*at == '-')
        at++;
    if (*at == '0')
        at++;
    else if ((at = json_digits(at)) == NULL)
        return NULL;
    if (*at == '.' && (at = json_digits(at + 1)) == NULL)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-')
            at++;
        at = json_digits(at);
    }
    return at;
}

/* An object or an array. */
static inline const char *json_members(const char *at, int depth)
{
    bool object = *at == '{';
    char end = object ? '}' : ']';

    at = json_space(at + 1);
    if (*at == end)
        return at + 1;
    for (;;) {
        if (object) {
            at = json_string(at);
            if (at == NULL || *(at = json_space(at)) != ':')
                return NULL;
            at = json_space(at + 1);
        }
        at = json_value(at, depth + 1);
        if (at == NULL)
            return NULL;
        at = json_space(at);
        if (*at == end)
            return at + 1;
        if (*at != ',')
            return NULL;
        at = json_space(at + 1);
    }
}

static inline const char *json_value(const char *at, int depth)
{
    static const char *const words[] = {"true", "false", "null"};

    if (depth > JSON_DEPTH_MAX)
        return NULL;
    for (int i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    }
    if (*at == '"')
        return json_string(at);
    return *at == '{' || *at == '[' ? json_members(at, depth) : json_number(at);
}

static inline bool json_is_object(const char *text)
{
    const char *end = *text == '{' ? json_value(text, 0) : NULL;
    return end != NULL && *end == '\0';
}

/* The value of a member of an object, in valid JSON; NULL if there is none. */
static inline const char *json_member(const char *object, const char *name)
{
    size_t len = strlen(name);
    const char *at = json_space(object + 1);

    if (*object != '{')
        return NULL;
    while (*at == '"') {
        const char *name_end = json_string(at);
        const char *value = json_space(json_space(name_end) + 1);
        if ((size_t)(name_end - at) == len + 2 && strncmp(at + 1, name, len) == 0)
            return value;
        at = json_space(json_value(value, 0));
        if (*at == ',')
            at = json_space(at + 1);
    }
    return NULL;
}

/* The value at a path of names separated by dots. */
static inline const char *json_at(const char *object, const char *path)
{
    char name[64];

    while (object != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        object = json_member(object, name);
        path += len + (path[len] == '.');
    }
    return object;
}

#endif
