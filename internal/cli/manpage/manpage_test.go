package manpage

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"
)

// program has one of everything that a page must deal with.
func program() *cobra.Command {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{
		Use: "agentwatch", Short: "Shows agents", Long: ".profile is not read.\n'tis true.\n\nSecond paragraph.",
		Example: "  # look\n  agentwatch\n    indented", Run: run,
	}
	root.Flags().Duration("interval", 0, "time between `two` rounds")
	root.Flags().StringArrayP("server", "L", nil, "only this server")
	child := &cobra.Command{Use: "list [PANE]", Short: "Prints agents", Run: run}
	child.Flags().Duration("interval", 0, "time between `two` rounds")
	child.Flags().Bool("colours", true, "with colours")
	child.Flags().Int("limit", 200, "how many")
	child.Flags().Bool("secret", false, "not for users")
	_ = child.Flags().MarkHidden("secret")
	group := &cobra.Command{Use: "config", Short: "Deals with the file"}
	group.AddCommand(&cobra.Command{Use: "check", Short: "Checks it", Run: run})
	root.AddCommand(child, group, &cobra.Command{Use: "simulate", Short: "Internal", Hidden: true, Run: run})
	return root
}

func write(t *testing.T, o Options) string {
	t.Helper()
	var out strings.Builder
	if err := Write(&out, program(), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAPageHasEveryCommandAndOptionThatIsNotHidden(t *testing.T) {
	got := write(t, Options{Version: "1.2.3", Date: time.Date(2026, 3, 14, 23, 0, 0, 0, time.FixedZone("", -7200))})
	for _, want := range []string{
		".TH AGENTWATCH 1 \"2026-03-15\" \"agentwatch 1.2.3\" \"User Commands\"\n",
		".SH NAME\nagentwatch \\- shows agents\n",
		"\\&.profile is not read.\n\\(aqtis true.\n.PP\nSecond paragraph.\n",
		".TP\n\\fB\\-\\-interval\\fR \\fItwo\\fR\nTime between two rounds.\n",
		".TP\n\\fB\\-L\\fR, \\fB\\-\\-server\\fR \\fIstring\\fR\nOnly this server.\n",
		".SS \\fBagentwatch list\\fR \\fI[PANE]\\fR\nPrints agents.\n",
		".TP\n\\fB\\-\\-colours\\fR[=\\fItrue\\fR|\\fIfalse\\fR]\nWith colours. Default: true.\n",
		".TP\n\\fB\\-\\-limit\\fR \\fIint\\fR\nHow many. Default: 200.\n",
		".PP\nIt also takes \\fB\\-\\-interval\\fR, as above.\n",
		".SS \\fBagentwatch config\\fR \\fIcommand\\fR\nDeals with the file.\n",
		".SS \\fBagentwatch config check\\fR\nChecks it.\n",
		".SH EXAMPLES\n.RS 4\n.EX\n# look\nagentwatch\n  indented\n.EE\n.RE\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	for _, unwanted := range []string{"simulate", "secret", "\n\n"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestAPageWithoutADateIsTheSameEveryTime(t *testing.T) {
	if first, second := write(t, Options{}), write(t, Options{}); first != second || !strings.Contains(first, ".TH AGENTWATCH 1 \"\"") {
		t.Errorf("two pages differ, or have a date:\n%.200s\n%.200s", first, second)
	}
}

// known are the escapes that escape writes.
var known = regexp.MustCompile(`\\(e|-|&|\((dq|aq|ga|ha|ti)|\[u[0-9A-F]{4,6}\])`)

func TestNoTextBecomesARequestOfRoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[.'\\"~^a-z ▲\t\n-]{0,60}`).Draw(t, "text")
		for got := range strings.SplitSeq(literal(text), "\n") {
			if strings.HasPrefix(got, ".") || strings.HasPrefix(got, "'") {
				t.Fatalf("%q becomes the request %q", text, got)
			}
			if rest := known.ReplaceAllString(got, ""); strings.ContainsAny(rest, "\\\t") {
				t.Fatalf("%q leaves %q", text, rest)
			}
		}
	})
}

func TestParagraphsAreFilledAndIndentedOnesAreNot(t *testing.T) {
	got := prose("One\ntwo.\n\n\n    code -x\n      more\n\nThree.")
	want := "One\ntwo.\n.PP\n.RS 4\n.EX\ncode \\-x\n  more\n.EE\n.RE\n.PP\nThree."
	if got != want {
		t.Errorf("prose gives\n%s\nand not\n%s", got, want)
	}
}

func TestOptionsAreListedAsInASentence(t *testing.T) {
	for want, items := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := listed(items); got != want {
			t.Errorf("listed(%q) = %q, not %q", items, got, want)
		}
	}
}
