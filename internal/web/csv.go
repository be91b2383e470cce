package web

import "strings"

// CSVCell returns text that no spreadsheet takes for a formula: behind an
// apostrophe if it begins as formulas do. Names come from people and LMSes,
// and an export is opened by an administrator.
func CSVCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
