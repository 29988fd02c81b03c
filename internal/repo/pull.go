package repo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Pull is the pull request of a branch, as GitHub's command line (gh) tells it. Its texts
// are untrusted.
type Pull struct {
	// Number is 0 where the branch has none, or where that is not known: Problem says
	// why.
	Number int    `json:"number,omitempty"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
	// State is open, closed or merged; Draft is set while it is not to be reviewed.
	State string `json:"state,omitempty"`
	Draft bool   `json:"draft,omitempty"`
	// Review is approved, changes requested or review required; empty when nobody has to.
	Review string `json:"review,omitempty"`
	// Passed, Failed and Pending count its checks; those that were skipped are in none.
	Passed  int    `json:"passed,omitempty"`
	Failed  int    `json:"failed,omitempty"`
	Pending int    `json:"pending,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// ErrNoGH is returned when gh cannot be found.
var ErrNoGH = errors.New("gh is not installed")

// mostAnswer bounds what gh may say.
const mostAnswer = 4 << 20

// ReadPull asks gh for the pull request of a branch of the repository that a folder is
// in. gh asks GitHub, by the user's own login, and takes as long as that does: ctx should
// have a deadline. A branch without one has the zero Pull.
func ReadPull(ctx context.Context, folder, branch string) (Pull, error) {
	// A branch that looks like an option is none of gh's.
	if branch == "" || strings.HasPrefix(branch, "-") {
		return Pull{}, nil
	}
	cmd := exec.CommandContext(ctx, "gh", "pr", "view", branch, "--json", "number,title,url,state,isDraft,reviewDecision,statusCheckRollup")
	cmd.Dir, cmd.WaitDelay = folder, killed
	cmd.Env = append(os.Environ(), "GH_PROMPT_DISABLED=1", "GH_NO_UPDATE_NOTIFIER=1", "NO_COLOR=1", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &limited{buffer: &out, room: mostAnswer}, &limited{buffer: &complaint, room: 4 << 10}
	err := cmd.Run()
	said := strings.TrimSpace(complaint.String())
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return Pull{}, ErrNoGH
	case ctx.Err() != nil:
		return Pull{}, context.Cause(ctx)
	case err != nil && strings.Contains(said, "no pull requests found"):
		return Pull{}, nil
	case err != nil && said != "":
		line, _, _ := strings.Cut(said, "\n")
		return Pull{}, fmt.Errorf("gh: %s", line)
	case err != nil:
		return Pull{}, fmt.Errorf("gh: %w", err)
	}
	return parsePull(out.Bytes())
}

// parsePull reads what gh says of a pull request.
func parsePull(text []byte) (Pull, error) {
	var answer struct {
		Number int
		Title  string
		URL    string
		State  string
		Draft  bool   `json:"isDraft"`
		Review string `json:"reviewDecision"`
		Checks []struct {
			// A check run has Status and Conclusion, a status of a commit State.
			Status, Conclusion, State string
		} `json:"statusCheckRollup"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Pull{}, fmt.Errorf("gh: its answer is not as expected: %w", err)
	}
	p := Pull{
		Number: answer.Number, Title: answer.Title, URL: answer.URL, State: strings.ToLower(answer.State), Draft: answer.Draft,
		Review: strings.ReplaceAll(strings.ToLower(answer.Review), "_", " "),
	}
	for _, c := range answer.Checks {
		word := c.Conclusion
		if word == "" {
			word = c.State
		}
		switch strings.ToUpper(word) {
		case "SUCCESS", "NEUTRAL":
			p.Passed++
		case "SKIPPED":
		case "FAILURE", "ERROR", "CANCELLED", "TIMED_OUT", "ACTION_REQUIRED", "STARTUP_FAILURE", "STALE":
			p.Failed++
		default:
			p.Pending++
		}
	}
	return p, nil
}
