// SPDX-License-Identifier: GPL-2.0-or-later

//go:build cgo

package main

// What is exported to C cannot stand beside definitions in C: these are for extra.go.

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <unistd.h>

extern void waitExtra(void);
extern void returnExtra(void);

static void *call_and_end(void *arg)
{
	waitExtra();
	return arg;
}

static void *call_and_stay(void *arg)
{
	returnExtra();
	for (;;)
		pause();
	return arg;
}

int start_callers(int n, int stay)
{
	pthread_t thread;

	for (int i = 0; i < n; i++)
		if (pthread_create(&thread, 0, stay ? call_and_stay : call_and_end, 0))
			return -1;
	return 0;
}
*/
import "C"
