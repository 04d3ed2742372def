module heroku-rollout-gate

go 1.26.0

// The shipped program.
require (
	github.com/cenkalti/backoff/v4 v4.3.0
	github.com/heroku/heroku-go/v5 v5.5.0
	github.com/sethvargo/go-githubactions v1.3.2
	github.com/spf13/pflag v1.1.0 // the command line
	golang.org/x/term v0.48.0 // whether there is a terminal, and how wide it is
)

// The simulated Heroku and the tests only.
require (
	github.com/alecthomas/kong v1.17.0 // command lines of cmd/herokusim, cmd/demo and cmd/experiment
	github.com/dlclark/regexp2/v2 v2.13.0 // for patterns that Go's own package does not know
	github.com/goccy/go-yaml v1.19.2
	github.com/google/go-cmp v0.7.0
	github.com/rogpeppe/go-internal v1.16.0 // testscript: programs as a shell runs them
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	github.com/yuin/goldmark v1.8.7 // Markdown, for the tests of the documents
)

// What heroku-go and x/term bring along.
require (
	github.com/cenkalti/backoff v2.1.1+incompatible // indirect
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/pborman/uuid v1.2.1 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

// What go-internal and jsonschema bring along.
require (
	golang.org/x/text v0.44.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)
