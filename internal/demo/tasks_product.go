package demo

func webTasks() []task {
	return []task{
		{
			project: "web", slug: "css-grid", topic: "Grid layout",
			prompt: "the settings page breaks below 900px, rebuild it with css grid",
			steps: []step{
				readFile("src/pages/settings.css"), say("Floats and fixed widths. A grid with two areas will do."),
				edit("src/pages/settings.css", 12, " .settings {", "-  float: left; width: 880px;", "+  display: grid;", "+  grid-template-columns: minmax(12rem, 1fr) 3fr;", " }"),
				run("npm test -- settings", "Run the page's tests", "PASS src/pages/settings.test.tsx", "Tests: 14 passed, 14 total"),
			},
			question: ask("Breakpoint", "Where should the side menu fold away?", option{"720px", "Tablets keep the menu"}, option{"900px", "As the header does"}),
			plan:     []string{"Replace floats by a grid.", "Fold the menu on small screens.", "Add screenshots at three widths."},
			summary:  "The settings page now works from 320px upwards, without fixed widths.",
		},
		{
			project: "web", slug: "i18n", topic: "Extract strings",
			prompt: "extract all hard-coded strings of the checkout into the message catalogue",
			steps: []step{
				run("npx i18n-scan src/checkout", "Find hard-coded strings", "src/checkout/Cart.tsx: 11", "src/checkout/Pay.tsx: 23", "34 strings in 2 files"),
				readFile("src/checkout/Pay.tsx"),
				edit("src/checkout/Pay.tsx", 64, "-      <button>Pay now</button>", "+      <button>{t('checkout.pay')}</button>"),
				run("npm run typecheck", "Check the types", "Found 0 errors."),
			},
			question: ask("Plurals", "Three messages contain counts. Which format should I use?", option{"ICU", "Handles every language"}, option{"Two keys", "One and many"}),
			plan:     []string{"Add keys for 34 strings.", "Use ICU plurals for counts.", "Fail the build on missing keys."},
			summary:  "All 34 strings are in the catalogue; the scan finds none that is left.",
		},
		{
			project: "web", slug: "dark-mode", topic: "Dark theme",
			prompt: "add a dark theme that follows the system setting",
			steps: []step{
				readFile("src/theme.ts"), say("Colours are spread over 31 files. I'll move them to variables first."),
				edit("src/theme.css", 1, "+@media (prefers-color-scheme: dark) {", "+  :root { --surface: #16181d; --ink: #e6e6e6; }", "+}"),
				run("npm run contrast", "Check the contrast", "light: 48 pairs, all above 4.5", "dark: 48 pairs, all above 4.5"),
			},
			question: ask("Switch", "Should users be able to override the system setting?", option{"Yes", "A switch in the settings"}, option{"No", "Follow the system only"}),
			plan:     []string{"Move colours to variables.", "Add the dark values.", "Check contrast in CI."},
			summary:  "The theme follows the system, and every colour pair passes the contrast check.",
		},
		{
			project: "web", slug: "flaky-test", topic: "Flaky cart test",
			prompt: "cart.test.tsx fails one time in ten, make it stable",
			steps: []step{
				run("npm test -- cart --repeat 20", "Repeat the test", "PASS 18, FAIL 2", "Timeout: element not found: .total"), readFile("src/cart/cart.test.tsx"),
				edit("src/cart/cart.test.tsx", 33, "-    await sleep(50)", "+    await screen.findByText('Total')"),
				run("npm test -- cart --repeat 200", "Repeat it more often", "PASS 200, FAIL 0"),
			},
			question: ask("Others", "Nine more tests sleep. Fix them as well?", option{"Yes", "In this branch"}, option{"No", "Only this one"}),
			plan:     []string{"Wait for elements instead of time.", "Forbid sleep by a lint rule.", "Repeat the suite 200 times."},
			summary:  "The test waits for the total instead of 50 ms: 200 runs, no failure.",
		},
	}
}

