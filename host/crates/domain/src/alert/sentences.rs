//! What alerts and holds say in words of our own. What a provider or a plugin said stands beside them as it is.

use crate::said::sentences;

sentences! {
    /// What an alert or a hold says: why, or what to do. A closed list.
    AlertCode {
        NotConnected = "It is not connected, or no version of its plugin is active.",
        RefusedInARow = "{n} in a row; the last: {last}",
        LastHeard = "It was last heard of at {at}.",
        NeverHeard = "It was never heard of.",
        AppRemoved = "The app was removed from the shop at the platform.",
        TooLateToday = "{n} messages were skipped today because they had become too late to send.",
        PluginFails = "It failed on {failures} of {subjects} subjects; it is tried again now and then.",
        AllToBeErased = "The platform asks that everything of its shop be erased, and this shop has other sources.",
        AnswerUntil = "Their platform passed the request on; it is to be answered by {until}.",
        SecretEnds = "`{secret}` ends at {end}, and was not renewed: {why}",
        SecretNotRenewed = "`{secret}` was not renewed: {why}",
        AskProvider = "Ask the provider why the sender is refused, put it right, then release it.",
        StoreCredentials = "Store working credentials for the channel, then release it.",
        TopUp = "Top up the provider's account, then release the channel.",
        ApproveTemplate = "Have the template approved or choose another, then release the channel.",
        ChangeContent = "Change what the content says, then release the channel.",
        ConnectChannel = "Connect the channel and install its plugin.",
        SeeTemplates = "See at the channel's templates what the provider says; once it approves the template, messages \
                        go by themselves.",
        ProbeSource = "See with a probe why the source is silent; its first answer or event lets the messages go.",
        ReleaseSender = "Ask the provider why the sender is refused, put it right, then release the sender.",
        SeeRefusals = "Look at the last refusals of the channel's messages; the provider says what its codes mean.",
        AwaitTemplate = "Wait until the provider has looked at it; messages go out by themselves then.",
        ChangeTemplate = "Change the template at the provider as its reason says, or let the content name another one.",
        AwaitPausedTemplate = "Wait until the provider takes it again, or let the content name another template.",
        RegisterWebhooks = "Correct the source's credentials and their rights, then save it: its webhooks are \
                            registered anew.",
        AskAgain = "Store working credentials for the source, then save it: it is asked again at once.",
        InstallAppAgain = "Install the app there again and save the source with its new credentials; or remove the \
                           source.",
        SeeWhatHolds = "See which channel holds or limits them, or what kept the service from working, and put that \
                        right.",
        SeeTraps = "Look at the plugin's traps, then roll it back or install a version that does not fail.",
        EraseThemAlone = "Erase the customers who are known by this platform alone \
                          (`DELETE /v1/customers/{customer}`), then remove the source.",
        SendWhatIsKept = "Send the owner of the shop what is kept: `GET /v1/customers/{customer}`, and their runs and \
                          messages (`GET /v1/runs?customer={customer}`, `GET /v1/messages?customer={customer}`).",
        NothingIsKept = "Tell the owner of the shop that nothing is kept here of their customer {asks}.",
        StoreSecret = "Store a new secret for the channel before that; the provider's console shows how to get one.",
    }
}
