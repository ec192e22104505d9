#!/usr/bin/env bash
# A testee of curl and jq: mockserver check client -- bash examples/shell_curl/testee.sh
# It needs bash 5. Times are in microseconds, because the shell knows only whole numbers.
set -u

now() { REPLY=${EPOCHREALTIME/[.,]/}; }

# Send a request; then $status and $body say what came. curl waits as Retry-After says, if it is in seconds.
send() {
  local tries=0 lost again wait name value
  while :; do
    : >"$scratch/body" >"$scratch/headers"
    status=$(curl -s -o "$scratch/body" -D "$scratch/headers" -w '%{http_code}' -m 5 -H "authorization: Bearer $token" "$@")
    lost=$?
    body=$(<"$scratch/body")
    case "$*" in *--data-binary*) again='429|500|503'; [ $lost = 0 ] || return 1 ;; *) again='000|429|500|502|503|504'; [ $lost = 0 ] || status=000 ;; esac
    [[ $status =~ ^($again)$ ]] && [ $tries -lt 3 ] || return 0
    wait=$((500000 * 2 ** tries))
    while IFS=': ' read -r name value; do
      [ "${name,,}" = retry-after ] || continue
      value=${value%$'\r'}
      if [[ $value =~ ^[0-9]+$ ]]; then wait=$((value * 1000000)); else wait=$((($(date -d "$value" +%s) - EPOCHSECONDS + 1) * 1000000)); fi
    done <"$scratch/headers"
    now
    ((REPLY + wait < deadline)) || return 0
    sleep "$((wait / 1000000)).$(printf %06d $((wait % 1000000)))"
    tries=$((tries + 1))
  done
}

refused() {
  jq -cn --arg status "$status" --arg text "$body" --arg task "${1:-}" '($text | fromjson? // {}) as $b
    | {outcome: "error", http_status: ($status | tonumber), code: $b.code, request_id: $b.request_id,
       message: ($b.message // "no JSON: \($text[:100])")} + (if $task == "" then {} else {task_id: $task} end)'
}

# Read what an answer says of a task; fail if it is no success.
task() { [ "$status" = 200 ] && IFS=$'\t' read -r id state < <(jq -r 'select(.code == 0).data | [.task_id, .task_status] | @tsv' <<<"$body" 2>/dev/null); }

generate() {
  now
  IFS=$'\t' read -r token url deadline < <(jq -r --argjson now "$REPLY" '
    {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}[.operation] as $path
    | [.credentials.token, .base_url + $path, ($now + .timeout * 1000000 | floor | tostring)] | @tsv' <<<"$line")
  # jq may round numbers beyond 2^53, so the payload is cut out as text.
  payload=${line#*\"payload\": }
  payload=${payload%, \"timeout\": *}
  send "$url" -H 'content-type: application/json' --data-binary "$payload" || { echo '{"outcome": "error", "message": "no answer"}'; return; }
  task || { refused; return; }
  local created=$id # an answer without a task empties $id
  while now && ((REPLY < deadline)); do
    sleep 0.1
    send "$url/$created"
    task || { refused "$created"; return; }
    case $state in
      failed) jq -c '{outcome: "failed", task_id: .data.task_id, message: .data.task_status_msg}' <<<"$body"; return ;;
      succeed)
        jq -c '.data | {outcome: "succeed", task_id, urls: [(.task_result | (.series_images // []) + (.images // []) + (.videos // []))[].url]}' <<<"$body"
        return ;;
    esac
  done
  jq -cn --arg id "$created" '{outcome: "timeout", task_id: $id}'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
while IFS= read -r line; do
  IFS=$'\t' read -r number do < <(jq -r '[.id, .do] | @tsv' <<<"$line")
  case $do in
    hello) answer='{"name": "example-curl", "version": "1", "operations": ["kling/omni-image", "kling/omni-video"], "big_numbers": true}' ;;
    generate) answer=$(generate) ;;
    *) answer='{"outcome": "unsupported", "reason": "it takes no callbacks"}' ;;
  esac
  echo "{\"id\": $number, ${answer#\{}"
done
