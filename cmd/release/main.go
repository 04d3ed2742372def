// Command release makes the commit of a released version: the workflow
// .github/workflows/release.yml runs it, and .ci/dry-run on any machine.
//
//	release [-repository OWNER/NAME] check VERSION
//	release [-repository OWNER/NAME] -digest DIGEST [-notes FILE] commit VERSION
//	release tags VERSION
//
// A released version is a commit that is on no branch. Its parent is the commit of main
// that is released. It differs from the parent in two things. First, action.yml and
// begin/action.yml name the image by digest instead of the Dockerfile, so whoever pins the
// commit also pins the image. Second, it has no .github/workflows. The token of a workflow
// may not push a tag whose workflows differ from those at the tip of every branch, which
// is so as soon as main has changed its workflows; and there is no permission that would
// allow it.
//
// This program runs with the right to publish. So it uses the standard library only, and
// no code of others is compiled there.
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

const usage = `usage: release [flags] check VERSION      may it be released from this checkout?
       release [flags] commit VERSION     make its commit and its notes, without pushing
       release [flags] tags VERSION       which tags move to it: v1 and v1.2

VERSION is written v1.2.3 or, for a pre-release, v1.2.3-rc.1. What a command finds out it
also writes to the file GITHUB_OUTPUT, if there is one.

`

// run is the program. dir is a checkout of the commit that is released.
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
	flags.StringVar(&r.notesFile, "notes", "", "the `file` to write the notes of the release to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		flags.Usage()
		return fmt.Errorf("give a command and a version after the flags, not %q", flags.Args())
	}
	r.version = flags.Arg(1)
	if _, err := parse(r.version); err != nil {
		return err
	}
	switch command := flags.Arg(0); command {
	case "check":
		return r.check()
	case "commit":
		return r.commit()
	case "tags":
		return r.tags()
	default:
		return fmt.Errorf("there is no command %q: give check, commit or tags", command)
	}
}
