/* SPDX-License-Identifier: Apache-2.0 */
#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "layout.h"
#include "packet.h"
#include "random.h"

const char *const flow_field_names[FLOW_FIELD_COUNT] = {"udp-port", "ip", "mac", "vlan"};

/* With half of the finalizer of random.h: neighbouring numbers are spread as evenly as the test asks for. */
ALWAYS_INLINE uint32_t uniform(uint64_t number, uint32_t count)
{
    uint64_t z = number * SPLITMIX_STEP;

    z = (z ^ z >> 32) * SPLITMIX_FIRST;
    return (uint32_t)((unsigned __int128)z * count >> 64);
}

uint32_t flow_of(const struct flows *f, uint64_t sequence)
{
    switch (f->order) {
    case FLOW_UNIFORM:
        return uniform(sequence + f->seed, f->count);
    case FLOW_ZIPF:
        return f->draws[sequence % FLOW_DRAWS];
    default:
        return (uint32_t)(sequence % f->count);
    }
}

/* The checksum where the source port has grown by so much: it falls as much, in ones' complement. */
ALWAYS_INLINE uint64_t less(uint64_t checksum, uint32_t flow)
{
    uint64_t sum = checksum + UINT16_MAX - flow;

    return (sum & UINT16_MAX) + (sum >> 16);
}

/* Where words go: into an array or, where there is none, into frames. */
struct target {
    uint64_t *words;
    const struct io_slot *slots;
    uint32_t offset; /* in a frame */
};

ALWAYS_INLINE void put(struct target to, unsigned i, uint64_t number)
{
    uint64_t word = __builtin_bswap64(number);

    if (to.slots == NULL)
        to.words[i] = word;
    else
        store_u64(to.slots[i].data + to.offset, word);
}

/* The body of all variants below, which fix the last two arguments, and which of both targets there is. What is written
 * may be anything, so that all that is read of the view is read before. */
ALWAYS_INLINE void make(const struct flow_view *view, uint64_t sequence, unsigned n, const struct target to,
                        const enum flow_order order, const bool checksummed)
{
    const uint32_t count = view->flows->count, *draws = view->flows->draws;
    const uint64_t first = sequence + view->flows->seed, step = view->step;
    const uint64_t checksum = checksummed ? view->base & UINT16_MAX : 0, base = view->base - checksum;

    for (unsigned i = 0; i < n; i++) {
        uint32_t flow = order == FLOW_UNIFORM ? uniform(first + i, count) : draws[(sequence + i) % FLOW_DRAWS];
        put(to, i, base + flow * step + (checksummed ? less(checksum, flow) : 0));
    }
}

/* In turn there is nothing to multiply, and nothing to ask before the last flow. */
ALWAYS_INLINE void make_in_turn(const struct flow_view *view, uint64_t sequence, unsigned n, const struct target to,
                                const bool checksummed)
{
    const uint32_t count = view->flows->count;
    const uint64_t checksum = checksummed ? view->base & UINT16_MAX : 0;
    const uint64_t base = view->base - checksum, step = view->step;
    uint32_t flow = (uint32_t)(sequence % count);

    for (unsigned done = 0; done < n; flow = 0) {
        unsigned end = count - flow < n - done ? done + (count - flow) : n;
        uint64_t number = base + flow * step;
#pragma GCC unroll 4
        for (; done < end; done++, number += step, flow++)
            put(to, done, number + (checksummed ? less(checksum, flow) : 0));
    }
}

#define FLOW_VARIANT(name, call, ...)                                                                                  \
    static void name##_words(const struct flow_view *view, uint64_t sequence, unsigned n, uint64_t *words)             \
    {                                                                                                                  \
        call(view, sequence, n, (struct target){words, NULL, 0}, __VA_ARGS__);                                         \
    }                                                                                                                  \
    static void name##_write(const struct flow_view *view, uint64_t sequence, unsigned n, const struct io_slot *slots) \
    {                                                                                                                  \
        if (slots != NULL)                                                                                             \
            call(view, sequence, n, (struct target){NULL, slots, view->offset}, __VA_ARGS__);                          \
    }

