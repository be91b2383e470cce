package web

import "strings"

// CSVCell returns text that no spreadsheet takes for a formula: an apostrophe
// stands before whatever begins as formulas do. Names come from people and
// LMSes, and an export is opened by an administrator.
//
// Where the comma is the decimal sign, spreadsheets part cells at semicolons,
// whatever quotes say: what follows one counts as a beginning.
func CSVCell(text string) string {
	var b strings.Builder
	beginning := true
	for _, r := range text {
		if beginning && strings.ContainsRune("=+-@\t\r\n", r) {
			b.WriteByte('\'')
			beginning = false
		}
		b.WriteRune(r)
		beginning = strings.ContainsRune(";\t\r\n", r) || beginning && (r == ' ' || r == '"')
	}
	return b.String()
}
