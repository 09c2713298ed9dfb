/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing protocol buffers: fields of messages, appended to a buffer (protobuf.dev/encoding). */
#ifndef GOROUTOP_FORMAT_PROTOBUF_H
#define GOROUTOP_FORMAT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void protobuf_varint(struct buf *out, uint64_t v);
/* A field of a number; 0 is left out, being what is not there. */
void protobuf_number(struct buf *out, unsigned field, uint64_t v);
/* A field of bytes, a text or a message. */
void protobuf_bytes(struct buf *out, unsigned field, const void *p, size_t n);
/* The message in `message` as a field; the buffer is empty then. */
void protobuf_message(struct buf *out, unsigned field, struct buf *message);

#endif
