package cli

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/config"
	"agentwatch/themes"
	"agentwatch/ui"
)

// views are the dashboard's views, by the names that the configuration has.
func views() []string { return []string{"board", "grid", "focus", "timeline", "engine", "inbox"} }

// configuration are the sections of the configuration file. Packages with
// settings of their own get a section here.
type configuration struct {
	config.Standard
	schema *config.Schema
}

func newConfiguration() configuration {
	strategies := make([]string, 0, len(engine.BuiltinStrategies()))
	for _, s := range engine.BuiltinStrategies() {
		strategies = append(strategies, string(s.Name()))
	}
	c := configuration{Standard: config.NewStandard(config.Vocabulary{
		Themes: themes.Names(), Strategies: strategies, Views: views(),
		DefaultDark: themes.Default(true).Name, DefaultLight: themes.Default(false).Name,
		DefaultStrategy: string(engine.StrategyPush), DefaultView: views()[0],
		DefaultInterval: engine.DefaultInterval, MinInterval: minInterval, MaxInterval: maxInterval,
	})}
	schema, err := config.NewSchema(c.Sections()...)
	if err != nil {
		panic(err) // a fault of the build, which any test finds
	}
	c.schema = schema
	return c
}

// configLoader reads the user's configuration file.
func configLoader(p Process) config.Loader {
	return config.Loader{
		Path:   config.Path(p.Getenv),
		Schema: func() *config.Schema { return newConfiguration().schema },
	}
}

// loadConfiguration reads the file. What is wrong is said on standard error; the
// program goes on with the defaults of what is bad.
func loadConfiguration(p Process) config.File {
	file, problems := configLoader(p).Load()
	for _, problem := range problems {
		fmt.Fprintf(p.Stderr, "agentwatch: %v\n", problem)
	}
	return file
}

// follow takes from the file what no flag has given.
func (o *watchOptions) follow(file config.File) {
	if o.given == nil {
		return
	}
	watch := newConfiguration().Watch.In(file)
	// A flag that names servers names all of them; so does a command by itself.
	if !o.given("server") && !o.given("socket") && len(o.names)+len(o.sockets) == 0 {
		o.names, o.sockets = watch.Servers, watch.Sockets
	}
	if !o.given("strategy") {
		o.strategy = watch.Strategy
	}
	if !o.given("interval") {
		o.interval = watch.Interval.Duration
	}
	if !o.given("no-clients") {
		o.noClients = watch.NoClients
	}
	if !o.given("no-session-files") {
		o.noSessionFiles = !watch.SessionFiles
	}
}

// appearance takes from the file how the screen looks and returns the name of
// the theme: that of the flag where there is one; empty to choose by the
// terminal's background.
func appearance(p Process, flag string, options *ui.Options) (theme string) {
	// What is wrong with the file is said when it is read for the service.
	file, _ := configLoader(p).Load()
	general := newConfiguration().General.In(file)
	options.ASCII = general.Glyphs == config.GlyphsASCII
	if flag == "" && general.Theme != config.ThemeAuto {
		return general.Theme
	}
	return flag
}

// aboutConfiguration is the topic of the configuration's notices.
const aboutConfiguration engine.NoticeTopic = "configuration"

// configurationEvery is how often the file is looked at for changes.
const configurationEvery = time.Second

// followConfiguration tells a service what the file says, whenever it changes,
// until ctx ends. What is wrong with it is a notice.
func followConfiguration(ctx context.Context, p Process, o watchOptions, service *engine.Service) {
	loader := configLoader(p)
	file, problems := loader.Load()
	service.Tell(aboutConfiguration, configNotices(problems)...)
	last := newConfiguration().Watch.In(file)
	loader.Watch(ctx, configurationEvery, file, func(changed config.File, problems []config.Problem) {
		notices := configNotices(problems)
		next := newConfiguration().Watch.In(changed)
		// What was chosen by a key stays until the file says something new.
		if next.Strategy != last.Strategy && !o.given("strategy") {
			if err := service.SwitchStrategy(ctx, engine.StrategyName(next.Strategy)); err != nil {
				notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: err.Error()})
			}
		}
		if next.Interval != last.Interval && !o.given("interval") {
			service.SetInterval(next.Interval.Duration)
		}
		last = next
		service.Tell(aboutConfiguration, notices...)
	})
}

func configNotices(problems []config.Problem) []engine.Notice {
	var notices []engine.Notice
	for _, problem := range problems {
		notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: problem.Error()})
	}
	return notices
}
