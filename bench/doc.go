// Package bench measures the engine of internal/stats beside what one would use instead: SQL in PostgreSQL over the hub's
// tables, over one flat table, DuckDB over the flat table, and loops by hand over the same columns as the limit. It is a
// module of its own, since DuckDB needs cgo and Hearth does without. docs/statistics.md has the command and the figures.
package bench
