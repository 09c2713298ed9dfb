// SPDX-License-Identifier: GPL-2.0-or-later

// Blocked brings its goroutines to wait on objects of every kind, and then says in one line of JSON
// which waits on what: the kind, the address and more of each object, and the goids by what they
// want of it; and the labels that goroutines have. It ends at the end of standard input. It builds
// with every Go from 1.17 on.
//
//	-pile N    so many goroutines on one mutex (5)
//	-hold      they get it in turn, and each keeps it for a second, asleep
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"goroutop/targets/self"
)

type object struct {
	Kind string            `json:"kind"`
	Addr string            `json:"addr"`
	More map[string]string `json:"more"`
	Want map[string][]int  `json:"want"`
}

var (
	objects []*object
	labels  = map[int]map[string]string{}
	guard   sync.Mutex
	all     = map[int]bool{}
	handed  sync.WaitGroup // who has said what it will wait on
)

func main() {
	pile := flag.Int("pile", 5, "goroutines on one mutex")
	hold := flag.Bool("hold", false, "they get it in turn")
	flag.Parse()

	mutexes(*pile, *hold)
	groups()
	channels()
	selects()
	descriptors()
	others()
	labelled()
	handed.Wait()
	waitUntilAllWait()
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{"objects": objects, "labels": labels})
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := in.ReadByte(); err != nil {
			return
		}
	}
}

func add(kind, addr string, more ...string) *object {
	o := &object{kind, addr, map[string]string{}, map[string][]int{}}
	for i := 0; i+1 < len(more); i += 2 {
		o.More[more[i]] = more[i+1]
	}
	objects = append(objects, o)
	return o
}

// n goroutines that do what blocks, each entered under each of the wishes.
func start(n int, wait func(), wishes ...interface{}) {
	for i := 0; i < n; i++ {
		handed.Add(1)
		go func() {
			id := self.Goid()
			guard.Lock()
			all[id] = true
			for k := 0; k+1 < len(wishes); k += 2 {
				o := wishes[k].(*object)
				want := wishes[k+1].(string)
				o.Want[want] = append(o.Want[want], id)
			}
			guard.Unlock()
			handed.Done()
			wait()
		}()
	}
}

var header = regexp.MustCompile(`(?m)^goroutine (\d+) \[([^\]]*)\]`)

