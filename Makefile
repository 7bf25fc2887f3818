# SPDX-License-Identifier: MIT
# croute's build. `make` builds build/croute, `make help` lists the rest.

VERSION = 0.2.0

# Every variant has its objects in build/<variant>/:
# release (build/croute), debug (unit tests), san (ASan and UBSan), clang, analyzer, fuzz.
ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin AR),default)
AR = $(or $(patsubst %-gcc,%-ar,$(filter %-gcc,$(CC))),ar)
endif
VARIANT ?= release
# build/arm64 for what `make cross` builds.
BUILD ?= build
OUT = $(BUILD)/$(VARIANT)
PREFIX ?= /usr
DESTDIR ?=

LIBS = yaml-0.1 libnl-3.0 libmd libpcre2-8 libevent_core jansson
LINK_STATIC = $(if $(filter 0,$(STATIC)),,--static)
PKG_CONFIG ?= pkg-config
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
LIB_LIBS := $(shell $(PKG_CONFIG) $(LINK_STATIC) --libs $(LIBS) 2>/dev/null)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wswitch-enum -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef
ifneq ($(filter true 1,$(CI) $(WERROR)),)
WARN += -Werror
endif
HARDEN_x86_64 = -fcf-protection -fstack-clash-protection
HARDEN_aarch64 = -mbranch-protection=standard
HARDEN = -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(HARDEN_$(MACHINE))
SAN = -O1 -g -fPIE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

