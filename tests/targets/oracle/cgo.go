// SPDX-License-Identifier: GPL-2.0-or-later

//go:build cgo

package main

/*
#include <unistd.h>

static int fds[2];

static int open_it(void) { return fds[1] ? 0 : pipe(fds); }
static void close_it(void) { close(fds[1]); }
static void read_it(void)
{
	char c;

	while (read(fds[0], &c, 1) < 0)
		;
}
*/
import "C"

import "log"

// A goroutine inside a C function that blocks: a system call to the Go runtime.

func waitCgo() { C.read_it() }

//go:noinline
func startCgo(n int) {
	if C.open_it() != 0 {
		log.Fatal("pipe")
	}
	for i := 0; i < n; i++ {
		go waitCgo()
	}
}

func init() {
	kinds["cgo"] = kind{startCgo, func() { C.close_it() }}
}
