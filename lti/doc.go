// Package lti is the tool's side of LTI 1.3.
package lti
