//! Runs the examples of the guide as `xingdong score` and `xingdong rulebook check` would.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::score::{
    Assessed, Candidate, Closed, Fact, Period, Person, Record, Rulebook, Scheme, Subject,
};

use super::blocks::Block;
use super::files::Files;

const TEXT: &str = "writing to a string does not fail";

/// What lies on the desk while the guide is read from top to bottom.
#[derive(Default)]
pub struct Desk {
    head: String,
    rulebook: String,
    members: String,
    facts: String,
    ran: usize,
}

impl Desk {
    /// Lays a block on the desk; of a block that shows a result, the result.
    pub fn take(&mut self, block: &Block<'_>) -> Option<String> {
        match block.info {
            "toml 开头" => self.head.clone_from(&block.body),
            "toml 细则" => self.begin(block.body.clone()),
            "toml 条文" => self.begin(joined(&self.head, &block.body)),
            "csv 委员" => self.members.clone_from(&block.body),
            "csv 事实" | "json 事实" => self.facts.clone_from(&block.body),
            "text 结果" => return Some(self.result(None)),
            "text 报错" => {
                #[cfg(feature = "toml")]
                return Some(self.errors());
            }
            // These are held to the program itself in `api`.
            "text 检查通过" | "text 运行" | "toml" | "text" | "csv" | "" => {}
            info => {
                let period = info.strip_prefix("text 结果 ");
                let period = period.unwrap_or_else(|| panic!("line {}: {info}", block.line));
                return Some(self.result(Some(period)));
            }
        }
        None
    }

    /// How many examples were run.
    pub fn ran(&self) -> usize {
        self.ran
    }

    fn begin(&mut self, rulebook: String) {
        self.rulebook = rulebook;
        self.members.clear();
        self.facts.clear();
    }

    /// What `xingdong rulebook check` says.
    #[cfg(feature = "toml")]
    fn errors(&mut self) -> String {
        self.ran += 1;
        let Err(errors) = Rulebook::from_toml(&self.rulebook) else {
            return "没有错误\n".to_owned();
        };
        let mut text = String::new();
        for error in errors {
            writeln!(text, "{error}").expect(TEXT);
        }
        text
    }

    fn result(&mut self, only: Option<&str>) -> String {
        self.ran += 1;
        let rulebook: Rulebook = toml::from_str(&self.rulebook)
            .unwrap_or_else(|error| panic!("{error}\nin\n{}", self.rulebook));
        let checked = rulebook.check();
        assert_eq!(
            checked,
            Ok(()),
            "in
{}",
            self.rulebook
        );
        let scheme = Scheme::new(rulebook);
        let mut files = Files::default();
        files.read_members(&self.members);
        if self.facts.starts_with('{') {
            files.read_json(&self.facts, &scheme.rulebook().period);
        } else {
            files.read_facts(&self.facts, scheme.vocabulary());
        }
        let periods = periods(&scheme, &files.facts);
        let mut text = String::new();
        let mut closed: BTreeMap<String, Vec<Closed>> = BTreeMap::new();
        for (name, one) in &files.closed {
            closed.entry(name.clone()).or_default().push(one.clone());
        }
        for (index, period) in periods.iter().enumerate() {
            let last = index + 1 == periods.len();
            let shown = only.is_none_or(|only| only == period.to_string());
            text.push_str(&one_period(
                &scheme,
                *period,
                &files,
                &mut closed,
                shown,
                last,
            ));
        }
        text
    }
}

/// The sheets of one period, with ranks and, of the last period, what the reviews propose.
fn one_period(
    scheme: &Scheme,
    period: Period,
    files: &Files,
    closed: &mut BTreeMap<String, Vec<Closed>>,
    shown: bool,
    last: bool,
) -> String {
    let mut text = String::new();
    let (mut names, mut people) = (Vec::new(), Vec::new());
    let mut outside = String::new();
    for (name, person) in &files.people {
        if let Some(one) = scheme.outside(period, person, &files.facts) {
            outside.push_str(&one.to_text(name));
        }
        if !person.was_there(period) || !scheme.assesses(person) {
            continue;
        }
        let facts = facts_of(person, files);
        let closed = closed.get(name).cloned().unwrap_or_default();
        let record = Record {
            person,
            facts: &facts,
            closed: &closed,
            after_break: false,
        };
        let sheet = scheme.sheet(period, record);
        let assessed = Assessed {
            person: person.clone(),
            sheet,
        };
        names.push(name.clone());
        people.push(Candidate {
            assessed,
            facts: facts.into(),
            closed,
            after_break: false,
        });
    }
    scheme.keep_quotas(&mut people);
    let assessed: Vec<Assessed> = people.iter().map(|one| one.assessed.clone()).collect();
    let ranks = scheme.rank(assessed.iter().map(Assessed::parts));
    for ((name, one), rank) in names.iter().zip(&assessed).zip(ranks) {
        if shown {
            text.push_str(&one.sheet.to_text(name));
            if scheme.rulebook().ranking.is_some() && rank.rank != 0 {
                let among = if rank.among.is_empty() {
                    "全体"
                } else {
                    &rank.among
                };
                let (of, place) = (rank.of, rank.rank);
                writeln!(text, "  名次：{among} {of} 人中第 {place} 名").expect(TEXT);
            }
        }
    }
    if shown {
        text.push_str(&outside);
    }
    if last && shown {
        for review in &scheme.rulebook().reviews {
            text.push_str(&scheme.propose(review, &people).to_text(review, &names));
        }
    }
    for (name, one) in names.iter().zip(&assessed) {
        let results = closed.entry(name.clone()).or_default();
        if results.iter().all(|result| result.period != period) {
            results.push(one.sheet.closed(false));
        }
    }
    text
}

/// A member's own facts; of a group also those of its members while they were in office.
fn facts_of(person: &Person, files: &Files) -> Vec<Fact> {
    let ours = |fact: &&Fact| {
        fact.subject == person.subject
            || matches!(person.subject, Subject::Group(_))
                && files.people.iter().any(|(_, other)| {
                    other.subject == fact.subject
                        && matches!(other.subject, Subject::Member(_))
                        && other.word("group") == person.word("group")
                        && other.in_office(fact.on)
                })
    };
    files.facts.iter().filter(ours).cloned().collect()
}

/// Every period from the first fact to the last.
fn periods(scheme: &Scheme, facts: &[Fact]) -> Vec<Period> {
    let rule = &scheme.rulebook().period;
    let mut days: Vec<_> = facts.iter().map(|fact| fact.on).collect();
    days.sort_unstable();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        panic!("an example has a fact");
    };
    let mut periods = vec![rule.around(*first)];
    while let Some(next) = periods
        .last()
        .filter(|one| one.last < *last)
        .map(|one| one.last)
    {
        periods.push(rule.around(next.succ_opt().expect("no example is at the end of time")));
    }
    periods
}

/// The usual opening with a fragment, as a file: what the fragment says itself stands.
fn joined(head: &str, fragment: &str) -> String {
    let name = |line: &str| line.split_once(" =").map(|(name, _)| name.to_owned());
    let single = fragment.lines().take_while(|line| !line.starts_with('['));
    let tables = fragment
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let own: Vec<String> = single
        .filter_map(name)
        .chain(tables.map(str::to_owned))
        .collect();
    let mut file = String::new();
    for line in head.lines() {
        if name(line).is_none_or(|name| !own.contains(&name)) {
            file.push_str(line);
            file.push('\n');
        }
    }
    file + fragment
}
