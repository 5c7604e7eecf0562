//! A case, and how chance makes one: what happens in a shop, and which of two nodes does how much of the work in between.

use proptest::prelude::*;

use crate::log::Deed;
use crate::provider::Mood;

/// What happens, one after the other.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Somebody did something so many minutes ago, and it is told to a node.
    Tell { node: usize, person: usize, deed: Deed, anonymous: bool, quantity: u32, late: i64 },
    /// Something that was told is told again.
    Again { node: usize, which: usize },
    /// A node goes on through so many gates.
    Work { node: usize, gates: u32 },
    /// A node ends what it is at, and does everything else that is due.
    Settle { node: usize },
    /// Time passes, whoever stands still meanwhile.
    Wait { seconds: i64 },
    /// A node falls where it stands; another begins in its place.
    Crash { node: usize },
    /// The provider changes.
    Mood(Mood),
    /// The shard goes to the other node; the one that had it may not know.
    Move { told: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    /// The provider takes a message once, however often it is sent.
    pub(crate) idempotent: bool,
    /// Contacts that a customer may have in a day.
    pub(crate) contacts: u32,
    /// Whether those of the same run count.
    pub(crate) own_run_counts: bool,
    /// Whether the nodes work by leases, or on everything at once.
    pub(crate) leases: bool,
    pub(crate) ops: Vec<Op>,
}

pub(crate) const PEOPLE: usize = 2;

fn op() -> impl Strategy<Value = Op> {
    let node = 0usize..2;
    let deed = prop_oneof![
        6 => Just(Deed::Cart),
        2 => Just(Deed::Checkout),
        1 => Just(Deed::Empty),
        3 => Just(Deed::Order),
        1 => Just(Deed::Identify),
    ];
    let late = prop_oneof![3 => Just(0i64), 1 => 0i64..240];
    let seconds = prop_oneof![
        2 => 1i64..120,
        3 => 30 * 60i64..4 * 3600,
        2 => (2i64..20).prop_map(|hours| hours * 3600),
        // Just what a cart waits for, and what a checkout does.
        2 => Just(3600i64),
        1 => Just(1800i64),
    ];
    let gates = prop_oneof![2 => 1u32..8, 1 => 8u32..25];
    let mood = prop_oneof![
        3 => Just(Mood::Accepts),
        1 => Just(Mood::Refuses),
        1 => Just(Mood::Rejects),
        1 => Just(Mood::SendsInSilence),
        1 => Just(Mood::Loses),
        1 => Just(Mood::IsAway),
    ];
    prop_oneof![
        6 => (node.clone(), 0..PEOPLE, deed, prop::bool::weighted(0.2), 1u32..4, late).prop_map(
            |(node, person, deed, anonymous, quantity, late)| Op::Tell { node, person, deed, anonymous, quantity, late }
        ),
        1 => (node.clone(), 0usize..40).prop_map(|(node, which)| Op::Again { node, which }),
        9 => (node.clone(), gates).prop_map(|(node, gates)| Op::Work { node, gates }),
        2 => node.clone().prop_map(|node| Op::Settle { node }),
        5 => seconds.prop_map(|seconds| Op::Wait { seconds }),
        1 => node.prop_map(|node| Op::Crash { node }),
        1 => mood.prop_map(Op::Mood),
        1 => any::<bool>().prop_map(|told| Op::Move { told }),
    ]
}

pub(crate) fn case(leases: f64) -> impl Strategy<Value = Case> {
    let ops = prop::collection::vec(op(), 4..20);
    (any::<u64>(), any::<bool>(), 1u32..3, any::<bool>(), prop::bool::weighted(leases), ops).prop_map(
        |(seed, idempotent, contacts, own_run_counts, leases, ops)| Case {
            seed,
            idempotent,
            contacts,
            own_run_counts,
            leases,
            ops,
        },
    )
}
