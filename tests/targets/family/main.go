// SPDX-License-Identifier: GPL-2.0-or-later

// Family makes goroutines of which it knows who made whom, where their time goes, and which of them
// leak. Each line of its input is a command; each is answered by a line of JSON:
//
//	burn         one goroutine that never stops computing: its goid
//	sleeper      one that only sleeps, for ever: its goid
//	branch N     a goroutine that makes N leaves and ends: the goids of all
//	requests N   N goroutines, each computes for 2 ms and ends; answered when all have
//	visits       from now on ten goroutines every millisecond, which sleep for 3 ms and end
//	leak         from now on a goroutine every 50 ms that nobody will ever wake
//	pool         likewise, but those are woken in their turn, some 10 times a second
//	warm N       N goroutines that wait for ever, within a second or so, and then no more
//
// It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"goroutop/targets/self"
)

var never = make(chan struct{})

func main() {
	self.AllowWatching()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text() + " 0")
		n, _ := strconv.Atoi(words[1])
		answer, err := json.Marshal(obey(words[0], n))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(answer))
	}
}

func obey(command string, n int) interface{} {
	goids := make(chan int, 1)
	switch command {
	case "burn":
		go burner(goids)
		return <-goids
	case "sleeper":
		go sleeper(goids)
		return <-goids
	case "branch":
		return branches(n)
	case "requests":
		requests(n)
	case "visits":
		go visits()
	case "leak":
		go leak()
	case "pool":
		go pool()
	case "warm":
		go warmUp(n)
	default:
		return "no such command"
	}
	return 0
}

var sink int

func burner(goids chan<- int) {
	goids <- self.Goid()
	for {
		sink++
	}
}

func sleeper(goids chan<- int) {
	goids <- self.Goid()
	for {
		time.Sleep(time.Hour)
	}
}

func branches(n int) []int {
	goids := make(chan []int)
	go branch(n, goids)
	return <-goids
}

func branch(n int, result chan<- []int) {
	goids := make(chan int)
	all := []int{self.Goid()}
	for i := 0; i < n; i++ {
		go leaf(goids)
		all = append(all, <-goids)
	}
	result <- all
}

func leaf(goids chan<- int) {
	goids <- self.Goid()
	<-never
}

func requests(n int) {
	var all sync.WaitGroup
	for i := 0; i < n; i++ {
		all.Add(1)
		go request(&all)
	}
	all.Wait()
}

func request(all *sync.WaitGroup) {
	defer all.Done()
	for end := time.Now().Add(2 * time.Millisecond); time.Now().Before(end); {
		sink++
	}
}

func visits() {
	for range time.Tick(time.Millisecond) {
		for i := 0; i < 10; i++ {
			go visit()
		}
	}
}

func visit() {
	time.Sleep(3 * time.Millisecond)
}

func leak() {
	for range time.Tick(50 * time.Millisecond) {
		go stuck()
	}
}

func stuck() {
	<-never
}

func pool() {
	work := make(chan struct{})
	go func() {
		for range time.Tick(time.Millisecond) {
			work <- struct{}{}
		}
	}()
	for range time.Tick(50 * time.Millisecond) {
		go worker(work)
	}
}

// worker waits in a queue: a channel wakes those first that have waited longest.
func worker(work <-chan struct{}) {
	for range work {
	}
}

func warmUp(n int) {
	for i := 0; i < n; i++ {
		go stuck()
		time.Sleep(time.Second / time.Duration(n))
	}
}
