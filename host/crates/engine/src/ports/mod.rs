//! What the engine needs from outside, as traits. `store`, `plugins` and `api` implement or use them and never see
//! one another.

mod clock;
mod erasure;
mod incidents;
mod life;
mod links;
mod listing;
mod nodes;
mod oidc;
mod people;
mod pictures;
mod plugins;
mod replies;
mod store;
mod test_sends;
mod trust;

pub use clock::{Clock, Entropy};
pub use erasure::Erasure;
pub use incidents::Incidents;
pub use life::*;
pub use links::Links;
pub use listing::*;
pub use nodes::*;
pub use oidc::*;
pub use people::*;
pub use pictures::*;
pub use plugins::*;
pub use replies::{KeptReply, Replies, ReplyFilter, ReplySendFilter};
pub use store::*;
pub use test_sends::TestSends;
pub use trust::*;