COMMA := ,
MODE_release = -O2 $(HARDEN) -ffunction-sections -fdata-sections
# Small rather than fast: what no peer of 100,000 goes through.
COLD = cli cmd confirm doctor import lookup print rollout snapshot status
$(patsubst %.c,$(OUT)/%.o,$(foreach room,$(COLD),$(wildcard src/app/$(room)/*.c))): \
	MODE_release := $(subst -O2,-Os,$(MODE_release))
# Fast rather than small: what each peer of 100,000 goes through.
HOT = base model core/check core/config core/decode core/parse core/plan core/want edge/kernel
$(patsubst %.c,$(OUT)/%.o,$(foreach room,$(HOT),$(wildcard src/$(room)/*.c))): \
	MODE_release := $(subst -O2,-O3,$(MODE_release))
MODE_debug = -Og -g $(HARDEN)
MODE_san = $(SAN)
MODE_clang = -O2 -g $(HARDEN)
MODE_analyzer = -O1 -fanalyzer
MODE_fuzz = $(SAN) -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping

# croute never compiles a pattern to machine code, so the compiler for it, 240 kB, stays out: what
# asks for it stands behind "if there is such code".
PCRE2_JIT = pcre2_jit_match_8 _pcre2_jit_check_exec_8 _pcre2_jit_free_8 _pcre2_jit_free_rodata_8 \
	_pcre2_jit_get_size_8 _pcre2_jit_get_target_8
STRIP = -s
LINK_release = $(if $(LINK_STATIC),-static-pie $(PCRE2_JIT:%=-Wl$(COMMA)--defsym=%=abort),-pie) $(STRIP) \
	-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--trace
LINK_debug = -pie -Wl,-z,relro,-z,now
LINK_san = -pie -fsanitize=address,undefined
LINK_clang = $(LINK_debug)
LINK_fuzz = -pie -fsanitize=fuzzer,address,undefined -fprofile-instr-generate
ifneq ($(VARIANT),release)
STATIC = 0
endif

COMPILE = $(CC) -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -DCROUTE_VERSION='"$(VERSION)"' \
	$(WARN) $(MODE_$(VARIANT)) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(LINK_$(VARIANT)) $(LDFLAGS)

PURE = $(patsubst %.c,$(OUT)/%.o,$(wildcard src/base/*.c src/model/*.c src/core/*/*.c))
OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard src/*/*.c src/*/*/*.c))
PARTS = $(filter-out $(OUT)/src/app/cmd/main.o,$(OBJECTS))
UNITS = $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
# What the unit programs share.
SHARED = $(patsubst %.c,$(OUT)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
FUZZERS = $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
BINARY = $(if $(filter release,$(VARIANT)),$(BUILD)/croute,$(OUT)/croute)

.PHONY: all objects pure units fuzzers deps check check-unit check-golden check-cli check-netns \
	check-packaging check-san check-collection check-kernels check-arch check-cluster check-all torture \
	torture-broken faults upgrade lint fmt fuzz bench bench-publish demo install uninstall \
	deb dist cross image help clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BINARY)			# build/croute, static; STATIC=0 for shared libraries

objects: $(OBJECTS)
pure: $(PURE)
units: $(UNITS)
fuzzers: $(FUZZERS)

# What is done, in a word; V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@ &&)

# libnl can resolve names, and glibc warns of that in a static binary; croute never asks it to.
EXPECTED = in statically linked applications|in function .(nl_(addr_info|str2ip_proto|ip_proto2str)|evutil_getaddrinfo_common_)

# What was linked stands beside it: its notices go with the image.
$(BINARY): $(OBJECTS) $(OUT)/flags
	$(call say,LINK) $(LINK) -o $@ $(OBJECTS) $(LIB_LIBS) >$@.linked 2>$(OUT)/link.log; status=$$?; \
		grep -vE "$(EXPECTED)" $(OUT)/link.log >&2; exit $$status

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) -MMD -MP -c -o $@ $<

# In an archive, so that a test may stand its own fake in the place of a part.
$(OUT)/parts.a: $(PARTS)
	@rm -f $@
	@$(AR) qcs $@ $^

$(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(SHARED) $(OUT)/parts.a
	$(call say,LINK) $(LINK) -o $@ $^ $(LIB_LIBS) -lcmocka

$(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/tests/fuzz/libnl.o $(OUT)/parts.a
	$(call say,LINK) $(LINK) -o $@ $^ $(LIB_LIBS)

# Another compiler, another flag, another version: everything is made anew.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@$(if $(LIB_LIBS),,echo 'make: libraries are missing: "make deps" installs them' >&2; exit 1)
	@echo '$(subst ','\'',$(COMPILE) $(LINK) $(LIB_LIBS))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(COMPILE) $(LINK) $(LIB_LIBS))' >$@

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

deps:				# install what the targets below need (apt)
	@packaging/build-deps build test

check: deps			# everything: tests, sanitizers, lints, both compilers; TIMES=1: the slowest
	@tests/run
check-unit: 			# the programs of tests/unit
	@tests/run unit
check-golden:			# the cases of tests/golden
	@tests/run golden
check-cli:			# help, completion, schema, manual pages, terminals
	@tests/run cli
check-netns:			# the tests that have real kernels under them
	@tests/run netns
check-packaging:		# images, manifests, packages, units
	@tests/run packaging
check-san:			# all of these under ASan and UBSan
	@tests/run san
check-collection: all		# the Ansible collection, on three machines; not part of check
	@MACHINES=3 CROUTE=build/croute tests/packaging/test_ansible.sh
check-kernels:			# Linux 5.10, 6.1, 6.12, and 6.1 on s390x, of Debian under qemu; not part of check
	@packaging/build-deps build kernels cross
	@tests/run kernels
check-arch:			# arm64 and s390x (big-endian), or ARCH, emulated; not part of check
	@packaging/build-deps build cross
	@tests/run $(or $(ARCH),arm64 s390x)
check-cluster:			# a real Kubernetes in namespaces, built once; not part of check
	@packaging/build-deps build test cluster
	@tests/cluster/fetch.sh "$${CLUSTER_CACHE:-build/cluster}"
	@tests/run cluster
check-all:			# all of these, torture, faults, upgrade, fuzz, bench; a table at the end: hours
	@tests/check-all
torture:			# SEEDS="1 2 3", STEPS=100: files, strangers and signals by chance
	@$(MAKE) --no-print-directory all
	@SEEDS="$(or $(SEEDS),$(shell seq -s ' ' 1 100))" STEPS=$(or $(STEPS),100) CROUTE=build/croute \
		tests/netns/test_torture.sh
torture-broken:			# torture catches a croute that is broken in one of six ways
	@tests/torture/broken.sh
faults:				# FAULTS="read poll": each system call fails in turn; half an hour for all
	@$(MAKE) --no-print-directory all
	@status=0; for test in tests/netns/test_faults*.sh; do \
		FAULTS="$(or $(FAULTS),1)" CROUTE=build/croute $$test || status=$$?; \
	done; exit $$status
upgrade:			# TURNS=20: 0.1.0 and this one take turns on one host
	@$(MAKE) --no-print-directory all
	@TURNS=$(or $(TURNS),20) CROUTE=build/croute tests/netns/test_upgrade.sh
lint:				# the gates of tests/lint
	@tests/run lint

fmt:				# clang-format, in place
	clang-format -i $(wildcard src/*/*.[ch] src/*/*/*.[ch] include/croute/*/*.h include/croute/*/*/*.h \
		tests/*/*.[ch])

fuzz:				# FUZZ_TIME=60 seconds each, and what of each parser they reached
	@tests/run fuzz

bench: 				# side by side with ip -batch, BIRD, FRR and bare netlink
	@packaging/build-deps build bench
	@$(MAKE) --no-print-directory all
	@tests/bench/bench.sh

bench-publish:			# the last run into packaging/bench.svg and croute(8)
	@python3 -B tests/bench/publish.py

