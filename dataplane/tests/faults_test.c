/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch with five faults at random rates, in all 32 combinations, and what the receiver makes of it against a model
 * that is written from the definitions of PROTOCOL.md: it knows what was done to each packet, remembers every number,
 * and has never heard of bursts, runs and bitmaps.
 */
#include "../load/arrivals.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define MARK packet_mark(3, 77, false)
#define BURST 16
#define SENT UINT64_C(5000000000)
/* More than the window of numbers that are remembered, and across the wrap of the 32 bits that a packet carries. */
#define NUMBERS 90000
#define FIRST_NUMBER ((UINT64_C(1) << 32) - NUMBERS / 2)
#define LATE_BY 66000
#define ARRIVALS_MAX (2 * NUMBERS + 2 * LATE_BY)

enum fault { DROP = 1, DUPLICATE = 2, REORDER = 4, CORRUPT = 8, LATE_AND_FOREIGN = 16, FAULTS = 32 };

enum damage { INTACT, PAYLOAD, HEADERS, NUMBER, CUT, DAMAGES };

/* What the switch delivers. */
struct arrival {
    uint32_t at;     /* when: the number that it comes behind */
    uint32_t number; /* less FIRST_NUMBER */
    enum damage damage;
    bool foreign;
};

struct counts {
    uint64_t packets, unique, duplicated, reordered, corrupted, unidentified, late, foreign, steady, steady_corrupted;
};

static struct arrival arrivals[ARRIVALS_MAX];
static unsigned arrival_count, dropped, hidden;
static struct fake_port fake;
static struct departures sender, stranger;
static struct arrivals receiver;

static bool is_steady(uint32_t number)
{
    return number >= NUMBERS / 5 && number < NUMBERS / 5 * 4;
}

static bool happens(uint64_t *random, unsigned faults, enum fault fault, unsigned rate)
{
    return (faults & fault) && test_random(random) % rate == 0;
}

static void add(uint64_t *random, unsigned faults, uint32_t at, uint32_t number, unsigned rate)
{
    struct arrival *a = &arrivals[arrival_count++];

    *a = (struct arrival){.at = at, .number = number};
    if (happens(random, faults, CORRUPT, rate))
        a->damage = PAYLOAD + (enum damage)(test_random(random) % (DAMAGES - 1));
    hidden += a->damage == NUMBER;
}

/* By when they come; those that come together stay in order. */
static void sort_arrivals(void)
{
    static struct arrival sorted[ARRIVALS_MAX];
    static unsigned place[NUMBERS + LATE_BY + 8];

    memset(place, 0, sizeof(place));
    for (unsigned i = 0; i < arrival_count; i++)
        place[arrivals[i].at + 1]++;
    for (size_t at = 1; at < sizeof(place) / sizeof(place[0]); at++)
        place[at] += place[at - 1];
    for (unsigned i = 0; i < arrival_count; i++)
        sorted[place[arrivals[i].at]++] = arrivals[i];
    memcpy(arrivals, sorted, arrival_count * sizeof(*arrivals));
}

/* What comes out of a switch with these faults. */
static void switch_packets(unsigned faults, uint64_t seed)
{
    uint64_t random = seed;
    unsigned rates[5];

    arrival_count = dropped = hidden = 0;
    for (int i = 0; i < 5; i++)
        rates[i] = 3 + (unsigned)(test_random(&random) % 200);
    for (uint32_t number = 0; number < NUMBERS; number++) {
        uint32_t at = number;
        if (happens(&random, faults, DROP, rates[0])) {
            dropped++;
            continue;
        }
        if (happens(&random, faults, REORDER, rates[1]))
            at += (uint32_t)(test_random(&random) % 50);
        else if (happens(&random, faults, LATE_AND_FOREIGN, 10 * rates[2]))
            at += LATE_BY;
        add(&random, faults, at, number, rates[3]);
        if (happens(&random, faults, DUPLICATE, rates[4]))
            add(&random, faults, at + (uint32_t)(test_random(&random) % 3), number, rates[3]);
        if (happens(&random, faults, LATE_AND_FOREIGN, rates[2]))
            arrivals[arrival_count++] =
                (struct arrival){.at = at, .number = (uint32_t)test_random(&random) % NUMBERS, .foreign = true};
    }
    sort_arrivals();
}

/* The definitions, one after the other. */
static struct counts count_by_definition(void)
{
    static unsigned char came[NUMBERS];
    struct counts c = {0};
    uint32_t highest = 0;
    bool any = false, steady_now = false;

    memset(came, 0, sizeof(came));
    for (unsigned i = 0; i < arrival_count; i++) {
        const struct arrival *a = &arrivals[i];
        bool steady = is_steady(a->number);
        if (a->foreign) {
            c.foreign++;
            continue;
        }
        c.packets++;
        if (a->damage == NUMBER) {
            c.unidentified++;
            c.corrupted++;
            c.steady_corrupted += steady_now;
        } else if (any && a->number < highest && highest - a->number >= 65536) {
            c.late++;
        } else if (came[a->number]) {
            c.duplicated++;
        } else {
            came[a->number] = 1;
            bool is_highest = !any || a->number > highest;
            c.reordered += !is_highest;
            if (a->damage == INTACT) {
                c.unique++;
                c.steady += steady;
            } else {
                c.corrupted++;
                c.steady_corrupted += steady;
            }
            if (is_highest) {
                highest = a->number;
                any = true;
                if (a->damage == INTACT)
                    steady_now = steady;
            }
        }
    }
    return c;
}