FLOW_VARIANT(in_turn, make_in_turn, false)
FLOW_VARIANT(in_turn_checksummed, make_in_turn, true)
FLOW_VARIANT(uniform, make, FLOW_UNIFORM, false)
FLOW_VARIANT(uniform_checksummed, make, FLOW_UNIFORM, true)
FLOW_VARIANT(zipf, make, FLOW_ZIPF, false)
FLOW_VARIANT(zipf_checksummed, make, FLOW_ZIPF, true)

/* Where a word begins, and by how much it grows from flow to flow. */
struct place {
    uint32_t offset;
    uint64_t step;
};

#define IP_STEP ((UINT64_C(1) << 32) - 1)
#define PORT_STEP (UINT64_C(1) << 48)
#define MAC_STEP (UINT64_C(1) << 32)
#define BOTH_MACS_STEP (UINT64_C(1) << 48 | 1)

/* The second half of an IPv6 source address, or of an answer's destination. */
static struct place place_of_ip6(const struct layout *at, bool answers)
{
    return (struct place){at->ip + (answers ? 32 : 16), -IP_STEP};
}

/* With two tags the id is in the last bytes of the word, with one before the EtherType and the IP header's first bytes.
 */
static struct place place_of_vlan(const struct io_encapsulation *e)
{
    return (struct place){TAGS_AT, e->outer_vlan != 0 ? 1 : UINT64_C(1) << 32};
}

static struct place place_of(const struct flows *f, bool answers)
{
    const struct layout at = layout_of(&f->encapsulation);

    switch (f->field) {
    case FLOW_UDP_PORT:
        return (struct place){at.udp, answers ? PORT_STEP >> 16 : PORT_STEP};
    case FLOW_IP:
        if (f->encapsulation.ip6)
            return place_of_ip6(&at, answers);
        return (struct place){at.udp - 8, answers ? -IP_STEP : IP_STEP};
    case FLOW_VLAN:
        return place_of_vlan(&f->encapsulation);
    case FLOW_BOTH_MACS:
        return (struct place){FLOW_AT_BOTH_MACS, BOTH_MACS_STEP};
    default:
        return (struct place){answers ? FLOW_AT_DESTINATION_MAC : FLOW_AT_SOURCE_MAC, MAC_STEP};
    }
}

void flow_view_init(struct flow_view *view, const struct flows *f, const uint8_t *headers, bool answers)
{
    static const struct {
        flow_words_function *make;
        flow_write_function *write;
    } functions[FLOW_ORDER_COUNT][2] = {
        [FLOW_ROUND_ROBIN] = {{in_turn_words, in_turn_write}, {in_turn_checksummed_words, in_turn_checksummed_write}},
        [FLOW_UNIFORM] = {{uniform_words, uniform_write}, {uniform_checksummed_words, uniform_checksummed_write}},
        [FLOW_ZIPF] = {{zipf_words, zipf_write}, {zipf_checksummed_words, zipf_checksummed_write}},
        [FLOW_NEW] = {{in_turn_words, in_turn_write}, {in_turn_checksummed_words, in_turn_checksummed_write}},
    };
    struct place place = place_of(f, answers);
    uint64_t base = __builtin_bswap64(load_u64(headers + place.offset));
    /* Without a checksum, the field stays 0. */
    bool checksummed = f->field == FLOW_UDP_PORT && (base & UINT16_MAX) != 0;

    *view = (struct flow_view){
        .flows = f,
        .make_words = functions[f->order][checksummed].make,
        .write_words = functions[f->order][checksummed].write,
        .offset = place.offset,
        .base = base,
        .step = place.step,
        .checksummed = checksummed,
    };
}

