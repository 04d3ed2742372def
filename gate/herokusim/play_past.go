// The releases before a story, and those of a new app.

package herokusim

import (
	"fmt"
	"time"
)

// past returns the releases before the story, or the default ones.
func (sc *Scenario) past() []Past {
	if len(sc.Releases) == 0 && !sc.Young {
		return []Past{{Version: 40, At: -48 * time.Hour}, {Version: 41, At: -24 * time.Hour}}
	}
	return sc.Releases
}

// youngVersions is how many releases a new app begins with.
const youngVersions = 2

// addYoungReleases makes the releases of a new app. They have no code.
func (p *play) addYoungReleases() {
	if !p.sc.Young {
		return
	}
	for _, description := range [youngVersions]string{"Initial release", "Enable Logplex"} {
		p.version++
		if p.grows != nil {
			p.api(description + " by user " + user)
		}
		r := releaseRecord{id: p.uuid(), description: description, status: "succeeded", version: p.version, created: p.now}
		p.succeed(r, nil)
	}
}

// addEarlierReleases makes the releases before past. Only their records matter.
func (p *play) addEarlierReleases(past []Past) {
	for n := p.sc.Earlier; n > 0; n-- {
		version, at := past[0].Version-n, p.now-time.Duration(n)*24*time.Hour
		r := releaseRecord{id: p.uuid(), description: fmt.Sprintf("Deploy %08x", version), status: "succeeded", version: version, eligible: true, created: at, updated: at}
		r.commit = fmt.Sprintf("%040x", version)
		if n > 20 && at < -30*24*time.Hour { // Heroku has deleted its code
			r.status, r.eligible = "expired", false
			p.byVer[version] = r
			p.st.releases.put(r.id, at, r)
			continue
		}
		if !p.fir() && p.sc.App.Stack != "container" {
			r.slug = p.uuid()
			p.st.slugs.put(r.slug, at, slugRecord{id: r.slug, commit: r.commit, created: at})
		}
		p.byVer[version] = r
		p.st.releases.put(r.id, at, r)
	}
}
