package server

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Metrics counts operations for Prometheus. Its labels come from closed lists: names of the schema and of trusted
// documents, apps as the hub knows them, and codes of errors. Nothing that a caller chose and nobody's name is in them.
type Metrics struct {
	registry   *prometheus.Registry
	operations *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	rows       *prometheus.CounterVec
	running    prometheus.Gauge
}

// NewMetrics begins to count. statements is the number of database statements so far.
func NewMetrics(statements func() int64) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hearth_operations_total",
			Help: "Operations by name, kind, app and the code of their first error, which is empty where there was none."}, []string{"operation", "kind", "app", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hearth_operation_seconds", Help: "How long operations took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"operation", "kind"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hearth_operation_rows_total",
			Help: "The cost of operations, in rows that they might have read."}, []string{"app"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hearth_operations_running", Help: "Operations that run now."}),
	}
	m.registry.MustRegister(m.operations, m.seconds, m.rows, m.running, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "hearth_database_statements_total", Help: "Statements sent to the database, without imports."},
			func() float64 { return float64(statements()) }))
	return m
}

// Handler answers in the format of Prometheus. It is for a listener of its own: who may reach it is not asked who he is.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// observe counts a request that was answered.
func (m *Metrics) observe(c *call, a answer, took time.Duration) {
	if m == nil {
		return
	}
	code := ""
	if len(a.errors) > 0 {
		if e, ok := a.errors[0].Extensions["code"].(hmis.ErrorCode); ok {
			code = string(e)
		}
	}
	kind := string(c.kind)
	m.operations.WithLabelValues(c.name, kind, c.app, code).Inc()
	m.seconds.WithLabelValues(c.name, kind).Observe(took.Seconds())
	m.rows.WithLabelValues(c.app).Add(float64(c.rows))
}

// begin counts a running operation until the returned function is called.
func (m *Metrics) begin() (end func()) {
	if m == nil {
		return func() {}
	}
	m.running.Inc()
	return m.running.Dec
}

// appOf names the app for metrics and traces.
func (d *door) appOf(ctx context.Context) string {
	if d.App == nil {
		return ""
	}
	return d.App(ctx)
}

// nameOf names an operation by what it asks the schema for; the name that its caller gave it may be anything.
func nameOf(schema *ast.Schema, op *ast.OperationDefinition) string {
	root := rootOf(schema, op)
	name := ""
	for _, s := range op.SelectionSet {
		f, ok := s.(*ast.Field)
		switch {
		case !ok || root == nil || root.Fields.ForName(f.Name) == nil:
			return "other"
		case name != "" && name != f.Name:
			return "several"
		}
		name = f.Name
	}
	return name
}
