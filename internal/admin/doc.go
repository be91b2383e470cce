// Package admin is the pages for people who sign in: scenarios for everybody
// of a workspace; members, passbacks and settings for its owners and admins.
// For everybody else those pages do not exist.
//
// There is one file per noun, each with the routes of its pages. A handler
// reads the request, calls one use case of greenroom.Service, and answers.
package admin
