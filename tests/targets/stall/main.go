// SPDX-License-Identifier: GPL-2.0-or-later

// Stall keeps a scheduler busy, or in trouble, as its arguments say:
//
//	spin N    N goroutines compute for ever, each in main.compute
//	stop      one goroutine computes in main.compute and is not to be preempted (run it with
//	          GODEBUG=asyncpreemptoff=1), while another asks for a garbage collection
//	mark      such a goroutine begins while the collector marks, with some luck, and keeps it from
//	          ending that
//	hold      one goroutine sleeps in the kernel, in main.hold, and the scheduler knows nothing of it
//	sleep     nothing
//
// It prints "ready" when that has begun. It builds with every Go from 1.17 on.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"goroutop/targets/self"
)

var result int

//go:noinline
func compute(n int) int {
	x := 0
	for i := 0; i < n; i++ {
		x += i ^ x
	}
	return x
}

func spin(rounds int) {
	for {
		result += compute(rounds)
	}
}

// hold keeps its P: the system call is none that the scheduler is told of.
//
//go:noinline
func hold() {
	for {
		second := syscall.Timespec{Sec: 1}
		syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&second)), 0, 0)
	}
}

func main() {
	self.AllowWatching()
	switch os.Args[1] {
	case "spin":
		n, err := strconv.Atoi(os.Args[2])
		if err != nil {
			panic(err)
		}
		fmt.Println("ready")
		for i := 0; i < n; i++ {
			go spin(1 << 20)
		}
	case "stop":
		go spin(1 << 62)
		time.Sleep(300 * time.Millisecond)
		fmt.Println("ready")
		runtime.GC()
	case "mark":
		fill()
		begun := time.Now()
		runtime.GC()
		takes := time.Since(begun)
		go runtime.GC()
		time.Sleep(takes / 3)
		fmt.Println("ready")
		spin(1 << 62)
	case "hold":
		go hold()
		fmt.Println("ready")
	case "sleep":
		fmt.Println("ready")
	}
	for {
		time.Sleep(time.Hour)
	}
}

type node struct{ next, other *node }

var all *node

// fill makes a heap that takes a while to mark.
func fill() {
	debug.SetGCPercent(-1)
	for i := 0; i < 4<<20; i++ {
		all = &node{all, all}
	}
}
