package demo

func apiTasks() []task {
	return []task{
		{
			project: "api", slug: "fix-auth", topic: "Fix token refresh",
			prompt: "users are logged out after 15 minutes, find out why and fix it",
			steps: []step{
				say("I'll look at how sessions are renewed."), readFile("internal/auth/session.go"),
				say("The refresh compares the expiry in local time with a UTC clock."),
				edit("internal/auth/session.go", 88, " \tnow := clock.Now()", "-\tif s.Expires.Local().Before(now) {", "+\tif s.Expires.Before(now.UTC()) {", " \t\treturn nil, ErrExpired"),
				run("go test ./internal/auth/...", "Run the auth tests", "ok  \tapi/internal/auth\t0.41s", "ok  \tapi/internal/auth/token\t0.12s"),
			},
			question: ask("Lifetime", "How long should a refreshed session live?", option{"1 hour", "Short, asks more often"}, option{"12 hours", "One working day"}, option{"30 days", "Stays until it is revoked"}),
			plan:     []string{"Compare expiry times in UTC only.", "Add a clock to the session store for tests.", "Cover the 15 minute case with a test."},
			summary:  "Sessions are renewed again. The expiry was compared in two time zones; a test now covers it.",
		},
		{
			project: "api", slug: "migrate", topic: "Orders migration",
			prompt: "write the migration that splits orders.address into its own table",
			steps: []step{
				readFile("db/schema.sql"), say("41 columns refer to the table. I'll write it in two steps, so that it can be rolled back."),
				edit("db/migrations/0042_addresses.sql", 1, "+CREATE TABLE addresses (", "+  id BIGSERIAL PRIMARY KEY,", "+  order_id BIGINT NOT NULL REFERENCES orders(id),", "+  line1 TEXT NOT NULL", "+);"),
				run("make migrate-dry-run", "Try the migration on a copy", "0042_addresses.sql: up 312 ms", "0042_addresses.sql: down 88 ms", "rows moved: 18204, lost: 0"),
			},
			question: ask("Old column", "What should happen to orders.address afterwards?", option{"Keep it", "Drop it in a later release"}, option{"Drop it now", "One migration, no way back"}),
			plan:     []string{"Create the addresses table.", "Copy rows in batches of 1000.", "Switch reads, then drop the column."},
			summary:  "The migration runs in both directions on a copy of the data; no row is lost.",
		},
		{
			project: "api", slug: "rate-limit", topic: "Per-key rate limits",
			prompt: "add a rate limit per api key, 100 requests a minute by default",
			steps: []step{
				readFile("internal/http/middleware.go"), say("There is a place for it between logging and auth."),
				edit("internal/http/middleware.go", 31, " \tr.Use(logging)", "+\tr.Use(limit.PerKey(cfg.Requests, time.Minute))", " \tr.Use(authenticate)"),
				run("go test -run Limit ./internal/http", "Run the limiter's tests", "--- PASS: TestLimitPerKey (0.02s)", "--- PASS: TestLimitResets (0.01s)", "PASS"),
			},
			question: ask("Storage", "Where should the counters live?", option{"In memory", "Per instance, nothing to run"}, option{"Redis", "Shared by all instances"}),
			plan:     []string{"Add a token bucket keyed by API key.", "Answer 429 with Retry-After.", "Make the limit configurable."},
			summary:  "Each key may now send 100 requests a minute; beyond that the answer is 429 with Retry-After.",
		},
		{
			project: "api", slug: "n-plus-one", topic: "Slow order list",
			prompt: "GET /orders takes 3 seconds, make it fast",
			steps: []step{
				run("go test -bench Orders ./internal/store", "Measure the query", "BenchmarkOrders-8   12   94210331 ns/op", "PASS"),
				say("It loads the items of every order one by one."), readFile("internal/store/orders.go"),
				edit("internal/store/orders.go", 57, "-\tfor _, o := range orders {", "-\t\to.Items, err = s.items(ctx, o.ID)", "+\titems, err := s.itemsOf(ctx, ids(orders))"),
				run("go test -bench Orders ./internal/store", "Measure again", "BenchmarkOrders-8  610   1892044 ns/op", "PASS"),
			},
			question: ask("Paging", "The list has no page size. Which one should I set?", option{"50", "Fits the web client"}, option{"200", "Fewer round trips"}),
			plan:     []string{"Load all items with one query.", "Add an index on items.order_id.", "Keep the benchmark as a guard."},
			summary:  "One query instead of 201: the list takes 60 ms on the same data.",
		},
	}
}

