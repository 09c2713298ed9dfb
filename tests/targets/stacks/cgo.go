// SPDX-License-Identifier: GPL-2.0-or-later

//go:build cgo

package main

/*
#include <unistd.h>

static void wait_in_c(void)
{
	for (;;)
		pause();
}

void backInGo(int);

static void through_c(int n)
{
	backInGo(n);
}
*/
import "C"

// A goroutine with C on top of it, and one that has come back from C.

func inC() { C.wait_in_c() }

func throughC(n int) { C.through_c(C.int(n)) }

//export backInGo
func backInGo(n C.int) {
	if n > 0 {
		throughC(int(n) - 1)
	}
	park()
}

func init() {
	shapes["cgo"] = func() { go inC() }
	shapes["callback"] = func() { go throughC(0) }
	shapes["callbacks"] = func() { go throughC(2) }
}
