package seal

import (
	"context"
	"strings"

	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// serviceKey finds a key of a key management service by its URI. Credentials come from where the service's own tools take
// them. Errors: Invalid for a URI of no service that there is a client for.
func serviceKey(uri string) (tink.AEAD, error) {
	if !strings.HasPrefix(uri, "aws-kms://") {
		return nil, hmis.Errorf(hmis.Invalid, "this hearth has a client for AWS KMS alone; name a key of it as aws-kms://arn:aws:kms:REGION:ACCOUNT:key/ID")
	}
	client, err := awskms.NewClientWithOptions(context.Background(), uri)
	if err != nil {
		return nil, hmis.Errorf(hmis.Invalid, "the key is named as aws-kms://arn:aws:kms:REGION:ACCOUNT:key/ID, and the settings of AWS in the environment must be readable")
	}
	return client.GetAEAD(uri)
}