/* Changes one aligned word within [begin, end). */
static void damage_word(uint64_t *random, uint8_t *bytes, uint32_t begin, uint32_t end)
{
    uint32_t words = (end - begin) / 2, byte = begin + (uint32_t)(test_random(random) % words) * 2;
    uint16_t difference = (uint16_t)(1 + test_random(random) % 0xffff);

    store_u16(bytes + byte, load_u16(bytes + byte) ^ difference);
}

static void apply_damage(uint64_t *random, struct io_slot *slot, enum damage damage, uint32_t offset)
{
    switch (damage) {
    case PAYLOAD:
        damage_word(random, slot->data, offset + PAYLOAD_IDENTITY_END, slot->len);
        break;
    case HEADERS:
        damage_word(random, slot->data, offset > 0 ? 0 : PAYLOAD_TIMES, offset > 0 ? HEADERS_LEN : PAYLOAD_CHECK);
        break;
    case NUMBER:
        damage_word(random, slot->data, offset, offset + PAYLOAD_TIMES);
        break;
    case CUT:
        slot->len = offset + PAYLOAD_IDENTITY_END + (uint32_t)(test_random(random) % 2);
        break;
    case INTACT:
    case DAMAGES:
        break;
    }
}

/* Writes a packet as it was sent, in the burst that it was sent in, and does to it what the switch did. */
static void make_packet(const struct arrival *a, struct io_slot *slot, uint64_t *random, uint32_t offset)
{
    struct departures *d = a->foreign ? &stranger : &sender;
    uint64_t sent = SENT + a->number / BURST;

    d->next_sequence = FIRST_NUMBER + a->number;
    CHECK_EQUAL((uint64_t)departures_send(d, 1, sent, sent, is_steady(a->number)), 1);
    slot->len = fake.slots[0].len;
    slot->seen_ticks = SENT + a->at / BURST + 1000;
    memcpy(slot->data, fake.slots[0].data, slot->len);
    apply_damage(random, slot, a->damage, offset);
}

static void deliver_all(uint64_t *random, uint32_t offset)
{
    static uint8_t bytes[BURST][IO_FRAME_MAX];
    struct io_slot slots[BURST];

    for (unsigned i = 0; i < arrival_count;) {
        unsigned n = 0, most = 1 + (unsigned)(test_random(random) % BURST);
        for (; n < most && i < arrival_count; n++, i++) {
            slots[n].data = bytes[n];
            make_packet(&arrivals[i], &slots[n], random, offset);
        }
        arrivals_take(&receiver, slots, n);
    }
}

static void compare(const struct counts *c)
{
    const struct arrivals *a = &receiver;

    CHECK_EQUAL(a->packets, c->packets);
    CHECK_EQUAL(arrivals_unique(a), c->unique);
    CHECK_EQUAL(a->sequence.duplicated, c->duplicated);
    CHECK_EQUAL(a->sequence.reordered, c->reordered);
    CHECK_EQUAL(a->corrupted, c->corrupted);
    CHECK_EQUAL(a->unidentified, c->unidentified);
    CHECK_EQUAL(a->sequence.late, c->late);
    CHECK_EQUAL(a->foreign, c->foreign);
    CHECK_EQUAL(a->steady, c->steady);
    CHECK_EQUAL(a->steady_corrupted, c->steady_corrupted);
    CHECK_EQUAL(a->since_sent.count, c->steady);
    CHECK_EQUAL(a->packets, c->unique + c->duplicated + c->corrupted + c->late);
    /* Nothing that happened to other packets hides a loss. */
    if (c->late == 0 && hidden == 0)
        CHECK_EQUAL(NUMBERS - arrivals_unique(a) - a->corrupted, dropped);
}

static void test_faults(unsigned faults, unsigned capabilities, uint32_t frame_len, uint64_t seed)
{
    uint64_t random = seed;

    switch_packets(faults, seed);
    fake_open(&fake, capabilities, frame_len, 1);
    departures_init(&sender, &fake.port, MARK, true);
    departures_init(&stranger, &fake.port, packet_mark(3, 76, false), true);
    fake_swap_ends(&fake);
    fake.port.config.burst = BURST;
    arrivals_init(&receiver, &fake.port, MARK, true);
    fake.port.config.burst = 1;
    arrivals_begin(&receiver, SENT, 0);
    receiver.sequence.next = receiver.sequence.run_begin = FIRST_NUMBER;
    deliver_all(&random, receiver.payload_offset);

    struct counts counts = count_by_definition();
    compare(&counts);
    CHECK_EQUAL(counts.duplicated > 0, (faults & DUPLICATE) != 0);
    CHECK_EQUAL(counts.corrupted > 0, (faults & CORRUPT) != 0);
    CHECK_EQUAL(counts.foreign > 0, (faults & LATE_AND_FOREIGN) != 0);
    CHECK_EQUAL(counts.late > 0, (faults & LATE_AND_FOREIGN) != 0);
    CHECK_EQUAL(dropped > 0, (faults & DROP) != 0);
    if (faults & REORDER)
        CHECK(counts.reordered > 0);
    fake_close(&fake);
}

int main(void)
{
    clock_calibrate();
    for (unsigned faults = 0; faults < FAULTS; faults++) {
        test_faults(faults, IO_WHOLE_FRAMES, 71, 100 + faults);
        test_faults(faults, 0, 71, 200 + faults);
        test_faults(faults, IO_WHOLE_FRAMES, 60, 300 + faults);
        test_faults(faults, 0, 60, 400 + faults);
    }
    return test_end("faults_test");
}
