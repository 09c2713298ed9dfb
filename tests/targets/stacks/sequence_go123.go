// SPDX-License-Identifier: GPL-2.0-or-later

//go:build go1.23

package main

import "iter"

func count(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

func ranging() {
	for i := range count {
		park()
		use(i)
	}
}

func pulling() {
	next, stop := iter.Pull(count)
	defer stop()
	next()
	park()
}

func init() {
	shapes["range"] = func() { go ranging() }
	shapes["pull"] = func() { go pulling() }
}
