/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the netmap module, for the framework and for the program that sets its switch up. */
#ifndef VSW_NETMAP_H
#define VSW_NETMAP_H

#include <stddef.h>

#include "netmap_abi.h"

/* How the module is called; tests put a module of their own here. Failures are negative errnos. */
struct netmap_calls {
    int (*open)(void); /* a descriptor */
    int (*control)(int fd, struct netmap_request *request);
    int (*sync)(int fd, unsigned long direction); /* NETMAP_TX_SYNC or NETMAP_RX_SYNC */
    void *(*map)(int fd, size_t size);            /* NULL with errno set */
    void (*unmap)(void *memory, size_t size);
    void (*close)(int fd);
};
extern const struct netmap_calls *netmap_calls;

/* Makes a request about a port; body may be NULL. 0 or a negative errno. */
int netmap_request(int fd, enum netmap_request_type type, const char *name, void *body);

/* Opens the module's device, if the module speaks our version. A descriptor, or a negative errno with one line in `why`
 * that says what is missing and how to get it. */
int netmap_open_device(char *why, size_t why_size);

#endif
