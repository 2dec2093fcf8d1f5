//! What the fields of template and subscribe messages may hold, by the kind in their key.
//!
//! WeChat answers 47003 to a value that breaks these rules. [`check`] refuses it before we send;
//! [`fit`] makes a text fit and never invents a figure or a time.

mod filled;

use chrono::NaiveDate;

pub use filled::{Filled, Lists, check_listed};

/// The kind of a field: its key without the digits at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Any short text.
    Thing,
    /// Digits with an optional decimal point.
    Number,
    /// Latin letters.
    Letter,
    /// Punctuation.
    Symbol,
    /// Digits, letters and symbols, nothing Chinese.
    CharacterString,
    /// A time of day, or a range of two, with or without a date.
    Time,
    /// A date, or a range of two, with or without a time of day.
    Date,
    /// A sum of money.
    Amount,
    /// A telephone number.
    PhoneNumber,
    /// A number plate.
    CarNumber,
    /// A person's name.
    Name,
    /// Up to five Han characters.
    Phrase,
    /// One of the values listed with the template (`enum`, `enum_string`, `const`).
    Listed,
    /// Like [`Kind::Thing`] and shorter.
    ShortThing,
    /// A key of an older template (`first`, `keyword1`, `remark`): held to the rule of a thing.
    Other,
}

impl Kind {
    /// Reads the kind out of a key such as `thing1`.
    pub fn of(key: &str) -> Self {
        match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "thing" => Self::Thing,
            "number" => Self::Number,
            "letter" => Self::Letter,
            "symbol" => Self::Symbol,
            "character_string" => Self::CharacterString,
            "time" => Self::Time,
            "date" => Self::Date,
            "amount" => Self::Amount,
            "phone_number" => Self::PhoneNumber,
            "car_number" => Self::CarNumber,
            "name" => Self::Name,
            "phrase" => Self::Phrase,
            "enum" | "enum_string" | "const" => Self::Listed,
            "short_thing" => Self::ShortThing,
            _ => Self::Other,
        }
    }

    /// The rule in words, for whoever must mend the value.
    pub const fn limit(self) -> &'static str {
        match self {
            Self::Thing | Self::Other => "1 to 20 characters",
            Self::Number => "up to 32 digits, a decimal point allowed",
            Self::Letter => "up to 32 letters",
            Self::Symbol => "up to 5 symbols",
            Self::CharacterString => "up to 32 digits, letters or symbols, nothing Chinese",
            Self::Time => "HH:MM or HH:MM:SS, a date in front and a range with ~ allowed",
            Self::Date => "a date, a time behind it and a range with ~ allowed",
            Self::Amount => "a currency sign, up to 10 digits, decimals and 元 allowed",
            Self::PhoneNumber => "up to 17 digits or symbols",
            Self::CarNumber => "up to 8 characters, Han only at the ends",
            Self::Name => "up to 10 characters, or up to 20 without Han, no digits",
            Self::Phrase => "up to 5 Han characters",
            Self::Listed => "one of the template's listed values",
            Self::ShortThing => "1 to 5 characters",
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is left once emoji are stripped.
    Empty,
    /// A control character or a line break.
    ControlCharacter,
    /// Too many characters.
    TooLong {
        /// How many there are.
        length: usize,
    },
    /// A character or an order the kind does not allow.
    Form,
    /// None of the values the template lists for the field.
    NotListed,
    /// The template asks for the field and there is no value.
    Missing,
}

/// A value its field cannot hold. It does not repeat the value, which may be personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} must hold {limit}: {problem:?}")]
pub struct ValueError {
    /// The field, such as `thing1`.
    pub key: String,
    /// The kind in the key.
    pub kind: Kind,
    /// The rule in words.
    pub limit: String,
    /// How the value breaks it.
    pub problem: Problem,
}

impl ValueError {
    fn new(key: &str, problem: Problem) -> Self {
        let kind = Kind::of(key);
        Self {
            key: key.to_owned(),
            kind,
            limit: kind.limit().to_owned(),
            problem,
        }
    }
}

