// SPDX-License-Identifier: GPL-2.0-or-later

// Bench is what the benchmarks watch: -goroutines N of them wait for a channel, with -calls M one call
// deep, two, and so on to M, in turns. It obeys one command a line on standard input, and answers each
// with a number on a line:
//
//	map MS      maps and unmaps memory for MS milliseconds; tells how often
//	rate N MS   makes about N transitions a second for MS milliseconds; tells how many
//
// It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// mapping maps, touches and unmaps 1 MiB until the time is over.
func mapping(d time.Duration) (n int) {
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		m, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			fail(err)
		}
		for i := 0; i < len(m); i += 4096 {
			m[i] = 1
		}
		if err := syscall.Munmap(m); err != nil {
			fail(err)
		}
	}
	return n
}

// A there-and-back of two goroutines: each of them waits, is made runnable, and runs.
const perRound = 6

func transitions(perSecond int, d time.Duration) (n int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for x := range there {
			back <- x
		}
	}()
	begin := time.Now()
	for since := time.Duration(0); since < d; since = time.Since(begin) {
		for due := int(float64(perSecond) * since.Seconds()); n < due; n += perRound {
			there <- 1
			<-back
		}
		time.Sleep(time.Millisecond)
	}
	close(there)
	return n
}

var depth int

// deep waits n calls below.
//
//go:noinline
func deep(n int, forever chan int) {
	if n == 0 {
		<-forever
		return
	}
	deep(n-1, forever)
	depth = n // no tail call
}

func main() {
	goroutines := flag.Int("goroutines", 0, "how many wait for a channel")
	calls := flag.Int("calls", 0, "how deep at most")
	flag.Parse()
	forever := make(chan int)
	for i := 0; i < *goroutines; i++ {
		if *calls == 0 {
			go func() { <-forever }()
		} else {
			go deep(i%*calls, forever)
		}
	}
	fmt.Println(*goroutines)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var what string
		var n, ms int

		fmt.Sscan(in.Text(), &what)
		switch what {
		case "map":
			fmt.Sscan(in.Text(), &what, &ms)
			fmt.Println(mapping(time.Duration(ms) * time.Millisecond))
		case "rate":
			fmt.Sscan(in.Text(), &what, &n, &ms)
			fmt.Println(transitions(n, time.Duration(ms)*time.Millisecond))
		default:
			fail(fmt.Errorf("no such command: %q", in.Text()))
		}
	}
}
