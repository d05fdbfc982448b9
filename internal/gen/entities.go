package main

import (
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

// acronyms tells ent which words of a column to write in capitals.
func acronyms() {
	for _, word := range []string{"SSN", "DOB", "COC", "HMIS", "DV"} {
		gen.AddAcronym(word)
	}
}

// entities writes the ent package. Each record keeps beside its columns what the store needs of it after loading.
func entities() error {
	return entc.Generate("./ent/schema", &gen.Config{
		Target:   "./ent",
		Package:  "github.com/hearth-hmis/hearth/ent",
		Features: []gen.Feature{gen.FeaturePrivacy, gen.FeatureIntercept},
	}, entc.TemplateFiles("internal/gen/record.tmpl"))
}
