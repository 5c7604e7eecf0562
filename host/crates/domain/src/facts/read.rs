//! Facts as rule trees read them. Each that is read is written down with its value and what it was asked about.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Reaction, Subject};
use crate::contact::ConsentState;
use crate::event::Line;
use crate::fact::{FactRead, FactValue};
use crate::local::Weekday;
use crate::money::{Currency, Money};
use crate::order::Order;
use crate::rule::Filter;
use crate::rule::Times;
use crate::time::Timestamp;
use crate::webhook;
use crate::zone;

/// A field with what is meant of it.
pub(crate) struct Asked<'a> {
    pub(crate) field: &'a str,
    pub(crate) times: Times,
    /// Whether a range was named at all.
    pub(crate) is_ranged: bool,
    pub(crate) filter: Option<&'a Filter>,
}

impl Asked<'_> {
    /// The range as it came out, and what was filtered by.
    fn about(&self) -> Vec<FactValue> {
        let mut about = Vec::new();
        if self.is_ranged {
            about.extend([self.times.since.into(), self.times.until.into()]);
        }
        if let Some(filter) = self.filter {
            about.extend(filter.words().map(FactValue::Text));
        }
        about
    }
}

impl Subject {
    fn lines<'a>(&'a self, asked: &Asked<'a>) -> impl Iterator<Item = &'a Line> {
        let filter = asked.filter;
        let lines = self.cart.as_ref().map_or(&[][..], |cart| cart.lines());
        lines.iter().filter(move |line| filter.is_none_or(|filter| filter.means_line(line)))
    }

    fn orders_of<'a>(&'a self, asked: &Asked<'a>) -> Vec<&'a Order> {
        let is_meant = |order: &&Order| asked.filter.is_none_or(|filter| filter.means_order(order));
        let in_range = |order: &&Order| asked.times.contain(order.placed_at);
        self.orders().counted().filter(in_range).filter(is_meant).collect()
    }

    /// Messages that left, in this run at a step or in any run, with how far they came.
    fn messages_of(&self, asked: &Asked<'_>) -> Vec<(Timestamp, Option<Reaction>)> {
        let step = asked.filter.and_then(|filter| filter.step.as_deref());
        let of_run = self.own.messages.iter().filter(|one| step == Some(one.step.as_str())).map(|one| one.contact);
        let of_any = self.contacts.iter().copied();
        let all: Vec<_> = if step.is_some() { of_run.collect() } else { of_any.collect() };
        let in_range = all.into_iter().filter(|contact| asked.times.contain(contact.at));
        in_range.map(|contact| (contact.at, contact.reaction)).collect()
    }

    pub(crate) fn text(&self, field: &str, reads: &mut Vec<FactRead>) -> Option<String> {
        let text = match field {
            "customer.country" => self.customer.country.clone(),
            "customer.province" => self.customer.province.clone(),
            "customer.city" => self.customer.city.clone(),
            "customer.language" => self.customer.language.clone(),
            "customer.time_zone" => {
                let place = zone::of_customer(&self.customer, &self.shop);
                Some(zone::sole(place, &self.shop, self.now).zones[0].name().to_owned())
            }
            "customer.consent" => Some(
                match self.customer.marketing() {
                    ConsentState::Subscribed => "subscribed",
                    ConsentState::Unsubscribed => "unsubscribed",
                    ConsentState::Unknown => "unknown",
                }
                .to_owned(),
            ),
            "local_time.weekday" => {
                let weekday = Weekday::ALL.get(usize::from(self.local_time().weekday));
                weekday.map(|weekday| weekday.word().to_owned())
            }
            _ => None,
        };
        note(reads, field, text.as_deref());
        text
    }

    /// Whether something is known that nobody needs to see for it.
    pub(crate) fn known(&self, field: &str, reads: &mut Vec<FactRead>) -> bool {
        let known = match field {
            "customer.email" => self.customer.email.is_some(),
            "customer.phone" => self.customer.phone.is_some(),
            _ => false,
        };
        note(reads, field, Some(if known { "known" } else { "not known" }));
        known
    }

    pub(crate) fn count(&self, asked: &Asked<'_>, reads: &mut Vec<FactRead>) -> u32 {
        let reached = |reaction: Reaction| {
            let far = |(_, furthest): &&(Timestamp, Option<Reaction>)| furthest.is_some_and(|known| known >= reaction);
            self.messages_of(asked).iter().filter(far).count() as u32
        };
        let count = match asked.field {
            "orders.count" => self.orders_of(asked).len() as u32,
            "orders.count_since_start" => self.orders().count_since(self.started_at),
            "cart.pieces" => self.lines(asked).fold(0u32, |sum, line| sum.saturating_add(line.quantity)),
            "cart.lines" => self.lines(asked).count() as u32,
            "cart.available" => self.lines(asked).filter(|line| !line.is_sold_out()).count() as u32,
            "cart.sold_out" => self.lines(asked).filter(|line| line.is_sold_out()).count() as u32,
            "messages.sent" => self.messages_of(asked).len() as u32,
            "messages.delivered" => reached(Reaction::Delivered),
            "messages.read" => reached(Reaction::Read),
            "messages.clicked" => reached(Reaction::Clicked),
            "messages.replied" => reached(Reaction::Replied),
            "run.messages_sent" => self.messages_sent,
            "local_time.hour" => u32::from(self.local_time().hour),
            _ => 0,
        };
        note_asked(reads, asked, Some(count));
        count
    }

