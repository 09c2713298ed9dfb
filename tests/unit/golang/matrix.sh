#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# matrix.sh TEST [RELEASE...]: runs TEST (the built executable_test) once for each Go release, and
# prints for each way to build how many of its checks passed, failed (!) or were skipped (-).
# Releases that cannot be had are left out with a word. Needs the network for those not here yet.
set -u

test=$1
shift
[ $# -gt 0 ] || set -- go1.17.13 go1.18.10 go1.19.13 go1.20.14 go1.21.13 go1.22.12 go1.23.12 \
	go1.24.13 go1.25.14 go1.26.11 go1.27.4
out=$(mktemp)
trap 'rm -f "$out" "$out".*' EXIT
ran=
for release; do
	if GOTOOLCHAIN=$release CMOCKA_MESSAGE_OUTPUT=TAP GOROUTOP_REQUIRE=go \
		"$test" > "$out.$release" 2> "$out.err" || grep -q '^not ok.*as the program says' "$out.$release"; then
		ran="$ran $release"
	else
		grep -q '^ok' "$out.$release" && ran="$ran $release" ||
			echo "$release: $(tail -n 1 "$out.err")" >&2
	fi
done
for release in $ran; do
	sed -n 's/^\(not ok\|ok\) [0-9]* - \([^:]*\):.*/\1|\2/p; s/^ok [0-9]* # SKIP \([^:]*\):.*/skip|\1/p;
		s/^not ok [0-9]* # SKIP \([^:]*\):.*/skip|\1/p' "$out.$release" |
		sed "s/^/$release|/"
done | awk -F'|' '
	!($3 in known) { known[$3]; order[++n] = $3 }
	!($1 in version) { version[$1]; column[++m] = $1 }
	{ count[$1, $3, $2]++ }
	function cell(v, b) {
		return count[v, b, "ok"] + 0 (count[v, b, "not ok"] ? " !" count[v, b, "not ok"] : "") \
			(count[v, b, "skip"] ? " -" count[v, b, "skip"] : "")
	}
	END {
		printf "| build |"
		for (i = 1; i <= m; i++) printf " %s |", column[i]
		printf "\n|---|"
		for (i = 1; i <= m; i++) printf "---|"
		for (k = 1; k <= n; k++) {
			printf "\n| %s |", order[k]
			for (i = 1; i <= m; i++) printf " %s |", cell(column[i], order[k])
		}
		printf "\n"
	}'
