// Requests that upload sources, build them, and release what was built.

package herokusim

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// An upload is the place for a source. tarball is nil before the upload.
type upload struct{ tarball []byte }

// sources is the beginning of the path to which a source is uploaded.
const sources = "/sources/"

func (c *writeRequest) createSource() *answer {
	w := c.s.writing
	w.made++
	id := idOf("source", fmt.Sprint(w.made))
	w.uploads[id] = &upload{}
	url := base(c.r) + sources + id + ".tgz"
	return reply(object{"source_blob": object{"get_url": url, "put_url": url}}).withStatus(http.StatusCreated)
}

// blob stores a source or returns it. On Heroku the URL is a signed one of Amazon S3, which refuses
// requests with an API key, or with a Content-Type that was not signed.
func (s *Server) blob(w http.ResponseWriter, r *http.Request) {
	var data bytes.Buffer
	var large error
	if r.Method == http.MethodPut {
		_, large = data.ReadFrom(http.MaxBytesReader(nil, r.Body, maxUpload))
	}
	status, text := s.putOrGet(r, data.Bytes(), large != nil)
	if status != http.StatusOK {
		w.Header().Set("Content-Type", "application/xml")
		text = []byte("<Error><Code>" + string(text) + "</Code></Error>\n")
	}
	w.WriteHeader(status)
	w.Write(text)
}

// putOrGet stores data, or returns what is stored. If the status is not 200, the text is Amazon's
// code of the error.
func (s *Server) putOrGet(r *http.Request, data []byte, large bool) (status int, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	put := r.Method == http.MethodPut
	var at *upload
	if s.writing != nil {
		at = s.writing.uploads[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, sources), ".tgz")]
	}
	switch {
	case at == nil || !put && at.tarball == nil:
		return http.StatusNotFound, []byte("NoSuchKey")
	case r.Header.Get("Authorization") != "":
		return http.StatusBadRequest, []byte("InvalidArgument")
	case put && r.Header.Get("Content-Type") != "":
		return http.StatusForbidden, []byte("SignatureDoesNotMatch")
	case large:
		return http.StatusBadRequest, []byte("EntityTooLarge")
	case put:
		at.tarball = data
		return http.StatusOK, nil
	case r.Method == http.MethodGet:
		return http.StatusOK, at.tarball
	}
	return http.StatusMethodNotAllowed, []byte("MethodNotAllowed")
}

func (c *writeRequest) createBuild() *answer {
	var params struct {
		Blob *struct {
			URL, Version, Checksum *string
		} `json:"source_blob"`
	}
	if bad := c.read(&params); bad != nil {
		return bad
	}
	if params.Blob == nil || params.Blob.URL == nil {
		return invalid("Require params: source_blob.")
	}
	_, id, _ := strings.Cut(*params.Blob.URL, sources)
	up := c.s.writing.uploads[strings.TrimSuffix(id, ".tgz")]
	if up == nil {
		return invalid("The simulated Heroku builds only what was uploaded to it.")
	}
	src := readSource(up.tarball)
	src.url = *params.Blob.URL
	if params.Blob.Version != nil {
		src.version = *params.Blob.Version
	}
	build := *c.s.writing.options.Build
	if b := src.behaviour.Build; b != nil {
		build = Build{Takes: seconds(orElse(b.Seconds, build.Takes.Seconds())), Fails: b.Fails}
	}
	build.Fails = build.Fails || src.bad != ""
	if bad := c.change(func(p *play) { p.build(&Deploy{Build: &build}, src.commit(), src, nil) }); bad != nil {
		return bad
	}
	for key, steps := range c.app.story.builds {
		if steps[0].at == c.now && steps[0].value.source == src {
			return c.current("builds", key, http.StatusCreated)
		}
	}
	return refusal(http.StatusInternalServerError, "internal_server_error", "The build is lost.")
}

func (c *writeRequest) createRelease() *answer {
	var params struct{ Release, Slug, Description *string }
	if bad := c.read(&params); bad != nil {
		return bad
	}
	of, description := releaseRecord{}, ""
	for _, r := range c.app.story.releases.all(c.now) {
		switch {
		case params.Release != nil && r.id == *params.Release:
			of, description = r, fmt.Sprintf("Rollback to v%d", r.version)
		case params.Release == nil && params.Slug != nil && r.slug == *params.Slug:
			of, description = r, "Deploy "+r.commit[:min(8, len(r.commit))]
		}
	}
	switch {
	case params.Release == nil && params.Slug == nil:
		return invalid("Require params: slug.")
	case of.version == 0 && params.Release != nil:
		return notFound("release")
	case of.version == 0:
		return notFound("slug")
	case !of.eligible:
		return invalid("Cannot roll back to v%d: it is not eligible.", of.version)
	case params.Release == nil && params.Description != nil:
		description = *params.Description
	}
	if bad := c.change(func(p *play) { p.releaseAgain(description, of.version) }); bad != nil {
		return bad
	}
	newest := 0
	for _, r := range c.app.story.releases.all(c.now) {
		newest = max(newest, r.version)
	}
	return c.current("releases", fmt.Sprint(newest), http.StatusCreated)
}
