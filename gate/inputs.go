// The inputs: one table, which the flags, action.yml and docs/reference.md follow.

package gate

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// settings are the values of the inputs, parsed.
type settings struct {
	rollout.Config
	key          string
	apiURL       string
	pollInterval time.Duration
	record       string
	observeOnly  bool
}

// An Input is one thing that a user can set.
type Input struct {
	Name     string
	Default  string // as written in action.yml; empty if there is none
	Required bool
	// About is the description in action.yml and the documents, one line of Markdown.
	About string
	parse func(s *settings, value string) error
}

// Inputs are all inputs of the action, in the order of the documents. Each is also a flag of the program;
// flagHeadings divides them in the help.
var Inputs = []Input{
	{"app", "", true, "Name or id of the Heroku app.", parseApp},
	{"api-key", "", false, "Heroku API key or OAuth token with the `read` scope. Required, here or as the environment variable `HEROKU_API_KEY`.",
		func(s *settings, v string) error { s.key = v; return checkKey(v) }},
	{"release", "latest", false, "The release to wait for: `latest`, a version (`v123`, `123`) or a release id. It need not exist yet.", parseRelease},
	{"commit", "", false, "Wait for the release of this commit (at least its first 7 digits), or of a build that was given this version, such as `v1.4.2`.", parseCommit},
	{"newer-than", "", false, "Wait for a release that is newer than this one (`v122`, `122`). Give the newest release before the deploy. The new one need not exist yet.", parseNewerThan},
	{"process-types", "", false, "The process types to wait for, separated by commas, spaces or line breaks. Empty: all types of the formation.", parseTypes},
	{"timeout", "20m", false, "How long to wait at most. Write a duration as `90s`, `5m` or `1h30m`, or as a whole number of seconds.",
		duration(time.Second, func(s *settings, d time.Duration) { s.Timeout = d })},
	{"poll-interval", "", false, "The gate asks Heroku for the dyno list at least this often; `1s` or more. Empty: every `10s`, and less often while the app's log reports changes. If the account has few API requests left, the gate asks less often in any case.",
		duration(time.Second, func(s *settings, d time.Duration) { s.pollInterval = d })},
	{"settle", "0s", false, "The gate opens when, for this long, no old dyno has run and all new dynos have been up.",
		duration(0, func(s *settings, d time.Duration) { s.Settle = d })},
	{"logs", "auto", false, "`auto`: read the app's log, which can prove that the old dynos have ended. `off`: do not read it. The gate then has to wait until the hold (the longest time that old dynos can live) is over, except where there can be no old dyno.",
		choice([]string{"auto", "off"}, func(s *settings, v string) { s.UseLog = v == "auto" })},
	{"require-proof", "false", false, "`true`: open only on proof that no old dyno runs, and not because the hold (the longest time that old dynos can live) is over.",
		yesNo(func(s *settings, v bool) { s.RequireProof = v })},
	{"boot-timeout", "60s", false, "The app's boot timeout on Heroku. The API does not expose it, so set it here if it is not `60s`.",
		duration(time.Second, func(s *settings, d time.Duration) { s.BootTimeout = d })},
	{"preboot-hold", "", false, "The hold with preboot: how long the gate assumes that old web dynos run, if nothing proves that they have ended. Empty: computed from `boot-timeout` and the number of web dynos.",
		duration(time.Second, func(s *settings, d time.Duration) { s.PrebootHold = d })},
	{"on-supersede", "same-code", false, "What to do if a newer release is made. `same-code`: wait for it, too, if it runs the same code, as after a config change; else fail with `superseded`. `follow`: wait for it, too, whatever its code. `fail`: fail. If it rolls back to older code, the gate always fails.",
		choice([]string{"same-code", "follow", "fail"}, func(s *settings, v string) { s.OnSupersede = release.Policy(v) })},
	{"wait-for-app", "false", false, "`true`: if the app does not exist yet, such as a review app, wait until it does.",
		yesNo(func(s *settings, v bool) { s.WaitForApp = v })},
	{"crash-grace", "60s", false, "How long a new dyno may stay crashed before the gate fails with `dynos-crashed`.",
		duration(time.Second, func(s *settings, d time.Duration) { s.CrashGrace = d })},
	{"include-one-off", "false", false, "`true`: wait for one-off dynos of older releases, too.",
		yesNo(func(s *settings, v bool) { s.IncludeOneOff = v })},
	{"observe-only", "false", false, "`true`: for a trial. The gate waits as usual and says what it would have done, but fails the step only if an input is invalid.",
		yesNo(func(s *settings, v bool) { s.observeOnly = v })},
	{"record", "", false, "A file into which the gate writes all that it observes, for `rollout-gate replay`.",
		func(s *settings, v string) error { s.record = v; return nil }},
	{"api-url", "https://api.heroku.com", false, "Address of the Platform API, for tests and proxies.", parseURL},
}

