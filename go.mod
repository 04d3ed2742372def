module heroku-rollout-gate

go 1.26

require (
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/cenkalti/backoff v2.1.1+incompatible // indirect
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/google/go-querystring v1.0.0 // indirect
	github.com/google/uuid v1.0.0 // indirect
	github.com/heroku/heroku-go/v5 v5.5.0 // indirect
	github.com/pborman/uuid v1.2.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	github.com/sethvargo/go-githubactions v1.3.2 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
