//! What members did: made up, and the same in every run.

use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};

/// A deed: its kind, and its attributes as the ledger stores them.
type Deed = (&'static str, &'static str);

const DEEDS: [Deed; 8] = [
    ("attendance", r#"{"activity":"study","status":"present"}"#),
    (
        "attendance",
        r#"{"activity":"research","status":"present"}"#,
    ),
    ("attendance", r#"{"activity":"plenary","status":"leave"}"#),
    (
        "proposal",
        r#"{"form":"individual","role":"first","stage":["filed"]}"#,
    ),
    ("opinion_report", r#"{"form":"individual","role":"first"}"#),
    ("contact_log", r#"{"target":"village"}"#),
    ("good_deed", "{}"),
    ("speech", r#"{"form":"oral","occasion":"plenary"}"#),
];

/// The deed of that place of that member: kind, attributes, day, title.
pub fn deed(member: u32, place: u32) -> (&'static str, &'static str, NaiveDate, String) {
    let drawn = member.wrapping_mul(31).wrapping_add(place * 7);
    let (kind, attributes) = DEEDS[drawn as usize % DEEDS.len()];
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("the first of January exists");
    let day = first + TimeDelta::days(i64::from(drawn % 365));
    let mut title = String::with_capacity(24);
    write!(title, "第 {place} 件").expect("writing to a string does not fail");
    (kind, attributes, day, title)
}
