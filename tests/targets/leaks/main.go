// SPDX-License-Identifier: GPL-2.0-or-later

// Leaks has goroutines that nobody can wake any more, and one that waits in the same way for somebody
// who can. It prints "ready" when they have begun, and for each line of standard input the goroutine leak
// profile (Go 1.27 on) with all goroutines, as the runtime prints them, and a line "end".
//
// It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"

	"goroutop/targets/self"
)

var held = make(chan int)

func receive(from chan int) {
	<-from
}

func send(to chan int) {
	to <- 1
}

func choose(a, b chan int) {
	select {
	case <-a:
	case <-b:
	}
}

func lock(m *sync.Mutex) {
	m.Lock()
}

// What only its goroutines know once it has returned.
//
//go:noinline
func leak(n int) {
	for i := 0; i < n; i++ {
		m := new(sync.Mutex)
		m.Lock()
		go lock(m)
		go receive(make(chan int))
		go send(make(chan int))
		go choose(make(chan int), make(chan int))
	}
}

func main() {
	self.AllowWatching()
	go receive(held)
	leak(3)
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if p := pprof.Lookup("goroutineleak"); p != nil {
			p.WriteTo(os.Stdout, 2)
		}
		fmt.Println("end")
	}
	close(held)
}
