# SPDX-License-Identifier: GPL-2.0-or-later
#
# goroutop: htop for goroutines.
#
#   make            builds ./goroutop            make run         builds, starts a demo, watches it
#   make check      builds and runs every test   make screenshots takes the pictures of README.md
#   make install    PREFIX=/usr/local DESTDIR=   make uninstall
#   make bench      measures, side by side       make unit        the unit tests alone
#   make clean
#   make matrix     both oracles over every Go release and way to build (an hour); README's table
#   make kernels    what meets the kernel, under Debian's 6.1 and 6.12 in QEMU (minutes each)
#   make real       servers from packages against net/http/pprof, for ten minutes (SECONDS=600)
#
# V=1 shows the commands. Objects go to .build/ (B=DIR: elsewhere, ./goroutop is left alone then);
# nothing else is written beside ./goroutop. Only `run`, `check` and `screenshots` install packages,
# and say so.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

B      := .build
PREFIX ?= /usr/local
CC     ?= gcc
ifeq ($(origin CC),default)
CC     := gcc
endif
ifeq ($(origin AR),default)
AR     := ar
endif
CLANG  ?= clang
# Debian puts bpftool into /usr/sbin, which is not in everybody's PATH.
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
ARCH   ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')

ifeq ($(V),1)
Q   :=
say :=
else
Q   := @
say  = @printf '  %-7s %s\n' $(1) $(patsubst $(B)/%,%,$(2));
endif

VERSION := 0.1

WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
          -Wundef -Wno-format-truncation -Wno-unknown-warning-option
CFLAGS ?= -O2 -g
CPPFLAGS_ALL := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DGOROUTOP_VERSION='"$(VERSION)"' \
          -Icommon -I. -I$(B)/gen $(CPPFLAGS)
CFLAGS_ALL   := -std=gnu11 -pthread $(WARN) $(WERROR) $(CFLAGS)

# ---- layers: the directions of DESIGN.md are the link order too --------------------------------

