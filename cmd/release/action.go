// The action.yml of a release: the one of main, but for the image.

package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// byDigest returns action.yml with the image by digest in the place of "Dockerfile".
// All other bytes stay.
func byDigest(action []byte, image, digest string) ([]byte, error) {
	if !digestForm.MatchString(digest) {
		return nil, fmt.Errorf("digest %q: give the one of the pushed image, sha256: and 64 hexadecimal digits", digest)
	}
	node, err := imageNode(action)
	if err != nil {
		return nil, err
	}
	if value := node.GetToken().Value; value != "Dockerfile" {
		return nil, fmt.Errorf("action.yml: runs.image is %q and not \"Dockerfile\": release a commit of main", value)
	}
	lines := bytes.SplitAfter(action, []byte("\n"))
	line := &lines[node.GetToken().Position.Line-1]
	*line = bytes.Replace(*line, []byte("Dockerfile"), []byte("docker://"+image+"@"+digest), 1)
	changed := bytes.Join(lines, nil)
	if got, err := digestOf(changed, image); err != nil || got != digest {
		return nil, fmt.Errorf("action.yml: cannot replace runs.image: write it as \"  image: Dockerfile\" on a line of its own")
	}
	return changed, nil
}

// digestOf returns the digest by which a released action.yml names the image.
func digestOf(action []byte, image string) (string, error) {
	node, err := imageNode(action)
	if err != nil {
		return "", err
	}
	value := node.GetToken().Value
	digest, ok := strings.CutPrefix(value, "docker://"+image+"@")
	if !ok || !digestForm.MatchString(digest) {
		return "", fmt.Errorf("action.yml: runs.image is %q and not a digest of %s", value, image)
	}
	return digest, nil
}

func imageNode(action []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(action, 0)
	if err != nil {
		return nil, fmt.Errorf("action.yml: %w", err)
	}
	path, err := yaml.PathString("$.runs.image")
	if err != nil {
		return nil, err
	}
	node, err := path.FilterFile(file)
	if err != nil {
		return nil, fmt.Errorf("action.yml has no runs.image: %w", err)
	}
	return node, nil
}
