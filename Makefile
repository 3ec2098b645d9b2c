# `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN   := bin/otelcol-plus
TOOLS := .tools
DATA  ?= testdata/sample.traces.otlp.pb.zst

# One set of flags for everything, so that every step finds the packages of the others in the build cache.
TAGS  := $(shell sed -n 's/^ *build_tags: *//p' builder-config.yaml)
export GOFLAGS := -trimpath -tags=$(TAGS) -buildvcs=false
export GOWORK  := off
export CGO_ENABLED := 0
export OTELPLUS_BINARY := $(CURDIR)/$(BIN)
export OTELPLUS_KUSTOMIZE := $(CURDIR)/$(TOOLS)/kustomize

# Packages of ours without the binary's own, which drag in every dependency.
OWN := ./configs/... ./exporter/... ./extension/... ./internal/... ./processor/... ./provider/... ./receiver/... ./semconv/...

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: run
run: build ## agent and gateway on this machine, a recording through both, one screen (DATA=file to replay your own)
	@exec $(BIN) demo $(DATA)

.PHONY: build
build: ## build bin/otelcol-plus (the first time takes minutes)
	@mkdir -p bin
	go build -ldflags="-s -w" -o $(BIN) ./cmd/otelcol-plus

.PHONY: print-binary
print-binary: ## print the path of the built binary
	@echo $(BIN)

# The race detector needs a C compiler; without one the same tests run without it.
RACE := $(if $(shell command -v "$$(go env CC)"),-race)

.PHONY: test
test: build $(TOOLS)/gotestsum $(TOOLS)/kustomize ## every test that needs nothing but Go
	@$(if $(RACE),,echo "SKIPPED: race detector: no C compiler on this machine")
	@CGO_ENABLED=$(if $(RACE),1,0) $(TOOLS)/gotestsum --format pkgname --jsonfile $(TOOLS)/unit.json -- $(RACE) -timeout 20m $(OWN)
	@$(TOOLS)/gotestsum --format pkgname --jsonfile $(TOOLS)/binary.json -- -timeout 20m ./cmd/... ./deploy/... ./tests/...

.PHONY: check
check: build lint check-generated check-portable check-modules ## lint, vet, generated files, other builds

.PHONY: lint
lint: $(TOOLS)/staticcheck ## gofmt, vet, staticcheck
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(TOOLS)/staticcheck $(OWN) ./tests/...

.PHONY: check-generated
check-generated: ## fail when `make generate` changes a file
	@before=$$(mktemp); after=$$(mktemp); trap 'rm -f $$before $$after' EXIT; \
	  sums() { git ls-files -co --exclude-standard | sort | while read -r f; do [ ! -f "$$f" ] || sha256sum "$$f"; done; }; \
	  sums > $$before; $(MAKE) --no-print-directory generate >/dev/null; sums > $$after; \
	  diff $$before $$after || { echo "generated files are not up to date: run 'make generate' and commit"; exit 1; }

# Our own packages only: a second full build costs minutes.
.PHONY: check-portable
check-portable: ## arm64 and purego builds of our own packages
	GOARCH=arm64 go vet $(OWN)
	go test -tags=$(TAGS),purego ./internal/simd/... ./internal/tracezip/... ./processor/tracezipprocessor/...

# The testbed is vetted only: running it takes a minute of load.
.PHONY: check-modules
check-modules: ## the benchmarks and testbed modules
	cd benchmarks && go vet ./... && go test ./...
	cd testbed && go vet ./...

.PHONY: generate
generate: $(TOOLS)/builder $(TOOLS)/mdatagen ## components.go, metadata, tables, typed API, assembly
	@mkdir -p $(TOOLS)/ocb
	sed 's#^\( *output_path:\).*#\1 ./$(TOOLS)/ocb#' builder-config.yaml > $(TOOLS)/ocb.yaml
	$(TOOLS)/builder --config $(TOOLS)/ocb.yaml --skip-get-modules --skip-compilation
	gofmt $(TOOLS)/ocb/components.go > cmd/otelcol-plus/components.go
	go generate $(OWN)

.PHONY: fuzz
FUZZTIME ?= 30s
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@grep -rl --include='*_test.go' '^func Fuzz' $(patsubst ./%/...,%,$(OWN)) | xargs -n1 dirname | sort -u | while read -r dir; do \
	  go test -list '^Fuzz' ./$$dir | grep '^Fuzz' | while read -r target; do \
	    echo "== $$dir $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./$$dir || exit 1; done; done

.PHONY: bench
bench: build ## measure the binary beside the stock exporter; prints the first tables of docs/benchmarks.md
	cd benchmarks && go run ./pipeline -bin ../$(BIN) -data ../testdata/sample.traces.otlp.pb.zst

.PHONY: testbed
testbed: build ## the collector testbed at 10,000 items/s through agent and gateway
	cd testbed && RUN_TESTBED=1 TESTCASE_DURATION=10s go test -count=1 -v ./...
	cp testbed/results/RESULTS.md testbed/RESULTS.md

.PHONY: image
image: build ## container image otelcol-plus:VERSION, with buildah, podman or docker
	@deploy/image.sh

# Tools come from a module of their own, at the versions its go.mod pins.
$(TOOLS)/%: internal/tools/go.mod internal/tools/go.sum
	@mkdir -p $(TOOLS)
	cd internal/tools && GOFLAGS=-buildvcs=false go build -trimpath -o ../../$(TOOLS)/ tool
