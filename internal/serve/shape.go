package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"

	"agentwatch/engine"
)

// shape identifies how snapshots and explanations are written: the names and
// types of all their fields. Builds that differ in it do not exchange any, also
// when nobody thought of the protocol's number.
func shape() string {
	h := sha256.New()
	seen := make(map[reflect.Type]bool)
	for _, t := range []reflect.Type{
		reflect.TypeFor[frame](), reflect.TypeFor[engine.Explained](), reflect.TypeFor[engine.History](),
		reflect.TypeFor[engine.Request](), reflect.TypeFor[engine.Outcome](),
	} {
		describe(h, t, seen)
	}
	// Pasts have urgencies by their numbers.
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		fmt.Fprintf(h, "%s;", u)
	}
	// Answers have actions by their numbers.
	for a := engine.ActionApprove; a <= engine.ActionKeys; a++ {
		fmt.Fprintf(h, "%s;", a)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// describe writes the structure of a type, of each type once.
func describe(h hash.Hash, t reflect.Type, seen map[reflect.Type]bool) {
	fmt.Fprintf(h, "%s %s;", t, t.Kind())
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() {
				fmt.Fprintf(h, "%s %s:", field.Name, field.Tag)
				describe(h, field.Type, seen)
			}
		}
	case reflect.Map:
		describe(h, t.Key(), seen)
		describe(h, t.Elem(), seen)
	case reflect.Array:
		fmt.Fprintf(h, "%d ", t.Len())
		describe(h, t.Elem(), seen)
	case reflect.Pointer, reflect.Slice:
		describe(h, t.Elem(), seen)
	default:
	}
}