/// Holds a value against the rule of its field, as WeChat does: emoji are stripped before.
pub fn check(key: &str, value: &str) -> Result<(), ValueError> {
    match problem(Kind::of(key), value) {
        Some(problem) => Err(ValueError::new(key, problem)),
        None => Ok(()),
    }
}

/// Cleans a text and cuts it to what its field holds; an empty one becomes `无`.
///
/// Texts are cut with `…`. Figures, dates and times are only cleaned: cutting them would state
/// something else, so whoever sends them still asks [`check`].
pub fn fit(key: &str, value: &str) -> String {
    let clean = clean(value);
    let fitted = match Kind::of(key) {
        Kind::Thing | Kind::Other | Kind::Listed => cut(&clean, 20, "…"),
        Kind::ShortThing => cut(&clean, 5, "…"),
        Kind::Phrase => clean.chars().filter(|c| is_han(*c)).take(5).collect(),
        Kind::Name => {
            let name: String = clean.chars().filter(|c| !c.is_numeric()).collect();
            let limit = if name.chars().any(is_han) { 10 } else { 20 };
            cut(name.trim(), limit, "…")
        }
        Kind::CharacterString => {
            let plain: String = clean.chars().filter(char::is_ascii).collect();
            let plain = plain.trim();
            if plain.is_empty() {
                "-".to_owned()
            } else {
                cut(plain, 32, "...")
            }
        }
        Kind::Number
        | Kind::Letter
        | Kind::Symbol
        | Kind::Time
        | Kind::Date
        | Kind::Amount
        | Kind::PhoneNumber
        | Kind::CarNumber => clean,
    };
    if fitted.is_empty() {
        "无".to_owned()
    } else {
        fitted
    }
}

/// The keys a template asks for: `会议地点:{{thing1.DATA}}` holds `thing1`.
pub fn field_keys(content: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for piece in content.split("{{").skip(1) {
        let Some((inside, _)) = piece.split_once("}}") else {
            continue;
        };
        let Some(key) = inside.trim().strip_suffix(".DATA") else {
            continue;
        };
        let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain && !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    keys
}

fn problem(kind: Kind, value: &str) -> Option<Problem> {
    if value.chars().any(char::is_control) {
        return Some(Problem::ControlCharacter);
    }
    let left: String = value.chars().filter(|c| !is_stripped(*c)).collect();
    let text = left.trim();
    if text.is_empty() {
        return Some(Problem::Empty);
    }
    let limit = match kind {
        Kind::Name if text.chars().any(is_han) => 10,
        Kind::Thing | Kind::Other | Kind::Listed | Kind::Name => 20,
        Kind::ShortThing | Kind::Symbol | Kind::Phrase => 5,
        Kind::Number | Kind::Letter | Kind::CharacterString => 32,
        Kind::PhoneNumber => 17,
        Kind::CarNumber => 8,
        Kind::Time | Kind::Date | Kind::Amount => usize::MAX,
    };
    let length = text.chars().count();
    if limit < length {
        return Some(Problem::TooLong { length });
    }
    let well_formed = match kind {
        Kind::Thing | Kind::Other | Kind::Listed | Kind::ShortThing => true,
        Kind::Number => is_decimal(text),
        Kind::Letter => text.chars().all(|c| c.is_ascii_alphabetic()),
        Kind::Symbol => text.chars().all(|c| !c.is_alphanumeric()),
        Kind::CharacterString => text.is_ascii(),
        Kind::Time => is_time(text),
        Kind::Date => is_date(text),
        Kind::Amount => return amount_problem(text),
        Kind::PhoneNumber => text
            .chars()
            .all(|c| c.is_ascii() && !c.is_ascii_alphabetic()),
        Kind::CarNumber => is_car_number(text),
        Kind::Name => !text.chars().any(char::is_numeric),
        Kind::Phrase => text.chars().all(is_han),
    };
    (!well_formed).then_some(Problem::Form)
}

/// No control characters, no emoji, no runs of blanks.
fn clean(value: &str) -> String {
    let kept: String = value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_stripped(*c))
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, limit: usize, sign: &str) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit - sign.chars().count()).collect();
    format!("{}{sign}", kept.trim_end())
}