// Whether each of them waits: runtime.Stack names its reason.
func waitUntilAllWait() {
	buf := make([]byte, 16<<20)
	for {
		running := 0
		n := runtime.Stack(buf, true)
		for _, m := range header.FindAllSubmatch(buf[:n], -1) {
			id, _ := strconv.Atoi(string(m[1]))
			state := string(m[2])
			if all[id] && (state == "running" || state == "runnable" || state == "syscall") {
				running++
			}
		}
		if running == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func pointer(p interface{}) string {
	return fmt.Sprintf("%p", p)
}

var (
	theMutex, twoMutex sync.Mutex
	readLocked         = new(sync.RWMutex)
	writeLocked        = new(sync.RWMutex)
)

func mutexes(pile int, hold bool) {
	o := add("mutex", pointer(&theMutex))
	held := make(chan bool)
	go func() {
		theMutex.Lock()
		held <- true
		if !hold {
			select {}
		}
		for {
			time.Sleep(time.Second)
			theMutex.Unlock()
			theMutex.Lock()
		}
	}()
	<-held
	start(pile, func() { lockAndUnlock(&theMutex) }, o, "lock")

	twoMutex.Lock()
	start(2, func() { lockAndUnlock(&twoMutex) }, add("mutex", pointer(&twoMutex)), "lock")

	// A writer waits for a reader; later readers wait for it.
	readLocked.RLock()
	o = add("rwmutex", pointer(readLocked))
	start(1, func() { readLocked.Lock() }, o, "lock")
	handed.Wait()
	waitUntilAllWait()
	start(3, func() { readLocked.RLock() }, o, "rlock")

	// Another writer waits at the Mutex inside.
	writeLocked.Lock()
	o = add("rwmutex", pointer(writeLocked))
	start(2, func() { writeLocked.RLock() }, o, "rlock")
	start(1, func() { writeLocked.Lock() }, o, "lock")
}

// Who gets it keeps it while it sleeps.
func lockAndUnlock(m *sync.Mutex) {
	for {
		m.Lock()
		time.Sleep(time.Second)
		m.Unlock()
	}
}

var (
	theGroup sync.WaitGroup
	theCond  = sync.NewCond(new(sync.Mutex))
)

func groups() {
	theGroup.Add(9)
	start(2, theGroup.Wait, add("waitgroup", pointer(&theGroup), "counter", "9"), "wait")
	start(6, func() {
		theCond.L.Lock()
		theCond.Wait()
	}, add("cond", pointer(theCond)), "wait")
	one := sync.NewCond(new(sync.Mutex))
	start(1, func() {
		one.L.Lock()
		one.Wait()
		one.L.Unlock()
	}, add("cond", pointer(one)), "wait")
}

func channels() {
	unbuffered := make(chan int)
	start(5, func() { <-unbuffered }, add("chan", pointer(unbuffered), "used", "0", "capacity", "0"), "receive")
	full := make(chan string, 3)
	for i := 0; i < 3; i++ {
		full <- "x"
	}
	start(4, func() { full <- "y" }, add("chan", pointer(full), "used", "3", "capacity", "3"), "send")
	var none chan int
	never := add("never", "0x0")
	start(1, func() { <-none }, never, "receive")
	start(1, func() { none <- 1 }, never, "send")
	start(1, func() { select {} }, never, "unknown")
}

func selects() {
	a, b, c, d := make(chan int), make(chan [2]string, 1), make(chan bool, 7), make(chan int)
	b <- [2]string{}
	oa := add("chan", pointer(a), "used", "0", "capacity", "0")
	ob := add("chan", pointer(b), "used", "1", "capacity", "1")
	oc := add("chan", pointer(c), "used", "0", "capacity", "7")
	od := add("chan", pointer(d), "used", "0", "capacity", "0")
	start(3, func() {
		select {
		case <-a:
		case b <- [2]string{"1", "2"}:
		case <-c:
		}
	}, oa, "receive", ob, "send", oc, "receive")
	start(2, func() {
		select {
		case d <- 1:
		case d <- 2:
		case <-c:
		}
	}, od, "send", oc, "receive")
	start(1, func() { <-c }, oc, "receive")
}

func descriptors() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	client, _ := connect(listener)
	_, server := connect(listener) // nobody reads at its other end
	start(1, func() { listener.Accept() },
		add("fd", "", "net", "tcp", "local", listener.Addr().String()), "read")
	start(1, func() { client.Read(make([]byte, 1)) }, connection(client), "read")
	both := connection(server)
	start(1, func() { server.Read(make([]byte, 1)) }, both, "read")
	start(1, func() {
		for {
			if _, err := server.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}, both, "write")

	r, w, err := os.Pipe()
	must(err)
	start(1, func() { r.Read(make([]byte, 1)); w.Close() }, add("fd", "", "net", "file", "local", "|0"), "read")

	path := filepath.Join(os.TempDir(), fmt.Sprintf("blocked-%d.sock", os.Getpid()))
	os.Remove(path)
	unix, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(err)
	os.Remove(path)
	start(1, func() { unix.Accept() }, add("fd", "", "net", "unix", "local", path), "read")

	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(err)
	start(1, func() { udp.ReadFrom(make([]byte, 1)) },
		add("fd", "", "net", "udp", "local", udp.LocalAddr().String()), "read")

	if six, err := net.Listen("tcp", "[::1]:0"); err == nil {
		start(1, func() { six.Accept() }, add("fd", "", "net", "tcp", "local", six.Addr().String()), "read")
	}
}

var open []net.Conn // else the garbage collector closes them

func connect(listener net.Listener) (client, server net.Conn) {
	client, err := net.Dial("tcp", listener.Addr().String())
	must(err)
	server, err = listener.Accept()
	must(err)
	open = append(open, client, server)
	return client, server
}

func connection(c net.Conn) *object {
	return add("fd", "", "net", "tcp", "local", c.LocalAddr().String(), "remote", c.RemoteAddr().String())
}

func others() {
	for i := 0; i < 3; i++ {
		start(1, func() { time.Sleep(time.Hour) }, add("timer", "", "due", "3600"), "wait")
	}
	after := time.After(2 * time.Hour)
	start(1, func() { <-after }, add("chan", pointer(after), "due", "7200"), "receive")
}

func labelled() {
	never := make(chan bool)
	for _, set := range [][]string{{"job", "one"}, {"route", "/orders/{id}", "user", "ünï"}, {},
		{"a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j", "10"},
		{"esc", "\x1b[31mred\x1b[0m\nline\x00nul"}} {
		set := set
		handed.Add(1)
		go pprof.Do(context.Background(), pprof.Labels(set...), func(ctx context.Context) {
			want := map[string]string{}
			pprof.ForLabels(ctx, func(k, v string) bool {
				want[k] = v
				return true
			})
			id := self.Goid()
			guard.Lock()
			all[id] = true
			labels[id] = want
			guard.Unlock()
			handed.Done()
			<-never
		})
	}
}
