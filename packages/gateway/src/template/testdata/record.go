// Records what Go's text/template makes of the templates in go.json, as Traefik 3.7 calls it: with the functions of sprig v3.2.3,
// split as strings.Split, and false as data. Errors are recorded as null: only that there is one matters.
//
//	mkdir /tmp/record && cp record.go /tmp/record && cd /tmp/record && go mod init record
//	go get github.com/Masterminds/sprig/v3@v3.2.3 github.com/spf13/cast@v1.7.0 && go mod tidy
//	TZ=UTC go run . < go.json > new.json && mv new.json go.json
package main

import (
	"encoding/json"
	"os"
	"strings"
	"text/template"
	"time"
	"unicode"

	"github.com/Masterminds/sprig/v3"
)

type recording struct {
	Recorded  string             `json:"recorded"`
	With      string             `json:"with"`
	Env       map[string]string  `json:"env"`
	Templates map[string]*string `json:"templates"`
}

func render(source string) *string {
	functions := sprig.TxtFuncMap()
	functions["split"] = strings.Split
	functions["normalize"] = func(name string) string {
		return strings.Join(strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) }), "-")
	}
	parsed, err := template.New("file").Funcs(functions).Parse(source)
	if err != nil {
		return nil
	}
	var text strings.Builder
	if parsed.Execute(&text, false) != nil {
		return nil
	}
	rendered := text.String()
	return &rendered
}

func main() {
	var all recording
	if err := json.NewDecoder(os.Stdin).Decode(&all); err != nil {
		panic(err)
	}
	os.Clearenv()
	for name, value := range all.Env {
		os.Setenv(name, value)
	}
	all.Recorded = time.Now().UTC().Format(time.DateOnly)
	all.With = "Go 1.26, sprig v3.2.3, cast v1.7.0"
	for source := range all.Templates {
		all.Templates[source] = render(source)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	encoder.Encode(all)
}
