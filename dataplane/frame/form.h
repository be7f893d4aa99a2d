/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What packets that go one way look like, where their lengths or headers are not those of plain traffic: the loops of
 * load/fill_any.c and load/match_any.c read it for each packet. Plain traffic has no form, and loops of its own.
 *
 * The headers of each length are built beforehand, so that nothing here knows what they consist of.
 */
#ifndef VSW_FORM_H
#define VSW_FORM_H

#include "flows.h"
#include "headers.h"
#include "sizes.h"

/* Room for the headers of one length, whatever they consist of. */
#define HEADERS_ROOM 128u
_Static_assert(8 * HEADER_WORDS <= HEADERS_ROOM, "there is room for the headers");

struct form {
    const struct sizes *sizes; /* NULL: all frames have this length */
    uint32_t frame_len;        /* the largest */
    uint32_t smallest;
    uint32_t headers_len; /* in front of the payload, whether we or the kernel write them */
    uint8_t *headers;     /* of flow 0, of each length from the smallest on, HEADERS_ROOM apart */
    bool zeroes;          /* data that touch=none leaves alone are zeroes, as the checksum has to be right */
    bool every_byte;      /* headers are compared whole, else where this mask has bits, by words as they are loaded */
    uint64_t mask[HEADER_WORDS];
    uint32_t mask_words;
    struct udp_ports ports; /* that it leaves out */
    struct flow_view view;  /* flows == NULL: all packets have those of flow 0 */
    struct flow_view vlans; /* flows == NULL: all are of the first VLAN, or of none */
};

/* What is to be known to make one. */
struct form_config {
    const struct io_address *from, *to;
    const struct sizes *sizes; /* NULL: all frames have frame_len */
    uint32_t frame_len;        /* the largest */
    struct io_encapsulation encapsulation;
    const struct flows *flows; /* NULL: one */
    const struct flows *vlans; /* of a range, in turn; NULL: one, or none */
    bool answers;              /* the packets go back to the flows' source */
    bool payload_checked;      /* and so is every byte */
};

/* 0 or -ENOMEM. */
int form_init(struct form *f, const struct form_config *c);
void form_fini(struct form *f);

/* The headers of frames of this length, which is one of the form's. */
ALWAYS_INLINE const uint8_t *form_headers(const struct form *f, uint32_t frame_len)
{
    return f->headers + (size_t)(frame_len - f->smallest) * HEADERS_ROOM;
}

/* The lengths of the packets from a number on, one after the other. */
struct form_cursor {
    const struct form *form;
    uint32_t at; /* in the period */
};

ALWAYS_INLINE struct form_cursor form_from(const struct form *f, uint64_t number)
{
    return (struct form_cursor){f, f->sizes != NULL ? (uint32_t)(number % f->sizes->period) : 0};
}

/* The frame's length of the next packet. */
ALWAYS_INLINE uint32_t form_next_len(struct form_cursor *c)
{
    const struct sizes *s = c->form->sizes;

    if (s == NULL)
        return c->form->frame_len;
    uint32_t len = s->lens[c->at++];
    if (c->at == s->period)
        c->at = 0;
    return len;
}

/* The frame's length of this packet. */
ALWAYS_INLINE uint32_t form_len_of(const struct form *f, uint64_t number)
{
    return f->sizes != NULL ? size_of(f->sizes, number) : f->frame_len;
}

/* The bytes of the frames of packets with these numbers. */
ALWAYS_INLINE uint64_t form_bytes_of(const struct form *f, uint64_t first, uint64_t packets)
{
    return f->sizes != NULL ? sizes_bytes_before(f->sizes, first + packets) - sizes_bytes_before(f->sizes, first)
                            : packets * f->frame_len;
}

/* Writes the headers of a packet. */
ALWAYS_INLINE void form_write_headers(const struct form *f, uint8_t *frame, uint64_t number, uint32_t frame_len)
{
    const uint8_t *headers = form_headers(f, frame_len);

    memcpy(frame, headers, f->headers_len);
    if (f->view.flows != NULL)
        store_u64(frame + f->view.offset, flow_word(&f->view, number, headers));
    if (f->vlans.flows != NULL)
        store_u64(frame + f->vlans.offset, flow_word(&f->vlans, number, headers));
}

/* Whether a frame has what tells ours from others: wherever packets of this length have the same, and the port. */
ALWAYS_INLINE bool form_tells_ours(const struct form *f, const uint8_t *frame, const uint8_t *headers)
{
    uint64_t different = 0;

    for (uint32_t i = 0; i < f->mask_words; i++)
        different |= (load_u64(frame + 8 * i) ^ load_u64(headers + 8 * i)) & f->mask[i];
    return different == 0 && udp_ports_have(f->ports, load_u16(frame + f->headers_len - UDP_HEADER_LEN + 2));
}

/* Whether a frame has the headers of this packet: all bytes of them or, with touch=none, what tells ours from others
 * and how long they are. The frame has that length. */
ALWAYS_INLINE bool form_headers_match(const struct form *f, const uint8_t *frame, uint64_t number, uint32_t frame_len)
{
    uint8_t expected[HEADERS_ROOM];

    if (!f->every_byte)
        return form_tells_ours(f, frame, form_headers(f, frame_len));
    if (f->view.flows == NULL && f->vlans.flows == NULL)
        return memcmp(frame, form_headers(f, frame_len), f->headers_len) == 0;
    form_write_headers(f, expected, number, frame_len);
    return memcmp(frame, expected, f->headers_len) == 0;
}

#endif
