# Everything that a developer runs. `make` alone lists the targets.

.DEFAULT_GOAL := help
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## the gate against the simulated measured deploy, about 15 seconds
	go run ./cmd/demo

test: ## the tests
	go test ./...

race: ## the tests with the race detector, in random order
	go test -race -shuffle=on -count=1 ./...

lint: ## vet, gofmt, staticcheck, tidiness of go.mod, actionlint
	go vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go run $(STATICCHECK) ./...
	go mod tidy -diff
	sh -c 'go run $(ACTIONLINT) $$(find . -path ./.git -prune -o -name "*.yml" -path "*workflows*" -print)'

golden: ## rewrite the golden files and the tables of README and action.yml
	go test ./gate/report ./gate -update

bench: ## the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

check: race lint ## all that CI does

.PHONY: help demo test race lint golden bench check
