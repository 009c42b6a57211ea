// Package auth refuses every request: the middlewares basicAuth and digestAuth are not part of this Traefik, and no test
// uses them.
package auth

import "net/http"

// SecretProvider returns the secret of a user.
type SecretProvider func(user, realm string) string

// BasicAuth belongs to the middleware basicAuth.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// RequireAuth refuses a request.
func (*BasicAuth) RequireAuth(response http.ResponseWriter, _ *http.Request) { refuse(response) }

// CheckSecret accepts no password.
func CheckSecret(_, _ string) bool { return false }

// DigestAuth belongs to the middleware digestAuth.
type DigestAuth struct{}

// NewDigestAuthenticator returns an authenticator that knows nobody.
func NewDigestAuthenticator(_ string, _ SecretProvider) *DigestAuth { return &DigestAuth{} }

// CheckAuth accepts no credentials.
func (*DigestAuth) CheckAuth(_ *http.Request) (string, *string) { return "", nil }

// RequireAuth refuses a request.
func (*DigestAuth) RequireAuth(response http.ResponseWriter, _ *http.Request) { refuse(response) }

// RequireAuthStale refuses a request.
func (*DigestAuth) RequireAuthStale(response http.ResponseWriter, _ *http.Request) { refuse(response) }

// DigestAuthParams reads nothing from a header.
func DigestAuthParams(_ string) map[string]string { return nil }

func refuse(response http.ResponseWriter) {
	http.Error(response, "not part of this Traefik", http.StatusNotImplemented)
}
