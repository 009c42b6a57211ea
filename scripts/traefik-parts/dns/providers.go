// Package dns has no provider. Lego's have a hundred modules between them, which Traefik needs only to answer the DNS
// challenge of ACME, and no test does.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName finds no provider.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("DNS provider %q: not part of this Traefik", name)
}
