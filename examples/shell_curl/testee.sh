#!/usr/bin/env bash
# A testee of curl and jq: mockserver check client -- bash examples/shell_curl/testee.sh
set -u

# Send a request; then $status, $after and $body say what came. curl waits as Retry-After says, if it is in seconds.
send() {
  local tries=0
  while :; do
    : >"$scratch/body"
    status=$(curl -s -o "$scratch/body" -D "$scratch/headers" -w '%{http_code}' -m 5 -H "authorization: Bearer $token" "$@")
    lost=$?
    body=$(cat "$scratch/body")
    case "$*" in *--data-binary*) again='429|500|503'; [ $lost = 0 ] || return 1 ;; *) again='000|429|500|502|503|504'; [ $lost = 0 ] || status=000 ;; esac
    [[ $status =~ ^($again)$ ]] && [ $tries -lt 3 ] || return 0
    after=$(tr -d '\r' <"$scratch/headers" 2>/dev/null | sed -n 's/^retry-after: //Ip')
    if [[ $after =~ ^[0-9]+$ ]]; then wait=$after
    elif [ -n "$after" ]; then wait=$(($(date -d "$after" +%s) - $(date +%s) + 1))
    else wait=$(awk "BEGIN { print 0.5 * 2 ^ $tries }"); fi
    [ "$(awk "BEGIN { print ($(date +%s.%N) + $wait < $deadline) }")" = 1 ] || return 0
    sleep "$wait"
    tries=$((tries + 1))
  done
}

good() { [ "$status" = 200 ] && [ "$(jq -r '.code? // empty' <<<"$body" 2>/dev/null)" = 0 ]; }

refused() {
  jq -cn --arg status "$status" --arg text "$body" --arg task "${1:-}" '($text | fromjson? // {}) as $b
    | {outcome: "error", http_status: ($status | tonumber), code: $b.code, request_id: $b.request_id,
       message: ($b.message // "no JSON: \($text[:100])")} + (if $task == "" then {} else {task_id: $task} end)'
}

generate() {
  token=$(jq -r .credentials.token <<<"$line")
  deadline=$(awk "BEGIN { printf \"%.3f\", $(date +%s.%N) + $(jq -r .timeout <<<"$line") }")
  url=$(jq -r '.base_url + {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}[.operation]' <<<"$line")
  # jq may round numbers beyond 2^53, so the payload is cut out as text.
  payload=${line#*\"payload\": }
  payload=${payload%, \"timeout\": *}
  send "$url" -H 'content-type: application/json' --data-binary "$payload" || { echo '{"outcome": "error", "message": "no answer"}'; return; }
  good || { refused; return; }
  id=$(jq -r .data.task_id <<<"$body")
  while [ "$(awk "BEGIN { print ($(date +%s.%N) < $deadline) }")" = 1 ]; do
    sleep 0.1
    send "$url/$id"
    good || { refused "$id"; return; }
    case $(jq -r .data.task_status <<<"$body") in
      failed) jq -c '{outcome: "failed", task_id: .data.task_id, message: .data.task_status_msg}' <<<"$body"; return ;;
      succeed)
        jq -c '.data | {outcome: "succeed", task_id, urls: [(.task_result | (.series_images // []) + (.images // []) + (.videos // []))[].url]}' <<<"$body"
        return ;;
    esac
  done
  jq -cn --arg id "$id" '{outcome: "timeout", task_id: $id}'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
while IFS= read -r line; do
  case $(jq -r .do <<<"$line") in
    hello) answer='{"name": "example-curl", "version": "1", "operations": ["kling/omni-image", "kling/omni-video"]}' ;;
    generate) answer=$(generate) ;;
    *) answer='{"outcome": "unsupported", "reason": "it takes no callbacks"}' ;;
  esac
  jq -c --argjson id "$(jq .id <<<"$line")" '{id: $id} + .' <<<"$answer"
done