// secret reports whether messages must not quote the value: the key, and the address, which may
// contain a password.
func (in *Input) secret() bool { return in.Name == "api-key" || in.Name == "api-url" }

// yesNo reports whether the input takes true or false.
func (in *Input) yesNo() bool { return in.Default == "true" || in.Default == "false" }

// An inputError says why a value cannot be used.
type inputError struct {
	Name, Value string
	// Allowed says what the value may be.
	Allowed string
	secret  bool
}

func (e *inputError) Error() string {
	switch {
	case e.Value == "":
		return fmt.Sprintf("input %q is missing: %s", e.Name, e.Allowed)
	case e.secret:
		return fmt.Sprintf("input %q cannot be used: %s", e.Name, e.Allowed)
	}
	return fmt.Sprintf("input %q is %q: %s", e.Name, e.Value, e.Allowed)
}

// readInputs parses all inputs. flags are the inputs from the command line; the others come from the
// environment, as GitHub passes them. It returns all problems.
func readInputs(flags map[string]string, getenv func(string) string) (settings, []error) {
	var s settings
	var problems []error
	for _, in := range Inputs {
		value := strings.TrimSpace(lookUp(in, flags, getenv))
		if value == "" {
			value = in.Default
		}
		if value == "" {
			if in.Required {
				problems = append(problems, &inputError{Name: in.Name, Allowed: "give the name or id of the Heroku app"})
			}
			continue
		}
		if err := in.parse(&s, value); err != nil {
			problems = append(problems, &inputError{Name: in.Name, Value: value, Allowed: err.Error(), secret: in.secret()})
		}
	}
	if s.key == "" {
		problems = append(problems, &inputError{Name: "api-key", Allowed: "give a Heroku API key, or set HEROKU_API_KEY"})
	}
	if err := checkOneRelease(s.Want); err != nil {
		problems = append(problems, err)
	}
	s.WorkflowCommit, s.PullRequestHead = getenv("GITHUB_SHA"), pullRequestHead(getenv)
	return s, problems
}

// checkOneRelease returns an error if more than one input says which release to wait for.
func checkOneRelease(w release.Want) error {
	var set []string
	for _, in := range []struct {
		name string
		set  bool
	}{{"release", w.Version != 0 || w.ID != ""}, {"commit", w.Commit != ""}, {"newer-than", w.NewerThan != 0}} {
		if in.set {
			set = append(set, strconv.Quote(in.name))
		}
	}
	switch len(set) {
	case 0, 1:
		return nil
	case 2:
		return fmt.Errorf("inputs %s and %s are both set: give one of them", set[0], set[1])
	}
	return fmt.Errorf("inputs %s, %s and %s are all set: give one of them", set[0], set[1], set[2])
}

func lookUp(in Input, flags map[string]string, getenv func(string) string) string {
	if v := flags[in.Name]; v != "" {
		return v
	}
	// GitHub keeps the hyphen of an input's name. A shell cannot set a variable with a hyphen.
	name := "INPUT_" + strings.ToUpper(in.Name)
	for _, n := range []string{name, strings.ReplaceAll(name, "-", "_")} {
		if v := getenv(n); v != "" {
			return v
		}
	}
	if in.Name == "api-key" {
		return getenv("HEROKU_API_KEY")
	}
	return ""
}

