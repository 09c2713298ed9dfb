// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

// shop is the server's state: each part has goroutines of its own.
type shop struct {
	cache   *cache
	orders  *queue
	ledger  *ledger
	tills   *tills
	journal *journal
	waiting []chan string // what leakyHandler forgets; guarded by mu
	mu      sync.Mutex
}

func newShop() *shop {
	s := &shop{cache: newCache(), ledger: newLedger(), tills: newTills(2), journal: newJournal()}
	s.orders = newQueue(s.ledger)
	return s
}

// open starts everything that works whether a customer is there or not.
func (s *shop) open() {
	go s.cache.evict()
	for i := 0; i < 8; i++ {
		go s.orders.consume()
	}
	go s.ledger.settle()
	go s.journal.read()
	go s.journal.write()
	go s.restock()
	go buildIndex()
	go s.report()
	for i := 0; i < 12; i++ {
		go newSession(i).loop()
	}
}

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/item", s.itemHandler)
	mux.HandleFunc("/buy", s.buyHandler)
	mux.HandleFunc("/news", s.newsHandler)
	mux.HandleFunc("/subscribe", s.leakyHandler)
	return mux
}

func (s *shop) itemHandler(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, s.cache.get(r.URL.Query().Get("id")))
}

func (s *shop) buyHandler(w http.ResponseWriter, r *http.Request) {
	s.tills.borrow()
	defer s.tills.giveBack()
	order := &order{item: r.URL.Query().Get("id"), done: make(chan struct{})}
	s.orders.put(order)
	<-order.done
	s.journal.note("sold " + order.item)
	fmt.Fprintln(w, "thank you")
}

// newsHandler holds its request open for a while, as long polling does.
func (s *shop) newsHandler(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(3 * time.Second):
		fmt.Fprintln(w, "nothing new")
	case <-r.Context().Done():
	}
}

// leakyHandler has the mistake that goroutop is to find: nobody ever reads from the channel, so
// each call leaves a goroutine behind.
func (s *shop) leakyHandler(w http.ResponseWriter, r *http.Request) {
	news := make(chan string)
	go sendNewsletter(news)
	s.mu.Lock()
	s.waiting = append(s.waiting, news)
	s.mu.Unlock()
	fmt.Fprintln(w, "subscribed")
}

func sendNewsletter(news chan<- string) {
	news <- "the first issue"
}

// restock fans out to a few suppliers every two seconds and waits for all of them.
func (s *shop) restock() {
	for range time.Tick(2 * time.Second) {
		var all sync.WaitGroup
		for i := 0; i < 5; i++ {
			all.Add(1)
			go s.askSupplier(i, &all)
		}
		all.Wait()
	}
}

func (s *shop) askSupplier(i int, all *sync.WaitGroup) {
	defer all.Done()
	time.Sleep(time.Duration(100+150*i) * time.Millisecond)
	s.cache.put(fmt.Sprint("supplied-", i), "fresh")
}

// report makes garbage, so that the collector has something to do.
func (s *shop) report() {
	for range time.Tick(500 * time.Millisecond) {
		lines := make([][]byte, 0, 256)
		for i := 0; i < 256; i++ {
			lines = append(lines, make([]byte, 4096))
		}
		if len(lines) == 0 {
			log.Print("an empty report")
		}
	}
}
