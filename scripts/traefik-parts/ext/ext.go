// Package ext has the extension points of Traefik's dynamic configuration, all of them empty. Traefik keeps it in a
// module that is not published.
package ext

// HTTP extends the section http.
type HTTP struct{}

// Router extends a router.
type Router struct{}
