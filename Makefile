# Everything that a developer runs. `make` alone lists the targets.

.DEFAULT_GOAL := help
SHELL := bash
GREMLINS    := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOSEC       := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
# It says the same on every machine: without what happens to be installed.
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 -shellcheck= -pyflakes=

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## run the gate against the simulated measured deploy, for about 15 seconds
	go run ./cmd/demo

experiment: ## repeat the measured deploy on the simulated Heroku, with two gates beside it
	go run ./cmd/experiment

test: ## run the tests
	go test ./...

# Without those that build and run programs, in which the detector would not be.
race: ## run the tests with the race detector, in random order
	go test -race -short -shuffle=on -count=1 ./...

N := 20000
SEED := 1
rolls: ## run N random roll-outs with known truth, from SEED on (N=20000 SEED=1)
	@set -o pipefail; go test ./gate -run RandomRollouts -rolls $(N) -seed $(SEED) -v -timeout 60m | grep -v '^=== '

WORKFLOWS = $(shell find . -path ./.git -prune -o -path ./.build -prune -o -name node_modules -prune -o -name "*.yml" -path "*workflows*" -print)
lint: ## check with vet, gofmt, staticcheck, gosec, govulncheck, actionlint and the schemas of GitHub and other CI systems, and that go.mod is tidy (needs Node)
	go vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go run $(STATICCHECK) ./...
	# Not asked of gosec: errors of closing and of printing (G104), files that the caller
	# names (G304), random numbers of waiting times and of the simulator (G404, G115).
	go run $(GOSEC) -quiet -exclude=G104,G304,G404,G115 -exclude-dir=.ci ./...
	.ci/vulnerabilities
	go mod tidy -diff
	go run $(ACTIONLINT) $(WORKFLOWS)
	cd .ci/schema && npm ci --silent && npm run --silent build
	node .ci/schema/node_modules/check.cjs action.yml $(wildcard begin/action.yml) $(WORKFLOWS)
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; mkdir "$$d/.git"; cp -r action.yml Dockerfile begin "$$d"; \
	  echo "actionlint and the schemas on the workflows of the documents, and on the settings of other CI systems"; \
	  go test ./gate -count=1 -run 'TestRecipes|TestOtherSystems' -recipes "$$d"; node .ci/schema/node_modules/check.cjs "$$d"/.github/workflows/*; \
	  node .ci/schema/node_modules/others.cjs "$$d"/others/gitlab-* "$$d"/others/buildkite-*; \
	  cd "$$d"; go run $(ACTIONLINT)

golden: ## rewrite the golden files, action.yml, and the generated parts of the documents
	go test ./gate/report ./gate/rollout ./gate ./cmd/compare ./cmd/experiment -update

owner: ## write the name of the owner into documents and module path, once, before publishing (NAME=acme)
	@test -n "$(NAME)" || { echo 'make owner: no name: write it as in "make owner NAME=acme"'; exit 1; }
	perl -pi -e 's|ghcr\.io/OWNER/|ghcr.io/\L$(NAME)\E/|g; s|\bOWNER/heroku-rollout-gate|$(NAME)/heroku-rollout-gate|g; s|\@OWNER\b|\@$(NAME)|g' \
	  *.md docs/*.md .github/ISSUE_TEMPLATE/*.yml .github/CODEOWNERS
	perl -pi -e 's|^module heroku-rollout-gate$$|module github.com/$(NAME)/heroku-rollout-gate|' go.mod
	find cmd gate -name '*.go' -exec perl -pi -e 's|"heroku-rollout-gate/(cmd\|gate)|"github.com/$(NAME)/heroku-rollout-gate/$$1|g' {} +
	gofmt -w cmd gate

# Chromium from Debian, where it is not there already (or CHROMIUM=its program).
RENDER = cd .ci/render && npm ci --silent
DRAW = CHROMIUM="$(CHROMIUM)" ./chromium node render.mjs
SUMMARIES := ../../gate/testdata/summaries
picture: ## draw the summary of the measured deploy for the README (needs Node; installs Chromium)
	$(RENDER) && $(DRAW) ../../.github/summary.png $(SUMMARIES)/good.md
	go test ./gate -count=1 -run TestPicture -drawn

pictures: ## draw the summaries of some stories into .build/pictures, to look at (needs Node; installs Chromium)
	$(RENDER) && $(DRAW) ../../.build/pictures $(SUMMARIES)/*.md

diagrams: ## check every diagram with Mermaid itself, and draw a summary in Chromium (needs Node; installs Chromium)
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; \
	  $(RENDER) && node parse.mjs ../../docs/*.md $(SUMMARIES)/*.md && $(DRAW) "$$d" $(SUMMARIES)/good.md

# So many runs, and not so many seconds: go reports a time that ends in the middle of a
# run as a failure now and then ("context deadline exceeded").
FUZZ := 1000x
fuzz: ## run every fuzz test for a short time (FUZZ=100000x for longer)
	@set -e; for d in $$(grep -rl --include=*_test.go '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$d/*_test.go | sed 's/func //'); do \
	    echo "$$d $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ) -fuzzminimizetime 10x $$d; done; done

# The packages whose conditions are guarded. cmd/mutants deletes conditions, and runs the
# tests of these packages and the stories. Gremlins turns them round (< and <=, == and !=,
# + and -); it compiles each mutant, so it runs the tests of the package alone.
CORE := ./gate/rollout ./gate/ledger ./gate/release ./gate/observe
EFFICACY := 95
mutants: ## delete and negate each condition of the core: a test must notice
	go run ./cmd/mutants $(CORE)
	@set -e; for p in $(CORE); do echo "gremlins $$p"; \
	  go run $(GREMLINS) unleash --workers 2 --test-cpu 1 --timeout-coefficient 20 --threshold-efficacy $(EFFICACY) -S lt $$p; done

SAMPLE := 80
mutants-short: ## delete some conditions of the core: a test must notice (SAMPLE=80)
	go run ./cmd/mutants -sample $(SAMPLE) $(CORE)

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

SOAK := 30m
soak: ## run the gate with faults on loopback, for half an hour of real time (SOAK=5m for less)
	go test ./gate -count=1 -run TestSoak -soak $(SOAK) -timeout 0 -v

measure: ## measure memory, first look and processor time with 1,000 dynos and a busy log
	go test ./gate -count=1 -run TestMeasure -measure -v

CLIENT :=
client: ## run the official Heroku client against the simulated Heroku (needs Node; installs the client, or CLIENT=its program)
	@set -e; client="$(if $(findstring /,$(CLIENT)),$(abspath $(CLIENT)),$(CLIENT))"; if [ -z "$$client" ]; then \
	  d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; cp .ci/client/.npmrc .ci/client/package.json .ci/client/package-lock.json "$$d"; \
	  (cd "$$d" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); client=$$d/node_modules/.bin/heroku; fi; \
	go test ./gate/herokusim -count=1 -run TestClient -parallel 4 -client "$$client"

RUNS := 5
ONLY :=
compare: ## compare the gate with the official client, in real time; needs what e2e needs, and Node (RUNS=5 ONLY=busy)
	mkdir -p .build/compare
	[ -x /usr/bin/time ] || $$([ "$$(id -u)" = 0 ] || echo sudo) apt-get install --quiet --yes time
	.ci/e2e .build/compare
	cp .ci/client/.npmrc .ci/client/package.json .ci/client/package-lock.json .build/compare
	cd .build/compare && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	go run ./cmd/compare -runs $(RUNS) -only "$(ONLY)"

e2e: ## run the action in real workflows, by act and podman; installs what it needs (Debian, root)
	.ci/e2e

# e2e makes the release that "make release" makes, and uses it.
CHECK := test demo experiment race lint mutants-short diagrams fuzz client e2e
check: ## run all checks that must pass
	@set -e; for target in $(CHECK); do printf '\n== make %s\n' $$target; $(MAKE) --no-print-directory $$target; done

VERSION := v0.0.1-rc.1
release: ## try a release in a copy, without publishing: archives, commit and notes (VERSION=v1.2.3)
	.ci/dry-run .build/release $(VERSION)

.PHONY: help demo experiment test race rolls lint golden owner picture pictures diagrams fuzz mutants mutants-short bench soak measure client compare e2e check release
