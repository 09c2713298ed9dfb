// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// storm lets everything happen at once for a while: goroutines come and go, hand each other things,
// fight for a lock, call the system, grow their stacks, and the collector runs. When it returns all
// of them have ended. It goes on until it has made at least that many goroutines. The result is the
// number that it made.
func storm(d time.Duration, least int64) int64 {
	var (
		created int64
		all     sync.WaitGroup
		end     = make(chan struct{})
	)
	run := func(f func(end <-chan struct{}, created *int64)) {
		all.Add(1)
		atomic.AddInt64(&created, 1)
		go func() {
			defer all.Done()
			f(end, &created)
		}()
	}
	for i := 0; i < 4; i++ {
		run(stormSpawner)
		run(stormSyscalls)
		run(stormPingPong)
	}
	for i := 0; i < 8; i++ {
		run(stormLocks)
	}
	run(stormCollector)
	time.Sleep(d)
	for atomic.LoadInt64(&created) < least {
		time.Sleep(10 * time.Millisecond)
	}
	close(end)
	all.Wait()
	return atomic.LoadInt64(&created)
}

func ended(end <-chan struct{}) bool {
	select {
	case <-end:
		return true
	default:
		return false
	}
}

const stormBatch = 64

func stormSpawner(end <-chan struct{}, created *int64) {
	for !ended(end) {
		var batch sync.WaitGroup
		results := make(chan int, 8)
		for i := 0; i < stormBatch; i++ {
			batch.Add(1)
			go stormChild(i, results, &batch)
		}
		for i := 0; i < stormBatch; i++ {
			<-results
		}
		batch.Wait()
		atomic.AddInt64(created, stormBatch)
		time.Sleep(time.Millisecond)
	}
}

func stormChild(i int, results chan<- int, batch *sync.WaitGroup) {
	defer batch.Done()
	if i%4 == 0 {
		runtime.Gosched()
	}
	results <- deep(i % 16)
}

// deep makes the stack grow and be copied.
func deep(n int) int {
	var room [512]byte
	room[n%512] = byte(n)
	if n <= 0 {
		return int(room[0])
	}
	return deep(n-1) + int(room[n%512])
}

func stormPingPong(end <-chan struct{}, created *int64) {
	ping, pong := make(chan int), make(chan int)
	atomic.AddInt64(created, 1)
	go func() {
		for n := range ping {
			pong <- n
		}
		close(pong)
	}()
	for !ended(end) {
		for i := 0; i < 100; i++ {
			ping <- i
			<-pong
		}
		time.Sleep(500 * time.Microsecond)
	}
	close(ping)
	<-pong
}

var stormLock sync.Mutex

func stormLocks(end <-chan struct{}, _ *int64) {
	for !ended(end) {
		stormLock.Lock()
		time.Sleep(50 * time.Microsecond)
		stormLock.Unlock()
		runtime.Gosched()
	}
}

func stormSyscalls(end <-chan struct{}, _ *int64) {
	var pipe [2]int
	must(syscall.Pipe(pipe[:]))
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	one := make([]byte, 1)
	for !ended(end) {
		for i := 0; i < 20; i++ {
			syscall.Write(pipe[1], one)
			readPipe(pipe[0])
		}
		syscall.Select(0, nil, nil, nil, &syscall.Timeval{Usec: 300}) // long enough to lose the P
	}
}

func stormCollector(end <-chan struct{}, _ *int64) {
	for !ended(end) {
		runtime.GC()
		time.Sleep(100 * time.Millisecond)
	}
}
