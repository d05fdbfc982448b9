package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What the rule needs of many rows at once stands in a column of its own, kept by the import.

// telling works out what the source's projects give away of everybody who stays there: by their funders, by whom they
// are for, and violence for victim service providers and comparable databases.
func (im *importer) telling(ctx context.Context) error {
	of := map[hmis.Category][]string{hmis.DomesticViolence: {
		"EXISTS (SELECT 1 FROM organizations o WHERE o.id = projects.organization_key AND o.victim_service_provider = 1)",
		"EXISTS (SELECT 1 FROM hmis_participations h WHERE h.project_key = projects.id AND h.hmis_participation_type = 2 AND h.removed_at IS NULL)",
	}}
	for _, t := range hmis.Tellings() {
		file := hmis.FileNamed(t.File)
		like := fmt.Sprintf("%s IN (%s)", file.Column(t.Column).SQLName(), strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Codes), " ", ", "), "[]"))
		if t.File != "Project" {
			like = "EXISTS (SELECT 1 FROM " + file.Table() + " f WHERE f.project_key = projects.id AND f.removed_at IS NULL AND f." + like + ")"
		}
		of[t.Category] = append(of[t.Category], like)
	}
	var bits []string
	for c := range hmis.CategoryCount {
		if of[c] != nil {
			bits = append(bits, fmt.Sprintf("CASE WHEN %s THEN %d ELSE 0 END", strings.Join(of[c], " OR "), hmis.CategoriesOf(c)))
		}
	}
	return im.exec(ctx, "UPDATE projects SET tells = "+strings.Join(bits, " + ")+" WHERE source_key = $1", im.source)
}

// fleeing works out which of the source's clients are fleeing: the newest answer to CurrentlyFleeing (4.11), or to
// DomesticViolenceSurvivor where that is no, says so; and whoever answered yes to exploitation at an exit is treated alike.
func (im *importer) fleeing(ctx context.Context) error {
	health := hmis.FileNamed("HealthAndDV").Table()
	query := `UPDATE clients SET fleeing = NOT fleeing WHERE source_key = $1 AND fleeing <> (
		id IN (SELECT h.client_key FROM ` + health + ` h WHERE h.removed_at IS NULL AND h.currently_fleeing = 1
			AND NOT EXISTS (SELECT 1 FROM ` + health + ` n WHERE n.client_key = h.client_key AND n.removed_at IS NULL
				AND n.information_date > h.information_date AND (n.currently_fleeing = 0 OR n.domestic_violence_survivor = 0)))
		OR id IN (SELECT x.client_key FROM exits x WHERE x.removed_at IS NULL AND (` + exploited + `)))`
	return im.exec(ctx, query, im.source)
}

// exploited is the SQL of an exit x with a yes to R15 or R16.
var exploited = func() string {
	var any []string
	for _, column := range []string{"ExchangeForSex", "AskedOrForcedToExchangeForSex", "WorkplaceViolenceThreats", "CoercedToContinueWork"} {
		any = append(any, "x."+hmis.FileNamed("Exit").Column(column).SQLName()+" = 1")
	}
	return strings.Join(any, " OR ")
}()
