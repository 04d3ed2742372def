// This file is for writing code: sources, their upload, builds, and releases of what was built.

package herokusim

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// An upload is a source, from when it was asked for.
type upload struct{ tarball []byte }

// sources begins the path to which a source is uploaded.
const sources = "/sources/"

func (c *edit) createSource() *answer {
	w := c.s.writing
	w.made++
	id := idOf("source", fmt.Sprint(w.made))
	w.uploads[id] = &upload{}
	url := base(c.r) + sources + id + ".tgz"
	return reply(object{"source_blob": object{"get_url": url, "put_url": url}}).as(http.StatusCreated)
}

// blob takes a source, or gives it back. On Heroku its URL leads to Amazon S3, and is signed:
// whoever adds a key, or a type of content that was not signed, is refused there.
func (s *Server) blob(w http.ResponseWriter, r *http.Request) {
	put := r.Method == http.MethodPut
	var data bytes.Buffer
	var large error
	if put {
		_, large = data.ReadFrom(http.MaxBytesReader(nil, r.Body, mostUpload))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, text := http.StatusOK, []byte(nil)
	refuse := func(as int, code string) {
		status, text = as, fmt.Appendf(nil, "<Error><Code>%s</Code></Error>\n", code)
	}
	var at *upload
	if s.writing != nil {
		at = s.writing.uploads[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, sources), ".tgz")]
	}
	switch {
	case at == nil || !put && at.tarball == nil:
		refuse(http.StatusNotFound, "NoSuchKey")
	case r.Header.Get("Authorization") != "":
		refuse(http.StatusBadRequest, "InvalidArgument")
	case put && r.Header.Get("Content-Type") != "":
		refuse(http.StatusForbidden, "SignatureDoesNotMatch")
	case put && large != nil:
		refuse(http.StatusBadRequest, "EntityTooLarge")
	case put:
		at.tarball = data.Bytes()
	case r.Method == http.MethodGet:
		text = at.tarball
	default:
		refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
	if status >= 400 {
		w.Header().Set("Content-Type", "application/xml")
	}
	w.WriteHeader(status)
	w.Write(text)
}

func (c *edit) createBuild() *answer {
	var wish struct {
		Blob *struct {
			URL, Version, Checksum *string
		} `json:"source_blob"`
	}
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	if wish.Blob == nil || wish.Blob.URL == nil {
		return invalid("Require params: source_blob.")
	}
	_, id, _ := strings.Cut(*wish.Blob.URL, sources)
	up := c.s.writing.uploads[strings.TrimSuffix(id, ".tgz")]
	if up == nil {
		return invalid("The simulated Heroku builds only what was uploaded to it.")
	}
	src := readSource(up.tarball)
	src.url = *wish.Blob.URL
	if wish.Blob.Version != nil {
		src.version = *wish.Blob.Version
	}
	build := *c.s.writing.options.Build
	if b := src.behaviour.Build; b != nil {
		build = Build{Takes: seconds(orElse(b.Seconds, build.Takes.Seconds())), Fails: b.Fails}
	}
	build.Fails = build.Fails || src.bad != ""
	if bad := c.do(func(p *play) { p.build(&Deploy{Build: &build}, src.commit(), src, nil) }); bad != nil {
		return bad
	}
	for key, steps := range c.app.story.builds {
		if steps[0].at == c.now && steps[0].value.source == src {
			return c.shown("builds", key, http.StatusCreated)
		}
	}
	return refusal(http.StatusInternalServerError, "internal_server_error", "The build is lost.")
}

func (c *edit) createRelease() *answer {
	var wish struct{ Release, Slug, Description *string }
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	of, description := releaseRecord{}, ""
	for _, r := range c.app.story.releases.all(c.now) {
		switch {
		case wish.Release != nil && r.id == *wish.Release:
			of, description = r, fmt.Sprintf("Rollback to v%d", r.version)
		case wish.Release == nil && wish.Slug != nil && r.slug == *wish.Slug:
			of, description = r, "Deploy "+r.commit[:min(8, len(r.commit))]
		}
	}
	switch {
	case wish.Release == nil && wish.Slug == nil:
		return invalid("Require params: slug.")
	case of.version == 0 && wish.Release != nil:
		return notFound("release")
	case of.version == 0:
		return notFound("slug")
	case !of.eligible:
		return invalid("Cannot roll back to v%d: it is not eligible.", of.version)
	case wish.Release == nil && wish.Description != nil:
		description = *wish.Description
	}
	if bad := c.do(func(p *play) { p.again(description, of.version) }); bad != nil {
		return bad
	}
	newest := 0
	for _, r := range c.app.story.releases.all(c.now) {
		newest = max(newest, r.version)
	}
	return c.shown("releases", fmt.Sprint(newest), http.StatusCreated)
}
