package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The media types of GraphQL over HTTP. With the first, the status tells a refused request from one that ran; with
// the second, which older clients ask for, it is 200 wherever the request could be read.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
)

// purposeHeader names what a request is made for, as policy.Purpose; releases may be for one purpose only.
const purposeHeader = "Hearth-Purpose"

// bodyLimit is in bytes.
const bodyLimit = 256 << 10

// request is what a caller asks, its parameters checked for their types only.
type request struct {
	query     string
	operation string
	variables map[string]any
}

// refusal is an error for which nothing ran.
type refusal struct {
	*hmis.Error
	// status is 0 where the request could be read: the media type then decides.
	status int
	line   int // in the document, with the column; 0: nowhere in it
	column int
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

// enter finds out who asks. A stranger may enter too; what a stranger may do is not decided here.
func (d *door) enter(r *http.Request, incident string) (context.Context, *refusal) {
	token := ""
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		token = strings.TrimSpace(rest)
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return nil, refuse(http.StatusUnauthorized, hmis.Denied, "the Authorization header must be: Bearer, a space, the token")
		}
	}
	ctx, err := d.Authenticate(r.Context(), token, r.Header.Get(purposeHeader))
	if err == nil {
		return ctx, nil
	}
	e, told := errors.AsType[*hmis.Error](err)
	switch {
	case !told:
		d.Log.ErrorContext(r.Context(), "authentication failed", "incident", incident, "cause", cause(err))
		return nil, refuse(http.StatusUnauthorized, hmis.Denied, "the token could not be checked; sign in again")
	case e.Code == hmis.Unavailable:
		return nil, &refusal{Error: e, status: http.StatusServiceUnavailable}
	default:
		return nil, refuse(http.StatusUnauthorized, hmis.Denied, "%s", e.Message)
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
	for _, p := range []struct {
		name string
		into any
		kind string
	}{
		{"query", &q.query, "a string"},
		{"operationName", &q.operation, "a string"},
		{"variables", &q.variables, "an object"},
		{"extensions", &extensions, "an object"},
	} {
		if raw[p.name] == nil {
			continue
		}
		parameter := json.NewDecoder(bytes.NewReader(raw[p.name]))
		parameter.UseNumber() // a float64 would round a long id
		if parameter.Decode(p.into) != nil {
			return nil, refuse(http.StatusBadRequest, hmis.Invalid, "%s must be %s", p.name, p.kind)
		}
	}
	if q.query == "" {
		return nil, refuse(http.StatusBadRequest, hmis.Invalid, "query must be a GraphQL document")
	}
	return &q, nil
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
		if media != mediaJSON && media != mediaGraphQL {
			continue
		}
		if q > weight || q == weight && q > 0 && media == mediaGraphQL {
			best, weight = media, q
		}
	}
	return best
}
