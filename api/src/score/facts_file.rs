//! Reading facts and members from files, for trying a rulebook without a server.
//!
//! A list of facts is CSV as Excel writes it, in UTF-8 or GB18030, or JSON; a list of members is
//! CSV. `docs/rulebook-guide.md` describes both for the clerk who writes them. What is wrong with
//! the form of a file is said here, all at once; a kind or a word that the rulebook does not know
//! is no error of the form, and the sheet says of it that it earned nothing and why.

mod cells;
mod closed;
mod json;
mod list;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use domain::ids::{FactId, GroupId, MemberId};
use domain::score::{Closed, Fact, Person, Scheme, Subject};
use encoding_rs::Encoding;
use uuid::Uuid;

pub use cells::day;

/// What the files hold.
#[derive(Clone, Debug, Default)]
pub struct FactsFile {
    /// Everybody by name, in the order of their first mention.
    pub people: Vec<(String, Person)>,
    /// The facts, in the order of the file.
    pub facts: Vec<Fact>,
    /// Results of earlier periods.
    pub closed: Vec<(Subject, Closed)>,
    by_name: HashMap<(bool, String), usize>,
}

/// Something in a file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: the line and the column, or the place in the JSON.
    pub place: String,
    /// What stands there and what was expected.
    pub expected: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.expected)
        } else {
            write!(f, "{}：{}", self.place, self.expected)
        }
    }
}

/// What is wrong, gathered while a file is read.
#[derive(Debug, Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, place: impl Into<String>, expected: impl Into<String>) {
        self.0.push(Mistake {
            place: place.into(),
            expected: expected.into(),
        });
    }
}

/// What the files hold, in the words of a rulebook.
///
/// # Errors
/// Everything that is wrong, file by file, each with its place.
pub fn read(
    facts: &Path,
    members: Option<&Path>,
    scheme: &Scheme,
) -> Result<FactsFile, Vec<Mistake>> {
    let mut file = FactsFile::default();
    let mut all = Vec::new();
    let mut read = |path: &Path, part: &dyn Fn(&mut FactsFile, &str, &mut Mistakes)| {
        let mut mistakes = Mistakes::default();
        match text(path) {
            Ok(text) => part(&mut file, &text, &mut mistakes),
            Err(expected) => mistakes.add("", expected),
        }
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy();
        all.extend(mistakes.0.into_iter().map(|mistake| Mistake {
            place: format!("{name} {}", mistake.place).trim_end().to_owned(),
            ..mistake
        }));
    };
    if let Some(members) = members {
        read(members, &|file, text, mistakes| {
            list::members(file, text, mistakes);
        });
    }
    read(
        facts,
        &|file, text, mistakes| match text.trim_start().chars().next() {
            Some('[' | '{') => json::read(file, text, scheme, mistakes),
            _ => list::facts(file, text, scheme.vocabulary(), mistakes),
        },
    );
    if all.is_empty() { Ok(file) } else { Err(all) }
}

/// The text of a file, without a byte order mark.
fn text(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("打不开文件（{error}）"))?;
    let encoding = match Encoding::for_bom(&bytes) {
        Some((marked, _)) => marked,
        None if std::str::from_utf8(&bytes).is_ok() => encoding_rs::UTF_8,
        None => encoding_rs::GB18030,
    };
    let (text, _, unreadable) = encoding.decode(&bytes);
    if unreadable {
        return Err("编码应是 UTF-8 或 GB18030，文件里有认不出的字".to_owned());
    }
    if text.trim().is_empty() {
        return Err("文件是空的".to_owned());
    }
    Ok(text.into_owned())
}

impl FactsFile {
    /// The member of this name, who is an ordinary one unless a list says otherwise.
    fn member(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Member(MemberId(Uuid::from_u128(number)));
        self.person(false, name, subject, ("position", "member"))
    }

    /// The group of this name.
    pub(super) fn group(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Group(GroupId(Uuid::from_u128(number)));
        self.person(true, name, subject, ("group", name))
    }

    fn person(
        &mut self,
        is_group: bool,
        name: &str,
        subject: impl Fn(u128) -> Subject,
        known: (&str, &str),
    ) -> &mut Person {
        let next = self.people.len();
        let index = *self
            .by_name
            .entry((is_group, name.to_owned()))
            .or_insert(next);
        if index == next {
            let person = Person::new(subject(next as u128 + 1), &[known]);
            self.people.push((name.to_owned(), person));
        }
        &mut self.people[index].1
    }

    fn knows_member(&self, name: &str) -> bool {
        self.by_name.contains_key(&(false, name.to_owned()))
    }

    /// The id of the fact of this number, the same on every run.
    fn id(number: usize) -> FactId {
        FactId(Uuid::from_u128(number as u128 + 1))
    }
}

/// A fact as it was read, with what ties it to others still in words.
struct Told {
    /// Where it stands.
    place: String,
    /// The fact; `reverses` is still open.
    fact: Fact,
    /// Its own number, where it has one.
    id: Option<String>,
    /// The number of the fact that it takes back.
    reverses: Option<String>,
}

impl FactsFile {
    /// Ties facts together and takes them in.
    fn take(&mut self, told: &[Told], mistakes: &mut Mistakes) {
        let mut numbered: HashMap<String, usize> = HashMap::new();
        for (index, one) in told.iter().enumerate() {
            let Some(id) = &one.id else { continue };
            if let Some(first) = numbered.get(id) {
                let expected = format!("编号「{id}」与{}相同，编号不能重复", told[*first].place);
                mistakes.add(&one.place, expected);
            } else {
                numbered.insert(id.clone(), index);
            }
        }
        let mut facts: Vec<Fact> = told.iter().map(|one| one.fact.clone()).collect();
        for (index, one) in told.iter().enumerate() {
            let Some(id) = &one.reverses else { continue };
            match numbered.get(id) {
                None => mistakes.add(&one.place, format!("冲销的编号「{id}」没有一件事用过")),
                Some(&other) if other == index => {
                    mistakes.add(&one.place, format!("冲销的编号「{id}」是它自己"));
                }
                Some(&other) if facts[other].subject != one.fact.subject => {
                    let whose = format!("冲销的「{id}」是另一位委员（组）的事，只能冲销同一位的");
                    mistakes.add(&one.place, whose);
                }
                Some(&other) => facts[index].reverses = Some(facts[other].id),
            }
        }
        self.facts = facts;
    }
}
