//! A past decision, made again from its record: the moment, the configuration, the chance, the candidates and the
//! facts are all that a pure plugin can see, so the same component gives the same answer, bit for bit.

use std::sync::Arc;

use bytes::Bytes;
use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::ids::ShopId;
use cartwright_domain::plan::Reply;
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{Answered, PluginRejection};
use wasmtime::Store;

use crate::batch::{self, Work};
use crate::catalogue::Plugin;
use crate::facts::interfaces;
use crate::failure::{Stopped, invalid};
use crate::guest::{Guest, Rights};
use crate::kinds::{Live, condition, selector};
use crate::limits::{BatchTime, Limits};
use crate::runtime::Runtime;

impl Runtime {
    /// What a component answers now to a decision of the past. A fact that it reads and the record does not have ends
    /// with the problem `fact not recorded`: it is another decision then.
    pub async fn replay(&self, component: Bytes, record: &DecisionRecord) -> Result<Answered<Reply>, PluginRejection> {
        let plugin = self.catalogue.uploaded(component).await?;
        Ok(self.decide_again(&plugin, record).await)
    }

    /// The same, with a component that a shop has installed.
    pub async fn replay_installed(&self, shop: ShopId, digest: &str, record: &DecisionRecord) -> Answered<Reply> {
        match self.catalogue.plugin(shop, digest).await {
            Ok(plugin) => self.decide_again(&plugin, record).await,
            Err(failure) => {
                Answered { result: Err(failure), reads: Vec::new(), log: Vec::new(), usage: Default::default() }
            }
        }
    }

    async fn decide_again(&self, plugin: &Plugin, record: &DecisionRecord) -> Answered<Reply> {
        // What was granted then shows in what was read.
        let everything = Arc::new(Grants { facts: interfaces(), ..Grants::default() });
        let rights = Rights::new(&plugin.descriptor, &record.config, everything);
        let config: Arc<str> = Arc::from(record.config.to_string());
        let (limits, descriptor) = (self.sandbox.limits.clone(), plugin.descriptor.clone());
        let guest = || {
            let mut guest = Guest::new(&limits);
            guest.rights = rights.clone();
            guest.descriptor = Some(descriptor.clone());
            guest.config = config.clone();
            guest
        };
        let work = Again { record: Arc::new(record.clone()), branches: &plugin.descriptor.branches };
        let mut answers = batch::run(&self.sandbox, plugin, None, guest, &work).await;
        let mut answered = answers.pop().unwrap_or_else(|| Answered {
            result: Err(invalid("it gave no answer")),
            reads: Vec::new(),
            log: Vec::new(),
            usage: Default::default(),
        });
        answered.result = answered.result.map_err(|failure| as_recorded(failure, record));
        answered
    }
}

/// A fact that was not granted then is not in the record either. Where the record says that this is how the decision
/// ended, it is the same answer.
fn as_recorded(failure: PluginFailure, record: &DecisionRecord) -> PluginFailure {
    match &record.answer {
        DecisionAnswer::Failed(then)
            if failure.problem == Problem::FactNotRecorded && then.problem == Problem::NotGranted =>
        {
            then.clone()
        }
        _ => failure,
    }
}

/// One decision of the past.
struct Again<'a> {
    record: Arc<DecisionRecord>,
    branches: &'a [String],
}

impl Work for Again<'_> {
    type Answer = Reply;
    const WHAT: &'static str = "one subject";

    fn items(&self) -> usize {
        1
    }

    fn time(&self, limits: &Limits) -> BatchTime {
        limits.decision
    }

    fn present(&self, guest: &mut Guest, _: usize) {
        guest.candidates = Arc::from(self.record.candidates.as_slice());
        guest.recall(self.record.clone());
    }

    async fn call(
        &self,
        live: &Live,
        store: &mut Store<Guest>,
        _: usize,
    ) -> wasmtime::Result<Result<Reply, PluginFailure>> {
        Ok(match self.record.kind {
            PluginKind::Condition => condition::ask(live, store, self.branches).await?.map(Reply::from),
            PluginKind::Selector => {
                let offered = &self.record.candidates;
                selector::ask(live, store, offered.len()).await?.map(|choice| choice.reply(offered))
            }
            kind => return Err(Stopped::OfOtherKind { is: kind, wanted: PluginKind::Condition }.into()),
        })
    }
}
