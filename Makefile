# make test    every test; installs what they need where it can
# make fuzz    every fuzz target for a few seconds, or FUZZTIME=5m
# make soak    servers and databases that fail, for as long as SOAK=500 rounds take
# make check   formatting, vet, lint; Docker's, Compose's and Prometheus' own eyes on deploy/
# make bench   figures, and Greenroom beside the least that a server can do; BENCH="-what rows"
# make build   the binary, in bin/
# make release archives of the binary for all systems, in dist/
# make generate, make screenshots, make release-check: see below

GO      ?= go
VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo development)
LDFLAGS  = -s -w -X main.version=$(VERSION)
# The race detector where goroutines meet; scripts in a VM are too slow for all
# of it.
RACE     = ./lti/... ./internal/jobs ./internal/outbound ./internal/platforms ./internal/launch ./internal/web

# How long each fuzz target runs, and how long in make test.
FUZZTIME       ?= 3s
SHORT_FUZZTIME ?= 1s

.PHONY: test soak fuzz check build bench generate screenshots needs clean

test: needs
	$(GO) test -count=1 -timeout 40m ./...
	CGO_ENABLED=1 $(GO) test -count=1 -race -timeout 40m $(RACE)
	CGO_ENABLED=1 $(GO) test -count=1 -race -timeout 40m \
		-run 'Transaction|Commit|Wait|Hear|Gather|TestPromises/.*/(ParallelLaunches|RecordLaunch|Passbacks|Sessions|Keys|SettingsVersion|Transactions)' ./internal/store
	CGO_ENABLED=1 $(GO) test -count=1 -race -timeout 40m -run 'AtOnce|Picks' ./internal/greenroom
	CGO_ENABLED=1 $(GO) test -count=1 -race -timeout 40m -run 'Concurrent' ./internal/roleplay
	GO='$(GO)' ./tools/fuzz $(SHORT_FUZZTIME)

# What make test does a few times.
SOAK ?= 200
soak: needs
	$(GO) test -count=1 -timeout 24h -v ./internal/soak -soak.rounds $(SOAK)

fuzz:
	GO='$(GO)' ./tools/fuzz $(FUZZTIME)

check:
	@./tools/needs promtool
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	cd tools/deploy && $(GO) vet ./... && $(GO) test -count=1 ./...
	@pinned="$$($(GO) list -m -f '{{.Version}}' modernc.org/libc)"; \
	wanted="$$($(GO) list -m -f '{{.GoMod}}' modernc.org/sqlite | xargs awk '$$1=="modernc.org/libc"{print $$2} $$2=="modernc.org/libc"{print $$3}')"; \
	test "$$pinned" = "$$wanted" || { echo "modernc.org/libc is $$pinned, but modernc.org/sqlite was made for $$wanted"; exit 1; }

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/greenroom ./cmd/greenroom

# The time of all files in the archives is that of the commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

release:
	rm -rf dist
	$(GO) run ./deploy/release -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -out dist

# Makes one archive twice, in different places and without a cache, and compares;
# and the image, by the Dockerfile's very words.
release-check:
	$(GO) run ./deploy/release -check -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)'
	cd tools/deploy && EXACT=1 $(GO) test -count=1 -run Image ./...

# Code that is made of SQL, and compiled samples. The commands stand beside the
# directives.
generate:
	$(GO) generate ./...

bench: build needs
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./bench ./lti ./internal/roleplay ./internal/store
	./bench/figures bin/greenroom
	$(GO) run ./bench $(BENCH)

# The pictures of the README, made by the browser test.
screenshots: needs
	GREENROOM_SCREENSHOTS=$(CURDIR)/docs/pictures $(GO) test -count=1 -run TestTheMainJobInABrowser ./internal/app

needs:
	@./tools/needs

clean:
	rm -rf bin dist
