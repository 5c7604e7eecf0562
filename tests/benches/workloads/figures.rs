//! The table, and what the machine was like while it was filled.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Less is better.
    NanosecondsEach,
    /// More is better.
    EachSecond,
    /// Less is better.
    Bytes,
    /// How often for each; less is better.
    TimesEach,
}

pub(crate) struct Figures {
    syncs_at_first: f64,
}

impl Figures {
    pub(crate) fn begin() -> Self {
        println!("{:44} {:>14} {:>22}   load", "what", "absolute", "beside the floor");
        Self { syncs_at_first: syncs_each_second() }
    }

    /// A floor: what the machine allows.
    pub(crate) fn floor(&mut self, what: &str, unit: Unit, value: f64) {
        println!("{what:44} {:>14} {:>22}   {}", written(unit, value), "floor", load());
    }

    /// A figure that stands for itself.
    pub(crate) fn absolute(&mut self, what: &str, unit: Unit, value: f64) {
        println!("{what:44} {:>14} {:>22}   {}", written(unit, value), "", load());
    }

    /// How long one page took to become durable when the run began, in nanoseconds.
    pub(crate) fn sync_time(&self) -> f64 {
        1e9 / self.syncs_at_first
    }

    /// A figure beside its floor.
    pub(crate) fn add(&mut self, what: &str, unit: Unit, value: f64, floor: f64) {
        let ratio = match unit {
            Unit::NanosecondsEach | Unit::Bytes | Unit::TimesEach => format!("{:.2} x the floor", value / floor),
            Unit::EachSecond => format!("{:.0} % of the floor", 100.0 * value / floor),
        };
        println!("{what:44} {:>14} {ratio:>22}   {}", written(unit, value), load());
    }

    pub(crate) fn end(self) {
        let (first, last) = (self.syncs_at_first, syncs_each_second());
        println!("\nfdatasync: {first:.0}/s at the beginning, {last:.0}/s at the end");
        if (last - first).abs() > 0.3 * first {
            println!("They differ by more than 30 %: the machine was too unsteady for this run to be quoted.");
        }
    }
}

fn written(unit: Unit, value: f64) -> String {
    match unit {
        Unit::NanosecondsEach if value >= 1e6 => format!("{:.1} ms", value / 1e6),
        Unit::NanosecondsEach if value >= 1e4 => format!("{:.0} us", value / 1e3),
        Unit::NanosecondsEach => format!("{value:.0} ns"),
        Unit::EachSecond => format!("{value:.0} /s"),
        Unit::TimesEach => format!("{value:.2}"),
        Unit::Bytes => format!("{:.1} MiB", value / f64::from(1 << 20)),
    }
}

/// The mean of the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// How often this disk makes a page durable.
fn syncs_each_second() -> f64 {
    let path = std::env::temp_dir().join(format!("cartwright-fdatasync-{}", std::process::id()));
    let mut file = File::create(&path).unwrap();
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < Duration::from_millis(500) {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&[count as u8; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    std::fs::remove_file(path).unwrap();
    rate
}
