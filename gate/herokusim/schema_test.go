// Checking answers against the schema that Heroku publishes with its Go client.

package herokusim

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// later has parts of Heroku's schema that are not in the copy in heroku-go 5.5.0
// (September 2025), with the place where they are published.
var later = []struct{ where, schema, source string }{
	{"definitions/app/properties/generation", `{"type": ["object"], "properties": {"id": {"type": ["string"], "format": "uuid"}, "name": {"type": ["string"]}}}`, platformAPI},
	{"definitions/formation/properties/dyno_size", `{"type": ["object"], "properties": {"id": {"type": ["string"], "format": "uuid"}, "name": {"type": ["string"]}}}`, platformAPI},
	{"definitions/release/properties/artifacts", `{"type": ["array"], "items": {"type": ["object"], "properties": {"id": {"type": ["string"], "format": "uuid"}, "type": {"type": ["string"]}}}}`, platformAPI},
	{"definitions/release/properties/eligible_for_rollback", `{"type": ["boolean"]}`, platformAPI},
	{"definitions/release/definitions/status/enum", `["failed", "pending", "succeeded", "expired"]`, platformAPI},
	{"definitions/slug/properties/deleted_at", `{"type": ["string", "null"], "format": "date-time"}`, platformAPI},
	{"definitions/build/properties/generation", `{"type": ["string"]}`, platformAPI},
	{"definitions/build/definitions/source_blob/properties/version_description", `{"type": ["string", "null"]}`, platformAPI},
	{"definitions/oci-image", `{
		"type": ["object"],
		"properties": {
			"architecture": {"type": ["string", "null"]}, "base_image_name": {"type": ["string"]}, "base_top_layer": {"type": ["string"]},
			"buildpacks": {"type": ["array"], "items": {"type": ["object"], "properties": {
				"homepage": {"type": ["string"]}, "id": {"type": ["string"]}, "version": {"type": ["string"]}}}},
			"commit": {"type": ["string"]}, "commit_description": {"type": ["string"]},
			"created_at": {"type": ["string"], "format": "date-time"}, "deleted_at": {"type": ["string", "null"], "format": "date-time"},
			"digest": {"type": ["string"]}, "id": {"type": ["string"], "format": "uuid"}, "image_repo": {"type": ["string"]},
			"process_types": {"type": ["object"], "additionalProperties": false, "patternProperties": {"^[-\\w]{1,128}$": {"type": ["object"], "properties": {
				"name": {"type": ["string"]}, "display_cmd": {"type": ["string"]}, "command": {"type": ["string"]},
				"working_dir": {"type": ["string"]}, "default": {"type": ["boolean", "null"]}}}}},
			"stack": {"type": ["object"], "properties": {"id": {"type": ["string"], "format": "uuid"}, "name": {"type": ["string"]}}},
			"updated_at": {"type": ["string"], "format": "date-time"}},
		"links": [{"method": "GET", "rel": "self", "href": "/apps/{}/oci-images/{}", "targetSchema": {"type": ["array"], "items": {"$ref": "#/definitions/oci-image"}}}]}`, platformAPI},
}

const platformAPI = "schema.json of heroku/platform-api, 2026-06-05"

// laterSDK is where the answers of version=3.sdk differ.
var laterSDK = []struct{ where, schema, source string }{
	{"definitions/app/properties/generation", `{"type": ["string"], "enum": ["cedar", "fir"]}`, "npm package heroku 11.10.0, lib/apps/generation"},
}

// refused is the form of an error, which the schema does not have.
const refused = `{"type": ["object"], "additionalProperties": false, "required": ["id", "message"],
	"properties": {"id": {"type": ["string"], "pattern": "^[a-z_]+$"}, "message": {"type": ["string"], "minLength": 1}, "url": {"type": ["string"]}}}`

// A published is the schema of one version of the API.
type published struct {
	links    []link
	refusals *jsonschema.Schema
}

// A link is an endpoint, with the forms of its requests and answers.
type link struct {
	method, href, rel string
	path              *regexp.Regexp
	schema            *jsonschema.Schema
	input             *jsonschema.Schema // of the request's body; nil if it has none
}

// schemas are those of version=3 and version=3.sdk, compiled once.
var schemas = sync.OnceValues(func() (map[string]*published, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/heroku/heroku-go/v5")
	dir, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("looking for heroku-go: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*published{}
	for _, version := range []string{"3", "3.sdk"} {
		if all[version], err = publish(text, version == "3.sdk"); err != nil {
			return nil, fmt.Errorf("schema of version=%s: %w", version, err)
		}
	}
	return all, nil
})

// schemaOf is the schema of the version that a request asks for.
func schemaOf(r *http.Request) (*published, error) {
	all, err := schemas()
	if strings.Contains(r.Header.Get("Accept"), "version=3.sdk") {
		return all["3.sdk"], err
	}
	return all["3"], err
}

func publish(text []byte, sdk bool) (*published, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for _, x := range later {
		if err := place(root, x.where, x.schema, strings.HasSuffix(x.where, "/enum")); err != nil {
			return nil, err
		}
	}
	for _, x := range laterSDK {
		if !sdk {
			break
		}
		if err := place(root, x.where, x.schema, true); err != nil {
			return nil, err
		}
	}
	asked, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	withoutHyper(asked)
	withoutHyper(root)
	exact(root)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.AssertFormat()
	c.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
		return (*ecmaPattern)(re), err
	})
	if err := c.AddResource("heroku.json", root); err != nil {
		return nil, err
	}
	if err := c.AddResource("asked.json", asked); err != nil {
		return nil, err
	}
	errorForm, _ := jsonschema.UnmarshalJSON(strings.NewReader(refused))
	if err := c.AddResource("error.json", errorForm); err != nil {
		return nil, err
	}
	p := &published{}
	if p.refusals, err = c.Compile("error.json"); err != nil {
		return nil, err
	}
	for name, definition := range root.(map[string]any)["definitions"].(map[string]any) {
		links, _ := definition.(map[string]any)["links"].([]any)
		for i, l := range links {
			l := l.(map[string]any)
			if l["targetSchema"] == nil {
				continue
			}
			x := link{method: l["method"].(string), href: regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(l["href"].(string), "{}")}
			x.rel, _ = l["rel"].(string)
			x.path = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(x.href), `\{\}`, "[^/]+") + "$")
			if x.schema, err = c.Compile(fmt.Sprintf("heroku.json#/definitions/%s/links/%d/targetSchema", name, i)); err != nil {
				return nil, err
			}
			if l["schema"] != nil {
				if x.input, err = c.Compile(fmt.Sprintf("asked.json#/definitions/%s/links/%d/schema", name, i)); err != nil {
					return nil, err
				}
			}
			p.links = append(p.links, x)
		}
	}
	return p, nil
}

