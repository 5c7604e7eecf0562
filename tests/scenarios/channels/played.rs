//! Each channel we ship with a server in its provider's place, and what that server says when it takes a message.

use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::whatsapp::{APP_SECRET, PHONE_NUMBER_ID};
use cartwright_tests::World;
use serde_json::{Value, json};

use super::{Shipped, crowd};

pub(super) const TWILIO_ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(super) const TWILIO_TOKEN: &str = "hush-this-signs-callbacks";

/// A channel as these plays have it.
pub(super) struct Played {
    pub(super) channel: Shipped,
    /// What the messages say.
    pub(super) body: Value,
    /// Who gets them, if it is not the customers: people of the shop.
    pub(super) staff: Option<&'static str>,
    /// Whether the customers have to write to the shop before they can be written to.
    pub(super) writes_first: bool,
    /// What the provider says when it takes the message of somebody in the crowd.
    pub(super) taken: fn(usize) -> Answer,
}

impl Played {
    /// Connects it to a server in its provider's place, and lets it write to whoever leaves a cart; the address of its
    /// webhooks.
    pub(super) async fn begins(&mut self, world: &World, provider: &Provider) -> String {
        self.channel.config["endpoint"] = json!(provider.url());
        let webhook = self.channel.connect(world).await;
        let strategy = match self.staff {
            Some(to) => self.channel.notice(to, &self.body),
            None => self.channel.reminder(self.body.clone()),
        };
        world.publish(&strategy).await;
        webhook
    }
}

/// A server that decides about each message of a crowd of this size, and knows how to renew a token.
pub(super) async fn provider(size: usize, decides: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Provider {
    Provider::deciding(move |request: &Received| match crowd::place_of(request, size) {
        Some(place) => decides(place),
        None => Answer::reply(200, json!({ "access_token": "a", "refresh_token": "r", "expires_in": "90000" })),
    })
    .await
}

pub(super) fn whatsapp() -> Played {
    Played {
        channel: Shipped {
            file: "whatsapp_cloud",
            channel: "whatsapp",
            config: json!({ "phone_number_id": PHONE_NUMBER_ID }),
            secrets: json!({ "access_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" }),
        },
        body: json!({ "template": "cart_reminder", "language": "en_US", "body": ["{{ user_name }}"] }),
        staff: None,
        writes_first: false,
        taken: |place| Answer::wamid(&format!("wamid.{place}")),
    }
}

pub(super) fn twilio() -> Played {
    Played {
        channel: Shipped {
            file: "twilio",
            channel: "sms",
            config: json!({ "account_sid": TWILIO_ACCOUNT, "sender": "+15005550006" }),
            secrets: json!({ "auth_token": TWILIO_TOKEN }),
        },
        body: json!({ "text": "Hi {{ user_name }}" }),
        staff: None,
        writes_first: false,
        taken: |place| Answer::reply(201, json!({ "sid": format!("SM{place:032x}"), "status": "queued" })),
    }
}

pub(super) fn smsapi() -> Played {
    Played {
        channel: Shipped {
            file: "smsapi",
            channel: "sms",
            config: json!({ "sender": "Acorn" }),
            secrets: json!({ "token": "t0ken", "callback_key": "k3y" }),
        },
        body: json!({ "text": "Hi {{ user_name }}" }),
        staff: None,
        writes_first: false,
        taken: |place| {
            let id = format!("1460969715572{place:06}");
            let message = json!({ "id": id, "points": 0.165, "status": "QUEUE", "error": null });
            Answer::reply(200, json!({ "count": 1, "list": [message] }))
        },
    }
}

pub(super) fn sendgrid() -> Played {
    Played {
        channel: Shipped {
            file: "email_sendgrid",
            channel: "email",
            config: json!({ "from": { "name": "Acorn", "address": "shop@acorn.example" } }),
            secrets: json!({ "api_key": "SG.key", "verification_key": "none" }),
        },
        body: json!({ "subject": "Hi", "text": "Hi {{ user_name }}" }),
        staff: None,
        writes_first: false,
        taken: |place| {
            let headers = vec![("x-message-id", format!("id-{place}"))];
            Answer::Reply { status: 202, headers, body: Value::Null }
        },
    }
}

pub(super) fn zalo() -> Played {
    Played {
        channel: Shipped {
            file: "zalo_zns",
            channel: "zalo",
            config: json!({ "app_id": "77" }),
            secrets: json!({ "access_token": "old", "refresh_token": "r", "app_secret": "app", "oa_secret": "oa" }),
        },
        body: json!({ "template_id": "12345", "data": { "name": "{{ user_name }}" } }),
        staff: None,
        writes_first: false,
        taken: |place| {
            let data = json!({ "msg_id": format!("zns{place}") });
            Answer::reply(200, json!({ "error": 0, "message": "Success", "data": data }))
        },
    }
}

pub(super) fn messenger() -> Played {
    Played {
        channel: Shipped {
            file: "messenger",
            channel: "messenger",
            config: json!({ "page_id": "106540352242922" }),
            secrets: json!({ "page_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" }),
        },
        body: json!({ "text": "{{ user_phone }} left a cart" }),
        staff: Some("5010"),
        writes_first: false,
        taken: |place| Answer::reply(200, json!({ "recipient_id": "5010", "message_id": format!("m_{place}") })),
    }
}

pub(super) fn slack() -> Played {
    Played {
        channel: Shipped {
            file: "slack",
            channel: "slack",
            config: json!({ "webhook": "T0123/B0456" }),
            secrets: json!({ "webhook_token": "webhook-token", "bot_token": "xoxb-1" }),
        },
        body: json!({ "text": "{{ user_phone }} left a cart" }),
        staff: Some("C0123"),
        writes_first: false,
        taken: |_| Answer::reply(200, json!("ok")),
    }
}
