package hmis

import (
	"errors"
	"fmt"
)

// ErrorCode says what kind of refusal an Error is; the API answers it in extensions.code.
type ErrorCode string

// The codes of the API. Everything that is not an Error is answered as Internal.
const (
	Invalid     ErrorCode = "INVALID"     // the request or the file is wrong; the message says how to mend it
	NotFound    ErrorCode = "NOT_FOUND"   // absent, or not for this viewer: the two are never told apart
	Conflict    ErrorCode = "CONFLICT"    // something else changed it first
	Denied      ErrorCode = "DENIED"      // not signed in, or the role has no such right
	Limit       ErrorCode = "LIMIT"       // too large, too deep, too often
	Unavailable ErrorCode = "UNAVAILABLE" // try again later
	Internal    ErrorCode = "INTERNAL"    // a fault of Hearth; the log has the incident id
)

// Error is the only kind of error whose text leaves the hub. Its message never holds personal data.
type Error struct {
	Code    ErrorCode
	Message string
	Element string // HUD element number or CSV column that it is about, where there is one
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error of the code. The arguments must not be personal data.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the Error in err's chain, and Internal where there is none.
func CodeOf(err error) ErrorCode {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
