//! What plugins used of what they were granted, counted: every host and secret, and facts with personal data. Kept here
//! until somebody takes it away, so that counting costs no statement for each use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cartwright_domain::fact::{FactRead, is_personal};
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{Answered, PluginCall, Use, UseKind};

use crate::conformance;

/// By shop and digest, then by what.
type Counted = HashMap<(ShopId, String), HashMap<(UseKind, String), u64>>;

/// All that was used and not taken yet.
#[derive(Default)]
pub(crate) struct Uses(Mutex<Counted>);

impl Uses {
    /// Counts for one version in one shop.
    pub(crate) fn meter(self: &Arc<Self>, call: &PluginCall) -> Meter {
        Meter(Some(Arc::new((self.clone(), call.shop, call.digest.clone()))))
    }

    /// Counts the personal facts in the answers of a batch.
    pub(crate) fn count_reads<T>(self: &Arc<Self>, call: &PluginCall, answers: &[Answered<T>]) {
        let reads = answers.iter().flat_map(|answer| &answer.reads).filter(|read| is_personal(&read.name));
        let mut times: HashMap<&str, u64> = HashMap::new();
        reads.for_each(|FactRead { name, .. }| *times.entry(name).or_default() += 1);
        for (name, times) in times {
            self.count(call.shop, &call.digest, UseKind::Fact, name, times);
        }
    }

    fn count(&self, shop: ShopId, digest: &str, kind: UseKind, name: &str, times: u64) {
        if shop == conformance::shop() {
            // Nobody's data was used.
            return;
        }
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = counted.entry((shop, digest.to_owned())).or_default();
        *version.entry((kind, name.to_owned())).or_default() += times;
    }

    /// Everything since the last time.
    pub(crate) fn take(&self) -> Vec<Use> {
        let counted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses: Vec<Use> = counted
            .into_iter()
            .flat_map(|((shop, digest), version)| {
                let one = move |((kind, name), times)| Use { shop, digest: digest.clone(), kind, name, times };
                version.into_iter().map(one)
            })
            .collect();
        uses.sort_by(|a, b| (a.shop, &a.digest, a.kind, &a.name).cmp(&(b.shop, &b.digest, b.kind, &b.name)));
        uses
    }
}

/// Counts what one version uses in one shop; by default, nothing.
#[derive(Clone, Default)]
pub(crate) struct Meter(Option<Arc<(Arc<Uses>, ShopId, String)>>);

impl Meter {
    pub(crate) fn count(&self, kind: UseKind, name: &str) {
        if let Some(version) = &self.0 {
            let (uses, shop, digest) = &**version;
            uses.count(*shop, digest, kind, name, 1);
        }
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}
