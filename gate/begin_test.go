// The script of begin/action.yml, with a fake Docker that runs the program as a process instead of a container.
// .ci/e2e runs the script with real containers.

package gate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heroku-rollout-gate/gate"
)

// fakeDocker builds nothing. It runs the program with the variables that the script passes to the container.
const fakeDocker = `#!/bin/bash
printf '%s\n' "$*" >>"$DOCKER_LOG"
case "$DOCKER_FAILS" in *"$1"*) echo "first line"; printf '%s\n' "docker: no $1 today" "" "Run 'docker $1 --help' for more information" >&2; exit 125 ;; esac
[ "$DOCKER_HANGS:$1" != yes:run ] || exec sleep 60
[ "$1" = run ] || { echo sha256:1234; exit 0; }
shift
env=()
while [ "$1" != watch-ahead ]; do
  case "$1" in
  --env) shift; case "$1" in
    RUNNER_TEMP=*) env+=("RUNNER_TEMP=$RUNNER_TEMP") ;;
    *) [ -z "${!1}" ] || env+=("$1=${!1}") ;;
    esac ;;
  esac
  shift
done
[ "$DOCKER_FAILS" = silent ] || env -i "${env[@]}" "$PROGRAM" watch-ahead >/dev/null 2>"$DOCKER_LOG.err" &
echo 0123456789ab
`

// begun is the result of the script.
type begun struct {
	stdout, commands string
	outputs          map[string]string
}

func beginWatch(t *testing.T, temp, program string, env ...string) begun {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(fakeDocker), 0o700); err != nil {
		t.Fatal(err)
	}
	output, log := filepath.Join(dir, "output"), filepath.Join(dir, "log")
	// The script gives a container 5 minutes to start: too long for a test.
	script, err := os.ReadFile("../begin/begin.sh")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "begin.sh")
	if err := os.WriteFile(path, []byte(strings.Replace(string(script), "within 300 docker run", "within 2 docker run", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", path)
	cmd.Env = append([]string{
		"PATH=" + dir + ":" + os.Getenv("PATH"), "RUNNER_TEMP=" + temp, "GITHUB_OUTPUT=" + output, "GITHUB_ACTION_PATH=/action/begin", "DOCKER_LOG=" + log,
		"PROGRAM=" + program, "IMAGE=Dockerfile", "INPUT_APP=measured", "INPUT_API_KEY=" + testKey, "GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=1",
	}, env...)
	stdout, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the step failed: %v\n%s", err, stdout)
	}
	b := begun{stdout: string(stdout), outputs: map[string]string{}}
	commands, _ := os.ReadFile(log)
	b.commands = string(commands)
	lines, _ := os.ReadFile(output)
	for line := range strings.Lines(string(lines)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		b.outputs[name] = value
	}
	if strings.Contains(b.stdout+b.commands, testKey) {
		t.Errorf("the key is in a command line or in the log:\n%s\n%s", b.commands, b.stdout)
	}
	return b
}

func TestBegin(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	temp := t.TempDir()
	url := "INPUT_API_URL=" + serve(t, sim, "--speed", "20", "--from=-200s", "measured-deploy")
	b := beginWatch(t, temp, program, url)
	if b.outputs["release"] != "v41" || b.outputs["watch"] != "heroku-rollout-gate-measured.watch" || !strings.Contains(b.stdout, "watching: before the deploy, the dyno list shows 10 web of v41") {
		t.Errorf("outputs %v, log:\n%s", b.outputs, b.stdout)
	}
	if !strings.HasPrefix(b.commands, "build --quiet /action/begin/..\nrun --detach --rm ") || !strings.Contains(b.commands, "sha256:1234 watch-ahead") {
		t.Errorf("commands:\n%s", b.commands)
	}
	cmd := exec.Command(program, "--app", "measured", "--api-url", strings.TrimPrefix(url, "INPUT_API_URL="))
	cmd.Env = []string{"HEROKU_API_KEY=" + testKey, "RUNNER_TEMP=" + temp, "GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=1"}
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != gate.ExitPassed || !strings.Contains(string(out), "continuing the watch that began ") {
		t.Errorf("the gate ended with status %d:\n%s", cmd.ProcessState.ExitCode(), out)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*.watch")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// If anything is missing or wrong, the step prints a warning and succeeds, and the gate says why it
// has no head start.
func TestBeginWithoutAWatch(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	for name, c := range map[string]struct {
		env  []string
		says string // in the warning, and by the gate
	}{
		"no Docker":           {[]string{"PATH=/nowhere"}, "there is no Docker on this runner"},
		"no image":            {[]string{"DOCKER_FAILS=build"}, "the image cannot be built (docker: no build today)"},
		"no container":        {[]string{"DOCKER_FAILS=run"}, "the container does not start (docker: no run today)"},
		"an unknown app":      {[]string{"INPUT_APP=nothing"}, "the app is not watched before the deploy: "},
		"a Docker that hangs": {[]string{"DOCKER_HANGS=yes"}, "the container does not start"},
		"no app":              {[]string{"INPUT_APP="}, `input "app" is missing`},
		"no key":              {[]string{"INPUT_API_KEY="}, `input "api-key" is missing`},
		"a hostile app":       {[]string{"INPUT_APP=$(touch x)\n::error::y"}, `input "app" is `},
		"a platform of no":    {[]string{"INPUT_API_URL=http://127.0.0.1:1"}, "the watch is not ready: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			env := c.env
			if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "INPUT_API_URL") }) {
				env = append(env, "INPUT_API_URL="+serve(t, sim, "--speed", "60", "--from", "300s", "measured-deploy"))
			}
			if strings.HasPrefix(env[0], "PATH=") { // bash and its tools are there, and no Docker
				bin := t.TempDir()
				for _, tool := range []string{"bash", "rm", "tail", "tr", "cut", "mktemp", "sleep"} {
					path, err := exec.LookPath(tool)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
						t.Fatal(err)
					}
				}
				env[0] = "PATH=" + bin
			}
			b := beginWatch(t, temp, program, env...)
			if !strings.Contains(b.stdout, "::warning title=Heroku rollout gate::") || !strings.Contains(b.stdout, c.says) || strings.Contains(b.stdout, "\n::error") {
				t.Errorf("log:\n%s", b.stdout)
			}
			app := "measured"
			if slices.Contains(env, "INPUT_APP=nothing") {
				app = "nothing"
			}
			cmd := exec.Command(program, "--app", app, "--api-url", "http://127.0.0.1:1", "--timeout", "1s")
			cmd.Env = []string{"HEROKU_API_KEY=" + testKey, "RUNNER_TEMP=" + temp, "GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=1"}
			out, _ := cmd.CombinedOutput()
			if !strings.Contains(string(out), "warning: the app was not watched before the deploy: ") && !strings.Contains(string(out), "continuing the watch") {
				t.Errorf("the gate says:\n%s", out)
			}
		})
	}
}
