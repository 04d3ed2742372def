// Package platform asks the Platform API of Heroku and gives its answers as
// observations. It decides nothing about a roll-out, and it changes nothing on the
// platform: the one thing that it creates is a log session. It alone imports
// heroku-go and backoff.
//
//   - client.go: the client and its options
//   - app.go: where the app runs, and what was built for it
//   - look.go: the lists of dynos, formation and releases
//   - log.go: log sessions, and the output of a release command
//   - allowed.go: what may be asked
//   - patience.go: how long an answer may take
//   - transport.go: one request, tried until it is answered
//   - clock.go: the clock of an answer
//   - way.go: what is wrong on the way to the platform
//   - retryafter.go: when the platform wants to be asked again
//   - shape.go: answers that are not what was asked for
//   - exchange.go: what travels beside a request: paging, counts, headers
//   - errors.go: what went wrong, without secrets
package platform
