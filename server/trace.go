package server

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of each request. It costs nothing while nobody installed a provider.
func traced(next http.Handler) http.Handler {
	tracer := otel.Tracer("github.com/hearth-hmis/hearth/server")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, r.Method+" "+r.Pattern, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// describe writes into the span what the log says too, and nothing that the caller chose.
func (c *call) describe(span trace.Span, a answer) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("graphql.operation.type", string(c.kind)), attribute.String("hearth.operation", c.name),
		attribute.String("hearth.app", c.app), attribute.Int("hearth.cost", c.rows), attribute.Int("http.response.status_code", a.status))
	if len(a.errors) > 0 {
		span.SetStatus(otelcodes.Error, c.incident)
	}
}
