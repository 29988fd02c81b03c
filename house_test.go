package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// room is the part of the house that a package belongs to: its first path
// element below the module, or two for internal packages and for the ways to the
// engine.
func room(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "agentwatch"), "/")
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == "internal" && len(parts) > 1:
		return "internal/" + parts[1]
	case parts[0] == "engine" && len(parts) > 1 && parts[1] != "answer":
		return "engine/" + parts[1]
	}
	return parts[0]
}

// mayImport is the direction of imports that docs/packages.md draws. Rooms
// that are not in the table may import nothing of ours.
func mayImport(from, to string) bool {
	if from == to {
		return true
	}
	arrows := map[string][]string{
		"": {"internal/cli"},
		"internal/cli": {
			"ui", "engine", "engine/monitor", "engine/strategies", "tmuxpool", "cache", "health", "themes", "internal/demo", "internal/bench", "internal/eval", "internal/kinds", "internal/flock", "internal/redact",
			"internal/picture", "internal/config", "internal/history", "internal/notify", "internal/plugin", "internal/xdg",
			"internal/beat", "engine/api", "engine/client", "engine/daemon", "engine/socket", "engine/stdio", "internal/fleet", "internal/hub", "internal/telemetry", "internal/web", "internal/foresight", "internal/mcp", "internal/hooks", "internal/tokens",
		},
		"themes":             {"internal/spelling"},
		"ui":                 {"engine", "health", "themes"},
		"tmuxpool":           {"internal/beat"},
		"engine":             {"tmuxpool", "health", "internal/repo", "internal/steps", "internal/tokens", "internal/beat"},
		"engine/monitor":     {"engine", "engine/strategies", "tmuxpool", "cache", "health", "internal/repo", "internal/tokens", "internal/beat"},
		"engine/strategies":  {"engine", "tmuxpool", "health"},
		"internal/tokens":    {"internal/steps"},
		"internal/eval":      {"health"},
		"internal/kinds":     {"health", "internal/xdg", "internal/beat"},
		"internal/bench":     {"engine", "engine/monitor", "engine/strategies", "tmuxpool", "health", "cache", "internal/hub", "internal/beat"},
		"internal/history":   {"engine", "health", "internal/flock", "internal/xdg", "internal/beat"},
		"internal/notify":    {"engine", "health"},
		"internal/plugin":    {"engine", "engine/strategies", "health", "tmuxpool", "internal/xdg", "internal/beat", "internal/spelling"},
		"internal/config":    {"internal/xdg", "internal/beat", "internal/spelling"},
		"internal/telemetry": {"engine", "engine/monitor", "health", "tmuxpool"},
		"internal/mcp":       {"ui", "engine", "engine/client", "health"},
		"internal/fleet":     {"engine", "engine/api", "engine/client", "engine/stdio", "health", "internal/hub", "internal/beat"},
		"internal/web":       {"ui", "engine", "health", "themes", "internal/picture", "internal/flock", "internal/xdg"},
		"internal/hub":       {"engine", "health", "cache"},
		"engine/api":         {"engine", "health"},
		"engine/client":      {"engine", "engine/api", "health", "internal/beat"},
		"engine/daemon":      {"engine", "engine/api", "health"},
		"engine/socket":      {"engine/api", "internal/flock"},
		"engine/stdio":       {"engine/api"},
	}
	return slices.Contains(arrows[from], to)
}

// knowsTelemetry is the only room that may know OpenTelemetry and what comes with it.
func knowsTelemetry(room string) bool { return room == "internal/telemetry" }

// knowsRedis is the only room that may know Redis.
func knowsRedis(room string) bool { return room == "internal/hub" }

// knowsBubbleTea are the only rooms that may know the terminal toolkit.
func knowsBubbleTea(room string) bool { return room == "ui" || room == "internal/cli" }

func TestPackagesImportOnlyInTheDirectionOfTheHouse(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(out)
	packages := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages++
		from := room(p.ImportPath)
		for _, imported := range p.Imports {
			switch {
			case strings.HasPrefix(imported, "agentwatch"):
				if to := room(imported); !mayImport(from, to) {
					t.Errorf("%s imports %s, but %q may not know %q", p.ImportPath, imported, from, to)
				}
			case imported == "github.com/coder/websocket" && from != "internal/web":
				t.Errorf("%s imports %s, but only internal/web speaks WebSocket", p.ImportPath, imported)
			case strings.HasPrefix(imported, "github.com/modelcontextprotocol/") && from != "internal/mcp":
				t.Errorf("%s imports %s, but only internal/mcp speaks the Model Context Protocol", p.ImportPath, imported)
			case strings.HasPrefix(imported, "charm.land/"):
				if !knowsBubbleTea(from) {
					t.Errorf("%s imports %s, but only ui and internal/cli know the terminal toolkit", p.ImportPath, imported)
				}
			case strings.HasPrefix(imported, "github.com/redis/"):
				if !knowsRedis(from) {
					t.Errorf("%s imports %s, but only internal/hub knows Redis", p.ImportPath, imported)
				}
			case strings.HasPrefix(imported, "go.opentelemetry.io/"), strings.HasPrefix(imported, "github.com/prometheus/"):
				if !knowsTelemetry(from) {
					t.Errorf("%s imports %s, but only internal/telemetry knows OpenTelemetry", p.ImportPath, imported)
				}
			}
		}
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	if packages < 8 {
		t.Fatalf("go list named only %d packages: this test looks at the wrong place", packages)
	}
}

// Limits that keep the code readable.
const (
	maxFileLines     = 600
	maxFunctionLines = 80
)

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	files := token.NewFileSet()
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if lines := files.Position(parsed.FileEnd).Line; lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", path, lines, maxFileLines)
		}
		for _, declaration := range parsed.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := files.Position(function.End()).Line - files.Position(function.Pos()).Line + 1
			if lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, more than %d", path, function.Name.Name, lines, maxFunctionLines)
			}
		}
		return nil
	}
	if err := filepath.WalkDir(".", walk); err != nil {
		t.Fatal(err)
	}
}
