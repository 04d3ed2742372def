// The objects of the Platform API about code: slugs, images, builds, and the config vars of a release.

package herokusim

import (
	"fmt"
	"strings"
	"time"
)

// configVars are the config vars of a release, as far as the story has set some.
func (v view) configVars(one string) *answer {
	for _, r := range v.st.releases.all(v.at) {
		if one == r.id || one == fmt.Sprint(r.version) {
			vars := object{}
			for name, value := range r.vars {
				vars[name] = value
			}
			return reply(vars)
		}
	}
	return notFound("release")
}

func (v view) slug(s slugRecord) row {
	types, language := object{}, "Ruby"
	for _, f := range v.st.formation.all(v.at) {
		types[f.typ] = f.command
	}
	if s.source != nil {
		types, language = object{}, s.source.language
		for typ, command := range s.source.types {
			types[typ] = command
		}
	}
	return row{map[string]string{"id": s.id}, object{
		"blob":                           object{"method": "GET", "url": v.base + "/blobs/" + s.id},
		"buildpack_provided_description": language, "checksum": "SHA256:" + strings.Repeat("e3b0c442", 8), "commit": s.commit,
		"commit_description": nil, "created_at": v.time(s.created), "deleted_at": nil, "id": s.id, "process_types": types, "size": 1 << 20,
		"stack": named{idOf("stack", v.stack()), v.stack()}, "updated_at": v.time(s.created),
	}}
}

func imageID(r releaseRecord) string { return idOf("image", r.commit) }

// image answers with a list of one image. It has a commit only on Fir, where Heroku
// built the image itself.
func (v view) image(id string) *answer {
	if v.st.Scenario.App.NoImages {
		return notFound("resource")
	}
	for _, r := range v.st.releases.all(v.at) {
		if r.slug != "" || imageID(r) != id {
			continue
		}
		commit := ""
		if v.st.Scenario.App.Generation == "fir" {
			commit = r.commit
		}
		return reply([]object{{
			"architecture": "arm64", "base_image_name": "heroku/heroku:24", "base_top_layer": "sha256:" + strings.Repeat("ea36ae5f", 8),
			"buildpacks": []object{}, "commit": commit, "commit_description": "", "created_at": v.time(v.built(r)), "deleted_at": nil,
			"digest": "sha256:" + strings.Repeat("dc14ae5f", 8), "id": id, "image_repo": v.appRef.ID + "/builds", "process_types": object{},
			"stack": named{idOf("stack", v.stack()), v.stack()}, "updated_at": v.time(v.built(r)),
		}})
	}
	return notFound("image")
}

// built is when the code of a release was first released.
func (v view) built(r releaseRecord) time.Duration {
	first := r.created
	for _, o := range v.st.releases.all(v.at) {
		if imageID(o) == imageID(r) {
			first = min(first, o.created)
		}
	}
	return first
}

func (v view) build(b buildRecord) row {
	var slug, release any
	if b.slug != "" {
		slug = idOnly{b.slug}
	}
	if b.release != "" {
		release = idOnly{b.release}
	}
	created := v.time(b.created)
	blob := object{"checksum": nil, "url": v.base + "/blobs/" + b.id, "version": b.commit, "version_description": nil}
	if b.source != nil {
		blob["url"], blob["version"] = b.source.url, nil
		if b.source.version != "" {
			blob["version"] = b.source.version
		}
	}
	return row{map[string]string{"id": b.id, "started_at": created.Format(time.RFC3339)}, object{
		"app": idOnly{v.appRef.ID}, "buildpacks": []object{}, "created_at": created, "generation": v.st.Scenario.generation(), "id": b.id,
		"output_stream_url": v.base + "/streams/" + b.id, "release": release, "slug": slug,
		"source_blob": blob,
		"stack":       v.stack(), "status": b.status, "updated_at": v.time(b.updated), "user": v.userRef,
	}}
}
