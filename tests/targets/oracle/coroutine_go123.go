// SPDX-License-Identifier: GPL-2.0-or-later

//go:build go1.23

package main

import "iter"

// A coroutine stands between two calls of next: it is a goroutine that waits for "coroutine".

var stopPulling []func()

func numbers(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

//go:noinline
func startIterPull(n int) {
	for i := 0; i < n; i++ {
		next, stop := iter.Pull[int](numbers)
		next()
		stopPulling = append(stopPulling, stop)
	}
}

// One that stands inside of next: whoever called it waits for the coroutine, which waits itself.

var insideFrom = make(chan int)

func standInside(yield func(int) bool) {
	<-insideFrom
	yield(1)
}

func waitInside() {
	next, stop := iter.Pull[int](standInside)
	defer stop()
	next()
}

//go:noinline
func startIterInside(n int) {
	for i := 0; i < n; i++ {
		go waitInside()
	}
}

func releaseIterPull() {
	for _, stop := range stopPulling {
		stop()
	}
	stopPulling = nil
}

func init() {
	kinds["iterinside"] = kind{startIterInside, func() { close(insideFrom) }}
	kinds["iterpull"] = kind{startIterPull, releaseIterPull}
}
