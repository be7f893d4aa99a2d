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
        .headers_len = HEADERS_LEN,
        .headers = calloc(c->frame_len - smallest + 1, HEADERS_ROOM),
        .every_byte = c->payload_checked,
    };
    if (f->headers == NULL)
        return -ENOMEM;
    for (uint32_t len = smallest; len <= c->frame_len; len++)
        headers_build(f->headers + (size_t)(len - smallest) * HEADERS_ROOM, c->from, c->to, len, c->payload_checked);
    if (c->flows != NULL)
        flow_view_init(&f->view, c->flows, f->headers, c->answers);
    return 0;
}

void form_fini(struct form *f)
{
    free(f->headers);
    *f = (struct form){0};
}
