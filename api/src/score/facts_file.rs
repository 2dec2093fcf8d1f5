//! Reading facts from a file, for trying a rulebook without a server.
//!
//! A fact has these fields; a clerk may write the Chinese names instead:
//!
//! | field | 中文 | holds |
//! |---|---|---|
//! | `member` | 委员 | a name, or an id; equal texts are one member |
//! | `kind` | 类别 | such as `duty.proposal` or `attendance.study.present` |
//! | `on` | 日期 | the day, `2026-03-27` |
//! | `title` | 名称 | what a person calls it |
//! | `id` | 编号 | optional; any text that no other fact has |
//! | `reverses` | 冲销 | optional; the `id` of the fact that this one takes back |
//!
//! A file that begins with `[` or `{` is JSON: a list of facts, or an object with the list under
//! `facts`. Everything else is CSV with a header line, in UTF-8 or GB18030 as Excel writes it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use domain::ids::{FactId, MemberId};
use domain::score::{Attributes, Fact, Subject};
use serde::Deserialize;
use uuid::Uuid;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsFile {
    /// The members as the file calls them, in the order in which they come.
    pub members: Vec<(MemberId, String)>,
    /// The facts, in the order of the file.
    pub facts: Vec<Fact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(alias = "委员")]
    member: String,
    #[serde(alias = "类别")]
    kind: String,
    #[serde(alias = "日期")]
    on: NaiveDate,
    #[serde(alias = "名称")]
    title: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(default, alias = "编号")]
    id: Option<String>,
    #[serde(default, alias = "冲销")]
    reverses: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    facts: Vec<Row>,
}

/// The facts in a file.
///
/// # Errors
/// Names the line, or the number of the fact, and what is wrong there.
pub fn read(path: &Path) -> Result<FactsFile> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (text, _, unreadable) = match std::str::from_utf8(&bytes) {
        Ok(_) => encoding_rs::UTF_8.decode(&bytes),
        Err(_) => encoding_rs::GB18030.decode(&bytes),
    };
    if unreadable {
        bail!("{} is neither UTF-8 nor GB18030", path.display());
    }
    parse(&text).with_context(|| format!("{} holds no usable facts", path.display()))
}

fn parse(text: &str) -> Result<FactsFile> {
    let rows: Vec<Row> = match text.trim_start().chars().next() {
        Some('[') => serde_json::from_str(text)?,
        Some('{') => serde_json::from_str::<Document>(text)?.facts,
        _ => csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes())
            .deserialize()
            .collect::<std::result::Result<_, _>>()?,
    };
    named(rows)
}

fn named(rows: Vec<Row>) -> Result<FactsFile> {
    let mut ids = HashMap::new();
    for (number, row) in (1..).zip(&rows) {
        if let Some(text) = given(row.id.as_ref())
            && ids
                .insert(text.to_owned(), FactId(id(text, number)))
                .is_some()
        {
            bail!("fact {number}: another fact has the id {text:?} too");
        }
    }
    let mut known: HashMap<String, MemberId> = HashMap::new();
    let mut file = FactsFile::default();
    for (number, row) in (1..).zip(rows) {
        if row.member.trim().is_empty() {
            bail!("fact {number}: names no member");
        }
        let reverses = match given(row.reverses.as_ref()) {
            None => None,
            Some(text) => match ids.get(text) {
                Some(&id) => Some(id),
                None => bail!("fact {number}: takes back {text:?}, which is the id of no fact"),
            },
        };
        let next = known.len() as u128 + 1;
        let member = *known.entry(row.member.clone()).or_insert_with(|| {
            let member = MemberId(id(&row.member, next));
            file.members.push((member, row.member.clone()));
            member
        });
        let id = given(row.id.as_ref()).map_or(FactId(Uuid::from_u128(number)), |text| ids[text]);
        file.facts.push(Fact {
            id,
            subject: Subject::Member(member),
            kind: row.kind,
            on: row.on,
            title: row.title,
            reference: None,
            attributes: row.attributes,
            recorder: None,
            verified: true,
            reverses,
        });
    }
    Ok(file)
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// An id as it is given, or one that its place in the file makes, the same on every run.
fn id(text: &str, number: u128) -> Uuid {
    text.parse().unwrap_or_else(|_| Uuid::from_u128(number))
}
