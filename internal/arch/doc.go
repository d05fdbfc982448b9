// Package arch holds no code but a test: it keeps the arrows between the packages of Hearth as DESIGN 2 draws them.
// Arrows point down to internal/hmis, the database is opened in one place, and nobody reads as the hub itself
// who is not on a short list. To allow something new, change the tables at the top of arch_test.go and say why.
package arch
