// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"time"
)

// listen takes a free port of the loopback, or, where there is no network, a socket in the file
// system's abstract half.
func listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l, err = net.Listen("unix", fmt.Sprintf("@goroutop-demo-%d", os.Getpid()))
	}
	if err != nil {
		log.Fatal(err)
	}
	return l
}

func serve(server *http.Server, l net.Listener) {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// crowd is the load: customers that come over the network like anybody else's.
type crowd struct {
	http *http.Client
}

func newCrowd(l net.Listener) *crowd {
	network, address := l.Addr().Network(), l.Addr().String()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}
	return &crowd{http: &http.Client{Transport: transport}}
}

func (c *crowd) enter() {
	for i := 0; i < 8; i++ {
		go c.browse()
	}
	for i := 0; i < 5; i++ {
		go c.buy()
	}
	for i := 0; i < 3; i++ {
		go c.readNews()
	}
	go c.subscribe()
}

func (c *crowd) browse() {
	for {
		c.visit(fmt.Sprint("/item?id=", rand.Intn(100)))
		pause(200, 400)
	}
}

func (c *crowd) buy() {
	for {
		c.visit(fmt.Sprint("/buy?id=", rand.Intn(100)))
		pause(100, 300)
	}
}

func (c *crowd) readNews() {
	for {
		c.visit("/news")
		pause(500, 1000)
	}
}

func (c *crowd) subscribe() {
	for {
		c.visit("/subscribe")
		pause(1500, 1000)
	}
}

// visit makes one request; what goes wrong costs a customer, not the demo.
func (c *crowd) visit(path string) {
	response, err := c.http.Get("http://shop" + path)
	if err != nil {
		return
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
}

// pause lasts `least` ms and up to `more` ms longer.
func pause(least, more int) {
	time.Sleep(time.Duration(least+rand.Intn(more)) * time.Millisecond)
}