var (
	appName     = regexp.MustCompile(`^[a-z][a-z0-9-]{1,28}[a-z0-9]$`)
	uuid        = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	version     = regexp.MustCompile(`^v?([1-9][0-9]{0,8})$`)
	shortCommit = regexp.MustCompile(`^(?i)[0-9a-f]{0,6}$`)
	buildLabel  = regexp.MustCompile(`^[!-~]{1,255}$`)
	processType = regexp.MustCompile(`^[-\w]{1,128}$`)
	seconds     = regexp.MustCompile(`^[0-9]+$`)
)

func parseApp(s *settings, v string) error {
	if !appName.MatchString(v) && !uuid.MatchString(v) {
		return errors.New("an app is named by 3 to 30 lower-case letters, digits and hyphens, or by its id")
	}
	s.App = v
	return nil
}

func parseRelease(s *settings, v string) error {
	switch m := version.FindStringSubmatch(v); {
	case v == "latest":
	case m != nil:
		s.Want.Version, _ = strconv.Atoi(m[1])
	case uuid.MatchString(v):
		s.Want.ID = v
	default:
		return errors.New(`give "latest", a version such as "v123", or a release id`)
	}
	return nil
}

func parseNewerThan(s *settings, v string) error {
	m := version.FindStringSubmatch(v)
	if m == nil {
		return errors.New(`give a version such as "v122"`)
	}
	s.Want.NewerThan, _ = strconv.Atoi(m[1])
	return nil
}

func parseCommit(s *settings, v string) error {
	switch {
	case shortCommit.MatchString(v):
		return errors.New("give a commit as 7 or more hexadecimal digits")
	case !buildLabel.MatchString(v):
		return errors.New("give a commit, or the version that the build was given, without spaces")
	}
	s.Want.Commit = strings.ToLower(v)
	return nil
}

func parseTypes(s *settings, v string) error {
	for _, t := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
		if !processType.MatchString(t) {
			return fmt.Errorf("%q cannot be a process type: they are letters, digits, hyphens and underscores", t)
		}
		s.Types = append(s.Types, t)
	}
	return nil
}

func parseURL(s *settings, v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("give a URL such as https://api.heroku.com")
	}
	s.apiURL = strings.TrimSuffix(v, "/")
	return nil
}

func checkKey(v string) error {
	if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("a key has no blanks and is one line")
	}
	return nil
}

// duration parses a duration, which must be at least so long.
func duration(least time.Duration, set func(*settings, time.Duration)) func(*settings, string) error {
	return func(s *settings, v string) error {
		w := v
		if seconds.MatchString(v) {
			w += "s"
		}
		d, err := time.ParseDuration(w)
		switch {
		case err != nil:
			return errors.New("give a duration such as 90s, 5m or 1h30m, or a whole number of seconds")
		case d < least:
			return fmt.Errorf("it is at least %s", least)
		}
		set(s, d)
		return nil
	}
}

func choice(words []string, set func(*settings, string)) func(*settings, string) error {
	return func(s *settings, v string) error {
		for _, w := range words {
			if v == w {
				set(s, v)
				return nil
			}
		}
		return fmt.Errorf("it is one of %s", strings.Join(words, ", "))
	}
}

// yesNoWords are true and false as YAML writes them, and as GitHub's own actions accept them
// (https://yaml.org/spec/1.2.2/#10212-boolean).
var yesNoWords = map[string]bool{
	"true": true, "True": true, "TRUE": true,
	"false": false, "False": false, "FALSE": false,
}

func yesNo(set func(*settings, bool)) func(*settings, string) error {
	return func(s *settings, v string) error {
		is, known := yesNoWords[v]
		if !known {
			return errors.New("it is one of true, false")
		}
		set(s, is)
		return nil
	}
}
