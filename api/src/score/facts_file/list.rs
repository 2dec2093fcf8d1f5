//! Lists as Excel saves them: a line of headings, then a line for each fact or member.

use std::collections::HashMap;

use domain::people::Position;
use domain::score::{Attributes, Fact, HEADINGS, Kind, Value, Vocabulary};

use super::cells::{day, value, yes_or_no};
use super::{FactsFile, Mistakes, Told};

/// The headings of a list of members.
const OF_MEMBERS: [(&str, &str); 7] = [
    ("姓名", "name"),
    ("职务", "position"),
    ("界别", "sector"),
    ("活动组", "group"),
    ("专委会", "special_committee"),
    ("到任", "joined_on"),
    ("离任", "left_on"),
];

const DAY: &str = "应是日期，如 2026-03-12";

/// A list with its headings.
struct Table {
    /// The headings as they stand.
    headings: Vec<String>,
    /// By the English name of a heading, or by itself, the place of its column.
    columns: HashMap<String, usize>,
    /// The lines with their numbers.
    lines: Vec<(u64, Vec<String>)>,
}

impl Table {
    /// The lines of a text; none where the headings are unusable.
    fn read(
        text: &str,
        fixed: &[(&'static str, &'static str)],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let first = text.lines().find(|line| !line.trim().is_empty())?;
        let tabs = first.contains('\t') && !first.contains(',');
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(if tabs { b'\t' } else { b',' })
            .from_reader(text.as_bytes());
        let mut table = Self {
            headings: Vec::new(),
            columns: HashMap::new(),
            lines: Vec::new(),
        };
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    mistakes.add(format!("第 {line} 行"), "这一行读不出来，请重新另存为 CSV");
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if table.headings.is_empty() {
                table.head(line, cells, fixed, mistakes);
            } else {
                table.check_width(line, &cells, mistakes);
                table.lines.push((line, cells));
            }
        }
        Some(table)
    }

    fn head(
        &mut self,
        line: u64,
        cells: Vec<String>,
        fixed: &[(&'static str, &'static str)],
        mistakes: &mut Mistakes,
    ) {
        for (index, heading) in cells.iter().enumerate() {
            if heading.is_empty() {
                continue;
            }
            let known = fixed
                .iter()
                .find(|(zh, en)| heading == zh || heading == en)
                .map_or(heading.as_str(), |(_, en)| en);
            if self.columns.insert(known.to_owned(), index).is_some() {
                mistakes.add(
                    format!("第 {line} 行"),
                    format!("表头「{heading}」出现了两次，每项只能有一列"),
                );
            }
        }
        self.headings = cells;
    }

    fn check_width(&self, line: u64, cells: &[String], mistakes: &mut Mistakes) {
        for (index, cell) in cells.iter().enumerate() {
            let heading = self.headings.get(index).map_or("", String::as_str);
            if heading.is_empty() && !cell.is_empty() {
                let column = index + 1;
                mistakes.add(
                    format!("第 {line} 行第 {column} 列"),
                    format!("「{cell}」上面没有表头；格子里有逗号的，整格要加英文引号"),
                );
            }
        }
    }

    /// Whether there is such a column, by its English name.
    fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// What stands under a heading; none of an empty cell.
    fn cell<'a>(&self, cells: &'a [String], name: &str) -> Option<&'a str> {
        let cell = cells.get(*self.columns.get(name)?)?.as_str();
        (!cell.is_empty()).then_some(cell)
    }
}

/// The place of a cell as a clerk finds it.
fn place(line: u64, heading: &str) -> String {
    format!("第 {line} 行「{heading}」")
}

/// Reads a list of facts.
pub fn facts(file: &mut FactsFile, text: &str, words: &Vocabulary, mistakes: &mut Mistakes) {
    let Some(table) = Table::read(text, &HEADINGS, mistakes) else {
        return;
    };
    let mut missing: Vec<&str> = HEADINGS[2..4]
        .iter()
        .filter(|(_, en)| !table.has(en))
        .map(|(zh, _)| *zh)
        .collect();
    if !table.has("member") && !table.has("group") {
        missing.insert(0, "委员");
    }
    if !missing.is_empty() {
        let expected = format!(
            "表头中缺少「{}」；表头之间用英文逗号隔开",
            missing.join("」「")
        );
        mistakes.add("第 1 行", expected);
        return;
    }
    let mut told = Vec::new();
    for (line, cells) in &table.lines {
        let get = |name: &str| table.cell(cells, name);
        let subject = match (get("member"), get("group")) {
            (Some(name), None) => Some(file.member(name).subject),
            (None, Some(name)) => Some(file.group(name).subject),
            (Some(_), Some(_)) => {
                let both = "“委员”和“活动组事项”只能填一个";
                mistakes.add(format!("第 {line} 行"), both);
                None
            }
            (None, None) => {
                mistakes.add(place(*line, "委员"), "应是委员姓名，现在空着");
                None
            }
        };
        let on = get("on").and_then(day);
        if on.is_none() {
            let now =
                get("on").map_or_else(|| "现在空着".to_owned(), |cell| format!("写的是「{cell}」"));
            mistakes.add(place(*line, "日期"), format!("{DAY}，{now}"));
        }
        let verified = match get("verified") {
            None => Some(true),
            Some(cell) => {
                let verified = yes_or_no(cell);
                if verified.is_none() {
                    let expected = format!("应是“是”或“否”，写的是「{cell}」");
                    mistakes.add(place(*line, "核实"), expected);
                }
                verified
            }
        };
        let Some(named) = get("kind") else {
            mistakes.add(place(*line, "类别"), "应是一个类别，如“提案”，现在空着");
            continue;
        };
        let (Some(subject), Some(on), Some(verified)) = (subject, on, verified) else {
            continue;
        };
        let kind = words
            .kinds()
            .find(|kind| kind.title == named || kind.key == named);
        let owned = |name| get(name).map(str::to_owned);
        let attributes = attributes(&table, cells, kind);
        if let Some(wrong) = kind.and_then(|kind| kind.impossible(&attributes)) {
            mistakes.add(format!("第 {line} 行"), wrong.expected);
        }
        told.push(Told {
            place: format!("第 {line} 行"),
            fact: Fact {
                id: FactsFile::id(told.len()),
                subject,
                kind: kind.map_or_else(|| named.to_owned(), |kind| kind.key.clone()),
                on,
                title: owned("title").unwrap_or_default(),
                reference: owned("reference"),
                attributes,
                recorder: owned("recorder"),
                verified,
                reverses: None,
            },
            id: owned("id"),
            reverses: owned("reverses"),
        });
    }
    file.take(&told, mistakes);
}

