package api

import (
	"fmt"
	"net/url"
	"strconv"

	"agentwatch/engine"
)

// SearchValues is a search as the parameters of a request.
func SearchValues(q engine.SearchQuery) url.Values {
	query := url.Values{"pattern": {q.Pattern}}
	for name, on := range map[string]bool{"fixed": q.Fixed, "ignore_case": q.IgnoreCase, "recorded": q.Recorded} {
		if on {
			query.Set(name, "1")
		}
	}
	for name, n := range map[string]int{"rows": q.Rows, "context": q.Context, "most": q.Most} {
		if n != 0 {
			query.Set(name, strconv.Itoa(n))
		}
	}
	return query
}

// ParseSearch reads the parameters of a request; ErrRequest for a search that cannot
// be made.
func ParseSearch(query url.Values) (engine.SearchQuery, error) {
	q := engine.SearchQuery{Pattern: query.Get("pattern"), Fixed: query.Has("fixed"), IgnoreCase: query.Has("ignore_case"), Recorded: query.Has("recorded")}
	for name, into := range map[string]*int{"rows": &q.Rows, "context": &q.Context, "most": &q.Most} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return q, fmt.Errorf("%w: %s=%q is not a number", ErrRequest, name, text)
		}
		*into = n
	}
	if !query.Has("pattern") {
		return q, fmt.Errorf("%w: pattern= is missing", ErrRequest)
	}
	if _, err := q.Compile(); err != nil {
		return q, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return q, nil
}
