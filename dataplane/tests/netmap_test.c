/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The netmap framework against a module that the test plays: its rings lie in memory that ends where they end, so that
 * the address sanitizer sees a step beside them. Whatever it writes there, right or wrong, must never be followed out
 * of it.
 */
#include "../io/netmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../frame/announcement.h"
#include "../frame/headers.h"
#include "../io/io.h"
#include "../load/clock.h"
#include "test.h"

extern const struct io_ops io_netmap;

#define SLOTS 8
#define BUFFER_SIZE 128
#define FRAME_LEN 64
#define FD 77

/* Where things lie in the memory. */
#define IF_AT 64
#define TX_AT 256
#define RING_SIZE (sizeof(struct netmap_ring) + SLOTS * sizeof(struct netmap_slot))
#define RX_AT (TX_AT + (RING_SIZE + 127) / 128 * 128)
#define BUFFERS_AT (RX_AT + (RING_SIZE + 127) / 128 * 128)
/* As with the real one, the numbers of the first buffers are nobody's. */
#define FIRST_BUFFER 2
#define BUFFERS (FIRST_BUFFER + 2 * SLOTS)
#define MEMORY_SIZE (BUFFERS_AT + BUFFERS * BUFFER_SIZE)

static struct {
    uint8_t *memory;
    int opened, mapped;
    /* What it answers. */
    int open_error, version_error, register_error, sync_error;
    uint16_t version; /* that it says it speaks; 0 = leaves the request's */
    struct netmap_register answer;
    char name[NETMAP_NAME_SIZE]; /* of the port that was asked for */
    /* What it sends: takes up to `takes` slots when it is asked. */
    unsigned takes;
    uint32_t tx_next;
    uint64_t sent; /* frames, which must be numbered in order */
    uint16_t last_len;
    /* What it has for us. */
    unsigned waiting;
    uint64_t received;
    unsigned tx_syncs, rx_syncs;
} module;

static struct io_port port;
static struct io_slot slots[IO_BURST_MAX];

static struct netmap_ring *ring_at(size_t at)
{
    return (struct netmap_ring *)(void *)(module.memory + at);
}

static uint8_t *buffer_of(const struct netmap_slot *slot)
{
    return module.memory + BUFFERS_AT + (size_t)slot->buffer * BUFFER_SIZE;
}

static void lay_out_ring(size_t at, uint32_t first_buffer, uint32_t tail)
{
    struct netmap_ring *ring = ring_at(at);

    ring->buffers_offset = (int64_t)(BUFFERS_AT - at);
    ring->slot_count = SLOTS;
    ring->buffer_size = BUFFER_SIZE;
    ring->tail = tail;
    for (uint32_t i = 0; i < SLOTS; i++)
        ring->slots[i].buffer = first_buffer + i;
}

static void begin(void)
{
    memset(&module, 0, sizeof(module));
    module.memory = aligned_alloc(128, MEMORY_SIZE);
    memset(module.memory, 0, MEMORY_SIZE);
    struct netmap_if *description = (struct netmap_if *)(void *)(module.memory + IF_AT);
    description->tx_rings = description->rx_rings = 1;
    description->host_tx_rings = description->host_rx_rings = 1;
    description->ring_offsets[0] = TX_AT - IF_AT;
    description->ring_offsets[1] = -1; /* the host's is not ours to look at */
    description->ring_offsets[2] = (int64_t)(RX_AT - IF_AT);
    lay_out_ring(TX_AT, FIRST_BUFFER, SLOTS - 1);
    lay_out_ring(RX_AT, FIRST_BUFFER + SLOTS, 0);
    module.answer = (struct netmap_register){.offset = IF_AT,
                                             .memory_size = MEMORY_SIZE,
                                             .tx_rings = 1,
                                             .rx_rings = 1,
                                             .tx_slots = SLOTS,
                                             .rx_slots = SLOTS};
    module.takes = SLOTS;
    memset(&port, 0, sizeof(port));
    port.ops = &io_netmap;
    port.config = (struct io_config){.device = "netmap:eth0",
                                     .local = {.mac = {2, 0, 0, 0, 0, 1}},
                                     .frame_len = FRAME_LEN,
                                     .burst = SLOTS,
                                     .transmits = true,
                                     .receives = true};
}

