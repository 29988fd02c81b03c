package steps

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// sortOf is what a program's tool does, by its name.
func sortOf(tool string) Sort {
	name := strings.ToLower(tool)
	for sort, names := range map[Sort][]string{
		Command: {"bash", "shell", "exec_command", "local_shell", "shell_command", "run_shell_command", "execute_command", "powershell"},
		Look: {
			"read", "grep", "glob", "ls", "notebookread", "read_file", "read_many_files", "list_directory", "list_dir", "list", "search_file_content", "grep_search",
			"view_image",
		},
		Change: {"edit", "write", "multiedit", "notebookedit", "replace", "write_file", "apply_patch", "patch", "edit_file"},
		Wait:   {"bashoutput", "taskoutput", "taskget", "tasklist", "monitor", "wait", "write_stdin", "killshell", "kill_shell", "taskstop", "sleep"},
		Note: {
			"todowrite", "todoread", "update_plan", "taskcreate", "taskupdate", "write_todos", "exitplanmode", "enterplanmode", "askuserquestion", "ask_user", "question",
			"request_user_input", "toolsearch", "skill", "save_memory", "get_context_remaining",
		},
	} {
		if slices.Contains(names, name) {
			return sort
		}
	}
	return Other
}

// arguments are those that tools of the programs take, as far as they tell what a step
// does.
type arguments struct {
	Command    json.RawMessage `json:"command"`
	Cmd        json.RawMessage `json:"cmd"`
	Background bool            `json:"run_in_background"`
	Workdir    string          `json:"workdir"`
	Directory  string          `json:"dir_path"`

	FilePath     string `json:"file_path"`
	FileCamel    string `json:"filePath"`
	AbsolutePath string `json:"absolute_path"`
	Notebook     string `json:"notebook_path"`
	Path         string `json:"path"`
	Pattern      string `json:"pattern"`
	Input        string `json:"input"`
	Patch        string `json:"patch"`
	PatchText    string `json:"patchText"`
}

// Of is the step that a call of a program's tool makes. Arguments are a JSON object, or
// the text that a tool takes as it is.
func Of(tool string, args []byte) Step {
	s := Step{Sort: sortOf(tool), Asked: tool + "\x00" + string(args)}
	var a arguments
	if json.Unmarshal(args, &a) != nil {
		// An argument of another type leaves the others.
		a.Input = cmp.Or(a.Input, string(args))
	}
	file := cmp.Or(a.FilePath, a.FileCamel, a.AbsolutePath, a.Notebook, a.Path)
	switch s.Sort {
	case Command:
		command := cmp.Or(commandOf(a.Command), commandOf(a.Cmd))
		if strings.HasPrefix(strings.TrimSpace(command), "apply_patch") {
			s.Sort = Change
			return s.patch(command)
		}
		if a.Background {
			s.Sort = Wait
		}
		// What it is for is said in other words each time.
		s.Does, s.Asked = Line(command), command+"\x00"+cmp.Or(a.Workdir, a.Directory)
	case Look:
		s.grows = grows(file)
		s.Does = place(cmp.Or(file, a.Pattern, tool))
		if file != "" && a.Pattern != "" {
			s.Does = Line(a.Pattern + " in " + place(file))
		}
	case Change:
		if file == "" {
			return s.patch(cmp.Or(a.Input, a.Patch, a.PatchText))
		}
		s.Does, s.Files = place(file), []string{file}
	case Other, Wait, Note:
		s.Does = Line(tool)
	}
	return s
}

// patch is the step that applies a patch.
func (s Step) patch(text string) Step {
	s.Asked = text
	for line := range strings.Lines(text) {
		for _, head := range [...]string{"*** Update File: ", "*** Add File: ", "*** Delete File: "} {
			if file, ok := strings.CutPrefix(line, head); ok {
				s.Files = append(s.Files, strings.TrimSpace(file))
			}
		}
	}
	s.Does = Line(cmp.Or(strings.Join(s.Files, ", "), "a patch"))
	return s
}

// commandOf is a command as text: a text, or a list of words, of which a shell's script
// is the last.
func commandOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var words []string
	if json.Unmarshal(raw, &words) != nil || len(words) == 0 {
		return ""
	}
	if len(words) == 3 && strings.HasPrefix(words[1], "-") && strings.HasSuffix(words[1], "c") {
		return words[2]
	}
	return strings.Join(words, " ")
}
