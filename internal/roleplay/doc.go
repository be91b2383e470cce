// Package roleplay is the rehearsal itself: it reads scenario files, plays
// their scripts, and grades what was said. Pure rules: it stores nothing, opens
// no socket, and knows neither workspaces nor learners.
//
// # A scenario file
//
// One text file: YAML front matter (title, slug, character, rubric …) between
// two lines of hyphens, then a script in ink, whose tags mark items of the
// rubric. docs/scenario-format.md is the author's manual.
//
//	Parse(file) ── front matter read ── ink compiled ── tags held against the
//	               rubric ── the script walked through ── *Scenario or Problems
//	Load(file, compiled) ── the same Scenario, from what was saved, without a VM
//
// Every mistake is a Problem with its line in the file, in words for the author.
// What looks wrong but can be played is kept in Scenario.Warnings.
//
// # A talk
//
// A talk is nothing but the picks made so far:
//
//	Engine.Play(compiled, seed, picks) ── Talk: turns, open choices, marks
//
// The same picks give the same talk, on every machine and after every restart;
// randomness in a script comes from seed. The engine keeps the state of recent
// talks, so that one more pick costs one more turn, but only to save time: all
// it keeps can be replayed.
//
// Scripts run in inkjs on goja, in a bounded pool of machines that are made when
// they are first needed. A script has no way out of its machine. A turn may use
// so many steps of ink and so many characters (Limits), counted and therefore
// the same everywhere; a limit of time stands behind them.
//
// # A grade
//
//	Rubric.Assess(marks) ── Assessment: every item with its grade, and the Score
//
// A Score is an exact fraction. It is rounded when it is shown, and never
// before: medals and gradebooks get the exact value.
package roleplay
