//! Pictures that were made lately: bounded by what they weigh, the oldest go first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::Picture;

/// What all of them weigh, in bytes.
const ALL: usize = 32 * 1024 * 1024;
/// For so long a whole one is not made again: shops change a picture without changing its address.
const WHOLE: Span = Span::hours(24);
/// For so long one with a tile that could not be had: whoever asks all the time costs its server no more than that.
const BROKEN: Span = Span::minutes(1);

#[derive(Default)]
pub(super) struct Kept(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    pictures: HashMap<Vec<String>, (Picture, Timestamp)>,
    /// Their names in the order in which they came.
    order: VecDeque<Vec<String>>,
    bytes: usize,
}

impl Kept {
    pub(super) fn get(&self, tiles: &[String], now: Timestamp) -> Option<Picture> {
        let shelf = self.shelf();
        let (picture, made_at) = shelf.pictures.get(tiles)?;
        let good_for = if picture.broken == 0 { WHOLE } else { BROKEN };
        (now < *made_at + good_for).then(|| picture.clone())
    }

    pub(super) fn put(&self, tiles: &[String], picture: &Picture, now: Timestamp) {
        let mut shelf = self.shelf();
        shelf.take_out(tiles);
        shelf.bytes += picture.jpeg.len();
        shelf.order.push_back(tiles.to_vec());
        shelf.pictures.insert(tiles.to_vec(), (picture.clone(), now));
        while shelf.bytes > ALL {
            let Some(oldest) = shelf.order.front().cloned() else { return };
            shelf.take_out(&oldest);
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn take_out(&mut self, tiles: &[String]) {
        if let Some((old, _)) = self.pictures.remove(tiles) {
            self.bytes -= old.jpeg.len();
            self.order.retain(|known| known != tiles);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn picture(bytes: usize, broken: usize) -> Picture {
        Picture { jpeg: vec![0; bytes].into(), broken }
    }

    fn name(place: usize) -> Vec<String> {
        vec![format!("https://shop.example/{place}.png")]
    }

    #[test]
    fn a_whole_picture_is_kept_for_a_day_and_a_broken_one_for_a_minute() {
        let kept = Kept::default();
        kept.put(&name(1), &picture(1, 0), NOW);
        kept.put(&name(2), &picture(1, 1), NOW);
        assert_eq!(kept.get(&name(1), NOW + Span::hours(23)), Some(picture(1, 0)));
        assert_eq!(kept.get(&name(1), NOW + Span::hours(24)), None);
        assert_eq!(kept.get(&name(2), NOW + Span::seconds(59)), Some(picture(1, 1)));
        assert_eq!(kept.get(&name(2), NOW + Span::minutes(1)), None);
        assert_eq!(kept.get(&name(3), NOW), None);
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many() {
        let kept = Kept::default();
        for place in 0..5 {
            kept.put(&name(place), &picture(ALL / 4, 0), NOW);
        }
        let known: Vec<bool> = (0..5).map(|place| kept.get(&name(place), NOW).is_some()).collect();
        assert_eq!(known, [false, true, true, true, true]);
        kept.put(&name(1), &picture(1, 0), NOW);
        assert_eq!(kept.get(&name(2), NOW), Some(picture(ALL / 4, 0)), "one made again takes no room of others");
        assert_eq!(kept.shelf().bytes, 3 * (ALL / 4) + 1);
    }
}
