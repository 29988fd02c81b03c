package cli

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/engine/strategies"
	"agentwatch/internal/config"
	"agentwatch/internal/notify"
	"agentwatch/internal/plugin"
	"agentwatch/internal/telemetry"
	"agentwatch/themes"
	"agentwatch/ui"
)

// configuration are the sections of the configuration file. Packages with
// settings of their own get a section here.
type configuration struct {
	config.Standard
	Notify     *config.Section[notify.Config]
	Strategies *config.Section[[]plugin.ExprConfig]
	Fleet      *config.Section[fleetConfig]
	Telemetry  *config.Section[telemetry.Config]
	Web        *config.Section[webConfig]
	Limits     *config.Section[goOnConfig]
	Tokens     *config.Section[tokensConfig]
	schema     *config.Schema
}

// newConfiguration makes the sections. names are those of strategies that a file may
// give beside the built-in ones.
func newConfiguration(p Process, names ...string) configuration {
	for _, s := range strategies.Builtin() {
		names = append(names, string(s.Name()))
	}
	c := configuration{Notify: notifySection(), Strategies: strategySection(), Fleet: fleetSection(), Telemetry: telemetrySection(), Web: webSection(), Limits: limitsSection(), Tokens: tokensSection(), Standard: config.NewStandard(config.Vocabulary{
		Themes: themeNames(p), Strategies: names, Views: ui.ViewNames(), Actions: actionNames(), Bindings: bindingFaults,
		DefaultDark: themes.Default(true).Name, DefaultLight: themes.Default(false).Name,
		DefaultStrategy: string(engine.StrategyPush), DefaultView: config.ViewLast,
		DefaultInterval: monitor.DefaultInterval, MinInterval: minInterval, MaxInterval: maxInterval,
	})}
	schema, err := config.NewSchema(append(c.Sections(), c.Limits, c.Tokens, c.Notify, c.Strategies, c.Fleet, c.Telemetry, c.Web)...)
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
		Schema: func(text []byte) *config.Schema { return newConfiguration(p, ownStrategies(p, text)...).schema },
		Cache:  p.configuration,
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
func (o *watchOptions) follow(p Process, file config.File) {
	if o.given == nil {
		return
	}
	c := newConfiguration(p)
	watch := c.Watch.In(file)
	// Either of them is enough, and neither takes the other's word back.
	o.readOnly = o.readOnly || c.General.In(file).ReadOnly
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
	if !o.given("clients") && !o.given("no-clients") {
		// The configuration allows no other word than these.
		_ = o.clients.UnmarshalText([]byte(watch.ClientsInForce()))
	}
	o.goOn, o.prices = c.Limits.In(file).engine(), c.Tokens.In(file).engine()
	o.noGeneric, o.noGit, o.pulls = !watch.Generic, !watch.Git, watch.PullRequests
	if !o.given("no-session-files") {
		o.noSessionFiles = !watch.SessionFiles
	}
}

// aboutConfiguration is the topic of the configuration's notices.
const aboutConfiguration engine.NoticeTopic = "configuration"

// configurationEvery is how often the file is looked at for changes.
const configurationEvery = time.Second

// follower is told what the configuration file says: at first, and whenever it has
// changed.
type follower func(config.File, []config.Problem)

// followConfiguration looks at the file for all followers, until ctx ends.
func followConfiguration(ctx context.Context, p Process, followers ...follower) {
	loader := configLoader(p)
	tell := func(file config.File, problems []config.Problem) {
		for _, told := range followers {
			told(file, problems)
		}
	}
	file, problems := loader.Load()
	tell(file, problems)
	loader.Watch(ctx, configurationEvery, file, tell)
}

// whenChanged calls changed with what get finds in the file, whenever that is
// something else than before.
func whenChanged[T any](get func(config.File) T, changed func(T)) follower {
	var last *T
	return func(file config.File, _ []config.Problem) {
		next := get(file)
		if last != nil && !reflect.DeepEqual(*last, next) {
			changed(next)
		}
		last = &next
	}
}

// watching tells a service what the file says on how to watch. What is wrong with
// the file is a notice.
func watching(ctx context.Context, p Process, o watchOptions, service *monitor.Service) follower {
	var last *config.Watch
	return func(file config.File, problems []config.Problem) {
		notices := configNotices(problems)
		next := newConfiguration(p).Watch.In(file)
		if last != nil {
			// What was chosen by a key stays until the file says something new.
			if next.Strategy != last.Strategy && !o.given("strategy") {
				if err := service.SwitchStrategy(ctx, engine.StrategyName(next.Strategy)); err != nil {
					notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: err.Error()})
				}
			}
			if next.Interval != last.Interval && !o.given("interval") {
				service.SetInterval(next.Interval.Duration)
			}
		}
		last = &next
		service.Tell(aboutConfiguration, notices...)
	}
}

// followAppearance tells the dashboard how the file wants it to look, whenever the
// engine process says that it has changed, until ctx ends, and its notifications of other
// machines how it wants those. theme is the flag, which stays in force.
func followAppearance(ctx context.Context, p Process, theme string, changed <-chan struct{}, changes chan ui.Settings, notifying chan notify.Config) {
	loader := configLoader(p)
	file, _ := loader.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		file, _ = loader.Reload(file)
		latest(notifying, newConfiguration(p).Notify.In(file))
		settings, err := appearance(p, file, theme)
		if err != nil {
			continue // the theme of the flag was there at the start
		}
		latest(changes, settings)
	}
}

// latest puts a value into a channel with room for one, in place of one that
// nobody has taken yet. There must be one sender only.
func latest[T any](ch chan T, v T) {
	select {
	case <-ch:
	default:
	}
	ch <- v
}

func configNotices(problems []config.Problem) []engine.Notice {
	var notices []engine.Notice
	for _, problem := range problems {
		notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: problem.Error()})
	}
	return notices
}
