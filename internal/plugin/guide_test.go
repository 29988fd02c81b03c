package plugin

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// guide is the authors' guide.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(repository + "/docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the guide's examples in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, match := range regexp.MustCompile("(?ms)^ *```"+language+"\n(.*?)^ *```$").FindAllStringSubmatch(guide(t), -1) {
		found = append(found, match[1])
	}
	if len(found) == 0 {
		t.Fatalf("the guide has no example in %s", language)
	}
	return found
}

func TestTheGuidesMessagesAreThoseOfTheProtocol(t *testing.T) {
	for language, message := range map[string]any{
		"json hello": &Hello{}, "json welcome": &Welcome{}, "json request": &Request{}, "json answer": &Answer{},
	} {
		for _, text := range blocks(t, language) {
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(message); err != nil {
				t.Errorf("%s: %v", language, err)
				continue
			}
			// All fields are there: written again, it is the same.
			again, err := json.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := json.Compact(&want, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if want.String() != string(again) {
				t.Errorf("%s: the guide has %s, the type %s", language, want.String(), again)
			}
		}
	}
	if _, err := readWelcome([]byte(blocks(t, "json welcome")[0]), "quiet"); err != nil {
		t.Error(err)
	}
	if _, err := readAnswer([]byte(blocks(t, "json answer")[0]), 7, "/s", inputNow(4)); err != nil {
		t.Error(err)
	}
}

func TestTheGuideExplainsEveryFieldAndName(t *testing.T) {
	text := guide(t)
	var names []string
	for _, message := range []reflect.Type{
		reflect.TypeFor[Hello](), reflect.TypeFor[Welcome](), reflect.TypeFor[Request](), reflect.TypeFor[RequestPane](), reflect.TypeFor[Answer](),
	} {
		for i := range message.NumField() {
			name, _, _ := strings.Cut(message.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	for i := range reflect.TypeFor[ExprConfig]().NumField() {
		names = append(names, reflect.TypeFor[ExprConfig]().Field(i).Tag.Get("toml"))
	}
	for _, field := range exprNames(reflect.TypeFor[exprPane]()) {
		names = append(names, "pane."+field)
	}
	names = append(names, exprFunctions()...)
	names = append(names, "panes", "hour", "minute", "weekday")
	for _, name := range names {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the guide does not explain `%s`", name)
		}
	}
}

func TestTheGuidesExpressionsCompile(t *testing.T) {
	for _, text := range blocks(t, "toml") {
		var config struct{ Strategy []ExprConfig }
		if err := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields().Decode(&config); err != nil {
			t.Fatal(err)
		}
		if made, problems := CompileAll(config.Strategy); len(made) != 1 || len(problems) != 0 {
			t.Errorf("%d made, problems %v", len(made), problems)
		}
	}
}

func TestTheGuidesWayOfTalkingToAStrategyWorks(t *testing.T) {
	found := false
	for _, text := range blocks(t, "sh") {
		if !strings.Contains(text, "printf") {
			continue
		}
		found = true
		command := strings.ReplaceAll(text, "~/.config/agentwatch/strategies", repository+"/examples/strategy-python")
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if lines := strings.Count(string(out), "\n"); err != nil || lines != 2 || !strings.Contains(string(out), `"recapture": []`) {
			t.Errorf("%v: %s", err, out)
		}
	}
	if !found {
		t.Error("the guide does not say how to talk to a strategy")
	}
}
