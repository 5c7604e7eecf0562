//! What an answer to why is made of.

use crate::said::sentences;

sentences! {
    /// What a check can say. A closed list.
    FindingCode {
        IsLive = "it is live",
        IsPaused = "it is paused: nobody enters and nothing is sent",
        IsClosed = "it is closed: nobody enters",
        IsStopped = "it is stopped",
        WasNotLive = "an event came, and the strategy was not live when it came",
        CameLate = "an event came, and it arrived when its time was already longer past than `max_lateness` allows",
        NotAgain = "an event came, and the customer has been through the strategy, and its `reentry` let nobody in \
                    again yet",
        AtCheckout = "an event came, and a checkout of the same customer was under way, and the cart belonged to it",
        OlderThanVersion = "the newest {what} is older than this version of the strategy",
        BeganNothing = "a {what} is on record, but it began nothing",
        NothingOnRecord = "no {what} is on record",
        NothingTurnedAway = "no {what} that was turned away is on record",
        MayEnter = "the customer may enter",
        MayNotEnter = "the customer may not come back, or not yet",
        WouldBeRefused = "over {channel} it would be refused: {reason}",
        WouldGo = "over {channel} it could go out now",
        WouldWait = "over {channel} it would wait until {until}",
        WouldWaitForSender = "over {channel} it would wait until {until}: the provider wants nothing before",
        WouldBePaused = "the strategy is paused",
        WouldBeSkipped = "over {channel} it would be skipped: {reason}",
        WouldBeHeld = "over {channel} it would be held: {reason}. {next_step}",
        Settles = "it waits for the trigger to settle",
        AtStep = "it is at the step `{step}`",
        WaitsForMessage = "it waits for its message at `{step}`",
        Ended = "it is over: {reason}",
        Accepted = "the provider has it",
        HandedOver = "it was given to the provider",
        Uncertain = "the provider may have it; it is not sent again, so that nobody gets it twice",
        OnItsWay = "it is on its way out",
        HeldOut = "it was held out, to see what it is worth",
        Held = "it is held: {reason}. {next_step}",
        Skipped = "it was skipped: {reason}",
        Rejected = "the provider refused it: {reason}",
    }
}
