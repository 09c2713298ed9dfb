// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/protobuf.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void protobuf_varint(struct buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(out, (char)(v | 0x80));
	buf_putc(out, (char)v);
}

static void key(struct buf *out, unsigned field, unsigned wire)
{
	protobuf_varint(out, field << 3 | wire);
}

void protobuf_number(struct buf *out, unsigned field, uint64_t v)
{
	if (!v)
		return;
	key(out, field, WIRE_VARINT);
	protobuf_varint(out, v);
}

void protobuf_bytes(struct buf *out, unsigned field, const void *p, size_t n)
{
	key(out, field, WIRE_BYTES);
	protobuf_varint(out, n);
	buf_put(out, p, n);
}

void protobuf_message(struct buf *out, unsigned field, struct buf *message)
{
	protobuf_bytes(out, field, buf_str(message), message->len);
	out->failed |= message->failed;
	buf_clear(message);
}
