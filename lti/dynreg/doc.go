// Package dynreg is the tool's side of LTI Dynamic Registration 1.0.
package dynreg
