//! Message templates: reading their lines and checking what is filled in. Where an account gets
//! its templates from is left to `library`.

use serde_json::Value;

use super::SimTemplate;
use super::answer::Refused;
use super::record::ShownField;
use super::settings::Strictness;
use crate::values;

/// Fields of the templates from before 2023, which are cut instead of checked.
const OLD_FIELDS: [&str; 3] = ["first", "keyword", "remark"];

/// The labels and keys of a template's content, in order.
pub(super) fn lines(content: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = content;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((key, after)) = inside.split_once("}}") else {
            break;
        };
        rest = after;
        let Some(key) = key.trim().strip_suffix(".DATA") else {
            continue;
        };
        let label = before.trim().lines().last().unwrap_or_default();
        let label = label.trim_end_matches([':', '：', ' ']);
        found.push((label.to_owned(), key.to_owned()));
    }
    found
}

/// Fills a template, or refuses with the name of the first field that does not fit.
pub(super) fn fill(
    template: &SimTemplate,
    data: &Value,
    strictness: Strictness,
) -> Result<Vec<ShownField>, Refused> {
    if strictness.dotted_keys
        && let Some(data) = data.as_object()
        && let Some(dotted) = data.keys().find(|key| {
            key.strip_suffix(".DATA")
                .is_some_and(|plain| data.contains_key(plain))
        })
    {
        let errmsg = format!("argument invalid! data.{dotted}.value invalid");
        return Err(Refused::new(47003, errmsg));
    }
    lines(&template.content)
        .into_iter()
        .map(|(label, key)| {
            Ok(ShownField {
                label,
                value: value_of(&key, &data[&key]["value"], template.listed.get(&key))?,
            })
        })
        .collect()
}

fn value_of(key: &str, given: &Value, listed: Option<&Vec<String>>) -> Result<String, Refused> {
    let refused =
        |why: &str| Refused::new(47003, format!("argument invalid! data.{key}.value {why}"));
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(refused("invalid")),
    };
    let text: String = text.chars().filter(|c| !is_stripped(*c)).collect();
    if OLD_FIELDS.contains(&key.trim_end_matches(|c: char| c.is_ascii_digit())) {
        return Ok(text.chars().filter(|c| !c.is_control()).take(20).collect());
    }
    if text.trim().is_empty() {
        return Err(refused("is empty"));
    }
    let is_listed = listed.is_none_or(|listed| listed.contains(&text));
    if values::check(key, &text).is_err() || !is_listed {
        return Err(refused("invalid"));
    }
    Ok(text)
}

/// Emoji and the enclosed digits, which never reach a phone.
fn is_stripped(c: char) -> bool {
    matches!(c,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2460}'..='\u{24ff}'
        | '\u{fe0f}' | '\u{200d}')
}
