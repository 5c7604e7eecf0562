//! `POST /s/{shop}/forms/{form}`: somebody filled in a form, and is shown the code, if it has one.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use cartwright_domain::contact::{Email, Phone};
use cartwright_domain::storefront::{ConsentBox, Form, FormAddress};
use cartwright_engine::Filled;
use serde::{Deserialize, Serialize};

use super::tell::{Carried, Word, hear};
use crate::extract::Params;
use crate::problem::{Code, FieldError, Problem};
use crate::router::Api;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(flatten)]
    carried: Carried,
    email: Option<String>,
    phone: Option<String>,
    consent: bool,
}

/// The same for everybody: nobody learns whether an address was known.
#[derive(Debug, Serialize)]
struct Thanks {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

pub(super) async fn fill(State(api): State<Api>, params: Params, request: Request) -> Result<Response, Problem> {
    let (api, name) = (&api, params.text("form"));
    hear(api, &params, request, async |word: Word<Typed>| {
        let form =
            word.storefront.forms.get(name).ok_or_else(|| {
                Problem::new(Code::NotFound, "The shop has no form of this name; load the page again.")
            })?;
        let typed = word.said;
        let (email, phone) =
            addresses(form, typed.email.as_deref(), typed.phone.as_deref(), word.shop.country.as_deref())?;
        if form.consent == ConsentBox::Needed && !typed.consent {
            return Err(Problem::field("consent", "must be ticked: this form is not taken without"));
        }
        let (browser, page) = typed.carried.read()?;
        let filled = Filled { email, phone, says_yes: typed.consent, page };
        api.engine.note_form(word.shop.id, &browser, (name, form), &filled).await?;
        Ok(Json(Thanks { code: form.code.clone() }))
    })
    .await
}

/// One that the form asks for is enough; one that is none is refused.
fn addresses(
    form: &Form,
    email: Option<&str>,
    phone: Option<&str>,
    country: Option<&str>,
) -> Result<(Option<Email>, Option<Phone>), Problem> {
    let asked = |address: FormAddress, text| {
        Option::<&str>::filter(text, |text| form.asks.contains(&address) && !text.trim().is_empty())
    };
    let email = asked(FormAddress::Email, email).map(Email::parse).transpose();
    let phone = asked(FormAddress::Phone, phone).map(|text| Phone::parse(text, country)).transpose();
    let fault = |field: &str, is_wrong: bool, message: &str| is_wrong.then(|| FieldError::new(field, message));
    let faults = [
        fault("email", email.is_err(), "is no e-mail address"),
        fault("phone", phone.is_err(), "is no phone number; write it with its country code, like +4915112345678"),
    ];
    let errors: Vec<FieldError> = faults.into_iter().flatten().collect();
    match (email, phone) {
        (Ok(None), Ok(None)) => Err(Problem::field("", "give one of the addresses that the form asks for")),
        (Ok(email), Ok(phone)) => Ok((email, phone)),
        _ => Err(Problem::fields(Code::InvalidRequest, errors)),
    }
}