    pub(crate) fn amount(
        &self,
        asked: &Asked<'_>,
        currency: Option<Currency>,
        reads: &mut Vec<FactRead>,
    ) -> Option<Money> {
        let currency = currency.unwrap_or(self.shop.currency);
        let totals = || {
            let totals = self.orders_of(asked).into_iter().filter_map(|order| order.total);
            totals.filter(|total| total.currency == currency).collect::<Vec<_>>()
        };
        let sum = |totals: &[Money]| {
            let (first, rest) = totals.split_first()?;
            rest.iter().try_fold(*first, |sum, total| sum.checked_add(*total))
        };
        let amount = match asked.field {
            "orders.spent" => sum(&totals()),
            "orders.average" => {
                let totals = totals();
                let count = i64::try_from(totals.len()).unwrap_or(i64::MAX).max(1);
                sum(&totals).map(|sum| Money { minor: sum.minor / count, ..sum })
            }
            "cart.total" => self.cart.as_ref().and_then(|cart| cart.total()),
            _ => None,
        };
        note_asked(reads, asked, amount);
        amount
    }

    pub(crate) fn instant(&self, asked: &Asked<'_>, reads: &mut Vec<FactRead>) -> Option<Timestamp> {
        let at = match asked.field {
            "customer.registered_at" => Some(self.customer.registered_at),
            "orders.first_at" => self.orders_of(asked).iter().map(|order| order.placed_at).min(),
            "orders.last_at" => self.orders_of(asked).iter().map(|order| order.placed_at).max(),
            "cart.updated_at" => self.cart.as_ref().map(|cart| cart.updated_at()),
            "messages.last_at" => self.messages_of(asked).into_iter().map(|(at, _)| at).max(),
            "run.started_at" => Some(self.started_at),
            _ => None,
        };
        note_asked(reads, asked, at);
        at
    }

    pub(crate) fn many(&self, field: &str, reads: &mut Vec<FactRead>) -> Vec<String> {
        let lines = self.cart.as_ref().map_or(&[][..], |cart| cart.lines());
        let values: Vec<String> = match field {
            "customer.tags" => self.customer.tags.iter().cloned().collect(),
            "customer.lists" => self.customer.lists.iter().cloned().collect(),
            "cart.skus" => lines.iter().filter_map(|line| line.sku.clone()).collect(),
            "cart.product_types" => of_lines(lines, |line| &line.categories.product_types),
            "cart.tags" => of_lines(lines, |line| &line.categories.tags),
            "cart.collections" => of_lines(lines, |line| &line.categories.collections),
            "cart.categories" => lines.iter().flat_map(|line| line.categories.all().cloned()).collect(),
            _ => Vec::new(),
        };
        note(reads, field, (!values.is_empty()).then(|| values.join(", ")));
        values
    }

    pub(crate) fn attribute<'a>(&'a self, name: &str, reads: &mut Vec<FactRead>) -> Option<&'a Value> {
        let value = self.customer.attributes.get(name);
        let shown = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        note(reads, &format!("customer.attributes.{name}"), shown);
        value
    }

    /// What a server of the shop's own answered to a step, at a path of it: `STEP.PATH`.
    pub fn answer_at(&self, place: &str) -> Option<&Value> {
        let (step, path) = webhook::place(place)?;
        webhook::at(self.own.answers.get(step)?, path).filter(|value| !value.is_null())
    }

    /// The same as a field of rules.
    pub(crate) fn answer<'a>(&'a self, field: &str, reads: &mut Vec<FactRead>) -> Option<&'a Value> {
        let value = field.strip_prefix(webhook::FIELD).and_then(|place| self.answer_at(place));
        note(reads, field, value.map(webhook::shown));
        value
    }
}

fn of_lines(lines: &[Line], names: impl Fn(&Line) -> &BTreeSet<String>) -> Vec<String> {
    lines.iter().flat_map(names).cloned().collect()
}

fn note(reads: &mut Vec<FactRead>, field: &str, value: Option<impl Into<FactValue>>) {
    push(reads, FactRead::new(field.to_owned(), value));
}

fn note_asked(reads: &mut Vec<FactRead>, asked: &Asked<'_>, value: Option<impl Into<FactValue>>) {
    push(reads, FactRead { about: asked.about(), ..FactRead::new(asked.field.to_owned(), value) });
}

fn push(reads: &mut Vec<FactRead>, read: FactRead) {
    if !reads.contains(&read) {
        reads.push(read);
    }
}
