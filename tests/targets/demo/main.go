// SPDX-License-Identifier: GPL-2.0-or-later

// Demo is a small shop that is its own customer: what `make run` watches. Its goroutines do what
// those of real servers do (channels, pools of workers, locks, select, timers, network, system
// calls, the collector's work), at a pace that an eye can follow, and one handler leaks slowly.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"goroutop/targets/self"
)

func main() {
	ready := flag.String("ready", "", "create this `FILE` once everything runs")
	flag.Parse()
	self.AllowWatching()

	shop := newShop()
	listener := listen()
	server := &http.Server{Handler: shop.routes()}
	go serve(server, listener)

	shop.open()
	newCrowd(listener).enter()

	if *ready != "" {
		if err := os.WriteFile(*ready, []byte("ready\n"), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	waitForTheEnd()
}

// waitForTheEnd returns on SIGTERM or SIGINT, or when the parent is gone: nobody should find a
// forgotten demo on the machine.
func waitForTheEnd() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	parent := os.Getppid()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-signals:
			return
		case <-tick.C:
			if os.Getppid() != parent {
				return
			}
		}
	}
}
