// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// site is a place in the code as a traceback names it.
type site struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// goroutine is one of us, as the runtime's own traceback tells it.
type goroutine struct {
	Goid      uint64  `json:"goid"`
	Says      string  `json:"says"`       // what stands in brackets: "chan receive", "syscall", …
	Locked    bool    `json:"locked"`     // to its thread
	Start     string  `json:"start"`      // the outermost frame
	CreatedBy *site   `json:"created_by"` // nil: the main goroutine
	Parent    *uint64 `json:"parent"`     // nil: not told (Go ≤ 1.20)
	Thread    *int    `json:"thread"`     // nil: it may be any
	Frames    []site  `json:"frames"`     // innermost first
}

// goroutines stops the world for a moment and tells where everybody stands.
func goroutines() []goroutine {
	var all []goroutine
	for _, block := range strings.Split(traceback(), "\n\n") {
		if g, ok := parseGoroutine(block); ok {
			if tid, found := threads.Load(g.Goid); found {
				t := tid.(int)
				g.Thread = &t
			}
			all = append(all, g)
		}
	}
	return all
}

func traceback() string {
	for size := 1 << 20; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size {
			return string(buffer[:n])
		}
	}
}

var (
	headerLine  = regexp.MustCompile(`^goroutine (\d+)[^\[]*\[([^\]]*)\]`)
	createdLine = regexp.MustCompile(`^created by (.*?)(?: in goroutine (\d+))?$`)
	sourceLine  = regexp.MustCompile(`^\t(.*):(\d+)(?: \+0x[0-9a-f]+)?$`)
	arguments   = regexp.MustCompile(`\([^()]*\)$`)
)

func parseGoroutine(block string) (g goroutine, ok bool) {
	lines := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
	header := headerLine.FindStringSubmatch(lines[0])
	if header == nil {
		return g, false
	}
	g.Goid, _ = strconv.ParseUint(header[1], 10, 64)
	for i, word := range strings.Split(header[2], ", ") {
		switch {
		case i == 0:
			g.Says = word
		case word == "locked to thread":
			g.Locked = true
		}
	}
	for i := 1; i+1 < len(lines); i += 2 {
		at := site{Function: arguments.ReplaceAllString(lines[i], "")}
		if source := sourceLine.FindStringSubmatch(lines[i+1]); source != nil {
			at.File = source[1]
			at.Line, _ = strconv.Atoi(source[2])
		}
		if created := createdLine.FindStringSubmatch(lines[i]); created != nil {
			at.Function = created[1]
			g.CreatedBy = &at
			if parent, err := strconv.ParseUint(created[2], 10, 64); err == nil {
				g.Parent = &parent
			}
			continue
		}
		g.Frames = append(g.Frames, at)
	}
	if len(g.Frames) > 0 {
		g.Start = g.Frames[len(g.Frames)-1].Function
	}
	return g, true
}

// ownID is the id of the calling goroutine.
func ownID() uint64 {
	buffer := make([]byte, 64)
	header := headerLine.FindStringSubmatch(string(buffer[:runtime.Stack(buffer, false)]))
	id, _ := strconv.ParseUint(header[1], 10, 64)
	return id
}

// barrier returns once all goroutines but the spinning ones stand still: none is running or
// runnable, and two looks in a row show the same.
func barrier() error {
	var before map[uint64]string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		now, still := standing()
		if still && same(before, now) {
			return nil
		}
		before = now
	}
	return errors.New("the goroutines do not come to rest")
}

func standing() (says map[uint64]string, still bool) {
	says, still = make(map[uint64]string), true
	own := ownID()
	for _, g := range goroutines() {
		if g.Goid == own || g.Start == "main.spin" {
			continue
		}
		says[g.Goid] = g.Says
		if g.Says == "running" || g.Says == "runnable" {
			still = false
		}
	}
	return says, still
}

func same(a, b map[uint64]string) bool {
	if a == nil || len(a) != len(b) {
		return false
	}
	for id, says := range a {
		if b[id] != says {
			return false
		}
	}
	return true
}
