package cli

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/server"
)

// What was searched for is nowhere but in the search: not in the log of disclosures, the hub's own log, its traces and
// metrics, nor in any other table.
func TestSearchTermsLeaveNothing(t *testing.T) {
	terms := []string{"Ewing", "Eef Uing", "900000005", "900-00-0005", "1999-11-12", "Zqxvarnok", "917468211"}
	const inline = `{ clients(search: {%s}) { totalCount nodes { id } pageInfo { endCursor } } }`
	requests := []string{
		body(fmt.Sprintf(inline, `name: "Eve Ewing"`)), body(fmt.Sprintf(inline, `name: "Eef Uing", soundsLike: true`)), body(fmt.Sprintf(inline, `lastName: "Zqxvarnok"`)),
		body(fmt.Sprintf(inline, `ssn: "900-00-0005"`)), body(fmt.Sprintf(inline, `dob: "1999-11-12", lastName: "Ewing"`)), body(fmt.Sprintf(inline, `ssn: "917468211x"`)),
	}
	for name, value := range map[string]string{"lastName": "Ewing", "firstName": "Zqxvarnok", "ssn": "900000005", "dob": "1999-11-12", "soundsLike": "Zqxvarnok"} {
		requests = append(requests, body(`query($s: ClientSearch) { clients(search: $s) { totalCount nodes { firstName } } }`, "s", map[string]any{name: value}))
	}
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans)))
	defer otel.SetTracerProvider(noop.NewTracerProvider())
	onBoth(t, func(t *testing.T, url string) {
		spans.Reset()
		d := openDoor(t, url, storetest.Community())
		log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		before := slog.Default()
		slog.SetDefault(log)
		defer slog.SetDefault(before)
		metrics := server.NewMetrics(d.store.Statements)
		d.Handler = handler(d.store, server.Config{Unmetered: true, Log: log, Metrics: metrics})
		found := 0
		for _, viewer := range []string{"lead", "north", "east", "analyst", ""} {
			for _, request := range requests {
				_, answer, _ := d.send(viewer, request)
				found += strings.Count(answer, `"totalCount":1`)
			}
		}
		if found < 6 {
			t.Fatalf("%d searches found somebody, so little was searched", found)
		}
		scrape := httptest.NewRecorder()
		metrics.Handler().ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		kept, _ := io.ReadAll(scrape.Body)
		records := strings.Join(storetest.Run(t, url, "SELECT body FROM audit_records"), "\n")
		left := map[string]string{"the hub's log": d.log.String(), "the traces": fmt.Sprintf("%+v", spans.GetSpans()), "the metrics": string(kept), "the log of disclosures": records}
		for where, sign := range map[string]string{"the hub's log": "msg=graphql", "the traces": "SELECT clients", "the metrics": `kind="query"`, "the log of disclosures": `"fields":["clients"]`} {
			if !strings.Contains(left[where], sign) {
				t.Errorf("%s say nothing of the searches, so nothing is shown: %.300s", where, left[where])
			}
			for _, term := range terms {
				if strings.Contains(strings.ToLower(left[where]), strings.ToLower(term)) {
					t.Errorf("%s: %q was searched for", where, term)
				}
			}
		}
	})
}
