// SPDX-License-Identifier: GPL-2.0-or-later

// Oracle is a Go program that knows the truth about its own goroutines. It takes commands, a line
// each, on standard input, and answers each with one line of JSON:
//
//	populate KIND N   N goroutines that stand as KIND says (kinds.go)
//	release KIND      and ends them
//	spawn N           N goroutines in a channel receive, as fast as can be
//	barrier           waits until nothing moves any more (dump.go)
//	truth             every goroutine, by the runtime's own traceback
//	storm SECONDS N   creates (N at least), ends, blocks and wakes goroutines, then is quiet (storm.go)
//	freeze FILE N     N runnable goroutines behind a running one, until FILE's first byte is set
//	profile FILE SECS a CPU profile of a channel's ping-pong, for PGO builds (profile.go)
//	kinds             the names of the kinds that this build has
//	exit [STATUS]
//
// Between commands the main goroutine is in a system call, reading the next one. It builds with
// every Go from 1.17 on; newer things stand in files with build constraints.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"goroutop/targets/self"
)

// answer is what a command gives; ok is false when err says why.
type answer map[string]interface{}

func main() {
	log.SetFlags(0)
	log.SetPrefix("oracle: ")
	self.AllowWatching()
	input := bufio.NewReader(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadString('\n')
		if err != nil {
			return // whoever asked is gone
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		result, err := obey(words[0], words[1:], output)
		if result == nil {
			result = answer{}
		}
		result["ok"] = err == nil
		if err != nil {
			result["error"] = err.Error()
		}
		if err := output.Encode(result); err != nil {
			return
		}
	}
}

func obey(command string, args []string, output *json.Encoder) (answer, error) {
	switch command {
	case "populate":
		return nil, populate(args)
	case "release":
		return nil, release(args)
	case "spawn":
		n, err := number(args, 0)
		if err == nil {
			spawn(n)
		}
		return nil, err
	case "barrier":
		return nil, barrier()
	case "truth":
		return answer{"go": runtime.Version(), "count": runtime.NumGoroutine(), "goroutines": goroutines()}, nil
	case "storm":
		n, err := number(args, 0)
		if err != nil {
			return nil, err
		}
		least, _ := number(args, 1)
		return answer{"created": storm(time.Duration(n)*time.Second, int64(least))}, nil
	case "freeze":
		n, err := number(args, 1)
		if err != nil {
			return nil, err
		}
		return freeze(args[0], n, output)
	case "profile":
		n, err := number(args, 1)
		if err != nil {
			return nil, err
		}
		return nil, profile(args[0], time.Duration(n)*time.Second)
	case "kinds":
		return answer{"kinds": kindNames()}, nil
	case "exit":
		status, _ := number(args, 0)
		os.Exit(status)
	}
	return nil, errors.New("no such command")
}

func number(args []string, i int) (int, error) {
	if i >= len(args) {
		return 0, errors.New("a number is missing")
	}
	return strconv.Atoi(args[i])
}

func populate(args []string) error {
	n, err := number(args, 1)
	if err != nil {
		return err
	}
	k, found := kinds[args[0]]
	if !found {
		return fmt.Errorf("no kind %q", args[0])
	}
	k.start(n)
	return nil
}

func release(args []string) error {
	if len(args) != 1 || kinds[args[0]].release == nil {
		return errors.New("not a kind that can be released")
	}
	kinds[args[0]].release()
	return nil
}
