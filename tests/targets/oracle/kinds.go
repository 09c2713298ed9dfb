// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// kind is a population. Each has a start function of its own, which names it in every table, and a
// creator of its own. The start functions take no arguments, so that no wrapper stands between
// them and `go`; the kinds "wrapped" and "method" are there to have one.
type kind struct {
	start   func(n int)
	release func() // nil: they stay
}

var kinds = map[string]kind{
	"chanrecv":      {startChanReceive, func() { close(receiveFrom) }},
	"chansend":      {startChanSend, releaseChanSend},
	"nilrecv":       {startNilReceive, nil},
	"nilsend":       {startNilSend, nil},
	"select":        {startSelect, func() { close(selectFrom) }},
	"selectnone":    {startSelectNone, nil},
	"mutex":         {startMutex, func() { mutex.Unlock() }},
	"rlock":         {startReadLock, func() { readLock.Unlock() }},
	"wlock":         {startWriteLock, releaseWriteLock},
	"waitgroup":     {startWaitGroup, func() { group.Done() }},
	"cond":          {startCond, func() { cond.Broadcast() }},
	"sleep":         {startSleep, nil},
	"timer":         {startTimer, nil},
	"netread":       {startNetRead, releaseNetRead},
	"pollread":      {startPollRead, func() { pollPipe[1].Close() }},
	"syscall":       {startSyscall, func() { syscall.Close(syscallPipe[1]) }},
	"fileread":      {startFileRead, func() { syscall.Close(filePipe[1]) }},
	"locked":        {startLocked, func() { close(lockedFrom) }},
	"lockedsyscall": {startLockedSyscall, func() { syscall.Close(lockedPipe[1]) }},
	"spin":          {startSpin, func() { atomic.StoreInt32(&spinEnd, 1) }},
	"labelled":      {startLabelled, func() { close(labelledFrom) }},
	"closure":       {startClosure, func() { close(closureFrom) }},
	"wrapped":       {startWrapped, func() { close(wrappedFrom) }},
	"method":        {startMethod, func() { close(methodFrom.c) }},
}

