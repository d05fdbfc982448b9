package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The media types of GraphQL over HTTP. With the first, the status tells a refused request from one that ran; with
// the second, which older clients ask for, it is 200 wherever the request could be read.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
	mediaStream  = "text/event-stream" // server-sent events, for subscriptions
)

// bodyLimit is in bytes.
const bodyLimit = 256 << 10

// request is what a caller asks, its parameters checked for their types only.
type request struct {
	query     string
	document  string // the hash of a trusted document, in place of the query or with it
	operation string
	variables map[string]any
}

// refusal is an error for which nothing ran.
type refusal struct {
	*hmis.Error
	// status is 0 where the request could be read: the media type then decides.
	status int
	at     []gqlerror.Location // in the document
}

func refuse(status int, code hmis.ErrorCode, format string, args ...any) *refusal {
	return &refusal{Error: hmis.Errorf(code, format, args...), status: status}
}

// statusFor is the status of a refusal in an answer of the media type.
func (f *refusal) statusFor(media string) int {
	switch {
	case f.status != 0:
		return f.status
	case media == mediaJSON:
		return http.StatusOK
	case f.Code == hmis.Denied:
		return http.StatusUnauthorized
	default:
		return http.StatusBadRequest
	}
}

// read reads a request and checks that it is one.
func read(w http.ResponseWriter, r *http.Request) (*request, *refusal) {
	if !sentAsJSON(r.Header) {
		return nil, refuse(http.StatusUnsupportedMediaType, hmis.Invalid, "send the request as application/json in UTF-8, not compressed")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(http.StatusRequestEntityTooLarge, hmis.Limit, "a request has at most %d KiB", bodyLimit>>10)
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "the request broke off")
	}
	return decode(body)
}

func sentAsJSON(h http.Header) bool {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, named := params["charset"]
	encoding := h.Get("Content-Encoding")
	return err == nil && media == mediaJSON && (!named || strings.EqualFold(charset, "utf-8")) &&
		(encoding == "" || strings.EqualFold(encoding, "identity"))
}

// decode reads the parameters. Names are matched exactly, which decoding into a struct would not do, and what is
// not a parameter is ignored.
func decode(body []byte) (*request, *refusal) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
		if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] == '[' {
			return nil, refuse(http.StatusBadRequest, hmis.Invalid, "send one operation per request")
		}
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "the request is not a JSON object")
	}
	var q request
	var extensions map[string]json.RawMessage
	var persisted struct{ Sha256Hash string }
	parameters := []parameter{
		{"query", &q.query, "a string"},
		{"operationName", &q.operation, "a string"},
		{"variables", &q.variables, "an object"},
		{"documentId", &q.document, "a string"},
		{"extensions", &extensions, "an object"},
	}
	if refused := decodeParameters(raw, parameters); refused != nil {
		return nil, refused
	}
	if refused := decodeParameters(extensions, []parameter{{"persistedQuery", &persisted, "an object with sha256Hash"}}); refused != nil {
		return nil, refused
	}
	q.document = cmp.Or(q.document, persisted.Sha256Hash)
	if q.query == "" && q.document == "" {
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "query must be a GraphQL document")
	}
	return &q, nil
}

type parameter struct {
	name string
	into any
	kind string
}

func decodeParameters(raw map[string]json.RawMessage, parameters []parameter) *refusal {
	for _, p := range parameters {
		if raw[p.name] == nil {
			continue
		}
		value := json.NewDecoder(bytes.NewReader(raw[p.name]))
		value.UseNumber() // a float64 would round a long id
		if value.Decode(p.into) != nil {
			return refuse(http.StatusBadRequest, hmis.Invalid, "%s must be %s", p.name, p.kind)
		}
	}
	return nil
}

// readAddress reads a request that came by GET from its address, as if it had come as JSON.
func readAddress(r *http.Request) (*request, *refusal) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "the address is not well formed")
	}
	raw := map[string]json.RawMessage{}
	for _, name := range []string{"query", "operationName", "documentId"} {
		if values.Has(name) {
			raw[name], _ = json.Marshal(values.Get(name)) // a string
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		if values.Has(name) {
			raw[name] = json.RawMessage(values.Get(name))
		}
	}
	body, err := json.Marshal(raw)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "variables and extensions must be JSON objects")
	}
	return decode(body)
}

// accepted picks the media type of the answer; "" is none that the hub can give. */* means JSON, as it does to
// clients that know nothing of the newer type.
func accepted(header []string) string {
	list := strings.Join(header, ",")
	if strings.TrimSpace(list) == "" {
		return mediaJSON
	}
	best, weight := "", 0.0
	for part := range strings.SplitSeq(list, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if media == "*/*" || media == "application/*" {
			media = mediaJSON
		}
		if media != mediaJSON && media != mediaGraphQL && media != mediaStream {
			continue
		}
		if q > weight || q == weight && q > 0 && media != mediaJSON {
			best, weight = media, q
		}
	}
	return best
}
