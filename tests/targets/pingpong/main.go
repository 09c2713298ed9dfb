// SPDX-License-Identifier: GPL-2.0-or-later

// Pingpong switches goroutines as fast as it can, and counts in a file that is mapped: a reader sees
// it while it runs. Its arguments:
//
//	FILE      two numbers of 8 bytes: rounds, and 1 once it has begun
//	KIND      pingpong: pairs of goroutines, one value to and fro over unbuffered channels
//	          fanout: one sender, a dozen receivers on one unbuffered channel
//	          storm: pairs, and besides goroutines that are started and end all the time
//	PAIRS     how many at once, on as many CPUs at most
//	SLEEPERS  goroutines that wait for ever
//
// At a line of standard input it stops the game, waits until all stand still, and writes "still". With
// the next line it ends. It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

var (
	rounds *uint64
	over   int32
	gang   sync.WaitGroup
)

func playing() bool { return atomic.LoadInt32(&over) == 0 }

func pinger(there, back chan int) {
	defer gang.Done()
	for playing() {
		there <- 1
		<-back
		atomic.AddUint64(rounds, 1)
	}
	close(there)
}

func ponger(there, back chan int) {
	defer gang.Done()
	for x := range there {
		back <- x
	}
}

func receiver(work chan int) {
	defer gang.Done()
	for range work {
		atomic.AddUint64(rounds, 1)
	}
}

func sender(work chan int) {
	defer gang.Done()
	for playing() {
		work <- 1
	}
	close(work)
}

func short(done *sync.WaitGroup) { done.Done() }

func starter() {
	defer gang.Done()
	for playing() {
		var done sync.WaitGroup
		done.Add(100)
		for i := 0; i < 100; i++ {
			go short(&done)
		}
		done.Wait()
	}
}

var never = make(chan int)

func sleeper() { <-never }

func play(kind string, pairs int) {
	for i := 0; i < pairs; i++ {
		there, back := make(chan int), make(chan int)
		switch kind {
		case "fanout":
			gang.Add(13)
			go sender(there)
			for r := 0; r < 12; r++ {
				go receiver(there)
			}
		default:
			gang.Add(2)
			go pinger(there, back)
			go ponger(there, back)
		}
	}
	if kind == "storm" {
		gang.Add(1)
		go starter()
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pingpong:", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: pingpong FILE KIND PAIRS SLEEPERS")
		os.Exit(2)
	}
	f, err := os.OpenFile(os.Args[1], os.O_RDWR|os.O_CREATE, 0o644)
	must(err)
	must(f.Truncate(4096))
	shared, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	rounds = (*uint64)(unsafe.Pointer(&shared[0]))
	pairs, sleepers := number(os.Args[3]), number(os.Args[4])
	runtime.GOMAXPROCS(pairs)
	for i := 0; i < sleepers; i++ {
		go sleeper()
	}
	input := bufio.NewReader(os.Stdin)
	play(os.Args[2], pairs)
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&shared[8])), 1)
	_, err = input.ReadString('\n')
	must(err)
	atomic.StoreInt32(&over, 1)
	gang.Wait()
	fmt.Println("still")
	input.ReadString('\n')
}
