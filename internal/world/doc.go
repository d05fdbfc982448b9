// Package world holds the law of this project, as a test: two databases that are equal but for what a viewer may not
// see give that viewer answers that are equal to the byte.
//
// A community is made up (community_test.go). An oracle, written from the prose of docs/visibility.md and sharing no
// code with the rule, says what one viewer may see of it (oracle_test.go). The second world is the first with much of
// the rest changed (change_test.go). Both are imported, and random operations made from the schema go to both through
// the whole door (operation_test.go, hub_test.go); opaque ids, cursors and incidents are opened before the answers are
// compared (answer_test.go). Leaks that are put into the code on purpose show that the comparison bites (folder leak).
package world
