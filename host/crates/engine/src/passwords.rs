//! Passwords: Argon2id, a few at a time, and the longer a name was guessed at the slower.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use cartwright_domain::time::{Span, Timestamp};
use tokio::sync::Semaphore;

/// Each takes 19 MiB and a moment of one core: more at once would let anybody fill the machine by guessing.
const AT_ONCE: usize = 2;
/// So many wrong passwords cost no waiting.
const FREE: u32 = 5;
/// The longest that a name is made to wait.
const LONGEST: Span = Span::minutes(5);
/// More names than this are not remembered.
const NAMES: usize = 10_000;

/// Turns at the hash, and who guessed wrong lately.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    wrong: Mutex<BTreeMap<String, (u32, Timestamp)>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), wrong: Mutex::default() }
    }
}

impl Passwords {
    /// The hash of a password, as a PHC text.
    pub(crate) async fn hash(&self, password: &str, seed: [u8; 32]) -> Option<String> {
        let password = password.to_owned();
        self.in_turn(move || {
            let hashed: PasswordHash =
                Argon2::default().hash_password_with_salt(password.as_bytes(), &seed[..16]).ok()?;
            Some(hashed.to_string())
        })
        .await
    }

    /// Whether a password is the one of a hash. Where there is no hash, as much time passes: nobody learns which names
    /// there are.
    pub(crate) async fn is_right(&self, password: &str, hash: Option<&str>) -> bool {
        let Some(hash) = hash.map(str::to_owned) else {
            let _ = self.hash(password, [0; 32]).await;
            return false;
        };
        let password = password.to_owned();
        let verified = move || Argon2::default().verify_password(password.as_bytes(), hash.as_str()).ok();
        self.in_turn(verified).await.is_some()
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.ok().flatten()
    }

    /// How long a name has to wait before its next password is looked at.
    pub(crate) fn wait(&self, name: &str, now: Timestamp) -> Option<Span> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = wrong.get(name).copied()?;
        let over = count.checked_sub(FREE)?;
        let pause = Span::seconds(1 << over.min(16)).min(LONGEST);
        let passed = now.since(last);
        (passed < pause).then(|| Span::from_millis(pause.millis() - passed.millis()))
    }

    /// A password was wrong.
    pub(crate) fn missed(&self, name: &str, now: Timestamp) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= NAMES {
            wrong.retain(|_, (_, last)| now.since(*last) < LONGEST);
            if wrong.len() >= NAMES {
                wrong.clear();
            }
        }
        let (count, last) = wrong.entry(name.to_owned()).or_insert((0, now));
        *count = count.saturating_add(1);
        *last = now;
    }

    /// A password was right.
    pub(crate) fn forgive(&self, name: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_only_itself_is_right() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse", [7; 32]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!hash.contains("horse"));
        assert!(passwords.is_right("correct horse", Some(&hash)).await);
        assert!(!passwords.is_right("correct horse ", Some(&hash)).await);
        assert!(!passwords.is_right("correct horse", None).await);
        assert_ne!(passwords.hash("correct horse", [8; 32]).await.unwrap(), hash);
    }

    #[test]
    fn who_guesses_waits_longer_each_time_and_nobody_else_does() {
        let passwords = Passwords::default();
        for _ in 0..FREE - 1 {
            passwords.missed("ana", at(0));
            assert_eq!(passwords.wait("ana", at(0)), None);
        }
        passwords.missed("ana", at(0));
        assert_eq!(passwords.wait("ana", at(0)), Some(Span::seconds(1)));
        assert_eq!(passwords.wait("ana", at(1)), None);
        passwords.missed("ana", at(1));
        assert_eq!(passwords.wait("ana", at(1)), Some(Span::seconds(2)));
        for _ in 0..40 {
            passwords.missed("ana", at(1));
        }
        assert_eq!(passwords.wait("ana", at(1)), Some(LONGEST));
        assert_eq!(passwords.wait("ben", at(1)), None);
        passwords.forgive("ana");
        assert_eq!(passwords.wait("ana", at(1)), None);
    }
}
