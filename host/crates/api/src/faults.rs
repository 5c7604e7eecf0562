//! Faults that the engine found, as problems.

use cartwright_domain::plugin::MoveError;
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::trust::Distrust;
use cartwright_engine::{
    ConnectError, ContentError, InstallError, PublishError, RemoveError, ReplaceError, ShopError, TrustError,
};

use crate::problem::{Code, FieldError, Problem};

/// Refuses if one of the faults does; warnings alone let it pass.
pub(crate) fn refuse(code: Code, faults: Vec<StrategyFault>) -> Result<(), Problem> {
    if faults.iter().any(StrategyFault::refuses) { Err(problem(code, faults)) } else { Ok(()) }
}

fn problem(code: Code, faults: Vec<StrategyFault>) -> Problem {
    let refusing = faults.into_iter().filter(StrategyFault::refuses);
    Problem::fields(code, refusing.map(FieldError::from).collect())
}

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Self {
        match error {
            ShopError::Faults(faults) => problem(Code::InvalidRequest, faults),
            ShopError::Store(error) => error.into(),
        }
    }
}

impl From<TrustError> for Problem {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Faults(faults) => problem(Code::InvalidRequest, faults),
            TrustError::Store(error) => error.into(),
        }
    }
}

impl From<Distrust> for Problem {
    fn from(distrust: Distrust) -> Self {
        let code = match distrust {
            Distrust::Unsigned => Code::PluginUnsigned,
            Distrust::Unreadable(_) | Distrust::DoesNotFit { .. } => Code::PluginSignatureWrong,
            Distrust::UnknownKey { .. } | Distrust::KeyRemoved { .. } => Code::PluginSignerUnknown,
        };
        Self::fields(code, vec![FieldError::new("signature", distrust.to_string())])
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Faults(faults) => problem(Code::StrategyFaults, faults),
            PublishError::NameTaken(_) => Self::new(Code::NameTaken, error.to_string()),
            PublishError::NotFound => Self::new(Code::NotFound, "This shop has no such strategy."),
            PublishError::Store(error) => error.into(),
        }
    }
}

impl From<RemoveError> for Problem {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::NotFound => Self::new(Code::NotFound, "This shop has no such strategy."),
            RemoveError::Stays { .. } => Self::new(Code::StrategyAtWork, error.to_string()),
            RemoveError::Store(error) => error.into(),
        }
    }
}

impl From<ReplaceError> for Problem {
    fn from(error: ReplaceError) -> Self {
        match error {
            ReplaceError::NotFound => Self::new(Code::NotFound, "This shop has no such content."),
            ReplaceError::Stale(_) => Self::new(Code::ChangedMeanwhile, error.to_string()),
            ReplaceError::Lacks { .. } => Self::new(Code::ContentFaults, error.to_string()),
            ReplaceError::Store(error) => error.into(),
        }
    }
}

impl From<ContentError> for Problem {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Faults(faults) => problem(Code::ContentFaults, faults),
            ContentError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Faults(faults) => problem(Code::ConnectionFaults, faults),
            ConnectError::Store(error) => error.into(),
        }
    }
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Rejected(rejection) => {
                let errors = vec![FieldError::new(rejection.stage.to_string(), rejection.message.clone())];
                Self { errors, ..Self::new(Code::PluginRejected, rejection.to_string()) }
            }
            InstallError::Distrusted(distrust) => distrust.into(),
            InstallError::Breaks(faults) => {
                let broken = problem(Code::PluginBreaksStrategies, faults);
                let detail = "The version did not take its place: strategies, runs that wait, or connections of the \
                              shop would not be sound with it; see `errors`.";
                Self { detail: detail.to_owned(), ..broken }
            }
            InstallError::Move(MoveError::Percent(_)) => Self::field("percent", error.to_string()),
            InstallError::Move(_) => Self::new(Code::PluginStage, error.to_string()),
            InstallError::Faults(faults) => problem(Code::InvalidRequest, faults),
            InstallError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_alone_refuse_nothing_and_are_no_errors() {
        let warning = StrategyFault::warning("name", "odd");
        assert!(refuse(Code::StrategyFaults, vec![warning.clone()]).is_ok());
        let refused = refuse(Code::StrategyFaults, vec![warning, StrategyFault::error("steps.a", "leads nowhere")]);
        assert_eq!(refused.unwrap_err().errors, [FieldError::new("steps.a", "leads nowhere")]);
    }
}
