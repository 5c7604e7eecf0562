//! The functions that guests of this edition call, answered by those of the newest one.

use cartwright_plugins_bindings::v0_1::imports::{
    candidates, cart, connection, contact, customer, decision, orders, run, secrets, types,
};
use cartwright_plugins_bindings::v0_2::imports as new;
use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker};

use super::answers::Twin;
use crate::guest::Guest;

/// Offers the interfaces of this edition.
pub(crate) fn link(linker: &mut Linker<Guest>) -> Result<()> {
    type Own = HasSelf<Guest>;
    decision::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    customer::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    contact::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    orders::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    cart::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    run::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    candidates::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    connection::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    secrets::add_to_linker::<Guest, Own>(linker, |guest| guest)
}

macro_rules! same {
    ($interface:ident: $($function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl $interface::Host for Guest {
            $(fn $function(&mut self $(, $argument: $type)*) -> Result<$answer> {
                Ok(new::$interface::Host::$function(self $(, $argument.twin())*)?.twin())
            })+
        }
    };
}

same! { decision:
    now() -> i64;
    config() -> String;
    random() -> u64;
    log(line: String) -> ();
}
same! { customer:
    country() -> Option<String>;
    language() -> Option<String>;
    registered_at() -> Option<i64>;
    has_tag(name: String) -> bool;
    attribute(name: String) -> Option<String>;
}
same! { contact:
    first_name() -> Option<String>;
    phone() -> Option<String>;
    email() -> Option<String>;
    marketing() -> contact::Consent;
}
same! { orders:
    count() -> u32;
    count_since(since: i64) -> u32;
    spent() -> Option<types::Money>;
    first_at() -> Option<i64>;
    last_at() -> Option<i64>;
}
same! { cart:
    exists() -> bool;
    total() -> Option<types::Money>;
    lines_count() -> u32;
    pieces() -> u32;
    line(index: u32) -> Option<cart::CartLine>;
    has_sku(sku: String) -> bool;
    has_product(product_id: String) -> bool;
    has_category(name: String) -> bool;
    updated_at() -> Option<i64>;
    recovery_url() -> Option<String>;
}
same! { run:
    started_at() -> i64;
    step() -> String;
    messages_sent() -> u32;
}
same! { candidates:
    count() -> u32;
    name(index: u32) -> Option<String>;
    has_label(index: u32, label: String) -> bool;
    labels(index: u32) -> Vec<String>;
}
same! { connection:
    now() -> i64;
    config() -> String;
    log(line: String) -> ();
}
same! { secrets:
    is_set(name: String) -> bool;
    verify(name: String, algorithm: secrets::Algorithm, data: Vec<u8>, signature: Vec<u8>) -> bool;
    equals(name: String, value: String) -> bool;
}
