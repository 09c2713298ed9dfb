// SPDX-License-Identifier: GPL-2.0-or-later

// Stacks is a Go program whose goroutines stand in every way that a stack can look: deep, inlined,
// through wrappers, interfaces and reflection, in system calls, under a panic, stopped in the middle
// of a loop. It takes commands, a line each, and answers each with one line of JSON:
//
//	text             the runtime's own traceback of all goroutines
//	profile FILE     the goroutine profile, as /debug/pprof/goroutine gives it
//	many N DEPTH     N more goroutines, DEPTH calls deep
//	exit
//
// Between commands the main goroutine is in a system call. It builds with every Go from 1.17 on.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"goroutop/targets/self"
)

type answer map[string]interface{}

func main() {
	log.SetFlags(0)
	log.SetPrefix("stacks: ")
	self.AllowWatching()
	for _, start := range shapes {
		start()
	}
	settle()
	input, output := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadString('\n')
		if err != nil {
			return
		}
		result, err := obey(strings.Fields(line))
		if result == nil {
			result = answer{}
		}
		result["ok"] = err == nil
		if err != nil {
			result["error"] = err.Error()
		}
		if output.Encode(result) != nil {
			return
		}
	}
}

func obey(words []string) (answer, error) {
	switch {
	case len(words) == 1 && words[0] == "text":
		return answer{"go": runtime.Version(), "text": traceback()}, nil
	case len(words) == 2 && words[0] == "profile":
		return nil, profile(words[1])
	case len(words) == 3 && words[0] == "many":
		n, _ := strconv.Atoi(words[1])
		depth, _ := strconv.Atoi(words[2])
		for i := 0; i < n; i++ {
			go deep(depth, park)
		}
		settle()
		return nil, nil
	case len(words) == 1 && words[0] == "exit":
		os.Exit(0)
	}
	return nil, fmt.Errorf("no such command")
}

func traceback() string {
	for size := 1 << 20; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size {
			return string(buffer[:n])
		}
	}
}

func profile(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("goroutine").WriteTo(f, 0); err != nil {
		return err
	}
	return f.Close()
}

// settle returns once nobody but the spinning ones and the caller runs or is about to.
func settle() {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		busy := 0
		for _, block := range strings.Split(traceback(), "\n\n") {
			header := strings.SplitN(block, "\n", 2)[0]
			if (strings.Contains(header, "[run")) && !strings.Contains(block, "main.spin") {
				busy++
			}
		}
		if busy <= 1 {
			return
		}
	}
	log.Fatal("the goroutines do not come to rest")
}
