//! Whether the other sides of connections answer: a harmless request with each one's own credentials.

use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_engine::{Engine, Probing};

use super::{Findings, State};
use crate::failure::Failure;

/// Asks the other side of a connection who we are to it.
pub(super) async fn ask(
    engine: &Engine,
    shop: &Shop,
    connection: &Connection,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let word = match connection.kind {
        ConnectionKind::Channel => "channel",
        ConnectionKind::Source => "source",
    };
    let what = format!("{}: {word} {} answers", shop.name, connection.name);
    match engine.probing(shop.id, connection).await? {
        // Whoever cannot be asked is not waited for.
        Probing::Never => {}
        Probing::ByTheService => {
            let words = "its credentials are renewed, which only `cartwright serve` may do; try it in the console";
            findings.add(what, State::Look, words);
        }
        Probing::Now => match engine.probe(shop.id, connection.kind, &connection.name).await {
            Ok(words) => findings.add(what, State::Well, words),
            Err(failure) => {
                let next = format!("{failure}; put its credentials right, or see whether it can be reached from here");
                findings.add(what, State::Wrong, next);
            }
        },
    }
    Ok(())
}
