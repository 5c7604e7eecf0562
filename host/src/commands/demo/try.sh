# What `cartwright demo` says to try, as shell functions: . @SHELL@
URL='@URL@'
KEY='@KEY@'
HOOK='@HOOK@'
SECRET='@SECRET@'

# What the demo's clock says.
now() {
  curl -sS "$URL/v1/demo/clock" -H "Authorization: Bearer $KEY" | cut -d'"' -f4
}

# hook TOPIC BODY: a webhook, signed as Shopify signs it.
hook() {
  curl -sS -o /dev/null -w "$1: %{http_code}\n" "$HOOK" -H 'Content-Type: application/json' \
    -H "X-Shopify-Topic: $1" \
    -H "X-Shopify-Hmac-Sha256: $(printf %s "$2" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64)" \
    --data-binary "$2"
}

# skip SPAN: moves the clock ahead; whatever becomes due on the way is done.
skip() {
  curl -sS "$URL/v1/demo/skip" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
    -d "{\"by\": \"$1\"}"
  echo
}

# get PATH: reads from the API.
get() {
  curl -sS "$URL/v1/$1" -H "Authorization: Bearer $KEY"
  echo
}

# What lies in the cart, as Shopify writes it.
TEAPOT='{"variant_id": 49148385722661901, "product_id": 8101, "title": "Copper teapot", "sku": "TEA-1", "quantity": 1,
  "price": "64.50", "price_set": {"shop_money": {"amount": "64.50", "currency_code": "EUR"}}}'

# checkout NAME, cart NAME, order NAME: webhooks of a customer of that name, with a cart of their own.
checkout() {
  hook checkouts/update '{"token": "checkout-'"$1"'", "cart_token": "cart-'"$1"'", "email": "'"$1"'@shop.example",
    "buyer_accepts_marketing": true, "currency": "EUR", "total_price": "64.50",
    "created_at": "'"$(now)"'", "updated_at": "'"$(now)"'",
    "customer": {"id": '"$(printf %s "$1" | cksum | cut -d' ' -f1)"', "first_name": "'"$1"'"},
    "line_items": ['"$TEAPOT"'], "abandoned_checkout_url": "https://shop.example/checkout/'"$1"'"}'
}
cart() {
  hook carts/update '{"token": "cart-'"$1"'", "updated_at": "'"$(now)"'", "line_items": ['"$TEAPOT"']}'
}
order() {
  hook orders/create '{"id": '"$(printf %s "$1 $(date +%s)" | cksum | cut -d' ' -f1)"', "name": "#1001", "cart_token": "cart-'"$1"'", "email": "'"$1"'@shop.example",
    "currency": "EUR", "total_price": "64.50", "source_name": "web", "financial_status": "pending",
    "created_at": "'"$(now)"'", "updated_at": "'"$(now)"'", "line_items": ['"$TEAPOT"']}'
}
