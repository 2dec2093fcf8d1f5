//! The one time zone people see, Asia/Shanghai: UTC+8 without daylight saving since 1991.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};

/// The offset of Asia/Shanghai: eight hours east. The calendar covers 2004 on, and the zone has
/// had no daylight saving since 1991, so a fixed offset is exact and needs no zone table.
pub fn shanghai() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset")
}

/// The instant as a person in Shanghai reads it.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&shanghai())
}

/// The day it is in Shanghai at this instant.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// The instant of a Shanghai day and time of day.
pub fn instant(date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    date.and_time(time)
        .and_local_timezone(shanghai())
        .single()
        .expect("a fixed offset has no gaps and no repeats")
        .with_timezone(&Utc)
}
