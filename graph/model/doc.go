// Package model holds the types of the API that stand for no row.
package model
