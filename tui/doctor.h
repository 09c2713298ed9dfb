/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: what works here, as text. */
#ifndef GOROUTOP_TUI_DOCTOR_H
#define GOROUTOP_TUI_DOCTOR_H

#include "tui/options.h"

/* Prints it; returns the exit status. */
int doctor_run(const struct options *o);

#endif
