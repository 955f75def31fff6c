#!/bin/sh
# curl alone: signs in, asks, places an order and follows it, its events one by one; a stream that broke goes on after the
# id of the last event that was seen.
set -eu
IDENTITY=${IDENTITY:-http://127.0.0.1:4200}
BFF=${BFF:-http://127.0.0.1:3000}
json='content-type: application/json'
# One for each thing that is to be done once.
key=$(date +%s)-$$

token=$(curl -sS "$IDENTITY/token" -H "$json" -d '{"username":"barbara","password":"demo"}' |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
ask() {
  curl -sS "$BFF/graphql" -H "$json" -H "authorization: Bearer $token" -H "idempotency-key: $key" -d "$1"
}

account=$(ask '{"query":"{ me { accounts { id } } }"}' | sed 's/.*"accounts":\[{"id":"\([^"]*\)".*/\1/')
order=$(ask '{"query":"mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }",
  "variables":{"input":{"order":{"accountId":"'"$account"'","symbol":"ACME","side":"SELL","quantity":"10"}}}}' |
  sed 's/.*"order":{"id":"\([^"]*\)".*/\1/')

follow() {
  curl -sSN "$BFF/graphql/stream" -H "$json" -H "authorization: Bearer $token" -H "last-event-id: $1" -d '{
    "query":"subscription ($id: ID!) { orderUpdated(orderId: $id) { event { id sequence type } order { status } } }",
    "variables":{"id":"'"$order"'"}}'
}

# Only the first event, as when the network fails after it; its id is the cursor.
first=$(follow 0 2>/dev/null | sed '/^data: {/q')
echo "$first"
follow "$(echo "$first" | sed -n 's/^id: //p')"
