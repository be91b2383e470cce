package web

import (
	"bytes"
	"fmt"
	"html/template"
	"text/template/parse"
)

// A folder writes into templates, once they are parsed, what is the same each
// time: the address of an asset, and a partial that is given a text of the
// template's own, as an icon is. Nothing of that has to be worked out for each
// page then.
type folder struct {
	partials *template.Template // to draw with, apart from those that are served
	assets   *assets
	drawn    map[[2]string]string // by partial and its text
}

// newFolder takes the set that holds the partials; it must not have been
// executed.
func newFolder(partials *template.Template, a *assets) (*folder, error) {
	own, err := partials.Clone()
	return &folder{partials: own, assets: a, drawn: map[[2]string]string{}}, err
}

// fold changes all templates of a set. They must not have been executed.
func (f *folder) fold(set *template.Template) error {
	for _, t := range set.Templates() {
		if t.Tree == nil {
			continue
		}
		if err := f.list(t.Tree.Root); err != nil {
			return fmt.Errorf("template %s: %w", t.Name(), err)
		}
	}
	return nil
}

func (f *folder) list(l *parse.ListNode) error {
	if l == nil {
		return nil
	}
	for i, n := range l.Nodes {
		text, constant, err := f.constant(n)
		if err == nil && constant {
			l.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Position(), Text: []byte(text)}
			continue
		}
		for _, below := range branches(n) {
			if err == nil {
				err = f.list(below)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// branches are the lists below a node.
func branches(n parse.Node) []*parse.ListNode {
	switch n := n.(type) {
	case *parse.IfNode:
		return []*parse.ListNode{n.List, n.ElseList}
	case *parse.RangeNode:
		return []*parse.ListNode{n.List, n.ElseList}
	case *parse.WithNode:
		return []*parse.ListNode{n.List, n.ElseList}
	}
	return nil
}

// constant returns what a node comes to, if that is the same each time.
func (f *folder) constant(n parse.Node) (text string, is bool, err error) {
	switch n := n.(type) {
	case *parse.ActionNode: // {{asset "app.css"}}
		if args := onlyCommand(n.Pipe); len(args) == 2 {
			function, isFunction := args[0].(*parse.IdentifierNode)
			name, isText := args[1].(*parse.StringNode)
			if isFunction && isText && function.Ident == "asset" {
				text, err = f.assets.path(name.Text)
				return text, true, err
			}
		}
	case *parse.TemplateNode: // {{template "icon" "people"}}
		if args := onlyCommand(n.Pipe); len(args) == 1 && f.partials.Lookup(n.Name) != nil {
			if with, isText := args[0].(*parse.StringNode); isText {
				text, err = f.draw(n.Name, with.Text)
				return text, true, err
			}
		}
	}
	return "", false, nil
}

// onlyCommand returns the words of a pipeline that is one command.
func onlyCommand(p *parse.PipeNode) []parse.Node {
	if p == nil || len(p.Decl) != 0 || len(p.Cmds) != 1 {
		return nil
	}
	return p.Cmds[0].Args
}

func (f *folder) draw(partial, with string) (string, error) {
	key := [2]string{partial, with}
	text, known := f.drawn[key]
	if known {
		return text, nil
	}
	var out bytes.Buffer
	if err := f.partials.ExecuteTemplate(&out, partial, with); err != nil {
		return "", err
	}
	f.drawn[key] = out.String()
	return out.String(), nil
}
