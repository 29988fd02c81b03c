# agentwatch: `make demo` shows it, `make test` proves it. Both need only Go
# (and the network once, for the modules); tmux is installed where it is missing.

GO          ?= go
BINARY      := bin/agentwatch
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GORELEASER  := github.com/goreleaser/goreleaser/v2@v2.15.1
TARGETS     := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
FUZZTIME    ?= 2s

.PHONY: build demo test test-web test-tmux test-tmux-ci format vet staticcheck cross unit fuzz bench tmux dbus python prometheus redis sshd test-fleet test-fleet-ci pictures shell release-snapshot release-check clean

build:
	$(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o $(BINARY) .

demo: tmux build
	$(BINARY) demo

test: tmux dbus python prometheus redis format vet staticcheck cross unit fuzz
	@echo "all checks passed"

tmux:
	@scripts/ensure-program.sh tmux

# What meets tmux, on every release that users have: the oldest that is supported,
# those of the current distributions, and the newest. Debian only. TMUX_E2E chooses
# among the end-to-end tests.
TMUX_SUITES := bullseye bookworm trixie sid
TMUX_E2E    :=

test-tmux:
	scripts/tmux-versions.sh bin/tmux $(TMUX_SUITES)
	@set -e; for suite in $(TMUX_SUITES); do \
		[ -x bin/tmux/$$suite/bin/tmux ] || continue; \
		(export PATH="$(CURDIR)/bin/tmux/$$suite/bin:$(PATH)"; \
		echo "== $$(tmux -V) ($$suite)"; \
		$(GO) test -timeout 20m ./tmuxpool/... ./engine/... ./internal/tmuxtest && \
		$(GO) test -timeout 20m $(if $(TMUX_E2E),-run '$(TMUX_E2E)') ./e2e); \
	done

# What CI runs of that: the releases that are not the system's and that Debian's mirrors
# keep (bullseye is leaving them), what talks to tmux, and of the end-to-end tests that
# no server dies, and those that a release of tmux has ever made fail.
TMUX_CI_E2E := NoServerDies|Plugin|Popup|Sourcing|BadOptions|TheDemo

test-tmux-ci: export AGENTWATCH_HARM_STARTS = 50
test-tmux-ci:
	$(MAKE) test-tmux TMUX_SUITES="trixie sid" TMUX_E2E='$(TMUX_CI_E2E)'

# The tests of desktop notifications start a private bus; Linux only.
dbus:
	@if [ "$$(uname)" = Linux ]; then scripts/ensure-program.sh dbus-daemon; fi

# One example of a strategy is written in it, and is tested.
python:
	@scripts/ensure-program.sh python3

# What scrapes our metrics and tries our alerts in a test.
prometheus:
	@scripts/ensure-program.sh prometheus

# What the tests of other machines log in to, on loopback, by a key of their own.
sshd:
	@scripts/ensure-program.sh sshd

# The hub of a fleet is tested on a server of our own.
redis:
	@scripts/ensure-program.sh redis-server

# What a hub does when servers are killed, frozen and cut off: some minutes. CHAOS is how
# long parts of a fleet are killed, frozen, emptied and cut off at random, DEATHS how many
# viewers are killed while they tell.
CHAOS  := 1m
DEATHS := 30

test-fleet: redis sshd
	$(GO) vet -tags fleet ./internal/hub ./internal/fleet
	$(GO) test -tags fleet -timeout 30m ./internal/hub -args -chaos $(CHAOS)
	$(GO) test -tags fleet -timeout 30m ./internal/fleet -args -deaths $(DEATHS)
	$(GO) test -tags fleet -timeout 10m -run 'SSH|GoTakes|InstallCopies' ./e2e

# What CI runs of that: some two minutes.
test-fleet-ci: redis
	$(GO) vet -tags fleet ./internal/hub ./internal/fleet
	$(GO) test -tags fleet -timeout 10m -run 'Sentinel|OldFile|CutOff|Freezes|WhateverIsKilled' ./internal/hub -args -chaos 20s
	$(GO) test -tags fleet -timeout 10m -run 'HoweverMany' ./internal/fleet -args -deaths 5

format:
	@out=$$($(GO) run $(GOFUMPT) -l .) && \
	if [ -n "$$out" ]; then echo "not formatted (run: go run $(GOFUMPT) -w .):"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

staticcheck:
	$(GO) run $(STATICCHECK) ./...

# Every platform that the README names must at least build. With the flags of
# the release, which then has it compiled already.
cross:
	@for t in $(TARGETS); do \
		echo "build $$t"; \
		CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -trimpath -o /dev/null . || exit 1; \
	done

unit:
	@GO='$(GO)' scripts/test-race.sh

# The page in a real browser: some two minutes.
test-web:
	@scripts/ensure-program.sh chromium
	$(GO) vet -tags browser ./internal/web
	$(GO) test -tags browser -timeout 10m -run Browser ./internal/web

# A few seconds of each fuzz target beyond its seeds.
fuzz:
	scripts/fuzz.sh $(FUZZTIME)

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# The documents' pictures, from the demo: some two minutes.
pictures: tmux build
	scripts/pictures.sh

shell:
	@scripts/ensure-program.sh shellcheck
	shellcheck agentwatch.tmux scripts/*.sh .ci/run

# All that a release has, in bin/dist. Nothing is signed or published. The first
# time it compiles goreleaser, which takes minutes. In a clone without a remote,
# goreleaser would forget which commit this is; here it gets one to look at.
release-snapshot: export GIT_CONFIG_COUNT = 1
release-snapshot: export GIT_CONFIG_KEY_0 = remote.origin.url
release-snapshot: export GIT_CONFIG_VALUE_0 = .
release-snapshot:
	$(GO) run $(GORELEASER) release --snapshot --clean --skip=sign

release-check:
	scripts/check-release.sh

clean:
	rm -rf bin
