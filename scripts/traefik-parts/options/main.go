// Lists the options of Traefik's file configuration, by reflection over its types: `dynamic` or `static`.
package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/config/static"
)

func main() {
	var root reflect.Type = reflect.TypeOf(dynamic.Configuration{})
	if os.Args[1] == "static" {
		root = reflect.TypeOf(static.Configuration{})
	}
	var paths []string
	walk(root, "", nil, &paths)
	sort.Strings(paths)
	fmt.Println(strings.Join(paths, "\n"))
}

func walk(t reflect.Type, path string, seen []reflect.Type, paths *[]string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		for _, one := range seen {
			if one == t {
				return
			}
		}
		for i := 0; i < t.NumField(); i++ {
			field := t.Field(i)
			tag := strings.Split(field.Tag.Get("yaml"), ",")
			name := tag[0]
			if name == "-" || !field.IsExported() {
				continue
			}
			if field.Anonymous || (len(tag) > 1 && tag[1] == "inline") {
				walk(field.Type, path, append(seen, t), paths)
				continue
			}
			if name == "" {
				continue
			}
			at := name
			if path != "" {
				at = path + "." + name
			}
			*paths = append(*paths, at)
			walk(field.Type, at, append(seen, t), paths)
		}
	case reflect.Map:
		walk(t.Elem(), path+".NAME", seen, paths)
	case reflect.Slice:
		walk(t.Elem(), path+"[]", seen, paths)
	}
}
