// Answers that are valid JSON, but not what was asked for. A missing field would be read as
// zero: a formation without a quantity would want no dynos, and a feature without
// "enabled" would be off. So an answer that lacks a field which a verdict depends on is an error.

package platform

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"

	heroku "github.com/heroku/heroku-go/v5"
)

// flaw says what is wrong with an answer that was decoded into v; empty if nothing is.
func flaw(v any, ex *exchange) string {
	// A list that was cut has the status 206 and a Next-Range ("Platform API Reference", Ranges).
	if ex.status == http.StatusPartialContent && ex.header.Get("Next-Range") == "" {
		return "the answer is a part of a list and does not say where the next part is"
	}
	lack := ""
	switch v := v.(type) {
	case *appAnswer:
		lack = cmp.Or(without("id", v.ID == ""), without("name", v.Name == ""))
	case *heroku.AppFeature:
		var raw struct{ Enabled *bool }
		lack = without("enabled", json.Unmarshal(ex.body, &raw) != nil || raw.Enabled == nil)
	case *heroku.Slug:
		lack = without("id", v.ID == "")
	case *releaseRow:
		lack = lackOfRelease(&v.Release)
	case *[]releaseRow:
		return flawOfList(*v, func(_ int, r *releaseRow) string { return lackOfRelease(&r.Release) })
	case *[]heroku.Build:
		return flawOfList(*v, func(_ int, b *heroku.Build) string {
			return cmp.Or(without("id", b.ID == ""), without("status", b.Status == ""))
		})
	case *[]heroku.Dyno:
		return flawOfList(*v, func(_ int, d *heroku.Dyno) string {
			return cmp.Or(without("id", d.ID == ""), without("name", d.Name == ""), without("type", d.Type == ""),
				without("state", d.State == ""), without("release", d.Release.Version < 1))
		})
	case *[]heroku.Formation:
		var raw []struct{ Quantity *int }
		known := json.Unmarshal(ex.body, &raw) == nil && len(raw) == len(*v)
		return flawOfList(*v, func(i int, f *heroku.Formation) string {
			return cmp.Or(without("type", f.Type == ""), without("quantity", !known || raw[i].Quantity == nil || *raw[i].Quantity < 0))
		})
	}
	if lack != "" {
		return "the answer lacks " + lack
	}
	return ""
}

// lackOfRelease does not ask for a status: very old releases have none.
func lackOfRelease(r *heroku.Release) string {
	return cmp.Or(without("id", r.ID == ""), without("version", r.Version < 1), without("created_at", r.CreatedAt.IsZero()))
}

// flawOfList checks each element of a list. A null in the list was decoded as an empty element.
func flawOfList[T any](list []T, lack func(i int, row *T) string) string {
	if list == nil {
		return "the answer is null and not a list"
	}
	for i := range list {
		if l := lack(i, &list[i]); l != "" {
			return fmt.Sprintf("element %d of the list lacks %s", i+1, l)
		}
	}
	return ""
}

// without is the field's name in quotes if it is missing; otherwise empty.
func without(name string, missing bool) string {
	if !missing {
		return ""
	}
	return fmt.Sprintf("%q", name)
}
