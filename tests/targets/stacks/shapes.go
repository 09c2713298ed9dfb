// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"io"
	"log"
	"net"
	"os"
	"reflect"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"
)

// shapes are what starts the goroutines, by name; files with build constraints add theirs.
var shapes = map[string]func(){
	"park":      func() { go park() },
	"deep":      func() { go deep(200, park) },
	"deeper":    func() { go deep(700, park) },
	"inlined":   func() { go callInlined(3) },
	"closure":   startClosure,
	"method":    func() { go (&tree{n: 3}).visit() },
	"value":     func() { go value{1}.wait() },
	"bound":     func() { go call(value{2}.wait) },
	"interface": func() { go waitFor(&value{3}) },
	"embedded":  func() { go waitFor(outer{inner{&value{4}}}) },
	"reflect":   func() { go reflect.ValueOf(parkOn).Call([]reflect.Value{reflect.ValueOf(never)}) },
	"made":      func() { go made()() },
	"sort":      func() { go sort.Slice(make([]int, 3), func(i, j int) bool { park(); return i < j }) },
	"deferred":  func() { go deferred() },
	"panic":     func() { go panicking() },
	"nilpanic":  func() { go faulting(nil) },
	"select":    func() { go selecting() },
	"mutex":     func() { held.Lock(); go locking() },
	"once":      func() { go once.Do(park) },
	"cond":      func() { go conditional() },
	"sleep":     func() { go sleeping() },
	"group":     func() { group.Add(1); go group.Wait() },
	"read":      startRead,
	"accept":    startAccept,
	"file":      startFile,
	"locked":    func() { go locked() },
	"bigframe":  func() { go bigFrame() },
	"goexit":    func() { go goexiting() },
}

var never, nobody = make(chan int), make(chan int)

//go:noinline
func park() { <-never }

//go:noinline
func parkOn(c chan int) { <-c }

//go:noinline
func call(f func()) { f() }

func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
	use(n)
}

//go:noinline
func use(int) {}

// ---- inlined calls -----------------------------------------------------------------------------

func innermost(n int) { <-never; use(n) }
func middle(n int)    { innermost(n + 1) }
func outermost(n int) { middle(n + 1) }

//go:noinline
func callInlined(n int) {
	use(n)
	outermost(n)
	use(n)
}

func startClosure() {
	n := 5
	go func() {
		func() {
			defer use(n)
			park()
		}()
	}()
}

// ---- methods and wrappers ----------------------------------------------------------------------

type tree struct{ n int }

func (t *tree) visit() {
	if t.n == 0 {
		park()
	}
	(&tree{t.n - 1}).visit()
	use(t.n)
}

type value struct{ n int }

//go:noinline
func (v value) wait() { park(); use(v.n) }

type waiter interface{ wait() }

type inner struct{ waiter }

type outer struct{ inner }

//go:noinline
func waitFor(w waiter) { w.wait() }

func made() func() {
	f := reflect.MakeFunc(reflect.TypeOf(park), func([]reflect.Value) []reflect.Value {
		park()
		return nil
	})
	return f.Interface().(func())
}

// ---- the way out -------------------------------------------------------------------------------

func deferred() {
	defer park()
	use(1)
}

func panicking() {
	defer func() {
		park()
		use(2)
	}()
	panic("a panic that never comes out")
}

func faulting(p *int) {
	defer park()
	*p = 1
}

func goexiting() {
	defer park()
	runtime.Goexit()
}

// ---- what blocks -------------------------------------------------------------------------------

var (
	kept  []interface{} // what the garbage collector would close
	held  sync.Mutex
	once  sync.Once
	group sync.WaitGroup
)

func selecting() {
	select {
	case <-never:
	case nobody <- 1:
	case <-time.After(time.Hour):
	}
}

func locking() { held.Lock() }

func conditional() {
	c := sync.NewCond(&sync.Mutex{})
	c.L.Lock()
	c.Wait()
}

func sleeping() { time.Sleep(time.Hour) }

func startRead() {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		log.Fatal(err)
	}
	go reading(fds[0])
}

func reading(fd int) {
	for {
		syscall.Read(fd, make([]byte, 1))
	}
}

func startFile() {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	kept = append(kept, r, w)
	go io.Copy(io.Discard, r)
}

func startAccept() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	kept = append(kept, l)
	go l.Accept()
}

func locked() {
	runtime.LockOSThread()
	park()
}

func bigFrame() {
	var big [20000]byte
	for i := range big {
		big[i] = byte(i)
	}
	park()
	use(int(big[7]))
}
