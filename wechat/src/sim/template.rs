//! Message templates: reading their lines, checking what is filled in, and listing them.

use serde_json::{Value, json};

use super::SimTemplate;
use super::answer::{Ask, Outcome, Refused, bare, done_with};
use super::record::ShownField;
use super::state::World;
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
pub(super) fn fill(template: &SimTemplate, data: &Value) -> Result<Vec<ShownField>, Refused> {
    lines(&template.content)
        .into_iter()
        .map(|(label, key)| {
            Ok(ShownField {
                label,
                value: value_of(&key, &data[&key]["value"])?,
            })
        })
        .collect()
}

fn value_of(key: &str, given: &Value) -> Result<String, Refused> {
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
    if values::check(key, &text).is_err() {
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

/// `GET cgi-bin/template/get_all_private_template`.
pub(super) fn list_private(world: &mut World, ask: &Ask) -> Outcome {
    let listed: Vec<Value> = world
        .caller(ask)
        .spec
        .templates
        .iter()
        .map(|template| {
            json!({
                "template_id": template.template_id,
                "title": template.title,
                "primary_industry": "政府与公共事业",
                "deputy_industry": "政府",
                "content": template.content,
                "example": "",
            })
        })
        .collect();
    bare(json!({ "template_list": listed }))
}

/// `GET wxaapi/newtmpl/gettemplate`: all of them are for one message each.
pub(super) fn list_subscription(world: &mut World, ask: &Ask) -> Outcome {
    let listed: Vec<Value> = world
        .caller(ask)
        .spec
        .templates
        .iter()
        .map(|template| {
            json!({
                "priTmplId": template.template_id,
                "title": template.title,
                "content": template.content,
                "example": "",
                "type": 2,
            })
        })
        .collect();
    done_with(json!({ "data": listed }))
}
