//! Quiet-hour presets (S04): when marketing may go out by the rules of where the customer is.
//!
//! A shop switches them on. They are a help and no legal advice; each says where it is from and how sure that is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;

use super::{Opening, OpeningHours};
use crate::cap::Limit;
use crate::customer::Customer;
use crate::local::{Day, Weekday};
use crate::region::{Region, country_of};
use crate::written::Written;

/// Whether the presets hold for a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuietHours {
    /// They do not.
    #[default]
    Off,
    /// They hold beside the windows and caps of the shop, the channel and the strategy.
    Presets,
}

impl QuietHours {
    /// Whether nothing holds.
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

/// What holds in a region.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// A country, or a part of one whose rules stand in place of the country's: `US`, `US-FL`.
    pub region: String,
    /// The kinds of channels that it concerns, as their plugins name them.
    pub channels: Vec<String>,
    /// When marketing may go out there, on the customer's clock.
    pub window: OpeningHours,
    /// How many contacts a customer may have there in a time.
    #[serde(default)]
    pub cap: Option<Limit>,
    /// The law, or who else says so.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// The day on which it was taken in.
    pub as_of: Day,
    /// What else there is to know.
    #[serde(default)]
    pub note: Option<String>,
}

/// How sure a preset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Its source was read.
    Source,
    /// The table of one vendor says so.
    OneVendorTable,
    /// A vendor does so by default; no rule is known.
    VendorDefault,
    /// From memory.
    Recalled,
}

/// The file of presets.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presets {
    /// What they are, and what they are not.
    pub note: String,
    /// A region a row, or a region and kinds of channels.
    pub presets: Vec<Preset>,
}

const FILE: &str = include_str!("presets.json");

/// All presets. That the file is sound is checked by a test.
pub fn presets() -> &'static Presets {
    static PRESETS: LazyLock<Presets> = LazyLock::new(|| serde_json::from_str(FILE).unwrap_or_default());
    &PRESETS
}

/// The presets that hold for a customer on a kind of channel. Where it is not known in which part of a country they
/// are, those of all its parts.
pub fn that_hold(channel: &str, customer: &Customer) -> Vec<&'static Preset> {
    let Some(region) = Region::of(customer) else { return Vec::new() };
    let all = || presets().presets.iter().filter(|preset| preset.channels.iter().any(|known| known == channel));
    let Some(part) = region.part else {
        return all().filter(|preset| region.countries.iter().any(|country| country == preset.country())).collect();
    };
    let own: Vec<_> = all().filter(|preset| preset.region == part).collect();
    if own.is_empty() { all().filter(|preset| preset.region == country_of(part)).collect() } else { own }
}

impl Preset {
    fn country(&self) -> &str {
        country_of(&self.region)
    }
}

/// As a trace names it: `US-FL 08:00-20:00 (FTSA)`.
impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.region, self.window, self.source)
    }
}

/// `mon-sat 09:00-21:00, sun 12:00-21:00`
impl fmt::Display for OpeningHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |opening: &Opening| {
            let word = |time: &Written<_>| time.get().map(|time: crate::local::TimeOfDay| time.to_string());
            let (from, until) = (word(&opening.from).unwrap_or_default(), word(&opening.until).unwrap_or_default());
            format!("{}{from}-{until}", days(&opening.days))
        };
        f.write_str(&self.open.iter().map(text).collect::<Vec<_>>().join(", "))
    }
}

/// `mon-sat `, or one by one where they do not follow each other.
fn days(named: &[Written<Weekday>]) -> String {
    let days: Vec<Weekday> = named.iter().filter_map(Written::get).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return String::new() };
    let is_stretch = days.len() > 2 && Weekday::ALL.windows(days.len()).any(|stretch| stretch == days);
    if is_stretch {
        format!("{first}-{last} ")
    } else {
        days.iter().map(ToString::to_string).collect::<Vec<_>>().join("+") + " "
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::Cap;
    use crate::local::ZoneChoice;
    use crate::publish::{cap_faults, window_faults};
    use crate::window::{Window, have_common_minute};
    use crate::zone::Zone;
    use std::collections::BTreeSet;

    #[test]
    fn s04_every_preset_is_sound_and_each_region_has_one_for_a_channel() {
        let file: Presets = serde_json::from_str(FILE).expect("the file fits its schema");
        assert!(file.note.contains("no legal advice"));
        assert_eq!(file.presets.len(), 22);
        let mut seen = BTreeSet::new();
        for preset in &file.presets {
            let letters = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            assert!(preset.region.split('-').all(letters) && preset.region.len() <= 5, "{preset}");
            assert!(!preset.channels.is_empty() && !preset.source.is_empty(), "{preset}");
            for channel in &preset.channels {
                assert!(seen.insert((&preset.region, channel)), "{} has two presets for {channel}", preset.region);
            }
            let mut faults = Vec::new();
            window_faults(&Window::Hours(preset.window.clone()), "window", &mut faults);
            if let Some(cap) = preset.cap {
                cap_faults(&Cap::Limit(cap), "cap", &mut faults);
            }
            assert_eq!(faults, [], "{preset}");
            assert_eq!(preset.window.zone, ZoneChoice::Customer, "{preset}");
        }
    }

    #[test]
    fn s04_the_presets_of_a_country_have_hours_in_common() {
        let utc = Zone::utc();
        for country in presets().presets.iter().map(Preset::country).collect::<BTreeSet<_>>() {
            let of_country = presets().presets.iter().filter(|preset| preset.country() == country);
            let windows: Vec<_> = of_country.map(|preset| (&preset.window, &utc)).collect();
            assert!(have_common_minute(&windows), "{country}");
        }
    }

    #[test]
    fn s04_a_preset_is_told_with_its_hours_and_source() {
        let told = |region: &str| presets().presets.iter().find(|preset| preset.region == region).unwrap().to_string();
        assert_eq!(told("US-FL"), "US-FL 08:00-20:00 (FTSA)");
        assert_eq!(told("US-TX"), "US-TX mon-sat 09:00-21:00, sun 12:00-21:00 (SB 140)");
        assert_eq!(told("US-RI"), "US-RI mon-fri 09:00-18:00, sat+sun 10:00-17:00 (state law)");
    }
}
