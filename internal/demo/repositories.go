package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// gitTimeout bounds what makes the demo's repositories.
const gitTimeout = 20 * time.Second

// committed are the files of every project of the demo, edited what its agents have
// made of them since, one of which git does not track yet.
var (
	committed = map[string]string{
		"README.md": "# %s\n\nRun the tests with `make test`.\n",
		"retry.go": "package main\n\nimport \"time\"\n\n// attempts is how often a call is tried.\nconst attempts = 3\n\n" +
			"func retry(call func() error) error {\n\tvar err error\n\tfor range attempts {\n\t\tif err = call(); err == nil {\n\t\t\treturn nil\n\t\t}\n" +
			"\t\ttime.Sleep(time.Second)\n\t}\n\treturn err\n}\n",
	}
	edited = map[string]string{
		"retry.go": "package main\n\nimport \"time\"\n\n// attempts is how often a call is tried.\nconst attempts = 5\n\n" +
			"func retry(call func() error) error {\n\tvar err error\n\tfor i := range attempts {\n\t\tif err = call(); err == nil {\n\t\t\treturn nil\n\t\t}\n" +
			"\t\t// Who is overloaded is not helped by the same again at once.\n\t\ttime.Sleep(time.Second << i)\n\t}\n\treturn err\n}\n",
		"retry_test.go": "package main\n\nimport \"testing\"\n\nfunc TestACallThatFailsOnceIsTriedAgain(t *testing.T) {\n\tn := 0\n" +
			"\terr := retry(func() error { n++; return nil })\n\tif err != nil || n != 1 {\n\t\tt.Errorf(\"%d calls, %v\", n, err)\n\t}\n}\n",
	}
)

// branches are those that projects are on, beside main.
var branches = map[string]string{"api": "orders", "infra": "probes", "data": "costs"}

// makeRepositories makes each project a git repository with a change that is not
// committed. Without git they stay plain folders.
func (b *sandbox) makeRepositories(projects []string) error {
	git, err := exec.LookPath("git")
	if errors.Is(err, exec.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	var all errgroup.Group
	for _, p := range projects {
		all.Go(func() error { return makeRepository(ctx, git, b.path("home", p), p) })
	}
	return all.Wait()
}

func makeRepository(ctx context.Context, git, folder, name string) error {
	run := func(args ...string) error {
		c := exec.CommandContext(ctx, git, args...)
		c.Dir = folder
		// Nothing of the user's git counts here, not even the branch's name.
		c.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
			"GIT_AUTHOR_NAME=dev", "GIT_AUTHOR_EMAIL=dev@example.org", "GIT_COMMITTER_NAME=dev", "GIT_COMMITTER_EMAIL=dev@example.org",
		}
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
		}
		return nil
	}
	if err := errors.Join(run("init", "--quiet"), run("symbolic-ref", "HEAD", "refs/heads/main"), write(folder, name, committed)); err != nil {
		return err
	}
	if err := errors.Join(run("add", "."), run("commit", "--quiet", "--message", "The first version")); err != nil {
		return err
	}
	if branch := branches[name]; branch != "" {
		if err := errors.Join(run("branch", branch), run("symbolic-ref", "HEAD", "refs/heads/"+branch)); err != nil {
			return err
		}
	}
	return write(folder, name, edited)
}

// write writes files, with the project's name where they have room for it.
func write(folder, project string, files map[string]string) error {
	var failed []error
	for name, text := range files {
		text = strings.Replace(text, "# %s", "# "+project, 1)
		failed = append(failed, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	return errors.Join(failed...)
}