static void end(void)
{
    io_netmap.close(&port);
    CHECK(port.state == NULL);
    CHECK_EQUAL((uint64_t)module.opened, 0);
    CHECK_EQUAL((uint64_t)module.mapped, 0);
    free(module.memory);
}

static int fake_open(void)
{
    if (module.open_error != 0)
        return module.open_error;
    module.opened++;
    return FD;
}

static int fake_control(int fd, struct netmap_request *request)
{
    CHECK_EQUAL((uint64_t)fd, FD);
    CHECK_EQUAL(request->version, NETMAP_VERSION);
    if (module.version != 0)
        request->version = module.version;
    if (module.version_error != 0)
        return module.version_error;
    if (request->type == NETMAP_PORT_INFO)
        return -ENXIO;
    CHECK_EQUAL(request->type, NETMAP_REGISTER);
    if (module.register_error != 0)
        return module.register_error;
    struct netmap_register *body = (struct netmap_register *)(uintptr_t)request->body;
    CHECK_EQUAL(body->mode, NETMAP_MODE_ALL_NIC);
    memcpy(module.name, request->name, sizeof(module.name));
    *body = module.answer;
    return 0;
}

/* Frames carry their number in their first bytes. */
static void check_sent(const struct netmap_slot *slot)
{
    uint64_t number;

    CHECK_EQUAL(slot->flags, 0);
    module.last_len = slot->len;
    memcpy(&number, buffer_of(slot), sizeof(number));
    CHECK_EQUAL(number, module.sent);
    module.sent++;
}

static void take_sent(void)
{
    struct netmap_ring *ring = ring_at(TX_AT);

    CHECK_EQUAL(ring->cur, ring->head);
    for (unsigned n = 0; module.tx_next != ring->head && n < module.takes; n++) {
        check_sent(&ring->slots[module.tx_next]);
        module.tx_next = (module.tx_next + 1) % SLOTS;
        ring->tail = (ring->tail + 1) % SLOTS;
    }
}

static void deliver(void)
{
    struct netmap_ring *ring = ring_at(RX_AT);

    CHECK_EQUAL(ring->cur, ring->head);
    for (; module.waiting > 0 && (ring->tail + 1) % SLOTS != ring->head; module.waiting--) {
        struct netmap_slot *slot = &ring->slots[ring->tail];
        memset(buffer_of(slot), 0, BUFFER_SIZE);
        memcpy(buffer_of(slot), &module.received, sizeof(module.received));
        module.received++;
        slot->len = FRAME_LEN;
        ring->tail = (ring->tail + 1) % SLOTS;
    }
}

static bool honest = true;

static int fake_sync(int fd, unsigned long direction)
{
    CHECK_EQUAL((uint64_t)fd, FD);
    *(direction == NETMAP_TX_SYNC ? &module.tx_syncs : &module.rx_syncs) += 1;
    if (module.sync_error != 0)
        return module.sync_error;
    if (!honest)
        return 0;
    if (direction == NETMAP_TX_SYNC)
        take_sent();
    else
        deliver();
    return 0;
}

static void *fake_map(int fd, size_t size)
{
    CHECK_EQUAL((uint64_t)fd, FD);
    if (size != MEMORY_SIZE) {
        errno = EINVAL;
        return NULL;
    }
    module.mapped++;
    return module.memory;
}

static void fake_unmap(void *memory, size_t size)
{
    CHECK(memory == module.memory && size == MEMORY_SIZE);
    module.mapped--;
}