// place adds a part of later to the schema.
func place(root any, where, schema string, replace bool) error {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	at := root.(map[string]any)
	steps := strings.Split(where, "/")
	for _, step := range steps[:len(steps)-1] {
		next, ok := at[step].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: there is no %s", where, step)
		}
		at = next
	}
	last := steps[len(steps)-1]
	old, known := at[last]
	if known && (!replace || reflect.DeepEqual(old, value)) {
		return fmt.Errorf("%s: heroku-go knows it by now: take it out of the list of what came later", where)
	}
	at[last] = value
	return nil
}

// withoutHyper removes "$schema", which names hyper-schemas that are not available offline.
func withoutHyper(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, isText := v["$schema"].(string); isText {
			delete(v, "$schema")
		}
		for _, x := range v {
			withoutHyper(x)
		}
	case []any:
		for _, x := range v {
			withoutHyper(x)
		}
	}
}

// exact makes all properties of every object required, and forbids others. For most
// objects the schema says so with "strictProperties", Heroku's own keyword.
func exact(v any) {
	switch v := v.(type) {
	case map[string]any:
		if properties, ok := v["properties"].(map[string]any); ok && len(properties) > 0 && v["required"] == nil && isObject(v) {
			names := []any{}
			for name := range properties {
				names = append(names, name)
			}
			v["required"], v["additionalProperties"] = names, false
		}
		for _, x := range v {
			exact(x)
		}
	case []any:
		for _, x := range v {
			exact(x)
		}
	}
}

func isObject(v map[string]any) bool {
	types, _ := v["type"].([]any)
	return slices.Contains(types, any("object"))
}

type ecmaPattern regexp2.Regexp

func (p *ecmaPattern) MatchString(s string) bool {
	ok, err := (*regexp2.Regexp)(p).MatchString(s)
	return ok && err == nil
}

func (p *ecmaPattern) String() string { return (*regexp2.Regexp)(p).String() }

// check returns what is wrong with an answer.
func (p *published) check(method, path string, status int, header http.Header, body []byte) error {
	_, err := p.find(method, path, status, header, body)
	return err
}

// find returns which endpoint gave a good answer; empty for a refusal.
func (p *published) find(method, path string, status int, header http.Header, body []byte) (endpoint string, err error) {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if kind != "application/json" {
		return "", fmt.Errorf("it is of type %q", header.Get("Content-Type"))
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	if status >= 400 {
		return "", p.refusals.Validate(value)
	}
	n := slices.IndexFunc(p.links, func(l link) bool { return l.method == method && l.path.MatchString(path) })
	if n < 0 {
		return "", fmt.Errorf("the schema has no such endpoint")
	}
	l := p.links[n]
	allowed := map[string][]int{"self": {200}, "instances": {200, 206}, "create": {201}, "update": {200}, "destroy": {200}, "empty": {202}}[l.rel]
	if !slices.Contains(allowed, status) {
		return "", fmt.Errorf("status %d is none of %d, those of a link %q", status, allowed, l.rel)
	}
	return l.method + " " + l.href, l.schema.Validate(value)
}

// input returns what is wrong with the body of a request. If there are two forms, it has to fit one of them.
func (p *published) input(method, path string, body []byte) error {
	err := fmt.Errorf("the schema has no such endpoint")
	for _, l := range p.links {
		if l.method != method || !l.path.MatchString(path) {
			continue
		}
		if l.input == nil {
			return nil
		}
		value, bad := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if bad != nil {
			return bad
		}
		if err = l.input.Validate(value); err == nil {
			return nil
		}
	}
	return err
}

// checked is a transport to a server that checks all answers.
type checked struct {
	t     *testing.T
	s     *Server
	asked map[string]bool // endpoints with a good answer
}

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.s.Transport().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	schema, err := schemaOf(r)
	if err != nil {
		c.t.Fatal(err)
	}
	endpoint, err := schema.find(r.Method, r.URL.Path, resp.StatusCode, resp.Header, body)
	if err == nil && endpoint != "" {
		c.asked[endpoint] = true
	}
	if err != nil {
		c.t.Errorf("%s %s, %s, at %s: status %d, %v\n%.2000s", r.Method, r.URL.Path, r.Header.Get("Accept"), c.s.Now(), resp.StatusCode, err, body)
	}
	return resp, nil
}

// get requests a path in one version of the API, and checks the answer.
func (c checked) get(path, version string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), "GET", "https://api.heroku.com"+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Accept", "application/vnd.heroku+json; version="+version)
	if _, err := c.RoundTrip(r); err != nil {
		c.t.Fatal(err)
	}
}