uint64_t flow_word(const struct flow_view *view, uint64_t sequence, const uint8_t *headers)
{
    uint32_t flow = flow_of(view->flows, sequence);
    uint64_t base = __builtin_bswap64(load_u64(headers + view->offset));
    uint64_t checksum = view->checksummed ? base & UINT16_MAX : 0;

    return __builtin_bswap64(base - checksum + flow * view->step + (view->checksummed ? less(checksum, flow) : 0));
}

struct udp_ports udp_ports_of(const struct flows *f, uint16_t port, bool answers)
{
    bool several = f != NULL && f->field == FLOW_UDP_PORT && answers;

    return (struct udp_ports){port, several ? f->count : 1};
}

/* IPv4's unicast addresses that a host may have: those of the networks 1 to 223. */
#define IP_LOWEST UINT32_C(0x01000000)
#define IP_HIGHEST UINT32_C(0xdfffffff)

static uint32_t at_most(uint64_t count, uint32_t most)
{
    return count < most ? (uint32_t)count : most;
}

static uint32_t ip_flows(const struct io_address *from, const struct io_address *to)
{
    uint32_t source = ntohl(from->ip.s_addr), destination = ntohl(to->ip.s_addr);
    uint32_t up = IP_HIGHEST - source, down = destination - IP_LOWEST;

    return at_most((uint64_t)(up < down ? up : down) + 1, FLOWS_NEW_IP);
}

/* As far as the last 32 bits count up, and those before them down. */
static uint32_t ip6_flows(const struct io_address *from)
{
    uint64_t half = __builtin_bswap64(load_u64(from->ip6.s6_addr + 8));
    uint64_t up = UINT32_MAX - (half & UINT32_MAX), down = half >> 32;

    return at_most((up < down ? up : down) + 1, FLOWS_NEW_IP);
}

static uint32_t macs_from(const struct io_address *end)
{
    return MACS_MAX - ((uint32_t)end->mac[2] << 8 | end->mac[3]);
}

uint32_t flows_possible(enum flow_field field, const struct io_encapsulation *e, const struct io_address *from,
                        const struct io_address *to)
{
    uint32_t middle = (uint32_t)from->mac[1] << 16 | (uint32_t)from->mac[2] << 8 | from->mac[3];

    switch (field) {
    case FLOW_UDP_PORT:
        return UINT32_C(65536) - from->udp_port;
    case FLOW_IP:
        return e->ip6 ? ip6_flows(from) : ip_flows(from, to);
    case FLOW_VLAN:
        return VLAN_MAX + 1u - e->vlan_first;
    case FLOW_BOTH_MACS:
        return at_most(macs_from(from), macs_from(to));
    default:
        return at_most(FLOWS_NEW_MAC - middle, FLOWS_NEW_MAC);
    }
}

/* The first flow whose share of the sum, those before it included, is more than this. */
static uint32_t search(const double *cumulated, uint32_t count, double share)
{
    uint32_t low = 0, high = count - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cumulated[middle] > share)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int draw_zipf(struct flows *f, double exponent)
{
    double *cumulated = malloc(f->count * sizeof(*cumulated)), sum = 0;

    f->draws = malloc(FLOW_DRAWS * sizeof(*f->draws));
    if (cumulated == NULL || f->draws == NULL) {
        free(cumulated);
        return -ENOMEM;
    }
    for (uint32_t k = 0; k < f->count; k++)
        cumulated[k] = sum += pow(k + 1.0, -exponent);
    for (uint32_t i = 0; i < FLOW_DRAWS; i++)
        f->draws[i] = search(cumulated, f->count, random_share(i + f->seed) * sum);
    free(cumulated);
    return 0;
}

int flows_init(struct flows *f, uint32_t count, enum flow_field field, enum flow_order order, double exponent,
               unsigned pair)
{
    *f = (struct flows){.count = count, .field = field, .order = order, .seed = (uint64_t)pair << 48};
    return order == FLOW_ZIPF ? draw_zipf(f, exponent) : 0;
}

void flows_fini(struct flows *f)
{
    free(f->draws);
    f->draws = NULL;
}