/// What stands in the columns that are attributes.
fn attributes(table: &Table, cells: &[String], kind: Option<&Kind>) -> Attributes {
    let mut attributes = Attributes::new();
    for (heading, cell) in table.headings.iter().zip(cells) {
        let fixed = HEADINGS
            .iter()
            .any(|(zh, en)| heading == zh || heading == en);
        if fixed || heading.is_empty() || cell.is_empty() {
            continue;
        }
        let known = kind.and_then(|kind| {
            let mut attributes = kind.attributes.iter();
            attributes.find(|one| one.title == *heading || one.key == *heading)
        });
        let (name, value) = match known {
            Some(attribute) => (attribute.key.clone(), value(attribute, cell)),
            None => (heading.clone(), Value::Word(cell.clone())),
        };
        attributes.insert(name, value);
    }
    attributes
}

/// Reads a list of members.
pub fn members(file: &mut FactsFile, text: &str, mistakes: &mut Mistakes) {
    let Some(table) = Table::read(text, &OF_MEMBERS, mistakes) else {
        return;
    };
    if !table.has("name") {
        mistakes.add("第 1 行", "表头中缺少「姓名」；表头之间用英文逗号隔开");
        return;
    }
    for heading in table.headings.iter().filter(|heading| !heading.is_empty()) {
        let known = OF_MEMBERS
            .iter()
            .any(|(zh, en)| heading == zh || heading == en);
        if !known {
            let all: Vec<&str> = OF_MEMBERS.iter().map(|(zh, _)| *zh).collect();
            let expected = format!("不认识表头「{heading}」，可以有：{}", all.join("、"));
            mistakes.add("第 1 行", expected);
        }
    }
    for (line, cells) in &table.lines {
        let get = |name: &str| table.cell(cells, name);
        let Some(name) = get("name") else {
            mistakes.add(place(*line, "姓名"), "应是姓名，现在空着");
            continue;
        };
        if file.knows_member(name) {
            let expected = format!("「{name}」已在名单上；重名时写成“{name}（教育）”这样");
            mistakes.add(place(*line, "姓名"), expected);
            continue;
        }
        let position = get("position").map(|word| {
            let known = position(word);
            if known.is_none() {
                let all: Vec<&str> = Position::ALL.iter().map(|one| one.zh()).collect();
                let expected = format!("应是{}之一，写的是「{word}」", all.join("、"));
                mistakes.add(place(*line, "职务"), expected);
            }
            known
        });
        let mut read_day = |name: &str, heading: &str| {
            let cell = get(name)?;
            let read = day(cell);
            if read.is_none() {
                mistakes.add(place(*line, heading), format!("{DAY}，写的是「{cell}」"));
            }
            read
        };
        let (joined, left) = (read_day("joined_on", "到任"), read_day("left_on", "离任"));
        if joined.zip(left).is_some_and(|(joined, left)| left < joined) {
            mistakes.add(place(*line, "离任"), "应不早于到任日期");
        }
        let person = file.member(name);
        for trait_name in ["sector", "group", "special_committee"] {
            if let Some(word) = get(trait_name) {
                let word = Value::Word(word.to_owned());
                person.traits.insert(trait_name.to_owned(), word);
            }
        }
        if let Some(Some(position)) = position {
            let word = Value::Word(position.to_string());
            person.traits.insert("position".to_owned(), word);
        }
        (person.joined_on, person.left_on) = (joined, left);
    }
}

/// A position by its Chinese or its English name.
pub fn position(word: &str) -> Option<Position> {
    let mut all = Position::ALL.iter().copied();
    all.find(|one| one.zh() == word || one.as_str() == word)
}