/// Emoji, enclosed figures such as `①`, and what cannot be seen: WeChat drops them.
fn is_stripped(c: char) -> bool {
    matches!(u32::from(c),
        0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0x20E3
        | 0x2300..=0x23FF | 0x2460..=0x24FF | 0x25A0..=0x27BF | 0x2B00..=0x2BFF
        | 0x3200..=0x32FF | 0xE000..=0xF8FF | 0xFE00..=0xFE0F
        | 0x1F000..=0x1FAFF | 0xE0000..=0x10_FFFF)
}

fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn amount_problem(text: &str) -> Option<Problem> {
    let text = text
        .strip_prefix(['￥', '¥', '$', '€', '£'])
        .unwrap_or(text);
    let text = text.strip_suffix('元').unwrap_or(text);
    if !is_decimal(text) {
        return Some(Problem::Form);
    }
    let length = text.split('.').next().map_or(0, str::len);
    (10 < length).then_some(Problem::TooLong { length })
}

fn is_car_number(text: &str) -> bool {
    let last = text.chars().count() - 1;
    text.chars().enumerate().all(|(position, c)| {
        c.is_ascii_alphanumeric() || ((position == 0 || position == last) && is_han(c))
    })
}

fn is_time(text: &str) -> bool {
    is_range(text, |one| match one.rsplit_once(' ') {
        Some((day, clock)) => is_day(day.trim()) && is_clock(clock),
        None => is_clock(one),
    })
}

fn is_date(text: &str) -> bool {
    let dated = |one: &str| match one.rsplit_once(' ') {
        Some((day, clock)) => is_day(day.trim()) && is_clock(clock),
        None => is_day(one),
    };
    match text.split_once('~') {
        // "2019-10-01 09:00~11:30" ends on the day it begins.
        Some((from, to)) => dated(from.trim()) && (dated(to.trim()) || is_clock(to.trim())),
        None => dated(text),
    }
}

fn is_range(text: &str, one: impl Fn(&str) -> bool) -> bool {
    match text.split_once('~') {
        Some((from, to)) => one(from.trim()) && one(to.trim()),
        None => one(text),
    }
}

/// `HH:MM` or `HH:MM:SS` of a day of 24 hours.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let within = |part: &str, end: u32| {
        (1..=2).contains(&part.len())
            && is_digits(part)
            && part.parse::<u32>().is_ok_and(|n| n < end)
    };
    match parts.as_slice() {
        [hours, minutes] => within(hours, 24) && within(minutes, 60),
        [hours, minutes, seconds] => {
            within(hours, 24) && within(minutes, 60) && within(seconds, 60)
        }
        _ => false,
    }
}

/// `Y年m月d日` and its short forms, or the same with `-`, `/` or `.` between.
fn is_day(text: &str) -> bool {
    let chinese = text.contains(['年', '月']);
    let plain = if chinese {
        let open = text
            .strip_suffix('日')
            .or_else(|| text.strip_suffix('月'))
            .unwrap_or(text);
        open.replace(['年', '月'], "-")
    } else {
        text.to_owned()
    };
    let Some(separator) = plain.chars().find(|c| matches!(c, '-' | '/' | '.')) else {
        return false;
    };
    let parts: Option<Vec<u32>> = plain
        .split(separator)
        .map(|part| {
            if is_digits(part) && part.len() <= 4 {
                part.parse().ok()
            } else {
                None
            }
        })
        .collect();
    let year_first = plain
        .split(separator)
        .next()
        .is_some_and(|part| part.len() == 4);
    // A day without a year may be 29 February: 2000 had one.
    let real = |year: u32, month: u32, day: u32| {
        i32::try_from(year).is_ok_and(|y| NaiveDate::from_ymd_opt(y, month, day).is_some())
    };
    match parts.as_deref() {
        Some([year, month, day]) if year_first => real(*year, *month, *day),
        Some([year, month]) if year_first => real(*year, *month, 1),
        Some([month, day]) => real(2000, *month, *day),
        _ => false,
    }
}
