// SPDX-License-Identifier: GPL-2.0-or-later

//go:build cgo

package main

/*
extern int start_callers(int n, int stay);
*/
import "C"

import (
	"log"
	"sync/atomic"
	"syscall"
	"time"
)

// Threads of C that call Go: each has an extra M, whose goroutine no go statement made. Those of
// "extra" stand in the call, in a channel receive; those of "extraback" have returned from it, and
// their threads go on in C: from Go 1.21 on they keep the M, whose goroutine is in a system call.

var (
	extraFrom = make(chan int)
	called    int32
)

//export waitExtra
func waitExtra() {
	threads.Store(ownID(), syscall.Gettid())
	atomic.AddInt32(&called, 1)
	<-extraFrom
}

//export returnExtra
func returnExtra() {
	threads.Store(ownID(), syscall.Gettid())
	atomic.AddInt32(&called, 1)
}

//go:noinline
func startExtra(n int) { startCallers(n, 0) }

//go:noinline
func startExtraBack(n int) { startCallers(n, 1) }

func startCallers(n, back int) {
	atomic.StoreInt32(&called, 0)
	if C.start_callers(C.int(n), C.int(back)) != 0 {
		log.Fatal("pthread_create")
	}
	for atomic.LoadInt32(&called) != int32(n) {
		time.Sleep(time.Millisecond)
	}
}

func init() {
	kinds["extra"] = kind{startExtra, func() { close(extraFrom) }}
	kinds["extraback"] = kind{startExtraBack, nil}
}
