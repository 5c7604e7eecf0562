//! Loaded values by their ids, and by whose they are: a batch holds what belongs to hundreds of customers, and asks with
//! every event for what belongs to one.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use crate::cart::Cart;
use crate::ids::CustomerId;
use crate::message::Message;
use crate::order::Order;
use crate::run::Run;
use crate::world::Entry;

/// What belongs to a customer.
pub trait Belongs {
    /// Whose it is.
    fn owner(&self) -> CustomerId;

    /// Makes it somebody else's.
    fn give_to(&mut self, owner: CustomerId);
}

/// Of a name, its owner is all there is to know.
impl Belongs for CustomerId {
    fn owner(&self) -> CustomerId {
        *self
    }

    fn give_to(&mut self, owner: CustomerId) {
        *self = owner;
    }
}

macro_rules! entries_belong {
    ($($entry:ident),*) => {$(
        impl Belongs for Entry<$entry> {
            fn owner(&self) -> CustomerId {
                self.value.customer
            }

            fn give_to(&mut self, owner: CustomerId) {
                self.edit().customer = owner;
            }
        }
    )*};
}

entries_belong!(Cart, Order, Run, Message);

/// Values by their ids, in their order, and the ids by whose they are.
///
/// Read like the map that it is; whose a value is changes only through [`ByCustomer::give`].
#[derive(Debug, Clone, PartialEq)]
pub struct ByCustomer<K, V> {
    values: BTreeMap<K, V>,
    ids: BTreeMap<CustomerId, BTreeSet<K>>,
}

impl<K, V> Default for ByCustomer<K, V> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), ids: BTreeMap::new() }
    }
}

impl<K, V> Deref for ByCustomer<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl<K: Ord + Clone, V: Belongs> ByCustomer<K, V> {
    /// What is a customer's, by its ids in their order.
    pub fn entries_of(&self, customer: CustomerId) -> impl Iterator<Item = (&K, &V)> {
        let ids = self.ids.get(&customer).into_iter().flatten();
        ids.filter_map(|id| self.values.get_key_value(id))
    }

    /// The values of [`ByCustomer::entries_of`].
    pub fn of(&self, customer: CustomerId) -> impl Iterator<Item = &V> {
        self.entries_of(customer).map(|(_, value)| value)
    }

    /// To change it; but not whose it is.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, id: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.values.get_mut(id)
    }

    /// To change them; but not whose they are.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.values_mut()
    }

    /// Adds a value, or puts it in the place of another.
    pub fn insert(&mut self, id: K, value: V) {
        self.forget_owner(&id);
        self.ids.entry(value.owner()).or_default().insert(id.clone());
        self.values.insert(id, value);
    }

    /// Makes a value somebody's, whoever had it.
    pub fn give(&mut self, id: &K, to: CustomerId) {
        self.forget_owner(id);
        if let Some(value) = self.values.get_mut(id) {
            value.give_to(to);
            self.ids.entry(to).or_default().insert(id.clone());
        }
    }

    /// Makes all that is one customer's another's; what that was.
    pub fn give_all(&mut self, from: CustomerId, to: CustomerId) -> BTreeSet<K> {
        let ids = self.ids.get(&from).cloned().unwrap_or_default();
        for id in &ids {
            self.give(id, to);
        }
        ids
    }

    /// Forgets all that is a customer's.
    pub fn remove_all(&mut self, customer: CustomerId) {
        for id in self.ids.remove(&customer).unwrap_or_default() {
            self.values.remove(&id);
        }
    }

    /// The values, in the order of their ids.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.values.into_values()
    }

    fn forget_owner(&mut self, id: &K) {
        if let Some(ids) = self.values.get(id).and_then(|value| self.ids.get_mut(&value.owner())) {
            ids.remove(id);
        }
    }
}

impl<K: Ord + Clone, V: Belongs> FromIterator<(K, V)> for ByCustomer<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let mut all = Self::default();
        values.into_iter().for_each(|(id, value)| all.insert(id, value));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn customer(number: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(number))
    }

    fn names_of(names: &ByCustomer<&'static str, CustomerId>, number: u128) -> Vec<&'static str> {
        names.entries_of(customer(number)).map(|(name, _)| *name).collect()
    }

    #[test]
    fn what_is_a_customers_is_found_in_order_and_follows_its_owner() {
        let (ana, ben) = (customer(1), customer(2));
        let mut names: ByCustomer<_, _> = [("c", ana), ("a", ana), ("b", ben)].into_iter().collect();
        assert_eq!(names_of(&names, 1), ["a", "c"]);
        names.insert("a", ben);
        assert_eq!((names_of(&names, 1), names_of(&names, 2)), (vec!["c"], vec!["a", "b"]));
        names.give(&"b", ana);
        assert_eq!((names_of(&names, 1), names_of(&names, 2)), (vec!["b", "c"], vec!["a"]));
        assert_eq!(names.give_all(ana, ben), BTreeSet::from(["b", "c"]));
        assert_eq!((names_of(&names, 1), names_of(&names, 2)), (vec![], vec!["a", "b", "c"]));
        assert_eq!(names["b"], ben);
        names.remove_all(ben);
        assert!(names.is_empty() && names_of(&names, 2).is_empty());
    }
}
