package doctor

import (
	"context"
	"fmt"
	"strings"
)

// The smallest screen that the dashboard is made for.
const (
	minWidth  = 40
	minHeight = 12
)

// checkTerminal looks at what the terminal says it is.
func checkTerminal(_ context.Context, s Surroundings) []Finding {
	const name = "TERM"
	switch term := s.Getenv("TERM"); term {
	case "":
		return []Finding{{name, Fail, "it is not set: the dashboard cannot draw", "run agentwatch in a terminal, or export TERM=xterm-256color"}}
	case "dumb":
		return []Finding{{name, Fail, "dumb: this terminal cannot place its cursor", "run agentwatch in another terminal; agentwatch list works here"}}
	default:
		return []Finding{{name, OK, term, ""}}
	}
}

// checkColours looks at how many colours there are.
func checkColours(_ context.Context, s Surroundings) []Finding {
	const name = "colours"
	colour := s.Getenv("COLORTERM")
	term := s.Getenv("TERM")
	switch {
	case s.Getenv("NO_COLOR") != "":
		return []Finding{{name, OK, "none: NO_COLOR is set", "unset NO_COLOR for colours"}}
	case colour == "truecolor" || colour == "24bit" || strings.Contains(term, "direct"):
		return []Finding{{name, OK, "true colours (COLORTERM=" + colour + ")", ""}}
	case strings.Contains(term, "256color"):
		return []Finding{{name, OK, "256: COLORTERM does not promise more", "if your terminal has true colours: export COLORTERM=truecolor"}}
	default:
		return []Finding{{name, Warn, fmt.Sprintf("few: TERM is %q and COLORTERM %q", term, colour), "if your terminal has true colours: export COLORTERM=truecolor"}}
	}
}

// checkLocale looks whether the glyphs can be shown.
func checkLocale(_ context.Context, s Surroundings) []Finding {
	const name = "locale"
	for _, variable := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		value := s.Getenv(variable)
		if value == "" {
			continue
		}
		plain := strings.ToLower(strings.ReplaceAll(value, "-", ""))
		if strings.Contains(plain, "utf8") {
			return []Finding{{name, OK, variable + "=" + value, ""}}
		}
		return []Finding{{name, Warn, variable + "=" + value + " is not UTF-8: glyphs and frames may be wrong", `export LC_ALL=C.UTF-8, or glyphs = "ascii" in the configuration`}}
	}
	return []Finding{{name, Warn, "none of LC_ALL, LC_CTYPE and LANG is set: glyphs and frames may be wrong", `export LC_ALL=C.UTF-8, or glyphs = "ascii" in the configuration`}}
}

// checkSize looks at the terminal's size.
func checkSize(_ context.Context, s Surroundings) []Finding {
	const name = "size"
	width, height, ok := s.Size()
	switch {
	case !ok:
		return []Finding{{name, OK, "standard output is not a terminal; the dashboard needs one", ""}}
	case width < minWidth || height < minHeight:
		return []Finding{{name, Warn, fmt.Sprintf("%dx%d", width, height), fmt.Sprintf("make the terminal %dx%d or larger", minWidth, minHeight)}}
	default:
		return []Finding{{name, OK, fmt.Sprintf("%dx%d", width, height), ""}}
	}
}
