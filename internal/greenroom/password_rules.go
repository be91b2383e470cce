package greenroom

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of a password, in characters.
const (
	minPassword = 10
	maxPassword = 1000
)

// checkPassword says what is wrong with a new password for an e-mail address.
// Length is what counts; beside it, only what everybody tries first is refused.
func checkPassword(password, email string) string {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Sprintf("Use at least %d characters.", minPassword)
	case n > maxPassword:
		return fmt.Sprintf("Use at most %d characters.", maxPassword)
	case strings.EqualFold(password, email):
		return "Use something else than your e-mail address."
	case isCommon(password):
		return "This password is one of those that are tried first. Choose another."
	}
	return ""
}

func isCommon(password string) bool {
	password = strings.ToLower(password)
	first, _ := utf8.DecodeRuneInString(password)
	return commonPasswords[password] || strings.Trim(password, string(first)) == ""
}

// commonPasswords are the most frequent ones of published leaks that are long
// enough for us.
var commonPasswords = wordSet(`
0123456789 1234567890 12345678900 12345678910 0987654321 9876543210 1029384756 1122334455 1212121212 1234512345
123123123123 123456123456 1234567891 123456789a a123456789 123456789q q123456789 1qaz2wsx3edc 1q2w3e4r5t
1q2w3e4r5t6y 1q2w3e4r5t6y7u qwertyuiop qwertyuiop123 qwerty1234 qwerty12345 qwerty123456 asdfghjkl1 asdfghjkl123
qazwsxedcrfv qazwsxedc123 zaq12wsxcde3 password12 password123 password1234 password12345 password123456
passwordpassword passw0rd123 p@ssw0rd123 p@ssword123 mypassword mypassword1 welcome123 welcome1234 administrator
administrator1 administrator123 admin12345 admin123456 iloveyou123 iloveyou12 sunshine123 football123 baseball123
princess123 superman123 letmein123 letmein1234 changeme123 changemenow abcdefghij abcdefghijk abcd123456 abc1234567
abc123456789 computer123 internet123 greenroom1 greenroom12 greenroom123 correcthorsebatterystaple
`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
