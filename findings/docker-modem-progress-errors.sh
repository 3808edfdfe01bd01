#!/usr/bin/env bash
# followProgress of docker-modem 5.0.7, which dockerode offers for pulls, pushes and builds, reports success for a stream in which the
# engine reports a failure: the engine has sent the status 200 by then, writes the failure as a JSON object of the stream, and the
# callback for the end gets no error. An object that no line break follows is dropped as well.
#
# Seen with docker-modem 5.0.7 on a progress line, an error as an engine writes it for a tag that does not exist, and an object
# without a line break behind it:
#   error: null
#   objects: ["status","errorDetail,error"]
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund docker-modem@5.0.7 >>npm.log 2>&1
cat >finding.js <<'JS'
const { PassThrough } = require('stream');
const Modem = require('docker-modem');
const stream = new PassThrough();
new Modem({ host: 'localhost', port: 1 }).followProgress(stream, (error, objects) => {
  console.log('error:', error);
  console.log('objects:', JSON.stringify(objects.map((object) => Object.keys(object).join(','))));
});
const message = 'manifest unknown';
stream.write('{"status":"Pulling from library/app"}\r\n');
stream.write(JSON.stringify({ errorDetail: { message }, error: message }) + '\r\n');
stream.end('{"aux":{}}');
JS
output=$(node finding.js)
echo "$output"
[ "$output" = 'error: null
objects: ["status","errorDetail,error"]' ]
