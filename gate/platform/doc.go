// Package platform asks the Platform API of Heroku and returns its answers as
// observations. It decides nothing about a roll-out, and it changes nothing on the
// platform: the only thing that it creates is a log session. Only this package imports
// heroku-go and backoff.
//
//   - client.go: the client and its options
//   - app.go: the app, its features, and what was built for it
//   - look.go: the lists of dynos, formation and releases
//   - log.go: log sessions, and the output of a release command
//   - allowed.go: which requests may be sent
//   - patience.go: how long an answer may take
//   - transport.go: one request, retried until it is answered
//   - exchange.go: what a request needs beside what heroku-go offers: page, status, headers
//   - bodysize.go: how much of an answer is read
//   - budget.go: the count of requests, and the account's budget
//   - clock.go: the clock of an answer
//   - connect.go: mistakes in the set-up between runner and platform
//   - retryafter.go: the header Retry-After
//   - shape.go: answers that are JSON, but not what was asked for
//   - refusals.go: how long the platform has refused something
//   - errors.go: errors, without secrets
package platform
