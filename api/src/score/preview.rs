//! What if: the same facts under two rulebooks, who moves from which grade to which, and which
//! clauses moved him. Nothing is stored of it but that it was asked.

mod compare;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::CommitteeId;
use domain::score::{Period, Rulebook, Scheme};
use serde_json::{Value, json};

pub use compare::Comparison;
use compare::Somebody;

use super::known::{self, Back};
use super::places::Places;
use super::rulebooks::{self, Version};
use super::{rulebook_file, service};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{ApiError, FieldError, Result};

/// What is to be different.
#[derive(Clone, Debug)]
pub enum Difference {
    /// Nothing: the version is held against what is in force.
    None,
    /// Another text is held against the version.
    Text(String),
    /// The version with these values put in the places that the JSON pointers name is held against
    /// it.
    Values(BTreeMap<String, Value>),
}

/// What a comparison was made of.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The period.
    pub period: Period,
    /// The hash of the rulebook before.
    pub before: String,
    /// The hash of the rulebook after.
    pub after: String,
    /// What came of it.
    pub comparison: Comparison,
}

/// Computes a period by two rulebooks.
pub async fn preview(
    app: &App,
    permit: &Permit<op::RulebookPreview>,
    id: &str,
    period: Option<&str>,
    difference: Difference,
) -> Result<Preview> {
    let committee = permit.committee();
    let period = service::period(app, committee, period).await?;
    let version = rulebooks::read(app, committee, id).await?;
    let own = scheme(app, &version)?;
    let (before, after) = match difference {
        Difference::None => {
            let in_force = rulebooks::in_force(app, committee, period).await?;
            ((in_force.hash, in_force.scheme), (version.hash, own))
        }
        Difference::Text(text) => {
            let other = rulebook_file::parse(&text).map_err(rulebook_file::refusal)?;
            ((version.hash, own), ready(other))
        }
        Difference::Values(values) => {
            let other = replaced(&version.rulebook, &values)?;
            ((version.hash, own), ready(other))
        }
    };
    let everybody = everybody(app, committee, period).await?;
    let (old, new) = (before.1, after.1);
    let work =
        tokio::task::spawn_blocking(move || compare::compare(&old, &new, period, &everybody));
    let comparison = work.await.map_err(ApiError::internal)?;
    permit
        .write(app, async |write| {
            write.about("rulebook", id);
            write.detail(json!({
                "period": period,
                "before": before.0,
                "after": after.0,
                "people": comparison.people.len(),
                "moved": comparison.moved,
            }));
            Ok(())
        })
        .await?;
    Ok(Preview {
        period,
        before: before.0,
        after: after.0,
        comparison,
    })
}

/// The members in the order of groups, then of names, and after them the groups.
async fn everybody(app: &App, committee: CommitteeId, period: Period) -> Result<Vec<Somebody>> {
    let places = Places::load(app, committee).await?;
    let mut members = known::members(app, committee, &places, period, None, Back::Term).await?;
    members.sort_by(|a, b| {
        let (left, right) = (
            (places.ordinal(a.member.group_id), &a.member.name),
            (places.ordinal(b.member.group_id), &b.member.name),
        );
        left.cmp(&right).then(a.member.id.cmp(&b.member.id))
    });
    let groups = known::groups(app, committee, &places, period, Back::Term).await?;
    let members = members.into_iter().map(|one| Somebody {
        name: one.member.name,
        person: one.person,
        facts: one.facts,
        before: one.before,
    });
    let groups = groups.into_iter().map(|one| Somebody {
        name: one.group.name,
        person: one.person,
        facts: one.facts,
        before: one.before,
    });
    Ok(members.chain(groups).collect())
}

fn scheme(app: &App, version: &Version) -> Result<Arc<Scheme>> {
    match &version.row {
        Some(row) => Ok(app.schemes.of(&row.hash, &row.text)?),
        None => Ok(app.schemes.shipped().scheme),
    }
}

/// A rulebook that is only tried; it is not kept beside those that are stored.
fn ready(rulebook: Rulebook) -> (String, Arc<Scheme>) {
    let hash = rulebook.hash().to_string();
    (hash, Arc::new(Scheme::new(rulebook)))
}

