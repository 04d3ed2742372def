// The form of an answer: headers, errors, pages, ETags.

package herokusim

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An answer is what a request gets if no fault prevents it.
type answer struct {
	status int
	header http.Header
	value  any
}

func reply(value any) *answer { return &answer{http.StatusOK, http.Header{}, value} }

// refusal is an error in Heroku's form.
func refusal(status int, id, message string) *answer {
	return &answer{status, http.Header{}, map[string]string{"id": id, "message": message}}
}

func notFound(what string) *answer {
	return refusal(http.StatusNotFound, "not_found", "Couldn't find that "+what+".")
}

// send writes the answer, with what the fault does to its body.
func (a *answer) send(w http.ResponseWriter, r *http.Request, fault *Fault) {
	body, err := json.Marshal(a.value)
	if err != nil {
		panic(err) // impossible: the values are our own
	}
	body = append(body, '\n')
	sum := sha256.Sum256(body)
	etag := fmt.Sprintf(`"%x"`, sum[:16])
	h := w.Header()
	for key, values := range a.header {
		h[key] = values
	}
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", idOf("request", fmt.Sprint(h.Get("Date"), r.URL, etag)))
	if a.status < 300 {
		h.Set("ETag", etag)
		if strings.Contains(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	if fault != nil && fault.CutBody {
		w.Write(body[:len(body)/2])
		flush(w)
		panic(http.ErrAbortHandler)
	}
	if fault != nil && fault.Trickle > 0 {
		for i := range body {
			w.Write(body[i : i+1])
			flush(w)
			if !sleep(r, fault.Trickle, nil) {
				panic(http.ErrAbortHandler)
			}
		}
		return
	}
	w.Write(body)
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// idOf makes an id. The same words always give the same id.
func idOf(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // the marks of a UUID of version 4
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// A row is an entry of a list, with the values of the fields by which the list can be sorted.
type row struct {
	keys  map[string]string
	value any
}

// A listRange is what a Range header asks for.
type listRange struct {
	field, from, to string
	after           bool // from itself is left out
	most            int  // entries in the page
	desc            bool
}

// A page has 200 entries if the client does not ask for another number.
const defaultPage, maxPage = 200, 1000

// parseRange reads headers such as `version ..; max=10, order=desc` and
// `id ]0123..; max=200`. A list can be sorted by the given fields; the first is the default.
func parseRange(header string, fields ...string) (listRange, error) {
	w := listRange{field: fields[0], most: defaultPage}
	if header == "" {
		return w, nil
	}
	span, options, _ := strings.Cut(header, ";")
	span = strings.TrimSpace(span)
	if field, rest, ok := strings.Cut(span, " "); ok {
		w.field, span = field, strings.TrimSpace(rest)
	} else if !strings.Contains(span, "..") {
		w.field, span = span, ".."
	}
	if !slices.Contains(fields, w.field) {
		return w, fmt.Errorf("cannot sort by %q, only by %s", w.field, strings.Join(fields, " or "))
	}
	var ok bool
	if w.from, w.to, ok = strings.Cut(span, ".."); !ok {
		return w, fmt.Errorf("%q is not a range", span)
	}
	w.from, w.after = strings.CutPrefix(w.from, "]")
	for option := range strings.FieldsFuncSeq(options, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		name, value, _ := strings.Cut(option, "=")
		switch {
		case name == "max":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxPage {
				return w, fmt.Errorf("max=%s is not 1 to %d", value, maxPage)
			}
			w.most = n
		case option == "order=desc":
			w.desc = true
		case option == "order=asc":
		default:
			return w, fmt.Errorf("option %q is not known", option)
		}
	}
	return w, nil
}

// sortable pads versions with zeros, so that they compare as numbers.
func sortable(field, value string) string {
	if field == "version" && value != "" {
		return fmt.Sprintf("%010s", value)
	}
	return value
}

// page answers with the page of a list that the Range header asks for.
func page(r *http.Request, rows []row, fields ...string) *answer {
	w, err := parseRange(r.Header.Get("Range"), fields...)
	if err != nil {
		return refusal(http.StatusRequestedRangeNotSatisfiable, "requested_range_not_satisfiable", err.Error())
	}
	key := func(x row) string { return sortable(w.field, x.keys[w.field]) }
	slices.SortStableFunc(rows, func(a, b row) int {
		if w.desc {
			a, b = b, a
		}
		return cmp.Compare(key(a), key(b))
	})
	from, to := sortable(w.field, w.from), sortable(w.field, w.to)
	rows = slices.DeleteFunc(rows, func(x row) bool {
		k := key(x)
		early, late := from != "" && k < from, to != "" && k > to
		if w.desc {
			early, late = from != "" && k > from, to != "" && k < to
		}
		return early || late || w.after && k == from
	})
	cut := len(rows) > w.most
	if cut {
		rows = rows[:w.most]
	}
	values := make([]any, len(rows))
	for i, x := range rows {
		values[i] = x.value
	}
	a := reply(values)
	a.header.Set("Accept-Ranges", strings.Join(fields, ", "))
	if len(rows) == 0 {
		return a
	}
	order := ""
	if w.desc {
		order = ", order=desc"
	}
	last := rows[len(rows)-1].keys[w.field]
	a.header.Set("Content-Range", fmt.Sprintf("%s %s..%s; max=%d%s", w.field, rows[0].keys[w.field], last, w.most, order))
	if cut {
		a.status = http.StatusPartialContent
		a.header.Set("Next-Range", fmt.Sprintf("%s ]%s..%s; max=%d%s", w.field, last, w.to, w.most, order))
	}
	return a
}

// readJSON reads a small body. An empty body counts as an empty object.
func readJSON(r *http.Request, into any) error {
	var body bytes.Buffer
	if r.Body == nil {
		return nil
	}
	if _, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, 1<<16)); err != nil || body.Len() == 0 {
		return err
	}
	return json.Unmarshal(body.Bytes(), into)
}
