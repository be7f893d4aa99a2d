/* SPDX-License-Identifier: Apache-2.0 */
/* What a sender puts on its port: numbered, stamped and filled packets. */
#ifndef VSW_DEPARTURES_H
#define VSW_DEPARTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "../frame/flows.h"
#include "../frame/form.h"
#include "../frame/packet.h"
#include "../io/io.h"
#include "fill.h"

struct departures {
    struct io_port *port;
    /* Chosen once, so that the loop over packets tests no option. */
    fill_function *fill;
    uint64_t next_sequence; /* how many packets the port has taken so far */
    uint32_t mark;          /* of packets that are not steady */
    uint32_t payload_len;
    unsigned prepared; /* slots whose constant bytes are in place, if the port keeps them */
    uint8_t headers[HEADERS_LEN];
    struct flow_view view;   /* flows == NULL: all packets have these headers, or a form */
    const struct form *form; /* NULL: traffic is plain */
    struct io_slot slots[IO_BURST_MAX];
};

/* The port must be open, or at least have its ops and config. mark: that of packets which are not steady. */
void departures_init(struct departures *d, struct io_port *port, uint32_t mark, bool touch_full);

/* Sends up to n packets, all stamped with the same times. Returns how many the port took, which use up as many
 * sequence numbers, or a negative errno. */
int departures_send(struct departures *d, unsigned n, uint64_t sent_ticks, uint64_t intended_ticks, bool steady);

#endif
