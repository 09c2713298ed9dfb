// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"crypto/sha256"
	"log"
	"math/rand"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

// cache is read by many and written now and then.
type cache struct {
	mu    sync.RWMutex
	items map[string]string
}

func newCache() *cache {
	return &cache{items: make(map[string]string)}
}

func (c *cache) get(id string) string {
	c.mu.RLock()
	item, found := c.items[id]
	c.mu.RUnlock()
	if !found {
		item = "item " + id
		time.Sleep(time.Duration(5+rand.Intn(20)) * time.Millisecond) // the database
		c.put(id, item)
	}
	return item
}

func (c *cache) put(id, item string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[id] = item
}

// evict holds the lock for longer than it should: readers pile up behind it.
func (c *cache) evict() {
	for range time.Tick(1500 * time.Millisecond) {
		c.mu.Lock()
		time.Sleep(120 * time.Millisecond)
		for id := range c.items {
			if rand.Intn(4) == 0 {
				delete(c.items, id)
			}
		}
		c.mu.Unlock()
	}
}

type order struct {
	item string
	done chan struct{}
}

// queue hands orders to a pool of workers.
type queue struct {
	orders chan *order
	ledger *ledger
}

func newQueue(l *ledger) *queue {
	return &queue{orders: make(chan *order, 4), ledger: l}
}

func (q *queue) put(o *order) {
	q.orders <- o
}

func (q *queue) consume() {
	pprof.Do(context.Background(), pprof.Labels("pool", "orders"), func(context.Context) {
		for o := range q.orders {
			work(time.Millisecond)
			q.ledger.book(o.item)
			close(o.done)
		}
	})
}

// ledger is one mutex that everybody needs.
type ledger struct {
	mu   sync.Mutex
	sold map[string]int
}

func newLedger() *ledger {
	return &ledger{sold: make(map[string]int)}
}

func (l *ledger) book(item string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sold[item]++
	time.Sleep(15 * time.Millisecond) // the disk
}

func (l *ledger) settle() {
	for range time.Tick(4 * time.Second) {
		l.mu.Lock()
		time.Sleep(300 * time.Millisecond)
		l.sold = make(map[string]int)
		l.mu.Unlock()
	}
}

// tills are few: who finds none free waits on a condition.
type tills struct {
	mu   sync.Mutex
	cond *sync.Cond
	free int
}

func newTills(n int) *tills {
	t := &tills{free: n}
	t.cond = sync.NewCond(&t.mu)
	return t
}

func (t *tills) borrow() {
	t.mu.Lock()
	for t.free == 0 {
		t.cond.Wait()
	}
	t.free--
	t.mu.Unlock()
}

func (t *tills) giveBack() {
	t.mu.Lock()
	t.free++
	t.mu.Unlock()
	t.cond.Signal()
}

// journal goes through a pipe by plain system calls, which occupy a thread while they block.
type journal struct {
	lines chan string
	pipe  [2]int
}

func newJournal() *journal {
	j := &journal{lines: make(chan string, 16)}
	if err := syscall.Pipe(j.pipe[:]); err != nil {
		log.Fatal(err)
	}
	return j
}

func (j *journal) note(line string) {
	j.lines <- line
}

func (j *journal) write() {
	for line := range j.lines {
		if _, err := syscall.Write(j.pipe[1], []byte(line)); err != nil {
			log.Fatal(err)
		}
	}
}

func (j *journal) read() {
	buffer := make([]byte, 4096)
	for {
		if _, err := syscall.Read(j.pipe[0], buffer); err != nil && err != syscall.EINTR {
			log.Fatal(err)
		}
	}
}

// buildIndex is the goroutine that eats the CPU, a little, in bursts.
func buildIndex() {
	for range time.Tick(time.Second) {
		work(20 * time.Millisecond)
	}
}

func work(d time.Duration) {
	var sum [sha256.Size]byte
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := 0; i < 100; i++ {
			sum = sha256.Sum256(sum[:])
		}
	}
}

// session is a connection that mostly waits: for messages, its heartbeat, its end.
type session struct {
	messages  chan string
	heartbeat time.Duration
}

func newSession(i int) *session {
	return &session{messages: make(chan string), heartbeat: time.Duration(700+130*i) * time.Millisecond}
}

func (s *session) loop() {
	go s.listenForMessages()
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-s.messages:
		case <-beat.C:
		}
	}
}

func (s *session) listenForMessages() {
	for {
		time.Sleep(time.Duration(1000+rand.Intn(4000)) * time.Millisecond)
		s.messages <- "hello"
	}
}
