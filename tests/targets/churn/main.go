// SPDX-License-Identifier: GPL-2.0-or-later

// Churn is a target for tests of the kernel half alone: it makes transitions in known numbers and
// tells the truth about them. It obeys one command a line on standard input, and answers each with
// one line of JSON:
//
//	play MS     lets the pairs play ping-pong for MS milliseconds, and a hundred rounds each at least,
//	            until all of them wait again
//	burst N     starts N goroutines at one place, and waits until all of them have ended
//	stop N      stops the world N times, from a goroutine that runs all the time
//	syscalls N US
//	            lets a goroutine make N system calls: reads of a pipe, each of which lasts US microseconds
//	            at least, or, if US is 0, of /dev/zero; tells its goid and how long it saw them last
//	goid        starts a goroutine; its goid is higher than any before it on its P
//
// It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"goroutop/targets/self"
)

const (
	pairs       = 3
	leastRounds = 100 // of each pair, however long others have the processors
)

type answer map[string]interface{}

type pair struct {
	there, back chan int
	goids       [2]int
	tid         int // of the second, which keeps its thread
	rounds      int64
}

var playing int32 // the pairs go on while it is 1

func (p *pair) first(begin <-chan struct{}, ready, done *sync.WaitGroup) {
	p.goids[0] = self.Goid()
	ready.Done()
	for range begin {
		for n := 0; atomic.LoadInt32(&playing) == 1 || n < leastRounds; n++ {
			p.there <- 1
			<-p.back
			atomic.AddInt64(&p.rounds, 1)
		}
		done.Done()
	}
}

func (p *pair) second(ready *sync.WaitGroup, locked bool) {
	if locked {
		runtime.LockOSThread()
		p.tid = syscall.Gettid()
	}
	p.goids[1] = self.Goid()
	ready.Done()
	for x := range p.there {
		p.back <- x
	}
}

type company struct {
	pairs [pairs]pair
	begin [pairs]chan struct{}
	done  sync.WaitGroup

	caller caller
}

func newCompany() *company {
	c := &company{}
	var ready sync.WaitGroup
	ready.Add(2 * pairs)
	for i := range c.pairs {
		c.pairs[i].there, c.pairs[i].back = make(chan int), make(chan int)
		c.begin[i] = make(chan struct{})
		go c.pairs[i].first(c.begin[i], &ready, &c.done)
		go c.pairs[i].second(&ready, i == 0)
	}
	ready.Wait()
	return c
}

func (c *company) play(ms int) answer {
	rounds := make(map[string]int64)
	atomic.StoreInt32(&playing, 1)
	c.done.Add(pairs)
	for i := range c.begin {
		c.begin[i] <- struct{}{}
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	atomic.StoreInt32(&playing, 0)
	c.done.Wait()
	time.Sleep(50 * time.Millisecond) // until they have all parked again
	for i := range c.pairs {
		rounds[strconv.Itoa(c.pairs[i].goids[0])] = atomic.LoadInt64(&c.pairs[i].rounds)
	}
	return answer{"rounds": rounds}
}

func short(done *sync.WaitGroup, gate <-chan struct{}, goids *sync.Map) {
	goids.Store(self.Goid(), true)
	<-gate
	done.Done()
}

// Half of them end before the next is made, half wait together.
func burst(n int) answer {
	var done sync.WaitGroup
	var goids sync.Map
	gate := make(chan struct{})
	open := make(chan struct{})
	close(open)
	done.Add(n)
	for i := 0; i < n; i++ {
		g := gate
		if i%2 == 0 {
			g = open
		}
		go short(&done, g, &goids) // the one place
	}
	close(gate)
	done.Wait()
	time.Sleep(50 * time.Millisecond) // Done comes before the end
	low, high, count := 1<<62, 0, 0
	goids.Range(func(key, _ interface{}) bool {
		if key.(int) < low {
			low = key.(int)
		}
		if key.(int) > high {
			high = key.(int)
		}
		count++
		return true
	})
	return answer{"ended": n, "distinct": count, "low": low, "high": high}
}

func stopWorld(n int) answer {
	result := make(chan int)
	go func() {
		var stats runtime.MemStats
		for i := 0; i < n; i++ {
			runtime.ReadMemStats(&stats)
		}
		result <- self.Goid()
	}()
	return answer{"goid": <-result, "stops": n}
}

// caller makes system calls when it is told to; it never ends.
type caller struct {
	n, pause chan int
	result   chan answer
}

func (c *caller) read(fd int, n int, before func()) answer {
	one := make([]byte, 1)
	var sum time.Duration
	for i := 0; i < n; i++ {
		before()
		begin := time.Now()
		if got, err := syscall.Read(fd, one); got != 1 {
			return answer{"error": fmt.Sprint("read: ", err)}
		}
		sum += time.Since(begin)
	}
	return answer{"goid": self.Goid(), "calls": n, "ns": int64(sum)}
}

func (c *caller) run() {
	var pipe [2]int
	zero, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	if err != nil || syscall.Pipe(pipe[:]) != nil {
		panic("no pipe")
	}
	wanted := make(chan time.Duration)
	go func() {
		for pause := range wanted {
			time.Sleep(pause)
			syscall.Write(pipe[1], []byte{1})
		}
	}()
	for n := range c.n {
		pause := time.Duration(<-c.pause) * time.Microsecond
		if pause == 0 {
			c.result <- c.read(zero, n, func() {})
		} else {
			c.result <- c.read(pipe[0], n, func() { wanted <- pause })
		}
	}
}

func (c *caller) call(n, pause int) answer {
	if c.n == nil {
		*c = caller{make(chan int), make(chan int), make(chan answer)}
		go c.run()
	}
	c.n <- n
	c.pause <- pause
	return <-c.result
}

func fresh() answer {
	result := make(chan int)
	go func() { result <- self.Goid() }()
	return answer{"goid": <-result}
}

func (c *company) obey(line string) answer {
	words := strings.Fields(line)
	n, m := 0, 0
	if len(words) > 1 {
		n, _ = strconv.Atoi(words[1])
	}
	if len(words) > 2 {
		m, _ = strconv.Atoi(words[2])
	}
	switch words[0] {
	case "play":
		return c.play(n)
	case "burst":
		return burst(n)
	case "stop":
		return stopWorld(n)
	case "syscalls":
		return c.caller.call(n, m)
	case "goid":
		return fresh()
	}
	return answer{"error": "no such command: " + line}
}

func say(a answer) {
	line, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func main() {
	c := newCompany()
	pairsOf := [][2]int{}
	for i := range c.pairs {
		pairsOf = append(pairsOf, c.pairs[i].goids)
	}
	say(answer{"version": runtime.Version(), "main": self.Goid(), "pairs": pairsOf, "tid": c.pairs[0].tid})
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		say(c.obey(input.Text()))
	}
}
