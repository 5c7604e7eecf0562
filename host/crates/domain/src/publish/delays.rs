//! What must hold of delays and splits.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{FaultCode, StrategyFault, span_faults};
use crate::delay::{Delay, LONGEST, Until};
use crate::local::{LocalError, TimeOfDay, Weekday, ZoneChoice};
use crate::said::Said;
use crate::split::Arm;
use crate::written::Written;
use crate::zone::Zone;

/// The furthest that a date may be from the one in an attribute.
pub(super) const FURTHEST_OFFSET: i16 = 366;

pub(super) fn check(delay: &Delay, path: &str, faults: &mut Vec<StrategyFault>) {
    match (delay.span, &delay.until) {
        (Some(_), Some(_)) => faults.push(StrategyFault::error(path, FaultCode::ForAndUntil)),
        (None, None) => faults.push(StrategyFault::error(path, FaultCode::DelayNeedsTime)),
        (Some(span), None) => span_faults(span, &format!("{path}.for"), faults),
        (None, Some(until)) => until_faults(until, &format!("{path}.until"), faults),
    }
    if delay.until.is_none() && !delay.zone.is_default() {
        faults.push(StrategyFault::error(format!("{path}.zone"), FaultCode::ZoneOfElapsed));
    }
    zone_faults(&delay.zone, &format!("{path}.zone"), faults);
}

fn until_faults(until: &Until, path: &str, faults: &mut Vec<StrategyFault>) {
    match until {
        Until::DaysLater { days, at } => {
            let path = format!("{path}.days_later");
            let longest = LONGEST.millis() / crate::local::DAY;
            if !(1..=longest).contains(&i64::from(*days)) {
                let message = FaultCode::DaysLater.with([("n", &longest)]);
                faults.push(StrategyFault::error(format!("{path}.days"), message));
            }
            time_faults(at, &format!("{path}.at"), faults);
        }
        Until::CutOff { after, at } => {
            time_faults(after, &format!("{path}.cut_off.after"), faults);
            time_faults(at, &format!("{path}.cut_off.at"), faults);
        }
        Until::Weekday { days, at } => {
            if days.is_empty() {
                faults.push(StrategyFault::error(format!("{path}.weekday.days"), FaultCode::NoWeekday));
            }
            weekday_faults(days, &format!("{path}.weekday.days"), faults);
            if let Some(at) = at {
                time_faults(at, &format!("{path}.weekday.at"), faults);
            }
        }
        Until::Attribute { name, offset_days, at, .. } => {
            let path = format!("{path}.attribute");
            if name.trim().is_empty() {
                faults.push(StrategyFault::error(format!("{path}.name"), FaultCode::AttributeMissing));
            }
            if offset_days.unsigned_abs() > FURTHEST_OFFSET.unsigned_abs() {
                let message = FaultCode::OffsetTooFar.with([("n", &FURTHEST_OFFSET)]);
                faults.push(StrategyFault::error(format!("{path}.offset_days"), message));
            }
            time_faults(at, &format!("{path}.at"), faults);
        }
    }
}

/// A text that is none of its kind.
pub(super) fn text_faults<T: FromStr<Err = LocalError>>(
    text: &Written<T>,
    path: &str,
    faults: &mut Vec<StrategyFault>,
) {
    faults.extend(text.fault().map(|error| StrategyFault::error(path, local_fault(&error))));
}

/// What is said of a text that names nothing on a clock or calendar.
pub(crate) fn local_fault(error: &LocalError) -> Said<FaultCode> {
    match error {
        LocalError::TimeOfDay(text) => FaultCode::NotATimeOfDay.with([("text", text)]),
        LocalError::Day(text) => FaultCode::NotADate.with([("text", text)]),
        LocalError::Weekday(text) => FaultCode::NotAWeekday.with([("text", text)]),
    }
}

/// A time of day that something begins at.
pub(super) fn time_faults(text: &Written<TimeOfDay>, path: &str, faults: &mut Vec<StrategyFault>) {
    text_faults(text, path, faults);
    if text.get() == Some(TimeOfDay::END) {
        faults.push(StrategyFault::error(path, FaultCode::DayIsOver));
    }
}

pub(super) fn weekday_faults(days: &[Written<Weekday>], path: &str, faults: &mut Vec<StrategyFault>) {
    for (place, day) in days.iter().enumerate() {
        text_faults(day, &format!("{path}[{place}]"), faults);
    }
}

pub(super) fn zone_faults(zone: &ZoneChoice, path: &str, faults: &mut Vec<StrategyFault>) {
    if let ZoneChoice::Named(name) = zone
        && Zone::named(name).is_none()
    {
        let message = FaultCode::NotAZone.with([("name", name)]);
        faults.push(StrategyFault::error(path, message));
    }
}

pub(super) fn split_faults(arms: &BTreeMap<String, Arm>, path: &str, faults: &mut Vec<StrategyFault>) {
    let path = format!("{path}.arms");
    if arms.len() < 2 {
        faults.push(StrategyFault::error(&path, FaultCode::TooFewArms));
    } else if arms.values().all(|arm| arm.weight == 0) {
        faults.push(StrategyFault::error(&path, FaultCode::NoWeight));
    }
    for name in arms.keys().filter(|name| name.trim().is_empty() || name.chars().count() > super::NAME_LENGTH) {
        let message = FaultCode::ArmName.with([("n", &super::NAME_LENGTH)]);
        faults.push(StrategyFault::error(format!("{path}.{name}"), message));
    }
}

pub(super) fn percent_faults(percent: Option<u32>, path: &str, faults: &mut Vec<StrategyFault>) {
    if percent.is_some_and(|percent| percent > 100) {
        faults.push(StrategyFault::error(path, FaultCode::NotPercent));
    }
}
