//! The files that the guide describes: a list of facts and a list of members; JSON is in
//! [`json`](super::json). Small and strict, for examples; the service's own reader is in `api`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{FactId, GroupId, MemberId};
use domain::people::Position;
use domain::score::{
    Attribute, Attributes, Closed, Fact, Holds, Kind, Person, Subject, Value, Vocabulary,
};
use uuid::Uuid;

/// Everything that is known of the people of an example.
#[derive(Default)]
pub struct Files {
    /// Names and people, in the order of their first mention.
    pub people: Vec<(String, Person)>,
    /// The facts.
    pub facts: Vec<Fact>,
    /// Closed results by name.
    pub closed: Vec<(String, Closed)>,
    ids: BTreeMap<String, FactId>,
}

const HEADERS: [(&str, &str); 10] = [
    ("委员", "member"),
    ("活动组事项", "group"),
    ("类别", "kind"),
    ("日期", "on"),
    ("名称", "title"),
    ("编号", "id"),
    ("文号", "reference"),
    ("冲销", "reverses"),
    ("核实", "verified"),
    ("记录单位", "recorder"),
];

/// A day in one of the ways in which Excel and people write it.
pub fn date(text: &str) -> NaiveDate {
    let plain = text.replace(['年', '月', '/', '.'], "-").replace('日', "");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d").unwrap_or_else(|_| panic!("{text} is no date"))
}

/// A row of a list, by its headers.
struct Row(BTreeMap<String, String>);

fn rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize().collect::<Result<Vec<_>, _>>();
    let rows = rows.unwrap_or_else(|error| panic!("{error}\nin\n{text}"));
    rows.into_iter().map(Row).collect()
}

impl Row {
    /// What stands under a header; nothing where the cell is empty.
    fn get(&self, zh: &str, en: &str) -> Option<String> {
        let cell = self.0.get(zh).or_else(|| self.0.get(en))?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    fn attributes(&self, kind: Option<&Kind>) -> Attributes {
        let cells = self.0.iter().filter(|(header, cell)| {
            let fixed = HEADERS.iter().any(|(zh, en)| header == zh || header == en);
            !fixed && !cell.trim().is_empty()
        });
        cells
            .map(|(header, cell)| {
                let attribute = kind.and_then(|kind| {
                    let mut attributes = kind.attributes.iter();
                    attributes.find(|one| one.title == *header || one.key == *header)
                });
                match attribute {
                    Some(attribute) => (attribute.key.clone(), value(attribute, cell.trim())),
                    None => (header.clone(), Value::Word(cell.clone())),
                }
            })
            .collect()
    }
}

impl Files {
    /// Reads a list of members.
    pub fn read_members(&mut self, text: &str) {
        for row in rows(text) {
            let person = self.member(&row.get("姓名", "name").expect("a member has a name"));
            for (zh, en) in [
                ("界别", "sector"),
                ("活动组", "group"),
                ("专委会", "special_committee"),
            ] {
                if let Some(name) = row.get(zh, en) {
                    person.traits.insert(en.to_owned(), Value::Word(name));
                }
            }
            if let Some(word) = row.get("职务", "position") {
                let mut all = Position::ALL.iter();
                let known = all.find(|one| one.zh() == word || one.as_str() == word);
                let known = known.unwrap_or_else(|| panic!("{word} is no position"));
                let position = Value::Word(known.to_string());
                person.traits.insert("position".to_owned(), position);
            }
            person.joined_on = row.get("到任", "joined_on").map(|day| date(&day));
            person.left_on = row.get("离任", "left_on").map(|day| date(&day));
        }
    }

    /// Reads a list of facts, in the words of this vocabulary.
    pub fn read_facts(&mut self, text: &str, vocabulary: &Vocabulary) {
        for row in rows(text) {
            let named = row.get("类别", "kind").expect("a fact has a kind");
            let mut kinds = vocabulary.kinds();
            let kind = kinds.find(|kind| kind.title == named || kind.key == named);
            let (member, group) = (row.get("委员", "member"), row.get("活动组事项", "group"));
            let subject = self.subject(member.as_deref(), group.as_deref());
            let id = self.id(row.get("编号", "id"));
            let reverses = row.get("冲销", "reverses").map(|id| self.id(Some(id)));
            self.facts.push(Fact {
                id,
                subject,
                attributes: row.attributes(kind),
                kind: kind.map_or(named, |kind| kind.key.clone()),
                on: date(&row.get("日期", "on").expect("a fact has a day")),
                title: row.get("名称", "title").unwrap_or_default(),
                reference: row.get("文号", "reference"),
                recorder: row.get("记录单位", "recorder"),
                verified: row.get("核实", "verified").is_none_or(|word| word == "是"),
                reverses,
            });
        }
    }

    /// The id of a fact that is called so in its file, or of one without a name.
    pub fn id(&mut self, name: Option<String>) -> FactId {
        let next = FactId(Uuid::from_u128(self.ids.len() as u128 + 1));
        let name = name.unwrap_or_else(|| format!("#{next}"));
        *self.ids.entry(name).or_insert(next)
    }

    /// Whom a fact is about.
    pub fn subject(&mut self, member: Option<&str>, group: Option<&str>) -> Subject {
        match (member, group) {
            (Some(name), None) => self.member(name).subject,
            (None, Some(name)) => self.group(name).subject,
            _ => panic!("a fact is about a member or about a group: {member:?}, {group:?}"),
        }
    }

    /// The member of this name, an ordinary one where nothing else is known.
    pub fn member(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Member(MemberId(Uuid::from_u128(number)));
        self.person(name, subject, ("position", "member"))
    }

    /// The activity group of this name.
    pub fn group(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Group(GroupId(Uuid::from_u128(number)));
        self.person(name, subject, ("group", name))
    }

    fn person(
        &mut self,
        name: &str,
        subject: impl Fn(u128) -> Subject,
        known: (&str, &str),
    ) -> &mut Person {
        let found = self.people.iter().position(|(other, _)| other == name);
        let index = found.unwrap_or_else(|| {
            let subject = subject(self.people.len() as u128 + 1);
            let person = Person::new(subject, &[known]);
            self.people.push((name.to_owned(), person));
            self.people.len() - 1
        });
        &mut self.people[index].1
    }
}

fn value(attribute: &Attribute, cell: &str) -> Value {
    match attribute.holds {
        Holds::Word => Value::Word(word(attribute, cell)),
        Holds::Words => Value::Words(several(attribute, cell)),
        Holds::Flag if cell == "是" => Value::Flag(true),
        Holds::Flag if cell == "否" => Value::Flag(false),
        Holds::Flag | Holds::Number | Holds::Text => Value::Word(cell.to_owned()),
    }
}

fn word(attribute: &Attribute, text: &str) -> String {
    let known = attribute.words.iter().find(|word| word.title == text);
    known.map_or(text.to_owned(), |word| word.key.clone())
}

/// Words with 、 or | between them. A title such as 县（市、区）级 has the comma within.
fn several(attribute: &Attribute, cell: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let whole = attribute.words.iter().filter(|word| {
            let after = rest.strip_prefix(word.title.as_str());
            after.is_some_and(|after| after.is_empty() || after.starts_with(['、', '|']))
        });
        let length = match whole.max_by_key(|word| word.title.len()) {
            Some(word) => word.title.len(),
            None => rest.find(['、', '|']).unwrap_or(rest.len()),
        };
        words.push(word(attribute, rest[..length].trim()));
        rest = rest[length..].trim_start_matches(['、', '|']).trim();
    }
    words
}
