package plugin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/spelling"
)

// checkWords looks for names that do not exist and for words that a field never
// has: pane.state == 'wating' is valid, and never true.
func checkWords(tree *parser.Tree) error {
	c := &wordChecker{names: exprNames(reflect.TypeFor[exprEnv]()), fields: exprNames(reflect.TypeFor[exprPane]())}
	var declared declarations
	ast.Walk(&tree.Node, &declared)
	c.names = append(c.names, declared...)
	ast.Walk(&tree.Node, c)
	if c.found == nil {
		return nil
	}
	return c.found.Bind(tree.Source)
}

// exprNames are the names under which an expression knows a type's fields.
func exprNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("expr")
	}
	return names
}

// declarations are the names that let declares anywhere; the compiler knows
// where each is valid.
type declarations []string

// Visit implements ast.Visitor.
func (d *declarations) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.VariableDeclaratorNode); ok {
		*d = append(*d, n.Name)
	}
}

// wordChecker keeps the first mistake that it comes to.
type wordChecker struct {
	names, fields []string
	found         *file.Error
}

// Visit implements ast.Visitor.
func (c *wordChecker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BuiltinNode:
		if !slices.Contains(exprFunctions(), n.Name) {
			c.report(n, "there is no %s()", n.Name, "", exprFunctions())
		}
	case *ast.IdentifierNode:
		if !slices.Contains(c.names, n.Value) && !slices.Contains(exprFunctions(), n.Value) {
			c.report(n, "there is no %s", n.Value, "", append(slices.Clone(c.names), exprFunctions()...))
		}
	case *ast.MemberNode:
		if field, ok := paneField(n); ok && !slices.Contains(c.fields, field) {
			c.report(n.Property, "there is no pane.%s", field, "pane.", c.fields)
		}
	case *ast.BinaryNode:
		c.compared(n)
	}
}

// paneField is the field of a node that reads pane.field.
func paneField(n *ast.MemberNode) (string, bool) {
	of, isName := n.Node.(*ast.IdentifierNode)
	field, isField := n.Property.(*ast.StringNode)
	if !isName || !isField || of.Value != "pane" {
		return "", false
	}
	return field.Value, true
}

// compared checks the words that a field of words is compared with.
func (c *wordChecker) compared(n *ast.BinaryNode) {
	if n.Operator != "==" && n.Operator != "!=" && n.Operator != "in" {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		words := wordsOf(sides[0])
		if words == nil {
			continue
		}
		others := []ast.Node{sides[1]}
		if list, ok := sides[1].(*ast.ArrayNode); ok {
			others = list.Nodes
		}
		for _, other := range others {
			if word, ok := other.(*ast.StringNode); ok && !slices.Contains(words, word.Value) {
				c.report(word, sides[0].String()+" is never %s", "'"+word.Value+"'", "", words)
			}
		}
	}
}

// wordsOf are all words that a node can have; nil when it can have any.
func wordsOf(node ast.Node) []string {
	var words []string
	switch n := node.(type) {
	case *ast.IdentifierNode:
		if n.Value == "weekday" {
			return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
		}
	case *ast.MemberNode:
		switch field, _ := paneField(n); field {
		case "state":
			for s := health.StateUnknown; s <= health.StateExited; s++ {
				words = append(words, s.String())
			}
		case "change":
			for c := engine.ChangeNone; c <= engine.ChangeNew; c++ {
				words = append(words, c.String())
			}
		}
	}
	return words
}

// report keeps a mistake, with the nearest of the words that are right.
func (c *wordChecker) report(node ast.Node, format, word, prefix string, right []string) {
	if c.found != nil {
		return
	}
	message := fmt.Sprintf(format, word)
	if near, ok := spelling.Nearest(strings.Trim(word, "'"), right); ok {
		message += fmt.Sprintf("; did you mean %s%s?", prefix, near)
	} else {
		slices.Sort(right)
		message += "; there are: " + strings.Join(slices.Compact(right), ", ")
	}
	c.found = &file.Error{Location: node.Location(), Message: message}
}
