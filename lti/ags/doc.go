// Package ags is the tool's side of Assignment and Grade Services 2.0.
package ags