func mobileTasks() []task {
	return []task{
		{
			project: "mobile", slug: "offline", topic: "Offline drafts",
			prompt: "keep drafts when the phone goes offline and send them later",
			steps: []step{
				readFile("lib/drafts/store.dart"), say("Drafts live in memory only. I'll put them in the local database."),
				edit("lib/drafts/store.dart", 20, "-  final _drafts = <Draft>[];", "+  final DraftTable _drafts;", "   Stream<Draft> watch() {"),
				run("flutter test test/drafts", "Run the draft tests", "00:04 +17: All tests passed!"),
			},
			question: ask("Conflict", "What if the server has a newer version?", option{"Keep both", "The user decides"}, option{"Newest wins", "Simple, may lose text"}),
			plan:     []string{"Store drafts in the database.", "Queue sends until online.", "Show a mark on unsent drafts."},
			summary:  "Drafts survive a restart and are sent when the connection is back.",
		},
		{
			project: "mobile", slug: "startup", topic: "Start-up time",
			prompt: "cold start is 4 seconds on old phones, cut it in half",
			steps: []step{
				run("flutter run --trace-startup --profile", "Trace the start", "engine 0.6 s", "plugins 1.9 s", "first frame 4.1 s"), readFile("lib/main.dart"),
				edit("lib/main.dart", 18, "-  await Analytics.init();", "   runApp(const App());", "+  unawaited(Analytics.init());"),
				run("flutter run --trace-startup --profile", "Trace it again", "first frame 1.8 s"),
			},
			question: ask("Splash", "Show a splash screen meanwhile?", option{"No", "1.8 s is fine"}, option{"Yes", "With the logo"}),
			plan:     []string{"Start plugins after the first frame.", "Load fonts lazily.", "Track the start time per release."},
			summary:  "The first frame shows after 1.8 s instead of 4.1 s on the test phone.",
		},
		{
			project: "mobile", slug: "push-token", topic: "Lost push tokens",
			prompt: "some users get no notifications after an update, find the cause",
			steps: []step{
				readFile("lib/push/token.dart"), say("The token is sent once, but the system renews it on updates."),
				edit("lib/push/token.dart", 42, "+    messaging.onTokenRefresh.listen(register);", "     await register(await messaging.getToken());"),
				run("flutter analyze", "Analyse the code", "No issues found! (ran in 6.2s)"),
			},
			question: ask("Backfill", "Re-register everybody with the next start?", option{"Yes", "Once per installation"}, option{"No", "Only new tokens"}),
			plan:     []string{"Listen for renewed tokens.", "Re-register once after the update.", "Count failed deliveries."},
			summary:  "Renewed tokens are registered at once; the fix needs no server change.",
		},
		{
			project: "mobile", slug: "deep-links", topic: "Deep links",
			prompt: "links to /orders/ID should open the app",
			steps: []step{
				readFile("ios/Runner/Info.plist"), edit("lib/router.dart", 27, "   routes: [", "+    GoRoute(path: '/orders/:id', builder: order),"),
				run("flutter test test/router_test.dart", "Run the router tests", "00:02 +9: All tests passed!"),
			},
			question: ask("Unknown", "Where should an unknown link lead?", option{"Home", "With a short notice"}, option{"Browser", "Open the web page"}),
			plan:     []string{"Add the route.", "Serve the association files.", "Test cold and warm starts."},
			summary:  "Order links open the order, also when the app was not running.",
		},
	}
}

func dataTasks() []task {
	return []task{
		{
			project: "data", slug: "dedupe", topic: "Duplicate events",
			prompt: "the events table has duplicates since tuesday, remove them and stop new ones",
			steps: []step{
				run("dbt test --select events", "Run the checks", "FAIL 1 unique_events_id (got 3127 results)"), readFile("models/events.sql"),
				edit("models/events.sql", 8, "-select * from raw.events", "+select distinct on (id) *", "+from raw.events order by id, received_at"),
				run("dbt test --select events", "Run them again", "PASS=6 WARN=0 ERROR=0"),
			},
			question: ask("History", "Rebuild the table from the beginning?", option{"Since Tuesday", "A few minutes"}, option{"Everything", "About two hours"}),
			plan:     []string{"Select one row per id.", "Rebuild since Tuesday.", "Make the loader idempotent."},
			summary:  "3127 duplicates are gone, and the loader now ignores what it has seen.",
		},
		{
			project: "data", slug: "dates", topic: "Week numbers",
			prompt: "the weekly report shows week 53 twice, fix the calendar",
			steps: []step{
				readFile("reports/calendar.py"), say("It mixes calendar years and ISO years."),
				edit("reports/calendar.py", 17, "-    return d.year, d.isocalendar().week", "+    iso = d.isocalendar()", "+    return iso.year, iso.week"),
				run("pytest -q tests/test_calendar.py", "Run the tests", "23 passed in 0.31s"),
			},
			question: ask("Old reports", "Create the wrong reports again?", option{"Yes", "Two files"}, option{"No", "Leave them"}),
			plan:     []string{"Use ISO years everywhere.", "Test the turn of ten years.", "Correct two old reports."},
			summary:  "Weeks now carry their ISO year, so that week 53 shows once.",
		},
		{
			project: "data", slug: "parquet", topic: "CSV to Parquet",
			prompt: "store the exports as parquet instead of csv",
			steps: []step{
				readFile("export/writer.py"), edit("export/writer.py", 51, "-    frame.to_csv(path)", "+    frame.to_parquet(path, compression='zstd')"),
				run("python -m export --day 2026-03-01", "Export one day", "rows 1204311", "size 38 MB (csv: 611 MB)"),
			},
			question: ask("Readers", "Two scripts still read CSV. What about them?", option{"Change them", "Four lines each"}, option{"Write both", "For one month"}),
			plan:     []string{"Write Parquet with zstd.", "Change the two readers.", "Drop CSV after a month."},
			summary:  "A day is 38 MB instead of 611 MB and loads in a second.",
		},
		{
			project: "data", slug: "alerts", topic: "Late data alert",
			prompt: "tell us when a table is older than it should be",
			steps: []step{
				readFile("models/sources.yml"), edit("models/sources.yml", 6, "   - name: events", "+    freshness:", "+      warn_after: {count: 2, period: hour}"),
				run("dbt source freshness", "Check the freshness", "PASS freshness of events", "WARN freshness of refunds (26 h)"),
			},
			question: ask("Channel", "Where should the alert go?", option{"Chat", "The data channel"}, option{"Pager", "Only at night"}),
			plan:     []string{"Declare a freshness per table.", "Check it every hour.", "Route warnings to the owners."},
			summary:  "Every source has a freshness limit; refunds is late right now, by 2 hours.",
		},
	}
}