static void fake_close(int fd)
{
    CHECK_EQUAL((uint64_t)fd, FD);
    module.opened--;
}

static const struct netmap_calls fake_calls = {
    .open = fake_open,
    .control = fake_control,
    .sync = fake_sync,
    .map = fake_map,
    .unmap = fake_unmap,
    .close = fake_close,
};

/* Opening fails with this errno and a text that says this. */
static void check_refused(int error, const char *text)
{
    CHECK_EQUAL((uint64_t)-io_netmap.open(&port), (uint64_t)error);
    if (!CHECK(strstr(port.error, text) != NULL))
        fprintf(stderr, "it says: %s\n", port.error);
}

static void test_module_absent(void)
{
    char why[160];

    begin();
    CHECK_EQUAL((uint64_t)io_netmap.probe(why, sizeof(why)), 0);
    module.open_error = -ENOENT;
    CHECK(io_netmap.probe(why, sizeof(why)) == -EOPNOTSUPP);
    CHECK(strstr(why, "no netmap in this kernel") != NULL && strstr(why, "modprobe netmap`") != NULL);
    check_refused(ENOENT, "no netmap in this kernel");
    module.open_error = -EACCES;
    CHECK(io_netmap.probe(why, sizeof(why)) == -EACCES);
    CHECK(strstr(why, "run as root") != NULL);
    end();
}

static void test_other_version(void)
{
    char why[160];

    begin();
    module.version = 13;
    module.version_error = -EINVAL;
    CHECK(io_netmap.probe(why, sizeof(why)) == -EOPNOTSUPP);
    CHECK(strstr(why, "speaks version 13 of its interface, not 14") != NULL);
    check_refused(EOPNOTSUPP, "speaks version 13");
    module.version_error = 0;
    check_refused(EOPNOTSUPP, "speaks version 13");
    module.version = 0;
    module.version_error = -EINVAL;
    check_refused(EOPNOTSUPP, "does not speak version 14");
    module.version_error = -ENOTTY;
    check_refused(EOPNOTSUPP, "does not speak version 14");
    end();
}

static void test_refused(void)
{
    begin();
    module.register_error = -ENXIO;
    check_refused(ENXIO, "there is no port eth0 here");
    module.register_error = -EBUSY;
    check_refused(EBUSY, "eth0 is in use");
    module.register_error = -ENOMEM;
    check_refused(ENOMEM, "no memory for the rings of eth0");
    module.register_error = -EIO;
    check_refused(EIO, "netmap does not open eth0: ");
    module.register_error = 0;
    module.answer.rx_rings = 4;
    check_refused(EINVAL, "`ethtool -L eth0 combined 1`");
    module.answer.rx_rings = 1;
    port.config.frame_len = BUFFER_SIZE + 1;
    check_refused(EMSGSIZE, "a buffer of netmap:eth0 has 128 bytes");
    port.config.frame_len = FRAME_LEN;
    port.config.device = "a-name-that-is-longer-than-what-netmap-has-room-for-in-one-of-its-requests";
    check_refused(ENAMETOOLONG, "is too long for a port");
    port.config.device = "eth0";
    module.answer.memory_size = MEMORY_SIZE * 2;
    check_refused(EINVAL, "cannot map the rings of eth0");
    end();
}

