// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// How many frozen goroutines have run: must be none while the freeze lasts.
var thawed int32

func frozen() { atomic.AddInt32(&thawed, 1) }

//go:noinline
func startFrozen(n int) {
	for i := 0; i < n; i++ {
		go frozen()
	}
}

// freeze makes n goroutines runnable behind the only P, which the main goroutine keeps by a loop
// that cannot be preempted (GODEBUG=asyncpreemptoff=1, no function calls), until somebody sets the
// first byte of file. It answers twice: the truth before the loop, and afterwards whether it held.
func freeze(file string, n int, output *json.Encoder) (answer, error) {
	if !strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff=1") {
		return nil, errors.New("needs GODEBUG=asyncpreemptoff=1")
	}
	flag, err := mapByte(file)
	if err != nil {
		return nil, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	atomic.StoreInt32(&thawed, 0)
	startFrozen(n)
	if err := output.Encode(answer{"ok": true, "goroutines": goroutines()}); err != nil {
		return nil, err
	}
	before := atomic.LoadInt32(&thawed)
	for atomic.LoadUint32(flag) == 0 {
	}
	ran := atomic.LoadInt32(&thawed)
	return answer{"held": before == 0 && ran == 0}, nil
}

func mapByte(file string) (*uint32, error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	page, err := syscall.Mmap(int(f.Fd()), 0, os.Getpagesize(), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*uint32)(unsafe.Pointer(&page[0])), nil
}
