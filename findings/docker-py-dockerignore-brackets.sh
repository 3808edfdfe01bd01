#!/usr/bin/env bash
# docker-py 7.1.0 reads a bracket expression of a .dockerignore file as Python's fnmatch does, where the Docker engine and its
# command line read it as Go's filepath.Match does. `[^a]` negates in Go and is an ordinary set in fnmatch; `[!a]` is the other way
# round. The same file therefore keeps exactly the files out of the build context that the command line would send. The function
# also adds an entry to the list of patterns that its caller passes.
#
# Seen with docker 7.1.0 on a directory with the files a and b:
#   [^a] sends b
#   [!a] sends a
#   patterns afterwards: ['[!a]', '!Dockerfile']
# Go's rules (https://pkg.go.dev/path/filepath#Match): [^a] ignores b, so that a is sent; [!a] ignores a, so that b is sent.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check docker==7.1.0
mkdir context
touch context/a context/b
cat >finding.py <<'PYTHON'
from docker.utils.build import exclude_paths

for pattern in ["[^a]", "[!a]"]:
    patterns = [pattern]
    print(pattern, "sends", *sorted(exclude_paths("context", patterns)))
print("patterns afterwards:", patterns)
PYTHON
output=$(venv/bin/python finding.py)
echo "$output"
[ "$output" = "[^a] sends b
[!a] sends a
patterns afterwards: ['[!a]', '!Dockerfile']" ]
