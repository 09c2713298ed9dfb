#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# layouts.sh CACHE: builds fixture.go for amd64 and arm64 with every Go release from 1.17 on that
# can be had: those that `go list` tells of, those already in the module cache, and what
# $GO_RELEASES names beside ("go1.23.5 go1.23.11"). The results are CACHE/go1.N.P-ARCH; what is
# there is not made again, so the work can be interrupted. A toolchain that had to be downloaded is
# deleted after use (250-450 MB each). Takes an hour or two the first time.
set -u

cache=$1
here=$(cd "$(dirname "$0")" && pwd)
export GOENV=off GOFLAGS=-modcacherw GO111MODULE=on CGO_ENABLED=0
unset GOROOT GOARCH GOOS GOTOOLCHAIN
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
scratch=$cache/scratch
: > "$cache/failed"
own=$(go env GOMODCACHE)
host=$(go env GOHOSTOS)-$(go env GOHOSTARCH)

releases()
{
	{
		go list -m -versions golang.org/toolchain | tr ' ' '\n'
		ls -d "$own"/golang.org/toolchain@* 2>/dev/null
		for r in ${GO_RELEASES-}; do
			echo "v0.0.1-$r.$host"
		done
	} | sed -n "s/.*v0\.0\.1-\(go1\.[0-9.]*\)\.$host\$/\1/p" |
		awk -F. '$2 >= 17' | sort -u -t. -k2,2n -k3,3n
}

# go1.20 is called go1.20.0 here, as all releases from 1.21 on.
name_of()
{
	case $1 in
	go1.*.*) echo "$1" ;;
	*) echo "$1.0" ;;
	esac
}

build()
{
	release=$1 arch=$2 out=$cache/$(name_of "$1")-$2

	[ -e "$out" ] && return
	mod=$scratch/mod
	[ -d "$own/golang.org/toolchain@v0.0.1-$release.$host" ] && mod=$own
	if (cd "$scratch" && GOTOOLCHAIN=$release GOARCH=$arch GOMODCACHE=$mod \
		GOCACHE=$scratch/build go build -o "$out.new" "$here/fixture.go") \
		> "$scratch/log" 2>&1; then
		mv "$out.new" "$out"
		echo "$release $arch"
	else
		echo "$release $arch: $(tail -n 1 "$scratch/log")" | tee -a "$cache/failed"
	fi
}

rm -rf "$scratch"
for release in $(releases); do
	mkdir -p "$scratch"
	build "$release" amd64
	build "$release" arm64
	rm -rf "$scratch"
done
