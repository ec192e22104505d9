# A client of curl and jq.
set -eu
images=${1:-https://api-singapore.klingai.com}/v1/images/omni-image
ask() { curl --silent --show-error --fail --header 'Authorization: Bearer me' "$@"; }

task=$(ask --json '{"prompt": "A cat"}' "$images" | jq --raw-output .data.task_id)
while data=$(ask "$images/$task"); [ "$(echo "$data" | jq --raw-output .data.task_status)" != succeed ]; do sleep 0.1; done
url=$(echo "$data" | jq --raw-output '.data.task_result.images[0].url')
echo "$url $(curl --silent --fail "$url" | head --bytes 4 | tail --bytes 3)"
