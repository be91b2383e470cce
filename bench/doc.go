// Package bench measures what an operator asks about: how many launches a
// second, and what one costs. Run it with make bench; the output is ready for
// benchstat. Nothing here asserts a figure.
package bench
