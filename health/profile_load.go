package health

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// builtinOrigin is the origin of the profiles inside the binary.
const builtinOrigin = "built in"

//go:embed profiles/*.toml profiles/common/*.toml
var builtinProfiles embed.FS

// ErrProfile is wrapped by every error about the content of a profile.
var ErrProfile = errors.New("profile is not valid")

// ProfileError says what is wrong in a profile, and where.
type ProfileError struct {
	// File is the profile's path, Line its row from 1 (0: the file as a whole).
	File string
	Line int
	// Problem says what is wrong and what is expected.
	Problem string
}

// Error returns "file:line: problem".
func (e *ProfileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// Is makes every ProfileError an ErrProfile.
func (e *ProfileError) Is(target error) bool { return target == ErrProfile }

// readProfile reads a profile from TOML. base is what it changes: a profile of
// the same kind whose keys stay in force where the file is silent; nil for a
// new one.
func readProfile(origin string, text []byte, base *profile) (*profile, error) {
	p := &profile{}
	if base != nil {
		copied := *base
		p = &copied
		// Arrays of the file replace those of the base and must not write into
		// its memory.
		p.Dialogs, p.Outcomes = slices.Clone(base.Dialogs), slices.Clone(base.Outcomes)
		p.Markers, p.Facts = slices.Clone(base.Markers), slices.Clone(base.Facts)
	}
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := decoder.Decode(p); err != nil {
		return nil, decodeError(origin, err)
	}
	p.origin = origin
	if p.Common {
		p.addCommonMarkers()
	}
	p.normalise()
	if err := p.validate(text); err != nil {
		return nil, err
	}
	return p, nil
}

// commonMarkers are the markers that many programs share.
func commonMarkers() []markerRule {
	text, err := builtinProfiles.ReadFile("profiles/common/markers.toml")
	if err != nil {
		panic(err)
	}
	var common struct {
		Markers []markerRule `toml:"marker"`
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&common); err != nil {
		panic(err)
	}
	return common.Markers
}

// addCommonMarkers adds them behind the profile's own, once.
func (p *profile) addCommonMarkers() {
	prefix := string(p.Kind) + ".common."
	p.Markers = slices.DeleteFunc(p.Markers, func(m markerRule) bool { return strings.HasPrefix(m.ID, prefix) })
	for _, m := range commonMarkers() {
		m.ID = prefix + m.ID
		p.Markers = append(p.Markers, m)
	}
}

// decodeError adds file and line to an error of the TOML reader.
func decodeError(origin string, err error) error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) && len(missing.Errors) > 0 {
		first := missing.Errors[0]
		line, _ := first.Position()
		return &ProfileError{
			File: origin, Line: line,
			Problem: fmt.Sprintf("no key is called %q; docs/kinds.md lists all", strings.Join(first.Key(), ".")),
		}
	}
	var broken *toml.DecodeError
	if errors.As(err, &broken) {
		line, _ := broken.Position()
		return &ProfileError{File: origin, Line: line, Problem: strings.TrimPrefix(broken.Error(), "toml: ")}
	}
	return &ProfileError{File: origin, Problem: err.Error()}
}

// defaultCursors are the menus' cursors of a profile that names none.
const defaultCursors = "❯›>"

// normalise brings phrases into the form in which they are compared.
func (p *profile) normalise() {
	for _, phrases := range p.phrases() {
		for i, phrase := range phrases {
			// Those of the base are normal already, and others may read them.
			if normal := strings.ToLower(strings.ReplaceAll(phrase, "’", "'")); normal != phrase {
				phrases[i] = normal
			}
		}
	}
	p.Layout.StartingChrome = strings.ToLower(p.Layout.StartingChrome)
	if p.Layout.Cursors == "" {
		p.Layout.Cursors = defaultCursors
	}
	if p.Menu.ID == "" {
		p.Menu.ID = string(p.Kind) + ".dialog.menu"
	}
	if p.Menu.Reason == WaitNone {
		p.Menu.Reason = WaitQuestion
	}
}

// phrases returns all lists of phrases that are compared without regard to case.
func (p *profile) phrases() [][]string {
	all := [][]string{
		p.Title.WorkingPhrases, p.Title.Waiting, p.Title.Names, p.Layout.Composers, p.Layout.Resend, p.Layout.Inputs,
		p.Layout.Banners, p.Layout.ChromeSigns, p.Layout.Hints, p.Status.Retry, p.Status.Background, p.Status.Finished, p.Status.Chrome,
		p.Status.Queued, p.Status.Footed, p.Status.Pending, p.Status.Interrupt, p.Viewers, p.Shell.Farewells, p.Shell.Endings,
		p.Shell.Failures, p.Signs, p.DialogSigns, p.Menu.Headings, p.Menu.Footers,
		p.Answer.Approve, p.Answer.Deny, p.Answer.Lasting, p.Answer.Other, p.Answer.Pasted, p.Answer.Placeholders,
	}
	for _, d := range p.Dialogs {
		all = append(all, d.Headings, d.Footers)
	}
	for _, o := range p.Outcomes {
		all = append(all, o.Prefixes, o.Within)
	}
	for _, m := range p.Markers {
		all = append(all, m.Prefixes, m.Any, m.All, m.Ends, m.Unless, m.Also)
	}
	return all
}

