"""The intake: from a request to a call, or to a refusal: credentials, body, rules, what the broken ones lead to."""