/* Answers that lead out of the memory, or to no ring. */
static void test_bad_answers(void)
{
    static const struct {
        size_t at;
        uint64_t value;
        size_t size;
    } lies[] = {
        {IF_AT + offsetof(struct netmap_if, tx_rings), 0, 4},
        {IF_AT + offsetof(struct netmap_if, rx_rings), UINT32_MAX, 4},
        {IF_AT + offsetof(struct netmap_if, host_tx_rings), UINT32_MAX, 4},
        {IF_AT + offsetof(struct netmap_if, host_tx_rings), MEMORY_SIZE / 8, 4},
        {IF_AT + offsetof(struct netmap_if, ring_offsets), MEMORY_SIZE, 8},
        {IF_AT + offsetof(struct netmap_if, ring_offsets), MEMORY_SIZE - IF_AT, 8},
        {IF_AT + offsetof(struct netmap_if, ring_offsets), (uint64_t)INT64_MIN, 8},
        {IF_AT + offsetof(struct netmap_if, ring_offsets), (uint64_t)-IF_AT - 128, 8},
        {IF_AT + offsetof(struct netmap_if, ring_offsets), TX_AT - IF_AT + 4, 8},
        {TX_AT + offsetof(struct netmap_ring, slot_count), 0, 4},
        {TX_AT + offsetof(struct netmap_ring, slot_count), 1, 4},
        {RX_AT + offsetof(struct netmap_ring, slot_count), UINT32_MAX, 4},
        {RX_AT + offsetof(struct netmap_ring, buffer_size), 0, 4},
        {TX_AT + offsetof(struct netmap_ring, buffers_offset), MEMORY_SIZE, 8},
        {TX_AT + offsetof(struct netmap_ring, buffers_offset), (uint64_t)-TX_AT - 1, 8},
        {TX_AT + offsetof(struct netmap_ring, head), SLOTS, 4},
        {RX_AT + offsetof(struct netmap_ring, tail), UINT32_MAX, 4},
    };
    static const uint64_t offsets[] = {MEMORY_SIZE, MEMORY_SIZE - 8, UINT64_MAX, IF_AT + 1};

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        begin();
        memcpy(module.memory + lies[i].at, &lies[i].value, lies[i].size);
        check_refused(EPROTO, "cannot be right");
        end();
    }
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        begin();
        module.answer.offset = offsets[i];
        check_refused(EPROTO, "cannot be right");
        end();
    }
    begin();
    module.answer.memory_size = 0;
    check_refused(EPROTO, "cannot be right");
    end();
}

static void open_port(void)
{
    begin();
    CHECK_EQUAL((uint64_t)io_netmap.open(&port), 0);
    CHECK(strcmp(module.name, "eth0") == 0);
    CHECK_EQUAL(port.tx_queue_bytes, SLOTS * BUFFER_SIZE);
    CHECK_EQUAL(port.rx_queue_bytes, SLOTS * BUFFER_SIZE);
}

/* Writes the next numbers into what was lent. */
static void number(unsigned n, uint64_t first)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t value = first + i;
        CHECK_EQUAL(slots[i].len, FRAME_LEN);
        memcpy(slots[i].data, &value, sizeof(value));
    }
}

static void test_send(void)
{
    uint64_t next = 0;

    open_port();
    for (unsigned round = 0; round < 100; round++) {
        unsigned n = 1 + round % (SLOTS - 1), syncs = module.tx_syncs;
        CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, n), n);
        number(n, next);
        CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, n), n);
        next += n;
        CHECK_EQUAL(module.tx_syncs, syncs + 1);
        CHECK_EQUAL(module.sent, next);
        CHECK_EQUAL(module.last_len, FRAME_LEN);
    }
    end();
}

/* What was lent and not committed is lent again. */
static void test_partial_commit(void)
{
    uint64_t next = 0;

    open_port();
    for (unsigned round = 0; round < 50; round++) {
        CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 5), 5);
        const uint8_t *left = slots[2].data;
        number(5, next);
        CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, 2), 2);
        next += 2;
        CHECK_EQUAL(module.sent, next);
        CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 1), 1);
        CHECK(slots[0].data == left);
        number(1, next);
        /* No more than was lent. */
        CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, 3), 1);
        CHECK_EQUAL(module.sent, ++next);
        CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, 1), 0);
    }
    end();
}

