// SPDX-License-Identifier: GPL-2.0-or-later

// A program that tells the truth about itself: what its own runtime says about its functions, lines
// and inlined calls. Each line is a fact:
//
//	version VERSION
//	module PATH
//	func ENTRY NAME              a function, by its entry
//	pc PC LINE FILE<TAB>NAME     the innermost call at an instruction
//	chain N                      N callers follow, innermost first:
//	caller PC LINE FILE<TAB>NAME PC is that of the call
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"
)

const step = 37 // bytes between the instructions that are asked about

var out = bufio.NewWriter(os.Stdout)

func leaf(pcs []uintptr) int {
	return runtime.Callers(0, pcs)
}

func middle(pcs []uintptr) int {
	n := leaf(pcs)
	return n
}

//go:noinline
func outer(pcs []uintptr) int {
	n := middle(pcs)
	return n
}

func chain(call func([]uintptr) int) {
	var pcs [64]uintptr
	n := call(pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	fmt.Fprintln(out, "chain", n)
	for i := 0; i < n; i++ {
		f, _ := frames.Next()
		fmt.Fprintf(out, "caller %x %d %s\t%s\n", pcs[i]-1, f.Line, f.File, f.Function)
	}
}

// Calls through the library's code, which has inlined calls of its own.
func throughSort(pcs []uintptr) (n int) {
	sort.Slice([]int{2, 1}, func(i, j int) bool {
		n = outer(pcs)
		return i < j
	})
	return n
}

func throughOnce(pcs []uintptr) (n int) {
	var once sync.Once
	once.Do(func() { n = outer(pcs) })
	return n
}

func throughMap(pcs []uintptr) (n int) {
	strings.Map(func(r rune) rune { n = outer(pcs); return r }, "x")
	return n
}

type method struct{ n int }

func (m *method) call(pcs []uintptr) int { return outer(pcs) }

func text() (lo, hi uintptr) {
	lo = reflect.ValueOf(text).Pointer()
	for hi = lo; runtime.FuncForPC(hi) != nil; hi += 16 {
	}
	for ; runtime.FuncForPC(lo) != nil; lo -= 16 {
	}
	return lo + 16, hi
}

func main() {
	defer out.Flush()
	fmt.Fprintln(out, "version", runtime.Version())
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintln(out, "module", info.Main.Path)
	}
	fmt.Fprintf(out, "func %x main.text\n", reflect.ValueOf(text).Pointer())
	fmt.Fprintf(out, "func %x sort.Slice\n", reflect.ValueOf(sort.Slice).Pointer())
	fmt.Fprintf(out, "func %x time.AfterFunc\n", reflect.ValueOf(time.AfterFunc).Pointer())
	chain(outer)
	chain(throughSort)
	chain(throughOnce)
	chain(throughMap)
	chain((&method{}).call)
	lo, hi := text()
	for pc := lo; pc < hi; pc += step {
		at := pc
		if runtime.GOARCH == "arm64" {
			at &^= 3
		}
		f := runtime.FuncForPC(at)
		if f == nil {
			continue
		}
		file, line := f.FileLine(at)
		fmt.Fprintf(out, "pc %x %d %s\t%s\n", at, line, file, f.Name())
	}
}
