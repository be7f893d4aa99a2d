/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

#include <errno.h>
#include <stdlib.h>

int form_init(struct form *f, const struct form_config *c)
{
    uint32_t smallest = c->sizes != NULL ? c->sizes->smallest : c->frame_len;

    *f = (struct form){
        .sizes = c->sizes,
        .frame_len = c->frame_len,
        .smallest = smallest,
        .headers_len = layout_of(&c->encapsulation).len,
        .headers = calloc(c->frame_len - smallest + 1, HEADERS_ROOM),
        .zeroes = c->encapsulation.ip6,
        .every_byte = c->payload_checked,
    };
    if (f->headers == NULL)
        return -ENOMEM;
    for (uint32_t len = smallest; len <= c->frame_len; len++)
        headers_build_with(&c->encapsulation, f->headers + (size_t)(len - smallest) * HEADERS_ROOM, c->from, c->to, len,
                           c->payload_checked);
    f->mask_words = headers_mask(&c->encapsulation, f->mask);
    f->ports = udp_ports_of(c->flows, c->to->udp_port, c->answers);
    if (c->flows != NULL)
        flow_view_init(&f->view, c->flows, f->headers, c->answers);
    if (c->vlans != NULL)
        flow_view_init(&f->vlans, c->vlans, f->headers, c->answers);
    return 0;
}

void form_fini(struct form *f)
{
    free(f->headers);
    *f = (struct form){0};
}
