/* SPDX-License-Identifier: Apache-2.0 */
#include "sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHUFFLED "shuffled:"

/* One entry of the list. */
struct entry {
    uint64_t from, to, count;
};

/* A number at the front of a text, which goes on behind it; 0 where there is none that fits. */
static uint64_t read_number(const char **text, uint64_t max)
{
    uint64_t number = 0;

    for (; **text >= '0' && **text <= '9' && number <= max; (*text)++)
        number = 10 * number + (uint64_t)(**text - '0');
    return number <= max ? number : 0;
}

/* Reads an entry up to the comma behind it, or to the end. */
static bool read_entry(const char **text, struct entry *e)
{
    e->from = e->to = read_number(text, IO_FRAME_MAX);
    e->count = 1;
    if (**text == '-') {
        ++*text;
        e->to = read_number(text, IO_FRAME_MAX);
    }
    if (**text == '*') {
        ++*text;
        e->count = read_number(text, SIZES_PERIOD_MAX);
    }
    return e->from >= FRAME_LEN_MIN && e->to >= e->from && e->count > 0 && (**text == ',' || **text == '\0');
}

/* Appends what the list says to lens, which may be NULL. How many packets that are; 0 where it is no list. */
static uint64_t read_list(const char *text, uint16_t *lens)
{
    uint64_t packets = 0;
    struct entry e;

    for (;; text++) {
        if (!read_entry(&text, &e))
            return 0;
        for (uint64_t len = e.from; lens != NULL && len <= e.to; len++) {
            for (uint64_t i = 0; i < e.count; i++)
                lens[packets + (len - e.from) * e.count + i] = (uint16_t)len;
        }
        packets += (e.to - e.from + 1) * e.count;
        if (*text == '\0' || packets > SIZES_PERIOD_MAX)
            return packets;
    }
}

/* Fisher and Yates's shuffle, with the generator of Steele, Lea and Flood (splitmix64). */
static void shuffle(uint16_t *lens, uint32_t count, uint64_t seed)
{
    for (uint32_t i = count; i > 1; i--) {
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        uint32_t other = (uint32_t)((unsigned __int128)(z ^ z >> 31) * i >> 64);
        uint16_t len = lens[i - 1];
        lens[i - 1] = lens[other];
        lens[other] = len;
    }
}

static bool allocate(struct sizes *s)
{
    s->lens = malloc(s->period * sizeof(*s->lens));
    s->bytes = malloc((s->period + 1) * sizeof(*s->bytes));
    s->class_of_len = calloc(IO_FRAME_MAX + 1 - FRAME_LEN_MIN, sizeof(*s->class_of_len));
    return s->lens != NULL && s->bytes != NULL && s->class_of_len != NULL;
}

static void sum_up(struct sizes *s)
{
    s->smallest = UINT32_MAX;
    s->largest = 0;
    s->bytes[0] = 0;
    for (uint32_t i = 0; i < s->period; i++) {
        s->bytes[i + 1] = s->bytes[i] + s->lens[i];
        s->smallest = s->lens[i] < s->smallest ? s->lens[i] : s->smallest;
        s->largest = s->lens[i] > s->largest ? s->lens[i] : s->largest;
    }
}

/* Makes classes of `width` bytes each, the first of which begins with the smallest size. */
static void make_classes(struct sizes *s, const uint32_t *packets, uint32_t width)
{
    for (uint32_t from = s->smallest; from <= s->largest; from += width) {
        uint32_t to = from + width - 1 < s->largest ? from + width - 1 : s->largest;
        struct size_class c = {.from = from, .to = to};
        for (uint32_t len = from; len <= to; len++) {
            s->class_of_len[len - s->smallest] = (uint8_t)s->class_count;
            c.per_period += packets[len];
        }
        if (c.per_period > 0)
            s->classes[s->class_count++] = c;
    }
}

static void classify(struct sizes *s)
{
    uint32_t packets[IO_FRAME_MAX + 1] = {0}, distinct = 0, span = s->largest - s->smallest + 1;

    for (uint32_t i = 0; i < s->period; i++)
        distinct += packets[s->lens[i]]++ == 0;
    make_classes(s, packets, distinct <= SIZE_CLASSES_MAX ? 1 : (span + SIZE_CLASSES_MAX - 1) / SIZE_CLASSES_MAX);
}

int sizes_init(struct sizes *s, const char *text, unsigned pair, char *why, size_t why_size)
{
    bool shuffled = strncmp(text, SHUFFLED, strlen(SHUFFLED)) == 0;
    const char *list = text + (shuffled ? strlen(SHUFFLED) : 0);
    uint64_t packets = read_list(list, NULL);

    *s = (struct sizes){0};
    if (packets == 0 || packets > SIZES_PERIOD_MAX) {
        snprintf(why, why_size,
                 "--sizes %.40s: give sizes from %d to %d as 60*7,566*4,1514 or shuffled:60-1514, %u packets at most",
                 text, FRAME_LEN_MIN, IO_FRAME_MAX, SIZES_PERIOD_MAX);
        return -EINVAL;
    }
    s->period = (uint32_t)packets;
    if (!allocate(s)) {
        sizes_fini(s);
        return -ENOMEM;
    }
    read_list(list, s->lens);
    if (shuffled)
        shuffle(s->lens, s->period, (uint64_t)pair << 48);
    sum_up(s);
    classify(s);
    return 0;
}

void sizes_fini(struct sizes *s)
{
    free(s->lens);
    free(s->bytes);
    free(s->class_of_len);
    *s = (struct sizes){0};
}

void sizes_count_before(const struct sizes *s, uint64_t number, uint64_t packets[SIZE_CLASSES_MAX])
{
    for (uint32_t c = 0; c < s->class_count; c++)
        packets[c] = number / s->period * s->classes[c].per_period;
    for (uint32_t i = 0; i < number % s->period; i++)
        packets[size_class_of(s, i)]++;
}
