//! Who signs in, and what they may: a role in each shop, or the operator's reach over all of them.

use serde::{Deserialize, Serialize};

use crate::ids::{ShopId, UserId};
use crate::time::{Span, Timestamp};

/// A person who signs in with a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Ours.
    pub id: UserId,
    /// What they type to sign in, in small letters; unique.
    pub name: String,
    /// How far they reach.
    pub standing: Standing,
    /// Argon2id, as a PHC text; never the password.
    pub password: String,
    /// Made.
    pub created_at: Timestamp,
}

/// How far a user reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Every shop, and the installation itself.
    Operator,
    /// The shops in which they have a role.
    Member,
}

impl Standing {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Member => "member",
        }
    }
}

/// What a user is in one shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Changes what is sent: strategies and contents.
    Editor,
    /// Changes what it is sent with: plugins, channels, sources, events.
    Integrator,
    /// Everything in the shop, its people and keys among it.
    Owner,
}

impl Role {
    /// All of them, the smallest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Integrator, Self::Owner];

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Integrator => "integrator",
            Self::Owner => "owner",
        }
    }

    /// The role of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == word)
    }

    /// Whether it is enough for something.
    pub fn has(self, power: Power) -> bool {
        match power {
            Power::See => true,
            Power::Edit => matches!(self, Self::Editor | Self::Owner),
            Power::Integrate => matches!(self, Self::Integrator | Self::Owner),
            Power::Own => self == Self::Owner,
            Power::Operate => false,
        }
    }
}

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// To look.
    See,
    /// To change strategies and contents.
    Edit,
    /// To change plugins, channels and sources, and to tell events.
    Integrate,
    /// To change the shop itself, its people and keys.
    Own,
    /// To change the installation.
    Operate,
}

impl Power {
    /// Who has it, as a sentence begins.
    pub fn holders(self) -> &'static str {
        match self {
            Self::See => "everybody in the shop",
            Self::Edit => "an editor or an owner of the shop",
            Self::Integrate => "an integrator or an owner of the shop",
            Self::Own => "an owner of the shop",
            Self::Operate => "an operator",
        }
    }
}

/// Somebody who is signed in, until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the text in the cookie; never the text.
    pub hash: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A link that works once: whoever has it chooses a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of its text; never the text.
    pub hash: [u8; 32],
    /// What it is good for.
    pub purpose: Purpose,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a link is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// To become the first operator, as long as there is nobody at all.
    First,
    /// To become an operator.
    Operate,
    /// To get a role in a shop.
    Join {
        /// Which shop.
        shop: ShopId,
        /// Which role.
        role: Role,
    },
    /// To choose another password.
    NewPassword {
        /// Whose.
        user: UserId,
    },
}

/// How long somebody stays signed in.
pub const SESSION: Span = Span::days(14);
/// How long a link is good.
pub const LINK: Span = Span::days(3);
/// The fewest characters of a password.
pub const PASSWORD_LEAST: usize = 10;
/// The most characters of a password: longer ones would only cost time.
pub const PASSWORD_MOST: usize = 200;

/// A name as it is kept: without spaces around it, in small letters; or what is wrong with it.
pub fn sign_in_name(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    let length = name.chars().count();
    if length == 0 || length > 100 || name.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err("a name to sign in with has 1 to 100 characters and no spaces; an e-mail address is one".to_owned());
    }
    Ok(name)
}

/// What is wrong with a password, if anything is.
pub fn check_password(text: &str, name: &str) -> Result<(), String> {
    let length = text.chars().count();
    if !(PASSWORD_LEAST..=PASSWORD_MOST).contains(&length) {
        return Err(format!("a password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters, not {length}"));
    }
    if text.to_lowercase() == name {
        return Err("the password is the name; choose another".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_enough_for_what_it_is_for_and_for_nothing_else() {
        let enough = |role: Role| {
            let all = [Power::See, Power::Edit, Power::Integrate, Power::Own, Power::Operate];
            all.into_iter().filter(|power| role.has(*power)).collect::<Vec<_>>()
        };
        assert_eq!(enough(Role::Viewer), [Power::See]);
        assert_eq!(enough(Role::Editor), [Power::See, Power::Edit]);
        assert_eq!(enough(Role::Integrator), [Power::See, Power::Integrate]);
        assert_eq!(enough(Role::Owner), [Power::See, Power::Edit, Power::Integrate, Power::Own]);
    }

    #[test]
    fn names_are_the_same_in_any_case_and_have_no_spaces() {
        assert_eq!(sign_in_name(" Ana@Shop.Example "), Ok("ana@shop.example".to_owned()));
        for name in ["", " ", "ana maria", "a\nb", &"x".repeat(101)] {
            assert!(sign_in_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_password_is_long_enough_and_not_the_name() {
        assert_eq!(check_password("ten letters", "ana"), Ok(()));
        assert_eq!(check_password("密码密码密码密码密码", "ana"), Ok(()));
        assert!(check_password("short", "ana").unwrap_err().contains("not 5"));
        assert!(check_password(&"x".repeat(201), "ana").is_err());
        assert!(check_password("Ana@Shop.Example", "ana@shop.example").is_err());
    }

    #[test]
    fn every_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("operator"), None);
    }
}
