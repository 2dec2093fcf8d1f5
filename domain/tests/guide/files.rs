//! The files that the guide describes: a list of facts, a list of members, or one file of JSON
//! with everything. Small and strict, for examples; the service's own reader is in `api`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{FactId, GroupId, MemberId};
use domain::people::Position;
use domain::score::{
    Attributes, Closed, Fact, Holds, Invitations, Period, PeriodRule, Person, Subject, Value,
    Vocabulary,
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

fn date(text: &str) -> NaiveDate {
    let plain = text.replace(['年', '月', '/', '.'], "-").replace('日', "");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d").unwrap_or_else(|_| panic!("{text} is no date"))
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

impl Files {
    /// Reads a list of members.
    pub fn read_members(&mut self, text: &str) {
        for row in rows(text) {
            let get = |zh: &str, en: &str| {
                let cell = row
                    .get(zh)
                    .or_else(|| row.get(en))
                    .map_or("", |cell| cell.trim());
                (!cell.is_empty()).then(|| cell.to_owned())
            };
            let person = self.member(&get("姓名", "name").expect("a member has a name"));
            for (zh, en) in [
                ("界别", "sector"),
                ("活动组", "group"),
                ("专委会", "special_committee"),
            ] {
                if let Some(name) = get(zh, en) {
                    person.traits.insert(en.to_owned(), Value::Word(name));
                }
            }
            if let Some(word) = get("职务", "position") {
                let known = Position::ALL
                    .iter()
                    .find(|one| one.zh() == word || one.as_str() == word);
                let known = known.unwrap_or_else(|| panic!("{word} is no position"));
                person
                    .traits
                    .insert("position".to_owned(), Value::Word(known.to_string()));
            }
            person.joined_on = get("到任", "joined_on").map(|day| date(&day));
            person.left_on = get("离任", "left_on").map(|day| date(&day));
        }
    }

    /// Reads a list of facts, in the words of this vocabulary.
    pub fn read_facts(&mut self, text: &str, vocabulary: &Vocabulary) {
        for row in rows(text) {
            let get = |zh: &str, en: &str| {
                let cell = row
                    .get(zh)
                    .or_else(|| row.get(en))
                    .map_or("", |cell| cell.trim());
                (!cell.is_empty()).then(|| cell.to_owned())
            };
            let named = get("类别", "kind").expect("a fact has a kind");
            let kind = vocabulary
                .kinds()
                .find(|kind| kind.title == named || kind.key == named);
            let mut attributes = Attributes::new();
            for (header, cell) in &row {
                let fixed = HEADERS.iter().any(|(zh, en)| header == zh || header == en);
                if fixed || cell.trim().is_empty() {
                    continue;
                }
                let attribute = kind.and_then(|kind| {
                    kind.attributes
                        .iter()
                        .find(|one| one.title == *header || one.key == *header)
                });
                let (name, value) = match attribute {
                    Some(attribute) => {
                        let word = |text: &str| {
                            let known = attribute.words.iter().find(|word| word.title == text);
                            known.map_or(text.to_owned(), |word| word.key.clone())
                        };
                        (
                            attribute.key.clone(),
                            value(attribute.holds, cell.trim(), word),
                        )
                    }
                    None => (header.clone(), Value::Word(cell.clone())),
                };
                attributes.insert(name, value);
            }
            let id = self.id(get("编号", "id").unwrap_or_else(|| format!("#{}", self.facts.len())));
            let subject = match (get("委员", "member"), get("活动组事项", "group")) {
                (Some(name), None) => self.member(&name).subject,
                (None, Some(name)) => self.group(&name).subject,
                _ => panic!("a fact is about a member or about a group: {row:?}"),
            };
            let reverses = get("冲销", "reverses").map(|id| self.id(id));
            self.facts.push(Fact {
                id,
                subject,
                kind: kind.map_or(named, |kind| kind.key.clone()),
                on: date(&get("日期", "on").expect("a fact has a day")),
                title: get("名称", "title").unwrap_or_default(),
                reference: get("文号", "reference"),
                attributes,
                recorder: get("记录单位", "recorder"),
                verified: get("核实", "verified").is_none_or(|word| word == "是"),
                reverses,
            });
        }
    }

    /// Reads one file of JSON with members, groups, facts and closed results.
    pub fn read_json(&mut self, text: &str, rule: &PeriodRule) {
        let file: serde_json::Value = serde_json::from_str(text).unwrap();
        let list = |name: &str| file[name].as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        for one in list("members") {
            let person = self.member(one["name"].as_str().unwrap());
            for name in ["position", "sector", "group", "special_committee"] {
                if let Some(word) = text(&one[name]) {
                    person.traits.insert(name.to_owned(), Value::Word(word));
                }
            }
            person.joined_on = one["joined_on"].as_str().map(date);
            person.left_on = one["left_on"].as_str().map(date);
        }
        for one in list("groups") {
            self.group(one["name"].as_str().unwrap());
        }
        for one in list("facts") {
            let id = text(&one["id"]).unwrap_or_else(|| format!("#{}", self.facts.len()));
            let subject = match one["member"].as_str() {
                Some(name) => self.member(name).subject,
                None => self.group(one["group"].as_str().unwrap()).subject,
            };
            let fact = Fact {
                id: self.id(id),
                subject,
                kind: text(&one["kind"]).unwrap(),
                on: date(one["on"].as_str().unwrap()),
                title: text(&one["title"]).unwrap_or_default(),
                reference: text(&one["reference"]),
                attributes: serde_json::from_value(one["attributes"].clone()).unwrap_or_default(),
                recorder: text(&one["recorder"]),
                verified: one["verified"].as_bool().unwrap_or(true),
                reverses: text(&one["reverses"]).map(|id| self.id(id)),
            };
            self.facts.push(fact);
        }
        for one in list("closed") {
            let read = |name: &str| one[name].clone();
            let closed = Closed {
                period: period(one["period"].as_str().unwrap(), rule),
                total: serde_json::from_value(read("total")).unwrap(),
                points: serde_json::from_value(read("points")).unwrap_or_default(),
                grade: text(&one["grade"]),
                requirements: serde_json::from_value(read("requirements")).unwrap_or_default(),
                attendance: Invitations::default(),
                after_break: one["after_break"].as_bool().unwrap_or(false),
            };
            let name = one["member"].as_str().unwrap().to_owned();
            self.closed.push((name, closed));
        }
    }

    fn id(&mut self, text: String) -> FactId {
        let next = FactId(Uuid::from_u128(self.ids.len() as u128 + 1));
        *self.ids.entry(text).or_insert(next)
    }

    fn member(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Member(MemberId(Uuid::from_u128(number)));
        self.person(name, subject, ("position", "member"))
    }

    fn group(&mut self, name: &str) -> &mut Person {
        let subject = |number| Subject::Group(GroupId(Uuid::from_u128(number)));
        self.person(name, subject, ("group", name))
    }

    fn person(
        &mut self,
        name: &str,
        subject: impl Fn(u128) -> Subject,
        known: (&str, &str),
    ) -> &mut Person {
        let index = self
            .people
            .iter()
            .position(|(other, _)| other == name)
            .unwrap_or_else(|| {
                let subject = subject(self.people.len() as u128 + 1);
                self.people
                    .push((name.to_owned(), Person::new(subject, &[known])));
                self.people.len() - 1
            });
        &mut self.people[index].1
    }
}

/// The period of this name. A session year is the one that begins in that year.
fn period(name: &str, rule: &PeriodRule) -> Period {
    let Some(year) = name.strip_suffix("-S") else {
        return name.parse().unwrap();
    };
    rule.around(date(&format!("{year}-{}", rule.starts)))
}

fn value(holds: Holds, cell: &str, word: impl Fn(&str) -> String) -> Value {
    match holds {
        Holds::Word => Value::Word(word(cell)),
        Holds::Words => Value::Words(
            cell.split(['、', '|'])
                .map(|part| word(part.trim()))
                .collect(),
        ),
        Holds::Flag if cell == "是" => Value::Flag(true),
        Holds::Flag if cell == "否" => Value::Flag(false),
        Holds::Flag | Holds::Number | Holds::Text => Value::Word(cell.to_owned()),
    }
}