static void test_full(void)
{
    open_port();
    module.takes = 0;
    CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, SLOTS + 3), SLOTS - 1);
    number(SLOTS - 1, 0);
    CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, SLOTS - 1), SLOTS - 1);
    CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 4), 0);
    CHECK_EQUAL((uint64_t)io_netmap.announce(&port, 0, 1), 0);
    /* Room for some is found by asking. */
    module.takes = 3;
    CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 4), 3);
    CHECK_EQUAL(module.sent, 3);
    number(3, SLOTS - 1);
    module.takes = SLOTS;
    CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, 3), 3);
    CHECK_EQUAL(module.sent, SLOTS + 2);
    end();
}

static void check_received(unsigned n, uint64_t first)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t value;
        memcpy(&value, slots[i].data, sizeof(value));
        CHECK_EQUAL(value, first + i);
        CHECK_EQUAL(slots[i].len, FRAME_LEN);
        CHECK(slots[i].seen_ticks != 0);
    }
}

static void test_receive(void)
{
    uint64_t next = 0;

    open_port();
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, SLOTS), 0);
    for (unsigned round = 0; round < 100; round++) {
        unsigned n = 1 + round % (SLOTS - 1), syncs = module.rx_syncs;
        module.waiting = n;
        CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, SLOTS), n);
        CHECK_EQUAL(module.rx_syncs, syncs + 1);
        check_received(n, next);
        next += n;
        /* An echo is sent while they are lent, and does not disturb them. */
        struct io_slot echo;
        uint64_t value = module.sent;
        CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, &echo, 1), 1);
        memcpy(echo.data, &value, sizeof(value));
        CHECK_EQUAL((uint64_t)io_netmap.tx_commit(&port, 1), 1);
        check_received(n, next - n);
        /* Whoever forgets to give back gives back by asking for more. */
        if (round % 3 != 0)
            io_netmap.rx_release(&port);
    }
    end();
}

/* More has come than is asked for; a ring that is full takes no more than it holds. */
static void test_receive_in_parts(void)
{
    open_port();
    module.waiting = 12;
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, 3), 3);
    check_received(3, 0);
    CHECK_EQUAL(module.waiting, 12 - (SLOTS - 1));
    io_netmap.rx_release(&port);
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, SLOTS), SLOTS - 1);
    check_received(SLOTS - 1, 3);
    io_netmap.rx_release(&port);
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, SLOTS), 2);
    check_received(2, 10);
    end();
}

static void test_announce(void)
{
    uint8_t expected[ANNOUNCEMENT_LEN_MAX];

    open_port();
    announcement_build(expected, &port.config, 0);
    honest = false;
    CHECK_EQUAL((uint64_t)io_netmap.announce(&port, 0, 1), 1);
    honest = true;
    const struct netmap_ring *ring = ring_at(TX_AT);
    CHECK_EQUAL(ring->head, 1);
    CHECK_EQUAL(ring->slots[0].len, announcement_len(&port.config));
    CHECK(memcmp(buffer_of(&ring->slots[0]), expected, sizeof(expected)) == 0);
    end();
}

static void test_descriptors(void)
{
    struct io_stats stats = {1, 1};
    int rx_fd = -1, tx_fd = -1;

    open_port();
    io_netmap.descriptors(&port, &rx_fd, &tx_fd);
    CHECK(rx_fd == FD && tx_fd == FD);
    io_netmap.stats(&port, &stats);
    CHECK(stats.rx_dropped == 0 && stats.tx_errors == 0);
    end();
}

static void test_sync_fails(void)
{
    open_port();
    CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 1), 1);
    module.sync_error = -ENXIO;
    CHECK(io_netmap.tx_commit(&port, 1) == -ENXIO);
    CHECK(strstr(port.error, "netmap:eth0 is gone, or stopped") != NULL);
    CHECK(io_netmap.rx(&port, slots, 1) == -ENXIO);
    module.sync_error = -EINTR;
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, 1), 0);
    end();
}

