//! A provider on a bad day. What it accepts it remembers by the message's id; what it answers is another matter.

use cartwright_testkit::provider::{Answer, Provider, Received};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A time-out keeps a whole wave waiting, so there are few.
const SILENCES: usize = 3;
/// How often the first sender is told to slow down.
const TOO_MANY: usize = 5;

/// The provider of a test, in WhatsApp's place.
pub(crate) struct Post {
    provider: Provider,
    book: Arc<Book>,
}

struct Book {
    expected: usize,
    pages: Mutex<Pages>,
    /// How many different messages it was asked to send.
    asked: watch::Sender<usize>,
}

#[derive(Default)]
struct Pages {
    requests: usize,
    silences: usize,
    too_many: usize,
    /// How often each message was asked for and accepted.
    messages: HashMap<String, (usize, usize)>,
    /// Answers that leave nobody certain.
    disturbed: usize,
}

impl Post {
    /// Opens for so many messages.
    pub(crate) async fn open(expected: usize) -> Self {
        let book = Arc::new(Book { expected, pages: Mutex::default(), asked: watch::Sender::new(0) });
        let provider = Provider::deciding({
            let book = book.clone();
            move |request| book.decide(request)
        })
        .await;
        Self { provider, book }
    }

    pub(crate) fn url(&self) -> String {
        self.provider.url()
    }

    pub(crate) fn host(&self) -> String {
        self.provider.host()
    }

    /// The number of a shop's sender.
    pub(crate) fn sender(shop: usize) -> String {
        format!("{}", 105_500_000_000_000 + shop)
    }

    /// Waits until it was asked for so many more messages that it did not know before.
    pub(crate) async fn wait_for_more(&self, messages: usize) {
        let mut asked = self.book.asked.subscribe();
        let enough = *asked.borrow() + messages;
        asked.wait_for(|asked| *asked >= enough).await.unwrap();
    }

    /// How often each message was accepted.
    pub(crate) fn accepted(&self) -> HashMap<String, usize> {
        let pages = self.book.pages();
        pages.messages.iter().map(|(message, (_, accepted))| (message.clone(), *accepted)).collect()
    }

    /// Answers that left nobody certain.
    pub(crate) fn disturbed(&self) -> usize {
        self.book.pages().disturbed
    }
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, request: &Received) -> Answer {
        let message = request.json()["biz_opaque_callback_data"].as_str().unwrap_or_default().to_owned();
        let mut pages = self.pages();
        pages.requests += 1;
        let number = pages.requests;
        let entry = pages.messages.entry(message.clone()).or_default();
        entry.0 += 1;
        let asked_again = entry.0 > 1;
        let asked = pages.messages.len();
        let is_first_sender = request.path.contains(&Post::sender(0));
        let accept = |pages: &mut Pages| {
            pages.messages.entry(message.clone()).or_default().1 += 1;
            Answer::wamid(&format!("wamid.{message}"))
        };
        let answer = if is_first_sender && number.is_multiple_of(3) && pages.too_many < TOO_MANY {
            pages.too_many += 1;
            Answer::too_many(2)
        } else if number % 100 == 20 && pages.silences < SILENCES {
            pages.silences += 1;
            pages.disturbed += 1;
            accept(&mut pages);
            Answer::Silence
        } else if number % 97 == 50 {
            pages.disturbed += 1;
            accept(&mut pages);
            Answer::Reset
        } else if number % 97 == 5 {
            pages.disturbed += 1;
            Answer::Reset
        // It is tried again half a minute later, so not among the last ones.
        } else if number % 61 == 7 && !asked_again && asked < self.expected / 2 {
            Answer::graph_error(503, 131_016, "Service overloaded")
        } else if number % 5 == 3 {
            Answer::Late(number as u64 * 37 % 400, Box::new(accept(&mut pages)))
        } else {
            accept(&mut pages)
        };
        drop(pages);
        self.asked.send_replace(asked);
        answer
    }
}
