package schema

import "entgo.io/ent"

// Export is Export.csv.
type Export struct{ ent.Schema }

// Mixin of the entity.
func (Export) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "Export"}} }

// User is User.csv.
type User struct{ ent.Schema }

// Mixin of the entity.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "User"}} }

// Organization is Organization.csv.
type Organization struct{ ent.Schema }

// Mixin of the entity.
func (Organization) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "Organization"}} }

// Funder is Funder.csv.
type Funder struct{ ent.Schema }

// Mixin of the entity.
func (Funder) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, descriptor{record{file: "Funder"}}} }

// ProjectCoC is ProjectCoC.csv.
type ProjectCoC struct{ ent.Schema }

// Mixin of the entity.
func (ProjectCoC) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, descriptor{record{file: "ProjectCoC"}}}
}

// Inventory is Inventory.csv.
type Inventory struct{ ent.Schema }

// Mixin of the entity.
func (Inventory) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, descriptor{record{file: "Inventory"}}}
}

// Affiliation is Affiliation.csv.
type Affiliation struct{ ent.Schema }

// Mixin of the entity.
func (Affiliation) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, descriptor{record{file: "Affiliation"}}}
}

// HMISParticipation is HMISParticipation.csv.
type HMISParticipation struct{ ent.Schema }

// Mixin of the entity.
func (HMISParticipation) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, descriptor{record{file: "HMISParticipation"}}}
}

// CEParticipation is CEParticipation.csv.
type CEParticipation struct{ ent.Schema }

// Mixin of the entity.
func (CEParticipation) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, descriptor{record{file: "CEParticipation"}}}
}

// Exit is Exit.csv.
type Exit struct{ ent.Schema }

// Mixin of the entity.
func (Exit) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, underEnrollment{record{file: "Exit"}}} }

// IncomeBenefits is IncomeBenefits.csv.
type IncomeBenefits struct{ ent.Schema }

// Mixin of the entity.
func (IncomeBenefits) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "IncomeBenefits"}}}
}

// HealthAndDV is HealthAndDV.csv.
type HealthAndDV struct{ ent.Schema }

// Mixin of the entity.
func (HealthAndDV) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "HealthAndDV"}}}
}

// EmploymentEducation is EmploymentEducation.csv.
type EmploymentEducation struct{ ent.Schema }

// Mixin of the entity.
func (EmploymentEducation) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "EmploymentEducation"}}}
}

// Disabilities is Disabilities.csv.
type Disabilities struct{ ent.Schema }

// Mixin of the entity.
func (Disabilities) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "Disabilities"}}}
}

// Services is Services.csv.
type Services struct{ ent.Schema }

// Mixin of the entity.
func (Services) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "Services"}}}
}

// CurrentLivingSituation is CurrentLivingSituation.csv.
type CurrentLivingSituation struct{ ent.Schema }

// Mixin of the entity.
func (CurrentLivingSituation) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "CurrentLivingSituation"}}}
}

// Assessment is Assessment.csv.
type Assessment struct{ ent.Schema }

// Mixin of the entity.
func (Assessment) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "Assessment"}}}
}

// Event is Event.csv.
type Event struct{ ent.Schema }

// Mixin of the entity.
func (Event) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "Event"}}}
}

// YouthEducationStatus is YouthEducationStatus.csv.
type YouthEducationStatus struct{ ent.Schema }

// Mixin of the entity.
func (YouthEducationStatus) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "YouthEducationStatus"}}}
}
