package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Answers of named questions, by HTTP alone: what is published under /public/, for everybody and without a cookie, and saved
// questions under /saved/, for who has their token.

// publicSeconds is how long a published answer may be kept by who asked.
const publicSeconds = "300"

// published answers /public/NAME as JSON and, with .csv after the name or where it is asked for by Accept, as CSV.
func (d *door) published(w http.ResponseWriter, r *http.Request) {
	c := d.newCall(r)
	if d.refusedAnswer(w, d.pay(c, operationCost)) {
		return
	}
	name, wantsCSV := strings.CutSuffix(r.PathValue("name"), ".csv")
	if !wantsCSV {
		name = strings.TrimSuffix(name, ".json")
		wantsCSV = strings.HasPrefix(r.Header.Get("Accept"), "text/csv")
	}
	json, csv, err := d.Public(r.Context(), name)
	if d.failedAnswer(w, r, c, err) {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*") // it is for everybody's pages, and no cookie is looked at
	h.Set("Cache-Control", "public, max-age="+publicSeconds)
	h.Add("Vary", "Accept")
	if wantsCSV {
		answerFile(w, r, csv, "text/csv; charset=utf-8", name+".csv")
	} else {
		answerFile(w, r, json, "application/json", "")
	}
}

// saved answers /saved/NAME.csv to who shows the token of the question: in the address, which is all that many spreadsheets can
// send, as a Bearer token, or as the password of Basic authentication.
func (d *door) saved(w http.ResponseWriter, r *http.Request) {
	c := d.newCall(r)
	if d.refusedAnswer(w, d.pay(c, operationCost)) {
		return
	}
	name, ok := strings.CutSuffix(r.PathValue("name"), ".csv")
	token := r.URL.Query().Get("token")
	if _, password, basic := r.BasicAuth(); basic {
		token = password
	} else if shown, refused := bearer(r.Header); refused == nil && shown.token != "" {
		token = shown.token
	}
	if !ok || token == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="saved query"`)
		plain(w, http.StatusUnauthorized, "the address of a saved query ends with .csv and its token\n")
		return
	}
	csv, err := d.Saved(r.Context(), name, token)
	if d.failedAnswer(w, r, c, err) {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answerFile(w, r, csv, "text/csv; charset=utf-8", name+".csv")
}

func (d *door) refusedAnswer(w http.ResponseWriter, refused *refusal) bool {
	if refused == nil {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	plain(w, refused.status, refused.Message+"\n")
	return true
}

// failedAnswer answers an error as what it is: hmis.Errors as they are told, others with an incident alone.
func (d *door) failedAnswer(w http.ResponseWriter, r *http.Request, c *call, err error) bool {
	if err == nil {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	told, ok := errors.AsType[*hmis.Error](err)
	switch {
	case !ok:
		d.Log.ErrorContext(r.Context(), "answer failed", "incident", c.incident, "cause", cause(err))
		plain(w, http.StatusInternalServerError, "internal error "+c.incident+"\n")
	case told.Code == hmis.NotFound:
		plain(w, http.StatusNotFound, told.Message+"\n")
	case told.Code == hmis.Denied:
		plain(w, http.StatusForbidden, told.Message+"\n")
	case told.Code == hmis.Unavailable:
		plain(w, http.StatusServiceUnavailable, told.Message+"\n")
	default:
		plain(w, http.StatusUnprocessableEntity, told.Message+"\n")
	}
	return true
}

// answerFile answers with an ETag of the content, and without the content where the caller has it.
func answerFile(w http.ResponseWriter, r *http.Request, body []byte, mediaType, fileName string) {
	sum := sha256.Sum256(body)
	h := w.Header()
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Content-Type", mediaType)
	if fileName != "" {
		h.Set("Content-Disposition", `attachment; filename="`+fileName+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
