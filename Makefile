# goroutop: htop for goroutines.
#
#   make            builds ./goroutop            make run      builds, starts a demo and watches it
#   make check      builds and runs every test   make install  PREFIX=/usr/local DESTDIR=
#
# V=1 shows the commands. Objects go to .build/; nothing else is written beside ./goroutop.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

B      := .build
PREFIX ?= /usr/local
CC     ?= gcc
ifeq ($(origin CC),default)
CC     := gcc
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
PKG_format  := yajl
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

all: goroutop

goroutop: $(call obj,$(TUI_SRC)) $(LIBS_ALL)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

define layer_rule
$(call layer_lib,$(1)): $(call obj,$(call layer_src,$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
$(B)/bpf.a: $(call obj,$(BPF_SRC))

$(B)/%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && mkdir -p $(@D) && $(AR) rcs $@ $^

$(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call obj,$(ALL_SRC)))

# ---- the kernel half ---------------------------------------------------------------------------

MULTIARCH_x86   := x86_64-linux-gnu
MULTIARCH_arm64 := aarch64-linux-gnu
# The kernel's user-space headers of the target: native, or Debian's cross package.
bpf_include = $(firstword $(wildcard /usr/include/$(MULTIARCH_$(1)) /usr/$(MULTIARCH_$(1))/include))
BPF_CFLAGS := -O2 -g -Wall -Wextra -Werror -std=gnu11 -target bpf -mcpu=v3 -Icommon -Ibpf

$(B)/bpf/%.$(ARCH).bpf.o: bpf/%.bpf.c bpf/goroutine.h common/base/gstatus.h
$(B)/bpf/%.x86.bpf.o: bpf/%.bpf.c bpf/goroutine.h common/base/gstatus.h
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_x86 -idirafter $(call bpf_include,x86) -c -o $@ $<
$(B)/bpf/%.arm64.bpf.o: bpf/%.bpf.c bpf/goroutine.h common/base/gstatus.h
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_arm64 -idirafter $(call bpf_include,arm64) -c -o $@ $<

$(B)/gen/%.skel.h: $(B)/bpf/%.$(ARCH).bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(B)/bpf/tracer.o: $(B)/gen/goroutine.skel.h

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
unit_layer    = $(word 3,$(subst /, ,$(1)))
unit_pkgs_base   :=
unit_pkgs_golang := $(PKG_golang)
unit_pkgs_runtime := $(PKG_golang)
unit_pkgs_format := $(PKG_format)
unit_pkgs_source := $(PKGS)

define unit_rule
$(B)/unit/$(1)/%: tests/unit/$(1)/%.c $$(foreach l,$$(libs_$(1)),$$(call layer_lib,$$(l)))
	$$(call say,TEST,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS_ALL) $$(call pkg_cflags,cmocka $$(unit_pkgs_$(1))) $$(CFLAGS_ALL) -o $$@ $$< \
		$$(foreach l,$$(libs_$(1)),$$(call layer_lib,$$(l))) $$(call pkg_libs,cmocka) \
		$$(if $$(unit_pkgs_$(1)),$$(call pkg_libs,$$(unit_pkgs_$(1)))) -lm
endef
$(foreach l,$(LAYERS),$(eval $(call unit_rule,$(l))))

unit: $(UNIT_BIN)
	$(Q)for t in $(UNIT_BIN); do $$t || exit 1; done

clean:
	rm -rf $(B) goroutop

.PHONY: all unit clean
