package lti

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDocumentsAreReadAsTheyAreWritten(t *testing.T) {
	members, err := scan([]byte(` {"a" : "x\u0041", "b\"" : {"c":[1,{"d":2}], "e":{}}, "f":null, "n":-1.5e+3} `), true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, fmt.Sprintf("%s=%s/%d", m.name, m.raw, len(m.inside)))
	}
	want := `a="x\u0041"/0 b"={"c":[1,{"d":2}], "e":{}}/2 f=null/0 n=-1.5e+3/0`
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if inside := members[1].inside[1]; inside.name != "e" || inside.inside == nil {
		t.Errorf("inside %+v", inside)
	}
}

func TestAMemberThatComesTwiceIsRefused(t *testing.T) {
	many := `{"a":0`
	for i := range 50 {
		many += fmt.Sprintf(`,"m%d":%d`, i, i)
	}
	for name, document := range map[string]string{
		"at the top":                 `{"a":1,"a":1}`,
		"written in another way":     `{"a":1,"\u0061":1}`,
		"within an object":           `{"x":{"a":1,"b":2,"a":3}}`,
		"within an object of a list": `{"x":[{"a":1,"a":3}]}`,
		"among many":                 many + `,"m49":1}`,
		"the first of many":          many + `,"a":1}`,
	} {
		if _, err := scan([]byte(document), true); err == nil || !strings.Contains(err.Error(), "comes twice") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := scan([]byte(document), false); err != nil {
			t.Errorf("%s, where that is allowed: %v", name, err)
		}
	}
	for _, document := range []string{`{"a":{"a":1},"b":{"a":1}}`, `[{"a":1},{"a":1}]`, many + "}"} {
		if _, err := scan([]byte(document), true); err != nil {
			t.Errorf("%s: %v", document, err)
		}
	}
	o, err := readDocument([]byte(`{"a":"first","a":"last"}`))
	if err != nil || o.text("a") != "last" {
		t.Errorf("of two where two are allowed: %q, %v", o.text("a"), err)
	}
}

// FuzzScan holds the scanner to encoding/json: the same is JSON, and the
// members of an object are the same.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` null `, `{"a":1}`, `{"a":"\ud800","b":[true,false,{"c":-0.0e-1}]}`, `{"a":1,"a":2}`, `01`, `1.`, `-`, `1e`, `"\x"`, `"\u12g4"`,
		"\"\x01\"", `[1,]`, `{"a":1,}`, `{"a"}`, `tru`, `[[[[]]]]`, `{"a":1} x`, "\"\xff\"", `"`, `{`, `[`, `"\`, `{"a":`, strings.Repeat("[", 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := scan(data, false)
		bounded := err != nil && (strings.Contains(err.Error(), "deeper") || strings.Contains(err.Error(), "more than"))
		if valid := utf8.Valid(data) && json.Valid(data); (err == nil) != valid && !bounded {
			t.Fatalf("%q: %v, and encoding/json says %t", data, err, valid)
		}
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || want == nil {
			if members != nil {
				t.Fatalf("%q is no object and has members", data)
			}
			return
		}
		got := map[string]string{}
		for _, m := range members {
			got[m.name] = string(m.raw)
			isObject := m.raw[0] == '{'
			if isObject != (m.inside != nil) {
				t.Fatalf("%q: member %q", data, m.name)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d members, not %d", data, len(got), len(want))
		}
		for name, raw := range want {
			if got[name] != string(raw) {
				t.Fatalf("%q: member %q is %s, not %s", data, name, got[name], raw)
			}
		}
	})
}
