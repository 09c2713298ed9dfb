// SPDX-License-Identifier: GPL-2.0-or-later

// The program whose DWARF tells a release's layouts: small, but all the runtime's types that
// layout_fields.inc names are in it. What a program does not use the linker leaves out.
package main

import (
	"sync"
	"time"
)

func main() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	table := map[string]int{}
	done := make(chan bool)
	go func() {
		mu.Lock()
		for table["x"] == 0 {
			cond.Wait()
		}
		mu.Unlock()
		done <- true
	}()
	timer := time.NewTimer(time.Millisecond)
	select {
	case <-timer.C:
	case <-time.After(time.Second):
	}
	mu.Lock()
	table["x"]++
	mu.Unlock()
	cond.Broadcast()
	println(<-done)
}
