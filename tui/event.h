/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user did. */
#ifndef GOROUTOP_TUI_EVENT_H
#define GOROUTOP_TUI_EVENT_H

#include <stdint.h>

enum pointer { POINTER_PRESS, POINTER_WHEEL_UP, POINTER_WHEEL_DOWN };

struct event {
	uint32_t code;	      /* enum key_code or a character */
	enum pointer pointer; /* of K_POINTER */
	int x, y;
};

#endif
