// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"os"
	"runtime/pprof"
	"sync"
	"time"
)

// profile writes a CPU profile of goroutines that hand each other a word all the time: a compiler that
// is given it inlines casgstatus into the scheduler.
func profile(path string, d time.Duration) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	var all sync.WaitGroup
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := 0; i < 4; i++ {
			all.Add(1)
			go pingPong(10000, &all)
		}
		all.Wait()
	}
	return nil
}

func pingPong(rounds int, done *sync.WaitGroup) {
	defer done.Done()
	ping, pong := make(chan int), make(chan int)
	go func() {
		for n := range ping {
			pong <- n
		}
	}()
	for i := 0; i < rounds; i++ {
		ping <- i
		<-pong
	}
	close(ping)
}
