// SPDX-License-Identifier: GPL-2.0-or-later

// Pprofd serves net/http/pprof on a free port of the loopback, for comparisons with the runtime's
// own word, and prints its address. Its goroutines wait in several ways; with -load it has
// customers. It ends at the end of standard input.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"sync"
	"time"
)

func main() {
	load := flag.Int("load", 0, "number of customers")
	flag.Parse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go serve(l)
	furnish()
	for i := 0; i < *load; i++ {
		go customer("http://" + l.Addr().String() + "/work")
	}
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func serve(l net.Listener) {
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * time.Millisecond)
		fmt.Fprintln(w, "done")
	})
	log.Fatal(http.Serve(l, nil))
}

// furnish starts goroutines that stand still.
func furnish() {
	var mu sync.Mutex
	var group sync.WaitGroup
	mu.Lock()
	group.Add(1)
	never := make(chan int)
	for i := 0; i < 10; i++ {
		go receiver(never)
		go locker(&mu)
		go waiter(&group)
		go chooser(never)
		go sleeper()
	}
}

func receiver(c chan int)       { <-c }
func locker(mu *sync.Mutex)     { mu.Lock() }
func waiter(wg *sync.WaitGroup) { wg.Wait() }
func sleeper()                  { time.Sleep(time.Hour) }
func chooser(c chan int) {
	select {
	case <-c:
	case <-time.After(time.Hour):
	}
}

func customer(url string) {
	for {
		if response, err := http.Get(url); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
}
