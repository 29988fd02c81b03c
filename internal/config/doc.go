// Package config reads the one configuration file, tells everything that is
// wrong with it, and notices when it changes.
//
// The file has sections, each of which is a Go type: a struct for a table
// ("[watch]"), a slice of structs for a list of tables ("[[strategy]]"), a map
// for a table whose keys are free ("[keys]"). A Section says what the type
// cannot: the defaults, what each setting means, which values are allowed, and
// a check. A Schema is the sections that a program knows; Parse, the documented
// file that "config init" writes, and the page of documentation are all made
// from it. A package that has settings of its own need not know this one: it
// declares the type, and who knows both makes the Section.
//
// A broken file never stops anybody. Each bad setting is a Problem with file,
// line and a suggestion, and has its default, or on a reload its last good
// value. All problems are found in one go.
//
// Values are immutable once they are made, and safe for concurrent use.
package config
