package config

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// sectionPart reads one section out of a document.
type sectionPart struct {
	section  AnySection
	document *document
	problems []Problem
	// bad are the paths, below the section, of what was taken away.
	bad [][]string
	// spoilt are the headers of elements in which something was bad: half an
	// element is none.
	spoilt []expression
}

// read decodes the section, taking away what is bad until the rest is good.
func (p *sectionPart) read() reflect.Value {
	p.refuseUnknown()
	for len(p.problems) < maxProblems {
		p.document.scan() // elements are numbered anew
		value, failures := p.decode()
		if len(failures) > 0 {
			p.refuse(failures)
			continue
		}
		if !p.settle(value) {
			return value
		}
	}
	// Far too much is wrong for any of it to be meant.
	return p.section.defaults()
}

// refuseUnknown takes away what no field is called. The decoder would find it,
// too, but takes its time when there is much of it.
func (p *sectionPart) refuseUnknown() {
	p.document.scan()
	for _, e := range slices.Clone(p.document.expressions) {
		if p.document.text[e.at] == ' ' {
			continue // it went with its table
		}
		names := p.below(e.names)
		for i, name := range names {
			known := namesWithin(p.section.valueType(), names[:i])
			if known == nil || slices.Contains(known, name) {
				continue
			}
			if len(p.problems) < maxProblems {
				problem := p.document.problem(e, "no such setting", didYouMean(name, known))
				if part := len(e.parts) - len(names) + i; part > 0 {
					problem.Line, problem.Column = p.document.position(e.parts[part])
				}
				p.problems = append(p.problems, problem)
				p.takeAway(e)
			}
			break
		}
	}
}

// settle deals with the faults of a value that could be decoded, and tells
// whether it has to be decoded anew.
func (p *sectionPart) settle(value reflect.Value) (again bool) {
	for _, fault := range p.section.check(value) {
		if len(p.problems) == maxProblems {
			return true
		}
		again = p.blame(fault) || again
	}
	if again || len(p.spoilt) == 0 {
		return again
	}
	for _, e := range p.spoilt {
		p.document.remove(e)
	}
	p.spoilt = nil
	return true
}

// decode decodes what is left of the section onto its defaults.
func (p *sectionPart) decode() (reflect.Value, []decodeFailure) {
	if p.section.id() == "" {
		into := reflect.New(p.section.valueType())
		into.Elem().Set(p.section.defaults())
		return into.Elem(), p.document.decode(into.Interface())
	}
	// The decoder needs a struct around the section, for its name.
	around := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Section", Type: p.section.valueType(), Tag: reflect.StructTag("toml:" + strconv.Quote(p.section.id())),
	}}))
	around.Elem().Field(0).Set(p.section.defaults())
	return around.Elem().Field(0), p.document.decode(around.Interface())
}

// below returns a path below the section.
func (p *sectionPart) below(path []string) []string {
	if p.section.id() != "" && len(path) > 0 {
		return path[1:]
	}
	return path
}

// refuse notes what the decoder did not accept and takes it away.
func (p *sectionPart) refuse(failures []decodeFailure) {
	var gone []expression
	for _, f := range failures[:min(len(failures), maxProblems-len(p.problems))] {
		e, found := p.document.at(f.offset)
		if !found {
			if e, found = p.culprit(f); !found {
				p.problems = append(p.problems, Problem{File: p.document.file, Line: 1, Column: 1, Key: p.section.id(), What: f.what})
				p.clear()
				return
			}
			f.offset = e.at
		}
		p.problems = append(p.problems, p.refusal(f, e))
		gone = append(gone, e)
	}
	for _, e := range gone {
		p.takeAway(e)
	}
}

// culprit finds the expression with which the decoder begins to fail in this
// way, when it does not say where it failed.
func (p *sectionPart) culprit(f decodeFailure) (expression, bool) {
	all := p.document.expressions
	n := sort.Search(len(all), func(n int) bool {
		upTo := sectionPart{section: p.section, document: p.document.only(func(e expression) bool { return e.start <= all[n].start })}
		_, failures := upTo.decode()
		return len(failures) > 0 && failures[0].what == f.what
	})
	if n == len(all) {
		return expression{}, false
	}
	return all[n], true
}

// refusal says what the decoder did not accept.
func (p *sectionPart) refusal(f decodeFailure, e expression) Problem {
	problem := p.document.problem(e, "", "")
	problem.Line, problem.Column = p.document.position(f.offset)
	names := slices.Clone(e.names)
	if f.unknown && len(f.path) > 0 {
		// Within an inline table the decoder knows only the last part.
		if last := f.path[len(f.path)-1]; last != names[len(names)-1] {
			names = append(names, last)
		}
		problem.What = "no such setting"
		problem.Suggestion = didYouMean(names[len(names)-1],
			namesWithin(p.section.valueType(), p.below(names[:len(names)-1])))
	} else {
		problem.What = p.explain(f, p.below(names))
	}
	problem.Key = strings.Join(names, ".")
	return problem
}

