// SPDX-License-Identifier: GPL-2.0-or-later

// Witness keeps a log of what some of its goroutines do, by CLOCK_MONOTONIC: when each was about to
// wait, when whoever woke it was about to, and when it ran again. Beside them it can make a storm of
// transitions. It obeys one command a line on standard input, and answers each with one line of JSON
// that has the time:
//
//	storm    begins: a pair plays ping-pong and short goroutines come and go, as fast as they can
//	calm     ends the storm
//	collect  collects garbage twenty times beside a goroutine that computes
//	log      the log
//
// It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"goroutop/targets/self"
)

// ---- the clock ---------------------------------------------------------------------------------

const clockMonotonic = 1

var (
	base     = time.Now()
	baseMono = mono()
)

func mono() int64 {
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		panic(errno)
	}
	return ts.Nano()
}

// now is CLOCK_MONOTONIC without a system call.
func now() int64 { return baseMono + int64(time.Since(base)) }

// ---- who keeps the log -------------------------------------------------------------------------

// A wait: from Park on it was about to wait, not before Woken was it to be woken, and at Ran it ran.
type wait struct{ Park, Woken, Ran int64 }

type logger struct {
	Kind  string
	Goid  int
	Begin int64 // from then on it is in the log; it runs
	Waits []wait
	Gap   int64 // the longest between two looks at the clock while it computed
	lock  sync.Mutex
}

// work computes for so long and sees by the clock when it was kept from it.
func (l *logger) work(d time.Duration) {
	begin := now()
	gap, last := int64(0), begin
	for last < begin+int64(d) {
		t := now()
		if t-last > gap {
			gap = t - last
		}
		last = t
	}
	l.lock.Lock()
	if gap > l.Gap {
		l.Gap = gap
	}
	l.lock.Unlock()
}

func (l *logger) add(w wait) {
	l.lock.Lock()
	l.Waits = append(l.Waits, w)
	l.lock.Unlock()
}

func (l *logger) begin() {
	l.lock.Lock()
	l.Goid, l.Begin = self.Goid(), now()
	l.lock.Unlock()
}

func (l *logger) receive(ready *sync.WaitGroup, from <-chan int64, work time.Duration) {
	l.begin()
	ready.Done()
	for {
		w := wait{Park: now()}
		w.Woken = <-from
		w.Ran = now()
		l.add(w)
		l.work(work)
	}
}

func (l *logger) sleep(ready *sync.WaitGroup, wakes chan<- int64, least time.Duration) {
	l.begin()
	ready.Done()
	for {
		d := least + time.Duration(rand.Int63n(int64(2*least)))
		w := wait{Park: now()}
		time.Sleep(d)
		w.Ran = now()
		w.Woken = w.Park + int64(d)
		l.add(w)
		wakes <- now()
	}
}

func startLoggers() []*logger {
	var loggers []*logger
	var ready sync.WaitGroup
	for _, pair := range []struct{ work, pause time.Duration }{
		{0, 150 * time.Millisecond}, {60 * time.Millisecond, 150 * time.Millisecond}, {0, time.Second},
	} {
		receiver, sleeper := &logger{Kind: "receiver"}, &logger{Kind: "sleeper"}
		wakes := make(chan int64, 1)
		ready.Add(2)
		go receiver.receive(&ready, wakes, pair.work)
		go sleeper.sleep(&ready, wakes, pair.pause)
		loggers = append(loggers, receiver, sleeper)
	}
	ready.Wait()
	return loggers
}

// ---- what goes on beside them ------------------------------------------------------------------

var storming, computing int32

func ping(there, back chan int) {
	for atomic.LoadInt32(&storming) == 1 {
		there <- 1
		<-back
	}
	close(there)
}

func pong(there, back chan int) {
	for x := range there {
		back <- x
	}
}

func short(done *sync.WaitGroup) { done.Done() }

func starter() {
	for atomic.LoadInt32(&storming) == 1 {
		var done sync.WaitGroup
		done.Add(100)
		for i := 0; i < 100; i++ {
			go short(&done)
		}
		done.Wait()
	}
}

func storm() {
	there, back := make(chan int), make(chan int)
	atomic.StoreInt32(&storming, 1)
	go ping(there, back)
	go pong(there, back)
	go starter()
}

var result uint64

func compute() {
	x := result
	for i := uint64(0); atomic.LoadInt32(&computing) == 1; i++ {
		x += i ^ x
	}
	result = x
}

func collect() {
	atomic.StoreInt32(&computing, 1)
	go compute()
	for i := 0; i < 20; i++ {
		time.Sleep(5 * time.Millisecond)
		runtime.GC()
	}
	atomic.StoreInt32(&computing, 0)
}

// ---- commands ----------------------------------------------------------------------------------

type answer struct {
	Time    int64
	Loggers []*logger `json:",omitempty"`
	Error   string    `json:",omitempty"`
}

func say(a answer) {
	a.Time = now()
	for _, l := range a.Loggers {
		l.lock.Lock()
	}
	line, err := json.Marshal(a)
	for _, l := range a.Loggers {
		l.lock.Unlock()
	}
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func main() {
	self.AllowWatching()
	loggers := startLoggers()
	say(answer{Loggers: loggers})
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		a := answer{}
		switch input.Text() {
		case "storm":
			storm()
		case "calm":
			atomic.StoreInt32(&storming, 0)
		case "collect":
			collect()
		case "log":
			a.Loggers = loggers
		default:
			a.Error = "no such command: " + input.Text()
		}
		say(a)
	}
}
