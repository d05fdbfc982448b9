// Command hearth is a GraphQL data hub for HMIS. See README.md; "hearth help" lists what it does.
package main

import (
	"os"

	"github.com/hearth-hmis/hearth/internal/cli"
)

//go:generate go run ./internal/gen lists
//go:generate go run ./internal/gen entities
//go:generate go run ./internal/gen api
//go:generate go tool gqlgen generate

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