static void test_bad_rings(void)
{
    open_port();
    ring_at(TX_AT)->tail = SLOTS;
    CHECK(io_netmap.tx_reserve(&port, slots, 1) == -EPROTO);
    CHECK(strstr(port.error, "the index of the ring to send of netmap:eth0 cannot be right") != NULL);
    ring_at(TX_AT)->tail = SLOTS - 1;
    ring_at(TX_AT)->slots[0].buffer = BUFFERS;
    CHECK(io_netmap.tx_reserve(&port, slots, 1) == -EPROTO);
    ring_at(TX_AT)->slots[0].buffer = BUFFERS - 1;
    CHECK_EQUAL((uint64_t)io_netmap.tx_reserve(&port, slots, 1), 1);
    CHECK(slots[0].data == module.memory + MEMORY_SIZE - BUFFER_SIZE);

    honest = false;
    struct netmap_ring *rx = ring_at(RX_AT);
    rx->tail = UINT32_MAX;
    CHECK(io_netmap.rx(&port, slots, 1) == -EPROTO);
    rx->tail = 1;
    rx->slots[0].buffer = UINT32_MAX;
    CHECK(io_netmap.rx(&port, slots, 1) == -EPROTO);
    rx->slots[0] = (struct netmap_slot){.buffer = 2, .len = BUFFER_SIZE + 1};
    CHECK(io_netmap.rx(&port, slots, 1) == -EPROTO);
    rx->slots[0].len = BUFFER_SIZE;
    CHECK_EQUAL((uint64_t)io_netmap.rx(&port, slots, 1), 1);
    honest = true;
    end();
}

/* Touches all of what was lent: the sanitizer says when it lies outside. */
static void touch(int n, unsigned asked)
{
    CHECK(n < 0 || (unsigned)n <= asked);
    for (int i = 0; i < n; i++)
        memset(slots[i].data, i, slots[i].len);
}

/* A module that writes anything anywhere, before and after the port is opened. */
static void test_any_memory(void)
{
    uint64_t random = 1;
    unsigned opened = 0;

    honest = false;
    for (unsigned round = 0; round < 20000; round++) {
        begin();
        /* Numbers near what is right go further than any number. */
        for (unsigned lies = (unsigned)(test_random(&random) % 3); lies > 0; lies--) {
            size_t at = IF_AT + test_random(&random) % (BUFFERS_AT - IF_AT - 4) / 4 * 4;
            uint32_t value = (uint32_t)(test_random(&random) >> (test_random(&random) % 64));
            memcpy(module.memory + at, &value, sizeof(value));
        }
        if (io_netmap.open(&port) == 0) {
            opened++;
            for (unsigned step = 0; step < 8; step++) {
                struct netmap_ring *ring = ring_at(test_random(&random) % 2 ? TX_AT : RX_AT);
                ring->tail = (uint32_t)(test_random(&random) % (SLOTS + 1));
                ring->slots[test_random(&random) % SLOTS].buffer = (uint32_t)(test_random(&random) % (BUFFERS + 1));
                ring->slots[test_random(&random) % SLOTS].len = (uint16_t)(test_random(&random) % (BUFFER_SIZE + 2));
                touch(io_netmap.tx_reserve(&port, slots, SLOTS), SLOTS);
                CHECK(io_netmap.tx_commit(&port, (unsigned)(test_random(&random) % SLOTS)) >= 0);
                touch(io_netmap.rx(&port, slots, SLOTS), SLOTS);
                io_netmap.rx_release(&port);
            }
        }
        end();
    }
    honest = true;
    CHECK(opened > 1000);
}

int main(void)
{
    clock_calibrate();
    netmap_calls = &fake_calls;
    test_module_absent();
    test_other_version();
    test_refused();
    test_bad_answers();
    test_send();
    test_partial_commit();
    test_full();
    test_receive();
    test_receive_in_parts();
    test_announce();
    test_descriptors();
    test_sync_fails();
    test_bad_rings();
    test_any_memory();
    return test_end("netmap_test");
}
