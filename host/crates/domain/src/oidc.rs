//! Who signs in at an OpenID provider: what it proves of somebody, and what that opens here.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::ids::{ShopId, UserId};
use crate::time::Timestamp;
use crate::user::{Role, Standing, User};

/// Somebody as a provider knows them. It gives a subject to nobody else; an address it may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// The address of the provider, as it writes it.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
}

/// What a provider has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Of whom.
    pub account: Account,
    /// Their e-mail address, if the provider says that it is theirs.
    pub email: Option<String>,
    /// What the claim says by which roles are given.
    pub groups: Vec<String>,
    /// From when on nobody takes it.
    pub expires_at: Timestamp,
}

/// Who says what somebody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// Owners and operators, in the console.
    Here,
    /// The provider, each time they sign in.
    Provider,
}

impl Keeper {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Provider => "provider",
        }
    }
}

/// How somebody who was proved comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// They came before, and people here say what they may.
    Known,
    /// They came before, and the provider says what they may.
    Followed(UserId, Granted),
    /// A user here is they: the account is linked from now on.
    Linked(UserId),
    /// Nobody here is they, and the provider says what they may.
    Made(User, Vec<(ShopId, Role)>),
}

/// What a provider gives somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// How far they reach.
    pub standing: Standing,
    /// What they are in which shop, by the shop's id.
    pub roles: Vec<(ShopId, Role)>,
}

/// Whom a provider's word lets in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// What follows `@` in the addresses of those who may sign in, in small letters; empty: whatever follows it.
    pub domains: Vec<String>,
    /// What members of a group are; empty: nobody gets in who is not known here.
    pub rules: Vec<GroupRule>,
}

/// What members of a group are. Written `GROUP=operator`, or `GROUP=ROLE@SHOP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// What the claim says of them.
    pub group: String,
    /// What they are.
    pub gives: Gift,
}

/// What a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gift {
    /// An operator's reach.
    Operator,
    /// A role in a shop.
    Role(ShopId, Role),
}

impl Admission {
    /// Whether somebody with this address may sign in at all.
    pub fn admits(&self, email: Option<&str>) -> bool {
        let domain = email.and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.to_lowercase());
        self.domains.is_empty() || domain.is_some_and(|domain| self.domains.contains(&domain))
    }

    /// What the groups of somebody give, if they give anything: of several roles in one shop the greatest.
    pub fn granted(&self, groups: &[String]) -> Option<Granted> {
        let mut standing = Standing::Member;
        let mut roles = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| groups.contains(&rule.group)) {
            match rule.gives {
                Gift::Operator => standing = Standing::Operator,
                Gift::Role(shop, role) => {
                    let known = roles.entry(shop).or_insert(role);
                    *known = role.max(*known);
                }
            }
        }
        let granted = Granted { standing, roles: roles.into_iter().collect() };
        (standing == Standing::Operator || !granted.roles.is_empty()).then_some(granted)
    }
}

impl FromStr for GroupRule {
    type Err = String;

    /// A group may hold `=` itself, as names of directories do.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no rule; write GROUP=operator, or GROUP=ROLE@SHOP with the id of a shop");
        let (group, gives) = text.rsplit_once('=').filter(|(group, _)| !group.is_empty()).ok_or_else(wrong)?;
        let gives = match gives.split_once('@') {
            None if gives == Standing::Operator.name() => Gift::Operator,
            None => return Err(wrong()),
            Some((role, shop)) => Gift::Role(shop.parse().map_err(|_| wrong())?, Role::named(role).ok_or_else(wrong)?),
        };
        Ok(Self { group: group.to_owned(), gives })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACORN: &str = "0192f3a0-0000-7000-8000-000000000001";
    const ELM: &str = "0192f3a0-0000-7000-8000-000000000002";

    fn admission(domains: &[&str], rules: &[&str]) -> Admission {
        Admission {
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        }
    }

    fn granted(admission: &Admission, groups: &[&str]) -> Option<Granted> {
        admission.granted(&groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_addresses_of_the_named_domains_get_in_where_any_are_named() {
        let ours = admission(&["shop.example"], &[]);
        assert!(ours.admits(Some("ana@Shop.Example")));
        for other in ["ana@shop.example.evil", "ana@evil-shop.example", "ana@sub.shop.example", "shop.example"] {
            assert!(!ours.admits(Some(other)), "{other}");
        }
        assert!(!ours.admits(Some("ana@shop.example@evil.example")) && !ours.admits(None));
        assert!(admission(&[], &[]).admits(None));
    }

    #[test]
    fn groups_give_what_the_rules_say_and_nothing_without_one() {
        let rules = [&*format!("staff=viewer@{ACORN}"), &*format!("staff=editor@{ELM}"), "root=operator"];
        let admission = admission(&[], &rules);
        let roles = vec![(ACORN.parse().unwrap(), Role::Viewer), (ELM.parse().unwrap(), Role::Editor)];
        assert_eq!(granted(&admission, &["staff"]), Some(Granted { standing: Standing::Member, roles }));
        let operator = Granted { standing: Standing::Operator, roles: Vec::new() };
        assert_eq!(granted(&admission, &["root", "others"]), Some(operator));
        assert_eq!(granted(&admission, &["Staff", "others"]), None);
        assert_eq!(granted(&Admission::default(), &["staff"]), None);
    }

    #[test]
    fn of_several_roles_in_one_shop_the_greatest_is_given_whatever_comes_first() {
        let (low, high) = (format!("a=viewer@{ACORN}"), format!("b=owner@{ACORN}"));
        for rules in [[&*low, &*high], [&*high, &*low]] {
            let granted = granted(&admission(&[], &rules), &["a", "b"]).unwrap();
            assert_eq!(granted.roles, [(ACORN.parse().unwrap(), Role::Owner)]);
        }
    }

    #[test]
    fn a_rule_names_its_group_and_what_it_gives() {
        let rule: GroupRule = format!("CN=carts,OU=staff=owner@{ACORN}").parse().unwrap();
        let expected = Gift::Role(ACORN.parse().unwrap(), Role::Owner);
        assert_eq!((rule.group.as_str(), rule.gives), ("CN=carts,OU=staff", expected));
        for wrong in ["staff", "=operator", "staff=", "staff=owner", "staff=owner@here", &format!("staff=king@{ACORN}")]
        {
            assert!(wrong.parse::<GroupRule>().unwrap_err().contains("GROUP=operator"), "{wrong}");
        }
    }
}
