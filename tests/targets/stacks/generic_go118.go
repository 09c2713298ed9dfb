// SPDX-License-Identifier: GPL-2.0-or-later

//go:build go1.18

package main

type number interface{ ~int | ~int64 }

type list[T number] struct{ all []T }

func (l *list[T]) each(f func(T)) {
	for _, one := range l.all {
		f(one)
	}
}

//go:noinline
func parkFor[T number](t T) { park(); use(int(t)) }

func init() {
	shapes["generic"] = func() { go (&list[int64]{[]int64{1}}).each(parkFor[int64]) }
}
