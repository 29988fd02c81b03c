package format

import (
	"strconv"
	"strings"

	"agentwatch/engine"
)

// PullRequest writes a pull request: "#42 open, draft, changes requested: Fix the login".
// What is in it is not sanitised.
func PullRequest(p *engine.PullRequest) string {
	if p == nil {
		return ""
	}
	if p.Number == 0 {
		return p.Problem
	}
	words := []string{"#" + strconv.Itoa(p.Number) + " " + p.State}
	if p.Draft {
		words = append(words, "draft")
	}
	if p.Review != "" {
		words = append(words, p.Review)
	}
	return strings.Join(words, ", ") + ": " + p.Title
}

// Checks writes what has become of a pull request's checks: "1 failed, 2 running, 2 passed";
// empty without any.
func Checks(p *engine.PullRequest) string {
	if p == nil {
		return ""
	}
	var words []string
	add := func(n int, word string) {
		if n > 0 {
			words = append(words, strconv.Itoa(n)+" "+word)
		}
	}
	add(p.Failed, "failed")
	add(p.Pending, "running")
	add(p.Passed, "passed")
	return strings.Join(words, ", ")
}
