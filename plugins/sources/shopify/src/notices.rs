//! What Shopify tells that the host has no word for: refunds, the end of the app, and what people ask about their data.

use cartwright_sdk::events::Subject;
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::{Value, json};
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::Fault;
use serde::Deserialize;

use crate::topics::{Circumstances, News, Saying};

type Told = Result<Option<News>, Fault>;

pub(crate) fn refunded(body: &[u8], around: &Circumstances) -> Told {
    #[derive(Deserialize)]
    struct Refund {
        order_id: Id,
        processed_at: Option<Moment>,
    }
    let refund: Refund = json::input(body)?;
    let at = refund.processed_at.map_or(around.told_at, |moment| moment.0);
    let subject = Subject { order: Some(refund.order_id.0), ..Subject::default() };
    Ok(Some(News { occurred_at: at, subject, fact: Saying::Notice("refunded", json::input(body)?) }))
}

/// Of the shop that the app was removed from, which its body names.
pub(crate) fn uninstalled(body: &[u8], around: &Circumstances) -> Told {
    #[derive(Deserialize)]
    struct Shop {
        /// There, even where Shopify's own sample says `null`.
        #[serde(rename = "myshopify_domain")]
        _domain: Value,
    }
    json::input::<Shop>(body)?;
    of_shop("app_uninstalled", around)
}

/// Everybody is to be erased. The topic is not signed and this cannot be undone: no body but this topic's is so short.
pub(crate) fn shop_redacted(body: &[u8], around: &Circumstances) -> Told {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shop {
        #[serde(rename = "shop_id")]
        _id: Id,
        #[serde(rename = "shop_domain")]
        _domain: String,
    }
    json::input::<Shop>(body)?;
    of_shop("shop_redacted", around)
}

/// Somebody asks for what is kept of them. Who it is stands in the subject; of the rest only the request itself is kept.
pub(crate) fn data_requested(body: &[u8], around: &Circumstances) -> Told {
    #[derive(Deserialize)]
    struct Request {
        customer: Customer,
        /// Only this topic has it.
        data_request: Numbered,
    }
    #[derive(Deserialize)]
    struct Numbered {
        id: Id,
    }
    #[derive(Deserialize)]
    struct Customer {
        id: Id,
    }
    let request: Request = json::input(body)?;
    let subject = Subject { customer: Some(request.customer.id.0), ..Subject::default() };
    let fact = Saying::Notice("data_requested", json!({ "request": request.data_request.id.0 }));
    Ok(Some(News { occurred_at: around.told_at, subject, fact }))
}

/// It is about nobody. What it says of the owner is left out.
fn of_shop(name: &'static str, around: &Circumstances) -> Told {
    let fact = Saying::Notice(name, Value::Object(Default::default()));
    Ok(Some(News { occurred_at: around.told_at, subject: Subject::default(), fact }))
}
