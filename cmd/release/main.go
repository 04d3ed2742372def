// Command release publishes a version of the action, the part of it that comes after
// the image is built: the workflow .github/workflows/release.yml runs it, and with
// -dry-run anybody sees what it would do.
//
//	release [-repository OWNER/NAME] check VERSION
//	release [-repository OWNER/NAME] -digest DIGEST [-dry-run] publish VERSION
//
// A released version is a commit that is on no branch. Its parent is the commit of main
// that is released, and it differs from that in two things. action.yml names the image
// by digest instead of the Dockerfile, so whoever pins the commit has pinned the image.
// And .github/workflows is left out: the token of a workflow may not push a tag whose
// workflows differ from those at the tip of every branch, as they do once main has
// changed them, and there is no permission for it to ask for. The tag of the version is pushed once and never moved; v1 and v1.2
// move to it. Each step is left out if it has been done, so a release that failed
// half-way is finished by running it again.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], ".", os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "release:", err)
		}
		os.Exit(1)
	}
}

const usage = `usage: release [flags] check VERSION      may it be released?
       release [flags] publish VERSION    commit, tags and release on GitHub

VERSION is written v1.2.3 or, for a pre-release, v1.2.3-rc.1.

`

// run is the program, in the checkout dir of the commit that is released.
func run(args []string, dir string, stdout, stderr io.Writer) error {
	r := &release{dir: dir, out: stdout}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&r.repository, "repository", os.Getenv("GITHUB_REPOSITORY"), "the repository on GitHub, as `OWNER/NAME`")
	flags.StringVar(&r.digest, "digest", "", "the `digest` of the image that was built and pushed")
	flags.BoolVar(&r.dryRun, "dry-run", false, "print what would be done, and do nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		flags.Usage()
		return fmt.Errorf("give a command and a version after the flags, not %q", flags.Args())
	}
	r.version = flags.Arg(1)
	switch command := flags.Arg(0); command {
	case "check":
		return r.check()
	case "publish":
		return r.publish()
	default:
		return fmt.Errorf("there is no command %q: give check or publish", command)
	}
}
