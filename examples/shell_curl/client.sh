# A client of the Kling API of curl and jq. Put your own in its place. It needs bash 5 and curl 7.84.
# The shell knows whole numbers only: times are in microseconds.

declare -A PATHS=([kling/omni-image]=/v1/images/omni-image [kling/omni-video]=/v1/videos/omni-video)

# Create a task and wait for its end: generate BASE_URL TOKEN OPERATION PAYLOAD TIMEOUT
# Print what came of it as JSON.
generate() {
  local url=$1${PATHS[$3]} token=$2 deadline=$((${EPOCHREALTIME/[.,]/} + $5)) status body id state
  ask POST "$url" "$4"
  id=$(shown task_id) || { refusal; return; }
  while ((${EPOCHREALTIME/[.,]/} < deadline)); do
    sleep 0.1 # the real service wants some 5 seconds
    ask GET "$url/$id"
    state=$(shown task_status) || { refusal "$id"; return; }
    case $state in
      failed) jq -c '.data | {outcome: "failed", task_id, message: .task_status_msg}' <<<"$body"; return ;;
      succeed) jq -c '.data | {outcome: "succeed", task_id, urls: [.task_result[]?[]?.url?]}' <<<"$body"; return ;;
    esac
  done
  jq -cn --arg id "$id" '{outcome: "timeout", task_id: $id}'
}

# Send a request, and again where that may help: ask METHOD URL [PAYLOAD]
# Set $status and $body to the last answer. The status is 000 if there is none.
ask() {
  local passing='429|500|503' attempt answer after pause # there is no task: a create may be sent again
  [ "$1" = POST ] || passing+='|502|504|000' # there may be a task, so only a query may be sent again
  for attempt in 1 2 3 4; do
    answer=$(curl --silent --max-time 5 --request "$1" --header "authorization: Bearer $token" \
      --header 'content-type: application/json' --write-out '\n%{http_code} %header{retry-after}' \
      ${3:+--data-binary @-} "$2" <<<"${3-}") # a picture would be too long for an argument
    # shellcheck disable=SC2181 # an answer that was cut off has a status, too
    if [ $? = 0 ]; then read -r status after <<<"${answer##*$'\n'}"; else status=000 after=; fi
    body=${answer%$'\n'*}
    [[ $status =~ ^($passing)$ ]] && ((attempt < 4)) || return 0
    pause=$(pause "$after" $attempt)
    ((${EPOCHREALTIME/[.,]/} + pause < deadline)) || return 0
    sleep "$(printf '%d.%06d' $((pause / 1000000)) $((pause % 1000000)))"
  done
}

# Print how long to wait: pause RETRY_AFTER ATTEMPT
pause() {
  case $1 in
    '') echo $((250000 << $2)) ;;
    *[!0-9]*) echo $((($(date -d "$1" +%s) + 1) * 1000000 - ${EPOCHREALTIME/[.,]/})) ;;
    *) echo $(($1 * 1000000)) ;;
  esac
}

# Print a field of the task that the answer shows. One that shows none is an error, even with status 200.
shown() {
  [ "$status" = 200 ] && jq -re "select(.code == 0).data.$1" <<<"$body" 2>/dev/null
}

# Print the answer as that of a testee: refusal [TASK_ID]
refusal() {
  jq -cn --arg status "$status" --arg text "$body" --arg id "${1:-}" '
    ($text | fromjson? // {}) as $body
    | {outcome: "error", http_status: ($status | tonumber), code: $body.code, request_id: $body.request_id}
    + {message: ($body.message // "not an answer of the service: \($text[:100])")}
    + if $id == "" then {} else {task_id: $id} end'
}
