//! What is read from one cell of a list: a day, a yes or no, the words of an attribute.

use chrono::NaiveDate;
use domain::score::{Attribute, Holds, Value};

/// A day as clerks write it: `2026-03-12`, `2026/3/12`, `2026.3.12`, `2026年3月12日`.
pub fn day(text: &str) -> Option<NaiveDate> {
    let text = domain::text::half_width(text);
    let plain = text.trim().replace(['年', '月', '/', '.'], "-");
    let plain = plain.trim_end_matches('日');
    let mut numbers = plain.split('-').map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    });
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    if numbers.next().is_some() || !(1949..=2100).contains(&year) {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// 是 or 否.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "是" | "true" => Some(true),
        "否" | "false" => Some(false),
        _ => None,
    }
}

/// The value of an attribute. What does not fit stays as it was typed, so that the sheet can say
/// that nobody knows it.
pub fn value(attribute: &Attribute, cell: &str) -> Value {
    match attribute.holds {
        Holds::Word => Value::Word(word(attribute, cell)),
        Holds::Words => Value::Words(several(attribute, cell)),
        Holds::Flag => yes_or_no(cell).map_or_else(|| Value::Word(cell.to_owned()), Value::Flag),
        Holds::Number => Value::Word(domain::text::half_width(cell)),
        Holds::Text => Value::Word(cell.to_owned()),
    }
}

fn word(attribute: &Attribute, text: &str) -> String {
    let known = attribute.words.iter().find(|word| word.title == text);
    known.map_or(text.to_owned(), |word| word.key.clone())
}

/// Words with 、 or | between them. A title such as 县（市、区）级 has the mark within.
fn several(attribute: &Attribute, cell: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let whole = attribute
            .words
            .iter()
            .filter(|word| {
                let after = rest.strip_prefix(word.title.as_str());
                after.is_some_and(|after| after.is_empty() || after.starts_with(['、', '|']))
            })
            .max_by_key(|word| word.title.len());
        let length = match whole {
            Some(word) => word.title.len(),
            None => rest.find(['、', '|']).unwrap_or(rest.len()),
        };
        words.push(word(attribute, rest[..length].trim()));
        rest = rest[length..].trim_start_matches(['、', '|']).trim();
    }
    words
}
