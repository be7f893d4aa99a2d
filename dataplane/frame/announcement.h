/* SPDX-License-Identifier: Apache-2.0 */
/* The frame by which a port tells a switch where its MAC address is. */
#ifndef VSW_ANNOUNCEMENT_H
#define VSW_ANNOUNCEMENT_H

#include "../io/io.h"

/* The smallest Ethernet frame, without FCS. */
#define ANNOUNCEMENT_LEN 60

/* Writes a gratuitous ARP request (RFC 5227, announcement) with these addresses, to everybody. */
void announcement_build(uint8_t frame[ANNOUNCEMENT_LEN], const struct io_address *local);

#endif
