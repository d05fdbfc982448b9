package server

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// planted is what callers write where they may write anything.
const planted = "Zebulon_Quackenbush"

// ofCallers are requests with something planted wherever a caller can.
var ofCallers = []string{
	parameters(map[string]any{"query": "query " + planted + " { " + planted + ": clients { totalCount } }", "operationName": planted}),
	parameters(map[string]any{"query": `query($n: String) { fail(how: TOLD, note: $n) }`, "variables": map[string]any{"n": planted}}),
	document(`{ fail(how: PLAIN, note: "` + planted + `") }`),
	document(`{ ` + planted + ` }`),
	document(`{ clients { totalCount } must }`),
	document(`mutation { login(name: "` + planted + `", secret: "` + planted + `") }`),
	`{` + planted,
}

func TestMetrics(t *testing.T) {
	m := NewMetrics(func() int64 { return 7 })
	h, _ := newHub(t, func(c *Config) { c.Metrics = m })
	for _, body := range ofCallers {
		ask(h, body, "Hearth-Purpose: "+planted)
	}
	ask(h, document(`{ must }`), "Authorization: Bearer "+planted)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, line := range []string{
		`hearth_operations_total{app="",code="",kind="query",operation="clients"} 1`,
		`hearth_operations_total{app="",code="CONFLICT",kind="query",operation="fail"} 1`,
		`hearth_operations_total{app="",code="INTERNAL",kind="query",operation="fail"} 1`,
		`hearth_operations_total{app="",code="INVALID",kind="query",operation="other"} 1`,
		`hearth_operations_total{app="",code="INVALID",kind="",operation=""} 1`,
		`hearth_operations_total{app="",code="DENIED",kind="",operation=""} 1`,
		`kind="query",operation="several"} 1`,
		`hearth_operation_seconds_count{kind="mutation",operation="login"} 1`,
		"hearth_operations_running 0",
		"hearth_database_statements_total 7",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("%s is missing", line)
		}
	}
	if strings.Contains(text, planted) {
		t.Error("metrics repeat what a caller sent")
	}
}

func TestTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	defer otel.SetTracerProvider(before)
	h, _ := newHub(t)
	for _, body := range ofCallers {
		ask(h, body, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	}
	found := spans.GetSpans()
	if len(found) != len(ofCallers) {
		t.Fatalf("%d spans of %d requests", len(found), len(ofCallers))
	}
	for _, span := range found {
		if span.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
			t.Error("the caller's trace was not followed")
		}
	}
	if text := fmt.Sprintf("%+v", found); strings.Contains(text, planted) || !strings.Contains(text, "clients") {
		t.Error("traces repeat what a caller sent, or say nothing", text)
	}
}