func infraTasks() []task {
	return []task{
		{
			project: "infra", slug: "ci-cache", topic: "Faster CI",
			prompt: "ci takes 14 minutes, most of it downloads. cache what can be cached",
			steps: []step{
				readFile(".github/workflows/build.yml"), say("Modules are fetched in each of the six jobs."),
				edit(".github/workflows/build.yml", 22, "       - uses: actions/setup-go@v5", "+        with:", "+          cache: true", "+          cache-dependency-path: '**/go.sum'"),
				run("actionlint", "Check the workflow", "no problems found in 4 files"),
			},
			question: ask("Scope", "Should pull requests from forks write to the cache?", option{"No", "They can only read"}, option{"Yes", "Faster, less safe"}),
			plan:     []string{"Cache modules per go.sum.", "Build the tools image once a week.", "Run lint beside the tests."},
			summary:  "The workflow reuses modules and build results. I expect 5 minutes instead of 14.",
		},
		{
			project: "infra", slug: "tf-drift", topic: "Terraform drift",
			prompt: "terraform plan shows changes nobody made, clean it up",
			steps: []step{
				run("terraform plan -no-color", "Show the drift", "~ aws_s3_bucket.logs: tags changed", "~ aws_iam_role.ci: policy changed", "Plan: 0 to add, 2 to change, 0 to destroy."),
				readFile("modules/logs/main.tf"), edit("modules/logs/main.tf", 14, "   tags = {", "-    owner = \"ops\"", "+    owner = \"platform\"", "   }"),
				run("terraform plan -no-color", "Look again", "No changes. Your infrastructure matches the configuration."),
			},
			question: ask("Role", "The CI role was changed by hand. Which side is right?", option{"The live one", "Take it into the code"}, option{"The code", "Put it back"}),
			plan:     []string{"Take the new tags into the code.", "Restore the CI role.", "Let CI fail on drift."},
			summary:  "The plan is empty again; the two manual changes are now in the code.",
		},
		{
			project: "infra", slug: "k8s-probes", topic: "Readiness probes",
			prompt: "pods get traffic before they are ready, add probes",
			steps: []step{
				readFile("charts/api/templates/deployment.yaml"),
				edit("charts/api/templates/deployment.yaml", 41, "           ports:", "+          readinessProbe:", "+            httpGet: {path: /readyz, port: http}", "+            periodSeconds: 3"),
				run("helm template charts/api | kubeconform -strict", "Validate the chart", "Summary: 9 resources found - Valid: 9, Invalid: 0"),
			},
			question: ask("Start-up", "How long may a pod take to start?", option{"30 seconds", "As measured, doubled"}, option{"2 minutes", "Safe for cold nodes"}),
			plan:     []string{"Add readiness and startup probes.", "Drain connections before stopping.", "Roll out on staging first."},
			summary:  "Pods now get traffic only when /readyz answers. The chart validates.",
		},
		{
			project: "infra", slug: "log-costs", topic: "Log volume",
			prompt: "our log bill doubled, find the noisy services",
			steps: []step{
				run("./scripts/log-volume --days 7", "Sum the volume by service", "gateway     412 GB", "worker       38 GB", "api          21 GB"),
				say("The gateway logs every health check."), readFile("gateway/config.yaml"),
				edit("gateway/config.yaml", 9, " access_log:", "+  exclude: [/healthz, /readyz]", "   format: json"),
			},
			question: ask("Retention", "How long should debug logs be kept?", option{"3 days", "Enough for an incident"}, option{"14 days", "As today"}),
			plan:     []string{"Drop health checks from the access log.", "Sample debug logs at 1 in 10.", "Alert when a service doubles."},
			summary:  "Health checks were 83 % of the volume; they are no longer logged.",
		},
	}
}