// validate checks what the TOML reader cannot.
func (p *profile) validate(text []byte) error {
	fail := func(at, format string, args ...any) error {
		return &ProfileError{File: p.origin, Line: lineOf(text, at), Problem: fmt.Sprintf(format, args...)}
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(string(p.Kind)) {
		return fail("kind", "kind must be a word of small letters, digits and dashes, not %q", p.Kind)
	}
	if p.Kind == "none" {
		return fail("kind", "the kind %q is the word for no agent", p.Kind)
	}
	if len(p.Command.Programs)+len(p.Command.Packages)+len(p.Signs)+len(p.Layout.ChromeSigns) == 0 {
		return fail("kind", "nothing identifies %s: give command.programs, command.packages or signs", p.Kind)
	}
	seen := make(map[string]bool)
	unique := func(id, table string) error {
		switch {
		case id == "":
			return fail("[["+table+"]]", "a %s has no id", table)
		case !strings.HasPrefix(id, string(p.Kind)+"."):
			return fail(id, "the id %q must start with %q", id, string(p.Kind)+".")
		case seen[id]:
			return fail(id, "the id %q is given twice", id)
		}
		seen[id] = true
		return nil
	}
	for _, d := range p.Dialogs {
		if err := unique(d.ID, "dialog"); err != nil {
			return err
		}
		if len(d.Headings)+len(d.Footers) == 0 {
			return fail(d.ID, "the dialog %q has neither headings nor footers", d.ID)
		}
	}
	for _, o := range p.Outcomes {
		if err := unique(o.ID, "outcome"); err != nil {
			return err
		}
		if len(o.Prefixes) == 0 || (!o.Items && !o.Details) {
			return fail(o.ID, "the outcome %q needs prefixes, and items or details", o.ID)
		}
	}
	for _, m := range p.Markers {
		if err := unique(m.ID, "marker"); err != nil {
			return err
		}
		if m.Glyphs == "" && len(m.Prefixes)+len(m.Any)+len(m.All)+len(m.Ends) == 0 {
			return fail(m.ID, "the marker %q has nothing to look for: give glyphs, prefixes, any, all or ends", m.ID)
		}
	}
	if err := p.validateAnswer(fail); err != nil {
		return err
	}
	if err := p.validateShell(fail); err != nil {
		return err
	}
	return p.compileFacts(fail)
}

// lineOf returns the row, from 1, of the first mention of word, as a string of
// its own where there is one; 0 when it is not there.
func lineOf(text []byte, word string) int {
	for _, form := range [...]string{"'" + word + "'", `"` + word + `"`, word} {
		if at := bytes.Index(text, []byte(form)); at >= 0 {
			return 1 + bytes.Count(text[:at], []byte("\n"))
		}
	}
	return 0
}

// loadBuiltin reads the profiles inside the binary. They are tested; an error
// is a fault of the build.
func loadBuiltin() []*profile {
	names, err := fs.Glob(builtinProfiles, "profiles/*.toml")
	if err != nil {
		panic(err)
	}
	var all []*profile
	for _, name := range names {
		text, err := builtinProfiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p, err := readProfile(path.Base(name), text, nil)
		if err != nil {
			panic(err)
		}
		p.origin = builtinOrigin
		all = append(all, p)
	}
	return all
}

// ProfileFile is a profile's text and where it comes from.
type ProfileFile struct {
	// Path is where it was read.
	Path string
	// Text is its content.
	Text []byte
}

// overlay adds the files to the profiles, or changes those of the same kind.
// A file that is not valid changes nothing and is in the errors.
func overlay(all []*profile, files []ProfileFile) ([]*profile, []error) {
	var problems []error
	for _, file := range files {
		var head struct {
			Kind Kind `toml:"kind"`
		}
		// Errors of the head are those of the whole.
		_ = toml.Unmarshal(file.Text, &head)
		if head.Kind == KindNone {
			head.Kind = Kind(strings.TrimSuffix(filepath.Base(file.Path), ".toml"))
		}
		at := slices.IndexFunc(all, func(p *profile) bool { return p.Kind == head.Kind })
		var base *profile
		if at >= 0 {
			base = all[at]
		} else {
			base = &profile{Kind: head.Kind}
		}
		p, err := readProfile(file.Path, file.Text, base)
		switch {
		case err != nil:
			problems = append(problems, err)
		case at >= 0:
			all[at] = p
		default:
			all = append(all, p)
		}
	}
	return all, problems
}
