// SPDX-License-Identifier: GPL-2.0-or-later

// Actor plays the script that its arguments are, one step after the other:
//
//	out:TEXT err:TEXT   writes a line
//	file:PATH           creates PATH, so that others know how far it is
//	open:PATH           waits until others have opened PATH, a fifo, to write
//	copy                copies standard input to standard output until its end
//	wait                waits for the end of standard input
//	forever             waits for ever
//	deaf                ignores SIGTERM from here on
//	sleep:DURATION      5ms, 2s
//	goroutines:N        leaves N behind, each in a channel receive
//	churn:DURATION      starts and ends goroutines for that long
//	fork:N              starts itself N times, one after the other, with the step "exit:0"
//	exec:PATH           becomes PATH, with the remaining steps as arguments
//	exit:N              ends
//	kill:N              ends by signal N
//
// After the last step it ends with status 0. It builds with every Go from 1.12 on.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"goroutop/targets/self"
)

func main() {
	self.AllowWatching()
	for i, step := range os.Args[1:] {
		verb, argument := step, ""
		if colon := strings.IndexByte(step, ':'); colon >= 0 {
			verb, argument = step[:colon], step[colon+1:]
		}
		act(verb, argument, os.Args[i+2:])
	}
}

func act(verb, argument string, rest []string) {
	switch verb {
	case "out":
		fmt.Println(argument)
	case "err":
		fmt.Fprintln(os.Stderr, argument)
	case "file":
		f, err := os.Create(argument)
		must(err)
		must(f.Close())
	case "open":
		f, err := os.Open(argument)
		must(err)
		must(f.Close())
	case "copy":
		_, err := io.Copy(os.Stdout, os.Stdin)
		must(err)
	case "wait":
		one := make([]byte, 1)
		for {
			if _, err := os.Stdin.Read(one); err != nil {
				return
			}
		}
	case "forever":
		for {
			time.Sleep(time.Hour)
		}
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	case "sleep":
		time.Sleep(duration(argument))
	case "goroutines":
		for n := number(argument); n > 0; n-- {
			go leftBehind()
		}
	case "churn":
		churn(duration(argument))
	case "fork":
		for n := number(argument); n > 0; n-- {
			must(exec.Command("/proc/self/exe", "exit:0").Run())
		}
	case "exec":
		must(syscall.Exec(argument, append([]string{argument}, rest...), os.Environ()))
	case "exit":
		os.Exit(number(argument))
	case "kill":
		must(syscall.Kill(os.Getpid(), syscall.Signal(number(argument))))
		time.Sleep(time.Minute)
	default:
		log.Fatalf("no step %q", verb)
	}
}

var never = make(chan int)

func leftBehind() { <-never }

func churn(d time.Duration) {
	done := make(chan int)
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for i := 0; i < 10; i++ {
			go passing(done)
		}
		for i := 0; i < 10; i++ {
			<-done
		}
	}
}

func passing(done chan<- int) { done <- 1 }

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	must(err)
	return d
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