/// The rulebook with these values put in the places that the pointers name.
fn replaced(rulebook: &Rulebook, values: &BTreeMap<String, Value>) -> Result<Rulebook> {
    let mut json = serde_json::to_value(rulebook).map_err(ApiError::internal)?;
    let mut errors = Vec::new();
    for (pointer, value) in values {
        if !put(&mut json, pointer, value.clone()) {
            let message = format!("细则中没有「{pointer}」这个位置");
            errors.push(wrong(pointer, "no_such_place", message));
        }
    }
    if !errors.is_empty() {
        return Err(ApiError::fields(errors));
    }
    let only = values.keys().next().map(String::as_str);
    let read: Rulebook = serde_path_to_error::deserialize(json).map_err(|error| {
        let place = pointer_of(&error.path().to_string());
        let named = values
            .keys()
            .find(|pointer| place.starts_with(pointer.as_str()) || pointer.starts_with(&place));
        let message = format!("「{place}」处的内容不能用在细则里：{}", error.inner());
        let pointer = named.map(String::as_str).or(only).unwrap_or_default();
        ApiError::fields(vec![wrong(pointer, "rulebook_invalid", message)])
    })?;
    read.check().map_err(|errors| {
        let errors = errors.into_iter().map(|error| {
            let place = pointer_of(&error.path);
            let named = values
                .keys()
                .find(|pointer| place.starts_with(pointer.as_str()) || pointer.starts_with(&place));
            let pointer = named.map(String::as_str).or(only).unwrap_or_default();
            wrong(
                pointer,
                "rulebook_invalid",
                format!("{place}：{}", error.expected),
            )
        });
        ApiError::fields(errors.collect())
    })?;
    Ok(read)
}

/// Puts a value in a place. An object gets a field that it left out; a list gets no longer.
fn put(json: &mut Value, pointer: &str, value: Value) -> bool {
    if let Some(place) = json.pointer_mut(pointer) {
        *place = value;
        return true;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    match json.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(name, value);
            true
        }
        _ => false,
    }
}

fn wrong(pointer: &str, code: &'static str, message: String) -> FieldError {
    let pointer = pointer.replace('~', "~0").replace('/', "~1");
    FieldError {
        pointer: format!("/changes/{pointer}"),
        code,
        message,
    }
}

/// `rules[2].values[0].points` as a JSON pointer.
fn pointer_of(path: &str) -> String {
    let slashed = path.replace('[', ".").replace(']', "");
    let names = slashed.split('.').filter(|name| !name.is_empty());
    names.flat_map(|name| ["/", name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        let pairs = pairs.iter();
        pairs
            .map(|(pointer, value)| ((*pointer).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn a_pointer_names_a_place_that_is_there_or_a_field_left_out() {
        let book = crate::rulebook::shipped();
        let changed = replaced(
            &book,
            &values(&[
                ("/rules/1/cap", json!("30")),
                ("/rules/1/choice", json!("试算")),
            ]),
        )
        .unwrap();
        assert_eq!(changed.rules[1].cap, Some("30".parse().unwrap()));
        assert_eq!(changed.rules[1].choice.as_deref(), Some("试算"));

        for (pointer, code) in [
            ("/rules/99/points", "no_such_place"),
            ("rules", "no_such_place"),
            ("/rules/0/poinst", "rulebook_invalid"),
            ("/rules/0/clause", "rulebook_invalid"),
        ] {
            let error = replaced(&book, &values(&[(pointer, json!(3))])).unwrap_err();
            assert_eq!(error.errors[0].code, code, "{pointer}: {:?}", error.errors);
            let escaped = pointer.replace('/', "~1");
            assert_eq!(error.errors[0].pointer, format!("/changes/{escaped}"));
        }
    }

    #[test]
    fn a_path_is_a_pointer_too() {
        assert_eq!(
            pointer_of("rules[2].values[0].points"),
            "/rules/2/values/0/points"
        );
        assert_eq!(pointer_of("total.rounding.to"), "/total/rounding/to");
    }
}
