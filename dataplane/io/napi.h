/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who polls an interface: its interrupts (of a veth: whoever sends to it, on the sender's CPU), or a program that has
 * them deferred and polls by its own system calls. Knobs of the kernel's Documentation/networking/napi.rst, "Busy
 * polling" and "IRQ mitigation".
 */
#ifndef VSW_NAPI_H
#define VSW_NAPI_H

#include <stdbool.h>

struct napi_deferral {
    int sysfs; /* a mount of our own, which is in no folder: a container has one that is for reading; -1 = none */
    char device[32];
    char irqs_before[16], timeout_before[24];
};

/* Has the kernel wait for our polls, and poll itself only where none came for a while. False where it does not let us,
 * with the reason in errno. */
bool napi_defer(struct napi_deferral *deferral, const char *device);
/* Puts things back. */
void napi_restore(struct napi_deferral *deferral);

#endif
