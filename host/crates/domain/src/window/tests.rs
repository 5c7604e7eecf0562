use super::*;
use crate::ids::Mint;
use serde_json::json;

fn shop(time_zone: &str) -> Shop {
    let mut mint = Mint::new(Timestamp::from_millis(0), [0; 32]);
    let id: crate::ids::ShopId = mint.next();
    serde_json::from_value(json!({ "id": id, "name": "Sample", "currency": "EUR", "time_zone": time_zone })).unwrap()
}

fn customer(zone: Option<&str>) -> Customer {
    let mut customer = Customer::anonymous(Mint::new(Timestamp::from_millis(0), [1; 32]).next(), Timestamp::default());
    customer.time_zone = zone.map(str::to_owned);
    customer
}

fn window(json: serde_json::Value) -> Window {
    serde_json::from_value(json).unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// When a message of a moment may go out to somebody in a zone.
#[track_caller]
fn opens(windows: &[&Window], zone: &str, from: &str) -> Option<String> {
    let (shop, customer) = (shop("UTC"), customer(Some(zone)));
    let mut all = Windows::default();
    for window in windows {
        all.add(Whose::Channel, Some(window), &customer, &shop, moment(from));
    }
    all.first_open(moment(from)).map(|at| at.to_string().replace(".000Z", "Z"))
}

fn by_day() -> Window {
    window(json!({ "open": [{ "from": "09:00", "until": "20:00" }] }))
}

#[test]
fn s04_a_window_is_half_open_and_waits_for_its_first_instant() {
    let day = by_day();
    for (from, open) in [
        ("2026-11-02T07:59:59.999Z", "2026-11-02T08:00:00Z"),
        ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z"),
        ("2026-11-02T18:59:59.999Z", "2026-11-02T18:59:59.999Z"),
        ("2026-11-02T19:00:00Z", "2026-11-03T08:00:00Z"),
        ("2026-11-02T20:00:00Z", "2026-11-03T08:00:00Z"),
    ] {
        assert_eq!(opens(&[&day], "Europe/Berlin", from).as_deref(), Some(open), "{from}");
    }
}

#[test]
fn s04_a_window_may_differ_by_weekday_and_be_closed_on_dates() {
    let texas = window(json!({
        "open": [
            { "days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "09:00", "until": "21:00" },
            { "days": ["sun"], "from": "12:00", "until": "21:00" }
        ],
        "closed_dates": ["2026-12-25", "2026-12-26"]
    }));
    // Saturday evening, Sunday at noon; over both holidays to the Sunday behind them.
    assert_eq!(opens(&[&texas], "UTC", "2026-11-21T22:00:00Z").as_deref(), Some("2026-11-22T12:00:00Z"));
    assert_eq!(opens(&[&texas], "UTC", "2026-12-24T21:00:00Z").as_deref(), Some("2026-12-27T12:00:00Z"));
}

#[test]
fn s04_a_window_over_midnight_belongs_to_the_day_it_starts() {
    let friday_night = window(json!({
        "open": [{ "days": ["fri"], "from": "22:00", "until": "02:00" }], "closed_dates": ["2026-11-21"]
    }));
    let open = |from| opens(&[&friday_night], "UTC", from);
    assert_eq!(open("2026-11-20T12:00:00Z").as_deref(), Some("2026-11-20T22:00:00Z"));
    // Saturday is closed, and these two hours of it are still Friday's.
    assert_eq!(open("2026-11-21T01:59:00Z").as_deref(), Some("2026-11-21T01:59:00Z"));
    assert_eq!(open("2026-11-21T02:00:00Z").as_deref(), Some("2026-11-27T22:00:00Z"));
    assert_eq!(open("2026-11-20T01:00:00Z").as_deref(), Some("2026-11-20T22:00:00Z"), "Thursday had no night");
}

#[test]
fn s04_a_message_has_to_be_inside_of_all_windows() {
    let (day, evening) = (by_day(), window(json!({ "open": [{ "from": "18:00", "until": "23:00" }] })));
    let berlin = window(json!({ "open": [{ "from": "09:00", "until": "10:00" }], "zone": "Europe/Berlin" }));
    let open = |windows: &[&Window], zone| opens(windows, zone, "2026-11-02T00:00:00Z");
    assert_eq!(open(&[&day, &evening], "UTC").as_deref(), Some("2026-11-02T18:00:00Z"));
    // 09:00 in Berlin is 15:00 in Saigon, and 03:00 in New York, where the two never meet.
    assert_eq!(open(&[&day, &berlin], "Asia/Ho_Chi_Minh").as_deref(), Some("2026-11-02T08:00:00Z"));
    assert_eq!(open(&[&day, &berlin], "America/New_York"), None);
    assert_eq!(open(&[&window(json!("always")), &day], "UTC").as_deref(), Some("2026-11-02T09:00:00Z"));
    assert_eq!(open(&[&window(json!("always"))], "UTC").as_deref(), Some("2026-11-02T00:00:00Z"));
}

#[test]
fn s04_a_window_moves_with_the_clock() {
    let night = window(json!({ "open": [{ "from": "02:15", "until": "02:45" }] }));
    // The gap leaves it out; it opens the day after.
    assert_eq!(opens(&[&night], "Europe/Berlin", "2026-03-29T00:00:00Z").as_deref(), Some("2026-03-30T00:15:00Z"));
    // The fold has it twice, and closes it between the two.
    assert_eq!(opens(&[&night], "Europe/Berlin", "2026-10-25T00:00:00Z").as_deref(), Some("2026-10-25T00:15:00Z"));
    assert_eq!(opens(&[&night], "Europe/Berlin", "2026-10-25T00:45:00Z").as_deref(), Some("2026-10-25T01:15:00Z"));
}

#[test]
fn s04_a_window_closed_on_all_dates_never_opens_and_is_not_looked_for_for_ever() {
    let dates: Vec<String> = (0..500).map(|day| "2026-01-01".parse::<Day>().unwrap().plus(day).to_string()).collect();
    let never = window(json!({ "open": [{ "from": "09:00", "until": "20:00" }], "closed_dates": dates }));
    assert_eq!(opens(&[&never], "UTC", "2026-01-01T00:00:00Z"), None);
}

#[test]
fn s04_the_customers_zone_is_their_own_then_the_last_events_then_the_shops_and_is_named() {
    let (shop, day) = (shop("Asia/Tokyo"), by_day());
    let reads = |customer: &Customer, window: &Window| {
        let mut windows = Windows::default();
        windows.add(Whose::Shop, Some(window), customer, &shop, Timestamp::default());
        windows.reads().map(|read| read.to_string()).collect::<Vec<_>>().concat()
    };
    let mut ana = customer(Some("Europe/Berlin"));
    ana.last_time_zone = Some("America/New_York".into());
    assert_eq!(reads(&ana, &day), "window.shop.zone = Europe/Berlin (the customer's own)");
    ana.time_zone = Some("Middle/Earth".into());
    assert_eq!(reads(&ana, &day), "window.shop.zone = America/New_York (of the customer's last event)");
    ana.last_time_zone = None;
    assert_eq!(reads(&ana, &day), "window.shop.zone = Asia/Tokyo (the shop's)");
    ana.phone = Some("+4915112345678".to_owned().try_into().unwrap());
    assert_eq!(reads(&ana, &day), "window.shop.zone = Europe/Berlin (by the customer's phone)");
    ana.country = Some("US".into());
    assert_eq!(
        reads(&ana, &day),
        "window.shop.zone = Europe/Berlin (by the customer's phone)",
        "that could be anywhere"
    );
    ana.country = Some("vn".into());
    assert_eq!(reads(&ana, &day), "window.shop.zone = Asia/Ho_Chi_Minh (of the customer's country)");
    let named = window(json!({ "open": [{ "from": "09:00", "until": "20:00" }], "zone": "Europe/Paris" }));
    assert_eq!(reads(&ana, &named), "window.shop.zone = Europe/Paris (as named)");
}

/// When a message may go out to somebody of whom only the phone is known, by the shop's clock in UTC.
fn opens_for(phone: &str, window: &Window, from: &str) -> (String, ZoneOrigin) {
    let (shop, mut customer) = (shop("UTC"), customer(None));
    customer.phone = Some(phone.to_owned().try_into().unwrap());
    let mut all = Windows::default();
    all.add(Whose::Channel, Some(window), &customer, &shop, moment(from));
    let opens = all.first_open(moment(from)).unwrap().to_string().replace(".000Z", "Z");
    (opens, all.windows[0].2.origin)
}

#[test]
fn s04_behind_a_prefix_of_several_zones_it_is_open_only_where_all_of_them_are() {
    // In New York it opens at 14:00 UTC, and last of all in Honolulu and on Adak, at 19:00.
    let expected = ("2026-11-02T19:00:00Z".to_owned(), ZoneOrigin::PhonePrefix);
    assert_eq!(opens_for("+12125550123", &by_day(), "2026-11-02T06:00:00Z"), expected);
    // Russia's zones are ten hours apart: eleven hours leave one, ten leave none, and then the shop's clock counts.
    let expected = ("2026-11-02T07:00:00Z".to_owned(), ZoneOrigin::PhonePrefix);
    assert_eq!(opens_for("+79161234567", &by_day(), "2026-11-02T00:00:00Z"), expected);
    let shorter = window(json!({ "open": [{ "from": "09:00", "until": "19:59" }] }));
    let expected = ("2026-11-02T09:00:00Z".to_owned(), ZoneOrigin::Shop);
    assert_eq!(opens_for("+79161234567", &shorter, "2026-11-02T00:00:00Z"), expected);
}

#[test]
fn windows_read_and_write_as_people_do_and_name_what_they_are_not() {
    let text =
        r#"{"open":[{"days":["mon"],"from":"09:00","until":"24:00"}],"closed_dates":["2026-12-25"],"zone":"shop"}"#;
    let hours: Window = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&hours).unwrap(), text);
    assert_eq!(serde_json::to_string(&Window::Always).unwrap(), r#""always""#);
    let error = |json: serde_json::Value| serde_json::from_value::<Window>(json).unwrap_err().to_string();
    assert!(error(json!("sometimes")).contains("`always`, or opening hours"));
    assert!(error(json!({ "open": [{ "from": "09:00" }] })).contains("missing field `until`"));
}