demo:				# three hosts in network namespaces; BACKEND=vxlan too
	@packaging/build-deps build
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh

# What `make install` puts where: FILE:PATH. Each lies where its reader looks: zsh has a folder for what
# Debian's packages bring, NetworkManager reads none below /usr/local.
SYSCONFDIR ?= /etc
USR = $(filter /usr,$(PREFIX))
ZSH = $(if $(and $(USR),$(wildcard /etc/debian_version)),vendor-completions,site-functions)
# Host-wide: systemd-networkd then keeps every route that it did not make. NETWORKD=no leaves it out.
NETWORKD ?= yes
NETWORKD_CONF = packaging/systemd/networkd.conf:$(PREFIX)/lib/systemd/networkd.conf.d/10-croute.conf
PUT = $(foreach page,$(wildcard packaging/man/*.[58]),\
		$(page):$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))) \
	build/install/bash:$(PREFIX)/share/bash-completion/completions/croute \
	build/install/zsh:$(PREFIX)/share/zsh/$(ZSH)/_croute \
	build/install/fish:$(PREFIX)/share/fish/vendor_completions.d/croute.fish \
	build/install/unit:$(PREFIX)/lib/systemd/system/croute.service \
	$(if $(filter yes,$(NETWORKD)),$(NETWORKD_CONF)) \
	packaging/systemd/unmanaged.conf:$(if $(USR),/usr/lib,$(SYSCONFDIR))/NetworkManager/conf.d/10-croute.conf \
	packaging/iproute2/croute.conf:$(SYSCONFDIR)/iproute2/rt_protos.d/croute.conf \
	packaging/croute.yaml.example:$(SYSCONFDIR)/croute/croute.yaml.example

install: all			# to PREFIX (/usr) below DESTDIR; NETWORKD=no: without networkd.conf
	@mkdir -p build/install
	@for shell in bash zsh fish; do build/croute help --complete $$shell >build/install/$$shell || exit 1; done
	@sed 's|/usr/sbin/|$(PREFIX)/sbin/|' packaging/systemd/croute.service >build/install/unit
	install -D -m 755 build/croute $(DESTDIR)$(PREFIX)/sbin/croute
	@for file in $(PUT); do (set -x; install -D -m 644 $${file%%:*} $(DESTDIR)$${file#*:}) || exit 1; done
	@[ "$(NETWORKD)" != yes ] || echo 'From its next start on, systemd-networkd keeps all routes of others on this' \
		'host: $(lastword $(subst :, ,$(NETWORKD_CONF))). NETWORKD=no leaves that out.'

uninstall:			# remove what install put there; routes and files of your own stay
	rm -f $(foreach file,build/croute:$(PREFIX)/sbin/croute $(PUT) $(NETWORKD_CONF),$(DESTDIR)$(lastword $(subst :, ,$(file))))
	@! [ -d $(DESTDIR)$(SYSCONFDIR)/croute ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(SYSCONFDIR)/croute

deb:				# Debian's package, build/croute_VERSION_ARCH.deb; SOURCE=1: its source package, too
	@packaging/build-deps build package
	@packaging/debian/build $(VERSION) $(if $(SOURCE),source)

dist:				# the sources as build/croute-VERSION.tar.gz
	@mkdir -p build
	packaging/sources croute-$(VERSION) | gzip -9n >build/croute-$(VERSION).tar.gz

# Another machine's compiler and libraries, as packaging/cross/sysroot lays them out.
TRIPLE_arm64 = aarch64-linux-gnu
TRIPLE_s390x = s390x-linux-gnu
cross:				# ARCH=arm64 or s390x: build/ARCH/croute, on any machine
	@packaging/build-deps build cross
	@packaging/cross/sysroot "$(ARCH)"
	@$(MAKE) --no-print-directory BUILD=build/$(ARCH) PKG_CONFIG=build/$(ARCH)/pkg-config \
		CC='$(TRIPLE_$(ARCH))-gcc --sysroot=$(CURDIR)/build/$(ARCH)/root' $(or $(CROSS),all)

image:				# from an empty base: build/image/, build/croute-VERSION.tar; ARCH=arm64: for that machine, too
	@packaging/build-deps build
	@$(MAKE) --no-print-directory all
	@$(foreach arch,$(ARCH),$(MAKE) --no-print-directory cross ARCH=$(arch) &&) \
		packaging/container/image.sh $(VERSION) build build/croute $(ARCH:%=build/%/croute)

clean:				# remove build/
	rm -rf build

help:				# this list
	@sed -n 's/^\([a-z-]*\):[^#=]*#[[:space:]]*\(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '%-14s %s\n' "$$name" "$$text"; done
