/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mixes of sizes: how long a packet's frame is follows from its sequence number alone, as its flow does. The sizes come
 * in an order that is made at the start and repeated for ever, so that each has exactly its share over a period.
 *
 * A mix is written as a list, LO[-HI][*COUNT] separated by commas: so many packets of each of these sizes. They come as
 * they are written or, behind "shuffled:", in an order that is drawn from the pair's number.
 */
#ifndef VSW_SIZES_H
#define VSW_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "../io/io.h"
#include "packet.h"

/* The longest period, in packets. */
#define SIZES_PERIOD_MAX 65536u
/* Sizes are counted one by one up to so many, and beyond that in so many ranges. */
#define SIZE_CLASSES_MAX 32u

/* Sizes that are counted together, both included: bytes of the frame without FCS. */
struct size_class {
    uint32_t from, to;
    uint32_t per_period; /* packets of a period */
};

struct sizes {
    uint32_t period; /* packets; 0: all have one size */
    uint16_t *lens;  /* of the frames of a period, in turn */
    uint32_t *bytes; /* of all before each of them, and of all: period + 1 numbers */
    uint32_t smallest, largest;
    uint32_t class_count;
    struct size_class classes[SIZE_CLASSES_MAX]; /* those that hold something, in ascending order */
    uint8_t *class_of_len;                       /* by how much longer than the smallest */
};

/* Reads a mix. 0, -EINVAL with one line in `why` that names the mend, or -ENOMEM. */
int sizes_init(struct sizes *s, const char *text, unsigned pair, char *why, size_t why_size);
void sizes_fini(struct sizes *s);

/* The frame's length of this packet. */
ALWAYS_INLINE uint32_t size_of(const struct sizes *s, uint64_t number)
{
    return s->lens[number % s->period];
}

/* The class of sizes that a packet is of. */
ALWAYS_INLINE uint32_t size_class_of(const struct sizes *s, uint64_t number)
{
    return s->class_of_len[size_of(s, number) - s->smallest];
}

/* The bytes of all frames with lower numbers. */
ALWAYS_INLINE uint64_t sizes_bytes_before(const struct sizes *s, uint64_t number)
{
    return number / s->period * s->bytes[s->period] + s->bytes[number % s->period];
}

/* How many packets with lower numbers are of each class. */
void sizes_count_before(const struct sizes *s, uint64_t number, uint64_t packets[SIZE_CLASSES_MAX]);

#endif
