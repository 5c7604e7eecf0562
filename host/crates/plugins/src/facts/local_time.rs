//! The clock on the wall where the customer is.

use cartwright_plugins_bindings::v0_2::imports::local_time::{Day, Host};
use wasmtime::Result;

use super::Fact;
use crate::guest::Guest;

const WEEK: [Day; 7] =
    [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];

impl Host for Guest {
    fn zone(&mut self) -> Result<String> {
        self.fact(Fact::LocalTimeZone, |subject| subject.local_time().zone)
    }

    fn weekday(&mut self) -> Result<Day> {
        self.fact(Fact::LocalTimeWeekday, |subject| WEEK[usize::from(subject.local_time().weekday % 7)])
    }

    fn hour(&mut self) -> Result<u8> {
        self.fact(Fact::LocalTimeHour, |subject| subject.local_time().hour)
    }

    fn minute(&mut self) -> Result<u8> {
        self.fact(Fact::LocalTimeMinute, |subject| subject.local_time().minute)
    }

    fn date(&mut self) -> Result<String> {
        self.fact(Fact::LocalTimeDate, |subject| subject.local_time().date)
    }
}
