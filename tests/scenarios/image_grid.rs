//! The picture of a cart: its goods as tiles of one picture, under an address that only the host makes, for MMS and
//! whatever else shows pictures (S14).

use std::io::Cursor;

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::{World, on_both_databases};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::Url;
use serde_json::{Value, json};

on_both_databases!(
    an_mms_shows_the_goods_of_the_cart_as_one_picture,
    a_picture_that_cannot_be_had_is_an_empty_tile_and_is_asked_for_again_soon,
    a_cart_without_pictures_loses_the_picture_and_not_the_message,
    the_picture_stays_what_the_message_was_about,
    nobody_makes_the_service_fetch_what_the_shop_did_not_name,
    a_preview_and_a_test_show_the_picture_too,
);

const RED: Rgb<u8> = Rgb([200, 0, 0]);
const BLUE: Rgb<u8> = Rgb([0, 0, 200]);
const EMPTY: Rgb<u8> = Rgb([238, 240, 243]);

fn png(colour: Rgb<u8>) -> Answer {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 20, colour)).write_to(&mut bytes, ImageFormat::Png).unwrap();
    Answer::File { kind: "image/png", bytes: bytes.into_inner() }
}

/// Where the shop keeps its pictures.
async fn pictures() -> Provider {
    Provider::deciding(|request| match request.path.as_str() {
        "/red.png" => png(RED),
        "/blue.png" => png(BLUE),
        "/page.png" => Answer::reply(200, json!("<html>Not here</html>")),
        _ => Answer::reply(404, json!({})),
    })
    .await
}

/// MMS over Twilio, and a strategy that reminds of a cart after four hours.
async fn sends_mms(world: &World) -> Provider {
    let provider = Provider::start(Answer::reply(201, json!({ "sid": "SM1", "status": "queued" }))).await;
    world.install("twilio").await;
    let config = json!({ "account_sid": "AC0123456789abcdef0123456789abcdef", "sender": "+15005550006",
        "endpoint": provider.url() });
    world.connect("channels", "sms", "twilio", config, json!({ "auth_token": "hush" })).await;
    let body = json!({ "text": "Still yours, {{ user_name }}", "media": ["{{ cart.image_grid }}"] });
    world
        .publish(&json!({
            "name": "Reminder",
            "trigger": { "on": "cart", "next": "remind" },
            "steps": {
                "remind": { "kind": "message", "channel": "sms", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [{ "name": "reminder", "variants": [{ "channel": "sms", "body": body }] }],
        }))
        .await;
    provider
}

/// Ana leaves a cart with goods of these pictures, and four hours pass.
async fn leaves_a_cart(world: &World, pictures: &[Option<String>]) {
    known(world, pictures).await;
    world.skip(Span::hours(4)).await;
}

async fn known(world: &World, pictures: &[Option<String>]) {
    let person = json!({ "first_name": "Ana", "phone": "+4915112345678", "consent": { "state": "subscribed" } });
    let line = |picture: &Option<String>| json!({ "title": "Tea", "quantity": 1, "image_url": picture });
    let lines: Vec<Value> = pictures.iter().map(line).collect();
    let all = [("customer.identified", person), ("cart.updated", json!({ "lines": lines }))];
    for (kind, body) in all {
        let now = world.now().to_string();
        let event = json!({ "id": format!("{kind}-{now}"), "type": kind, "occurred_at": now,
            "subject": { "cart": "c1" }, "body": body });
        assert_eq!(world.report(event).await.ok()["status"], "accepted");
    }
    world.settle().await;
}

/// The addresses of pictures in the only request that the provider got.
fn media(provider: &Provider) -> Vec<String> {
    let received = provider.received();
    let [request] = &received[..] else { panic!("{} requests", received.len()) };
    let form = Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(&request.body))).unwrap();
    form.query_pairs().filter(|(name, _)| name == "MediaUrl").map(|(_, value)| value.into_owned()).collect()
}

struct Shown {
    cache: String,
    picture: RgbImage,
}

async fn shown(address: &str) -> Shown {
    let answer = reqwest::get(address).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    let cache = answer.headers()["cache-control"].to_str().unwrap().to_owned();
    let picture = image::load_from_memory_with_format(&answer.bytes().await.unwrap(), ImageFormat::Jpeg).unwrap();
    Shown { cache, picture: picture.into_rgb8() }
}

impl Shown {
    /// Whether there is nearly this colour: a JPEG keeps no other.
    #[track_caller]
    fn has(&self, x: u32, y: u32, colour: Rgb<u8>) {
        let dot = self.picture.get_pixel(x, y);
        assert!(dot.0.iter().zip(colour.0).all(|(is, wanted)| is.abs_diff(wanted) < 12), "{dot:?} at {x}, {y}");
    }
}

