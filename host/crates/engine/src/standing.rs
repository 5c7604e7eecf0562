//! S29: a restored copy does not send. What a node keeps outside of the database is held against the database.

use crate::ports::{Instance, Standing};

/// What a node with this mark, or none, makes of a database before it has asked anybody.
pub fn judge(mark: Option<Instance>, database: Instance) -> Standing {
    match mark {
        // Nothing was ever handed over: there is nothing that could be sent again.
        None if database.hand_overs == 0 => Standing::Sound,
        None => Standing::Unknown,
        Some(mark) if mark.id != database.id || mark.hand_overs > database.hand_overs => Standing::Safe,
        Some(_) => Standing::Sound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::ids::InstanceId;
    use uuid::Uuid;

    fn instance(id: u128, hand_overs: u64) -> Instance {
        Instance { id: InstanceId(Uuid::from_u128(id)), hand_overs }
    }

    #[test]
    fn s29_a_database_with_fewer_hand_overs_or_another_id_is_a_copy() {
        assert_eq!(judge(Some(instance(1, 7)), instance(1, 6)), Standing::Safe);
        assert_eq!(judge(Some(instance(1, 7)), instance(2, 9)), Standing::Safe);
        assert_eq!(judge(Some(instance(1, 7)), instance(1, 7)), Standing::Sound);
        assert_eq!(judge(Some(instance(1, 7)), instance(1, 8)), Standing::Sound);
    }

    #[test]
    fn s29_without_a_mark_only_a_database_that_never_sent_is_trusted() {
        assert_eq!(judge(None, instance(1, 0)), Standing::Sound);
        assert_eq!(judge(None, instance(1, 1)), Standing::Unknown);
    }
}
