#!/usr/bin/env bash
# A testee: it has a client carry out what it is asked to, a line of JSON each.
# In this folder: mockserver check client -- bash testee.sh

source "$(dirname "${BASH_SOURCE[0]}")/client.sh"

parts='.id, .do, .base_url, .credentials.token, .operation, (.payload | tojson), ((.timeout // 0) * 1000000 | floor)'
while IFS= read -r line; do
  mapfile -t ask < <(jq -r "$parts" <<<"$line")
  case ${ask[1]} in
    hello) answer='{"name": "my-client", "version": "1", "operations": ["kling/omni-image", "kling/omni-video"]}' ;;
    *) answer=$(generate "${ask[@]:2}") ;;
  esac
  jq -c --argjson id "${ask[0]}" '{id: $id} + .' <<<"$answer"
done