LAYERS := base golang process runtime model source format
layer_src = $(wildcard common/$(1)/*.c)
layer_lib = $(B)/common/$(1).a

PKG_golang  := libelf libdw capstone
PKG_bpf     := libbpf libelf
PKG_format  := yajl zlib
PKG_tui     := ncursesw
PKGS        := $(sort $(PKG_golang) $(PKG_bpf) $(PKG_format) $(PKG_tui))

pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null)
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

PKG_CFLAGS := $(call pkg_cflags,$(PKGS))
PKG_LIBS   := $(call pkg_libs,$(PKGS))

TUI_SRC := $(wildcard tui/*.c)
BPF_SRC := $(filter-out %.bpf.c,$(wildcard bpf/*.c))
ALL_SRC := $(foreach l,$(LAYERS),$(call layer_src,$(l))) $(TUI_SRC) $(BPF_SRC)
obj      = $(patsubst %.c,$(B)/%.o,$(1))

LIBS_ALL := $(call layer_lib,source) $(call layer_lib,format) $(call layer_lib,model) \
            $(call layer_lib,runtime) $(call layer_lib,process) $(call layer_lib,golang) \
            $(B)/bpf.a $(call layer_lib,base)

ifeq ($(B),.build)
all: goroutop $(B)/goroutop.1
else
all: $(B)/goroutop $(B)/goroutop.1
endif

# A running goroutop keeps its file: the new one takes its place by name.
goroutop: $(B)/goroutop
	$(Q)cp $< $(B)/goroutop.new && mv -f $(B)/goroutop.new $@

$(B)/goroutop: $(call obj,$(TUI_SRC)) $(LIBS_ALL)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# The manual page is made from the tables that --help and the help screen are made from.
MANUAL_OBJ := $(addprefix $(B)/tui/,manual/manual.o options.o keys.o)
$(B)/manual: $(MANUAL_OBJ) $(call layer_lib,format) $(call layer_lib,model) $(call layer_lib,base)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(PKG_format)) -lm

$(B)/goroutop.1: tui/manual/goroutop.1.in $(B)/manual
	$(call say,MAN,$@)
	$(Q)$(B)/manual <$< >$@

define layer_rule
$(call layer_lib,$(1)): $(call obj,$(call layer_src,$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
$(B)/bpf.a: $(call obj,$(BPF_SRC))

$(B)/%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && mkdir -p $(@D) && $(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call obj,$(ALL_SRC)) $(MANUAL_OBJ))

# Other flags make other objects: the file changes when they do. WERROR changes none.
FLAGS := $(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(filter-out $(WERROR),$(CFLAGS_ALL)) $(LDFLAGS)
$(B)/flags: FORCE | $(B)/packages
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# What is missing is named before anything fails for want of it; found once, it is not asked again
# until this list changes.
$(B)/packages: tests/tools/packages
	$(Q)mkdir -p $(@D) && CC='$(firstword $(CC))' CLANG='$(CLANG)' tests/tools/packages check build && touch $@

# ---- the kernel half ---------------------------------------------------------------------------

MULTIARCH_x86   := x86_64-linux-gnu
MULTIARCH_arm64 := aarch64-linux-gnu
# The kernel's user-space headers of the target: native, or Debian's cross package; systems without
# multiarch have them in /usr/include.
bpf_include = $(addprefix -idirafter ,$(firstword \
              $(wildcard /usr/include/$(MULTIARCH_$(1)) /usr/$(MULTIARCH_$(1))/include) /usr/include))
BPF_CFLAGS := -O2 -g -Wall -Wextra -Werror -std=gnu11 -target bpf -mcpu=v3 -Icommon -Ibpf
BPF_DEPS   := $(wildcard bpf/*.h) common/base/gstatus.h

$(B)/bpf/%.x86.bpf.o: bpf/%.bpf.c $(BPF_DEPS) | $(B)/packages
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_x86 $(call bpf_include,x86) -c -o $@ $<
$(B)/bpf/%.arm64.bpf.o: bpf/%.bpf.c $(BPF_DEPS) | $(B)/packages
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_arm64 $(call bpf_include,arm64) -c -o $@ $<

$(B)/gen/%.skel.h: $(B)/bpf/%.$(ARCH).bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(call obj,$(BPF_SRC)): $(B)/gen/goroutine.skel.h

include common/golang/layouts.mk

# ---- tests -------------------------------------------------------------------------------------

# tests/unit/LAYER/x_test.c is linked with what LAYER may know, and nothing else: that keeps model
# pure (libc alone), and each layer free of those above it.
UNIT_SRC := $(wildcard tests/unit/*/*_test.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

libs_base    := base
libs_golang  := golang base
libs_process := process base
libs_runtime := runtime process golang base
libs_model   := model base
libs_format  := format model base
libs_source  := source format model runtime process golang base
unit_pkgs_base   :=
unit_pkgs_golang := $(PKG_golang)
unit_pkgs_runtime := $(PKG_golang)
unit_pkgs_format := $(PKG_format)
unit_pkgs_source := $(PKGS)
libs_bpf         := base
unit_pkgs_bpf    := $(PKG_bpf)
# tui is tested without its main().
unit_objs_tui    := $(filter-out %/main.o,$(call obj,$(TUI_SRC)))
libs_tui         := $(libs_source)
unit_pkgs_tui    := $(PKGS)

unit_libs = $(unit_objs_$(1)) $(foreach l,$(filter-out base,$(libs_$(1))),$(call layer_lib,$(l))) \
            $(if $(filter source tui bpf,$(1)),$(B)/bpf.a) $(call layer_lib,base)

define unit_rule
$(B)/unit/$(1)/%: tests/unit/$(1)/%.c $(call unit_libs,$(1))
	$$(call say,TEST,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS_ALL) $$(call pkg_cflags,cmocka $$(unit_pkgs_$(1))) $$(CFLAGS_ALL) -MMD -MP -o $$@ $$< \
		$(call unit_libs,$(1)) $$(LDFLAGS) $$(call pkg_libs,cmocka) \
		$$(if $$(unit_pkgs_$(1)),$$(call pkg_libs,$$(unit_pkgs_$(1)))) -lm
endef
$(foreach l,$(LAYERS) bpf tui,$(eval $(call unit_rule,$(l))))
-include $(addsuffix .d,$(UNIT_BIN))

# Programs that live tests use.
$(B)/live/%: tests/live/%.c $(B)/bpf.a $(call layer_lib,base)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(call pkg_cflags,$(PKG_bpf)) $(CFLAGS_ALL) -MMD -MP -o $@ $< \
		$(B)/bpf.a $(call layer_lib,base) $(LDFLAGS) $(call pkg_libs,$(PKG_bpf))
-include $(wildcard $(B)/live/*.d)

# Programs that benchmarks use.
$(B)/bench/%: tests/bench/%.c $(LIBS_ALL)
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(LIBS_ALL) $(LDFLAGS) $(PKG_LIBS) -lm
-include $(wildcard $(B)/bench/*.d)
$(B)/bench/%.bpf.o: tests/bench/%.bpf.c | $(B)/packages
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_$(ARCH) $(call bpf_include,$(ARCH)) -c -o $@ $<
BENCH_BPF := $(patsubst tests/bench/%.c,$(B)/bench/%.o,$(wildcard tests/bench/*.bpf.c))
BENCH_BIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))

unit-programs: $(UNIT_BIN)
unit: $(UNIT_BIN)
	$(Q)for t in $(UNIT_BIN); do $$t || exit 1; done

# The packages may only now have brought pkg-config: make starts itself again.
check:
	$(Q)tests/tools/packages install build go test
	$(Q)$(MAKE) --no-print-directory check-installed
check-installed: all
	$(Q)tests/run $(TESTS)

# Every Go minor × every way to build; fetches the toolchains that are not here.
matrix:
	$(Q)tests/tools/packages install build go test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/tools/matrix --write README.md

# etcd, nats-server, prometheus: those in PATH, or unpacked in SERVERS=DIR.
SECONDS ?= 600
real: all
	$(Q)tests/tools/real -s $(SECONDS) $(if $(SERVERS),-d $(SERVERS))

# What meets the kernel, under Debian's 6.1 and 6.12 in QEMU. KERNELS=6.1 takes one of them.
kernels:
	$(Q)tests/tools/packages install build go test kernels
	$(Q)$(MAKE) --no-print-directory all $(filter $(B)/unit/bpf/%,$(UNIT_BIN))
	$(Q)tests/kernels/run $(KERNELS)

# BENCH="snapshot start" runs a part of them. Takes minutes; wants a machine that does nothing else.
bench:
	$(Q)tests/tools/packages install build go test
	$(Q)$(MAKE) --no-print-directory bench-installed
bench-installed: all $(BENCH_BIN) $(BENCH_BPF)
	$(Q)tests/bench/run -o $(B)/bench.json $(if $(BENCH),$(BENCH),--write README.md)

# ---- to look at --------------------------------------------------------------------------------

# No module beyond Go's own library is needed, so no proxy is asked; and Debian's Go must do.
GO_ENV := GOENV=off GO111MODULE=on GOFLAGS=-mod=mod GOWORK=off GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0

$(B)/targets/demo: $(wildcard tests/targets/demo/*.go tests/targets/self/*.go) tests/targets/go.mod
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)go=$$(tests/tools/go) && out=$$(realpath $(@D))/$(@F) && cd tests/targets && \
		env $(GO_ENV) $$go build -buildvcs=false -trimpath -o $$out ./demo

run:
	$(Q)tests/tools/packages install build go
	$(Q)$(MAKE) --no-print-directory run-installed
run-installed: goroutop $(B)/targets/demo
	$(Q)tests/tools/demo ./goroutop $(B)/targets/demo

screenshots:
	$(Q)tests/tools/packages install build go picture
	$(Q)$(MAKE) --no-print-directory screenshots-installed
screenshots-installed: goroutop $(B)/targets/demo
	$(Q)tests/screen/screenshots ./goroutop $(B)/targets/demo screenshots

# ---- to keep -----------------------------------------------------------------------------------

BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1

# Builds nothing: `sudo make install` must leave no file of root's in this tree.
install:
	@test -x goroutop || { echo 'goroutop: run `make` first' >&2; exit 1; }
	install -d $(BINDIR) $(MANDIR)
	install -m 755 goroutop $(BINDIR)/goroutop
	install -m 644 $(B)/goroutop.1 $(MANDIR)/goroutop.1

uninstall:
	rm -f $(BINDIR)/goroutop $(MANDIR)/goroutop.1

clean:
	rm -rf $(B) goroutop

FORCE:
.PHONY: all bench bench-installed kernels unit unit-programs check check-installed matrix real run run-installed screenshots \
        screenshots-installed install uninstall clean FORCE
