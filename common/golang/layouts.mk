# SPDX-License-Identifier: GPL-2.0-or-later
#
# make layouts: makes common/golang/layout_table.inc anew from the DWARF of every Go release that
# can be had (network, an hour or two the first time; what was built stays in $(LAYOUTS)). Needs a
# `go` ≥ 1.21. Releases that `go list -m -versions golang.org/toolchain` does not tell of can be
# named: make layouts GO_RELEASES="go1.23.5 go1.23.11".

LAYOUTS ?= $(B)/layouts
LAYOUT_TOOL_SRC := common/golang/generate/layout_table.c \
	$(addprefix common/golang/,dwarf_layout.c dwarf_view.c elf_image.c elf_relocs.c elf_symbols.c \
	span.c wait_reasons.c)

$(B)/layout_table: $(call obj,$(LAYOUT_TOOL_SRC)) $(call layer_lib,base)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(PKG_golang))

layouts: $(B)/layout_table
	GO_RELEASES="$(GO_RELEASES)" sh common/golang/generate/layouts.sh $(LAYOUTS)
	$(MAKE) layout-table

# Only the table, from what is in $(LAYOUTS).
layout-table: $(B)/layout_table
	$(B)/layout_table $(LAYOUTS)/go1.*-a??64 > $(B)/layout_table.inc
	mv $(B)/layout_table.inc common/golang/layout_table.inc

.PHONY: layouts layout-table