async fn an_mms_shows_the_goods_of_the_cart_as_one_picture(world: &World) {
    let (provider, pictures) = (sends_mms(world).await, pictures().await);
    let at = |path: &str| Some(format!("{}/{path}", pictures.url()));
    leaves_a_cart(world, &[at("red.png"), at("blue.png"), None]).await;
    let [address] = &media(&provider)[..] else { panic!("{:?}", media(&provider)) };
    assert_eq!(pictures.received().len(), 0, "nothing is fetched before somebody looks");
    let first = shown(address).await;
    assert_eq!(
        (first.picture.dimensions(), first.cache.as_str()),
        ((1_008, 1_008), "public, max-age=604800, immutable")
    );
    first.has(250, 250, RED);
    first.has(758, 250, BLUE);
    first.has(250, 758, EMPTY);
    assert_eq!(shown(address).await.picture, first.picture);
    assert_eq!(pictures.received().len(), 2, "what was made is remembered");
}

async fn a_picture_that_cannot_be_had_is_an_empty_tile_and_is_asked_for_again_soon(world: &World) {
    let (provider, pictures) = (sends_mms(world).await, pictures().await);
    let at = |path: &str| Some(format!("{}/{path}", pictures.url()));
    leaves_a_cart(world, &[at("red.png"), at("gone.png"), at("page.png"), at("blue.png")]).await;
    assert_eq!(world.message().await["state"], "accepted");
    let address = media(&provider).remove(0);
    let broken = shown(&address).await;
    assert_eq!(broken.cache, "public, max-age=60");
    broken.has(250, 250, RED);
    broken.has(758, 250, EMPTY);
    broken.has(250, 758, EMPTY);
    broken.has(758, 758, BLUE);
    world.skip(Span::minutes(1)).await;
    for _ in 0..4 {
        pictures.then(png(BLUE));
    }
    let whole = shown(&address).await;
    whole.has(758, 250, BLUE);
    assert!(whole.cache.contains("immutable"), "{}", whole.cache);
}

async fn a_cart_without_pictures_loses_the_picture_and_not_the_message(world: &World) {
    let provider = sends_mms(world).await;
    leaves_a_cart(world, &[None, Some("/relative.png".to_owned())]).await;
    assert_eq!((media(&provider).len(), &world.message().await["state"]), (0, &json!("accepted")));
}

async fn the_picture_stays_what_the_message_was_about(world: &World) {
    let (provider, pictures) = (sends_mms(world).await, pictures().await);
    let at = |path: &str| Some(format!("{}/{path}", pictures.url()));
    leaves_a_cart(world, &[at("red.png")]).await;
    let address = media(&provider).remove(0);
    known(world, &[at("blue.png"), at("blue.png")]).await;
    let customer = world.message().await["customer"].as_str().unwrap().to_owned();
    world.api.delete(&format!("/v1/customers/{customer}")).await;
    world.settle().await;
    let picture = shown(&address).await;
    assert_eq!(picture.picture.dimensions(), (800, 800));
    picture.has(400, 400, RED);
}

async fn nobody_makes_the_service_fetch_what_the_shop_did_not_name(world: &World) {
    let (provider, pictures) = (sends_mms(world).await, pictures().await);
    leaves_a_cart(world, &[Some(format!("{}/red.png", pictures.url()))]).await;
    let address = media(&provider).remove(0);
    let (service, token) = address.strip_suffix(".jpg").unwrap().split_once("/g/").unwrap();
    let longer = format!("{token}AAAA");
    let other = token.replace(&token[30..31], if &token[30..31] == "A" { "B" } else { "A" });
    for forged in [&other, &longer, &token[..token.len() - 4], "", "AAAA"] {
        assert_eq!(world.api.fetch(&format!("{service}/g/{forged}.jpg")).await.0, 404, "{forged}");
    }
    assert_eq!(world.api.fetch(&format!("{service}/g/{token}")).await.0, 404, "without its ending");
    assert_eq!(pictures.received().len(), 0);
}

async fn a_preview_and_a_test_show_the_picture_too(world: &World) {
    let pictures = pictures().await;
    known(world, &[Some(format!("{}/red.png", pictures.url()))]).await;
    let content = json!({ "name": "hello", "variants": [
        { "channel": "inbox", "body": { "text": "Hi", "image": "{{ cart.image_grid }}" } } ] });
    world.api.put("/v1/contents/hello", &content).await.ok();
    let customers = world.api.list("/v1/customers").await;
    for customer in [customers[0]["id"].clone(), Value::Null] {
        let wanted = json!({ "content": content, "channel": "inbox", "customer": customer });
        let preview = world.api.post("/v1/contents/preview", &wanted).await.ok();
        let seen = shown(preview["document"]["image"].as_str().unwrap()).await;
        // Somebody made up has goods without pictures, and yet there is a tile.
        seen.has(400, 400, if customer.is_null() { EMPTY } else { RED });
    }
    let asked = json!({ "channel": "inbox", "to": "mia" });
    world.api.post("/v1/test-addresses", &asked).await.ok();
    let code = world.inbox().await.remove(0).split(' ').next().unwrap().to_owned();
    let typed = json!({ "kind": "handle", "value": "mia", "code": code });
    world.api.post("/v1/test-addresses/confirm", &typed).await.ok();
    world.skip(Span::seconds(1)).await;
    let to_mia = json!({ "channel": "inbox", "to": "mia", "customer": customers[0]["id"] });
    world.api.post("/v1/contents/hello/test-send", &to_mia).await.ok();
    let sent = world.api.list("/v1/inbox").await.remove(0);
    shown(sent["document"]["image"].as_str().unwrap()).await.has(400, 400, RED);
}
