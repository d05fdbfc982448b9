package graph

import (
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// dataElements shows what a project collects, at one collection point or at all.
func dataElements(due []hmis.Due, stage *model.CollectionPoint) []*model.DataElement {
	list := []*model.DataElement{}
	for _, d := range due {
		e := &model.DataElement{Number: d.Number, Name: d.Name, CollectedAbout: d.CollectedAbout, Columns: d.Columns,
			Requirement: model.Requirement(strings.ToUpper(d.Requirement))}
		for _, point := range d.CollectionPoints {
			e.CollectionPoints = append(e.CollectionPoints, collectionPoint(point))
		}
		if stage != nil && !slices.Contains(e.CollectionPoints, *stage) {
			continue
		}
		if hmis.AllContent.Has(d.Category) {
			e.Category = &d.Category
		}
		if d.Dependency != "" {
			e.Dependency = &d.Dependency
		}
		list = append(list, e)
	}
	return list
}

func collectionPoint(name string) model.CollectionPoint {
	return model.CollectionPoint(strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(name)))
}