// clear takes the whole section away.
func (p *sectionPart) clear() {
	for _, e := range slices.Clone(p.document.expressions) {
		p.takeAway(e)
	}
	p.spoilt = nil
}

// explain puts into plain words what the decoder says about types.
func (p *sectionPart) explain(f decodeFailure, path []string) string {
	kind, _, found := strings.Cut(strings.TrimPrefix(f.what, "cannot decode TOML "), " into")
	if t, ok := typeAt(p.section.valueType(), path); ok && strings.HasPrefix(f.what, "cannot ") {
		if !found || !strings.HasPrefix(f.what, "cannot decode TOML ") {
			return "it must be " + wanted(t)
		}
		if kind == "array" {
			kind = "list"
		}
		return fmt.Sprintf("it must be %s, not a value of the type %s", wanted(t), kind)
	}
	return f.what
}

// blame notes a fault of a check and takes the setting away: the whole section
// when the fault cannot be placed. It returns false when there is nothing to
// take away: the fault is one of the defaults.
func (p *sectionPart) blame(fault Fault) bool {
	var section []string
	if p.section.id() != "" {
		section = []string{p.section.id()}
	}
	// A free name may have dots in it.
	path := append(section, fault.Key)
	if e, found := p.document.find(path); !found || len(e.path) < len(path) {
		path = append(section, strings.Split(fault.Key, ".")...)
	}
	e, found := p.document.find(path)
	if !found && len(p.document.expressions) == 0 {
		return false
	}
	if !found {
		problem := p.document.problem(p.document.expressions[0], fault.What, fault.Suggestion)
		problem.Key = unnumbered(path)
		p.problems = append(p.problems, problem)
		p.clear()
		return true
	}
	if element, within := p.element(e); within && slices.ContainsFunc(p.spoilt, func(s expression) bool {
		return s.start == element.start
	}) {
		// The element goes anyway; this may be because of what it lost.
		return false
	}
	problem := p.document.problem(e, fault.What, fault.Suggestion)
	problem.Key = unnumbered(path)
	p.problems = append(p.problems, problem)
	p.takeAway(e)
	return true
}

// unnumbered is a path for people.
func unnumbered(path []string) string {
	names := slices.DeleteFunc(slices.Clone(path), func(name string) bool {
		_, err := strconv.Atoi(name)
		return err == nil || name == ""
	})
	return strings.Join(names, ".")
}

// element returns the header of the list's element that an expression is in.
func (p *sectionPart) element(e expression) (expression, bool) {
	for _, header := range slices.Backward(p.document.expressions) {
		if header.list && e.within(header.path) {
			return header, true
		}
	}
	return expression{}, false
}

// takeAway removes an expression. Of a list's element only what is bad goes at
// first, so that all that is wrong in it is found; the rest follows at the end.
func (p *sectionPart) takeAway(e expression) {
	p.bad = append(p.bad, p.below(e.path))
	if element, within := p.element(e); within && element.start != e.start {
		p.spoilt = append(p.spoilt, element)
	}
	p.document.remove(e)
}

// restore gives settings that were bad the values they had.
func (p *sectionPart) restore(value, last reflect.Value) reflect.Value {
	if len(p.bad) == 0 {
		return value
	}
	restored := reflect.New(value.Type()).Elem()
	restored.Set(value)
	for _, path := range p.bad {
		restoreAt(restored, last, path)
	}
	return restored
}

// restoreAt copies the value at a path, or of the list or table around it.
func restoreAt(into, from reflect.Value, path []string) {
	if into.Kind() == reflect.Map && len(path) > 0 {
		key := reflect.ValueOf(path[0]).Convert(into.Type().Key())
		fresh := reflect.MakeMap(into.Type())
		for _, k := range into.MapKeys() {
			fresh.SetMapIndex(k, into.MapIndex(k))
		}
		if from.Kind() == reflect.Map {
			fresh.SetMapIndex(key, from.MapIndex(key))
		}
		into.Set(fresh)
		return
	}
	if len(path) > 0 && isTable(into.Type()) {
		if field, ok := fieldNamed(into.Type(), path[0]); ok {
			restoreAt(into.FieldByIndex(field.Index), from.FieldByIndex(field.Index), path[1:])
		}
		return
	}
	into.Set(from)
}