func kindNames() []string {
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// threads tells on which thread a goroutine is, where it cannot change: goid → tid.
var threads sync.Map

func rememberThread() {
	runtime.LockOSThread()
	threads.Store(ownID(), syscall.Gettid())
}

// ---- channels ----------------------------------------------------------------------------------

var (
	receiveFrom = make(chan int)
	sendTo      = make(chan int)
	sending     int
	selectFrom  = make(chan int)
	never       = make(chan int)
	nilChannel  chan int
)

func waitChanReceive() { <-receiveFrom }
func waitChanSend()    { sendTo <- 1 }
func waitNilReceive()  { <-nilChannel }
func waitNilSend()     { nilChannel <- 1 }
func waitSelectNone()  { select {} }
func waitSelect() {
	select {
	case <-selectFrom:
	case <-never:
	}
}

//go:noinline
func startChanReceive(n int) {
	for i := 0; i < n; i++ {
		go waitChanReceive()
	}
}

//go:noinline
func startChanSend(n int) {
	sending += n
	for i := 0; i < n; i++ {
		go waitChanSend()
	}
}

func releaseChanSend() {
	for ; sending > 0; sending-- {
		<-sendTo
	}
}

//go:noinline
func startNilReceive(n int) {
	for i := 0; i < n; i++ {
		go waitNilReceive()
	}
}

//go:noinline
func startNilSend(n int) {
	for i := 0; i < n; i++ {
		go waitNilSend()
	}
}

//go:noinline
func startSelect(n int) {
	for i := 0; i < n; i++ {
		go waitSelect()
	}
}

//go:noinline
func startSelectNone(n int) {
	for i := 0; i < n; i++ {
		go waitSelectNone()
	}
}

// spawn is for large numbers: nothing but `go`.
//
//go:noinline
func spawn(n int) {
	for i := 0; i < n; i++ {
		go waitChanReceive()
	}
}

// ---- locks -------------------------------------------------------------------------------------

var (
	mutex      sync.Mutex
	mutexOnce  sync.Once
	readLock   sync.RWMutex
	readOnce   sync.Once
	writeLocks []*sync.RWMutex
	writeNext  int32 = -1
	group      sync.WaitGroup
	groupOnce  sync.Once
	condLock   sync.Mutex
	cond       = sync.NewCond(&condLock)
)

func waitMutex() {
	mutex.Lock()
	defer mutex.Unlock()
}

func waitReadLock() {
	readLock.RLock()
	defer readLock.RUnlock()
}

// A second writer of one RWMutex would wait for its inner Mutex: each has one of its own.
func waitWriteLock() {
	mine := writeLocks[atomic.AddInt32(&writeNext, 1)]
	mine.Lock()
	defer mine.Unlock()
}

func waitWaitGroup() { group.Wait() }

func waitCond() {
	condLock.Lock()
	defer condLock.Unlock()
	cond.Wait()
}

//go:noinline
func startMutex(n int) {
	mutexOnce.Do(mutex.Lock)
	for i := 0; i < n; i++ {
		go waitMutex()
	}
}

//go:noinline
func startReadLock(n int) {
	readOnce.Do(readLock.Lock)
	for i := 0; i < n; i++ {
		go waitReadLock()
	}
}

//go:noinline
func startWriteLock(n int) {
	locks := make([]*sync.RWMutex, n)
	for i := range locks {
		locks[i] = new(sync.RWMutex)
		locks[i].RLock()
	}
	writeLocks = append(writeLocks[:len(writeLocks):len(writeLocks)], locks...)
	for i := 0; i < n; i++ {
		go waitWriteLock()
	}
}

func releaseWriteLock() {
	for _, l := range writeLocks {
		l.RUnlock()
	}
}

//go:noinline
func startWaitGroup(n int) {
	groupOnce.Do(func() { group.Add(1) })
	for i := 0; i < n; i++ {
		go waitWaitGroup()
	}
}

//go:noinline
func startCond(n int) {
	for i := 0; i < n; i++ {
		go waitCond()
	}
}

// ---- time --------------------------------------------------------------------------------------

func waitSleep() { time.Sleep(time.Hour) }
func waitTimer() { <-time.After(time.Hour) }

//go:noinline
func startSleep(n int) {
	for i := 0; i < n; i++ {
		go waitSleep()
	}
}

//go:noinline
func startTimer(n int) {
	for i := 0; i < n; i++ {
		go waitTimer()
	}
}

// ---- input -------------------------------------------------------------------------------------

var (
	pollPipe    [2]*os.File // in the network poller
	syscallPipe [2]int      // read by plain system calls
	filePipe    [2]int      // read through an os.File that the poller does not take
	lockedPipe  [2]int
	netPeers    []net.Conn
	netConns    = make(chan net.Conn)
)

func waitNetRead() {
	c := <-netConns
	defer c.Close()
	c.Read(make([]byte, 1))
}

func waitPollRead() { pollPipe[0].Read(make([]byte, 1)) }
func waitSyscall()  { readPipe(syscallPipe[0]) }
func waitFileRead() { os.NewFile(uintptr(filePipe[0]), "pipe").Read(make([]byte, 1)) }
func waitLockedSyscall() {
	rememberThread()
	readPipe(lockedPipe[0])
}

func readPipe(fd int) {
	for {
		if _, err := syscall.Read(fd, make([]byte, 1)); err != syscall.EINTR {
			return
		}
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func openPipe(p *[2]int) {
	if p[1] == 0 {
		must(syscall.Pipe2(p[:], syscall.O_CLOEXEC))
	}
}

//go:noinline
func startNetRead(n int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer l.Close()
	for i := 0; i < n; i++ {
		go waitNetRead()
	}
	for i := 0; i < n; i++ {
		conn, err := net.Dial("tcp", l.Addr().String())
		must(err)
		peer, err := l.Accept()
		must(err)
		netPeers = append(netPeers, peer)
		netConns <- conn
	}
}

func releaseNetRead() {
	for _, c := range netPeers {
		c.Close()
	}
}

//go:noinline
func startPollRead(n int) {
	if pollPipe[0] == nil {
		var err error
		pollPipe[0], pollPipe[1], err = os.Pipe()
		must(err)
	}
	// Readers of one file wait for its inner lock, but for the first.
	if n != 1 {
		log.Fatal("pollread is for one goroutine")
	}
	go waitPollRead()
}

//go:noinline
func startSyscall(n int) {
	openPipe(&syscallPipe)
	for i := 0; i < n; i++ {
		go waitSyscall()
	}
}

//go:noinline
func startFileRead(n int) {
	openPipe(&filePipe)
	for i := 0; i < n; i++ {
		go waitFileRead()
	}
}

//go:noinline
func startLockedSyscall(n int) {
	openPipe(&lockedPipe)
	for i := 0; i < n; i++ {
		go waitLockedSyscall()
	}
}

// ---- threads, CPU ------------------------------------------------------------------------------

var (
	lockedFrom = make(chan int)
	spinEnd    int32
)

func waitLocked() {
	rememberThread()
	<-lockedFrom
}

func spin() {
	for atomic.LoadInt32(&spinEnd) == 0 {
	}
}

//go:noinline
func startLocked(n int) {
	for i := 0; i < n; i++ {
		go waitLocked()
	}
}

//go:noinline
func startSpin(n int) {
	atomic.StoreInt32(&spinEnd, 0)
	for i := 0; i < n; i++ {
		go spin()
	}
}

// ---- how they were started ---------------------------------------------------------------------

type server struct{ c chan int }

var (
	labelledFrom = make(chan int)
	closureFrom  = make(chan int)
	wrappedFrom  = make(chan int)
	methodFrom   = &server{make(chan int)}
)

func waitLabelled() {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("tenant", "acme", "shard", "7")))
	<-labelledFrom
}

func waitWrapped(c chan int, i int) { <-c }

func (s *server) handle() { <-s.c }

//go:noinline
func startLabelled(n int) {
	for i := 0; i < n; i++ {
		go waitLabelled()
	}
}

//go:noinline
func startClosure(n int) {
	for i := 0; i < n; i++ {
		go func() { <-closureFrom }()
	}
}

//go:noinline
func startWrapped(n int) {
	for i := 0; i < n; i++ {
		go waitWrapped(wrappedFrom, i)
	}
}

//go:noinline
func startMethod(n int) {
	for i := 0; i < n; i++ {
		go methodFrom.handle()
	}
}
