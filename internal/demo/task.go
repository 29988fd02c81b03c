package demo

// task is one plausible piece of work for an agent: what the user asks, what
// the agent does, and what it says in the end.
type task struct {
	// project and slug name the tmux session and window of an agent that starts
	// with this task.
	project, slug string
	// topic is the short title that the agent gives the conversation.
	topic    string
	prompt   string
	steps    []step
	question choice
	plan     []string
	summary  string
}

// choice is a question with the answers to choose from.
type choice struct {
	header, text string
	options      []option
}

// option is one answer and what it means.
type option struct{ name, detail string }

// action is what a step does.
type action uint8

const (
	actSay action = iota
	actRead
	actEdit
	actRun
)

// step is one thing that the agent does within a turn.
type step struct {
	action action
	// subject is the text, the file or the command.
	subject string
	// about says what a command is for.
	about string
	// lines are the rows of a diff (the first byte is a space, + or -), or the
	// output of a command.
	lines []string
	// at is the number of the diff's first line.
	at int
}

func say(t string) step         { return step{action: actSay, subject: t} }
func readFile(path string) step { return step{action: actRead, subject: path} }

func edit(path string, at int, lines ...string) step {
	return step{action: actEdit, subject: path, at: at, lines: lines}
}

func run(command, about string, output ...string) step {
	return step{action: actRun, subject: command, about: about, lines: output}
}

func ask(header, text string, options ...option) choice {
	return choice{header: header, text: text, options: options}
}

// tasks lists all tasks, grouped by project.
func tasks() []task {
	var all []task
	for _, project := range [][]task{apiTasks(), webTasks(), infraTasks(), mobileTasks(), dataTasks()} {
		all = append(all, project...)
	}
	return all
}

// tasksOf lists the tasks of one project; all tasks when it has none.
func tasksOf(project string) []task {
	var some []task
	for _, t := range tasks() {
		if t.project == project {
			some = append(some, t)
		}
	}
	if len(some) == 0 {
		return tasks()
	}
	return some
}
